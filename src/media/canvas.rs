//! Where frames lie in the pictures of a video: their tiles on the squares that codecs transform.
//!
//! A codec spends far less on tiles whose edges are edges of its blocks: what a host encodes again, at few
//! bits a tile, comes back with them there, and mostly does not a few pixels beside.

/// Side of the squares that all codecs can cut a picture into, in pixels; larger ones are made of them.
const BLOCK: usize = 8;

/// A picture with a frame in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Canvas {
    /// Width and height of the picture, in pixels: even, as chroma of half the resolution needs it.
    pub size: (usize, usize),
    /// Where the frame's top left corner is, in pixels from the left and from the top.
    pub at: (usize, usize),
}

impl Canvas {
    /// The picture for frames of this `size`, whose tiles begin `border` pixels from each side: as
    /// large as the `screen` it is for, or else hardly larger than the frame.
    pub fn new(size: (usize, usize), border: usize, screen: Option<(usize, usize)>) -> Self {
        let across = side(size.0, border, screen.map(|(width, _)| width));
        let down = side(size.1, border, screen.map(|(_, height)| height));
        Self { size: (across.0, down.0), at: (across.1, down.1) }
    }
}

/// Length of a picture and place of the frame in it, in one direction.
fn side(frame: usize, border: usize, screen: Option<usize>) -> (usize, usize) {
    let first = border.next_multiple_of(BLOCK) - border;
    match screen.filter(|screen| *screen >= frame) {
        Some(screen) => {
            let room = screen - frame;
            // As near to the middle as tiles lie on blocks.
            let steps = (room / 2).saturating_sub(first).div_ceil(BLOCK);
            let places = [first + steps * BLOCK, first];
            let place = places.into_iter().find(|place| *place <= room);
            (screen.next_multiple_of(2), place.unwrap_or(room / 2))
        }
        None => ((first + frame).next_multiple_of(2), first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn frames_lie_in_their_pictures_and_tiles_on_blocks(
            width in 256usize..4096, height in 256usize..4096, border in 2usize..9,
            room in prop::option::of((0usize..40, 0usize..40)),
        ) {
            let screen = room.map(|(across, down)| (width + across, height + down));
            let Canvas { size, at } = Canvas::new((width, height), border, screen);
            for (length, picture, at, room) in [
                (width, size.0, at.0, room.map(|room| room.0)),
                (height, size.1, at.1, room.map(|room| room.1)),
            ] {
                prop_assert!(picture.is_multiple_of(2) && at + length <= picture);
                if room.is_none_or(|room| room >= BLOCK) {
                    prop_assert_eq!((at + border) % BLOCK, 0);
                }
                if let Some(room) = room {
                    prop_assert_eq!(picture, (length + room).next_multiple_of(2));
                    prop_assert!(room < 2 * BLOCK || (room - at).abs_diff(at) <= 2 * BLOCK);
                }
            }
        }
    }
}
