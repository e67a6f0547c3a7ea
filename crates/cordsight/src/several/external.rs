//! A trained model of several findings or classes on another cohort, with nothing fitted there.
//!
//! In: a model (with its run folder, where it lies in one) and a cohort with columns of the same names. Out: [`External`]: scores and
//! thresholds of the model as training left them, and for each finding (or class against the rest) every figure that a
//! study of it alone has, subgroups included. A cohort that shares a picture or a patient's name with the model's own is
//! refused, as for two classes ([`crate::external`]).

use std::path::Path;

use serde::Serialize;

use super::cohort::Subjects;
use super::predictions::{self, Row, of_name};
use super::results::{Judged, JudgedName, all_classes, folder_of, one_half};
use crate::cohort::{Columns, plain_reason};
use crate::external::{ExternalError, Overlap, Request, overlap};
use crate::model_file::{Answers, INTENDED_USE, Model};
use crate::run_folder::write_whole;
use crate::statistics::folder::{self, FolderError};
use crate::statistics::judgement::{self, judgement};
use crate::tables::ScoreTable;
use crate::task::Task;

/// `metrics.json` of an external test.
#[derive(Debug, Serialize)]
pub struct External {
    /// The program's version.
    pub cordsight: String,
    /// The model file, or the folder of its run.
    pub model: String,
    /// Fingerprint of the cohort that trained it.
    pub trained_on: String,
    /// The other cohort, as it was given.
    pub cohort: String,
    /// Its fingerprint.
    pub fingerprint: String,
    /// How the two cohorts were told apart.
    pub overlap: Overlap,
    /// Pictures left out, since nothing is known of their patients.
    pub unknown_pictures: usize,
    /// Every finding or class judged; `synthetic` where the radiographs of either cohort are.
    #[serde(flatten)]
    pub judged: Judged,
    /// `predictions.csv`.
    #[serde(skip)]
    pub predictions: Vec<u8>,
    /// `predictions.csv` of each finding or class.
    #[serde(skip)]
    of_names: Vec<Vec<u8>>,
}

/// Scores the cohort and judges the scores.
///
/// # Errors
///
/// See [`ExternalError`].
pub fn external(
    request: &Request<'_>,
    class_column: Option<&str>,
    model: &Model,
    answers: &Answers,
) -> Result<External, ExternalError> {
    let task = &answers.task;
    let subjects = Subjects::read(request.cohort, task, class_column)?;
    let (fingerprint, digests) =
        subjects
            .fingerprint_and_digests()
            .map_err(|error| ExternalError::Picture {
                path: request.cohort.display().to_string(),
                reason: plain_reason(&error),
            })?;
    let overlap = overlap(request, &subjects.cohort, &digests)?;
    let rows = score(model, &subjects)?;
    let columns = Columns::read(request.cohort)?;
    let patients: std::collections::BTreeSet<&str> =
        rows.iter().map(|row| row.patient.as_str()).collect();
    let (mut each, mut of_names) = (Vec::new(), Vec::new());
    for (place, name) in task.names().iter().enumerate() {
        let file = format!("{}/predictions.csv", folder_of(task, name));
        let csv = table(columns.as_ref(), task, &rows, place)?;
        let threshold = answers.thresholds.get(place).cloned();
        let judgement = judgement(
            &ScoreTable::parse_pooled(&file, &csv, model.manifest.pool)?,
            &judgement::Request {
                threshold: threshold.unwrap_or_else(one_half),
                prevalence: request.prevalence,
                by: request.by.clone(),
                replicates: request.replicates,
                seed: request.seed,
            },
        )?;
        each.push(JudgedName {
            name: name.clone(),
            unknown: patients.len() - judgement.evaluation.patients,
            evaluation: judgement.evaluation.clone(),
            judgement,
        });
        of_names.push(csv);
    }
    let manifest = &model.manifest;
    Ok(External {
        cordsight: env!("CARGO_PKG_VERSION").to_string(),
        model: request.model.display().to_string(),
        trained_on: manifest.cohort.fingerprint.clone(),
        cohort: request.cohort.display().to_string(),
        fingerprint,
        overlap,
        unknown_pictures: subjects.unknown.len(),
        judged: Judged {
            intended_use: INTENDED_USE,
            synthetic: manifest.cohort.synthetic || subjects.cohort.synthetic.is_some(),
            task: task.clone(),
            each,
            all_classes: match task {
                Task::Classes(names) => Some(all_classes(names.len(), &rows, request.seed)?),
                _ => None,
            },
        },
        predictions: predictions::to_csv(task, &rows)?,
        of_names,
    })
}

/// The pictures of a cohort scored, in its order.
///
/// # Errors
///
/// A radiograph that cannot be used.
pub fn score(model: &Model, subjects: &Subjects) -> Result<Vec<Row>, ExternalError> {
    let pictures = &subjects.cohort.pictures;
    let files: Vec<(&Path, Option<f64>)> = pictures
        .iter()
        .map(|picture| (picture.path.as_path(), picture.spacing_mm))
        .collect();
    let outcomes = pictures.iter().zip(model.answer_files(&files));
    let rows = outcomes.map(|(picture, scores)| {
        Ok(Row {
            patient: picture.patient.clone(),
            image: picture.name.clone(),
            view: picture.view.clone(),
            known: subjects.of(picture),
            scores: scores.map_err(|reason| ExternalError::Picture {
                path: picture.path.display().to_string(),
                reason,
            })?,
        })
    });
    rows.collect()
}

impl External {
    /// Writes `metrics.json`, `predictions.csv`, and a folder for each finding or class as `evaluate --predictions --out` does.
    ///
    /// # Errors
    ///
    /// A full or read-only disk.
    pub fn write(&self, out: &Path) -> Result<(), FolderError> {
        for (each, csv) in self.judged.each.iter().zip(&self.of_names) {
            let path = out.join(folder_of(&self.judged.task, &each.name));
            let sections = judgement::sections(&each.judgement);
            let drawings = judgement::drawings(&each.judgement);
            folder::write(&path, &each.judgement, &sections, &drawings)?;
            write_whole(&path.join("predictions.csv"), csv)?;
        }
        write_whole(&out.join("predictions.csv"), &self.predictions)?;
        let mut json = serde_json::to_vec_pretty(self)?;
        json.push(b'\n');
        Ok(write_whole(&out.join("metrics.json"), &json)?)
    }
}

/// `patient,image,label,score` of one finding or class, and the cohort's further columns.
fn table(
    columns: Option<&Columns>,
    task: &Task,
    rows: &[Row],
    place: usize,
) -> Result<Vec<u8>, csv::Error> {
    let names = columns.map(Columns::names).unwrap_or_default();
    let cells = columns.map(Columns::of_images).unwrap_or_default();
    let kept: Vec<usize> = (0..names.len())
        .filter(|at| !["label", "score"].contains(&names[*at]))
        .collect();
    let mut table = csv::Writer::from_writer(Vec::new());
    let own = ["patient", "image", "label", "score"].into_iter();
    table.write_record(own.chain(kept.iter().map(|at| names[*at])))?;
    for row in of_name(task, rows, place) {
        let own = [
            row.patient,
            row.image.clone(),
            row.label.to_string(),
            row.score.to_string(),
        ];
        let of_row = cells.get(row.image.as_str());
        let cell = |at: &usize| of_row.and_then(|row| row.get(*at)).copied();
        let further = kept.iter().map(|at| cell(at).unwrap_or_default());
        table.write_record(own.iter().map(String::as_str).chain(further))?;
    }
    table
        .into_inner()
        .map_err(|error| error.into_error().into())
}
