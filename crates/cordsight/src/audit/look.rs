//! One look at one file: all that an audit keeps of a radiograph.
//!
//! In: a path. Out: [`Look`], a few kilobytes, or why the file cannot be used. The file is read and decoded once; a
//! decoder that panics costs this one file, not the run.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use radiograph::near_duplicate::{Fingerprint, pixel_digest};
use radiograph::quality::{Finding, assess};
use radiograph::{DecodeError, ReadError, decode_named, read_bytes};
use sha2::{Digest, Sha256};

use super::source::directory;
use super::traits::Traits;

/// Endings of files that an export holds beside its pictures, and that are no damaged radiographs.
const PICTURES: [&str; 8] = ["dcm", "dicom", "ima", "png", "jpg", "jpeg", "tif", "tiff"];

/// What is kept of a radiograph.
#[derive(Clone, Debug)]
pub struct Look {
    /// SHA-256 of the file.
    pub file: [u8; 32],
    /// SHA-256 of size and grey values: the same for copies in another container.
    pub pixels: [u8; 32],
    /// What copies of the picture have in common.
    pub fingerprint: Fingerprint,
    /// What is conspicuous about this picture.
    pub gates: Vec<Finding>,
    /// What the label might be told from without looking at the spine.
    pub traits: Traits,
}

/// Why a file is not looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// A radiograph, or called one, that cannot be read; the reason.
    Unreadable(String),
    /// No radiograph: a text, a program, the index of an export.
    OtherFile(String),
}

/// Looks at one file. The reasons do not name it.
pub fn look(path: &Path) -> Result<Look, Unusable> {
    let bytes = read_bytes(path).map_err(|error| match error {
        ReadError::File { reason, .. } => Unusable::Unreadable(reason),
        other => Unusable::Unreadable(other.to_string()),
    })?;
    let looked = catch_unwind(AssertUnwindSafe(|| look_at(path, &bytes))).map_err(|_| {
        let reason =
            "the decoder gave up on it; please report this, with the file if it may be shared";
        Unusable::Unreadable(reason.to_string())
    })?;
    looked.map_err(|cause| {
        let is_other =
            matches!(cause, DecodeError::Format { .. }) && !is_called_picture(path, &bytes);
        let reason = cause.to_string();
        if is_other {
            Unusable::OtherFile(reason)
        } else {
            Unusable::Unreadable(reason)
        }
    })
}

fn look_at(path: &Path, bytes: &[u8]) -> Result<Look, DecodeError> {
    let radiograph = decode_named(path, bytes)?;
    Ok(Look {
        file: Sha256::digest(bytes).into(),
        pixels: pixel_digest(&radiograph.image),
        fingerprint: Fingerprint::of(&radiograph.image),
        gates: assess(&radiograph).findings(),
        traits: Traits::of(&radiograph),
    })
}

/// Whether the name says that the file is a picture; names without an ending say it where the bytes are no text.
fn is_called_picture(path: &Path, bytes: &[u8]) -> bool {
    match path
        .extension()
        .map(|ending| ending.to_string_lossy().to_lowercase())
    {
        Some(ending) if !ending.is_empty() && !ending.bytes().all(|b| b.is_ascii_digit()) => {
            PICTURES.contains(&ending.as_str())
        }
        _ => {
            let is_directory = directory::is_directory(path);
            let start = &bytes[..bytes.len().min(512)];
            !is_directory && (start.contains(&0) || start.is_empty())
        }
    }
}
