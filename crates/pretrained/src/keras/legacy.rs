//! The layout before Keras 3: `layer_names` at the top, `weight_names` at every layer, and a dataset for each.
//!
//! In: an open file. Out: tensors in the order of these lists, named `LAYER/WEIGHT` as in the file, with the prefix
//! `model_weights/` left out where a whole model was saved.

use super::file::File;
use crate::gather::{Gather, damaged, quoted};
use crate::hdf5::Link;
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

/// Reads the layers below a group that lists them; false if it has no list.
pub(super) fn read(
    file: &File<'_>,
    parent: u64,
    place: &str,
    into: &mut Gather,
) -> Result<bool, ReadError> {
    let mut links = file.list(parent, place)?;
    links.sort_unstable_by_key(|link| link.name);
    let listed = file.names(parent, LAYERS, &mut |layer| {
        read_layer(file, &links, layer, into)
    })?;
    if listed && find(&links, TOP_LEVEL).is_some() {
        read_layer(file, &links, TOP_LEVEL, into)?;
    }
    Ok(listed)
}

fn find<'l>(links: &'l [Link<'_>], name: &str) -> Option<&'l Link<'l>> {
    let place = links.binary_search_by_key(&name.as_bytes(), |link| link.name);
    place.ok().and_then(|place| links.get(place))
}

fn read_layer(
    file: &File<'_>,
    links: &[Link<'_>],
    layer: &str,
    into: &mut Gather,
) -> Result<(), ReadError> {
    let missing = |found: &str, expected| damaged(file.format, quoted(layer), found, expected);
    let link = find(links, layer).ok_or_else(|| missing("no such group", "one of every layer"))?;
    let group = file.follow(link.target, layer)?;
    let listed = file.names(group, WEIGHTS, &mut |weight| {
        let name = file.join(layer, weight.as_bytes())?;
        let dataset = file.expect(group, weight)?;
        file.gather(&file.object(dataset, &name)?, &name, into)
    })?;
    match listed {
        true => Ok(()),
        false => Err(missing("no weight_names", "a list of its weights")),
    }
}
