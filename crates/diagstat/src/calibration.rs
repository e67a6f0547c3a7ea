//! Whether scores can be read as probabilities.
//!
//! In: [`Scores`] from 0 to 1. Out: the Brier score, and calibration in the large (do the probabilities hold on
//! average?). Scores outside 0 to 1 still rank, but are no probabilities; they get a reason here, and no value.
//!
//! Source: Brier 1950, Mon Weather Rev 78:1; Van Calster et al. 2019, BMC Medicine 17:230. Brier's score is checked
//! against scikit-learn (tools/golden/sklearn_metrics.py).

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
    mean(scores, |label, score| (score - label) * (score - label))
}

/// Mean score minus prevalence, -1 to 1: 0 where the scores hold on average, above 0 where they promise too many positive
/// patients.
///
/// # Undefined when
/// there is no patient, or a score lies outside 0 to 1.
///
/// # References
/// Van Calster et al. 2019, BMC Medicine 17:230, doi:10.1186/s12916-019-1466-7.
pub fn calibration_in_the_large(scores: &Scores) -> Result<f64, Undefined> {
    mean(scores, |label, score| score - label)
}

/// The mean of a term over all patients, the same in any order of the patients: the terms are sorted before the sum.
fn mean(scores: &Scores, term: impl Fn(f64, f64) -> f64) -> Result<f64, Undefined> {
    Group::Patients.at_least(1, scores.len() as u64)?;
    let outside = scores
        .iter()
        .enumerate()
        .find(|(_, (_, score))| !(0.0..=1.0).contains(score));
    if let Some((index, (_, found))) = outside {
        return Err(Undefined::NotProbability {
            row: index + 1,
            found,
        });
    }
    let mut terms: Vec<f64> = scores
        .iter()
        .map(|(positive, score)| term(if positive { 1.0 } else { 0.0 }, score))
        .collect();
    terms.sort_unstable_by(f64::total_cmp);
    Ok(terms.iter().sum::<f64>() / terms.len() as f64)
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
}
