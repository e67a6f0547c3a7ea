//! Trainings that end in no run: a choice judges them by the patients set aside, while they are trained or after a pause.
//!
//! In: a folder, settings, examples. Out: what the epochs measured. No test picture is scored. A training that pauses after a
//! given epoch goes on later with a schedule of learning rates that knows the whole.

use super::fit::Examples;
use super::log::Epoch;
use super::{Event, TrainError, Watch, fitted};
use crate::config::TrainConfig;
use crate::results::read_history;
use crate::run_folder::RunFolder;

/// Trains until `epochs` are done, from the checkpoint in the folder where there is one; nothing where the loss was no
/// longer finite.
///
/// # Errors
///
/// As [`train`](super::train); [`TrainError::Stopped`] where `watch` asked for the stop.
pub(crate) fn until(
    folder: &RunFolder,
    config: &TrainConfig,
    examples: &[Examples; 2],
    epochs: u32,
    watch: &mut dyn Watch,
) -> Result<Option<Vec<Epoch>>, TrainError> {
    let mut pausing = Until {
        watch,
        done: 0,
        epochs,
    };
    match fitted(folder, config, examples, None, &mut pausing) {
        Ok(state) => Ok(Some(state.history)),
        Err(TrainError::Diverged { .. }) => Ok(None),
        Err(TrainError::Stopped { epoch }) if epoch >= epochs => {
            Ok(Some(read_history(&folder.file("metrics.jsonl"))?))
        }
        Err(error) => Err(error),
    }
}

/// Trains on a split's examples in a folder that will be no run: the epoch of the lowest loss on the validation patients, and
/// that loss; nothing where the loss was no longer finite. No test picture is scored. What was stopped goes on.
///
/// # Errors
///
/// As [`train`](super::train).
pub(crate) fn validated(
    folder: &RunFolder,
    config: &TrainConfig,
    examples: &[Examples; 2],
    watch: &mut dyn Watch,
) -> Result<Option<(u32, f64)>, TrainError> {
    let state = match fitted(folder, config, examples, None, watch) {
        Ok(state) => state,
        Err(TrainError::Diverged { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let losses = state.history.iter().map(|epoch| epoch.validation_loss);
    let losses = (1..).zip(losses.map(|loss| loss.unwrap_or(f64::INFINITY)));
    let best = losses.min_by(|a, b| a.1.total_cmp(&b.1));
    Ok(best.filter(|(_, loss)| loss.is_finite()))
}

struct Until<'a> {
    watch: &'a mut dyn Watch,
    done: u32,
    epochs: u32,
}

impl Watch for Until<'_> {
    fn event(&mut self, event: Event<'_>) {
        match &event {
            Event::Resumed { epochs, .. } => self.done = *epochs,
            Event::Epoch { epoch, .. } => self.done = epoch.epoch,
            _ => {}
        }
        self.watch.event(event);
    }

    fn stop_asked(&self) -> bool {
        self.done >= self.epochs || self.watch.stop_asked()
    }
}
