//! What human readers said of the patients, with or without the model's help.
//!
//! In: `patient,reader` and `call` (0 or 1) or `score` (any finite number, higher for the disorder), and optionally `aided`
//! (yes or no); one row a patient, reader and mode. Out: [`ReaderTable`]. The truth is not in this file: it comes from
//! the file of scores, so that no reader can have patients of another label.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{ScoreTable, Sheet, TableError, bytes_of};

const NEEDED: &str = "patient, reader, and call or score";

/// What the readers gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// 0 or 1.
    Calls,
    /// A finite number, higher for the disorder.
    Scores,
}

/// Line and value of each patient, by the patient's place in the score table.
type Answers = BTreeMap<usize, (u64, f64)>;

/// All readers' answers.
#[derive(Debug, Clone, PartialEq)]
pub struct ReaderTable {
    /// The file, as it was given.
    pub path: String,
    /// What the values are.
    pub reading: Reading,
    /// One row a reader and mode, in the order of reader and mode (unaided first).
    pub rows: Vec<ReaderRow>,
}

/// The answers of one reader in one mode.
#[derive(Debug, Clone, PartialEq)]
pub struct ReaderRow {
    /// The reader.
    pub reader: String,
    /// Whether the model's answer was shown; `None` where the file does not say.
    pub aided: Option<bool>,
    /// One value a patient, in the order of the patients of the score table.
    pub values: Vec<f64>,
}

impl ReaderTable {
    /// Reads a file; every reader must have read every patient of `truth`, in every mode of that reader.
    ///
    /// # Errors
    /// [`TableError`], as for a score table; and a patient that `truth` has not, or that a reader lacks.
    pub fn read(path: &Path, truth: &ScoreTable) -> Result<Self, TableError> {
        Self::parse(&path.display().to_string(), &bytes_of(path)?, truth)
    }

    /// Reads the bytes of a file; `path` is for the errors.
    ///
    /// # Errors
    /// As [`ReaderTable::read`].
    pub fn parse(path: &str, bytes: &[u8], truth: &ScoreTable) -> Result<Self, TableError> {
        let sheet = Sheet::parse(path, bytes, NEEDED)?;
        let patient = sheet.need("patient", NEEDED)?;
        let reader = sheet.need("reader", NEEDED)?;
        let aided = sheet.find("aided");
        let (reading, value) = match (sheet.find("call"), sheet.find("score")) {
            (Some(column), None) => (Reading::Calls, column),
            (None, Some(column)) => (Reading::Scores, column),
            (Some(_), Some(_)) => {
                let problem =
                    "found both columns \"call\" and \"score\", expected one of them; delete one";
                return Err(sheet.wrong(problem.to_string()));
            }
            (None, None) => (Reading::Calls, sheet.need("call", NEEDED)?),
        };

        let mut answers: BTreeMap<(String, Option<bool>), Answers> = BTreeMap::new();
        for (line, record) in &sheet.rows {
            let cell = |column: usize| record.get(column).unwrap_or_default();
            let name = sheet.name(*line, patient, cell(patient))?;
            let at = position(truth, name).ok_or_else(|| {
                let expected = format!(
                    "a patient of {}; delete the row or add the patient",
                    truth.path
                );
                sheet.cell(*line, patient, name, &expected)
            })?;
            let reader = sheet.name(*line, reader, cell(reader))?.to_string();
            let mode = match aided {
                None => None,
                Some(column) => Some(yes_or_no(&sheet, *line, column, cell(column))?),
            };
            let value = match reading {
                Reading::Calls => f64::from(sheet.binary(*line, value, cell(value))?),
                Reading::Scores => number(&sheet, *line, value, cell(value))?,
            };
            let row = answers.entry((reader, mode)).or_default();
            if let Some((first, _)) = row.insert(at, (*line, value)) {
                return Err(TableError::Rows {
                    path: path.to_string(),
                    first,
                    second: *line,
                    problem: format!(
                        "the same reader read patient {name:?} twice in one mode, expected once; delete one row"
                    ),
                });
            }
        }
        if answers.is_empty() {
            return Err(sheet.wrong("found no row, expected at least one".to_string()));
        }
        let rows = answers
            .into_iter()
            .map(|((reader, aided), row)| complete(path, truth, reader, aided, &row))
            .collect::<Result<_, _>>()?;
        let table = Self {
            path: path.to_string(),
            reading,
            rows,
        };
        table.demand_every_mode()?;
        Ok(table)
    }

    /// Refuses a reader who read in one mode only where there are two: the modes are compared reader by reader.
    fn demand_every_mode(&self) -> Result<(), TableError> {
        let modes = self.modes();
        for row in &self.rows {
            let of_reader = self.rows.iter().filter(|one| one.reader == row.reader);
            if of_reader.count() < modes.len() {
                let mode = match row.aided {
                    Some(true) => "with the model's help",
                    _ => "without the model's help",
                };
                return Err(TableError::File {
                    path: self.path.clone(),
                    problem: format!(
                        "reader {:?} read {mode} only, expected both ways of every reader; add the rows or delete the reader",
                        row.reader
                    ),
                });
            }
        }
        Ok(())
    }

    /// The rows of one mode.
    pub fn of_mode(&self, aided: Option<bool>) -> Vec<&ReaderRow> {
        self.rows.iter().filter(|row| row.aided == aided).collect()
    }

    /// The modes that occur, unaided first.
    pub fn modes(&self) -> Vec<Option<bool>> {
        let modes: BTreeSet<Option<bool>> = self.rows.iter().map(|row| row.aided).collect();
        modes.into_iter().collect()
    }
}

fn complete(
    path: &str,
    truth: &ScoreTable,
    reader: String,
    aided: Option<bool>,
    row: &Answers,
) -> Result<ReaderRow, TableError> {
    if let Some(at) = (0..truth.patients.len()).find(|at| !row.contains_key(at)) {
        let mode = match aided {
            None => "",
            Some(true) => " with the model's help",
            Some(false) => " without the model's help",
        };
        return Err(TableError::File {
            path: path.to_string(),
            problem: format!(
                "reader {reader:?} has {} of {} patients{mode}, expected all; add patient {:?} ({}, line {})",
                row.len(),
                truth.patients.len(),
                truth.patients[at].name,
                truth.path,
                truth.patients[at].rows[0].line,
            ),
        });
    }
    Ok(ReaderRow {
        reader,
        aided,
        values: row.values().map(|(_, value)| *value).collect(),
    })
}

fn position(truth: &ScoreTable, name: &str) -> Option<usize> {
    let by_name = |patient: &super::Patient| patient.name.as_str().cmp(name);
    truth.patients.binary_search_by(by_name).ok()
}

fn yes_or_no(sheet: &Sheet, line: u64, column: usize, found: &str) -> Result<bool, TableError> {
    match found {
        "yes" | "1" => Ok(true),
        "no" | "0" => Ok(false),
        _ => Err(sheet.cell(line, column, found, "yes or no; correct the cell")),
    }
}

fn number(sheet: &Sheet, line: u64, column: usize, found: &str) -> Result<f64, TableError> {
    match found.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value + 0.0),
        _ => {
            let expected = "a finite number; correct the cell or delete the row";
            Err(sheet.cell(line, column, found, expected))
        }
    }
}
