//! Imported weights: the body of a published network in cordsight's own layout, with what belongs to it.
//!
//! In: a [`Source`] and a preprocessing. Out: the bytes of a safetensors file with the tensors of `network/` as a model
//! file has them, and an [`About`] instead of a manifest: such weights have no classes, no threshold and no self-test.

use serde::{Deserialize, Serialize};

use crate::network::Body;
use crate::preprocessing::Preprocessing;
use crate::tensor_file::{self, TensorFileError};
use crate::weights::{NamedTensor, Weights};
use crate::weights_source::Source;

/// Version of the layout.
pub const FORMAT: u32 = 1;
/// What tells such a file from a model.
pub const KIND: &str = "body";
/// The group of the tensors, as in a model file.
pub const GROUP: &str = "network";

/// What the file says about its weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// Always [`KIND`].
    pub kind: String,
    /// Version of the layout.
    pub format: u32,
    /// Version of the program that wrote it.
    pub cordsight: String,
    /// Which body.
    pub body: Body,
    /// Factor on its channels.
    pub width: f64,
    /// True when the head 128-64-1 is there too.
    pub head: bool,
    /// What belongs before the first layer.
    pub preprocessing: Preprocessing,
    /// Why this one, in words.
    pub preprocessing_reason: String,
    /// The file that they come from.
    pub source: Origin,
}

/// A weights file, as it was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    /// Its name, without folders.
    pub file: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// What it is, in words.
    pub format: String,
}

/// The bytes of an imported file, with another preprocessing than the source's own where one is chosen; and what it
/// says.
///
/// # Errors
///
/// Tensors whose shape and length differ, which a [`Source`] does not have.
pub fn encode(
    source: &Source,
    width: f64,
    chosen: Option<Preprocessing>,
) -> Result<(Vec<u8>, About), TensorFileError> {
    let (preprocessing, reason) = match chosen {
        Some(chosen) => (chosen, "chosen at the import".to_string()),
        None => (source.preprocessing, source.reason.clone()),
    };
    let about = About {
        kind: KIND.to_string(),
        format: FORMAT,
        cordsight: env!("CARGO_PKG_VERSION").to_string(),
        body: source.network(),
        width,
        head: source.body.has_head(),
        preprocessing,
        preprocessing_reason: reason,
        source: source.origin.clone(),
    };
    let tensors: Vec<NamedTensor> = source.named();
    let bytes = tensor_file::encode(&about, &[(GROUP, &tensors)])?;
    Ok((bytes, about))
}

/// The bytes of a body in half precision, which loses less than a thousandth of each value; the head is left out.
///
/// # Errors
///
/// As [`encode`].
pub fn encode_half(about: &About, weights: &Weights) -> Result<Vec<u8>, TensorFileError> {
    let tensors = weights.tensors().iter();
    let body: Vec<NamedTensor> = tensors
        .filter(|tensor| tensor.name.starts_with("block"))
        .cloned()
        .collect();
    tensor_file::encode_half(about, GROUP, &body)
}
