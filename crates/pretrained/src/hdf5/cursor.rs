//! Bytes from the first to the last, lowest first in every number.

use super::{Result, wrong};

/// What has not been read of a part of the file.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
    /// The part, as an error names it.
    what: &'static str,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(rest: &'a [u8], what: &'static str) -> Self {
        Self { rest, what }
    }

    pub(super) fn left(&self) -> usize {
        self.rest.len()
    }

    pub(super) fn starts_with(&self, signature: &[u8]) -> bool {
        self.rest.starts_with(signature)
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let Some((taken, rest)) = self.rest.split_at_checked(count) else {
            let found = format!("{} bytes of {}", self.rest.len(), self.what);
            return Err(wrong(found, format!("{count} more bytes")));
        };
        self.rest = rest;
        Ok(taken)
    }

    pub(super) fn skip(&mut self, count: usize) -> Result<()> {
        self.take(count).map(drop)
    }

    /// As many bytes as one of the file's own numbers says.
    pub(super) fn take_declared(&mut self, count: u64) -> Result<&'a [u8]> {
        self.take(usize::try_from(count).unwrap_or(usize::MAX))
    }

    pub(super) fn expect(&mut self, signature: &[u8]) -> Result<()> {
        if self.take(signature.len())? == signature {
            return Ok(());
        }
        Err(wrong(
            format!("no {}", self.what),
            "one where another table points",
        ))
    }

    pub(super) fn u8(&mut self) -> Result<u8> {
        Ok(self.uint(1)? as u8)
    }

    pub(super) fn u16(&mut self) -> Result<u16> {
        Ok(self.uint(2)? as u16)
    }

    pub(super) fn u32(&mut self) -> Result<u32> {
        Ok(self.uint(4)? as u32)
    }

    /// A number of up to 8 bytes.
    pub(super) fn uint(&mut self, width: usize) -> Result<u64> {
        let digits = self.take(width)?.iter().rev();
        Ok(digits.fold(0, |number, digit| number << 8 | u64::from(*digit)))
    }
}

/// Bytes that the format takes for numbers from 0 to `limit`.
pub(super) fn width_of(limit: u64) -> usize {
    limit.checked_ilog2().unwrap_or(0) as usize / 8 + 1
}
