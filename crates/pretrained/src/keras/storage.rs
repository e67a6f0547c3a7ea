//! The bytes of an HDF5 file, handed to the crate `hdf5-reader` with a limit on what they can make it do.
//!
//! In: a whole file. Out: ranges of it, until they add up to more than a reader of a sound file asks for. The crate
//! bounds every single read; what it cannot know is that a file of 20 kB has no use for ten thousand overlapping
//! object headers. It also reserves room for as many messages as a version-1 header declares, so these are counted
//! before it does.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use hdf5_reader::error::{Error, Result};
use hdf5_reader::storage::{BytesStorage, Storage, StorageBuffer};

/// Ranges may add up to so many times the file, since tables are looked up again for each path, ...
const READS_PER_BYTE: u64 = 8;
/// ... and to so many bytes more, for files of next to nothing but tables.
const READS_MIN: u64 = 1 << 20;
/// The prefix of a version-1 object header, which the crate asks for alone before it reserves room.
const HEADER_PREFIX: usize = 16;
/// Bytes of a file for each message in its headers: what h5py writes takes 40 and more.
const BYTES_PER_MESSAGE: u64 = 16;
/// Messages that a file of any length may have.
const MESSAGES_MIN: u64 = 1 << 10;

/// A file in memory that stops answering when it is asked for too much.
pub(super) struct BoundedBytes {
    bytes: BytesStorage,
    bytes_left: AtomicU64,
    messages_left: AtomicU64,
}

impl BoundedBytes {
    pub(super) fn new(bytes: &[u8]) -> Self {
        let length = bytes.len() as u64;
        Self {
            bytes: BytesStorage::new(bytes.to_vec()),
            bytes_left: AtomicU64::new(length.saturating_mul(READS_PER_BYTE).max(READS_MIN)),
            messages_left: AtomicU64::new(length / BYTES_PER_MESSAGE + MESSAGES_MIN),
        }
    }
}

impl Storage for BoundedBytes {
    fn len(&self) -> u64 {
        self.bytes.len()
    }

    fn read_range(&self, offset: u64, len: usize) -> Result<StorageBuffer> {
        let range = self.bytes.read_range(offset, len)?;
        take(&self.bytes_left, len as u64, "tables that overlap")?;
        if len == HEADER_PREFIX
            && let [1, 0, low, high, ..] = *range
        {
            let declared = u16::from_le_bytes([low, high]);
            take(&self.messages_left, declared.into(), "header messages")?;
        }
        Ok(range)
    }
}

fn take(left: &AtomicU64, amount: u64, what: &str) -> Result<()> {
    left.try_update(Relaxed, Relaxed, |left| left.checked_sub(amount))
        .map(|_| ())
        .map_err(|_| Error::ResourceLimit(format!("more {what} than fit into the file")))
}
