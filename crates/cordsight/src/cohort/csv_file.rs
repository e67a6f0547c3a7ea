//! `cohort.csv`: one row a radiograph.
//!
//! In: UTF-8 text, comma-separated, with a header line; GaNDLF's column names are understood as well. Out: an unsorted [`Cohort`]. Line numbers in errors are the
//! file's own, as an editor or a spreadsheet shows them.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use super::{Cohort, CohortError, Picture, gandlf, plain_reason};
use crate::csv_lines::Lines;

/// Columns with a meaning of their own; all others are covariates.
const KNOWN: [&str; 7] = [
    "patient",
    "image",
    "label",
    "view",
    "site",
    "split",
    "spacing_mm",
];

/// Millimetres between pixels that a picture of a neck can have.
const SPACING_MM: std::ops::RangeInclusive<f64> = 0.01..=5.0;

/// Larger files are refused: a million rows need a tenth of it.
const BYTES_MAX: u64 = 512 << 20;

/// The text of a CSV, without a byte order mark.
pub(crate) fn text(path: &Path) -> Result<String, CohortError> {
    let shown = path.display().to_string();
    let bytes = read_capped(path).map_err(|reason| CohortError::Unreadable {
        path: shown.clone(),
        reason,
    })?;
    let text = String::from_utf8(bytes).map_err(|_| CohortError::Structure {
        path: shown,
        problem: "found bytes that are not UTF-8, expected a CSV text; save it as \"CSV UTF-8\""
            .into(),
    })?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_string(),
        None => text,
    })
}

/// The cells of a CSV as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rows {
    pub header: csv::StringRecord,
    /// Line and cells of each row; all have as many cells as the header.
    pub rows: Vec<(u64, csv::StringRecord)>,
}

/// Reads all rows of a CSV, without spaces around cells.
pub(crate) fn rows(path: &Path) -> Result<Rows, CohortError> {
    let structure = |problem: String| CohortError::Structure {
        path: path.display().to_string(),
        problem,
    };
    let text = text(path)?;
    let mut lines = Lines::of(&text);
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let header = reader
        .headers()
        .map_err(|error| structure(csv_problem(&error, &mut lines)))?
        .clone();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| structure(csv_problem(&error, &mut lines)))?;
        rows.push((lines.at(record.position()), record));
    }
    Ok(Rows { header, rows })
}

/// Reads a cohort whose rows need not have a label; without a column of that name it is 0 everywhere.
pub(super) fn read_unlabelled(path: &Path) -> Result<Cohort, CohortError> {
    read_with(path, false, true)
}

/// The same, whose pictures need not be there.
pub(super) fn read_unlabelled_listed(path: &Path) -> Result<Cohort, CohortError> {
    read_with(path, false, false)
}

pub(super) fn read(path: &Path) -> Result<Cohort, CohortError> {
    read_with(path, true, true)
}

/// Reads a cohort whose pictures need not be there.
pub(super) fn read_listed(path: &Path) -> Result<Cohort, CohortError> {
    read_with(path, true, false)
}

fn read_with(path: &Path, labelled: bool, has_pictures: bool) -> Result<Cohort, CohortError> {
    let shown = path.display().to_string();
    let structure = |problem: String| CohortError::Structure {
        path: shown.clone(),
        problem,
    };
    let text = text(path)?;
    let text = text.as_str();

    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let header = reader
        .headers()
        .map_err(|error| structure(csv_problem(&error, &mut Lines::of(text))))?
        .clone();
    let table = Table {
        shown: &shown,
        folder: path.parent().unwrap_or_else(|| Path::new("")),
        columns: Columns::find(&header, labelled).map_err(structure)?,
        labelled,
        has_pictures,
        header,
    };
    let mut seen = Seen::default();
    let mut pictures = Vec::new();
    let mut parts = BTreeMap::new();
    let mut lines = Lines::of(text);
    for record in reader.records() {
        let record = record.map_err(|error| structure(csv_problem(&error, &mut lines)))?;
        let row = table.row(lines.at(record.position()), &record)?;
        seen.check(&row)
            .map_err(|(first, problem)| CohortError::Rows {
                path: shown.clone(),
                first,
                second: row.line,
                problem,
            })?;
        if let Some(part) = row.part {
            parts.insert(row.picture.patient.clone(), part);
        }
        pictures.push(row.picture);
    }
    Ok(Cohort {
        pictures,
        classes: ["negative".into(), "positive".into()],
        split_column: table.columns.split.map(|_| parts),
        covariates: table.covariates(),
        synthetic: None,
    })
}

/// What a cell is checked against.
struct Table<'a> {
    shown: &'a str,
    folder: &'a Path,
    header: csv::StringRecord,
    columns: Columns,
    labelled: bool,
    has_pictures: bool,
}

/// One row whose cells are right.
struct Row {
    line: u64,
    picture: Picture,
    part: Option<String>,
}

impl Table<'_> {
    fn row(&self, line: u64, record: &csv::StringRecord) -> Result<Row, CohortError> {
        let cell = |column: usize| record.get(column).unwrap_or_default();
        let columns = &self.columns;
        let wrong = |column: usize, expected: &str| CohortError::Cell {
            path: self.shown.to_string(),
            line,
            column: self.header.get(column).unwrap_or_default().to_string(),
            found: cell(column).to_string(),
            expected: expected.to_string(),
        };

        let patient = cell(columns.patient);
        if patient.is_empty() {
            return Err(wrong(
                columns.patient,
                "a patient's identifier; fill the cell or delete the row",
            ));
        }
        let label = match cell(columns.label) {
            _ if !self.labelled => 0,
            "0" => 0,
            "1" => 1,
            "0.0" if columns.gandlf => 0,
            "1.0" if columns.gandlf => 1,
            _ => {
                return Err(wrong(
                    columns.label,
                    "0 or 1; correct the cell or delete the row",
                ));
            }
        };
        let name = cell(columns.image);
        if name.is_empty() {
            return Err(wrong(
                columns.image,
                "the path of a radiograph; fill the cell or delete the row",
            ));
        }
        let path = self.folder.join(name);
        if self.has_pictures && !path.is_file() {
            let expected =
                "a file relative to the CSV, and there is none; correct the path or delete the row";
            return Err(wrong(columns.image, expected));
        }
        let not_a_value = |column: &&usize| {
            let text = cell(**column).to_ascii_lowercase();
            matches!(
                text.as_str(),
                "nan" | "inf" | "-inf" | "+inf" | "infinity" | "-infinity"
            )
        };
        if let Some(&column) = columns.covariates.iter().find(not_a_value) {
            return Err(wrong(
                column,
                "a value, or an empty cell where it is unknown; correct or empty the cell",
            ));
        }
        if let Some(column) = columns.split
            && !matches!(cell(column), "train" | "validation" | "test")
        {
            return Err(wrong(column, "train, validation or test; correct the cell"));
        }
        let spacing_mm = match columns.spacing_mm {
            Some(column) if !cell(column).is_empty() => {
                let number = cell(column).parse().ok();
                let usable = number.filter(|mm| SPACING_MM.contains(mm));
                let expected =
                    "millimetres between pixels, 0.01 to 5, or an empty cell; correct the cell";
                Some(usable.ok_or_else(|| wrong(column, expected))?)
            }
            _ => None,
        };
        let filled = |column: usize| Some(cell(column).to_string()).filter(|text| !text.is_empty());
        Ok(Row {
            line,
            picture: Picture {
                patient: patient.to_string(),
                name: name.to_string(),
                path,
                label,
                view: columns.view.and_then(filled),
                spacing_mm,
            },
            part: columns.split.and_then(filled),
        })
    }

    fn covariates(&self) -> Vec<String> {
        let names = self
            .columns
            .covariates
            .iter()
            .filter_map(|&column| self.header.get(column));
        names.map(str::to_string).collect()
    }
}

/// What earlier rows said, so that no row contradicts or repeats one.
#[derive(Default)]
struct Seen {
    line_of_image: HashMap<String, u64>,
    patients: HashMap<String, (u64, u8, Option<String>)>,
}

impl Seen {
    /// Line of the earlier row and the problem, where there is one.
    fn check(&mut self, row: &Row) -> Result<(), (u64, String)> {
        let picture = &row.picture;
        if let Some(first) = self.line_of_image.insert(picture.name.clone(), row.line) {
            let name = &picture.name;
            return Err((
                first,
                format!("both name the image \"{name}\", expected it once; delete one row"),
            ));
        }
        let patient = &picture.patient;
        let (first, label, part) = self
            .patients
            .entry(patient.clone())
            .or_insert_with(|| (row.line, picture.label, row.part.clone()));
        if *label != picture.label {
            let problem = format!(
                "patient \"{patient}\" has label {label} and label {}, expected one label a patient; correct one of them",
                picture.label
            );
            return Err((*first, problem));
        }
        if *part != row.part {
            let name = |part: &Option<String>| part.clone().unwrap_or_default();
            let problem = format!(
                "patient \"{patient}\" is in \"{}\" and in \"{}\", expected one part a patient; correct column \"split\"",
                name(part),
                name(&row.part)
            );
            return Err((*first, problem));
        }
        Ok(())
    }
}

/// Positions of the columns.
pub(super) struct Columns {
    pub patient: usize,
    pub image: usize,
    pub label: usize,
    pub view: Option<usize>,
    pub split: Option<usize>,
    pub spacing_mm: Option<usize>,
    pub covariates: Vec<usize>,
    /// The table is one of GaNDLF's.
    pub gandlf: bool,
}

impl Columns {
    pub(super) fn find(header: &csv::StringRecord, labelled: bool) -> Result<Self, String> {
        if header.is_empty() {
            return Err(
                "found an empty file, expected a first line with the columns patient, image, label"
                    .to_string(),
            );
        }
        let find = |name: &str| header.iter().position(|column| column == name);
        if find("patient").is_none()
            && let Some(columns) = gandlf::columns(header)?
        {
            return Ok(columns);
        }
        let need = |name: &str| {
            let found: Vec<_> = header
                .iter()
                .map(|column| format!("\"{column}\""))
                .collect();
            find(name).ok_or_else(|| {
                format!(
                    "found no column \"{name}\" (found {}), expected the columns patient, image, label; add it to the first line",
                    found.join(", ")
                )
            })
        };
        if let Some(twice) = header
            .iter()
            .enumerate()
            .find(|(at, name)| find(name) != Some(*at))
        {
            return Err(format!(
                "found the column \"{}\" twice, expected each once; rename one",
                twice.1
            ));
        }
        Ok(Columns {
            patient: need("patient")?,
            image: need("image")?,
            // Never looked at where labels are not asked for.
            label: if labelled { need("label")? } else { usize::MAX },
            view: find("view"),
            split: find("split"),
            spacing_mm: find("spacing_mm"),
            covariates: (0..header.len())
                .filter(|&at| !KNOWN.contains(&&header[at]))
                .collect(),
            gandlf: false,
        })
    }
}

fn read_capped(path: &Path) -> Result<Vec<u8>, String> {
    let length = std::fs::metadata(path)
        .map_err(|error| plain_reason(&error))?
        .len();
    if length > BYTES_MAX {
        return Err(format!(
            "found {length} bytes, expected at most {BYTES_MAX}"
        ));
    }
    std::fs::read(path).map_err(|error| plain_reason(&error))
}

fn csv_problem(error: &csv::Error, lines: &mut Lines) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths {
            pos,
            expected_len,
            len,
        } => format!(
            "line {} has {len} cells, expected {expected_len} as in the first line; quote cells that hold a comma",
            lines.at(pos.as_ref())
        ),
        _ => format!("{error}; expected comma-separated text with a header line"),
    }
}
