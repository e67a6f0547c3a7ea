//! The learning rate of a fold, chosen among its own learners.
//!
//! In: the rates to try, and a fold's split. Out: [`Choice`], kept as `choices/FOLD.json`. Each rate trains on the fold's training
//! patients and is judged by the lowest loss on its validation patients; the lowest of all wins, at a tie the smaller
//! rate. No picture of the fold's test patients is scored here. A choice that was broken off goes on at its last epoch; one
//! that was made is read again.

use serde::{Deserialize, Serialize};

use super::{CrossValidationError, Place};
use crate::cohort::plain_reason;
use crate::config::TrainConfig;
use crate::run_folder::RunFolder;
use crate::train::fit::Examples;
use crate::train::{Watch, validated};

/// What was tried for a fold, and what won.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// The rate that trains the fold.
    pub learning_rate: f64,
    /// Each rate with what it reached.
    pub tried: Vec<Tried>,
}

/// One learning rate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tried {
    /// The rate.
    pub learning_rate: f64,
    /// Lowest loss on the validation patients; none where the loss was no longer finite.
    pub validation_loss: Option<f64>,
    /// The epoch that reached it.
    pub epoch: Option<u32>,
}

/// Chooses the rate of a fold, or reads what was chosen before.
pub(super) fn choose(
    rates: &[f64],
    folder: &RunFolder,
    place: Place,
    examples: &[Examples; 2],
    config: &TrainConfig,
    watch: &mut dyn Watch,
) -> Result<Choice, CrossValidationError> {
    let name = format!("choices/{}.json", place.folder());
    let kept = folder.file(&name);
    if kept.is_file() {
        let wrong = |problem: String| CrossValidationError::File {
            path: kept.display().to_string(),
            problem,
        };
        let text = std::fs::read(&kept).map_err(|error| wrong(plain_reason(&error)))?;
        return serde_json::from_slice(&text).map_err(|error| wrong(error.to_string()));
    }
    let mut tried = Vec::new();
    for &learning_rate in rates {
        let trial = format!("choices/{}-rate-{learning_rate:e}", place.folder());
        let run = RunFolder::open(&folder.file(&trial));
        let checkpoints = run.file("checkpoints");
        std::fs::create_dir_all(&checkpoints).map_err(|error| CrossValidationError::File {
            path: checkpoints.display().to_string(),
            problem: plain_reason(&error),
        })?;
        let config = TrainConfig {
            learning_rate,
            ..config.clone()
        };
        let best = validated(&run, &config, examples, watch).map_err(|source| {
            CrossValidationError::Fold {
                place,
                source: Box::new(source),
            }
        })?;
        tried.push(Tried {
            learning_rate,
            validation_loss: best.map(|(_, loss)| loss),
            epoch: best.map(|(epoch, _)| epoch),
        });
    }
    let choice = Choice {
        learning_rate: lowest(&tried),
        tried,
    };
    folder.write(&name, &serde_json::to_vec_pretty(&choice)?)?;
    // The states of rates that lost are of no further use, and are as large as the network.
    for &rate in rates {
        let trial = format!("choices/{}-rate-{rate:e}", place.folder());
        let path = folder.file(&trial);
        std::fs::remove_dir_all(&path).map_err(|error| CrossValidationError::File {
            path: path.display().to_string(),
            problem: plain_reason(&error),
        })?;
    }
    Ok(choice)
}

/// The rate of the lowest loss; where none has a loss, the smallest rate.
fn lowest(tried: &[Tried]) -> f64 {
    let key = |of: &Tried| {
        (
            of.validation_loss.unwrap_or(f64::INFINITY),
            of.learning_rate,
        )
    };
    let best = tried.iter().min_by(|a, b| {
        let (a, b) = (key(a), key(b));
        a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1))
    });
    best.map_or(f64::NAN, |of| of.learning_rate)
}

#[cfg(test)]
mod tests {
    use super::{Tried, lowest};

    fn tried(rows: &[(f64, Option<f64>)]) -> Vec<Tried> {
        let of = |&(learning_rate, validation_loss): &(f64, Option<f64>)| Tried {
            learning_rate,
            validation_loss,
            epoch: validation_loss.map(|_| 1),
        };
        rows.iter().map(of).collect()
    }

    #[test]
    fn the_lowest_loss_wins_then_the_smaller_rate_and_a_rate_that_diverged_never() {
        let rows = [(1e-2, None), (1e-3, Some(0.5)), (1e-4, Some(0.4))];
        assert_eq!(lowest(&tried(&rows)), 1e-4);
        let rows = [(1e-3, Some(0.5)), (1e-4, Some(0.5))];
        assert_eq!(lowest(&tried(&rows)), 1e-4);
        assert_eq!(lowest(&tried(&[(1e-3, None), (1e-2, None)])), 1e-3);
    }
}
