//! JPEG 2000 and HTJ2K code streams, sound and damaged: the files of `stored/` in every style (tools/golden/dicom_stored.py).

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use radiograph::decode_stored;

/// DICOM files whose pixels are such a code stream.
fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/stored");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let name = path.file_name().unwrap().to_string_lossy();
            name.ends_with(".dcm") && (name.starts_with("j2k") || name.starts_with("htj2k"))
        })
        .collect();
    files.sort();
    assert!(files.len() > 30, "{}", files.len());
    files
}

fn code_stream(bytes: &[u8]) -> usize {
    let start = bytes
        .windows(4)
        .position(|four| four == b"\xff\x4f\xff\x51");
    start.unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_damaged_code_stream_is_refused_in_a_line_or_read_in_full(
        index in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        end in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let files = files();
        let mut bytes = std::fs::read(index.get(&files)).unwrap();
        let start = code_stream(&bytes);
        for (at, value) in changes {
            let at = start + at.index(bytes.len() - start);
            bytes[at] = value;
        }
        if let Some(end) = end {
            bytes.truncate(start + end.index(bytes.len() - start));
        }
        match decode_stored(&bytes, None) {
            Ok(stored) => prop_assert_eq!(stored.values.len(), stored.width * stored.height),
            Err(error) => prop_assert!(!error.to_string().contains('\n'), "{}", error),
        }
    }
}

#[test]
fn values_do_not_depend_on_the_number_of_threads() {
    // Within a pool a picture is decoded by the thread that asks for it, else by all.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1);
    let pool = pool.build().unwrap();
    for path in files() {
        let bytes = std::fs::read(&path).unwrap();
        let values = || -> Vec<i64> {
            let stored = decode_stored(&bytes, None).unwrap();
            stored.values.iter().collect()
        };
        assert_eq!(pool.install(values), values(), "{}", path.display());
    }
}

#[test]
fn a_stream_that_ends_within_a_packet_is_refused() {
    let mut cut = 0;
    for path in files() {
        let bytes = std::fs::read(&path).unwrap();
        let start = code_stream(&bytes);
        let data = start
            + bytes[start..]
                .windows(2)
                .position(|two| two == b"\xff\x93")
                .unwrap();
        // One fragment with half of the data, and nothing behind it.
        let middle = data + (bytes.len() - data) / 2;
        let stream = &bytes[start..middle];
        let mut whole = bytes[..start - 4].to_vec();
        whole.extend((stream.len() as u32).to_le_bytes());
        whole.extend(stream);
        whole.extend(b"\xfe\xff\xdd\xe0\0\0\0\0");
        let error = decode_stored(&whole, None).map(|stored| stored.width);
        let text = error.expect_err(&path.display().to_string()).to_string();
        assert!(text.contains("cut off"), "{}: {text}", path.display());
        cut += 1;
    }
    assert!(cut > 30, "{cut}");
}
