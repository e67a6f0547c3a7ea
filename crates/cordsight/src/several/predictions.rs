//! `predictions.csv` of several findings or classes: one row a picture, a column for each label and each score.
//!
//! In and out: rows of `patient,image,csm,opll,csm_score,opll_score` for findings, and of `patient,image,class,healthy_score,
//! CSR_score,CSM_score` for classes. A label that is not known is an empty cell; its score stands there all the same.
//! [`of_name`] makes of them the rows that a run for two classes has, one finding (or class against the rest) at a time, so
//! that every statistic is computed by the same code.

use std::collections::BTreeMap;
use std::path::Path;

use super::cohort::{Known, answer};
use super::split::cell;
use crate::cohort::plain_reason;
use crate::pool::Pool;
use crate::predictions::{Prediction, PredictionsError};
use crate::task::Task;

/// The scores of one picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The patient.
    pub patient: String,
    /// The picture, by its name in the cohort.
    pub image: String,
    /// View, if the cohort names it.
    pub view: Option<String>,
    /// What the reference standard says: one entry a finding, or the class.
    pub known: Known,
    /// One score in 0..1 for each finding or class.
    pub scores: Vec<f64>,
}

/// Labels and scores of one patient, scores pooled over the pictures.
#[derive(Clone, Debug, PartialEq)]
pub struct PatientRow {
    /// The patient.
    pub patient: String,
    /// What the reference standard says: one entry a finding, or the class.
    pub known: Known,
    /// One score in 0..1 for each finding or class.
    pub scores: Vec<f64>,
    /// The pictures behind them.
    pub images: Vec<String>,
}

/// Names of the columns with labels.
fn label_columns(task: &Task) -> Vec<String> {
    match task {
        Task::Classes(_) => vec!["class".to_string()],
        _ => task.names().to_vec(),
    }
}

/// Names of all columns.
pub(super) fn header(task: &Task, has_views: bool) -> Vec<String> {
    let view = has_views.then_some("view");
    let fixed = ["patient", "image"].into_iter().chain(view);
    let fixed = fixed.map(String::from);
    let scores = task.names().iter().map(|name| format!("{name}_score"));
    fixed.chain(label_columns(task)).chain(scores).collect()
}

/// The file's text.
///
/// # Errors
///
/// None in practice: rows of text and numbers can always be written to memory.
pub fn to_csv(task: &Task, rows: &[Row]) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let has_views = has_views(rows.iter());
    writer.write_record(header(task, has_views))?;
    for row in rows {
        writer.write_record(cells(task, row, has_views))?;
    }
    writer
        .into_inner()
        .map_err(|error| error.into_error().into())
}

/// Whether any row names its view, so that there is a column for it.
pub(super) fn has_views<'a>(mut rows: impl Iterator<Item = &'a Row>) -> bool {
    rows.any(|row| row.view.is_some())
}

/// The cells of a row.
pub(super) fn cells(task: &Task, row: &Row, has_views: bool) -> Vec<String> {
    let view = has_views.then(|| row.view.clone().unwrap_or_default());
    let fixed = [row.patient.clone(), row.image.clone()]
        .into_iter()
        .chain(view);
    let labels = row.known.iter().map(|label| cell(task, *label));
    let scores = row.scores.iter().map(f64::to_string);
    fixed.chain(labels).chain(scores).collect()
}

/// Reads the file.
///
/// # Errors
///
/// A file that cannot be read, other columns, a label or a score that is none.
pub fn read(path: &Path, task: &Task) -> Result<Vec<Row>, PredictionsError> {
    let wrong = |problem: String| PredictionsError {
        path: path.display().to_string(),
        problem,
    };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(plain_reason(&error)))?;
    parse(&text, task).map_err(wrong)
}

fn parse(text: &str, task: &Task) -> Result<Vec<Row>, String> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let found = reader.headers().map_err(|e| e.to_string())?;
    let has_views = found.get(2) == Some("view");
    let expected = header(task, has_views);
    if !found.iter().eq(expected.iter().map(String::as_str)) {
        return Err(format!(
            "found the columns {}, expected {}; the file was changed",
            found.iter().collect::<Vec<_>>().join(", "),
            expected.join(", ")
        ));
    }
    let labels = label_columns(task).len();
    let mut rows = Vec::new();
    for (record, line) in reader.records().zip(2..) {
        let record = record.map_err(|error| error.to_string())?;
        let mut cells = record.iter();
        let mut next = || cells.next().unwrap_or_default().to_string();
        let (patient, image) = (next(), next());
        let view = has_views.then(&mut next).filter(|view| !view.is_empty());
        let known = (0..labels).map(|_| label(task, &next()));
        let known = known.collect::<Result<Known, String>>();
        let scores: Option<Vec<f64>> = (0..task.outputs())
            .map(|_| next().parse().ok().filter(|s| (0.0..=1.0).contains(s)))
            .collect();
        rows.push(Row {
            patient,
            image,
            view,
            known: known.map_err(|problem| format!("line {line}: {problem}"))?,
            scores: scores.ok_or_else(|| {
                format!(
                    "line {line}: found a score that is no number from 0 to 1; the file was changed"
                )
            })?,
        });
    }
    match rows.is_empty() {
        true => Err("found no row, expected at least one".to_string()),
        false => Ok(rows),
    }
}

fn label(task: &Task, text: &str) -> Result<Option<u8>, String> {
    let labels = match task {
        Task::Classes(names) => names.len() as u8,
        _ => 2,
    };
    let mut all = std::iter::once(None).chain((0..labels).map(Some));
    all.find(|label| cell(task, *label) == text)
        .ok_or_else(|| format!("found the label \"{text}\"; the file was changed"))
}

/// The rows of one finding, or of one class against the rest, where it is known.
pub fn of_name(task: &Task, rows: &[Row], place: usize) -> Vec<Prediction> {
    let one = |row: &Row| {
        Some(Prediction {
            patient: row.patient.clone(),
            image: row.image.clone(),
            label: answer(task, &row.known, place)?,
            score: *row.scores.get(place)?,
            view: row.view.clone(),
        })
    };
    rows.iter().filter_map(one).collect()
}

/// Labels and pooled scores of each patient, sorted by patient.
pub fn by_patient(rows: &[Row], pool: Pool) -> Vec<PatientRow> {
    let mut patients: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        patients.entry(&row.patient).or_default().push(row);
    }
    let one = |(patient, rows): (&str, Vec<&Row>)| {
        let classes = rows[0].scores.len();
        let pooled = |class: usize| pool.of(rows.iter().map(|row| row.scores[class]));
        PatientRow {
            patient: patient.to_string(),
            known: rows[0].known.clone(),
            scores: (0..classes).map(pooled).collect(),
            images: rows.iter().map(|row| row.image.clone()).collect(),
        }
    };
    patients.into_iter().map(one).collect()
}
