//! A ZIP archive that holds a radiograph, or says so: no panic, and every accepted picture keeps its promises.
//!
//! Seeds: `cargo +nightly fuzz run --no-default-features archive crates/radiograph/tests/it/archive`.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| match radiograph::decode(bytes) {
    Ok(radiograph) => {
        let image = radiograph.image;
        assert!(image.width > 0 && image.height > 0);
        assert_eq!(image.pixels.len(), image.width * image.height);
        assert!(image.pixels.iter().all(|pixel| (0.0..=1.0).contains(pixel)));
    }
    Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
});
