//! From a radiograph of any size and grey scale to the square picture that a network sees.
//!
//! In: [`radiograph::GreyImage`]. Out: [`Prepared`], `image_size`² grey values in 0..1; and batches
//! `[picture, 3, row, column]` of them, the grey value repeated and standardised. A model file records its
//! [`Preparation`], so that training and prediction cannot differ.
//!
//! Grey values are stretched between two percentiles of the picture itself, because the same radiograph reaches us as
//! 12 bits in 16, as a windowed 8-bit export, or with another vendor's look-up table: linear differences between them
//! cancel. The paper's pipeline squashes pictures to a square (as Keras's loader does), so that is the default; crop, mirror,
//! true spacing and equalisation are off. Whatever was done to a picture is in its [`Record`] and can be undone.

mod clahe;
mod geometry;
mod source;

use std::borrow::Cow;

use radiograph::GreyImage;
use serde::{Deserialize, Serialize};

pub use geometry::{Crop, Geometry};
pub use source::{CropRule, FacingOrigin, FacingRule, Source};

use crate::preprocessing::Preprocessing;
use crate::resize::Resize;

/// Pictures with a shorter side are refused: nothing of a cervical spine is left in them.
pub const SIDE_MIN: usize = 64;

/// No picture is scaled to a longer side than this before the square cuts it.
const SCALED_MAX: usize = 8192;

/// Share of the darkest and of the brightest pixels that the stretch ignores (markers, borders, dead pixels).
const TAIL: f64 = 0.005;

/// How a rectangle becomes a square.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Fit {
    /// Both sides are scaled on their own (the paper's and Keras's way).
    Squash,
    /// The longer side is scaled to fit, the rest is black: angles and ratios are kept.
    Pad,
}

/// What grey values mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Grey {
    /// Stretched so that the picture's own 0.5th and 99.5th percentiles become 0 and 1.
    Stretch,
    /// As the file stores them: 0 is black, 1 is white.
    Stored,
}

/// All that decides how a radiograph becomes a network's input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preparation {
    /// Rows and columns of the square.
    pub image_size: usize,
    /// How a rectangle becomes a square.
    pub fit: Fit,
    /// How it is scaled; files written before this was a setting do not say, and mean the default.
    #[serde(default)]
    pub resize: Resize,
    /// What grey values mean.
    pub grey: Grey,
    /// Which side the patient is made to face; this and the next three are absent in older files, and off then.
    #[serde(default)]
    pub facing: FacingRule,
    /// Which part is kept.
    #[serde(default)]
    pub crop: CropRule,
    /// Millimetres a pixel of the square, in place of `fit`; 0 leaves the scale to `fit`.
    #[serde(default)]
    pub mm_per_pixel: f64,
    /// Limit of the adaptive histogram equalisation; 0 is off.
    #[serde(default)]
    pub clahe: f64,
    /// Subtracted from each of the three channels.
    pub mean: [f32; 3],
    /// Each channel is then divided by this.
    pub std: [f32; 3],
}

/// A picture ready for the network: `image_size`² grey values in 0..1, row by row; and what the head is told of the patient
/// besides ([`crate::head_covariates`]), which is nothing unless it was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Prepared(pub Vec<f32>, pub Vec<f32>);

impl Prepared {
    /// A picture alone.
    pub fn of(pixels: Vec<f32>) -> Self {
        Prepared(pixels, Vec::new())
    }

    /// Other pixels of the same patient.
    pub fn with_pixels(&self, pixels: Vec<f32>) -> Self {
        Prepared(pixels, self.1.clone())
    }

    /// The same picture with what is known of the patient.
    pub fn told(&self, known: Vec<f32>) -> Self {
        Prepared(self.0.clone(), known)
    }
}

/// What was done to one picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Crop, mirror, scale and place in the square.
    pub geometry: Geometry,
    /// How it was told which side the patient faces.
    pub facing: FacingOrigin,
}

/// Why a picture cannot be prepared.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum PrepareError {
    /// Fewer pixels than a radiograph can have.
    #[error(
        "found {width}×{height} pixels, expected at least {SIDE_MIN}×{SIDE_MIN}; use the original picture, not a thumbnail"
    )]
    TooSmall {
        /// Columns found.
        width: usize,
        /// Rows found.
        height: usize,
    },
    /// All pixels have one value.
    #[error(
        "found one grey value in nearly all of the picture, expected a radiograph; the file is blank"
    )]
    Blank,
    /// A pixel is infinite or not a number.
    #[error(
        "found a pixel value that is not finite, expected finite grey values; the file is damaged"
    )]
    NotFinite,
    /// A fixed scale was asked for, and neither file nor cohort knows that of the picture.
    #[error(
        "found no pixel spacing, expected one for a scale of {mm_per_pixel} mm a pixel; add a column \"spacing_mm\" to the cohort, or pass --spacing MM to predict"
    )]
    NoSpacing {
        /// The wanted scale.
        mm_per_pixel: f64,
    },
    /// At the fixed scale the picture would be too small or too large.
    #[error(
        "found {columns}×{rows} pixels at {mm_per_pixel} mm a pixel, expected 1 to {SCALED_MAX} on each side; check the pixel spacing"
    )]
    Scale {
        /// Columns at that scale.
        columns: f64,
        /// Rows at that scale.
        rows: f64,
        /// The wanted scale.
        mm_per_pixel: f64,
    },
    /// The resizing library refused.
    #[error("cannot be resized to {image_size}×{image_size}: {reason}")]
    Resize {
        /// The wanted side.
        image_size: usize,
        /// What the library says.
        reason: String,
    },
}

impl Preparation {
    /// The default for weights that bring no preparation of their own: grey values centred and scaled alike.
    pub fn plain(image_size: usize, fit: Fit, grey: Grey) -> Self {
        Preparation::of(image_size, fit, grey, Preprocessing::Plain)
    }

    /// Grey values standardised as the weights' preprocessing says; scaled by the default filter.
    pub fn of(image_size: usize, fit: Fit, grey: Grey, preprocessing: Preprocessing) -> Self {
        let (mean, std) = preprocessing.mean_and_std();
        Preparation {
            image_size,
            fit,
            resize: Resize::default(),
            grey,
            facing: FacingRule::default(),
            crop: CropRule::default(),
            mm_per_pixel: 0.0,
            clahe: 0.0,
            mean,
            std,
        }
    }

    /// The picture alone, without a header; see [`prepare_from`](Self::prepare_from).
    ///
    /// # Errors
    ///
    /// As there.
    pub fn prepare(&self, image: &GreyImage) -> Result<Prepared, PrepareError> {
        Ok(self.prepare_from(Source::from(image))?.0)
    }

    /// Crops, mirrors, scales, stretches and equalises one picture, and says what was done.
    ///
    /// # Errors
    ///
    /// A picture that is too small, blank or not finite, or without spacing where a fixed scale is wanted.
    pub fn prepare_from(&self, source: Source<'_>) -> Result<(Prepared, Record), PrepareError> {
        let image = source.image;
        let crop = source.part(self.crop);
        if crop.width.min(crop.height) < SIDE_MIN {
            return Err(PrepareError::TooSmall {
                width: crop.width,
                height: crop.height,
            });
        }
        if !image.pixels.iter().all(|value| value.is_finite()) {
            return Err(PrepareError::NotFinite);
        }
        let (mirrored, facing) = source.mirrored(self.facing);
        let kept = cropped(image, crop);
        let (black, white) = match self.grey {
            Grey::Stored => (0.0, 1.0),
            Grey::Stretch => percentiles(&kept.pixels).ok_or(PrepareError::Blank)?,
        };
        let (columns, rows) = self.scaled_size(crop, source.spacing_mm)?;
        let failed = |reason: String| PrepareError::Resize {
            image_size: self.image_size,
            reason,
        };
        let mut scaled = self.resize.apply(&kept, columns, rows).map_err(failed)?;
        for line in scaled.chunks_exact_mut(columns).filter(|_| mirrored) {
            line.reverse();
        }
        for value in &mut scaled {
            *value = ((*value - black) / (white - black)).clamp(0.0, 1.0);
        }
        if self.clahe > 0.0 {
            clahe::clahe(&mut scaled, columns, self.clahe);
        }
        let side = self.image_size;
        let middle = |length: usize| (side as i64 - length as i64).div_euclid(2);
        let geometry = Geometry {
            width: image.width,
            height: image.height,
            crop,
            mirrored,
            columns,
            rows,
            left: middle(columns),
            top: middle(rows),
            side,
        };
        let square = placed(&scaled, &geometry);
        Ok((Prepared::of(square), Record { geometry, facing }))
    }

    /// Columns and rows to which the kept part is scaled.
    fn scaled_size(
        &self,
        crop: Crop,
        spacing_mm: Option<[f64; 2]>,
    ) -> Result<(usize, usize), PrepareError> {
        let side = self.image_size;
        if self.mm_per_pixel > 0.0 {
            let mm_per_pixel = self.mm_per_pixel;
            let [row_mm, column_mm] = spacing_mm.ok_or(PrepareError::NoSpacing { mm_per_pixel })?;
            let columns = (crop.width as f64 * column_mm / mm_per_pixel).round();
            let rows = (crop.height as f64 * row_mm / mm_per_pixel).round();
            let fits = |length: f64| (1.0..=SCALED_MAX as f64).contains(&length);
            if !fits(columns) || !fits(rows) {
                return Err(PrepareError::Scale {
                    columns,
                    rows,
                    mm_per_pixel,
                });
            }
            return Ok((columns as usize, rows as usize));
        }
        Ok(match self.fit {
            Fit::Squash => (side, side),
            Fit::Pad => {
                let scale = side as f64 / crop.width.max(crop.height) as f64;
                let scaled =
                    |length: usize| ((length as f64 * scale).round() as usize).clamp(1, side);
                (scaled(crop.width), scaled(crop.height))
            }
        })
    }

    /// Channels that differ: 1 where every channel is standardised alike, otherwise 3.
    pub fn channels(&self) -> usize {
        let same = |values: [f32; 3]| values.iter().all(|value| *value == values[0]);
        if same(self.mean) && same(self.std) {
            1
        } else {
            3
        }
    }

    /// Puts pictures into one batch `[picture, channel, row, column]`: the grey value, standardised for each of
    /// [`channels`](Self::channels).
    pub fn batch(&self, pictures: &[Prepared]) -> Vec<f32> {
        let (plane, channels) = (self.image_size * self.image_size, self.channels());
        let mut batch = Vec::with_capacity(pictures.len() * channels * plane);
        for Prepared(pixels, _) in pictures {
            for (mean, std) in self.mean.iter().zip(self.std).take(channels) {
                batch.extend(pixels.iter().map(|value| (value - mean) / std));
            }
        }
        batch
    }
}

/// A part of a picture; the picture itself where that is all of it.
fn cropped(image: &GreyImage, crop: Crop) -> Cow<'_, GreyImage> {
    if (crop.width, crop.height) == (image.width, image.height) {
        return Cow::Borrowed(image);
    }
    let lines = image.pixels.chunks_exact(image.width);
    let kept = lines.skip(crop.top).take(crop.height);
    Cow::Owned(GreyImage {
        width: crop.width,
        height: crop.height,
        pixels: kept
            .flat_map(|line| &line[crop.left..crop.left + crop.width])
            .copied()
            .collect(),
    })
}

/// The scaled picture in the square: black around a smaller one, the middle of a larger one.
fn placed(scaled: &[f32], geometry: &Geometry) -> Vec<f32> {
    let side = geometry.side;
    let mut square = vec![0.0; side * side];
    let cut = (-geometry.left).max(0) as usize;
    let left = geometry.left.max(0) as usize;
    let count = geometry.columns.min(side);
    let lines = scaled.chunks_exact(geometry.columns);
    for (row, line) in (geometry.top..).zip(lines) {
        let Some(row) = usize::try_from(row).ok().filter(|row| *row < side) else {
            continue;
        };
        square[row * side + left..][..count].copy_from_slice(&line[cut..cut + count]);
    }
    square
}

/// The grey values below and above which `TAIL` of the pixels lie; `None` where they are the same.
pub(crate) fn percentiles(pixels: &[f32]) -> Option<(f32, f32)> {
    let mut values = pixels.to_vec();
    let tail = (TAIL * values.len() as f64) as usize;
    let last = values.len() - 1 - tail;
    let black = *values.select_nth_unstable_by(tail, f32::total_cmp).1;
    let white = *values.select_nth_unstable_by(last, f32::total_cmp).1;
    (white > black).then_some((black, white))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gradient(width: usize, height: usize, scale: f32, offset: f32) -> GreyImage {
        let value = |i: usize| ((i % width) + (i / width)) as f32 / (width + height) as f32;
        GreyImage {
            width,
            height,
            pixels: (0..width * height)
                .map(|i| value(i) * scale + offset)
                .collect(),
        }
    }

    #[test]
    fn a_linear_change_of_grey_scale_cancels() {
        let preparation = Preparation::plain(96, Fit::Squash, Grey::Stretch);
        let plain = preparation.prepare(&gradient(200, 300, 1.0, 0.0)).unwrap();
        let dim = preparation
            .prepare(&gradient(200, 300, 0.0625, 0.25))
            .unwrap();
        let largest = plain
            .0
            .iter()
            .zip(&dim.0)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f32::max);
        assert!(largest < 1e-5, "grey values differ by {largest}");
        assert!(plain.0.contains(&0.0) && plain.0.contains(&1.0));
    }

    #[test]
    fn pad_keeps_the_ratio_of_sides_and_fills_with_black() {
        let image = GreyImage {
            width: 100,
            height: 200,
            pixels: vec![1.0; 20_000],
        };
        let preparation = Preparation::plain(64, Fit::Pad, Grey::Stored);
        let prepared = preparation.prepare(&image).unwrap();
        let row = &prepared.0[32 * 64..33 * 64];
        assert_eq!(row.iter().filter(|v| **v == 1.0).count(), 32);
        assert_eq!(
            (row[0], row[15], row[16], row[47], row[48]),
            (0.0, 0.0, 1.0, 1.0, 0.0)
        );
    }

    #[test]
    fn thumbnails_blank_pictures_and_nan_are_refused() {
        let preparation = Preparation::plain(64, Fit::Squash, Grey::Stretch);
        let small = GreyImage {
            width: 1,
            height: 1,
            pixels: vec![0.5],
        };
        assert_eq!(
            preparation.prepare(&small),
            Err(PrepareError::TooSmall {
                width: 1,
                height: 1
            })
        );
        let blank = GreyImage {
            width: 80,
            height: 80,
            pixels: vec![0.5; 6400],
        };
        assert_eq!(preparation.prepare(&blank), Err(PrepareError::Blank));
        let mut damaged = gradient(80, 80, 1.0, 0.0);
        damaged.pixels[77] = f32::NAN;
        assert_eq!(preparation.prepare(&damaged), Err(PrepareError::NotFinite));
    }

    #[test]
    fn a_batch_repeats_grey_in_three_standardised_channels() {
        let preparation = Preparation {
            mean: [0.0, 0.5, 1.0],
            std: [1.0, 0.5, 2.0],
            ..Preparation::plain(2, Fit::Squash, Grey::Stored)
        };
        let batch = preparation.batch(&[Prepared::of(vec![0.0, 0.5, 1.0, 0.25])]);
        assert_eq!(
            batch,
            [
                0.0, 0.5, 1.0, 0.25, -1.0, 0.0, 1.0, -0.5, -0.5, -0.25, 0.0, -0.375
            ]
        );
    }
}
