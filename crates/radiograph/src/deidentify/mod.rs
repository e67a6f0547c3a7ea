//! A DICOM picture without what says whose it is: the Basic Application Level Confidentiality Profile of the standard.
//!
//! In: the bytes of a DICOM file, the user's key, what is to be kept. Out: the bytes of another file of the same pixels, and
//! a tally without any value. Nothing but the data set is carried over, attribute by attribute: preamble, file meta group
//! and whatever follows the pixels are not copied but written anew or left out. Only pictures are taken: reports,
//! documents and DICOMDIRs are text about patients, which no table of attributes makes harmless.
//!
//! What stays is what the profile leaves: most numbers of the acquisition, and the pixels. Text burned into them is not
//! looked for.
//!
//! Source: DICOM PS3.15 annex E; PS3.16 CID 7050; PS3.10 section 7. Checked against: pydicom, dicom-anonymizer, dciodvfy
//! (docs/guide/deidentify.md).

mod clean;
mod date;
mod element;
mod error;
mod identity;
mod mark;
mod pixels;
mod pseudonym;
mod stream;
mod table;
mod tally;

use std::borrow::Cow;

use dicom_core::Tag;
use dicom_dictionary_std::tags;

pub use error::DeidentifyError;
pub use pseudonym::Key;
pub(crate) use pseudonym::uid_of_hash;
pub use tally::{Fate, Line, Tally};

use clean::{Cleaner, trimmed};
use element::{Built, put, write_fragments, written};
use identity::{identifiers, identity};
use mark::{head, mark, syntax_name};
use pixels::{Data, pixels};

use crate::dataset::Dataset;
use crate::decode::{Content, MAX_FILE_BYTES, content};
use crate::dicom::{inflated, is_directory};
use crate::error::DecodeError;
use crate::syntax::{Syntax, transfer_syntax};

/// The edition of the table of attributes.
pub const EDITION: &str = "2026c";

/// What happens to dates and times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dates {
    /// They go.
    #[default]
    Removed,
    /// Those of a patient move back by the same 1 to 3650 days, which the key decides; times of day stay.
    Moved,
}

/// An area of the picture, in pixels from the top left corner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Area {
    /// First column.
    pub x: usize,
    /// First row.
    pub y: usize,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

impl Area {
    fn pixels(self, width: usize, height: usize) -> impl Iterator<Item = (usize, usize)> {
        let rows = self.y..self.y.saturating_add(self.height).min(height);
        let columns = self.x..self.x.saturating_add(self.width).min(width);
        rows.flat_map(move |y| columns.clone().map(move |x| (x, y)))
    }
}

/// An area to blank, and in which pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blank {
    /// Where.
    pub area: Area,
    /// Only where Manufacturer (0008,0070) is this, in any case of its letters.
    pub manufacturer: Option<String>,
    /// Only where Manufacturer's Model Name (0008,1090) is this, in any case of its letters.
    pub model: Option<String>,
    /// Only in pictures of so many columns.
    pub columns: Option<usize>,
    /// Only in pictures of so many rows.
    pub rows: Option<usize>,
}

impl Blank {
    /// In every picture.
    pub fn everywhere(area: Area) -> Blank {
        Blank {
            area,
            manufacturer: None,
            model: None,
            columns: None,
            rows: None,
        }
    }

    fn applies(&self, data: &Dataset) -> bool {
        let is = |wanted: &Option<String>, tag| {
            let found = text(data, tag);
            let same = |wanted: &String| wanted.as_bytes().eq_ignore_ascii_case(found);
            wanted.as_ref().is_none_or(same)
        };
        let counts = |wanted: Option<usize>, tag| {
            let found = data.words(tag).and_then(|mut words| words.next());
            wanted.is_none_or(|wanted| found.map(usize::from) == Some(wanted))
        };
        is(&self.manufacturer, tags::MANUFACTURER)
            && is(&self.model, tags::MANUFACTURER_MODEL_NAME)
            && counts(self.columns, tags::COLUMNS)
            && counts(self.rows, tags::ROWS)
    }
}

/// What is kept beyond the Basic Profile, and what is blanked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// Option Retain Longitudinal Temporal Information with Modified Dates, or none of it.
    pub dates: Dates,
    /// Option Retain Device Identity; titles of application entities go all the same, and dates are treated as dates.
    pub keep_device: bool,
    /// Option Retain Patient Characteristics: sex, age, size, weight and the like.
    pub keep_characteristics: bool,
    /// Areas that are set to black in every frame. With them Burned In Annotation becomes NO: whoever names them says
    /// that no other text is left.
    pub blank: Vec<Blank>,
}

/// A file made of another.
#[derive(Debug, Clone)]
pub struct Deidentified {
    /// The file.
    pub bytes: Vec<u8>,
    /// Patient ID and Patient's Name in it.
    pub pseudonym: String,
    /// SOP Instance UID in it.
    pub instance_uid: String,
    /// What was done.
    pub tally: Tally,
    /// What is to be looked at.
    pub notes: Vec<Note>,
    /// What it was made of. These are identifiers: for a list that only the user keeps.
    pub original: Original,
}

/// The identifiers of the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Original {
    /// Patient ID (0010,0020).
    pub patient_id: String,
    /// Study Instance UID (0020,000D).
    pub study_uid: String,
    /// SOP Instance UID (0008,0018).
    pub instance_uid: String,
}

/// What the user should know of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Note {
    /// The header says that text is burned into the pixels.
    BurnedIn,
    /// No Patient ID: the pseudonym comes from name and birth date, or from the study where these are missing too.
    NoPatientId,
    /// Bits beside the stored ones were set and are cleared: an overlay, perhaps.
    UnusedBits,
    /// No area to blank is for such a picture, or it lies outside.
    NothingBlanked,
    /// A text repeated the patient's name, number or accession number and was emptied.
    Repeated,
}

impl Note {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Note::BurnedIn => "the header says that text is burned into the pixels",
            Note::NoPatientId => {
                "no Patient ID: the pseudonym comes from name and birth date, or from the study"
            }
            Note::UnusedBits => {
                "bits beside the stored ones were set and are cleared: an overlay, perhaps"
            }
            Note::NothingBlanked => {
                "nothing was blanked: no area is for such a picture, or it lies outside"
            }
            Note::Repeated => "a text repeated the patient's name or number and was emptied",
        }
    }
}

/// The picture without what says whose it is.
///
/// # Errors
/// Files that are no DICOM pictures, and those that cannot be read; no message holds a value of the file.
pub fn deidentify(
    bytes: &[u8],
    key: &Key,
    profile: &Profile,
) -> Result<Deidentified, DeidentifyError> {
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(DecodeError::FileSize {
            found: bytes.len() as u64,
        }
        .into());
    }
    let Some(Content::Dicom(start)) = content(bytes) else {
        return Err(DeidentifyError::NotDicom { found: kind(bytes) });
    };
    if is_directory(&bytes[start..]) {
        return Err(DeidentifyError::Directory);
    }
    let (meta, meta_length) = Dataset::parse_meta(&bytes[start..])?;
    let body = &bytes[start + meta_length..];
    let uid = meta.text(tags::TRANSFER_SYNTAX_UID);
    let syntax = transfer_syntax(uid.as_deref(), body)?;
    let body = if syntax.deflated {
        Cow::Owned(inflated(body, syntax)?)
    } else {
        Cow::Borrowed(body)
    };
    let data = Dataset::parse(&body, syntax.encoding)?;
    if data.get(tags::PIXEL_DATA).is_none() {
        return Err(DeidentifyError::NoPicture);
    }
    rewrite(&meta, &data, syntax, key, profile)
}

fn rewrite(
    meta: &Dataset,
    data: &Dataset,
    syntax: Syntax,
    key: &Key,
    profile: &Profile,
) -> Result<Deidentified, DeidentifyError> {
    let class = class(meta, data)?;
    let applying = profile.blank.iter().filter(|blank| blank.applies(data));
    let areas: Vec<Area> = applying.map(|blank| blank.area).collect();
    let pixels = pixels(data, syntax, &areas)?;
    let identity = identity(data);
    let has_patient_id = !text(data, tags::PATIENT_ID).is_empty();
    let mut cleaner = Cleaner {
        key,
        profile,
        pseudonym: key.patient(&identity),
        days: key.days(&identity),
        identifiers: identifiers(data),
        encoding: syntax.encoding,
        tally: Tally::default(),
    };
    let mut elements = cleaner.data_set(data, 0);
    let tally = cleaner.tally;
    let pseudonym = cleaner.pseudonym;

    let mut original_instance = text(data, tags::SOP_INSTANCE_UID);
    if original_instance.is_empty() {
        original_instance = text(meta, tags::MEDIA_STORAGE_SOP_INSTANCE_UID);
    }
    let instance_uid = if original_instance.is_empty() {
        key.uid(&pixels.data.digest())
    } else {
        key.uid(original_instance)
    };
    put(&mut elements, tags::SOP_CLASS_UID, b"UI", &class);
    put(&mut elements, tags::SOP_INSTANCE_UID, b"UI", &instance_uid);
    put(&mut elements, tags::PATIENT_ID, b"LO", &pseudonym);
    put(&mut elements, tags::PATIENT_NAME, b"PN", &pseudonym);
    mark(&mut elements, profile, pixels.is_blanked, syntax.encoding);

    let mut notes = Vec::new();
    let says_burned_in = data.text(tags::BURNED_IN_ANNOTATION).as_deref() == Some("YES");
    for (applies, note) in [
        (says_burned_in && !pixels.is_blanked, Note::BurnedIn),
        (!has_patient_id, Note::NoPatientId),
        (pixels.cleared > 0, Note::UnusedBits),
        (
            !profile.blank.is_empty() && !pixels.is_blanked,
            Note::NothingBlanked,
        ),
        (tally.repeats > 0, Note::Repeated),
    ] {
        if applies {
            notes.push(note);
        }
    }
    let name = syntax_name(syntax, meta, pixels.is_decompressed);
    let mut bytes = head(&class, &instance_uid, &name);
    match pixels.data {
        Data::Native(value) => {
            elements.insert(
                tags::PIXEL_DATA,
                Built {
                    vr: pixels.vr,
                    value,
                },
            );
            bytes.extend(written(&elements, syntax.encoding));
        }
        Data::Frames(frames) => {
            bytes.extend(written(&elements, syntax.encoding));
            write_fragments(&mut bytes, &frames, syntax.encoding);
        }
    }
    let shown = |tag| String::from_utf8_lossy(text(data, tag)).into_owned();
    Ok(Deidentified {
        bytes,
        pseudonym,
        instance_uid,
        tally,
        notes,
        original: Original {
            patient_id: shown(tags::PATIENT_ID),
            study_uid: shown(tags::STUDY_INSTANCE_UID),
            instance_uid: String::from_utf8_lossy(original_instance).into_owned(),
        },
    })
}

/// A storage class of the standard.
fn class(meta: &Dataset, data: &Dataset) -> Result<String, DeidentifyError> {
    let given = data
        .text(tags::SOP_CLASS_UID)
        .or_else(|| meta.text(tags::MEDIA_STORAGE_SOP_CLASS_UID));
    let known = |uid: &String| {
        let is_uid = uid
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.');
        is_uid && uid.len() <= 64 && uid.starts_with("1.2.840.10008.5.1.4.")
    };
    given.filter(known).ok_or(DeidentifyError::Class)
}

fn text<'a>(data: &Dataset<'a>, tag: Tag) -> &'a [u8] {
    trimmed(data.bytes(tag).unwrap_or_default())
}

/// What a file that is not DICOM seems to be; nothing of its content is told.
fn kind(bytes: &[u8]) -> &'static str {
    match content(bytes) {
        _ if bytes.is_empty() => "an empty file",
        Some(_) => "a PNG, JPEG or TIFF picture",
        None if bytes.starts_with(b"PK") => "a ZIP archive",
        None => "another kind of file",
    }
}
