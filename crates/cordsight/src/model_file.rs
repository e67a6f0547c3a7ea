//! `model.safetensors`: a trained network with all that is needed to use it, and proof that it is used rightly.
//!
//! In: trained weights and a [`Manifest`]. Out: one file; and from the file a [`Model`] that scores radiographs. The
//! file holds a small picture and its logit: at every load the picture goes through preparation and network again, and
//! a model that would no longer give its own answer refuses to give any.

mod answers;
mod error;
mod score;
mod self_test;

use std::path::Path;

use burn::tensor::Device;
use radiograph::{Radiograph, ReadError};
use serde::{Deserialize, Serialize};

use crate::block::Conv;
use crate::carried::Carried;
use crate::cohort::{Counts, plain_reason};
use crate::ensemble::{Ensemble, Views};
use crate::explain::Explainer;
use crate::network::{Architecture, Network};
use crate::pool::Pool;
use crate::prepare::{Preparation, Prepared, Record, Source};
use crate::task::Task;
use crate::tensor_file;
use crate::weights::{NamedTensor, Weights, WeightsError};
pub use answers::Answers;
pub use error::ModelError;

/// Version of the file's layout: 1 for one network that sees pictures as they are, which older programs read; 2 for all.
const FORMAT: u32 = 2;
/// Largest file that is read: the full VGG19 takes 80 MB.
pub const BYTES_MAX: u64 = 2 << 30;
/// Sides of the input that a run can have; anything else in a file would take memory or time without end.
const IMAGE_SIZES: std::ops::RangeInclusive<usize> = 32..=1024;
/// Largest accepted difference of the self-test's logit, relative and absolute: rounding differs between processors, a
/// wrong preparation or a damaged weight shifts far more. An untrained network's logit is near 0, hence the small second.
const SELF_TEST_TOLERANCE: [f64; 2] = [1e-3, 1e-4];
/// Networks that a run can train; more in a file would take time without end.
const MEMBERS_MAX: usize = 20;
/// Radiographs in memory at a time: their pictures are small, but the files may not be.
const FILES_AT_ONCE: usize = 32;
/// Shown wherever a probability is.
pub const INTENDED_USE: &str = "Research use only, not a medical device";

/// Score from which a patient is called positive, and where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ThresholdOrigin {
    /// The threshold: positive means `score >= value`.
    pub value: f64,
    /// In words, for example "fixed beforehand".
    pub origin: String,
}

/// The patients a model was made from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CohortFacts {
    /// SHA-256 of the cohort.
    pub fingerprint: String,
    /// True when the radiographs were drawn by a program.
    pub synthetic: bool,
    /// Patients and pictures of the training part.
    pub train: Counts,
}

/// All that `predict` needs beside the weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the file's layout.
    pub format: u32,
    /// Version of the program that wrote it.
    pub cordsight: String,
    /// The network's shape.
    pub architecture: Architecture,
    /// How a radiograph becomes its input.
    pub preparation: Preparation,
    /// What picture it expects, in words.
    pub expects: String,
    /// Names of class 0 and of class 1, whose probability the score is.
    pub classes: [String; 2],
    /// Score from which a patient is called positive; with several findings, that of the first.
    pub threshold: ThresholdOrigin,
    /// Several findings or more than two classes, where the network answers those.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<Answers>,
    /// The patients it was made from.
    pub cohort: CohortFacts,
    /// What the weights were before training.
    pub initial_weights: String,
    /// What it may be used for.
    pub intended_use: String,
    /// Networks that score together.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub members: usize,
    /// Views of a picture that are scored together.
    #[serde(default, skip_serializing_if = "Views::is_plain")]
    pub views: Views,
    /// How a patient's score comes from the scores of several pictures.
    #[serde(default, skip_serializing_if = "Pool::is_mean")]
    pub pool: Pool,
    /// Probabilities and sets, where they were asked for.
    #[serde(default, skip_serializing_if = "Carried::is_empty")]
    pub carried: Carried,
    /// Logit of the self-test picture (of several, each times its number from 1, summed); set when the file is written.
    pub self_test_logit: f64,
}

/// A network ready to score radiographs.
pub struct Model {
    /// What the file says about it.
    pub manifest: Manifest,
    ensemble: Ensemble,
    conv: Conv,
    device: Device,
}

/// The bytes of a model file; the manifest's self-test logit is computed here, with convolutions as `conv` says.
///
/// # Errors
///
/// Weights that do not fit the manifest's network.
pub fn encode(
    mut manifest: Manifest,
    weights: &[&Weights],
    conv: Conv,
    path: &Path,
) -> Result<Vec<u8>, ModelError> {
    let shown = path.display().to_string();
    let device = Device::flex();
    let networks = weights
        .iter()
        .map(|weights| Network::new(&manifest.architecture, weights, conv, &device))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|source| ModelError::Weights {
            path: shown.clone(),
            source,
        })?;
    let picture = self_test::picture();
    manifest.members = weights.len();
    manifest.format = if manifest.members > 1 || !manifest.views.is_plain() {
        FORMAT
    } else {
        1
    };
    manifest.self_test_logit =
        self_test::logit(&manifest, &networks, &picture, &device).unwrap_or(f64::NAN);
    let file = |source| ModelError::File {
        path: shown.clone(),
        source,
    };
    let own = [picture];
    let mut groups: Vec<(String, &[NamedTensor])> = (1..)
        .zip(weights)
        .map(|(member, weights)| (group_of(member), weights.tensors()))
        .collect();
    groups.push(("self_test".to_string(), &own));
    tensor_file::encode(
        &manifest,
        &groups
            .iter()
            .map(|(name, tensors)| (name.as_str(), *tensors))
            .collect::<Vec<_>>(),
    )
    .map_err(file)
}

impl Model {
    /// Loads a model file, or the model of a run folder, and runs its self-test; `conv` says how convolutions are
    /// computed, which the file leaves open.
    ///
    /// # Errors
    ///
    /// See [`ModelError`].
    pub fn load(path: &Path, conv: Conv) -> Result<Self, ModelError> {
        let path = if path.is_dir() {
            path.join("model.safetensors")
        } else {
            path.to_path_buf()
        };
        let shown = path.display().to_string();
        let file = |source| ModelError::File {
            path: shown.clone(),
            source,
        };
        let bytes = read_capped(&path)?;
        let (manifest, tensors): (Manifest, _) = tensor_file::decode(&bytes).map_err(file)?;
        if !(1..=FORMAT).contains(&manifest.format) {
            return Err(ModelError::Version {
                path: shown,
                found: manifest.format,
            });
        }
        let sizes = [
            manifest.preparation.image_size,
            manifest.architecture.image_size,
        ];
        if sizes[0] != sizes[1] || !IMAGE_SIZES.contains(&sizes[0]) {
            return Err(ModelError::ImageSize { path: shown, sizes });
        }
        let found = manifest.threshold.value;
        if !(0.0..=1.0).contains(&found) {
            return Err(ModelError::Threshold { path: shown, found });
        }
        let outputs = manifest.architecture.outputs;
        let fits = match &manifest.answers {
            None => outputs == 1,
            Some(answers) => {
                manifest.members == 1 && manifest.views.is_plain() && answers.fit(outputs)
            }
        };
        if !fits {
            return Err(ModelError::Answers {
                path: shown,
                outputs,
            });
        }
        let weights = |source| ModelError::Weights {
            path: shown.clone(),
            source,
        };
        let device = Device::flex();
        let architecture = &manifest.architecture;
        let load = |member: usize| {
            let tensors = tensor_file::group(&tensors, &group_of(member));
            let loaded = Weights::for_architecture(architecture, tensors)?;
            Network::new(architecture, &loaded, conv, &device)
        };
        let networks = (1..=manifest.members.clamp(1, MEMBERS_MAX)).map(load);
        let networks = networks.collect::<Result<Vec<_>, _>>().map_err(weights)?;

        let picture = tensor_file::group(&tensors, "self_test").into_iter().next();
        let found =
            picture.and_then(|picture| self_test::logit(&manifest, &networks, &picture, &device));
        let (found, expected) = (found.unwrap_or(f64::NAN), manifest.self_test_logit);
        let [relative, absolute] = SELF_TEST_TOLERANCE;
        let near = (found - expected).abs() <= relative * expected.abs() + absolute;
        if !near {
            return Err(ModelError::SelfTest {
                path: shown,
                found,
                expected,
            });
        }
        Ok(Model {
            ensemble: Ensemble {
                networks,
                views: manifest.views,
            },
            manifest,
            conv,
            device,
        })
    }

    /// A radiograph, its picture for the network, and what was done to it; or why it cannot be used.
    ///
    /// # Errors
    ///
    /// A file that cannot be read or prepared, in words and without its name.
    pub fn read(
        &self,
        file: &Path,
        spacing_mm: Option<f64>,
    ) -> Result<(Radiograph, Prepared, Record), String> {
        let radiograph = radiograph::read(file).map_err(|error| match error {
            ReadError::File { reason, .. } => reason,
            ReadError::Content { cause, .. } => cause.to_string(),
        })?;
        let source = Source::of(&radiograph, spacing_mm);
        let prepared = self.manifest.preparation.prepare_from(source);
        let (picture, record) = prepared.map_err(|error| error.to_string())?;
        Ok((radiograph, picture, record))
    }

    /// The network, ready to be explained; of several, all together.
    ///
    /// # Errors
    ///
    /// None that a loaded model leads to.
    pub fn explainer(&self) -> Result<Explainer, WeightsError> {
        let Manifest {
            architecture,
            preparation,
            ..
        } = &self.manifest;
        let of = |network: &Network| {
            let weights = Weights::from_network(architecture, network);
            Explainer::new(architecture, preparation, &weights, self.conv)
        };
        let (first, others) = self.ensemble.networks.split_at(1);
        let others = others.iter().map(of).collect::<Result<_, _>>()?;
        Ok(of(&first[0])?.with_members(others))
    }

    /// The model of one finding or class alone, by its place: the same network with that output only, whose score is the
    /// sigmoid of its logit. Without several outputs, the model itself.
    ///
    /// # Errors
    ///
    /// None that a loaded model and one of its places lead to.
    pub fn only(&self, place: usize) -> Result<Model, WeightsError> {
        let mut manifest = self.manifest.clone();
        let all = Weights::from_network(&manifest.architecture, &self.ensemble.networks[0]);
        manifest.architecture.outputs = 1;
        if let Some(answers) = manifest.answers.take() {
            let name = answers.task.names().get(place).cloned().unwrap_or_default();
            manifest.classes = [format!("no {name}"), name];
            manifest.threshold =
                answers
                    .thresholds
                    .get(place)
                    .cloned()
                    .unwrap_or(ThresholdOrigin {
                        value: 0.5,
                        origin: "one half".to_string(),
                    });
        }
        let weights = all.of_output(&manifest.architecture, place);
        let network = Network::new(&manifest.architecture, &weights, self.conv, &self.device)?;
        Ok(Model {
            ensemble: Ensemble {
                networks: vec![network],
                views: manifest.views,
            },
            manifest,
            conv: self.conv,
            device: self.device.clone(),
        })
    }

    /// True when a score is called positive.
    pub fn is_positive(&self, score: f64) -> bool {
        score >= self.manifest.threshold.value
    }
}

impl Manifest {
    /// What the network is asked.
    pub fn task(&self) -> Task {
        let answers = self.answers.as_ref();
        answers.map_or(Task::Binary, |answers| answers.task.clone())
    }

    /// A manifest of this program's version and layout.
    pub fn new(
        architecture: Architecture,
        preparation: Preparation,
        classes: [String; 2],
        threshold: ThresholdOrigin,
        cohort: CohortFacts,
        initial_weights: String,
    ) -> Self {
        Manifest {
            format: FORMAT,
            cordsight: env!("CARGO_PKG_VERSION").to_string(),
            architecture,
            preparation,
            expects: "one lateral cervical radiograph, grey".to_string(),
            classes,
            threshold,
            answers: None,
            cohort,
            initial_weights,
            intended_use: INTENDED_USE.to_string(),
            members: 1,
            views: Views::default(),
            pool: Pool::default(),
            carried: Carried::default(),
            self_test_logit: f64::NAN,
        }
    }
}

/// The tensors of a member, counted from 1.
fn group_of(member: usize) -> String {
    match member {
        1 => "network".to_string(),
        member => format!("network{member}"),
    }
}

fn one() -> usize {
    1
}

fn is_one(members: &usize) -> bool {
    *members == 1
}

fn read_capped(path: &Path) -> Result<Vec<u8>, ModelError> {
    let unreadable = |reason: String| ModelError::Unreadable {
        path: path.display().to_string(),
        reason,
    };
    let length = std::fs::metadata(path)
        .map_err(|error| unreadable(plain_reason(&error)))?
        .len();
    if length > BYTES_MAX {
        return Err(unreadable(format!(
            "found {length} bytes, expected at most {BYTES_MAX}"
        )));
    }
    std::fs::read(path).map_err(|error| unreadable(plain_reason(&error)))
}
