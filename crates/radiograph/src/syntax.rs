//! Transfer syntaxes: how the elements of a data set are laid out, and how its pixels are compressed.
//!
//! In: the UID of the file meta group, or its absence. Out: an encoding and a compression. Video and the
//! referenced (JPIP) syntaxes are refused by name: they hold no still picture. A private UID is refused too.
//!
//! Source: DICOM PS3.5 section 10 and annex A; PS3.6 annex A (UIDs).

use dicom_dictionary_std::uids;

use crate::dataset::{EXPLICIT_LITTLE, Encoding, looks_explicit};
use crate::error::DecodeError;

/// How the pixel data is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    None,
    RunLength,
    /// Baseline, extended, progressive and lossless: the stream itself says which.
    Jpeg,
    JpegLs,
    /// Parts 1 and 15: the stream itself says which.
    Jpeg2000,
}

/// What a transfer syntax says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Syntax {
    pub encoding: Encoding,
    pub deflated: bool,
    pub compression: Compression,
}

/// The syntax of a UID; where there is none, `body` shows whether its elements name their VR.
pub(crate) fn transfer_syntax(uid: Option<&str>, body: &[u8]) -> Result<Syntax, DecodeError> {
    let native = |explicit, big_endian| Syntax {
        encoding: Encoding {
            explicit,
            big_endian,
        },
        deflated: false,
        compression: Compression::None,
    };
    let compressed = |compression| Syntax {
        encoding: EXPLICIT_LITTLE,
        deflated: false,
        compression,
    };
    #[allow(deprecated, reason = "old archives hold what is retired")]
    let syntax = match uid {
        None => native(looks_explicit(body), false),
        Some(uids::IMPLICIT_VR_LITTLE_ENDIAN) => native(false, false),
        Some(
            uids::EXPLICIT_VR_LITTLE_ENDIAN
            | uids::ENCAPSULATED_UNCOMPRESSED_EXPLICIT_VR_LITTLE_ENDIAN,
        ) => native(true, false),
        Some(uids::EXPLICIT_VR_BIG_ENDIAN) => native(true, true),
        Some(uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN) => Syntax {
            deflated: true,
            ..native(true, false)
        },
        Some(uids::RLE_LOSSLESS) => compressed(Compression::RunLength),
        Some(
            uids::JPEG_BASELINE8_BIT
            | uids::JPEG_EXTENDED12_BIT
            | uids::JPEG_FULL_PROGRESSION_NON_HIERARCHICAL1012
            | uids::JPEG_LOSSLESS
            | uids::JPEG_LOSSLESS_SV1,
        ) => compressed(Compression::Jpeg),
        Some(uids::JPEGLS_LOSSLESS | uids::JPEGLS_NEAR_LOSSLESS) => compressed(Compression::JpegLs),
        Some(
            uids::JPEG2000_LOSSLESS
            | uids::JPEG2000
            | uids::HTJ2K_LOSSLESS
            | uids::HTJ2K_LOSSLESS_RPCL
            | uids::HTJ2K,
        ) => compressed(Compression::Jpeg2000),
        Some(uid) => {
            let graphic = uid.chars().filter(char::is_ascii_graphic);
            let uid: String = graphic.take(64).collect();
            return Err(DecodeError::TransferSyntax {
                name: syntax_name(&uid),
                uid,
            });
        }
    };
    Ok(syntax)
}

fn syntax_name(uid: &str) -> &'static str {
    match uid {
        _ if uid.starts_with("1.2.840.10008.1.2.4.10") => "video",
        _ if uid.starts_with("1.2.840.10008.1.2.4.11") => "JPEG XL",
        uids::JPIP_REFERENCED
        | uids::JPIP_REFERENCED_DEFLATE
        | uids::JPIPHTJ2K_REFERENCED
        | uids::JPIPHTJ2K_REFERENCED_DEFLATE => "pixels kept on a server",
        _ if uid.starts_with("1.2.840.10008.") => "not for single pictures",
        _ => "unknown",
    }
}
