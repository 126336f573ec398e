//! The receiver's page in real browsers: whatever the way in, the file that comes out is the one that
//! was sent.
//!
//! Needs Chromium, Firefox and ffmpeg; a test without what it needs says so and ends.

#![cfg(unix)]

mod bounds;
mod files;
mod film;
mod fox;
mod live;
mod movies;
mod stand;
mod transfers;
