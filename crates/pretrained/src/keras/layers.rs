//! The layout of Keras 3: `layers/NAME/vars/N`, models within models as `layers/NAME/layers/...`.
//!
//! In: an open file. Out: tensors sorted by path, numbers by value. Keras names a layer's group after its class and
//! numbers the classes in network order; the layer's own name stands in an attribute of `vars` and isn't needed here.

use std::collections::HashSet;

use hdf5_reader::group::Group;

use super::file::File;
use crate::gather::{Gather, damaged, quoted};
use crate::tensor::ReadError;

/// A group of these names at the top tells the layout; the last one is of TensorFlow 2.13.
pub(super) const ROOTS: [&str; 3] = ["layers", "vars", "_layer_checkpoint_dependencies"];
/// The group that holds the optimiser's state.
const OPTIMIZER: &str = "optimizer";
/// Groups within groups; a model within a model takes two.
const DEPTH_MAX: usize = 32;

/// Reads everything but the optimiser's state.
pub(super) fn read(file: &File, into: &mut Gather) -> Result<(), ReadError> {
    let mut seen = HashSet::new();
    read_group(file, file.root(), "", DEPTH_MAX, &mut seen, into)
}

fn read_group(
    file: &File,
    group: &Group,
    path: &str,
    depth_left: usize,
    seen: &mut HashSet<u64>,
    into: &mut Gather,
) -> Result<(), ReadError> {
    if depth_left == 0 || !seen.insert(group.address()) {
        let found = "a group within itself or in two places";
        return Err(damaged(
            file.format,
            quoted(path),
            found,
            "a tree of layers",
        ));
    }
    let (mut groups, mut datasets) = file.members(group, path)?;
    datasets.sort_by_cached_key(|dataset| order(dataset.name()));
    groups.sort_by_cached_key(|group| order(group.name()));
    for dataset in &datasets {
        file.gather(dataset, &join(path, dataset.name()), into)?;
    }
    for group in &groups {
        let path = join(path, group.name());
        if path == OPTIMIZER {
            into.leave(OPTIMIZER, "state of the optimiser")?;
        } else {
            read_group(file, group, &path, depth_left - 1, seen, into)?;
        }
    }
    Ok(())
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_string()
    } else {
        format!("{path}/{name}")
    }
}

/// The name without its number, then the number: `conv2d` is before `conv2d_1`, that before `conv2d_10`.
fn order(name: &str) -> (String, u64) {
    let (stem, number) = name.rsplit_once('_').unwrap_or(("", name));
    match number.parse() {
        Ok(number) => (stem.to_string(), number),
        Err(_) => (name.to_string(), 0),
    }
}
