//! Isotonic regression of the label on the score.
//!
//! In: [`Scores`]. Out: [`Isotonic`]: the probabilities that never fall as the score rises and are nearest to the labels,
//! by pooling adjacent violators. Between two scores of the fit the probability is interpolated, outside it is that of
//! the nearest.
//! Patients with equal scores enter as one point. Parts positive are compared as whole numbers, so that no rounding
//! decides whether two blocks pool.
//!
//! Source: Ayer et al. 1955, Ann Math Statist 26:641; Zadrozny and Elkan 2002, KDD 8:694. Checked against: scikit-learn's
//! IsotonicRegression with out-of-bounds clip (tools/golden/sklearn_calibration.py).

use serde::{Deserialize, Serialize};

use super::MapError;
use crate::scores::Scores;
use crate::undefined::{Group, Undefined};

/// A probability that rises with the score, by lines between points.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Points", into = "Points")]
pub struct Isotonic {
    points: Points,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename = "Isotonic")]
struct Points {
    /// Rising.
    scores: Vec<f64>,
    /// Never falling, 0 to 1.
    probabilities: Vec<f64>,
}

/// Neighbouring scores with one probability.
struct Block {
    lowest: f64,
    highest: f64,
    positives: u64,
    patients: u64,
}

impl Isotonic {
    /// The map fitted to the patients, in O(n log n).
    ///
    /// # Undefined when
    /// a class has no patient.
    ///
    /// # References
    /// Ayer et al. 1955, Annals of Mathematical Statistics 26:641, doi:10.1214/aoms/1177728423. Zadrozny and Elkan 2002,
    /// KDD 8:694, doi:10.1145/775047.775151.
    pub fn fit(scores: &Scores) -> Result<Self, Undefined> {
        Group::Positive.at_least(1, scores.positives().into())?;
        Group::Negative.at_least(1, scores.negatives().into())?;
        let mut blocks: Vec<Block> = Vec::new();
        for group in scores.tie_groups() {
            let mut block = Block {
                lowest: group.score,
                highest: group.score,
                positives: group.positives.into(),
                patients: u64::from(group.positives) + u64::from(group.negatives),
            };
            while let Some(before) = blocks.pop_if(|before| !before.lies_below(&block)) {
                block.lowest = before.lowest;
                block.positives += before.positives;
                block.patients += before.patients;
            }
            blocks.push(block);
        }
        let mut points = Points {
            scores: Vec::new(),
            probabilities: Vec::new(),
        };
        for block in blocks {
            points.push(block.lowest, block.part());
            if block.highest > block.lowest {
                points.push(block.highest, block.part());
            }
        }
        Ok(Self { points })
    }

    /// The probability, 0 to 1, of a finite score.
    #[must_use]
    pub fn apply(&self, score: f64) -> f64 {
        let Points {
            scores,
            probabilities,
        } = &self.points;
        let above = scores.partition_point(|point| *point < score);
        let Some(&right) = scores.get(above) else {
            return probabilities[probabilities.len() - 1];
        };
        if above == 0 || right == score {
            return probabilities[above];
        }
        let (left, low, high) = (
            scores[above - 1],
            probabilities[above - 1],
            probabilities[above],
        );
        // Halves first: the distance of two doubles may be none.
        let part = (score / 2.0 - left / 2.0) / (right / 2.0 - left / 2.0);
        (low + (high - low) * part).clamp(low, high)
    }
}

impl Block {
    fn part(&self) -> f64 {
        self.positives as f64 / self.patients as f64
    }

    /// Whether the part positive is below that of `next`. Products of two 32-bit counts cannot overflow.
    fn lies_below(&self, next: &Self) -> bool {
        self.positives * next.patients < next.positives * self.patients
    }
}

impl Points {
    fn push(&mut self, score: f64, probability: f64) {
        self.scores.push(score);
        self.probabilities.push(probability);
    }
}

impl From<Isotonic> for Points {
    fn from(map: Isotonic) -> Self {
        map.points
    }
}

impl TryFrom<Points> for Isotonic {
    type Error = MapError;

    fn try_from(points: Points) -> Result<Self, MapError> {
        let (scores, probabilities) = (&points.scores, &points.probabilities);
        if scores.len() != probabilities.len() {
            return Err(MapError::LengthMismatch {
                scores: scores.len(),
                probabilities: probabilities.len(),
            });
        }
        if scores.is_empty() {
            return Err(MapError::Empty);
        }
        for row in 0..scores.len() {
            let before = row.checked_sub(1);
            if !scores[row].is_finite()
                || before.is_some_and(|before| scores[row] <= scores[before])
            {
                return Err(MapError::ScoreOrder { row: row + 1 });
            }
            let lowest = before.map_or(0.0, |before| probabilities[before]);
            if !(lowest..=1.0).contains(&probabilities[row]) {
                return Err(MapError::ProbabilityOrder { row: row + 1 });
            }
        }
        Ok(Self { points })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn violators_pool_and_lines_join_the_blocks() {
        let scores = Scores::new(&[0, 1, 0, 1, 1], &[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        let map = Isotonic::fit(&scores).unwrap();
        let of = [0.0, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 9.0].map(|score| map.apply(score));
        assert_eq!(of, [0.0, 0.0, 0.25, 0.5, 0.5, 0.5, 0.75, 1.0, 1.0]);
    }

    #[test]
    fn the_farthest_doubles_interpolate() {
        let scores = Scores::new(&[0, 1], &[-f64::MAX, f64::MAX]).unwrap();
        assert_eq!(Isotonic::fit(&scores).unwrap().apply(0.0), 0.5);
    }

    #[test]
    fn damaged_points_are_refused() {
        let read =
            |json: &str| serde_json::from_str::<Isotonic>(json).map_err(|error| error.to_string());
        assert!(read(r#"{"scores":[0.1,0.4],"probabilities":[0.0,1.0]}"#).is_ok());
        for (json, words) in [
            (r#"{"scores":[],"probabilities":[]}"#, "no point"),
            (
                r#"{"scores":[0.1],"probabilities":[0.0,1.0]}"#,
                "1 scores and 2 probabilities",
            ),
            (
                r#"{"scores":[0.4,0.4],"probabilities":[0.0,1.0]}"#,
                "score 2",
            ),
            (
                r#"{"scores":[0.1,0.4],"probabilities":[0.5,0.4]}"#,
                "probability 2",
            ),
            (
                r#"{"scores":[0.1,0.4],"probabilities":[0.5,1.4]}"#,
                "probability 2",
            ),
            (
                r#"{"scores":[0.1],"probabilities":[-0.5]}"#,
                "probability 1",
            ),
        ] {
            assert!(read(json).unwrap_err().contains(words), "{json}");
        }
    }
}
