//! Fits the network to the training part, epoch by epoch.
//!
//! In: prepared pictures with labels, the settings, and the [`State`] to start from (a new one, or a checkpoint's).
//! Out: the state after the last epoch. Each epoch shuffles the pictures, augments each batch while the one before is
//! being fitted, and takes one Adam step a batch on the mean binary cross-entropy of the logits, as the paper's Keras
//! model does, or on what [`Labels`] asks for. Where the head alone is trained, the body computes the validation pictures once, and the training pictures
//! too if they stay as they are; since such an epoch takes less time than a checkpoint, not every epoch then has one.

use std::time::{Duration, Instant};

use burn::tensor::Device;

use super::features::{self, Features};
use super::labels::Labels;
use super::log::Epoch;
use super::pass::Course;
use super::rate::{self, Rates};
use super::{Event, TrainError, Watch};
use crate::adam::Adam;
use crate::config::TrainConfig;
use crate::network::{Architecture, Network, Trained};
use crate::prepare::Prepared;
use crate::score::outputs;
use crate::weights::Weights;

/// Time between checkpoints where an epoch takes milliseconds.
const KEEP_EVERY: Duration = Duration::from_secs(5);

/// Prepared pictures with the label of each.
#[derive(Default)]
pub struct Examples {
    /// The pictures.
    pub pictures: Vec<Prepared>,
    /// What is known of each.
    pub labels: Labels,
}

/// Everything that changes while training.
pub struct State {
    /// Optimiser steps taken.
    pub steps: u32,
    /// The weights.
    pub weights: Weights,
    /// Adam's first moments.
    pub first: Weights,
    /// Adam's second moments.
    pub second: Weights,
    /// What each finished epoch measured.
    pub history: Vec<Epoch>,
    /// Epoch and weights of the lowest validation loss, where there is a validation part.
    pub best: Option<(u32, Weights)>,
}

impl State {
    /// The state before the first epoch.
    pub fn new(architecture: &Architecture, weights: Weights) -> Self {
        let zeros = Weights::zeros(architecture);
        State {
            steps: 0,
            weights,
            first: zeros.clone(),
            second: zeros,
            history: Vec::new(),
            best: None,
        }
    }

    /// The weights to keep: those of the best epoch, or the last where nothing chose one.
    pub fn chosen(&self) -> &Weights {
        self.best
            .as_ref()
            .map_or(&self.weights, |(_, weights)| weights)
    }

    fn is_finished(&self, config: &TrainConfig) -> bool {
        let done = self.history.len() as u32;
        let waited = self.best.as_ref().map_or(0, |(epoch, _)| done - epoch);
        done >= config.epochs || (config.patience > 0 && waited >= config.patience)
    }
}

/// Trains until the last epoch, early stopping, or a stop that `watch` asks for; `keep` stores the state after each.
///
/// # Errors
///
/// A loss that is no longer finite, or a state that cannot be kept.
pub fn fit(
    config: &TrainConfig,
    train: &Examples,
    validation: &Examples,
    mut state: State,
    keep: &mut dyn FnMut(&State) -> Result<(), TrainError>,
    watch: &mut dyn Watch,
) -> Result<State, TrainError> {
    let architecture = config.architecture();
    let is_told = |picture: &Prepared| picture.1.len() == architecture.covariates;
    if !train
        .pictures
        .iter()
        .chain(&validation.pictures)
        .all(is_told)
    {
        return Err(TrainError::Untold);
    }
    let plain = Device::flex();
    let device = plain.clone().autodiff();
    let frozen = config.train.frozen(&architecture);
    let mut network =
        Network::new(&architecture, &state.weights, config.conv, &device)?.freeze(frozen);
    let mut adam = Adam::new(state.steps, &state.first, &state.second, &plain)
        .with_weight_decay(config.weight_decay)
        .with_factors(rate::factors(&architecture, config.layer_decay));
    let steps_per_epoch = train.pictures.len().div_ceil(config.batch_size) as u32;
    let mut course = Course {
        config,
        preparation: config.preparation(),
        train,
        rates: Rates::new(config, steps_per_epoch),
        features: None,
        device,
    };
    let mut held_out = None;
    if config.train == Trained::Head && !state.is_finished(config) {
        let body = Network::new(&architecture, &state.weights, config.conv, &plain)?;
        let of = |examples: &Examples| {
            Features::new(&body, &course.preparation, &examples.pictures, &plain)
        };
        held_out = Some(of(validation));
        if features::stay_the_same(config) {
            course.features = Some(of(train));
        }
    }
    let mut kept = Instant::now();
    let mut is_kept = true;

    while !state.is_finished(config) {
        if watch.stop_asked() {
            if !is_kept {
                keep(&state)?;
            }
            return Err(TrainError::Stopped {
                epoch: state.history.len() as u32,
            });
        }
        let number = state.history.len() as u32 + 1;
        let pass;
        (network, pass) = course.run(number, network, &mut adam, watch);
        if !pass.loss.is_finite() {
            return Err(TrainError::Diverged { epoch: number });
        }
        state.steps = adam.steps();
        state.weights.refresh(&network, frozen);
        adam.store(frozen, &mut state.first, &mut state.second);

        let mixed = config.mixup > 0.0;
        let mut epoch = Epoch {
            epoch: number,
            train_loss: pass.loss,
            train_auc: train.labels.auc(&pass.logits).filter(|_| !mixed),
            validation_loss: None,
            validation_auc: None,
        };
        if !validation.pictures.is_empty() {
            let scored = match &held_out {
                Some(features) => features.logits(&network, &course.device),
                None => {
                    let still = Network::new(&architecture, &state.weights, config.conv, &plain)?;
                    let pictures = &validation.pictures;
                    outputs(&still, &course.preparation, pictures, &plain).concat()
                }
            };
            let loss = validation.labels.mean_loss(&scored, config.label_smoothing);
            let lowest = state
                .history
                .iter()
                .filter_map(|e| e.validation_loss)
                .fold(f64::INFINITY, f64::min);
            if loss < lowest {
                state.best = Some((number, state.weights.clone()));
            }
            epoch.validation_loss = Some(loss);
            epoch.validation_auc = validation.labels.auc(&scored);
        }
        state.history.push(epoch.clone());
        is_kept = course.features.is_none() || kept.elapsed() >= KEEP_EVERY;
        if is_kept {
            keep(&state)?;
            kept = Instant::now();
        }
        watch.event(Event::Epoch {
            epoch: &epoch,
            of: config.epochs,
            learning_rate: course.rates.after(state.steps.saturating_sub(1)),
            pictures: train.pictures.len(),
            seconds: pass.seconds,
        });
    }
    if !is_kept {
        keep(&state)?;
    }
    Ok(state)
}
