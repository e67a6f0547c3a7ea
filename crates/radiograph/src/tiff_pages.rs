//! How many pictures a TIFF file holds.
//!
//! In: the bytes. Out: the number of directories that are no reduced copy of another, as far as the chain can
//! be followed; a broken chain is left for the decoder to complain about. The decoder itself reads the first
//! page and is silent about the others.
//!
//! Source: TIFF 6.0 section 2, tag NewSubfileType (254); BigTIFF.

const MAX_PAGES: u64 = 1000;
const NEW_SUBFILE_TYPE: u64 = 254;

pub(crate) fn count_tiff_pages(bytes: &[u8]) -> u64 {
    let tiff = Tiff {
        bytes,
        big_endian: bytes.first() == Some(&b'M'),
        big: bytes.get(..4).is_some_and(|b| b.contains(&b'+')),
    };
    let mut next = if tiff.big {
        tiff.number(8, 8)
    } else {
        tiff.number(4, 4)
    };
    let (mut directories, mut pages) = (0, 0);
    while let Some(start) = next.filter(|&start| start > 0 && directories < MAX_PAGES) {
        directories += 1;
        let Some((is_page, following)) = tiff.directory(start) else {
            break;
        };
        pages += u64::from(is_page);
        next = following;
    }
    pages
}

struct Tiff<'a> {
    bytes: &'a [u8],
    big_endian: bool,
    /// BigTIFF: offsets of eight bytes.
    big: bool,
}

impl Tiff<'_> {
    /// Whether the directory is a page of its own, and where the next one starts.
    fn directory(&self, start: u64) -> Option<(bool, Option<u64>)> {
        let (count_size, entry_size, offset_size) = if self.big { (8, 20, 8) } else { (2, 12, 4) };
        let count = self.number(start, count_size)?;
        let first = start.checked_add(count_size)?;
        let end = first.checked_add(count.checked_mul(entry_size)?)?;
        let next = self.number(end, offset_size);
        let reduced = (first..end)
            .step_by(entry_size as usize)
            .take(4096)
            .any(|entry| {
                let value = entry + entry_size - offset_size;
                self.number(entry, 2) == Some(NEW_SUBFILE_TYPE)
                    && self.number(value, 4).is_some_and(|kind| kind & 1 == 1)
            });
        Some((!reduced, next))
    }

    fn number(&self, at: u64, size: u64) -> Option<u64> {
        let at = usize::try_from(at).ok()?;
        let bytes = self.bytes.get(at..at.checked_add(size as usize)?)?;
        let add = |number: u64, &byte: &u8| number << 8 | u64::from(byte);
        Some(if self.big_endian {
            bytes.iter().fold(0, add)
        } else {
            bytes.iter().rev().fold(0, add)
        })
    }
}
