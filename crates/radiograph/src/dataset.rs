//! The elements of a DICOM data set, borrowed from the bytes of the file.
//!
//! In: bytes and how they are encoded. Out: a map from tag to value, up to and with the pixel data; nothing is
//! copied. A reader of its own, because files come from anywhere: dicom-rs takes as much memory as a header
//! declares (4 GiB from a file of 200 bytes) and recurses into nested sequences. Here no length is believed
//! before the bytes are there, nesting is walked without recursion, and only the sequences that are asked for
//! are parsed.
//!
//! Source: DICOM PS3.5 section 7 (encoding), 6.2.2 (unknown VR of undefined length), A.4 (fragments).
//! Checked against: pydicom (tools/golden/pydicom_grey.py) and dicom-rs (round trip in tests/it/write.rs).

use std::collections::BTreeMap;

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use crate::error::{DecodeError, broken};
use crate::facts::Format;

const ITEM: Tag = Tag(0xfffe, 0xe000);
const ITEM_END: Tag = Tag(0xfffe, 0xe00d);
const SEQUENCE_END: Tag = Tag(0xfffe, 0xe0dd);

const PIXELS: [Tag; 3] = [
    tags::PIXEL_DATA,
    tags::FLOAT_PIXEL_DATA,
    tags::DOUBLE_FLOAT_PIXEL_DATA,
];

const MAX_ELEMENTS: usize = 100_000;
const MAX_DEPTH: usize = 64;

/// Value representations whose length has 32 bits in explicit encoding.
const LONG: [&[u8; 2]; 13] = [
    b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV",
];
const SHORT: [&[u8; 2]; 21] = [
    b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FL", b"FD", b"IS", b"LO", b"LT", b"PN",
    b"SH", b"SL", b"SS", b"ST", b"TM", b"UI", b"UL", b"US",
];

/// How elements are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Encoding {
    pub explicit: bool,
    pub big_endian: bool,
}

/// Explicit VR little endian, the encoding of the file meta group.
pub(crate) const EXPLICIT_LITTLE: Encoding = Encoding {
    explicit: true,
    big_endian: false,
};

/// A parsed data set.
#[derive(Debug)]
pub(crate) struct Dataset<'a> {
    pub encoding: Encoding,
    elements: BTreeMap<Tag, Element<'a>>,
}

/// One element. The VR is zero in implicit encoding.
#[derive(Debug)]
pub(crate) struct Element<'a> {
    pub vr: [u8; 2],
    pub value: Value<'a>,
}

#[derive(Debug)]
pub(crate) enum Value<'a> {
    /// The bytes of a value, or of the items of a sequence.
    Bytes(&'a [u8]),
    /// Compressed pixel data.
    Fragments {
        /// The Basic Offset Table, often empty.
        offsets: &'a [u8],
        /// At least one.
        fragments: Vec<&'a [u8]>,
    },
}

impl<'a> Dataset<'a> {
    /// Parses up to and with the pixel data, up to the end of an item, or to the end. Pixel data that declares more
    /// than there is takes what there is: a frame of it may be whole.
    pub fn parse(bytes: &'a [u8], encoding: Encoding) -> Result<Dataset<'a>, DecodeError> {
        let (mut data, pixels) = Dataset::parse_header(bytes, encoding)?;
        if let Some((mut cursor, header)) = pixels {
            let rest = &bytes[cursor.at..];
            let value = match header.length {
                Some(length) => Value::Bytes(rest.get(..length as usize).unwrap_or(rest)),
                None => cursor.fragments()?,
            };
            let vr = header.vr;
            data.elements.insert(header.tag, Element { vr, value });
        }
        Ok(data)
    }

    /// Where the value of the pixel data starts; none where it does not come.
    pub fn pixels_at(bytes: &'a [u8], encoding: Encoding) -> Option<(Dataset<'a>, usize)> {
        let (data, pixels) = Dataset::parse_header(bytes, encoding).ok()?;
        pixels.map(|(cursor, _)| (data, cursor.at))
    }

    /// The elements before the pixel data, and where that starts.
    fn parse_header(
        bytes: &'a [u8],
        encoding: Encoding,
    ) -> Result<(Dataset<'a>, Option<(Cursor<'a>, Header)>), DecodeError> {
        let mut cursor = Cursor::new(bytes, encoding);
        let mut elements = BTreeMap::new();
        while cursor.at < bytes.len() {
            let header = cursor.header()?;
            if header.tag == ITEM_END {
                break;
            }
            if PIXELS.contains(&header.tag) {
                return Ok((Dataset { encoding, elements }, Some((cursor, header))));
            }
            let value = Value::Bytes(match header.length {
                Some(length) => cursor.take(header.tag, length)?,
                None => cursor.undefined_length(header.vr)?,
            });
            let vr = header.vr;
            elements.insert(header.tag, Element { vr, value });
            if elements.len() > MAX_ELEMENTS {
                return Err(broken(format!("more than {MAX_ELEMENTS} elements")));
            }
        }
        Ok((Dataset { encoding, elements }, None))
    }

    /// Parses the elements of the file meta group, and says how many bytes they take.
    pub fn parse_meta(bytes: &'a [u8]) -> Result<(Dataset<'a>, usize), DecodeError> {
        let mut cursor = Cursor::new(bytes, EXPLICIT_LITTLE);
        let mut elements = BTreeMap::new();
        while bytes.get(cursor.at..cursor.at + 2) == Some(&[2, 0]) {
            let header = cursor.header()?;
            let length = header
                .length
                .ok_or_else(|| broken(format!("{} has no length", header.tag)))?;
            let value = Value::Bytes(cursor.take(header.tag, length)?);
            elements.insert(
                header.tag,
                Element {
                    vr: header.vr,
                    value,
                },
            );
        }
        Ok((
            Dataset {
                encoding: EXPLICIT_LITTLE,
                elements,
            },
            cursor.at,
        ))
    }

    pub fn get(&self, tag: Tag) -> Option<&Element<'a>> {
        self.elements.get(&tag)
    }

    /// All elements, by tag.
    pub fn iter(&self) -> impl Iterator<Item = (Tag, &Element<'a>)> {
        self.elements.iter().map(|(&tag, element)| (tag, element))
    }

    /// The bytes of an element that is present and not empty.
    pub fn bytes(&self, tag: Tag) -> Option<&'a [u8]> {
        match self.get(tag)?.value {
            Value::Bytes(bytes) if !bytes.is_empty() => Some(bytes),
            _ => None,
        }
    }

    /// The text of an element, without padding; none where absent or blank.
    pub fn text(&self, tag: Tag) -> Option<String> {
        let text = String::from_utf8_lossy(self.bytes(tag)?);
        let text = text.trim_matches(|letter: char| letter == '\0' || letter.is_whitespace());
        (!text.is_empty()).then(|| text.to_string())
    }

    /// The 16-bit words of an element.
    pub fn words(&self, tag: Tag) -> Option<impl Iterator<Item = u16> + use<'a>> {
        let big_endian = self.encoding.big_endian;
        Some(
            self.bytes(tag)?
                .chunks_exact(2)
                .map(move |pair| word([pair[0], pair[1]], big_endian)),
        )
    }

    /// Hands each item of a sequence over; none where it is absent.
    pub fn each_item(
        &self,
        tag: Tag,
        mut take: impl FnMut(&Dataset<'a>) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        let bytes = self.bytes(tag).unwrap_or_default();
        let mut cursor = Cursor::new(bytes, self.encoding);
        while cursor.at < bytes.len() {
            let header = cursor.header()?;
            if header.tag == SEQUENCE_END {
                break;
            }
            if header.tag != ITEM {
                return Err(broken(format!(
                    "sequence {tag} holds {}, expected an item",
                    header.tag
                )));
            }
            let content = match header.length {
                Some(length) => {
                    // The last item may say more than the sequence holds; other readers take what is there.
                    let rest = &bytes[cursor.at..];
                    let content = rest.get(..length as usize).unwrap_or(rest);
                    cursor.at += content.len();
                    content
                }
                None => cursor.undefined_length(header.vr)?,
            };
            take(&Dataset::parse(content, self.encoding)?)?;
        }
        Ok(())
    }

    /// The first item of a sequence; none where the sequence is absent or has no items.
    pub fn first_item(&self, tag: Tag) -> Result<Option<Dataset<'a>>, DecodeError> {
        let Some(bytes) = self.bytes(tag) else {
            return Ok(None);
        };
        let mut cursor = Cursor::new(bytes, self.encoding);
        let header = cursor.header()?;
        if header.tag == SEQUENCE_END {
            return Ok(None);
        }
        if header.tag != ITEM {
            return Err(broken(format!(
                "sequence {tag} starts with {}, expected an item",
                header.tag
            )));
        }
        let content = match header.length {
            Some(length) => cursor.take(tag, length)?,
            None => &bytes[cursor.at..],
        };
        Dataset::parse(content, self.encoding).map(Some)
    }
}

/// The bytes of each item of a sequence.
pub(crate) fn item_contents(bytes: &[u8], encoding: Encoding) -> Result<Vec<&[u8]>, DecodeError> {
    let mut cursor = Cursor::new(bytes, encoding);
    let mut items = Vec::new();
    while cursor.at < bytes.len() {
        let header = cursor.header()?;
        items.push(match (header.tag, header.length) {
            (SEQUENCE_END, _) => break,
            (ITEM, Some(length)) => cursor.take(ITEM, length)?,
            (ITEM, None) => cursor.undefined_length([0; 2])?,
            (tag, _) => return Err(broken(format!("a sequence with {tag}, expected an item"))),
        });
    }
    Ok(items)
}

/// Whether the bytes start like a data set without preamble: group 0002 or 0008, and a believable VR or length.
pub(crate) fn looks_like_dataset(bytes: &[u8]) -> bool {
    let [0x02 | 0x08, 0, _, _, b @ ..] = bytes else {
        return false;
    };
    let Some(&[first, second, third, fourth]) = b.first_chunk() else {
        return false;
    };
    is_known_vr([first, second])
        || u32::from_le_bytes([first, second, third, fourth]) as usize <= b.len() - 4
}

/// Whether the element at the start of the bytes names its VR.
pub(crate) fn looks_explicit(bytes: &[u8]) -> bool {
    bytes
        .get(4..6)
        .is_some_and(|vr| is_known_vr([vr[0], vr[1]]))
}

/// A 16-bit word from two bytes.
pub(crate) fn word(pair: [u8; 2], big_endian: bool) -> u16 {
    if big_endian {
        u16::from_be_bytes(pair)
    } else {
        u16::from_le_bytes(pair)
    }
}

/// Whether the VR's length has 32 bits in explicit encoding.
pub(crate) fn is_long(vr: [u8; 2]) -> bool {
    LONG.contains(&&vr)
}

/// Whether the standard has such a VR.
pub(crate) fn is_known_vr(vr: [u8; 2]) -> bool {
    LONG.contains(&&vr) || SHORT.contains(&&vr)
}

struct Header {
    tag: Tag,
    vr: [u8; 2],
    /// None: undefined, ended by a delimiter.
    length: Option<u32>,
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    encoding: Encoding,
}

impl<'a> Cursor<'a> {
    fn new(bytes: &'a [u8], encoding: Encoding) -> Self {
        Cursor {
            bytes,
            at: 0,
            encoding,
        }
    }

    fn header(&mut self) -> Result<Header, DecodeError> {
        let [a, b, c, d] = self.chunk()?;
        let big_endian = self.encoding.big_endian;
        let tag = Tag(word([a, b], big_endian), word([c, d], big_endian));
        let rest: [u8; 4] = self.chunk()?;
        let vr = [rest[0], rest[1]];
        // An item has no VR; an element without one amid explicit ones is written by broken software, and read
        // as implicit.
        if tag.0 == 0xfffe || !self.encoding.explicit || !vr.iter().all(u8::is_ascii_uppercase) {
            return Ok(Header {
                tag,
                vr: [0; 2],
                length: self.long(rest),
            });
        }
        let length = if is_long(vr) {
            let length = self.chunk()?;
            self.long(length)
        } else {
            Some(u32::from(word([rest[2], rest[3]], big_endian)))
        };
        Ok(Header { tag, vr, length })
    }

    fn long(&self, bytes: [u8; 4]) -> Option<u32> {
        let big_endian = self.encoding.big_endian;
        let length = if big_endian {
            u32::from_be_bytes(bytes)
        } else {
            u32::from_le_bytes(bytes)
        };
        (length != u32::MAX).then_some(length)
    }

    fn chunk<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let rest = &self.bytes[self.at..];
        let chunk = rest.first_chunk().ok_or_else(|| DecodeError::Truncated {
            format: Format::Dicom,
            place: format!("{} bytes of an element header, expected {N}", rest.len()),
        })?;
        self.at += N;
        Ok(*chunk)
    }

    fn take(&mut self, tag: Tag, length: u32) -> Result<&'a [u8], DecodeError> {
        let rest = &self.bytes[self.at..];
        let value = rest
            .get(..length as usize)
            .ok_or_else(|| DecodeError::Truncated {
                format: Format::Dicom,
                place: format!(
                    "{} of the {length} bytes that element {tag} declares",
                    rest.len()
                ),
            })?;
        self.at += value.len();
        Ok(value)
    }

    /// The bytes up to the delimiter that ends the value starting here; the cursor moves past it.
    fn undefined_length(&mut self, vr: [u8; 2]) -> Result<&'a [u8], DecodeError> {
        let start = self.at;
        // For every open sequence or item, whether what surrounds it is explicit.
        let mut open = vec![self.encoding.explicit];
        self.encoding.explicit &= vr != *b"UN";
        loop {
            let end = self.at;
            let header = self.header()?;
            match header.length {
                _ if matches!(header.tag, ITEM_END | SEQUENCE_END) => {
                    self.encoding.explicit = open.pop().unwrap_or(self.encoding.explicit);
                    if open.is_empty() {
                        return Ok(&self.bytes[start..end]);
                    }
                }
                None if open.len() == MAX_DEPTH => {
                    return Err(broken(format!(
                        "sequences nested more than {MAX_DEPTH} deep"
                    )));
                }
                None => {
                    open.push(self.encoding.explicit);
                    self.encoding.explicit &= header.vr != *b"UN";
                }
                Some(length) => {
                    self.take(header.tag, length)?;
                }
            }
        }
    }

    fn fragments(&mut self) -> Result<Value<'a>, DecodeError> {
        let mut fragments = Vec::new();
        loop {
            let header = self.header()?;
            match (header.tag, header.length) {
                (SEQUENCE_END, _) => break,
                (ITEM, Some(length)) => fragments.push(self.take(tags::PIXEL_DATA, length)?),
                (tag, _) => {
                    return Err(broken(format!(
                        "compressed pixel data holds {tag}, expected an item"
                    )));
                }
            }
            if fragments.len() > MAX_ELEMENTS {
                return Err(broken(format!(
                    "more than {MAX_ELEMENTS} fragments of pixel data"
                )));
            }
        }
        if fragments.len() < 2 {
            return Err(broken("compressed pixel data without a fragment".into()));
        }
        let offsets = fragments.remove(0);
        Ok(Value::Fragments { offsets, fragments })
    }
}
