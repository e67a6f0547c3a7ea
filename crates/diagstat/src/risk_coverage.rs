//! How the errors fall when doubtful patients get no call: the risk-coverage curve.
//!
//! In: [`Scores`] and the threshold of the calls. Out: [`RiskCoverage`]: the patients ordered by the distance of their score from
//! the threshold, the surest first; for each share of them that gets a call, the share of these calls that is wrong. Patients
//! of equal distance are called together, or their order in the file would be a result.
//! The area under the curve is the mean over all patients of the risk at which each is the last to be called. It falls
//! with the model's accuracy as well as with the quality of its doubt: `excess` takes away what a doubt that knew every error
//! would leave.
//!
//! Source: El-Yaniv and Wiener 2010, JMLR 11:1605; Geifman, Uziel and El-Yaniv 2019, ICLR (area and excess area). Checked
//! against: a plain second implementation over NumPy (tools/golden/crepes_conformal.py).

use serde::Serialize;

use crate::rate::Rate;
use crate::scores::Scores;
use crate::undefined::{Group, Undefined};

/// Risk by coverage.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RiskCoverage {
    /// From the surest patients to all.
    pub points: Vec<RiskPoint>,
    /// Area under the curve, 0 to 1.
    pub area: f64,
    /// The area less that of a doubt that calls all right patients first.
    pub excess: f64,
}

/// A share of patients that get a call.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RiskPoint {
    /// Least distance of the score from the threshold.
    pub distance: f64,
    /// Share of the patients that get a call, above 0, at most 1.
    pub coverage: f64,
    /// Share of these calls that is wrong.
    pub risk: f64,
}

/// The curve of calls at `threshold`: positive means `score >= threshold`.
///
/// # Undefined when
/// there is no patient.
///
/// # References
/// Geifman, Uziel and El-Yaniv 2019, Bias-reduced uncertainty estimation for deep neural classifiers, ICLR.
pub fn risk_coverage(scores: &Scores, threshold: Rate) -> Result<RiskCoverage, Undefined> {
    Group::Patients.at_least(1, scores.len() as u64)?;
    let threshold = threshold.get();
    let mut patients: Vec<(f64, bool)> = scores
        .iter()
        .map(|(label, score)| {
            let is_wrong = (score >= threshold) != label;
            ((score - threshold).abs(), is_wrong)
        })
        .collect();
    patients.sort_by(|a, b| b.0.total_cmp(&a.0));
    let count = patients.len() as f64;
    let (mut called, mut wrong, mut area) = (0.0, 0.0, 0.0);
    let mut points = Vec::new();
    for alike in patients.chunk_by(|a, b| a.0 == b.0) {
        called += alike.len() as f64;
        wrong += alike.iter().filter(|(_, is_wrong)| *is_wrong).count() as f64;
        area += alike.len() as f64 * wrong / called;
        points.push(RiskPoint {
            distance: alike[0].0,
            coverage: called / count,
            risk: wrong / called,
        });
    }
    // A doubt that knows: all right calls first, then one error after the other.
    let right = count - wrong;
    let best: f64 = (1..=wrong as u64)
        .map(|errors| errors as f64 / (right + errors as f64))
        .sum();
    Ok(RiskCoverage {
        points,
        area: area / count,
        excess: (area - best) / count,
    })
}
