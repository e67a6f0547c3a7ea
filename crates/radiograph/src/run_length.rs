//! DICOM's run-length compression: each byte of each sample is a PackBits segment of its own.
//!
//! In: one frame. Out: whole planes of one colour after each other. What the segments cannot fill is refused before
//! memory is taken: two bytes become at most 128.
//!
//! Source: DICOM PS3.5 annex G. Checked against: pydicom, pylibjpeg, dcmtk (docs/dicom.md).

use std::ops::{BitOrAssign, Shl};

use crate::error::{DecodeError, broken, truncated};
use crate::header::Layout;
use crate::samples::Samples;

pub(crate) fn run_length(bytes: &[u8], layout: &Layout) -> Result<Samples, DecodeError> {
    let (segments, shape) = (segments(bytes, layout)?, shape(layout));
    if layout.bits_allocated > 16 {
        planes(&segments, shape).map(Samples::Longs)
    } else {
        planes(&segments, shape).map(Samples::Words)
    }
}

/// The same frame and nothing else: what stands before, between and after the runs that the picture needs is left out.
pub(crate) fn run_length_alone(bytes: &[u8], layout: &Layout) -> Result<Vec<u8>, DecodeError> {
    let segments = segments(bytes, layout)?;
    let mut header = [0_u32; 16];
    header[0] = segments.len() as u32;
    let mut body = Vec::with_capacity(bytes.len());
    for (segment, start) in segments.iter().zip(&mut header[1..]) {
        *start = 64 + body.len() as u32;
        each_run(segment, shape(layout).0, |run| match run {
            Run::Literal(bytes) => {
                body.push(bytes.len() as u8 - 1);
                body.extend(bytes);
            }
            Run::Repeated(byte, 1) => body.extend([0, byte]),
            Run::Repeated(byte, count) => body.extend([(257 - count) as u8, byte]),
        })?;
        body.resize(body.len().next_multiple_of(2), 0);
    }
    let header = header.iter().flat_map(|number| number.to_le_bytes());
    Ok(header.chain(body).collect())
}

/// Pixels, colours, bytes of a sample.
fn shape(layout: &Layout) -> (usize, usize, usize) {
    let bytes_per_sample = usize::from(layout.bits_allocated.div_ceil(8));
    (
        layout.width * layout.height,
        layout.samples_per_pixel,
        bytes_per_sample,
    )
}

/// The segments that the header tells, as many as the picture has.
fn segments<'a>(bytes: &'a [u8], layout: &Layout) -> Result<Vec<&'a [u8]>, DecodeError> {
    let (pixels, colours, bytes_per_sample) = shape(layout);
    let expected = colours * bytes_per_sample;
    let header: &[u8; 64] = bytes
        .first_chunk()
        .ok_or_else(|| truncated("part of the run-length header"))?;
    let numbers = header.as_chunks::<4>().0.iter();
    let numbers: Vec<usize> = numbers.map(|&b| u32::from_le_bytes(b) as usize).collect();
    let found = numbers[0];
    if found != expected || found >= numbers.len() {
        return Err(broken(format!(
            "{found} run-length segments, expected {expected}"
        )));
    }
    if pixels * expected > bytes.len() * 64 {
        return Err(truncated("part of the run-length data"));
    }
    let starts = &numbers[1..=expected];
    let ends = starts[1..].iter().copied().chain([bytes.len()]);
    let segment = |(&start, end)| {
        bytes
            .get(start..end)
            .ok_or_else(|| truncated("part of the run-length data"))
    };
    starts.iter().zip(ends).map(segment).collect()
}

fn planes<T>(
    segments: &[&[u8]],
    (pixels, colours, bytes_per_sample): (usize, usize, usize),
) -> Result<Vec<T>, DecodeError>
where
    T: Copy + Default + From<u8> + BitOrAssign + Shl<usize, Output = T>,
{
    let mut samples = vec![T::default(); pixels * colours];
    let mut plane = Vec::with_capacity(pixels);
    for (index, segment) in segments.iter().enumerate() {
        plane.clear();
        each_run(segment, pixels, |run| match run {
            Run::Literal(bytes) => plane.extend_from_slice(bytes),
            Run::Repeated(byte, count) => plane.resize(plane.len() + count, byte),
        })?;
        // The first segment of a sample holds its highest byte.
        let shift = 8 * (bytes_per_sample - 1 - index % bytes_per_sample);
        let first = index / bytes_per_sample * pixels;
        for (sample, &byte) in samples[first..].iter_mut().zip(&plane) {
            *sample |= T::from(byte) << shift;
        }
    }
    Ok(samples)
}

/// A piece of a plane: 1 to 128 bytes.
enum Run<'a> {
    Literal(&'a [u8]),
    Repeated(u8, usize),
}

/// PackBits, until there are `count` bytes; what is left over after the last of them is padding.
fn each_run<'a>(
    mut segment: &'a [u8],
    count: usize,
    mut take: impl FnMut(Run<'a>),
) -> Result<(), DecodeError> {
    let mut left = count;
    while left > 0 {
        let [code, rest @ ..] = segment else {
            return Err(truncated("part of the run-length data"));
        };
        segment = match *code {
            code @ 0..=127 => {
                let length = usize::from(code) + 1;
                let used = length.min(left);
                let literal = rest
                    .get(..used)
                    .ok_or_else(|| truncated("part of the run-length data"))?;
                take(Run::Literal(literal));
                left -= used;
                rest.get(length..).unwrap_or_default()
            }
            128 => rest,
            code => {
                let used = (257 - usize::from(code)).min(left);
                let [byte, rest @ ..] = rest else {
                    return Err(truncated("part of the run-length data"));
                };
                take(Run::Repeated(*byte, used));
                left -= used;
                rest
            }
        };
    }
    Ok(())
}
