//! What the folds say together.
//!
//! In: the finished runs. Out: [`Outcome`], which is `metrics.json`. Two answers to two questions. Over splits: what would a
//! study with one such split report, on average and by luck; the interval allows for training parts that overlap
//! ([`mean_over_splits`]). Pooled: each patient once, by the mean score of the networks that never saw them (one a repeat) and
//! the majority of their calls, each at its own fold's threshold.

use std::collections::BTreeMap;

use diagstat::{
    Confusion, ConfusionSummary, Group, Measured, Scores, Undefined, auc_with_interval,
    mean_over_splits,
};
use serde::Serialize;

use super::baseline::{self, PooledBaseline};
use super::further::{Folds, PooledFurther};
use super::plan::Plan;
use super::{CrossValidationError, Place};
use crate::cohort::Cohort;
use crate::config::TrainConfig;
use crate::evaluate::{AUC, EvaluateError, LEVEL, PROPORTION};
use crate::predictions::{self, Prediction, by_patient};
use crate::results;
use crate::run_folder::RunFolder;
use crate::split::Split;

/// Everything that was found.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// The program's version.
    pub cordsight: String,
    /// Whether the cohort is synthetic.
    pub synthetic: bool,
    /// Names of class 0 and class 1.
    pub classes: [String; 2],
    /// Folds of each repeat.
    pub folds: u32,
    /// Repeats.
    pub repeats: u32,
    /// The column of sites, where one site after another was left out.
    pub by_site: Option<String>,
    /// Patients with label 1.
    pub positives: usize,
    /// Patients with label 0.
    pub negatives: usize,
    /// The mean over splits.
    pub over_splits: OverSplits,
    /// AUC of each patient's mean score.
    pub pooled_auc: Measured,
    /// Counts and rates of each patient's majority call.
    pub pooled_calls: ConfusionSummary,
    /// Probabilities and sets out of fold, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub further: Option<PooledFurther>,
    /// An AUC from elsewhere among those of the splits.
    pub published: Option<Published>,
    /// The regression on measurements, where there are any.
    pub measurements: Option<PooledBaseline>,
    /// Each split.
    pub splits: Vec<FoldResult>,
}

/// One split: what a study with this one alone would report.
#[derive(Clone, Debug, Serialize)]
pub struct FoldResult {
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
    /// The threshold of its calls.
    pub threshold: f64,
    /// AUC of its test patients.
    pub auc: Measured,
    /// Counts and rates at its threshold.
    pub calls: ConfusionSummary,
}

/// Means over splits, and how far apart the splits lie.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct OverSplits {
    pub auc: Spread,
    pub sensitivity: Spread,
    pub specificity: Spread,
    pub accuracy: Spread,
}

/// A figure over the splits in which it has a value.
#[derive(Clone, Debug, Serialize)]
pub struct Spread {
    /// The mean, with the corrected interval.
    pub mean: Measured,
    /// The least.
    pub lowest: Option<f64>,
    /// The largest.
    pub highest: Option<f64>,
}

/// A figure from elsewhere.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Published {
    /// The AUC.
    pub auc: f64,
    /// Splits whose AUC is at least as high.
    pub splits_at_least: usize,
}

/// Fewest sites whose mean has an interval: the spread of fewer says next to nothing of other sites.
pub(crate) const SITES_MIN: u32 = 5;

/// How the training parts of the splits overlap, and whether the splits are sites.
#[derive(Clone, Copy)]
pub(crate) struct Overlap {
    /// Test patients of a split for each that trains: what Nadeau and Bengio's interval needs.
    pub share: f64,
    /// Number of sites, where one after another is left out.
    pub sites: Option<u32>,
}

/// What a patient's networks said.
#[derive(Clone, Default)]
pub(crate) struct Heard {
    pub label: u8,
    scores: Vec<f64>,
    positive_calls: usize,
}

impl Outcome {
    pub(super) fn gather(
        folder: &RunFolder,
        plan: &Plan<Split>,
        cohort: &Cohort,
        published_auc: Option<f64>,
    ) -> Result<Outcome, CrossValidationError> {
        let mut splits = Vec::new();
        let mut heard: BTreeMap<String, Heard> = BTreeMap::new();
        let mut rows = Vec::new();
        let mut measurements = Vec::new();
        let mut further = Folds::default();
        for (place, _) in plan.places() {
            let run = RunFolder::open(&folder.file(&place.folder()));
            let evaluation = results::evaluation(&run)?;
            let threshold = evaluation.threshold.value;
            let facts = results::read_facts(&run)?;
            measurements.push(results::measurements(&run)?);
            let test = predictions::read(&run.file("predictions.csv"))?;
            let patients = by_patient(&test, facts.pool);
            let judged = results::further(&run)?;
            further.add(&place.folder(), &facts.carried, judged, &patients);
            for patient in patients {
                let heard = heard.entry(patient.patient).or_default();
                heard.hear(patient.label, patient.score, threshold);
            }
            rows.extend(test.into_iter().map(|row| (place, threshold, row)));
            splits.push(FoldResult {
                repeat: place.repeat,
                fold: place.fold,
                site: plan.site(place).map(str::to_string),
                folder: place.folder(),
                learning_rate: TrainConfig::read(&run.config())?.learning_rate,
                patients: evaluation.patients,
                threshold,
                auc: evaluation.auc,
                calls: evaluation.at_threshold,
            });
        }
        folder.write("predictions.csv", &every_prediction(&rows)?)?;
        folder.write("predictions_pooled.csv", &pooled_predictions(&heard)?)?;
        let (pooled_auc, pooled_calls) = Heard::pooled(&heard)?;
        let positives = heard.values().filter(|of| of.label == 1).count();
        let overlap = plan.overlap();
        let spread = |of: fn(&FoldResult) -> &Measured| {
            let values: Vec<f64> = splits
                .iter()
                .filter_map(|split| of(split).value())
                .collect();
            Spread::of(&values, overlap)
        };
        let reach = |auc: f64| {
            let values = splits.iter().filter_map(|split| split.auc.value());
            values.filter(|value| *value >= auc).count()
        };
        Ok(Outcome {
            cordsight: env!("CARGO_PKG_VERSION").to_string(),
            synthetic: cohort.synthetic.is_some(),
            classes: cohort.classes.clone(),
            folds: plan.folds(),
            repeats: plan.repeats(),
            by_site: plan.by_site().map(str::to_string),
            positives,
            negatives: heard.len() - positives,
            over_splits: OverSplits {
                auc: spread(|split| &split.auc),
                sensitivity: spread(|split| &split.calls.sensitivity),
                specificity: spread(|split| &split.calls.specificity),
                accuracy: spread(|split| &split.calls.accuracy),
            },
            pooled_auc,
            pooled_calls,
            measurements: baseline::pooled(&measurements, &heard, overlap),
            further: further.pooled(overlap)?,
            published: published_auc.map(|auc| Published {
                auc,
                splits_at_least: reach(auc),
            }),
            splits,
        })
    }
}

impl Spread {
    pub(crate) fn of(values: &[f64], overlap: Overlap) -> Self {
        let mean = mean_over_splits(values, overlap.share, LEVEL);
        let mean = match (mean.value(), overlap.sites) {
            (Some(value), Some(sites)) if sites < SITES_MIN => {
                let reason = Undefined::TooFew {
                    group: Group::Sites,
                    found: u64::from(sites),
                    needed: u64::from(SITES_MIN),
                };
                Measured::new(value, Err(reason))
            }
            _ => mean,
        };
        Spread {
            mean,
            lowest: values.iter().copied().reduce(f64::min),
            highest: values.iter().copied().reduce(f64::max),
        }
    }
}

impl Heard {
    /// One more network that never saw the patient.
    pub fn hear(&mut self, label: u8, score: f64, threshold: f64) {
        self.label = label;
        self.scores.push(score);
        self.positive_calls += usize::from(score >= threshold);
    }

    /// AUC of the patients' mean scores, and counts and rates of their majority calls.
    pub fn pooled(
        heard: &BTreeMap<String, Self>,
    ) -> Result<(Measured, ConfusionSummary), EvaluateError> {
        let labels: Vec<u8> = heard.values().map(|of| of.label).collect();
        let means: Vec<f64> = heard.values().map(Self::mean).collect();
        let calls: Vec<f64> = heard.values().map(Self::call).collect();
        let scores = Scores::new(&labels, &means)?;
        let calls = Confusion::at(&Scores::new(&labels, &calls)?, 0.5)?;
        Ok((
            auc_with_interval(&scores, AUC, LEVEL),
            calls.summary(PROPORTION, LEVEL),
        ))
    }

    pub fn mean(&self) -> f64 {
        self.scores.iter().sum::<f64>() / self.scores.len() as f64
    }

    /// 1 where at least half of the networks call the patient positive: who is torn is not sent home.
    fn call(&self) -> f64 {
        f64::from(u8::from(2 * self.positive_calls >= self.scores.len()))
    }
}

/// Every score, with the fold that gave it and the threshold that belongs to it.
fn every_prediction(rows: &[(Place, f64, Prediction)]) -> Result<Vec<u8>, CrossValidationError> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record([
        "repeat",
        "fold",
        "patient",
        "image",
        "label",
        "score",
        "threshold",
    ])?;
    for (place, threshold, row) in rows {
        let [repeat, fold] = [place.repeat, place.fold].map(|number| number.to_string());
        let numbers = [row.score, *threshold].map(|number| number.to_string());
        table.write_record([
            &repeat,
            &fold,
            &row.patient,
            &row.image,
            &row.label.to_string(),
            &numbers[0],
            &numbers[1],
        ])?;
    }
    table
        .into_inner()
        .map_err(|error| CrossValidationError::Csv(error.into_error().into()))
}

/// One row a patient, which `cordsight evaluate --predictions` and `compare` take.
fn pooled_predictions(heard: &BTreeMap<String, Heard>) -> Result<Vec<u8>, CrossValidationError> {
    let rows = heard.iter().map(|(patient, of)| Prediction {
        patient: patient.clone(),
        image: patient.clone(),
        label: of.label,
        score: of.mean(),
        view: None,
    });
    Ok(predictions::to_csv(&rows.collect::<Vec<_>>())?)
}
