//! `predictions.csv`: one row a picture, from which every statistic can be computed again.
//!
//! In and out: rows of `patient,image,label,score`, with the `view` where the cohort names it. A patient with several pictures
//! has one score, pooled from theirs ([`Pool`]): every statistic has one row a patient.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::cohort::plain_reason;
use crate::pool::Pool;

/// The score of one picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// The patient.
    pub patient: String,
    /// The picture, by its name in the cohort.
    pub image: String,
    /// What the reference standard says: 0 or 1.
    pub label: u8,
    /// The network's output in 0..1.
    pub score: f64,
    /// View, if the cohort names it.
    #[serde(default)]
    pub view: Option<String>,
}

/// The score of one patient, pooled over the pictures.
#[derive(Clone, Debug, PartialEq)]
pub struct PatientScore {
    /// The patient.
    pub patient: String,
    /// 0 or 1.
    pub label: u8,
    /// In 0..1.
    pub score: f64,
    /// The pictures behind it.
    pub images: Vec<String>,
}

/// A predictions file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct PredictionsError {
    /// The file.
    pub path: String,
    /// What is wrong, and what to do.
    pub problem: String,
}

/// Reads `predictions.csv`; further columns are left out.
///
/// # Errors
///
/// A file that cannot be read, a missing column, a label that is not 0 or 1, a score outside 0..1, a picture that
/// stands there twice, a patient with two labels.
pub fn read(path: &Path) -> Result<Vec<Prediction>, PredictionsError> {
    let wrong = |problem: String| PredictionsError {
        path: path.display().to_string(),
        problem,
    };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(plain_reason(&error)))?;
    parse(&text).map_err(wrong)
}

/// The rows of the file's text.
///
/// # Errors
///
/// As [`read`], in words and without the file's name.
pub fn parse(text: &str) -> Result<Vec<Prediction>, String> {
    let wrong = |problem: String| problem;
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let header = reader
        .headers()
        .map_err(|error| wrong(error.to_string()))?
        .clone();
    if header.is_empty() {
        return Err("found an empty file, expected a first line with the columns patient, image, label, score".to_string());
    }
    if let Some(missing) = ["patient", "image", "label", "score"]
        .iter()
        .find(|name| !header.iter().any(|h| h == **name))
    {
        let found: Vec<_> = header
            .iter()
            .map(|column| format!("\"{column}\""))
            .collect();
        return Err(wrong(format!(
            "found no column \"{missing}\" (found {}), expected patient, image, label, score",
            found.join(", ")
        )));
    }
    let mut rows: Vec<Prediction> = Vec::new();
    let mut labels: BTreeMap<String, u8> = BTreeMap::new();
    let mut images = std::collections::HashSet::new();
    for row in reader.deserialize() {
        let row: Prediction =
            row.map_err(|error: csv::Error| wrong(format!("{error}; correct the row")))?;
        let line = rows.len() + 2;
        if row.label > 1 {
            return Err(wrong(format!(
                "line {line}: found label {}, expected 0 or 1",
                row.label
            )));
        }
        if !(0.0..=1.0).contains(&row.score) {
            return Err(wrong(format!(
                "line {line}: found score {}, expected a number from 0 to 1",
                row.score
            )));
        }
        if !images.insert((row.patient.clone(), row.image.clone())) {
            return Err(wrong(format!(
                "line {line}: found image \"{}\" again, expected it once",
                row.image
            )));
        }
        if *labels.entry(row.patient.clone()).or_insert(row.label) != row.label {
            return Err(wrong(format!(
                "line {line}: patient \"{}\" has two labels, expected one",
                row.patient
            )));
        }
        rows.push(row);
    }
    if rows.is_empty() {
        return Err(wrong("found no row, expected at least one".to_string()));
    }
    Ok(rows)
}

/// The file's text.
///
/// # Errors
///
/// None in practice: rows of text and numbers can always be written to memory.
pub fn to_csv(predictions: &[Prediction]) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let has_views = predictions.iter().any(|row| row.view.is_some());
    let view = has_views.then_some("view");
    let columns = ["patient", "image"].into_iter().chain(view);
    writer.write_record(columns.chain(["label", "score"]))?;
    for row in predictions {
        let view = has_views.then(|| row.view.as_deref().unwrap_or_default());
        let names = [row.patient.as_str(), &row.image].into_iter().chain(view);
        let numbers = [row.label.to_string(), row.score.to_string()];
        writer.write_record(names.chain(numbers.iter().map(String::as_str)))?;
    }
    writer
        .into_inner()
        .map_err(|error| error.into_error().into())
}

/// One score a patient, sorted by patient.
pub fn by_patient(predictions: &[Prediction], pool: Pool) -> Vec<PatientScore> {
    let mut patients: BTreeMap<&str, Vec<&Prediction>> = BTreeMap::new();
    for prediction in predictions {
        patients
            .entry(&prediction.patient)
            .or_default()
            .push(prediction);
    }
    let one = |(patient, rows): (&str, Vec<&Prediction>)| PatientScore {
        patient: patient.to_string(),
        label: rows[0].label,
        score: pool.of(rows.iter().map(|row| row.score)),
        images: rows.iter().map(|row| row.image.clone()).collect(),
    };
    patients.into_iter().map(one).collect()
}
