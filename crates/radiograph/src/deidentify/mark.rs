//! What the output says of itself: that it is de-identified and how, and a file meta group of its own.
//!
//! Source: DICOM PS3.15 E.1.1, PS3.16 CID 7050, PS3.10 section 7.1.

use std::borrow::Cow;

use dicom_dictionary_std::{tags, uids};

use super::element::{Built, Elements, put, sequence, written};
use super::{Dates, EDITION, Profile};
use crate::dataset::{Dataset, EXPLICIT_LITTLE, Encoding};
use crate::syntax::{Compression, Syntax};
use crate::write::uid as own_uid;

/// What was done, as the standard wants it said in the file.
pub(super) fn mark(
    elements: &mut Elements,
    profile: &Profile,
    is_blanked: bool,
    encoding: Encoding,
) {
    let moved = profile.dates == Dates::Moved;
    let codes = [
        (true, "113100", "Basic Application Confidentiality Profile"),
        (is_blanked, "113101", "Clean Pixel Data Option"),
        (
            moved,
            "113107",
            "Retain Longitudinal Temporal Information Modified Dates Option",
        ),
        (
            profile.keep_characteristics,
            "113108",
            "Retain Patient Characteristics Option",
        ),
        (
            profile.keep_device,
            "113109",
            "Retain Device Identity Option",
        ),
    ];
    let code = |(_, value, meaning): (bool, &str, &str)| {
        let mut code = Elements::new();
        put(&mut code, tags::CODE_VALUE, b"SH", value);
        put(&mut code, tags::CODING_SCHEME_DESIGNATOR, b"SH", "DCM");
        put(&mut code, tags::CODE_MEANING, b"LO", meaning);
        written(&code, encoding)
    };
    let items: Vec<Vec<u8>> = codes
        .into_iter()
        .filter(|(applies, ..)| *applies)
        .map(code)
        .collect();
    let value = Cow::Owned(sequence(&items, encoding));
    elements.insert(
        tags::DEIDENTIFICATION_METHOD_CODE_SEQUENCE,
        Built { vr: *b"SQ", value },
    );
    let method = format!(
        "cordsight {}, PS3.15 {EDITION} Basic Profile",
        env!("CARGO_PKG_VERSION")
    );
    put(elements, tags::DEIDENTIFICATION_METHOD, b"LO", &method);
    put(elements, tags::PATIENT_IDENTITY_REMOVED, b"CS", "YES");
    let time = if moved { "MODIFIED" } else { "REMOVED" };
    put(
        elements,
        tags::LONGITUDINAL_TEMPORAL_INFORMATION_MODIFIED,
        b"CS",
        time,
    );
    if is_blanked {
        put(elements, tags::BURNED_IN_ANNOTATION, b"CS", "NO");
    }
}

/// Preamble and file meta group.
pub(super) fn head(class: &str, instance: &str, syntax: &str) -> Vec<u8> {
    let mut meta = Elements::new();
    meta.insert(
        tags::FILE_META_INFORMATION_VERSION,
        Built {
            vr: *b"OB",
            value: Cow::Borrowed(&[0, 1]),
        },
    );
    put(&mut meta, tags::MEDIA_STORAGE_SOP_CLASS_UID, b"UI", class);
    put(
        &mut meta,
        tags::MEDIA_STORAGE_SOP_INSTANCE_UID,
        b"UI",
        instance,
    );
    put(&mut meta, tags::TRANSFER_SYNTAX_UID, b"UI", syntax);
    put(
        &mut meta,
        tags::IMPLEMENTATION_CLASS_UID,
        b"UI",
        &own_uid("implementation", "radiograph"),
    );
    put(
        &mut meta,
        tags::IMPLEMENTATION_VERSION_NAME,
        b"SH",
        "CORDSIGHT",
    );
    let meta = written(&meta, EXPLICIT_LITTLE);
    let mut length = Elements::new();
    let value = Cow::Owned((meta.len() as u32).to_le_bytes().to_vec());
    length.insert(
        tags::FILE_META_INFORMATION_GROUP_LENGTH,
        Built { vr: *b"UL", value },
    );
    [
        &[0; 128][..],
        b"DICM",
        &written(&length, EXPLICIT_LITTLE),
        &meta,
    ]
    .concat()
}

/// The transfer syntax of the output: that of the input, but for what was inflated or decompressed.
pub(super) fn syntax_name(syntax: Syntax, meta: &Dataset, is_decompressed: bool) -> String {
    #[allow(deprecated, reason = "old archives hold what is retired")]
    let native = match syntax.encoding {
        Encoding {
            explicit: false, ..
        } => uids::IMPLICIT_VR_LITTLE_ENDIAN,
        Encoding {
            big_endian: true, ..
        } => uids::EXPLICIT_VR_BIG_ENDIAN,
        _ => uids::EXPLICIT_VR_LITTLE_ENDIAN,
    };
    let compressed = syntax.compression != Compression::None && !is_decompressed;
    let given = meta.text(tags::TRANSFER_SYNTAX_UID).filter(|_| compressed);
    given.unwrap_or_else(|| native.into())
}
