//! `model.safetensors`: a trained network with all that is needed to use it, and proof that it is used rightly.
//!
//! In: trained weights and a [`Manifest`]. Out: one file; and from the file a [`Model`] that scores radiographs. The
//! file holds a small picture and its logit: at every load the picture goes through preparation and network again, and
//! a model that would no longer give its own answer refuses to give any.

mod answers;
mod error;
mod manifest;
mod score;
mod self_test;

use std::path::Path;

use burn::tensor::Device;
use radiograph::{Radiograph, ReadError};

use crate::block::Conv;
use crate::cohort::plain_reason;
use crate::ensemble::Ensemble;
use crate::explain::Explainer;
use crate::head_covariates::{HeadCovariatesError, INPUTS, Told, names};
use crate::network::Network;
use crate::prepare::{Prepared, Record, Source};
use crate::tensor_file;
use crate::weights::{NamedTensor, Weights, WeightsError};
pub use answers::Answers;
pub use error::ModelError;
pub use manifest::{CohortFacts, Manifest, ThresholdOrigin};

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

/// A network ready to score radiographs.
pub struct Model {
    /// What the file says about it.
    pub manifest: Manifest,
    ensemble: Ensemble,
    told: Option<Told>,
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
        let [found, columns] = [
            manifest.architecture.covariates,
            manifest.head_covariates.len(),
        ];
        if found != INPUTS * columns {
            return Err(ModelError::HeadCovariates {
                path: shown,
                found,
                columns,
            });
        }
        for own in &manifest.head_covariates {
            own.check().map_err(|problem| ModelError::HeadCovariate {
                path: shown.clone(),
                name: own.name.clone(),
                problem,
            })?;
        }
        let found = manifest.members;
        if !(1..=MEMBERS_MAX).contains(&found) {
            return Err(ModelError::Members { path: shown, found });
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
        let networks = (1..=manifest.members).map(load);
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
            told: None,
            conv,
            device,
        })
    }

    /// Tells the model what it takes beside pictures, from a CSV with a column `image` and those columns.
    ///
    /// # Errors
    ///
    /// A model that takes pictures alone; a CSV that cannot be read.
    pub fn tell(&mut self, csv: &Path) -> Result<(), HeadCovariatesError> {
        let wanted = &self.manifest.head_covariates;
        if wanted.is_empty() {
            return Err(HeadCovariatesError::NotWanted {
                path: csv.display().to_string(),
            });
        }
        self.told = Some(Told::read(csv, wanted)?);
        Ok(())
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
        let picture = match (&self.told, self.manifest.head_covariates.as_slice()) {
            (_, []) => picture,
            (Some(told), _) => picture.told(told.of(file)?),
            (None, wanted) => return Err(format!("found nothing of {}", names(wanted))),
        };
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
            told: self.told.clone(),
            conv: self.conv,
            device: self.device.clone(),
        })
    }

    /// True when a score is called positive.
    pub fn is_positive(&self, score: f64) -> bool {
        score >= self.manifest.threshold.value
    }
}

/// The tensors of a member, counted from 1.
fn group_of(member: usize) -> String {
    match member {
        1 => "network".to_string(),
        member => format!("network{member}"),
    }
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
