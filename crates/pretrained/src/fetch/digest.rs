//! Digests of files and streams, in lower-case hexadecimal digits.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use md5::Md5;
use sha2::{Digest as _, Sha256};

use crate::catalogue::Digest;

/// A digest of bytes as they come.
#[derive(Clone)]
pub(super) enum Hasher {
    Sha256(Sha256),
    Md5(Md5),
}

impl Hasher {
    pub(super) fn new(digest: &Digest) -> Self {
        match digest {
            Digest::Sha256(_) | Digest::Sha256Prefix(_) => Hasher::Sha256(Sha256::new()),
            Digest::Md5(_) => Hasher::Md5(Md5::new()),
        }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        match self {
            Hasher::Sha256(hasher) => hasher.update(bytes),
            Hasher::Md5(hasher) => hasher.update(bytes),
        }
    }

    /// Reads to the end, and gives the number of bytes.
    pub(super) fn read(&mut self, source: &mut impl Read) -> io::Result<u64> {
        let mut buffer = vec![0; 64 * 1024];
        let mut bytes = 0;
        loop {
            match source.read(&mut buffer) {
                Ok(0) => return Ok(bytes),
                Ok(count) => {
                    self.update(&buffer[..count]);
                    bytes += count as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The digits of what has come so far.
    pub(super) fn digits(&self) -> String {
        let digits = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        match self.clone() {
            Hasher::Sha256(hasher) => digits(&hasher.finalize()),
            Hasher::Md5(hasher) => digits(&hasher.finalize()),
        }
    }
}

/// Digits of a file, or nothing where there is none.
pub(super) fn of_file(path: &Path, digest: &Digest) -> io::Result<Option<String>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut hasher = Hasher::new(digest);
    hasher.read(&mut file)?;
    Ok(Some(hasher.digits()))
}

impl Digest {
    /// True when the digits of a whole file are those that are known.
    pub(super) fn matches(&self, digits: &str) -> bool {
        match self {
            Digest::Sha256(known) | Digest::Md5(known) => digits == *known,
            Digest::Sha256Prefix(known) => digits.starts_with(known),
        }
    }

    /// The digits of a file in the words of this digest.
    pub(super) fn describe(&self, digits: &str) -> String {
        match self {
            Digest::Sha256(_) | Digest::Sha256Prefix(_) => format!("SHA-256 {digits}"),
            Digest::Md5(_) => format!("MD5 {digits}"),
        }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Digest::Sha256(digits) => write!(f, "SHA-256 {digits}"),
            Digest::Sha256Prefix(digits) => write!(f, "SHA-256 {digits}..."),
            Digest::Md5(digits) => write!(f, "MD5 {digits}"),
        }
    }
}
