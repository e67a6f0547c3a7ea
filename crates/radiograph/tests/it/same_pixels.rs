//! The same pixels give the same values, whichever container held them.

use std::io::Cursor;

use image::{GrayImage, ImageBuffer, ImageFormat, Luma};
use proptest::prelude::*;
use radiograph::{DicomImage, SpacingSource, decode, encode_dicom, encode_png16};

use crate::write::image;

fn as_file(picture: &image::DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

#[test]
fn eight_bits_are_equal_in_png_tiff_and_dicom() {
    let values: Vec<u8> = (0..=255).collect();
    let words: Vec<u16> = values.iter().map(|&value| value.into()).collect();
    let picture = GrayImage::from_raw(32, 8, values.clone()).unwrap().into();
    let (width, height, window) = (32, 8, None);
    let dicom = DicomImage {
        width,
        height,
        pixels: &words,
        bits_stored: 8,
        window,
        ..image()
    };
    let expected: Vec<f32> = values
        .iter()
        .map(|&value| (f64::from(value) / 255.0) as f32)
        .collect();
    for bytes in [
        as_file(&picture, ImageFormat::Png),
        as_file(&picture, ImageFormat::Tiff),
        encode_dicom(&dicom).unwrap(),
    ] {
        let decoded = decode(&bytes).unwrap();
        assert_eq!(decoded.facts.bits_stored, 8);
        assert_eq!(decoded.image.pixels, expected, "{}", decoded.facts.format);
    }
}

#[test]
fn sixteen_bits_are_equal_in_png_tiff_and_dicom() {
    let words: Vec<u16> = (0..=65535).collect();
    let buffer: ImageBuffer<Luma<u16>, _> = ImageBuffer::from_raw(256, 256, words.clone()).unwrap();
    let (width, height, window) = (256, 256, None);
    let dicom = DicomImage {
        width,
        height,
        pixels: &words,
        bits_stored: 16,
        window,
        ..image()
    };
    let expected: Vec<f32> = words
        .iter()
        .map(|&word| (f64::from(word) / 65535.0) as f32)
        .collect();
    for bytes in [
        encode_png16(width, height, &words).unwrap(),
        as_file(&buffer.into(), ImageFormat::Tiff),
        encode_dicom(&dicom).unwrap(),
    ] {
        let decoded = decode(&bytes).unwrap();
        assert_eq!(decoded.facts.bits_stored, 16);
        assert_eq!(decoded.image.pixels, expected, "{}", decoded.facts.format);
    }
}

#[test]
fn spacing_and_facts_survive_the_round_trip() {
    let decoded = decode(&encode_dicom(&image()).unwrap()).unwrap();
    let spacing = decoded.spacing.unwrap();
    assert_eq!((spacing.row_mm, spacing.column_mm), (0.15, 0.2));
    assert_eq!(spacing.source, SpacingSource::ImagerPixelSpacing);
    assert_eq!(decoded.facts.modality.as_deref(), Some("DX"));
    assert_eq!(decoded.facts.body_part.as_deref(), Some("CSPINE"));
    assert_eq!(decoded.facts.view_position.as_deref(), Some("LL"));
    assert_eq!(
        decoded.facts.manufacturer.as_deref(),
        Some("cordsight phantom")
    );
    assert_eq!(
        decoded.facts.transfer_syntax_uid.as_deref(),
        Some("1.2.840.10008.1.2.1")
    );
    assert!(!format!("{:?}", decoded.facts).contains("P017"));
}

#[test]
fn the_window_is_applied() {
    let dicom = DicomImage {
        window: Some((301.0, 2.0)),
        ..image()
    };
    let decoded = decode(&encode_dicom(&dicom).unwrap()).unwrap();
    // LINEAR of width 2 around 301 goes from 0 at 300 to 1 at 301.
    assert_eq!(decoded.image.pixels, [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]);
}

proptest! {
    #[test]
    fn written_pixels_are_read_back(
        (bits, width, height, pixels) in (6_u16..=16, 1_usize..9, 1_usize..9).prop_flat_map(|(bits, width, height)| {
            let pixel = 0..=(u16::MAX >> (16 - bits));
            (Just(bits), Just(width), Just(height), proptest::collection::vec(pixel, width * height))
        })
    ) {
        let dicom = DicomImage { width, height, pixels: &pixels, bits_stored: bits, window: None, ..image() };
        let decoded = decode(&encode_dicom(&dicom).unwrap()).unwrap();
        prop_assert_eq!((decoded.image.width, decoded.image.height), (width, height));
        let maximum = f64::from(u16::MAX >> (16 - bits));
        let back: Vec<u16> =
            decoded.image.pixels.iter().map(|&pixel| (f64::from(pixel) * maximum).round() as u16).collect();
        prop_assert_eq!(back, pixels);
    }
}
