//! A folder of results: `metrics.json`, `tables.md`, `tables.csv` and `figures/` as SVG and PNG.
//!
//! In: tables, drawings, and what JSON is made of. Out: files, each whole or not at all. A folder that holds other files is
//! refused, unless it is to be overwritten; even then only files of the same names are replaced.

use std::path::Path;

use serde::Serialize;

use super::layout::{self, Section};
use crate::cohort::plain_reason;
use crate::figure::{self, PngError};
use crate::run_folder::{RunFolderError, write_whole};

/// A folder that could not be written.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum FolderError {
    #[error("{path}: holds files already; choose another --out, or replace them with --overwrite")]
    NotEmpty { path: String },
    #[error("{path}: {reason}")]
    Io { path: String, reason: String },
    #[error(transparent)]
    Write(#[from] RunFolderError),
    #[error(transparent)]
    Png(#[from] PngError),
    #[error("cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("cannot be written as CSV: {0}")]
    Csv(#[from] csv::Error),
}

/// A figure as SVG, with the name of its file.
pub type Drawing = (String, String);

/// Refuses a path that cannot become the folder, before anything is computed.
///
/// # Errors
/// A file of that name, or a folder with files in it and no `overwrite`.
pub fn check(path: &Path, overwrite: bool) -> Result<(), FolderError> {
    let io = |error: &std::io::Error| FolderError::Io {
        path: path.display().to_string(),
        reason: plain_reason(error),
    };
    if !path.exists() {
        return Ok(());
    }
    let mut entries = std::fs::read_dir(path).map_err(|error| io(&error))?;
    if !overwrite && entries.next().is_some() {
        return Err(FolderError::NotEmpty {
            path: path.display().to_string(),
        });
    }
    Ok(())
}

/// Writes the results into the folder.
///
/// # Errors
/// A full or read-only disk.
pub fn write(
    path: &Path,
    metrics: &impl Serialize,
    sections: &[Section],
    drawings: &[Drawing],
) -> Result<(), FolderError> {
    let figures = path.join("figures");
    std::fs::create_dir_all(&figures).map_err(|error| FolderError::Io {
        path: figures.display().to_string(),
        reason: plain_reason(&error),
    })?;
    let mut json = serde_json::to_vec_pretty(metrics)?;
    json.push(b'\n');
    write_whole(&path.join("metrics.json"), &json)?;
    write_whole(
        &path.join("tables.md"),
        layout::markdown(sections).as_bytes(),
    )?;
    write_whole(&path.join("tables.csv"), &layout::csv(sections)?)?;
    for (name, svg) in drawings {
        write_whole(&figures.join(format!("{name}.svg")), svg.as_bytes())?;
        write_whole(&figures.join(format!("{name}.png")), &figure::png(svg)?)?;
    }
    Ok(())
}

/// A name of a column as part of a file name.
pub fn file_name(text: &str) -> String {
    let plain = |character: char| match character.is_alphanumeric() {
        true => character,
        false => '_',
    };
    text.chars().take(60).map(plain).collect()
}
