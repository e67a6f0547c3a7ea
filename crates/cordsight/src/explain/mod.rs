//! Heatmaps: which places of a radiograph moved the score, as far as a method can tell.
//!
//! In: a trained network, a prepared picture, a [`Request`]. Out: [`Heatmap`], numbers on a layer's grid or on the
//! picture's own; [`overlay`] lays them over the original radiograph, [`check`] says how far they depend on what was
//! learnt, and [`regions`] where they lie on a synthetic neck.
//! The class activation maps ([`Method::GradCam`] and its kin) look at one layer; integrated gradients and occlusion at the
//! picture. All explain the logit, before the sigmoid, which flattens gradients of sure answers.
//!
//! Source: see [`Method`]. Checked against: grad-cam and captum on PyTorch (tools/golden/torch_gradcam.py).

mod cam;
pub mod check;
pub mod colour;
mod layer;
mod map;
pub mod overlay;
mod pixels;
pub mod regions;
pub mod run;
mod together;

use std::fmt;

use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use crate::block::Conv;
use crate::host;
use crate::network::{Architecture, Network};
use crate::prepare::{Preparation, Prepared};
use crate::score::{known, logits};
use crate::weights::{Weights, WeightsError};
use cam::Features;
pub use layer::{Layer, LayerError};
pub use map::Map;

/// Side of the window of means under which a map of the picture's own grid is shown.
const SMOOTHING: usize = 7;

/// How a heatmap is computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Channels of a layer weighed by their mean gradient (Selvaraju et al. 2017).
    #[default]
    GradCam,
    /// Channels weighed by their positive gradients (Chattopadhyay et al. 2018).
    #[value(name = "grad-cam++")]
    #[serde(rename = "grad-cam++")]
    GradCamPlusPlus,
    /// Features times gradient, place by place (Draelos and Carin 2020).
    #[value(name = "hirescam")]
    #[serde(rename = "hirescam")]
    HiResCam,
    /// Gradients of the picture, summed on the way from black (Sundararajan et al. 2017, arXiv 1703.01365).
    IntegratedGradients,
    /// What covering a place takes from the logit (Zeiler and Fergus 2014, arXiv 1311.2901).
    Occlusion,
}

impl Method {
    /// Whether it looks at a layer and not at the picture.
    pub fn has_layer(self) -> bool {
        !matches!(self, Method::IntegratedGradients | Method::Occlusion)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Method::GradCam => "Grad-CAM",
            Method::GradCamPlusPlus => "Grad-CAM++",
            Method::HiResCam => "HiResCAM",
            Method::IntegratedGradients => "Integrated gradients",
            Method::Occlusion => "Occlusion",
        })
    }
}

/// Whose evidence is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Target {
    /// What raises the score.
    #[default]
    Positive,
    /// What lowers it.
    Negative,
}

impl Target {
    /// 1 for what raises the logit, -1 for what lowers it.
    pub fn sign(self) -> f32 {
        match self {
            Target::Positive => 1.0,
            Target::Negative => -1.0,
        }
    }

    /// The class's number.
    pub fn class(self) -> usize {
        usize::from(self == Target::Positive)
    }
}

/// What to explain, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Where it looks, if it looks at a layer.
    pub layer: Layer,
    /// Whose evidence.
    pub target: Target,
}

/// Numbers of one picture, positive where something speaks for the class.
#[derive(Clone, Debug, PartialEq)]
pub struct Heatmap {
    /// How it was computed.
    pub method: Method,
    /// As computed: never negative for class activation maps, of either sign otherwise.
    pub map: Map,
}

impl Heatmap {
    /// `side`² values in 0..1: what speaks for the class, the most in this picture at 1. A map of the picture's own grid is
    /// smoothed first: it changes from one pixel to the next.
    pub fn shown(&self, side: usize) -> Vec<f32> {
        match self.method {
            Method::IntegratedGradients | Method::Occlusion => {
                self.map.positive().smoothed(SMOOTHING).shown(side)
            }
            _ => self.map.shown(side),
        }
    }

    /// True where nothing in the picture speaks for the class.
    pub fn is_empty(&self) -> bool {
        self.map.positive().is_flat()
    }
}

/// A network ready to be explained.
pub struct Explainer {
    /// The network's shape.
    pub architecture: Architecture,
    /// How a radiograph becomes its input.
    pub preparation: Preparation,
    conv: Conv,
    /// With autodiff, its own parameters without gradients.
    tracked: Network,
    /// The same for many scores: its weights, made ready, take four times the memory.
    network: Option<Network>,
    /// Further networks whose maps are averaged with its own.
    others: Vec<Explainer>,
}

impl Explainer {
    /// A network of these weights; `conv` says how convolutions are computed.
    ///
    /// # Errors
    ///
    /// Weights of another network.
    pub fn new(
        architecture: &Architecture,
        preparation: &Preparation,
        weights: &Weights,
        conv: Conv,
    ) -> Result<Self, WeightsError> {
        let mut explainer = Explainer::small(architecture, preparation, weights, conv)?;
        explainer.network = Some(Network::new(architecture, weights, conv, &Device::flex())?);
        Ok(explainer)
    }

    /// The same network with other weights, one of many in memory.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn with_weights(&self, weights: &Weights) -> Result<Self, WeightsError> {
        Explainer::small(&self.architecture, &self.preparation, weights, self.conv)
    }

    fn small(
        architecture: &Architecture,
        preparation: &Preparation,
        weights: &Weights,
        conv: Conv,
    ) -> Result<Self, WeightsError> {
        let parameters = architecture.parameters().len();
        let tracked = Network::new(architecture, weights, conv, &autodiff())?;
        Ok(Explainer {
            architecture: architecture.clone(),
            preparation: preparation.clone(),
            tracked: tracked.freeze(parameters),
            network: None,
            others: Vec::new(),
            conv,
        })
    }

    /// The network's parameters.
    pub fn weights(&self) -> Weights {
        Weights::from_network(&self.architecture, &self.tracked)
    }

    /// Logits of pictures, in their order.
    pub fn logits(&self, pictures: &[Prepared]) -> Vec<f64> {
        match &self.network {
            Some(network) => logits(network, &self.preparation, pictures, &Device::flex()),
            None => logits(&self.tracked, &self.preparation, pictures, &autodiff()),
        }
    }

    /// The map of one picture; of several members, the mean of theirs.
    pub fn explain(&self, picture: &Prepared, request: &Request) -> Heatmap {
        let sign = request.target.sign();
        let map = match request.method {
            Method::IntegratedGradients => pixels::integrated_gradients(self, picture, sign).0,
            Method::Occlusion => pixels::occlusion(self, picture, sign),
            method => cam::map(&self.features(picture, request.layer, sign), method),
        };
        let others = self
            .others
            .iter()
            .map(|of| of.explain(picture, request).map);
        Heatmap {
            method: request.method,
            map: together::mean(map, others.collect()),
        }
    }

    /// Integrated gradients of one picture, and by how much their sum misses the logit's difference from a black picture,
    /// as a share of it; of several members, the means.
    pub fn integrated_gradients(&self, picture: &Prepared, target: Target) -> (Map, f64) {
        let (map, missed) = pixels::integrated_gradients(self, picture, target.sign());
        let others = self.others.iter();
        let (others, missed_by): (Vec<Map>, Vec<f64>) = others
            .map(|of| of.integrated_gradients(picture, target))
            .unzip();
        let missed = missed + missed_by.iter().sum::<f64>();
        (together::mean(map, others), missed / self.members() as f64)
    }

    /// A layer's features and the gradient of the logit times `sign` with respect to them.
    fn features(&self, picture: &Prepared, layer: Layer, sign: f32) -> Features {
        let pictures = self.tensor(std::slice::from_ref(picture));
        let features = self.tracked.activation(pictures, layer).inner();
        let [_, _, rows, columns] = features.dims();
        let features = Tensor::<4>::from_inner(features).require_grad();
        let known = known(std::slice::from_ref(picture), &autodiff());
        let logit = self.tracked.forward_from(features.clone(), layer, known);
        let gradients = (logit * sign).sum().backward();
        let gradient = features.grad(&gradients);
        let values = |tensor: Tensor<4>| tensor.into_data().iter::<f32>().collect::<Vec<f32>>();
        let activation = values(features.inner());
        Features {
            rows,
            columns,
            gradient: gradient.map_or_else(|| vec![0.0; activation.len()], values),
            activation,
        }
    }

    /// Gradient of the logits' sum with respect to pictures `[picture, channel, row, column]`, in that order.
    fn picture_gradient(&self, batch: Vec<f32>, shape: [usize; 4], of_patient: &[f32]) -> Vec<f32> {
        let length = batch.len();
        let pictures = Tensor::<4>::from_data(TensorData::new(batch, shape), &autodiff());
        let pictures = pictures.require_grad();
        let known = host::rows(vec![of_patient; shape[0]].into_iter(), &autodiff());
        let logits = self.tracked.forward_with(pictures.clone(), known);
        let gradients = logits.sum().backward();
        match pictures.grad(&gradients) {
            Some(gradient) => gradient.into_data().iter::<f32>().collect(),
            None => vec![0.0; length],
        }
    }

    fn tensor(&self, pictures: &[Prepared]) -> Tensor<4> {
        let (channels, side) = (self.preparation.channels(), self.preparation.image_size);
        let shape = [pictures.len(), channels, side, side];
        let data = TensorData::new(self.preparation.batch(pictures), shape);
        Tensor::from_data(data, &autodiff())
    }
}

fn autodiff() -> Device {
    Device::flex().autodiff()
}
