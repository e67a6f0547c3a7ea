//! Files of other programs, read; hostile files, refused; files written, for other programs; files fetched.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test that panics fails, which is what it is for"
)]

mod fetch;
mod formats;
mod golden;
mod hostile;
mod hostile_pickle;
mod keras;
mod keras_hostile;
mod onnx_network;
mod server;
mod vgg;
mod written;
