//! One pass over the training part, batch by batch.
//!
//! In: a [`Course`], all that stays the same from epoch to epoch, and the epoch's number. Out: the network after the pass,
//! its loss, and the logit of every picture. The order is a shuffle by seed and epoch. Batches are augmented on other
//! threads while the one before is being fitted; where the features of a frozen body are given, nothing but the head is
//! computed.

use std::sync::mpsc::sync_channel;
use std::time::Instant;

use burn::tensor::{Device, Tensor, TensorData};
use rand::seq::SliceRandom;

use super::dropout::Dropout;
use super::features::Features;
use super::fit::Examples;
use super::rate::Rates;
use super::step::{Loss, Outcome, head, learn};
use super::target::{Mix, Targets};
use super::{Event, Watch};
use crate::adam::Adam;
use crate::augment::{Position, augment};
use crate::config::TrainConfig;
use crate::network::{Network, joined};
use crate::prepare::{Preparation, Prepared};
use crate::random::{Purpose, generator};
use crate::score::known;

/// Augmented batches that wait for their step at most.
const BATCHES_AHEAD: usize = 1;

/// What is the same in every epoch.
pub(super) struct Course<'a> {
    pub config: &'a TrainConfig,
    pub preparation: Preparation,
    pub train: &'a Examples,
    pub rates: Rates,
    /// Of the training part, where its pictures never change and the body does not either.
    pub features: Option<Features>,
    /// With autodiff.
    pub device: Device,
}

/// What one pass over the training part gave.
pub(super) struct Pass {
    pub loss: f64,
    /// In the order of the training part, those of a picture side by side.
    pub logits: Vec<f64>,
    pub seconds: f64,
}

/// A batch before its step.
struct Drawn<'a> {
    /// Places in the training part.
    places: &'a [usize],
    pictures: Vec<Prepared>,
    targets: Targets,
    dropout: Option<Dropout>,
}

impl Course<'_> {
    /// The pass of epoch `number`.
    pub fn run(
        &self,
        number: u32,
        mut network: Network,
        adam: &mut Adam,
        watch: &mut dyn Watch,
    ) -> (Network, Pass) {
        let start = Instant::now();
        let of = self.train.pictures.len();
        let mut order: Vec<usize> = (0..of).collect();
        let epoch = u64::from(number);
        order.shuffle(&mut generator(self.config.seed, Purpose::Order, epoch));

        let outputs = self.train.labels.outputs();
        let loss = Loss::of(self.train.labels.task());
        let mut logits = vec![0.0; of * outputs];
        let (mut loss_sum, mut seen) = (0.0, 0);
        let mut tally = |places: &[usize], outcome: Outcome| {
            for (&at, of_picture) in places.iter().zip(outcome.logits.chunks(outputs)) {
                for (to, logit) in logits[at * outputs..].iter_mut().zip(of_picture) {
                    *to = f64::from(*logit);
                }
            }
            loss_sum += f64::from(outcome.loss) * places.len() as f64;
            seen += places.len();
            watch.event(Event::Step {
                epoch: number,
                seen,
                of,
            });
        };
        let mut take = |network: Network, output: Tensor<1>, targets: &Targets| {
            let rate = self.rates.after(adam.steps());
            learn(network, output, targets, loss, adam, rate)
        };
        if let Some(features) = &self.features {
            for (batch, places) in order.chunks(self.config.batch_size).enumerate() {
                let targets = self.targets(places, None);
                let first = self.position(number, batch);
                let dropout = Dropout::draw(self.config.dropout, first, places.len());
                let rows = features.rows(places, &self.device);
                let output = head(&network, rows, dropout.as_ref());
                let outcome;
                (network, outcome) = take(network, output, &targets);
                tally(places, outcome);
            }
        } else {
            network = std::thread::scope(|scope| {
                let (sender, batches) = sync_channel(BATCHES_AHEAD);
                let order = &order;
                scope.spawn(move || {
                    for batch in 0..order.len().div_ceil(self.config.batch_size) {
                        if sender.send(self.draw(number, batch, order)).is_err() {
                            break;
                        }
                    }
                });
                for drawn in batches {
                    let (features, observed) = network.observe(self.input(&drawn.pictures));
                    let features = joined(features, known(&drawn.pictures, &self.device));
                    let output = head(&network, features, drawn.dropout.as_ref());
                    network = network.follow(observed);
                    let outcome;
                    (network, outcome) = take(network, output, &drawn.targets);
                    tally(drawn.places, outcome);
                }
                network
            });
        }
        let pass = Pass {
            loss: loss_sum / seen as f64,
            logits,
            seconds: start.elapsed().as_secs_f64(),
        };
        (network, pass)
    }

    /// Augments batch number `batch` of an epoch, mixes it and draws what the head leaves out, where those are set.
    fn draw<'a>(&self, epoch: u32, batch: usize, order: &'a [usize]) -> Drawn<'a> {
        let position = self.position(epoch, batch);
        let end = (position.place + self.config.batch_size).min(order.len());
        let places = &order[position.place..end];
        let chosen: Vec<&Prepared> = places.iter().map(|&at| &self.train.pictures[at]).collect();
        let side = self.preparation.image_size;
        let pictures = augment(&chosen, &self.config.ranges(), position, side);
        let mix = Mix::draw(self.config.mixup, position, places.len());
        Drawn {
            places,
            targets: self.targets(places, mix.as_ref()),
            dropout: Dropout::draw(self.config.dropout, position, places.len()),
            pictures: match &mix {
                None => pictures,
                Some(mix) => mix.pictures(&pictures),
            },
        }
    }

    /// Where the first picture of a batch stands.
    fn position(&self, epoch: u32, batch: usize) -> Position {
        Position {
            seed: self.config.seed,
            epoch,
            place: batch * self.config.batch_size,
        }
    }

    fn targets(&self, places: &[usize], mix: Option<&Mix>) -> Targets {
        let smoothing = self.config.label_smoothing;
        let rule = self.config.class_weights;
        self.train.labels.targets(places, rule, smoothing, mix)
    }

    fn input(&self, pictures: &[Prepared]) -> Tensor<4> {
        let (count, side) = (pictures.len(), self.preparation.image_size);
        let shape = [count, self.preparation.channels(), side, side];
        let pictures = TensorData::new(self.preparation.batch(pictures), shape);
        Tensor::from_data(pictures, &self.device)
    }
}
