//! What can go wrong with a radiograph file, one line each: what was found, what was expected, what to do.

use std::path::PathBuf;

use dicom_core::Tag;
use thiserror::Error;

use crate::decode::{MAX_FILE_BYTES, MAX_PIXELS};
use crate::facts::Format;
use crate::film::FILM_SIZES;

/// Why a file could not be read: the path, then the reason.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The file system refused.
    #[error("{}: {reason}", path.display())]
    File {
        /// Path as given.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// The bytes are no usable radiograph.
    #[error("{}: {cause}", path.display())]
    Content {
        /// Path as given.
        path: PathBuf,
        /// What is wrong with them.
        cause: DecodeError,
    },
}

/// Why bytes are no usable radiograph.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// No bytes at all.
    #[error("found an empty file, expected a PNG, JPEG, TIFF or DICOM picture")]
    Empty,
    /// More bytes than are read.
    #[error("found {} MiB or more, expected at most {} MiB", found >> 20, MAX_FILE_BYTES >> 20)]
    FileSize {
        /// Bytes, possibly after inflating.
        found: u64,
    },
    /// An `.nh2` file of another size than a film of NHANES II has.
    #[error(
        "found {found} bytes in an .nh2 file, expected {}; copy it again",
        film_sizes()
    )]
    FilmBytes {
        /// Bytes there.
        found: u64,
    },
    /// An `.nh2` file whose pixels are not 12 bits in 16, whichever byte comes first.
    #[error(
        "found pixels above 4095 in both byte orders of an .nh2 file, expected 12 bits in 16; copy it again"
    )]
    FilmBits,
    /// Another kind of file.
    #[error("found {found}, expected a PNG, JPEG, TIFF or DICOM picture")]
    Format {
        /// A few words on the file.
        found: String,
    },
    /// A ZIP archive that does not hold one readable radiograph.
    #[error(
        "found a ZIP archive {found}, expected one radiograph in it; unpack it and use its files"
    )]
    Archive {
        /// What is in it, in a few words.
        found: String,
    },
    /// A ZIP archive that contradicts itself.
    #[error("the ZIP archive is damaged: found {reason}; copy or export it again")]
    BrokenArchive {
        /// What was found.
        reason: String,
    },
    /// The file ends too early.
    #[error("the {format} file is cut off: found {place}; copy or export it again")]
    Truncated {
        /// Container.
        format: Format,
        /// What is there, or what is not.
        place: String,
    },
    /// The file contradicts its format.
    #[error("the {format} file is damaged: found {reason}")]
    Broken {
        /// Container.
        format: Format,
        /// What was found.
        reason: String,
    },
    /// A side of zero pixels.
    #[error("found a picture of {width} × {height} pixels, expected at least 1 × 1")]
    ZeroSize {
        /// Columns.
        width: usize,
        /// Rows.
        height: usize,
    },
    /// More pixels than are decoded.
    #[error(
        "found a picture of {width} × {height} pixels ({} megapixels), expected at most {}; scale it down first",
        (*width as u64 * *height as u64).div_ceil(1_000_000), MAX_PIXELS / 1_000_000
    )]
    Size {
        /// Columns.
        width: usize,
        /// Rows.
        height: usize,
    },
    /// A colour picture.
    #[error(
        "found a colour picture ({:.0} % of its pixels are coloured), expected a grey radiograph",
        percent.max(1.0)
    )]
    Colour {
        /// Part of pixels whose channels differ by more than a tenth of full scale.
        percent: f64,
    },
    /// An alpha channel that hides something.
    #[error(
        "found a picture with transparent pixels ({:.0} %), expected an opaque one; \
         export it without alpha channel",
        percent.max(1.0)
    )]
    Transparent {
        /// Part of pixels that are not fully opaque.
        percent: f64,
    },
    /// Samples that are no unsigned or signed integers of 1 to 16 bits in a known arrangement.
    #[error("found {found}, expected grey or RGB samples of 8 or 16 bits")]
    Samples {
        /// What was found.
        found: String,
    },
    /// A DICOM file with several frames.
    #[error("found {found} frames, expected one; export the frame to use as a file of its own")]
    Frames {
        /// Number of Frames.
        found: u64,
    },
    /// A frame that the file does not have.
    #[error("found {found} frames, expected at least {wanted}")]
    NoSuchFrame {
        /// Number of Frames.
        found: u64,
        /// The frame asked for, counted from 1.
        wanted: u64,
    },
    /// A TIFF file with several pages.
    #[error("found {found} pages, expected one; export the page to use as a file of its own")]
    Pages {
        /// Pages that are no reduced copies.
        found: u64,
    },
    /// A compression that is not supported.
    #[error(
        "found transfer syntax {uid} ({name}), expected a still picture: uncompressed, deflated, RLE, JPEG, \
         JPEG-LS or JPEG 2000"
    )]
    TransferSyntax {
        /// Transfer Syntax UID.
        uid: String,
        /// Its name in short.
        name: &'static str,
    },
    /// A DICOM attribute is absent that every picture needs.
    #[error("found no {attribute} {tag}, expected it in every picture")]
    Missing {
        /// DICOM name of the attribute.
        attribute: &'static str,
        /// Its tag.
        tag: Tag,
    },
    /// A DICOM attribute has a value that cannot be.
    #[error("{attribute} {tag} is {found}, expected {expected}")]
    Invalid {
        /// DICOM name of the attribute.
        attribute: &'static str,
        /// Its tag.
        tag: Tag,
        /// Value found, at most 64 characters.
        found: String,
        /// Values allowed, in words.
        expected: String,
    },
    /// Pixel data too short for the picture.
    #[error(
        "found {found} bytes of pixel data, expected {expected} for {width} × {height} pixels of {bits} bits"
    )]
    PixelBytes {
        /// Bytes there.
        found: usize,
        /// Bytes needed.
        expected: usize,
        /// Columns.
        width: usize,
        /// Rows.
        height: usize,
        /// Bits Allocated.
        bits: u16,
    },
}

/// What an `.nh2` file may hold, in words.
fn film_sizes() -> String {
    let sizes = FILM_SIZES.map(|(width, height)| {
        let bytes = width * height * 2;
        format!("{bytes} ({width} × {height} pixels)")
    });
    sizes.join(" or ")
}

/// A DICOM file that contradicts itself.
pub(crate) fn broken(reason: String) -> DecodeError {
    DecodeError::Broken {
        format: Format::Dicom,
        reason,
    }
}

/// A DICOM file that ends too early; `place` is what was found.
pub(crate) fn truncated(place: &str) -> DecodeError {
    DecodeError::Truncated {
        format: Format::Dicom,
        place: place.into(),
    }
}

/// Why a picture could not be encoded.
#[derive(Debug, Error)]
pub enum WriteError {
    /// The pixel buffer does not fill the picture.
    #[error("found {found} pixels, expected {width} × {height} = {expected}")]
    PixelCount {
        /// Pixels given.
        found: usize,
        /// Columns.
        width: usize,
        /// Rows.
        height: usize,
        /// Columns times rows.
        expected: usize,
    },
    /// A side is zero or does not fit the 16 bits of a DICOM header.
    #[error("found a picture of {width} × {height} pixels, expected 1 to 65535 on each side")]
    Size {
        /// Columns.
        width: usize,
        /// Rows.
        height: usize,
    },
    /// Bits stored outside of what a DX image allows.
    #[error("found {found} bits stored, expected 6 to 16")]
    Bits {
        /// Bits given.
        found: u16,
    },
    /// A pixel does not fit the bits stored.
    #[error("pixel {index} is {value}, expected at most {maximum} with {bits} bits stored")]
    PixelValue {
        /// Index in row-major order.
        index: usize,
        /// Value given.
        value: u16,
        /// Largest value allowed.
        maximum: u16,
        /// Bits stored.
        bits: u16,
    },
    /// A number that the header cannot hold.
    #[error("{attribute} is {value}, expected {expected}")]
    Number {
        /// DICOM name of the attribute.
        attribute: &'static str,
        /// Value given.
        value: f64,
        /// Range in words.
        expected: &'static str,
    },
    /// A text that the header cannot hold.
    #[error(
        "{attribute} is {value:?}, expected 1 to 64 printable ASCII characters without a backslash"
    )]
    Text {
        /// DICOM name of the attribute.
        attribute: &'static str,
        /// Text given.
        value: String,
    },
    /// The file or stream that is written to failed.
    #[error("could not be written: {0}")]
    Io(#[from] std::io::Error),
    /// The DICOM library refused the data set.
    #[error("the DICOM data set could not be written: {0}")]
    Dicom(String),
    /// The PNG library refused the picture.
    #[error("the PNG could not be written: {0}")]
    Png(String),
    /// The JPEG library refused the picture.
    #[error("the JPEG could not be written: {0}")]
    Jpeg(String),
}
