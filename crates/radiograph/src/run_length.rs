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
    let pixels = layout.width * layout.height;
    let bytes_per_sample = usize::from(layout.bits_allocated.div_ceil(8));
    let segments = layout.samples_per_pixel * bytes_per_sample;
    let header: &[u8; 64] = bytes
        .first_chunk()
        .ok_or_else(|| truncated("part of the run-length header"))?;
    let mut numbers = header
        .as_chunks::<4>()
        .0
        .iter()
        .map(|&b| u32::from_le_bytes(b) as usize);
    let found = numbers.next().unwrap_or(0);
    if found != segments {
        return Err(broken(format!(
            "{found} run-length segments, expected {segments}"
        )));
    }
    if pixels * segments > bytes.len() * 64 {
        return Err(truncated("part of the run-length data"));
    }
    let starts: Vec<usize> = numbers.take(segments).collect();
    let shape = (pixels, layout.samples_per_pixel, bytes_per_sample);
    if layout.bits_allocated > 16 {
        planes(bytes, &starts, shape).map(Samples::Longs)
    } else {
        planes(bytes, &starts, shape).map(Samples::Words)
    }
}

fn planes<T>(
    bytes: &[u8],
    starts: &[usize],
    (pixels, colours, bytes_per_sample): (usize, usize, usize),
) -> Result<Vec<T>, DecodeError>
where
    T: Copy + Default + From<u8> + BitOrAssign + Shl<usize, Output = T>,
{
    let mut samples = vec![T::default(); pixels * colours];
    let mut plane = vec![0_u8; pixels];
    for (index, &start) in starts.iter().enumerate() {
        let end = starts.get(index + 1).copied().unwrap_or(bytes.len());
        let segment = bytes
            .get(start..end)
            .ok_or_else(|| truncated("part of the run-length data"))?;
        unpack(segment, &mut plane)?;
        // The first segment of a sample holds its highest byte.
        let shift = 8 * (bytes_per_sample - 1 - index % bytes_per_sample);
        let first = index / bytes_per_sample * pixels;
        for (sample, &byte) in samples[first..].iter_mut().zip(&plane) {
            *sample |= T::from(byte) << shift;
        }
    }
    Ok(samples)
}

/// PackBits; what is left over after the last sample is padding.
fn unpack(mut segment: &[u8], out: &mut [u8]) -> Result<(), DecodeError> {
    let mut at = 0;
    while at < out.len() {
        let [code, rest @ ..] = segment else {
            return Err(truncated("part of the run-length data"));
        };
        let left = out.len() - at;
        segment = match *code {
            code @ 0..=127 => {
                let length = usize::from(code) + 1;
                let used = length.min(left);
                let literal = rest
                    .get(..used)
                    .ok_or_else(|| truncated("part of the run-length data"))?;
                out[at..at + used].copy_from_slice(literal);
                at += used;
                rest.get(length..).unwrap_or_default()
            }
            128 => rest,
            code => {
                let used = (257 - usize::from(code)).min(left);
                let [byte, rest @ ..] = rest else {
                    return Err(truncated("part of the run-length data"));
                };
                out[at..at + used].fill(*byte);
                at += used;
                rest
            }
        };
    }
    Ok(())
}
