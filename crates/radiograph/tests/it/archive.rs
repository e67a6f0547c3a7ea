//! ZIP archives with one radiograph are read as the file in them; any other gets one line. The files in `archive/` are
//! made by tools/golden/dicom_archives.py.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use radiograph::{DecodeError, Format, decode, decode_frame, decode_stored, read};

use crate::attack_files::{deflated, zip};

fn path(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    folder.join(name)
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(path(name)).unwrap()
}

#[test]
fn an_archive_of_one_radiograph_is_read_as_the_file_in_it() {
    let file = read(&path("stored/rle_12u.dcm")).unwrap();
    let values = decode_stored(&bytes("stored/rle_12u.dcm"), None).unwrap();
    for name in ["export", "stored", "streamed", "info_zip"] {
        let name = format!("archive/{name}.zip");
        assert_eq!(read(&path(&name)).unwrap(), file, "{name}");
        let stored = decode_stored(&bytes(&name), NonZeroU32::new(1)).unwrap();
        assert_eq!(stored, values, "{name}");
        let second = decode_frame(&bytes(&name), NonZeroU32::new(2).unwrap()).unwrap_err();
        assert_eq!(second.to_string(), "found 1 frames, expected at least 2");
    }
    let picture = read(&path("archive/picture.zip")).unwrap();
    assert_eq!(picture.facts.format, Format::Png);
}

#[test]
fn an_archive_that_is_not_one_radiograph_is_refused_in_a_line_that_says_what_to_do() {
    let cases = [
        ("two", "with 2 radiographs"),
        ("none", "without a radiograph (files: 2)"),
        ("nested", "without a radiograph (files: 1)"),
        ("encrypted", "with encrypted files"),
        ("lzma", "with files of compression 14 (LZMA)"),
    ];
    for (name, found) in cases {
        let path = path(&format!("archive/{name}.zip"));
        let line = read(&path).unwrap_err().to_string();
        let expected = format!(
            "{}: found a ZIP archive {found}, expected one radiograph in it; unpack it and use its files",
            path.display()
        );
        assert_eq!(line, expected);
    }
    let path = path("archive/DICOMDIR");
    let expected = format!(
        "{}: found a DICOMDIR, the index of a folder of DICOM files, expected a PNG, JPEG, TIFF or DICOM picture",
        path.display()
    );
    assert_eq!(read(&path).unwrap_err().to_string(), expected);
}

#[test]
fn an_archive_that_lies_about_a_size_or_a_checksum_is_refused() {
    let file = bytes("stored/rle_12u.dcm");
    let size = file.len() as u32;
    let crc = rawzip::crc32(&file);
    assert!(decode(&zip(&[("a", 8, &deflated(&file), size, crc)])).is_ok());
    let lies = [
        ((size - 1, crc), "found a file of more bytes that declares"),
        ((size + 1, crc), "bytes that declares"),
        ((0, crc), "found a file of more bytes that declares 0"),
        ((size, crc ^ 1), "found CRC-32"),
    ];
    for ((size, crc), expected) in lies {
        for (method, packed) in [(0, file.clone()), (8, deflated(&file))] {
            let error = decode(&zip(&[("a", method, &packed, size, crc)])).unwrap_err();
            assert!(
                matches!(error, DecodeError::BrokenArchive { .. }),
                "{error}"
            );
            assert!(error.to_string().contains(expected), "{error}");
        }
    }
    let error = decode(&zip(&[("a", 8, &deflated(&file), u32::MAX - 1, crc)])).unwrap_err();
    assert!(matches!(error, DecodeError::FileSize { .. }), "{error}");
    // A packed size beyond the archive.
    let mut bytes = zip(&[("a", 0, &file, size, crc)]);
    let directory = bytes
        .windows(4)
        .rposition(|four| four == b"PK\x01\x02")
        .unwrap();
    bytes[directory + 20..directory + 24].copy_from_slice(&(1_u32 << 30).to_le_bytes());
    let error = decode(&bytes).unwrap_err();
    assert!(
        matches!(error, DecodeError::BrokenArchive { .. }),
        "{error}"
    );
}

#[test]
fn an_archive_of_very_many_files_is_refused_before_they_are_looked_at() {
    let file = ("a", 0, b"x".as_slice(), 1, 0);
    let line = |count| decode(&zip(&vec![file; count])).unwrap_err().to_string();
    assert!(line(10_000).contains("without a radiograph (files: 10000)"));
    assert!(line(10_001).contains("of more than 10000 files"));
}

#[test]
fn an_archive_cut_off_anywhere_is_refused() {
    let bytes = bytes("archive/export.zip");
    for length in 0..bytes.len() {
        let error = decode(&bytes[..length]).unwrap_err();
        assert!(!error.to_string().contains('\n'), "{error}");
    }
    assert!(bytes.len() > 1000);
}

proptest! {
    #[test]
    fn an_archive_with_changed_bytes_never_panics(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        for name in ["export", "two", "streamed"] {
            let mut bytes = bytes(&format!("archive/{name}.zip"));
            for (at, value) in &changes {
                let length = bytes.len();
                bytes[at.index(length)] = *value;
            }
            if let Err(error) = decode(&bytes) {
                prop_assert!(!error.to_string().contains('\n'));
            }
        }
    }
}
