//! The small copy of a picture that a fingerprint is.
//!
//! In: a picture. Out: [`SIDE`] x [`SIDE`] grey values, stretched between the darkest and the brightest of them.

use crate::grey::GreyImage;
use crate::local_contrast::local_contrast;
use crate::quality::{Area, resized};

/// Cells on each side.
pub(super) const SIDE: usize = 48;
/// Cells to each side of one with which it is compared.
const REACH: usize = 4;

pub(super) type Thumbnail = [u8; SIDE * SIDE];

pub(super) fn thumbnail(image: &GreyImage) -> Box<Thumbnail> {
    let small = resized(image, Area::whole(image), SIDE, SIDE);
    let low = small.pixels.iter().copied().fold(f32::INFINITY, f32::min);
    let high = small.pixels.iter().copied().fold(0.0, f32::max);
    let scale = if high > low {
        255.0 / (high - low)
    } else {
        0.0
    };
    let mut thumbnail = Box::new([0; SIDE * SIDE]);
    for (cell, grey) in thumbnail.iter_mut().zip(&small.pixels) {
        *cell = ((grey - low) * scale + 0.5) as u8;
    }
    thumbnail
}

/// Local contrast of each cell.
pub(super) fn fine_contrast(thumbnail: &Thumbnail) -> Vec<f32> {
    let grey: Vec<f32> = thumbnail.iter().map(|v| f32::from(*v) / 255.0).collect();
    local_contrast(&grey, SIDE, REACH)
}
