//! The key that pseudonyms depend on, in a file that the user keeps.
//!
//! In: a path. Out: the key in that file, or a new one written there: 32 random bytes as hexadecimal digits, for its owner's
//! eyes only. Any other text of 16 bytes or more is a key as well.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::Path;

use radiograph::deidentify::Key;

use super::{FolderError, io};
use crate::cohort::hex;

const BYTES: std::ops::RangeInclusive<u64> = 16..=4096;

/// A key and where it came from.
pub struct KeyFile {
    /// The key.
    pub key: Key,
    /// It was drawn and written just now.
    pub is_new: bool,
}

impl KeyFile {
    /// The key in the file; a file that is not there is written with a new key.
    ///
    /// # Errors
    /// A file that cannot be read or written, and a key of less than 16 or more than 4096 bytes.
    pub fn open(path: &Path) -> Result<KeyFile, FolderError> {
        match fs::File::open(path) {
            Ok(file) => {
                let mut bytes = Vec::new();
                let read = file.take(BYTES.end() + 2).read_to_end(&mut bytes);
                read.map_err(|error| io(path, &error))?;
                let secret = bytes.trim_ascii();
                let found = secret.len() as u64;
                if !BYTES.contains(&found) {
                    return Err(FolderError::KeyLength {
                        path: path.display().to_string(),
                        found,
                    });
                }
                Ok(KeyFile {
                    key: Key::new(secret),
                    is_new: false,
                })
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let secret = hex(&random()?);
                write_secret(path, &secret).map_err(|error| io(path, &error))?;
                Ok(KeyFile {
                    key: Key::new(secret.as_bytes()),
                    is_new: true,
                })
            }
            Err(error) => Err(io(path, &error)),
        }
    }
}

/// A key that nobody will know.
///
/// # Errors
/// Where the operating system gives no random bytes.
pub fn key_for_one_run() -> Result<Key, FolderError> {
    Ok(Key::new(&random()?))
}

fn random() -> Result<[u8; 32], FolderError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| FolderError::Random {
        reason: error.to_string(),
    })?;
    Ok(bytes)
}

fn write_secret(path: &Path, secret: &str) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    writeln!(file, "{secret}")?;
    file.sync_all()
}
