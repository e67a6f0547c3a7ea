//! From a run folder's own files to its figures, `metrics.json` and `report.html`.
//!
//! In: `run.json` (what was known when the run began and ended), `config.toml`, `metrics.jsonl` and the predictions.
//! Out: everything that a reader looks at. No network and no picture is needed, so that a report can be drawn anew by a
//! later version from a run that took a day.

pub mod audited;
mod beside;
mod combined;
mod error;
mod exports;
mod figures;
pub(crate) mod methods;
mod metrics;
mod page;
pub(crate) mod patients;
mod preparation;
mod read;
mod robustness;
mod sample_size;
pub(crate) mod sealed;
mod subgroups;
pub(crate) mod tables;
mod words;

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use crate::baseline::{Beside, Measures};
use crate::carried::{Carried, Further};
use crate::cohort::{Cohort, Counts, Synthetic};
use crate::config::TrainConfig;
use crate::covariates::Covariates;
use crate::environment::Environment;
use crate::evaluate::{EvaluateError, Evaluation, judge, scores};
use crate::figure::{self, PngError};
use crate::gallery;
use crate::model_file::ThresholdOrigin;
use crate::pool::Pool;
use crate::predictions::{self, by_patient};
use crate::report::Heatmaps;
use crate::run_folder::RunFolder;
use crate::split::{Part, Split};
use crate::statistics::judgement::{self, Judgement, judged};
use crate::train::Request;

pub(crate) use combined::write as write_members;
pub use combined::{Combined, Difference, combined};
pub use error::ResultsError;
use exports::draw;
pub(crate) use figures::read_history;
pub use metrics::Metrics;
pub use preparation::write_records;
pub(crate) use read::{demand_counts, read_json};
pub use sealed::further;

/// Bootstrap replicates of the band of the ROC curve.
const REPLICATES: NonZeroU32 = NonZeroU32::MIN.saturating_add(1999);

/// A radiograph that was left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exclusion {
    /// The patient.
    pub patient: String,
    /// The picture, by its name in the cohort.
    pub image: String,
    /// Why.
    pub reason: String,
}

/// Patients and pictures of one part.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartCounts {
    /// The part.
    pub part: Part,
    /// Its patients of each class and its pictures.
    pub counts: Counts,
    /// Pictures of the patients with label 1.
    pub positive_pictures: usize,
}

/// `run.json`: what the results need to know beside settings and predictions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunFacts {
    /// Version of the program.
    pub cordsight: String,
    /// The cohort, as it was given.
    pub cohort: String,
    /// SHA-256 of the cohort.
    pub fingerprint: String,
    /// Names of class 0 and class 1.
    pub classes: [String; 2],
    /// Patients and pictures before any was left out.
    pub found: Counts,
    /// Who was left out.
    pub excluded: Vec<Exclusion>,
    /// How the split was made.
    pub split_origin: String,
    /// Patients and pictures of each part.
    pub parts: Vec<PartCounts>,
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
    /// The threshold, once it is known.
    pub threshold: Option<ThresholdOrigin>,
    /// Probabilities and sets, where they were asked for.
    #[serde(default, skip_serializing_if = "Carried::is_empty")]
    pub carried: Carried,
    /// How a patient's score comes from the scores of several pictures.
    #[serde(default, skip_serializing_if = "Pool::is_mean")]
    pub pool: Pool,
}

impl RunFacts {
    /// What is known when a run begins.
    #[allow(clippy::too_many_arguments)]
    pub fn new(
        request: &Request,
        config: &TrainConfig,
        cohort: &Cohort,
        found: Counts,
        excluded: Vec<Exclusion>,
        fingerprint: String,
        split: &Split,
        split_origin: String,
        initial_weights: String,
    ) -> Self {
        let architecture = config.architecture();
        let part = |part: Part| {
            let pictures = split.pictures(cohort, part);
            PartCounts {
                part,
                counts: split.counts(cohort, part),
                positive_pictures: pictures.iter().filter(|picture| picture.label == 1).count(),
            }
        };
        RunFacts {
            cordsight: env!("CARGO_PKG_VERSION").to_string(),
            cohort: request.cohort.display().to_string(),
            fingerprint,
            classes: cohort.classes.clone(),
            found,
            excluded,
            split_origin,
            parts: [Part::Train, Part::Validation, Part::Test]
                .map(part)
                .to_vec(),
            initial_weights,
            parameters: [
                architecture.parameter_count(),
                architecture.body_parameter_count(),
            ],
            synthetic: cohort.synthetic.clone(),
            epochs: 0,
            chosen_epoch: None,
            threshold: None,
            carried: Carried::default(),
            pool: config.pool,
        }
    }
}

/// All that a run's results say.
#[derive(Debug)]
pub struct Judged {
    /// Of the network.
    pub judgement: Judgement,
    /// Of the measurements beside it, where the run has any.
    pub beside: Option<Beside>,
    /// Of probabilities and sets, where the model carries any.
    pub further: Option<Further>,
    /// Of members and views, where there are several.
    pub combined: Option<Combined>,
}

/// Writes what is known before the first step: settings, split, who was left out, and the machine.
///
/// # Errors
///
/// A full or read-only disk.
pub fn begin(
    run: &RunFolder,
    config: &TrainConfig,
    facts: &RunFacts,
    split: &Split,
) -> Result<(), ResultsError> {
    write_config(run, config)?;
    run.write("split.csv", split.to_csv().as_bytes())?;
    write_exclusions(run, &facts.excluded)?;
    write_environment(run)?;
    write_facts(run, facts)
}

/// Writes `excluded.csv`.
pub(crate) fn write_exclusions(run: &RunFolder, all: &[Exclusion]) -> Result<(), ResultsError> {
    let mut excluded = csv::Writer::from_writer(Vec::new());
    excluded.write_record(["patient", "image", "reason"])?;
    for exclusion in all {
        excluded.write_record([&exclusion.patient, &exclusion.image, &exclusion.reason])?;
    }
    let excluded = excluded
        .into_inner()
        .map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(run.write("excluded.csv", &excluded)?)
}

/// Writes `environment.json`.
pub(crate) fn write_environment(run: &RunFolder) -> Result<(), ResultsError> {
    let environment = json(&crate::environment::Environment::here())?;
    Ok(run.write("environment.json", &environment)?)
}

/// Writes `config.toml`; a resumed run may have been given more epochs.
///
/// # Errors
///
/// A full or read-only disk.
pub fn write_config(run: &RunFolder, config: &TrainConfig) -> Result<(), ResultsError> {
    Ok(run.write("config.toml", config.to_toml()?.as_bytes())?)
}

/// Writes `run.json`.
///
/// # Errors
///
/// A full or read-only disk.
pub fn write_facts(run: &RunFolder, facts: &RunFacts) -> Result<(), ResultsError> {
    Ok(run.write("run.json", &json(facts)?)?)
}

/// Reads `run.json`.
///
/// # Errors
///
/// A folder that is no run, or a file of another version.
pub fn read_facts(run: &RunFolder) -> Result<RunFacts, ResultsError> {
    let path = run.file("run.json");
    let facts: RunFacts = read_json(&path)?;
    let parts = facts.parts.iter();
    let parts = parts.map(|part| (part.counts, part.positive_pictures));
    for (of, positive) in parts.chain([(facts.found, 0)]) {
        let numbers = [of.negative_patients, of.positive_patients, of.pictures];
        demand_counts(&path, numbers.into_iter().chain([positive]))?;
    }
    Ok(facts)
}

/// Judges a finished run's test predictions and writes `metrics.json`, the figures and `report.html`.
///
/// # Errors
///
/// A run that is not finished, a damaged file in it, a full disk.
pub fn write(run: &RunFolder) -> Result<Judged, ResultsError> {
    let facts = read_facts(run)?;
    let threshold = facts.threshold.clone().ok_or_else(|| ResultsError::File {
        path: run.path().display().to_string(),
        problem: "the run is not finished, so there is nothing to judge; go on with \"cordsight train ... --resume\"".to_string(),
    })?;
    let config = TrainConfig::read(&run.config())?;
    let history = read_history(&run.file("metrics.jsonl"))?;
    let test = predictions::read(&run.file("predictions.csv"))?;
    let train = predictions::read(&run.file("predictions_train.csv"))?;
    let judgement = judged(
        "predictions.csv".to_string(),
        judge(&test, Some(&train), &threshold, facts.pool)?,
        &scores(&by_patient(&test, facts.pool)).map_err(EvaluateError::from)?,
        &judgement::Request {
            threshold,
            prevalence: None,
            by: Vec::new(),
            replicates: REPLICATES,
            seed: config.seed,
        },
    )?;
    let beside = beside::judge(run, &train, &test, facts.pool)?;
    if let Some(beside) = &beside {
        run.write("baseline.csv", &predictions::to_csv(&beside.predictions)?)?;
    }
    let tested = scores(&by_patient(&test, facts.pool)).map_err(EvaluateError::from)?;
    let combined = combined(run)?;
    let further = facts
        .carried
        .judge(&tested, judgement.evaluation.threshold.value);
    run.write(
        "metrics.json",
        &json(&Metrics::of(
            &judgement,
            beside.as_ref(),
            further.as_ref(),
            combined.as_ref(),
        ))?,
    )?;

    let figures = figures::figures(&judgement, &history, &facts);
    for (name, svg) in figures.drawings() {
        draw(run, name, &svg)?;
    }
    if let Some(svg) = further.as_ref().and_then(Further::drawing) {
        draw(run, "risk_coverage", &svg)?;
    }
    let section = beside
        .as_ref()
        .map(|beside| beside::section(beside, &judgement, &facts));
    if let Some(section) = &section {
        draw(run, "roc_readers", &figure::roc_comparison(&section.curves))?;
    }
    let environment: Environment = read_json(&run.file("environment.json"))?;
    let mut page = page::report(
        run,
        &config,
        &facts,
        &judgement,
        &test,
        figures,
        environment.clone(),
    );
    page.split.facts.extend(sealed::facts(run)?);
    page.metrics
        .extend(tables::further(further.as_ref(), combined.as_ref()));
    page.limits.extend(
        facts
            .carried
            .missing
            .iter()
            .map(|why| format!("Asked for and not there: {why}.")),
    );
    page.beside = section;
    page.gallery = beside::gallery(run, &facts);
    (page.heatmaps, page.failures) = Heatmaps::of(run, &facts.classes).unzip();
    page.patients = patients::table(run, &facts)?;
    let at = judgement.evaluation.threshold.value;
    page.robustness = robustness::section(run, &facts, &test, at)?;
    if let Some(robustness) = &page.robustness {
        draw(run, "robustness", &figure::forest(&robustness.forest))?;
    }
    page.audited = audited::section(run)?;
    page.subgroups = subgroups::section(run, &facts, &test, at)?;
    if let Some(subgroups) = &page.subgroups {
        draw(run, "subgroups", &figure::forest(&subgroups.forest))?;
    }
    draw(run, "flow", &figure::flow(&page.flow))?;
    let judged = Judged {
        judgement,
        beside,
        further,
        combined,
    };
    page.words = words::words(&words::Known {
        config: &config,
        facts: &facts,
        judged: &judged,
        environment: &environment,
        report: &page,
    });
    exports::write(run, page)?;
    Ok(judged)
}

/// Reads the evaluation inputs of a run and judges them again.
///
/// # Errors
///
/// As [`write`].
pub fn evaluation(run: &RunFolder) -> Result<Evaluation, ResultsError> {
    let facts = read_facts(run)?;
    let threshold = facts.threshold.unwrap_or(ThresholdOrigin {
        value: 0.5,
        origin: "not chosen".to_string(),
    });
    let test = predictions::read(&run.file("predictions.csv"))?;
    let train = predictions::read(&run.file("predictions_train.csv"))?;
    Ok(judge(&test, Some(&train), &threshold, facts.pool)?)
}

/// What measurements tell of a run's test patients, judged again; nothing where the run has none.
///
/// # Errors
///
/// As [`write`].
pub fn measurements(run: &RunFolder) -> Result<Option<Beside>, ResultsError> {
    let test = predictions::read(&run.file("predictions.csv"))?;
    let train = predictions::read(&run.file("predictions_train.csv"))?;
    beside::judge(run, &train, &test, read_facts(run)?.pool)
}

/// Writes what is known of the patients besides their pictures, measures and covariates, and the contact sheet of a drawn cohort.
///
/// # Errors
///
/// A full or read-only disk.
pub fn write_beside(
    run: &RunFolder,
    cohort: &Cohort,
    measures: Option<&Measures>,
    covariates: &Covariates,
) -> Result<(), ResultsError> {
    if !covariates.columns.is_empty() {
        run.write(patients::FILE, &covariates.to_csv()?)?;
    }
    if let Some(measures) = measures {
        run.write(beside::MEASURES, measures.to_csv().as_bytes())?;
    }
    if cohort.synthetic.is_some() {
        let sheet = gallery::sheet(cohort).map_err(PngError::from)?;
        run.write(beside::GALLERY, &sheet)?;
    }
    Ok(())
}

pub(crate) fn json(value: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    let mut text = serde_json::to_vec_pretty(value)?;
    text.push(b'\n');
    Ok(text)
}
