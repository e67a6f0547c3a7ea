//! The paper's network: the convolutional body of VGG, global average pooling, fully connected 128-64-1.
//!
//! In: pictures `[batch, 3, row, column]`. Out: one logit per picture, `[batch]`; the score is its sigmoid. Where several
//! findings or classes are asked, the last layer has as many outputs, and a picture's logits stand side by side.
//! Depth (VGG 11 to 19), width and picture size are settings, because a narrow twin of the same shape learns on a
//! laptop in minutes, and because tests against another framework need a small one.
//!
//! Source: Simonyan and Zisserman 2015 (arXiv 1409.1556), configurations A, B, D, E; the paper's Fig. 1 for the head.

use std::fmt;
use std::str::FromStr;

use burn::module::{Module, ModuleMapper, Param};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use crate::block::{Conv, Kernels, Parameters, Prepared, convolution, pooling};
use crate::explain::Layer;
use crate::weights::{Weights, WeightsError};

/// Outputs of the fully connected layers after global average pooling, before the last.
pub const HIDDEN: [usize; 2] = [128, 64];

/// Which VGG body: how many 3×3 convolutions each of the five blocks holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Body {
    /// Eight convolutions (configuration A).
    Vgg11,
    /// Ten convolutions (configuration B).
    Vgg13,
    /// Thirteen convolutions (configuration D), the paper's.
    Vgg16,
    /// Sixteen convolutions (configuration E).
    Vgg19,
}

impl Body {
    /// Every body, in the order of depth.
    pub const ALL: [Body; 4] = [Body::Vgg11, Body::Vgg13, Body::Vgg16, Body::Vgg19];

    fn convolutions(self) -> [usize; 5] {
        match self {
            Body::Vgg11 => [1, 1, 2, 2, 2],
            Body::Vgg13 => [2, 2, 2, 2, 2],
            Body::Vgg16 => [2, 2, 3, 3, 3],
            Body::Vgg19 => [2, 2, 4, 4, 4],
        }
    }
}

impl fmt::Display for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Body::Vgg11 => "vgg11",
            Body::Vgg13 => "vgg13",
            Body::Vgg16 => "vgg16",
            Body::Vgg19 => "vgg19",
        })
    }
}

impl FromStr for Body {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Body::ALL
            .into_iter()
            .find(|body| body.to_string() == name)
            .ok_or_else(|| "expected vgg11, vgg13, vgg16 or vgg19".to_string())
    }
}

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
        let convolutions = architecture.body.convolutions();
        // Weight and bias of each.
        2 * convolutions.iter().take(blocks).sum::<usize>()
    }
}

/// Name and shape of one parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterShape {
    /// For example `block3.conv2.weight` or `dense1.bias`.
    pub name: String,
    /// Convolutions `[out, in, 3, 3]`, fully connected `[in, out]`, biases `[out]`.
    pub shape: Vec<usize>,
}

impl Architecture {
    /// Output channels of every convolution, block by block.
    pub fn channels(&self) -> Vec<Vec<usize>> {
        [64.0, 128.0, 256.0, 512.0, 512.0]
            .iter()
            .zip(self.body.convolutions())
            .map(|(full, count)| vec![((full * self.width).round() as usize).max(1); count])
            .collect()
    }

    /// Outputs of the fully connected layers after global average pooling.
    fn head(&self) -> [usize; 3] {
        [HIDDEN[0], HIDDEN[1], self.outputs]
    }

    /// Names and shapes of all parameters, in the order of the forward pass.
    pub fn parameters(&self) -> Vec<ParameterShape> {
        let mut list = Vec::new();
        let mut add = |name: String, weight: Vec<usize>, outputs: usize| {
            list.push(ParameterShape {
                name: format!("{name}.weight"),
                shape: weight,
            });
            list.push(ParameterShape {
                name: format!("{name}.bias"),
                shape: vec![outputs],
            });
        };
        let mut inputs = 3;
        for (block, channels) in self.channels().into_iter().enumerate() {
            for (conv, outputs) in channels.into_iter().enumerate() {
                let name = format!("block{}.conv{}", block + 1, conv + 1);
                add(name, vec![outputs, inputs, 3, 3], outputs);
                inputs = outputs;
            }
        }
        for (layer, outputs) in self.head().into_iter().enumerate() {
            add(
                format!("dense{}", layer + 1),
                vec![inputs, outputs],
                outputs,
            );
            inputs = outputs;
        }
        list
    }

    /// Number of trainable values in the whole network.
    pub fn parameter_count(&self) -> usize {
        count(self.parameters().iter())
    }

    /// Number of trainable values in the convolutional body alone (14,714,688 for the paper's network).
    pub fn body_parameter_count(&self) -> usize {
        count(
            self.parameters()
                .iter()
                .filter(|p| p.name.starts_with("block")),
        )
    }
}

fn count<'a>(parameters: impl Iterator<Item = &'a ParameterShape>) -> usize {
    parameters.map(|p| p.shape.iter().product::<usize>()).sum()
}

/// The network with its weights on a device.
#[derive(Module, Debug)]
pub struct Network {
    blocks: Vec<Block>,
    head: Vec<Linear>,
    #[module(skip)]
    kernels: Kernels,
}

/// Convolutions with ReLU, then 2×2 max pooling.
#[derive(Module, Debug)]
struct Block {
    convolutions: Vec<Convolution>,
    #[module(skip)]
    prepared: Prepared,
}

/// Weight `[out, in, 3, 3]` and bias of a convolution.
#[derive(Module, Debug)]
struct Convolution {
    weight: Param<Tensor<4>>,
    bias: Param<Tensor<1>>,
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
        let mut inputs = 3;
        let mut blocks = Vec::new();
        for channels in architecture.channels() {
            let mut convolutions = Vec::new();
            for outputs in channels {
                let weight = Tensor::from_data(take(), &device.clone().inner());
                convolutions.push(Convolution {
                    weight: on(device, kernels.arrange(weight)),
                    bias: Param::from_data(take(), device),
                });
                inputs = outputs;
            }
            let mut block = Block {
                convolutions,
                prepared: Prepared::default(),
            };
            if !device.is_autodiff() {
                block.prepared = kernels.prepare(&block.parameters());
            }
            blocks.push(block);
        }
        let mut head = Vec::new();
        for outputs in architecture.head() {
            let mut linear = LinearConfig::new(inputs, outputs).init(device);
            linear.weight = Param::from_data(take(), device);
            linear.bias = Some(Param::from_data(take(), device));
            head.push(linear);
            inputs = outputs;
        }
        Ok(Network {
            blocks,
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
        self.forward_by(pictures, &self.kernels)
    }

    /// The same, for a caller who has one call running on every core.
    pub fn forward_on_one_thread(&self, pictures: Tensor<4>) -> Tensor<1> {
        self.forward_by(pictures, &self.kernels.on_one_thread())
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

    fn forward_by(&self, pictures: Tensor<4>, kernels: &Kernels) -> Tensor<1> {
        self.head(self.features_by(pictures, kernels))
    }

    /// What each of the five blocks makes of `[batch, 3, row, column]`: `[batch, channel, row, column]`, halved each time.
    pub fn block_outputs(&self, pictures: Tensor<4>) -> Vec<Tensor<4>> {
        let mut outputs = Vec::new();
        let mut x = pictures;
        for block in &self.blocks {
            x = self.kernels.block(x, block.parameters(), &block.prepared);
            outputs.push(x.clone());
        }
        outputs
    }

    /// Features of a layer, `[batch, channel, row, column]`, of pictures `[batch, 3, row, column]`.
    pub fn activation(&self, pictures: Tensor<4>, layer: Layer) -> Tensor<4> {
        let mut x = pictures;
        let whole = layer.block + usize::from(layer.conv.is_none());
        for block in self.blocks.iter().take(whole) {
            x = self.kernels.block(x, block.parameters(), &block.prepared);
        }
        if let (Some(conv), Some(block)) = (layer.conv, self.blocks.get(layer.block)) {
            for parameters in block.parameters().into_iter().take(conv + 1) {
                x = convolution(x, parameters);
            }
        }
        x
    }

    /// Logits from a layer's features: [`activation`](Self::activation) and this are [`forward`](Self::forward).
    pub fn forward_from(&self, activation: Tensor<4>, layer: Layer) -> Tensor<1> {
        let mut x = activation;
        if let (Some(conv), Some(block)) = (layer.conv, self.blocks.get(layer.block)) {
            for parameters in block.parameters().into_iter().skip(conv + 1) {
                x = convolution(x, parameters);
            }
            x = pooling(x);
        }
        for block in self.blocks.iter().skip(layer.block + 1) {
            x = self.kernels.block(x, block.parameters(), &block.prepared);
        }
        self.head(x.mean_dims(&[2, 3]).flatten(1, 3))
    }

    fn features_by(&self, pictures: Tensor<4>, kernels: &Kernels) -> Tensor<2> {
        let mut x = pictures;
        for block in &self.blocks {
            x = kernels.block(x, block.parameters(), &block.prepared);
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

impl Block {
    fn parameters(&self) -> Parameters {
        let convolutions = self.convolutions.iter();
        convolutions
            .map(|convolution| (convolution.weight.val(), convolution.bias.val()))
            .collect()
    }
}

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
