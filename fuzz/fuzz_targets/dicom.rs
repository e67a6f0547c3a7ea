//! DICOM bytes to a picture: no panic, and every accepted picture keeps its promises.
//!
//! The input is tried as a file and, behind a preamble, as the file meta group and data set, so that fuzzing reaches the
//! parser at once. Seeds: `cargo +nightly fuzz run dicom crates/radiograph/tests/it/golden`.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    check(&[&[0; 128], b"DICM".as_slice(), bytes].concat());
});

fn check(bytes: &[u8]) {
    if let Err(error) = radiograph::list_directory(bytes) {
        assert!(!error.to_string().contains('\n'), "{error}");
    }
    match radiograph::decode(bytes) {
        Ok(radiograph) => {
            let image = radiograph.image;
            assert!(image.width > 0 && image.height > 0);
            assert_eq!(image.pixels.len(), image.width * image.height);
            assert!(image.pixels.iter().all(|pixel| (0.0..=1.0).contains(pixel)));
        }
        Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
    }
}
