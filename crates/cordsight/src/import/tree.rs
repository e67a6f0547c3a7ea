//! All files below a folder, by their ending.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{ImportError, place};
use crate::cohort::plain_reason;

/// Folders within folders that are searched.
const DEPTH_MAX: usize = 8;

/// Files with one of the endings (lower case), sorted by path; hidden ones and links to folders are passed over.
pub(super) fn files(folder: &Path, endings: &[&str]) -> Result<Vec<PathBuf>, ImportError> {
    let mut found = Vec::new();
    let mut folders = vec![(folder.to_path_buf(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        let unreadable = |error: std::io::Error| place(&folder, plain_reason(&error));
        for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            let (path, kind) = (entry.path(), entry.file_type().map_err(unreadable)?);
            if kind.is_dir() {
                if depth < DEPTH_MAX {
                    folders.push((path, depth + 1));
                }
            } else if endings.contains(&ending(&path).as_str()) && path.is_file() {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The file's ending in lower case.
pub(super) fn ending(path: &Path) -> String {
    path.extension()
        .map(|ending| ending.to_string_lossy().to_ascii_lowercase())
        .unwrap_or_default()
}

/// The file's name without its ending.
pub(super) fn stem(path: &Path) -> String {
    path.file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// Files by the name without ending, each once.
pub(super) fn by_stem(files: Vec<PathBuf>) -> Result<BTreeMap<String, PathBuf>, ImportError> {
    let mut found = BTreeMap::<String, PathBuf>::new();
    for path in files {
        if let Some(first) = found.get(&stem(&path)) {
            let problem = format!(
                "has the same name as {}, expected each once; move one of them out of the folder",
                first.display()
            );
            return Err(place(&path, problem));
        }
        found.insert(stem(&path), path);
    }
    Ok(found)
}
