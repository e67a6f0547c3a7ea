//! The layout of Keras 3: `layers/NAME/vars/N`, models within models as `layers/NAME/layers/...`.
//!
//! In: an open file. Out: tensors sorted by path, numbers by value. Keras names a layer's group after its class and
//! numbers the classes in network order. The name that the user gave a layer stands in an attribute of `vars`; tensors
//! keep their paths, which tell the order, and the names are noted beside them.

use std::cmp::Ordering;

use super::file::File;
use crate::gather::{Gather, damaged, quoted};
use crate::hdf5::Kind;
use crate::tensor::ReadError;

/// A group of these names at the top tells the layout; the last one is of TensorFlow 2.13.
pub(super) const ROOTS: [&str; 3] = ["layers", "vars", "_layer_checkpoint_dependencies"];
/// The group that holds the optimiser's state.
const OPTIMIZER: &str = "optimizer";
/// The attribute that holds a layer's own name.
const NAME: &str = "name";
/// Groups within groups; a model within a model takes two.
const DEPTH_MAX: usize = 32;

/// Reads everything but the optimiser's state.
pub(super) fn read(file: &File<'_>, into: &mut Gather) -> Result<(), ReadError> {
    read_group(file, "", &mut vec![file.root()], into)
}

/// Reads the last of the groups on the way from the top.
fn read_group(
    file: &File<'_>,
    path: &str,
    way: &mut Vec<u64>,
    into: &mut Gather,
) -> Result<(), ReadError> {
    let Some((group, above)) = way.split_last() else {
        return Ok(());
    };
    if above.contains(group) || above.len() == DEPTH_MAX {
        let found = "a group within itself, or too many within each other";
        return Err(damaged(
            file.format,
            quoted(path),
            found,
            "a tree of layers",
        ));
    }
    let group = *group;
    let mut links = file.list(group, path)?;
    let mut has_values = false;
    links.sort_unstable_by(|a, b| order(a.name, b.name));
    for kind in [Kind::Dataset, Kind::Group] {
        for link in &links {
            let path = file.join(path, link.name)?;
            let address = file.follow(link.target, &path)?;
            let object = file.object(address, &path)?;
            match object.kind() {
                found if found != kind => {}
                Kind::Group if path == OPTIMIZER => {
                    into.leave(OPTIMIZER, "state of the optimiser")?
                }
                Kind::Group => {
                    way.push(address);
                    read_group(file, &path, way, into)?;
                    way.pop();
                }
                _ => {
                    file.gather(&object, &path, into)?;
                    has_values = true;
                }
            }
        }
    }
    if has_values {
        file.names(group, NAME, &mut |name| into.name_layer(path, name))?;
    }
    Ok(())
}

/// By the name without its number, then by the number: `conv2d` is before `conv2d_1`, that before `conv2d_10`.
fn order(a: &[u8], b: &[u8]) -> Ordering {
    let key = |name| stem_and_number(name).unwrap_or((name, 0));
    key(a).cmp(&key(b))
}

fn stem_and_number(name: &[u8]) -> Option<(&[u8], u64)> {
    let end = name.iter().rposition(|byte| *byte == b'_');
    let (stem, number) = match end {
        Some(end) => (name.get(..end)?, name.get(end + 1..)?),
        None => (&name[..0], name),
    };
    Some((stem, std::str::from_utf8(number).ok()?.parse().ok()?))
}
