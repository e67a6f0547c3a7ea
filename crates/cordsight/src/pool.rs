//! One score a patient from the scores of several pictures.
//!
//! In: the scores of a patient's pictures, such as a neutral, a flexion and an extension view. Out: their mean, or the highest.
//! Scores are pooled, not logits: a mean of scores stays what a reader sees in the table, and one picture that saturates its
//! logit cannot outvote the others. The rule is a setting, fixed before training and carried in the model file, since a
//! rule that was picked by its result would be one more thing chosen on the test patients.

use serde::{Deserialize, Serialize};

/// How the score of a patient comes from the pictures' scores.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Pool {
    /// Their mean.
    #[default]
    Mean,
    /// The highest: one view that shows it is enough.
    Max,
}

impl Pool {
    /// The score of a patient; NaN without a picture.
    pub fn of(self, scores: impl ExactSizeIterator<Item = f64>) -> f64 {
        let count = scores.len() as f64;
        match self {
            Pool::Mean => scores.sum::<f64>() / count,
            Pool::Max => scores.fold(f64::NAN, f64::max),
        }
    }

    /// In words.
    pub fn described(self) -> &'static str {
        match self {
            Pool::Mean => "mean of the scores of the patient's pictures",
            Pool::Max => "highest score of the patient's pictures",
        }
    }

    /// True for the mean, which files of before do not name.
    pub fn is_mean(&self) -> bool {
        *self == Pool::Mean
    }
}

impl std::fmt::Display for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Pool::Mean => "mean",
            Pool::Max => "max",
        })
    }
}
