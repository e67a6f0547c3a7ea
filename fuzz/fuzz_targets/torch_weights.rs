//! Bytes of a weights file, read as torch: an error of one line, or tensors not much larger than the file.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| match pretrained::torch::read(bytes) {
    Ok(file) => {
        let mut values = 0;
        for tensor in &file.tensors {
            assert_eq!(tensor.values.len(), tensor.shape.iter().product::<usize>());
            values += tensor.values.len();
        }
        assert!(values * 4 <= 3 * bytes.len());
    }
    Err(error) => assert!(!error.to_string().contains('\n')),
});
