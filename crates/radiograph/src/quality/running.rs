//! The darkest and the brightest within reach of each pixel, and the opening made of both: what is left of a picture once
//! bright things thinner than the window are taken away.
//!
//! Source: van Herk 1992, Pattern Recognition Letters 13:517 (constant time per pixel whatever the window).

use crate::grey::GreyImage;

/// The picture without bright things thinner than `2 reach + 1` pixels.
pub(super) fn opened(image: &GreyImage, reach: usize) -> GreyImage {
    let dark = square(image, reach, f32::min);
    square(&dark, reach, f32::max)
}

fn square(image: &GreyImage, reach: usize, pick: impl Fn(f32, f32) -> f32 + Copy) -> GreyImage {
    let across = along_rows(image, reach, pick);
    transposed(&along_rows(&transposed(&across), reach, pick))
}

fn along_rows(image: &GreyImage, reach: usize, pick: impl Fn(f32, f32) -> f32) -> GreyImage {
    let (width, window) = (image.width, 2 * reach + 1);
    let mut pixels = Vec::with_capacity(image.pixels.len());
    let (mut forth, mut back) = (vec![0.0; width], vec![0.0; width]);
    for line in image.pixels.chunks_exact(width) {
        let halves = forth.chunks_mut(window).zip(back.chunks_mut(window));
        for (line, (forth, back)) in line.chunks(window).zip(halves) {
            let mut extreme = line[0];
            for (value, forth) in line.iter().zip(forth) {
                extreme = pick(extreme, *value);
                *forth = extreme;
            }
            extreme = line[line.len() - 1];
            for (value, back) in line.iter().zip(back).rev() {
                extreme = pick(extreme, *value);
                *back = extreme;
            }
        }
        let of_window = |x: usize| {
            let (first, last) = (x.saturating_sub(reach), (x + reach).min(width - 1));
            // At the sides the window is cut: one of the halves then reaches too far, so it is left out.
            match (first / window == last / window, x < reach) {
                (true, true) => forth[last],
                (true, false) if last == width - 1 => back[first],
                _ => pick(back[first], forth[last]),
            }
        };
        // Whole windows lie between the sides, and cost a look at each half.
        let (left, right) = (
            reach.min(width),
            width.saturating_sub(reach).max(reach.min(width)),
        );
        pixels.extend((0..left).map(of_window));
        let whole = back[..right - left]
            .iter()
            .zip(&forth[(2 * reach).min(width)..]);
        pixels.extend(whole.map(|(back, forth)| pick(*back, *forth)));
        pixels.extend((right..width).map(of_window));
    }
    GreyImage { pixels, ..*image }
}

/// Rows become columns, tile by tile: a whole column of the target would leave the processor's cache line by line.
fn transposed(image: &GreyImage) -> GreyImage {
    const TILE: usize = 16;
    let (width, height) = (image.width, image.height);
    let mut pixels = vec![0.0; image.pixels.len()];
    for top in (0..height).step_by(TILE) {
        for left in (0..width).step_by(TILE) {
            for x in left..(left + TILE).min(width) {
                for y in top..(top + TILE).min(height) {
                    pixels[x * height + y] = image.pixels[y * width + x];
                }
            }
        }
    }
    GreyImage {
        width: height,
        height: width,
        pixels,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn running_extremes_are_those_of_a_search_in_each_window() {
        let mut checked = 0;
        for width in [1, 2, 5, 17, 40] {
            for reach in [1, 3, 8] {
                let pixels: Vec<f32> = (0..width).map(|x| ((x * 37 + 11) % 23) as f32).collect();
                let image = GreyImage {
                    width,
                    height: 1,
                    pixels: pixels.clone(),
                };
                let least = along_rows(&image, reach, f32::min);
                for (x, found) in least.pixels.iter().enumerate() {
                    let near = &pixels[x.saturating_sub(reach)..(x + reach + 1).min(width)];
                    assert_eq!(*found, near.iter().copied().fold(f32::MAX, f32::min));
                    checked += 1;
                }
            }
        }
        assert_eq!(checked, 3 * 65);
    }
}
