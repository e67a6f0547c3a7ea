//! Whether scores can be read as probabilities.
//!
//! In: [`Scores`] from 0 to 1. Out: calibration in the large (do the probabilities hold on average?), intercept and slope
//! ([`calibration_regression`]), the Brier score and its parts, reliability curve and calibration errors, tests of
//! calibration. Scores outside 0 to 1 still rank, but are no probabilities; they get a reason here, and no value.
//! Scores of 0 and 1 have an infinite logit, and what needs the logit has a reason there too. Who would rather move such
//! scores says so, by [`clipped`].
//!
//! Source: Van Calster et al. 2019, BMC Medicine 17:230; and each part's own. Checked against: scikit-learn
//! (tools/golden/sklearn_metrics.py, tools/golden/sklearn_calibration.py), R's glm and rms::val.prob
//! (tools/golden/calibration.R).

mod bins;
mod brier;
mod goodness;
mod regression;

pub(crate) use bins::binned;
pub use bins::{
    Binning, ReliabilityBin, expected_calibration_error, maximum_calibration_error,
    reliability_curve,
};
pub use brier::{
    BrierParts, brier, brier_at_prevalence, brier_decomposition, brier_with_interval, scaled_brier,
};
pub use goodness::{Fitted, HosmerLemeshow, hosmer_lemeshow, spiegelhalter};
pub use regression::{
    CalibrationRegression, calibration_regression, calibration_regression_at_prevalence,
};

use crate::scores::Scores;
use crate::undefined::{Group, Undefined};

/// Mean score minus prevalence, -1 to 1: 0 where the scores hold on average, above 0 where they promise too many positive
/// patients.
///
/// # Undefined when
/// there is no patient, or a score lies outside 0 to 1.
///
/// # References
/// Van Calster et al. 2019, BMC Medicine 17:230, doi:10.1186/s12916-019-1466-7.
pub fn calibration_in_the_large(scores: &Scores) -> Result<f64, Undefined> {
    let patients = probabilities(scores)?;
    Ok(mean(patients.iter().map(|(label, score)| score - label)))
}

/// A distance that [`clipped`] cannot keep from 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("distance from 0 and 1 is {found}, expected above 0 and below 0.5, such as 1e-6")]
pub struct ClipError {
    /// The distance asked for.
    pub found: f64,
}

/// The scores with those below `distance` moved up to it, and those above `1 - distance` down, so that every logit is
/// finite. What is computed of them depends on the distance: state it. A score outside 0 to 1 is no probability and stays, so
/// that it still has its reason.
///
/// # Errors
/// [`ClipError`]: the distance is not above 0 and below one half.
pub fn clipped(scores: &Scores, distance: f64) -> Result<Scores, ClipError> {
    if !(distance > 0.0 && distance < 0.5 && 1.0 - distance < 1.0) {
        return Err(ClipError { found: distance });
    }
    Ok(scores.map(|score| {
        if (0.0..=1.0).contains(&score) {
            score.clamp(distance, 1.0 - distance)
        } else {
            score
        }
    }))
}

/// Labels as 0 or 1, each with its probability, in the order of the patients; at least one.
pub(crate) fn probabilities(scores: &Scores) -> Result<Vec<(f64, f64)>, Undefined> {
    Group::Patients.at_least(1, scores.len() as u64)?;
    let row = |(index, (positive, found)): (usize, (bool, f64))| {
        if (0.0..=1.0).contains(&found) {
            Ok((if positive { 1.0 } else { 0.0 }, found))
        } else {
            let row = index + 1;
            Err(Undefined::NotProbability { row, found })
        }
    };
    scores.iter().enumerate().map(row).collect()
}

/// Labels as 0 or 1, each with the logit of its probability.
pub(crate) fn logits(scores: &Scores) -> Result<Vec<(f64, f64)>, Undefined> {
    let row = |(index, (label, found)): (usize, (f64, f64))| {
        if found > 0.0 && found < 1.0 {
            // Near 1 the difference 1 - score is exact, and so is the logarithm of the odds.
            Ok((label, found.ln() - (-found).ln_1p()))
        } else {
            let row = index + 1;
            Err(Undefined::InfiniteLogit { row, found })
        }
    };
    probabilities(scores)?
        .into_iter()
        .enumerate()
        .map(row)
        .collect()
}

/// A sum that is the same in any order: the terms are sorted first.
pub(crate) fn sum(terms: impl Iterator<Item = f64>) -> f64 {
    let mut terms: Vec<f64> = terms.collect();
    terms.sort_unstable_by(f64::total_cmp);
    terms.iter().sum()
}

/// As [`sum`], divided by the number of terms.
fn mean(terms: impl Iterator<Item = f64>) -> f64 {
    let terms: Vec<f64> = terms.collect();
    let count = terms.len() as f64;
    sum(terms.into_iter()) / count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_above_one_is_no_probability() {
        let scores = Scores::new(&[0, 1], &[0.5, 1.5]).unwrap();
        assert_eq!(
            brier(&scores).unwrap_err().to_string(),
            "score 1.5 of patient 2 is no probability, expected 0 to 1"
        );
    }

    #[test]
    fn scores_that_promise_too_many_are_positive_in_the_large() {
        let scores = Scores::new(&[0, 0, 1, 0], &[0.75, 0.25, 1.0, 0.5]).unwrap();
        assert_eq!(calibration_in_the_large(&scores), Ok(0.375));
        assert_eq!(brier(&scores), Ok(0.21875));
    }

    #[test]
    fn a_score_of_one_has_a_reason_until_the_caller_asks_for_clipping() {
        let scores = Scores::new(&[0, 1, 1], &[0.5, 1.0, 0.25]).unwrap();
        let reason = Undefined::InfiniteLogit { row: 2, found: 1.0 };
        assert_eq!(logits(&scores), Err(reason));
        assert!(logits(&clipped(&scores, 1e-6).unwrap()).is_ok());
        let none = Scores::new(&[0, 1], &[0.5, 1.5]).unwrap();
        let reason = Undefined::NotProbability { row: 2, found: 1.5 };
        assert_eq!(logits(&clipped(&none, 1e-6).unwrap()), Err(reason));
        for distance in [0.0, 0.5, -1.0, f64::NAN, 1e-300] {
            assert!(clipped(&scores, distance).is_err(), "{distance}");
        }
    }
}
