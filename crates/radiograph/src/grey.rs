//! The one picture type, and how grey or coloured samples become it.
//!
//! In: integer samples and the largest value that they can take. Out: `value / maximum` as `f32`, computed in
//! `f64`, so that the same samples give the same pixels whichever file they came from. A colour file is taken
//! when it is grey in fact: screenshots and exports often store a radiograph as RGB, and JPEG adds a little
//! chroma noise. A truly coloured picture is no radiograph, and a silent conversion would hide that.
//!
//! Source of the luminance weights: ITU-R BT.601, the ones of JPEG.

use crate::error::DecodeError;

/// A channel difference above this part of full scale makes a pixel coloured.
const COLOURED_ABOVE: f64 = 0.1;

/// More than this part of coloured pixels makes a picture coloured.
const MAX_COLOURED: f64 = 0.02;

/// A grey picture, row-major `[row, column]`, from 0.0 (black) to 1.0 (white) as displayed.
#[derive(Debug, Clone, PartialEq)]
pub struct GreyImage {
    /// Columns, at least 1.
    pub width: usize,
    /// Rows, at least 1.
    pub height: usize,
    /// `height` times `width` values, each 0.0 to 1.0.
    pub pixels: Vec<f32>,
}

impl GreyImage {
    pub(crate) fn from_grey(
        width: usize,
        height: usize,
        maximum: u16,
        samples: impl Iterator<Item = u16>,
    ) -> GreyImage {
        let pixels = samples
            .map(|sample| unit(f64::from(sample), maximum))
            .collect();
        GreyImage {
            width,
            height,
            pixels,
        }
    }

    pub(crate) fn from_rgb(
        width: usize,
        height: usize,
        maximum: u16,
        samples: impl Iterator<Item = [u16; 3]>,
    ) -> Result<GreyImage, DecodeError> {
        let threshold = f64::from(maximum) * COLOURED_ABOVE;
        let mut coloured = 0_usize;
        let mut pixels = Vec::with_capacity(width * height);
        for [red, green, blue] in samples {
            let spread = red.max(green).max(blue) - red.min(green).min(blue);
            coloured += usize::from(f64::from(spread) > threshold);
            pixels.push(if spread == 0 {
                unit(f64::from(red), maximum)
            } else {
                let luminance =
                    0.299 * f64::from(red) + 0.587 * f64::from(green) + 0.114 * f64::from(blue);
                unit(luminance, maximum)
            });
        }
        let part = coloured as f64 / pixels.len() as f64;
        if part > MAX_COLOURED {
            return Err(DecodeError::Colour {
                percent: 100.0 * part,
            });
        }
        Ok(GreyImage {
            width,
            height,
            pixels,
        })
    }
}

fn unit(sample: f64, maximum: u16) -> f32 {
    (sample / f64::from(maximum)).min(1.0) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_channels_give_exactly_the_grey_value() {
        let grey = GreyImage::from_grey(256, 1, 255, 0..=255);
        let rgb = GreyImage::from_rgb(256, 1, 255, (0..=255).map(|value| [value; 3])).unwrap();
        assert_eq!(grey, rgb);
        assert_eq!(grey.pixels[255], 1.0);
        assert_eq!(grey.pixels[51], 0.2);
    }

    #[test]
    fn two_percent_of_coloured_pixels_pass_and_three_do_not() {
        let picture = |coloured| {
            let pixel = move |index| {
                if index < coloured {
                    [200, 100, 100]
                } else {
                    [90, 100, 95]
                }
            };
            GreyImage::from_rgb(10, 10, 255, (0..100).map(pixel))
        };
        assert!((picture(2).unwrap().pixels[0] - 129.9 / 255.0).abs() < 1e-6);
        let error = picture(3).unwrap_err().to_string();
        assert_eq!(
            error,
            "found a colour picture (3 % of its pixels are coloured), expected a grey radiograph"
        );
    }
}
