//! The optimiser: Adam, and AdamW where a weight decay is set, as Keras computes them.
//!
//! In: a network on an autodiff device, the gradients of one batch. Out: the network after the step. The state (two
//! moments a parameter and the number of steps) is plain host data on demand, so that a checkpoint can hold all of it
//! and a resumed run goes on to the same bits.
//!
//! Keras adds epsilon to the square root of the *uncorrected* second moment and folds both bias corrections into the
//! learning rate; PyTorch adds it after the correction. With epsilon 1e-7 the two part in the first steps.
//!
//! Weight decay is decoupled: before the step, each trained parameter is multiplied by 1 - decay · learning rate, the rate
//! without bias corrections. Biases decay too, as in Keras, where only what `exclude_from_weight_decay` names is spared.
//!
//! On the processor a step is one pass over parameter, moments and gradient: as a dozen operations, each with a result of
//! its own, it would read and write the paper's network forty times. Other devices compute it from Burn's operations.
//!
//! Source: Kingma and Ba 2015 (arXiv 1412.6980), the form before section 2.1; Loshchilov and Hutter 2019 (arXiv
//! 1711.05101); `keras.optimizers.Adam` and `AdamW`.

use burn::backend::flex::FlexTensor;
use burn::backend::ops::FloatTensorOps;
use burn::backend::{Dispatch, DispatchTensor, Flex};
use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use rayon::prelude::*;

use crate::block::on_processor;
use crate::host;
use crate::network::Network;
use crate::weights::Weights;

/// Decay of the first moment, Keras's default.
const BETA_1: f64 = 0.9;
/// Decay of the second moment, Keras's default.
const BETA_2: f64 = 0.999;
/// Keras's default; PyTorch's is 1e-8.
const EPSILON: f64 = 1e-7;
/// Values that a core takes at a time.
const CHUNK: usize = 1 << 14;

/// Adam's state for one network.
pub struct Adam {
    steps: u32,
    weight_decay: f64,
    /// Factor on the learning rate of each parameter; none: 1 for all.
    factors: Vec<f64>,
    /// First and second moment of each parameter, shaped as it is.
    moments: Vec<[DispatchTensor; 2]>,
}

impl Adam {
    /// The state after `steps` steps (0 steps, zero moments: a new run), kept on `device` without autodiff.
    pub fn new(steps: u32, first: &Weights, second: &Weights, device: &Device) -> Self {
        let pairs = first.tensors().iter().zip(second.tensors());
        let moments = pairs.map(|(first, second)| {
            [first, second].map(|moment| {
                let data = TensorData::new(moment.values.clone(), moment.shape.clone());
                Dispatch::float_from_data(data, device.as_dispatch())
            })
        });
        Adam {
            steps,
            weight_decay: 0.0,
            factors: Vec::new(),
            moments: moments.collect(),
        }
    }

    /// The same with weight decay (AdamW), 0 for none.
    pub fn with_weight_decay(self, weight_decay: f64) -> Self {
        Adam {
            weight_decay,
            ..self
        }
    }

    /// The same with a factor on the learning rate of each parameter, in the order of the forward pass.
    pub fn with_factors(self, factors: Vec<f64>) -> Self {
        Adam { factors, ..self }
    }

    /// Number of steps taken.
    pub fn steps(&self) -> u32 {
        self.steps
    }

    /// Stores the moments of the parameters from number `from` on; those before never moved.
    pub fn store(&self, from: usize, first: &mut Weights, second: &mut Weights) {
        for (at, moments) in self.moments.iter().enumerate().skip(from) {
            for (stored, moment) in [&mut *first, &mut *second].into_iter().zip(moments) {
                let moment = moment.clone();
                stored.replace(at, |shape| match shape.len() {
                    1 => host::values(Tensor::<1>::from_dispatch(moment)),
                    2 => host::values(Tensor::<2>::from_dispatch(moment)),
                    _ => host::values(Tensor::<4>::from_dispatch(moment)),
                });
            }
        }
    }

    /// One step with learning rate `rate`; a parameter without a gradient stays as it is.
    pub fn step(&mut self, network: Network, gradients: &mut Gradients, rate: f64) -> Network {
        self.steps += 1;
        let mut step = Step {
            steps: f64::from(self.steps),
            rate,
            weight_decay: self.weight_decay,
            factors: self.factors.iter(),
            gradients,
            before: std::mem::take(&mut self.moments).into_iter(),
            after: Vec::new(),
        };
        let network = network.map(&mut step);
        self.moments = step.after;
        network
    }
}

struct Step<'a, M> {
    steps: f64,
    rate: f64,
    weight_decay: f64,
    factors: std::slice::Iter<'a, f64>,
    gradients: &'a mut Gradients,
    before: M,
    after: Vec<[DispatchTensor; 2]>,
}

impl<M: Iterator<Item = [DispatchTensor; 2]>> ModuleMapper for Step<'_, M> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(moments) = self.before.next() else {
            return param;
        };
        let rate = self.rate * self.factors.next().unwrap_or(&1.0);
        let Some(gradient) = param.val().grad_remove(self.gradients) else {
            self.after.push(moments);
            return param;
        };
        let moments = moments.map(Tensor::from_dispatch);
        let pace = Pace {
            rate: rate * (1.0 - BETA_2.powf(self.steps)).sqrt() / (1.0 - BETA_1.powf(self.steps)),
            keep: 1.0 - self.weight_decay * rate,
        };
        param.map(|value: Tensor<D>| {
            let (changed, moments) = change(value.inner(), moments, gradient, pace);
            self.after.push(moments.map(Tensor::into_dispatch));
            Tensor::from_inner(changed).require_grad()
        })
    }
}

/// How far one parameter goes in a step.
#[derive(Clone, Copy)]
struct Pace {
    /// Learning rate with both bias corrections.
    rate: f64,
    /// What weight decay leaves of the parameter.
    keep: f64,
}

/// A parameter and its moments after a step.
fn change<const D: usize>(
    value: Tensor<D>,
    [first, second]: [Tensor<D>; 2],
    gradient: Tensor<D>,
    pace: Pace,
) -> (Tensor<D>, [Tensor<D>; 2]) {
    if !on_processor(&value.device()) {
        return composed(value, [first, second], gradient, pace);
    }
    let tensors = [value, first, second, gradient];
    let [value, first, second, gradient] = tensors.map(|t| t.try_into_primitive::<Flex>());
    match (value, first, second, gradient) {
        (Ok(value), Ok(first), Ok(second), Ok(gradient)) => {
            let [value, first, second] =
                fused(value, [first, second], gradient, pace).map(Tensor::from_primitive::<Flex>);
            (value, [first, second])
        }
        _ => unreachable!("the device is the processor"),
    }
}

fn composed<const D: usize>(
    value: Tensor<D>,
    [first, second]: [Tensor<D>; 2],
    gradient: Tensor<D>,
    pace: Pace,
) -> (Tensor<D>, [Tensor<D>; 2]) {
    let first = first * BETA_1 + gradient.clone() * (1.0 - BETA_1);
    let second = second * BETA_2 + gradient.square() * (1.0 - BETA_2);
    let change = first.clone() * pace.rate / (second.clone().sqrt() + EPSILON);
    (value * pace.keep - change, [first, second])
}

/// All of it in one pass, in place where nobody else holds the memory.
fn fused(
    value: FlexTensor,
    [first, second]: [FlexTensor; 2],
    gradient: FlexTensor,
    pace: Pace,
) -> [FlexTensor; 3] {
    let (rate, keep) = (pace.rate as f32, pace.keep as f32);
    // Memory order need not be the shape's; all four are walked in that of the parameter.
    let strides = value.layout().strides().to_vec();
    let mut axes: Vec<usize> = (0..strides.len()).collect();
    axes.sort_by_key(|&axis| std::cmp::Reverse(strides[axis]));
    let mut back = axes.clone();
    for (place, &axis) in axes.iter().enumerate() {
        back[axis] = place;
    }
    let [mut value, mut first, mut second, gradient] =
        [value, first, second, gradient].map(|tensor| {
            let tensor = Flex::float_permute(tensor, &axes);
            let whole = tensor.bytes().len() == size_of::<f32>() * tensor.layout().num_elements();
            if whole && tensor.is_contiguous() {
                tensor
            } else {
                tensor.to_contiguous()
            }
        });
    let gradients = gradient.as_slice::<f32>().unwrap_or_default();
    let chunks = value.storage_mut::<f32>().par_chunks_mut(CHUNK);
    chunks
        .zip(first.storage_mut::<f32>().par_chunks_mut(CHUNK))
        .zip(second.storage_mut::<f32>().par_chunks_mut(CHUNK))
        .zip(gradients.par_chunks(CHUNK))
        .for_each(|(((values, firsts), seconds), gradients)| {
            let moments = firsts.iter_mut().zip(seconds);
            for ((value, (first, second)), &gradient) in
                values.iter_mut().zip(moments).zip(gradients)
            {
                *first = *first * BETA_1 as f32 + gradient * (1.0 - BETA_1) as f32;
                *second = *second * BETA_2 as f32 + gradient * gradient * (1.0 - BETA_2) as f32;
                *value = *value * keep - *first * rate / (second.sqrt() + EPSILON as f32);
            }
        });
    [value, first, second].map(|tensor| Flex::float_permute(tensor, &back))
}
