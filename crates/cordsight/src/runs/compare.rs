//! Results of runs side by side, and the paired difference where they were tested on the same patients.
//!
//! In: finished runs or cross-validations. Out: [`Compared`]: an [`Entry`] for each question that a run answers, and a [`Pair`]
//! for every two entries of the same question. Two runs with the same test patients and labels have DeLong's paired
//! difference; others have the reason why not, since patients that happen to be in both would answer another question.
//! A run is given its own threshold, a cross-validation the majority of its folds' calls.

use std::path::PathBuf;

use diagstat::{
    Confusion, HypothesisTest, Measured, Paired, Undefined, auc_with_interval, brier_with_interval,
    delong_paired,
};
use serde::Serialize;

use super::RunsError;
use crate::config::TrainConfig;
use crate::evaluate::{AUC, LEVEL, PROPORTION, scores};
use crate::model_file::INTENDED_USE;
use crate::pool::Pool;
use crate::predictions::{self as binary, PatientScore, Prediction, by_patient};
use crate::results::{self, read_json};
use crate::run_folder::RunFolder;
use crate::several::{predictions, results as several};
use crate::statistics::value_or_reason;

/// What a run found on its test patients.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// The run's folder.
    pub run: PathBuf,
    /// The finding or class, where the run answers several questions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether its radiographs were drawn by a program.
    pub synthetic: bool,
    /// Test patients.
    pub patients: usize,
    /// Those with label 1.
    pub positives: usize,
    /// Area under the ROC curve.
    pub auc: Measured,
    /// At the run's own threshold.
    pub sensitivity: Measured,
    /// At the run's own threshold.
    pub specificity: Measured,
    /// Mean squared difference of score and label.
    pub brier: Measured,
    #[serde(skip)]
    scores: Vec<PatientScore>,
}

/// Two entries of the same question.
#[derive(Clone, Debug, Serialize)]
pub struct Pair {
    /// Place of the first entry, from 0.
    pub first: usize,
    /// Place of the second, which is taken from the first.
    pub second: usize,
    /// Difference of the areas with DeLong's interval; nothing where the test patients are not the same.
    pub auc_difference: Option<Measured>,
    /// DeLong's test of it.
    #[serde(serialize_with = "perhaps")]
    pub auc_test: Option<Result<HypothesisTest, Undefined>>,
    /// Why there is no paired difference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_paired: Option<String>,
}

/// Runs side by side.
#[derive(Clone, Debug, Serialize)]
pub struct Compared {
    /// Research use only.
    pub intended_use: &'static str,
    /// In the order of the runs.
    pub entries: Vec<Entry>,
    /// Every two of the same question.
    pub pairs: Vec<Pair>,
}

/// Reads the runs and sets them side by side.
///
/// # Errors
///
/// A folder that is no run, a run that is not finished, a damaged file.
pub fn compare(paths: &[PathBuf]) -> Result<Compared, RunsError> {
    let mut entries = Vec::new();
    for path in paths {
        entries.extend(of_run(path)?);
    }
    let mut pairs = Vec::new();
    for (first, one) in entries.iter().enumerate() {
        for (second, other) in entries.iter().enumerate().skip(first + 1) {
            if one.name == other.name && one.run != other.run {
                pairs.push(pair(first, one, second, other));
            }
        }
    }
    Ok(Compared {
        intended_use: INTENDED_USE,
        entries,
        pairs,
    })
}

fn of_run(path: &std::path::Path) -> Result<Vec<Entry>, RunsError> {
    let run = RunFolder::open(path);
    let wrong = |error: &dyn std::fmt::Display| {
        let text = error.to_string();
        // Errors of files name the file already.
        let own = format!("{}: ", path.display());
        RunsError::new(path, text.strip_prefix(&own).unwrap_or(&text))
    };
    if !super::is_run(path) {
        let problem =
            "holds no run (none of seal.json, run.json, cv.json); give the folder of a run";
        return Err(RunsError::new(path, problem));
    }
    let unfinished = "the run is not finished, so there is nothing to compare; go on with it first";
    if run.file("tune.json").is_file() {
        let problem = "is a search, which tests nobody; train its best.toml, and give that run";
        return Err(RunsError::new(path, problem));
    }
    if run.file("cv.json").is_file() {
        return of_folds(&run, unfinished);
    }
    if several::is_run(&run) {
        let facts = several::read_facts(&run).map_err(|error| wrong(&error))?;
        if !facts.finished {
            return Err(RunsError::new(path, unfinished));
        }
        let rows = predictions::read(&run.file("predictions.csv"), &facts.task);
        let rows = rows.map_err(|error| wrong(&error))?;
        let names = facts.task.names().iter().enumerate();
        let of = |(place, name): (usize, &String)| {
            let rows = predictions::of_name(&facts.task, &rows, place);
            let threshold = facts.thresholds.get(place);
            let at = threshold.map_or_else(|| several::one_half().value, |of| of.value);
            let synthetic = facts.synthetic.is_some();
            let entry = entry(
                path,
                Some(name.clone()),
                synthetic,
                (&rows, facts.pool),
                Calls::At(at),
            );
            entry.map_err(|error| wrong(&error))
        };
        return names.map(of).collect();
    }
    let facts = results::read_facts(&run).map_err(|error| wrong(&error))?;
    let Some(threshold) = &facts.threshold else {
        return Err(RunsError::new(path, unfinished));
    };
    let rows = binary::read(&run.file("predictions.csv")).map_err(|error| wrong(&error))?;
    let synthetic = facts.synthetic.is_some();
    let entry = entry(
        path,
        None,
        synthetic,
        (&rows, facts.pool),
        Calls::At(threshold.value),
    );
    Ok(vec![entry.map_err(|error| wrong(&error))?])
}

/// The pooled figures of a cross-validation.
fn of_folds(run: &RunFolder, unfinished: &str) -> Result<Vec<Entry>, RunsError> {
    let path = run.path();
    let wrong = |error: &dyn std::fmt::Display| RunsError::new(path, error.to_string());
    let (metrics, pooled) = (run.file("metrics.json"), run.file("predictions_pooled.csv"));
    if !metrics.is_file() || !pooled.is_file() {
        return Err(RunsError::new(path, unfinished));
    }
    let task = TrainConfig::read(&run.config()).map_err(|error| wrong(&error))?;
    let task = task.task();
    let metrics: serde_json::Value = read_json(&metrics).map_err(|error| wrong(&error))?;
    let synthetic = metrics["synthetic"].as_bool().unwrap_or(false);
    let missing = "metrics.json has no pooled_calls";
    if task.is_binary() {
        let counts = calls(&metrics).ok_or_else(|| wrong(&missing))?;
        let rows = binary::read(&pooled).map_err(|error| wrong(&error))?;
        let entry = entry(
            path,
            None,
            synthetic,
            (&rows, Pool::Mean),
            Calls::Counted(counts),
        );
        return Ok(vec![entry.map_err(|error| wrong(&error))?]);
    }
    let rows = predictions::read(&pooled, &task).map_err(|error| wrong(&error))?;
    let of = |(place, name): (usize, &String)| {
        let counts = calls(&metrics["each"][place]).ok_or_else(|| wrong(&missing))?;
        let rows = predictions::of_name(&task, &rows, place);
        let counts = Calls::Counted(counts);
        let entry = entry(
            path,
            Some(name.clone()),
            synthetic,
            (&rows, Pool::Mean),
            counts,
        );
        entry.map_err(|error| wrong(&error))
    };
    task.names().iter().enumerate().map(of).collect()
}

/// How patients are called.
enum Calls {
    At(f64),
    Counted(Confusion),
}

fn entry(
    path: &std::path::Path,
    name: Option<String>,
    synthetic: bool,
    (rows, pool): (&[Prediction], Pool),
    calls: Calls,
) -> Result<Entry, String> {
    let patients = by_patient(rows, pool);
    let scores = scores(&patients).map_err(|error| error.to_string())?;
    let confusion = match calls {
        Calls::At(threshold) => {
            Confusion::at(&scores, threshold).map_err(|error| error.to_string())?
        }
        Calls::Counted(confusion) => confusion,
    };
    let at = confusion.summary(PROPORTION, LEVEL);
    Ok(Entry {
        run: path.to_path_buf(),
        name,
        synthetic,
        patients: patients.len(),
        positives: scores.positives() as usize,
        auc: auc_with_interval(&scores, AUC, LEVEL),
        sensitivity: at.sensitivity,
        specificity: at.specificity,
        brier: brier_with_interval(&scores, LEVEL),
        scores: patients,
    })
}

/// The counts of a cross-validation's majority calls.
fn calls(metrics: &serde_json::Value) -> Option<Confusion> {
    let counts = &metrics["pooled_calls"]["counts"];
    let of = |name: &str| u32::try_from(counts[name].as_u64()?).ok();
    Some(Confusion {
        true_positives: of("true_positives")?,
        false_negatives: of("false_negatives")?,
        false_positives: of("false_positives")?,
        true_negatives: of("true_negatives")?,
    })
}

fn pair(first: usize, one: &Entry, second: usize, other: &Entry) -> Pair {
    let mut pair = Pair {
        first,
        second,
        auc_difference: None,
        auc_test: None,
        not_paired: None,
    };
    if let Some(reason) = differing(one, other) {
        pair.not_paired = Some(reason);
        return pair;
    }
    let two = [one, other].map(|entry| scores(&entry.scores));
    let [Ok(a), Ok(b)] = two else {
        pair.not_paired = Some("scores that are no numbers".to_string());
        return pair;
    };
    let areas = match Paired::new(vec![a, b]) {
        Err(error) => {
            pair.not_paired = Some(error.to_string());
            return pair;
        }
        Ok(paired) => delong_paired(&paired),
    };
    let (difference, test) = match areas.map(|areas| areas.differences(LEVEL).into_iter().next()) {
        Ok(Some(area)) => (area.difference, area.test),
        Ok(None) => (
            Measured::undefined(Undefined::NoTestOffered),
            Err(Undefined::NoTestOffered),
        ),
        Err(reason) => (Measured::undefined(reason), Err(reason)),
    };
    (pair.auc_difference, pair.auc_test) = (Some(difference), Some(test));
    pair
}

/// Why two runs are not of the same test patients with the same labels; nothing where they are.
fn differing(one: &Entry, other: &Entry) -> Option<String> {
    let names = |entry: &Entry| -> std::collections::BTreeSet<String> {
        entry.scores.iter().map(|of| of.patient.clone()).collect()
    };
    let (a, b) = (names(one), names(other));
    if a != b {
        let common = a.intersection(&b).count();
        return Some(format!(
            "not the same test patients ({} and {}, {common} of them in both)",
            a.len(),
            b.len()
        ));
    }
    let labels = one.scores.iter().zip(&other.scores);
    let changed = labels.filter(|(a, b)| a.label != b.label).count();
    (changed > 0).then(|| format!("{changed} of the same test patients have another label"))
}

fn perhaps<S: serde::Serializer>(
    test: &Option<Result<HypothesisTest, Undefined>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match test {
        Some(test) => value_or_reason(test, serializer),
        None => serializer.serialize_none(),
    }
}
