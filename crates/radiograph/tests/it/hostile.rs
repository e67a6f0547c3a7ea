//! Damaged files: cut off anywhere, or with bytes changed, they give a result or an error, never a panic.

use std::path::{Path, PathBuf};

use radiograph::{DecodeError, decode};

fn golden_files() -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/golden");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.retain(|path| {
        !path
            .extension()
            .is_some_and(|ending| ending == "csv" || ending == "md")
    });
    paths.sort();
    paths
        .into_iter()
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect()
}

#[test]
fn a_file_cut_off_anywhere_is_refused() {
    let mut cuts = 0;
    for (path, bytes) in golden_files() {
        // The last byte may be padding, which no pixel needs.
        for length in (0..bytes.len() - 1).step_by(7) {
            cuts += 1;
            // A JPEG file or TIFF file may end with bytes that no decoder needs.
            let is_dicom = path.extension().is_some_and(|ending| ending == "dcm");
            let decoded = decode(&bytes[..length]);
            assert!(
                !is_dicom || decoded.is_err(),
                "{} cut at {length}",
                path.display()
            );
        }
    }
    assert!(cuts > 5000, "{cuts}");
}

#[test]
fn a_file_with_changed_bytes_never_panics() {
    let mut changed = 0;
    for (path, bytes) in golden_files() {
        for position in (0..bytes.len()).step_by(3) {
            for value in [0, 0xff, bytes[position] ^ 0x11] {
                let mut damaged = bytes.clone();
                damaged[position] = value;
                changed += 1;
                if let Ok(radiograph) = decode(&damaged) {
                    let image = radiograph.image;
                    assert_eq!(image.pixels.len(), image.width * image.height);
                    let in_range = image.pixels.iter().all(|pixel| (0.0..=1.0).contains(pixel));
                    assert!(in_range, "{} byte {position} = {value}", path.display());
                }
            }
        }
    }
    assert!(changed > 20_000, "{changed}");
}

#[test]
fn an_element_that_declares_four_gigabytes_is_refused_before_memory_is_taken() {
    let mut bytes = vec![0; 128];
    bytes.extend(b"DICM");
    bytes.extend([
        0x08, 0, 0x70, 0, b'U', b'T', 0, 0, 0xfe, 0xff, 0xff, 0xff, b'x', b'y',
    ]);
    let error = decode(&bytes).unwrap_err();
    assert!(matches!(error, DecodeError::Truncated { .. }), "{error}");
    assert!(
        error
            .to_string()
            .contains("found 2 of the 4294967294 bytes"),
        "{error}"
    );
}

#[test]
fn sequences_nested_without_end_do_not_overflow_the_stack() {
    let mut bytes = vec![0; 128];
    bytes.extend(b"DICM");
    for _ in 0..200_000 {
        bytes.extend([
            0x08, 0, 0x40, 0x11, b'S', b'Q', 0, 0, 0xff, 0xff, 0xff, 0xff,
        ]);
        bytes.extend([0xfe, 0xff, 0x00, 0xe0, 0xff, 0xff, 0xff, 0xff]);
    }
    let error = decode(&bytes).unwrap_err().to_string();
    assert_eq!(
        error,
        "the DICOM file is damaged: found sequences nested more than 64 deep"
    );
}
