//! PNG, JPEG and TIFF bytes to a picture: no panic, and every accepted picture keeps its promises.
//!
//! The first byte picks a magic number, the rest follows it, so that every input is taken for a picture.

#![no_main]

use libfuzzer_sys::fuzz_target;

const MAGIC: [&[u8]; 5] = [
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"II*\0",
    b"MM\0*",
    b"II+\0",
];

fuzz_target!(|bytes: &[u8]| {
    let [choice, rest @ ..] = bytes else { return };
    let file = [MAGIC[usize::from(*choice) % MAGIC.len()], rest].concat();
    match radiograph::decode(&file) {
        Ok(radiograph) => {
            let image = radiograph.image;
            assert!(image.width > 0 && image.height > 0);
            assert_eq!(image.pixels.len(), image.width * image.height);
            assert!(image.pixels.iter().all(|pixel| (0.0..=1.0).contains(pixel)));
        }
        Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
    }
});
