//! Confidence intervals: their type, and those of a proportion.
//!
//! In: a [`Proportion`] (successes of trials) and a [`Level`]. Out: an [`Interval`], which carries its level and method,
//! so that no table can print limits without saying whose they are.
//! Wilson's interval is the one to read by default: its coverage is close to the level on average. Clopper-Pearson's
//! ("exact") covers at least the level for every proportion and is wider for it.
//! The incomplete beta function is inverted by bisection, since its Newton iteration may run away at large counts. Beyond
//! 100,000 trials its continued fraction may stop early and give wrong digits, so there is a reason there, no interval.
//!
//! Source: Wilson 1927, JASA 22:209; Clopper and Pearson 1934, Biometrika 26:404; Brown, Cai and DasGupta 2001,
//! Statistical Science 16:101. Checked against: statsmodels (tools/golden/sklearn_metrics.py).

use std::fmt;

use serde::Serialize;
use statrs::function::beta::beta_reg;

use crate::distribution::normal_quantile;
use crate::undefined::{Group, Undefined};

/// The confidence level of an interval, above 0 and below 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Level(f64);

/// A confidence level that is none.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("confidence level is {found}, expected a number above 0 and below 1, such as 0.95")]
pub struct LevelError {
    /// The level asked for.
    pub found: f64,
}

impl Level {
    /// 95 %.
    pub const PERCENT_95: Self = Self(0.95);

    /// A level such as 0.95.
    ///
    /// # Errors
    /// [`LevelError`] where `level` is not above 0 and below 1.
    pub fn new(level: f64) -> Result<Self, LevelError> {
        if level > 0.0 && level < 1.0 {
            Ok(Self(level))
        } else {
            Err(LevelError { found: level })
        }
    }

    /// The level as a fraction.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }

    /// The probability left out on each side.
    pub(crate) fn tail(self) -> f64 {
        (1.0 - self.0) / 2.0
    }

    /// The standard normal quantile at the upper limit: 1.959964 for 95 %.
    pub(crate) fn z(self) -> f64 {
        -normal_quantile(self.tail())
    }
}

/// The method that made an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IntervalMethod {
    /// Wilson's score interval of a proportion.
    Wilson,
    /// Clopper and Pearson's exact interval of a proportion.
    ClopperPearson,
    /// AUC plus and minus a multiple of DeLong's standard error.
    DelongWald,
    /// As `DelongWald`, with a limit that fell outside 0 to 1 cut to 0 or 1.
    DelongWaldCut,
    /// DeLong's standard error on the logit of the AUC, mapped back.
    DelongLogit,
    /// Jeffreys's interval of a proportion: equal tails of the posterior under the Beta(1/2, 1/2) prior.
    Jeffreys,
    /// Simel, Samsa and Matchar's interval of a ratio, on the logarithm.
    SimelLog,
    /// Woolf's interval of an odds ratio, on the logarithm.
    WoolfLog,
    /// Estimate plus and minus a multiple of its standard error.
    Wald,
    /// As `Wald`, on the logit, mapped back.
    WaldLogit,
    /// Quantiles of bootstrap replicates.
    BootstrapPercentile,
    /// Efron's bias-corrected and accelerated bootstrap.
    BootstrapBca,
    /// A quantile of Student's t on each side of the estimate.
    StudentT,
    /// As `StudentT`, with the standard error of a limit of agreement by Bland and Altman's approximation.
    BlandAltman,
    /// As `StudentT`, with the standard error of the jackknife over patients.
    Jackknife,
    /// On Fisher's z (the inverse hyperbolic tangent), mapped back.
    FisherZ,
    /// Quantiles of F on a ratio of mean squares.
    FisherF,
    /// Obuchowski and Rockette's standard error with a quantile of Student's t at Hillis's degrees of freedom.
    ObuchowskiRocketteHillis,
    /// Obuchowski and Rockette's standard error with a normal quantile, for the readers of the study only.
    ObuchowskiRocketteFixedReaders,
}

impl fmt::Display for IntervalMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Wilson => "Wilson",
            Self::ClopperPearson => "Clopper-Pearson",
            Self::DelongWald => "DeLong",
            Self::DelongWaldCut => "DeLong, cut to 0 to 1",
            Self::DelongLogit => "DeLong on the logit",
            Self::Jeffreys => "Jeffreys",
            Self::SimelLog => "Simel",
            Self::WoolfLog => "Woolf",
            Self::Wald => "Wald",
            Self::WaldLogit => "Wald on the logit",
            Self::BootstrapPercentile => "bootstrap percentile",
            Self::BootstrapBca => "bootstrap BCa",
            Self::StudentT => "Student's t",
            Self::BlandAltman => "Bland-Altman",
            Self::Jackknife => "jackknife",
            Self::FisherZ => "Fisher's z",
            Self::FisherF => "F",
            Self::ObuchowskiRocketteHillis => "Obuchowski-Rockette-Hillis",
            Self::ObuchowskiRocketteFixedReaders => "Obuchowski-Rockette, fixed readers",
        })
    }
}

/// Confidence limits with the level and the method that they belong to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// Lower limit.
    pub low: f64,
    /// Upper limit, at least `low`.
    pub high: f64,
    /// Confidence level.
    pub level: Level,
    /// Method.
    pub method: IntervalMethod,
}

/// Prints `95 % CI 0.780 to 0.949, DeLong`; the precision of the format (`{:.2}`) sets the decimals.
impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = f.precision().unwrap_or(3);
        // Twelve digits hold any level that is typed, and hide that 0.999 times 100 is not 99.9 in binary.
        let percent = (self.level.get() * 1e12).round() / 1e10;
        write!(
            f,
            "{percent} % CI {:.decimals$} to {:.decimals$}, {}",
            self.low, self.high, self.method
        )
    }
}

/// Which interval a proportion gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProportionInterval {
    /// [`Proportion::wilson`].
    Wilson,
    /// [`Proportion::clopper_pearson`].
    ClopperPearson,
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
    ///
    /// # Undefined when
    /// the method has none: see [`Proportion::clopper_pearson`].
    pub fn interval(self, method: ProportionInterval, level: Level) -> Result<Interval, Undefined> {
        match method {
            ProportionInterval::Wilson => Ok(self.wilson(level)),
            ProportionInterval::ClopperPearson => self.clopper_pearson(level),
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
            low: if self.successes == 0 {
                0.0
            } else {
                centre - half_width
            },
            high: if self.successes == self.trials {
                1.0
            } else {
                centre + half_width
            },
            level,
            method: IntervalMethod::Wilson,
        }
    }

    /// Clopper and Pearson's exact interval: the proportions at which the successes seen, or more extreme ones, have a
    /// probability of at least half of what the level leaves out. 0 is the lower limit with no success, 1 the upper one
    /// with no failure. Right to 13 digits up to 50 trials and to 9 at 100,000.
    ///
    /// # Undefined when
    /// there are more than 100,000 trials.
    ///
    /// # References
    /// Clopper and Pearson 1934, Biometrika 26:404, doi:10.1093/biomet/26.4.404.
    pub fn clopper_pearson(self, level: Level) -> Result<Interval, Undefined> {
        if self.trials > CLOPPER_PEARSON_TRIALS_MAX {
            return Err(Undefined::TooMany {
                group: Group::Trials,
                found: self.trials,
                most: CLOPPER_PEARSON_TRIALS_MAX,
            });
        }
        let successes = self.successes as f64;
        let failures = (self.trials - self.successes) as f64;
        let tail = level.tail();
        Ok(Interval {
            low: if self.successes == 0 {
                0.0
            } else {
                beta_quantile(successes, failures + 1.0, tail)
            },
            high: if self.successes == self.trials {
                1.0
            } else {
                beta_quantile(successes + 1.0, failures, 1.0 - tail)
            },
            level,
            method: IntervalMethod::ClopperPearson,
        })
    }
}

/// Up to here the incomplete beta function was compared with another implementation.
const CLOPPER_PEARSON_TRIALS_MAX: u64 = 100_000;

/// The `x` at which the beta distribution with shapes `a` and `b` has accumulated `probability`.
fn beta_quantile(a: f64, b: f64, probability: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    loop {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            return middle;
        }
        if beta_reg(a, b, middle) < probability {
            low = middle;
        } else {
            high = middle;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_outside_zero_to_one_are_refused() {
        for level in [0.0, 1.0, 95.0, -0.5, f64::NAN] {
            assert!(Level::new(level).is_err(), "{level}");
        }
        assert_eq!(
            Level::new(95.0).unwrap_err().to_string(),
            "confidence level is 95, expected a number above 0 and below 1, such as 0.95"
        );
    }

    #[test]
    fn a_level_prints_without_the_noise_of_binary_fractions() {
        for (level, words) in [
            (0.95, "95 %"),
            (0.999, "99.9 %"),
            (0.07, "7 %"),
            (0.975, "97.5 %"),
        ] {
            let of = Proportion::from_successes_and_failures(1, 1).unwrap();
            let interval = of.wilson(Level::new(level).unwrap()).to_string();
            assert!(interval.starts_with(words), "{interval}");
        }
    }

    #[test]
    fn the_normal_quantile_of_95_percent_is_the_tabled_one() {
        assert!((Level::PERCENT_95.z() - 1.959_963_984_540_054).abs() < 1e-15);
    }

    #[test]
    fn clopper_pearson_refuses_more_trials_than_it_was_checked_for() {
        let most = Proportion::from_successes_and_failures(40_000, 60_000).unwrap();
        assert!(most.clopper_pearson(Level::PERCENT_95).is_ok());
        let more = Proportion::from_successes_and_failures(40_000, 60_001).unwrap();
        assert_eq!(
            more.clopper_pearson(Level::PERCENT_95)
                .unwrap_err()
                .to_string(),
            "100001 trials, at most 100000 can be computed rightly"
        );
    }
}
