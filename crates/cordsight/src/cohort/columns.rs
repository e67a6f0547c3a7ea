//! Further columns of a cohort's CSV: a site, a device, an age, as text.
//!
//! In: the CSV that a [`Cohort`](super::Cohort) was read from. Out: [`Columns`], the cells of every row by column. Cells are not
//! interpreted: whoever asks for a column knows what it needs.

use std::collections::BTreeMap;
use std::path::Path;

use super::{CohortError, csv_file};

/// The rows of a cohort's CSV.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    path: String,
    table: csv_file::Rows,
    patient: usize,
    image: usize,
    covariates: Vec<usize>,
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
        let table = csv_file::rows(path)?;
        let columns = csv_file::Columns::find(&table.header, false).map_err(|problem| {
            CohortError::Structure {
                path: shown.clone(),
                problem,
            }
        })?;
        let mut covariates = columns.covariates;
        covariates.extend(table.header.iter().position(|name| name == "site"));
        covariates.extend(columns.view);
        covariates.sort_unstable();
        covariates.dedup();
        Ok(Some(Columns {
            path: shown,
            table,
            patient: columns.patient,
            image: columns.image,
            covariates,
        }))
    }

    /// Names of the columns that are neither patient, image, label, split nor spacing, in the file's order.
    pub fn names(&self) -> Vec<&str> {
        let header = &self.table.header;
        self.covariates.iter().map(|at| &header[*at]).collect()
    }

    /// The cells of those columns by the name of the image.
    pub fn of_images(&self) -> BTreeMap<&str, Vec<&str>> {
        let rows = self.table.rows.iter().map(|(_, row)| row);
        rows.map(|row| {
            let cells = self.covariates.iter().map(|at| &row[*at]);
            (&row[self.image], cells.collect())
        })
        .collect()
    }

    /// The cell of each patient in one column.
    ///
    /// # Errors
    ///
    /// No such column, an empty cell, rows of a patient that differ.
    pub fn of_patients(&self, column: &str) -> Result<BTreeMap<String, String>, CohortError> {
        let header = &self.table.header;
        let Some(place) = header.iter().position(|name| name == column) else {
            return Err(CohortError::Structure {
                path: self.path.clone(),
                problem: format!(
                    "found no column \"{column}\" (found {}), expected one of these",
                    header.iter().collect::<Vec<_>>().join(", ")
                ),
            });
        };
        let mut of_patients: BTreeMap<String, (u64, String)> = BTreeMap::new();
        for (line, row) in &self.table.rows {
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
                .entry(patient.to_string())
                .or_insert_with(|| (*line, cell.to_string()));
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
