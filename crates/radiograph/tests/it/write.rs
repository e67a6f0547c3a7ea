//! Written files: the same input gives the same bytes, another DICOM library reads them, bad input is refused.

use dicom_dictionary_std::tags;
use radiograph::{DicomImage, Facing, View, encode_dicom};

pub const PIXELS: [u16; 6] = [0, 1, 300, 4000, 4094, 4095];

pub fn image() -> DicomImage<'static> {
    DicomImage {
        width: 3,
        height: 2,
        pixels: &PIXELS,
        bits_stored: 12,
        spacing_mm: (0.15, 0.2),
        window: Some((2047.5, 4095.0)),
        patient_id: "P017",
        view: View::LeftLateral,
        facing: Facing::Left,
        manufacturer: "cordsight phantom",
        uid_seed: "seed 1, P017",
    }
}

#[test]
fn same_image_gives_same_bytes_and_another_seed_other_identifiers() {
    let first = encode_dicom(&image()).unwrap();
    assert_eq!(first, encode_dicom(&image()).unwrap());
    let other = encode_dicom(&DicomImage {
        uid_seed: "seed 2, P017",
        ..image()
    })
    .unwrap();
    assert_ne!(first, other);
    assert_eq!(first[..128], [0; 128]);
}

#[test]
fn dicom_rs_reads_back_pixels_and_facts() {
    let bytes = encode_dicom(&image()).unwrap();
    let object = dicom_object::from_reader(bytes.as_slice()).unwrap();
    let text = |tag| object.element(tag).unwrap().to_str().unwrap().to_string();
    assert_eq!(
        object
            .element(tags::PIXEL_DATA)
            .unwrap()
            .to_multi_int::<u16>()
            .unwrap(),
        PIXELS
    );
    assert_eq!(text(tags::PATIENT_ID), "P017");
    assert_eq!(text(tags::IMAGER_PIXEL_SPACING), "0.15\\0.2");
    assert_eq!(text(tags::VIEW_POSITION), "LL");
    let uid = text(tags::SOP_INSTANCE_UID);
    assert!(uid.starts_with("2.25.") && uid.len() <= 64, "{uid}");
}

#[test]
fn a_pixel_above_the_bits_stored_is_refused() {
    let error = encode_dicom(&DicomImage {
        bits_stored: 11,
        ..image()
    })
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "pixel 3 is 4000, expected at most 2047 with 11 bits stored"
    );
}

#[test]
fn what_a_header_cannot_hold_is_refused() {
    for (bad, message) in [
        (
            DicomImage {
                width: 4,
                ..image()
            },
            "found 6 pixels, expected 4 × 2 = 8",
        ),
        (
            DicomImage {
                width: 0,
                ..image()
            },
            "found a picture of 0 × 2 pixels, expected 1 to 65535 on each side",
        ),
        (
            DicomImage {
                bits_stored: 17,
                ..image()
            },
            "found 17 bits stored, expected 6 to 16",
        ),
        (
            DicomImage {
                spacing_mm: (0.0, 0.1),
                ..image()
            },
            "Imager Pixel Spacing is 0, expected 1e-6 to 1e6 mm",
        ),
        (
            DicomImage {
                window: Some((1.0, f64::NAN)),
                ..image()
            },
            "Window Width is NaN, expected 1 to 1e9",
        ),
        (
            DicomImage {
                patient_id: "a\\b",
                ..image()
            },
            "Patient ID is \"a\\\\b\", expected 1 to 64 printable ASCII characters without a backslash",
        ),
    ] {
        assert_eq!(encode_dicom(&bad).unwrap_err().to_string(), message);
    }
}
