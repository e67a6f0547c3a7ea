//! From the files of a run on several findings or classes to its figures, `metrics.json` and `report.html`.
//!
//! In: `run.json`, `config.toml`, `metrics.jsonl` and the predictions. Out: for each finding (or class against the rest) a
//! folder as `cordsight evaluate --predictions ... --out` writes it, made by the same code from the same kind of rows; one
//! `metrics.json` over all of them; and the page. Only classes have figures that need all scores together: the table of
//! truth and call, averages over the classes, and the AUC over all pairs. Nothing here sees pictures or weights.

use std::num::NonZeroU32;

use diagstat::multiclass::{
    MulticlassScores, MulticlassSummary, hand_till_with_interval, one_vs_rest_auc,
};
use diagstat::{Measured, Resampling, Undefined, bootstrap};
use serde::{Deserialize, Serialize};

use super::cohort::NameCounts;
use super::page;
use super::predictions::{self, Row, by_patient, of_name};
use super::split::Parts;
use crate::cohort::Synthetic;
use crate::config::TrainConfig;
use crate::docx;
use crate::evaluate::{AUC, EvaluateError, Evaluation, LEVEL, PROPORTION, judge, scores};
use crate::figure;
use crate::model_file::{INTENDED_USE, ThresholdOrigin};
use crate::pool::Pool;
use crate::predictions as binary;
use crate::report::checklist;
use crate::results::{self as files, Exclusion, ResultsError};
use crate::run_folder::RunFolder;
use crate::split::Part;
use crate::statistics::folder;
use crate::statistics::judgement::{self, Judgement, Request, judged};
use crate::statistics::value_or_reason;
use crate::task::{Task, file_name};

/// Bootstrap replicates of bands and of averages over classes.
const REPLICATES: NonZeroU32 = NonZeroU32::MIN.saturating_add(1999);

/// Patients and pictures of one part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartFacts {
    /// The part.
    pub part: Part,
    /// Its patients.
    pub patients: usize,
    /// Their pictures.
    pub pictures: usize,
    /// Patients with and without each finding or class.
    pub names: Vec<NameCounts>,
}

/// `run.json`: what the results need to know beside settings and predictions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// Version of the program.
    pub cordsight: String,
    /// What is asked.
    pub task: Task,
    /// The cohort, as it was given.
    pub cohort: String,
    /// SHA-256 of the cohort.
    pub fingerprint: String,
    /// Patients before any was left out.
    pub found_patients: usize,
    /// Pictures before any was left out.
    pub found_pictures: usize,
    /// Who was left out.
    pub excluded: Vec<Exclusion>,
    /// How the split was made.
    pub split_origin: String,
    /// Patients and pictures of each part.
    pub parts: Vec<PartFacts>,
    /// What the weights were before training.
    pub initial_weights: String,
    /// Values of the whole network and of its body.
    pub parameters: [usize; 2],
    /// What is known of a cohort that a program drew.
    pub synthetic: Option<Synthetic>,
    /// Epochs that ran.
    pub epochs: u32,
    /// The epoch whose weights were kept, where validation chose one.
    pub chosen_epoch: Option<u32>,
    /// The threshold of each finding, once it is known; none for classes.
    pub thresholds: Vec<ThresholdOrigin>,
    /// How a patient's score comes from the scores of several pictures.
    #[serde(default, skip_serializing_if = "Pool::is_mean")]
    pub pool: Pool,
    /// Whether the scores are there.
    pub finished: bool,
}

impl Facts {
    /// The parts in lines of text, for whoever watches.
    pub fn lines(&self) -> Vec<String> {
        let parts = self.parts.iter().filter(|part| part.pictures > 0);
        let line = |part: &PartFacts| {
            let names = part.names.iter().map(|counts| match counts.unknown {
                0 => format!("{} {}/{}", counts.name, counts.with, part.patients),
                unknown => format!(
                    "{} {}/{} ({unknown} not known)",
                    counts.name,
                    counts.with,
                    part.patients - unknown
                ),
            });
            format!(
                "{:<10} {:>4} patients, {:>4} radiographs: {}",
                match part.part {
                    Part::Train => "training",
                    Part::Validation => "validation",
                    Part::Test => "test",
                },
                part.patients,
                part.pictures,
                names.collect::<Vec<_>>().join(", ")
            )
        };
        parts.map(line).collect()
    }
}

/// All that a run's results say.
#[derive(Debug, Serialize)]
pub struct Judged {
    /// Research use only.
    pub intended_use: &'static str,
    /// Whether the radiographs were drawn by a program.
    pub synthetic: bool,
    /// `findings` or `classes`, and their names.
    pub task: Task,
    /// One for each finding, or for each class against the rest.
    pub each: Vec<JudgedName>,
    /// What needs the scores of all classes; absent for findings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub all_classes: Option<AllClasses>,
}

/// One finding, or one class against the rest.
#[derive(Debug, Serialize)]
pub struct JudgedName {
    /// The finding or class.
    pub name: String,
    /// Test patients of whom it is not known; they are not judged.
    pub unknown: usize,
    /// Every figure that a run for two classes has.
    #[serde(flatten)]
    pub evaluation: Evaluation,
    /// For tables and figures.
    #[serde(skip)]
    pub judgement: Judgement,
}

/// Figures of all classes together.
#[derive(Clone, Debug, Serialize)]
pub struct AllClasses {
    /// Mean of the AUC of each class against the rest, with a bootstrap interval.
    pub macro_auc: Measured,
    /// Hand and Till's mean AUC over all pairs of classes, with a bootstrap interval.
    pub hand_till_auc: Measured,
    /// AUC of each class against the rest, with DeLong's interval.
    pub one_vs_rest_auc: Vec<Measured>,
    /// Truth in rows, call (the class with the highest score) in columns, and what follows from them.
    #[serde(serialize_with = "value_or_reason")]
    pub calls: Result<MulticlassSummary, Undefined>,
}

impl AllClasses {
    /// Patients called rightly.
    pub(super) fn accuracy(&self) -> Measured {
        match &self.calls {
            Ok(calls) => calls.accuracy,
            Err(reason) => Measured::undefined(*reason),
        }
    }
}

/// Whether a run folder is of several findings or classes.
pub fn is_run(run: &RunFolder) -> bool {
    let config = TrainConfig::read(&run.config());
    config.is_ok_and(|config| !config.task().is_binary())
}

/// Writes what is known before the first step.
///
/// # Errors
///
/// A full or read-only disk.
pub fn begin(
    run: &RunFolder,
    config: &TrainConfig,
    facts: &Facts,
    parts: &Parts,
) -> Result<(), ResultsError> {
    files::write_config(run, config)?;
    run.write("split.csv", &parts.to_csv()?)?;
    files::write_exclusions(run, &facts.excluded)?;
    files::write_environment(run)?;
    write_facts(run, facts)
}

/// Writes `run.json`.
///
/// # Errors
///
/// A full or read-only disk.
pub fn write_facts(run: &RunFolder, facts: &Facts) -> Result<(), ResultsError> {
    Ok(run.write("run.json", &files::json(facts)?)?)
}

/// Reads `run.json`.
///
/// # Errors
///
/// A folder that is no run of several findings or classes, or a file of another version.
pub fn read_facts(run: &RunFolder) -> Result<Facts, ResultsError> {
    let path = run.file("run.json");
    let facts: Facts = files::read_json(&path)?;
    let parts = facts.parts.iter().flat_map(|part| {
        let names = part.names.iter().flat_map(|of| [of.with, of.without]);
        [part.patients, part.pictures].into_iter().chain(names)
    });
    let found = [facts.found_patients, facts.found_pictures];
    files::demand_counts(&path, parts.chain(found))?;
    Ok(facts)
}

/// Judges a finished run's test predictions.
///
/// # Errors
///
/// A run that is not finished, or a damaged file in it.
pub fn evaluation(run: &RunFolder) -> Result<(Facts, Judged), ResultsError> {
    let facts = read_facts(run)?;
    if !facts.finished {
        return Err(ResultsError::File {
            path: run.path().display().to_string(),
            problem: "the run is not finished, so there is nothing to judge; go on with \"cordsight train ... --resume\"".to_string(),
        });
    }
    let config = TrainConfig::read(&run.config())?;
    let test = predictions::read(&run.file("predictions.csv"), &facts.task)?;
    let training = predictions::read(&run.file("predictions_train.csv"), &facts.task)?;
    let judged = judge_rows(
        &facts.task,
        &facts.thresholds,
        facts.synthetic.is_some(),
        &test,
        Some(&training),
        facts.pool,
        config.seed,
    )?;
    Ok((facts, judged))
}

/// Judges a finished run and writes all of its results.
///
/// # Errors
///
/// As [`evaluation`], and a full or read-only disk.
pub fn write(run: &RunFolder) -> Result<(Facts, Judged), ResultsError> {
    let (facts, judged) = evaluation(run)?;
    let config = TrainConfig::read(&run.config())?;
    let history = files::read_history(&run.file("metrics.jsonl"))?;
    let test = predictions::read(&run.file("predictions.csv"), &facts.task)?;
    run.write("metrics.json", &files::json(&judged)?)?;
    for (place, each) in judged.each.iter().enumerate() {
        let path = run.path().join(folder_of(&facts.task, &each.name));
        let sections = judgement::sections(&each.judgement);
        let drawings = judgement::drawings(&each.judgement);
        folder::write(&path, &each.judgement, &sections, &drawings)?;
        let rows = of_name(&facts.task, &test, place);
        let csv = binary::to_csv(&rows)?;
        crate::run_folder::write_whole(&path.join("predictions.csv"), &csv)?;
    }
    let learning = figure::learning(&page::learning(&history, &facts));
    run.write("figures/learning.svg", learning.as_bytes())?;
    run.write("figures/learning.png", &figure::png(&learning)?)?;
    let environment = files::read_json(&run.file("environment.json"))?;
    let sealed = files::sealed::facts(run)?;
    let pages = page::render(page::Known {
        config: &config,
        facts: &facts,
        judged: &judged,
        learning: &learning,
        sealed,
        patients: files::patients::by_part(run)?,
        environment,
    })?;
    run.write("checklist.csv", &checklist::to_csv(&pages.checklists)?)?;
    run.write("methods.md", pages.methods.as_bytes())?;
    run.write("report.md", pages.markdown.as_bytes())?;
    let docx = docx::of_folder(run.path(), &pages.markdown)?;
    run.write("report.docx", &docx)?;
    run.write("report.html", pages.html.as_bytes())?;
    Ok((facts, judged))
}

/// From where on a class is called against the rest, where it stands alone.
pub(crate) fn one_half() -> ThresholdOrigin {
    ThresholdOrigin {
        value: 0.5,
        origin: "one half: likelier than all other classes together".to_string(),
    }
}

/// Folder of a finding or class within a run.
pub fn folder_of(task: &Task, name: &str) -> String {
    match task {
        Task::Classes(_) => format!("classes/{}", file_name(name)),
        _ => format!("findings/{}", file_name(name)),
    }
}

/// Judges test predictions, those of each finding where it is known.
///
/// # Errors
///
/// Scores or thresholds that are no numbers.
pub fn judge_rows(
    task: &Task,
    thresholds: &[ThresholdOrigin],
    synthetic: bool,
    test: &[Row],
    training: Option<&[Row]>,
    pool: Pool,
    seed: u64,
) -> Result<Judged, ResultsError> {
    let patients: std::collections::BTreeSet<&str> =
        test.iter().map(|row| row.patient.as_str()).collect();
    let each = |(place, name): (usize, &String)| {
        let rows = of_name(task, test, place);
        let training = training.map(|rows| of_name(task, rows, place));
        let threshold = thresholds.get(place).cloned();
        let threshold = threshold.unwrap_or_else(one_half);
        let evaluation = judge(&rows, training.as_deref(), &threshold, pool)?;
        let request = Request {
            threshold,
            prevalence: None,
            by: Vec::new(),
            replicates: REPLICATES,
            seed,
        };
        let patient_scores =
            scores(&binary::by_patient(&rows, pool)).map_err(EvaluateError::from)?;
        let file = format!("{}/predictions.csv", folder_of(task, name));
        Ok::<JudgedName, ResultsError>(JudgedName {
            name: name.clone(),
            unknown: patients.len() - evaluation.patients,
            judgement: judged(file, evaluation.clone(), &patient_scores, &request)?,
            evaluation,
        })
    };
    let names = task.names().iter().enumerate();
    Ok(Judged {
        intended_use: INTENDED_USE,
        synthetic,
        task: task.clone(),
        each: names.map(each).collect::<Result<_, _>>()?,
        all_classes: match task {
            Task::Classes(names) => Some(all_classes(names.len(), test, seed)?),
            _ => None,
        },
    })
}

/// Judges the scores of all classes together.
///
/// # Errors
///
/// Scores that are no numbers.
pub(super) fn all_classes(
    classes: usize,
    test: &[Row],
    seed: u64,
) -> Result<AllClasses, ResultsError> {
    let known = by_patient(test, Pool::Mean)
        .into_iter()
        .filter_map(|row| Some((u32::from(row.known.first().copied().flatten()?), row.scores)));
    let (labels, rows): (Vec<u32>, Vec<Vec<f64>>) = known.unzip();
    let scores =
        MulticlassScores::new(classes, &labels, &rows).map_err(|error| ResultsError::File {
            path: "predictions.csv".to_string(),
            problem: error.to_string(),
        })?;
    let resampling = Resampling {
        replicates: REPLICATES.get(),
        ..Resampling::stratified(seed)
    };
    let macro_auc = match bootstrap(&scores, &resampling, mean_auc) {
        Ok(of) => of.measured(LEVEL),
        Err(reason) => match mean_auc(&scores) {
            Ok(value) => Measured::new(value, Err(reason)),
            Err(reason) => Measured::undefined(reason),
        },
    };
    let calls = scores.confusion_matrix();
    Ok(AllClasses {
        macro_auc,
        hand_till_auc: hand_till_with_interval(&scores, &resampling, LEVEL),
        one_vs_rest_auc: one_vs_rest_auc(&scores, AUC, LEVEL),
        calls: calls.map(|matrix| matrix.summary(PROPORTION, LEVEL)),
    })
}

/// Mean of the AUC of each class against the rest.
fn mean_auc(scores: &MulticlassScores) -> Result<f64, Undefined> {
    let mut sum = 0.0;
    let each = one_vs_rest_auc(scores, AUC, LEVEL);
    for auc in &each {
        match (auc.value(), auc.reason()) {
            (Some(value), _) => sum += value,
            (None, Some(reason)) => return Err(reason),
            (None, None) => {}
        }
    }
    Ok(sum / each.len() as f64)
}
