//! Predictive values at a stated prevalence.
//!
//! In: [`Confusion`] of a study that chose how many patients of each class it took, and the [`Prevalence`] where the test
//! will be used. Out: [`Measured`], with limits that lie symmetrically on the logit.
//!
//! Source: Mercaldo, Lau and Zhou 2007, Stat Med 26:2170. Checked against: R's symbolic derivatives of the logits
//! (tools/golden/counts.R).

use super::Confusion;
use crate::interval::{Interval, IntervalMethod, Level};
use crate::measured::Measured;
use crate::prevalence::Prevalence;
use crate::undefined::{Group, Undefined};

impl Confusion {
    /// Positive predictive value at a prevalence other than that of these patients, 0 to 1: the part that would be
    /// positive of those called positive. With Mercaldo's interval on the logit; the prevalence counts as known.
    ///
    /// # Undefined when
    /// a class has no patient, or nobody is called positive. No interval without a true and a false positive.
    ///
    /// # References
    /// Mercaldo, Lau and Zhou 2007, Statistics in Medicine 26:2170, doi:10.1002/sim.2677.
    #[must_use]
    pub fn ppv_at(&self, prevalence: Prevalence, level: Level) -> Measured {
        let [tp, fn_, fp, tn] = self.wide();
        predictive_value(
            Side {
                right: tp,
                others_of_class: fn_,
                wrong: fp,
                others_of_other_class: tn,
            },
            [prevalence.get(), 1.0 - prevalence.get()],
            [
                Group::Positive.at_least(1, tp + fn_),
                Group::Negative.at_least(1, fp + tn),
                Group::CalledPositive.at_least(1, tp + fp),
            ],
            [
                Group::TruePositive.at_least(1, tp),
                Group::FalsePositive.at_least(1, fp),
            ],
            level,
        )
    }

    /// Negative predictive value at a prevalence other than that of these patients, 0 to 1: the part that would be
    /// negative of those called negative. With Mercaldo's interval on the logit; the prevalence counts as known.
    ///
    /// # Undefined when
    /// a class has no patient, or nobody is called negative. No interval without a true and a false negative.
    ///
    /// # References
    /// As [`Confusion::ppv_at`].
    #[must_use]
    pub fn npv_at(&self, prevalence: Prevalence, level: Level) -> Measured {
        let [tp, fn_, fp, tn] = self.wide();
        predictive_value(
            Side {
                right: tn,
                others_of_class: fp,
                wrong: fn_,
                others_of_other_class: tp,
            },
            [1.0 - prevalence.get(), prevalence.get()],
            [
                Group::Positive.at_least(1, tp + fn_),
                Group::Negative.at_least(1, fp + tn),
                Group::CalledNegative.at_least(1, fn_ + tn),
            ],
            [
                Group::TrueNegative.at_least(1, tn),
                Group::FalseNegative.at_least(1, fn_),
            ],
            level,
        )
    }
}

/// The counts as one of the two calls sees them.
struct Side {
    /// Called so, and so.
    right: u64,
    /// As the call, but not called so.
    others_of_class: u64,
    /// Called so, and not so.
    wrong: u64,
    /// Not as the call, and not called so.
    others_of_other_class: u64,
}

fn predictive_value(
    side: Side,
    [of_class, of_other_class]: [f64; 2],
    has_value: [Result<(), Undefined>; 3],
    has_interval: [Result<(), Undefined>; 2],
    level: Level,
) -> Measured {
    if let Some(reason) = has_value.into_iter().find_map(Result::err) {
        return Measured::undefined(reason);
    }
    let [right, others, wrong, other_others] = [
        side.right,
        side.others_of_class,
        side.wrong,
        side.others_of_other_class,
    ]
    .map(|count| count as f64);
    let (class, other_class) = (right + others, wrong + other_others);
    let rightly = right / class * of_class;
    let wrongly = wrong / other_class * of_other_class;
    let value = rightly / (rightly + wrongly);
    if let Some(reason) = has_interval.into_iter().find_map(Result::err) {
        return Measured::new(value, Err(reason));
    }
    let variance = others / (right * class) + other_others / (wrong * other_class);
    if variance == 0.0 {
        return Measured::new(value, Err(Undefined::StandardErrorZero));
    }
    let logit = (rightly / wrongly).ln();
    let half_width = level.z() * variance.sqrt();
    Measured::new(
        value,
        Ok(Interval {
            low: logistic(logit - half_width),
            high: logistic(logit + half_width),
            level,
            method: IntervalMethod::WaldLogit,
        }),
    )
}

fn logistic(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prevalences_outside_zero_to_one_are_refused() {
        for prevalence in [0.0, 1.0, 5.0, -0.1, f64::NAN] {
            assert!(Prevalence::new(prevalence).is_err(), "{prevalence}");
        }
        assert_eq!(
            Prevalence::new(5.0).unwrap_err().to_string(),
            "prevalence is 5, expected a number above 0 and below 1, such as 0.05"
        );
    }

    #[test]
    fn no_false_positive_gives_a_value_of_one_and_no_interval() {
        let confusion = Confusion {
            true_positives: 5,
            false_negatives: 2,
            false_positives: 0,
            true_negatives: 9,
        };
        let prevalence = Prevalence::new(0.1).unwrap();
        let ppv = confusion.ppv_at(prevalence, Level::PERCENT_95);
        assert_eq!(
            ppv.to_string(),
            "1.000 (no interval: 0 false positives, at least 1 needed)"
        );
    }
}
