//! Tests of the crate through its public interface.

#![allow(clippy::expect_used, clippy::unwrap_used)]

mod fetch;
mod server;
mod vgg;
