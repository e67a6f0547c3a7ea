//! Heatmaps of the test part in the report: the pictures of the run's folder, inside the page; errors stand in the failure analysis.
//!
//! In: `heatmaps/heatmaps.csv` and the files that it names. Out: [`Heatmaps`], plain data; nothing where a run has
//! none. The page holds those that fit: it should open on a phone.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::Failures;
use crate::explain::run::{FOLDER, Row, TABLE};
use crate::run_folder::RunFolder;

/// Characters of pictures inside the page.
const PICTURES_MAX: usize = 1_000_000;

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
    /// Nothing in the picture raised the score.
    pub empty: bool,
    /// The picture as JPEG, base64.
    pub jpeg: String,
}

impl Heatmaps {
    /// Those of a run, and its errors; nothing for a run of an earlier version, and no picture of a file that is gone.
    pub fn of(run: &RunFolder, classes: &[String; 2]) -> Option<(Self, Failures)> {
        let text = std::fs::read(run.file(TABLE)).ok()?;
        let rows: Vec<Row> = csv::Reader::from_reader(text.as_slice())
            .deserialize()
            .collect::<Result<_, _>>()
            .ok()?;
        let first = rows.first()?;
        let right = || rows.iter().filter(|row| !row.wrong);
        let mut left = PICTURES_MAX;
        let shown: Vec<Heatmap> = right()
            .filter(|row| !row.file.is_empty())
            .filter_map(|row| {
                let jpeg = std::fs::read(run.file(&format!("{FOLDER}/{}", row.file))).ok()?;
                Some(Heatmap {
                    patient: row.patient.clone(),
                    label: classes[usize::from(row.label.min(1))].clone(),
                    score: format!("{:.3}", row.score),
                    empty: row.empty,
                    jpeg: STANDARD.encode(jpeg),
                })
            })
            .map_while(|map| {
                left = left.checked_sub(map.jpeg.len())?;
                Some(map)
            })
            .collect();
        let heatmaps = Heatmaps {
            method: first.method.clone(),
            layer: first.layer.clone(),
            pictures: rows.len(),
            wrong: rows.iter().filter(|row| row.wrong).count(),
            more: right().count() - shown.len(),
            shown,
        };
        Some((heatmaps, Failures::of(run, &rows)))
    }
}
