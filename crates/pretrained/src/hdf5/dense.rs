//! Messages of one kind that are too many for an object header: a fractal heap holds them, a B-tree lists them.
//!
//! A heap is one run of addresses that blocks of growing size cover, a table of them at a time.

use super::cursor::{Cursor, width_of};
use super::{File, Result, unsupported, wrong};

/// Tables within tables.
const DEPTH_MAX: u32 = 16;
const REMEDY: &str = "write the file again with libver=\"earliest\" (h5repack --low=0 --high=0)";

struct Heap {
    /// Bytes of an object's place in the heap, ...
    place: usize,
    /// ... and of its length.
    length: usize,
    /// Blocks in a row of a table.
    width: u64,
    /// Bytes of a block in the first two rows; every further row doubles them.
    first: u64,
    /// Rows whose blocks hold objects; those behind hold tables.
    direct_rows: u32,
    root: u64,
    /// Rows of the table at the root; with none, the root is a block.
    rows: u32,
}

impl<'a> File<'a> {
    /// Shows every message of the heap and the tree whose addresses come next, if there is a heap.
    pub(super) fn dense(
        &self,
        info: &mut Cursor<'a>,
        visit: &mut dyn FnMut(&'a [u8]) -> Result<()>,
    ) -> Result<()> {
        let (Some(heap), Some(tree)) = (self.address(info)?, self.address(info)?) else {
            return Ok(());
        };
        let Some(heap) = self.heap(heap)? else {
            return Ok(());
        };
        // A record of links begins with the hash of the name, one of attributes with the object's place.
        let mut tree_head = self.from(tree, "B-tree")?;
        tree_head.skip(5)?;
        let skip = if tree_head.u8()? == 5 { 4 } else { 0 };
        self.records(tree, &mut |record| {
            let mut record = Cursor::new(record, "B-tree record");
            record.skip(skip)?;
            visit(self.object_in(&heap, &mut record)?)
        })
    }

    fn heap(&self, address: u64) -> Result<Option<Heap>> {
        let mut head = self.from(address, "fractal heap")?;
        head.expect(b"FRHP")?;
        head.skip(3)?;
        let filtered = head.u16()? != 0;
        head.skip(1)?;
        let largest = u64::from(head.u32()?);
        head.skip(10 * self.length + 2 * self.offset)?;
        let width = u64::from(head.u16()?);
        let (first, largest_block) = (head.uint(self.length)?, head.uint(self.length)?);
        let bits = head.u16()?;
        head.skip(2)?;
        let root = self.address(&mut head)?;
        let rows = u32::from(head.u16()?);
        if filtered {
            return Err(unsupported("a compressed heap", REMEDY));
        }
        let sound =
            first.is_power_of_two() && largest_block.is_power_of_two() && width.is_power_of_two();
        if !sound || first > largest_block || bits > 64 || largest == 0 {
            return Err(wrong("a fractal heap of impossible sizes", "powers of two"));
        }
        Ok(root.map(|root| Heap {
            place: usize::from(bits).div_ceil(8),
            length: width_of(largest_block).min(width_of(largest)),
            width,
            first,
            direct_rows: largest_block.ilog2() - first.ilog2() + 2,
            root,
            rows,
        }))
    }

    fn object_in(&self, heap: &Heap, id: &mut Cursor<'a>) -> Result<&'a [u8]> {
        if id.u8()? >> 4 != 0 {
            return Err(unsupported(
                "an object outside the blocks of its heap",
                REMEDY,
            ));
        }
        let (place, length) = (id.uint(heap.place)?, id.uint(heap.length)?);
        let (mut block, mut rows, mut place_in) = (heap.root, heap.rows, place);
        for _ in 0..DEPTH_MAX {
            if rows == 0 {
                self.spend(length as usize)?;
                let mut block = self.from(block, "heap block")?;
                if !block.starts_with(b"FHDB") {
                    break;
                }
                block.take_declared(place_in)?;
                return block.take_declared(length);
            }
            let (row, column, within, size) = heap.locate(place_in);
            if row >= rows {
                break;
            }
            block = self.child(heap, block, row, column)?;
            place_in = within;
            rows = match row < heap.direct_rows {
                true => 0,
                // A table that covers as much as a block of this row would.
                false => (size / heap.first / heap.width)
                    .checked_ilog2()
                    .map_or(0, |log| log + 1),
            };
            if row >= heap.direct_rows && rows == 0 {
                break;
            }
        }
        Err(wrong("an object outside its heap", "one in a block"))
    }

    fn child(&self, heap: &Heap, table: u64, row: u32, column: u64) -> Result<u64> {
        let mut table = self.from(table, "heap table")?;
        table.expect(b"FHIB")?;
        table.skip(1 + self.offset + heap.place)?;
        let before = (u64::from(row) * heap.width + column).saturating_mul(self.offset as u64);
        table.take_declared(before)?;
        let child = self.address(&mut table)?;
        child.ok_or_else(|| wrong("an object in a block that is not there", "one in a block"))
    }
}

impl Heap {
    /// Row, column, place in that block and the block's size.
    fn locate(&self, place: u64) -> (u32, u64, u64, u64) {
        let first_row = self.width.saturating_mul(self.first);
        let row = match place / first_row.max(1) {
            0 => 0,
            times => times.ilog2() + 1,
        };
        let start = match row {
            0 => 0,
            row => first_row.checked_shl(row - 1).unwrap_or(u64::MAX),
        };
        let size = self
            .first
            .checked_shl(row.saturating_sub(1))
            .unwrap_or(u64::MAX)
            .max(1);
        let within = place.saturating_sub(start);
        (row, within / size, within % size, size)
    }
}
