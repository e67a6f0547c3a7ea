//! A contact sheet of a cohort: what the pictures behind a run look like, at a glance.
//!
//! In: the cohort. Out: one small grey PNG, the first patients of class 1 in the upper rows and of class 0 in the lower
//! ones, each picture shrunk by area with its shape kept. Made for drawn cohorts only: a sheet of real patients
//! in a report would leave the hospital with it.

use radiograph::GreyImage;
use rayon::prelude::*;

use crate::cohort::{Cohort, Picture};
use crate::prepare::{Fit, Grey, Preparation};

/// Pictures in a row.
const COLUMNS: usize = 8;
/// Rows of each class.
const ROWS: usize = 2;
/// Rows and columns of each picture's square on the sheet.
const SIDE: usize = 128;
/// Grey steps kept: with fewer values the file is smaller.
const GREY_STEP: u8 = 4;

/// The sheet as PNG; a picture that cannot be read leaves its place black.
///
/// # Errors
///
/// None in practice: a PNG can always be written to memory.
pub fn sheet(cohort: &Cohort) -> Result<Vec<u8>, png::EncodingError> {
    let preparation = Preparation::plain(SIDE, Fit::Pad, Grey::Stretch);
    let mut chosen: Vec<(usize, &Picture)> = Vec::new();
    for (class, first) in [(1, 0), (0, COLUMNS * ROWS)] {
        let of_class = cohort.pictures.iter().filter(|p| p.label == class);
        chosen.extend((first..).zip(of_class.take(COLUMNS * ROWS)));
    }
    let tiles: Vec<(usize, Vec<u8>)> = chosen
        .par_iter()
        .filter_map(|(place, picture)| Some((*place, tile(picture, &preparation)?)))
        .collect();
    let (width, height) = (COLUMNS * SIDE, 2 * ROWS * SIDE);
    let mut grey = vec![0; width * height];
    for (place, tile) in tiles {
        let (top, left) = (place / COLUMNS * SIDE, place % COLUMNS * SIDE);
        for (row, line) in tile.chunks_exact(SIDE).enumerate() {
            grey[(top + row) * width + left..][..SIDE].copy_from_slice(line);
        }
    }
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width as u32, height as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&grey)?;
    writer.finish()?;
    Ok(bytes)
}

fn tile(picture: &Picture, preparation: &Preparation) -> Option<Vec<u8>> {
    let image: GreyImage = radiograph::read(&picture.path).ok()?.image;
    let prepared = preparation.prepare(&image).ok()?;
    let grey = |value: &f32| (value.clamp(0.0, 1.0) * 255.0) as u8 / GREY_STEP * GREY_STEP;
    Some(prepared.0.iter().map(grey).collect())
}
