//! From what was typed to a device that is there, and how ffmpeg reads it.

use super::DeviceError;
use super::command::System;
use super::list::{Kind, Listed, av_foundation, direct_show, reads, video_formats};
use super::name::{Device, Screen, Shown};
use crate::media::ffmpeg::said;
use std::path::{Path, PathBuf};

/// Where Linux says which cameras there are.
const CAMERAS: &str = "/sys/class/video4linux";
/// Where X servers of this machine listen.
const DISPLAYS: &str = "/tmp/.X11-unix";
/// Devices of one kind that are looked at, at most.
const MAX_DEVICES: usize = 64;

/// What a desktop says of itself to the programs on it.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// `DISPLAY`, if it is set and not empty.
    pub display: Option<String>,
    /// Whether the desktop runs on Wayland.
    pub wayland: bool,
}

/// A device that can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grab {
    /// The arguments of ffmpeg.
    pub(in crate::media) words: Vec<String>,
    /// Whether pictures keep the colour of each pixel, as those of screens have to.
    pub(in crate::media) is_screen: bool,
    /// What it is, for people.
    pub name: String,
}

/// Finds a device on this system.
///
/// # Errors
/// If there is no such device, or ffmpeg cannot read it.
pub fn find(device: &Device, around: &Surroundings) -> Result<Grab, DeviceError> {
    let system = System::here();
    let reader = system.reads_with(device);
    if !reads(&said(&["-devices"])?, reader) {
        return Err(DeviceError::Unsupported(reader));
    }
    match device {
        Device::Screen(screen) => {
            if is_hidden(system, &screen.shown, around) {
                return Err(DeviceError::Wayland);
            }
            let devices = if system == System::MacOs { list(around)? } else { Vec::new() };
            let words = system.screen(screen, &devices, around.display.as_deref())?;
            Ok(Grab { words, is_screen: true, name: screen_name(system, screen, around) })
        }
        Device::Camera { name, size } => {
            let camera = find_camera(system, name.as_deref())?;
            let words = system.camera(&camera, *size);
            Ok(Grab { words, is_screen: false, name: format!("the camera {}", camera.name) })
        }
    }
}

/// Whether what X shows is not what is on the screen; whoever names a display means that one.
fn is_hidden(system: System, shown: &Shown, around: &Surroundings) -> bool {
    let default = matches!(shown, Shown::Whole | Shown::Window(_));
    system == System::Unix && around.wayland && default
}

fn screen_name(system: System, screen: &Screen, around: &Surroundings) -> String {
    let display = around.display.as_deref().unwrap_or_default();
    let what = match &screen.shown {
        Shown::Whole if system == System::Unix => format!("the screen {display}"),
        Shown::Whole => "the screen".to_owned(),
        Shown::Number(number) => format!("the screen {number}"),
        Shown::Display(display) => format!("the screen {display}"),
        Shown::Window(id) => format!("the window {id:#x}"),
        Shown::Title(title) => format!("the window {title:?}"),
    };
    match screen.part {
        None => what,
        Some([width, height, x, y]) => format!("{width}x{height}+{x}+{y} of {what}"),
    }
}

/// The screens and cameras of this system.
///
/// # Errors
/// If ffmpeg, which knows them, cannot be run.
pub fn list(around: &Surroundings) -> Result<Vec<Listed>, DeviceError> {
    match System::here() {
        System::Unix => Ok(displays(around).into_iter().chain(video_devices()?).collect()),
        System::Windows => {
            let screen = Listed::screen("", "desktop", "all screens");
            Ok(std::iter::once(screen).chain(windows_cameras()?).collect())
        }
        System::MacOs => {
            let words = ["-f", "avfoundation", "-list_devices", "true", "-i", ""];
            Ok(av_foundation(&said(&words)?))
        }
    }
}

fn windows_cameras() -> Result<Vec<Listed>, DeviceError> {
    Ok(direct_show(&said(&["-list_devices", "true", "-f", "dshow", "-i", "dummy"])?))
}

/// The X displays of this machine, the one in use first.
fn displays(around: &Surroundings) -> Vec<Listed> {
    let sockets = names(Path::new(DISPLAYS));
    let numbers = sockets.iter().filter_map(|name| name.strip_prefix('X')?.parse::<u32>().ok());
    let mut all: Vec<String> = around.display.iter().cloned().collect();
    let others = numbers.map(|number| format!(":{number}"));
    all.extend(others.filter(|name| !around.display.iter().any(|own| own.starts_with(name))));
    all.iter().map(|name| Listed::screen(name, name, &format!("X display {name}"))).collect()
}

/// The cameras of Linux, in the order of their numbers.
fn video_devices() -> Result<Vec<Listed>, DeviceError> {
    let mut nodes = names(Path::new(CAMERAS));
    nodes.retain(|name| name.starts_with("video"));
    nodes.sort_by_key(|name| (name.len(), name.clone()));
    let mut cameras = Vec::new();
    for node in nodes.iter().take(MAX_DEVICES) {
        let name = std::fs::read_to_string(Path::new(CAMERAS).join(node).join("name"));
        cameras.extend(video_device(&format!("/dev/{node}"), name.ok().as_deref())?);
    }
    Ok(cameras)
}

/// What is at a path, if it gives pictures.
fn video_device(path: &str, name: Option<&str>) -> Result<Option<Listed>, DeviceError> {
    let formats = said(&["-f", "v4l2", "-list_formats", "all", "-i", path])?;
    let name = name.map(str::trim).unwrap_or(path);
    Ok(video_formats(&formats).map(|best| Listed { best, ..Listed::camera(path, path, name) }))
}

/// Names in a folder; none if there is no such folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<_> =
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

/// The camera of this name, by which its path or its number is meant as well; the first without one.
fn find_camera(system: System, name: Option<&str>) -> Result<Listed, DeviceError> {
    let path = name.filter(|name| system == System::Unix && name.starts_with('/'));
    if let Some(path) = path.map(PathBuf::from).filter(|path| path.exists()) {
        let path = path.to_string_lossy();
        // What it is shows when it is read.
        let found = video_device(&path, None)?;
        return Ok(found.unwrap_or_else(|| Listed::camera(&path, &path, &path)));
    }
    let cameras = match system {
        System::Unix => video_devices()?,
        System::Windows => windows_cameras()?,
        System::MacOs => list(&Surroundings::default())?,
    };
    choose(cameras, name)
}

/// Of several cameras the one that is meant: by its number, its whole name, or a part of it.
fn choose(mut cameras: Vec<Listed>, name: Option<&str>) -> Result<Listed, DeviceError> {
    cameras.retain(|device| device.kind == Kind::Camera);
    let Some(name) = name else {
        return cameras.into_iter().next().ok_or(DeviceError::None("camera"));
    };
    let lower = name.to_lowercase();
    let is_called: [&dyn Fn(&Listed) -> bool; 4] = [
        &|camera| camera.name == name || camera.address == name,
        &|camera| camera.address.strip_prefix("/dev/video") == Some(name),
        &|camera| camera.name.to_lowercase() == lower,
        &|camera| camera.name.to_lowercase().contains(&lower),
    ];
    let found =
        is_called.iter().find_map(|is_called| cameras.iter().find(|camera| is_called(camera)));
    found.cloned().ok_or_else(|| DeviceError::Unknown("camera", name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_camera_is_found_by_its_number_its_name_or_a_part_of_it() {
        let cameras = [
            ("/dev/video10", "HD Cam 2"),
            ("/dev/video2", "HD Cam"),
            ("/dev/video4", "Logitech C920"),
        ];
        let cameras = cameras.map(|(address, name)| Listed::camera(address, address, name));
        let found = |name| choose(cameras.to_vec(), name).map(|camera| camera.address).ok();
        for (name, address) in [
            (None, Some("/dev/video10")),
            (Some("2"), Some("/dev/video2")),
            (Some("HD Cam"), Some("/dev/video2")),
            (Some("hd cam"), Some("/dev/video2")),
            (Some("c920"), Some("/dev/video4")),
            (Some("/dev/video4"), Some("/dev/video4")),
            (Some("other"), None),
        ] {
            assert_eq!(found(name).as_deref(), address, "{name:?}");
        }
        assert!(matches!(choose(Vec::new(), None), Err(DeviceError::None(_))));
        let screen = Listed::screen("0", "1", "Capture screen 0");
        assert!(matches!(choose(vec![screen], None), Err(DeviceError::None(_))));
    }

    #[test]
    fn wayland_hides_what_nobody_names() {
        let around = Surroundings { display: Some(":0".into()), wayland: true };
        for (system, shown, hidden) in [
            (System::Unix, Shown::Whole, true),
            (System::Unix, Shown::Window(1), true),
            (System::Unix, Shown::Display(":1".into()), false),
            (System::Unix, Shown::Number(1), false),
            (System::Windows, Shown::Whole, false),
        ] {
            assert_eq!(is_hidden(system, &shown, &around), hidden, "{system:?} {shown:?}");
        }
        assert!(!is_hidden(System::Unix, &Shown::Whole, &Surroundings::default()));
    }
}
