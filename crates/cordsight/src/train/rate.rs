//! The learning rate of every step and of every parameter.
//!
//! In: the settings and the number of steps of an epoch. Out: the rate of step 0, 1, ..., which depends on the step's
//! number alone, so that a resumed run goes on with the same one; and a factor for each parameter.
//!
//! Warm-up rises linearly from 0 in the first step. The cosine then falls from the full rate to 0 one step after the last
//! of the run. Source: Loshchilov and Hutter 2017 (arXiv 1608.03983), without restarts; the same as
//! `keras.optimizers.schedules.CosineDecay(0, decay_steps, warmup_target=rate, warmup_steps=...)`, checked against it.
//! Rates by layer: Howard and Ruder 2018 (arXiv 1801.06146), section 3.2, by block instead of by layer.

use serde::{Deserialize, Serialize};

use crate::config::TrainConfig;
use crate::network::Architecture;

/// Learning rate over the steps of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Schedule {
    /// The same for every step.
    #[default]
    Constant,
    /// Falls to 0 at the end of the last epoch along half a cosine.
    Cosine,
}

/// The rate of each step of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Rates {
    /// The full rate.
    pub rate: f64,
    /// Steps over which the rate rises.
    pub warmup: u32,
    /// Steps over which it then falls; `None`: it stays.
    pub decay: Option<u32>,
}

impl Rates {
    /// The rates of a run with so many steps an epoch.
    pub fn new(config: &TrainConfig, steps_per_epoch: u32) -> Self {
        let steps = |epochs: u32| epochs.saturating_mul(steps_per_epoch);
        Rates {
            rate: config.learning_rate,
            warmup: steps(config.warmup_epochs),
            decay: match config.schedule {
                Schedule::Constant => None,
                Schedule::Cosine => Some(steps(config.epochs - config.warmup_epochs)),
            },
        }
    }

    /// The rate of the step after `steps` steps.
    pub fn after(&self, steps: u32) -> f64 {
        if steps < self.warmup {
            return self.rate * f64::from(steps) / f64::from(self.warmup);
        }
        match self.decay {
            None => self.rate,
            Some(decay) => {
                let done = (steps - self.warmup).min(decay);
                let part = f64::from(done) / f64::from(decay.max(1));
                self.rate * 0.5 * (1.0 + (std::f64::consts::PI * part).cos())
            }
        }
    }
}

/// Factor on the learning rate of every parameter: 1 in the head, `layer_decay` to the power of the blocks that follow,
/// plus one, in a block.
pub fn factors(architecture: &Architecture, layer_decay: f64) -> Vec<f64> {
    let blocks = architecture.stages().len();
    let factor = |block: Option<usize>| match block {
        Some(block) => layer_decay.powi((blocks - block) as i32),
        None => 1.0,
    };
    let parameters = architecture.parameters().into_iter();
    parameters
        .map(|parameter| factor(parameter.block))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Body;

    #[test]
    fn a_block_is_slower_than_the_next_by_the_factor_and_the_head_has_the_full_rate() {
        let architecture = Architecture {
            body: Body::Vgg11,
            width: 0.02,
            image_size: 32,
            outputs: 1,
            covariates: 0,
        };
        let factors = factors(&architecture, 0.5);
        let named = architecture.parameters().into_iter().zip(factors);
        let of = |wanted: &str| -> Vec<f64> {
            let named = named.clone();
            let some = named.filter(|(parameter, _)| parameter.name.starts_with(wanted));
            some.map(|(_, factor)| factor).collect()
        };
        assert_eq!(of("block1"), [0.03125; 2]);
        assert_eq!(of("block4"), [0.25; 4]);
        assert_eq!(of("block5"), [0.5; 4]);
        assert_eq!(of("dense"), [1.0; 6]);
    }
}
