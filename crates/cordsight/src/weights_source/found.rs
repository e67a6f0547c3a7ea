//! A body among a file's tensors, whatever the file.
//!
//! In: tensors. Out: [`Found`]: the body with our names and layouts, and what became of the file's tensors. A plain VGG is
//! found by its shapes under any names ([`pretrained::vgg`]); every other body by the names that published weights have
//! (torchvision's, which timm shares), or by our own, since shapes alone do not tell how normalisations and sums hang together.

use pretrained::Tensor;
use pretrained::vgg::{self, Depth, Layout, Order, Report, transpose};

use crate::network::backbone::{Parameter, outputs, placed};
use crate::network::{Architecture, Body, HIDDEN};
use crate::weights::WeightsError;

/// A body, with the head where the file holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Which one.
    pub network: Body,
    /// Output channels of each stage.
    pub channels: Vec<usize>,
    /// The factor on its channels, where there is one.
    width: Option<f64>,
    /// Parameters under our names and in our layouts, those of the head after the body's or none of them.
    pub parameters: Vec<Tensor>,
    /// What became of the file's tensors.
    pub report: Report,
}

impl Found {
    /// True when the head 128-64-1 is there.
    pub fn has_head(&self) -> bool {
        self.report.missing.is_empty()
    }

    /// The factor on the channels of the full network, where there is one.
    pub fn width(&self) -> Option<f64> {
        self.width
    }

    /// Which plain VGG it is, where it is one.
    pub(crate) fn depth(&self) -> Option<Depth> {
        depth(self.network)
    }
}

/// Which plain VGG a body is.
pub(super) fn depth(body: Body) -> Option<Depth> {
    let name = body.to_string();
    Depth::ALL
        .into_iter()
        .find(|depth| depth.to_string() == name)
}

impl From<vgg::Body> for Found {
    fn from(body: vgg::Body) -> Self {
        let network = match body.depth {
            Depth::Vgg11 => Body::Vgg11,
            Depth::Vgg13 => Body::Vgg13,
            Depth::Vgg16 => Body::Vgg16,
            Depth::Vgg19 => Body::Vgg19,
        };
        Found {
            network,
            channels: body.channels.to_vec(),
            width: body.width(),
            parameters: body.parameters,
            report: body.report,
        }
    }
}

/// The body whose published names are all among the tensors, if there is one that is no plain VGG.
pub(super) fn by_published_names(tensors: &[Tensor]) -> Option<Result<Found, WeightsError>> {
    let find = |name: &str| tensors.iter().find(|tensor| tensor.name == name);
    let kernels = tensors.iter().filter(|tensor| tensor.shape.len() == 4);
    let kernels = kernels.count();
    let bodies = Body::ALL.iter().filter(|body| depth(**body).is_none());
    let mut fitting = bodies.copied().filter(|body| {
        let convolutions = placed(&body.backbone().stages(1.0));
        let mut names = convolutions.iter().flat_map(|own| own.parameters());
        convolutions.len() == kernels && names.all(|own| find(&own.published).is_some())
    });
    let body = fitting.next()?;
    let full = placed(&body.backbone().stages(1.0));
    let mut sides = Vec::new();
    for own in &full {
        let kernel = find(&format!("{}.weight", own.convolution.published))?;
        sides.push((*kernel.shape.first()?, own.convolution.outputs));
    }
    let width = width(body, &sides)?;
    let head = body.backbone().published_head();
    let head = [0, 2, 4].map(|layer| format!("{head}.{layer}"));
    let published = |parameter: &Parameter| parameter.published.clone();
    Some(take(tensors, body, width, published, head, true))
}

/// The factor on a body's channels, from those of each convolution in the file and at width 1: one that gives all of them,
/// after rounding too, or that of the first, whose mismatch the caller then names.
fn width(body: Body, sides: &[(usize, usize)]) -> Option<f64> {
    let exact = |(found, full): &(usize, usize)| *found as f64 / *full as f64;
    let bound = |by: f64| move |(found, full): &(usize, usize)| (*found as f64 + by) / *full as f64;
    let low = sides.iter().map(bound(-0.5)).fold(0.0, f64::max);
    let high = sides.iter().map(bound(0.5)).fold(f64::INFINITY, f64::min);
    let gives_all = |width: &f64| {
        let own = placed(&body.backbone().stages(*width));
        let outputs = own.iter().map(|own| own.convolution.outputs);
        outputs.eq(sides.iter().map(|(found, _)| *found))
    };
    let mut candidates = sides.iter().map(exact).chain([(low + high) / 2.0]);
    let first = exact(sides.first()?);
    Some(candidates.find(gives_all).unwrap_or(first))
}

/// A body of which all is known, under our own names.
pub(super) fn by_our_names(
    tensors: &[Tensor],
    body: Body,
    width: f64,
) -> Result<Found, WeightsError> {
    let head = [1, 2, 3].map(|layer| format!("dense{layer}"));
    let own = |parameter: &Parameter| parameter.name.clone();
    take(tensors, body, width, own, head, false)
}

/// Tensors under the names of a file; the head's matrices are `[out, in]` where `turned`.
fn take(
    tensors: &[Tensor],
    body: Body,
    width: f64,
    name: impl Fn(&Parameter) -> String,
    head: [String; 3],
    turned: bool,
) -> Result<Found, WeightsError> {
    let stages = body.backbone().stages(width);
    let find = |name: &str| tensors.iter().find(|tensor| tensor.name == name);
    let (mut taken, mut parameters) = (Vec::new(), Vec::new());
    for parameter in placed(&stages).iter().flat_map(|own| own.parameters()) {
        let theirs = name(&parameter);
        let tensor = find(&theirs).ok_or_else(|| WeightsError::Missing {
            name: theirs.clone(),
            expected: parameter.shape.clone(),
        })?;
        if tensor.shape != parameter.shape {
            return Err(WeightsError::Shape {
                name: theirs,
                found: tensor.shape.clone(),
                expected: parameter.shape,
            });
        }
        taken.push((theirs, parameter.name.clone()));
        parameters.push(Tensor {
            name: parameter.name,
            ..tensor.clone()
        });
    }
    let architecture = |outputs: usize| Architecture {
        body,
        width,
        image_size: 32,
        outputs,
        covariates: 0,
    };
    let missing = match head_of(&find, outputs(&stages), &head, turned) {
        Some((found, names)) => {
            taken.extend(names);
            parameters.extend(found);
            Vec::new()
        }
        None => {
            let all = architecture(1).parameters().into_iter();
            let of_head = all.filter(|parameter| parameter.block.is_none());
            of_head.map(|own| (own.name, own.shape)).collect()
        }
    };
    let used = |tensor: &&Tensor| taken.iter().any(|(name, _)| *name == tensor.name);
    let left = tensors.iter().filter(|tensor| !used(tensor));
    let reason = |tensor: &Tensor| format!("{:?}, of neither the body nor the head", tensor.shape);
    let left_out = left.map(|tensor| (tensor.name.clone(), reason(tensor)));
    Ok(Found {
        network: body,
        channels: (1..=stages.len())
            .map(|count| outputs(&stages[..count]))
            .collect(),
        width: Some(width),
        report: Report {
            left_out: left_out.collect(),
            taken,
            missing,
            layout: Layout::Oihw,
            order: Order::Names,
        },
        parameters,
    })
}

type Names = Vec<(String, String)>;

/// The head's parameters with their names in the file, where all are there and follow each other.
fn head_of<'a>(
    find: &impl Fn(&str) -> Option<&'a Tensor>,
    features: usize,
    names: &[String; 3],
    turned: bool,
) -> Option<(Vec<Tensor>, Names)> {
    let (mut inputs, mut found, mut taken) = (features, Vec::new(), Vec::new());
    for (layer, name) in names.iter().enumerate() {
        let (weight, bias) = (
            find(&format!("{name}.weight"))?,
            find(&format!("{name}.bias"))?,
        );
        let &[rows, columns] = weight.shape.as_slice() else {
            return None;
        };
        let [own, outputs] = if turned {
            [columns, rows]
        } else {
            [rows, columns]
        };
        let wanted = HIDDEN.get(layer).copied().unwrap_or(outputs);
        if own != inputs || outputs != wanted || bias.shape != [outputs] {
            return None;
        }
        for (tensor, part) in [(weight, "weight"), (bias, "bias")] {
            let ours = format!("dense{}.{part}", layer + 1);
            taken.push((tensor.name.clone(), ours.clone()));
            let values = match part {
                "weight" if turned => transpose(&tensor.values, outputs, inputs),
                _ => tensor.values.clone(),
            };
            let shape = match part {
                "weight" => vec![inputs, outputs],
                _ => vec![outputs],
            };
            found.push(Tensor {
                name: ours,
                shape,
                values,
            });
        }
        inputs = outputs;
    }
    Some((found, taken))
}
