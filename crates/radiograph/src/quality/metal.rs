//! Metal: shapes as bright as the picture goes, with sharp edges.
//!
//! In: picture and field. Out: their number and size. An implant, a filling and a necklace look alike here.

use super::components::shapes;
use super::reduce::{Area, reduced};
use crate::grey::GreyImage;

/// Longer side on which metal is looked for.
const SIDE: usize = 1024;

/// Bright, sharply bounded shapes other than letters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Metal {
    /// Number of shapes.
    pub pieces: usize,
    /// Share of the field that all of them take, 0 to 1.
    pub share: f64,
    /// Share of the field that the largest takes, 0 to 1.
    pub largest_share: f64,
}

pub(super) fn metal(image: &GreyImage, area: Area) -> Metal {
    let picture = reduced(image, area, SIDE);
    let mask: Vec<bool> = picture.pixels.iter().map(|v| *v >= 0.99).collect();
    let total = picture.pixels.len() as f64;
    let found: Vec<f64> = shapes(&mask, picture.width)
        .iter()
        .map(|shape| shape.area as f64 / total)
        .filter(|share| (0.0005..0.05).contains(share))
        .collect();
    Metal {
        pieces: found.len(),
        share: found.iter().sum(),
        largest_share: found.iter().copied().fold(0.0, f64::max),
    }
}
