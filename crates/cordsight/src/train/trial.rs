//! A training that only chooses: judged on validation patients, with no test picture scored.
//!
//! In: settings and a split. Out: the epoch of the lowest validation loss, and that loss. The folder holds a checkpoint, so
//! that what was stopped goes on, but nothing that would make it a run.

use super::{Loaded, TrainError, Watch, fitted};
use crate::config::TrainConfig;
use crate::run_folder::RunFolder;
use crate::split::Split;

/// Trains on the training patients of a split in a folder that will be no run: the epoch of the lowest loss on the validation
/// patients, and that loss; nothing where the loss was no longer finite. No test picture is scored. What was stopped goes on.
///
/// # Errors
///
/// As [`train`].
pub(crate) fn validated(
    folder: &RunFolder,
    config: &TrainConfig,
    loaded: &Loaded,
    split: &Split,
    watch: &mut dyn Watch,
) -> Result<Option<(u32, f64)>, TrainError> {
    let Loaded {
        cohort, prepared, ..
    } = loaded;
    let state = match fitted(folder, config, cohort, split, prepared, None, watch) {
        Ok(state) => state,
        Err(TrainError::Diverged { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let losses = state.history.iter().map(|epoch| epoch.validation_loss);
    let losses = (1..).zip(losses.map(|loss| loss.unwrap_or(f64::INFINITY)));
    let best = losses.min_by(|a, b| a.1.total_cmp(&b.1));
    Ok(best.filter(|(_, loss)| loss.is_finite()))
}
