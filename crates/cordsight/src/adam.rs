//! The optimiser: Adam as Keras computes it.
//!
//! In: a network on an autodiff device, the gradients of one batch. Out: the network after the step. The state (two
//! moments a parameter and the number of steps) is plain host data on demand, so that a checkpoint can hold all of it
//! and a resumed run goes on to the same bits.
//!
//! Keras adds epsilon to the square root of the *uncorrected* second moment and folds both bias corrections into the
//! learning rate; PyTorch adds it after the correction. With epsilon 1e-7 the two part in the first steps.
//!
//! On the processor a step is one pass over parameter, moments and gradient: as a dozen operations, each with a result of
//! its own, it would read and write the paper's network forty times. Other devices compute it from Burn's operations.
//!
//! Source: Kingma and Ba 2015 (arXiv 1412.6980), the form before section 2.1; `keras.optimizers.Adam`.

use burn::backend::flex::FlexTensor;
use burn::backend::ops::FloatTensorOps;
use burn::backend::{Dispatch, DispatchTensor, Flex};
use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use rayon::prelude::*;

use crate::block::on_processor;
use crate::host;
use crate::network::{Architecture, Network};
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
            moments: moments.collect(),
        }
    }

    /// Number of steps taken.
    pub fn steps(&self) -> u32 {
        self.steps
    }

    /// First and second moments, shaped and named as the parameters they belong to.
    pub fn moments(&self, architecture: &Architecture) -> (Weights, Weights) {
        let parameters = architecture.parameters();
        let named = |which: usize| {
            let pairs = self.moments.iter().zip(&parameters);
            let values = pairs.map(|(moments, parameter)| {
                let moment = moments[which].clone();
                match parameter.shape.len() {
                    1 => host::values(Tensor::<1>::from_dispatch(moment)),
                    2 => host::values(Tensor::<2>::from_dispatch(moment)),
                    _ => host::values(Tensor::<4>::from_dispatch(moment)),
                }
            });
            Weights::in_order(architecture, values)
        };
        (named(0), named(1))
    }

    /// One step with learning rate `rate`; a parameter without a gradient stays as it is.
    pub fn step(&mut self, network: Network, gradients: &mut Gradients, rate: f64) -> Network {
        self.steps += 1;
        let steps = f64::from(self.steps);
        let rate = rate * (1.0 - BETA_2.powf(steps)).sqrt() / (1.0 - BETA_1.powf(steps));
        let mut step = Step {
            rate,
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
    rate: f64,
    gradients: &'a mut Gradients,
    before: M,
    after: Vec<[DispatchTensor; 2]>,
}

impl<M: Iterator<Item = [DispatchTensor; 2]>> ModuleMapper for Step<'_, M> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(moments) = self.before.next() else {
            return param;
        };
        let Some(gradient) = param.val().grad_remove(self.gradients) else {
            self.after.push(moments);
            return param;
        };
        let moments = moments.map(Tensor::from_dispatch);
        param.map(|value: Tensor<D>| {
            let (changed, moments) = change(value.inner(), moments, gradient, self.rate);
            self.after.push(moments.map(Tensor::into_dispatch));
            Tensor::from_inner(changed).require_grad()
        })
    }
}

/// A parameter and its moments after a step.
fn change<const D: usize>(
    value: Tensor<D>,
    [first, second]: [Tensor<D>; 2],
    gradient: Tensor<D>,
    rate: f64,
) -> (Tensor<D>, [Tensor<D>; 2]) {
    if !on_processor(&value.device()) {
        return composed(value, [first, second], gradient, rate);
    }
    let tensors = [value, first, second, gradient];
    let [value, first, second, gradient] = tensors.map(|t| t.try_into_primitive::<Flex>());
    match (value, first, second, gradient) {
        (Ok(value), Ok(first), Ok(second), Ok(gradient)) => {
            let [value, first, second] = fused(value, [first, second], gradient, rate as f32)
                .map(Tensor::from_primitive::<Flex>);
            (value, [first, second])
        }
        _ => unreachable!("the device is the processor"),
    }
}

fn composed<const D: usize>(
    value: Tensor<D>,
    [first, second]: [Tensor<D>; 2],
    gradient: Tensor<D>,
    rate: f64,
) -> (Tensor<D>, [Tensor<D>; 2]) {
    let first = first * BETA_1 + gradient.clone() * (1.0 - BETA_1);
    let second = second * BETA_2 + gradient.square() * (1.0 - BETA_2);
    let change = first.clone() * rate / (second.clone().sqrt() + EPSILON);
    (value - change, [first, second])
}

/// All of it in one pass, in place where nobody else holds the memory.
fn fused(
    value: FlexTensor,
    [first, second]: [FlexTensor; 2],
    gradient: FlexTensor,
    rate: f32,
) -> [FlexTensor; 3] {
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
                *value -= *first * rate / (second.sqrt() + EPSILON as f32);
            }
        });
    [value, first, second].map(|tensor| Flex::float_permute(tensor, &back))
}
