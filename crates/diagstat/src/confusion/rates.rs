//! Sums of two rates with intervals: balanced accuracy, Youden's index, macro recall and macro precision.
//!
//! In: [`Confusion`]. Out: [`Measured`], with Newcombe's interval: the distances of the two rates to their Wilson limits
//! are squared and added. It stays within the range and has a width where a rate is 0 or 1, as a Wald interval has not.
//! Youden's index is a difference of two independent proportions, for which Newcombe's method 10 was made; the mean of two
//! rates is half of such an index and 1. Predictive values are as independent, given how many are called positive.
//!
//! Source: Youden 1950, Cancer 3:32; Newcombe 1998, Stat Med 17:873; Shan 2015, PLoS ONE 10:e0127272 (its use for
//! Youden's index). Checked against: statsmodels (tools/golden/counts.py). epiR's epi.tests adds the limits of the two
//! rates themselves, which covers far more than the level; it is not followed.

use super::Confusion;
use crate::interval::{Interval, IntervalMethod, Level, Proportion};
use crate::measured::Measured;
use crate::undefined::Undefined;

impl Confusion {
    /// Sensitivity plus specificity less 1: -1 to 1, and 0 for a test that says nothing. With Newcombe's interval.
    ///
    /// # Undefined when
    /// a class has no patient.
    ///
    /// # References
    /// Youden 1950, Cancer 3:32, doi:10.1002/1097-0142(1950)3:1<32::AID-CNCR2820030106>3.0.CO;2-3; Newcombe 1998,
    /// Statistics in Medicine 17:873, doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I.
    #[must_use]
    pub fn youden_index(&self, level: Level) -> Measured {
        match (self.sensitivity(), self.specificity()) {
            (Ok(sensitivity), Ok(specificity)) => {
                let (index, limits) = index_of(sensitivity, specificity, level);
                Measured::new(index, Ok(limits))
            }
            (Err(reason), _) | (_, Err(reason)) => Measured::undefined(reason),
        }
    }

    /// [`Confusion::balanced_accuracy`] with Newcombe's interval.
    ///
    /// # Undefined when
    /// a class has no patient.
    ///
    /// # References
    /// As [`Confusion::youden_index`].
    #[must_use]
    pub fn balanced_accuracy_with_interval(&self, level: Level) -> Measured {
        mean_of(
            self.balanced_accuracy(),
            [self.sensitivity(), self.specificity()],
            level,
        )
    }

    /// [`Confusion::macro_precision`] with Newcombe's interval.
    ///
    /// # Undefined when
    /// nobody is called positive, or nobody negative.
    ///
    /// # References
    /// As [`Confusion::youden_index`].
    #[must_use]
    pub fn macro_precision_with_interval(&self, level: Level) -> Measured {
        mean_of(self.macro_precision(), [self.ppv(), self.npv()], level)
    }
}

fn mean_of(
    value: Result<f64, Undefined>,
    rates: [Result<Proportion, Undefined>; 2],
    level: Level,
) -> Measured {
    match (value, rates) {
        (Ok(value), [Ok(first), Ok(second)]) => {
            let (_, limits) = index_of(first, second, level);
            Measured::new(
                value,
                Ok(Interval {
                    low: f64::midpoint(limits.low, 1.0),
                    high: f64::midpoint(limits.high, 1.0),
                    ..limits
                }),
            )
        }
        (Err(reason), _) | (_, [Err(reason), _] | [_, Err(reason)]) => Measured::undefined(reason),
    }
}

/// The sum of two independent rates less 1, with Newcombe's interval.
fn index_of(first: Proportion, second: Proportion, level: Level) -> (f64, Interval) {
    let index = first.value() + second.value() - 1.0;
    let (one, other) = (first.wilson(level), second.wilson(level));
    let below = f64::hypot(first.value() - one.low, second.value() - other.low);
    let above = f64::hypot(one.high - first.value(), other.high - second.value());
    let limits = Interval {
        low: index - below,
        high: index + above,
        level,
        method: IntervalMethod::NewcombeScore,
    };
    (index, limits)
}
