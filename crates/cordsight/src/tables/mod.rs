//! Tables that a person brings: scores of patients from any model ([`scores`]), readers' calls ([`readers`]), and several
//! files on the same patients ([`pairing`]).
//!
//! In: CSV as UTF-8 with a header line. Out: patients whose every value was checked, or one line that names the file, the
//! line as an editor counts it, the column, and the remedy. Nothing here computes a statistic.

pub mod pairing;
pub mod readers;
pub mod scores;

use std::path::Path;

use crate::cohort::plain_reason;
use crate::csv_lines::Lines;

pub use pairing::{Paired, pair};
pub use readers::{ReaderRow, ReaderTable, Reading};
pub use scores::{Patient, ScoreTable, Subgroup};

/// Larger files are refused: a million rows need a tenth of it.
const BYTES_MAX: u64 = 512 << 20;

/// A table that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// The file as a whole.
    #[error("{path}: {problem}")]
    File {
        /// The file.
        path: String,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// One row.
    #[error("{path}, line {line}: {problem}")]
    Row {
        /// The file.
        path: String,
        /// The line, counted from 1 with the header.
        line: u64,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// One cell.
    #[error("{path}, line {line}, column {column:?}: found {found:?}, expected {expected}")]
    Cell {
        /// The file.
        path: String,
        /// The line, counted from 1 with the header.
        line: u64,
        /// Name of the column.
        column: String,
        /// What stands there.
        found: String,
        /// What should, and what to do.
        expected: String,
    },
    /// Two rows that contradict or repeat each other.
    #[error("{path}, lines {first} and {second}: {problem}")]
    Rows {
        /// The file.
        path: String,
        /// The earlier line.
        first: u64,
        /// The later line.
        second: u64,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// Two files that are not about the same patients.
    #[error(
        "{path}: found no patient {patient:?}, who stands in {other}, line {line} (missing in all: {missing}); expected the same patients in every file, add them or delete them there"
    )]
    MissingPatient {
        /// The file that lacks the patient.
        path: String,
        /// The file that has the patient.
        other: String,
        /// The line there.
        line: u64,
        /// The first patient that is missing.
        patient: String,
        /// How many of that file's patients are missing here.
        missing: usize,
    },
    /// Two files that contradict each other on a patient.
    #[error(
        "{path}, line {line}, column \"label\": found {found} for patient {patient:?}, expected {expected} as in {other}, line {other_line}; correct one of them"
    )]
    LabelsDiffer {
        /// The later file.
        path: String,
        /// The line there.
        line: u64,
        /// Its label.
        found: u8,
        /// The patient.
        patient: String,
        /// The label in the first file.
        expected: u8,
        /// The first file.
        other: String,
        /// The line there.
        other_line: u64,
    },
}

/// The bytes of a file, if it is not too large.
fn bytes_of(path: &Path) -> Result<Vec<u8>, TableError> {
    let wrong = |problem| TableError::File {
        path: path.display().to_string(),
        problem,
    };
    let length = std::fs::metadata(path).map_err(|error| wrong(plain_reason(&error)))?;
    if length.len() > BYTES_MAX {
        return Err(wrong(format!(
            "found {} bytes, expected at most {BYTES_MAX}",
            length.len()
        )));
    }
    std::fs::read(path).map_err(|error| wrong(plain_reason(&error)))
}

/// A CSV whose header was read: names of columns, and the rows with their lines.
struct Sheet<'a> {
    path: &'a str,
    header: Vec<String>,
    rows: Vec<(u64, csv::StringRecord)>,
}

impl<'a> Sheet<'a> {
    /// `needed` names the columns for the error of an empty file.
    fn parse(path: &'a str, bytes: &[u8], needed: &str) -> Result<Self, TableError> {
        let wrong = |problem: String| TableError::File {
            path: path.to_string(),
            problem,
        };
        let text = std::str::from_utf8(bytes).map_err(|error| TableError::Row {
            path: path.to_string(),
            line: 1 + bytes[..error.valid_up_to()]
                .iter()
                .filter(|&&byte| byte == b'\n')
                .count() as u64,
            problem:
                "found bytes that are not UTF-8, expected a CSV text; save it as \"CSV UTF-8\""
                    .to_string(),
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let header = reader.headers().map_err(|error| wrong(error.to_string()))?;
        let header: Vec<String> = header.iter().map(str::to_string).collect();
        if header.is_empty() {
            return Err(wrong(format!(
                "found an empty file, expected a first line with the columns {needed}"
            )));
        }
        for (at, name) in header.iter().enumerate() {
            if header[..at].contains(name) {
                return Err(wrong(format!(
                    "found the column {name:?} twice, expected each once; rename one"
                )));
            }
        }
        let mut rows = Vec::new();
        let mut lines = Lines::of(text);
        for record in reader.records() {
            let record = record.map_err(|error| problem_of(path, &error, &mut lines))?;
            let line = lines.at(record.position());
            rows.push((line, record));
        }
        Ok(Self { path, header, rows })
    }

    /// Position of a column that must be there.
    fn need(&self, name: &str, needed: &str) -> Result<usize, TableError> {
        self.find(name).ok_or_else(|| {
            let found: Vec<String> = self.header.iter().map(|name| format!("{name:?}")).collect();
            let found = found.join(", ");
            self.wrong(format!(
                "found no column {name:?} (found {found}), expected the columns {needed}; add it to the first line"
            ))
        })
    }

    fn find(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|column| column == name)
    }

    fn wrong(&self, problem: String) -> TableError {
        TableError::File {
            path: self.path.to_string(),
            problem,
        }
    }

    fn cell(&self, line: u64, column: usize, found: &str, expected: &str) -> TableError {
        TableError::Cell {
            path: self.path.to_string(),
            line,
            column: self.header[column].clone(),
            found: found.to_string(),
            expected: expected.to_string(),
        }
    }

    /// 0 or 1.
    fn binary(&self, line: u64, column: usize, found: &str) -> Result<u8, TableError> {
        match found {
            "0" => Ok(0),
            "1" => Ok(1),
            _ => {
                let expected = "0 or 1; correct the cell or delete the row";
                Err(self.cell(line, column, found, expected))
            }
        }
    }

    /// A score from 0 to 1.
    fn share(&self, line: u64, column: usize, found: &str) -> Result<f64, TableError> {
        match found.parse::<f64>() {
            Ok(score) if (0.0..=1.0).contains(&score) => Ok(score + 0.0),
            _ => {
                let expected = "a number from 0 to 1; correct the cell or delete the row";
                Err(self.cell(line, column, found, expected))
            }
        }
    }

    /// A text that is not empty.
    fn name<'b>(&self, line: u64, column: usize, found: &'b str) -> Result<&'b str, TableError> {
        match found.is_empty() {
            false => Ok(found),
            true => {
                let expected = "a name; fill the cell or delete the row";
                Err(self.cell(line, column, found, expected))
            }
        }
    }
}

fn problem_of(path: &str, error: &csv::Error, lines: &mut Lines) -> TableError {
    match error.kind() {
        csv::ErrorKind::UnequalLengths {
            pos,
            expected_len,
            len,
        } => TableError::Row {
            path: path.to_string(),
            line: lines.at(pos.as_ref()),
            problem: format!(
                "found {len} cells, expected {expected_len} as in the first line; quote cells that hold a comma"
            ),
        },
        _ => TableError::File {
            path: path.to_string(),
            problem: format!("{error}; expected comma-separated text with a header line"),
        },
    }
}
