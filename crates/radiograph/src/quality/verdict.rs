//! Thresholds: from measures to findings.
//!
//! In: [`Quality`]. Out: findings, each with the number found and the one expected. Every threshold stands here or in the
//! module of its measure, and in docs/audit.md with the rates at which it fires.

use super::Quality;
use super::composition::{NECK, Orientation};
use super::finding::{Code, Finding};
use crate::write::Facing;

/// Range of grey below which a picture is blank.
const BLANK_RANGE: f64 = 0.02;
/// Least side of a picture that shows anything.
const LEAST_SIDE: usize = 64;
/// Side of the picture that the network takes.
const NETWORK_SIDE: usize = 224;
/// Medians of grey that are too dark and too bright.
const MEDIANS: [f64; 2] = [0.08, 0.85];
/// Shares of the field at the darkest and at the brightest grey.
const CLIPPED: [f64; 2] = [0.4, 0.05];
const LEAST_RANGE: f64 = 0.25;
const LEAST_GREYS: usize = 100;
const LEAST_FIELD: f64 = 0.5;
/// Border from which on it is mentioned, a share of a side.
const BORDER: f64 = 0.01;
/// Height or width of a picture of a neck, mm.
const NECK_MM: std::ops::RangeInclusive<f64> = 100.0..=480.0;
/// How far from square pixels may be.
const UNEVEN: f64 = 0.02;

pub(super) fn findings(quality: &Quality) -> Vec<Finding> {
    if quality.tone.range() < BLANK_RANGE {
        let message = format!(
            "found a range of grey of {:.3}, expected at least {BLANK_RANGE}: the picture is blank",
            quality.tone.range()
        );
        return vec![Finding::new(Code::Blank, message)];
    }
    [
        size(quality),
        tone(quality),
        shown(quality),
        things(quality),
        spacing(quality),
    ]
    .concat()
}

fn size(quality: &Quality) -> Vec<Finding> {
    let [columns, rows] = [quality.columns, quality.rows];
    let area = quality.field.area;
    let mut found = Vec::new();
    if columns.min(rows) < LEAST_SIDE {
        let message =
            format!("found {columns} x {rows} pixels, expected at least {LEAST_SIDE} on each side");
        found.push(Finding::new(Code::TooSmall, message));
    } else if area.width().min(area.height()) < NETWORK_SIDE {
        let message = format!(
            "found a field of {} x {} pixels, expected at least {NETWORK_SIDE} on each side",
            area.width(),
            area.height()
        );
        found.push(Finding::new(Code::FewPixels, message));
    }
    if quality.detail.coarser > 1 {
        let message = format!(
            "found no detail finer than {} pixels: enlarged, blurred or strongly compressed",
            quality.detail.coarser
        );
        found.push(Finding::new(Code::Unsharp, message));
    }
    found
}

fn tone(quality: &Quality) -> Vec<Finding> {
    let tone = &quality.tone;
    let mut found = Vec::new();
    let mut push = |is: bool, code, message: String| {
        if is {
            found.push(Finding::new(code, message));
        }
    };
    let [dark, bright] = MEDIANS;
    let median = format!(
        "found a median grey of {:.2}, expected {dark} to {bright}",
        tone.median
    );
    push(tone.median < dark, Code::Dark, median.clone());
    push(tone.median > bright, Code::Bright, median);
    let clipped = |share: f64, limit: f64, end: &str| {
        format!(
            "found {:.1} % of the field at the {end} grey, expected at most {:.0} %",
            100.0 * share,
            100.0 * limit
        )
    };
    let [black, white] = CLIPPED;
    push(
        tone.darkest_share > black,
        Code::ClippedBlack,
        clipped(tone.darkest_share, black, "darkest"),
    );
    push(
        tone.brightest_share > white,
        Code::ClippedWhite,
        clipped(tone.brightest_share, white, "brightest"),
    );
    push(
        tone.range() < LEAST_RANGE,
        Code::LowContrast,
        format!(
            "found 98 % of the greys within {:.2} of full scale, expected at least {LEAST_RANGE}",
            tone.range()
        ),
    );
    push(
        tone.greys < LEAST_GREYS,
        Code::FewGreys,
        format!(
            "found {} different greys, expected at least {LEAST_GREYS}",
            tone.greys
        ),
    );
    found
}

fn shown(quality: &Quality) -> Vec<Finding> {
    let shows = &quality.composition;
    let likeness = shows.neck_likeness();
    let mut found = Vec::new();
    if shows.is_negative() {
        let message = format!(
            "the negative of the picture looks like a neck (likeness {:.2}), the picture does not ({likeness:.2}): check Photometric Interpretation (0028,0004)",
            shows.negative_likeness
        );
        found.push(Finding::new(Code::InvertedGrey, message));
        return found;
    }
    if !shows.is_lateral_neck() {
        let message = format!(
            "found a likeness to a lateral neck of {likeness:.2}, expected at least {NECK}"
        );
        found.push(Finding::new(Code::NotLateralNeck, message));
    }
    let facing = shows.facing();
    match shows.orientation() {
        Some(Orientation::UprightFacingRight) => {
            let message = "the patient seems to face right; a study wants all to face one way";
            found.push(Finding::new(Code::FacesRight, message));
        }
        Some(Orientation::HeadDownFacingLeft | Orientation::HeadDownFacingRight) => {
            let message = "the head seems to be below, expected above";
            found.push(Finding::new(Code::UpsideDown, message));
        }
        Some(Orientation::Sideways) => {
            let message = "the neck seems to lie across the picture, expected upright";
            found.push(Finding::new(Code::Sideways, message));
        }
        Some(Orientation::UprightFacingLeft) | None => {}
    }
    if let (Some(seen), Some(stated)) = (facing, quality.facing_stated)
        && seen != stated
    {
        let side = |facing| {
            if facing == Facing::Left {
                "left"
            } else {
                "right"
            }
        };
        let message = format!(
            "Patient Orientation (0020,0020) says that the patient faces {}, the pixels seem to face {}",
            side(stated),
            side(seen)
        );
        found.push(Finding::new(Code::HeaderFacing, message));
    }
    found
}

fn things(quality: &Quality) -> Vec<Finding> {
    let mut found = Vec::new();
    let field = &quality.field;
    let borders = [field.left, field.top, field.right, field.bottom];
    let sides = format!(
        "left {:.0} %, top {:.0} %, right {:.0} %, bottom {:.0} %",
        100.0 * field.left,
        100.0 * field.top,
        100.0 * field.right,
        100.0 * field.bottom
    );
    if field.share() < LEAST_FIELD {
        let message = format!(
            "found even borders that leave {:.0} % of the picture ({sides})",
            100.0 * field.share()
        );
        found.push(Finding::new(Code::SmallField, message));
    } else if borders.iter().any(|border| *border > BORDER) {
        found.push(Finding::new(
            Code::Border,
            format!("found even borders: {sides}"),
        ));
    }
    let letters = &quality.lettering;
    if letters.text_lines > 0 {
        let message = format!(
            "found {} with {} letter-like shapes, expected no text in the pixels",
            counted(letters.text_lines, "line"),
            letters.text_letters
        );
        found.push(Finding::new(Code::BurnedInText, message));
    } else if letters.marker_letters > 0 {
        let message = format!(
            "found {}, as of a side marker",
            counted(letters.marker_letters, "letter-like shape")
        );
        found.push(Finding::new(Code::Marker, message));
    }
    if quality.metal.pieces > 0 {
        let message = format!(
            "found {} as bright as metal, with sharp edges, the largest {:.2} % of the field: an implant, a filling or jewellery",
            counted(quality.metal.pieces, "piece"),
            100.0 * quality.metal.largest_share
        );
        found.push(Finding::new(Code::Metal, message));
    }
    found
}

fn spacing(quality: &Quality) -> Vec<Finding> {
    let (Some(spacing), Some([height, width])) = (quality.spacing, quality.size_mm()) else {
        let message = "found no usable pixel spacing, expected Pixel Spacing (0028,0030) or Imager Pixel Spacing (0018,1164)";
        return Vec::from_iter(
            quality
                .is_dicom
                .then(|| Finding::new(Code::SpacingAbsent, message)),
        );
    };
    let mut found = Vec::new();
    if (spacing.row_mm / spacing.column_mm - 1.0).abs() > UNEVEN {
        let message = format!(
            "found pixels of {:.4} x {:.4} mm, expected square ones",
            spacing.row_mm, spacing.column_mm
        );
        found.push(Finding::new(Code::SpacingUneven, message));
    }
    if !NECK_MM.contains(&height) || !NECK_MM.contains(&width) {
        let message = format!(
            "found a picture {height:.0} mm high and {width:.0} mm wide by its pixel spacing, expected {} to {} mm",
            NECK_MM.start(),
            NECK_MM.end()
        );
        found.push(Finding::new(Code::FieldOfView, message));
    }
    found
}

/// "1 line", "2 lines".
fn counted(number: usize, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{ending}")
}
