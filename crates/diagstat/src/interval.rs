//! Confidence intervals: their type, their level, and those of a proportion.
//!
//! In: a [`Proportion`] (successes of trials) and a [`Level`]. Out: an [`Interval`], which carries its level and method,
//! so that no table can print limits without saying whose they are.

mod proportion;

use std::fmt;

use serde::Serialize;

use crate::distribution::normal_quantile;
use crate::logistic::expit;
use crate::undefined::Undefined;

pub use proportion::{Proportion, ProportionInterval};

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
    /// AUC plus and minus a multiple of Obuchowski's standard error.
    ObuchowskiWald,
    /// As `ObuchowskiWald`, with a limit that fell outside 0 to 1 cut to 0 or 1.
    ObuchowskiWaldCut,
    /// Obuchowski's standard error on the logit of the AUC, mapped back.
    ObuchowskiLogit,
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
    /// As `Wald`, with a limit that fell outside the range of the statistic cut to its end.
    WaldCut,
    /// As `Wald`, on Fisher's z, mapped back.
    FisherZ,
    /// Newcombe's interval of a difference: the distances to Wilson's limits, squared and added.
    NewcombeScore,
    /// Quantiles of bootstrap replicates.
    BootstrapPercentile,
    /// Efron's bias-corrected and accelerated bootstrap.
    BootstrapBca,
    /// Campbell's simultaneous band of a ROC curve, from two Kolmogorov-Smirnov bands.
    KolmogorovSmirnov,
    /// Estimate plus and minus a multiple of its standard error on the probit, mapped back.
    WaldProbit,
    /// A quantile of Student's t on each side of the estimate.
    StudentT,
    /// As `StudentT`, with Nadeau and Bengio's standard error of a mean over random splits.
    CorrectedResampledT,
    /// As `CorrectedResampledT`, with a limit that fell outside 0 to 1 cut to 0 or 1.
    CorrectedResampledTCut,
    /// As `StudentT`, with the standard error of a limit of agreement by Bland and Altman's approximation.
    BlandAltman,
    /// As `StudentT`, with the standard error of the jackknife over patients.
    Jackknife,
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
            Self::ObuchowskiWald => "Obuchowski",
            Self::ObuchowskiWaldCut => "Obuchowski, cut to 0 to 1",
            Self::ObuchowskiLogit => "Obuchowski on the logit",
            Self::Jeffreys => "Jeffreys",
            Self::SimelLog => "Simel",
            Self::WoolfLog => "Woolf",
            Self::Wald => "Wald",
            Self::WaldLogit => "Wald on the logit",
            Self::WaldCut => "Wald, cut to the range",
            Self::FisherZ => "Fisher's z",
            Self::NewcombeScore => "Newcombe",
            Self::BootstrapPercentile => "bootstrap percentile",
            Self::BootstrapBca => "bootstrap BCa",
            Self::KolmogorovSmirnov => "simultaneous Kolmogorov-Smirnov band",
            Self::WaldProbit => "Wald on the probit",
            Self::StudentT => "Student's t",
            Self::CorrectedResampledT => "corrected resampled t",
            Self::CorrectedResampledTCut => "corrected resampled t, cut to 0 to 1",
            Self::BlandAltman => "Bland-Altman",
            Self::Jackknife => "jackknife",
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

impl Interval {
    /// Wald's interval of a statistic without bounds, or whose limits may pass them.
    pub(crate) fn wald_uncut(value: f64, standard_error: f64, level: Level) -> Self {
        let half_width = level.z() * standard_error;
        Self {
            low: value - half_width,
            high: value + half_width,
            level,
            method: IntervalMethod::Wald,
        }
    }

    /// The limits that lie symmetrically around the logit of a value from 0 to 1, with the logit's standard error.
    pub(crate) fn wald_logit(logit: f64, standard_error: f64, level: Level) -> Self {
        let half_width = level.z() * standard_error;
        Self {
            low: expit(logit - half_width),
            high: expit(logit + half_width),
            level,
            method: IntervalMethod::WaldLogit,
        }
    }

    /// Wald's interval of a statistic that ranges from `lowest` to `highest`; a limit beyond is cut and the method says so.
    pub(crate) fn wald(
        value: f64,
        standard_error: f64,
        level: Level,
        (lowest, highest): (f64, f64),
    ) -> Result<Self, Undefined> {
        if standard_error == 0.0 {
            return Err(Undefined::StandardErrorZero);
        }
        let half_width = level.z() * standard_error;
        let (low, high) = (value - half_width, value + half_width);
        Ok(Self {
            low: low.max(lowest),
            high: high.min(highest),
            level,
            method: if low < lowest || high > highest {
                IntervalMethod::WaldCut
            } else {
                IntervalMethod::Wald
            },
        })
    }
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
}
