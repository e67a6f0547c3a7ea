//! The folder of one run, and how files get into it.
//!
//! In: a path. Out: [`RunFolder`], which knows the name of everything inside. Each file is written beside its place
//! and then renamed, so that a run killed at any moment leaves whole files only.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::cohort::plain_reason;

/// One run's folder.
#[derive(Clone, Debug)]
pub struct RunFolder {
    path: PathBuf,
}

/// A run folder that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RunFolderError {
    /// A folder is there already.
    #[error(
        "{path}: is there already; choose another --out, go on with --resume, or replace it with --overwrite"
    )]
    Exists {
        /// The folder.
        path: String,
    },
    /// `--overwrite` on something that is no run.
    #[error(
        "{path}: holds files but no config.toml, so it is not a run, and --overwrite will not delete it; choose another --out"
    )]
    NotARun {
        /// The folder.
        path: String,
    },
    /// Another program is training there.
    #[error(
        "{path}: another cordsight is at work in it; wait for its end, or choose another --out"
    )]
    Busy {
        /// The folder.
        path: String,
    },
    /// A file or folder cannot be written or read.
    #[error("{path}: {reason}")]
    Io {
        /// The file or folder.
        path: String,
        /// What the operating system says.
        reason: String,
    },
}

impl RunFolder {
    /// Claims a folder for a new run, so that an unusable path is found before any work; one that is there already is
    /// accepted only where `overwrite` says so and it is a run. Nothing in it is deleted yet: see [`clear`](Self::clear).
    ///
    /// # Errors
    ///
    /// A folder that exists, or that cannot be made.
    pub fn claim(path: &Path, overwrite: bool) -> Result<Self, RunFolderError> {
        let run = RunFolder::open(path);
        if path.exists() && !run.is_empty() {
            if !overwrite {
                return Err(RunFolderError::Exists {
                    path: path.display().to_string(),
                });
            }
            if !run.config().is_file() {
                return Err(RunFolderError::NotARun {
                    path: path.display().to_string(),
                });
            }
        }
        std::fs::create_dir_all(path).map_err(|error| io(path, &error))?;
        let probe = run.file(".cordsight");
        std::fs::write(&probe, b"")
            .and_then(|()| std::fs::remove_file(&probe))
            .map_err(|error| io(path, &error))?;
        Ok(run)
    }

    /// Deletes what an earlier run left, and makes the sub-folders.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    pub fn clear(&self) -> Result<(), RunFolderError> {
        std::fs::remove_dir_all(&self.path).map_err(|error| io(&self.path, &error))?;
        for folder in [
            self.path.clone(),
            self.file("checkpoints"),
            self.file("figures"),
        ] {
            std::fs::create_dir_all(&folder).map_err(|error| io(&folder, &error))?;
        }
        Ok(())
    }

    /// A run that is there already.
    pub fn open(path: &Path) -> Self {
        RunFolder {
            path: path.to_path_buf(),
        }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file inside, by its name.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Resolved settings.
    pub fn config(&self) -> PathBuf {
        self.file("config.toml")
    }

    /// The trained network with all that is needed to use it.
    pub fn model(&self) -> PathBuf {
        self.file("model.safetensors")
    }

    /// State after the last finished epoch.
    pub fn checkpoint(&self) -> PathBuf {
        self.file("checkpoints/last.safetensors")
    }

    /// Writes a file inside, whole or not at all.
    ///
    /// # Errors
    ///
    /// What the operating system says, with the file's name.
    pub fn write(&self, name: &str, content: &[u8]) -> Result<(), RunFolderError> {
        write_whole(&self.file(name), content)
    }

    /// Deletes a file inside, if it is there.
    ///
    /// # Errors
    ///
    /// What the operating system says, with the file's name.
    pub fn remove(&self, name: &str) -> Result<(), RunFolderError> {
        let path = self.file(name);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(io(&path, &error)),
            _ => Ok(()),
        }
    }

    fn is_empty(&self) -> bool {
        std::fs::read_dir(&self.path).is_ok_and(|mut entries| entries.next().is_none())
    }
}

/// Writes a file beside its place, flushes it to the disk, and renames it.
///
/// # Errors
///
/// What the operating system says, with the file's name.
pub fn write_whole(path: &Path, content: &[u8]) -> Result<(), RunFolderError> {
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    let write = || -> std::io::Result<()> {
        let mut file = std::fs::File::create(&partial)?;
        file.write_all(content)?;
        file.sync_all()?;
        std::fs::rename(&partial, path)
    };
    write().map_err(|error| io(path, &error))
}

fn io(path: &Path, error: &std::io::Error) -> RunFolderError {
    RunFolderError::Io {
        path: path.display().to_string(),
        reason: plain_reason(error),
    }
}
