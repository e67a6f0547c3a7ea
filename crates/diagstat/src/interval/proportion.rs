//! A proportion and its confidence intervals.
//!
//! In: successes of trials, and a [`Level`]. Out: an [`Interval`].
//! Wilson's interval is the one to read by default: its coverage is close to the level on average. Jeffreys's is as
//! short and has the same tails on both sides. Clopper-Pearson's ("exact") covers at least the level for every
//! proportion and is wider for it. All three have a value at any count that a proportion can have.
//!
//! Source: Wilson 1927, JASA 22:209; Clopper and Pearson 1934, Biometrika 26:404; Brown, Cai and DasGupta 2001,
//! Statistical Science 16:101. Checked against: statsmodels (tools/golden/sklearn_metrics.py) and R's qbeta
//! (tools/golden/proportions.R).

use serde::Serialize;

use super::{Interval, IntervalMethod, Level};
use crate::beta::{Tail, beta_quantile};
use crate::undefined::{Group, Undefined};

/// Which interval a proportion gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProportionInterval {
    /// [`Proportion::wilson`].
    Wilson,
    /// [`Proportion::clopper_pearson`].
    ClopperPearson,
    /// [`Proportion::jeffreys`].
    Jeffreys,
}

/// Successes of a number of trials, at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Proportion {
    successes: u64,
    trials: u64,
}

impl Proportion {
    /// Successes and failures; both count, so 22 of 29 is `(22, 7)`.
    ///
    /// # Undefined when
    /// both are 0.
    pub fn from_successes_and_failures(successes: u32, failures: u32) -> Result<Self, Undefined> {
        Self::of(Group::Trials, u64::from(successes), u64::from(failures))
    }

    /// As [`Proportion::from_successes_and_failures`], where the trials are the patients of `group`: sums of a few
    /// 32-bit counts, which cannot overflow.
    pub(crate) fn of(group: Group, successes: u64, failures: u64) -> Result<Self, Undefined> {
        let trials = successes + failures;
        group.at_least(1, trials)?;
        Ok(Self { successes, trials })
    }

    /// Number of successes.
    #[must_use]
    pub fn successes(self) -> u64 {
        self.successes
    }

    /// Number of trials, at least 1.
    #[must_use]
    pub fn trials(self) -> u64 {
        self.trials
    }

    /// Successes divided by trials.
    #[must_use]
    pub fn value(self) -> f64 {
        self.successes as f64 / self.trials as f64
    }

    /// The interval that `method` names.
    #[must_use]
    pub fn interval(self, method: ProportionInterval, level: Level) -> Interval {
        match method {
            ProportionInterval::Wilson => self.wilson(level),
            ProportionInterval::ClopperPearson => self.clopper_pearson(level),
            ProportionInterval::Jeffreys => self.jeffreys(level),
        }
    }

    /// Wilson's score interval, without continuity correction. It lies within 0 to 1 and reaches 0 only with no success,
    /// 1 only with no failure.
    ///
    /// # References
    /// Wilson 1927, JASA 22:209, doi:10.1080/01621459.1927.10502953.
    #[must_use]
    pub fn wilson(self, level: Level) -> Interval {
        let z = level.z();
        let trials = self.trials as f64;
        let value = self.value();
        let shrink = 1.0 + z * z / trials;
        let centre = (value + z * z / (2.0 * trials)) / shrink;
        let spread = value * (1.0 - value) / trials + z * z / (4.0 * trials * trials);
        let half_width = z / shrink * spread.sqrt();
        Interval {
            low: self.low_unless_none(|| centre - half_width),
            high: self.high_unless_all(|| centre + half_width),
            level,
            method: IntervalMethod::Wilson,
        }
    }

    /// Clopper and Pearson's exact interval: the proportions at which the successes seen, or more extreme ones, have a
    /// probability of at least half of what the level leaves out. 0 is the lower limit with no success, 1 the upper one
    /// with no failure.
    ///
    /// # References
    /// Clopper and Pearson 1934, Biometrika 26:404, doi:10.1093/biomet/26.4.404.
    #[must_use]
    pub fn clopper_pearson(self, level: Level) -> Interval {
        let (successes, failures) = self.shapes();
        Interval {
            low: self.low_unless_none(|| {
                beta_quantile(successes, failures + 1.0, level.tail(), Tail::Below)
            }),
            high: self.high_unless_all(|| {
                beta_quantile(successes + 1.0, failures, level.tail(), Tail::Above)
            }),
            level,
            method: IntervalMethod::ClopperPearson,
        }
    }

    /// Jeffreys's interval: equal tails of the posterior under the Beta(1/2, 1/2) prior. After Brown, Cai and DasGupta 0
    /// is the lower limit with no success and 1 the upper one with no failure, so that the coverage does not fall to 0 at
    /// the ends; the other limit stays that of the posterior. At levels below one half the interval may lie beside the
    /// estimate, since it surrounds the median of the posterior.
    ///
    /// # References
    /// Brown, Cai and DasGupta 2001, Statistical Science 16:101, doi:10.1214/ss/1009213286.
    #[must_use]
    pub fn jeffreys(self, level: Level) -> Interval {
        let (successes, failures) = self.shapes();
        let (a, b) = (successes + 0.5, failures + 0.5);
        Interval {
            low: self.low_unless_none(|| beta_quantile(a, b, level.tail(), Tail::Below)),
            high: self.high_unless_all(|| beta_quantile(a, b, level.tail(), Tail::Above)),
            level,
            method: IntervalMethod::Jeffreys,
        }
    }

    /// Successes and failures.
    fn shapes(self) -> (f64, f64) {
        (self.successes as f64, (self.trials - self.successes) as f64)
    }

    fn low_unless_none(self, low: impl FnOnce() -> f64) -> f64 {
        if self.successes == 0 { 0.0 } else { low() }
    }

    fn high_unless_all(self, high: impl FnOnce() -> f64) -> f64 {
        if self.successes == self.trials {
            1.0
        } else {
            high()
        }
    }
}
