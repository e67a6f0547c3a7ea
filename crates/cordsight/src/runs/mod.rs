//! Run folders below a folder: which there are, what state they are in, what they found, and how two of them differ.
//!
//! In: folders. Out: [`Found`], one entry a run, a cross-validation, a search or a broken one, read from the files that the run itself
//! wrote. Figures are computed again from the predictions, so that a list never shows what the files do not hold. A folder
//! inside a run is part of that run. Nothing is written, and no network or picture is opened.

mod compare;
mod date;
mod diff;
mod summary;

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::cohort::plain_reason;
use crate::run_folder::RunFolder;

pub use compare::{Compared, Entry, Pair, compare};
pub use diff::{Change, Differences, diff};
pub use summary::{Epochs, Figure, Kind, Network, Patients, State, Summary};

/// Folders inside each other that are searched at most.
const DEPTH_MAX: usize = 12;

/// A run, or what is wrong with its folder.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Found {
    /// A run that can be read.
    Run(Box<Summary>),
    /// One that cannot.
    Broken {
        /// Its folder.
        path: PathBuf,
        /// What is wrong.
        error: String,
    },
}

/// By what a list is sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// By the folder's path.
    #[default]
    Name,
    /// The last changed first.
    Date,
    /// The highest AUC first; runs without one after.
    Auc,
}

/// Runs that cannot be listed or compared.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct RunsError {
    /// The folder or file.
    pub path: String,
    /// What is wrong, and what to do.
    pub problem: String,
}

impl RunsError {
    fn new(path: &Path, problem: impl Into<String>) -> Self {
        RunsError {
            path: path.display().to_string(),
            problem: problem.into(),
        }
    }
}

/// Every run below the folders, each once; broken ones last.
///
/// # Errors
///
/// A folder that is not there or cannot be opened; what lies deeper and cannot be opened is an entry.
pub fn find(folders: &[PathBuf], sort: Sort) -> Result<Vec<Found>, RunsError> {
    let mut paths = Vec::new();
    let mut broken = Vec::new();
    for folder in folders {
        let entries = std::fs::read_dir(folder);
        entries.map_err(|error| {
            let hint = "give the folder that holds the runs";
            RunsError::new(folder, format!("{}; {hint}", plain_reason(&error)))
        })?;
        search(folder, 0, &mut paths, &mut broken);
    }
    paths.sort();
    paths.dedup();
    let mut runs = Vec::new();
    for path in paths {
        match Summary::read(&path) {
            Ok(summary) => runs.push(summary),
            Err(error) => broken.push((path, error)),
        }
    }
    match sort {
        Sort::Name => {}
        Sort::Date => runs.sort_by_key(|run| std::cmp::Reverse(run.changed_seconds)),
        Sort::Auc => runs.sort_by(|a, b| b.sort_auc().total_cmp(&a.sort_auc())),
    }
    broken.sort();
    let runs = runs.into_iter().map(|run| Found::Run(Box::new(run)));
    let broken = broken.into_iter();
    let broken = broken.map(|(path, error)| Found::Broken { path, error });
    Ok(runs.chain(broken).collect())
}

/// True where a folder is a run, a cross-validation or a search, finished or not.
pub fn is_run(path: &Path) -> bool {
    let run = RunFolder::open(path);
    // The files with which train, cv and tune begin.
    ["seal.json", "run.json", "cv.json", "tune.json"]
        .iter()
        .any(|name| run.file(name).is_file())
}

fn search(
    folder: &Path,
    depth: usize,
    found: &mut Vec<PathBuf>,
    broken: &mut Vec<(PathBuf, String)>,
) {
    if is_run(folder) {
        found.push(folder.to_path_buf());
        return;
    }
    if depth == DEPTH_MAX {
        return;
    }
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            broken.push((folder.to_path_buf(), plain_reason(&error)));
            return;
        }
    };
    for entry in entries.flatten() {
        // A link to a folder is no folder here: it could lead in a circle.
        let is_folder = entry.file_type().is_ok_and(|of| of.is_dir());
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        if is_folder && !is_hidden {
            search(&entry.path(), depth + 1, found, broken);
        }
    }
}
