//! A folder with one sub-folder a class, as Keras and torchvision read it: one patient a file.
//!
//! In: a folder of exactly two sub-folders. Out: an unsorted [`Cohort`]. A folder cannot say that two files are of one
//! patient; a cohort with several pictures a patient needs the CSV. Which sub-folder is class 1 is never guessed from
//! the alphabet: in `csm` and `normal` it would be the wrong one.

use std::path::{Path, PathBuf};

use super::{Cohort, CohortError, Picture, plain_reason};

/// Pairs of names whose meaning nobody doubts: negative first.
const PAIRS: [[&str; 2]; 5] = [
    ["0", "1"],
    ["negative", "positive"],
    ["no", "yes"],
    ["non-CSM", "CSM"],
    ["control", "case"],
];

pub(super) fn read(path: &Path, positive: Option<&str>) -> Result<Cohort, CohortError> {
    let wrong = |problem: String| CohortError::Folder {
        path: path.display().to_string(),
        problem,
    };
    let folders: Vec<PathBuf> = visible(path)?
        .into_iter()
        .filter(|entry| entry.is_dir())
        .collect();
    let names: Vec<String> = folders.iter().map(|folder| file_name(folder)).collect();
    let [first, second] = names.as_slice() else {
        return Err(wrong(format!(
            "found {} sub-folders, expected two, one a class; or give a CSV with the columns patient, image, label",
            names.len()
        )));
    };
    let classes = match positive {
        Some(name) if name == second => [first.clone(), second.clone()],
        Some(name) if name == first => [second.clone(), first.clone()],
        Some(name) => {
            return Err(wrong(format!(
                "--positive {name} is no sub-folder (found \"{first}\" and \"{second}\"); name one of them"
            )));
        }
        None => known_pair(first, second).ok_or_else(|| {
            wrong(format!(
                "which of \"{first}\" and \"{second}\" is the class to detect cannot be told; pass --positive {first} or --positive {second}"
            ))
        })?,
    };

    let mut pictures = Vec::new();
    for (label, class) in classes.iter().enumerate() {
        for file in visible(&path.join(class))?
            .into_iter()
            .filter(|entry| entry.is_file())
        {
            let stem = file
                .file_stem()
                .map(|stem| stem.to_string_lossy().into_owned())
                .unwrap_or_default();
            pictures.push(Picture {
                patient: format!("{class}/{}", stem.trim()),
                name: format!("{class}/{}", file_name(&file)),
                path: file,
                label: label as u8,
                view: None,
                spacing_mm: None,
            });
        }
    }
    let mut patients: Vec<_> = pictures.iter().map(|picture| &picture.patient).collect();
    patients.sort();
    if let Some(pair) = patients.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(wrong(format!(
            "two files are called \"{}\" but for their endings, expected one file a patient; rename one, or give a CSV",
            pair[0]
        )));
    }
    Ok(Cohort {
        pictures,
        classes,
        split_column: None,
        covariates: Vec::new(),
        synthetic: None,
    })
}

/// Negative and positive of two names whose meaning nobody doubts.
pub(crate) fn known_pair(first: &str, second: &str) -> Option<[String; 2]> {
    let found = PAIRS.iter().find(|[negative, positive]| {
        let is =
            |a: &str, b: &str| a.eq_ignore_ascii_case(negative) && b.eq_ignore_ascii_case(positive);
        is(first, second) || is(second, first)
    })?;
    let first_is_negative = first.eq_ignore_ascii_case(found[0]);
    Some(if first_is_negative {
        [first.into(), second.into()]
    } else {
        [second.into(), first.into()]
    })
}

/// Entries that are not hidden, sorted by name.
pub(crate) fn visible(folder: &Path) -> Result<Vec<PathBuf>, CohortError> {
    let unreadable = |error: std::io::Error| CohortError::Unreadable {
        path: folder.display().to_string(),
        reason: plain_reason(&error),
    };
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if !file_name(&path).starts_with('.') {
            entries.push(path);
        }
    }
    entries.sort();
    Ok(entries)
}

pub(crate) fn file_name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}
