//! Bytes of a weights file, read as keras: see [`fuzz::check_weights`].

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| fuzz::check_weights(bytes, pretrained::keras::read));
