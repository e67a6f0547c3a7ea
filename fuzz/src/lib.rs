//! What the targets of the weights readers share: what must hold for a file whatever its bytes are.

use peak_alloc::PeakAlloc;
use pretrained::{ReadError, WeightFile};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Bytes of memory for each byte of a file, ...
const GROWTH_MAX: usize = 4;
/// ... and those that a file of any length may need.
const MEMORY_MIN: usize = 1 << 20;

/// Reads a file: no panic, an error of one line or tensors that fill their shapes, and no more memory at any moment than
/// four times the file and 1 MiB, the file itself not counted.
pub fn check_weights(bytes: &[u8], read: fn(&[u8]) -> Result<WeightFile, ReadError>) {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let outcome = read(bytes);
    let taken = MEMORY.peak_usage().saturating_sub(before);
    let most = GROWTH_MAX * bytes.len() + MEMORY_MIN;
    assert!(taken <= most, "{taken} bytes of memory for {} of file", bytes.len());
    match outcome {
        Ok(file) => {
            for tensor in &file.tensors {
                assert_eq!(tensor.values.len(), tensor.shape.iter().product::<usize>());
            }
        }
        Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
    }
}
