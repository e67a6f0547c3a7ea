//! What a cohort's CSV says of each patient besides radiograph and label: age, sex, site and whatever columns there are.
//!
//! In: the CSV, or a run's `covariates.csv`. Out: [`Covariates`], one cell a patient and column, as text; empty is missing.
//! A column goes into a run only where it can be summed up in a table of patients: numbers, or at most [`CATEGORIES_MAX`]
//! words. Names, identifiers, dates and remarks have more, and stay where they are; [`Covariates::left_out`] says which.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::cohort::{Cohort, CohortError, Rows, csv_rows};

/// More words than this are no categories.
pub const CATEGORIES_MAX: usize = 12;
/// At least so many different numbers are a measure; fewer are categories.
pub const NUMBERS_MIN: usize = 6;
/// From so many patients on, whole numbers that all differ are identifiers.
const IDENTIFIERS_MIN: usize = 20;
/// Columns that the table of patients has in other places, or that say nothing of a patient.
const NOT_OF_A_PATIENT: [&str; 5] = ["patient", "image", "label", "split", "spacing_mm"];

/// Values of each patient.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Covariates {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// The cells of each patient, in the order of the columns.
    pub rows: BTreeMap<String, Vec<String>>,
    /// Columns that are not here, and why.
    pub left_out: Vec<(String, &'static str)>,
}

impl Covariates {
    /// Those of the patients of a cohort; none of a folder of classes, nor of a table with other names for its columns.
    ///
    /// # Errors
    ///
    /// A table that cannot be read.
    pub fn of_cohort(path: &Path, cohort: &Cohort) -> Result<Self, CohortError> {
        if path.is_dir() {
            return Ok(Covariates::default());
        }
        let Rows { header, rows } = csv_rows(path)?;
        let Some(patient) = header.iter().position(|name| name == "patient") else {
            return Ok(Covariates::default());
        };
        let known = cohort.patients();
        let mut found = Covariates::default();
        let rows = rows.iter().map(|(_, row)| row);
        let of_cohort: Vec<&csv::StringRecord> = rows
            .filter(|row| known.contains_key(&row[patient]))
            .collect();
        for row in &of_cohort {
            found.rows.entry(row[patient].to_string()).or_default();
        }
        for (place, name) in header.iter().enumerate() {
            if NOT_OF_A_PATIENT.contains(&name) || name.is_empty() {
                continue;
            }
            let cells = of_cohort.iter().map(|row| (&row[patient], &row[place]));
            match one_a_patient(cells).and_then(summable) {
                Err(reason) => found.left_out.push((name.to_string(), reason)),
                Ok(cells) => {
                    found.columns.push(name.to_string());
                    for (patient, row) in &mut found.rows {
                        row.push(
                            cells
                                .get(patient.as_str())
                                .copied()
                                .unwrap_or_default()
                                .to_string(),
                        );
                    }
                }
            }
        }
        Ok(found)
    }

    /// Reads a run's `covariates.csv`.
    ///
    /// # Errors
    ///
    /// A file that cannot be read or has no column "patient" at its start.
    pub fn read(path: &Path) -> Result<Self, CohortError> {
        let Rows { header, rows } = csv_rows(path)?;
        if header.get(0) != Some("patient") {
            return Err(CohortError::Structure {
                path: path.display().to_string(),
                problem: "found another first column, expected patient".to_string(),
            });
        }
        let of_row = |(_, row): (u64, csv::StringRecord)| {
            let cells = row.iter().skip(1).map(str::to_string);
            (row[0].to_string(), cells.collect())
        };
        Ok(Covariates {
            columns: header.iter().skip(1).map(str::to_string).collect(),
            rows: rows.into_iter().map(of_row).collect(),
            left_out: Vec::new(),
        })
    }

    /// `patient` and a column each.
    ///
    /// # Errors
    ///
    /// None in practice: rows of text can always be written to memory.
    pub fn to_csv(&self) -> Result<Vec<u8>, csv::Error> {
        let mut table = csv::Writer::from_writer(Vec::new());
        let head = ["patient"].into_iter();
        table.write_record(head.chain(self.columns.iter().map(String::as_str)))?;
        for (patient, cells) in &self.rows {
            let first = [patient.as_str()].into_iter();
            table.write_record(first.chain(cells.iter().map(String::as_str)))?;
        }
        table
            .into_inner()
            .map_err(|error| error.into_error().into())
    }
}

/// The cell of each patient, where all rows of the patient agree or are empty.
fn one_a_patient<'a>(
    cells: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<BTreeMap<&'a str, &'a str>, &'static str> {
    let mut of_patients: BTreeMap<&str, &str> = BTreeMap::new();
    for (patient, cell) in cells {
        let known = of_patients.entry(patient).or_default();
        match (known.is_empty(), cell.is_empty()) {
            (_, true) => {}
            (true, false) => *known = cell,
            (false, false) if *known == cell => {}
            (false, false) => return Err("differs between radiographs of a patient"),
        }
    }
    Ok(of_patients)
}

/// The cells, where a table of patients can sum them up.
fn summable<'a>(
    cells: BTreeMap<&'a str, &'a str>,
) -> Result<BTreeMap<&'a str, &'a str>, &'static str> {
    let words: BTreeSet<&str> = cells
        .values()
        .copied()
        .filter(|cell| !cell.is_empty())
        .collect();
    if words.is_empty() {
        return Err("is empty");
    }
    if words.len() > CATEGORIES_MAX && !words.iter().all(|word| number(word).is_some()) {
        return Err("holds more words than a table of patients can have");
    }
    let filled = cells.values().filter(|cell| !cell.is_empty()).count();
    let is_whole = |word: &&str| word.parse::<i64>().is_ok();
    if filled >= IDENTIFIERS_MIN && words.len() == filled && words.iter().all(is_whole) {
        return Err("holds another whole number for each patient, as identifiers do");
    }
    Ok(cells)
}

/// The finite number that a cell is.
pub fn number(cell: &str) -> Option<f64> {
    cell.parse::<f64>().ok().filter(|value| value.is_finite())
}
