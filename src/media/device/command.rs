//! What ffmpeg has to be told to read a screen or a camera, on each system.

use super::DeviceError;
use super::list::{Kind, Listed};
use super::name::{Device, Screen, Shown};

/// Pictures a second that are taken of screens: twice what most shows have.
const RATE: &str = "30";

/// Systems, as far as screens and cameras are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// Linux and others with X and Video4Linux.
    Unix,
    /// Windows.
    Windows,
    /// macOS.
    MacOs,
}

impl System {
    /// This one.
    pub fn here() -> Self {
        match () {
            () if cfg!(windows) => Self::Windows,
            () if cfg!(target_os = "macos") => Self::MacOs,
            () => Self::Unix,
        }
    }

    /// The name of what ffmpeg reads a device with.
    pub(super) fn reads_with(self, device: &Device) -> &'static str {
        match (self, device) {
            (Self::MacOs, _) => "avfoundation",
            (Self::Unix, Device::Camera { .. }) => "v4l2",
            (Self::Unix, Device::Screen(_)) => "x11grab",
            (Self::Windows, Device::Camera { .. }) => "dshow",
            (Self::Windows, Device::Screen(Screen { shown: Shown::Number(_), .. })) => "lavfi",
            (Self::Windows, Device::Screen(_)) => "gdigrab",
        }
    }

    /// The arguments that make ffmpeg read a screen. `devices` are those that there are; `display` is
    /// the display that X programs use.
    ///
    /// # Errors
    /// If the system has no such screen.
    pub(super) fn screen(
        self,
        screen: &Screen,
        devices: &[Listed],
        display: Option<&str>,
    ) -> Result<Vec<String>, DeviceError> {
        match self {
            Self::Unix => x11(screen, display),
            Self::Windows => windows(screen),
            Self::MacOs => macos(screen, devices),
        }
    }

    /// The arguments that make ffmpeg read a camera, in this size if one is asked for.
    pub(super) fn camera(self, camera: &Listed, size: Option<(u32, u32)>) -> Vec<String> {
        let address = &camera.address;
        let (form, best) = camera.best.clone().unzip();
        let mut words = match self {
            Self::Unix => vec!["-f".to_owned(), "v4l2".into()],
            Self::Windows => vec!["-f".into(), "dshow".into()],
            // Many of its cameras refuse the 29.97 that is taken otherwise.
            Self::MacOs => ["-f", "avfoundation", "-framerate", RATE].map(str::to_owned).into(),
        };
        if let Some(form) = form {
            words.extend(["-input_format".into(), form]);
        }
        if let Some((width, height)) = size.or(best) {
            words.extend(["-video_size".into(), format!("{width}x{height}")]);
        }
        let address = match self {
            Self::Unix => address.clone(),
            Self::Windows => format!("video={address}"),
            Self::MacOs => format!("{address}:none"),
        };
        words.extend(["-i".into(), address]);
        words
    }
}

/// A list of words, some of which are made.
macro_rules! words {
    ($($word:expr),*) => { vec![$($word.to_string()),*] };
}

/// Screens of X: a display or a window, or a part of either.
fn x11(screen: &Screen, display: Option<&str>) -> Result<Vec<String>, DeviceError> {
    let mut words = words!["-f", "x11grab", "-framerate", RATE, "-draw_mouse", 0];
    if let Some([width, height, x, y]) = screen.part {
        let size = format!("{width}x{height}");
        words.extend(words!["-video_size", size, "-grab_x", x, "-grab_y", y]);
    }
    let display = match &screen.shown {
        Shown::Display(display) => display.clone(),
        Shown::Number(number) => format!(":{number}"),
        Shown::Title(_) => return Err(DeviceError::Elsewhere("a window by its title")),
        Shown::Whole | Shown::Window(_) => display.ok_or(DeviceError::NoDisplay)?.to_owned(),
    };
    if let Shown::Window(id) = &screen.shown {
        words.extend(words!["-window_id", id]);
    }
    words.extend(words!["-i", display]);
    Ok(words)
}

/// Screens of Windows: all of them as one, one of them, a window, or a part of one.
fn windows(screen: &Screen) -> Result<Vec<String>, DeviceError> {
    let what = match &screen.shown {
        Shown::Number(number) => {
            return Ok(words!["-f", "lavfi", "-i", one_screen(*number, screen)]);
        }
        Shown::Display(_) => return Err(DeviceError::Elsewhere("a display of X")),
        Shown::Whole => "desktop".to_owned(),
        Shown::Window(id) => format!("hwnd={id}"),
        Shown::Title(title) => format!("title={title}"),
    };
    let mut words = words!["-f", "gdigrab", "-framerate", RATE, "-draw_mouse", 0];
    if let Some([width, height, x, y]) = screen.part {
        let size = format!("{width}x{height}");
        words.extend(words!["-offset_x", x, "-offset_y", y, "-video_size", size]);
    }
    words.extend(words!["-i", what]);
    Ok(words)
}

/// One screen of Windows: only duplication of the desktop knows them apart.
fn one_screen(number: u32, screen: &Screen) -> String {
    let part = screen.part.map_or_else(String::new, |[width, height, x, y]| {
        format!(":video_size={width}x{height}:offset_x={x}:offset_y={y}")
    });
    format!(
        "ddagrab=output_idx={number}:framerate={RATE}:draw_mouse=0{part},hwdownload,format=bgra"
    )
}

/// Screens of macOS, whose parts are cut out of the whole.
fn macos(screen: &Screen, devices: &[Listed]) -> Result<Vec<String>, DeviceError> {
    let number = match &screen.shown {
        Shown::Whole => 0,
        Shown::Number(number) => *number,
        Shown::Display(_) => return Err(DeviceError::Elsewhere("a display of X")),
        Shown::Window(_) | Shown::Title(_) => return Err(DeviceError::Elsewhere("a window")),
    };
    let mut screens = devices.iter().filter(|device| device.kind == Kind::Screen);
    let Some(found) = screens.nth(number as usize) else {
        return Err(DeviceError::Unknown("screen", number.to_string()));
    };
    let mut words = words!["-f", "avfoundation", "-framerate", RATE, "-capture_cursor", 0];
    words.extend(words!["-pixel_format", "bgr0", "-i", format!("{}:none", found.address)]);
    if let Some([width, height, x, y]) = screen.part {
        words.extend(words!["-vf", format!("crop={width}:{height}:{x}:{y}")]);
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The command for what was typed, in one line.
    fn screen(system: System, typed: &str, display: Option<&str>) -> Result<String, String> {
        let screens =
            ["0", "1"].map(|number| Listed::screen(number, &format!("1{number}"), number));
        let devices = [&[Listed::camera("Cam", "0", "Cam")], &screens[..]].concat();
        let Some(Ok(Device::Screen(screen))) = Device::parse(typed) else {
            return Err(format!("{typed} is no screen"));
        };
        let words = system.screen(&screen, &devices, display);
        words.map(|words| words.join(" ")).map_err(|error| error.to_string())
    }

    #[test]
    fn each_system_reads_screens_in_its_own_way() {
        let x11 = "-f x11grab -framerate 30 -draw_mouse 0";
        let gdi = "-f gdigrab -framerate 30 -draw_mouse 0";
        let dda = "-f lavfi -i ddagrab=output_idx=1:framerate=30:draw_mouse=0";
        let mac = "-f avfoundation -framerate 30 -capture_cursor 0 -pixel_format bgr0 -i";
        for (system, typed, rest) in [
            (System::Unix, "screen:", format!("{x11} -i :7.1")),
            (System::Unix, "screen:3", format!("{x11} -i :3")),
            (System::Unix, "screen:h:3.2", format!("{x11} -i h:3.2")),
            (System::Unix, "screen:window=0x10", format!("{x11} -window_id 16 -i :7.1")),
            (
                System::Unix,
                "screen::0,640x480+10+20",
                format!("{x11} -video_size 640x480 -grab_x 10 -grab_y 20 -i :0"),
            ),
            (System::Windows, "screen:", format!("{gdi} -i desktop")),
            (System::Windows, "screen:title=A: b", format!("{gdi} -i title=A: b")),
            (System::Windows, "screen:window=0x10", format!("{gdi} -i hwnd=16")),
            (
                System::Windows,
                "screen:640x480+10+20",
                format!("{gdi} -offset_x 10 -offset_y 20 -video_size 640x480 -i desktop"),
            ),
            (System::Windows, "screen:1", format!("{dda},hwdownload,format=bgra")),
            (
                System::Windows,
                "screen:1,64x48+1+2",
                format!("{dda}:video_size=64x48:offset_x=1:offset_y=2,hwdownload,format=bgra"),
            ),
            (System::MacOs, "screen:", format!("{mac} 10:none")),
            (System::MacOs, "screen:1,64x48+1+2", format!("{mac} 11:none -vf crop=64:48:1:2")),
        ] {
            assert_eq!(screen(system, typed, Some(":7.1")), Ok(rest), "{system:?} {typed}");
        }
    }

    #[test]
    fn screens_that_a_system_does_not_have_are_errors() {
        for (system, typed) in [
            (System::Unix, "screen:title=x"),
            (System::Windows, "screen::0"),
            (System::MacOs, "screen::0"),
            (System::MacOs, "screen:title=x"),
            (System::MacOs, "screen:window=1"),
            (System::MacOs, "screen:2"),
        ] {
            assert!(screen(system, typed, Some(":0")).is_err(), "{system:?} {typed}");
        }
        assert!(screen(System::Unix, "screen:", None).unwrap_err().contains("DISPLAY is not set"));
        assert!(screen(System::Unix, "screen::5", None).is_ok());
    }

    #[test]
    fn each_system_reads_cameras_in_its_own_way() {
        let camera = |address| Listed::camera("Cam", address, "Cam");
        let mut fast = camera("/dev/video0");
        fast.best = Some(("mjpeg".into(), (1920, 1080)));
        let size = Some((1280, 720));
        for (system, camera, size, expected) in [
            (
                System::Unix,
                fast,
                None,
                "-f v4l2 -input_format mjpeg -video_size 1920x1080 -i /dev/video0",
            ),
            (
                System::Unix,
                camera("/dev/video1"),
                size,
                "-f v4l2 -video_size 1280x720 -i /dev/video1",
            ),
            (System::Windows, camera("@pnp"), None, "-f dshow -i video=@pnp"),
            (System::MacOs, camera("0"), None, "-f avfoundation -framerate 30 -i 0:none"),
        ] {
            assert_eq!(system.camera(&camera, size).join(" "), expected);
        }
    }
}
