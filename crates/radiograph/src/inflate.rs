//! Deflated data sets, inflated no further than the picture needs.
//!
//! In: the compressed body. Out: its start, up to the end of the frame wanted. A megabyte can inflate to a
//! gigabyte, so a first [`HEADER_BYTES`] have to reach the pixel data; the header there says how much more one frame takes,
//! and nothing beyond that is inflated.
//!
//! Source: DICOM PS3.5 A.5; RFC 1951. Checked against: pydicom (docs/dicom.md).

use std::io::{ErrorKind, Read};

use flate2::read::DeflateDecoder;

use crate::decode::MAX_FILE_BYTES;
use crate::error::{DecodeError, broken, truncated};
use crate::facts::Format;

/// Everything before the pixel data has to fit.
const HEADER_BYTES: u64 = 16 << 20;

/// Inflates a first part; `needed` says from it how many bytes the frame ends at, and none where the part does not
/// reach the pixel data.
pub(crate) fn inflate(
    body: &[u8],
    needed: impl Fn(&[u8]) -> Result<Option<u64>, DecodeError>,
) -> Result<Vec<u8>, DecodeError> {
    let mut decoder = DeflateDecoder::new(body);
    let mut inflated = Vec::new();
    read_up_to(&mut decoder, HEADER_BYTES, &mut inflated)?;
    if (inflated.len() as u64) < HEADER_BYTES {
        return Ok(inflated);
    }
    let wanted = needed(&inflated)?.ok_or_else(|| {
        broken(format!(
            "no pixel data in the first {} MiB of the inflated data set",
            HEADER_BYTES >> 20
        ))
    })?;
    if wanted > MAX_FILE_BYTES {
        return Err(DecodeError::FileSize { found: wanted });
    }
    let rest = wanted.saturating_sub(inflated.len() as u64);
    read_up_to(&mut decoder, rest, &mut inflated)?;
    Ok(inflated)
}

fn read_up_to(
    decoder: &mut DeflateDecoder<&[u8]>,
    bytes: u64,
    inflated: &mut Vec<u8>,
) -> Result<(), DecodeError> {
    let read = decoder.take(bytes).read_to_end(inflated);
    read.map(drop).map_err(|error| match error.kind() {
        ErrorKind::UnexpectedEof => truncated("part of the deflated data set"),
        _ => DecodeError::Broken {
            format: Format::Dicom,
            reason: "a deflated data set that does not inflate".into(),
        },
    })
}
