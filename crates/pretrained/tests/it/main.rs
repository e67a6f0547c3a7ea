//! Tests of the crate through its public interface.

#![allow(clippy::expect_used, clippy::unwrap_used)]

mod fetch;
mod server;
mod vgg;
//! Files of other programs, read; hostile files, refused; files written, for other programs.

#![allow(
    clippy::unwrap_used,
    reason = "a test that panics fails, which is what it is for"
)]

mod formats;
mod golden;
mod hostile;
mod hostile_pickle;
mod onnx_network;
mod written;
//! Weights files against the frameworks that write them.

mod keras;
mod keras_hostile;
