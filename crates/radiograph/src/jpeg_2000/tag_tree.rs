//! Tag trees: numbers of a grid, coded with what is common to neighbours first.
//!
//! In: bits of a packet header. Out: whether a leaf's number is below a threshold. The nodes of all trees of a band lie in
//! one list, the leaves of a tree first and its root last.
//!
//! Source: ITU-T T.800 B.10.2.

use super::packet_bits::PacketBits;

/// More levels than a grid of 2^32 leaves has.
const MAX_DEPTH: usize = 33;

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Node {
    /// The number is at least this.
    low: u16,
    is_known: bool,
}

/// How many nodes a tree of so many columns and rows has.
pub(super) fn node_count(columns: usize, rows: usize) -> usize {
    let (mut columns, mut rows, mut count) = (columns, rows, columns * rows);
    while columns * rows > 1 {
        (columns, rows) = (columns.div_ceil(2), rows.div_ceil(2));
        count += columns * rows;
    }
    count
}

/// Reads on until it is told whether the number of the leaf at column `x` and row `y` is below `threshold`.
pub(super) fn is_below(
    nodes: &mut [Node],
    (columns, rows): (usize, usize),
    (x, y): (usize, usize),
    threshold: u16,
    bits: &mut PacketBits,
) -> bool {
    let mut path = [0; MAX_DEPTH];
    let (mut columns, mut rows, mut x, mut y, mut first) = (columns, rows, x, y, 0);
    let mut depth = 0;
    loop {
        path[depth] = first + y * columns + x;
        if columns * rows <= 1 {
            break;
        }
        first += columns * rows;
        (columns, rows, x, y) = (columns.div_ceil(2), rows.div_ceil(2), x / 2, y / 2);
        depth += 1;
    }
    let mut low = 0;
    for &index in path[..=depth].iter().rev() {
        let node = &mut nodes[index];
        node.low = node.low.max(low);
        while node.low < threshold && !node.is_known {
            if bits.bit() == 1 {
                node.is_known = true;
            } else {
                node.low += 1;
            }
        }
        low = node.low;
    }
    let leaf = nodes[path[0]];
    leaf.is_known && leaf.low < threshold
}
