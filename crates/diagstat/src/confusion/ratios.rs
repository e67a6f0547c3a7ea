//! Likelihood ratios and the diagnostic odds ratio.
//!
//! In: [`Confusion`]. Out: [`Measured`], with limits that lie symmetrically on the logarithm.
//! A cell of 0 gives a reason: the ratio divides by it, or its logarithm has no end. One half is never added without
//! being asked for; the functions that add it, to all four cells, have `haldane_anscombe` in their names.
//!
//! Source: Simel, Samsa and Matchar 1991, J Clin Epidemiol 44:763; Woolf 1955, Ann Hum Genet 19:251; Anscombe 1956,
//! Biometrika 43:461. Checked against: epiR's epi.tests (tools/golden/counts.R).

use super::Confusion;
use crate::interval::{Interval, IntervalMethod, Level};
use crate::measured::Measured;
use crate::undefined::{Group, Undefined};

impl Confusion {
    /// Positive likelihood ratio: how many times as often a positive patient is called positive as a negative one; 0 or
    /// more, 1 for a test that says nothing. With Simel's interval.
    ///
    /// # Undefined when
    /// there is no positive patient or no false positive. No interval without a true positive.
    ///
    /// # References
    /// Simel, Samsa and Matchar 1991, J Clin Epidemiol 44:763, doi:10.1016/0895-4356(91)90128-V.
    #[must_use]
    pub fn positive_likelihood_ratio(&self, level: Level) -> Measured {
        let [tp, fn_, fp, tn] = self.wide();
        likelihood_ratio(
            [tp, fn_, fp, tn].map(|count| count as f64),
            Group::Positive
                .at_least(1, tp + fn_)
                .and(Group::FalsePositive.at_least(1, fp)),
            Group::TruePositive.at_least(1, tp),
            level,
        )
    }

    /// Negative likelihood ratio: how many times as often a positive patient is called negative as a negative one; 0 or
    /// more, 1 for a test that says nothing. With Simel's interval.
    ///
    /// # Undefined when
    /// there is no positive patient or no true negative. No interval without a false negative.
    ///
    /// # References
    /// As [`Confusion::positive_likelihood_ratio`].
    #[must_use]
    pub fn negative_likelihood_ratio(&self, level: Level) -> Measured {
        let [tp, fn_, fp, tn] = self.wide();
        likelihood_ratio(
            [fn_, tp, tn, fp].map(|count| count as f64),
            Group::Positive
                .at_least(1, tp + fn_)
                .and(Group::TrueNegative.at_least(1, tn)),
            Group::FalseNegative.at_least(1, fn_),
            level,
        )
    }

    /// Diagnostic odds ratio: the odds of a positive call with a positive patient over those with a negative one; 0 or
    /// more, 1 for a test that says nothing. With Woolf's interval.
    ///
    /// # Undefined when
    /// there is no false negative or no false positive. No interval without a true positive or a true negative.
    ///
    /// # References
    /// Woolf 1955, Annals of Human Genetics 19:251, doi:10.1111/j.1469-1809.1955.tb01348.x.
    #[must_use]
    pub fn diagnostic_odds_ratio(&self, level: Level) -> Measured {
        let [tp, fn_, fp, tn] = self.wide();
        odds_ratio(
            [tp, fn_, fp, tn].map(|count| count as f64),
            Group::FalseNegative
                .at_least(1, fn_)
                .and(Group::FalsePositive.at_least(1, fp)),
            Group::TruePositive
                .at_least(1, tp)
                .and(Group::TrueNegative.at_least(1, tn)),
            level,
        )
    }

    /// As [`Confusion::positive_likelihood_ratio`], with one half added to each of the four counts: it has a value where
    /// a count is 0, drawn towards 1.
    ///
    /// # Undefined when
    /// a class has no patient.
    ///
    /// # References
    /// Anscombe 1956, Biometrika 43:461, doi:10.1093/biomet/43.3-4.461.
    #[must_use]
    pub fn positive_likelihood_ratio_haldane_anscombe(&self, level: Level) -> Measured {
        let [tp, fn_, fp, tn] = self.plus_half();
        likelihood_ratio([tp, fn_, fp, tn], self.both_classes(), Ok(()), level)
    }

    /// As [`Confusion::negative_likelihood_ratio`], with one half added to each of the four counts.
    ///
    /// # Undefined when
    /// a class has no patient.
    ///
    /// # References
    /// As [`Confusion::positive_likelihood_ratio_haldane_anscombe`].
    #[must_use]
    pub fn negative_likelihood_ratio_haldane_anscombe(&self, level: Level) -> Measured {
        let [tp, fn_, fp, tn] = self.plus_half();
        likelihood_ratio([fn_, tp, tn, fp], self.both_classes(), Ok(()), level)
    }

    /// As [`Confusion::diagnostic_odds_ratio`], with one half added to each of the four counts.
    ///
    /// # Undefined when
    /// a class has no patient.
    ///
    /// # References
    /// As [`Confusion::positive_likelihood_ratio_haldane_anscombe`].
    #[must_use]
    pub fn diagnostic_odds_ratio_haldane_anscombe(&self, level: Level) -> Measured {
        odds_ratio(self.plus_half(), self.both_classes(), Ok(()), level)
    }

    fn plus_half(&self) -> [f64; 4] {
        self.wide().map(|count| count as f64 + 0.5)
    }

    fn both_classes(&self) -> Result<(), Undefined> {
        let [tp, fn_, fp, tn] = self.wide();
        Group::Positive.at_least(1, tp + fn_)?;
        Group::Negative.at_least(1, fp + tn)
    }
}

/// The part of the positive patients with a call over that of the negative ones, from the positive patients with and
/// without the call, then the negative ones.
fn likelihood_ratio(
    [with, without, negative_with, negative_without]: [f64; 4],
    has_value: Result<(), Undefined>,
    has_interval: Result<(), Undefined>,
    level: Level,
) -> Measured {
    if let Err(reason) = has_value {
        return Measured::undefined(reason);
    }
    let positives = with + without;
    let negatives = negative_with + negative_without;
    let ratio = (with / positives) / (negative_with / negatives);
    // Each pair is 1 / with - 1 / all, without the cancellation.
    let variance = without / (with * positives) + negative_without / (negative_with * negatives);
    let interval =
        has_interval.and_then(|()| log_interval(ratio, variance, IntervalMethod::SimelLog, level));
    Measured::new(ratio, interval)
}

fn odds_ratio(
    [tp, fn_, fp, tn]: [f64; 4],
    has_value: Result<(), Undefined>,
    has_interval: Result<(), Undefined>,
    level: Level,
) -> Measured {
    if let Err(reason) = has_value {
        return Measured::undefined(reason);
    }
    let ratio = (tp / fn_) * (tn / fp);
    let variance = 1.0 / tp + 1.0 / fn_ + 1.0 / fp + 1.0 / tn;
    let interval =
        has_interval.and_then(|()| log_interval(ratio, variance, IntervalMethod::WoolfLog, level));
    Measured::new(ratio, interval)
}

fn log_interval(
    ratio: f64,
    variance: f64,
    method: IntervalMethod,
    level: Level,
) -> Result<Interval, Undefined> {
    if variance == 0.0 {
        return Err(Undefined::StandardErrorZero);
    }
    let factor = (level.z() * variance.sqrt()).exp();
    Ok(Interval {
        low: ratio / factor,
        high: ratio * factor,
        level,
        method,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_of_zero_is_named_and_nothing_is_added() {
        let no_false_positive = Confusion {
            true_positives: 5,
            false_negatives: 2,
            false_positives: 0,
            true_negatives: 9,
        };
        let level = Level::PERCENT_95;
        let words = |measured: Measured| measured.reason().unwrap().to_string();
        let reason = "0 false positives, at least 1 needed";
        assert_eq!(
            words(no_false_positive.positive_likelihood_ratio(level)),
            reason
        );
        assert_eq!(
            words(no_false_positive.diagnostic_odds_ratio(level)),
            reason
        );
        assert!(
            no_false_positive
                .negative_likelihood_ratio(level)
                .interval()
                .is_some()
        );
        let corrected = no_false_positive.diagnostic_odds_ratio_haldane_anscombe(level);
        assert!((corrected.value().unwrap() - 5.5 * 9.5 / (2.5 * 0.5)).abs() < 1e-13);
    }

    #[test]
    fn a_ratio_of_zero_has_a_value_and_no_interval() {
        let none_found = Confusion {
            true_positives: 0,
            false_negatives: 7,
            false_positives: 2,
            true_negatives: 9,
        };
        let ratio = none_found.positive_likelihood_ratio(Level::PERCENT_95);
        assert_eq!((ratio.value(), ratio.interval()), (Some(0.0), None));
    }

    #[test]
    fn everybody_called_positive_gives_no_interval_of_no_width() {
        let everybody = Confusion {
            true_positives: 7,
            false_negatives: 0,
            false_positives: 2,
            true_negatives: 0,
        };
        let ratio = everybody.positive_likelihood_ratio(Level::PERCENT_95);
        assert_eq!(ratio.value(), Some(1.0));
        assert_eq!(ratio.reason(), Some(Undefined::StandardErrorZero));
    }
}
