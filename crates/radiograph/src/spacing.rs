//! How far apart neighbouring pixels are, where a DICOM header says so.
//!
//! Pixel Spacing (0028,0030) wins over Imager Pixel Spacing (0018,1164): the first may be corrected for
//! magnification, the second is measured at the detector, so that a body part looks larger there than it is. An
//! entry that is not two positive numbers counts as absent. The resolution of a PNG, JPEG or TIFF is about
//! printing and is never taken.
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
    /// Which attribute said so.
    pub source: SpacingSource,
}

/// The attribute that a [`Spacing`] comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SpacingSource {
    /// Pixel Spacing (0028,0030).
    PixelSpacing,
    /// Imager Pixel Spacing (0018,1164), at the detector: not corrected for magnification.
    ImagerPixelSpacing,
}

/// The spacing that the header states, if it is usable.
pub(crate) fn spacing(data: &Dataset) -> Option<Spacing> {
    from_tag(data, tags::PIXEL_SPACING, SpacingSource::PixelSpacing).or_else(|| {
        from_tag(
            data,
            tags::IMAGER_PIXEL_SPACING,
            SpacingSource::ImagerPixelSpacing,
        )
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
