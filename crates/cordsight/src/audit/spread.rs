//! How sizes and pixel spacings spread over a cohort.
//!
//! In: [`Image`]s. Out: a [`Spread`] of each, and findings. A network sees pictures scaled to one size: where spacing
//! differs, so does the size of a vertebra.

use serde::Serialize;

use super::Image;
use super::finding::{Finding, Severity};

/// The 95th percentile of the spacing may exceed the 5th by this factor without a word.
const SPACING_RATIO: f64 = 1.25;
/// The same for the height in pixels.
const SIZE_RATIO: f64 = 2.0;

/// Smallest, median and largest value, and the middle nine tenths.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// Number of files that state it.
    pub known: usize,
    /// Smallest.
    pub least: f64,
    /// 5th percentile.
    pub p05: f64,
    /// Median.
    pub median: f64,
    /// 95th percentile.
    pub p95: f64,
    /// Largest.
    pub most: f64,
}

impl Spread {
    /// Of finite values; `None` without any.
    pub fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let last = values.len().checked_sub(1)?;
        let at = |share: f64| values[(share * last as f64).round() as usize];
        Some(Spread {
            known: values.len(),
            least: values[0],
            p05: at(0.05),
            median: at(0.5),
            p95: at(0.95),
            most: values[last],
        })
    }
}

/// Columns and rows in pixels, spacing of rows in mm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Sizes {
    /// Columns.
    pub columns: Option<Spread>,
    /// Rows.
    pub rows: Option<Spread>,
    /// Distance of rows in mm.
    pub spacing_mm: Option<Spread>,
}

impl Sizes {
    /// Of all images.
    pub(super) fn of(images: &[Image]) -> Self {
        let all =
            |of: &dyn Fn(&Image) -> Option<f64>| Spread::of(images.iter().filter_map(of).collect());
        Sizes {
            columns: all(&|image| Some(image.look.traits.width as f64)),
            rows: all(&|image| Some(image.look.traits.height as f64)),
            spacing_mm: all(&|image| image.look.traits.spacing.map(|of| of.row_mm)),
        }
    }

    /// What a reader should know of them; `images` is the number of radiographs.
    pub fn findings(&self, images: usize) -> Vec<Finding> {
        let mut found = Vec::new();
        if let Some(rows) = self.rows.filter(|rows| rows.p95 > SIZE_RATIO * rows.p05) {
            found.push(Finding::whole(
                Severity::Note,
                "size-spread",
                format!(
                    "heights from {} to {} pixels (middle nine tenths; median {})",
                    rows.p05, rows.p95, rows.median
                ),
                "training scales all pictures to one size; check that no small one is a thumbnail",
            ));
        }
        found.extend(self.spacing(images));
        found
    }

    fn spacing(&self, images: usize) -> Vec<Finding> {
        let Some(spacing) = self.spacing_mm else {
            return Vec::new();
        };
        let mut found = Vec::new();
        if spacing.known < images {
            found.push(Finding::whole(
                Severity::Note,
                "spacing-missing",
                format!(
                    "pixel spacing is known for {} of {images} radiographs",
                    spacing.known
                ),
                "export the others as DICOM with spacing, if anything is to be measured",
            ));
        }
        if spacing.p95 > SPACING_RATIO * spacing.p05 {
            found.push(Finding::whole(
                Severity::Note,
                "spacing-spread",
                format!(
                    "pixel spacing from {:.3} to {:.3} mm (middle nine tenths; median {:.3})",
                    spacing.p05, spacing.p95, spacing.median
                ),
                "the same vertebra has different sizes in pixels; see whether the classes differ in it",
            ));
        }
        found
    }
}
