//! What the folds say together of each finding, or of each class against the rest.
//!
//! In: the finished runs. Out: [`Outcome`], which is `metrics.json`. As for two classes there are two answers: the mean over splits
//! with Nadeau and Bengio's interval, and each patient once by the mean score of the networks that never saw them. A finding
//! is judged on the patients of whom it is known; a split in which it cannot be judged is left out of its mean.

use std::collections::BTreeMap;

use diagstat::{ConfusionSummary, Measured};
use serde::Serialize;

use super::super::cohort::{Known, Subjects};
use super::super::predictions::{self, Row, by_patient, of_name};
use super::super::results::{AllClasses, all_classes, folder_of, one_half, read_facts};
use super::super::split::Parts;
use crate::config::TrainConfig;
use crate::cross_validation::{CrossValidationError, Heard, OverSplits, Place, Plan, Spread};
use crate::evaluate::judge;
use crate::model_file::INTENDED_USE;
use crate::predictions as binary;
use crate::run_folder::{RunFolder, write_whole};
use crate::task::Task;

/// Everything that was found.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// The program's version.
    pub cordsight: String,
    /// Research use only.
    pub intended_use: &'static str,
    /// Whether the cohort is synthetic.
    pub synthetic: bool,
    /// `findings` or `classes`, and their names.
    pub task: Task,
    /// Folds of each repeat.
    pub folds: u32,
    /// Repeats.
    pub repeats: u32,
    /// The column of sites, where one site after another was left out.
    pub by_site: Option<String>,
    /// Patients tested.
    pub patients: usize,
    /// Mean of the AUC of all findings, or of all classes against the rest, over splits in which all have one.
    pub mean_auc: Spread,
    /// Patients called rightly over splits; absent for findings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<Spread>,
    /// One for each finding, or for each class against the rest.
    pub each: Vec<NameOutcome>,
    /// All classes together, each patient once by mean scores; absent for findings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub all_classes: Option<AllClasses>,
    /// Each split.
    pub splits: Vec<SplitResult>,
}

/// One finding, or one class against the rest.
#[derive(Clone, Debug, Serialize)]
pub struct NameOutcome {
    /// The finding or class.
    pub name: String,
    /// Patients with it.
    pub positives: usize,
    /// Patients without it.
    pub negatives: usize,
    /// Patients of whom it is not known; they are not judged.
    pub unknown: usize,
    /// The mean over splits.
    pub over_splits: OverSplits,
    /// AUC of each patient's mean score.
    pub pooled_auc: Measured,
    /// Counts and rates of each patient's majority call, each at its own fold's threshold.
    pub pooled_calls: ConfusionSummary,
}

/// One split: what a study with this one alone would report.
#[derive(Clone, Debug, Serialize)]
pub struct SplitResult {
    /// From 1.
    pub repeat: u32,
    /// From 1.
    pub fold: u32,
    /// The site that it tests, where sites are left out.
    pub site: Option<String>,
    /// Its run folder.
    pub folder: String,
    /// The learning rate, chosen on its validation patients where there was a choice.
    pub learning_rate: f64,
    /// Test patients.
    pub patients: usize,
    /// Mean of the AUC of all findings or classes, where all have one.
    pub mean_auc: Option<f64>,
    /// Patients called rightly; absent for findings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<Measured>,
    /// Each finding, or each class against the rest.
    pub each: Vec<NameResult>,
}

/// One finding, or one class against the rest, in one split.
#[derive(Clone, Debug, Serialize)]
pub struct NameResult {
    /// Test patients of whom it is known.
    pub patients: usize,
    /// The threshold of its calls.
    pub threshold: f64,
    /// AUC of those patients.
    pub auc: Measured,
    /// Counts and rates at the threshold.
    pub calls: ConfusionSummary,
}

impl Outcome {
    pub(super) fn gather(
        folder: &RunFolder,
        plan: &Plan<Parts>,
        subjects: &Subjects,
        seed: u64,
    ) -> Result<Outcome, CrossValidationError> {
        let task = &subjects.task;
        let mut heard: Vec<BTreeMap<String, Heard>> = vec![BTreeMap::new(); task.names().len()];
        let mut patients: BTreeMap<String, (Known, Vec<Vec<f64>>)> = BTreeMap::new();
        let (mut splits, mut rows) = (Vec::new(), Vec::new());
        for (place, _) in plan.places() {
            let run = RunFolder::open(&folder.file(&place.folder()));
            let facts = read_facts(&run)?;
            let test = predictions::read(&run.file("predictions.csv"), task)?;
            let mut each = Vec::new();
            for (at, heard) in heard.iter_mut().enumerate() {
                let threshold = facts.thresholds.get(at).cloned().unwrap_or_else(one_half);
                let of_name = of_name(task, &test, at);
                for patient in binary::by_patient(&of_name, facts.pool) {
                    let heard = heard.entry(patient.patient).or_default();
                    heard.hear(patient.label, patient.score, threshold.value);
                }
                let judged = judge(&of_name, None, &threshold, facts.pool)?;
                each.push(NameResult {
                    patients: judged.patients,
                    threshold: threshold.value,
                    auc: judged.auc,
                    calls: judged.at_threshold,
                });
            }
            let of_patients = by_patient(&test, facts.pool);
            splits.push(SplitResult {
                repeat: place.repeat,
                fold: place.fold,
                site: plan.site(place).map(str::to_string),
                folder: place.folder(),
                learning_rate: TrainConfig::read(&run.config())?.learning_rate,
                patients: of_patients.len(),
                mean_auc: mean_auc(&each),
                accuracy: match task {
                    Task::Classes(names) => Some(all_classes(names.len(), &test, seed)?.accuracy()),
                    _ => None,
                },
                each,
            });
            for patient in of_patients {
                let (_, scores) = patients
                    .entry(patient.patient)
                    .or_insert_with(|| (patient.known, Vec::new()));
                scores.push(patient.scores);
            }
            rows.extend(test.into_iter().map(|row| (place, row)));
        }
        let pooled: Vec<Row> = patients.into_iter().map(pooled_row).collect();
        write_predictions(folder, task, &rows, &splits)?;
        folder.write(
            "predictions_pooled.csv",
            &predictions::to_csv(task, &pooled)?,
        )?;
        for (at, name) in task.names().iter().enumerate() {
            let path = folder.file(&folder_of(task, name));
            std::fs::create_dir_all(&path).map_err(|error| CrossValidationError::File {
                path: path.display().to_string(),
                problem: crate::cohort::plain_reason(&error),
            })?;
            let csv = binary::to_csv(&of_name(task, &pooled, at))?;
            write_whole(&path.join("predictions.csv"), &csv)?;
        }
        let overlap = plan.overlap();
        let over = |of: &dyn Fn(&SplitResult) -> Option<f64>| {
            let values: Vec<f64> = splits.iter().filter_map(of).collect();
            Spread::of(&values, overlap)
        };
        let each = task.names().iter().zip(&heard).enumerate();
        let each = each.map(|(at, (name, heard))| {
            let spread = |of: fn(&NameResult) -> &Measured| {
                over(&|split: &SplitResult| of(&split.each[at]).value())
            };
            let (pooled_auc, pooled_calls) = Heard::pooled(heard)?;
            let positives = heard.values().filter(|of| of.label == 1).count();
            Ok(NameOutcome {
                name: name.clone(),
                positives,
                negatives: heard.len() - positives,
                unknown: pooled.len() - heard.len(),
                over_splits: OverSplits {
                    auc: spread(|of| &of.auc),
                    sensitivity: spread(|of| &of.calls.sensitivity),
                    specificity: spread(|of| &of.calls.specificity),
                    accuracy: spread(|of| &of.calls.accuracy),
                },
                pooled_auc,
                pooled_calls,
            })
        });
        let each = each.collect::<Result<_, CrossValidationError>>()?;
        let is_classes = matches!(task, Task::Classes(_));
        Ok(Outcome {
            cordsight: env!("CARGO_PKG_VERSION").to_string(),
            intended_use: INTENDED_USE,
            synthetic: subjects.cohort.synthetic.is_some(),
            task: task.clone(),
            folds: plan.folds(),
            repeats: plan.repeats(),
            by_site: plan.by_site().map(str::to_string),
            patients: pooled.len(),
            mean_auc: over(&|split| split.mean_auc),
            accuracy: is_classes.then(|| over(&|split| split.accuracy.as_ref()?.value())),
            each,
            all_classes: match is_classes {
                true => Some(all_classes(task.names().len(), &pooled, seed)?),
                false => None,
            },
            splits,
        })
    }
}

/// The mean of all, where all have a value.
fn mean_auc(each: &[NameResult]) -> Option<f64> {
    let values: Option<Vec<f64>> = each.iter().map(|of| of.auc.value()).collect();
    let values = values?;
    Some(values.iter().sum::<f64>() / values.len() as f64)
}

/// A patient's mean scores, as a row without a picture of its own.
fn pooled_row((patient, (known, scores)): (String, (Known, Vec<Vec<f64>>))) -> Row {
    let outputs = scores.first().map_or(0, Vec::len);
    let mean = |at: usize| scores.iter().map(|of| of[at]).sum::<f64>() / scores.len() as f64;
    Row {
        image: patient.clone(),
        view: None,
        patient,
        known,
        scores: (0..outputs).map(mean).collect(),
    }
}

/// Every score, with the fold that gave it, and for findings the thresholds that belong to it.
fn write_predictions(
    folder: &RunFolder,
    task: &Task,
    rows: &[(Place, Row)],
    splits: &[SplitResult],
) -> Result<(), CrossValidationError> {
    let mut table = csv::Writer::from_writer(Vec::new());
    let has_views = predictions::has_views(rows.iter().map(|(_, row)| row));
    let own = predictions::header(task, has_views);
    let names: &[String] = match task {
        Task::Classes(_) => &[],
        _ => task.names(),
    };
    let thresholds = names.iter().map(|name| format!("{name}_threshold"));
    let fixed = ["repeat", "fold"].map(String::from).into_iter();
    table.write_record(fixed.chain(own).chain(thresholds))?;
    for (place, row) in rows {
        let of_place =
            |split: &&SplitResult| (split.repeat, split.fold) == (place.repeat, place.fold);
        let each = splits
            .iter()
            .find(of_place)
            .map(|split| split.each.as_slice());
        let each = each.unwrap_or_default().iter().take(names.len());
        let thresholds = each.map(|of| of.threshold.to_string());
        let fixed = [place.repeat, place.fold].map(|number| number.to_string());
        let own = predictions::cells(task, row, has_views);
        table.write_record(fixed.into_iter().chain(own).chain(thresholds))?;
    }
    let bytes = table
        .into_inner()
        .map_err(|error| CrossValidationError::Csv(error.into_error().into()))?;
    Ok(folder.write("predictions.csv", &bytes)?)
}
