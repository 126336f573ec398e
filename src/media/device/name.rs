//! What people type for a screen or a camera: `screen:`, `camera:`, and more behind the colon.

use super::DeviceError;

/// A screen or a camera, as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Device {
    /// `screen:..`
    Screen(Screen),
    /// `camera:NAME,WxH`, both of which may be missing.
    Camera {
        /// Which one; nothing: the first.
        name: Option<String>,
        /// Width and height that it is asked for.
        size: Option<(u32, u32)>,
    },
}

/// What is read of a screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Screen {
    /// Which one.
    pub shown: Shown,
    /// A part of it: width, height, and the place of its corner.
    pub part: Option<[u32; 4]>,
}

/// Which screen, or what on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// The screen that programs use if nobody says otherwise.
    Whole,
    /// A screen by its number, from 0; of X, a display.
    Number(u32),
    /// A display of X: `:1.0`, `host:0`.
    Display(String),
    /// A window by its number.
    Window(u32),
    /// A window by what stands above it.
    Title(String),
}

impl Device {
    /// The device that a text means; `None` if it means none at all.
    ///
    /// # Errors
    /// [`DeviceError::Syntax`].
    pub fn parse(text: &str) -> Option<Result<Self, DeviceError>> {
        if let Some(name) = text.strip_prefix("camera:") {
            let (name, size) = match name.rsplit_once(',') {
                Some((name, size)) if numbers::<2>(size).is_some() => (name, numbers(size)),
                _ => (name, None),
            };
            let name = (!name.is_empty()).then(|| name.to_owned());
            return Some(Ok(Self::Camera {
                name,
                size: size.map(|[width, height]| (width, height)),
            }));
        }
        let screen = Screen::parse(text.strip_prefix("screen:")?);
        Some(screen.map(Self::Screen).ok_or_else(|| DeviceError::Syntax(text.to_owned())))
    }
}

impl Screen {
    fn parse(text: &str) -> Option<Self> {
        let (shown, part) = match text.rsplit_once(',') {
            Some((shown, part)) if numbers::<4>(part).is_some() => (shown, numbers(part)),
            _ if numbers::<4>(text).is_some() => ("", numbers(text)),
            _ => (text, None),
        };
        Some(Self { shown: Shown::parse(shown)?, part })
    }
}

impl Shown {
    fn parse(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::Whole);
        }
        match text.split_once('=') {
            Some(("title", title)) if !title.is_empty() => Some(Self::Title(title.to_owned())),
            Some(("window", id)) => window(id).map(Self::Window),
            Some(_) => None,
            None if is_display(text) => Some(Self::Display(text.to_owned())),
            None => number(text).map(Self::Number),
        }
    }
}

/// A window's number, as `xwininfo` writes it or in decimals.
fn window(text: &str) -> Option<u32> {
    match text.strip_prefix("0x") {
        Some(digits) if digits.bytes().all(|digit| digit.is_ascii_hexdigit()) => {
            u32::from_str_radix(digits, 16).ok()
        }
        Some(_) => None,
        None => number(text),
    }
}

/// Whether a text is a display's name: `host:1.0`, where host and screen may be missing.
fn is_display(text: &str) -> bool {
    let Some((host, display)) = text.rsplit_once(':') else { return false };
    let (display, screen) = display.split_once('.').unwrap_or((display, "0"));
    let of_host = |c: char| c.is_ascii_alphanumeric() || "._-/[]:".contains(c);
    number(display).is_some() && number(screen).is_some() && host.chars().all(of_host)
}

/// `WxH` or `WxH+X+Y`: so many numbers, the first two of which are not 0.
fn numbers<const N: usize>(text: &str) -> Option<[u32; N]> {
    let mut rest = text;
    let mut numbers = [0; N];
    for (at, value) in numbers.iter_mut().enumerate() {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (digits, behind) = rest.split_at_checked(end)?;
        *value = number(digits).filter(|value| at > 1 || *value > 0)?;
        rest = match at + 1 {
            last if last == N => behind,
            1 => behind.strip_prefix('x')?,
            _ => behind.strip_prefix('+')?,
        };
    }
    rest.is_empty().then_some(numbers)
}

/// Digits, and nothing else.
fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn screen(text: &str) -> Option<(Shown, Option<[u32; 4]>)> {
        match Device::parse(text)?.ok()? {
            Device::Screen(Screen { shown, part }) => Some((shown, part)),
            Device::Camera { .. } => None,
        }
    }

    #[test]
    fn screens_have_names() {
        let part = Some([640, 480, 10, 0]);
        for (text, shown, of) in [
            ("screen:", Shown::Whole, None),
            ("screen:640x480+10+0", Shown::Whole, part),
            ("screen:2", Shown::Number(2), None),
            ("screen:2,640x480+10+0", Shown::Number(2), part),
            ("screen::1.0", Shown::Display(":1.0".into()), None),
            ("screen:host:12,640x480+10+0", Shown::Display("host:12".into()), part),
            ("screen:window=0x1a0000b", Shown::Window(0x1a0_000b), None),
            ("screen:window=77,640x480+10+0", Shown::Window(77), part),
            ("screen:title=a, b", Shown::Title("a, b".into()), None),
            ("screen:title=a=b,640x480+10+0", Shown::Title("a=b".into()), part),
        ] {
            assert_eq!(screen(text), Some((shown, of)), "{text}");
        }
    }

    #[test]
    fn what_names_no_screen_is_an_error() {
        for text in [
            "screen:x",
            "screen:-1",
            "screen:window=x",
            "screen:window=0x+1",
            "screen:title=",
            "screen:1,0x9+0+0",
            "screen:1,640x480",
            "screen:what=1",
            "screen::",
            "screen: :1",
            "screen:99999999999",
        ] {
            assert!(matches!(Device::parse(text), Some(Err(DeviceError::Syntax(_)))), "{text}");
        }
        for text in ["screen", "./screen:", "a/camera:", "screen.png", ""] {
            assert!(Device::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn cameras_have_names() {
        for (text, name, size) in [
            ("camera:", None, None),
            ("camera:,1280x720", None, Some((1280, 720))),
            ("camera:HD Cam, front", Some("HD Cam, front"), None),
            ("camera:/dev/video2,640x480", Some("/dev/video2"), Some((640, 480))),
        ] {
            let name = name.map(str::to_owned);
            assert_eq!(
                Device::parse(text).unwrap().unwrap(),
                Device::Camera { name, size },
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_device_an_error_or_none(text: String) {
            for scheme in ["screen:", "camera:", ""] {
                let _ = Device::parse(&format!("{scheme}{text}"));
            }
        }
    }
}
