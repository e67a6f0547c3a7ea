//! Code streams without the places where they can hold text.
//!
//! In: one frame of compressed pixel data. Out: a stream of the same picture. Of a JPEG or JPEG-LS stream only the
//! segments that decoding needs are copied; of the application segments that decoders look at (JFIF, Adobe, colour transform of
//! JPEG-LS) the fields that matter are written anew. Boxes round a JPEG 2000 stream are left out and its comments are filled
//! with zeros, since lengths of tile parts count them. What follows the end of a stream goes. A segment that is unknown
//! stops the file: it might hold anything.
//!
//! Source: ITU-T T.81 annex B, T.87 annex C, T.800 annex A, T.814.

use super::error::DeidentifyError;

/// The JPEG or JPEG-LS stream without text.
pub(super) fn jpeg_without_text(bytes: &[u8]) -> Result<Vec<u8>, DeidentifyError> {
    if !bytes.starts_with(&[0xff, 0xd8]) {
        return Err(stream("a JPEG stream without its first marker"));
    }
    let mut out = Vec::with_capacity(bytes.len());
    out.extend([0xff, 0xd8]);
    let mut rest = &bytes[2..];
    let mut scans = 0;
    // Garbage between segments is passed over, as decoders do.
    while let Some(at) = marker(rest) {
        let code = rest[at + 1];
        rest = &rest[at + 2..];
        if code == 0xd9 {
            break;
        }
        if code == 0xd8 {
            continue;
        }
        let (segment, after) =
            split_segment(rest).ok_or_else(|| stream("a cut-off JPEG segment"))?;
        rest = after;
        match code {
            // Frames, tables, scans, number of lines, hierarchy; of JPEG-LS: frame and parameters.
            0xc0..=0xcf | 0xda..=0xdf | 0xf7 | 0xf8 => {
                push_segment(&mut out, code, segment);
            }
            0xe0 if segment.starts_with(b"JFIF\0") => {
                push_segment(&mut out, code, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
            }
            0xe8 if segment.starts_with(b"mrfx") => {
                push_segment(&mut out, code, &segment[..segment.len().min(5)]);
            }
            0xee if segment.starts_with(b"Adobe") && segment.len() >= 12 => {
                let transform = segment[11];
                push_segment(
                    &mut out,
                    code,
                    &[&b"Adobe\0\x64\0\0\0\0"[..], &[transform]].concat(),
                );
            }
            0xe0..=0xef | 0xfe => {}
            _ => {
                return Err(stream(&format!(
                    "a JPEG marker ff{code:02x} that is not known"
                )));
            }
        }
        if code == 0xda {
            scans += 1;
            let end = marker(rest).unwrap_or(rest.len());
            out.extend(&rest[..end]);
            rest = &rest[end..];
        }
    }
    if scans == 0 {
        return Err(stream("a JPEG stream without a scan"));
    }
    out.extend([0xff, 0xd9]);
    Ok(out)
}

/// Where the next marker is that ends coded data: after 0xff comes a byte that neither stuffing nor a restart has.
fn marker(bytes: &[u8]) -> Option<usize> {
    let is_marker =
        |pair: &[u8]| pair[0] == 0xff && pair[1] >= 0x80 && !matches!(pair[1], 0xd0..=0xd7 | 0xff);
    bytes.windows(2).position(is_marker)
}

fn split_segment(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = usize::from(u16::from_be_bytes(*bytes.first_chunk()?));
    let segment = bytes.get(2..length)?;
    Some((segment, &bytes[length..]))
}

fn push_segment(out: &mut Vec<u8>, code: u8, segment: &[u8]) {
    out.extend([0xff, code]);
    out.extend((segment.len() as u16 + 2).to_be_bytes());
    out.extend(segment);
}

/// The bare JPEG 2000 or HTJ2K stream, its comments filled with zeros.
pub(super) fn jpeg_2000_without_text(bytes: &[u8]) -> Result<Vec<u8>, DeidentifyError> {
    let start = bytes
        .windows(4)
        .position(|four| four == b"\xff\x4f\xff\x51")
        .ok_or_else(|| stream("no JPEG 2000 stream"))?;
    let mut out = bytes[start..].to_vec();
    let mut at = blank_comments(&mut out, 2, 0x90)?;
    while let Some([0xff, 0x90]) = out.get(at..at + 2) {
        let length = out.get(at + 6..at + 10).ok_or_else(cut)?;
        let length = u32::from_be_bytes([length[0], length[1], length[2], length[3]]) as usize;
        blank_comments(&mut out, at + 12, 0x93)?;
        let next = at.saturating_add(length);
        if length < 14 || next > out.len() {
            // Length 0: up to the end; a cut-off stream as well.
            at = end_marker(&out, at);
            break;
        }
        at = next;
    }
    out.truncate(at);
    out.extend([0xff, 0xd9]);
    Ok(out)
}

/// Fills the comments of a header that starts at `at` and ends before the marker `last`, and says where that is.
fn blank_comments(out: &mut [u8], mut at: usize, last: u8) -> Result<usize, DeidentifyError> {
    loop {
        let &[first, code] = out
            .get(at..)
            .and_then(|rest| rest.first_chunk())
            .ok_or_else(cut)?;
        if first != 0xff {
            return Err(stream(
                "a JPEG 2000 header without a marker where one belongs",
            ));
        }
        if code == last {
            return Ok(at);
        }
        let length = out
            .get(at + 2..)
            .and_then(|rest| rest.first_chunk())
            .ok_or_else(cut)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let segment = out.get_mut(at + 4..at + 2 + length).ok_or_else(cut)?;
        match code {
            0x64 => segment.fill(0),
            0x50..=0x61 | 0x63 | 0x70..=0x7f => {}
            _ => {
                return Err(stream(&format!(
                    "a JPEG 2000 marker ff{code:02x} that is not known"
                )));
            }
        }
        at += 2 + length;
    }
}

/// Where the last end-of-stream marker after `from` is, or the end.
fn end_marker(bytes: &[u8], from: usize) -> usize {
    let found = bytes[from..]
        .windows(2)
        .rposition(|pair| pair == [0xff, 0xd9]);
    found.map_or(bytes.len(), |at| from + at)
}

fn cut() -> DeidentifyError {
    stream("a cut-off JPEG 2000 header")
}

fn stream(found: &str) -> DeidentifyError {
    DeidentifyError::Stream {
        found: found.into(),
    }
}
