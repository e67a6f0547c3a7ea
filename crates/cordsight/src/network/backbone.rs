//! What a body of a network must tell, and the list of those that there are.
//!
//! In: a factor on the channels. Out: [`Stage`]s of [`Unit`]s, a description and no code. All that the program does with a
//! body follows from it: names and shapes of parameters, the forward pass, which layers training leaves alone, the layers that
//! heatmaps look at, the names in published weights, the exported graph. So a network more is one file that implements
//! [`Backbone`] and one line in [`Body::ALL`]; see docs/add-a-network.md.
//!
//! Names of parameters begin with the stage, `block1` for the first: `block3.conv2.weight`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{resnet, vgg};

#[cfg(doctest)]
#[doc = include_str!("../../../../docs/add-a-network.md")]
mod worked_example {}

/// The convolutional part of a network, up to the mean over rows and columns.
pub trait Backbone: Sync {
    /// What `--network` calls it, and what model files keep: small letters, digits and `_`.
    fn name(&self) -> &'static str;

    /// Its stages in the order of the forward pass, their channels times `width`, at least one each (see [`scaled`]).
    ///
    /// `--train block2` and its kin leave the stages before alone; with five stages each of those has a meaning.
    fn stages(&self, width: f64) -> Vec<Stage>;

    /// What published weights call the part after the body, under which our head's layers are written for other programs.
    fn published_head(&self) -> &'static str {
        "classifier"
    }
}

/// Channels at a width: rounded, at least one.
pub fn scaled(full: usize, width: f64) -> usize {
    ((full as f64 * width).round() as usize).max(1)
}

/// Units that are frozen together, and whose parameters share one learning rate.
pub type Stage = Vec<Unit>;

/// A step of the forward pass whose features have a name or a smaller grid.
#[derive(Clone, Debug, PartialEq)]
pub enum Unit {
    /// `conv1`, `conv2`, ... of its stage.
    Convolution(Convolution),
    /// The maximum of each square of pixels.
    MaxPool(MaxPool),
    /// `residual1`, `residual2`, ... of its stage.
    Residual(Residual),
}

/// Convolutions whose result is added to what they began with, then ReLU.
#[derive(Clone, Debug, PartialEq)]
pub struct Residual {
    /// One after the other: `conv1`, `conv2`, ...
    pub branch: Vec<Convolution>,
    /// What brings the input to the branch's grid and channels, where those differ.
    pub shortcut: Option<Convolution>,
}

/// A convolution with a border of zeros, and what follows it at once.
#[derive(Clone, Debug, PartialEq)]
pub struct Convolution {
    /// Channels that it makes.
    pub outputs: usize,
    /// Rows and columns of the kernel, an odd number; the border is half of it, rounded down.
    pub kernel: usize,
    /// Pixels from one place to the next.
    pub stride: usize,
    /// Whether a number is added to each channel.
    pub bias: bool,
    /// Whether max(0, x) ends it.
    pub relu: bool,
    /// Its name in published weights, such as `features.0`.
    pub published: String,
    /// The name of the batch normalisation between it and its ReLU, where there is one, such as `features.1`.
    pub normalised: Option<String>,
}

/// Maximum over squares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaxPool {
    /// Rows and columns of a square.
    pub kernel: usize,
    /// Pixels from one square to the next.
    pub stride: usize,
    /// Border that never is the maximum.
    pub padding: usize,
}

impl Unit {
    /// What heatmaps and names call it, before its number; none where it has no features of its own.
    pub fn word(&self) -> Option<&'static str> {
        match self {
            Unit::Convolution(_) => Some("conv"),
            Unit::Residual(_) => Some("residual"),
            Unit::MaxPool(_) => None,
        }
    }

    /// How many convolutions it has.
    pub fn convolutions(&self) -> usize {
        match self {
            Unit::Convolution(_) => 1,
            Unit::Residual(residual) => {
                residual.branch.len() + usize::from(residual.shortcut.is_some())
            }
            Unit::MaxPool(_) => 0,
        }
    }
}

impl MaxPool {
    /// 2×2 without overlap.
    pub const HALVES: MaxPool = MaxPool {
        kernel: 2,
        stride: 2,
        padding: 0,
    };
}

impl Convolution {
    /// 3×3 with step 1, bias and ReLU.
    pub fn plain(outputs: usize, published: String) -> Self {
        Convolution {
            outputs,
            kernel: 3,
            stride: 1,
            bias: true,
            relu: true,
            published,
            normalised: None,
        }
    }

    /// True for 3×3 with step 1, which Winograd's method computes.
    pub fn is_3x3(&self) -> bool {
        self.kernel == 3 && self.stride == 1
    }
}

/// What a value of a parameter does, which decides how it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Multiplies features; drawn at random.
    Weight,
    /// Is added; begins at 0.
    Bias,
    /// Multiplies what batch normalisation made; begins at 1.
    Factor,
    /// Mean of a channel, which follows the batches; begins at 0 and is not trained.
    RunningMean,
    /// Variance of a channel, which follows the batches; begins at 1 and is not trained.
    RunningVariance,
}

impl Role {
    /// Whether gradients change it.
    pub fn is_trained(self) -> bool {
        !matches!(self, Role::RunningMean | Role::RunningVariance)
    }
}

/// A parameter of a convolution and its name in published weights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// For example `block3.conv2.weight`.
    pub name: String,
    /// `[out, in, row, column]`, or `[out]`.
    pub shape: Vec<usize>,
    /// What it does.
    pub role: Role,
    /// For example `features.12.weight`.
    pub published: String,
}

/// A convolution at its place in a body.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// Its stage, counted from 0.
    pub stage: usize,
    /// Its name without that of a parameter: `block3.conv2`.
    pub name: String,
    /// The name of its normalisation: `block3.norm2`.
    pub normalisation: String,
    /// Channels that it sees.
    pub inputs: usize,
    /// What it is.
    pub convolution: Convolution,
}

impl Placed {
    /// Its parameters, in the order of the forward pass.
    pub fn parameters(&self) -> Vec<Parameter> {
        let Convolution {
            outputs,
            kernel,
            bias,
            published,
            normalised,
            ..
        } = &self.convolution;
        let parameter =
            |[name, published]: [&str; 2], part: &str, shape: &[usize], role: Role| Parameter {
                name: format!("{name}.{part}"),
                shape: shape.to_vec(),
                role,
                published: format!("{published}.{part}"),
            };
        let own = [self.name.as_str(), published.as_str()];
        let weight = [*outputs, self.inputs, *kernel, *kernel];
        let mut list = vec![parameter(own, "weight", &weight, Role::Weight)];
        if *bias {
            list.push(parameter(own, "bias", &[*outputs], Role::Bias));
        }
        if let Some(published) = normalised {
            let own = [self.normalisation.as_str(), published.as_str()];
            for (part, role) in [
                ("weight", Role::Factor),
                ("bias", Role::Bias),
                ("running_mean", Role::RunningMean),
                ("running_var", Role::RunningVariance),
            ] {
                list.push(parameter(own, part, &[*outputs], role));
            }
        }
        list
    }
}

/// All convolutions of a body, in the order of the forward pass; a shortcut follows its branch.
pub fn placed(stages: &[Stage]) -> Vec<Placed> {
    let mut list = Vec::new();
    let mut channels = 3;
    for (stage, units) in stages.iter().enumerate() {
        let block = format!("block{}", stage + 1);
        let (mut convolutions, mut residuals) = (0, 0);
        let mut place = |names: [String; 2], inputs: usize, convolution: &Convolution| {
            let [name, normalisation] = names;
            list.push(Placed {
                stage,
                name,
                normalisation,
                inputs,
                convolution: convolution.clone(),
            });
            convolution.outputs
        };
        for unit in units {
            match unit {
                Unit::Convolution(own) => {
                    convolutions += 1;
                    channels = place(numbered(&block, convolutions), channels, own);
                }
                Unit::Residual(Residual { branch, shortcut }) => {
                    residuals += 1;
                    let residual = format!("{block}.residual{residuals}");
                    let inputs = channels;
                    for (at, own) in branch.iter().enumerate() {
                        channels = place(numbered(&residual, at + 1), channels, own);
                    }
                    if let Some(own) = shortcut {
                        let names = ["shortcut", "shortcut_norm"];
                        place(names.map(|name| format!("{residual}.{name}")), inputs, own);
                    }
                }
                Unit::MaxPool(_) => {}
            }
        }
    }
    list
}

/// Names of a convolution and of its normalisation.
fn numbered(within: &str, number: usize) -> [String; 2] {
    ["conv", "norm"].map(|word| format!("{within}.{word}{number}"))
}

/// Channels after the last stage.
pub fn outputs(stages: &[Stage]) -> usize {
    let units = stages.iter().flatten().rev();
    let mut last = units.filter_map(|unit| match unit {
        Unit::Convolution(own) => Some(own.outputs),
        Unit::Residual(residual) => residual.branch.last().map(|own| own.outputs),
        Unit::MaxPool(_) => None,
    });
    last.next().unwrap_or(3)
}

/// Which body: one that implements [`Backbone`].
#[derive(Clone, Copy)]
pub struct Body(&'static dyn Backbone);

// As the variants of an enum are written, which these stand for.
#[allow(non_upper_case_globals)]
impl Body {
    /// Eight convolutions (configuration A).
    pub const Vgg11: Body = Body(&vgg::VGG11);
    /// Ten convolutions (configuration B).
    pub const Vgg13: Body = Body(&vgg::VGG13);
    /// Thirteen convolutions (configuration D), the paper's.
    pub const Vgg16: Body = Body(&vgg::VGG16);
    /// Sixteen convolutions (configuration E).
    pub const Vgg19: Body = Body(&vgg::VGG19);
    /// Configuration A with batch normalisation.
    pub const Vgg11Bn: Body = Body(&vgg::VGG11_BN);
    /// Configuration B with batch normalisation.
    pub const Vgg13Bn: Body = Body(&vgg::VGG13_BN);
    /// Configuration D with batch normalisation.
    pub const Vgg16Bn: Body = Body(&vgg::VGG16_BN);
    /// Configuration E with batch normalisation.
    pub const Vgg19Bn: Body = Body(&vgg::VGG19_BN);
    /// Eight residual units of two convolutions.
    pub const Resnet18: Body = Body(&resnet::RESNET18);
    /// Sixteen residual units of two convolutions.
    pub const Resnet34: Body = Body(&resnet::RESNET34);
}

impl Body {
    /// Every body that `--network` knows and that a model file may name.
    pub const ALL: &[Body] = &[
        Body::Vgg11,
        Body::Vgg13,
        Body::Vgg16,
        Body::Vgg19,
        Body::Vgg11Bn,
        Body::Vgg13Bn,
        Body::Vgg16Bn,
        Body::Vgg19Bn,
        Body::Resnet18,
        Body::Resnet34,
    ];

    /// A body that is not in the list, for a program that uses this library.
    pub const fn of(backbone: &'static dyn Backbone) -> Self {
        Body(backbone)
    }

    /// What it must tell.
    pub fn backbone(self) -> &'static dyn Backbone {
        self.0
    }

    /// The names of all, as a sentence has them: `vgg11, vgg13 or vgg16`.
    pub fn names() -> String {
        let mut names: Vec<String> = Body::ALL.iter().map(Body::to_string).collect();
        let last = names.pop().unwrap_or_default();
        format!("{} or {last}", names.join(", "))
    }
}

impl PartialEq for Body {
    fn eq(&self, other: &Self) -> bool {
        self.0.name() == other.0.name()
    }
}

impl Eq for Body {}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

impl fmt::Display for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

impl FromStr for Body {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Body::ALL.iter().find(|body| body.0.name() == name);
        found
            .copied()
            .ok_or_else(|| format!("expected {}", Body::names()))
    }
}

impl Serialize for Body {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.name())
    }
}

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        name.parse().map_err(|expected| {
            serde::de::Error::custom(format!("found network \"{name}\", {expected}"))
        })
    }
}
