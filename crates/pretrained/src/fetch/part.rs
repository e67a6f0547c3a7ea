//! The unfinished file `NAME.part`: what has come so far, its digest, and the version of the server's file.
//!
//! The version (a strong `ETag`, else `Last-Modified`) stands beside it in `NAME.part.version`, so that a later
//! process can ask for the rest of the same bytes only.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::digest::Hasher;
use super::{FetchError, at};
use crate::catalogue::{Digest, Entry};

pub(super) struct Part {
    file: File,
    path: PathBuf,
    version: PathBuf,
    known: Digest,
    hasher: Hasher,
    bytes: u64,
}

impl Part {
    /// Opens or creates the part, takes it for this process alone, and hashes what it holds.
    pub(super) fn open(cache: &Path, entry: &Entry) -> Result<Self, FetchError> {
        let path = cache.join(format!("{}.part", entry.file));
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|source| at(&path, source))?;
        // A file system without locks serves one process at a time as well.
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            return Err(FetchError::Busy { path });
        }
        let mut hasher = Hasher::new(&entry.digest);
        let bytes = hasher.read(&mut file).map_err(|source| at(&path, source))?;
        Ok(Part {
            file,
            version: cache.join(format!("{}.part.version", entry.file)),
            path,
            known: entry.digest,
            hasher,
            bytes,
        })
    }

    /// Bytes that have come.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Digits of the bytes that have come.
    pub(super) fn digest(&self) -> String {
        self.hasher.digits()
    }

    /// True when these are the published bytes.
    pub(super) fn is_whole(&self) -> bool {
        self.bytes > 0 && self.known.matches(&self.digest())
    }

    /// Version of the server's file that the bytes belong to.
    pub(super) fn version(&self) -> Option<String> {
        let text = fs::read_to_string(&self.version).ok()?;
        let usable = text.len() <= 256 && text.bytes().all(|byte| (0x20..0x7f).contains(&byte));
        (usable && !text.is_empty()).then_some(text)
    }

    /// Forgets everything, version included.
    pub(super) fn restart(&mut self) -> Result<(), FetchError> {
        self.begin(None)
    }

    /// Starts from the first byte, of this version.
    pub(super) fn begin(&mut self, version: Option<&str>) -> Result<(), FetchError> {
        self.hasher = Hasher::new(&self.known);
        self.bytes = 0;
        self.file
            .set_len(0)
            .and_then(|()| self.file.seek(SeekFrom::Start(0)))
            .map_err(|source| at(&self.path, source))?;
        match version {
            Some(version) => {
                fs::write(&self.version, version).map_err(|source| at(&self.version, source))
            }
            None => self.forget_version(),
        }
    }

    /// Writes the next bytes, unbuffered, so that they outlive this process.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), FetchError> {
        self.file
            .write_all(bytes)
            .map_err(|source| at(&self.path, source))?;
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    /// Gives the part its final name.
    pub(super) fn finish(self, path: &Path) -> Result<(), FetchError> {
        self.file
            .sync_all()
            .map_err(|source| at(&self.path, source))?;
        self.forget_version()?;
        let Part {
            file, path: part, ..
        } = self;
        drop(file);
        fs::rename(&part, path).map_err(|source| at(path, source))
    }

    fn forget_version(&self) -> Result<(), FetchError> {
        match fs::remove_file(&self.version) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                Err(at(&self.version, source))
            }
            _ => Ok(()),
        }
    }
}
