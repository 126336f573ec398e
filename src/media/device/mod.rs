//! Screens and cameras of this machine: what people call them, what ffmpeg calls them on each
//! system, and which there are.
//!
//! Beside the data path, before its end: what is found here is read by [`super::live`].

mod command;
mod find;
mod list;
mod name;

pub use command::System;
pub use find::{Grab, Surroundings, find, list};
pub use list::{Kind, Listed};
pub use name::{Device, Screen, Shown};

use super::ffmpeg::FfmpegError;

/// Why a screen or a camera cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// What was typed is no name of a screen or a camera.
    #[error("{0} names no screen")]
    Syntax(String),
    /// A screen of a kind that this system does not have: what it is, and what this system has.
    #[error("{0} cannot be read on this system")]
    Elsewhere(&'static str),
    /// A desktop that shows its screen to no other program.
    #[error("this desktop runs on Wayland, which shows the screen to no other program")]
    Wayland,
    /// There is no X server to ask.
    #[error("there is no X display: DISPLAY is not set")]
    NoDisplay,
    /// This ffmpeg does not read such devices.
    #[error("this ffmpeg was built without {0}, which reads them")]
    Unsupported(&'static str),
    /// There is none at all: of what.
    #[error("there is no {0} on this machine")]
    None(&'static str),
    /// There is none of this name.
    #[error("there is no {0} called {1}")]
    Unknown(&'static str, String),
    /// ffmpeg cannot be run, or cannot read it.
    #[error(transparent)]
    Ffmpeg(#[from] FfmpegError),
}

impl DeviceError {
    /// What to do about it, if that is known.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::Syntax(_) | Self::Elsewhere(_) => {
                "screen: is the whole screen; screen:N another one, screen:window=ID or \
                 screen:title=NAME a window; each with ,WxH+X+Y a part of it; ./screen:NAME is a file"
            }
            Self::Wayland => {
                "tilecast receiver writes a page that asks the browser for the screen; or record the \
                 screen with the desktop's own recorder and decode the recording; screen::0 reads \
                 what X programs show"
            }
            Self::NoDisplay => "name the display: screen::0, or set DISPLAY",
            Self::Unsupported(_) => {
                "install another build of ffmpeg: ffmpeg -devices lists what it reads"
            }
            Self::None(_) | Self::Unknown(..) => {
                "tilecast decode --list-devices lists the screens and cameras that there are"
            }
            Self::Ffmpeg(FfmpegError::Missing) => {
                "install ffmpeg: it reads screens and cameras for this program"
            }
            Self::Ffmpeg(_) => return None,
        })
    }
}
