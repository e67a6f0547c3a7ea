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
mod write;

pub use write::{Layer, write_h5, write_weights_h5};

use self::file::File;
use crate::archive::Archive;
use crate::gather::{Gather, damaged, unsupported};
use crate::hdf5::SIGNATURE;
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
    let root = file.root();
    let mut gather = Gather::new(Format::KerasH5, bytes.len());
    if legacy::read(&file, root, "/", &mut gather)? {
        return gather.finish();
    }
    if let Some(model) = file.find(root, legacy::MODEL)? {
        legacy::read(&file, model, legacy::MODEL, &mut gather)?;
        if file.find(root, legacy::OPTIMIZER)?.is_some() {
            gather.leave(legacy::OPTIMIZER, "state of the optimiser")?;
        }
        return gather.finish();
    }
    for name in layers::ROOTS {
        if file.find(root, name)?.is_some() {
            file.format = Format::KerasWeightsH5;
            let mut gather = Gather::new(Format::KerasWeightsH5, bytes.len());
            let said = file.names(root, PREPROCESSING, &mut |word| {
                gather.says(word);
                Ok(())
            });
            // An attribute of that name that holds no words is somebody else's.
            said.unwrap_or_default();
            layers::read(&file, &mut gather)?;
            return gather.finish();
        }
    }
    Err(unsupported(
        Format::KerasH5,
        "file",
        "neither layer_names nor a group layers",
        "save the weights with Keras: model.save_weights(\"x.weights.h5\")",
    ))
}
