//! Further columns of a cohort's CSV: a site, a device, an age, as text.
//!
//! In: the CSV that a [`Cohort`](super::Cohort) was read from. Out: [`Columns`], the cells of every row by column. Cells are not
//! interpreted: whoever asks for a column knows what it needs.

use std::collections::BTreeMap;
use std::path::Path;

use super::{CohortError, csv_file, csv_text};
use crate::csv_lines::Lines;

/// The rows of a cohort's CSV.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    path: String,
    header: Vec<String>,
    patient: usize,
    image: usize,
    covariates: Vec<usize>,
    rows: Vec<(u64, Vec<String>)>,
}

impl Columns {
    /// Reads the CSV; nothing for a folder of classes, which has no columns.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, or a header that is none of a cohort.
    pub fn read(path: &Path) -> Result<Option<Self>, CohortError> {
        if path.is_dir() {
            return Ok(None);
        }
        let shown = path.display().to_string();
        let structure = |problem: String| CohortError::Structure {
            path: shown.clone(),
            problem,
        };
        let text = csv_text(path)?;
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let header = reader
            .headers()
            .map_err(|error| structure(error.to_string()))?
            .clone();
        let columns = csv_file::Columns::find(&header, true).map_err(structure)?;
        let mut covariates = columns.covariates;
        covariates.extend(header.iter().position(|name| name == "site"));
        covariates.extend(columns.view);
        covariates.sort_unstable();
        covariates.dedup();
        let mut lines = Lines::of(&text);
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|error| structure(error.to_string()))?;
            let cells = record.iter().map(str::to_string).collect();
            rows.push((lines.at(record.position()), cells));
        }
        Ok(Some(Columns {
            path: shown,
            header: header.iter().map(str::to_string).collect(),
            patient: columns.patient,
            image: columns.image,
            covariates,
            rows,
        }))
    }

    /// Names of the columns that are neither patient, image, label, split nor spacing, in the file's order.
    pub fn names(&self) -> Vec<&str> {
        let name = |at: &usize| self.header[*at].as_str();
        self.covariates.iter().map(name).collect()
    }

    /// The cells of those columns by the name of the image.
    pub fn of_images(&self) -> BTreeMap<&str, Vec<&str>> {
        let cells = |(_, row): &'_ (u64, Vec<String>)| -> Vec<usize> {
            let known = self.covariates.iter().copied();
            known.filter(|at| *at < row.len()).collect()
        };
        self.rows
            .iter()
            .map(|row| {
                let found = cells(row).into_iter().map(|at| row.1[at].as_str());
                (row.1[self.image].as_str(), found.collect())
            })
            .collect()
    }

    /// The cell of each patient in one column.
    ///
    /// # Errors
    ///
    /// No such column, an empty cell, rows of a patient that differ.
    pub fn of_patients(&self, column: &str) -> Result<BTreeMap<String, String>, CohortError> {
        let Some(place) = self.header.iter().position(|name| name == column) else {
            return Err(CohortError::Structure {
                path: self.path.clone(),
                problem: format!(
                    "found no column \"{column}\" (found {}), expected one of these",
                    self.header.join(", ")
                ),
            });
        };
        let mut of_patients: BTreeMap<String, (u64, String)> = BTreeMap::new();
        for (line, row) in &self.rows {
            let (patient, cell) = (&row[self.patient], &row[place]);
            if cell.is_empty() {
                return Err(CohortError::Cell {
                    path: self.path.clone(),
                    line: *line,
                    column: column.to_string(),
                    found: String::new(),
                    expected: "a value for every patient; fill the cell or delete the row"
                        .to_string(),
                });
            }
            let (first, known) = of_patients
                .entry(patient.clone())
                .or_insert_with(|| (*line, cell.clone()));
            if known != cell {
                return Err(CohortError::Rows {
                    path: self.path.clone(),
                    first: *first,
                    second: *line,
                    problem: format!(
                        "patient \"{patient}\" has \"{known}\" and \"{cell}\" in column \"{column}\", expected one value a patient; correct one of them"
                    ),
                });
            }
        }
        let only = |(patient, (_, cell))| (patient, cell);
        Ok(of_patients.into_iter().map(only).collect())
    }
}
