//! Real files outside the repository: CORDSIGHT_SHARED_DATA, or ../shared/data next to the workspace.

use std::path::{Path, PathBuf};

use radiograph::{SpacingSource, read};

/// A folder of the shared data; none, and a line that says so, where it is absent.
fn folder(name: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let root = std::env::var_os("CORDSIGHT_SHARED_DATA").map_or(beside, PathBuf::from);
    let folder = root.join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: {} is absent", folder.display());
    None
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|file| file.is_file());
    files.sort();
    files
}

#[test]
fn every_dicom_file_decodes_or_gives_one_line_that_names_it() {
    let Some(folder) = folder("dicom") else {
        return;
    };
    let (mut decoded, mut refused) = (0, 0);
    for file in files(&folder) {
        match read(&file) {
            Ok(radiograph) => {
                decoded += 1;
                let image = radiograph.image;
                assert_eq!(image.pixels.len(), image.width * image.height);
                assert!(
                    image.pixels.iter().all(|pixel| (0.0..=1.0).contains(pixel)),
                    "{}",
                    file.display()
                );
            }
            Err(error) => {
                refused += 1;
                let line = error.to_string();
                assert!(line.starts_with(&file.display().to_string()), "{line}");
                assert!(!line.contains('\n') && !line.ends_with('.'), "{line}");
            }
        }
    }
    assert!(
        decoded >= 19 && refused >= 5,
        "{decoded} decoded, {refused} refused"
    );
}

#[test]
fn real_refusals_say_what_was_found() {
    let Some(folder) = folder("dicom") else {
        return;
    };
    for (file, part) in [
        (
            "pydicom__MR_truncated.dcm",
            "found 8130 bytes of pixel data, expected 8192",
        ),
        (
            "pydicom__badVR.dcm",
            "Number of Frames (0028,0008) is \"1A\", expected a whole number",
        ),
        (
            "pydicom-data__parametric_map_float.dcm",
            "found floating-point pixel data",
        ),
        (
            "pydicom__ExplVR_BigEnd.dcm",
            "found a colour picture (92 % of its pixels are coloured)",
        ),
        (
            "index.csv",
            "found a text file that starts with \"file,size,modality,b\"",
        ),
    ] {
        let line = read(&folder.join(file)).unwrap_err().to_string();
        assert!(line.contains(part), "{line}");
    }
}

#[test]
fn lateral_cervical_radiograph_has_its_imager_spacing() {
    let Some(folder) = folder("dicom") else {
        return;
    };
    let radiograph = read(&folder.join("pydicom__6154.dcm")).unwrap();
    assert_eq!((radiograph.image.width, radiograph.image.height), (16, 16));
    let spacing = radiograph.spacing.unwrap();
    assert_eq!((spacing.row_mm, spacing.column_mm), (0.1, 0.1));
    assert_eq!(spacing.source, SpacingSource::ImagerPixelSpacing);
    assert_eq!(radiograph.facts.view_position.as_deref(), Some("LL"));
    assert_eq!(radiograph.facts.body_part.as_deref(), Some("CSPINE"));
    assert_eq!(radiograph.facts.photometric.as_deref(), Some("MONOCHROME1"));
}

/// The two files hold the same compressed pixels, so that one is displayed as the negative of the other.
#[test]
fn monochrome1_is_the_negative_of_monochrome2_with_the_same_stored_pixels() {
    let Some(folder) = folder("dicom") else {
        return;
    };
    let first = read(&folder.join("torchxrayvision__Fake_MONOHR1.dcm")).unwrap();
    let uid = "1.2.276.0.7230010.3.1.4.8323329.6904.1517875201.850819";
    let second = read(&folder.join(format!("torchxrayvision__{uid}.dcm"))).unwrap();
    assert_eq!(first.facts.photometric.as_deref(), Some("MONOCHROME1"));
    assert_eq!(second.facts.photometric.as_deref(), Some("MONOCHROME2"));
    assert_eq!(first.image.pixels.len(), 1024 * 1024);
    for (one, two) in first.image.pixels.iter().zip(&second.image.pixels) {
        assert!((one + two - 1.0).abs() < 1e-6, "{one} and {two}");
    }
}

#[test]
fn run_lengths_big_endian_and_padding_give_the_same_picture() {
    let Some(folder) = folder("dicom") else {
        return;
    };
    let picture = |name: &str| {
        read(&folder.join(format!("pydicom__MR_small_{name}.dcm")))
            .unwrap()
            .image
    };
    assert_eq!(picture("RLE"), picture("bigendian"));
    assert_eq!(picture("RLE"), picture("padded"));
}

#[test]
fn chest_radiographs_decode_as_grey() {
    let Some(folder) = folder("hannover_icu/images") else {
        return;
    };
    let files = files(&folder);
    for file in &files {
        let radiograph = read(file).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(radiograph.spacing, None);
        assert_eq!(radiograph.image.width, 640, "{}", file.display());
    }
    assert_eq!(files.len(), 108);
}
