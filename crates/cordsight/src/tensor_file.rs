//! Safetensors files of cordsight: float32 tensors, and one JSON document that says what they are.
//!
//! In and out: named tensors in groups (`body/block1.conv1.weight`), and any serialisable description, kept under the
//! metadata key `cordsight`. A single key, because the format's metadata is an unordered map and the same run must give
//! the same bytes. A safetensors file holds no code: reading one can run nothing.

use std::collections::HashMap;

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
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
    /// A tensor is not float32.
    #[error("\"{name}\" holds {found}, expected F32; convert the file")]
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
    let format = |error: safetensors::SafeTensorError| TensorFileError::Format(error.to_string());
    let mut bytes = Vec::new();
    for (group, tensors) in groups {
        for tensor in *tensors {
            let data: Vec<u8> = tensor
                .values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect();
            bytes.push((
                format!("{group}/{}", tensor.name),
                tensor.shape.clone(),
                data,
            ));
        }
    }
    let mut views = Vec::new();
    for (name, shape, data) in &bytes {
        views.push((
            name.as_str(),
            TensorView::new(Dtype::F32, shape.clone(), data).map_err(format)?,
        ));
    }
    safetensors::serialize(views, Some(HashMap::from([(KEY.to_string(), about)]))).map_err(format)
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
        if view.dtype() != Dtype::F32 {
            return Err(TensorFileError::Type {
                name: name.to_string(),
                found: view.dtype().to_string(),
            });
        }
        let values = view
            .data()
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
        tensors.push(NamedTensor {
            name: name.to_string(),
            shape: view.shape().to_vec(),
            values: values.collect(),
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
