//! What a file says about itself, and whose it is without saying who.
//!
//! In: the header of a DICOM file; a PNG, JPEG or TIFF says no more than its bits. Out: [`Facts`]. No patient
//! identifier is among them: Patient ID, and Patient's Name with Patient's Birth Date, leave this module only as
//! [`IdentifierHash`], which can be compared and cannot be read, printed or carried out of the process: that is all that
//! finding one patient under two names takes.
//!
//! Source: DICOM PS3.3 C.7.1.1 (patient), C.7.3.1 (series), C.8.7.1 and C.8.11 (projection X-ray).

use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use sha2::{Digest, Sha256};

use crate::dataset::Dataset;
use crate::header::short_text;

/// The container that the bytes were found in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Portable network graphics.
    Png,
    /// JPEG with eight bits.
    Jpeg,
    /// TIFF or BigTIFF.
    Tiff,
    /// DICOM, with or without preamble.
    Dicom,
    /// Raw film of NHANES II (`.nh2`).
    Film,
}

impl std::fmt::Display for Format {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Format::Png => "PNG",
            Format::Jpeg => "JPEG",
            Format::Tiff => "TIFF",
            Format::Dicom => "DICOM",
            Format::Film => "NHANES II film",
        })
    }
}

/// What the file says about itself. Never a patient identifier that could be read. Texts are cut at 64 characters, and
/// control characters are replaced by `?`.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// Container.
    pub format: Format,
    /// Bits that carry one sample, 1 to 16.
    pub bits_stored: u16,
    /// Photometric Interpretation (0028,0004).
    pub photometric: Option<String>,
    /// Modality (0008,0060), for example `DX`.
    pub modality: Option<String>,
    /// View Position (0018,5101), for example `LL`.
    pub view_position: Option<String>,
    /// Code Meaning of View Code Sequence (0054,0220), for example `left lateral`.
    pub view_code: Option<String>,
    /// Body Part Examined (0018,0015), for example `CSPINE`.
    pub body_part: Option<String>,
    /// Code Meaning of Anatomic Region Sequence (0008,2218), for example `Cervical spine`.
    pub anatomic_region: Option<String>,
    /// Image Laterality (0020,0062), or Laterality (0020,0060) where that is absent.
    pub laterality: Option<String>,
    /// Patient Orientation (0020,0020), for example `P\F`: where rows and columns lead to.
    pub patient_orientation: Option<String>,
    /// Transfer Syntax UID (0002,0010).
    pub transfer_syntax_uid: Option<String>,
    /// Manufacturer (0008,0070).
    pub manufacturer: Option<String>,
    /// Manufacturer's Model Name (0008,1090).
    pub model: Option<String>,
    /// Study Date (0008,0020), `YYYYMMDD`.
    pub study_date: Option<String>,
    /// Acquisition Date (0008,0022), `YYYYMMDD`.
    pub acquisition_date: Option<String>,
    /// KVP (0018,0060), kV.
    pub kvp: Option<f64>,
    /// Exposure (0018,1152), mAs.
    pub exposure_mas: Option<f64>,
    /// Burned In Annotation (0028,0301): whether the file says that text stands in its pixels.
    pub burned_in_annotation: Option<bool>,
    /// Hash of Patient ID (0010,0020) with its issuer.
    pub patient_id: Option<IdentifierHash>,
    /// Hash of Patient's Name (0010,0010) and Patient's Birth Date (0010,0030), where both are given.
    pub person: Option<IdentifierHash>,
    /// Hash of Study Instance UID (0020,000D).
    pub study: Option<IdentifierHash>,
    /// Hash of Institution Name (0008,0080).
    pub institution: Option<IdentifierHash>,
    /// Hash of Station Name (0008,1010).
    pub station: Option<IdentifierHash>,
}

impl Facts {
    /// Facts of a picture whose container says nothing more.
    pub(crate) fn plain(format: Format, bits_stored: u16) -> Facts {
        Facts {
            format,
            bits_stored,
            photometric: None,
            modality: None,
            view_position: None,
            view_code: None,
            body_part: None,
            anatomic_region: None,
            laterality: None,
            patient_orientation: None,
            transfer_syntax_uid: None,
            manufacturer: None,
            model: None,
            study_date: None,
            acquisition_date: None,
            kvp: None,
            exposure_mas: None,
            burned_in_annotation: None,
            patient_id: None,
            person: None,
            study: None,
            institution: None,
            station: None,
        }
    }

    pub(crate) fn of_dicom(meta: &Dataset, data: &Dataset, bits_stored: u16) -> Facts {
        let text = |tag| short_text(data, tag);
        let number = |tag| data.text(tag).and_then(|text| positive(&text));
        let flag = |tag| match data.text(tag)?.to_ascii_uppercase().as_str() {
            "YES" => Some(true),
            "NO" => Some(false),
            _ => None,
        };
        Facts {
            photometric: text(tags::PHOTOMETRIC_INTERPRETATION),
            modality: text(tags::MODALITY),
            view_position: text(tags::VIEW_POSITION),
            view_code: meaning(data, tags::VIEW_CODE_SEQUENCE),
            body_part: text(tags::BODY_PART_EXAMINED),
            anatomic_region: meaning(data, tags::ANATOMIC_REGION_SEQUENCE),
            laterality: text(tags::IMAGE_LATERALITY).or_else(|| text(tags::LATERALITY)),
            patient_orientation: text(tags::PATIENT_ORIENTATION),
            transfer_syntax_uid: short_text(meta, tags::TRANSFER_SYNTAX_UID),
            manufacturer: text(tags::MANUFACTURER),
            model: text(tags::MANUFACTURER_MODEL_NAME),
            study_date: text(tags::STUDY_DATE),
            acquisition_date: text(tags::ACQUISITION_DATE),
            kvp: number(tags::KVP),
            exposure_mas: number(tags::EXPOSURE),
            burned_in_annotation: flag(tags::BURNED_IN_ANNOTATION),
            patient_id: identifier(data, &[tags::PATIENT_ID], &[tags::ISSUER_OF_PATIENT_ID]),
            person: identifier(data, &[tags::PATIENT_NAME, tags::PATIENT_BIRTH_DATE], &[]),
            study: identifier(data, &[tags::STUDY_INSTANCE_UID], &[]),
            institution: identifier(data, &[tags::INSTITUTION_NAME], &[]),
            station: identifier(data, &[tags::STATION_NAME], &[]),
            ..Facts::plain(Format::Dicom, bits_stored)
        }
    }
}

/// An identifier of which only equality is left: SHA-256 under a random salt that lives as long as the process.
/// Equal identifiers of one process have equal hashes; without the salt no list of names or numbers can be tried.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct IdentifierHash([u8; 32]);

impl std::fmt::Debug for IdentifierHash {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("(hidden)")
    }
}

/// Hash of the texts, letters in capitals and blanks and carets as one blank; none where a needed one is absent.
fn identifier(data: &Dataset, needed: &[Tag], optional: &[Tag]) -> Option<IdentifierHash> {
    static SALT: OnceLock<[u64; 4]> = OnceLock::new();
    let salt = SALT.get_or_init(|| std::array::from_fn(|part| RandomState::new().hash_one(part)));
    let mut hash = Sha256::new();
    for word in salt {
        hash.update(word.to_le_bytes());
    }
    for (tag, is_needed) in needed
        .iter()
        .map(|tag| (*tag, true))
        .chain(optional.iter().map(|tag| (*tag, false)))
    {
        let text = data.text(tag).map(|text| normal(&text)).unwrap_or_default();
        if is_needed && (text.is_empty() || is_placeholder(&text)) {
            return None;
        }
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    }
    Some(IdentifierHash(hash.finalize().into()))
}

fn normal(text: &str) -> String {
    let capitals = text.to_uppercase();
    let words = capitals.split(|letter: char| letter == '^' || letter.is_whitespace());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// Whether a text stands for a name or number that was taken out, and so would make strangers one patient.
fn is_placeholder(text: &str) -> bool {
    let words = ["ANON", "DEIDENT", "REMOVED", "UNKNOWN", "NONAME"];
    let joined: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
    joined.chars().all(|c| c == '0' || c == 'X') || words.iter().any(|word| joined.contains(word))
}

/// Code Meaning of the first item of a sequence; a broken one says nothing.
fn meaning(data: &Dataset, sequence: Tag) -> Option<String> {
    let item = data.first_item(sequence).ok().flatten()?;
    short_text(&item, tags::CODE_MEANING)
}

fn positive(text: &str) -> Option<f64> {
    let number = text.split('\\').next()?.trim().parse::<f64>().ok()?;
    (number > 0.0 && number.is_finite()).then_some(number)
}
