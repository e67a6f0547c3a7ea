//! Small files in every transfer syntax have the stored values that other readers see; `stored/index.csv` says which
//! readers (made by tools/golden/dicom_stored.py).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use radiograph::{decode, decode_stored};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/stored")
}

/// Rows of whole numbers.
fn table(name: &str) -> Vec<Vec<i64>> {
    let text = std::fs::read_to_string(folder().join(name)).unwrap();
    let row = |line: &str| line.split(',').map(|cell| cell.parse().unwrap()).collect();
    text.lines().map(row).collect()
}

/// What of the file belongs beside the values: columns, rows, numbers.
fn found(file: &str, kind: &str) -> (usize, usize, Vec<i64>) {
    let bytes = std::fs::read(folder().join(file)).unwrap();
    if kind == "stored" {
        let stored = decode_stored(&bytes, None).unwrap_or_else(|error| panic!("{file}: {error}"));
        return (stored.width, stored.height, stored.values.iter().collect());
    }
    assert_eq!(kind, "display", "{file}");
    let image = decode(&bytes)
        .unwrap_or_else(|error| panic!("{file}: {error}"))
        .image;
    let levels = image.pixels.iter();
    let levels = levels.map(|&level| (f64::from(level) * 65535.0).round() as i64);
    (image.width, image.height, levels.collect())
}

#[test]
fn stored_values_in_every_transfer_syntax_are_those_of_other_readers() {
    let index = std::fs::read_to_string(folder().join("index.csv")).unwrap();
    let mut files = BTreeSet::new();
    for line in index.lines().skip(2) {
        let cells: Vec<&str> = line.split(',').collect();
        let [file, values, kind, readers] = cells[..] else {
            panic!("{line}");
        };
        let expected = table(values);
        let (width, height, found) = found(file, kind);
        assert_eq!(
            (width, height),
            (expected[0].len(), expected.len()),
            "{file}"
        );
        let expected = expected.concat();
        assert_eq!(found.len(), expected.len(), "{file}");
        assert!(found == expected, "{file}: other values than {readers}");
        files.insert(file.to_string());
    }
    let there = std::fs::read_dir(folder()).unwrap();
    let there: BTreeSet<String> = there
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".dcm"))
        .collect();
    assert!(there.len() >= 50, "{}", there.len());
    assert_eq!(files, there);
}

#[test]
fn a_file_in_any_transfer_syntax_cut_off_or_changed_never_panics() {
    let (mut refused, mut read) = (0, 0);
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "dcm") {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        for at in (132..bytes.len()).step_by(11) {
            let mut changed = bytes.clone();
            changed[at] ^= 0x55;
            for damaged in [&bytes[..at], &changed] {
                match decode_stored(damaged, None) {
                    Ok(stored) => {
                        let pixels = stored.width * stored.height * stored.samples_per_pixel;
                        assert_eq!(stored.values.len(), pixels, "{} at {at}", path.display());
                        read += 1;
                    }
                    Err(error) => {
                        assert!(!error.to_string().contains('\n'), "{error}");
                        refused += 1;
                    }
                }
            }
        }
    }
    assert!(
        refused > 3000 && read > 500,
        "{refused} refused, {read} read"
    );
}
