//! The one frame of a DICOM file as stored samples: native, run-length encoded or JPEG baseline.
//!
//! In: pixel data and its layout. Out: one `u16` a sample, only the stored bits set (overlay planes in the
//! unused bits are cleared, as PS3.3 C.7.6.3 wants). Memory is taken only after the bytes are known to be
//! there. Not dicom-rs's decoders: they panic on run lengths and JPEG frames that disagree with the header.
//!
//! Source: DICOM PS3.5 8.1 (native), annex G (RLE), annex A.4.1 (JPEG). Checked against: pydicom.

use dicom_dictionary_std::tags;

use crate::dataset::{Dataset, Value, word};
use crate::decode::Format;
use crate::error::DecodeError;
use crate::header::{Layout, invalid};
use crate::raster::decode_jpeg;

/// How the pixel data is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    None,
    RunLength,
    JpegBaseline,
}

/// The samples of a frame.
#[derive(Debug)]
pub(crate) struct Frame {
    /// `height` × `width` × `samples_per_pixel` values.
    pub samples: Vec<u16>,
    /// Whole planes of one colour after each other, else the colours of a pixel together.
    pub planar: bool,
    /// Three samples are red, green and blue, whatever the header says.
    pub is_rgb: bool,
}

pub(crate) fn read_frame(
    data: &Dataset,
    layout: &Layout,
    compression: Compression,
) -> Result<Frame, DecodeError> {
    let missing = DecodeError::Missing {
        attribute: "Pixel Data",
        tag: tags::PIXEL_DATA,
    };
    let element = data.get(tags::PIXEL_DATA).ok_or(missing)?;
    match (&element.value, compression) {
        (Value::Bytes(bytes), Compression::None) => {
            let swapped =
                data.encoding.big_endian && element.vr == *b"OW" && layout.bits_allocated == 8;
            native(bytes, layout, data.encoding.big_endian, swapped)
        }
        (Value::Fragments(fragments), Compression::RunLength) => {
            run_length(&fragments.concat(), layout)
        }
        (Value::Fragments(fragments), Compression::JpegBaseline) => {
            jpeg(&fragments.concat(), layout)
        }
        (Value::Bytes(_), _) => Err(broken(
            "uncompressed pixel data, expected what the transfer syntax says",
        )),
        (Value::Fragments(_), _) => Err(broken(
            "compressed pixel data, expected what the transfer syntax says",
        )),
    }
}

fn broken(reason: &str) -> DecodeError {
    DecodeError::Broken {
        format: Format::Dicom,
        reason: reason.into(),
    }
}

fn native(
    bytes: &[u8],
    layout: &Layout,
    big_endian: bool,
    swapped: bool,
) -> Result<Frame, DecodeError> {
    let count = layout.width * layout.height * layout.samples_per_pixel;
    let expected = count * usize::from(layout.bits_allocated / 8);
    if bytes.len() < expected {
        return Err(DecodeError::PixelBytes {
            found: bytes.len(),
            expected,
            width: layout.width,
            height: layout.height,
            bits: layout.bits_allocated,
        });
    }
    let samples = if layout.bits_allocated == 8 {
        let at = |index: usize| {
            if swapped {
                bytes.get(index ^ 1).copied()
            } else {
                bytes.get(index).copied()
            }
        };
        (0..count)
            .map(|index| stored_bits(at(index).unwrap_or(0).into(), layout))
            .collect()
    } else {
        let pairs = bytes[..expected].chunks_exact(2);
        pairs
            .map(|pair| stored_bits(word([pair[0], pair[1]], big_endian), layout))
            .collect()
    };
    Ok(Frame {
        samples,
        planar: layout.planar,
        is_rgb: false,
    })
}

/// The sample without the bits above and below the stored ones.
fn stored_bits(sample: u16, layout: &Layout) -> u16 {
    (sample >> (layout.high_bit + 1 - layout.bits_stored)) & (u16::MAX >> (16 - layout.bits_stored))
}

fn run_length(bytes: &[u8], layout: &Layout) -> Result<Frame, DecodeError> {
    let pixels = layout.width * layout.height;
    let bytes_per_sample = usize::from(layout.bits_allocated / 8);
    let segments = layout.samples_per_pixel * bytes_per_sample;
    let header: &[u8; 64] = bytes
        .first_chunk()
        .ok_or_else(|| truncated("the run-length header"))?;
    let mut numbers = header
        .chunks_exact(4)
        .map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]) as usize);
    let found = numbers.next().unwrap_or(0);
    if found != segments {
        return Err(broken(&format!(
            "{found} run-length segments, expected {segments}"
        )));
    }
    // Two bytes become at most 128.
    if pixels * segments > bytes.len() * 64 {
        return Err(truncated("the run-length data"));
    }
    let starts: Vec<usize> = numbers.take(segments).collect();
    let mut samples = vec![0_u16; pixels * layout.samples_per_pixel];
    for (index, &start) in starts.iter().enumerate() {
        let end = starts.get(index + 1).copied().unwrap_or(bytes.len());
        let segment = bytes
            .get(start..end)
            .ok_or_else(|| truncated("the run-length data"))?;
        let shift = 8 * (bytes_per_sample - 1 - index % bytes_per_sample);
        let plane = index / bytes_per_sample * pixels;
        unpack(segment, shift, &mut samples[plane..plane + pixels])?;
    }
    for sample in &mut samples {
        *sample = stored_bits(*sample, layout);
    }
    Ok(Frame {
        samples,
        planar: true,
        is_rgb: false,
    })
}

/// PackBits into one byte of each sample; what is left over after the last sample is padding.
fn unpack(mut segment: &[u8], shift: usize, samples: &mut [u16]) -> Result<(), DecodeError> {
    let mut at = 0;
    while at < samples.len() {
        let [code, rest @ ..] = segment else {
            return Err(truncated("the run-length data"));
        };
        let (run, used): (&[u8], usize) = match *code {
            0..=127 => {
                let length = usize::from(*code) + 1;
                let left = samples.len() - at;
                let run = rest
                    .get(..length.min(left))
                    .ok_or_else(|| truncated("the run-length data"))?;
                (run, length.min(rest.len()))
            }
            128 => (&[], 0),
            129..=255 => {
                let value = *rest
                    .first()
                    .ok_or_else(|| truncated("the run-length data"))?;
                (&[value; 128][..257 - usize::from(*code)], 1)
            }
        };
        for (sample, &byte) in samples[at..].iter_mut().zip(run) {
            *sample |= u16::from(byte) << shift;
        }
        at += run.len();
        segment = &rest[used..];
    }
    Ok(())
}

fn truncated(place: &str) -> DecodeError {
    DecodeError::Truncated {
        format: Format::Dicom,
        place: format!("part of {place}"),
    }
}

fn jpeg(bytes: &[u8], layout: &Layout) -> Result<Frame, DecodeError> {
    if layout.bits_stored != 8 || layout.high_bit != 7 {
        return Err(invalid(
            "Bits Stored",
            tags::BITS_STORED,
            layout.bits_stored,
            "8 with JPEG Baseline",
        ));
    }
    let picture = decode_jpeg(bytes)?;
    let found = (picture.width() as usize, picture.height() as usize);
    if found != (layout.width, layout.height) {
        let (width, height) = found;
        let expected = format!("{} × {}", layout.width, layout.height);
        return Err(broken(&format!(
            "a JPEG frame of {width} × {height} pixels, expected {expected}"
        )));
    }
    let channels = usize::from(picture.color().channel_count());
    if channels != layout.samples_per_pixel {
        let expected = layout.samples_per_pixel;
        return Err(broken(&format!(
            "a JPEG frame of {channels} channels, expected {expected}"
        )));
    }
    let samples = picture.as_bytes().iter().map(|&byte| byte.into()).collect();
    Ok(Frame {
        samples,
        planar: false,
        is_rgb: true,
    })
}
