//! Published weights of image networks: files of several frameworks as named tensors, and back.
//!
//! In: the bytes of a weights file. Out: [`Tensor`]s in the file's own names and layouts, with the [`Format`] that
//! was found. What they mean for a network is decided by the reader of the names, not here. Nothing in a file is ever
//! executed, and no declared size is trusted: a reader allocates at most a few times the bytes it was given.

mod archive;
mod gather;
pub mod keras;
pub mod safetensors;
mod tensor;
pub mod torch;

pub use tensor::{Format, ReadError, Tensor, WeightFile, WriteError};
