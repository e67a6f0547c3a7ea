//! What the crate promises, a file per behaviour.

#![allow(clippy::print_stdout, clippy::unwrap_used)]

mod archive;
mod attack;
mod attack_files;
mod conformance;
mod deidentify;
mod directory;
mod film;
mod golden;
mod hostile;
mod jpeg_2000;
mod memory;
mod refusal;
mod same_pixels;
mod shared_data;
mod spacing;
mod stored;
mod write;
