//! Keras: HDF5 weights of both layouts and `.keras` archives, read and written.
//!
//! In: the bytes of a file. Out: its floating point tensors, named by their paths in the file. Files that Keras
//! wrote before version 3 list their layers and weights in attributes (`layer_names`, `weight_names`), and that is
//! the order of the tensors. Files of Keras 3 hold no order: there the tensors stand as if sorted by path, with numbers
//! by value (`layers/conv2d`, `layers/conv2d_1`, ..., `layers/conv2d_10`), which within one kind of layer is the order
//! in the network. Kernels are height, width, input, output; dense kernels are input, output.
//!
//! Source: `keras/src/legacy/saving/legacy_h5_format.py` and `keras/src/saving/saving_lib.py` of Keras 3.15.
//! Checked against: Keras 3.15.1 with h5py 3.16, both ways (tools/golden/keras_weights.py).

mod file;
mod layers;
mod legacy;
mod storage;
mod write;

pub use write::{Layer, write_h5, write_weights_h5};

use self::file::{File, SIGNATURE};
use crate::archive::Archive;
use crate::gather::{Gather, damaged, unsupported};
use crate::tensor::{Format, PREPROCESSING, ReadError, WeightFile};

/// The weights in a `.keras` archive.
pub(crate) const ARCHIVED: &str = "model.weights.h5";

/// Whether the bytes begin as HDF5.
pub(crate) fn is_hdf5(bytes: &[u8]) -> bool {
    bytes.starts_with(SIGNATURE)
}

/// The tensors of a `.h5`, `.weights.h5` or `.keras` file.
///
/// # Errors
///
/// [`ReadError::Damaged`] for what is cut off, points outside the file, runs in a circle or declares more than the
/// file can hold; [`ReadError::Unsupported`] for links to other files, filters other than gzip, shuffle and Fletcher-32,
/// HDF5 that Keras did not write, and files without floating point numbers; [`ReadError::Unknown`] for another kind.
pub fn read(bytes: &[u8]) -> Result<WeightFile, ReadError> {
    if is_hdf5(bytes) {
        return read_hdf5(bytes);
    }
    let archive = Archive::open(bytes, Format::Keras)?.ok_or(ReadError::Unknown)?;
    let weights = archive
        .part(ARCHIVED, Format::Keras)?
        .ok_or(ReadError::Unknown)?;
    if !is_hdf5(weights) {
        let found = "no HDF5";
        return Err(damaged(Format::Keras, ARCHIVED, found, "HDF5"));
    }
    let mut gather = Gather::new(Format::Keras, bytes.len());
    let file = File::open(weights, Format::Keras)?;
    layers::read(&file, &mut gather)?;
    gather.finish()
}

fn read_hdf5(bytes: &[u8]) -> Result<WeightFile, ReadError> {
    let mut file = File::open(bytes, Format::KerasH5)?;
    let root = file.root().clone();
    let (groups, _) = file.members(&root, "/")?;
    let has = |name: &str| groups.iter().any(|group| group.name() == name);
    if let Some(layers) = file.strings(&root, legacy::LAYERS)? {
        let mut gather = Gather::new(Format::KerasH5, bytes.len());
        legacy::read(&mut file, &root, "", &layers, &mut gather)?;
        return gather.finish();
    }
    if has(legacy::MODEL) {
        let mut gather = Gather::new(Format::KerasH5, bytes.len());
        let model = file.group(&root, legacy::MODEL)?;
        let layers = file.strings(&model, legacy::LAYERS)?.unwrap_or_default();
        legacy::read(&mut file, &model, legacy::MODEL, &layers, &mut gather)?;
        if has(legacy::OPTIMIZER) {
            gather.leave(legacy::OPTIMIZER, "state of the optimiser")?;
        }
        return gather.finish();
    }
    if layers::ROOTS.iter().any(|name| has(name)) {
        file.format = Format::KerasWeightsH5;
        let mut gather = Gather::new(Format::KerasWeightsH5, bytes.len());
        // An attribute of that name that is no word is somebody else's.
        let said = file.strings(&root, PREPROCESSING).ok().flatten();
        if let Some([word]) = said.as_deref() {
            gather.says(word);
        }
        layers::read(&file, &mut gather)?;
        return gather.finish();
    }
    Err(unsupported(
        Format::KerasH5,
        "file",
        "neither layer_names nor a group layers",
        "save the weights with Keras: model.save_weights(\"x.weights.h5\")",
    ))
}
