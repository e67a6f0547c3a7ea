//! The door: bytes or a path in, a [`Radiograph`] out.
//!
//! The format is decided by the first bytes, not by the file ending, since archives hold DICOM files called
//! `.jpg` and the other way round; only an `.nh2` film has nothing but its name. A DICOM data set without the usual preamble is recognised by its first
//! element. A ZIP archive is read where it holds one radiograph. Anything else is refused with a word about what it
//! seems to be.

use std::borrow::Cow;
use std::fs::File;
use std::io::Read;
use std::num::NonZeroU32;
use std::path::Path;

use image::ImageFormat;

use crate::archive::{is_archive, only_radiograph};
use crate::dataset::looks_like_dataset;
use crate::dicom::{decode_dicom, decode_stored_dicom};
use crate::error::{DecodeError, ReadError};
use crate::facts::Facts;
use crate::film::{decode_film, is_film};
use crate::grey::GreyImage;
use crate::raster::decode_raster;
use crate::spacing::Spacing;
use crate::stored::StoredFrame;

/// Files above 512 MiB are refused before they are read, and no part of a file is inflated beyond that. A file that lies
/// about its size takes less than twice as much memory.
pub const MAX_FILE_BYTES: u64 = 512 << 20;

/// Pictures above 64 megapixels are refused before memory is taken for them.
pub const MAX_PIXELS: u64 = 64_000_000;

/// A decoded radiograph.
#[derive(Debug, Clone, PartialEq)]
pub struct Radiograph {
    /// The picture as it would be displayed.
    pub image: GreyImage,
    /// Pixel spacing where the header states it; a PNG, JPEG or TIFF resolution is no pixel spacing.
    pub spacing: Option<Spacing>,
    /// What the file says about itself.
    pub facts: Facts,
}

/// The radiograph in the bytes of a PNG, JPEG, TIFF or DICOM file, or of a ZIP archive with one such file.
///
/// # Errors
/// Everything that makes the file unusable, in one line that does not name it; [`read`] does.
pub fn decode(bytes: &[u8]) -> Result<Radiograph, DecodeError> {
    decode_any(bytes, None)
}

/// One frame of a DICOM file, counted from 1; other files have one.
///
/// # Errors
/// As [`decode`], and a frame that the file does not have.
pub fn decode_frame(bytes: &[u8], frame: NonZeroU32) -> Result<Radiograph, DecodeError> {
    decode_any(bytes, Some(u64::from(frame.get()) - 1))
}

/// The pixels of a DICOM file as they are stored, before any display transform; `frame` counts from 1, and may be
/// left out where there is one.
///
/// # Errors
/// As [`decode_frame`], and any file that is not DICOM.
pub fn decode_stored(bytes: &[u8], frame: Option<NonZeroU32>) -> Result<StoredFrame, DecodeError> {
    check_file_size(bytes)?;
    let bytes = unpacked(bytes)?;
    let Some(Content::Dicom(start)) = content(&bytes) else {
        return Err(DecodeError::Format {
            found: describe(&bytes),
        });
    };
    decode_stored_dicom(&bytes, start, frame.map(|frame| u64::from(frame.get()) - 1))
}

fn decode_any(bytes: &[u8], frame: Option<u64>) -> Result<Radiograph, DecodeError> {
    check_file_size(bytes)?;
    let bytes = unpacked(bytes)?;
    match (content(&bytes), frame.filter(|&frame| frame > 0)) {
        (Some(Content::Dicom(start)), _) => decode_dicom(&bytes, start, frame),
        (_, Some(wanted)) => Err(DecodeError::NoSuchFrame {
            found: 1,
            wanted: wanted + 1,
        }),
        (Some(Content::Raster(format)), _) => decode_raster(&bytes, format),
        (None, _) => Err(DecodeError::Format {
            found: describe(&bytes),
        }),
    }
}

/// The bytes, or those of the one radiograph in the archive that they are.
fn unpacked(bytes: &[u8]) -> Result<Cow<'_, [u8]>, DecodeError> {
    if is_archive(bytes) {
        only_radiograph(bytes)
    } else {
        Ok(Cow::Borrowed(bytes))
    }
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// Where the file meta group, or the data set, starts.
    Dicom(usize),
    Raster(ImageFormat),
}

/// What the first bytes say that the file is.
pub(crate) fn content(bytes: &[u8]) -> Option<Content> {
    if let Some(start) = dicom_start(bytes) {
        return Some(Content::Dicom(start));
    }
    match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => {
            Some(Content::Raster(ImageFormat::Png))
        }
        [0xff, 0xd8, 0xff, ..] => Some(Content::Raster(ImageFormat::Jpeg)),
        [b'I', b'I', b'*' | b'+', 0, ..] | [b'M', b'M', 0, b'*' | b'+', ..] => {
            Some(Content::Raster(ImageFormat::Tiff))
        }
        _ => None,
    }
}

fn check_file_size(bytes: &[u8]) -> Result<(), DecodeError> {
    match bytes.len() as u64 {
        0 => Err(DecodeError::Empty),
        found if found > MAX_FILE_BYTES => Err(DecodeError::FileSize { found }),
        _ => Ok(()),
    }
}

/// Where the file meta group, or the data set, of a DICOM file starts.
pub(crate) fn dicom_start(bytes: &[u8]) -> Option<usize> {
    match bytes {
        _ if bytes.get(128..132) == Some(b"DICM") => Some(132),
        [b'D', b'I', b'C', b'M', ..] => Some(4),
        _ if looks_like_dataset(bytes) => Some(0),
        _ => None,
    }
}

/// The radiograph in a file.
///
/// # Errors
/// As [`decode`], and what keeps the file from being read; every line starts with the path.
pub fn read(path: &Path) -> Result<Radiograph, ReadError> {
    decode_named(path, &read_bytes(path)?).map_err(|cause| ReadError::Content {
        path: path.into(),
        cause,
    })
}

/// The radiograph in the bytes of a file, whose name counts only where they say nothing of themselves: a film of NHANES II.
///
/// # Errors
/// As [`decode`].
pub fn decode_named(path: &Path, bytes: &[u8]) -> Result<Radiograph, DecodeError> {
    if is_film(path) && content(bytes).is_none() {
        decode_film(bytes)
    } else {
        decode(bytes)
    }
}

/// The bytes of a file, at most one more than [`MAX_FILE_BYTES`], which [`decode`] then refuses.
///
/// # Errors
/// What keeps the file from being read; every line starts with the path.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>, ReadError> {
    let unreadable = |error: std::io::Error| ReadError::File {
        path: path.into(),
        reason: match error.kind() {
            std::io::ErrorKind::NotFound => "found no file of this name".into(),
            std::io::ErrorKind::PermissionDenied => "found no permission to read the file".into(),
            _ => error.to_string(),
        },
    };
    let kind = std::fs::metadata(path).map_err(unreadable)?.file_type();
    if !kind.is_file() {
        let found = if kind.is_dir() {
            "a folder"
        } else {
            "a special file"
        };
        return Err(ReadError::File {
            path: path.into(),
            reason: format!("found {found}, expected one PNG, JPEG, TIFF or DICOM file"),
        });
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(MAX_FILE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    Ok(bytes)
}

/// Refuses a zero side and more than [`MAX_PIXELS`].
pub(crate) fn check_size(width: usize, height: usize) -> Result<(), DecodeError> {
    if width == 0 || height == 0 {
        return Err(DecodeError::ZeroSize { width, height });
    }
    if (width as u64).saturating_mul(height as u64) > MAX_PIXELS {
        return Err(DecodeError::Size { width, height });
    }
    Ok(())
}

/// A few words on bytes that are no picture of ours.
fn describe(bytes: &[u8]) -> String {
    let known: [(&[u8], &str); 8] = [
        (b"GIF8", "a GIF picture"),
        (b"BM", "a BMP picture"),
        (b"RIFF", "a WebP or other RIFF file"),
        (b"\0\0\0\x0cjP  ", "a JPEG 2000 picture"),
        (b"\xff\x4f\xff\x51", "a JPEG 2000 picture"),
        (b"%PDF", "a PDF document"),
        (b"PK\x03\x04", "a ZIP archive"),
        (b"\x1f\x8b", "a gzip archive"),
    ];
    if let Some((_, name)) = known.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return (*name).into();
    }
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(512)]);
    if !start
        .chars()
        .any(|letter| letter.is_control() && !letter.is_ascii_whitespace())
    {
        let first: String = start.chars().take(20).collect();
        return format!("a text file that starts with {first:?}");
    }
    let first: Vec<String> = bytes
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("a file that starts with the bytes {}", first.join(" "))
}
