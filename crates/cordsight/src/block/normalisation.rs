//! Batch normalisation with the statistics of the batch at hand, as training has it, and ReLU after it.
//!
//! In: features `[batch, channel, row, column]`, a factor and a summand for each channel. Out: the normalised features, and the
//! batch's mean and variance, which the running statistics follow. One operation, two ways to compute it, as for a block:
//! [`composed`] from Burn's operations on every device, and on the processor two passes forward and two backward over memory
//! that lies channels last; as a dozen operations it would take longer than the convolution before it.
//!
//! Sums run in double precision over parts of a fixed size that are added in order: same bits on any number of threads.
//!
//! Source: Ioffe and Szegedy 2015 (arXiv 1502.03167), algorithm 1; momentum, epsilon and the unbiased running variance as in
//! `torch.nn.BatchNorm2d`. Checked against: [`composed`]; PyTorch (tools/golden/torch_bodies.py).

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::{Autodiff, Flex};
use burn::tensor::activation::relu;
use burn::tensor::{Tensor, TensorData};
use rayon::prelude::*;

use super::winograd::{PICTURES, dims, floats, ordered, picture_tensor};
use crate::host;

/// Added to a variance before its root is taken, PyTorch's default.
pub const EPSILON: f64 = 1e-5;
/// Share of a batch's statistics in the running ones after it, PyTorch's default.
pub const MOMENTUM: f32 = 0.1;
/// Places that one task sums up.
const PLACES: usize = 256;

/// Mean and unbiased variance of each channel of a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Statistics {
    /// `[channel]`
    pub mean: Vec<f32>,
    /// `[channel]`, divided by one less than the number of values (PyTorch's choice for running statistics).
    pub variance: Vec<f32>,
}

impl Statistics {
    /// What running statistics become after this batch.
    pub fn followed(running: &[f32], batch: &[f32]) -> Vec<f32> {
        let pairs = running.iter().zip(batch);
        pairs
            .map(|(running, batch)| running * (1.0 - MOMENTUM) + batch * MOMENTUM)
            .collect()
    }
}

/// Normalised features, after ReLU where `activated`, from Burn's own operations.
pub fn composed(
    x: Tensor<4>,
    factor: Tensor<1>,
    summand: Tensor<1>,
    activated: bool,
) -> (Tensor<4>, Statistics) {
    let [batch, channels, rows, columns] = x.dims();
    let broad = |tensor: Tensor<1>| tensor.reshape([1, channels, 1, 1]);
    let mean = x.clone().mean_dims(&[0, 2, 3]);
    let centred = x - mean.clone();
    let variance = centred.clone().square().mean_dims(&[0, 2, 3]);
    let unbiased = unbiased(batch * rows * columns) as f32;
    let statistics = Statistics {
        mean: host::values(mean),
        variance: host::values(variance.clone() * unbiased),
    };
    let normal = centred / (variance + EPSILON).sqrt();
    let output = normal * broad(factor) + broad(summand);
    let output = if activated { relu(output) } else { output };
    (output, statistics)
}

/// Factor from a variance over `count` values to the unbiased one; 1 where a single value has none.
fn unbiased(count: usize) -> f64 {
    count as f64 / (count.max(2) - 1) as f64
}

/// The same on "flex" with autodiff; nothing where the tensors live elsewhere.
pub(super) fn fused(
    x: &Tensor<4>,
    factor: &Tensor<1>,
    summand: &Tensor<1>,
    activated: bool,
) -> Option<(Tensor<4>, Statistics)> {
    let x = x.clone().try_into_primitive::<Autodiff<Flex>>().ok()?;
    let factor = factor.clone().try_into_primitive::<Autodiff<Flex>>().ok()?;
    let summand = summand
        .clone()
        .try_into_primitive::<Autodiff<Flex>>()
        .ok()?;
    let tensors = [x, factor, summand];
    let nodes = tensors.each_ref().map(|tensor| tensor.node());
    let [x, factor, summand] = tensors.map(|tensor| tensor.into_primitive());
    let pass = Pass::new(ordered(x, PICTURES[0]), &factor, &summand, activated)?;
    let (output, statistics) = pass.forward();
    let step = NormalisationBackward.prepare::<NoCheckpointing>(nodes);
    let output = match step.compute_bound().stateful() {
        OpsKind::Tracked(step) => step.finish(pass, output),
        OpsKind::UnTracked(step) => step.finish(output),
    };
    Some((Tensor::from_primitive::<Autodiff<Flex>>(output), statistics))
}

/// The backward pass; parents are the features, the factors, the summands.
#[derive(Debug)]
struct NormalisationBackward;

impl Backward<Flex, 3> for NormalisationBackward {
    type State = Pass;

    fn backward(
        self,
        ops: Ops<Pass, 3>,
        gradients: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let gradient = gradients.consume::<Flex>(&ops.node);
        let found = ops.state.backward(ordered(gradient, PICTURES[0]));
        for (parent, gradient) in ops.parents.iter().zip(found) {
            if let Some(node) = parent {
                gradients.register::<Flex>(node.id, gradient);
            }
        }
    }
}

/// What the forward pass leaves for the way back.
#[derive(Clone, Debug)]
struct Pass {
    /// `[batch, row, column, channel]`
    x: FlexTensor,
    channels: usize,
    mean: Vec<f32>,
    /// 1 over the standard deviation.
    inverse: Vec<f32>,
    variance: Vec<f32>,
    factor: Vec<f32>,
    summand: Vec<f32>,
    activated: bool,
}

impl Pass {
    /// `None` where the features are none that sums can be taken of: of other numbers than f32, or empty.
    fn new(
        x: FlexTensor,
        factor: &FlexTensor,
        summand: &FlexTensor,
        activated: bool,
    ) -> Option<Self> {
        let values = x.as_slice::<f32>().filter(|values| !values.is_empty())?;
        let [.., channels] = dims(&x);
        let count = (values.len() / channels) as f64;
        let mean: Vec<f64> = sums(values, channels, |value, _| f64::from(value))
            .into_iter()
            .map(|sum| sum / count)
            .collect();
        let spread = |value: f32, channel: usize| (f64::from(value) - mean[channel]).powi(2);
        let variance: Vec<f64> = sums(values, channels, spread)
            .into_iter()
            .map(|sum| sum / count)
            .collect();
        let inverse = variance.iter().map(|v| (1.0 / (v + EPSILON).sqrt()) as f32);
        let scale = unbiased(values.len() / channels);
        Some(Pass {
            channels,
            inverse: inverse.collect(),
            variance: variance.iter().map(|v| (v * scale) as f32).collect(),
            mean: mean.iter().map(|mean| *mean as f32).collect(),
            factor: floats(&factor.to_contiguous()).to_vec(),
            summand: floats(&summand.to_contiguous()).to_vec(),
            activated,
            x,
        })
    }

    fn forward(&self) -> (FlexTensor, Statistics) {
        let values = floats(&self.x);
        let mut output = vec![0.0; values.len()];
        let part = PLACES * self.channels;
        let parts = output.par_chunks_mut(part).zip(values.par_chunks(part));
        parts.for_each(|(to, from)| {
            let places = to.chunks_mut(self.channels);
            for (to, from) in places.zip(from.chunks(self.channels)) {
                for (channel, (to, from)) in to.iter_mut().zip(from).enumerate() {
                    *to = self.value(*from, channel);
                }
            }
        });
        let statistics = Statistics {
            mean: self.mean.clone(),
            variance: self.variance.clone(),
        };
        (picture_tensor(output, dims(&self.x)), statistics)
    }

    fn normal(&self, value: f32, channel: usize) -> f32 {
        (value - self.mean[channel]) * self.inverse[channel]
    }

    fn value(&self, value: f32, channel: usize) -> f32 {
        let output = self.normal(value, channel) * self.factor[channel] + self.summand[channel];
        match self.activated {
            true => output.max(0.0),
            false => output,
        }
    }

    /// Gradients of features, factors and summands.
    fn backward(&self, gradient: FlexTensor) -> [FlexTensor; 3] {
        let (values, channels) = (floats(&self.x), self.channels);
        let gradients = floats(&gradient);
        let part = PLACES * channels;
        let passed = |gradient: f32, value: f32, channel: usize| match self.activated {
            true if self.value(value, channel) <= 0.0 => 0.0,
            _ => gradient,
        };
        let of_part = |(gradients, values): (&[f32], &[f32])| {
            let mut sums = vec![[0.0_f64; 2]; channels];
            let places = gradients.chunks(channels).zip(values.chunks(channels));
            for (gradients, values) in places {
                let pairs = gradients.iter().zip(values).enumerate();
                for ((channel, (gradient, value)), sums) in pairs.zip(&mut sums) {
                    let gradient = passed(*gradient, *value, channel);
                    sums[0] += f64::from(gradient);
                    sums[1] += f64::from(gradient * self.normal(*value, channel));
                }
            }
            sums
        };
        let parts = gradients.par_chunks(part).zip(values.par_chunks(part));
        let parts: Vec<Vec<[f64; 2]>> = parts.map(of_part).collect();
        let mut sums = vec![[0.0; 2]; channels];
        for part in parts {
            for (sum, of_part) in sums.iter_mut().zip(part) {
                *sum = [sum[0] + of_part[0], sum[1] + of_part[1]];
            }
        }
        let count = (values.len() / channels) as f64;
        let means: Vec<[f32; 2]> = sums
            .iter()
            .map(|sum| sum.map(|sum| (sum / count) as f32))
            .collect();
        let mut back = vec![0.0; values.len()];
        let parts = back.par_chunks_mut(part);
        let parts = parts.zip(gradients.par_chunks(part).zip(values.par_chunks(part)));
        parts.for_each(|(back, (gradients, values))| {
            let places = gradients.chunks(channels).zip(values.chunks(channels));
            for (back, (gradients, values)) in back.chunks_mut(channels).zip(places) {
                let pairs = gradients.iter().zip(values).enumerate();
                for ((channel, (gradient, value)), back) in pairs.zip(back) {
                    let gradient = passed(*gradient, *value, channel);
                    let [mean, along] = means[channel];
                    let rest = gradient - mean - self.normal(*value, channel) * along;
                    *back = self.factor[channel] * self.inverse[channel] * rest;
                }
            }
        });
        let vector = |at: usize| {
            let sums: Vec<f32> = sums.iter().map(|sum| sum[at] as f32).collect();
            FlexTensor::from_data(TensorData::new(sums, [channels]))
        };
        [picture_tensor(back, dims(&self.x)), vector(1), vector(0)]
    }
}

/// Sums over all places of each channel, of values that lie channel by channel.
fn sums(values: &[f32], channels: usize, of: impl Fn(f32, usize) -> f64 + Sync) -> Vec<f64> {
    let of_part = |part: &[f32]| {
        let mut sums = vec![0.0; channels];
        for place in part.chunks(channels) {
            for (channel, (sum, value)) in sums.iter_mut().zip(place).enumerate() {
                *sum += of(*value, channel);
            }
        }
        sums
    };
    let parts = values.par_chunks(PLACES * channels);
    let parts: Vec<Vec<f64>> = parts.map(of_part).collect();
    let mut whole = vec![0.0; channels];
    for part in parts {
        for (sum, of_part) in whole.iter_mut().zip(part) {
            *sum += of_part;
        }
    }
    whole
}
