//! Why a file is not de-identified, in one line that holds no value of its header.

use thiserror::Error;

use crate::error::DecodeError;

/// Why a file is not de-identified. No message holds a value of the file, since it may be an identifier.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DeidentifyError {
    /// Another kind of file.
    #[error("found {found}, expected a DICOM file")]
    NotDicom {
        /// What it is, in a few words.
        found: &'static str,
    },
    /// The index of a folder.
    #[error(
        "found a DICOMDIR, the index of a folder, expected a picture; it holds names and is not copied"
    )]
    Directory,
    /// A DICOM object without pixel data: a report, a presentation state, a document.
    #[error(
        "found a DICOM object without a picture, expected a picture; only pictures are de-identified"
    )]
    NoPicture,
    /// An object class that only its maker knows.
    #[error("SOP Class UID (0008,0016) is absent or private, expected a class of the standard")]
    Class,
    /// The file contradicts itself, or is of a kind that is not read.
    #[error("{reason}")]
    Unreadable {
        /// What is wrong.
        reason: String,
    },
    /// A code stream that cannot be checked for text.
    #[error("found {found}, expected a stream that can be checked for text")]
    Stream {
        /// What was found.
        found: String,
    },
    /// An overlay in bits of compressed pixels.
    #[error(
        "found an overlay in bits of compressed pixel data, expected it in an element of its own; decompress the file first"
    )]
    Overlay,
    /// A picture in which nothing can be blanked.
    #[error(
        "found {found}, expected MONOCHROME1, MONOCHROME2 or uncompressed RGB, of 8 to 16 bits, for --blank"
    )]
    Blank {
        /// What was found.
        found: &'static str,
    },
}

impl DeidentifyError {
    /// Whether the file is of a kind that an export holds beside its pictures.
    pub fn is_no_picture(&self) -> bool {
        matches!(
            self,
            Self::NotDicom { .. } | Self::Directory | Self::NoPicture
        )
    }
}

/// Leaves out what the decoder's error would show of the header.
impl From<DecodeError> for DeidentifyError {
    fn from(error: DecodeError) -> Self {
        let reason = match error {
            DecodeError::Invalid {
                attribute,
                tag,
                expected,
                ..
            } => {
                format!("{attribute} {tag} has a value other than {expected}")
            }
            DecodeError::TransferSyntax { name, .. } => format!(
                "found a transfer syntax that is not read ({name}), expected a still picture: uncompressed, \
                 deflated, RLE, JPEG, JPEG-LS or JPEG 2000"
            ),
            DecodeError::Format { .. } => {
                return Self::NotDicom {
                    found: "another kind of file",
                };
            }
            other => other.to_string(),
        };
        Self::Unreadable { reason }
    }
}
