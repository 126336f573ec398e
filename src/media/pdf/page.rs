//! A page to a picture: its own picture as it is if it has one, or all of them together, as large as
//! the finest is.

use super::content::{Content, Placed};
use super::error::PdfError;
use super::image::{Head, Layer, head, over, read};
use super::object::Object;
use super::objects::Objects;
use super::place::Matrix;
use super::tree::inherited;
use crate::media::picture::{Loaded, MAX_PIXELS, check_size, room};
use crate::media::room::Permit;
use crate::raster::Picture;
use std::ops::Range;

/// A page without a picture is as large as this, and white.
const BLANK_SIDE: usize = 64;
/// Areas and lines of a page that may be a picture themselves.
const MANY_DRAWN: usize = 200;
/// Pictures that are smaller than this part of the largest one do not say how fine the page is.
const SMALL_SHARE: f64 = 0.05;
/// By how much pixels may be longer than wide.
const SQUARE: f64 = 1.1;
/// Pixels of all pictures on a page, and of the page under each of them.
const ALL_PIXELS: u64 = 4 * MAX_PIXELS;

/// A picture on the page.
struct Item {
    placed: Placed,
    head: Head,
}

impl Item {
    /// Pixels a point, along its rows and columns.
    fn density(&self) -> (f64, f64) {
        let (across, down) = self.placed.matrix.sides();
        (f64::from(self.head.size.0) / across, f64::from(self.head.size.1) / down)
    }

    fn is_square(&self) -> bool {
        let (across, down) = self.density();
        across < down * SQUARE && down < across * SQUARE
    }
}

/// The picture of the page that is the object with a number.
pub(super) fn load(objects: &mut Objects<'_>, number: u32) -> Result<Loaded, PdfError> {
    let page = objects.dict(&Object::Reference(number))?;
    let resources = inherited(objects, &page, "Resources")?;
    let resources = resources.dict().cloned().unwrap_or_default();
    let content = Content::of(objects, page.get("Contents"), &resources)?;
    let mut items = Vec::new();
    for placed in content.placed {
        if placed.matrix.inverse().is_some() {
            let head = head(objects, &placed.image)?;
            items.push(Item { placed, head });
        }
    }
    match items.as_slice() {
        [] if content.drawn > MANY_DRAWN => {
            Err(PdfError::Unread("a PDF page that is drawn, and no picture"))
        }
        [] => blank(),
        [only] if only.is_square() => single(objects, only),
        several => together(objects, several),
    }
}

fn picture(
    width: usize,
    height: usize,
    rgb: Vec<u8>,
    mut permit: Permit,
) -> Result<Loaded, PdfError> {
    permit.decoded((width * height) as u64);
    let picture = Picture::from_rgb(width, height, rgb);
    let picture = picture.ok_or(PdfError::Damaged("a page without pixels"))?;
    Ok(Loaded::new(picture, permit))
}

/// A page with nothing on it.
fn blank() -> Result<Loaded, PdfError> {
    let side = BLANK_SIDE as u32;
    let permit = room((side, side), 3, 0)?;
    picture(BLANK_SIDE, BLANK_SIDE, vec![255; BLANK_SIDE * BLANK_SIDE * 3], permit)
}

/// A page of one picture: its pixels, whatever their size on paper. They may lie on any side; they may
/// not be mirrored.
fn single(objects: &mut Objects<'_>, item: &Item) -> Result<Loaded, PdfError> {
    let pixels = u64::from(item.head.size.0) * u64::from(item.head.size.1);
    let reading = item.head.reading.div_ceil(pixels);
    let permit = room(item.head.size, reading, item.head.length)?;
    let layer = layer(objects, item)?;
    let (width, height) = (layer.width, layer.height);
    let mut rgb = layer.on_white();
    if item.placed.matrix.area() < 0.0 {
        rgb.chunks_exact_mut(width * 3).for_each(|row| row.as_chunks_mut::<3>().0.reverse());
    }
    picture(width, height, rgb, permit)
}

/// The pixels of a picture; if it comes to nothing, they count as work.
fn layer(objects: &mut Objects<'_>, item: &Item) -> Result<Layer, PdfError> {
    let layer = read(objects, &item.placed.image, item.placed.ink);
    objects.worked(if layer.is_err() { item.head.pixels as usize } else { 0 });
    layer
}

/// A page of several pictures, one over the other.
fn together(objects: &mut Objects<'_>, items: &[Item]) -> Result<Loaded, PdfError> {
    let area = |item: &Item| item.placed.matrix.area().abs();
    let largest = items.iter().map(area).fold(0.0, f64::max);
    let large = || items.iter().filter(|item| area(item) >= largest * SMALL_SHARE);
    let density = large().map(|item| item.density().0.max(item.density().1)).fold(0.0, f64::max);
    let bounds = large().map(|item| item.placed.matrix.bounds());
    let bounds =
        bounds.reduce(|a, b| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]);
    let [left, bottom, right, top] = bounds.unwrap_or_default();
    // A hundredth of a pixel is left to numbers that are rounded.
    let side = |from: f64, to: f64| (((to - from) * density - 0.01).ceil().max(1.0)) as u32;
    let size = (side(left, right), side(bottom, top));
    // Points of the page, y upwards, to pixels of the picture.
    let onto = Matrix([density, 0.0, 0.0, -density, -left * density, top * density]);
    check_size(size.0, size.1)?;
    let pixels = u64::from(size.0) * u64::from(size.1);
    let most = items.iter().map(|item| item.head.reading).max().unwrap_or(0);
    let (width, height) = (size.0 as usize, size.1 as usize);
    let work = |item: &Item| {
        let [columns, rows] = under(item.placed.matrix.then(onto), (width, height));
        item.head.pixels + (columns.len() * rows.len()) as u64
    };
    if items.iter().map(work).sum::<u64>() > ALL_PIXELS {
        return Err(PdfError::Damaged("a page with too many pictures on it"));
    }
    let length = items.iter().map(|item| item.head.length).sum::<u64>().min(objects.file.length);
    let reading = 3 + most.div_ceil(pixels);
    let permit = room(size, reading, length)?;
    let mut sheet = Layer { width, height, rgb: vec![255; width * height * 3], cover: None };
    for item in items {
        let layer = layer(objects, item)?;
        paint(&mut sheet, &layer, item.placed.matrix.then(onto));
    }
    picture(width, height, sheet.rgb, permit)
}

/// Columns and rows of the page in which something may be.
fn under(matrix: Matrix, (width, height): (usize, usize)) -> [Range<usize>; 2] {
    let [left, top, right, bottom] = matrix.bounds();
    let inside = |from: f64, to: f64, size: usize| {
        let end = (to.ceil().max(0.0) as usize).min(size);
        (from.floor().max(0.0) as usize).min(end)..end
    };
    [inside(left, right, width), inside(top, bottom, height)]
}

/// Paints the pixels of a picture that the middles of the page's pixels lie in.
fn paint(sheet: &mut Layer, layer: &Layer, matrix: Matrix) {
    let Some(back) = matrix.inverse() else { return };
    let [columns, rows] = under(matrix, (sheet.width, sheet.height));
    let pixels = layer.rgb.as_chunks::<3>().0;
    for y in rows {
        let row = sheet.rgb.as_chunks_mut::<3>().0.get_mut(y * sheet.width..);
        let row = row.and_then(|row| row.get_mut(columns.clone())).unwrap_or_default();
        for (x, pixel) in columns.clone().zip(row) {
            let (across, up) = back.apply(x as f64 + 0.5, y as f64 + 0.5);
            if !(0.0..1.0).contains(&across) || !(0.0..1.0).contains(&(1.0 - up)) {
                continue;
            }
            let column = ((across * layer.width as f64) as usize).min(layer.width - 1);
            let line = (((1.0 - up) * layer.height as f64) as usize).min(layer.height - 1);
            let at = line * layer.width + column;
            let cover =
                layer.cover.as_ref().map_or(255, |cover| cover.get(at).copied().unwrap_or(0));
            let above = pixels.get(at).copied().unwrap_or([255; 3]);
            for (below, above) in pixel.iter_mut().zip(above) {
                *below = over(*below, above, cover);
            }
        }
    }
}
