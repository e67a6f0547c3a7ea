//! Whether the finest pixels carry anything: enlarged and blurred pictures have the pixels and not the detail.
//!
//! In: picture and field. Out: energy of the diagonal Haar detail at each halving of the picture, and the halving at which it
//! starts. White noise has four times the energy at each finer step, a sharp picture about as much as at the next coarser step; where
//! grey changes smoothly from pixel to pixel, the finest step has a sixteenth.

use super::reduce::{Area, resized};
use crate::grey::GreyImage;

/// Halvings looked at.
const STEPS: usize = 4;
/// Share of the next coarser step's energy from which on a step counts as detail.
const DETAIL: f64 = 0.17;
/// Least side of a picture that is halved.
const LEAST: usize = 16;

/// Detail by fineness.
#[derive(Debug, Clone, PartialEq)]
pub struct Detail {
    /// Energy of the finest detail as a share of that at half the resolution; none where the picture is too small to tell, or has no
    /// detail at all.
    pub finest: Option<f64>,
    /// How many times coarser than its pixels the picture is: 1, 2, 4 or 8.
    pub coarser: usize,
}

pub(super) fn detail(image: &GreyImage, area: Area) -> Detail {
    let mut energies = Vec::new();
    let mut picture = GreyImage {
        width: area.width(),
        height: area.height(),
        pixels: (area.top..area.bottom)
            .flat_map(|row| &image.pixels[row * image.width..][area.left..area.right])
            .copied()
            .collect(),
    };
    while energies.len() < STEPS && picture.width.min(picture.height) >= LEAST {
        energies.push(diagonal_energy(&picture));
        let half = (picture.width / 2, picture.height / 2);
        let even = Area {
            left: 0,
            top: 0,
            right: 2 * half.0,
            bottom: 2 * half.1,
        };
        picture = resized(&picture, even, half.0, half.1);
    }
    let ratios: Vec<f64> = energies
        .windows(2)
        .take_while(|pair| pair[1] > 0.0)
        .map(|pair| pair[0] / pair[1])
        .collect();
    let missing = ratios.iter().take_while(|ratio| **ratio < DETAIL).count();
    Detail {
        finest: ratios.first().copied(),
        coarser: 1 << missing,
    }
}

/// Mean square of the diagonal difference over blocks of 2 x 2.
fn diagonal_energy(image: &GreyImage) -> f64 {
    let mut sum = 0.0;
    for pair in image.pixels.chunks_exact(2 * image.width) {
        let (upper, lower) = pair.split_at(image.width);
        let blocks = upper.chunks_exact(2).zip(lower.chunks_exact(2));
        let line: f32 = blocks
            .map(|(a, b)| (a[0] - a[1] - b[0] + b[1]).powi(2))
            .sum();
        sum += f64::from(line);
    }
    sum / ((image.width / 2) * (image.height / 2)) as f64
}
