//! Safetensors files of cordsight: float32 (embedded weights: float16) tensors, and one JSON document that says what they are.
//!
//! In and out: named tensors in groups (`body/block1.conv1.weight`), and any serialisable description, kept under the
//! metadata key `cordsight`. A single key, because the format's metadata is an unordered map and the same run must give
//! the same bytes. A safetensors file holds no code: reading one can run nothing.

use std::borrow::Cow;
use std::collections::HashMap;

use half::f16;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, View};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::weights::NamedTensor;

/// The metadata key.
const KEY: &str = "cordsight";

/// A file that cannot be understood.
#[derive(Debug, thiserror::Error)]
pub enum TensorFileError {
    /// Not a safetensors file, or a damaged one.
    #[error("not a whole safetensors file ({0}); copy it again")]
    Format(String),
    /// A safetensors file of another program.
    #[error(
        "a safetensors file without the metadata key \"{KEY}\", expected one that cordsight wrote"
    )]
    NotOurs,
    /// The description is of another version, or was edited.
    #[error("its description cannot be understood ({0}); it is of another version or was edited")]
    Description(String),
    /// A tensor is neither float32 nor float16.
    #[error("\"{name}\" holds {found}, expected F32 or F16; convert the file")]
    Type {
        /// The tensor.
        name: String,
        /// Its element type.
        found: String,
    },
}

/// One file's bytes: each group's tensors are named `GROUP/NAME`.
///
/// # Errors
///
/// A description that is not JSON, or tensors whose shape and length differ.
pub fn encode(
    about: &impl Serialize,
    groups: &[(&str, &[NamedTensor])],
) -> Result<Vec<u8>, TensorFileError> {
    let about = serde_json::to_string(about)
        .map_err(|error| TensorFileError::Description(error.to_string()))?;
    let about = HashMap::from([(KEY.to_string(), about)]);
    safetensors::serialize(named(groups), Some(about))
        .map_err(|error| TensorFileError::Format(error.to_string()))
}

/// The same for one group in half precision.
///
/// # Errors
///
/// As [`encode`].
pub fn encode_half(
    about: &impl Serialize,
    group: &str,
    tensors: &[NamedTensor],
) -> Result<Vec<u8>, TensorFileError> {
    let about = serde_json::to_string(about)
        .map_err(|error| TensorFileError::Description(error.to_string()))?;
    let about = HashMap::from([(KEY.to_string(), about)]);
    let tensors = tensors
        .iter()
        .map(|tensor| (format!("{group}/{}", tensor.name), Half(tensor)));
    safetensors::serialize(tensors, Some(about))
        .map_err(|error| TensorFileError::Format(error.to_string()))
}

fn named<'a>(
    groups: &'a [(&str, &'a [NamedTensor])],
) -> impl Iterator<Item = (String, &'a NamedTensor)> {
    groups.iter().flat_map(|(group, tensors)| {
        let name = move |tensor: &NamedTensor| format!("{group}/{}", tensor.name);
        tensors.iter().map(move |tensor| (name(tensor), tensor))
    })
}

impl View for &NamedTensor {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        if cfg!(target_endian = "little") {
            return Cow::Borrowed(bytemuck::cast_slice(&self.values));
        }
        let bytes = self.values.iter().flat_map(|value| value.to_le_bytes());
        Cow::Owned(bytes.collect())
    }

    fn data_len(&self) -> usize {
        size_of::<f32>() * self.values.len()
    }
}

/// A tensor rounded to float16.
struct Half<'a>(&'a NamedTensor);

impl View for Half<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F16
    }

    fn shape(&self) -> &[usize] {
        &self.0.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        let values = self.0.values.iter();
        let bytes = values.flat_map(|&value| f16::from_f32(value).to_le_bytes());
        Cow::Owned(bytes.collect())
    }

    fn data_len(&self) -> usize {
        size_of::<f16>() * self.0.values.len()
    }
}

/// Description and tensors of one file, the tensors by their full names.
///
/// # Errors
///
/// See [`TensorFileError`].
pub fn decode<A: DeserializeOwned>(bytes: &[u8]) -> Result<(A, Vec<NamedTensor>), TensorFileError> {
    let format = |error: safetensors::SafeTensorError| TensorFileError::Format(error.to_string());
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(format)?;
    let about = metadata
        .metadata()
        .as_ref()
        .and_then(|map| map.get(KEY))
        .ok_or(TensorFileError::NotOurs)?;
    let about = serde_json::from_str(about)
        .map_err(|error| TensorFileError::Description(error.to_string()))?;
    let mut tensors = Vec::new();
    for (name, view) in SafeTensors::deserialize(bytes).map_err(format)?.iter() {
        let bytes = view.data();
        let values = match view.dtype() {
            Dtype::F32 => bytes
                .chunks_exact(4)
                .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
                .collect(),
            Dtype::F16 => bytes
                .chunks_exact(2)
                .map(|b| f16::from_le_bytes([b[0], b[1]]).to_f32())
                .collect(),
            other => {
                return Err(TensorFileError::Type {
                    name: name.to_string(),
                    found: other.to_string(),
                });
            }
        };
        tensors.push(NamedTensor {
            name: name.to_string(),
            shape: view.shape().to_vec(),
            values,
        });
    }
    Ok((about, tensors))
}

/// The tensors of one group, without its name.
pub fn group(tensors: &[NamedTensor], group: &str) -> Vec<NamedTensor> {
    let of_group = tensors.iter().filter_map(|tensor| {
        let name = tensor.name.strip_prefix(group)?.strip_prefix('/')?;
        Some(NamedTensor {
            name: name.to_string(),
            ..tensor.clone()
        })
    });
    of_group.collect()
}
