//! Which files an audit looks at, and what the cohort says of each.
//!
//! In: a CSV, a folder, a DICOMDIR or a single radiograph. Out: [`Listing`]. Training stops at the first row that cannot be right; an audit goes on and
//! names them all. A folder may be a cohort (one sub-folder a class) or any export of a PACS, nested, without labels.

pub(super) mod directory;
mod folder;
mod table;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::AuditError;
use super::finding::Finding;
use crate::cohort::{file_name, plain_reason};

/// One radiograph as the cohort has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// The path as the cohort writes it, or relative to the folder.
    pub name: String,
    /// Where the file lies.
    pub path: PathBuf,
    /// The patient that the cohort names; none where the folder cannot say.
    pub patient: Option<String>,
    /// 0 or 1; none where it is missing or unclear.
    pub label: Option<u8>,
    /// Cells of [`Listing::columns`].
    pub cells: Vec<String>,
}

/// What there is to look at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listing {
    /// The radiographs, sorted by name.
    pub entries: Vec<Entry>,
    /// Names of class 0 and class 1; none for a folder without labels.
    pub classes: Option<[String; 2]>,
    /// Names of the CSV's further columns.
    pub columns: Vec<String>,
    /// What is wrong with the list itself.
    pub findings: Vec<Finding>,
}

/// What the user says about classes.
#[derive(Clone, Debug, Default)]
pub struct Classes {
    /// Negative and positive by name.
    pub both: Option<[String; 2]>,
    /// The positive one of two sub-folders.
    pub positive: Option<String>,
}

/// Lists the radiographs of a CSV, folder or DICOMDIR, or the one file given; `skip` is a folder not to look into.
pub(super) fn list(path: &Path, classes: &Classes, skip: &Path) -> Result<Listing, AuditError> {
    let metadata = std::fs::metadata(path).map_err(|error| AuditError::Unreadable {
        path: path.display().to_string(),
        reason: plain_reason(&error),
    })?;
    let mut listing = if metadata.is_dir() {
        folder::list(path, classes, skip)?
    } else if directory::is_directory(path) {
        directory::list(path, classes)?
    } else if is_picture(path) {
        let name = file_name(path);
        let path = path.to_path_buf();
        Listing {
            entries: vec![Entry {
                name,
                path,
                ..Entry::default()
            }],
            ..Listing::default()
        }
    } else {
        table::list(path, classes)?
    };
    listing
        .entries
        .sort_by(|a, b| (&a.name, &a.patient).cmp(&(&b.name, &b.patient)));
    Ok(listing)
}

/// Whether a file is no table, by its ending and its first bytes; a table saved as UTF-16 has zeros too.
fn is_picture(path: &Path) -> bool {
    let is_table = path.extension().is_some_and(|ending| {
        ["csv", "tsv", "txt"]
            .iter()
            .any(|table| ending.eq_ignore_ascii_case(table))
    });
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(512).read_to_end(&mut start));
    !is_table && read.is_ok() && start.contains(&0)
}

/// The folder that names of files are relative to.
pub(super) fn folder(cohort: &Path) -> PathBuf {
    if cohort.is_dir() {
        cohort.to_path_buf()
    } else {
        cohort
            .parent()
            .unwrap_or_else(|| Path::new(""))
            .to_path_buf()
    }
}
