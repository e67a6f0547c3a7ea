//! Bytes of a model file: no panic, and no tensor whose values do not fill its shape.

#![no_main]

use cordsight::model_file::Manifest;
use cordsight::tensor_file;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok((_, tensors)) = tensor_file::decode::<Manifest>(bytes) {
        for tensor in tensors {
            assert_eq!(tensor.values.len(), tensor.shape.iter().product::<usize>());
        }
    }
});
