//! Models for other programs: ONNX, safetensors with torchvision's names, and Keras's `.weights.h5`.
//!
//! In: a model file or an imported file. Out: the bytes of one file. The ONNX model holds all that follows the prepared
//! picture (standardisation, network, sigmoid), so its user needs only pixels from 0 to 1; the other two hold weights
//! alone. All three name the preprocessing in their metadata, where an import finds it again.
//!
//! Layouts and names are [`pretrained::vgg`]'s; values are moved, never computed with. Checked against: ONNX Runtime,
//! PyTorch and Keras (tools/golden/exported_models.py).

use std::path::Path;

use pretrained::keras::{Layer, write_weights_h5};
use pretrained::onnx::{self, Dense, ImageNetwork, Link, Normalisation, PixelRange};
use pretrained::vgg::{Depth, keras3_names, to_keras, to_torchvision};
use pretrained::{PREPROCESSING, Tensor, WriteError, safetensors};

use crate::block::Conv;
use crate::head_covariates::names;
use crate::model_file::{INTENDED_USE, Manifest, Model, ModelError, ThresholdOrigin};
use crate::network::backbone::{Placed, Unit, placed};
use crate::network::{Architecture, Body};
use crate::task::Task;
use crate::weights_source::{Source, SourceError};

/// What to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Target {
    /// One ONNX model from the prepared picture's pixels to the score.
    Onnx,
    /// Safetensors with torchvision's names, for PyTorch and timm.
    Safetensors,
    /// Keras 3's `.weights.h5`.
    Keras,
}

/// A model that cannot be exported.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum ExportError {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(
        "{place}: holds {members} networks and {views} views of a picture, expected one of each; other programs have no place for more: train with --members 1 --views 1"
    )]
    Ensemble {
        place: String,
        members: usize,
        views: u32,
    },
    #[error(
        "{place}: the network takes {names} beside the picture, expected one that takes the picture alone; other programs would not standardise them as training did"
    )]
    Covariates { place: String, names: String },
    #[error(
        "{place}: found a {network}, expected a VGG without batch normalisation; Keras has no published layers of that name, export to .onnx or .safetensors"
    )]
    Keras { place: String, network: Body },
    #[error("{place}: {source}")]
    Write { place: String, source: WriteError },
}

impl Target {
    /// What the ending of a file's name asks for.
    pub fn of_name(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_string_lossy().to_ascii_lowercase();
        match name.as_str() {
            name if name.ends_with(".onnx") => Some(Target::Onnx),
            name if name.ends_with(".safetensors") => Some(Target::Safetensors),
            name if name.ends_with(".weights.h5") => Some(Target::Keras),
            _ => None,
        }
    }
}

/// The bytes of the exported file.
///
/// # Errors
///
/// What is no model; for ONNX also an imported body, which has neither head nor threshold, and a model that fails its
/// self-test.
pub fn export(path: &Path, target: Target) -> Result<Vec<u8>, ExportError> {
    let source = Source::open(&path.display().to_string())?;
    let model = Model::load(path, Conv::default());
    if let Ok(Model { manifest, .. }) = &model
        && (manifest.members > 1 || !manifest.views.is_plain())
    {
        return Err(ExportError::Ensemble {
            place: source.place,
            members: manifest.members,
            views: manifest.views.count,
        });
    }
    if let Ok(Model { manifest, .. }) = &model
        && !manifest.head_covariates.is_empty()
    {
        return Err(ExportError::Covariates {
            names: names(&manifest.head_covariates),
            place: source.place,
        });
    }
    let bytes = match target {
        Target::Onnx => onnx(&source, &model?.manifest),
        // An imported body is no model, and weights alone need none.
        Target::Safetensors => torchvision(&source),
        Target::Keras => match source.body.depth() {
            Some(depth) => keras(&source, depth),
            None => {
                return Err(ExportError::Keras {
                    network: source.network(),
                    place: source.place,
                });
            }
        },
    };
    bytes.map_err(|error| ExportError::Write {
        place: source.place.clone(),
        source: error,
    })
}

fn onnx(source: &Source, manifest: &Manifest) -> Result<Vec<u8>, WriteError> {
    let names = source.body.parameters.iter();
    let names: Vec<String> = names.map(|tensor| tensor.name.clone()).collect();
    let mut tensors = to_torchvision(&source.body.parameters, &names).into_iter();
    let body = units(&manifest.architecture, &mut tensors);
    let rest: Vec<Tensor> = tensors.collect();
    let head = rest.chunks_exact(2).map(|pair| Dense {
        weight: pair[0].clone(),
        bias: pair[1].clone(),
    });
    let preparation = &manifest.preparation;
    let (mean, std) = (preparation.mean, preparation.std);
    let mut metadata = vec![("intended_use", INTENDED_USE.to_string())];
    metadata.extend(meaning(manifest));
    metadata.extend([
        (
            "input",
            "the prepared picture: grey values 0 (black) to 1, standardised inside".to_string(),
        ),
        (
            "preparation",
            serde_json::to_string(preparation).unwrap_or_default(),
        ),
        (PREPROCESSING, source.preprocessing.to_string()),
        ("initial_weights", manifest.initial_weights.clone()),
        (
            "synthetic_training_data",
            manifest.cohort.synthetic.to_string(),
        ),
    ]);
    ImageNetwork {
        name: manifest.architecture.body.to_string(),
        body: body.unwrap_or_default(),
        head: head.collect(),
        scores: manifest.architecture.outputs,
        link: match manifest.task() {
            Task::Classes(_) => Link::Softmax,
            _ => Link::Sigmoid,
        },
        image_size: [preparation.image_size; 2],
        pixels: PixelRange::Unit,
        scale: std.map(|std| 1.0 / std),
        offset: std::array::from_fn(|channel| -mean[channel] / std[channel]),
        metadata: metadata
            .into_iter()
            .map(|(key, value)| (key.to_string(), value))
            .collect(),
    }
    .encode()
}

/// The units of a body with their tensors, which are taken one by one; nothing where those run out.
fn units(
    architecture: &Architecture,
    tensors: &mut dyn Iterator<Item = Tensor>,
) -> Option<Vec<onnx::Unit>> {
    let mut places = architecture.convolutions().into_iter();
    let mut convolution = || {
        let Placed {
            name,
            normalisation,
            convolution: own,
            ..
        } = places.next()?;
        Some(onnx::Convolution {
            name,
            weight: tensors.next()?,
            bias: if own.bias {
                Some(tensors.next()?)
            } else {
                None
            },
            stride: own.stride,
            normalisation: match own.normalised {
                None => None,
                Some(_) => Some(Normalisation {
                    name: normalisation,
                    tensors: [
                        tensors.next()?,
                        tensors.next()?,
                        tensors.next()?,
                        tensors.next()?,
                    ],
                }),
            },
            relu: own.relu,
        })
    };
    let mut units = Vec::new();
    for (stage, of_stage) in architecture.stages().iter().enumerate() {
        let mut residuals = 0;
        for unit in of_stage {
            units.push(match unit {
                Unit::Convolution(_) => onnx::Unit::Convolution(convolution()?),
                Unit::MaxPool(pool) => onnx::Unit::MaxPool {
                    name: format!("block{}.pool", stage + 1),
                    kernel: pool.kernel,
                    stride: pool.stride,
                    padding: pool.padding,
                },
                Unit::Residual(residual) => {
                    residuals += 1;
                    let branch = residual.branch.iter().map(|_| convolution());
                    onnx::Unit::Residual {
                        name: format!("block{}.residual{residuals}", stage + 1),
                        branch: branch.collect::<Option<_>>()?,
                        shortcut: match residual.shortcut {
                            Some(_) => Some(convolution()?),
                            None => None,
                        },
                    }
                }
            });
        }
    }
    Some(units)
}

/// What the scores mean, in words for whoever opens the file.
fn meaning(manifest: &Manifest) -> Vec<(&'static str, String)> {
    let Some(answers) = &manifest.answers else {
        let [negative, positive] = &manifest.classes;
        return vec![
            ("classes", format!("{negative},{positive}")),
            ("score", format!("of {positive}, 0 to 1")),
            ("threshold", manifest.threshold.value.to_string()),
            ("threshold_origin", manifest.threshold.origin.clone()),
        ];
    };
    let names = answers.task.names().join(",");
    if matches!(answers.task, Task::Classes(_)) {
        return vec![
            ("classes", names),
            (
                "score",
                "one of each class in their order, which add up to 1".to_string(),
            ),
        ];
    }
    let each = |of: fn(&ThresholdOrigin) -> String| {
        let all: Vec<String> = answers.thresholds.iter().map(of).collect();
        all.join(",")
    };
    vec![
        ("findings", names),
        (
            "score",
            "one of each finding in their order, 0 to 1".to_string(),
        ),
        ("threshold", each(|threshold| threshold.value.to_string())),
        (
            "threshold_origin",
            each(|threshold| threshold.origin.clone()),
        ),
    ]
}

/// Names of the parameters in published weights; the head's, which those do not have, continue them.
fn published_names(source: &Source) -> Vec<String> {
    let backbone = source.network().backbone();
    let convolutions = placed(&backbone.stages(1.0));
    let body = convolutions.iter().flat_map(Placed::parameters);
    let head = backbone.published_head();
    let head = [0, 2, 4].map(|layer| ["weight", "bias"].map(|p| format!("{head}.{layer}.{p}")));
    let names = body.map(|parameter| parameter.published);
    names.chain(head.into_iter().flatten()).collect()
}

fn torchvision(source: &Source) -> Result<Vec<u8>, WriteError> {
    let tensors = to_torchvision(&source.body.parameters, &published_names(source));
    let preprocessing = source.preprocessing.to_string();
    let metadata = [
        ("format", "pt"),
        ("intended_use", INTENDED_USE),
        (PREPROCESSING, preprocessing.as_str()),
    ];
    safetensors::write(&tensors, &metadata)
}

fn keras(source: &Source, depth: Depth) -> Result<Vec<u8>, WriteError> {
    let names = keras3_names(depth);
    let tensors = to_keras(&source.body.parameters, &names);
    let layers: Vec<Layer> = tensors.chunks_exact(2).map(keras_layer).collect();
    let preprocessing = source.preprocessing.to_string();
    let metadata = [
        ("intended_use", INTENDED_USE),
        (PREPROCESSING, preprocessing.as_str()),
    ];
    write_weights_h5(&layers, &metadata)
}

/// The layer of a kernel and a bias, which are named `layers/NAME/vars/N`.
fn keras_layer(pair: &[Tensor]) -> Layer {
    let name = pair[0].name.split('/').nth(1).unwrap_or_default();
    let class = match pair[0].shape.len() {
        4 => "conv2d",
        _ => "dense",
    };
    let weights = pair.iter().zip(["kernel", "bias"]);
    Layer {
        class: class.to_string(),
        name: name.to_string(),
        weights: weights
            .map(|(tensor, name)| Tensor {
                name: name.to_string(),
                ..tensor.clone()
            })
            .collect(),
    }
}
