//! Heatmaps of the test part in the report: the pictures of the run's folder, inside the page.
//!
//! In: `heatmaps/heatmaps.csv` and the files that it names. Out: [`Heatmaps`], plain data, errors first; nothing where a run has
//! none. The page holds the first [`SHOWN_MAX`]: it should open on a phone.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use crate::explain::run::{FOLDER, Row, TABLE};
use crate::run_folder::RunFolder;

/// Pictures inside the page.
const SHOWN_MAX: usize = 60;

/// The section of the page.
#[derive(Clone, Debug, Serialize)]
pub struct Heatmaps {
    /// Name of the method.
    pub method: String,
    /// The layer.
    pub layer: String,
    /// Pictures of the test part.
    pub pictures: usize,
    /// How many of them are errors.
    pub wrong: usize,
    /// How many are in the folder only.
    pub more: usize,
    /// Those in the page.
    pub shown: Vec<Heatmap>,
}

/// One picture.
#[derive(Clone, Debug, Serialize)]
pub struct Heatmap {
    /// The patient.
    pub patient: String,
    /// Class by the reference standard.
    pub label: String,
    /// Score as text.
    pub score: String,
    /// On the wrong side of the threshold.
    pub wrong: bool,
    /// Nothing in the picture raised the score.
    pub empty: bool,
    /// The picture as JPEG, base64.
    pub jpeg: String,
}

impl Heatmaps {
    /// Those of a run; nothing for a run of an earlier version, and none of a file that is gone.
    pub fn of(run: &RunFolder, classes: &[String; 2]) -> Option<Self> {
        let text = std::fs::read(run.file(TABLE)).ok()?;
        let rows: Vec<Row> = csv::Reader::from_reader(text.as_slice())
            .deserialize()
            .collect::<Result<_, _>>()
            .ok()?;
        let first = rows.first()?;
        let shown: Vec<Heatmap> = rows
            .iter()
            .filter(|row| !row.file.is_empty())
            .filter_map(|row| {
                let jpeg = std::fs::read(run.file(&format!("{FOLDER}/{}", row.file))).ok()?;
                Some(Heatmap {
                    patient: row.patient.clone(),
                    label: classes[usize::from(row.label.min(1))].clone(),
                    score: format!("{:.3}", row.score),
                    wrong: row.wrong,
                    empty: row.empty,
                    jpeg: STANDARD.encode(jpeg),
                })
            })
            .take(SHOWN_MAX)
            .collect();
        Some(Heatmaps {
            method: first.method.clone(),
            layer: first.layer.clone(),
            pictures: rows.len(),
            wrong: rows.iter().filter(|row| row.wrong).count(),
            more: rows.len() - shown.len(),
            shown,
        })
    }
}
