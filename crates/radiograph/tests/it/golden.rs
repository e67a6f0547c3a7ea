//! Decoded files have the display values that pydicom and Pillow give; golden/README.md says what each file is.

use std::path::{Path, PathBuf};

use radiograph::{Format, read};

/// The golden files whose name starts or does not start with `raster_`, without the CSV files.
fn files(raster: bool) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/golden");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|file| {
        let name = file.file_name().unwrap().to_string_lossy();
        name.starts_with("raster_") == raster && !name.ends_with(".csv") && !name.ends_with(".md")
    });
    files.sort();
    files
}

/// Asserts that the file gives the values of the CSV within the tolerance.
fn assert_matches(file: &Path, csv: &Path, format: Format) {
    let decoded = read(file).unwrap_or_else(|error| panic!("{error}"));
    let text = std::fs::read_to_string(csv).unwrap();
    let rows: Vec<Vec<f32>> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|row| row.split(',').map(|value| value.parse().unwrap()).collect())
        .collect();
    assert_eq!(decoded.facts.format, format, "{}", file.display());
    assert_eq!(decoded.image.height, rows.len(), "{}", file.display());
    assert_eq!(decoded.image.width, rows[0].len(), "{}", file.display());

    // Two JPEG decoders may round a level apart.
    let name = file.file_name().unwrap().to_string_lossy();
    let is_jpeg = name.contains("jpeg") || name.ends_with(".jpg");
    let tolerance = if is_jpeg { 1.01 / 255.0 } else { 1e-6 };
    // The largest of differences passes over those that are no numbers.
    assert!(decoded.image.pixels.iter().all(|pixel| pixel.is_finite()));
    let pairs = decoded.image.pixels.iter().zip(rows.concat());
    let difference = pairs
        .map(|(found, expected)| (found - expected).abs())
        .fold(0.0, f32::max);
    assert!(difference <= tolerance, "{}: {difference}", file.display());
}

#[test]
fn display_values_match_pydicom() {
    let files = files(false);
    for file in &files {
        assert_matches(file, &file.with_extension("csv"), Format::Dicom);
    }
    assert_eq!(files.len(), 36);
}

#[test]
fn grey_values_match_pillow() {
    let files = files(true);
    for file in &files {
        let name = file.to_string_lossy();
        let format = match name.rsplit('.').next().unwrap() {
            "png" => Format::Png,
            "tif" => Format::Tiff,
            _ => Format::Jpeg,
        };
        assert_matches(file, Path::new(&format!("{name}.csv")), format);
    }
    assert_eq!(files.len(), 19);
}
