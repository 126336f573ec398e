//! What ffmpeg says of the devices that there are, in its words on each system.

/// What a device is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A screen.
    Screen,
    /// A camera.
    Camera,
}

/// A device that there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// What it is.
    pub kind: Kind,
    /// What can be typed for it.
    pub typed: String,
    /// What ffmpeg calls it.
    pub address: String,
    /// What people call it.
    pub name: String,
    /// Format and size that it is best asked for, if it has to be.
    pub(super) best: Option<(String, (u32, u32))>,
}

impl Listed {
    /// A screen, and what can be typed for it behind the colon.
    pub(super) fn screen(typed: &str, address: &str, name: &str) -> Self {
        Self::new(Kind::Screen, format!("screen:{typed}"), address, name)
    }

    /// A camera, and what can be typed for it behind the colon.
    pub(super) fn camera(typed: &str, address: &str, name: &str) -> Self {
        Self::new(Kind::Camera, format!("camera:{typed}"), address, name)
    }

    fn new(kind: Kind, typed: String, address: &str, name: &str) -> Self {
        Self { kind, typed, address: address.to_owned(), name: name.to_owned(), best: None }
    }
}

/// A line without what ffmpeg puts in front: `[dshow @ 0x55d0] "A camera" (video)`.
fn bare(line: &str) -> &str {
    let line = line.trim();
    let is_context = |context: &str| context.starts_with('[') && context.contains(" @ ");
    line.split_once("] ").filter(|(context, _)| is_context(context)).map_or(line, |(_, text)| text)
}

/// Cameras of Windows, from `-list_devices true -f dshow -i dummy`; before version 5 under
/// headings, from then on with their kind behind the name.
pub(super) fn direct_show(text: &str) -> Vec<Listed> {
    let mut cameras: Vec<Listed> = Vec::new();
    let (mut in_videos, mut is_camera) = (false, false);
    for line in text.lines().map(bare).map(str::trim) {
        if line.starts_with("DirectShow") {
            in_videos = line.contains("video devices");
        } else if let Some(alternative) = line.strip_prefix("Alternative name ") {
            // Names may be the same, and a colon in one ends it.
            if let Some(camera) = cameras.last_mut().filter(|_| is_camera) {
                camera.address = alternative.trim_matches('"').to_owned();
            }
        } else if let Some((name, kind)) = line.strip_prefix('"').and_then(|l| l.rsplit_once('"')) {
            let kind = kind.trim();
            // Cameras that are programs do not always say what they give.
            is_camera =
                kind.contains("video") || kind == "(none)" || (kind.is_empty() && in_videos);
            if is_camera {
                cameras.push(Listed::camera(name, name, name));
            }
        }
    }
    cameras
}

/// Screens and cameras of macOS, from `-f avfoundation -list_devices true -i ""`.
pub(super) fn av_foundation(text: &str) -> Vec<Listed> {
    let mut devices = Vec::new();
    let (mut in_videos, mut screens) = (false, 0);
    for line in text.lines().map(bare) {
        if line.starts_with("AVFoundation") {
            in_videos = line.contains("video devices");
        }
        let entry = line.strip_prefix('[').and_then(|line| line.split_once("] "));
        let Some((number, name)) = entry.filter(|_| in_videos) else { continue };
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        devices.push(match name.starts_with("Capture screen ") {
            true => {
                screens += 1;
                Listed::screen(&(screens - 1).to_string(), number, name)
            }
            false => Listed::camera(name, number, name),
        });
    }
    devices
}

/// Sides that cameras are asked for at most: more comes as fewer pictures a second.
const MOST: (u32, u32) = (1920, 1080);

/// What a camera of Linux gives, from `-f v4l2 -list_formats all -i PATH`: whether pictures at all,
/// and the largest in a form in which they come fast.
pub(super) fn video_formats(text: &str) -> Option<Option<(String, (u32, u32))>> {
    let mut gives = false;
    let mut best: Option<(String, (u32, u32))> = None;
    for line in text.lines().map(bare) {
        let mut fields = line.split(':').map(str::trim);
        let form = fields.next();
        gives |= matches!(form, Some("Raw" | "Compressed"));
        let (Some("Compressed"), Some("mjpeg")) = (form, fields.next()) else { continue };
        let sizes = fields.next_back().unwrap_or_default().split(' ').filter_map(size);
        let sizes = sizes.filter(|(width, height)| *width <= MOST.0 && *height <= MOST.1);
        best =
            sizes.max_by_key(|(width, height)| width * height).map(|size| ("mjpeg".into(), size));
    }
    gives.then_some(best)
}

fn size(text: &str) -> Option<(u32, u32)> {
    let (width, height) = text.split_once('x')?;
    Some((width.parse().ok()?, height.parse().ok()?))
}

/// Whether ffmpeg reads devices of this name, from `-devices`.
pub(super) fn reads(devices: &str, name: &str) -> bool {
    devices.lines().any(|line| {
        // Flags, of which newer ones have one more, and names.
        let mut words = line.split_whitespace().take(3);
        words.next().is_some_and(|flags| flags.starts_with('D'))
            && words.any(|names| names.split(',').any(|other| other == name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(devices: &[Listed]) -> Vec<(&str, &str)> {
        devices.iter().map(|device| (device.address.as_str(), device.name.as_str())).collect()
    }

    #[test]
    fn windows_lists_its_cameras_in_two_ways() {
        let new = r#"[dshow @ 000001f2c4b3a540] "Integrated Camera" (video)
[dshow @ 000001f2c4b3a540]   Alternative name "@device_pnp_\\?\usb#vid_04f2&pid_b6d9&mi_00#6&2a8c0b3&0&0000#{65e8773d-8f56-11d0-a3b9-00a0c9223196}\global"
[dshow @ 000001f2c4b3a540] "OBS Virtual Camera" (none)
[dshow @ 000001f2c4b3a540]   Alternative name "@device_sw_{860BB310-5D01-11D0-BD3B-00A0C911CE86}\{A3FCE0F5-3493-419F-958A-ABA1250EC20B}"
[dshow @ 000001f2c4b3a540] "Microphone (2- ""USB"" Audio)" (audio)
[dshow @ 000001f2c4b3a540]   Alternative name "@device_cm_{33D9A762-90C8-11D0-BD43-00A0C911CE86}\wave_{7A1}"
dummy: Immediate exit requested"#;
        let cameras = direct_show(new);
        let names: Vec<_> = listed(&cameras).into_iter().map(|(_, name)| name).collect();
        assert_eq!(names, ["Integrated Camera", "OBS Virtual Camera"]);
        assert!(cameras[0].address.starts_with(r"@device_pnp_\\?\usb#vid_04f2&pid_b6d9"));
        assert!(cameras[1].address.ends_with("ABA1250EC20B}"), "not the microphone's");
        let old = "[dshow @ 0000020b] DirectShow video devices (some may be both video and audio devices)\r
[dshow @ 0000020b]  \"HP HD Camera\"\r
[dshow @ 0000020b]     Alternative name \"@device_pnp_x\"\r
[dshow @ 0000020b] DirectShow audio devices\r
[dshow @ 0000020b]  \"Microphone Array\"\r
[dshow @ 0000020b]     Alternative name \"@device_cm_y\"\r
dummy: Immediate exit requested\r\n";
        assert_eq!(listed(&direct_show(old)), [("@device_pnp_x", "HP HD Camera")]);
        let none = "[dshow @ 0000020b] Could not enumerate video devices (or none found).\n";
        assert!(direct_show(none).is_empty());
    }

    #[test]
    fn macos_lists_screens_behind_cameras() {
        let text = "[AVFoundation indev @ 0x7f8b5b404580] AVFoundation video devices:
[AVFoundation indev @ 0x7f8b5b404580] [0] FaceTime HD Camera: [built in]
[AVFoundation indev @ 0x7f8b5b404580] [1] Capture screen 0
[AVFoundation indev @ 0x7f8b5b404580] [2] Capture screen 1
[AVFoundation indev @ 0x7f8b5b404580] AVFoundation audio devices:
[AVFoundation indev @ 0x7f8b5b404580] [0] MacBook Pro Microphone
: Input/output error";
        let devices = av_foundation(text);
        let expected = [
            ("0", "FaceTime HD Camera: [built in]"),
            ("1", "Capture screen 0"),
            ("2", "Capture screen 1"),
        ];
        assert_eq!(listed(&devices), expected);
        let typed: Vec<_> = devices.iter().map(|device| device.typed.as_str()).collect();
        assert_eq!(typed, ["camera:FaceTime HD Camera: [built in]", "screen:0", "screen:1"]);
        assert_eq!(
            [0, 1, 2].map(|at| devices[at].kind),
            [Kind::Camera, Kind::Screen, Kind::Screen]
        );
    }

    #[test]
    fn linux_tells_cameras_from_what_else_is_called_video() {
        let text = "[video4linux2,v4l2 @ 0x5581e0] Raw       :     yuyv422 :           YUYV 4:2:2 : 640x480 1280x720 640x360
[video4linux2,v4l2 @ 0x5581e0] Compressed:       mjpeg :          Motion-JPEG : 640x480 1920x1080 3840x2160 1280x720
/dev/video0: Immediate exit requested";
        assert_eq!(video_formats(text), Some(Some(("mjpeg".into(), (1920, 1080)))));
        let raw =
            "[video4linux2,v4l2 @ 0x55] Raw       :     yuyv422 :           YUYV 4:2:2 : 640x480";
        assert_eq!(video_formats(raw), Some(None));
        let steps = "[v4l2 @ 0x5] Compressed:  mjpeg :  Motion-JPEG : {32-2592, 2}x{32-1944, 2}";
        assert_eq!(video_formats(steps), Some(None));
        let no =
            "[video4linux2,v4l2 @ 0x55] Not a video capture device.\n/dev/video1: No such device";
        assert_eq!(video_formats(no), None);
    }

    #[test]
    fn devices_of_a_build_are_told() {
        let text = "Devices:\n D. = Demuxing supported\n .E = Muxing supported\n --\n DE fbdev  Linux framebuffer
 D  lavfi           Libavfilter virtual input device\n  E sdl,sdl2        SDL2 output device
 DE video4linux2,v4l2 Video4Linux2 output device\n D d x11grab         X11 screen capture, using XCB\n";
        for (name, there) in [("v4l2", true), ("sdl2", false), ("lavfi", true), ("gdigrab", false)]
        {
            assert_eq!(reads(text, name), there, "{name}");
        }
    }
}
