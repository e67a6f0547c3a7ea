//! Pictures to files: a Digital X-Ray (DX) DICOM image, or a 16-bit grey PNG.
//!
//! In: raw pixels and the few facts that a reader needs. Out: the bytes of the file. The same input gives the
//! same bytes: no clock, no random number; the unique identifiers are hashes of a text that the caller gives.
//! With a window the image is DX "for presentation", without one it is "for processing", because a presentation
//! image without a VOI transform would break the standard.
//!
//! Source: DICOM PS3.3 A.26 (DX image), PS3.5 B.2 (identifiers under 2.25). Checked against: pydicom, dciodvfy.

use std::io::Write;

use dicom_core::{DataElement, PrimitiveValue, Tag, VR, value::DataSetSequence};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageBuffer, ImageFormat, Luma};
use sha2::{Digest, Sha256};

use crate::deidentify::uid_of_hash;
use crate::error::WriteError;

/// Side of the patient next to the detector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Left side at the detector, view position `LL`.
    LeftLateral,
    /// Right side at the detector, view position `RL`.
    RightLateral,
}

/// Side of the picture that the patient looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Facing {
    /// The spinous processes point to the right.
    Left,
    /// The spinous processes point to the left.
    Right,
}

/// A lateral cervical radiograph to be written by [`encode_dicom`].
#[derive(Debug, Clone)]
pub struct DicomImage<'a> {
    /// Columns, 1 to 65535.
    pub width: usize,
    /// Rows, 1 to 65535.
    pub height: usize,
    /// Row-major `[row, column]`, 0 is black; none above `2^bits_stored - 1`.
    pub pixels: &'a [u16],
    /// 6 to 16; up to 8 the file holds one byte a pixel.
    pub bits_stored: u16,
    /// Distance of neighbouring pixels at the detector, row then column, as Imager Pixel Spacing.
    pub spacing_mm: (f64, f64),
    /// Centre and width, with the function LINEAR; none shows the whole range of the bits stored.
    pub window: Option<(f64, f64)>,
    /// Patient ID, 1 to 64 printable ASCII characters.
    pub patient_id: &'a str,
    /// Side next to the detector.
    pub view: View,
    /// Side of the picture that the patient looks at.
    pub facing: Facing,
    /// Manufacturer: who made the picture, 1 to 64 printable ASCII characters.
    pub manufacturer: &'a str,
    /// Any text that is different for different pictures; study, series and image identifiers are hashes of it.
    pub uid_seed: &'a str,
}

/// A valid DX DICOM file: explicit little endian, MONOCHROME2, zero preamble.
///
/// # Errors
/// Sizes, numbers and texts that the header cannot hold, and pixels above the bits stored.
pub fn encode_dicom(image: &DicomImage) -> Result<Vec<u8>, WriteError> {
    let mut bytes = Vec::with_capacity(2 * image.pixels.len() + 4096);
    write_dicom(image, &mut bytes)?;
    Ok(bytes)
}

/// The same file, written piece by piece.
///
/// # Errors
/// As [`encode_dicom`], and what `out` refuses.
pub fn write_dicom(image: &DicomImage, out: &mut impl Write) -> Result<(), WriteError> {
    check(image)?;
    let (class, intent) = if image.window.is_some() {
        (
            uids::DIGITAL_X_RAY_IMAGE_STORAGE_FOR_PRESENTATION,
            "FOR PRESENTATION",
        )
    } else {
        (
            uids::DIGITAL_X_RAY_IMAGE_STORAGE_FOR_PROCESSING,
            "FOR PROCESSING",
        )
    };
    let instance = uid("instance", image.uid_seed);

    let mut object = InMemDicomObject::new_empty();
    put_identity(&mut object, image, class, &instance);
    put_acquisition(&mut object, image, intent);
    describe_pixels(&mut object, image)?;

    let meta = FileMetaTableBuilder::new()
        .media_storage_sop_class_uid(class)
        .media_storage_sop_instance_uid(instance)
        .transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN)
        .implementation_class_uid(uid("implementation", "radiograph"))
        .implementation_version_name("CORDSIGHT");
    let file = object
        .with_meta(meta)
        .map_err(|error| WriteError::Dicom(error.to_string()))?;
    let mut header = Vec::new();
    file.write_all(&mut header)
        .map_err(|error| WriteError::Dicom(error.to_string()))?;
    out.write_all(&header)?;
    write_pixels(image, out)
}

/// The last element, Pixel Data, straight from the pixels: as a value of the object they would be copied three times.
fn write_pixels(image: &DicomImage, out: &mut impl Write) -> Result<(), WriteError> {
    const PIECE: usize = 1 << 15;
    let wide = image.bits_stored > 8;
    let length = image.pixels.len() * if wide { 2 } else { 1 };
    let declared = length.next_multiple_of(2);
    let declared = u32::try_from(declared).map_err(|_| WriteError::Size {
        width: image.width,
        height: image.height,
    })?;
    out.write_all(&tags::PIXEL_DATA.group().to_le_bytes())?;
    out.write_all(&tags::PIXEL_DATA.element().to_le_bytes())?;
    out.write_all(if wide { b"OW\0\0" } else { b"OB\0\0" })?;
    out.write_all(&declared.to_le_bytes())?;
    let mut bytes = vec![0u8; 2 * PIECE];
    for pixels in image.pixels.chunks(PIECE) {
        let bytes = if wide {
            for (place, pixel) in bytes.chunks_exact_mut(2).zip(pixels) {
                place.copy_from_slice(&pixel.to_le_bytes());
            }
            &bytes[..2 * pixels.len()]
        } else {
            for (place, pixel) in bytes.iter_mut().zip(pixels) {
                *place = *pixel as u8;
            }
            &bytes[..pixels.len()]
        };
        out.write_all(bytes)?;
    }
    out.write_all(&[0][..length % 2])?;
    Ok(())
}

/// A 16-bit grey PNG of row-major pixels, 0 black, 65535 white.
///
/// # Errors
/// A zero side, or a pixel count that is not width times height.
pub fn encode_png16(width: usize, height: usize, pixels: &[u16]) -> Result<Vec<u8>, WriteError> {
    check_size(width, height, pixels.len())?;
    let buffer: ImageBuffer<Luma<u16>, _> =
        ImageBuffer::from_raw(width as u32, height as u32, pixels)
            .ok_or(WriteError::Size { width, height })?;
    let mut bytes = std::io::Cursor::new(Vec::new());
    buffer
        .write_to(&mut bytes, ImageFormat::Png)
        .map_err(|error| WriteError::Png(error.to_string()))?;
    Ok(bytes.into_inner())
}

/// A colour JPEG of row-major pixels, red, green and blue of each; `quality` is 1 to 100.
///
/// # Errors
/// A zero side, or a pixel count that is not width times height.
pub fn encode_jpeg_colour(
    width: usize,
    height: usize,
    pixels: &[u8],
    quality: u8,
) -> Result<Vec<u8>, WriteError> {
    check_size(width, height, pixels.len() / 3)?;
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality.clamp(1, 100))
        .encode(pixels, width as u32, height as u32, ExtendedColorType::Rgb8)
        .map_err(|error| WriteError::Jpeg(error.to_string()))?;
    Ok(bytes)
}

fn check(image: &DicomImage) -> Result<(), WriteError> {
    check_size(image.width, image.height, image.pixels.len())?;
    let bits = image.bits_stored;
    if !(6..=16).contains(&bits) {
        return Err(WriteError::Bits { found: bits });
    }
    let maximum = u16::MAX >> (16 - bits);
    if let Some((index, &value)) = image
        .pixels
        .iter()
        .enumerate()
        .find(|&(_, &value)| value > maximum)
    {
        return Err(WriteError::PixelValue {
            index,
            value,
            maximum,
            bits,
        });
    }
    for value in [image.spacing_mm.0, image.spacing_mm.1] {
        number_in("Imager Pixel Spacing", value, 1e-6..1e6, "1e-6 to 1e6 mm")?;
    }
    if let Some((center, width)) = image.window {
        number_in("Window Center", center, -1e9..1e9, "-1e9 to 1e9")?;
        number_in("Window Width", width, 1.0..1e9, "1 to 1e9")?;
    }
    for (attribute, value) in [
        ("Patient ID", image.patient_id),
        ("Manufacturer", image.manufacturer),
    ] {
        let printable = value
            .bytes()
            .all(|byte| matches!(byte, b' '..=b'~') && byte != b'\\');
        if value.is_empty() || value.len() > 64 || !printable {
            return Err(WriteError::Text {
                attribute,
                value: value.into(),
            });
        }
    }
    Ok(())
}

fn number_in(
    attribute: &'static str,
    value: f64,
    range: std::ops::Range<f64>,
    expected: &'static str,
) -> Result<(), WriteError> {
    if range.contains(&value) {
        Ok(())
    } else {
        Err(WriteError::Number {
            attribute,
            value,
            expected,
        })
    }
}

fn check_size(width: usize, height: usize, found: usize) -> Result<(), WriteError> {
    let side = 1..=usize::from(u16::MAX);
    if !side.contains(&width) || !side.contains(&height) {
        return Err(WriteError::Size { width, height });
    }
    let expected = width * height;
    if found != expected {
        return Err(WriteError::PixelCount {
            found,
            width,
            height,
            expected,
        });
    }
    Ok(())
}

fn put_identity(object: &mut InMemDicomObject, image: &DicomImage, class: &str, instance: &str) {
    text(object, tags::SOP_CLASS_UID, VR::UI, class);
    text(object, tags::SOP_INSTANCE_UID, VR::UI, instance);
    text(
        object,
        tags::STUDY_INSTANCE_UID,
        VR::UI,
        &uid("study", image.uid_seed),
    );
    text(
        object,
        tags::SERIES_INSTANCE_UID,
        VR::UI,
        &uid("series", image.uid_seed),
    );
    text(object, tags::PATIENT_ID, VR::LO, image.patient_id);
    text(object, tags::STUDY_ID, VR::SH, "1");
    text(object, tags::SERIES_NUMBER, VR::IS, "1");
    text(object, tags::INSTANCE_NUMBER, VR::IS, "1");
    // The standard wants these present even where nothing is known.
    for (tag, vr) in [
        (tags::PATIENT_NAME, VR::PN),
        (tags::PATIENT_BIRTH_DATE, VR::DA),
        (tags::PATIENT_SEX, VR::CS),
        (tags::STUDY_DATE, VR::DA),
        (tags::STUDY_TIME, VR::TM),
        (tags::CONTENT_DATE, VR::DA),
        (tags::CONTENT_TIME, VR::TM),
        (tags::ACCESSION_NUMBER, VR::SH),
        (tags::REFERRING_PHYSICIAN_NAME, VR::PN),
    ] {
        object.put(DataElement::new(tag, vr, PrimitiveValue::Empty));
    }
}

fn put_acquisition(object: &mut InMemDicomObject, image: &DicomImage, intent: &str) {
    let (view_position, view_code) = match image.view {
        View::LeftLateral => ("LL", code("399173006", "SCT", "left lateral")),
        View::RightLateral => ("RL", code("399198007", "SCT", "right lateral")),
    };
    let orientation = match image.facing {
        Facing::Left => "P\\F",
        Facing::Right => "A\\F",
    };
    text(object, tags::MODALITY, VR::CS, "DX");
    text(object, tags::MANUFACTURER, VR::LO, image.manufacturer);
    text(object, tags::PRESENTATION_INTENT_TYPE, VR::CS, intent);
    text(object, tags::IMAGE_TYPE, VR::CS, "ORIGINAL\\PRIMARY");
    text(object, tags::BODY_PART_EXAMINED, VR::CS, "CSPINE");
    text(object, tags::VIEW_POSITION, VR::CS, view_position);
    text(object, tags::PATIENT_ORIENTATION, VR::CS, orientation);
    text(object, tags::IMAGE_LATERALITY, VR::CS, "U");
    text(object, tags::DETECTOR_TYPE, VR::CS, "");
    text(object, tags::POSITIONER_TYPE, VR::CS, "");
    let spacing = format!(
        "{}\\{}",
        decimal(image.spacing_mm.0),
        decimal(image.spacing_mm.1)
    );
    text(object, tags::IMAGER_PIXEL_SPACING, VR::DS, &spacing);
    sequence(
        object,
        tags::ANATOMIC_REGION_SEQUENCE,
        vec![code("122494005", "SCT", "Cervical spine")],
    );
    sequence(object, tags::VIEW_CODE_SEQUENCE, vec![view_code]);
    sequence(object, tags::ACQUISITION_CONTEXT_SEQUENCE, vec![]);
    if let Some((center, width)) = image.window {
        text(object, tags::WINDOW_CENTER, VR::DS, &decimal(center));
        text(object, tags::WINDOW_WIDTH, VR::DS, &decimal(width));
    }
}

fn describe_pixels(object: &mut InMemDicomObject, image: &DicomImage) -> Result<(), WriteError> {
    let side = |value: usize| {
        u16::try_from(value).map_err(|_| WriteError::Size {
            width: image.width,
            height: image.height,
        })
    };
    let allocated = if image.bits_stored <= 8 { 8 } else { 16 };
    number(object, tags::ROWS, side(image.height)?);
    number(object, tags::COLUMNS, side(image.width)?);
    number(object, tags::SAMPLES_PER_PIXEL, 1);
    number(object, tags::BITS_ALLOCATED, allocated);
    number(object, tags::BITS_STORED, image.bits_stored);
    number(object, tags::HIGH_BIT, image.bits_stored - 1);
    number(object, tags::PIXEL_REPRESENTATION, 0);
    text(
        object,
        tags::PHOTOMETRIC_INTERPRETATION,
        VR::CS,
        "MONOCHROME2",
    );
    text(object, tags::PRESENTATION_LUT_SHAPE, VR::CS, "IDENTITY");
    text(object, tags::PIXEL_INTENSITY_RELATIONSHIP, VR::CS, "LOG");
    object.put(DataElement::new(
        tags::PIXEL_INTENSITY_RELATIONSHIP_SIGN,
        VR::SS,
        PrimitiveValue::from(-1_i16),
    ));
    text(object, tags::RESCALE_INTERCEPT, VR::DS, "0");
    text(object, tags::RESCALE_SLOPE, VR::DS, "1");
    text(object, tags::RESCALE_TYPE, VR::LO, "US");
    text(object, tags::LOSSY_IMAGE_COMPRESSION, VR::CS, "00");
    text(object, tags::BURNED_IN_ANNOTATION, VR::CS, "NO");
    Ok(())
}

fn text(object: &mut InMemDicomObject, tag: Tag, vr: VR, value: &str) {
    object.put(DataElement::new(tag, vr, PrimitiveValue::from(value)));
}

fn number(object: &mut InMemDicomObject, tag: Tag, value: u16) {
    object.put(DataElement::new(tag, VR::US, PrimitiveValue::from(value)));
}

fn sequence(object: &mut InMemDicomObject, tag: Tag, items: Vec<InMemDicomObject>) {
    object.put(DataElement::new(tag, VR::SQ, DataSetSequence::from(items)));
}

fn code(value: &str, scheme: &str, meaning: &str) -> InMemDicomObject {
    let mut item = InMemDicomObject::new_empty();
    text(&mut item, tags::CODE_VALUE, VR::SH, value);
    text(&mut item, tags::CODING_SCHEME_DESIGNATOR, VR::SH, scheme);
    text(&mut item, tags::CODE_MEANING, VR::LO, meaning);
    item
}

/// A decimal string of at most 16 characters, the limit of DICOM, with as many digits as fit.
fn decimal(value: f64) -> String {
    let shortest = value.to_string();
    if shortest.len() <= 16 {
        return shortest;
    }
    (0..=14)
        .rev()
        .map(|digits| format!("{value:.digits$}"))
        .find(|text| text.len() <= 16)
        .unwrap_or(shortest)
}

/// An identifier under 2.25 from a text.
pub(crate) fn uid(role: &str, seed: &str) -> String {
    let hash = Sha256::digest(format!("radiograph {role} {seed}"));
    uid_of_hash(&hash.into())
}
