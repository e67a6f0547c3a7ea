//! Whether one radiograph is fit for a study of lateral necks: measures, and findings with stated thresholds.
//!
//! In: a [`Radiograph`]. Out: a [`Quality`]: plain numbers ([`Quality::measures`]) and what is conspicuous about them
//! ([`Quality::findings`]). One picture at a time; nothing here knows of patients or cohorts. `docs/audit.md` has every
//! threshold, how often each gate fires on sound and on spoilt pictures, and what it cannot tell.

mod components;
mod composition;
mod detail;
mod field;
mod finding;
mod header;
mod lettering;
mod metal;
mod neck_template;
mod reduce;
mod running;
mod tone;
mod verdict;

pub use composition::{Composition, Orientation};
pub use detail::Detail;
pub use field::Field;
pub use finding::{Code, Finding, Severity};
pub use lettering::Lettering;
pub use metal::Metal;
pub use reduce::Area;
pub(crate) use reduce::resized;
pub use tone::Tone;

use crate::decode::Radiograph;
use crate::facts::Format;
use crate::spacing::Spacing;
use crate::write::Facing;

/// Measures of one radiograph.
#[derive(Debug, Clone, PartialEq)]
pub struct Quality {
    /// Columns of the picture.
    pub columns: usize,
    /// Rows of the picture.
    pub rows: usize,
    /// The exposed field inside the blades.
    pub field: Field,
    /// Exposure, clipping, contrast within the field.
    pub tone: Tone,
    /// Effective resolution.
    pub detail: Detail,
    /// What the picture shows as a whole.
    pub composition: Composition,
    /// Markers and text.
    pub lettering: Lettering,
    /// Bright metal.
    pub metal: Metal,
    /// Pixel spacing, where the header states one.
    pub spacing: Option<Spacing>,
    /// The side that Patient Orientation says the patient faces.
    pub facing_stated: Option<Facing>,
    is_dicom: bool,
    header: Vec<Finding>,
}

/// One number about a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measure {
    /// Name as a column of a table, for example `field_height_mm`; the unit is part of it where there is one.
    pub name: &'static str,
    /// The number; none where it cannot be given.
    pub value: Option<f64>,
}

/// Measures one radiograph.
pub fn assess(radiograph: &Radiograph) -> Quality {
    let image = &radiograph.image;
    let field = field::field(image);
    Quality {
        columns: image.width,
        rows: image.height,
        tone: tone::tone(image, field.area),
        detail: detail::detail(image, field.area),
        composition: composition::composition(image, field.area),
        lettering: lettering::lettering(image),
        metal: metal::metal(image, field.area),
        field,
        spacing: radiograph.spacing,
        facing_stated: header::facing(&radiograph.facts),
        is_dicom: radiograph.facts.format == Format::Dicom,
        header: header::findings(&radiograph.facts),
    }
}

impl Quality {
    /// What is conspicuous, gravest first, in the order of [`Code::ALL`] among equals; empty where nothing is.
    pub fn findings(&self) -> Vec<Finding> {
        let mut found = verdict::findings(self);
        found.extend(self.header.iter().cloned());
        found.sort_by_key(|finding| (std::cmp::Reverse(finding.severity), finding.code));
        found
    }

    /// Height and width of the picture in mm at the plane of the spacing.
    pub fn size_mm(&self) -> Option<[f64; 2]> {
        let spacing = self.spacing?;
        Some([
            self.rows as f64 * spacing.row_mm,
            self.columns as f64 * spacing.column_mm,
        ])
    }

    /// All numbers, always the same names in the same order.
    pub fn measures(&self) -> Vec<Measure> {
        let size = self.size_mm();
        let measures = [
            ("columns", Some(self.columns as f64)),
            ("rows", Some(self.rows as f64)),
            ("height_mm", size.map(|size| size[0])),
            ("width_mm", size.map(|size| size[1])),
            ("row_spacing_mm", self.spacing.map(|s| s.row_mm)),
            ("column_spacing_mm", self.spacing.map(|s| s.column_mm)),
            ("border_left", Some(self.field.left)),
            ("border_top", Some(self.field.top)),
            ("border_right", Some(self.field.right)),
            ("border_bottom", Some(self.field.bottom)),
            ("grey_low", Some(self.tone.low)),
            ("grey_median", Some(self.tone.median)),
            ("grey_high", Some(self.tone.high)),
            ("darkest_share", Some(self.tone.darkest_share)),
            ("brightest_share", Some(self.tone.brightest_share)),
            ("entropy_bits", Some(self.tone.entropy_bits)),
            ("greys", Some(self.tone.greys as f64)),
            ("finest_detail", self.detail.finest),
            ("coarser", Some(self.detail.coarser as f64)),
            ("neck_likeness", Some(self.composition.neck_likeness())),
            ("neck_facing_left", Some(self.composition.likeness[0])),
            ("neck_facing_right", Some(self.composition.likeness[1])),
            (
                "neck_head_down_facing_left",
                Some(self.composition.likeness[2]),
            ),
            (
                "neck_head_down_facing_right",
                Some(self.composition.likeness[3]),
            ),
            ("neck_sideways", Some(self.composition.likeness[4])),
            (
                "negative_likeness",
                Some(self.composition.negative_likeness),
            ),
            ("marker_letters", Some(self.lettering.marker_letters as f64)),
            ("text_lines", Some(self.lettering.text_lines as f64)),
            ("metal_pieces", Some(self.metal.pieces as f64)),
            ("metal_share", Some(self.metal.share)),
            ("metal_largest_share", Some(self.metal.largest_share)),
        ];
        let measure = |(name, value)| Measure { name, value };
        measures.into_iter().map(measure).collect()
    }
}
