//! The optimiser: Adam as Keras computes it.
//!
//! In: a network on an autodiff device, the gradients of one batch. Out: the network after the step. The state (two
//! moments a parameter and the number of steps) is plain host data on demand, so that a checkpoint can hold all of it
//! and a resumed run goes on to the same bits.
//!
//! Keras adds epsilon to the square root of the *uncorrected* second moment and folds both bias corrections into the
//! learning rate; PyTorch adds it after the correction. With epsilon 1e-7 the two part in the first steps.
//!
//! Source: Kingma and Ba 2015 (arXiv 1412.6980), the form before section 2.1; `keras.optimizers.Adam`.

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Gradients, Tensor, TensorData};

use crate::network::{Architecture, Network};
use crate::weights::Weights;

/// Decay of the first moment, Keras's default.
const BETA_1: f64 = 0.9;
/// Decay of the second moment, Keras's default.
const BETA_2: f64 = 0.999;
/// Keras's default; PyTorch's is 1e-8.
const EPSILON: f64 = 1e-7;

/// Adam's state for one network.
pub struct Adam {
    steps: u32,
    first: Vec<Tensor<1>>,
    second: Vec<Tensor<1>>,
}

impl Adam {
    /// The state after `steps` steps (0 steps, zero moments: a new run), kept on `device` without autodiff.
    pub fn new(steps: u32, first: &Weights, second: &Weights, device: &Device) -> Self {
        let load = |weights: &Weights| {
            let tensors = weights.tensors().iter();
            tensors
                .map(|t| {
                    Tensor::from_data(TensorData::new(t.values.clone(), [t.values.len()]), device)
                })
                .collect()
        };
        Adam {
            steps,
            first: load(first),
            second: load(second),
        }
    }

    /// Number of steps taken.
    pub fn steps(&self) -> u32 {
        self.steps
    }

    /// First and second moments, shaped and named as the parameters they belong to.
    pub fn moments(&self, architecture: &Architecture) -> (Weights, Weights) {
        let named = |moments: &[Tensor<1>]| {
            let values = moments
                .iter()
                .map(|moment| moment.to_data().iter::<f32>().collect());
            Weights::in_order(architecture, values)
        };
        (named(&self.first), named(&self.second))
    }

    /// One step with learning rate `rate`; a parameter without a gradient stays as it is.
    pub fn step(&mut self, network: Network, gradients: &mut Gradients, rate: f64) -> Network {
        self.steps += 1;
        let steps = f64::from(self.steps);
        let rate = rate * (1.0 - BETA_2.powf(steps)).sqrt() / (1.0 - BETA_1.powf(steps));
        let moments = self.first.iter_mut().zip(&mut self.second);
        network.map(&mut Step {
            rate,
            gradients,
            moments,
        })
    }
}

struct Step<'a, M> {
    rate: f64,
    gradients: &'a mut Gradients,
    moments: M,
}

impl<'a, M: Iterator<Item = (&'a mut Tensor<1>, &'a mut Tensor<1>)>> ModuleMapper for Step<'_, M> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let moments = self.moments.next();
        let gradient = param.val().grad_remove(self.gradients);
        let (Some((first, second)), Some(gradient)) = (moments, gradient) else {
            return param;
        };
        let gradient: Tensor<1> = gradient.flatten(0, D - 1);
        *first = first.clone() * BETA_1 + gradient.clone() * (1.0 - BETA_1);
        *second = second.clone() * BETA_2 + gradient.square() * (1.0 - BETA_2);
        let change = first.clone() * self.rate / (second.clone().sqrt() + EPSILON);
        let rate_free = |value: Tensor<D>| {
            let shape = value.shape();
            let changed = value.inner() - change.reshape(shape);
            Tensor::from_inner(changed).require_grad()
        };
        param.map(rate_free)
    }
}
