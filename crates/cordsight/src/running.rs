//! Whether a program is at work in a run folder, so that a list of runs can say so and two never train in the same one.
//!
//! In: a run folder. Out: [`Running`], the file `running` in it, locked while the program that made it lives and gone once it
//! ends. The lock is the operating system's, so that a killed program leaves an unlocked file, which says nothing. Where a
//! file system knows no locks, nothing is ever at work.

use std::fs::{File, TryLockError};
use std::path::PathBuf;

use crate::cohort::plain_reason;
use crate::run_folder::{RunFolder, RunFolderError};

const FILE: &str = "running";

/// A program at work in a folder, until it is dropped.
#[derive(Debug)]
pub struct Running {
    path: PathBuf,
    _locked: File,
}

impl Running {
    /// Begins work in a folder that is there.
    ///
    /// # Errors
    ///
    /// A folder in which another program is at work, or that cannot be written.
    pub fn begin(run: &RunFolder) -> Result<Self, RunFolderError> {
        let path = run.file(FILE);
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|error| RunFolderError::Io {
                path: path.display().to_string(),
                reason: plain_reason(&error),
            })?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => Err(busy(run)),
            Ok(()) | Err(TryLockError::Error(_)) => Ok(Running {
                path,
                _locked: file,
            }),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A file that stays is unlocked with the end of this program and says nothing.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// True while a program is at work in the folder.
pub fn is_at_work(run: &RunFolder) -> bool {
    let Ok(file) = File::open(run.file(FILE)) else {
        return false;
    };
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}

/// Refuses a folder in which a program is at work.
///
/// # Errors
///
/// [`RunFolderError::Busy`].
pub fn demand_free(run: &RunFolder) -> Result<(), RunFolderError> {
    match is_at_work(run) {
        true => Err(busy(run)),
        false => Ok(()),
    }
}

fn busy(run: &RunFolder) -> RunFolderError {
    RunFolderError::Busy {
        path: run.path().display().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{FILE, Running, demand_free, is_at_work};
    use crate::run_folder::{RunFolder, RunFolderError};

    #[test]
    fn a_folder_is_at_work_from_begin_to_drop_and_never_by_a_file_that_was_left() {
        let place = tempfile::tempdir().unwrap();
        let run = RunFolder::open(place.path());
        assert!(!is_at_work(&run));
        std::fs::write(run.file(FILE), b"").unwrap();
        assert!(!is_at_work(&run));
        let running = Running::begin(&run).unwrap();
        assert!(is_at_work(&run));
        for refused in [demand_free(&run).err(), Running::begin(&run).err()] {
            assert!(matches!(refused, Some(RunFolderError::Busy { .. })));
        }
        drop(running);
        assert!(!is_at_work(&run));
        assert!(!run.file(FILE).exists());
    }
}
