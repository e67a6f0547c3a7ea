//! What a network with several outputs answers, as its model file says it.
//!
//! In: the findings or classes, and a threshold for each finding. Out: which of them scores call, and whether a file's own
//! description fits its network.

use serde::{Deserialize, Serialize};

use super::ThresholdOrigin;
use crate::task::Task;

/// What a network with several outputs answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answers {
    /// The findings or classes, in the order of the outputs.
    pub task: Task,
    /// Score from which each finding is called; none for classes, where the highest score decides.
    pub thresholds: Vec<ThresholdOrigin>,
}

impl Answers {
    /// Which findings the scores of a picture call, or which class: the one with the highest score.
    pub fn called(&self, scores: &[f64]) -> Vec<bool> {
        match self.task {
            Task::Classes(_) => {
                let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let best = scores.iter().position(|score| *score == most);
                (0..scores.len()).map(|place| Some(place) == best).collect()
            }
            _ => {
                let pairs = scores.iter().zip(&self.thresholds);
                pairs.map(|(score, from)| *score >= from.value).collect()
            }
        }
    }

    /// Whether task and thresholds fit each other and a network with so many outputs.
    pub(super) fn fit(&self, outputs: usize) -> bool {
        let thresholds = match &self.task {
            Task::Binary => return false,
            Task::Findings(names) => names.len(),
            Task::Classes(_) => 0,
        };
        let scores = self.thresholds.iter().map(|threshold| threshold.value);
        outputs > 0
            && self.task.outputs() == outputs
            && self.thresholds.len() == thresholds
            && scores.into_iter().all(|score| (0.0..=1.0).contains(&score))
    }
}
