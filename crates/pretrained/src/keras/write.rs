//! Weights files that Keras loads.
//!
//! In: layers in network order. Out: the bytes of a `.weights.h5` (Keras 3, found by class and number) or of a `.h5`
//! (before Keras 3, found by name with `by_name=True`, else by order), values bit for bit as float32. Layers without
//! weights are not written; Keras asks nothing of them.

use std::collections::BTreeMap;

use hdf5_writer::{AttributeBuilder, DatasetBuilder, Error, Hdf5Builder, WriteOptions};

use super::legacy::{LAYERS, WEIGHTS};
use crate::tensor::{Tensor, WriteError};

/// The version whose layout [`write_h5`] follows, and the backend whose kernels are not flipped.
const LEGACY: [(&str, &str); 2] = [("keras_version", "2.15.0"), ("backend", "tensorflow")];

/// A layer with weights, as Keras has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// Its class in snake case, `conv2d` or `dense`. Within a model that is itself a layer, with the path to it:
    /// `functional/layers/conv2d`.
    pub class: String,
    /// Its name in the model (`block1_conv1`).
    pub name: String,
    /// Its weights in Keras's order, named in Keras's words (`kernel`, then `bias`), in Keras's layout.
    pub weights: Vec<Tensor>,
}

/// A `.weights.h5` for `Model.load_weights` of Keras 3, with words for people and programs as attributes of its root,
/// which Keras does not look at.
///
/// # Errors
///
/// [`WriteError::Values`] if values do not fill their shape; [`WriteError::Format`] for a class that is no path.
pub fn write_weights_h5(
    layers: &[Layer],
    metadata: &[(&str, &str)],
) -> Result<Vec<u8>, WriteError> {
    let mut file = Hdf5Builder::new();
    for (name, value) in metadata {
        file = file.attribute(AttributeBuilder::fixed_string(*name, value));
    }
    let mut counts = BTreeMap::new();
    for layer in layers {
        let count = counts.entry(layer.class.as_str()).or_insert(0_usize);
        let number = match *count {
            0 => String::new(),
            number => format!("_{number}"),
        };
        *count += 1;
        let group = format!("layers/{}{number}/vars", layer.class);
        file = file.group_attribute(&group, AttributeBuilder::fixed_string("name", &layer.name));
        for (i, weight) in layer.weights.iter().enumerate() {
            file = file.dataset(dataset(&format!("{group}/{i}"), weight)?);
        }
    }
    encode(file)
}

/// A `.h5` in the layout before Keras 3, for `Model.load_weights` of any Keras.
///
/// # Errors
///
/// [`WriteError::Values`] if values do not fill their shape; [`WriteError::Name`] for a name that is there twice;
/// [`WriteError::Format`] for a name that is no path, or if there is no layer.
pub fn write_h5(layers: &[Layer]) -> Result<Vec<u8>, WriteError> {
    let names: Vec<&str> = layers.iter().map(|layer| layer.name.as_str()).collect();
    let mut file = Hdf5Builder::new();
    for (name, value) in LEGACY {
        file = file.attribute(AttributeBuilder::fixed_string(name, value));
    }
    file = file.attribute(strings(LAYERS, &names)?);
    for (i, layer) in layers.iter().enumerate() {
        if names[..i].contains(&layer.name.as_str()) {
            let name = layer.name.clone();
            return Err(WriteError::Name { name });
        }
        let weights: Vec<String> = layer
            .weights
            .iter()
            .map(|weight| format!("{}/{}:0", layer.name, weight.name))
            .collect();
        file = file.group_attribute(&layer.name, strings(WEIGHTS, &weights)?);
        for (weight, name) in layer.weights.iter().zip(&weights) {
            file = file.dataset(dataset(&format!("{}/{name}", layer.name), weight)?);
        }
    }
    encode(file)
}

fn strings<S: AsRef<str>>(name: &str, values: &[S]) -> Result<AttributeBuilder, WriteError> {
    AttributeBuilder::fixed_string_vector(name, values).map_err(refused)
}

fn dataset(path: &str, tensor: &Tensor) -> Result<DatasetBuilder, WriteError> {
    tensor.check()?;
    let shape: Vec<u64> = tensor.shape.iter().map(|side| *side as u64).collect();
    DatasetBuilder::typed_data(path, shape, &tensor.values).map_err(refused)
}

fn encode(file: Hdf5Builder) -> Result<Vec<u8>, WriteError> {
    let plan = file.into_plan().map_err(refused)?;
    plan.encode(WriteOptions::default()).map_err(refused)
}

fn refused(error: Error) -> WriteError {
    WriteError::Format(error.to_string())
}
