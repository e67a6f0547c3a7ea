//! The threshold of a run.
//!
//! In: the rule, and scores of the training and of the validation patients. Out: the threshold with where it comes from. The
//! test part is not among them.

use crate::config::ThresholdRule;
use crate::evaluate::youden_threshold;
use crate::model_file::ThresholdOrigin;
use crate::pool::Pool;
use crate::predictions::Prediction;

/// The threshold by the rule; where no validation patients are, the training patients choose it.
pub(crate) fn choose_threshold(
    rule: ThresholdRule,
    pool: Pool,
    train: &[Prediction],
    validation: &[Prediction],
) -> ThresholdOrigin {
    match rule {
        ThresholdRule::Fixed(value) => ThresholdOrigin {
            value,
            origin: "fixed before training".to_string(),
        },
        ThresholdRule::Youden => {
            let (rows, part) = if validation.is_empty() {
                (train, "training")
            } else {
                (validation, "validation")
            };
            let origin =
                format!("chosen on the {part} patients (largest sensitivity + specificity)");
            ThresholdOrigin {
                value: youden_threshold(rows, pool).unwrap_or(0.5),
                origin,
            }
        }
    }
}
