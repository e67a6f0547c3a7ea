//! Which fragments of compressed pixel data make up a frame.
//!
//! In: the fragments, their offset tables, the number of frames. Out: the bytes of one frame, joined. A frame may
//! be split anywhere, and a table may be empty, so in this order: one frame takes all; the Extended Offset Table;
//! the Basic Offset Table; one fragment a frame; a new frame at each fragment that starts like a code stream.
//! An offset that no fragment starts at is an error: a guess could show another frame.
//!
//! Source: DICOM PS3.5 A.4 (fragments, Basic Offset Table), PS3.3 C.7.6.3.1.8 (Extended Offset Table). Checked
//! against: pydicom (docs/dicom.md).

use std::borrow::Cow;

use dicom_dictionary_std::tags;

use crate::dataset::Dataset;
use crate::error::{DecodeError, broken};

/// What each item of pixel data takes before its bytes: a tag and a length.
const ITEM_HEADER: u64 = 8;

/// The bytes of the frame, counted from 0 and below `frames`.
pub(crate) fn frame_bytes<'a>(
    data: &Dataset<'a>,
    offsets: &[u8],
    fragments: &[&'a [u8]],
    frame: u64,
    frames: u64,
) -> Result<Cow<'a, [u8]>, DecodeError> {
    if frames == 1 {
        return Ok(join(fragments));
    }
    let extended = data.bytes(tags::EXTENDED_OFFSET_TABLE);
    let starts = match extended {
        Some(table) => {
            let numbers = table.as_chunks::<8>().0;
            numbers.iter().map(|&b| u64::from_le_bytes(b)).collect()
        }
        None => {
            let numbers = offsets.as_chunks::<4>().0;
            let starts = numbers.iter().map(|&b| u64::from(u32::from_le_bytes(b)));
            starts.collect::<Vec<u64>>()
        }
    };
    let range = if !starts.is_empty() {
        by_offset(&starts, fragments, frame, frames)?
    } else if fragments.len() as u64 == frames {
        frame as usize..frame as usize + 1
    } else {
        by_code_stream(fragments, frame, frames)?
    };
    Ok(join(&fragments[range]))
}

fn by_offset(
    starts: &[u64],
    fragments: &[&[u8]],
    frame: u64,
    frames: u64,
) -> Result<std::ops::Range<usize>, DecodeError> {
    if starts.len() as u64 != frames {
        let found = starts.len();
        return Err(broken(format!(
            "an offset table of {found} entries for {frames} frames"
        )));
    }
    let mut at = 0;
    let mut places = Vec::with_capacity(fragments.len());
    for fragment in fragments {
        places.push(at);
        at += ITEM_HEADER + fragment.len() as u64;
    }
    let index_of = |offset: u64| {
        places.binary_search(&offset).map_err(|_| {
            broken(format!(
                "a frame offset of {offset}, where no fragment starts"
            ))
        })
    };
    let frame = frame as usize;
    let first = index_of(starts[frame])?;
    let end = match starts.get(frame + 1) {
        Some(&next) => index_of(next)?,
        None => fragments.len(),
    };
    if first >= end {
        return Err(broken("frame offsets that do not increase".into()));
    }
    Ok(first..end)
}

fn by_code_stream(
    fragments: &[&[u8]],
    frame: u64,
    frames: u64,
) -> Result<std::ops::Range<usize>, DecodeError> {
    let is_start = |fragment: &[u8]| {
        [&b"\xff\xd8\xff"[..], b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  "]
            .iter()
            .any(|magic| fragment.starts_with(magic))
    };
    let starts: Vec<usize> = (0..fragments.len())
        .filter(|&index| is_start(fragments[index]))
        .collect();
    if starts.len() as u64 != frames {
        let found = fragments.len();
        return Err(broken(format!(
            "{found} fragments without offsets for {frames} frames"
        )));
    }
    let frame = frame as usize;
    let end = starts.get(frame + 1).copied().unwrap_or(fragments.len());
    Ok(starts[frame]..end)
}

fn join<'a>(fragments: &[&'a [u8]]) -> Cow<'a, [u8]> {
    match fragments {
        [one] => Cow::Borrowed(one),
        several => Cow::Owned(several.concat()),
    }
}
