//! A stage with its parameters on a device: how a description is computed.
//!
//! In: the [`Unit`]s of a stage and its tensors. Out: features `[batch, channel, row, column]`. A stage that is a block of VGG
//! (3×3 convolutions, then a maximum over 2×2) goes as one operation through [`Kernels::block`]; every other unit by unit.
//!
//! A batch normalisation that is trained takes the statistics of the batch, and hands them out for the running ones to
//! follow. Everywhere else (in evaluation, in a frozen stage, under a heatmap) it takes the running ones, and is then one
//! with its convolution: weight and bias times one over the standard deviation, so that it costs nothing.

use burn::module::{Module, Param};
use burn::tensor::activation::relu;
use burn::tensor::module::max_pool2d;
use burn::tensor::ops::MaxPoolOptions;
use burn::tensor::{Device, Tensor, TensorData};

use super::backbone::{self, MaxPool, Placed, Unit};
use crate::block::normalisation::{EPSILON, Statistics};
use crate::block::{Kernels, Parameters, Prepared};
use crate::host;

/// Units with their parameters.
#[derive(Module, Debug)]
pub(super) struct Stage {
    /// In the order of the forward pass.
    convolutions: Vec<Convolution>,
    #[module(skip)]
    units: Vec<Unit>,
    #[module(skip)]
    prepared: Prepared,
}

/// Weight `[out, in, row, column]`, bias and normalisation of a convolution.
#[derive(Module, Debug)]
struct Convolution {
    weight: Param<Tensor<4>>,
    bias: Option<Param<Tensor<1>>>,
    normalisation: Option<Normalisation>,
    #[module(skip)]
    described: backbone::Convolution,
    /// Weight and bias with the normalisation in them, where none of them will change.
    #[module(skip)]
    folded: Option<Folded>,
}

/// Batch normalisation, `[out]` each.
#[derive(Module, Debug)]
struct Normalisation {
    factor: Param<Tensor<1>>,
    summand: Param<Tensor<1>>,
    running_mean: Param<Tensor<1>>,
    running_variance: Param<Tensor<1>>,
}

type Folded = (Tensor<4>, Option<Tensor<1>>);

/// How a pass is computed, and what the normalisations saw in it.
pub(super) struct Run<'a> {
    pub(super) kernels: &'a Kernels,
    pub(super) observed: Vec<Statistics>,
}

impl<'a> Run<'a> {
    pub(super) fn new(kernels: &'a Kernels) -> Self {
        Run {
            kernels,
            observed: Vec::new(),
        }
    }
}

impl Stage {
    /// The stage on a device (with `.autodiff()` for training); `take` gives its tensors one by one.
    pub(super) fn new(
        units: &[Unit],
        placed: &[Placed],
        take: &mut dyn FnMut() -> TensorData,
        kernels: &Kernels,
        device: &Device,
    ) -> Self {
        let convolutions = placed.iter();
        let convolutions =
            convolutions.map(|placed| Convolution::new(placed, take, kernels, device));
        let mut stage = Stage {
            convolutions: convolutions.collect(),
            units: units.to_vec(),
            prepared: Prepared::default(),
        };
        if !device.is_autodiff() {
            for convolution in &mut stage.convolutions {
                convolution.fold(kernels);
            }
            stage.prepared = kernels.prepare(&stage.of_3x3());
        }
        stage
    }

    /// Weights and biases, as they will stay, of the convolutions that the kernels know.
    fn of_3x3(&self) -> Parameters {
        let known = self
            .convolutions
            .iter()
            .filter(|own| own.described.is_3x3());
        let parameters = known.filter_map(|own| {
            let (weight, bias) = own.fixed()?;
            let outputs = weight.dims()[0];
            let zeros = || Tensor::zeros([outputs], &weight.device());
            Some((weight.clone(), bias.unwrap_or_else(zeros)))
        });
        parameters.collect()
    }

    /// The parameters of a block of VGG, where the stage is one at the moment.
    fn as_block(&self) -> Option<Parameters> {
        let (last, before) = self.units.split_last()?;
        let is_plain = |unit: &Unit| match unit {
            Unit::Convolution(convolution) => convolution.is_3x3() && convolution.relu,
            Unit::MaxPool(_) | Unit::Residual(_) => false,
        };
        let is_block = *last == Unit::MaxPool(MaxPool::HALVES) && before.iter().all(is_plain);
        if !is_block || before.is_empty() {
            return None;
        }
        let parameters = self.convolutions.iter().map(|own| {
            let (weight, bias) = own.fixed()?;
            Some((weight, bias?))
        });
        parameters.collect()
    }

    /// All of the stage.
    pub(super) fn forward(&self, x: Tensor<4>, run: &mut Run<'_>) -> Tensor<4> {
        match self.as_block() {
            Some(parameters) => run.kernels.block(x, parameters, &self.prepared),
            None => self.part(x, 0, self.units.len(), run),
        }
    }

    /// Its units from number `from` until `to`.
    pub(super) fn part(
        &self,
        mut x: Tensor<4>,
        from: usize,
        to: usize,
        run: &mut Run<'_>,
    ) -> Tensor<4> {
        let mut convolutions = self.convolutions.iter();
        for (at, unit) in self.units.iter().enumerate().take(to) {
            let own: Vec<&Convolution> = convolutions.by_ref().take(unit.convolutions()).collect();
            if at < from {
                continue;
            }
            let mut one = |x: Tensor<4>, own: &Convolution| own.forward(x, &self.prepared, run);
            x = match unit {
                Unit::Convolution(_) => own.into_iter().fold(x, &mut one),
                Unit::MaxPool(pool) => pooled(x, *pool),
                Unit::Residual(residual) => {
                    let (branch, shortcut) = own.split_at(residual.branch.len());
                    let sum = branch.iter().fold(x.clone(), |x, own| one(x, own));
                    let x = shortcut.iter().fold(x, |x, own| one(x, own));
                    relu(sum + x)
                }
            };
        }
        x
    }

    /// Lets the running statistics follow those of a batch, which are taken one by one.
    pub(super) fn follow(&mut self, observed: &mut dyn Iterator<Item = Statistics>) {
        for own in &mut self.convolutions {
            if !own.takes_batch() {
                continue;
            }
            if let (Some(normalisation), Some(batch)) = (&mut own.normalisation, observed.next()) {
                let Normalisation {
                    running_mean,
                    running_variance,
                    ..
                } = normalisation;
                for (running, batch) in [
                    (running_mean, batch.mean),
                    (running_variance, batch.variance),
                ] {
                    let values = Statistics::followed(&host::values(running.val()), &batch);
                    let data = TensorData::new(values, [batch.len()]);
                    *running = still(data, &running.val().device());
                }
            }
        }
    }
}

impl Convolution {
    fn new(
        placed: &Placed,
        take: &mut dyn FnMut() -> TensorData,
        kernels: &Kernels,
        device: &Device,
    ) -> Self {
        let described = &placed.convolution;
        let weight = Tensor::from_data(take(), &device.clone().inner());
        let weight = match described.is_3x3() {
            true => kernels.arrange(weight),
            false => weight,
        };
        let bias = described.bias.then(|| Param::from_data(take(), device));
        let normalisation = described.normalised.as_ref().map(|_| Normalisation {
            factor: Param::from_data(take(), device),
            summand: Param::from_data(take(), device),
            running_mean: still(take(), device),
            running_variance: still(take(), device),
        });
        Convolution {
            weight: on(device, weight),
            bias,
            normalisation,
            described: described.clone(),
            folded: None,
        }
    }

    fn fold(&mut self, kernels: &Kernels) {
        if self.normalisation.is_some() {
            let folded = self.fixed();
            self.folded = folded.map(|(weight, bias)| match self.described.is_3x3() {
                true => (kernels.arrange(weight), bias),
                false => (weight, bias),
            });
        }
    }

    /// True where the normalisation takes the statistics of the batch: where it is trained.
    fn takes_batch(&self) -> bool {
        let normalisation = self.normalisation.as_ref();
        normalisation.is_some_and(|own| own.factor.val().is_require_grad())
    }

    /// Weight and bias, with the normalisation in them; nothing where that takes the statistics of the batch.
    fn fixed(&self) -> Option<Folded> {
        if self.takes_batch() {
            return None;
        }
        if let Some(folded) = &self.folded {
            return Some(folded.clone());
        }
        let (weight, bias) = (self.weight.val(), self.bias.as_ref().map(Param::val));
        let Some(normalisation) = &self.normalisation else {
            return Some((weight, bias));
        };
        let deviation = (normalisation.running_variance.val() + EPSILON).sqrt();
        let factor = normalisation.factor.val() / deviation;
        let mean = normalisation.running_mean.val();
        let moved = match bias {
            Some(bias) => bias - mean,
            None => mean.neg(),
        };
        let bias = moved * factor.clone() + normalisation.summand.val();
        let outputs = weight.dims()[0];
        Some((weight * factor.reshape([outputs, 1, 1, 1]), Some(bias)))
    }

    fn forward(&self, x: Tensor<4>, prepared: &Prepared, run: &mut Run<'_>) -> Tensor<4> {
        let described = &self.described;
        let kernels = run.kernels;
        if let Some((weight, bias)) = self.fixed() {
            return kernels.convolution(
                x,
                weight,
                bias,
                described.stride,
                described.relu,
                prepared,
            );
        }
        let (weight, bias) = (self.weight.val(), self.bias.as_ref().map(Param::val));
        let x = kernels.convolution(x, weight, bias, described.stride, false, prepared);
        let Some(normalisation) = &self.normalisation else {
            return x;
        };
        let (factor, summand) = (normalisation.factor.val(), normalisation.summand.val());
        let (x, statistics) = kernels.normalise(x, factor, summand, described.relu);
        run.observed.push(statistics);
        x
    }
}

fn pooled(x: Tensor<4>, pool: MaxPool) -> Tensor<4> {
    let options = MaxPoolOptions::new([pool.kernel; 2])
        .with_stride([pool.stride; 2])
        .with_padding([pool.padding; 2]);
    max_pool2d(x, options)
}

/// A tensor without autodiff as a parameter on `device`.
fn on(device: &Device, tensor: Tensor<4>) -> Param<Tensor<4>> {
    if device.is_autodiff() {
        let strategy = device.gradient_checkpointing_strategy().unwrap_or_default();
        let tensor = Tensor::from_inner(tensor).with_gradient_checkpointing_strategy(strategy);
        Param::from_tensor(tensor)
    } else {
        Param::from_tensor(tensor)
    }
}

/// A parameter that no gradient changes.
fn still(data: TensorData, device: &Device) -> Param<Tensor<1>> {
    Param::from_data(data, device).set_require_grad(false)
}
