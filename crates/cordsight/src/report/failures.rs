//! Failure analysis: every radiograph on the wrong side of the threshold as a picture, with score, heatmap and quality notes.
//!
//! In: the rows of `heatmaps/heatmaps.csv` and the files that it names. Out: [`Failures`], plain data; missed patients first,
//! those farthest from the threshold at the top, as the table has them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use crate::explain::run::{FOLDER, Row};
use crate::run_folder::RunFolder;

/// Characters of pictures inside the page, which should stay below 5 MB with all else; the others are in the folder.
const PICTURES_MAX: usize = 2_600_000;

/// The section of the page.
#[derive(Clone, Debug, Serialize)]
pub struct Failures {
    /// How often quality notes stand on radiographs called wrongly and rightly, as sentences.
    pub notes: Vec<String>,
    /// Positive by the reference standard, called negative.
    pub false_negatives: Vec<Failure>,
    /// Negative by the reference standard, called positive.
    pub false_positives: Vec<Failure>,
    /// How many are in the folder only.
    pub more: usize,
}

/// One radiograph.
#[derive(Clone, Debug, Serialize)]
pub struct Failure {
    /// The patient.
    pub patient: String,
    /// The radiograph, by its name in the cohort.
    pub image: String,
    /// Score as text.
    pub score: String,
    /// What is conspicuous about the picture; empty where nothing is.
    pub notes: String,
    /// Nothing in the picture raised the score.
    pub empty: bool,
    /// The picture under its heatmap as JPEG, base64; empty where the file is gone.
    pub jpeg: String,
}

impl Failures {
    /// Those of a run.
    pub(super) fn of(run: &RunFolder, rows: &[Row]) -> Self {
        let wrong = || rows.iter().filter(|row| row.wrong);
        let mut left = PICTURES_MAX;
        let shown: Vec<(u8, Failure)> = wrong()
            .map(|row| (row.label, failure(run, row)))
            .map_while(|(label, failure)| {
                left = left.checked_sub(failure.jpeg.len())?;
                Some((label, failure))
            })
            .collect();
        let more = wrong().count() - shown.len();
        let (missed, alarms): (Vec<_>, Vec<_>) =
            shown.into_iter().partition(|(label, _)| *label == 1);
        let failures = |of: Vec<(u8, Failure)>| of.into_iter().map(|(_, f)| f).collect();
        Failures {
            notes: notes(rows),
            false_negatives: failures(missed),
            false_positives: failures(alarms),
            more,
        }
    }
}

fn failure(run: &RunFolder, row: &Row) -> Failure {
    let file = run.file(&format!("{FOLDER}/{}", row.file));
    let jpeg = match row.file.is_empty() {
        true => String::new(),
        false => std::fs::read(file).map_or_else(|_| String::new(), |jpeg| STANDARD.encode(jpeg)),
    };
    Failure {
        patient: row.patient.clone(),
        image: row.image.clone(),
        score: format!("{:.3}", row.score),
        notes: row.notes.clone(),
        empty: row.empty,
        jpeg,
    }
}

fn notes(rows: &[Row]) -> Vec<String> {
    let count = |wrong: bool| {
        let of = || rows.iter().filter(move |row| row.wrong == wrong);
        (
            of().filter(|row| !row.notes.is_empty()).count(),
            of().count(),
        )
    };
    let ((noted, wrong), (noted_right, right)) = (count(true), count(false));
    if noted + noted_right == 0 {
        return vec!["No radiograph of the test part has a quality note.".to_string()];
    }
    vec![format!(
        "Quality notes stand on {noted} of {wrong} radiographs called wrongly and on {noted_right} of {right} called rightly."
    )]
}
