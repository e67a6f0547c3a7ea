//! How far apart neighbouring pixels are, where a DICOM header says so.
//!
//! Pixel Spacing (0028,0030) wins over Imager Pixel Spacing (0018,1164): the first may be corrected for
//! magnification, the second is measured at the detector, so that a body part looks larger there than it is. Equal
//! ones without a Pixel Spacing Calibration Type (0028,0A02) are both the detector's. The detector's spacing is
//! divided by Estimated Radiographic Magnification Factor (0018,1114) where that is given. An entry that is not two
//! positive numbers counts as absent. The resolution of a PNG, JPEG or TIFF is about printing and is never taken.
//!
//! Source: DICOM PS3.3 10.7.1.3.

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use crate::dataset::Dataset;

/// Distance of the centres of neighbouring pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spacing {
    /// From one row to the next, vertical, above 0.
    pub row_mm: f64,
    /// From one column to the next, horizontal, above 0.
    pub column_mm: f64,
    /// What said so.
    pub source: SpacingSource,
}

/// What a [`Spacing`] comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SpacingSource {
    /// Pixel Spacing (0028,0030).
    PixelSpacing,
    /// Imager Pixel Spacing (0018,1164), at the detector: not corrected for magnification.
    ImagerPixelSpacing,
    /// Imager Pixel Spacing divided by Estimated Radiographic Magnification Factor (0018,1114).
    ImagerPixelSpacingCorrected,
    /// Resolution at which a film of NHANES II was scanned: on the film, not corrected for magnification.
    FilmScan,
}

/// The spacing that the header states, if it is usable.
pub(crate) fn spacing(data: &Dataset) -> Option<Spacing> {
    let stated = from_tag(data, tags::PIXEL_SPACING, SpacingSource::PixelSpacing);
    let imager = from_tag(
        data,
        tags::IMAGER_PIXEL_SPACING,
        SpacingSource::ImagerPixelSpacing,
    );
    match (stated, imager) {
        // A copy of the detector's spacing is one only where the header says that it was calibrated.
        (Some(stated), Some(imager))
            if (stated.row_mm, stated.column_mm) == (imager.row_mm, imager.column_mm)
                && data.text(tags::PIXEL_SPACING_CALIBRATION_TYPE).is_none() =>
        {
            Some(at_patient(data, imager))
        }
        (Some(stated), _) => Some(stated),
        (None, imager) => imager.map(|imager| at_patient(data, imager)),
    }
}

/// Spacing at the detector, divided by the magnification where one of at least 1 is given.
fn at_patient(data: &Dataset, imager: Spacing) -> Spacing {
    let factor = data
        .text(tags::ESTIMATED_RADIOGRAPHIC_MAGNIFICATION_FACTOR)
        .and_then(|text| text.parse::<f64>().ok())
        .filter(|factor| *factor >= 1.0 && factor.is_finite());
    factor.map_or(imager, |factor| Spacing {
        row_mm: imager.row_mm / factor,
        column_mm: imager.column_mm / factor,
        source: SpacingSource::ImagerPixelSpacingCorrected,
    })
}

fn from_tag(data: &Dataset, tag: Tag, source: SpacingSource) -> Option<Spacing> {
    let text = data.text(tag)?;
    let mut numbers = text.split('\\').map(|part| part.trim().parse::<f64>().ok());
    let row_mm = numbers.next()??;
    let column_mm = numbers.next()??;
    let usable = |mm: f64| mm > 0.0 && mm.is_finite();
    (usable(row_mm) && usable(column_mm)).then_some(Spacing {
        row_mm,
        column_mm,
        source,
    })
}
