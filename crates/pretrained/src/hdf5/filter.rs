//! What a chunk went through before it was stored: gzip, shuffle and Fletcher-32, undone from the last to the first.

use std::borrow::Cow;

use flate2::{Decompress, FlushDecompress, Status};

use super::cursor::Cursor;
use super::{Result, unsupported, wrong};
use crate::gather::Element;

const DEFLATE: u16 = 1;
const SHUFFLE: u16 = 2;
const FLETCHER32: u16 = 3;
/// Filters of one dataset; h5py makes three.
const FILTERS_MAX: usize = 32;
const REMEDY: &str = "store the data with gzip or without a filter (h5repack -f GZIP=4)";

/// Filters in the order in which they were applied.
#[derive(Default)]
pub(super) struct Filters<'a> {
    filters: Vec<(u16, &'a [u8])>,
}

/// A chunk's bytes, each number in one place or, shuffled, its first bytes, its second bytes and so on together.
pub(super) struct Planes<'a> {
    bytes: Cow<'a, [u8]>,
    width: usize,
    shuffled: bool,
}

impl Planes<'_> {
    /// One number.
    pub(super) fn number(&self, at: usize, element: Element, big_endian: bool) -> f32 {
        let numbers = self.bytes.len() / self.width;
        let (start, step) = match self.shuffled {
            true => (at, numbers),
            false => (at * self.width, 1),
        };
        let mut number = [0; 8];
        for (i, byte) in number.iter_mut().enumerate().take(self.width) {
            *byte = self.bytes.get(start + i * step).copied().unwrap_or(0);
        }
        element.number(&number, big_endian)
    }
}

impl<'a> Filters<'a> {
    /// Reads a filter message, if there is one.
    pub(super) fn read(body: Option<&'a [u8]>) -> Result<Self> {
        let mut filters = Vec::new();
        let Some(body) = body else {
            return Ok(Self::default());
        };
        let mut body = Cursor::new(body, "filters");
        let (version, count) = (body.u8()?, usize::from(body.u8()?));
        if !(1..=2).contains(&version) || count > FILTERS_MAX {
            let found = format!("{count} filters of version {version}");
            return Err(wrong(found, "at most 32 of version 1 or 2"));
        }
        body.skip(if version == 1 { 6 } else { 0 })?;
        for _ in 0..count {
            let number = body.u16()?;
            let named = version == 1 || number >= 256;
            let name = if named { usize::from(body.u16()?) } else { 0 };
            body.skip(2)?;
            let settings = usize::from(body.u16()?);
            body.skip(if version == 1 {
                name.next_multiple_of(8)
            } else {
                name
            })?;
            filters.push((number, body.take(4 * settings)?));
            body.skip(if version == 1 { settings % 2 * 4 } else { 0 })?;
        }
        Ok(Self { filters })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.filters.is_empty()
    }

    /// A chunk of `length` bytes in memory from what is stored of it; `mask` names the filters that it was spared.
    pub(super) fn undo(
        &self,
        data: &'a [u8],
        mask: u32,
        length: usize,
        width: usize,
    ) -> Result<Planes<'a>> {
        let mut planes = Planes {
            bytes: Cow::Borrowed(data),
            width,
            shuffled: false,
        };
        let applied = self
            .filters
            .iter()
            .enumerate()
            .filter(|(i, _)| mask >> i & 1 == 0);
        let mut applied: Vec<_> = applied.map(|(_, filter)| *filter).collect();
        while let Some((number, settings)) = applied.pop() {
            match number {
                DEFLATE => {
                    let sums = applied
                        .iter()
                        .filter(|(number, _)| *number == FLETCHER32)
                        .count();
                    planes.bytes = Cow::Owned(inflate(&planes.bytes, length + 4 * sums)?);
                }
                FLETCHER32 => planes.bytes = summed(planes.bytes)?,
                SHUFFLE if applied.is_empty() && settings == (width as u32).to_le_bytes() => {
                    planes.shuffled = true;
                }
                SHUFFLE => return Err(unsupported("shuffled parts of numbers", REMEDY)),
                other => return Err(unsupported(format!("filter {other}"), REMEDY)),
            }
        }
        if planes.bytes.len() != length {
            let found = format!("a chunk of {} bytes", planes.bytes.len());
            return Err(wrong(found, format!("{length}")));
        }
        Ok(planes)
    }
}

/// Exactly so many bytes from under gzip.
fn inflate(data: &[u8], length: usize) -> Result<Vec<u8>> {
    // One byte more shows a stream that is too long.
    let mut bytes = vec![0; length + 1];
    let mut stream = Decompress::new(true);
    let ended = stream.decompress(data, &mut bytes, FlushDecompress::Finish);
    if !matches!(ended, Ok(Status::StreamEnd)) || stream.total_out() != length as u64 {
        let found = format!(
            "a chunk that unpacks to {} bytes or not at all",
            stream.total_out()
        );
        return Err(wrong(found, format!("{length}")));
    }
    bytes.truncate(length);
    Ok(bytes)
}

/// The bytes without the checksum behind them, which must be theirs.
fn summed(bytes: Cow<'_, [u8]>) -> Result<Cow<'_, [u8]>> {
    let Some((data, sum)) = bytes.split_last_chunk::<4>() else {
        return Err(wrong("a chunk without its checksum", "4 bytes"));
    };
    let (found, kept) = (sums(*sum), data.len());
    // No fuzzer finds the right sum by itself.
    if fletcher32(data) != found && !cfg!(fuzzing) {
        return Err(wrong(
            "a chunk with a wrong checksum",
            "the values that were written",
        ));
    }
    Ok(match bytes {
        Cow::Borrowed(bytes) => Cow::Borrowed(bytes.get(..kept).unwrap_or_default()),
        Cow::Owned(mut bytes) => {
            bytes.truncate(kept);
            Cow::Owned(bytes)
        }
    })
}

/// The two sums in a checksum. HDF5 folds carries instead of taking remainders: its 65535 is 0.
fn sums([a, b, c, d]: [u8; 4]) -> (u32, u32) {
    let [first, second] = [u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d])];
    (u32::from(first) % 65535, u32::from(second) % 65535)
}

/// Sum of the 16-bit words, the highest byte of a word first, and sum of these sums, modulo 65535.
fn fletcher32(data: &[u8]) -> (u32, u32) {
    let (mut first, mut second) = (0_u32, 0_u32);
    for word in data.chunks(2) {
        let low = word.get(1).copied().unwrap_or(0);
        first = (first + (u32::from(word[0]) << 8 | u32::from(low))) % 65535;
        second = (second + first) % 65535;
    }
    (first, second)
}
