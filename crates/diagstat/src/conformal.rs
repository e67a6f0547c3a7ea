//! Conformal prediction sets: the classes that a score leaves open, with a coverage that holds without any model being right.
//!
//! In: [`Scores`] of patients that the model was not trained on, and the coverage wanted. Out: [`Conformal`], two limits: a
//! score that is high enough keeps the positive class, one that is low enough the negative class. A patient whose
//! set holds both classes gets no call ("I don't know"); a set that holds neither says that no calibration patient of either
//! class looked so.
//! Each class has its own limit, from its own calibration patients (Mondrian, or class-conditional, conformal prediction),
//! so that each class is covered, whatever the prevalence. The promise is for a new patient of the class who comes from the
//! same population: on average over calibration sets, the true class is in the set with at least the probability asked for.
//! A class with fewer than coverage / (1 - coverage) calibration patients is never left out of a set.
//!
//! Source: Vovk, Gammerman and Shafer 2022, Algorithmic Learning in a Random World, 2nd ed., chapters 2 and 4; Sadinle, Lei and
//! Wasserman 2019, JASA 114:223. Checked against: crepes (tools/golden/crepes_conformal.py).

use serde::{Deserialize, Serialize};

use crate::confusion::Confusion;
use crate::interval::{Level, Proportion, ProportionInterval};
use crate::measured::Measured;
use crate::rate::Rate;
use crate::scores::Scores;
use crate::undefined::{Group, Undefined};

/// Limits of a score, one for each class.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Limits", into = "Limits")]
pub struct Conformal {
    limits: Limits,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename = "Conformal")]
struct Limits {
    coverage: f64,
    positive_from: Option<f64>,
    negative_to: Option<f64>,
    positives: u32,
    negatives: u32,
}

/// Limits that no fit gives, as a damaged file may hold them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConformalError {
    /// A coverage outside 0 to 1.
    #[error("coverage of conformal sets is not above 0 and below 1")]
    Coverage,
    /// A limit that is no number.
    #[error("a limit of conformal sets is not finite")]
    Limit,
}

/// The classes that stay possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PredictionSet {
    /// The negative class alone.
    Negative,
    /// The positive class alone.
    Positive,
    /// Both: no call.
    Both,
    /// Neither: unlike the calibration patients of either class.
    Neither,
}

/// What the sets of some patients were worth.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SetsJudged {
    /// Share of the patients whose set holds their class.
    pub coverage: Measured,
    /// The same among positive patients.
    pub coverage_positive: Measured,
    /// The same among negative patients.
    pub coverage_negative: Measured,
    /// Share of the patients with exactly one class in their set.
    pub called: Measured,
    /// Share of those whose one class is right.
    pub right_when_called: Measured,
    /// Patients whose set holds both classes.
    pub both: u32,
    /// Patients whose set holds neither.
    pub neither: u32,
    /// Calls of the patients with one class in their set.
    pub calls: Confusion,
}

impl Conformal {
    /// Limits from calibration patients: for each class the k-th most conforming score with `k = ceil((n + 1) coverage)`, where
    /// a positive patient conforms the more the higher the score, a negative one the lower.
    ///
    /// # Undefined when
    /// a class has no patient.
    ///
    /// # References
    /// Sadinle, Lei and Wasserman 2019, Least ambiguous set-valued classifiers with bounded error levels, JASA 114:223,
    /// doi:10.1080/01621459.2017.1395341.
    pub fn fit(scores: &Scores, coverage: Level) -> Result<Self, Undefined> {
        Group::Positive.at_least(1, scores.positives().into())?;
        Group::Negative.at_least(1, scores.negatives().into())?;
        let of = |class: bool| {
            let scores = scores.iter().filter(|(label, _)| *label == class);
            let mut scores: Vec<f64> = scores.map(|(_, score)| score).collect();
            scores.sort_by(f64::total_cmp);
            if class {
                scores.reverse();
            }
            scores
        };
        let limit = |conforming: &[f64]| {
            // What rounding adds to an integer must not make it the next one.
            let rank = ((conforming.len() as f64 + 1.0) * coverage.get() - 1e-9).ceil();
            conforming.get((rank as usize).max(1) - 1).copied()
        };
        Ok(Self {
            limits: Limits {
                coverage: coverage.get(),
                positive_from: limit(&of(true)),
                negative_to: limit(&of(false)),
                positives: scores.positives(),
                negatives: scores.negatives(),
            },
        })
    }

    /// The classes that a finite score leaves open.
    #[must_use]
    pub fn set(&self, score: f64) -> PredictionSet {
        let positive = self.limits.positive_from.is_none_or(|from| score >= from);
        let negative = self.limits.negative_to.is_none_or(|to| score <= to);
        match (negative, positive) {
            (true, false) => PredictionSet::Negative,
            (false, true) => PredictionSet::Positive,
            (true, true) => PredictionSet::Both,
            (false, false) => PredictionSet::Neither,
        }
    }

    /// Judges the sets of other patients than those of the fit.
    #[must_use]
    pub fn judge(&self, patients: &Scores, method: ProportionInterval, level: Level) -> SetsJudged {
        let mut calls = Confusion {
            true_positives: 0,
            false_negatives: 0,
            false_positives: 0,
            true_negatives: 0,
        };
        let (mut both, mut neither) = (0, 0);
        // Positive and negative patients whose class is in their set.
        let mut covered = [0, 0];
        for (positive, score) in patients.iter() {
            let set = self.set(score);
            match (set, positive) {
                (PredictionSet::Positive, true) => calls.true_positives += 1,
                (PredictionSet::Positive, false) => calls.false_positives += 1,
                (PredictionSet::Negative, true) => calls.false_negatives += 1,
                (PredictionSet::Negative, false) => calls.true_negatives += 1,
                (PredictionSet::Both, _) => both += 1,
                (PredictionSet::Neither, _) => neither += 1,
            }
            covered[usize::from(positive)] += u32::from(set.holds(positive));
        }
        let share = |hits: u32, of: u32| {
            let proportion = Proportion::from_successes_and_failures(hits, of - hits);
            Measured::proportion(proportion, method, level)
        };
        let (positives, negatives) = (patients.positives(), patients.negatives());
        let right = calls.true_positives + calls.true_negatives;
        let called = right + calls.false_positives + calls.false_negatives;
        SetsJudged {
            coverage: share(covered[0] + covered[1], positives + negatives),
            coverage_positive: share(covered[1], positives),
            coverage_negative: share(covered[0], negatives),
            called: share(called, positives + negatives),
            right_when_called: share(right, called),
            both,
            neither,
            calls,
        }
    }

    /// The coverage asked for, above 0 and below 1.
    #[must_use]
    pub fn coverage(&self) -> f64 {
        self.limits.coverage
    }

    /// The lowest score that keeps the positive class; none where too few patients calibrated it to leave it out ever.
    #[must_use]
    pub fn positive_from(&self) -> Option<f64> {
        self.limits.positive_from
    }

    /// The highest score that keeps the negative class; none where too few patients calibrated it to leave it out ever.
    #[must_use]
    pub fn negative_to(&self) -> Option<f64> {
        self.limits.negative_to
    }

    /// Patients of label 0 and 1 that the limits come from.
    #[must_use]
    pub fn calibrated_on(&self) -> [u32; 2] {
        [self.limits.negatives, self.limits.positives]
    }
}

impl PredictionSet {
    /// True when the class is in the set.
    #[must_use]
    pub fn holds(self, positive: bool) -> bool {
        match self {
            Self::Negative => !positive,
            Self::Positive => positive,
            Self::Both => true,
            Self::Neither => false,
        }
    }
}

impl From<Conformal> for Limits {
    fn from(sets: Conformal) -> Self {
        sets.limits
    }
}

impl TryFrom<Limits> for Conformal {
    type Error = ConformalError;

    fn try_from(limits: Limits) -> Result<Self, ConformalError> {
        let is_rate = Rate::new(limits.coverage).is_ok();
        if !is_rate || limits.coverage == 0.0 || limits.coverage == 1.0 {
            return Err(ConformalError::Coverage);
        }
        let mut both = limits.positive_from.into_iter().chain(limits.negative_to);
        if both.any(|limit| !limit.is_finite()) {
            return Err(ConformalError::Limit);
        }
        Ok(Self { limits })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(coverage: f64) -> Level {
        Level::new(coverage).unwrap()
    }

    #[test]
    fn nine_patients_give_the_lowest_for_nine_tenths_and_eight_too_few() {
        let scores: Vec<f64> = (1..=9).map(|n| f64::from(n) / 10.0).collect();
        let positives = [vec![1; 9], vec![0]].concat();
        let sets = |count: usize| {
            let scores = [&scores[9 - count..], &[0.05]].concat();
            Conformal::fit(
                &Scores::new(&positives[9 - count..], &scores).unwrap(),
                level(0.9),
            )
            .unwrap()
        };
        assert_eq!(sets(9).positive_from(), Some(0.1));
        assert_eq!(sets(8).positive_from(), None);
        assert_eq!(sets(8).negative_to(), None);
        assert_eq!(sets(8).set(0.0), PredictionSet::Both);
    }

    #[test]
    fn a_damaged_file_is_refused() {
        let good = r#"{"coverage":0.9,"positive_from":0.2,"negative_to":null,"positives":9,"negatives":3}"#;
        let sets: Conformal = serde_json::from_str(good).unwrap();
        assert_eq!(
            (sets.set(0.1), sets.set(0.2)),
            (PredictionSet::Negative, PredictionSet::Both)
        );
        assert_eq!(serde_json::to_string(&sets).unwrap(), good);
        for (old, new) in [("0.9", "1.0"), ("0.9", "-0.5"), ("0.9", "7")] {
            assert!(serde_json::from_str::<Conformal>(&good.replace(old, new)).is_err());
        }
    }
}
