//! The small copy of a picture that a fingerprint is, and what is read from it: fields of local contrast.
//!
//! In: a picture. Out: a thumbnail of [`SIDE`] x [`SIDE`] grey values, stretched between its own darkest and brightest; from it
//! the local contrast of any part of it, which neither brightness nor contrast nor gamma moves much.

use super::SIDE;
use crate::grey::GreyImage;
use crate::local_contrast::local_contrast;
use crate::quality::{Area, resized};

/// A part of a picture, as shares of its sides: left, top, right, bottom.
pub(super) type Part = [f32; 4];

/// All of it.
pub(super) const WHOLE: Part = [0.0, 0.0, 1.0, 1.0];

pub(super) fn thumbnail(image: &GreyImage) -> Box<[u8; SIDE * SIDE]> {
    let small = resized(image, Area::whole(image), SIDE, SIDE);
    let low = small.pixels.iter().copied().fold(f32::INFINITY, f32::min);
    let high = small
        .pixels
        .iter()
        .copied()
        .fold(f32::NEG_INFINITY, f32::max);
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

/// Local contrast of a part of a thumbnail on `N` x `N` cells: mean 0, length 1; all 0 for an even picture. `blur` is the
/// width of the neighbourhood that each cell is held against, in cells.
pub(super) fn contrast<const N: usize>(
    thumbnail: &[u8; SIDE * SIDE],
    part: Part,
    blur: usize,
) -> Vec<f32> {
    local_contrast(&sampled::<N>(thumbnail, part), N, blur)
}

/// A part drawn to `N` x `N` cells, each the mean of 2 x 2 values read between the thumbnail's.
fn sampled<const N: usize>(thumbnail: &[u8; SIDE * SIDE], part: Part) -> Vec<f32> {
    let places = |from: f32, to: f32| -> Vec<(usize, f32)> {
        (0..2 * N)
            .map(|i| {
                let share = from + (to - from) * (i as f32 + 0.5) / (2 * N) as f32;
                let place = (share * SIDE as f32 - 0.5).clamp(0.0, (SIDE - 1) as f32);
                let first = (place as usize).min(SIDE - 2);
                (first, place - first as f32)
            })
            .collect()
    };
    let columns = places(part[0], part[2]);
    let mut grey = vec![0.0; N * N];
    for (i, (row, v)) in places(part[1], part[3]).into_iter().enumerate() {
        let upper = &thumbnail[row * SIDE..][..SIDE];
        let lower = &thumbnail[(row + 1) * SIDE..][..SIDE];
        for (j, &(column, u)) in columns.iter().enumerate() {
            let between = |a: u8, b: u8| f32::from(a) + u * (f32::from(b) - f32::from(a));
            let above = between(upper[column], upper[column + 1]);
            let below = between(lower[column], lower[column + 1]);
            grey[i / 2 * N + j / 2] += (0.25 / 255.0) * (above + v * (below - above));
        }
    }
    grey
}
