//! Training that goes on where it was stopped.
//!
//! In: a run folder, with a checkpoint or without, and what is learnt from. Out: the state after the last epoch; the checkpoint and
//! `metrics.jsonl` are written after each.

use super::fit::{Examples, State, fit};
use super::rate::Schedule;
use super::{Event, TrainError, Watch, checkpoint, initial, log};
use crate::config::{Settings, TrainConfig};
use crate::run_folder::RunFolder;
use crate::tensorboard::{Curves, Recorder};
use crate::weights::Weights;

/// Trains on the first examples, watched on the second, from these weights or from where the run was stopped.
pub(crate) fn fitted(
    run: &RunFolder,
    config: &TrainConfig,
    [training, validation]: &[Examples; 2],
    start: Option<Weights>,
    watch: &mut dyn Watch,
) -> Result<State, TrainError> {
    let architecture = config.architecture();
    let state = match start {
        Some(weights) => State::new(&architecture, weights),
        None if run.checkpoint().is_file() => {
            let state = checkpoint::read(&run.checkpoint(), &architecture)?;
            watch.event(Event::Resumed {
                epochs: state.history.len() as u32,
                history: &state.history,
            });
            state
        }
        None => {
            let source = initial::source(&config.weights)?;
            State::new(&architecture, initial::weights(config, source.as_ref())?)
        }
    };
    let mut keep = |state: &State| -> Result<(), TrainError> {
        checkpoint::write(&run.checkpoint(), &architecture, state)?;
        Ok(run.write("metrics.jsonl", log::to_jsonl(&state.history).as_bytes())?)
    };
    let pictures = [training, validation].map(|examples| examples.pictures.len());
    let curves = Curves::open(run, config, pictures, &state.history)?;
    let mut recorder = Recorder::new(watch, curves);
    let fitted = fit(
        config,
        training,
        validation,
        state,
        &mut keep,
        &mut recorder,
    );
    recorder.end()?;
    fitted
}

/// The run's own settings; flags may repeat them, may state more of the study, and may ask for more epochs unless the
/// learning rate depends on them.
pub(super) fn resumed_config(run: &RunFolder, given: &Settings) -> Result<TrainConfig, TrainError> {
    if let Err(error) = std::fs::metadata(run.config()) {
        return Err(TrainError::NothingToResume {
            path: run.path().display().to_string(),
            reason: crate::cohort::plain_reason(&error),
        });
    }
    let own = TrainConfig::read(&run.config())?;
    let mut wanted = given.clone().or(Settings::read(&run.config())?).resolve()?;
    let falls_to_the_end = own.schedule == Schedule::Cosine && wanted.epochs != own.epochs;
    if wanted.epochs < own.epochs || falls_to_the_end {
        return Err(TrainError::OtherSettings {
            key: "epochs".to_string(),
        });
    }
    let epochs = std::mem::replace(&mut wanted.epochs, own.epochs);
    if let Some(key) = own.first_difference(&wanted) {
        return Err(TrainError::OtherSettings { key });
    }
    let study = wanted.study;
    Ok(TrainConfig {
        epochs,
        study,
        ..own
    })
}
