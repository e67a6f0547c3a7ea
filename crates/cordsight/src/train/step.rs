//! One step of training: forward, backward, and the optimiser.
//!
//! In: a network on an autodiff device and a batch, of pictures or of the features that a frozen body made of them. Out:
//! the network after the step, with the logits and the loss before it. The loss is the mean binary cross-entropy of the
//! logits; Keras computes it of the sigmoid, clipped to 1e-7 from 0 and 1, unless told that it is given logits. Several
//! findings have as many logits a picture, and a label that is not known has weight 0; classes have the cross-entropy of
//! their softmax.

use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Tensor, TensorData};

use super::dropout::Dropout;
use super::target::Targets;
use crate::adam::Adam;
use crate::network::{Network, joined};
use crate::prepare::{Preparation, Prepared};
use crate::score::known;
use crate::task::Task;

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

/// How the loss comes from logits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Loss {
    /// Binary cross-entropy of each logit.
    #[default]
    Sigmoid,
    /// Cross-entropy of the softmax over so many logits, those of one picture.
    Softmax(usize),
}

impl Loss {
    /// The loss of a task.
    pub fn of(task: &Task) -> Self {
        match task {
            Task::Binary | Task::Findings(_) => Loss::Sigmoid,
            Task::Classes(names) => Loss::Softmax(names.len()),
        }
    }
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
    let (features, observed) = network.observe(Tensor::from_data(pictures, device));
    let features = joined(features, known(batch.pictures, device));
    let output = head(&network, features, batch.dropout.as_ref());
    let network = network.follow(observed);
    let targets = Targets {
        labels: batch.labels.clone(),
        weights: batch.weights.clone(),
    };
    learn(network, output, &targets, Loss::Sigmoid, adam, rate)
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
    targets: &Targets,
    loss: Loss,
    adam: &mut Adam,
    rate: f64,
) -> (Network, Outcome) {
    let logits = output.to_data().iter::<f32>().collect();
    let loss = mean_loss(output, targets, loss);
    let outcome = Outcome {
        logits,
        loss: loss.clone().into_scalar(),
    };
    (adam.step(network, &mut loss.backward(), rate), outcome)
}

/// The loss of a batch from its logits: the mean over logits for a sigmoid, over pictures for a softmax.
pub fn mean_loss(output: Tensor<1>, targets: &Targets, loss: Loss) -> Tensor<1> {
    let device = output.device();
    let vector = |values: &[f32]| {
        let data = TensorData::new(values.to_vec(), [values.len()]);
        Tensor::<1>::from_data(data, &device)
    };
    let labels = vector(&targets.labels);
    match loss {
        Loss::Sigmoid => (cross_entropy(output, labels) * vector(&targets.weights)).mean(),
        Loss::Softmax(classes) => {
            let pictures = targets.weights.len();
            let shape = [pictures, classes];
            let each = log_softmax(output.reshape(shape), 1) * labels.reshape(shape);
            let of_picture = each.sum_dim(1).flatten::<1>(0, 1);
            (of_picture.neg() * vector(&targets.weights)).mean()
        }
    }
}

/// Binary cross-entropy of logits, element by element, without overflow: `max(z, 0) - z y + ln(1 + exp(-|z|))`.
fn cross_entropy(logits: Tensor<1>, labels: Tensor<1>) -> Tensor<1> {
    let tail = (logits.clone().abs().neg().exp() + 1.0).log();
    logits.clone().clamp_min(0.0) - logits * labels + tail
}
