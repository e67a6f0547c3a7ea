//! Metal: shapes as bright as the picture goes, with sharp edges, inside the field.
//!
//! In: picture, field. Out: their number and size. Metal stops nearly all of the beam and ends within a pixel or two, while
//! dense bone and shoulders fade. An implant, a filling, a necklace and a thick marker look alike here; thin wires, and metal
//! that lies on equally white ground, are not seen.

use super::components::{Shape, shapes};
use super::reduce::{Area, reduced};
use crate::grey::GreyImage;

/// Longer side on which metal is looked for.
const SIDE: usize = 1024;
/// Grey from which on a pixel may be metal, a share of the 99.9th percentile of the field.
const BRIGHT: f32 = 0.93;
/// Least and largest share of the field that a piece takes.
const PIECE: std::ops::Range<f64> = 0.0004..0.06;
/// Fall of grey within three pixels that makes a sharp edge.
const FALL: f32 = 0.15;
/// Least share of the edge that is sharp.
const SHARP: f64 = 0.6;

/// Bright, sharply bounded pieces.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Metal {
    /// Number of pieces.
    pub pieces: usize,
    /// Share of the field that all of them take, 0 to 1.
    pub share: f64,
    /// Share of the field that the largest takes, 0 to 1.
    pub largest_share: f64,
}

pub(super) fn metal(image: &GreyImage, area: Area) -> Metal {
    let picture = reduced(image, area, SIDE);
    let mut sorted = picture.pixels.clone();
    let place = (sorted.len() as f64 * 0.999) as usize;
    let place = place.min(sorted.len() - 1);
    let top = *sorted.select_nth_unstable_by(place, f32::total_cmp).1;
    let mask: Vec<bool> = picture
        .pixels
        .iter()
        .map(|v| *v >= BRIGHT * top && *v > 0.5)
        .collect();
    let total = picture.pixels.len() as f64;
    let found: Vec<f64> = shapes(&mask, picture.width)
        .iter()
        .filter(|shape| PIECE.contains(&(shape.area as f64 / total)))
        .filter(|shape| sharp_share(shape, &picture, &mask) >= SHARP)
        .map(|shape| shape.area as f64 / total)
        .collect();
    Metal {
        pieces: found.len(),
        share: found.iter().sum(),
        largest_share: found.iter().copied().fold(0.0, f64::max),
    }
}

/// Share of the edge pixels of a shape from which grey falls steeply outwards; 0 where it touches the side of the field.
fn sharp_share(shape: &Shape, picture: &GreyImage, mask: &[bool]) -> f64 {
    let (width, height) = (picture.width, picture.height);
    if shape.left < 3 || shape.top < 3 || shape.right + 3 > width || shape.bottom + 3 > height {
        return 0.0;
    }
    let (mut edges, mut sharp) = (0, 0);
    for row in shape.top..shape.bottom {
        for column in shape.left..shape.right {
            let at = row * width + column;
            if !mask[at] {
                continue;
            }
            let ways = [
                (at - 1, at - 3),
                (at + 1, at + 3),
                (at - width, at - 3 * width),
                (at + width, at + 3 * width),
            ];
            let outward: Vec<usize> = ways
                .into_iter()
                .filter(|(next, _)| !mask[*next])
                .map(|(_, far)| far)
                .collect();
            if !outward.is_empty() {
                edges += 1;
                let falls = |far: &usize| picture.pixels[at] - picture.pixels[*far] >= FALL;
                sharp += usize::from(outward.iter().any(falls));
            }
        }
    }
    f64::from(sharp as u32) / f64::from(edges.max(1))
}
