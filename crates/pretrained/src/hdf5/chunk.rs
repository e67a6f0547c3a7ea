//! Values in chunks: which chunks there are, and their values put in place.
//!
//! A chunk that is missing means values that were never written, which no weights file may have.

use super::cursor::Cursor;
use super::dataset::{REPACK, never_written};
use super::filter::{Filters, Planes};
use super::{File, Result, unsupported, wrong};
use crate::gather::Element;

/// Bytes of the file for each chunk: an address and a value take more.
const BYTES_PER_CHUNK: usize = 9;

/// A chunked dataset.
pub(super) struct Chunks<'a> {
    element: Element,
    big_endian: bool,
    shape: Vec<usize>,
    sides: Vec<usize>,
    /// Chunks along each side that the dataset could grow to; some indices count in them.
    pub(super) most: Vec<u64>,
    index: Index,
    filters: Filters<'a>,
}

/// What lists the chunks, and where.
#[derive(Clone, Copy)]
enum Index {
    Single {
        bytes: Option<(u64, u32)>,
        address: u64,
    },
    Tree {
        address: u64,
    },
    FixedArray {
        address: u64,
    },
    ExtensibleArray {
        address: u64,
    },
    NewTree {
        address: u64,
    },
}

/// A chunk as an index tells of it.
pub(super) struct Stored {
    pub(super) address: u64,
    /// Bytes as stored, and filters left out; nothing for a chunk that is as in memory.
    pub(super) packed: Option<(u64, u32)>,
}

impl<'a> Chunks<'a> {
    /// Reads a layout message behind its class.
    pub(super) fn read(
        file: &File<'a>,
        mut layout: Cursor<'a>,
        version: u8,
        (shape, most): (&[u64], &[u64]),
        filters: Option<&'a [u8]>,
        (element, big_endian): (Element, bool),
    ) -> Result<Self> {
        let wide = || {
            wrong(
                "a chunk of impossible sides",
                "one side for each of the shape",
            )
        };
        let flags = if version > 3 { layout.u8()? } else { 0 };
        let rank = usize::from(layout.u8()?);
        let old = if version == 3 {
            file.address(&mut layout)?
        } else {
            None
        };
        let width = if version > 3 {
            usize::from(layout.u8()?)
        } else {
            4
        };
        if rank != shape.len() + 1 || width > 8 || most.len() != shape.len() {
            return Err(wide());
        }
        let sides: Vec<u64> = (0..rank)
            .map(|_| layout.uint(width))
            .collect::<Result<_>>()?;
        let narrow = |sides: &[u64]| -> Result<Vec<usize>> {
            let sides = sides
                .iter()
                .map(|side| usize::try_from(*side).map_err(|_| wide()));
            sides.collect()
        };
        let (shape, sides) = (
            narrow(shape)?,
            narrow(sides.get(..rank - 1).unwrap_or_default())?,
        );
        if sides.contains(&0) {
            return Err(wide());
        }
        let index = match version {
            3 => Index::Tree {
                address: old.ok_or_else(never_written)?,
            },
            _ => index(file, layout, flags)?,
        };
        let grown = most.iter().zip(&sides);
        let grown = grown.map(|(most, side)| match *most {
            u64::MAX => u64::MAX,
            most => most.div_ceil(*side as u64),
        });
        Ok(Self {
            element,
            big_endian,
            most: grown.collect(),
            shape,
            sides,
            index,
            filters: Filters::read(filters)?,
        })
    }

    /// Chunks along each side.
    fn grid(&self) -> Vec<usize> {
        let sides = self.shape.iter().zip(&self.sides);
        sides.map(|(side, chunk)| side.div_ceil(*chunk)).collect()
    }

    pub(super) fn filtered(&self) -> bool {
        !self.filters.is_empty()
    }

    /// Bytes of a chunk in memory, those of an edge included.
    fn bytes(&self) -> Option<usize> {
        let width = self.element.width();
        self.sides
            .iter()
            .try_fold(width, |bytes, side| bytes.checked_mul(*side))
    }
}

fn index<'a>(file: &File<'a>, mut layout: Cursor<'a>, flags: u8) -> Result<Index> {
    let kind = layout.u8()?;
    let mut bytes = None;
    match kind {
        1 if flags & 2 != 0 => bytes = Some((layout.uint(file.length)?, layout.u32()?)),
        1 => {}
        3 => layout.skip(1)?,
        4 => layout.skip(5)?,
        5 => layout.skip(6)?,
        _ => return Err(unsupported(format!("a chunk index of kind {kind}"), REPACK)),
    }
    let address = file.address(&mut layout)?.ok_or_else(never_written)?;
    Ok(match kind {
        1 => Index::Single { bytes, address },
        3 => Index::FixedArray { address },
        4 => Index::ExtensibleArray { address },
        _ => Index::NewTree { address },
    })
}

impl<'a> File<'a> {
    /// All values of a chunked dataset, in order.
    pub(super) fn chunked(
        &self,
        chunks: &Chunks<'a>,
        count: usize,
        chunk_max: usize,
    ) -> Result<Vec<f32>> {
        let bytes = chunks
            .bytes()
            .filter(|bytes| !chunks.filtered() || *bytes <= chunk_max);
        let bytes =
            bytes.ok_or_else(|| wrong("a chunk that is larger than the file", "a smaller one"))?;
        let grid = chunks.grid();
        let total = grid
            .iter()
            .try_fold(1_usize, |total, side| total.checked_mul(*side));
        let total = total.filter(|total| *total <= self.bytes.len() / BYTES_PER_CHUNK);
        let total =
            total.ok_or_else(|| wrong("more chunks than fit", "chunks that are in the file"))?;
        let mut values = vec![0.0; count];
        let mut seen = vec![false; total];
        self.each_chunk(chunks, &grid, &mut |at, stored| {
            let place = at.iter().zip(&grid).try_fold(0, |place, (at, side)| {
                (at < side).then_some(place * side + at)
            });
            // An array may have room for chunks that the shape does not reach.
            let Some(seen) = place.and_then(|place| seen.get_mut(place)) else {
                return Ok(());
            };
            if std::mem::replace(seen, true) {
                return Err(wrong("a chunk twice", "every chunk once"));
            }
            self.spend(bytes)?;
            let planes = self.unpacked(chunks, &stored, bytes)?;
            put(chunks, at, &planes, &mut values);
            Ok(())
        })?;
        match seen.iter().all(|seen| *seen) {
            true => Ok(values),
            false => Err(never_written()),
        }
    }

    fn unpacked(&self, chunks: &Chunks<'a>, stored: &Stored, bytes: usize) -> Result<Planes<'a>> {
        let (length, mask) = stored.packed.unwrap_or((bytes as u64, u32::MAX));
        let data = self.from(stored.address, "chunk")?.take_declared(length)?;
        self.spend(data.len())?;
        chunks
            .filters
            .undo(data, mask, bytes, chunks.element.width())
    }

    /// Shows place in the grid and storage of every chunk.
    fn each_chunk(
        &self,
        chunks: &Chunks<'a>,
        grid: &[usize],
        visit: &mut dyn FnMut(&[usize], Stored) -> Result<()>,
    ) -> Result<()> {
        let rank = grid.len();
        let mut at = vec![0; rank];
        match chunks.index {
            Index::Single { bytes, address } => {
                let packed = bytes.or(chunks.filtered().then_some((u64::MAX, 0)));
                visit(&at, Stored { address, packed })
            }
            Index::Tree { address } => {
                self.leaves(address, 1, 8 + 8 * (rank + 1), &mut |key, address| {
                    let mut key = Cursor::new(key, "chunk");
                    let packed = (u64::from(key.u32()?), key.u32()?);
                    for (at, side) in at.iter_mut().zip(&chunks.sides) {
                        let first = usize::try_from(key.uint(8)?).unwrap_or(usize::MAX);
                        if first % side != 0 {
                            return Err(wrong("a chunk between two places", "one in its place"));
                        }
                        *at = first / side;
                    }
                    let packed = Some(packed);
                    visit(&at, Stored { address, packed })
                })
            }
            Index::NewTree { address } => self.records(address, &mut |record| {
                let packed = record.len().checked_sub(self.offset + 8 * rank + 4);
                let mut record = Cursor::new(record, "chunk");
                let address = record.uint(self.offset)?;
                let packed = match chunks.filtered() {
                    true => Some((record.uint(packed.unwrap_or(0).min(8))?, record.u32()?)),
                    false => None,
                };
                for at in &mut at {
                    *at = usize::try_from(record.uint(8)?).unwrap_or(usize::MAX);
                }
                visit(&at, Stored { address, packed })
            }),
            Index::FixedArray { address } => self.fixed_array(chunks, address, visit),
            Index::ExtensibleArray { address } => self.extensible_array(chunks, address, visit),
        }
    }
}

/// Puts the values of the chunk at a place of the grid where they belong; what lies beyond the shape is left out.
fn put(chunks: &Chunks<'_>, at: &[usize], planes: &Planes<'_>, values: &mut [f32]) {
    let (mut shape, sides) = (chunks.shape.clone(), chunks.sides.as_slice());
    let mut first: Vec<usize> = at.iter().zip(sides).map(|(at, side)| at * side).collect();
    // A scalar has one value; one more side spares it a path of its own.
    let mut sides = sides.to_vec();
    if shape.is_empty() {
        (shape, first, sides) = (vec![1], vec![0], vec![1]);
    }
    let last = shape.len() - 1;
    let run = sides[last].min(shape[last] - first[last].min(shape[last]));
    let rows: usize = sides[..last].iter().product();
    for row in 0..rows {
        let (mut rest, mut to, mut step, mut inside) = (row, 0, 1, true);
        step *= shape[last];
        for side in (0..last).rev() {
            let place = first[side] + rest % sides[side];
            rest /= sides[side];
            inside &= place < shape[side];
            to += place * step;
            step *= shape[side];
        }
        let to = to + first[last];
        if !inside {
            continue;
        }
        for (i, value) in values[to..to + run].iter_mut().enumerate() {
            *value = planes.number(row * sides[last] + i, chunks.element, chunks.big_endian);
        }
    }
}
