//! What cannot be used is refused in one line that says what was found.

use std::io::Cursor;
use std::path::Path;

use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::tags;
use image::{DynamicImage, ImageFormat, RgbImage, RgbaImage};
use radiograph::{decode, encode_dicom, encode_png16, read};

use crate::write::image;

fn refusal(bytes: &[u8]) -> String {
    decode(bytes).unwrap_err().to_string()
}

fn png(picture: impl Into<DynamicImage>) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture
        .into()
        .write_to(&mut bytes, ImageFormat::Png)
        .unwrap();
    bytes.into_inner()
}

/// A good DICOM file with one element replaced, or removed where the value is none.
fn dicom_with(tag: Tag, vr: VR, value: Option<PrimitiveValue>) -> Vec<u8> {
    let mut object = dicom_object::from_reader(encode_dicom(&image()).unwrap().as_slice()).unwrap();
    match value {
        Some(value) => {
            object.put(DataElement::new(tag, vr, value));
        }
        None => assert!(object.remove_element(tag)),
    }
    let mut bytes = Vec::new();
    object.write_all(&mut bytes).unwrap();
    bytes
}

#[test]
fn what_is_no_picture_is_described() {
    let expected = "expected a PNG, JPEG, TIFF or DICOM picture";
    assert_eq!(refusal(b""), format!("found an empty file, {expected}"));
    assert_eq!(
        refusal(b"patient,image,label\nP1,a.png,0\n"),
        format!("found a text file that starts with \"patient,image,label\\n\", {expected}")
    );
    assert_eq!(
        refusal(b"GIF89a..."),
        format!("found a GIF picture, {expected}")
    );
    assert_eq!(
        refusal(&[1, 2, 3]),
        format!("found a file that starts with the bytes 01 02 03, {expected}")
    );
}

#[test]
fn a_cut_off_png_jpeg_tiff_and_dicom_are_called_so() {
    let words: Vec<u16> = (0..10_000)
        .map(|index| (index * 7919 % 65536) as u16)
        .collect();
    let whole = encode_png16(100, 100, &words).unwrap();
    let picture = image::load_from_memory(&whole).unwrap();
    for (format, name) in [
        (ImageFormat::Png, "PNG"),
        (ImageFormat::Tiff, "TIFF"),
        (ImageFormat::Jpeg, "JPEG"),
    ] {
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::from(picture.to_luma8())
            .write_to(&mut bytes, format)
            .unwrap();
        let bytes = bytes.into_inner();
        assert!(decode(&bytes).is_ok());
        for part in [3, 2] {
            let line = refusal(&bytes[..bytes.len() * (part - 1) / part]);
            assert!(
                line.starts_with(&format!("the {name} file is cut off: ")),
                "{line}"
            );
        }
    }
    let bytes = encode_dicom(&image()).unwrap();
    assert_eq!(
        refusal(&bytes[..bytes.len() - 5]),
        "found 7 bytes of pixel data, expected 12 for 3 × 2 pixels of 16 bits"
    );
}

#[test]
fn a_header_of_20000_by_20000_pixels_is_refused_at_once() {
    let mut bytes = encode_png16(2, 2, &[0; 4]).unwrap();
    bytes[16..24].copy_from_slice(&[0, 0, 0x4e, 0x20, 0, 0, 0x4e, 0x20]);
    // Check sum of the changed header chunk.
    let check = crc32(&bytes[12..29]).to_be_bytes();
    bytes[29..33].copy_from_slice(&check);
    let expected = "found a picture of 20000 × 20000 pixels (400 megapixels), expected at most 64; \
                    scale it down first";
    assert_eq!(refusal(&bytes), expected);

    let side = PrimitiveValue::from(20000_u16);
    let mut object =
        dicom_object::from_reader(dicom_with(tags::ROWS, VR::US, Some(side.clone())).as_slice())
            .unwrap();
    object.put(DataElement::new(tags::COLUMNS, VR::US, side));
    let mut bytes = Vec::new();
    object.write_all(&mut bytes).unwrap();
    assert_eq!(refusal(&bytes), expected);
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            crc >> 1 ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

#[test]
fn a_colour_photograph_is_refused_with_its_share_of_colour() {
    let photograph = RgbImage::from_fn(10, 10, |x, _| {
        if x < 6 { [200, 40, 40] } else { [90; 3] }.into()
    });
    assert_eq!(
        refusal(&png(photograph)),
        "found a colour picture (60 % of its pixels are coloured), expected a grey radiograph"
    );
}

#[test]
fn transparent_pixels_are_refused() {
    let picture = RgbaImage::from_fn(10, 10, |x, _| {
        [90, 90, 90, if x < 1 { 254 } else { 255 }].into()
    });
    assert_eq!(
        refusal(&png(picture)),
        "found a picture with transparent pixels (10 %), expected an opaque one; export it without alpha channel"
    );
}

#[test]
fn a_tiff_of_two_pages_is_refused() {
    let page = image::GrayImage::from_pixel(3, 2, [7].into());
    let mut bytes = Cursor::new(Vec::new());
    page.write_to(&mut bytes, ImageFormat::Tiff).unwrap();
    let mut bytes = bytes.into_inner();
    let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let directory = number(4);
    let entries = usize::from(u16::from_le_bytes([bytes[directory], bytes[directory + 1]]));
    let end = directory + 2 + 12 * entries;
    assert_eq!(number(end), 0);
    // A copy of the directory as the second page.
    let second = u32::try_from(bytes.len().next_multiple_of(2)).unwrap();
    let copy = bytes[directory..end + 4].to_vec();
    bytes.resize(second as usize, 0);
    bytes.extend(copy);
    bytes[end..end + 4].copy_from_slice(&second.to_le_bytes());
    assert_eq!(
        refusal(&bytes),
        "found 2 pages, expected one; export the page to use as a file of its own"
    );
}

#[test]
fn dicom_headers_that_cannot_be_are_named_with_tag_and_value() {
    let number = |value: u16| Some(PrimitiveValue::from(value));
    let text = |value: &str| Some(PrimitiveValue::from(value));
    let cases = [
        (
            tags::NUMBER_OF_FRAMES,
            VR::IS,
            text("12"),
            "found 12 frames, expected one; export the frame to use as a file of its own",
        ),
        (
            tags::ROWS,
            VR::US,
            None,
            "found no Rows (0028,0010), expected it in every picture",
        ),
        (
            tags::ROWS,
            VR::US,
            number(0),
            "found a picture of 3 × 0 pixels, expected at least 1 × 1",
        ),
        (
            tags::ROWS,
            VR::US,
            number(3),
            "found 12 bytes of pixel data, expected 18 for 3 × 3 pixels of 16 bits",
        ),
        (
            tags::BITS_ALLOCATED,
            VR::US,
            number(24),
            "Bits Allocated (0028,0100) is 24, expected 1, 8, 16 or 32",
        ),
        (
            tags::BITS_STORED,
            VR::US,
            number(0),
            "Bits Stored (0028,0101) is 0, expected 1 to 16",
        ),
        (
            tags::HIGH_BIT,
            VR::US,
            number(3),
            "High Bit (0028,0102) is 3, expected 11 to 15",
        ),
        (
            tags::SAMPLES_PER_PIXEL,
            VR::US,
            number(2),
            "Samples per Pixel (0028,0002) is 2, expected 1 or 3",
        ),
        (
            tags::WINDOW_WIDTH,
            VR::DS,
            text("0"),
            "Window Width (0028,1051) is 0.0, expected at least 1",
        ),
        (
            tags::WINDOW_CENTER,
            VR::DS,
            text("x"),
            "Window Center (0028,1050) is \"x\", expected a number",
        ),
        (
            tags::VOILUT_FUNCTION,
            VR::CS,
            text("CUBIC"),
            "VOI LUT Function (0028,1056) is \"CUBIC\", expected LINEAR, LINEAR_EXACT or SIGMOID",
        ),
        (
            tags::RESCALE_SLOPE,
            VR::DS,
            text("0"),
            "Rescale Slope (0028,1053) is 0, expected a number other than 0",
        ),
        (
            tags::RESCALE_SLOPE,
            VR::DS,
            text("1e308"),
            "Rescale Slope (0028,1053) is 1e308, expected one that gives a finite range of values",
        ),
        (
            tags::PHOTOMETRIC_INTERPRETATION,
            VR::CS,
            text("CMYK"),
            "found photometric interpretation \"CMYK\" with 1 samples of 16 bits a pixel, \
             expected grey or RGB samples of 8 or 16 bits",
        ),
        (
            tags::PIXEL_DATA,
            VR::OW,
            None,
            "found no Pixel Data (7FE0,0010), expected it in every picture",
        ),
    ];
    for (tag, vr, value, message) in cases {
        assert_eq!(refusal(&dicom_with(tag, vr, value)), message);
    }
}

#[test]
fn read_names_the_file_and_decides_by_content() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let line = |path: &Path| read(path).unwrap_err().to_string();

    let text = write("P017.dcm", b"not a picture");
    assert_eq!(
        line(&text),
        format!(
            "{}: found a text file that starts with \"not a picture\", expected a PNG, JPEG, TIFF or DICOM picture",
            text.display()
        )
    );
    let absent = folder.path().join("absent.png");
    assert_eq!(
        line(&absent),
        format!("{}: found no file of this name", absent.display())
    );
    assert_eq!(
        line(folder.path()),
        format!(
            "{}: found a folder, expected one PNG, JPEG, TIFF or DICOM file",
            folder.path().display()
        )
    );
    let misnamed = write("P018.png", &encode_dicom(&image()).unwrap());
    assert_eq!(
        read(&misnamed).unwrap().facts.format,
        radiograph::Format::Dicom
    );
}
