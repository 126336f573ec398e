//! Everything that touches files, streams and other programs: inputs to pictures ([`sources`]),
//! frames to where they go ([`sinks`]).
//!
//! Beside the data path, at both of its ends: frames come drawn, pictures leave as pixels, and
//! nothing here knows what is in them. Output is there whole or not at all ([`output`]); compressed
//! video is the work of the user's own [`ffmpeg`].

mod animation;
mod apng;
pub mod ffmpeg;
mod form;
mod framing;
mod gif;
mod heic;
mod kind;
pub mod output;
mod page;
mod patient;
mod png;
mod read;
mod room;
pub mod sinks;
pub mod sources;
mod split;
pub mod storage;
mod tiff;
mod y4m;

pub use form::Form;
use kind::FRONT_BYTES;
pub use kind::Kind;
pub use patient::{Stop, open_input, standard_input};
pub(crate) use png::encode_rgb_png;
pub use png::{Effort, encode_png};
pub use read::{Loaded, PictureError, decode_picture};
pub use y4m::{Y4mReader, YuvFrame};
