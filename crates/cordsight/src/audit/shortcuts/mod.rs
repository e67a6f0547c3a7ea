//! Shortcuts: whether the label can be told without looking at the spine.
//!
//! In: [`Sample`]s, one an image: traits, patient, label. Out: a [`Shortcut`] for each group of features.
//! A network learns whatever tells the classes apart. Where scanner, size or a lead letter does, a high AUC on a test set
//! drawn from the same cohort says nothing about the disorder. So each group of features gets the chance to tell the
//! label by itself: a cross-validated AUC with its interval, and a test. The unit is the patient: features are means
//! over a patient's images.
//!
//! False alarms: the P values of all groups are corrected together (Holm), so that a cohort whose features have nothing to
//! do with its labels raises any alarm at all with a probability of at most [`FALSE_ALARMS`]. Whether this holds is
//! tested on cohorts drawn clean (tests/it/audit_shortcuts.rs).
//!
//! Source: Geirhos et al. 2020, Nat Mach Intell 2:665 (shortcut learning); Zech et al. 2018, PLoS Med 15:e1002683
//! (radiographs told apart by hospital).

mod calendar;
mod features;

use std::collections::BTreeMap;

use diagstat::{
    Arrangements, AucInterval, Features, Level, Measured, Scores, auc_with_interval,
    folds_by_class, holm,
};
use rayon::prelude::*;
use serde::Serialize;

use super::traits::Traits;
use features::{Column, Group, groups};

/// The chance that a clean cohort raises any alarm.
pub const FALSE_ALARMS: f64 = 0.05;
/// A shortcut with a lower AUC is worth a note, not a warning.
pub const AUC_WARNING: f64 = 0.6;
/// Fewer patients in a class and nothing is checked.
pub const PATIENTS_MIN: usize = 10;

const FOLDS: usize = 5;
/// Half of it times the squared coefficients is added to the loss; scikit-learn's `C` is 0.1.
const PENALTY: f64 = 10.0;
const RIDGE: f64 = 0.1;
const ARRANGEMENTS: u32 = 1999;
const SEED: u64 = 1;

/// One image as the check sees it.
#[derive(Clone, Copy, Debug)]
pub struct Sample<'a> {
    /// A number for the patient; images with equal numbers are of one.
    pub patient: usize,
    /// Whether the patient has the disorder; the same for all of a patient's images.
    pub label: bool,
    /// What the label might be told from.
    pub traits: &'a Traits,
    /// Cells of the CSV's further columns.
    pub cells: &'a [String],
}

/// How well one group of features tells the label.
#[derive(Clone, Debug, Serialize)]
pub struct Shortcut {
    /// A name that scripts can rely on, such as `scanner`.
    pub key: String,
    /// The group in words.
    pub name: String,
    /// Number of features that differ between patients.
    pub features: usize,
    /// What was found, or null.
    pub told: Option<Told>,
    /// Why nothing was checked, or null.
    pub reason: Option<String>,
}

/// The outcome of one group.
#[derive(Clone, Debug, Serialize)]
pub struct Told {
    /// Cross-validated AUC of a ridge logistic regression on the group.
    pub auc: Measured,
    /// P value of the permutation test.
    pub p_value: f64,
    /// The same, corrected for the number of groups (Holm).
    pub p_corrected: f64,
    /// The feature that tells most by itself, chosen after looking: its AUC flatters.
    pub strongest: Option<Strongest>,
    /// Whether the corrected P value is at most [`FALSE_ALARMS`].
    pub found: bool,
}

/// One feature by itself.
#[derive(Clone, Debug, Serialize)]
pub struct Strongest {
    /// The feature.
    pub feature: String,
    /// Whether high values go with the positive class.
    pub positive_is_high: bool,
    /// AUC of the feature, 0.5 or more, on all patients.
    pub auc: Measured,
}

impl Shortcut {
    /// Whether its features are a column of the cohort's CSV, which may rightly differ between the classes.
    pub fn is_column(&self) -> bool {
        self.key.starts_with("column ")
    }

    /// Whether it is there, neither by chance nor negligible.
    pub fn is_alarming(&self) -> bool {
        self.told.as_ref().is_some_and(|told| {
            told.found && told.auc.value().is_some_and(|value| value >= AUC_WARNING)
        })
    }
}

/// What to do about a shortcut.
pub fn advice(key: &str) -> &'static str {
    match key {
        "scanner" | "date" | "view" => {
            "collect both classes from the same rooms and years, or match them; report results for each scanner"
        }
        "size" | "spacing" => {
            "collect both classes with one protocol; pictures of one size and spacing leave less to learn from"
        }
        "bits" | "format" => {
            "export both classes in the same way from the same archive, then audit again"
        }
        "brightness" => {
            "find out why: exposure, processing, or position of the patient; \"--grey stretch\" takes part of it away"
        }
        "border" | "markers" => {
            "look at the pictures: collimation, letters, instruments; crop or blank them in both classes alike"
        }
        _ => "find out why the classes differ in it, and collect them alike",
    }
}

/// Checks every group of features; `columns` names the further columns of the cohort's CSV.
pub fn shortcuts(samples: &[Sample], columns: &[String]) -> Vec<Shortcut> {
    let patients = Patients::of(samples);
    let groups = groups(samples, columns);
    let enough = patients.enough();
    let checked: Vec<Result<Outcome, String>> = groups
        .par_iter()
        .map(|group| {
            enough.clone()?;
            patients.check(group)
        })
        .collect();
    let p_values: Vec<f64> = checked
        .iter()
        .flatten()
        .map(|outcome| outcome.p_value)
        .collect();
    let mut corrected = holm(&p_values).into_iter();
    let rows = groups.into_iter().zip(checked);
    rows.map(|(group, outcome)| {
        let (told, features, reason) = match outcome {
            Ok(outcome) => {
                let p_corrected = corrected.next().unwrap_or(1.0);
                (Some(outcome.told(p_corrected)), outcome.features, None)
            }
            Err(reason) => (None, 0, Some(reason)),
        };
        Shortcut {
            key: group.key,
            name: group.name,
            features,
            told,
            reason,
        }
    })
    .collect()
}

/// A group before the correction.
struct Outcome {
    features: usize,
    auc: Measured,
    p_value: f64,
    strongest: Option<Strongest>,
}

impl Outcome {
    fn told(&self, p_corrected: f64) -> Told {
        Told {
            auc: self.auc,
            p_value: self.p_value,
            p_corrected,
            strongest: self.strongest.clone(),
            found: p_corrected <= FALSE_ALARMS,
        }
    }
}

/// Labels of the patients, and which sample belongs to whom.
struct Patients {
    labels: Vec<bool>,
    rows: Vec<Vec<usize>>,
}

impl Patients {
    fn of(samples: &[Sample]) -> Self {
        let mut rows: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (row, sample) in samples.iter().enumerate() {
            rows.entry(sample.patient).or_default().push(row);
        }
        let first = |rows: &Vec<usize>| rows.first().is_some_and(|&row| samples[row].label);
        Patients {
            labels: rows.values().map(first).collect(),
            rows: rows.into_values().collect(),
        }
    }

    fn enough(&self) -> Result<(), String> {
        let positives = self.labels.iter().filter(|&&label| label).count();
        let least = positives.min(self.labels.len() - positives);
        if least < PATIENTS_MIN {
            return Err(format!(
                "{least} labelled patients in the smaller class, at least {PATIENTS_MIN} needed"
            ));
        }
        Ok(())
    }

    /// A feature's mean over each patient's images.
    fn means(&self, column: &Column) -> Vec<f64> {
        let mean = |rows: &Vec<usize>| {
            let sum: f64 = rows.iter().map(|&row| column.values[row]).sum();
            sum / rows.len() as f64
        };
        self.rows.iter().map(mean).collect()
    }

    fn check(&self, group: &Group) -> Result<Outcome, String> {
        let means = group
            .columns
            .iter()
            .map(|of| (of.name.clone(), self.means(of)));
        let (names, columns): (Vec<String>, Vec<Vec<f64>>) = means
            .filter(|(_, values)| values.iter().any(|value| *value != values[0]))
            .unzip();
        if columns.is_empty() {
            return Err("the same in all files, or in none of them".to_string());
        }
        let features = Features::new(&self.labels, &columns).map_err(|error| error.to_string())?;
        let arrangements = Arrangements {
            random: ARRANGEMENTS,
            seed: SEED,
        };
        let test = features
            .test(RIDGE, arrangements)
            .map_err(|reason| reason.to_string())?;
        let folds = folds_by_class(&self.labels, FOLDS, SEED);
        let auc = match features.cross_validated_auc(&folds, PENALTY) {
            Ok(auc) => auc.measured(AucInterval::Logit, Level::PERCENT_95),
            Err(reason) => Measured::undefined(reason),
        };
        Ok(Outcome {
            features: columns.len(),
            auc,
            p_value: test.p_value,
            strongest: self.strongest(&names, &columns),
        })
    }

    fn strongest(&self, names: &[String], columns: &[Vec<f64>]) -> Option<Strongest> {
        let of = |(name, column): (&String, &Vec<f64>)| {
            let area = |sign: f64| {
                let signed: Vec<f64> = column.iter().map(|value| sign * value).collect();
                let scores = Scores::from_bools(&self.labels, &signed).ok()?;
                Some(auc_with_interval(
                    &scores,
                    AucInterval::Logit,
                    Level::PERCENT_95,
                ))
            };
            let rising = area(1.0)?;
            let positive_is_high = rising.value()? >= 0.5;
            Some(Strongest {
                feature: name.clone(),
                positive_is_high,
                auc: if positive_is_high {
                    rising
                } else {
                    area(-1.0)?
                },
            })
        };
        let all = names.iter().zip(columns).filter_map(of);
        all.reduce(|best, next| {
            let value = |of: &Strongest| of.auc.value().unwrap_or(0.0);
            if value(&next) > value(&best) {
                next
            } else {
                best
            }
        })
    }
}
