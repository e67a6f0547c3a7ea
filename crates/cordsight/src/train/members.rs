//! The further members of an ensemble: the same training with other seeds.
//!
//! In: a run whose first member is trained. Out: the chosen weights of the others, each with its own checkpoint and its own
//! `metrics.jsonl` in `members/N/`, so that a stopped run goes on where it was. Another seed draws other start weights,
//! another order and another augmentation; the split stays.

use burn::tensor::Device;

use crate::config::TrainConfig;
use crate::ensemble::{Ensemble, Views};
use crate::network::Network;
use crate::run_folder::{RunFolder, RunFolderError};
use crate::tensorboard;
use crate::weights::Weights;

use super::fit::Examples;
use super::{Event, TrainError, Watch, fitted};

/// Between the seeds of two members; a run with the next seed shares none of them.
const STRIDE: u64 = 1_000_003;

/// How many views of a picture are scored, and how they are drawn.
pub(super) fn views(config: &TrainConfig) -> Views {
    match config.views {
        0 | 1 => Views::default(),
        count => Views {
            count,
            ranges: config.ranges(),
        },
    }
}

/// All members, ready to score.
pub(super) fn ensemble(
    config: &TrainConfig,
    first: &Weights,
    others: &[Weights],
) -> Result<Ensemble, TrainError> {
    let (architecture, device) = (config.architecture(), Device::flex());
    let all = std::iter::once(first).chain(others);
    let networks = all.map(|weights| Network::new(&architecture, weights, config.conv, &device));
    Ok(Ensemble {
        networks: networks.collect::<Result<_, _>>()?,
        views: views(config),
    })
}

/// Trains all members but the first.
pub(super) fn others(
    run: &RunFolder,
    config: &TrainConfig,
    examples: &[Examples; 2],
    watch: &mut dyn Watch,
) -> Result<Vec<Weights>, TrainError> {
    let mut weights = Vec::new();
    for member in 2..=config.members {
        watch.event(Event::Member {
            member,
            of: config.members,
        });
        let folder = RunFolder::open(&run.file(&format!("members/{member}")));
        let checkpoints = folder.file("checkpoints");
        std::fs::create_dir_all(&checkpoints).map_err(|error| RunFolderError::Io {
            path: checkpoints.display().to_string(),
            reason: crate::cohort::plain_reason(&error),
        })?;
        if tensorboard::is_enabled(run) {
            tensorboard::enable(&folder)?;
        }
        let config = TrainConfig {
            seed: config.seed.wrapping_add(STRIDE * u64::from(member - 1)),
            ..config.clone()
        };
        let state = fitted(&folder, &config, examples, None, watch)?;
        weights.push(state.chosen().clone());
    }
    Ok(weights)
}
