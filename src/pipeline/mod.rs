//! Everything put together: file to frames ([`send`]) to where they go ([`delivery`]); inputs to
//! pictures ([`source`]) to packets ([`capture`]) to files ([`receive`]).
//!
//! The only module that knows every layer. Both directions stream: memory does not grow with the
//! file, all cores work, and the same input gives the same output whatever their number.

pub mod capture;
pub mod cimbar_send;
mod cimbar_transfer;
mod combine;
pub mod debug;
pub mod delivery;
mod diagnose;
pub mod ffmpeg;
mod format;
mod ordered;
pub mod output;
mod own_transfer;
pub mod profile;
pub mod receive;
pub mod rendering;
mod repeats;
pub mod report;
mod search;
pub mod selection;
pub mod send;
pub mod source;
