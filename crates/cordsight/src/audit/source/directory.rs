//! The pictures of a CD or an export of a PACS, as its DICOMDIR lists them.
//!
//! In: a DICOMDIR. Out: an unsorted [`Listing`] without patients and labels, which only the headers can tell. A picture that is
//! listed and not there means that the export is incomplete, and is a finding.

use std::path::Path;

use radiograph::{ListedFile, list_directory};

use super::{Classes, Entry, Listing};
use crate::audit::AuditError;
use crate::audit::finding::{Finding, Item, Severity};
use crate::cohort::plain_reason;

/// A DICOMDIR holds names and numbers only; a CD has one of about 1 MB.
const MOST_BYTES: u64 = 256 << 20;

/// Whether the file is called as a DICOMDIR is.
pub(in crate::audit) fn is_directory(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| name.eq_ignore_ascii_case("DICOMDIR"))
}

pub(super) fn list(path: &Path, classes: &Classes) -> Result<Listing, AuditError> {
    if classes.both.is_some() || classes.positive.is_some() {
        return Err(AuditError::ClassesOfDirectory {
            path: path.display().to_string(),
        });
    }
    let mut listing = Listing::default();
    let mut absent = Vec::new();
    for listed in read(path)? {
        let name = listed.components.join("/");
        match listed.find(&super::folder(path)) {
            Some(path) => listing.entries.push(Entry {
                name,
                path,
                ..Entry::default()
            }),
            None => absent.push(Item::file(name, "")),
        }
    }
    listing.findings.extend(incomplete(absent));
    Ok(listing)
}

/// What a DICOMDIR among the files of a folder lists and the folder does not hold, or why it cannot be read.
pub(super) fn check(path: &Path, name: &str) -> Option<Finding> {
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    match read(path) {
        Ok(listed) => {
            let absent = listed.iter().filter(|file| file.find(folder).is_none());
            let item = |file: &ListedFile| {
                Item::file(name, format!("lists {}", file.components.join("/")))
            };
            incomplete(absent.map(item).collect())
        }
        // Other files have that name too; what it is comes with the notes on files that are no radiographs.
        Err(_) => None,
    }
}

fn read(path: &Path) -> Result<Vec<ListedFile>, AuditError> {
    let wrong = |problem: String| AuditError::Table {
        path: path.display().to_string(),
        problem,
    };
    let unreadable = |error| AuditError::Unreadable {
        path: path.display().to_string(),
        reason: plain_reason(&error),
    };
    let length = std::fs::metadata(path).map_err(unreadable)?.len();
    if length > MOST_BYTES {
        return Err(wrong(format!(
            "found {length} bytes, expected a DICOMDIR of at most {MOST_BYTES}; audit its folder instead"
        )));
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    list_directory(&bytes).map_err(|error| wrong(format!("{error}; audit its folder instead")))
}

fn incomplete(absent: Vec<Item>) -> Option<Finding> {
    Finding::counted(
        Severity::Warning,
        "absent-picture",
        [
            "picture that the DICOMDIR lists is not there",
            "pictures that the DICOMDIR lists are not there",
        ],
        "The disc was copied in part, or the export broke off: copy or export it again.",
        absent,
    )
}
