//! A look-up table of a DICOM header: modality LUT, VOI LUT or one colour of a palette.
//!
//! In: LUT Descriptor (number of entries, first value mapped, bits an entry) and LUT Data. Out: a function that
//! is constant below the first and above the last entry. A value between two entries takes the lower one, as in
//! pydicom.
//!
//! Source: DICOM PS3.3 C.11.1.1, C.11.2.1.1, C.7.6.3.1.5. Checked against: pydicom.

use dicom_core::Tag;

use crate::dataset::Dataset;
use crate::error::DecodeError;
use crate::header::invalid;

/// A table with at least one entry.
#[derive(Debug)]
pub(crate) struct Lut {
    first: f64,
    entries: Vec<u16>,
    /// 8 to 16.
    bits: u16,
}

impl Lut {
    /// Reads descriptor and data; `signed` tells how the first value mapped is meant where the header has no
    /// VR.
    pub fn read(
        data: &Dataset,
        name: &'static str,
        descriptor: Tag,
        data_tag: Tag,
        signed: bool,
    ) -> Result<Lut, DecodeError> {
        let missing = |tag| DecodeError::Missing {
            attribute: name,
            tag,
        };
        let mut words = data.words(descriptor).ok_or(missing(descriptor))?;
        let (Some(count), Some(first), Some(bits)) = (words.next(), words.next(), words.next())
        else {
            return Err(invalid(
                name,
                descriptor,
                format_args!("incomplete"),
                "three numbers",
            ));
        };
        if !(8..=16).contains(&bits) {
            return Err(invalid(
                name,
                descriptor,
                format_args!("a table of {bits} bits an entry"),
                "8 to 16",
            ));
        }
        let signed = match data.get(descriptor).map(|element| &element.vr) {
            Some(b"SS") => true,
            Some(b"US") => false,
            _ => signed,
        };
        let first = if signed {
            f64::from(first as i16)
        } else {
            f64::from(first)
        };
        let count = if count == 0 {
            1 << 16
        } else {
            usize::from(count)
        };
        let bytes = data.bytes(data_tag).ok_or(missing(data_tag))?;
        // Eight-bit tables come with one byte an entry, or padded to one word an entry.
        let packed = bits == 8 && bytes.len() == count.next_multiple_of(2);
        let entries: Vec<u16> = if packed && !data.encoding.big_endian {
            bytes[..count].iter().map(|&byte| byte.into()).collect()
        } else {
            data.words(data_tag)
                .into_iter()
                .flatten()
                .take(count)
                .collect()
        };
        if entries.len() < count {
            let found = format_args!("a table of {} entries", entries.len());
            return Err(invalid(name, data_tag, found, &count.to_string()));
        }
        Ok(Lut {
            first,
            entries,
            bits,
        })
    }

    /// The entry of a value, 0 to [`Lut::maximum`].
    pub fn at(&self, value: f64) -> u16 {
        let last = self.entries.len() - 1;
        let index = (value.floor() - self.first).clamp(0.0, last as f64) as usize;
        self.entries[index].min(self.maximum())
    }

    /// The largest value that the declared bits can hold.
    pub fn maximum(&self) -> u16 {
        u16::MAX >> (16 - self.bits)
    }
}
