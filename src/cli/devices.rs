//! Screens and cameras of this machine: what was typed to what is read, and the list of them.

use super::exit::{Exit, Failure, stop};
use crate::media::device::{self, Device, DeviceError, Kind, Surroundings};
use crate::media::live::LiveReader;
use crate::media::output::OutputError;
use crate::text::printable;
use anyhow::Context;
use std::io::Write;
use std::path::Path;

/// The screen or camera that is typed in place of a path, if one is.
///
/// # Errors
/// If it is no name of one.
pub(super) fn named(path: &Path) -> Result<Option<Device>, Failure> {
    path.to_str().and_then(Device::parse).transpose().map_err(failure)
}

/// The camera at a path, if there is one.
#[cfg(unix)]
pub(super) fn at(path: &Path, metadata: &std::fs::Metadata) -> Option<Device> {
    use std::os::unix::fs::FileTypeExt;
    let name = path.file_name()?.to_str()?;
    let is_camera = metadata.file_type().is_char_device() && name.starts_with("video");
    let path = path.to_str().filter(|path| is_camera && path.starts_with("/dev/"))?;
    Some(Device::Camera { name: Some(path.to_owned()), size: None })
}

#[cfg(not(unix))]
pub(super) fn at(_: &Path, _: &std::fs::Metadata) -> Option<Device> {
    None
}

/// Begins to read a screen or a camera, and says which.
///
/// # Errors
/// If there is none, or it cannot be read.
pub(super) fn open(device: &Device, quiet: bool) -> Result<LiveReader, Failure> {
    let grab = device::find(device, &surroundings()).map_err(failure)?;
    if !quiet {
        say!(
            "tilecast: reading {} until the file is complete; Ctrl-C ends it",
            printable(&grab.name)
        );
    }
    let reader = LiveReader::open(&grab, stop());
    Ok(reader.with_context(|| format!("cannot read {}", printable(&grab.name)))?)
}

/// `--list-devices`: what can be typed, and what it is.
///
/// # Errors
/// If ffmpeg cannot be run, or standard output cannot be written.
pub(super) fn list() -> Result<Exit, Failure> {
    let around = surroundings();
    let devices = device::list(&around).map_err(failure)?;
    let width = devices.iter().map(|device| device.typed.chars().count()).max().unwrap_or_default();
    let mut stdout = std::io::stdout();
    for device in &devices {
        let (typed, name) = (printable(&device.typed), printable(&device.name));
        writeln!(stdout, "{typed:width$}  {name}").map_err(OutputError::stdout)?;
    }
    for (kind, what) in [(Kind::Screen, "screen"), (Kind::Camera, "camera")] {
        if !devices.iter().any(|device| device.kind == kind) {
            say!("tilecast: no {what} was found");
        }
    }
    if let Some(hint) = around.wayland.then(|| DeviceError::Wayland.hint()).flatten() {
        say!("tilecast: {}", DeviceError::Wayland);
        say!("tilecast: hint: {hint}");
    }
    Ok(Exit::Success)
}

/// What the desktop says of itself.
fn surroundings() -> Surroundings {
    let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let wayland =
        set("WAYLAND_DISPLAY").is_some() || set("XDG_SESSION_TYPE").as_deref() == Some("wayland");
    Surroundings { display: set("DISPLAY"), wayland }
}

fn failure(error: DeviceError) -> Failure {
    let hint = error.hint();
    Failure::Error { error: error.into(), hint: hint.map(str::to_owned) }
}
