//! The Brier score, its interval, and its parts.
//!
//! In: [`Scores`] from 0 to 1. Out: the mean squared difference of score and label; the same at another prevalence, and
//! scaled by that of a score which knows the prevalence only; [`BrierParts`].
//! Murphy's three parts add up to the score only where a bin holds one score. The spread within bins is two parts more,
//! and with them the sum is exact for any bins.
//!
//! Source: Brier 1950, Mon Weather Rev 78:1; Murphy 1973, J Appl Meteorol 12:595; Stephenson, Coelho and Jolliffe 2008,
//! Weather and Forecasting 23:752; Steyerberg et al. 2010, Epidemiology 21:128 (scaled). Checked against: scikit-learn
//! (tools/golden/sklearn_metrics.py), rms::val.prob and the formulas in R (tools/golden/calibration.R).

use serde::Serialize;

use super::{Binning, binned, mean, probabilities, sum};
use crate::interval::{Interval, IntervalMethod, Level};
use crate::logistic::expit;
use crate::measured::Measured;
use crate::prevalence::Prevalence;
use crate::scores::Scores;
use crate::undefined::{Group, Undefined};

/// Mean squared difference of score and label, 0 (best) to 1. The prevalence as everybody's score gives
/// prevalence times (1 - prevalence).
///
/// # Undefined when
/// there is no patient, or a score lies outside 0 to 1.
///
/// # References
/// Brier 1950, Monthly Weather Review 78:1, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2.
pub fn brier(scores: &Scores) -> Result<f64, Undefined> {
    Ok(mean(
        squared_errors(scores)?.into_iter().map(|(_, error)| error),
    ))
}

/// [`brier`] with its interval: the standard error of a mean, on the logit, mapped back, so that the limits stay within 0
/// to 1.
///
/// # Undefined when
/// as [`brier`]. No interval with one patient, or where all squared differences are equal.
///
/// # References
/// As [`brier`]; Bradley, Schwartz and Hashino 2008, Weather and Forecasting 23:992, doi:10.1175/2007WAF2007049.1.
#[must_use]
pub fn brier_with_interval(scores: &Scores, level: Level) -> Measured {
    let errors = match squared_errors(scores) {
        Ok(errors) => errors,
        Err(reason) => return Measured::undefined(reason),
    };
    let errors: Vec<f64> = errors.into_iter().map(|(_, error)| error).collect();
    let value = mean(errors.iter().copied());
    let variance = Group::Patients
        .at_least(2, errors.len() as u64)
        .map(|()| variance_of_mean(&errors, value));
    Measured::new(
        value,
        variance.and_then(|variance| on_the_logit(value, variance, level)),
    )
}

/// [`brier_with_interval`] where the classes have the weights of another prevalence. The standard error is that of a
/// sample drawn class by class.
///
/// # Undefined when
/// a class has no patient, or a score lies outside 0 to 1. No interval with one patient of a class, or where the squared
/// differences of each class are equal.
///
/// # References
/// As [`brier`]; Cochran 1977, Sampling Techniques, 3rd edition, chapter 5 (stratified means).
#[must_use]
pub fn brier_at_prevalence(scores: &Scores, prevalence: Prevalence, level: Level) -> Measured {
    let errors = match squared_errors(scores) {
        Ok(errors) => errors,
        Err(reason) => return Measured::undefined(reason),
    };
    let of_class = |class: f64| -> Vec<f64> {
        let members = errors.iter().filter(|(label, _)| *label == class);
        members.map(|(_, error)| *error).collect()
    };
    let (positive, negative) = (of_class(1.0), of_class(0.0));
    let counted = |needed| {
        Group::Positive.at_least(needed, positive.len() as u64)?;
        Group::Negative.at_least(needed, negative.len() as u64)
    };
    if let Err(reason) = counted(1) {
        return Measured::undefined(reason);
    }
    let weights = (prevalence.get(), 1.0 - prevalence.get());
    let means = (
        mean(positive.iter().copied()),
        mean(negative.iter().copied()),
    );
    let value = weights.0 * means.0 + weights.1 * means.1;
    let variance = counted(2).map(|()| {
        weights.0.powi(2) * variance_of_mean(&positive, means.0)
            + weights.1.powi(2) * variance_of_mean(&negative, means.1)
    });
    Measured::new(
        value,
        variance.and_then(|variance| on_the_logit(value, variance, level)),
    )
}

/// 1 minus the Brier score divided by that of a score which is the prevalence for everybody: 1 is perfect, 0 says no more
/// than the prevalence, below 0 is worse than that.
///
/// # Undefined when
/// a class has no patient, or a score lies outside 0 to 1.
///
/// # References
/// Steyerberg et al. 2010, Epidemiology 21:128, doi:10.1097/EDE.0b013e3181c30fb2.
pub fn scaled_brier(scores: &Scores) -> Result<f64, Undefined> {
    Group::Positive.at_least(1, scores.positives().into())?;
    Group::Negative.at_least(1, scores.negatives().into())?;
    Ok(1.0 - brier(scores)? / uncertainty(scores))
}

/// The parts of a Brier score over bins of the score:
/// `brier = reliability - resolution + uncertainty + within_bin_variance - within_bin_covariance`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BrierParts {
    /// Mean squared difference of mean score and part positive in the bins; 0 is best.
    pub reliability: f64,
    /// Variance between the bins of the part that is positive; more is better.
    pub resolution: f64,
    /// Prevalence times (1 - prevalence), which no score can change.
    pub uncertainty: f64,
    /// Mean squared distance of a score from the mean of its bin.
    pub within_bin_variance: f64,
    /// Twice the mean product of score and label, both less their means in the bin.
    pub within_bin_covariance: f64,
}

impl BrierParts {
    /// Resolution with what the bins hide: `resolution - within_bin_variance + within_bin_covariance`. With it Murphy's
    /// three parts add up.
    #[must_use]
    pub fn generalized_resolution(&self) -> f64 {
        self.resolution - self.within_bin_variance + self.within_bin_covariance
    }
}

/// The parts of the Brier score. Resolution and reliability both grow with the number of bins, by chance too.
///
/// # Undefined when
/// there is no patient, or a score lies outside 0 to 1.
///
/// # References
/// Murphy 1973, Journal of Applied Meteorology 12:595, doi:10.1175/1520-0450(1973)012<0595:ANVPOT>2.0.CO;2. Stephenson,
/// Coelho and Jolliffe 2008, Weather and Forecasting 23:752, doi:10.1175/2007WAF2006116.1.
pub fn brier_decomposition(scores: &Scores, binning: Binning) -> Result<BrierParts, Undefined> {
    let all = scores.len() as f64;
    let prevalence = f64::from(scores.positives()) / all;
    let mut parts = BrierParts {
        reliability: 0.0,
        resolution: 0.0,
        uncertainty: uncertainty(scores),
        within_bin_variance: 0.0,
        within_bin_covariance: 0.0,
    };
    for bin in binned(scores, binning)? {
        let (score, part) = (bin.score_mean(), bin.positive_part());
        let weight = bin.patients.len() as f64 / all;
        let inside = |term: &dyn Fn(f64, f64) -> f64| {
            sum(bin
                .patients
                .iter()
                .map(|(label, p)| term(label - part, p - score)))
                / all
        };
        parts.reliability += weight * (score - part).powi(2);
        parts.resolution += weight * (part - prevalence).powi(2);
        parts.within_bin_variance += inside(&|_, score| score * score);
        parts.within_bin_covariance += inside(&|label, score| 2.0 * label * score);
    }
    Ok(parts)
}

fn uncertainty(scores: &Scores) -> f64 {
    let all = scores.len() as f64;
    f64::from(scores.positives()) / all * (f64::from(scores.negatives()) / all)
}

/// Labels, each with the squared difference of its score.
fn squared_errors(scores: &Scores) -> Result<Vec<(f64, f64)>, Undefined> {
    let patients = probabilities(scores)?.into_iter();
    Ok(patients
        .map(|(label, score)| (label, (score - label) * (score - label)))
        .collect())
}

fn variance_of_mean(terms: &[f64], mean: f64) -> f64 {
    let count = terms.len() as f64;
    // Equal terms have the variance 0, whatever the rounding of their mean.
    if terms.iter().all(|term| *term == terms[0]) {
        return 0.0;
    }
    sum(terms.iter().map(|term| (term - mean) * (term - mean))) / (count - 1.0) / count
}

fn on_the_logit(value: f64, variance: f64, level: Level) -> Result<Interval, Undefined> {
    if variance <= 0.0 {
        return Err(Undefined::NoSpread);
    }
    let centre = (value / (1.0 - value)).ln();
    let half_width = level.z() * variance.sqrt() / (value * (1.0 - value));
    Ok(Interval {
        low: expit(centre - half_width),
        high: expit(centre + half_width),
        level,
        method: IntervalMethod::WaldLogit,
    })
}
