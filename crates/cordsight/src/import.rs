//! Public collections of lateral cervical radiographs as a cohort.
//!
//! In: a collection's folder as it was downloaded. Out: [`Imported`], and with [`write`] a `cohort.csv` that names the
//! files where they lie, and `landmarks.csv` with the points that people marked. Nothing is copied. No collection knows
//! who had myelopathy: the label is a column that the user names, or there is none, and `train` says so.

mod csxa;
mod film_marks;
mod label;
mod nhanes;
mod table;
mod tree;

use std::path::{Component, Path, PathBuf};

pub use csxa::csxa;
pub use label::LabelRule;
pub use nhanes::{invert, nhanes};

use crate::run_folder::{RunFolderError, write_whole};

/// One radiograph of a collection.
#[derive(Clone, Debug, PartialEq)]
pub struct Film {
    /// Whom it shows, as far as the collection says.
    pub patient: String,
    /// Where the file lies.
    pub path: PathBuf,
    /// Distance of neighbouring pixels in millimetres, where the collection gives it and the file does not.
    pub spacing_mm: Option<f64>,
    /// 0 or 1 by the user's rule.
    pub label: Option<u8>,
    /// A cell for each of [`Imported::covariates`], empty where unknown.
    pub cells: Vec<String>,
}

/// A point that a person marked.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// Index of the radiograph in [`Imported::films`].
    pub film: usize,
    /// `C2` to `T1`, or a lumbar vertebra.
    pub vertebra: String,
    /// Which point of it.
    pub point: String,
    /// Columns from the left edge of the picture.
    pub column: f64,
    /// Rows from the upper edge of the picture.
    pub row: f64,
}

/// A collection that has been read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Imported {
    /// The radiographs, sorted by patient and path.
    pub films: Vec<Film>,
    /// Names of the further columns.
    pub covariates: Vec<String>,
    /// Points, sorted by radiograph.
    pub marks: Vec<Mark>,
    /// What was left out or could not be used, a sentence each.
    pub notes: Vec<String>,
}

/// Why a collection cannot be imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file or folder is not as it should be.
    #[error("{path}: {problem}")]
    Place {
        /// The file or folder.
        path: String,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// One cell of a table is wrong.
    #[error("{path}, line {line}, column \"{column}\": found \"{found}\", expected {expected}")]
    Cell {
        /// The table.
        path: String,
        /// Line in the file, the header being line 1.
        line: u64,
        /// The column's name.
        column: String,
        /// The cell's text.
        found: String,
        /// What it should be, and what to do.
        expected: String,
    },
    /// A result cannot be written.
    #[error(transparent)]
    Write(#[from] RunFolderError),
}

/// A [`ImportError::Place`].
fn place(path: &Path, problem: impl Into<String>) -> ImportError {
    ImportError::Place {
        path: path.display().to_string(),
        problem: problem.into(),
    }
}

/// Whether a folder can take a cohort.
///
/// # Errors
///
/// A folder that holds `cohort.csv` or `landmarks.csv`.
pub fn free(out: &Path) -> Result<(), ImportError> {
    for name in ["cohort.csv", "landmarks.csv"] {
        if out.join(name).exists() {
            return Err(place(
                &out.join(name),
                "found an earlier file of this name, expected none; choose another --out or delete it",
            ));
        }
    }
    Ok(())
}

/// Writes `cohort.csv`, and `landmarks.csv` where points are known, into a folder that has neither.
///
/// # Errors
///
/// A folder that holds one of them, and what the operating system says.
pub fn write(imported: &Imported, out: &Path) -> Result<(), ImportError> {
    free(out)?;
    let unusable = |error: std::io::Error| place(out, crate::cohort::plain_reason(&error));
    std::fs::create_dir_all(out).map_err(unusable)?;
    let home = out.canonicalize().map_err(unusable)?;
    let mut names = Vec::new();
    for film in &imported.films {
        let target = film
            .path
            .canonicalize()
            .map_err(|error| place(&film.path, crate::cohort::plain_reason(&error)))?;
        names.push(relative(&home, &target));
    }
    write_whole(&out.join("cohort.csv"), &cohort_csv(imported, &names, out)?)?;
    if !imported.marks.is_empty() {
        let csv = landmarks_csv(imported, &names, out)?;
        write_whole(&out.join("landmarks.csv"), &csv)?;
    }
    Ok(())
}

fn cohort_csv(imported: &Imported, names: &[String], out: &Path) -> Result<Vec<u8>, ImportError> {
    let labelled = imported.films.iter().any(|film| film.label.is_some());
    let spaced = imported.films.iter().any(|film| film.spacing_mm.is_some());
    let mut header = vec!["patient", "image"];
    header.extend(labelled.then_some("label"));
    header.extend(spaced.then_some("spacing_mm"));
    header.extend(imported.covariates.iter().map(String::as_str));
    let mut rows = vec![header.into_iter().map(str::to_string).collect::<Vec<_>>()];
    for (film, name) in imported.films.iter().zip(names) {
        let mut row = vec![film.patient.clone(), name.clone()];
        if labelled {
            row.push(
                film.label
                    .map_or_else(String::new, |label| label.to_string()),
            );
        }
        if spaced {
            row.push(
                film.spacing_mm
                    .map_or_else(String::new, |mm| mm.to_string()),
            );
        }
        row.extend(film.cells.iter().cloned());
        rows.push(row);
    }
    csv(rows, out)
}

fn landmarks_csv(
    imported: &Imported,
    names: &[String],
    out: &Path,
) -> Result<Vec<u8>, ImportError> {
    let header = ["patient", "image", "vertebra", "point", "column", "row"];
    let mut rows = vec![header.map(str::to_string).to_vec()];
    for mark in &imported.marks {
        let (Some(film), Some(name)) = (imported.films.get(mark.film), names.get(mark.film)) else {
            continue;
        };
        rows.push(vec![
            film.patient.clone(),
            name.clone(),
            mark.vertebra.clone(),
            mark.point.clone(),
            mark.column.to_string(),
            mark.row.to_string(),
        ]);
    }
    csv(rows, out)
}

fn csv(rows: Vec<Vec<String>>, out: &Path) -> Result<Vec<u8>, ImportError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer
            .write_record(row)
            .map_err(|error| place(out, error.to_string()))?;
    }
    writer
        .into_inner()
        .map_err(|error| place(out, error.to_string()))
}

/// The way from one folder to a file, both without links, with slashes.
fn relative(from: &Path, to: &Path) -> String {
    let (from, to): (Vec<Component>, Vec<Component>) =
        (from.components().collect(), to.components().collect());
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    if shared == 0 {
        return to.iter().collect::<PathBuf>().display().to_string();
    }
    let up = std::iter::repeat_n("..".to_string(), from.len() - shared);
    let down = to[shared..]
        .iter()
        .map(|part| part.as_os_str().to_string_lossy().into_owned());
    up.chain(down).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_to_a_file_goes_up_and_down() {
        let way = |from: &str, to: &str| relative(Path::new(from), Path::new(to));
        assert_eq!(way("/a/cohort", "/a/cohort/x.png"), "x.png");
        assert_eq!(way("/a/b/cohort", "/a/set/x.png"), "../../set/x.png");
    }
}
