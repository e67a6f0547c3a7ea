//! Every attribute of a data set, through all its sequences, kept or changed as the profile says.
//!
//! In: a parsed data set, its patient's pseudonym. Out: the elements to be written, and a tally of what was done. What
//! the table does not list is kept only where it can be judged: private attributes, attributes that the
//! dictionary does not know and sequences that cannot be read go; unlisted names go, unlisted dates are treated as the
//! listed ones, unlisted identifiers are remapped unless the standard has defined them. A text that stays although
//! it repeats the patient's name or number is emptied.
//!
//! Source: DICOM PS3.15 annex E.

use std::borrow::Cow;

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::date::moved;
use super::element::{Built, Elements, Vr, put, sequence, standard, written};
use super::pseudonym::Key;
use super::table::{Basic, Row, row};
use super::tally::{Fate, Tally};
use super::{Dates, Profile};
use crate::dataset::{Dataset, Element, Encoding, Value, is_known_vr, item_contents};

const DEPTH_MAX: usize = 64;

/// Written anew, whatever was there.
const MARKS: [Tag; 4] = [
    tags::PATIENT_IDENTITY_REMOVED,
    tags::DEIDENTIFICATION_METHOD,
    tags::DEIDENTIFICATION_METHOD_CODE_SEQUENCE,
    tags::LONGITUDINAL_TEMPORAL_INFORMATION_MODIFIED,
];

/// Identifiers that the standard has defined start so.
const STANDARD_ROOT: &[u8] = b"1.2.840.10008.";
/// Frames of reference that the standard has defined.
const STANDARD_FRAMES: [&[u8]; 2] = [b"1.2.840.10008.1.4.", b"1.2.840.10008.15.1.1"];

pub(super) struct Cleaner<'p> {
    pub key: &'p Key,
    pub profile: &'p Profile,
    pub pseudonym: String,
    /// By how many days the patient's dates move back.
    pub days: i64,
    /// What no text may repeat.
    pub identifiers: Vec<Vec<u8>>,
    /// Of the output.
    pub encoding: Encoding,
    pub tally: Tally,
}

enum Action {
    Keep,
    Remove,
    Empty,
    Dummy,
    Uid,
    /// Move the date; where it is none, the other action.
    Move(Basic),
    Pseudonym,
}

impl Cleaner<'_> {
    /// The elements that stay, without pixel data; `depth` is 0 for the data set, 1 for items of its sequences.
    pub fn data_set<'a>(&mut self, data: &Dataset<'a>, depth: usize) -> Elements<'a> {
        let mut elements = Elements::new();
        for (tag, element) in data.iter() {
            if let Some(built) = self.element(tag, element, data.encoding, depth) {
                elements.insert(tag, built);
            }
        }
        elements
    }

    fn element<'a>(
        &mut self,
        tag: Tag,
        element: &Element<'a>,
        encoding: Encoding,
        depth: usize,
    ) -> Option<Built<'a>> {
        let Value::Bytes(bytes) = element.value else {
            return None;
        };
        // Lengths of groups and what belongs into other groups of a file; pixel data is written apart.
        if tag.1 == 0 || tag.0 < 0x0008 || tag.0 == 0x7fe0 || MARKS.contains(&tag) {
            return None;
        }
        if tag.0 % 2 == 1 {
            self.tally.private += 1;
            return None;
        }
        if matches!(tag.0, 0x5000..=0x50ff | 0x6000..=0x60ff) {
            self.tally.add(tag, Fate::Removed);
            return None;
        }
        let Some((standard_vr, keyword)) = standard(tag) else {
            self.tally.unknown += 1;
            return None;
        };
        let is_un = element.vr == *b"UN";
        let says_how_to_read = tag == tags::PHOTOMETRIC_INTERPRETATION;
        let vr = if is_un || says_how_to_read || !is_known_vr(element.vr) {
            standard_vr
        } else {
            element.vr
        };
        // A number that is declared as text: the number that readers take, and no letter more.
        let (vr, bytes) = match number_length(standard_vr) {
            Some(length)
                if number_length(vr).is_none() && !matches!(&vr, b"SQ" | b"OB" | b"OW" | b"AT") =>
            {
                let Some(number) = bytes.get(..length) else {
                    self.tally.add(tag, Fate::Removed);
                    return None;
                };
                (standard_vr, number)
            }
            _ => (vr, bytes),
        };
        let is_sequence = vr == *b"SQ";
        if (is_un && encoding.big_endian) || is_sequence != (standard_vr == *b"SQ") {
            self.tally.add(tag, Fate::Removed);
            return None;
        }
        let row = row(tag);
        let text = trimmed(bytes);
        match self.action(tag, row, [vr, standard_vr], text, depth) {
            Action::Keep if is_sequence => {
                let implicit = Encoding {
                    explicit: false,
                    big_endian: false,
                };
                let inner = if is_un { implicit } else { encoding };
                let value = self.items(bytes, inner, depth);
                if value.is_none() {
                    self.tally.add(tag, Fate::Removed);
                }
                value.map(|value| Built {
                    vr,
                    value: Cow::Owned(value),
                })
            }
            Action::Keep if is_text(vr) && self.repeats_identifier(text) => {
                self.tally.repeats += 1;
                self.emptied(tag, standard_vr)
            }
            Action::Keep => Some(Built {
                vr,
                value: Cow::Borrowed(bytes),
            }),
            Action::Remove => self.removed(tag),
            Action::Empty => self.emptied(tag, standard_vr),
            Action::Dummy => self.dummy(tag, standard_vr, keyword, row, bytes),
            Action::Uid => {
                self.tally.add(tag, Fate::Remapped);
                let uids = text
                    .split(|&byte| byte == b'\\')
                    .map(|uid| self.key.uid(trimmed(uid)));
                let uids: Vec<String> = uids.collect();
                Some(built(*b"UI", uids.join("\\")))
            }
            Action::Move(otherwise) => {
                let text = std::str::from_utf8(text).ok();
                match text.and_then(|text| moved(text, standard_vr, self.days)) {
                    Some(text) => {
                        self.tally.add(tag, Fate::Moved);
                        Some(built(standard_vr, text))
                    }
                    None if otherwise == Basic::Empty => self.emptied(tag, standard_vr),
                    None if otherwise == Basic::Dummy => {
                        self.dummy(tag, standard_vr, keyword, row, bytes)
                    }
                    None => self.removed(tag),
                }
            }
            Action::Pseudonym => {
                self.tally.add(tag, Fate::Replaced);
                Some(built(standard_vr, self.pseudonym.clone()))
            }
        }
    }

    fn action(
        &self,
        tag: Tag,
        row: Option<Row>,
        vrs: [Vr; 2],
        text: &[u8],
        depth: usize,
    ) -> Action {
        if matches!(tag, tags::PATIENT_ID | tags::PATIENT_NAME) {
            return if depth == 0 {
                Action::Pseudonym
            } else {
                Action::Empty
            };
        }
        let is = |names: &[&Vr]| vrs.iter().any(|vr| names.contains(&vr));
        let is_time = is(&[b"DA", b"DT", b"TM"]);
        let moves = self.profile.dates == Dates::Moved;
        let Some(row) = row else {
            return match () {
                () if is_time && moves => Action::Move(Basic::Remove),
                () if is_time || is(&[b"PN"]) => Action::Remove,
                () if is(&[b"UI"]) && !is_standard_uid(text) => Action::Uid,
                () => Action::Keep,
            };
        };
        let is_kept = row.device && self.profile.keep_device
            || row.characteristics && self.profile.keep_characteristics;
        if is_time && moves && (row.dates || is_kept) {
            return Action::Move(row.basic);
        }
        if is_kept && !is_time {
            return Action::Keep;
        }
        match row.basic {
            Basic::Remove => Action::Remove,
            Basic::Empty => Action::Empty,
            Basic::Dummy => Action::Dummy,
            Basic::References => Action::Keep,
            Basic::Uid
                if text.is_empty()
                    || STANDARD_FRAMES
                        .iter()
                        .any(|known| text.starts_with(known) && is_standard_uid(text)) =>
            {
                Action::Keep
            }
            Basic::Uid => Action::Uid,
        }
    }

    /// A sequence with every item cleaned; none where it cannot be read.
    fn items(&mut self, bytes: &[u8], encoding: Encoding, depth: usize) -> Option<Vec<u8>> {
        if depth == DEPTH_MAX {
            return None;
        }
        let mut items = Vec::new();
        for content in item_contents(bytes, encoding).ok()? {
            let data = Dataset::parse(content, encoding).ok()?;
            let elements = self.data_set(&data, depth + 1);
            items.push(written(&elements, self.encoding));
        }
        Some(sequence(&items, self.encoding))
    }

    fn removed<'a>(&mut self, tag: Tag) -> Option<Built<'a>> {
        self.tally.add(tag, Fate::Removed);
        None
    }

    fn emptied<'a>(&mut self, tag: Tag, vr: Vr) -> Option<Built<'a>> {
        self.tally.add(tag, Fate::Emptied);
        Some(Built {
            vr,
            value: Cow::Borrowed(&[]),
        })
    }

    /// A value that says nothing and is valid.
    fn dummy<'a>(
        &mut self,
        tag: Tag,
        vr: Vr,
        keyword: &str,
        row: Option<Row>,
        bytes: &[u8],
    ) -> Option<Built<'a>> {
        if vr == *b"SQ" && row.is_some_and(|row| row.removable) {
            return self.removed(tag);
        }
        self.tally.add(tag, Fate::Replaced);
        let text = match &vr {
            b"SQ" => {
                let mut code = Elements::new();
                if keyword.ends_with("CodeSequence") {
                    put(&mut code, tags::CODE_VALUE, b"SH", "REMOVED");
                    put(
                        &mut code,
                        tags::CODING_SCHEME_DESIGNATOR,
                        b"SH",
                        "99CORDSIGHT",
                    );
                    put(&mut code, tags::CODE_MEANING, b"LO", "Removed");
                }
                let value = sequence(&[written(&code, self.encoding)], self.encoding);
                return Some(Built {
                    vr,
                    value: Cow::Owned(value),
                });
            }
            b"DA" => "19000101",
            b"DT" => "19000101000000",
            b"TM" => "000000",
            b"AS" => "000Y",
            b"DS" | b"IS" => "0",
            b"UR" => "about:blank",
            b"UI" => return Some(built(vr, self.key.uid(trimmed(bytes)))),
            b"OB" | b"OW" | b"UN" | b"US" | b"SS" => "\0\0",
            b"UL" | b"SL" | b"FL" | b"AT" | b"OL" | b"OF" => "\0\0\0\0",
            b"FD" | b"SV" | b"UV" | b"OD" | b"OV" => "\0\0\0\0\0\0\0\0",
            _ => "REMOVED",
        };
        Some(built(vr, text.into()))
    }

    fn repeats_identifier(&self, text: &[u8]) -> bool {
        let is_letter = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
        self.identifiers.iter().any(|word| {
            text.windows(word.len()).enumerate().any(|(at, window)| {
                window.eq_ignore_ascii_case(word)
                    && !is_letter(at.checked_sub(1).and_then(|before| text.get(before)))
                    && !is_letter(text.get(at + word.len()))
            })
        })
    }
}

/// A value without the padding at its end.
pub(super) fn trimmed(mut bytes: &[u8]) -> &[u8] {
    while let [rest @ .., b' ' | 0] = bytes {
        bytes = rest;
    }
    while let [b' ', rest @ ..] = bytes {
        bytes = rest;
    }
    bytes
}

fn built<'a>(vr: Vr, text: String) -> Built<'a> {
    Built {
        vr,
        value: Cow::Owned(text.into_bytes()),
    }
}

fn is_text(vr: Vr) -> bool {
    matches!(
        &vr,
        b"AE" | b"LO" | b"LT" | b"PN" | b"SH" | b"ST" | b"UC" | b"UR" | b"UT"
    )
}

/// Whether all values are identifiers of the standard itself.
/// Bytes of one binary number of this kind.
fn number_length(vr: Vr) -> Option<usize> {
    match &vr {
        b"US" | b"SS" => Some(2),
        b"UL" | b"SL" | b"FL" => Some(4),
        b"FD" => Some(8),
        _ => None,
    }
}

fn is_standard_uid(text: &[u8]) -> bool {
    let known = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    let mut uids = text.split(|&byte| byte == b'\\').map(trimmed);
    uids.all(|uid| uid.is_empty() || uid.starts_with(STANDARD_ROOT) && uid.iter().all(known))
}
