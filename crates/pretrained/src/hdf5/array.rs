//! Chunk indices that are arrays: an element for every chunk, in the order of the grid.

use super::chunk::{Chunks, Stored};
use super::cursor::Cursor;
use super::dataset::REPACK;
use super::{File, Result, unsupported, wrong};

/// Bytes of a checksum, which is not verified.
const CHECKSUM: usize = 4;

/// What shows a chunk.
type Visit<'v> = &'v mut dyn FnMut(&[usize], Stored) -> Result<()>;

/// Elements of an array while they are counted off.
struct Count<'c, 'a> {
    chunks: &'c Chunks<'a>,
    /// Chunks along each side of the array, slowest first, and which side of the grid each of them is.
    sides: Vec<(u64, usize)>,
    /// Bytes of an element.
    width: usize,
    next: u64,
}

impl<'a> File<'a> {
    pub(super) fn fixed_array(
        &self,
        chunks: &Chunks<'a>,
        address: u64,
        visit: Visit<'_>,
    ) -> Result<()> {
        let mut head = self.from(address, "array of chunks")?;
        head.expect(b"FAHD")?;
        head.skip(2)?;
        let (width, page_bits) = (usize::from(head.u8()?), head.u8()?);
        let count = head.uint(self.length)?;
        let Some(block) = self.address(&mut head)? else {
            return Ok(());
        };
        let mut block = self.from(block, "array of chunks")?;
        block.expect(b"FADB")?;
        block.skip(2 + self.offset)?;
        let page = 1_u64.checked_shl(page_bits.into()).unwrap_or(u64::MAX);
        let mut array = Count::new(chunks, width);
        if count <= page {
            return array.run(self, &mut block, count, visit);
        }
        let pages = count.div_ceil(page);
        block.take_declared(pages.div_ceil(8))?;
        block.skip(CHECKSUM)?;
        for at in 0..pages {
            array.run(self, &mut block, page.min(count - at * page), visit)?;
            block.skip(CHECKSUM.min(block.left()))?;
        }
        Ok(())
    }

    pub(super) fn extensible_array(
        &self,
        chunks: &Chunks<'a>,
        address: u64,
        visit: Visit<'_>,
    ) -> Result<()> {
        let mut head = self.from(address, "array of chunks")?;
        head.expect(b"EAHD")?;
        head.skip(2)?;
        let (width, bits) = (usize::from(head.u8()?), head.u8()?);
        let (first, least, pointers) = (head.u8()?, head.u8()?, head.u8()?);
        let page_bits = head.u8()?;
        head.skip(4 * self.length)?;
        let mut left = head.uint(self.length)?;
        head.skip(self.length)?;
        let Some(block) = self.address(&mut head)? else {
            return Ok(());
        };
        let mut block = self.from(block, "array of chunks")?;
        block.expect(b"EAIB")?;
        block.skip(2 + self.offset)?;
        let mut array = Count::new(chunks, width);
        let here = left.min(first.into());
        array.run(self, &mut block, here, visit)?;
        block.take_declared((u64::from(first) - here) * width as u64)?;
        left -= here;
        // Blocks double in size after every one or two, as the sides of a growing square do.
        let blocks = 2 * u64::from(pointers).saturating_sub(1);
        let mut sizes = (0..).flat_map(|row: u32| {
            let size = u64::from(least)
                .checked_shl(row.div_ceil(2))
                .unwrap_or(u64::MAX);
            std::iter::repeat_n(size, 1 << (row / 2).min(8))
        });
        for size in (0..blocks).map_while(|_| sizes.next()) {
            if left == 0 {
                return Ok(());
            }
            if size > 1_u64.checked_shl(page_bits.into()).unwrap_or(u64::MAX) {
                break;
            }
            let here = left.min(size);
            left -= here;
            let Some(part) = self.address(&mut block)? else {
                array.next = array.next.saturating_add(here);
                continue;
            };
            let mut part = self.from(part, "array of chunks")?;
            part.expect(b"EADB")?;
            // Behind the array's address stands the block's own place, in as many bytes as the largest needs.
            part.skip(2 + self.offset + usize::from(bits).div_ceil(8))?;
            array.run(self, &mut part, here, visit)?;
        }
        match left {
            0 => Ok(()),
            _ => Err(unsupported("a growing dataset of many chunks", REPACK)),
        }
    }
}

impl<'c, 'a> Count<'c, 'a> {
    fn new(chunks: &'c Chunks<'a>, width: usize) -> Self {
        let sides = chunks.most.iter().copied().zip(0..);
        // The side without end counts slowest, wherever it stands.
        let (endless, ended): (Vec<_>, Vec<_>) = sides.partition(|(most, _)| *most == u64::MAX);
        Self {
            chunks,
            sides: endless.into_iter().chain(ended).collect(),
            width,
            next: 0,
        }
    }

    fn run(
        &mut self,
        file: &File<'a>,
        from: &mut Cursor<'a>,
        count: u64,
        visit: Visit<'_>,
    ) -> Result<()> {
        let mut at = vec![0; self.sides.len()];
        for _ in 0..count {
            file.spend(self.width.max(1))?;
            let mut element = Cursor::new(from.take(self.width)?, "chunk");
            let address = file.address(&mut element)?;
            let packed = match (
                self.chunks.filtered(),
                self.width.checked_sub(file.offset + 4),
            ) {
                (true, Some(bytes @ 1..=8)) => Some((element.uint(bytes)?, element.u32()?)),
                (true, _) => return Err(wrong("a chunk of impossible length", "1 to 8 bytes")),
                (false, _) => None,
            };
            let mut rest = self.next;
            for (most, side) in self.sides.iter().rev() {
                let most = (*most).max(1);
                at[*side] = usize::try_from(rest % most).unwrap_or(usize::MAX);
                rest /= most;
            }
            self.next += 1;
            if let Some(address) = address {
                visit(&at, Stored { address, packed })?;
            }
        }
        Ok(())
    }
}
