//! A collection's table: one row a radiograph, columns of any name.
//!
//! In: UTF-8 text, comma-separated, with a header line. Out: [`Table`], cells trimmed.

use std::path::Path;

use super::{ImportError, LabelRule, place};
use crate::cohort::plain_reason;
use crate::csv_lines::Lines;

/// Larger tables are refused.
const BYTES_MAX: u64 = 256 << 20;

/// Rows of a table with their lines in the file.
pub(super) struct Table {
    pub path: std::path::PathBuf,
    pub header: Vec<String>,
    pub rows: Vec<(u64, Vec<String>)>,
}

impl Table {
    pub fn read(path: &Path) -> Result<Table, ImportError> {
        let unreadable = |error: std::io::Error| place(path, plain_reason(&error));
        let length = std::fs::metadata(path).map_err(unreadable)?.len();
        if length > BYTES_MAX {
            let problem = format!("found {length} bytes, expected at most {BYTES_MAX}");
            return Err(place(path, problem));
        }
        let bytes = std::fs::read(path).map_err(unreadable)?;
        let not_text = || {
            place(
                path,
                "found bytes that are not UTF-8, expected a CSV text; save the table as \"CSV UTF-8\"",
            )
        };
        let text = String::from_utf8(bytes).map_err(|_| not_text())?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let broken = |error: csv::Error| {
            let problem = format!("{error}; expected comma-separated text with a header line");
            place(path, problem)
        };
        let header: Vec<String> = strings(reader.headers().map_err(broken)?);
        if let Some((at, name)) = header
            .iter()
            .enumerate()
            .find(|(at, name)| header[..*at].contains(name))
        {
            let problem = format!(
                "found the column \"{name}\" twice (the second is column {}), expected each once; rename one",
                at + 1
            );
            return Err(place(path, problem));
        }
        let mut lines = Lines::of(text);
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(broken)?;
            rows.push((lines.at(record.position()), strings(&record)));
        }
        Ok(Table {
            path: path.to_path_buf(),
            header,
            rows,
        })
    }

    /// Position of a column that must be there.
    pub fn column(&self, name: &str) -> Result<usize, ImportError> {
        let found = self.header.iter().position(|column| column == name);
        found.ok_or_else(|| {
            let names: Vec<String> = self.header.iter().map(|c| format!("\"{c}\"")).collect();
            place(
                &self.path,
                format!(
                    "found no column \"{name}\" (found {}), expected it in the first line",
                    names.join(", ")
                ),
            )
        })
    }

    /// Position of the first column whose name satisfies a test.
    pub fn find(&self, test: impl Fn(&str) -> bool) -> Option<usize> {
        self.header.iter().position(|name| test(name))
    }

    /// The error of a cell.
    pub fn wrong(&self, row: usize, column: usize, expected: &str) -> ImportError {
        let (line, cells) = &self.rows[row];
        ImportError::Cell {
            path: self.path.display().to_string(),
            line: *line,
            column: self.header.get(column).cloned().unwrap_or_default(),
            found: cells.get(column).cloned().unwrap_or_default(),
            expected: expected.to_string(),
        }
    }
}

/// The label column of a rule and the rule; without a table there is no column to name.
pub(super) fn label_column<'a>(
    table: Option<&Table>,
    rule: Option<&'a LabelRule>,
    folder: &Path,
) -> Result<Option<(usize, &'a LabelRule)>, ImportError> {
    match (table, rule) {
        (_, None) => Ok(None),
        (Some(table), Some(rule)) => Ok(Some((table.column(&rule.column)?, rule))),
        (None, Some(rule)) => Err(place(
            folder,
            format!(
                "--label names the column \"{}\", and there is no table; pass --table FILE.csv",
                rule.column
            ),
        )),
    }
}

fn strings(record: &csv::StringRecord) -> Vec<String> {
    record.iter().map(str::to_string).collect()
}
