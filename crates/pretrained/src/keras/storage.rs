//! The bytes of an HDF5 file, handed to the crate `hdf5-reader` with a limit on what they can make it do.
//!
//! In: a whole file. Out: ranges of it, until they add up to more than a reader of a sound file asks for. The crate
//! bounds every single read; what it cannot know is that a file of 20 kB has no use for ten thousand overlapping
//! object headers. It also reserves room for as many messages as a version-1 header declares, so these are counted
//! before it does: it asks for the header's prefix alone, then for the whole header, then reserves.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use hdf5_reader::error::{Error, Result};
use hdf5_reader::storage::{BytesStorage, Storage, StorageBuffer};

/// Ranges may add up to so many times the file, since tables are looked up again for each path, ...
const READS_PER_BYTE: u64 = 8;
/// ... and to so many bytes more, for files of next to nothing but tables.
const READS_MIN: u64 = 1 << 20;
/// Bytes of a version-1 object header before its messages.
const HEADER_PREFIX: u64 = 16;
/// Bytes of a file for each message in its headers: what h5py writes takes 40 and more.
const BYTES_PER_MESSAGE: u64 = 16;
/// Messages that a file of any length may have.
const MESSAGES_MIN: u64 = 1 << 10;

/// A file in memory that stops answering when it is asked for too much.
pub(super) struct BoundedBytes {
    bytes: BytesStorage,
    bytes_left: AtomicU64,
    messages_left: AtomicU64,
    prefix: Mutex<Option<Prefix>>,
}

/// What may be the prefix of a version-1 header: where it was read, the header's length, and the messages declared.
#[derive(Clone, Copy)]
struct Prefix {
    offset: u64,
    header: u64,
    messages: u64,
}

impl BoundedBytes {
    pub(super) fn new(bytes: &[u8]) -> Self {
        let length = bytes.len() as u64;
        Self {
            bytes: BytesStorage::new(bytes.to_vec()),
            bytes_left: AtomicU64::new(length.saturating_mul(READS_PER_BYTE).max(READS_MIN)),
            messages_left: AtomicU64::new(length / BYTES_PER_MESSAGE + MESSAGES_MIN),
            prefix: Mutex::new(None),
        }
    }

    fn count_messages(&self, offset: u64, range: &[u8]) -> Result<()> {
        let mut prefix = self.prefix.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = prefix.take()
            && before.offset == offset
            && before.header == range.len() as u64
        {
            take(&self.messages_left, before.messages, "header messages")?;
        }
        if let [1, _, m0, m1, _, _, _, _, l0, l1, l2, l3, _, _, _, _] = *range {
            let length = u32::from_le_bytes([l0, l1, l2, l3]);
            *prefix = Some(Prefix {
                offset,
                header: u64::from(length) + HEADER_PREFIX,
                messages: u16::from_le_bytes([m0, m1]).into(),
            });
        }
        Ok(())
    }
}

impl Storage for BoundedBytes {
    fn len(&self) -> u64 {
        self.bytes.len()
    }

    fn read_range(&self, offset: u64, len: usize) -> Result<StorageBuffer> {
        let range = self.bytes.read_range(offset, len)?;
        take(&self.bytes_left, len as u64, "tables that overlap")?;
        self.count_messages(offset, &range)?;
        Ok(range)
    }
}

fn take(left: &AtomicU64, amount: u64, what: &str) -> Result<()> {
    left.try_update(Relaxed, Relaxed, |left| left.checked_sub(amount))
        .map(|_| ())
        .map_err(|_| Error::ResourceLimit(format!("more {what} than fit into the file")))
}
