//! `findings.csv`: the same pictures with a column for each finding that the drawn anatomy has, and one of three classes.
//!
//! In: drawn patients. Out: a cohort for several findings at once (`csm,opll,oyl,narrow_canal,slip`) and for more than two
//! classes (`class`). Nobody read a picture: each cell follows from the truth. That of CSM is drawn from a probability, as in
//! `cohort.csv`; the others are what the anatomy is, whether the picture shows it or not.
//!
//! Limits are ours: a slip from 1 mm on, and spondylosis from spurs of 2 mm on.

use std::path::Path;

use crate::cohort::PhantomError;
use crate::files::{Format, has_views, image_name, write_csv};
use crate::label::Truth;
use crate::patient::Phantom;

/// Names of the findings, in the order of the columns.
pub const FINDINGS: [&str; 5] = ["csm", "opll", "oyl", "narrow_canal", "slip"];
/// Names of the classes, each patient of one: no spur to speak of and no myelopathy, spurs alone, myelopathy.
pub const CLASSES: [&str; 3] = ["healthy", "spondylosis", "CSM"];

/// Shift of a vertebra over the next from which it counts as a slip, mm.
const SLIP_MM: f64 = 1.0;
/// Depth of the deepest back spur from which it counts as spondylosis, mm.
const SPUR_MM: f64 = 2.0;

/// What is there, in the order of [`FINDINGS`].
pub fn findings(truth: &Truth, label: u8) -> [bool; 5] {
    let any = |values: &[f64], from: f64| values.iter().any(|mm| mm.abs() >= from);
    [
        label == 1,
        truth.opll.is_some(),
        truth.yellow_by_disc_mm.iter().any(|mm| *mm > 0.0),
        truth.narrow,
        any(&truth.slip_by_disc_mm, SLIP_MM),
    ]
}

/// The class, a place in [`CLASSES`].
pub fn class(truth: &Truth, label: u8) -> usize {
    match label {
        1 => 2,
        _ => usize::from(truth.back_spur_mm >= SPUR_MM),
    }
}

/// Writes the table into the folder of a cohort.
pub(crate) fn write_findings(
    phantoms: &[Vec<Phantom>],
    out: &Path,
    format: Format,
) -> Result<(), PhantomError> {
    let has_views = has_views(phantoms);
    let view = has_views.then_some("view");
    let names = ["patient", "image"].into_iter().chain(view).chain(FINDINGS);
    let mut rows: Vec<Vec<String>> = vec![names.chain(["class"]).map(String::from).collect()];
    for views in phantoms {
        // All views have the truth of the first: a neck that bends keeps its diagnosis.
        let Some(first) = views.first() else {
            continue;
        };
        let found = findings(&first.truth, first.label);
        for phantom in views {
            let mut row = vec![phantom.patient.clone(), image_name(phantom, format)];
            row.extend(has_views.then(|| phantom.posture.name().to_string()));
            row.extend(found.map(|there| u8::from(there).to_string()));
            row.push(CLASSES[class(&first.truth, first.label)].to_string());
            rows.push(row);
        }
    }
    write_csv(&out.join("findings.csv"), rows)
}
