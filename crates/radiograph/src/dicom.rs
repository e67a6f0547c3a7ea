//! A DICOM file to a radiograph, or to its stored values.
//!
//! In: the bytes, where the file meta group starts, and the frame wanted. Out: the picture as displayed, its
//! spacing, its facts. Where no frame is chosen, a file of several is refused: the first would be a silent choice.
//!
//! Source: DICOM PS3.10 section 7 (file format). Checked against: pydicom (tools/golden/pydicom_grey.py,
//! docs/dicom.md).

use std::borrow::Cow;

use dicom_dictionary_std::{tags, uids};

use crate::dataset::Dataset;
use crate::decode::{Radiograph, check_size};
use crate::error::{DecodeError, broken};
use crate::facts::Facts;
use crate::frame::{Frame, read_frame};
use crate::header::{Layout, frames, layout};
use crate::inflate::inflate;
use crate::picture::picture;
use crate::spacing::spacing;
use crate::stored::{StoredFrame, stored_frame};
use crate::syntax::{Syntax, transfer_syntax};

/// Decodes the file whose file meta group, or data set where it has none, starts at `start`. `frame` counts from 0.
pub(crate) fn decode_dicom(
    bytes: &[u8],
    start: usize,
    frame: Option<u64>,
) -> Result<Radiograph, DecodeError> {
    with_frame(bytes, start, frame, |meta, data, layout, frame| {
        Ok(Radiograph {
            image: picture(data, layout, frame)?,
            spacing: spacing(data),
            facts: Facts::of_dicom(meta, data, layout.bits_stored),
        })
    })
}

/// The stored values of the same.
pub(crate) fn decode_stored_dicom(
    bytes: &[u8],
    start: usize,
    frame: Option<u64>,
) -> Result<StoredFrame, DecodeError> {
    with_frame(bytes, start, frame, |_, _, layout, frame| {
        stored_frame(layout, frame)
    })
}

fn with_frame<T>(
    bytes: &[u8],
    start: usize,
    wanted: Option<u64>,
    use_frame: impl FnOnce(&Dataset, &Dataset, &Layout, &Frame) -> Result<T, DecodeError>,
) -> Result<T, DecodeError> {
    let (meta, meta_length) = Dataset::parse_meta(&bytes[start..])?;
    if names_directory(&meta) {
        return Err(DecodeError::Format {
            found: "a DICOMDIR, the index of a folder of DICOM files".into(),
        });
    }
    let body = &bytes[start + meta_length..];
    let uid = meta.text(tags::TRANSFER_SYNTAX_UID);
    let syntax = transfer_syntax(uid.as_deref(), body)?;
    let body = if syntax.deflated {
        Cow::Owned(inflate(body, |start| frame_end(start, syntax, wanted))?)
    } else {
        Cow::Borrowed(body)
    };
    let data = Dataset::parse(&body, syntax.encoding)?;
    check_pixels(&data)?;
    let frames = frames(&data)?;
    let index = match wanted {
        None if frames > 1 => return Err(DecodeError::Frames { found: frames }),
        None => 0,
        Some(index) if index < frames => index,
        Some(index) => {
            return Err(DecodeError::NoSuchFrame {
                found: frames,
                wanted: index.saturating_add(1),
            });
        }
    };
    let layout = layout(&data)?;
    check_size(layout.width, layout.height)?;
    let frame = read_frame(&data, &layout, syntax.compression, (index, frames))?;
    use_frame(&meta, &data, &layout, &frame)
}

/// Whether the file whose file meta group is here is a DICOMDIR.
pub(crate) fn is_directory(bytes: &[u8]) -> bool {
    Dataset::parse_meta(bytes).is_ok_and(|(meta, _)| names_directory(&meta))
}

fn names_directory(meta: &Dataset) -> bool {
    meta.text(tags::MEDIA_STORAGE_SOP_CLASS_UID).as_deref()
        == Some(uids::MEDIA_STORAGE_DIRECTORY_STORAGE)
}

/// Where the wanted frame ends in an inflated data set; none where its start does not reach the pixel data.
fn frame_end(
    start: &[u8],
    syntax: Syntax,
    wanted: Option<u64>,
) -> Result<Option<u64>, DecodeError> {
    let Some((data, pixels_at)) = Dataset::pixels_at(start, syntax.encoding) else {
        return Ok(None);
    };
    let layout = layout(&data)?;
    check_size(layout.width, layout.height)?;
    let samples = layout.width as u64 * layout.height as u64 * layout.samples_per_pixel as u64;
    let frame_bits = samples * u64::from(layout.bits_allocated);
    let frames = wanted.unwrap_or(0).saturating_add(1);
    let frames_bits = frame_bits.saturating_mul(frames);
    Ok(Some(
        (pixels_at as u64).saturating_add(frames_bits.div_ceil(8)),
    ))
}

fn check_pixels(data: &Dataset) -> Result<(), DecodeError> {
    if data.get(tags::PIXEL_DATA).is_some() {
        return Ok(());
    }
    let float = [tags::FLOAT_PIXEL_DATA, tags::DOUBLE_FLOAT_PIXEL_DATA];
    if float.iter().any(|&tag| data.get(tag).is_some()) {
        return Err(DecodeError::Samples {
            found: "floating-point pixel data".into(),
        });
    }
    if data.get(tags::DIRECTORY_RECORD_SEQUENCE).is_some() {
        return Err(broken("a DICOMDIR without its file meta group".into()));
    }
    Err(DecodeError::Missing {
        attribute: "Pixel Data",
        tag: tags::PIXEL_DATA,
    })
}
