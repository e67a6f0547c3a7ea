//! Thresholds that a rule chooses on the ROC curve, other than Youden's.
//!
//! In: [`Scores`] and, where the rule has one, the rate to reach or the [`Costs`]. Out: [`OperatingPoint`], a threshold
//! between two neighbouring scores as [`youden`](crate::youden()) gives it, with its counts. A rule that only a single
//! call for all patients would satisfy has a reason and no threshold. Thresholds chosen on the patients whose sensitivity
//! and specificity are then reported make both too good.
//! Counts are compared as integers, so that ties are ties. Each function says which of equal cuts it takes.
//!
//! Source: Perkins and Schisterman 2006, Am J Epidemiol 163:670 (corner); Metz 1978, Semin Nucl Med 8:283 (costs).
//! Checked against: pROC's coords with "closest.topleft" and best.weights (tools/golden/proc_curve.R).

use serde::Serialize;

use crate::confusion::Confusion;
use crate::rate::Rate;
use crate::roc::{Cut, cuts, youden};
use crate::scores::Scores;
use crate::undefined::Undefined;

/// A threshold that a rule chose.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct OperatingPoint {
    /// Lies between two scores: halfway, or the upper one where no number lies between.
    pub threshold: f64,
    /// What the rule minimises or maximises, at this threshold: see the function that made it.
    pub criterion: f64,
    /// The counts at the threshold.
    pub confusion: Confusion,
}

/// What wrong calls cost, and how common the disease is where the test will be used.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Costs {
    false_negative: f64,
    prevalence: f64,
}

/// Costs that no threshold can be chosen by.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum CostsError {
    /// A relative cost that is no positive number.
    #[error(
        "a false negative costs {found} times a false positive, expected a finite number above 0"
    )]
    FalseNegative {
        /// The relative cost.
        found: f64,
    },
    /// A prevalence at which only one class exists.
    #[error("prevalence is {found}, expected a number above 0 and below 1")]
    Prevalence {
        /// The prevalence.
        found: f64,
    },
}

impl Costs {
    /// `false_negative` is the cost of overlooking a patient in units of the cost of a false alarm.
    ///
    /// # Errors
    /// [`CostsError`] where the cost is not finite and above 0, or the prevalence not above 0 and below 1.
    pub fn new(false_negative: f64, prevalence: f64) -> Result<Self, CostsError> {
        if !(false_negative > 0.0 && false_negative.is_finite()) {
            return Err(CostsError::FalseNegative {
                found: false_negative,
            });
        }
        if !(prevalence > 0.0 && prevalence < 1.0) {
            return Err(CostsError::Prevalence { found: prevalence });
        }
        Ok(Self {
            false_negative,
            prevalence,
        })
    }
}

/// The cut whose point lies closest to the upper left corner, where sensitivity and specificity are 1. The criterion is
/// the distance, 0 to the square root of 2. It has no meaning in patients or costs; Youden's index has one.
///
/// Of cuts at the same distance the lowest is taken, which is the most sensitive.
///
/// # Undefined when
/// a class has no patient, all scores are equal, or no cut has a Youden index above 0.
///
/// # References
/// Perkins and Schisterman 2006, American Journal of Epidemiology 163:670, doi:10.1093/aje/kwj063.
pub fn closest_to_corner(scores: &Scores) -> Result<OperatingPoint, Undefined> {
    let cuts = cuts(scores)?;
    youden(scores)?;
    let (positives, negatives) = (scores.positives(), scores.negatives());
    // The distance times positives times negatives, squared: at most 2^125.
    let squared = |cut: &Cut| {
        let missed = u128::from(cut.confusion.false_negatives) * u128::from(negatives);
        let alarmed = u128::from(cut.confusion.false_positives) * u128::from(positives);
        missed * missed + alarmed * alarmed
    };
    let best = cuts.iter().min_by_key(|cut| squared(cut));
    let best = best.ok_or(Undefined::AllTied)?;
    let distance = (squared(best) as f64).sqrt() / (f64::from(positives) * f64::from(negatives));
    Ok(chosen(best, distance))
}

/// The most specific cut that reaches a sensitivity. The criterion is its specificity.
///
/// Of cuts with the same specificity the lowest is taken, which is the most sensitive.
///
/// # Undefined when
/// a class has no patient, all scores are equal, or no cut between two scores reaches the sensitivity.
pub fn at_sensitivity(scores: &Scores, wanted: Rate) -> Result<OperatingPoint, Undefined> {
    let cuts = cuts(scores)?;
    let sensitivity =
        |cut: &Cut| f64::from(cut.confusion.true_positives) / f64::from(scores.positives());
    let best = cuts
        .iter()
        .filter(|cut| sensitivity(cut) >= wanted.get())
        .min_by_key(|cut| cut.confusion.false_positives);
    let best = best.ok_or_else(|| Undefined::SensitivityNotReached {
        wanted: wanted.get(),
        highest: sensitivity(&cuts[0]),
    })?;
    let specificity = f64::from(best.confusion.true_negatives) / f64::from(scores.negatives());
    Ok(chosen(best, specificity))
}

/// The most sensitive cut that reaches a specificity. The criterion is its sensitivity.
///
/// Of cuts with the same sensitivity the highest is taken, which is the most specific.
///
/// # Undefined when
/// a class has no patient, all scores are equal, or no cut between two scores reaches the specificity.
pub fn at_specificity(scores: &Scores, wanted: Rate) -> Result<OperatingPoint, Undefined> {
    let cuts = cuts(scores)?;
    let specificity =
        |cut: &Cut| f64::from(cut.confusion.true_negatives) / f64::from(scores.negatives());
    let best = cuts
        .iter()
        .rev()
        .filter(|cut| specificity(cut) >= wanted.get())
        .min_by_key(|cut| cut.confusion.false_negatives);
    let best = best.ok_or_else(|| Undefined::SpecificityNotReached {
        wanted: wanted.get(),
        highest: specificity(&cuts[cuts.len() - 1]),
    })?;
    let sensitivity = f64::from(best.confusion.true_positives) / f64::from(scores.positives());
    Ok(chosen(best, sensitivity))
}

/// The cut with the lowest expected cost of wrong calls. The criterion is that cost for one patient, in units of the cost
/// of a false positive: cost × prevalence × (1 - sensitivity) + (1 - prevalence) × (1 - specificity). The lowest cost is
/// the highest weighted Youden index, sensitivity + specificity × (1 - prevalence) / (cost × prevalence).
///
/// Of cuts whose costs agree to 12 digits the lowest is taken, which is the most sensitive.
///
/// # Undefined when
/// a class has no patient, all scores are equal, or no cut costs less than calling every patient positive, or negative.
///
/// # References
/// Metz 1978, Seminars in Nuclear Medicine 8:283, doi:10.1016/S0001-2998(78)80014-2.
pub fn cost_weighted(scores: &Scores, costs: Costs) -> Result<OperatingPoint, Undefined> {
    let cuts = cuts(scores)?;
    let missed = costs.false_negative * costs.prevalence / f64::from(scores.positives());
    let alarmed = (1.0 - costs.prevalence) / f64::from(scores.negatives());
    let cost = |cut: &Cut| {
        missed * f64::from(cut.confusion.false_negatives)
            + alarmed * f64::from(cut.confusion.false_positives)
    };
    let lowest = cuts.iter().map(cost).fold(f64::INFINITY, f64::min);
    let of_all_positive = 1.0 - costs.prevalence;
    let of_all_negative = costs.false_negative * costs.prevalence;
    if lowest >= of_all_positive.min(of_all_negative) * (1.0 - ROUNDING) {
        return Err(Undefined::OneCallForAll {
            call: if of_all_negative < of_all_positive {
                "negative"
            } else {
                "positive"
            },
        });
    }
    let best = cuts
        .iter()
        .find(|cut| cost(cut) <= lowest * (1.0 + ROUNDING));
    let best = best.ok_or(Undefined::AllTied)?;
    Ok(chosen(best, cost(best)))
}

/// Costs that differ by a smaller part are equal, and differ by rounding only.
const ROUNDING: f64 = 1e-12;

/// The cut with the highest F1 of the positive class. The criterion is that F1. It depends on the prevalence among these
/// patients, and true negatives do not enter.
///
/// Of cuts with the same F1 the lowest is taken, which is the most sensitive.
///
/// # Undefined when
/// a class has no patient, all scores are equal, or no cut has a higher F1 than calling every patient positive.
pub fn highest_f1(scores: &Scores) -> Result<OperatingPoint, Undefined> {
    let cuts = cuts(scores)?;
    let of_all_positive = Cut {
        threshold: f64::NEG_INFINITY,
        confusion: Confusion {
            true_positives: scores.positives(),
            false_negatives: 0,
            false_positives: scores.negatives(),
            true_negatives: 0,
        },
    };
    let mut best = &of_all_positive;
    for cut in &cuts {
        if has_higher_f1(&cut.confusion, &best.confusion) {
            best = cut;
        }
    }
    if best.threshold == f64::NEG_INFINITY {
        return Err(Undefined::OneCallForAll { call: "positive" });
    }
    Ok(chosen(best, best.confusion.f1()?))
}

fn has_higher_f1(one: &Confusion, other: &Confusion) -> bool {
    // F1 rises with the ratio of true positives to wrong calls plus twice the true positives.
    let parts = |of: &Confusion| {
        let hits = u128::from(of.true_positives);
        let misses = u128::from(of.false_negatives) + u128::from(of.false_positives);
        (hits, 2 * hits + misses)
    };
    let ((hits, all), (other_hits, other_all)) = (parts(one), parts(other));
    hits * other_all > other_hits * all
}

fn chosen(cut: &Cut, criterion: f64) -> OperatingPoint {
    OperatingPoint {
        threshold: cut.threshold,
        criterion,
        confusion: cut.confusion,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(of: f64) -> Rate {
        Rate::new(of).unwrap()
    }

    fn scores() -> Scores {
        let labels = [0, 0, 1, 0, 1, 1, 0, 1];
        Scores::new(&labels, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]).unwrap()
    }

    #[test]
    fn of_equally_specific_cuts_the_most_sensitive_reaches_the_sensitivity() {
        let point = at_sensitivity(&scores(), rate(0.5)).unwrap();
        assert_eq!((point.threshold, point.criterion), (4.5, 0.75));
        assert_eq!(point.confusion.true_positives, 3);
    }

    #[test]
    fn of_equally_sensitive_cuts_the_most_specific_reaches_the_specificity() {
        let point = at_specificity(&scores(), rate(0.5)).unwrap();
        assert_eq!((point.threshold, point.criterion), (2.5, 1.0));
        let point = at_specificity(&scores(), rate(0.25)).unwrap();
        assert_eq!(point.threshold, 2.5);
    }

    #[test]
    fn a_rate_that_only_one_call_for_all_reaches_has_a_reason() {
        let tied = Scores::new(&[1, 0, 1, 0], &[1.0, 1.0, 2.0, 2.0]).unwrap();
        assert_eq!(
            at_sensitivity(&tied, rate(0.9)).unwrap_err().to_string(),
            "no cut between two scores has a sensitivity of 0.9 or more, the highest is 0.5"
        );
        assert_eq!(
            at_specificity(&tied, rate(0.9)).unwrap_err().to_string(),
            "no cut between two scores has a specificity of 0.9 or more, the highest is 0.5"
        );
        assert!(at_sensitivity(&tied, rate(0.5)).is_ok());
    }

    #[test]
    fn nineteen_of_twenty_reach_a_sensitivity_of_95_percent() {
        let labels: Vec<bool> = (0..40).map(|patient| patient % 2 == 0).collect();
        let places: Vec<f64> = (0..40).map(f64::from).collect();
        let scores = Scores::from_bools(&labels, &places).unwrap();
        let point = at_sensitivity(&scores, rate(0.95)).unwrap();
        assert_eq!(point.confusion.true_positives, 19);
        let point = at_specificity(&scores, rate(0.95)).unwrap();
        assert_eq!(point.confusion.true_negatives, 19);
    }

    #[test]
    fn a_rare_disease_makes_calling_nobody_the_cheapest() {
        let costs = Costs::new(1.0, 0.01).unwrap();
        assert_eq!(
            cost_weighted(&scores(), costs)
                .unwrap()
                .confusion
                .false_positives,
            0
        );
        let tied = Scores::new(&[1, 0, 1, 0], &[1.0, 1.0, 2.0, 2.0]).unwrap();
        assert_eq!(
            cost_weighted(&tied, costs).unwrap_err().to_string(),
            "no cut between two scores does better than calling every patient negative"
        );
        let costs = Costs::new(1000.0, 0.5).unwrap();
        assert_eq!(cost_weighted(&scores(), costs).unwrap().threshold, 2.5);
    }

    #[test]
    fn of_equal_costs_the_most_sensitive_cut_is_taken() {
        let scores = Scores::new(&[0, 1, 0, 1], &[1.0, 2.0, 3.0, 4.0]).unwrap();
        let costs = Costs::new(0.3, 1.0 / 1.3).unwrap();
        assert_eq!(cost_weighted(&scores, costs).unwrap().threshold, 1.5);
        assert_eq!(closest_to_corner(&scores).unwrap().threshold, 1.5);
    }

    #[test]
    fn scores_of_no_use_have_no_highest_f1() {
        let wrong_way = Scores::new(&[1, 0], &[0.1, 0.9]).unwrap();
        assert_eq!(
            highest_f1(&wrong_way),
            Err(Undefined::OneCallForAll { call: "positive" })
        );
        assert_eq!(highest_f1(&scores()).unwrap().criterion, 0.8);
    }

    #[test]
    fn costs_and_prevalences_that_mean_nothing_are_refused() {
        for (cost, prevalence) in [
            (0.0, 0.5),
            (-1.0, 0.5),
            (f64::NAN, 0.5),
            (f64::INFINITY, 0.5),
            (1.0, 0.0),
            (1.0, 1.0),
            (1.0, f64::NAN),
        ] {
            assert!(Costs::new(cost, prevalence).is_err(), "{cost} {prevalence}");
        }
        assert_eq!(
            Costs::new(1.0, 50.0).unwrap_err().to_string(),
            "prevalence is 50, expected a number above 0 and below 1"
        );
    }
}
