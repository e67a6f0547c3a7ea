//! `metrics.jsonl`: what each epoch measured, one line an epoch.
//!
//! In: the history. Out: the file's text. It holds no times, so that a resumed run gives the same bytes as one that
//! was never stopped; speed is shown while training and kept in no result.

use serde::{Deserialize, Serialize};

/// What one epoch measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// From 1.
    pub epoch: u32,
    /// Mean cross-entropy over the training pictures as augmented, while the weights moved.
    pub train_loss: f64,
    /// Area under the ROC curve of the same scores (the mean over findings, or over classes against the rest); absent where
    /// one class is, or where pictures were mixed.
    pub train_auc: Option<f64>,
    /// Mean cross-entropy over the validation pictures, after the epoch.
    pub validation_loss: Option<f64>,
    /// Area under the ROC curve of the validation patients, after the epoch.
    pub validation_auc: Option<f64>,
}

/// The text of `metrics.jsonl`.
pub fn to_jsonl(history: &[Epoch]) -> String {
    let line = |epoch: &Epoch| {
        serde_json::to_string(epoch)
            .map(|json| json + "\n")
            .unwrap_or_default()
    };
    history.iter().map(line).collect()
}
