//! Decision curve: what calling patients by the score is worth at a threshold, in true positives a patient.
//!
//! In: [`Scores`] from 0 to 1 and [`DecisionThresholds`]. Out: [`DecisionCurve`]. A patient with `score >= threshold` is
//! treated; the threshold says how many treated in vain one found patient is worth, so a false positive costs
//! `threshold / (1 - threshold)`. The score is of use where its net benefit lies above that of treating everybody
//! (`treat_all`) and above 0, that of treating nobody.
//! Everything is a mean of a number that each patient has by its cell of the 2x2 table, so the standard errors are closed.
//! At the prevalence of the patients they include its chance; a stated prevalence counts as known, and the classes as
//! drawn apart. The bootstrap draws in the same two ways.
//!
//! Source: Vickers and Elkin 2006, Med Decis Making 26:565; Sande et al. 2020, Stat Med 39:2980 (standard error); Marsh et
//! al. 2020, Biometrics 76:843 (standardised). Checked against: the definition in R, with its bootstrap-free delta method
//! by numerical derivatives (tools/golden/calibration.R).

mod bootstrap;

use serde::Serialize;

pub use bootstrap::decision_curve_bootstrap;

use crate::calibration::probabilities;
use crate::confusion::Confusion;
use crate::interval::{Interval, Level};
use crate::logistic::wald;
use crate::measured::Measured;
use crate::prevalence::Prevalence;
use crate::scores::Scores;
use crate::undefined::{Group, Undefined};

/// Thresholds in rising order, each above 0 and below 1; at least one.
#[derive(Debug, Clone, PartialEq)]
pub struct DecisionThresholds(Vec<f64>);

/// Thresholds that make no curve.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum DecisionThresholdsError {
    /// None at all.
    #[error("found no threshold, expected at least 1")]
    Empty,
    /// A number that no threshold can be.
    #[error("threshold {place} is {found}, expected above 0, below 1, and above the one before")]
    Threshold {
        /// The place of the threshold, counted from 1.
        place: usize,
        /// The number.
        found: f64,
    },
}

impl DecisionThresholds {
    /// Thresholds in rising order.
    ///
    /// # Errors
    /// [`DecisionThresholdsError`]: none, or one that is not above 0, below 1 and above the one before.
    pub fn new(thresholds: &[f64]) -> Result<Self, DecisionThresholdsError> {
        if thresholds.is_empty() {
            return Err(DecisionThresholdsError::Empty);
        }
        let mut before = 0.0;
        for (&found, place) in thresholds.iter().zip(1..) {
            if !(found > before && found < 1.0) {
                return Err(DecisionThresholdsError::Threshold { place, found });
            }
            before = found;
        }
        Ok(Self(thresholds.to_vec()))
    }

    /// 0.01, 0.02 and so on to 0.99.
    #[must_use]
    pub fn percents() -> Self {
        Self((1..100).map(|percent| f64::from(percent) / 100.0).collect())
    }

    /// The thresholds.
    #[must_use]
    pub fn as_slice(&self) -> &[f64] {
        &self.0
    }
}

/// A decision curve.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DecisionCurve {
    /// The prevalence that the curve holds at.
    pub prevalence: f64,
    /// Whether the prevalence was stated, or is that of the patients.
    pub prevalence_stated: bool,
    /// A point for each threshold.
    pub points: Vec<DecisionPoint>,
}

/// A threshold of a decision curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct DecisionPoint {
    /// The threshold, above 0 and below 1.
    pub threshold: f64,
    /// The counts at the threshold.
    pub counts: Confusion,
    /// Net benefit of treating by the score: at most the prevalence, without lower bound.
    pub net_benefit: Measured,
    /// Net benefit of treating everybody. That of treating nobody is 0.
    pub treat_all: f64,
    /// Net benefit divided by the prevalence: at most 1.
    pub standardized_net_benefit: Measured,
    /// Patients that need not be treated, as against treating everybody, less those missed at their exchange rate; a part
    /// of all patients, at most 1.
    pub interventions_avoided: Measured,
}

/// The decision curve with closed intervals (estimate and standard error), at the prevalence of the patients or at a
/// stated one.
///
/// # Undefined when
/// there is no patient (for a stated prevalence: no patient of a class), or a score lies outside 0 to 1. No interval where
/// all patients contribute alike, such as at a threshold that nobody reaches; no standardised net benefit without a
/// positive patient.
///
/// # References
/// Vickers and Elkin 2006, Medical Decision Making 26:565, doi:10.1177/0272989X06295361. Sande et al. 2020, Statistics in
/// Medicine 39:2980, doi:10.1002/sim.8586. Marsh, Janes and Pepe 2020, Biometrics 76:843, doi:10.1111/biom.13190.
pub fn decision_curve(
    scores: &Scores,
    thresholds: &DecisionThresholds,
    prevalence: Option<Prevalence>,
    level: Level,
) -> Result<DecisionCurve, Undefined> {
    let figures = figures(scores, thresholds, prevalence)?;
    let interval = |estimate: Estimate| estimate.interval(level);
    Ok(curve(
        scores,
        prevalence,
        figures.into_iter().map(|(threshold, counts, of)| {
            let measured = of.map(|found| match found {
                Ok(estimate) => Measured::new(estimate.value, interval(estimate)),
                Err(reason) => Measured::undefined(reason),
            });
            (threshold, counts, measured)
        }),
    ))
}

/// For each threshold its counts and estimates.
fn figures(
    scores: &Scores,
    thresholds: &DecisionThresholds,
    prevalence: Option<Prevalence>,
) -> Result<Vec<(f64, Confusion, Figures)>, Undefined> {
    probabilities(scores)?;
    if prevalence.is_some() {
        Group::Positive.at_least(1, scores.positives().into())?;
        Group::Negative.at_least(1, scores.negatives().into())?;
    }
    let sorted = Places::new(scores, thresholds);
    let counts = sorted.counts(sorted.places.iter().copied());
    let thresholds = thresholds.0.iter().copied();
    Ok(thresholds
        .zip(counts)
        .map(|(threshold, counts)| {
            (
                threshold,
                counts,
                figures_of(&counts, threshold, prevalence),
            )
        })
        .collect())
}

fn curve(
    scores: &Scores,
    prevalence: Option<Prevalence>,
    points: impl Iterator<Item = (f64, Confusion, [Measured; 3])>,
) -> DecisionCurve {
    let of_patients = f64::from(scores.positives()) / scores.len() as f64;
    let part = prevalence.map_or(of_patients, Prevalence::get);
    DecisionCurve {
        prevalence: part,
        prevalence_stated: prevalence.is_some(),
        points: points
            .map(
                |(
                    threshold,
                    counts,
                    [net_benefit, standardized_net_benefit, interventions_avoided],
                )| {
                    DecisionPoint {
                        threshold,
                        counts,
                        net_benefit,
                        treat_all: part - (1.0 - part) * odds(threshold),
                        standardized_net_benefit,
                        interventions_avoided,
                    }
                },
            )
            .collect(),
    }
}

/// An estimate with its variance.
#[derive(Clone, Copy)]
struct Estimate {
    value: f64,
    variance: f64,
}

impl Estimate {
    fn interval(self, level: Level) -> Result<Interval, Undefined> {
        if self.variance > 0.0 {
            Ok(wald(self.value, self.variance.sqrt(), level))
        } else {
            Err(Undefined::NoSpread)
        }
    }
}

/// Net benefit, standardised net benefit, interventions avoided.
type Figures = [Result<Estimate, Undefined>; 3];

fn odds(threshold: f64) -> f64 {
    threshold / (1.0 - threshold)
}

fn figures_of(counts: &Confusion, threshold: f64, prevalence: Option<Prevalence>) -> Figures {
    let cost = odds(threshold);
    let benefit = mean(counts, [1.0, 0.0, -cost, 0.0], prevalence);
    let standardized = match prevalence {
        Some(prevalence) => Ok(benefit.divided(prevalence.get())),
        None => {
            let positives = u64::from(counts.true_positives) + u64::from(counts.false_negatives);
            Group::Positive.at_least(1, positives).map(|()| {
                let part = mean(counts, [1.0, 1.0, 0.0, 0.0], None).value;
                let ratio = benefit.value / part;
                // A ratio of two means moves with each patient's benefit less the ratio times its label.
                let moves = mean(counts, [1.0 - ratio, -ratio, -cost, 0.0], None);
                Estimate {
                    value: ratio,
                    variance: moves.divided(part).variance,
                }
            })
        }
    };
    let avoided = mean(counts, [0.0, -1.0 / cost, 0.0, 1.0], prevalence);
    [Ok(benefit), standardized, Ok(avoided)]
}

impl Estimate {
    fn divided(self, by: f64) -> Self {
        Self {
            value: self.value / by,
            variance: self.variance / (by * by),
        }
    }
}

/// The mean over the patients of what those of each cell (TP, FN, FP, TN) contribute. At a stated prevalence it is the
/// mean of the two classes by their weights.
fn mean(counts: &Confusion, of_cell: [f64; 4], prevalence: Option<Prevalence>) -> Estimate {
    let cells = [
        (counts.true_positives, of_cell[0]),
        (counts.false_negatives, of_cell[1]),
        (counts.false_positives, of_cell[2]),
        (counts.true_negatives, of_cell[3]),
    ];
    match prevalence {
        None => mean_of(&cells),
        Some(prevalence) => {
            let (positive, negative) = (mean_of(&cells[..2]), mean_of(&cells[2..]));
            let (part, rest) = (prevalence.get(), 1.0 - prevalence.get());
            Estimate {
                value: part * positive.value + rest * negative.value,
                variance: part * part * positive.variance + rest * rest * negative.variance,
            }
        }
    }
}

fn mean_of(cells: &[(u32, f64)]) -> Estimate {
    let patients: f64 = cells.iter().map(|(count, _)| f64::from(*count)).sum();
    let value: f64 = cells
        .iter()
        .map(|(count, of)| f64::from(*count) / patients * of)
        .sum();
    let squares = cells
        .iter()
        .map(|(count, of)| f64::from(*count) * (of - value).powi(2));
    let alone = cells.iter().filter(|(count, _)| *count > 0).count() < 2;
    Estimate {
        value,
        variance: if alone {
            0.0
        } else {
            squares.sum::<f64>() / patients / patients
        },
    }
}

/// For each patient whether positive, and how many thresholds its score reaches: all that the curve needs.
struct Places {
    thresholds: usize,
    places: Vec<(bool, usize)>,
}

impl Places {
    fn new(scores: &Scores, thresholds: &DecisionThresholds) -> Self {
        let reached = |score: f64| {
            thresholds
                .0
                .partition_point(|threshold| *threshold <= score)
        };
        Self {
            thresholds: thresholds.0.len(),
            places: scores
                .iter()
                .map(|(positive, score)| (positive, reached(score)))
                .collect(),
        }
    }

    /// The counts at each threshold, of patients that may be drawn more than once.
    fn counts(&self, patients: impl Iterator<Item = (bool, usize)>) -> Vec<Confusion> {
        let mut reached = vec![(0_u32, 0_u32); self.thresholds + 1];
        let (mut positives, mut negatives) = (0, 0);
        for (positive, place) in patients {
            if positive {
                reached[place].0 += 1;
                positives += 1;
            } else {
                reached[place].1 += 1;
                negatives += 1;
            }
        }
        let (mut false_negatives, mut true_negatives) = (0, 0);
        let below = reached[..self.thresholds].iter();
        below
            .map(|(positives_here, negatives_here)| {
                false_negatives += positives_here;
                true_negatives += negatives_here;
                Confusion {
                    true_positives: positives - false_negatives,
                    false_negatives,
                    false_positives: negatives - true_negatives,
                    true_negatives,
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn net_benefit_counts_a_false_positive_at_the_odds_of_the_threshold() {
        let scores = Scores::new(&[1, 1, 0, 0, 0], &[0.9, 0.1, 0.6, 0.2, 0.1]).unwrap();
        let thresholds = DecisionThresholds::new(&[0.2, 0.5, 0.95]).unwrap();
        let curve = decision_curve(&scores, &thresholds, None, Level::PERCENT_95).unwrap();
        let benefit = |point: usize| curve.points[point].net_benefit.value().unwrap();
        assert!((benefit(0) - (0.2 - 0.4 * 0.25)).abs() < 1e-16);
        assert_eq!(benefit(1), 0.0);
        assert_eq!(benefit(2), 0.0);
        assert_eq!(
            curve.points[2].net_benefit.reason(),
            Some(Undefined::NoSpread)
        );
        assert_eq!(curve.points[0].counts, Confusion::at(&scores, 0.2).unwrap());
    }

    #[test]
    fn thresholds_that_make_no_curve_are_refused_with_their_place() {
        assert_eq!(
            DecisionThresholds::new(&[]),
            Err(DecisionThresholdsError::Empty)
        );
        for bad in [[0.0, 0.5], [0.5, 0.5], [0.5, 1.0], [0.5, f64::NAN]] {
            assert!(DecisionThresholds::new(&bad).is_err(), "{bad:?}");
        }
        assert_eq!(DecisionThresholds::percents().as_slice().len(), 99);
    }
}
