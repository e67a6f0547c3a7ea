//! Several tests of the same patients compared: models by their files of scores, a human measure, and readers.
//!
//! In: tables that [`crate::tables::pair`] joined, thresholds that came from elsewhere. Out: [`Comparison`], which is
//! `metrics.json`; [`sections`] and [`drawings`] show it. Differences are first minus second test throughout.

mod figures;
mod pairs;
mod reading;
mod sections;

use std::num::NonZeroU32;

use diagstat::{
    Confusion, HypothesisTest, Measured, Paired, Resampling, Roc, Scores, Undefined,
    auc_with_interval, delong_paired, roc,
};
use serde::Serialize;

use super::{StatisticsError, value_or_reason};
use crate::evaluate::{AUC, LEVEL, PROPORTION};
use crate::tables::{ReaderTable, ScoreTable, TableError, pair};

pub use figures::drawings;
pub use pairs::{Calls, Pair, Reclassification};
pub use reading::{Figure, ReaderLine, Reading, ReadingTest};
pub use sections::sections;

/// What is asked of a comparison.
#[derive(Debug, Clone)]
pub struct Request {
    /// Score from which every model calls a patient positive.
    pub threshold: f64,
    /// A human measure in a column of the first file.
    pub measure: Option<Measure>,
    /// Bootstrap replicates.
    pub replicates: NonZeroU32,
    /// Seed of the bootstrap.
    pub seed: u64,
}

/// A measure that a person took.
#[derive(Debug, Clone)]
pub struct Measure {
    /// The column.
    pub column: String,
    /// Whether low values speak for the disorder, as with a canal ratio.
    pub lower_is_worse: bool,
    /// Value from which (or down to which, where lower is worse) a patient is called positive.
    pub threshold: Option<f64>,
}

/// Every figure of a comparison.
#[derive(Debug, Clone, Serialize)]
pub struct Comparison {
    /// Patients.
    pub patients: usize,
    /// Patients with label 1.
    pub positives: u32,
    /// Patients with label 0.
    pub negatives: u32,
    /// Each test alone.
    pub tests: Vec<Test>,
    /// DeLong's test that all areas are equal.
    #[serde(serialize_with = "value_or_reason")]
    pub same_auc: Result<HypothesisTest, Undefined>,
    /// Every two tests.
    pub pairs: Vec<Pair>,
    /// Human readers, where a file of theirs was given.
    pub readers: Option<Reading>,
    /// Bootstrap replicates and seed of the differences.
    pub bootstrap: Resampling,
    #[serde(skip)]
    curves: Vec<Result<Roc, Undefined>>,
}

/// One test alone.
#[derive(Debug, Clone, Serialize)]
pub struct Test {
    /// Name: that of the file, or of the column.
    pub name: String,
    /// Whether low values speak for the disorder; the area is of the turned values.
    pub lower_is_worse: bool,
    /// Whether the values are scores from 0 to 1.
    pub is_score: bool,
    /// Area under the curve.
    pub auc: Measured,
    /// Value at which calls are made, where one was given.
    pub threshold: Option<f64>,
    /// Counts there.
    pub counts: Option<Confusion>,
    /// Sensitivity there.
    pub sensitivity: Option<Measured>,
    /// Specificity there.
    pub specificity: Option<Measured>,
}

/// A column of values, higher for the disorder, with what is known of it.
struct Column {
    name: String,
    lower_is_worse: bool,
    is_score: bool,
    /// Of the values as they are compared, so turned where lower is worse.
    threshold: Option<f64>,
    scores: Scores,
}

/// Compares the tests on their patients.
///
/// # Errors
/// [`StatisticsError`]: files of other patients, a class without patients, one test alone without readers, a measure that
/// is no number.
pub fn comparison(
    tables: &[ScoreTable],
    readers: Option<&ReaderTable>,
    request: &Request,
) -> Result<Comparison, StatisticsError> {
    let columns = columns(tables, request)?;
    if columns.len() < 2 && readers.is_none() {
        return Err(StatisticsError::Input(
            "found one file, expected at least two, or --measure, or --readers".to_string(),
        ));
    }
    let first = &columns[0].scores;
    let resampling = Resampling {
        replicates: request.replicates.get(),
        ..Resampling::stratified(request.seed)
    };
    let paired = match columns.len() {
        1 => None,
        _ => Some(Paired::new(
            columns.iter().map(|column| column.scores.clone()).collect(),
        )?),
    };
    Ok(Comparison {
        patients: first.len(),
        positives: first.positives(),
        negatives: first.negatives(),
        tests: columns.iter().map(alone).collect::<Result<_, _>>()?,
        same_auc: match &paired {
            Some(paired) => delong_paired(paired).and_then(|areas| areas.test_of_all()),
            None => Err(Undefined::NoTestOffered),
        },
        pairs: match &paired {
            Some(paired) => pairs::all(paired, &columns, resampling)?,
            None => Vec::new(),
        },
        readers: match readers {
            Some(readers) => Some(reading::reading(readers, &columns[0])?),
            None => None,
        },
        bootstrap: resampling,
        curves: columns.iter().map(|column| roc(&column.scores)).collect(),
    })
}

/// The files' scores, and the measure as the last column.
fn columns(tables: &[ScoreTable], request: &Request) -> Result<Vec<Column>, StatisticsError> {
    let paired = pair(tables)?;
    let mut columns = Vec::new();
    for (name, scores) in names(tables).into_iter().zip(&paired.scores) {
        columns.push(Column {
            name,
            lower_is_worse: false,
            is_score: true,
            threshold: Some(request.threshold),
            scores: Scores::new(&paired.labels, scores)?,
        });
    }
    if let (Some(measure), Some(first)) = (&request.measure, tables.first()) {
        let turn = if measure.lower_is_worse { -1.0 } else { 1.0 };
        let values = first.measure(&measure.column)?;
        let values: Vec<f64> = values.iter().map(|value| turn * value).collect();
        columns.push(Column {
            name: measure.column.clone(),
            lower_is_worse: measure.lower_is_worse,
            is_score: false,
            threshold: measure.threshold.map(|threshold| turn * threshold),
            scores: Scores::new(&paired.labels, &values)?,
        });
    }
    Ok(columns)
}

/// The files' names without folder and ending, or the whole paths where two of those are the same.
fn names(tables: &[ScoreTable]) -> Vec<String> {
    let short = |table: &ScoreTable| {
        let stem = std::path::Path::new(&table.path).file_stem();
        stem.map_or_else(
            || table.path.clone(),
            |stem| stem.to_string_lossy().into_owned(),
        )
    };
    let names: Vec<String> = tables.iter().map(short).collect();
    let mut different = names.clone();
    different.sort_unstable();
    different.dedup();
    match different.len() == names.len() {
        true => names,
        false => tables.iter().map(|table| table.path.clone()).collect(),
    }
}

fn alone(column: &Column) -> Result<Test, StatisticsError> {
    let counts = match column.threshold {
        Some(threshold) => Some(Confusion::at(&column.scores, threshold)?),
        None => None,
    };
    let turn = if column.lower_is_worse { -1.0 } else { 1.0 };
    let rate = |of| Measured::proportion(of, PROPORTION, LEVEL);
    Ok(Test {
        name: column.name.clone(),
        lower_is_worse: column.lower_is_worse,
        is_score: column.is_score,
        auc: auc_with_interval(&column.scores, AUC, LEVEL),
        threshold: column.threshold.map(|threshold| turn * threshold),
        counts,
        sensitivity: counts.map(|counts| rate(counts.sensitivity())),
        specificity: counts.map(|counts| rate(counts.specificity())),
    })
}

/// Readers need calls: a threshold that is not there is wrong use of the command line.
fn no_threshold(name: &str) -> TableError {
    TableError::File {
        path: name.to_string(),
        problem: "has no threshold, expected one to compare calls".to_string(),
    }
}
