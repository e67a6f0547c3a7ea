//! DICOM bytes to a de-identified file: no panic, one line where it is refused, and what is written can be done again.
//!
//! Seeds: `cargo +nightly fuzz run deidentify crates/radiograph/tests/it/stored`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use radiograph::deidentify::{Area, Blank, Dates, Key, Profile, deidentify};

fuzz_target!(|bytes: &[u8]| {
    let area = Area { x: 1, y: 1, width: 9, height: 9 };
    for (dates, blank) in [(Dates::Removed, vec![]), (Dates::Moved, vec![Blank::everywhere(area)])] {
        let profile = Profile { dates, keep_device: true, keep_characteristics: true, blank };
        let key = Key::new(b"a key of more than sixteen bytes");
        match deidentify(bytes, &key, &profile) {
            Ok(made) => {
                assert_eq!(made.bytes[..132], [&[0; 128], b"DICM".as_slice()].concat());
                assert!(deidentify(&made.bytes, &key, &profile).is_ok());
            }
            Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
        }
    }
});
