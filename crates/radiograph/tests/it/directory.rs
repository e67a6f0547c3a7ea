//! A DICOMDIR lists the pictures that pydicom finds in it, and none outside of its folder. The files in `directory/` are
//! made by tools/golden/dicom_directory.py.

use std::path::Path;

use proptest::prelude::*;
use radiograph::{ListedFile, list_directory};

use crate::attack_files::element;

const NAMES: [&str; 6] = [
    "pydicom",
    "dcmtk",
    "big_endian",
    "implicit",
    "not_in_use",
    "report",
];

fn golden(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/directory");
    std::fs::read(folder.join(name)).unwrap()
}

fn file(path: &str) -> ListedFile {
    ListedFile {
        components: path.split('/').map(String::from).collect(),
    }
}

/// A DICOMDIR of one picture with this name.
fn of_one(name: &str) -> Vec<u8> {
    let item = [
        element(4, 0x1430, b"CS", b"IMAGE "),
        element(4, 0x1500, b"CS", name.as_bytes()),
    ]
    .concat();
    let length = (item.len() as u32).to_le_bytes();
    let sequence = [&[0xfe, 0xff, 0x00, 0xe0], length.as_slice(), &item].concat();
    [
        &[0; 128],
        b"DICM".as_slice(),
        &element(2, 2, b"UI", b"1.2.840.10008.1.3.10"),
        &element(2, 0x10, b"UI", b"1.2.840.10008.1.2.1\0"),
        &element(4, 0x1220, b"SQ", &sequence),
    ]
    .concat()
}

#[test]
fn the_pictures_are_those_that_pydicom_lists() {
    for name in NAMES {
        let listed = list_directory(&golden(&format!("{name}.dicomdir"))).unwrap();
        let expected = String::from_utf8(golden(&format!("{name}.csv"))).unwrap();
        let expected: Vec<ListedFile> = expected.lines().map(file).collect();
        assert!(expected.len() >= 3, "{name}");
        assert_eq!(listed, expected, "{name}");
    }
}

#[test]
fn a_name_that_leads_out_of_the_folder_is_refused() {
    assert_eq!(
        list_directory(&of_one(r"DICOM\IM0001")).unwrap(),
        [file("DICOM/IM0001")]
    );
    for name in [
        r"..\SECRET",
        r"DICOM\..\..\SECRET",
        "/etc/passwd",
        "DICOM/../../SECRET",
        r"C:\SECRET",
        r"\SECRET",
        r"DICOM\\SECRET",
        r"DICOM\.\SECRET",
        "DICOM\\A\nB",
    ] {
        let line = list_directory(&of_one(name)).unwrap_err().to_string();
        assert!(line.contains("expected names within its folder"), "{line}");
        assert!(!line.contains('\n'), "{line}");
    }
    let deep = ["A"; 33].join("\\");
    assert!(list_directory(&of_one(&deep)).is_err());
}

#[test]
fn a_file_that_is_no_directory_is_refused() {
    for bytes in [b"hello".to_vec(), golden("../stored/rle_12u.dcm")] {
        let line = list_directory(&bytes).unwrap_err().to_string();
        assert!(
            line.starts_with("found a file that is no DICOMDIR"),
            "{line}"
        );
    }
}

#[test]
fn files_are_found_whatever_the_case_of_their_names_and_only_in_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let disc = folder.path().join("disc");
    std::fs::create_dir_all(disc.join("dicom")).unwrap();
    std::fs::write(disc.join("dicom/im0001"), "x").unwrap();
    std::fs::write(disc.join("dicom/IM0002"), "x").unwrap();
    std::fs::write(folder.path().join("secret"), "x").unwrap();
    let found = |path: &str| file(path).find(&disc);
    assert_eq!(found("DICOM/IM0001"), Some(disc.join("dicom/im0001")));
    assert_eq!(found("DICOM/IM0002"), Some(disc.join("dicom/IM0002")));
    assert_eq!(found("DICOM/IM0003"), None);
    assert_eq!(found("DICOM"), None, "a folder is no picture");
    assert_eq!(found("../secret"), None);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(folder.path(), disc.join("OUT")).unwrap();
        assert_eq!(found("OUT/secret"), None);
    }
}

proptest! {
    #[test]
    fn a_directory_with_changed_bytes_never_panics(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        for name in NAMES {
            let mut bytes = golden(&format!("{name}.dicomdir"));
            for (at, value) in &changes {
                let length = bytes.len();
                bytes[at.index(length)] = *value;
            }
            for bytes in [&bytes[..], &bytes[..cut.index(bytes.len())]] {
                if let Err(error) = list_directory(bytes) {
                    prop_assert!(!error.to_string().contains('\n'));
                }
            }
        }
    }
}
