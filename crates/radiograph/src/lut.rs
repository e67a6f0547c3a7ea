//! A look-up table of a DICOM header: modality LUT, VOI LUT or one colour of a palette.
//!
//! In: LUT Descriptor (number of entries, first value mapped, bits an entry) and LUT Data. Out: a function that
//! is constant below the first and above the last entry. A value between two entries takes the lower one, as in
//! pydicom.
//!
//! Source: DICOM PS3.3 C.11.1.1, C.11.2.1.1, C.7.6.3.1.5. Checked against: pydicom.

use dicom_core::Tag;
use dicom_dictionary_std::tags;

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
        if data.get(data_tag).is_none()
            && let Some(words) = segmented(data_tag).and_then(|tag| data.words(tag))
        {
            let entries = expand(&words.collect::<Vec<u16>>(), count).ok_or_else(|| {
                invalid(name, data_tag, format_args!("damaged segments"), "a table")
            })?;
            return Ok(Lut {
                first,
                entries,
                bits,
            });
        }
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

/// The segmented form of a palette's data.
fn segmented(data_tag: Tag) -> Option<Tag> {
    match data_tag {
        tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DATA => {
            Some(tags::SEGMENTED_RED_PALETTE_COLOR_LOOKUP_TABLE_DATA)
        }
        tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DATA => {
            Some(tags::SEGMENTED_GREEN_PALETTE_COLOR_LOOKUP_TABLE_DATA)
        }
        tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DATA => {
            Some(tags::SEGMENTED_BLUE_PALETTE_COLOR_LOOKUP_TABLE_DATA)
        }
        _ => None,
    }
}

/// Segments to exactly `count` entries (PS3.3 C.7.9.2): 0 lists values, 1 goes straight to a value, 2 repeats
/// segments from a place before it.
fn expand(words: &[u16], count: usize) -> Option<Vec<u16>> {
    let mut entries = Vec::with_capacity(count);
    // Where to read on, and how many segments of a repetition are left there.
    let (mut at, mut repeated) = (0, None);
    while entries.len() < count {
        if let Some((0, back)) = repeated {
            (at, repeated) = (back, None);
        }
        let (&kind, &length) = (words.get(at)?, words.get(at + 1)?);
        let length = usize::from(length);
        match kind {
            // What adds nothing could be repeated for ever.
            0 | 1 if length == 0 => return None,
            0 => {
                entries.extend(words.get(at + 2..at + 2 + length)?);
                at += 2 + length;
            }
            1 => {
                let (start, end) = (f64::from(*entries.last()?), f64::from(*words.get(at + 2)?));
                let step = (end - start) / length as f64;
                // Halves to even, as pydicom has it: the standard does not say.
                let line = (1..=length).map(|index| start + step * index as f64);
                let line = line.map(|value| value.round_ties_even() as u16);
                entries.extend(line);
                at += 3;
            }
            2 if repeated.is_none() => {
                let (&low, &high) = (words.get(at + 2)?, words.get(at + 3)?);
                // The offset counts bytes.
                let place = (usize::from(high) << 16 | usize::from(low)) / 2;
                (at, repeated) = (place, Some((length, at + 4)));
                continue;
            }
            _ => return None,
        }
        if let Some((left, _)) = &mut repeated {
            *left -= 1;
        }
    }
    (entries.len() == count).then_some(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_list_interpolate_and_repeat() {
        let list_and_line = [0, 2, 10, 20, 1, 4, 40];
        let expected = [10, 20, 25, 30, 35, 40];
        assert_eq!(expand(&list_and_line, 6).unwrap(), expected);
        let repeat = [&list_and_line[..], &[2, 2, 0, 0]].concat();
        let twice = [expected, expected].concat();
        assert_eq!(expand(&repeat, 12).unwrap(), twice);
    }

    #[test]
    fn damaged_segments_give_no_table_and_end() {
        assert_eq!(expand(&[1, 4, 40], 4), None);
        assert_eq!(expand(&[0, 9, 1], 9), None);
        // A repetition of itself, and segments that add nothing.
        assert_eq!(expand(&[2, 1, 0, 0], 4), None);
        assert_eq!(expand(&[0, 0, 0, 0], 4), None);
    }
}
