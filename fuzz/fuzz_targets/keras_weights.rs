//! Bytes of a Keras file: no panic, values that fill their shapes, no more of them than three times the file.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pretrained::keras;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(file) = keras::read(bytes) {
        let mut total = 0;
        for tensor in file.tensors {
            assert_eq!(tensor.values.len(), tensor.shape.iter().product::<usize>());
            total += size_of_val(&tensor.values[..]);
        }
        assert!(total <= 3 * bytes.len());
    }
});
