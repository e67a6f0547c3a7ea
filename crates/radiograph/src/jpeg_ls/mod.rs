//! A JPEG-LS frame of a DICOM file, lossless or near-lossless.
//!
//! In: one code stream. Out: its samples. Own code: the kept Rust decoder takes one component only and overflows on
//! broken headers. All three orders of colours; no restart markers, no mapping tables, no colour transform of HP's,
//! each refused by name.
//!
//! Source: ITU-T T.87 (ISO/IEC 14495-1), annex A (scan), annex C (markers). Checked against: CharLS, pylibjpeg and
//! GDCM (docs/dicom.md).

mod bits;
mod coder;

use crate::error::{DecodeError, broken, truncated};
use crate::frame::{Colours, Stream, check_stream};
use crate::header::Layout;
use coder::{Coder, Presets};

/// The frame header.
struct Frame {
    precision: u16,
    width: usize,
    height: usize,
    components: Vec<u8>,
}

/// Decodes the stream; its size and number of components have to be those of the header.
pub(crate) fn decode_jpeg_ls(bytes: &[u8], layout: &Layout) -> Result<Stream, DecodeError> {
    let mut rest = bytes
        .strip_prefix(&[0xff, 0xd8])
        .ok_or_else(|| broken("a JPEG-LS frame without a start-of-image marker".into()))?;
    let mut frame: Option<Frame> = None;
    let mut presets = Presets::default();
    let mut samples = Vec::new();
    let mut decoded = 0;
    loop {
        let (marker, segment, after) = segment(rest)?;
        rest = after;
        match (marker, &frame) {
            (0xf7, None) => {
                let found = frame_header(segment)?;
                check_stream(found.width, found.height, found.components.len(), layout)?;
                // A run of a whole row may take one bit.
                if found.height > bytes.len().saturating_mul(8) {
                    return Err(truncated("part of a JPEG-LS stream"));
                }
                samples = vec![0; found.width * found.height * found.components.len()];
                frame = Some(found);
            }
            (0xf8, _) => presets = preset_parameters(segment)?,
            (0xdd, _) if segment.iter().any(|&byte| byte != 0) => {
                return Err(unsupported("restart markers"));
            }
            (0xe8, _)
                if segment.starts_with(b"mrfx") && segment.get(4).is_some_and(|&by| by > 0) =>
            {
                return Err(unsupported("a colour transform"));
            }
            (0xda, Some(found)) => {
                let (used, colours) = scan(segment, rest, found, &presets, &mut samples)?;
                rest = &rest[used..];
                decoded += colours;
                if decoded >= found.components.len() {
                    return Ok(Stream {
                        width: found.width,
                        height: found.height,
                        components: found.components.len(),
                        precision: found.precision,
                        signed: false,
                        samples,
                        colours: Colours::Header,
                        // The coder itself keeps to the range.
                        is_lossy: false,
                    });
                }
            }
            (0xc0..=0xcf, _) if ![0xc4, 0xc8, 0xcc].contains(&marker) => {
                return Err(broken("a JPEG stream, expected JPEG-LS".into()));
            }
            (0xd9, _) => return Err(truncated("a JPEG-LS stream without all its scans")),
            _ => {}
        }
    }
}

fn unsupported(what: &str) -> DecodeError {
    DecodeError::Samples {
        found: format!("{what} in a JPEG-LS stream"),
    }
}

/// The next marker, its segment, and what follows.
fn segment(bytes: &[u8]) -> Result<(u8, &[u8], &[u8]), DecodeError> {
    let cut = || truncated("part of a JPEG-LS stream");
    let start = bytes
        .windows(2)
        .position(|pair| pair[0] == 0xff && pair[1] >= 0x80 && pair[1] != 0xff)
        .ok_or_else(cut)?;
    let marker = bytes[start + 1];
    let rest = &bytes[start + 2..];
    if matches!(marker, 0xd0..=0xd9) {
        return Ok((marker, &[], rest));
    }
    let length = rest
        .first_chunk()
        .map(|&two| usize::from(u16::from_be_bytes(two)))
        .ok_or_else(cut)?;
    let segment = rest.get(2..length).ok_or_else(cut)?;
    Ok((marker, segment, &rest[length..]))
}

fn frame_header(segment: &[u8]) -> Result<Frame, DecodeError> {
    let [precision, a, b, c, d, count, rest @ ..] = segment else {
        return Err(truncated("part of a JPEG-LS frame header"));
    };
    let entries = rest.as_chunks::<3>().0;
    if !(2..=16).contains(precision) || entries.is_empty() || entries.len() != usize::from(*count) {
        return Err(broken(
            "a JPEG-LS frame header with impossible values".into(),
        ));
    }
    if entries.iter().any(|&[_, sampling, _]| sampling != 0x11) {
        return Err(unsupported("subsampled colours"));
    }
    Ok(Frame {
        precision: (*precision).into(),
        width: u16::from_be_bytes([*c, *d]).into(),
        height: u16::from_be_bytes([*a, *b]).into(),
        components: entries.iter().map(|entry| entry[0]).collect(),
    })
}

fn preset_parameters(segment: &[u8]) -> Result<Presets, DecodeError> {
    let [1, rest @ ..] = segment else {
        return Err(unsupported("a mapping table or an extended size"));
    };
    match rest.as_chunks::<2>().0 {
        [maximum, first, second, third, reset] => Ok(Presets {
            maximum: u16::from_be_bytes(*maximum).into(),
            thresholds: [*first, *second, *third].map(|two| u16::from_be_bytes(two).into()),
            reset: u16::from_be_bytes(*reset).into(),
        }),
        _ => Err(truncated("part of the JPEG-LS preset parameters")),
    }
}

/// Decodes a scan; says how many bytes and how many colours it held.
fn scan(
    segment: &[u8],
    bytes: &[u8],
    frame: &Frame,
    presets: &Presets,
    samples: &mut [u16],
) -> Result<(usize, usize), DecodeError> {
    let [count, rest @ ..] = segment else {
        return Err(truncated("part of a JPEG-LS scan header"));
    };
    let count = usize::from(*count);
    let (entries, last) = rest
        .split_at_checked(2 * count)
        .filter(|(entries, last)| !entries.is_empty() && last.len() >= 3)
        .ok_or_else(|| truncated("part of a JPEG-LS scan header"))?;
    let mut colours = Vec::with_capacity(count);
    for &[id, table] in entries.as_chunks::<2>().0 {
        if table != 0 {
            return Err(unsupported("a mapping table"));
        }
        let index = frame.components.iter().position(|&one| one == id);
        colours.push(index.ok_or_else(|| broken("a JPEG-LS scan of an unknown component".into()))?);
    }
    let (near, order) = (i32::from(last[0]), last[1]);
    if last[2] & 15 != 0 {
        return Err(unsupported("a point transform"));
    }
    let (width, step) = (frame.width, frame.components.len());
    let mut coder = Coder::new(bytes, frame.precision, near, presets)?;
    // One column to the left and one to the right, as the neighbours of the ends.
    let mut rows = vec![(vec![0_u16; width + 2], vec![0_u16; width + 2]); count];
    let mut run_indices = vec![0; count];
    for out in samples.chunks_exact_mut(width * step) {
        for (above, row) in &mut rows {
            above[width + 1] = above[width];
            row[0] = above[1];
        }
        if order == 2 && count > 1 {
            coder.pixel_row(&mut rows, &mut run_indices[0])?;
        } else {
            for ((above, row), run_index) in rows.iter_mut().zip(&mut run_indices) {
                coder.row(above, row, run_index)?;
            }
        }
        if coder.bits.is_overrun() {
            return Err(truncated("part of a JPEG-LS stream"));
        }
        for (&colour, (above, row)) in colours.iter().zip(&mut rows) {
            let column = out[colour..].iter_mut().step_by(step);
            column
                .zip(&row[1..])
                .for_each(|(out, &sample)| *out = sample);
            std::mem::swap(above, row);
        }
    }
    Ok((coder.bits.used(), count))
}
