//! Fits the network to the training part, epoch by epoch.
//!
//! In: prepared pictures with labels, the settings, and the [`State`] to start from (a new one, or a checkpoint's).
//! Out: the state after the last epoch. Each epoch shuffles the pictures, augments each batch while the one before is
//! being fitted, and takes one Adam step a batch on the mean binary cross-entropy of the logits, as the paper's Keras
//! model does.

use std::sync::mpsc::sync_channel;
use std::time::Instant;

use burn::tensor::{Device, Tensor, TensorData};
use rand::seq::SliceRandom;

use super::log::Epoch;
use super::{Event, TrainError, Watch};
use crate::adam::Adam;
use crate::augment::{Position, augment};
use crate::config::{ClassWeights, TrainConfig};
use crate::network::{Architecture, Network};
use crate::prepare::{Preparation, Prepared};
use crate::random::{Purpose, generator};
use crate::score::{logits, sigmoid};
use crate::weights::Weights;

/// Augmented batches that wait for their step at most.
const BATCHES_AHEAD: usize = 1;

/// Prepared pictures with the label of each.
#[derive(Default)]
pub struct Examples {
    /// The pictures.
    pub pictures: Vec<Prepared>,
    /// 0 or 1 for each.
    pub labels: Vec<u8>,
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
    let preparation = config.preparation();
    let plain = Device::flex();
    let device = plain.clone().autodiff();
    let mut network = Network::new(&architecture, &state.weights, config.conv, &device)?;
    let mut adam = Adam::new(state.steps, &state.first, &state.second, &plain);

    while !state.is_finished(config) {
        if watch.stop_asked() {
            return Err(TrainError::Stopped {
                epoch: state.history.len() as u32,
            });
        }
        let number = state.history.len() as u32 + 1;
        let pass;
        (network, pass) = one_pass(
            config,
            &preparation,
            train,
            number,
            network,
            &mut adam,
            &device,
            watch,
        );
        if !pass.loss.is_finite() {
            return Err(TrainError::Diverged { epoch: number });
        }
        state.steps = adam.steps();
        state.weights = Weights::from_network(&architecture, &network);
        (state.first, state.second) = adam.moments(&architecture);

        let mut epoch = Epoch {
            epoch: number,
            train_loss: pass.loss,
            train_auc: auc(&train.labels, &pass.logits),
            validation_loss: None,
            validation_auc: None,
        };
        if !validation.pictures.is_empty() {
            let still = Network::new(&architecture, &state.weights, config.conv, &plain)?;
            let scored = logits(&still, &preparation, &validation.pictures, &plain);
            let loss = mean_loss(&scored, &validation.labels);
            let lowest = state
                .history
                .iter()
                .filter_map(|e| e.validation_loss)
                .fold(f64::INFINITY, f64::min);
            if loss < lowest {
                state.best = Some((number, state.weights.clone()));
            }
            epoch.validation_loss = Some(loss);
            epoch.validation_auc = auc(&validation.labels, &scored);
        }
        state.history.push(epoch.clone());
        keep(&state)?;
        watch.event(Event::Epoch {
            epoch: &epoch,
            of: config.epochs,
            pictures: train.pictures.len(),
            seconds: pass.seconds,
        });
    }
    Ok(state)
}

/// What one pass over the training part gave.
struct Pass {
    loss: f64,
    /// In the order of the training part.
    logits: Vec<f64>,
    seconds: f64,
}

#[allow(clippy::too_many_arguments)]
fn one_pass(
    config: &TrainConfig,
    preparation: &Preparation,
    train: &Examples,
    number: u32,
    mut network: Network,
    adam: &mut Adam,
    device: &Device,
    watch: &mut dyn Watch,
) -> (Network, Pass) {
    let start = Instant::now();
    let mut order: Vec<usize> = (0..train.pictures.len()).collect();
    order.shuffle(&mut generator(
        config.seed,
        Purpose::Order,
        u64::from(number),
    ));
    let class_weights = class_weights(config.class_weights, &train.labels);
    let mut logits = vec![0.0; order.len()];
    let (mut loss_sum, mut seen) = (0.0, 0);
    let network = std::thread::scope(|scope| {
        let (sender, augmented) = sync_channel(BATCHES_AHEAD);
        let order = &order;
        scope.spawn(move || {
            for (number_in_epoch, places) in order.chunks(config.batch_size).enumerate() {
                let chosen: Vec<&Prepared> = places.iter().map(|&at| &train.pictures[at]).collect();
                let first = Position {
                    seed: config.seed,
                    epoch: number,
                    place: number_in_epoch * config.batch_size,
                };
                let pictures = augment(&chosen, &config.ranges(), first, preparation.image_size);
                if sender.send((places, pictures)).is_err() {
                    break;
                }
            }
        });
        for (places, pictures) in augmented {
            let labels = places.iter().map(|&at| train.labels[at]);
            let batch = Batch {
                pictures: &pictures,
                labels: labels.clone().map(f32::from).collect(),
                weights: labels
                    .map(|label| class_weights[usize::from(label)])
                    .collect(),
            };
            let rate = config.learning_rate;
            let outcome;
            (network, outcome) = step(network, &batch, preparation, adam, rate, device);
            for (&at, logit) in places.iter().zip(outcome.logits) {
                logits[at] = f64::from(logit);
            }
            loss_sum += f64::from(outcome.loss) * places.len() as f64;
            seen += places.len();
            watch.event(Event::Step {
                epoch: number,
                seen,
                of: order.len(),
            });
        }
        network
    });
    let pass = Pass {
        loss: loss_sum / seen as f64,
        logits,
        seconds: start.elapsed().as_secs_f64(),
    };
    (network, pass)
}

/// What one step is taken on.
pub struct Batch<'a> {
    /// Augmented pictures.
    pub pictures: &'a [Prepared],
    /// 0 or 1 for each.
    pub labels: Vec<f32>,
    /// Weight of each in the loss.
    pub weights: Vec<f32>,
}

/// What one step gave.
pub struct Outcome {
    /// Logits before the step.
    pub logits: Vec<f32>,
    /// Mean weighted loss before the step.
    pub loss: f32,
}

/// One forward and backward pass and one step of the optimiser.
pub fn step(
    network: Network,
    batch: &Batch<'_>,
    preparation: &Preparation,
    adam: &mut Adam,
    rate: f64,
    device: &Device,
) -> (Network, Outcome) {
    let (count, side) = (batch.pictures.len(), preparation.image_size);
    let shape = [count, preparation.channels(), side, side];
    let pictures = TensorData::new(preparation.batch(batch.pictures), shape);
    let vector =
        |values: &[f32]| Tensor::<1>::from_data(TensorData::new(values.to_vec(), [count]), device);
    let output = network.forward(Tensor::from_data(pictures, device));
    let logits = output.to_data().iter::<f32>().collect();
    let loss = (cross_entropy(output, vector(&batch.labels)) * vector(&batch.weights)).mean();
    let outcome = Outcome {
        logits,
        loss: loss.clone().into_scalar(),
    };
    (adam.step(network, &mut loss.backward(), rate), outcome)
}

/// Binary cross-entropy of logits, element by element, without overflow: `max(z, 0) - z y + ln(1 + exp(-|z|))`.
fn cross_entropy(logits: Tensor<1>, labels: Tensor<1>) -> Tensor<1> {
    let tail = (logits.clone().abs().neg().exp() + 1.0).log();
    logits.clone().clamp_min(0.0) - logits * labels + tail
}

/// Mean binary cross-entropy of logits on the host.
fn mean_loss(logits: &[f64], labels: &[u8]) -> f64 {
    let one = |(z, y): (&f64, &u8)| z.max(0.0) - z * f64::from(*y) + (-z.abs()).exp().ln_1p();
    logits.iter().zip(labels).map(one).sum::<f64>() / labels.len() as f64
}

fn auc(labels: &[u8], logits: &[f64]) -> Option<f64> {
    let scores: Vec<f64> = logits.iter().copied().map(sigmoid).collect();
    crate::evaluate::auc(labels, &scores)
}

fn class_weights(rule: ClassWeights, labels: &[u8]) -> [f32; 2] {
    let positives = labels.iter().filter(|label| **label == 1).count();
    let of = |count: usize| labels.len() as f32 / (2.0 * count.max(1) as f32);
    match rule {
        ClassWeights::None => [1.0, 1.0],
        ClassWeights::Balanced => [of(labels.len() - positives), of(positives)],
    }
}
