//! Which spacing a header means (PS3.3 10.7.1.3): calibrated, at the detector, or corrected for magnification.

use radiograph::{SpacingSource, decode};

fn element(group: u16, number: u16, vr: &[u8; 2], value: &[u8]) -> Vec<u8> {
    let mut bytes = [group.to_le_bytes(), number.to_le_bytes()].concat();
    bytes.extend(vr);
    bytes.extend((value.len() as u16).to_le_bytes());
    bytes.extend(value);
    bytes
}

/// The spacing of one pixel with these attributes, in ascending order of tags.
fn spacing(attributes: &[(u16, u16, &[u8; 2], &str)]) -> (f64, SpacingSource) {
    let mut elements: Vec<(u16, u16, Vec<u8>)> = attributes
        .iter()
        .map(|&(group, number, vr, text)| {
            (group, number, element(group, number, vr, text.as_bytes()))
        })
        .collect();
    for (number, value) in [(0x10, 1_u16), (0x11, 1), (0x100, 8)] {
        elements.push((
            0x28,
            number,
            element(0x28, number, b"US", &value.to_le_bytes()),
        ));
    }
    elements.push((0x28, 4, element(0x28, 4, b"CS", b"MONOCHROME2 ")));
    elements.sort();
    let mut bytes = vec![0; 128];
    bytes.extend(b"DICM");
    bytes.extend(element(2, 0x10, b"UI", b"1.2.840.10008.1.2.1\0"));
    elements
        .iter()
        .for_each(|(.., element)| bytes.extend(element));
    bytes.extend([0xe0, 0x7f, 0x10, 0, b'O', b'B', 0, 0, 2, 0, 0, 0, 7, 0]);
    let spacing = decode(&bytes).unwrap().spacing.unwrap();
    (spacing.row_mm, spacing.source)
}

const PIXEL: (u16, u16, &[u8; 2], &str) = (0x28, 0x30, b"DS", "0.1\\0.1 ");
const IMAGER: (u16, u16, &[u8; 2], &str) = (0x18, 0x1164, b"DS", "0.1\\0.1 ");
const WIDER: (u16, u16, &[u8; 2], &str) = (0x18, 0x1164, b"DS", "0.15\\0.15 ");
const MAGNIFIED: (u16, u16, &[u8; 2], &str) = (0x18, 0x1114, b"DS", "1.25");
const CALIBRATED: (u16, u16, &[u8; 2], &str) = (0x28, 0xa02, b"CS", "FIDUCIAL");

#[test]
fn a_pixel_spacing_that_differs_from_the_detectors_counts_as_it_is() {
    assert_eq!(spacing(&[PIXEL]), (0.1, SpacingSource::PixelSpacing));
    let both = spacing(&[WIDER, MAGNIFIED, PIXEL]);
    assert_eq!(both, (0.1, SpacingSource::PixelSpacing));
}

#[test]
fn equal_spacings_are_the_detectors_unless_calibrated() {
    let equal = spacing(&[IMAGER, PIXEL]);
    assert_eq!(equal, (0.1, SpacingSource::ImagerPixelSpacing));
    let calibrated = spacing(&[IMAGER, PIXEL, CALIBRATED]);
    assert_eq!(calibrated, (0.1, SpacingSource::PixelSpacing));
}

#[test]
fn the_detectors_spacing_is_divided_by_the_magnification() {
    let corrected = (0.08, SpacingSource::ImagerPixelSpacingCorrected);
    assert_eq!(spacing(&[IMAGER, MAGNIFIED]), corrected);
    assert_eq!(spacing(&[IMAGER, MAGNIFIED, PIXEL]), corrected);
}
