//! Deflated data sets, inflated no further than the picture needs.
//!
//! In: the compressed body. Out: its start, up to the end of the frame wanted. A megabyte can inflate to a
//! gigabyte, so a first [`HEADER_BYTES`] have to reach the pixel data; the header there says how much more one frame takes,
//! and nothing beyond that is inflated.
//!
//! Source: DICOM PS3.5 A.5; RFC 1951. Checked against: pydicom (docs/dicom.md).

use fdeflate::Decompressor;

use crate::decode::MAX_FILE_BYTES;
use crate::error::{DecodeError, broken, truncated};

/// Everything before the pixel data has to fit.
const HEADER_BYTES: usize = 16 << 20;

/// What a zlib stream starts with; DICOM leaves it out, as it does the checksum at the end.
const ZLIB_HEADER: [u8; 2] = [0x78, 0x01];

/// Inflates a first part; `needed` says from it how many bytes the frame ends at, and none where the part does not
/// reach the pixel data.
pub(crate) fn inflate(
    body: &[u8],
    needed: impl Fn(&[u8]) -> Result<Option<u64>, DecodeError>,
) -> Result<Vec<u8>, DecodeError> {
    let mut part = Part {
        decoder: Decompressor::new(),
        left: body,
        inflated: Vec::new(),
        length: 0,
    };
    part.decoder.ignore_adler32();
    part.decoder
        .read(&ZLIB_HEADER, &mut [], 0, false)
        .map_err(damaged)?;
    if !part.reaches(HEADER_BYTES)? {
        return Ok(part.inflated);
    }
    let wanted = needed(&part.inflated)?.ok_or_else(|| {
        broken(format!(
            "no pixel data in the first {} MiB of the inflated data set",
            HEADER_BYTES >> 20
        ))
    })?;
    match usize::try_from(wanted) {
        Ok(bytes) if wanted <= MAX_FILE_BYTES => part.reaches(bytes.max(HEADER_BYTES))?,
        _ => return Err(DecodeError::FileSize { found: wanted }),
    };
    Ok(part.inflated)
}

/// What is inflated so far.
struct Part<'a> {
    decoder: Decompressor,
    left: &'a [u8],
    inflated: Vec<u8>,
    length: usize,
}

impl Part<'_> {
    /// Inflates up to so many bytes in all, and says whether there are as many.
    fn reaches(&mut self, bytes: usize) -> Result<bool, DecodeError> {
        if self.inflated.is_empty() {
            // Fresh zeroed memory takes none until it is written to.
            self.inflated = vec![0; bytes];
        } else {
            self.inflated.resize(bytes, 0);
        }
        let (used, made) = self
            .decoder
            .read(self.left, &mut self.inflated, self.length, false)
            .map_err(damaged)?;
        (self.left, self.length) = (&self.left[used..], self.length + made);
        if self.length < bytes && !self.decoder.is_done() {
            // The decoder waits for a checksum. Where it waits for more than that, the end is missing.
            let (_, more) = self
                .decoder
                .read(&[0; 8], &mut self.inflated, self.length, false)
                .map_err(|_| truncated("part of the deflated data set"))?;
            if more > 0 || !self.decoder.is_done() {
                return Err(truncated("part of the deflated data set"));
            }
        }
        self.inflated.truncate(self.length);
        Ok(self.length == bytes)
    }
}

fn damaged(_: fdeflate::DecompressionError) -> DecodeError {
    broken("a deflated data set that does not inflate".into())
}
