//! `heatmaps/` of a run: a small picture for every radiograph of the test part, errors first, and the table that names them.
//!
//! In: the trained network, the test part's scores, the pictures as they were prepared. Out: `NUMBER_PATIENT.jpg`
//! each, and `heatmaps.csv`, from which the report is drawn without any network. The map is Grad-CAM of the last
//! convolution, for what raises the score, whatever the call: for a low score it may be empty, which is an answer too.

use std::path::Path;

use radiograph::quality::{Severity, assess};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Explainer, Layer, Method, Request, Target, overlay};
use crate::cohort::{Cohort, Picture};
use crate::model_file::ThresholdOrigin;
use crate::predictions::Prediction;
use crate::prepare::{Prepared, Record};
use crate::run_folder::{RunFolder, RunFolderError};

/// Folder of a run.
pub const FOLDER: &str = "heatmaps";
/// The table in it.
pub const TABLE: &str = "heatmaps/heatmaps.csv";
/// Radiographs in memory at a time.
const FILES_AT_ONCE: usize = 16;
/// Characters of a patient's name that a file's name takes.
const NAME_MAX: usize = 40;

/// One picture of the test part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The patient.
    pub patient: String,
    /// The radiograph, by its name in the cohort.
    pub image: String,
    /// What the reference standard says: 0 or 1.
    pub label: u8,
    /// The network's output in 0..1.
    pub score: f64,
    /// Whether the score is on the wrong side of the threshold: `true` or `false`.
    pub wrong: bool,
    /// Name of the method.
    pub method: String,
    /// The layer.
    pub layer: String,
    /// The file in the folder; empty where the radiograph could not be read again.
    pub file: String,
    /// True where nothing in the picture raised the score.
    pub empty: bool,
    /// What is conspicuous about the radiograph, as `audit` finds it; files of earlier versions do not say.
    #[serde(default)]
    pub notes: String,
}

/// What a run knows of its test part.
pub struct Subject<'a> {
    /// The cohort without those left out.
    pub cohort: &'a Cohort,
    /// Its pictures in the cohort's order.
    pub prepared: &'a [Prepared],
    /// What was done to each.
    pub records: &'a [Record],
    /// Scores of the test part.
    pub test: &'a [Prediction],
    /// From where on a score is called positive.
    pub threshold: &'a ThresholdOrigin,
}

/// Heatmaps that cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A file could not be written.
    #[error(transparent)]
    Folder(#[from] RunFolderError),
    /// The folder could not be made.
    #[error("{path}: {reason}")]
    Io {
        /// The folder.
        path: String,
        /// What the operating system says.
        reason: String,
    },
    /// The table could not be written.
    #[error("heatmaps/heatmaps.csv: {0}")]
    Csv(#[from] csv::Error),
    /// A picture could not be drawn.
    #[error(transparent)]
    Overlay(#[from] overlay::OverlayError),
}

/// Draws and writes them all; `done` hears how many are.
///
/// # Errors
///
/// A full or read-only disk.
pub fn write(
    run: &RunFolder,
    explainer: &Explainer,
    subject: &Subject<'_>,
    mut done: impl FnMut(usize, usize),
) -> Result<(), RunError> {
    make_folder(&run.file(FOLDER))?;
    let request = Request {
        method: Method::default(),
        layer: Layer::last(&explainer.architecture),
        target: Target::Positive,
    };
    let method = match explainer.members() {
        1 => request.method.to_string(),
        members => format!("{}, mean of {members} networks", request.method),
    };
    let cases = cases(subject);
    let mut rows = Vec::with_capacity(cases.len());
    for cases in cases.chunks(FILES_AT_ONCE) {
        let maps: Vec<_> = cases
            .iter()
            .map(|case| explainer.explain(case.prepared, &request))
            .collect();
        let drawn: Vec<Option<(Vec<u8>, String)>> = cases
            .par_iter()
            .zip(&maps)
            .map(|(case, map)| {
                let Ok(radiograph) = radiograph::read(&case.picture.path) else {
                    return Ok(None);
                };
                let shown = map.shown(explainer.preparation.image_size);
                let jpeg = overlay::small(&radiograph.image, &case.record.geometry, &shown)?;
                Ok(Some((jpeg, notes(&radiograph))))
            })
            .collect::<Result<_, overlay::OverlayError>>()?;
        for ((case, map), jpeg) in cases.iter().zip(&maps).zip(drawn) {
            let (file, notes) = match jpeg {
                Some((jpeg, notes)) => {
                    let file = file_name(rows.len() + 1, &case.prediction.patient);
                    run.write(&format!("{FOLDER}/{file}"), &jpeg)?;
                    (file, notes)
                }
                None => Default::default(),
            };
            rows.push(Row {
                patient: case.prediction.patient.clone(),
                image: case.prediction.image.clone(),
                label: case.prediction.label,
                score: case.prediction.score,
                wrong: case.wrong,
                method: method.clone(),
                layer: request.layer.to_string(),
                file,
                empty: map.is_empty(),
                notes,
            });
        }
        done(rows.len(), subject.test.len());
    }
    let mut table = csv::Writer::from_writer(Vec::new());
    for row in rows {
        table.serialize(row)?;
    }
    let table = table
        .into_inner()
        .map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(run.write(TABLE, &table)?)
}

/// What an audit would say of the picture, without what is worth no more than a note.
fn notes(radiograph: &radiograph::Radiograph) -> String {
    let findings = assess(radiograph).findings().into_iter();
    let grave = findings.filter(|finding| finding.code.severity() != Severity::Note);
    let messages: Vec<String> = grave.map(|finding| finding.message).collect();
    messages.join("; ")
}

struct Case<'a> {
    prediction: &'a Prediction,
    picture: &'a Picture,
    prepared: &'a Prepared,
    record: &'a Record,
    wrong: bool,
}

/// The test part's pictures: those on the wrong side first, the farthest from the threshold at the top; the others in the
/// cohort's order.
fn cases<'a>(subject: &Subject<'a>) -> Vec<Case<'a>> {
    let threshold = subject.threshold.value;
    let pictures = subject.cohort.pictures.iter();
    let known = pictures.zip(subject.prepared.iter().zip(subject.records));
    let mut predictions = subject.test.iter().peekable();
    let mut cases = Vec::new();
    for (picture, (prepared, record)) in known {
        let same = |p: &&Prediction| p.patient == picture.patient && p.image == picture.name;
        if let Some(prediction) = predictions.next_if(same) {
            let wrong = u8::from(prediction.score >= threshold) != prediction.label;
            cases.push(Case {
                prediction,
                picture,
                prepared,
                record,
                wrong,
            });
        }
    }
    let distance = |case: &Case<'_>| (case.prediction.score - threshold).abs();
    cases.sort_by(|a, b| match (a.wrong, b.wrong) {
        (true, true) => distance(b).total_cmp(&distance(a)),
        (a, b) => b.cmp(&a),
    });
    cases
}

/// A name that every file system takes.
fn file_name(number: usize, patient: &str) -> String {
    let plain = |letter: char| match letter.is_ascii_alphanumeric() || "-_".contains(letter) {
        true => letter,
        false => '_',
    };
    let name: String = patient.chars().take(NAME_MAX).map(plain).collect();
    format!("{number:04}_{name}.jpg")
}

/// An empty folder: pictures of a run that went on are named by other errors than before.
fn make_folder(path: &Path) -> Result<(), RunError> {
    let emptied = match path.exists() {
        true => std::fs::remove_dir_all(path),
        false => Ok(()),
    };
    let made = emptied.and_then(|()| std::fs::create_dir_all(path));
    made.map_err(|error| RunError::Io {
        path: path.display().to_string(),
        reason: crate::cohort::plain_reason(&error),
    })
}
