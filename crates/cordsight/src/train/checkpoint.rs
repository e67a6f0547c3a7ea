//! `checkpoints/last.safetensors`: all that a stopped run needs to go on as if it had never stopped.
//!
//! In: the [`State`] after an epoch. Out: one file, written whole or not at all. Weights, both moments of the optimiser,
//! the number of steps, the history, and the best weights so far; random numbers need no saving, since each draw
//! depends on seed, epoch and place alone.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::fit::State;
use super::log::Epoch;
use crate::network::Architecture;
use crate::run_folder::{RunFolderError, write_whole};
use crate::tensor_file::{self, TensorFileError};
use crate::weights::{Weights, WeightsError};

/// A checkpoint that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The file cannot be written.
    #[error(transparent)]
    Write(#[from] RunFolderError),
    /// The file cannot be read.
    #[error("{path}: {reason}; without it the run cannot go on: start anew with --overwrite")]
    Read {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
}

#[derive(Serialize, Deserialize)]
struct About {
    architecture: Architecture,
    steps: u32,
    history: Vec<Epoch>,
    best_epoch: Option<u32>,
}

/// Writes the state after an epoch.
///
/// # Errors
///
/// A full or read-only disk.
pub fn write(
    path: &Path,
    architecture: &Architecture,
    state: &State,
) -> Result<(), CheckpointError> {
    let about = About {
        architecture: architecture.clone(),
        steps: state.steps,
        history: state.history.clone(),
        best_epoch: state.best.as_ref().map(|(epoch, _)| *epoch),
    };
    let best = state
        .best
        .as_ref()
        .map(|(_, weights)| weights.tensors())
        .unwrap_or_default();
    let groups = [
        ("network", state.weights.tensors()),
        ("adam_first", state.first.tensors()),
        ("adam_second", state.second.tensors()),
        ("best", best),
    ];
    let bytes = tensor_file::encode(&about, &groups).map_err(|error| unusable(path, &error))?;
    Ok(write_whole(path, &bytes)?)
}

/// Reads the state after the last finished epoch.
///
/// # Errors
///
/// A file that is missing, damaged, or of another network.
pub fn read(path: &Path, architecture: &Architecture) -> Result<State, CheckpointError> {
    let bytes = std::fs::read(path).map_err(|error| CheckpointError::Read {
        path: path.display().to_string(),
        reason: crate::cohort::plain_reason(&error),
    })?;
    let (about, tensors): (About, _) =
        tensor_file::decode(&bytes).map_err(|error| unusable(path, &error))?;
    if about.architecture != *architecture {
        return Err(CheckpointError::Read {
            path: path.display().to_string(),
            reason: "found the state of another network than config.toml names".to_string(),
        });
    }
    let load = |group: &str| {
        Weights::for_architecture(architecture, tensor_file::group(&tensors, group)).map_err(
            |error: WeightsError| CheckpointError::Read {
                path: path.display().to_string(),
                reason: format!("{group}: {error}"),
            },
        )
    };
    let best = match about.best_epoch {
        Some(epoch) => Some((epoch, load("best")?)),
        None => None,
    };
    Ok(State {
        steps: about.steps,
        weights: load("network")?,
        first: load("adam_first")?,
        second: load("adam_second")?,
        history: about.history,
        best,
    })
}

fn unusable(path: &Path, error: &TensorFileError) -> CheckpointError {
    CheckpointError::Read {
        path: path.display().to_string(),
        reason: error.to_string(),
    }
}
