//! A folder, as deep as it goes.
//!
//! In: a folder, and what the user says about classes. Out: an unsorted [`Listing`]. With classes a patient is the
//! first name below the class (a sub-folder, or a file without its ending), as in [`crate::cohort`]; without classes
//! only the headers can tell. Hidden files and links to folders are passed over.

use std::path::{Path, PathBuf};

use super::{Classes, Entry, Listing, directory};
use crate::audit::AuditError;
use crate::cohort::{file_name, known_pair, visible};

pub(super) fn list(path: &Path, classes: &Classes, skip: &Path) -> Result<Listing, AuditError> {
    let classes = name_classes(path, classes)?;
    let mut listing = Listing {
        classes: classes.clone(),
        ..Listing::default()
    };
    let roots: Vec<(PathBuf, Option<u8>)> = match &classes {
        None => vec![(path.to_path_buf(), None)],
        Some([negative, positive]) => {
            vec![
                (path.join(negative), Some(0)),
                (path.join(positive), Some(1)),
            ]
        }
    };
    for (root, label) in roots {
        for file in files_below(&root, skip)? {
            let below = |folder: &Path| {
                let relative = file.strip_prefix(folder).unwrap_or(&file);
                relative.to_string_lossy().replace('\\', "/")
            };
            let patient = label.map(|_| patient_of(&file_name(&root), &below(&root)));
            if directory::is_directory(&file) {
                listing
                    .findings
                    .extend(directory::check(&file, &below(path)));
            }
            listing.entries.push(Entry {
                name: below(path),
                patient,
                label,
                path: file,
                cells: Vec::new(),
            });
        }
    }
    Ok(listing)
}

/// The class and the first name below it, without the ending of a file.
fn patient_of(class: &str, below: &str) -> String {
    let first = below.split('/').next().unwrap_or_default();
    let name = if first.len() == below.len() {
        Path::new(first)
            .file_stem()
            .map_or_else(String::new, |stem| stem.to_string_lossy().into_owned())
    } else {
        first.to_string()
    };
    format!("{class}/{}", name.trim())
}

/// Sub-folders of class 0 and class 1, where the user names them or their names leave no doubt.
fn name_classes(path: &Path, classes: &Classes) -> Result<Option<[String; 2]>, AuditError> {
    let folders: Vec<String> = visible(path)?
        .iter()
        .filter(|entry| entry.is_dir())
        .map(|entry| file_name(entry))
        .collect();
    let wrong = |name: &String| AuditError::Class {
        path: path.display().to_string(),
        name: name.clone(),
        found: folders
            .iter()
            .take(8)
            .cloned()
            .collect::<Vec<_>>()
            .join(", "),
    };
    let given = classes.both.iter().flatten().chain(&classes.positive);
    if let Some(absent) = given.clone().find(|name| !folders.contains(name)) {
        return Err(wrong(absent));
    }
    match (&classes.both, &classes.positive, folders.as_slice()) {
        (Some([first, second]), Some(positive), _) if positive == first => {
            Ok(Some([second.clone(), first.clone()]))
        }
        (Some([_, second]), Some(positive), _) if positive != second => Err(wrong(positive)),
        (Some(both), _, _) => Ok(Some(both.clone())),
        (None, Some(positive), [first, second]) => {
            let other = if positive == first { second } else { first };
            Ok(Some([other.clone(), positive.clone()]))
        }
        (None, Some(positive), _) => Err(AuditError::OtherClass {
            path: path.display().to_string(),
            positive: positive.clone(),
            folders: folders.len(),
        }),
        (None, None, [first, second]) => Ok(known_pair(first, second)),
        (None, None, _) => Ok(None),
    }
}

fn files_below(root: &Path, skip: &Path) -> Result<Vec<PathBuf>, AuditError> {
    let skip = std::fs::canonicalize(skip).ok();
    let mut files = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        if skip.is_some() && std::fs::canonicalize(&folder).ok() == skip {
            continue;
        }
        for entry in visible(&folder)? {
            if !entry.is_dir() {
                files.push(entry);
            } else if !entry.is_symlink() {
                folders.push(entry);
            }
        }
    }
    Ok(files)
}
