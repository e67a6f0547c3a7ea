//! One trial: its trainings, and what it reached on each rung.
//!
//! In: settings, and the splits of the learners. Out: [`Reached`], a figure a split, kept in `trials/NNN.json` as soon as it is known;
//! checkpoints lie in `trials/NNN/` until the search is over. Where the final training has validation patients, it will
//! keep its best epoch, and so does a trial; otherwise the last epoch counts.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::halving::Rung;
use super::learners::Learners;
use super::space::{Trial, shown};
use super::{By, TuneError};
use crate::cohort::plain_reason;
use crate::config::TrainConfig;
use crate::run_folder::{RunFolder, RunFolderError};
use crate::train::log::Epoch;
use crate::train::until::until;
use crate::train::{TrainError, Watch};

/// What the patients set aside in one split say.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// The epoch that counts.
    pub epoch: u32,
    /// Mean cross-entropy.
    pub loss: f64,
    /// Area under the ROC curve; nothing where a class is absent.
    pub auc: Option<f64>,
}

/// What a trial reached on a rung.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reached {
    /// Epochs at the end of the rung.
    pub epochs: u32,
    /// One a split; nothing where the loss was no longer finite.
    pub splits: Vec<Option<Judged>>,
}

/// Which epoch counts: the one whose weights the final training would keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counts {
    /// That of the lowest validation loss.
    Best,
    /// The last.
    Last,
}

/// A trial with all that is known of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Kept {
    /// From 1.
    pub trial: usize,
    /// Key and value, as they are typed.
    pub settings: Vec<(String, String)>,
    /// One a rung.
    pub reached: Vec<Reached>,
}

impl Reached {
    /// Mean loss over the splits; nothing where one has none.
    pub fn loss(&self) -> Option<f64> {
        mean(self.splits.iter().map(|split| Some(split.as_ref()?.loss)))
    }

    /// Mean AUC over the splits; nothing where one has none.
    pub fn auc(&self) -> Option<f64> {
        mean(self.splits.iter().map(|split| split.as_ref()?.auc))
    }

    /// The better one first.
    pub(super) fn order(&self, other: &Reached, by: By) -> Ordering {
        let loss = |of: &Reached| of.loss().unwrap_or(f64::INFINITY);
        let auc = |of: &Reached| of.auc().unwrap_or(-1.0);
        let by_loss = loss(self).total_cmp(&loss(other));
        match by {
            By::Loss => by_loss,
            By::Auc => auc(other).total_cmp(&auc(self)).then(by_loss),
        }
    }

    /// The same as if these splits were not there.
    pub(super) fn without(&self, place: usize) -> Reached {
        let mut left = self.clone();
        left.splits.remove(place);
        left
    }
}

/// The mean, where all are known.
pub(super) fn mean(values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let values: Vec<f64> = values.collect::<Option<_>>()?;
    let count = values.len() as f64;
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / count)
}

impl Kept {
    /// What is known of a trial from before, in a search with these rungs and so many splits.
    pub fn read(
        folder: &RunFolder,
        trial: usize,
        settings: &Trial,
        (rungs, splits): (&[Rung], u32),
    ) -> Result<Self, TuneError> {
        let typed = settings
            .iter()
            .map(|(key, value)| (key.clone(), shown(value)));
        let new = Kept {
            trial,
            settings: typed.collect(),
            reached: Vec::new(),
        };
        let path = folder.file(&file(trial));
        if !path.is_file() {
            return Ok(new);
        }
        let wrong = |problem: String| TuneError::File {
            path: path.display().to_string(),
            problem,
        };
        let text = std::fs::read(&path).map_err(|error| wrong(plain_reason(&error)))?;
        let old: Kept = serde_json::from_slice(&text).map_err(|error| wrong(error.to_string()))?;
        let fits = |(reached, rung): (&Reached, &Rung)| {
            reached.epochs == rung.epochs && reached.splits.len() == splits as usize
        };
        let is_own = old.settings == new.settings
            && old.trial == trial
            && old.reached.len() <= rungs.len()
            && old.reached.iter().zip(rungs).all(fits);
        match is_own {
            true => Ok(old),
            false => Err(wrong(
                "found another trial, or other rungs or splits than tune.json has; the file was edited; put it back, or choose another --out"
                    .to_string(),
            )),
        }
    }

    pub fn write(&self, folder: &RunFolder) -> Result<(), TuneError> {
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        Ok(folder.write(&file(self.trial), &text)?)
    }

    /// Deletes the checkpoints, which are as large as the network and of no further use.
    pub fn clear(&self, folder: &RunFolder) -> Result<(), TuneError> {
        let path = folder.file(&place(self.trial));
        match std::fs::remove_dir_all(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(TuneError::File {
                path: path.display().to_string(),
                problem: plain_reason(&error),
            }),
            _ => Ok(()),
        }
    }
}

fn place(trial: usize) -> String {
    format!("trials/{trial:03}")
}

fn file(trial: usize) -> String {
    format!("{}.json", place(trial))
}

/// Trains a trial in every split until so many epochs. The seed is another one in each split, and the same for all trials.
pub(super) fn reach(
    folder: &RunFolder,
    trial: usize,
    config: &TrainConfig,
    (learners, splits): (&Learners, u32),
    (epochs, counts): (u32, Counts),
    watch: &mut dyn Watch,
) -> Result<Reached, TrainError> {
    let mut reached = Reached {
        epochs,
        splits: Vec::new(),
    };
    for number in 0..splits {
        let run = RunFolder::open(&folder.file(&format!("{}/split-{}", place(trial), number + 1)));
        let checkpoints = run.file("checkpoints");
        std::fs::create_dir_all(&checkpoints).map_err(|error| RunFolderError::Io {
            path: checkpoints.display().to_string(),
            reason: plain_reason(&error),
        })?;
        let config = TrainConfig {
            seed: config.seed.wrapping_add(u64::from(number)),
            ..config.clone()
        };
        let examples = learners.examples(&config, number as usize)?;
        let history = until(&run, &config, &examples, epochs, watch)?;
        reached
            .splits
            .push(history.and_then(|history| counts.of(&history)));
    }
    Ok(reached)
}

impl Counts {
    fn of(self, history: &[Epoch]) -> Option<Judged> {
        let mut judged = history.iter().filter_map(|epoch| {
            Some(Judged {
                epoch: epoch.epoch,
                loss: epoch.validation_loss.filter(|loss| loss.is_finite())?,
                auc: epoch.validation_auc,
            })
        });
        match self {
            Counts::Best => judged.min_by(|a, b| a.loss.total_cmp(&b.loss)),
            Counts::Last => judged.next_back(),
        }
    }
}
