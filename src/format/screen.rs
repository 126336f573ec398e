//! Frames for a screen: as large as it shows them whole.

use crate::frame::{CAPTION_HEIGHT, MAX_SIDE};

/// Pixels of the screen that stay dark on each side: next to a light bezel corners are hard to find.
const MARGIN: usize = 8;

/// The largest frame that a screen of `width` x `height` pixels shows whole, each pixel of it as equally
/// many of the screen; with room for a caption below if there is one.
pub fn size_on_screen((width, height): (usize, usize), caption: bool) -> (usize, usize) {
    let below = if caption { CAPTION_HEIGHT } else { 0 };
    // What is larger than any frame shows one enlarged.
    let scale = width.max(height).div_ceil(MAX_SIDE + 2 * MARGIN).max(1);
    let room = |side: usize| side.saturating_sub(2 * MARGIN) / scale;
    (room(width), room(height).saturating_sub(below))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_screens_show_what_the_help_says() {
        assert_eq!(size_on_screen((1920, 1080), false), (1904, 1064));
        assert_eq!(size_on_screen((2560, 1440), false), (2544, 1424));
        assert_eq!(size_on_screen((3840, 2160), false), (3824, 2144));
        assert_eq!(size_on_screen((1080, 1920), true), (1064, 1880));
        assert_eq!(size_on_screen((7680, 4320), false), (3832, 2152));
        assert_eq!(size_on_screen((10, 10), true), (0, 0));
    }
}
