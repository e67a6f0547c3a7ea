//! Platt's map: a logistic curve of the score.
//!
//! In: [`Scores`] of any range. Out: [`Platt`], fitted by maximum likelihood to targets that lie a little inside 0 and 1,
//! as if each class had one patient more of an even chance. So the maximum exists even where the scores separate the
//! classes, and few patients do not give certainty.
//! The fit is Newton's method with the likelihood computed without cancellation, which Lin, Lin and Weng showed to be
//! needed; their term of 1e-12 on the diagonal is left out, since the maximum is unique.
//!
//! Source: Platt 1999, Advances in Large Margin Classifiers, 61; Lin, Lin and Weng 2007, Machine Learning 68:267. Checked
//! against: R's glm on the same targets (tools/golden/calibration.R), scikit-learn's sigmoid calibration
//! (tools/golden/sklearn_calibration.py).

use serde::{Deserialize, Serialize};

use super::MapError;
use crate::logistic::{expit, line_of_targets};
use crate::scores::Scores;
use crate::undefined::{Group, Undefined};

/// The probability `1 / (1 + exp(-(intercept + slope * score)))`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Line", into = "Line")]
pub struct Platt {
    line: Line,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename = "Platt")]
struct Line {
    slope: f64,
    intercept: f64,
}

impl Platt {
    /// The map fitted to the patients. Its slope is below 0 where negative patients score higher.
    ///
    /// # Undefined when
    /// a class has no patient, all scores are equal, or the maximum was not reached.
    ///
    /// # References
    /// Platt 1999, Probabilistic outputs for support vector machines, in Advances in Large Margin Classifiers. Lin, Lin and
    /// Weng 2007, Machine Learning 68:267, doi:10.1007/s10994-007-5018-6.
    pub fn fit(scores: &Scores) -> Result<Self, Undefined> {
        Group::Positive.at_least(1, scores.positives().into())?;
        Group::Negative.at_least(1, scores.negatives().into())?;
        let positive =
            (f64::from(scores.positives()) + 1.0) / (f64::from(scores.positives()) + 2.0);
        let negative = 1.0 / (f64::from(scores.negatives()) + 2.0);
        let rows: Vec<(f64, f64)> = scores
            .iter()
            .map(|(label, score)| (score, if label { positive } else { negative }))
            .collect();
        let (slope, intercept) = line_of_targets(&rows).map_err(|reason| match reason {
            Undefined::Collinear { .. } => Undefined::AllTied,
            other => other,
        })?;
        Ok(Self {
            line: Line { slope, intercept },
        })
    }

    /// The probability, 0 to 1, of a finite score.
    #[must_use]
    pub fn apply(&self, score: f64) -> f64 {
        expit(self.line.intercept + self.line.slope * score)
    }

    /// The change of the log odds with one unit of the score.
    #[must_use]
    pub fn slope(&self) -> f64 {
        self.line.slope
    }

    /// The log odds at a score of 0.
    #[must_use]
    pub fn intercept(&self) -> f64 {
        self.line.intercept
    }
}

impl From<Platt> for Line {
    fn from(map: Platt) -> Self {
        map.line
    }
}

impl TryFrom<Line> for Platt {
    type Error = MapError;

    fn try_from(line: Line) -> Result<Self, MapError> {
        if line.slope.is_finite() && line.intercept.is_finite() {
            Ok(Self { line })
        } else {
            Err(MapError::Platt)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separated_scores_give_a_finite_curve_that_stays_inside_the_targets() {
        let scores = Scores::new(&[0, 0, 1, 1], &[1.0, 2.0, 3.0, 4.0]).unwrap();
        let map = Platt::fit(&scores).unwrap();
        assert!(map.slope() > 0.0 && map.slope() < 10.0, "{map:?}");
        assert!((map.apply(2.5) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn equal_scores_have_no_curve() {
        let scores = Scores::new(&[0, 1, 1], &[0.3; 3]).unwrap();
        assert_eq!(Platt::fit(&scores), Err(Undefined::AllTied));
    }
}
