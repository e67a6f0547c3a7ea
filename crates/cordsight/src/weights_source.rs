//! Weights that a run can start from, whatever wrote them.
//!
//! In: what the user names: a model file or run of cordsight, an imported file, a published file of any kind that
//! [`pretrained`] reads, or a name of the catalogue whose file is in the cache. Out: a [`Source`]: the body with our
//! names and layouts, and the preprocessing that belongs to it. The content decides, not the name of a file.
//!
//! Values are moved, never computed with: a kernel that expects blue first stays so, and the order of the
//! standardisation's constants follows it.

mod found;

use std::path::{Path, PathBuf};

use pretrained::catalogue::{self, Digest, Entry};
use pretrained::fetch::{self, FetchError};
use pretrained::vgg::{self, NotVgg};
use pretrained::{Format, ReadError, Tensor};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::body_file::{self, About, Origin};
use crate::cohort::{hex, plain_reason};
use crate::model_file::{BYTES_MAX, Manifest};
use crate::network::backbone::outputs;
use crate::network::{Architecture, Body};
use crate::preprocessing::Preprocessing;
use crate::tensor_file::{self, TensorFileError};
use crate::weights::{NamedTensor, WeightsError};
pub use found::Found;

/// The name of the body that is built into the program: a narrow VGG16 that learnt to measure phantoms, never their
/// labels (examples/pretrain.rs).
pub const BUILT_IN: &str = "phantom";
const BUILT_IN_BODY: &[u8] = include_bytes!("../weights/phantom.safetensors");

/// A body with what is known about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// The file, as it was named.
    pub place: String,
    /// Where the weights come from: this file, or the one that was imported.
    pub origin: Origin,
    /// Parameters with our names and layouts, and what became of the file's tensors.
    pub body: Found,
    /// What belongs before the first layer.
    pub preprocessing: Preprocessing,
    /// Why so, in words.
    pub reason: String,
    /// True when the preprocessing is known, false when it is a guess by the kind of file.
    pub certain: bool,
}

/// Weights that a run cannot start from.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum SourceError {
    #[error(
        "{place}: {reason}; give a cordsight model or run, a weights file, or a name that `cordsight weights list` shows"
    )]
    Unreadable { place: String, reason: String },
    #[error("{place}: {source}")]
    Read { place: String, source: ReadError },
    #[error("{place}: {source}")]
    NotVgg { place: String, source: NotVgg },
    #[error("{place}: {source}")]
    Parameters { place: String, source: WeightsError },
    #[error("{place}: {source}")]
    Ours {
        place: String,
        source: TensorFileError,
    },
    #[error(
        "{place}: found layout version {found}, expected {}; use a newer cordsight",
        body_file::FORMAT
    )]
    Version { place: String, found: u32 },
    #[error(
        "{place}: found a preparation with mean {mean:?} and std {std:?}, expected that of a named preprocessing; the file was changed"
    )]
    Preparation {
        place: String,
        mean: [f32; 3],
        std: [f32; 3],
    },
    #[error("{place}: \"{name}\" holds a value that is not finite; the weights are damaged")]
    NotFinite { place: String, name: String },
    #[error("{name}: found no such file in the cache; run `cordsight weights fetch {name}` first")]
    NotCached { name: String },
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(
        "{place}: found {found}, expected {expected} as --network and --width say; pass {remedy}, or name other weights"
    )]
    Network {
        place: String,
        found: String,
        expected: String,
        remedy: String,
    },
    #[error(
        "{place}: found channels {channels:?}, expected {:?} times one factor; such a body cannot be trained here",
        vgg::FULL_CHANNELS
    )]
    Width { place: String, channels: Vec<usize> },
    #[error(
        "setting \"preprocessing\": found {found}, expected {expected}, which belongs to {place}; leave the setting out"
    )]
    Preprocessing {
        place: String,
        found: Preprocessing,
        expected: Preprocessing,
    },
}

impl Source {
    /// Opens what `--weights` names: a file or run folder, else [`BUILT_IN`] or a name of the catalogue.
    ///
    /// # Errors
    ///
    /// See [`SourceError`].
    pub fn open(named: &str) -> Result<Self, SourceError> {
        if named == BUILT_IN && !Path::new(named).exists() {
            return Source::built_in();
        }
        match catalogue::find(named).filter(|_| !Path::new(named).exists()) {
            Some(entry) => Source::read(&cached(entry)?, Some(entry)),
            None => Source::read(Path::new(named), None),
        }
    }

    fn built_in() -> Result<Self, SourceError> {
        let place = format!("{BUILT_IN} (built in)");
        let mut source = Source::of_bytes(place.clone(), place.clone(), BUILT_IN_BODY, None)?;
        source.origin.file = place;
        source.origin.sha256 = hex(&Sha256::digest(BUILT_IN_BODY));
        Ok(source)
    }

    fn read(path: &Path, entry: Option<&Entry>) -> Result<Self, SourceError> {
        let path = match path.is_dir() {
            true => path.join("model.safetensors"),
            false => path.to_path_buf(),
        };
        let place = path.display().to_string();
        let bytes = read_capped(&path, &place)?;
        let file = path.file_name().unwrap_or(path.as_os_str());
        Source::of_bytes(place, file.to_string_lossy().into_owned(), &bytes, entry)
    }

    fn of_bytes(
        place: String,
        file: String,
        bytes: &[u8],
        entry: Option<&Entry>,
    ) -> Result<Self, SourceError> {
        let origin = Origin {
            file,
            sha256: hex(&Sha256::digest(bytes)),
            format: String::new(),
        };
        let source = match tensor_file::decode::<Value>(bytes) {
            Ok((about, tensors)) => ours(place, origin, about, tensors)?,
            Err(TensorFileError::NotOurs | TensorFileError::Format(_)) => {
                published(place, origin, bytes, entry)?
            }
            Err(source) => return Err(SourceError::Ours { place, source }),
        };
        let damaged = |tensor: &&Tensor| !tensor.values.iter().all(|value| value.is_finite());
        match source.body.parameters.iter().find(damaged) {
            None => Ok(source),
            Some(tensor) => Err(SourceError::NotFinite {
                place: source.place.clone(),
                name: tensor.name.clone(),
            }),
        }
    }

    /// Which body.
    pub fn network(&self) -> Body {
        self.body.network
    }

    /// The factor on the body's channels.
    ///
    /// # Errors
    ///
    /// Channels that are no multiple of the full network's.
    pub fn width(&self) -> Result<f64, SourceError> {
        self.body.width().ok_or_else(|| SourceError::Width {
            place: self.place.clone(),
            channels: self.body.channels.clone(),
        })
    }

    /// All parameters, as the rest of the program speaks of them.
    pub fn named(&self) -> Vec<NamedTensor> {
        let parameters = self.body.parameters.iter().cloned();
        parameters
            .map(|tensor| NamedTensor {
                name: tensor.name,
                shape: tensor.shape,
                values: tensor.values,
            })
            .collect()
    }

    /// The preprocessing of a run from these weights, where `chosen` is what the settings say.
    ///
    /// # Errors
    ///
    /// Another one than is known to belong to the weights.
    pub fn preprocessing(
        &self,
        chosen: Option<Preprocessing>,
    ) -> Result<Preprocessing, SourceError> {
        match chosen {
            Some(found) if self.certain && found != self.preprocessing => {
                Err(SourceError::Preprocessing {
                    place: self.place.clone(),
                    found,
                    expected: self.preprocessing,
                })
            }
            chosen => Ok(chosen.unwrap_or(self.preprocessing)),
        }
    }

    /// Asserts that the body is that of a network.
    ///
    /// # Errors
    ///
    /// Another depth or width, with the flags that would fit.
    pub fn fits(&self, architecture: &Architecture) -> Result<(), SourceError> {
        let width = self.width()?;
        let wanted = architecture.stages();
        let channels: Vec<usize> = (1..=wanted.len())
            .map(|count| outputs(&wanted[..count]))
            .collect();
        if self.network() == architecture.body && channels == self.body.channels {
            return Ok(());
        }
        Err(SourceError::Network {
            place: self.place.clone(),
            found: format!("a {} of width {width}", self.network()),
            expected: format!("a {} of width {}", architecture.body, architecture.width),
            remedy: format!("--network {} --width {width}", self.network()),
        })
    }
}

/// A model or an imported file of this program.
fn ours(
    place: String,
    origin: Origin,
    about: Value,
    tensors: Vec<NamedTensor>,
) -> Result<Source, SourceError> {
    let description = |error: serde_json::Error| SourceError::Ours {
        place: place.clone(),
        source: TensorFileError::Description(error.to_string()),
    };
    let (body, width, origin, preprocessing, reason) =
        match about.get("kind").and_then(Value::as_str) {
            Some(body_file::KIND) => {
                let about: About = serde_json::from_value(about).map_err(description)?;
                if about.format != body_file::FORMAT {
                    let found = about.format;
                    return Err(SourceError::Version { place, found });
                }
                (
                    about.body,
                    about.width,
                    about.source,
                    about.preprocessing,
                    about.preprocessing_reason,
                )
            }
            _ => {
                let manifest: Manifest = serde_json::from_value(about).map_err(description)?;
                let (mean, std) = (manifest.preparation.mean, manifest.preparation.std);
                let Some(preprocessing) = Preprocessing::find(mean, std) else {
                    return Err(SourceError::Preparation { place, mean, std });
                };
                let origin = Origin {
                    format: "cordsight model".to_string(),
                    ..origin
                };
                let reason = "the model was trained with it".to_string();
                let Architecture { body, width, .. } = manifest.architecture;
                (body, width, origin, preprocessing, reason)
            }
        };
    let tensors = tensor_file::group(&tensors, body_file::GROUP).into_iter();
    let tensors: Vec<Tensor> = tensors
        .map(|tensor| Tensor {
            name: tensor.name,
            shape: tensor.shape,
            values: tensor.values,
        })
        .collect();
    let body = match found::depth(body) {
        Some(_) => vgg::find_body(&tensors, Format::Safetensors)
            .map(Found::from)
            .map_err(|source| SourceError::NotVgg {
                place: place.clone(),
                source,
            })?,
        None => found::by_our_names(&tensors, body, width).map_err(|source| {
            let place = place.clone();
            SourceError::Parameters { place, source }
        })?,
    };
    Ok(Source {
        place,
        origin,
        body,
        preprocessing,
        reason,
        certain: true,
    })
}

/// A file of another program.
fn published(
    place: String,
    origin: Origin,
    bytes: &[u8],
    entry: Option<&Entry>,
) -> Result<Source, SourceError> {
    let read = |source| SourceError::Read {
        place: place.clone(),
        source,
    };
    let file = pretrained::read(bytes).map_err(read)?;
    let mut body = match found::by_published_names(&file.tensors) {
        Some(found) => found.map_err(|source| SourceError::Parameters {
            place: place.clone(),
            source,
        })?,
        None => vgg::find_body(&file.tensors, file.format)
            .map(Found::from)
            .map_err(|source| SourceError::NotVgg {
                place: place.clone(),
                source,
            })?,
    };
    let left_out = file
        .left_out
        .iter()
        .map(|line| match line.split_once("\": ") {
            Some((name, reason)) => (name.trim_matches('"').to_string(), reason.to_string()),
            None => (line.clone(), "not read".to_string()),
        });
    body.report.left_out.extend(left_out);
    for (name, _) in body
        .report
        .taken
        .iter_mut()
        .chain(&mut body.report.left_out)
    {
        if let Some(layer) = file.layer_of(name) {
            *name = format!("{layer} ({name})");
        }
    }
    let entry = entry.or_else(|| recognised(&origin.sha256));
    let known = entry.map(|entry| entry.preprocessing);
    let said = file.preprocessing.as_deref().and_then(Preprocessing::named);
    let said = said.filter(|_| known.is_none());
    let (guess, reason) = pretrained::Preprocessing::guess(file.format, known);
    Ok(Source {
        place,
        origin: Origin {
            format: file.format.to_string(),
            ..origin
        },
        body,
        preprocessing: said
            .or_else(|| Preprocessing::of_published(guess))
            .unwrap_or(Preprocessing::Unit),
        reason: match said {
            Some(_) => "the file itself names it".to_string(),
            None => reason.to_string(),
        },
        certain: entry.is_some() || said.is_some(),
    })
}

/// The catalogue's entry with this SHA-256.
fn recognised(sha256: &str) -> Option<&'static Entry> {
    catalogue::CATALOGUE
        .iter()
        .find(|entry| match entry.digest {
            Digest::Sha256(known) | Digest::Sha256Prefix(known) => sha256.starts_with(known),
            Digest::Md5(_) => false,
        })
}

/// The whole and right file of an entry, without any connection.
fn cached(entry: &Entry) -> Result<PathBuf, SourceError> {
    let not_cached = || SourceError::NotCached {
        name: entry.name.to_string(),
    };
    let folder = fetch::cache_folder().ok_or_else(not_cached)?;
    let options = fetch::Options {
        offline: true,
        ..fetch::Options::default()
    };
    match fetch::fetch(entry, &folder, &options, &mut |_, _| {}) {
        Err(FetchError::Offline { .. }) => Err(not_cached()),
        other => Ok(other?),
    }
}

fn read_capped(path: &Path, place: &str) -> Result<Vec<u8>, SourceError> {
    let unreadable = |reason: String| SourceError::Unreadable {
        place: place.to_string(),
        reason,
    };
    let length = std::fs::metadata(path)
        .map_err(|error| unreadable(plain_reason(&error)))?
        .len();
    if length == 0 {
        return Err(unreadable("found an empty file".to_string()));
    }
    if length > BYTES_MAX {
        return Err(unreadable(format!(
            "found {length} bytes, expected at most {BYTES_MAX}"
        )));
    }
    std::fs::read(path).map_err(|error| unreadable(plain_reason(&error)))
}
