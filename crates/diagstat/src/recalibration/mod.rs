//! Maps from scores to calibrated probabilities.
//!
//! In: [`Scores`](crate::Scores) of patients that the model was not trained on. Out: a map, one of [`Isotonic`],
//! [`Platt`] and [`Temperature`], which takes a new score to a probability; [`CalibrationMap`] is any of them, for a model file.
//! Temperature has one parameter and moves no call at 0.5, Platt's has two, isotonic regression as many as the data want:
//! it needs hundreds of patients, and gives 0 and 1 at its ends. All maps that rise keep the ranks of the scores, but
//! isotonic regression makes ties. What is reported of a mapped score must come from patients that fitted neither.
//! A map that was read from a file has been checked: a damaged file is an error, never an odd probability.
//!
//! Source: each map's own. Checked against: scikit-learn (tools/golden/sklearn_calibration.py), R's glm
//! (tools/golden/calibration.R).

mod isotonic;
mod platt;
mod temperature;

use serde::{Deserialize, Serialize};

pub use isotonic::Isotonic;
pub use platt::Platt;
pub use temperature::Temperature;

/// Any of the maps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "method")]
pub enum CalibrationMap {
    /// Steps that rise, joined by lines.
    Isotonic(Isotonic),
    /// A logistic curve of the score.
    Platt(Platt),
    /// The logit divided by a number.
    Temperature(Temperature),
}

/// Parameters that no fit gives, as a damaged file may hold them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MapError {
    /// Isotonic scores and probabilities that do not belong together.
    #[error(
        "isotonic map has {scores} scores and {probabilities} probabilities, expected one each"
    )]
    LengthMismatch {
        /// Number of scores.
        scores: usize,
        /// Number of probabilities.
        probabilities: usize,
    },
    /// No point at all.
    #[error("isotonic map has no point, expected at least 1")]
    Empty,
    /// Scores of an isotonic map that do not rise.
    #[error("score {row} of the isotonic map is not finite or not above the one before")]
    ScoreOrder {
        /// The place of the score, counted from 1.
        row: usize,
    },
    /// Probabilities of an isotonic map that fall, or are none.
    #[error("probability {row} of the isotonic map is outside 0 to 1 or below the one before")]
    ProbabilityOrder {
        /// The place of the probability, counted from 1.
        row: usize,
    },
    /// Slope or intercept of Platt's map.
    #[error("slope or intercept of Platt's map is not finite")]
    Platt,
    /// A temperature that is none.
    #[error("temperature is not a finite number above 0")]
    Temperature,
}

impl CalibrationMap {
    /// The probability, 0 to 1, of a finite score.
    #[must_use]
    pub fn apply(&self, score: f64) -> f64 {
        match self {
            Self::Isotonic(map) => map.apply(score),
            Self::Platt(map) => map.apply(score),
            Self::Temperature(map) => map.apply(score),
        }
    }
}
