//! B-trees of both versions: nodes that lead to nodes, and entries in order.

use super::cursor::{Cursor, width_of};
use super::{File, Result, wrong};

/// Bytes of a node of version 2 that are no records: signature, version, type and checksum.
const FRAME: u64 = 10;
/// Levels of a tree; a full one of 16 would have more records than any file.
const DEPTH_MAX: u16 = 16;

/// Where the records of a tree of version 2 stand.
struct Records {
    node: u64,
    record: u64,
    /// Bytes of the number of records in a child.
    count: usize,
    /// Bytes of the number of records below a child, for each level from the leaves up.
    totals: Vec<usize>,
}

impl<'a> File<'a> {
    /// Shows key and child of every entry in the leaves of a tree of version 1, whose keys take `key` bytes.
    pub(super) fn leaves(
        &self,
        address: u64,
        kind: u8,
        key: usize,
        visit: &mut dyn FnMut(&'a [u8], u64) -> Result<()>,
    ) -> Result<()> {
        self.node(address, kind, key, None, visit)
    }

    fn node(
        &self,
        address: u64,
        kind: u8,
        key: usize,
        expected: Option<u8>,
        visit: &mut dyn FnMut(&'a [u8], u64) -> Result<()>,
    ) -> Result<()> {
        let mut node = self.from(address, "B-tree")?;
        node.expect(b"TREE")?;
        let (found, level, count) = (node.u8()?, node.u8()?, node.u16()?);
        if found != kind || expected.is_some_and(|expected| level != expected) {
            return Err(wrong(
                "a B-tree node of another tree",
                "one of the level below",
            ));
        }
        node.skip(2 * self.offset)?;
        self.spend(8 + 2 * self.offset)?;
        for _ in 0..count {
            self.spend(key + self.offset)?;
            let (key_bytes, child) = (node.take(key)?, node.uint(self.offset)?);
            match level.checked_sub(1) {
                None => visit(key_bytes, child)?,
                below => self.node(child, kind, key, below, visit)?,
            }
        }
        Ok(())
    }

    /// Shows every record of a tree of version 2.
    pub(super) fn records(
        &self,
        address: u64,
        visit: &mut dyn FnMut(&'a [u8]) -> Result<()>,
    ) -> Result<()> {
        let mut head = self.from(address, "B-tree")?;
        head.expect(b"BTHD")?;
        head.skip(2)?;
        let (node, record) = (u64::from(head.u32()?), u64::from(head.u16()?));
        let depth = head.u16()?;
        head.skip(2)?;
        let root = self.address(&mut head)?;
        let count = head.u16()?;
        let most = node
            .checked_sub(FRAME)
            .and_then(|room| room.checked_div(record));
        let (Some(most), true) = (most, depth < DEPTH_MAX) else {
            return Err(wrong(
                "a B-tree of impossible sizes",
                "nodes that hold records",
            ));
        };
        let mut tree = Records {
            node,
            record,
            count: width_of(most),
            totals: Vec::new(),
        };
        let mut below = most;
        for level in 1..=depth {
            let pointer = (self.offset + tree.count + tree.total(level)) as u64;
            let room = node.saturating_sub(FRAME + pointer);
            let most = room / (record + pointer);
            below = most
                .saturating_add(1)
                .saturating_mul(below)
                .saturating_add(most);
            tree.totals.push(width_of(below));
        }
        match root {
            Some(root) => self.record_node(&tree, root, depth, count.into(), visit),
            None => Ok(()),
        }
    }

    fn record_node(
        &self,
        tree: &Records,
        address: u64,
        level: u16,
        count: u64,
        visit: &mut dyn FnMut(&'a [u8]) -> Result<()>,
    ) -> Result<()> {
        let mut node = self.from(address, "B-tree")?;
        node.expect(if level == 0 { b"BTLF" } else { b"BTIN" })?;
        node.skip(2)?;
        if count.saturating_mul(tree.record) > tree.node {
            return Err(wrong("a B-tree node of too many records", "as many as fit"));
        }
        self.spend(6)?;
        for _ in 0..count {
            self.spend(tree.record as usize)?;
            visit(node.take_declared(tree.record)?)?;
        }
        if level == 0 {
            return Ok(());
        }
        let mut pointers: Cursor<'a> = node;
        for _ in 0..=count {
            let child = pointers.uint(self.offset)?;
            let count = pointers.uint(tree.count)?;
            pointers.skip(tree.total(level))?;
            self.record_node(tree, child, level - 1, count, visit)?;
        }
        Ok(())
    }
}

impl Records {
    /// Bytes of the number of records below a child of a node on this level; leaves have none.
    fn total(&self, level: u16) -> usize {
        let below = usize::from(level).checked_sub(2);
        below
            .and_then(|at| self.totals.get(at))
            .copied()
            .unwrap_or(0)
    }
}
