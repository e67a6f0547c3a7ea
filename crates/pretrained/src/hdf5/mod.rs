//! HDF5 as Keras and h5py write it, read in place: groups, string attributes, and datasets of floating point numbers.
//!
//! In: the bytes of a file. Out: borrowed parts of it, and float32 values. Superblocks 0 to 3, both kinds of object
//! headers and of groups, compact, contiguous and chunked data, gzip, shuffle and Fletcher-32. Soft and external links,
//! data in other files, data that was never written, shared datatypes and filters of others are refused by name.
//! Nothing is cached and no table is copied, so that memory is that of the values, and `work_left` bounds the time that
//! tables which overlap or point at each other can take. Checksums of tables are not verified, those of data are.
//!
//! Source: HDF5 File Format Specification 3.0. Checked against: h5py, every encoding (tools/golden/keras_weights.py).

mod array;
mod attribute;
mod chunk;
mod cursor;
mod dataset;
mod dense;
mod filter;
mod header;
mod links;
mod tree;

use std::cell::Cell;

pub(crate) use self::header::{Kind, Object};
pub(crate) use self::links::{Link, Target};

use self::cursor::Cursor;

/// The first bytes of a file.
pub(crate) const SIGNATURE: &[u8] = b"\x89HDF\r\n\x1a\n";
/// Tables and decoded chunks may add up to so many times the file, since some tables are looked up again, ...
const WORK_PER_BYTE: u64 = 8;
/// ... and to so many bytes more, for files of next to nothing but tables.
const WORK_MIN: u64 = 1 << 17;
/// Links of a file: one for so many bytes, ...
const BYTES_PER_LINK: usize = 128;
/// ... and so many more, for files of next to nothing but links.
const LINKS_MIN: usize = 1 << 12;

/// Why a file cannot be read.
#[derive(Debug)]
pub(crate) enum Fault {
    /// It is cut off, points outside itself, or contradicts itself.
    Damaged { found: String, expected: String },
    /// It uses something that is not read here.
    Unsupported { found: String, remedy: &'static str },
}

type Result<T> = std::result::Result<T, Fault>;

fn wrong(found: impl Into<String>, expected: impl Into<String>) -> Fault {
    Fault::Damaged {
        found: found.into(),
        expected: expected.into(),
    }
}

fn unsupported(found: impl Into<String>, remedy: &'static str) -> Fault {
    Fault::Unsupported {
        found: found.into(),
        remedy,
    }
}

/// A file in memory.
pub(crate) struct File<'a> {
    bytes: &'a [u8],
    /// Bytes of an address.
    offset: usize,
    /// Bytes of a length.
    length: usize,
    root: u64,
    work_left: Cell<u64>,
    links_left: Cell<usize>,
}

impl<'a> File<'a> {
    /// Reads the superblock.
    ///
    /// # Errors
    ///
    /// Another version, a file shorter than it says, or one that begins somewhere else.
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self> {
        let mut head = Cursor::new(bytes, "superblock");
        head.expect(SIGNATURE)?;
        let version = head.u8()?;
        let before = match version {
            0 | 1 => 4,
            2 | 3 => 0,
            _ => return Err(wrong(format!("superblock version {version}"), "0 to 3")),
        };
        head.skip(before)?;
        let (offset, length) = (usize::from(head.u8()?), usize::from(head.u8()?));
        if ![2, 4, 8].contains(&offset) || ![2, 4, 8].contains(&length) {
            let found = format!("addresses of {offset} and lengths of {length} bytes");
            return Err(wrong(found, "2, 4 or 8"));
        }
        head.skip([9, 13, 1, 1][usize::from(version)])?;
        let base = head.uint(offset)?;
        head.skip(offset)?;
        let end = head.uint(offset)?;
        if version < 2 {
            head.skip(2 * offset)?;
        }
        let root = head.uint(offset)?;
        if base != 0 {
            return Err(unsupported(
                "a file within a file",
                "take it out of the other",
            ));
        }
        if end > bytes.len() as u64 {
            return Err(wrong(format!("{} bytes", bytes.len()), format!("{end}")));
        }
        let length_bytes = bytes.len() as u64;
        Ok(Self {
            bytes,
            offset,
            length,
            root,
            work_left: Cell::new(
                length_bytes
                    .saturating_mul(WORK_PER_BYTE)
                    .saturating_add(WORK_MIN),
            ),
            links_left: Cell::new(bytes.len() / BYTES_PER_LINK + LINKS_MIN),
        })
    }

    /// The address of the group that holds all others.
    pub(crate) fn root(&self) -> u64 {
        self.root
    }

    /// What stands from an address to the end of the file.
    fn from(&self, address: u64, what: &'static str) -> Result<Cursor<'a>> {
        usize::try_from(address)
            .ok()
            .and_then(|at| self.bytes.get(at..))
            .map(|rest| Cursor::new(rest, what))
            .ok_or_else(|| wrong(format!("{what} at {address}"), "a place in the file"))
    }

    /// An address, or nothing where the file says that there is none.
    fn address(&self, cursor: &mut Cursor<'a>) -> Result<Option<u64>> {
        let address = cursor.uint(self.offset)?;
        Ok((address != u64::MAX >> (64 - 8 * self.offset)).then_some(address))
    }

    /// Counts what takes time, for a few tables can name each other again and again.
    fn spend(&self, work: usize) -> Result<()> {
        match self.work_left.get().checked_sub(work as u64) {
            Some(left) => self.work_left.set(left),
            None => {
                return Err(wrong(
                    "tables that overlap or repeat",
                    "those of one network",
                ));
            }
        }
        Ok(())
    }
}
