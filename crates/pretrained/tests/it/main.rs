//! Tests of the crate through its public interface.

mod fetch;
mod server;
mod vgg;
