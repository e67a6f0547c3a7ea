//! The digitised films of NHANES II (`.nh2`): raw pixels without a header.
//!
//! In: the bytes of a file whose name ends in `.nh2`. Out: grey pixels, `value / 4095`, larger is brighter, and the
//! spacing of the scan on the film. Nothing in the file says what it is, so the exact number of bytes must be that of a
//! published size, and the order of the two bytes of a pixel is told from the pixels: 12 bits leave the upper four of
//! the right reading empty. Where both readings do (a nearly black film), the smoother one is taken.
//!
//! Source: National Library of Medicine, pages on the NHANES II collection and its quality control: 12 bits, uncompressed,
//! 1463 × 1755 (neck, 5 MB) and 2048 × 2487 (lumbar, 10 MB), 146 dots per inch; a film of 10 × 12 and of 14 × 17 inches.
//! Our reading: two bytes a pixel (from those megabytes), rows from the top, larger is brighter, 1462 columns as well.

use std::path::Path;

use crate::decode::Radiograph;
use crate::error::DecodeError;
use crate::facts::{Facts, Format};
use crate::grey::GreyImage;
use crate::spacing::{Spacing, SpacingSource};

/// Columns and rows of a film: of the neck twice, as descriptions differ by a column, and of the lumbar spine.
pub(crate) const FILM_SIZES: [(usize, usize); 3] = [(1463, 1755), (1462, 1755), (2048, 2487)];

/// Millimetres between pixels on the film, at 146 dots per inch.
const SPACING_MM: f64 = 25.4 / 146.0;

/// Largest value of 12 bits.
const WHITE: u16 = 4095;

/// Whether a file's name says that it is a film.
pub(crate) fn is_film(path: &Path) -> bool {
    path.extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("nh2"))
}

/// Columns and rows of a film whose file has so many bytes.
///
/// # Errors
/// A number that no film has.
pub fn film_size(bytes: u64) -> Result<(usize, usize), DecodeError> {
    FILM_SIZES
        .into_iter()
        .find(|(width, height)| (width * height * 2) as u64 == bytes)
        .ok_or(DecodeError::FilmBytes { found: bytes })
}

/// The radiograph in the bytes of an `.nh2` file.
///
/// # Errors
/// Another number of bytes than a film has, and pixels of more than 12 bits in both byte orders.
pub fn decode_film(bytes: &[u8]) -> Result<Radiograph, DecodeError> {
    let (width, height) = film_size(bytes.len() as u64)?;
    let read = |order: fn([u8; 2]) -> u16| {
        let pairs = bytes.chunks_exact(2);
        pairs
            .map(|pair| order([pair[0], pair[1]]))
            .collect::<Vec<_>>()
    };
    let fits = |samples: &Vec<u16>| samples.iter().all(|&value| value <= WHITE);
    let little = Some(read(u16::from_le_bytes)).filter(fits);
    let big = Some(read(u16::from_be_bytes)).filter(fits);
    let samples = match (little, big) {
        (Some(little), Some(big)) if roughness(&big, width) < roughness(&little, width) => big,
        (Some(samples), _) | (None, Some(samples)) => samples,
        (None, None) => return Err(DecodeError::FilmBits),
    };
    Ok(Radiograph {
        image: GreyImage::from_grey(width, height, WHITE, samples.into_iter()),
        spacing: Some(Spacing {
            row_mm: SPACING_MM,
            column_mm: SPACING_MM,
            source: SpacingSource::FilmScan,
        }),
        facts: Facts::plain(Format::Film, 12),
    })
}

/// Sum of the steps between neighbours of a row.
fn roughness(samples: &[u16], width: usize) -> u64 {
    let rows = samples.chunks_exact(width);
    rows.flat_map(|row| row.windows(2))
        .map(|pair| u64::from(pair[0].abs_diff(pair[1])))
        .sum()
}
