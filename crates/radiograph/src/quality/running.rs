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

fn square(image: &GreyImage, reach: usize, pick: fn(f32, f32) -> f32) -> GreyImage {
    let across = along_rows(image, reach, pick);
    transposed(&along_rows(&transposed(&across), reach, pick))
}

fn along_rows(image: &GreyImage, reach: usize, pick: fn(f32, f32) -> f32) -> GreyImage {
    let (width, window) = (image.width, 2 * reach + 1);
    let mut pixels = Vec::with_capacity(image.pixels.len());
    let (mut forth, mut back) = (vec![0.0; width], vec![0.0; width]);
    for line in image.pixels.chunks_exact(width) {
        for x in 0..width {
            let is_first = x % window == 0;
            forth[x] = if is_first {
                line[x]
            } else {
                pick(forth[x - 1], line[x])
            };
        }
        for x in (0..width).rev() {
            let is_last = (x + 1) % window == 0 || x + 1 == width;
            back[x] = if is_last {
                line[x]
            } else {
                pick(back[x + 1], line[x])
            };
        }
        pixels.extend((0..width).map(|x| {
            let (first, last) = (x.saturating_sub(reach), (x + reach).min(width - 1));
            // At the sides the window is cut: one of the halves then reaches too far, so it is left out.
            match (first / window == last / window, x < reach) {
                (true, true) => forth[last],
                (true, false) if last == width - 1 => back[first],
                _ => pick(back[first], forth[last]),
            }
        }));
    }
    GreyImage { pixels, ..*image }
}

fn transposed(image: &GreyImage) -> GreyImage {
    let (width, height) = (image.width, image.height);
    let mut pixels = vec![0.0; image.pixels.len()];
    for (y, line) in image.pixels.chunks_exact(width).enumerate() {
        for (x, value) in line.iter().enumerate() {
            pixels[x * height + y] = *value;
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
