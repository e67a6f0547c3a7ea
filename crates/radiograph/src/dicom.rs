//! A DICOM file to a radiograph.
//!
//! In: the bytes, and where the file meta group starts. Out: the picture as displayed, its spacing, its facts.
//! Transfer syntaxes: implicit and explicit little endian, explicit big endian, deflated, RLE, JPEG baseline;
//! the others are refused by name. Exactly one frame: several would be a silent choice.
//!
//! Source: DICOM PS3.10 section 7 (file format), PS3.3 C.7.6.3.1.2 (photometric interpretations).
//! Checked against: pydicom (tools/golden/pydicom_grey.py).

use std::borrow::Cow;
use std::io::Read;

use dicom_dictionary_std::{tags, uids};

use crate::dataset::{Dataset, EXPLICIT_LITTLE, Encoding, looks_explicit};
use crate::decode::{Facts, Format, MAX_FILE_BYTES, Radiograph, check_size};
use crate::display::display_table;
use crate::error::DecodeError;
use crate::frame::{Compression, Frame, read_frame};
use crate::grey::GreyImage;
use crate::header::{Layout, frames, layout, short_text};
use crate::lut::Lut;
use crate::spacing::spacing;

/// Decodes the file whose file meta group, or data set where it has none, starts at `start`.
pub(crate) fn decode_dicom(bytes: &[u8], start: usize) -> Result<Radiograph, DecodeError> {
    let (meta, meta_length) = Dataset::parse_meta(&bytes[start..])?;
    let body = &bytes[start + meta_length..];
    let syntax = meta.text(tags::TRANSFER_SYNTAX_UID);
    let (encoding, compression) = transfer_syntax(syntax.as_deref(), body)?;
    let body = if syntax.as_deref() == Some(uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN) {
        Cow::Owned(inflate(body)?)
    } else {
        Cow::Borrowed(body)
    };
    let data = Dataset::parse(&body, encoding)?;

    if data.get(tags::PIXEL_DATA).is_none() {
        let float = [tags::FLOAT_PIXEL_DATA, tags::DOUBLE_FLOAT_PIXEL_DATA];
        return Err(if float.iter().any(|&tag| data.get(tag).is_some()) {
            DecodeError::Samples {
                found: "floating-point pixel data".into(),
            }
        } else {
            DecodeError::Missing {
                attribute: "Pixel Data",
                tag: tags::PIXEL_DATA,
            }
        });
    }
    let frames = frames(&data)?;
    if frames > 1 {
        return Err(DecodeError::Frames { found: frames });
    }
    let layout = layout(&data)?;
    check_size(layout.width, layout.height)?;
    let frame = read_frame(&data, &layout, compression)?;
    Ok(Radiograph {
        image: picture(&data, &layout, &frame)?,
        spacing: spacing(&data),
        facts: Facts {
            photometric: short_text(&data, tags::PHOTOMETRIC_INTERPRETATION),
            modality: short_text(&data, tags::MODALITY),
            view_position: short_text(&data, tags::VIEW_POSITION),
            body_part: short_text(&data, tags::BODY_PART_EXAMINED),
            transfer_syntax_uid: short_text(&meta, tags::TRANSFER_SYNTAX_UID),
            manufacturer: short_text(&data, tags::MANUFACTURER),
            ..Facts::plain(Format::Dicom, layout.bits_stored)
        },
    })
}

fn transfer_syntax(uid: Option<&str>, body: &[u8]) -> Result<(Encoding, Compression), DecodeError> {
    let implicit = Encoding {
        explicit: false,
        big_endian: false,
    };
    let big_endian = Encoding {
        explicit: true,
        big_endian: true,
    };
    #[allow(deprecated, reason = "old archives hold big endian files")]
    let known = match uid {
        Some(uids::IMPLICIT_VR_LITTLE_ENDIAN) => (implicit, Compression::None),
        Some(uids::EXPLICIT_VR_LITTLE_ENDIAN | uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN) => {
            (EXPLICIT_LITTLE, Compression::None)
        }
        Some(uids::EXPLICIT_VR_BIG_ENDIAN) => (big_endian, Compression::None),
        Some(uids::RLE_LOSSLESS) => (EXPLICIT_LITTLE, Compression::RunLength),
        Some(uids::JPEG_BASELINE8_BIT) => (EXPLICIT_LITTLE, Compression::JpegBaseline),
        None if looks_explicit(body) => (EXPLICIT_LITTLE, Compression::None),
        None => (implicit, Compression::None),
        Some(uid) => {
            let uid: String = uid
                .chars()
                .filter(|letter| letter.is_ascii_graphic())
                .take(64)
                .collect();
            return Err(DecodeError::TransferSyntax {
                name: syntax_name(&uid),
                uid,
            });
        }
    };
    Ok(known)
}

fn syntax_name(uid: &str) -> &'static str {
    match uid {
        uids::JPEG_EXTENDED12_BIT => "JPEG Extended, 12 bits",
        uids::JPEG_LOSSLESS | uids::JPEG_LOSSLESS_SV1 => "JPEG Lossless",
        uids::JPEGLS_LOSSLESS | uids::JPEGLS_NEAR_LOSSLESS => "JPEG-LS",
        uids::JPEG2000_LOSSLESS | uids::JPEG2000 => "JPEG 2000",
        uids::HTJ2K_LOSSLESS | uids::HTJ2K_LOSSLESS_RPCL | uids::HTJ2K => {
            "High-Throughput JPEG 2000"
        }
        _ if uid.starts_with("1.2.840.10008.1.2.4.10") => "video",
        _ => "unknown",
    }
}

fn inflate(body: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let mut inflated = Vec::new();
    let limited = flate2::read::DeflateDecoder::new(body)
        .take(MAX_FILE_BYTES + 1)
        .read_to_end(&mut inflated);
    limited.map_err(|error| match error.kind() {
        std::io::ErrorKind::UnexpectedEof => DecodeError::Truncated {
            format: Format::Dicom,
            place: "part of the deflated data set".into(),
        },
        _ => DecodeError::Broken {
            format: Format::Dicom,
            reason: "a deflated data set that does not inflate".into(),
        },
    })?;
    if inflated.len() as u64 > MAX_FILE_BYTES {
        return Err(DecodeError::FileSize {
            found: inflated.len() as u64,
        });
    }
    Ok(inflated)
}

fn picture(data: &Dataset, layout: &Layout, frame: &Frame) -> Result<GreyImage, DecodeError> {
    let Layout {
        width,
        height,
        samples_per_pixel,
        bits_stored,
        ..
    } = *layout;
    let maximum = u16::MAX >> (16 - bits_stored);
    match (layout.photometric.as_str(), samples_per_pixel) {
        ("MONOCHROME1" | "MONOCHROME2", 1) => {
            let table = display_table(data, layout)?;
            let pixels = frame
                .samples
                .iter()
                .map(|&sample| table[usize::from(sample)])
                .collect();
            Ok(GreyImage {
                width,
                height,
                pixels,
            })
        }
        ("PALETTE COLOR", 1) => {
            let [red, green, blue] = palette(data)?;
            let colour = |&sample: &u16| {
                let index = f64::from(sample);
                [red.at(index), green.at(index), blue.at(index)]
            };
            let maximum = red.maximum().max(green.maximum()).max(blue.maximum());
            GreyImage::from_rgb(width, height, maximum, frame.samples.iter().map(colour))
        }
        ("YBR_FULL", 3) if !frame.is_rgb => {
            let rgb = colours(frame, width * height).map(|ybr| rgb_from_ybr(ybr, maximum));
            GreyImage::from_rgb(width, height, maximum, rgb)
        }
        (_, 3) if frame.is_rgb || layout.photometric == "RGB" => {
            GreyImage::from_rgb(width, height, maximum, colours(frame, width * height))
        }
        (photometric, samples) => {
            let photometric: String = photometric.chars().take(64).collect();
            let found = format!(
                "photometric interpretation {photometric:?} with {samples} samples a pixel"
            );
            Err(DecodeError::Samples { found })
        }
    }
}

/// Red, green and blue of each pixel.
fn colours(frame: &Frame, pixels: usize) -> impl Iterator<Item = [u16; 3]> + '_ {
    let (pixel_step, colour_step) = if frame.planar { (1, pixels) } else { (3, 1) };
    (0..pixels).map(move |pixel| {
        let first = pixel * pixel_step;
        [0, 1, 2].map(|colour| frame.samples[first + colour * colour_step])
    })
}

fn rgb_from_ybr(ybr: [u16; 3], maximum: u16) -> [u16; 3] {
    let middle = f64::from(maximum / 2 + 1);
    let [y, blue, red] = [
        f64::from(ybr[0]),
        f64::from(ybr[1]) - middle,
        f64::from(ybr[2]) - middle,
    ];
    [
        y + 1.402 * red,
        y - 0.344_136 * blue - 0.714_136 * red,
        y + 1.772 * blue,
    ]
    .map(|value| value.round().clamp(0.0, maximum.into()) as u16)
}

fn palette(data: &Dataset) -> Result<[Lut; 3], DecodeError> {
    let red = (
        tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR,
        tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DATA,
    );
    let green = (
        tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR,
        tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DATA,
    );
    let blue = (
        tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR,
        tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DATA,
    );
    let read = |(descriptor, entries)| Lut::read(data, "palette", descriptor, entries, false);
    Ok([read(red)?, read(green)?, read(blue)?])
}
