//! The layout before Keras 3: `layer_names` at the top, `weight_names` at every layer, and a dataset for each.
//!
//! In: an open file. Out: tensors in the order of these lists, named `LAYER/WEIGHT` as in the file, with the prefix
//! `model_weights/` left out where a whole model was saved.

use hdf5_reader::group::Group;

use super::file::File;
use crate::gather::{Gather, damaged, quoted};
use crate::tensor::ReadError;

/// The attribute that lists the layers.
pub(super) const LAYERS: &str = "layer_names";
/// The attribute that lists the weights of a layer.
pub(super) const WEIGHTS: &str = "weight_names";
/// The group that holds the layers of a whole model, beside its configuration.
pub(super) const MODEL: &str = "model_weights";
/// The group that holds the optimiser's state.
pub(super) const OPTIMIZER: &str = "optimizer_weights";
/// The layer that stands for weights of the model itself; it is in no list.
const TOP_LEVEL: &str = "top_level_model_weights";

/// Reads the listed layers below a group.
pub(super) fn read(
    file: &mut File,
    parent: &Group,
    place: &str,
    layers: &[String],
    into: &mut Gather,
) -> Result<(), ReadError> {
    for layer in layers {
        read_layer(file, parent, layer, into)?;
    }
    let (groups, _) = file.members(parent, place)?;
    if groups.iter().any(|group| group.name() == TOP_LEVEL) {
        read_layer(file, parent, TOP_LEVEL, into)?;
    }
    Ok(())
}

fn read_layer(
    file: &mut File,
    parent: &Group,
    layer: &str,
    into: &mut Gather,
) -> Result<(), ReadError> {
    let group = file.group(parent, layer)?;
    let weights = file.strings(&group, WEIGHTS)?.ok_or_else(|| {
        let found = format!("no {WEIGHTS}");
        damaged(file.format, quoted(layer), found, "a list of its weights")
    })?;
    for weight in weights {
        let dataset = file.dataset(&group, &weight)?;
        file.gather(&dataset, &format!("{layer}/{weight}"), into)?;
    }
    Ok(())
}
