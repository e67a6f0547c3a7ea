//! Elements to bytes.
//!
//! In: tags, value representations and values, in the encoding of the input. Out: a data set, sequences and items with
//! their lengths. The values of elements that stay are copied as they are, so that nothing is converted twice.
//!
//! Source: DICOM PS3.5 section 7.

use std::borrow::Cow;
use std::collections::BTreeMap;

use dicom_core::Tag;
use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry};
use dicom_dictionary_std::StandardDataDictionary;

use crate::dataset::{Encoding, is_long};

/// A value representation in letters.
pub(super) type Vr = [u8; 2];

/// What is to be written of an element.
pub(super) struct Built<'a> {
    pub vr: Vr,
    pub value: Cow<'a, [u8]>,
}

pub(super) type Elements<'a> = BTreeMap<Tag, Built<'a>>;

/// A text element; texts are padded to an even length when they are written.
pub(super) fn put(elements: &mut Elements, tag: Tag, vr: &Vr, text: &str) {
    let value = Cow::Owned(text.as_bytes().to_vec());
    elements.insert(tag, Built { vr: *vr, value });
}

/// The VR that the standard gives an attribute, and its keyword; none where it knows no such attribute.
pub(super) fn standard(tag: Tag) -> Option<(Vr, &'static str)> {
    let entry = StandardDataDictionary.by_tag(tag)?;
    let vr = entry.vr().relaxed().to_string();
    Some((*vr.as_bytes().first_chunk()?, entry.alias))
}

/// The data set in bytes.
pub(super) fn written(elements: &Elements, encoding: Encoding) -> Vec<u8> {
    let size = elements.values().map(|built| built.value.len() + 14).sum();
    let mut out = Vec::with_capacity(size);
    for (&tag, built) in elements {
        let odd = built.value.len() % 2;
        write_header(&mut out, tag, built.vr, built.value.len() + odd, encoding);
        out.extend(&*built.value);
        if odd == 1 {
            let is_text = !matches!(&built.vr, b"UI" | b"OB" | b"OW" | b"UN" | b"SQ");
            out.push(if is_text { b' ' } else { 0 });
        }
    }
    out
}

/// The value of a sequence.
pub(super) fn sequence(items: &[Vec<u8>], encoding: Encoding) -> Vec<u8> {
    let mut out = Vec::new();
    for item in items {
        write_header(&mut out, Tag(0xfffe, 0xe000), [0; 2], item.len(), encoding);
        out.extend(item);
    }
    out
}

/// Compressed pixel data, one fragment a frame, with an empty offset table.
pub(super) fn write_fragments(out: &mut Vec<u8>, frames: &[Vec<u8>], encoding: Encoding) {
    push_tag(out, Tag(0x7fe0, 0x0010), encoding);
    out.extend(b"OB\0\0\xff\xff\xff\xff");
    write_header(out, Tag(0xfffe, 0xe000), [0; 2], 0, encoding);
    for frame in frames {
        let odd = frame.len() % 2;
        write_header(
            out,
            Tag(0xfffe, 0xe000),
            [0; 2],
            frame.len() + odd,
            encoding,
        );
        out.extend(frame);
        out.extend(&[0_u8][..odd]);
    }
    write_header(out, Tag(0xfffe, 0xe0dd), [0; 2], 0, encoding);
}

/// Tag, VR and length; a length that a short VR cannot hold makes it UN, as PS3.5 6.2.2 wants.
fn write_header(out: &mut Vec<u8>, tag: Tag, vr: Vr, length: usize, encoding: Encoding) {
    push_tag(out, tag, encoding);
    let word = |number: u16| {
        if encoding.big_endian {
            number.to_be_bytes()
        } else {
            number.to_le_bytes()
        }
    };
    let length = length as u32;
    if encoding.explicit && tag.0 != 0xfffe {
        let is_short = !is_long(vr);
        if let (true, Ok(length)) = (is_short, u16::try_from(length)) {
            out.extend(vr);
            out.extend(word(length));
            return;
        }
        out.extend(if is_short { *b"UN" } else { vr });
        out.extend([0; 2]);
    }
    out.extend(if encoding.big_endian {
        length.to_be_bytes()
    } else {
        length.to_le_bytes()
    });
}

fn push_tag(out: &mut Vec<u8>, tag: Tag, encoding: Encoding) {
    for number in [tag.0, tag.1] {
        out.extend(if encoding.big_endian {
            number.to_be_bytes()
        } else {
            number.to_le_bytes()
        });
    }
}
