//! The JSON files of a run, read back.
//!
//! In: a path. Out: what the file holds, or one line that names it: a person may have edited it, or another version written it.

use std::path::Path;

use super::ResultsError;
use crate::cohort::plain_reason;

/// Patients or pictures that a cohort may have.
const COUNT_MAX: usize = 1 << 24;

pub(crate) fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, ResultsError> {
    let wrong = |problem: String| ResultsError::File {
        path: path.display().to_string(),
        problem,
    };
    let text = std::fs::read_to_string(path).map_err(|error| {
        wrong(format!(
            "{}; give the folder of a run",
            plain_reason(&error)
        ))
    })?;
    serde_json::from_str(&text).map_err(|error| {
        wrong(format!(
            "{error}; the file is of another version or was edited"
        ))
    })
}

/// Refuses counts that no cohort has, so that sums of them are numbers.
pub(crate) fn demand_counts(
    path: &Path,
    mut counts: impl Iterator<Item = usize>,
) -> Result<(), ResultsError> {
    match counts.find(|count| *count > COUNT_MAX) {
        None => Ok(()),
        Some(found) => Err(ResultsError::File {
            path: path.display().to_string(),
            problem: format!(
                "found {found} patients or pictures, expected at most {COUNT_MAX}; the file was edited"
            ),
        }),
    }
}
