//! The paper's network: a convolutional body, its own VGG or another, global average pooling, fully connected 128-64-1.
//!
//! In: pictures `[batch, 3, row, column]`. Out: one logit per picture, `[batch]`; the score is its sigmoid. Where several
//! findings or classes are asked, the last layer has as many outputs, and a picture's logits stand side by side.
//! Body, width and picture size are settings, because a narrow twin of the same shape learns on a laptop in minutes, and
//! because tests against another framework need a small one. What a body is, [`backbone`] says.
//!
//! Source: the paper's Fig. 1 for the head.

pub mod backbone;
mod layers;
mod resnet;
mod vgg;

use burn::module::{Module, ModuleMapper, Param};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use crate::block::normalisation::Statistics;
use crate::block::{Conv, Kernels};
use crate::explain::Layer;
use crate::weights::{Weights, WeightsError};
pub use backbone::{Backbone, Body, Role};
use backbone::{Placed, placed};
use layers::{Run, Stage};

/// Outputs of the fully connected layers after global average pooling, before the last.
pub const HIDDEN: [usize; 2] = [128, 64];

/// The shape of a network: everything that decides the names and sizes of its parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Architecture {
    /// Which body.
    pub body: Body,
    /// Factor on the body's channels (64 to 512 at 1.0); each layer keeps at least one channel.
    pub width: f64,
    /// Rows and columns of the square input picture, at least 32.
    pub image_size: usize,
    /// Logits a picture: 1, or one for each finding or class.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub outputs: usize,
    /// Inputs of the head beside the features of the picture ([`crate::head_covariates`]).
    #[serde(default, skip_serializing_if = "is_none")]
    pub covariates: usize,
}

fn is_none(covariates: &usize) -> bool {
    *covariates == 0
}

fn one() -> usize {
    1
}

fn is_one(outputs: &usize) -> bool {
    *outputs == 1
}

/// Which layers training changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Trained {
    /// Every layer.
    #[default]
    All,
    /// From block 2 on.
    Block2,
    /// From block 3 on.
    Block3,
    /// From block 4 on.
    Block4,
    /// The last block and the head.
    Block5,
    /// The fully connected layers after the body.
    Head,
}

impl Trained {
    /// Number of parameters, in the order of the forward pass, that stay as they are.
    pub fn frozen(self, architecture: &Architecture) -> usize {
        let blocks = match self {
            Trained::All => 0,
            Trained::Block2 => 1,
            Trained::Block3 => 2,
            Trained::Block4 => 3,
            Trained::Block5 => 4,
            Trained::Head => 5,
        };
        let parameters = architecture.parameters().into_iter();
        let stages = parameters.map_while(|parameter| parameter.block);
        stages.take_while(|block| *block < blocks).count()
    }
}

/// Name and shape of one parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterShape {
    /// For example `block3.conv2.weight` or `dense1.bias`.
    pub name: String,
    /// Convolutions `[out, in, row, column]`, fully connected `[in, out]`, biases `[out]`.
    pub shape: Vec<usize>,
    /// What it does.
    pub role: Role,
    /// The stage of the body that it belongs to, counted from 0; none in the head.
    pub block: Option<usize>,
}

impl Architecture {
    /// The body's stages.
    pub fn stages(&self) -> Vec<backbone::Stage> {
        self.body.backbone().stages(self.width)
    }

    /// All convolutions of the body, in the order of the forward pass.
    pub fn convolutions(&self) -> Vec<Placed> {
        placed(&self.stages())
    }

    /// Channels that the body gives the head.
    pub fn features(&self) -> usize {
        backbone::outputs(&self.stages())
    }

    /// Outputs of the fully connected layers after global average pooling.
    fn head(&self) -> [usize; 3] {
        [HIDDEN[0], HIDDEN[1], self.outputs]
    }

    /// Names and shapes of all parameters, in the order of the forward pass.
    pub fn parameters(&self) -> Vec<ParameterShape> {
        let mut list = Vec::new();
        for placed in self.convolutions() {
            let of_body = placed.parameters().into_iter();
            list.extend(of_body.map(|parameter| ParameterShape {
                name: parameter.name,
                shape: parameter.shape,
                role: parameter.role,
                block: Some(placed.stage),
            }));
        }
        let mut inputs = self.features() + self.covariates;
        for (layer, outputs) in self.head().into_iter().enumerate() {
            let parameter = |part: &str, shape: Vec<usize>, role: Role| ParameterShape {
                name: format!("dense{}.{part}", layer + 1),
                shape,
                role,
                block: None,
            };
            list.push(parameter("weight", vec![inputs, outputs], Role::Weight));
            list.push(parameter("bias", vec![outputs], Role::Bias));
            inputs = outputs;
        }
        list
    }

    /// Number of trainable values in the whole network.
    pub fn parameter_count(&self) -> usize {
        count(self.parameters().iter().filter(|p| p.role.is_trained()))
    }

    /// Number of trainable values in the convolutional body alone (14,714,688 for the paper's network).
    pub fn body_parameter_count(&self) -> usize {
        count(
            self.parameters()
                .iter()
                .filter(|p| p.block.is_some() && p.role.is_trained()),
        )
    }
}

fn count<'a>(parameters: impl Iterator<Item = &'a ParameterShape>) -> usize {
    parameters.map(|p| p.shape.iter().product::<usize>()).sum()
}

/// The network with its weights on a device.
#[derive(Module, Debug)]
pub struct Network {
    stages: Vec<Stage>,
    head: Vec<Linear>,
    #[module(skip)]
    kernels: Kernels,
}

impl Network {
    /// Builds the network on a device (with `.autodiff()` for training); `conv` says how convolutions are computed.
    ///
    /// # Errors
    ///
    /// A parameter that is missing or has another shape than `architecture` asks for.
    pub fn new(
        architecture: &Architecture,
        weights: &Weights,
        conv: Conv,
        device: &Device,
    ) -> Result<Self, WeightsError> {
        Network::with_kernels(architecture, weights, Kernels::choose(conv, device), device)
    }

    /// The same with kernels chosen for this device beforehand.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn with_kernels(
        architecture: &Architecture,
        weights: &Weights,
        kernels: Kernels,
        device: &Device,
    ) -> Result<Self, WeightsError> {
        weights.check(architecture)?;
        let mut next = weights.tensors().iter();
        let mut take = || {
            next.next().map_or_else(
                || TensorData::new(Vec::<f32>::new(), [0]),
                |tensor| TensorData::new(tensor.values.clone(), tensor.shape.clone()),
            )
        };
        let described = architecture.stages();
        let convolutions = placed(&described);
        let stages = described.iter().enumerate().map(|(at, units)| {
            let own: Vec<Placed> = convolutions
                .iter()
                .filter(|placed| placed.stage == at)
                .cloned()
                .collect();
            Stage::new(units, &own, &mut take, &kernels, device)
        });
        let stages = stages.collect();
        let mut inputs = architecture.features() + architecture.covariates;
        let mut head = Vec::new();
        for outputs in architecture.head() {
            let mut linear = LinearConfig::new(inputs, outputs).init(device);
            linear.weight = Param::from_data(take(), device);
            linear.bias = Some(Param::from_data(take(), device));
            head.push(linear);
            inputs = outputs;
        }
        Ok(Network {
            stages,
            head,
            kernels,
        })
    }

    /// What computes the convolutions.
    pub fn kernels(&self) -> &Kernels {
        &self.kernels
    }

    /// `[batch, 3, row, column]` to logits `[batch]`, or `[batch · output]`, picture by picture, where there are several; one
    /// channel instead of three stands for three that are the same.
    pub fn forward(&self, pictures: Tensor<4>) -> Tensor<1> {
        self.forward_with(pictures, None)
    }

    /// The same with what is known of the patients, `[batch, input]`; where a network asks for it and gets nothing, every patient
    /// is the mean of the training patients.
    pub fn forward_with(&self, pictures: Tensor<4>, known: Option<Tensor<2>>) -> Tensor<1> {
        self.head(joined(self.features_by(pictures, &self.kernels), known))
    }

    /// The same, for a caller who has one call running on every core.
    pub fn forward_on_one_thread(
        &self,
        pictures: Tensor<4>,
        known: Option<Tensor<2>>,
    ) -> Tensor<1> {
        let kernels = self.kernels.on_one_thread();
        self.head(joined(self.features_by(pictures, &kernels), known))
    }

    /// The same network, whose first `count` parameters get no gradient: the backward pass ends where they begin.
    pub fn freeze(self, count: usize) -> Self {
        self.map(&mut Freeze { left: count })
    }

    /// The body's features `[batch, channel]`: `[batch, 3, row, column]`, pooled over rows and columns.
    pub fn features(&self, pictures: Tensor<4>) -> Tensor<2> {
        self.features_by(pictures, &self.kernels)
    }

    /// The body's features `[batch, channel]`, on one thread: `[batch, 3, row, column]`, pooled over rows and columns.
    pub fn features_on_one_thread(&self, pictures: Tensor<4>) -> Tensor<2> {
        self.features_by(pictures, &self.kernels.on_one_thread())
    }

    /// The same in training: features, and what each normalisation that is trained saw of this batch.
    pub fn observe(&self, pictures: Tensor<4>) -> (Tensor<2>, Observed) {
        let mut run = Run::new(&self.kernels);
        let features = self.features_in(pictures, &mut run);
        (features, Observed(run.observed))
    }

    /// The same network, whose running statistics follow those of a batch.
    pub fn follow(mut self, observed: Observed) -> Self {
        let mut observed = observed.0.into_iter();
        for stage in &mut self.stages {
            stage.follow(&mut observed);
        }
        self
    }

    /// What each of the stages makes of `[batch, 3, row, column]`: `[batch, channel, row, column]`, halved each time.
    pub fn block_outputs(&self, pictures: Tensor<4>) -> Vec<Tensor<4>> {
        let mut outputs = Vec::new();
        let mut x = pictures;
        let mut run = Run::new(&self.kernels);
        for stage in &self.stages {
            x = stage.forward(x, &mut run);
            outputs.push(x.clone());
        }
        outputs
    }

    /// Features of a layer, `[batch, channel, row, column]`, of pictures `[batch, 3, row, column]`.
    pub fn activation(&self, pictures: Tensor<4>, layer: Layer) -> Tensor<4> {
        let mut x = pictures;
        let whole = layer.block + usize::from(layer.unit.is_none());
        let mut run = Run::new(&self.kernels);
        for stage in self.stages.iter().take(whole) {
            x = stage.forward(x, &mut run);
        }
        if let (Some(unit), Some(stage)) = (layer.unit, self.stages.get(layer.block)) {
            let direct = Kernels::direct();
            x = stage.part(x, 0, unit.at + 1, &mut Run::new(&direct));
        }
        x
    }

    /// Logits from a layer's features: [`activation`](Self::activation) and this are [`forward`](Self::forward).
    pub fn forward_from(
        &self,
        activation: Tensor<4>,
        layer: Layer,
        known: Option<Tensor<2>>,
    ) -> Tensor<1> {
        let mut x = activation;
        if let (Some(unit), Some(stage)) = (layer.unit, self.stages.get(layer.block)) {
            let direct = Kernels::direct();
            let mut run = Run::new(&direct);
            x = stage.part(x, unit.at + 1, usize::MAX, &mut run);
        }
        let mut run = Run::new(&self.kernels);
        for stage in self.stages.iter().skip(layer.block + 1) {
            x = stage.forward(x, &mut run);
        }
        self.head(joined(x.mean_dims(&[2, 3]).flatten(1, 3), known))
    }

    fn features_by(&self, pictures: Tensor<4>, kernels: &Kernels) -> Tensor<2> {
        self.features_in(pictures, &mut Run::new(kernels))
    }

    fn features_in(&self, pictures: Tensor<4>, run: &mut Run<'_>) -> Tensor<2> {
        let mut x = pictures;
        for stage in &self.stages {
            x = stage.forward(x, run);
        }
        x.mean_dims(&[2, 3]).flatten(1, 3)
    }

    /// The body's features `[batch, channel]` to logits, as [`forward`](Self::forward) has them.
    pub fn head(&self, features: Tensor<2>) -> Tensor<1> {
        self.head_times(features, Vec::new())
    }

    /// The same with the outputs of the hidden layers, after ReLU, times factors `[batch, output]`, those of one layer
    /// each; a layer without any stays as it is.
    pub fn head_times(&self, mut features: Tensor<2>, factors: Vec<Tensor<2>>) -> Tensor<1> {
        let inputs = self.head.first().map_or(0, |own| own.weight.dims()[0]);
        let [batch, found] = features.dims();
        if found < inputs {
            let means = Tensor::zeros([batch, inputs - found], &features.device());
            features = joined(features, Some(means));
        }
        let mut factors = factors.into_iter();
        for (layer, linear) in self.head.iter().enumerate() {
            features = linear.forward(features);
            if layer + 1 < self.head.len() {
                features = relu(features);
                if let Some(factors) = factors.next() {
                    features = features * factors;
                }
            }
        }
        features.flatten(0, 1)
    }
}

/// Features of pictures with what is known of the patients beside them, where that is something.
pub fn joined(features: Tensor<2>, known: Option<Tensor<2>>) -> Tensor<2> {
    match known {
        Some(known) => Tensor::cat(vec![features, known], 1),
        None => features,
    }
}

/// What the normalisations of a network saw in one pass, for [`Network::follow`].
#[derive(Debug)]
pub struct Observed(Vec<Statistics>);

struct Freeze {
    left: usize,
}

impl ModuleMapper for Freeze {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if self.left == 0 {
            return param;
        }
        self.left -= 1;
        param.set_require_grad(false)
    }
}
