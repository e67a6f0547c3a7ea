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
        let means = |of: Vec<f64>| -> Vec<f64> { of.into_iter().map(|sum| sum / count).collect() };
        let none = vec![0.0; channels];
        let mean = means(sums(values, &none, |value, _| value));
        let variance = means(sums(values, &mean, |value, mean| (value - mean).powi(2)));
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
                for ((to, from), own) in to.iter_mut().zip(from).zip(self.each()) {
                    let output = own.output(*from);
                    *to = if self.activated {
                        output.max(0.0)
                    } else {
                        output
                    };
                }
            }
        });
        let statistics = Statistics {
            mean: self.mean.clone(),
            variance: self.variance.clone(),
        };
        (picture_tensor(output, dims(&self.x)), statistics)
    }

    /// What each channel is normalised by. Zipped slices, without an index, run on several channels at once.
    fn each(&self) -> impl Iterator<Item = Own> {
        let statistics = self.mean.iter().zip(&self.inverse);
        let learnt = self.factor.iter().zip(&self.summand);
        let own = |((mean, inverse), (factor, summand)): ((&f32, &f32), (&f32, &f32))| Own {
            mean: *mean,
            inverse: *inverse,
            factor: *factor,
            summand: *summand,
        };
        statistics.zip(learnt).map(own)
    }

    /// The gradient that ReLU lets through to this output.
    fn passed(&self, gradient: f32, output: f32) -> f32 {
        match self.activated && output <= 0.0 {
            true => 0.0,
            false => gradient,
        }
    }

    /// Gradients of features, factors and summands.
    fn backward(&self, gradient: FlexTensor) -> [FlexTensor; 3] {
        let (values, channels) = (floats(&self.x), self.channels);
        let gradients = floats(&gradient);
        let part = PLACES * channels;
        let of_part = |(gradients, values): (&[f32], &[f32])| {
            let mut sums = [vec![0.0_f64; channels], vec![0.0_f64; channels]];
            let [plain, along] = &mut sums;
            let places = gradients.chunks(channels).zip(values.chunks(channels));
            for (gradients, values) in places {
                let pairs = gradients.iter().zip(values).zip(self.each());
                let sums = plain.iter_mut().zip(along.iter_mut());
                for (((gradient, value), own), (plain, along)) in pairs.zip(sums) {
                    let gradient = self.passed(*gradient, own.output(*value));
                    *plain += f64::from(gradient);
                    *along += f64::from(gradient * own.normal(*value));
                }
            }
            sums
        };
        let parts = gradients.par_chunks(part).zip(values.par_chunks(part));
        let parts: Vec<[Vec<f64>; 2]> = parts.map(of_part).collect();
        let [plain, along] = [0, 1].map(|at| {
            let mut sums = vec![0.0; channels];
            for part in &parts {
                for (sum, of_part) in sums.iter_mut().zip(&part[at]) {
                    *sum += of_part;
                }
            }
            sums
        });
        let count = (values.len() / channels) as f64;
        let means =
            |sums: &[f64]| -> Vec<f32> { sums.iter().map(|sum| (sum / count) as f32).collect() };
        let (mean, mean_along) = (means(&plain), means(&along));
        let mut back = vec![0.0; values.len()];
        let parts = back.par_chunks_mut(part);
        let parts = parts.zip(gradients.par_chunks(part).zip(values.par_chunks(part)));
        parts.for_each(|(back, (gradients, values))| {
            let places = gradients.chunks(channels).zip(values.chunks(channels));
            for (back, (gradients, values)) in back.chunks_mut(channels).zip(places) {
                let pairs = gradients.iter().zip(values).zip(self.each());
                let means = mean.iter().zip(&mean_along);
                for ((((gradient, value), own), (mean, along)), back) in pairs.zip(means).zip(back)
                {
                    let gradient = self.passed(*gradient, own.output(*value));
                    let rest = gradient - mean - own.normal(*value) * along;
                    *back = own.factor * own.inverse * rest;
                }
            }
        });
        let vector = |sums: &[f64]| {
            let sums: Vec<f32> = sums.iter().map(|sum| *sum as f32).collect();
            FlexTensor::from_data(TensorData::new(sums, [channels]))
        };
        [
            picture_tensor(back, dims(&self.x)),
            vector(&along),
            vector(&plain),
        ]
    }
}

/// What one channel is normalised by.
#[derive(Clone, Copy)]
struct Own {
    mean: f32,
    /// 1 over the standard deviation.
    inverse: f32,
    factor: f32,
    summand: f32,
}

impl Own {
    fn normal(self, value: f32) -> f32 {
        (value - self.mean) * self.inverse
    }

    /// Before ReLU.
    fn output(self, value: f32) -> f32 {
        self.normal(value) * self.factor + self.summand
    }
}

/// Sums over all places of each channel, of what `of` makes of a value and of what the channel knows; values lie channel by
/// channel.
fn sums(values: &[f32], known: &[f64], of: impl Fn(f64, f64) -> f64 + Sync) -> Vec<f64> {
    let channels = known.len();
    let of_part = |part: &[f32]| {
        let mut sums = vec![0.0; channels];
        for place in part.chunks(channels) {
            for ((sum, value), known) in sums.iter_mut().zip(place).zip(known) {
                *sum += of(f64::from(*value), *known);
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
