//! Radiograph files to one grey image type that knows its pixel spacing.
//!
//! In: the bytes of a PNG, JPEG, TIFF or DICOM file, or of a ZIP archive with one, whatever its name; or
//! of an `.nh2` film of NHANES II. Out: a [`Radiograph`]: grey pixels from
//! 0.0 (black) to 1.0 (white) as displayed, the pixel spacing where the header states it, and a few facts,
//! never a patient identifier. Files come from anywhere, so every size that one declares is capped, and every
//! refusal is one line that says what was found and what was expected. The same pixels give the same values,
//! whichever container held them.
//!
//! ```
//! use radiograph::{DicomImage, Facing, View, decode, encode_dicom};
//!
//! let file = encode_dicom(&DicomImage {
//!     width: 2,
//!     height: 1,
//!     pixels: &[0, 4095],
//!     bits_stored: 12,
//!     spacing_mm: (0.15, 0.15),
//!     window: None,
//!     patient_id: "P017",
//!     view: View::LeftLateral,
//!     facing: Facing::Left,
//!     manufacturer: "example",
//!     uid_seed: "P017, first image",
//! })?;
//! let radiograph = decode(&file)?;
//! assert_eq!(radiograph.image.pixels, [0.0, 1.0]);
//! assert_eq!(radiograph.facts.view_position.as_deref(), Some("LL"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod archive;
mod dataset;
mod decode;
pub mod deidentify;
mod dicom;
mod directory;
mod display;
mod error;
mod facts;
mod film;
mod fragments;
mod frame;
mod grey;
mod header;
mod inflate;
mod jpeg;
mod jpeg_2000;
mod jpeg_ls;
mod local_contrast;
mod lut;
pub mod near_duplicate;
mod picture;
pub mod quality;
mod raster;
mod run_length;
mod samples;
mod spacing;
mod stored;
mod syntax;
mod tiff_pages;
mod write;

pub use decode::{
    MAX_FILE_BYTES, MAX_PIXELS, Radiograph, decode, decode_frame, decode_named, decode_stored,
    read, read_bytes,
};
pub use directory::{ListedFile, list_directory};
pub use error::{DecodeError, ReadError, WriteError};
pub use facts::{Facts, Format, IdentifierHash};
pub use film::{decode_film, film_size};
pub use grey::GreyImage;
pub use spacing::{Spacing, SpacingSource};
pub use stored::{StoredFrame, StoredValues};
pub use write::{
    DicomImage, Facing, View, encode_dicom, encode_jpeg_colour, encode_png16, write_dicom,
};
