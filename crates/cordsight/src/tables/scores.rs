//! Scores of patients, from cordsight or from anywhere else.
//!
//! In: `patient,label,score`; with the column `image` a patient may have several rows, and the patient's score is their
//! mean, as in `predictions.csv`, which this reads as well. Every further column is a covariate: groups of patients, or a
//! measure to compare with. Out: [`ScoreTable`] in the order of the patients' names.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use diagstat::{Scores, ScoresError};

use super::{Sheet, TableError, bytes_of};
use crate::pool::Pool;

/// Columns with a meaning of their own; all others are covariates.
const KNOWN: [&str; 4] = ["patient", "image", "label", "score"];
const NEEDED: &str = "patient, label, score";
/// More groups than this are no subgroups but a measure.
const GROUPS_MAX: usize = 12;

/// Patients with their labels, scores and covariates.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreTable {
    /// The file, as it was given.
    pub path: String,
    /// The patients in the order of their names; at least one.
    pub patients: Vec<Patient>,
    /// Names of the covariates.
    pub covariates: Vec<String>,
    /// How a patient's score comes from the rows' scores.
    pub pool: Pool,
}

/// One patient.
#[derive(Debug, Clone, PartialEq)]
pub struct Patient {
    /// The patient's name.
    pub name: String,
    /// 0 or 1.
    pub label: u8,
    /// Pooled from the rows' scores, in 0..1.
    pub score: f64,
    /// The rows of the file, in its order.
    pub rows: Vec<Row>,
}

/// One row of the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Line in the file, counted from 1 with the header.
    pub line: u64,
    /// The picture; empty where the file has no such column.
    pub image: String,
    /// The row's own score, in 0..1.
    pub score: f64,
    /// Cells of the covariates, in the order of [`ScoreTable::covariates`].
    pub covariates: Vec<String>,
}

/// Patients with the same cell in a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subgroup {
    /// The cell; "not stated" where it is empty.
    pub name: String,
    /// Positions in [`ScoreTable::patients`].
    pub members: Vec<usize>,
}

impl ScoreTable {
    /// Reads a file.
    ///
    /// # Errors
    /// [`TableError`]: unreadable, not UTF-8, empty, a column missing or twice, a cell that is not what its column needs, a
    /// patient or a picture twice, a patient with two labels.
    pub fn read(path: &Path) -> Result<Self, TableError> {
        Self::parse(&path.display().to_string(), &bytes_of(path)?)
    }

    /// Reads a file, whose patients' scores are pooled by another rule than the mean.
    ///
    /// # Errors
    /// As [`ScoreTable::read`].
    pub fn read_pooled(path: &Path, pool: Pool) -> Result<Self, TableError> {
        Self::parse_pooled(&path.display().to_string(), &bytes_of(path)?, pool)
    }

    /// Reads the bytes of a file; `path` is for the errors.
    ///
    /// # Errors
    /// As [`ScoreTable::read`].
    pub fn parse(path: &str, bytes: &[u8]) -> Result<Self, TableError> {
        Self::parse_pooled(path, bytes, Pool::Mean)
    }

    /// As [`parse`](Self::parse), by another rule than the mean.
    ///
    /// # Errors
    /// As [`ScoreTable::read`].
    pub fn parse_pooled(path: &str, bytes: &[u8], pool: Pool) -> Result<Self, TableError> {
        let sheet = Sheet::parse(path, bytes, NEEDED)?;
        let patient = sheet.need("patient", NEEDED)?;
        let label = sheet.need("label", NEEDED)?;
        let score = sheet.need("score", NEEDED)?;
        let image = sheet.find("image");
        let covariates: Vec<usize> = (0..sheet.header.len())
            .filter(|&column| !KNOWN.contains(&sheet.header[column].as_str()))
            .collect();

        let mut patients: BTreeMap<String, Patient> = BTreeMap::new();
        let mut line_of_image: HashMap<(String, String), u64> = HashMap::new();
        for (line, record) in &sheet.rows {
            let cell = |column: usize| record.get(column).unwrap_or_default();
            let name = sheet.name(*line, patient, cell(patient))?;
            let label = sheet.binary(*line, label, cell(label))?;
            let row = Row {
                line: *line,
                score: sheet.share(*line, score, cell(score))?,
                image: match image {
                    Some(column) => sheet.name(*line, column, cell(column))?.to_string(),
                    None => String::new(),
                },
                covariates: covariates
                    .iter()
                    .map(|&column| cell(column).to_string())
                    .collect(),
            };
            let picture = (name.to_string(), row.image.clone());
            if let Some(first) = line_of_image.insert(picture, *line) {
                return Err(repeated(path, name, first, &row, image.is_some()));
            }
            match patients.get_mut(name) {
                Some(known) => known.add(path, label, row)?,
                None => {
                    let known = Patient::of(name, label, row);
                    patients.insert(name.to_string(), known);
                }
            }
        }
        if patients.is_empty() {
            return Err(sheet.wrong("found no row, expected at least one".to_string()));
        }
        let covariates = covariates
            .iter()
            .map(|&column| sheet.header[column].clone())
            .collect();
        let finished = patients.into_values().map(|patient| patient.pooled(pool));
        Ok(Self {
            path: path.to_string(),
            patients: finished.collect(),
            covariates,
            pool,
        })
    }

    /// The scores as [`diagstat`] takes them, in the order of [`ScoreTable::patients`].
    ///
    /// # Errors
    /// More patients than 32 bits count.
    pub fn scores(&self) -> Result<Scores, ScoresError> {
        let labels: Vec<u8> = self.patients.iter().map(|patient| patient.label).collect();
        let scores: Vec<f64> = self.patients.iter().map(|patient| patient.score).collect();
        Scores::new(&labels, &scores)
    }

    /// Refuses a table of one class, for what needs both.
    ///
    /// # Errors
    /// A class without patients.
    pub fn demand_both_classes(&self) -> Result<(), TableError> {
        let positives = self
            .patients
            .iter()
            .filter(|patient| patient.label == 1)
            .count();
        let negatives = self.patients.len() - positives;
        if positives > 0 && negatives > 0 {
            return Ok(());
        }
        Err(TableError::File {
            path: self.path.clone(),
            problem: format!(
                "found {positives} patients with label 1 and {negatives} with label 0, expected at least one of each; add the missing class"
            ),
        })
    }

    /// A column of numbers, one a patient: any finite number.
    ///
    /// # Errors
    /// No such column, a cell that is no finite number, rows of a patient that differ.
    pub fn measure(&self, column: &str) -> Result<Vec<f64>, TableError> {
        let at = self.column(column)?;
        let mut values = Vec::with_capacity(self.patients.len());
        for patient in &self.patients {
            let found = self.cell_of(patient, at)?;
            match found.parse::<f64>() {
                Ok(value) if value.is_finite() => values.push(value + 0.0),
                _ => {
                    return Err(TableError::Cell {
                        path: self.path.clone(),
                        line: patient.rows[0].line,
                        column: column.to_string(),
                        found: found.to_string(),
                        expected: "a finite number for every patient; fill or correct the cell, or delete the patient".to_string(),
                    });
                }
            }
        }
        Ok(values)
    }

    /// The patients by the cells of a column, in the order of the cells.
    ///
    /// # Errors
    /// No such column, rows of a patient that differ, more than 12 groups.
    pub fn subgroups(&self, column: &str) -> Result<Vec<Subgroup>, TableError> {
        let at = self.column(column)?;
        let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, patient) in self.patients.iter().enumerate() {
            let cell = match self.cell_of(patient, at)? {
                "" => "not stated",
                cell => cell,
            };
            groups.entry(cell).or_default().push(index);
        }
        if groups.len() > GROUPS_MAX {
            return Err(TableError::File {
                path: self.path.clone(),
                problem: format!(
                    "column {column:?} has {} different cells, expected at most {GROUPS_MAX} subgroups; give a column of groups, such as \"under 60\" and \"60 or over\"",
                    groups.len()
                ),
            });
        }
        let named = |(name, members): (&str, Vec<usize>)| Subgroup {
            name: name.to_string(),
            members,
        };
        Ok(groups.into_iter().map(named).collect())
    }

    fn column(&self, name: &str) -> Result<usize, TableError> {
        let at = self.covariates.iter().position(|column| column == name);
        at.ok_or_else(|| {
            let found: Vec<String> = self
                .covariates
                .iter()
                .map(|name| format!("{name:?}"))
                .collect();
            let found = match found.is_empty() {
                true => "no further column".to_string(),
                false => found.join(", "),
            };
            TableError::File {
                path: self.path.clone(),
                problem: format!(
                    "found no column {name:?} beside {NEEDED} (found {found}); add it or name another"
                ),
            }
        })
    }

    /// The cell of a patient, which all the patient's rows must agree on.
    fn cell_of<'a>(&self, patient: &'a Patient, at: usize) -> Result<&'a str, TableError> {
        let first = &patient.rows[0];
        match patient
            .rows
            .iter()
            .find(|row| row.covariates[at] != first.covariates[at])
        {
            None => Ok(&first.covariates[at]),
            Some(row) => Err(TableError::Rows {
                path: self.path.clone(),
                first: first.line,
                second: row.line,
                problem: format!(
                    "patient {:?} has {:?} and {:?} in column {:?}, expected one value a patient; correct one of them",
                    patient.name, first.covariates[at], row.covariates[at], self.covariates[at]
                ),
            }),
        }
    }
}

impl Patient {
    fn of(name: &str, label: u8, row: Row) -> Self {
        Self {
            name: name.to_string(),
            label,
            score: row.score,
            rows: vec![row],
        }
    }

    /// A further row, which is another picture.
    fn add(&mut self, path: &str, label: u8, row: Row) -> Result<(), TableError> {
        if self.label != label {
            return Err(TableError::Rows {
                path: path.to_string(),
                first: self.rows[0].line,
                second: row.line,
                problem: format!(
                    "patient {:?} has label {} and label {label}, expected one label a patient; correct one of them",
                    self.name, self.label
                ),
            });
        }
        self.rows.push(row);
        Ok(())
    }

    fn pooled(self, pool: Pool) -> Self {
        let score = pool.of(self.rows.iter().map(|row| row.score));
        Self {
            score: score.clamp(0.0, 1.0),
            ..self
        }
    }
}

/// A patient, or a patient's picture, that stands in an earlier line already.
fn repeated(path: &str, name: &str, first: u64, row: &Row, has_images: bool) -> TableError {
    let problem = match has_images {
        false => format!(
            "both name the patient {name:?}, expected each once; delete one row, or add a column \"image\" where a patient has several pictures"
        ),
        true => format!(
            "both name the image {:?} of patient {name:?}, expected it once; delete one row",
            row.image
        ),
    };
    TableError::Rows {
        path: path.to_string(),
        first,
        second: row.line,
        problem,
    }
}
