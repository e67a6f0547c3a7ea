//! One step of training: forward, backward, and the optimiser.
//!
//! In: a network on an autodiff device and a batch, of pictures or of the features that a frozen body made of them. Out:
//! the network after the step, with the logits and the loss before it. The loss is the mean binary cross-entropy of the
//! logits; Keras computes it of the sigmoid, clipped to 1e-7 from 0 and 1, unless told that it is given logits.

use burn::tensor::{Device, Tensor, TensorData};

use super::dropout::Dropout;
use crate::adam::Adam;
use crate::network::Network;
use crate::prepare::{Preparation, Prepared};

/// What one step is taken on.
pub struct Batch<'a> {
    /// Augmented pictures.
    pub pictures: &'a [Prepared],
    /// 0 to 1 for each: 0 or 1 unless smoothed or mixed.
    pub labels: Vec<f32>,
    /// Weight of each in the loss.
    pub weights: Vec<f32>,
    /// What the head leaves out.
    pub dropout: Option<Dropout>,
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
    let features = network.features(Tensor::from_data(pictures, device));
    let output = head(&network, features, batch.dropout.as_ref());
    learn(network, output, &batch.labels, &batch.weights, adam, rate)
}

/// Features of a batch to logits, without what dropout leaves out.
pub(super) fn head(network: &Network, features: Tensor<2>, dropout: Option<&Dropout>) -> Tensor<1> {
    let device = features.device();
    let factors = dropout.map(|dropout| dropout.on(&device));
    network.head_times(features, factors.unwrap_or_default())
}

/// The step from the logits of the network on.
pub(super) fn learn(
    network: Network,
    output: Tensor<1>,
    labels: &[f32],
    weights: &[f32],
    adam: &mut Adam,
    rate: f64,
) -> (Network, Outcome) {
    let device = output.device();
    let vector = |values: &[f32]| {
        let data = TensorData::new(values.to_vec(), [values.len()]);
        Tensor::<1>::from_data(data, &device)
    };
    let logits = output.to_data().iter::<f32>().collect();
    let loss = (cross_entropy(output, vector(labels)) * vector(weights)).mean();
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
