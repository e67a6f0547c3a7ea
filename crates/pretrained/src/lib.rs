//! Published weights of image networks: files of several frameworks as named tensors, and back.
//!
//! In: the bytes of a weights file. Out: [`Tensor`]s in the file's own names and layouts, with the [`Format`] that
//! was found. What they mean for a network is decided by the reader of the names, not here. Nothing in a file is ever
//! executed, and no declared size is trusted: a reader takes at most four times the bytes it was given, and 16 MiB for the
//! lists of a small file.

mod archive;
pub mod catalogue;
pub mod fetch;
mod gather;
pub mod keras;
pub mod onnx;
mod preprocessing;
pub mod safetensors;
mod tensor;
pub mod torch;
pub mod vgg;

use crate::archive::Archive;

pub use preprocessing::{ChannelOrder, Preprocessing};
pub use tensor::{Format, PREPROCESSING, ReadError, Tensor, WeightFile, WriteError};

/// The tensors of a weights file of any known kind; the content decides, not the name of the file.
///
/// # Errors
///
/// [`ReadError::Unknown`] if the bytes begin as none of the formats does, otherwise the errors of the format's reader.
pub fn read(bytes: &[u8]) -> Result<WeightFile, ReadError> {
    if let Some(archive) = Archive::open(bytes, archive::written_by(bytes))? {
        if torch::is_archive(&archive) {
            return torch::read_archive(&archive, bytes.len());
        }
        if archive.ending(keras::ARCHIVED).is_some() {
            return keras::read(bytes);
        }
        return Err(ReadError::Unknown);
    }
    if keras::is_hdf5(bytes) {
        return keras::read(bytes);
    }
    if torch::is_stream(bytes) {
        return torch::read(bytes);
    }
    if safetensors::is_one(bytes) {
        return safetensors::read(bytes);
    }
    if onnx::is_one(bytes) {
        return onnx::read(bytes);
    }
    Err(ReadError::Unknown)
}
