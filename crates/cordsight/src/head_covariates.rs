//! Age, sex and the like as further inputs of the head, beside the features of the picture.
//!
//! In: the named columns of a cohort, and who trains. Out: a [`HeadCovariate`] for each, which the model file keeps, and the
//! numbers of each patient. A column holds numbers or one of two words; it becomes two inputs: the value, standardised by mean and
//! standard deviation of the training patients (0, their mean, where it is missing), and 1 where it is missing. Where no
//! training patient lacked it, nothing was learnt of lacking it, and the second input stays 0.
//!
//! Mean imputation with an indicator is what a network can be given; it is no cure for values that are missing for a reason.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::cohort::{CohortError, Rows, csv_rows};
use crate::covariates::{Covariates, number};

/// Inputs of the head for each column.
pub const INPUTS: usize = 2;

/// How the cells of one column become inputs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeadCovariate {
    /// The column.
    pub name: String,
    /// The words that stand for 0 and for 1; none where it holds numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<[String; 2]>,
    /// Of the training patients.
    pub mean: f64,
    /// Of the training patients, divided by their number.
    pub deviation: f64,
    /// Training patients without a value.
    pub missing: usize,
}

/// Columns or cells that cannot be inputs.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum HeadCovariatesError {
    #[error(
        "head covariate \"{name}\": {problem}; name columns of the cohort that hold a number or one of two words for each patient"
    )]
    Column { name: String, problem: String },
    #[error("patient \"{patient}\", {problem}")]
    Patient { patient: String, problem: String },
    #[error("{path}, line {line}, {problem}")]
    Cell {
        path: String,
        line: u64,
        problem: String,
    },
    #[error(
        "{path}: found no column \"{column}\", expected image and {wanted}, which the network takes as well"
    )]
    Header {
        path: String,
        column: String,
        wanted: String,
    },
    #[error("{path}: the model takes the picture alone; leave --covariates out")]
    NotWanted { path: String },
    #[error(transparent)]
    Cohort(#[from] CohortError),
}

impl HeadCovariate {
    /// From the cells of the training patients, one each.
    fn fitted(name: &str, cells: &[&str]) -> Result<Self, String> {
        let known: Vec<&str> = cells.iter().copied().filter(|c| !c.is_empty()).collect();
        let different: BTreeSet<&str> = known.iter().copied().collect();
        let words = match Vec::from_iter(different.iter().copied()).as_slice() {
            [] => return Err("is empty for every training patient".to_string()),
            all if all.iter().all(|word| number(word).is_some()) => None,
            [first, second] => Some([first.to_string(), second.to_string()]),
            all => return Err(format!("holds {} different words", all.len())),
        };
        let mut own = HeadCovariate {
            name: name.to_string(),
            words,
            mean: 0.0,
            deviation: 1.0,
            missing: cells.len() - known.len(),
        };
        let values: Result<Vec<f64>, String> = known.iter().map(|cell| own.value(cell)).collect();
        let values = values?;
        let count = values.len() as f64;
        own.mean = values.iter().sum::<f64>() / count;
        let spread = values.iter().map(|value| (value - own.mean).powi(2));
        own.deviation = (spread.sum::<f64>() / count).sqrt();
        if own.deviation > 0.0 {
            Ok(own)
        } else {
            Err("holds the same value for every training patient".to_string())
        }
    }

    fn value(&self, cell: &str) -> Result<f64, String> {
        let place = |words: &[String; 2]| words.iter().position(|word| word == cell);
        let value = match &self.words {
            None => number(cell),
            Some(words) => place(words).map(|place| place as f64),
        };
        value.ok_or_else(|| {
            let expected = match &self.words {
                None => "a number".to_string(),
                Some([first, second]) => format!("{first} or {second}, as the training patients have"),
            };
            let name = &self.name;
            format!("column \"{name}\": found \"{cell}\", expected {expected}, or nothing where it is not known")
        })
    }

    /// Whether cells can become inputs by it, which a file may have lost; in words why not.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.deviation > 0.0 {
            Ok(())
        } else {
            let found = self.deviation;
            Err(format!(
                "found a deviation of {found}, expected more than 0"
            ))
        }
    }

    /// The inputs that a cell becomes.
    ///
    /// # Errors
    ///
    /// A cell that is neither empty nor what the training patients have, in words.
    pub fn inputs(&self, cell: &str) -> Result<[f32; INPUTS], String> {
        if cell.is_empty() {
            return Ok([0.0, f32::from(u8::from(self.missing > 0))]);
        }
        let value = ((self.value(cell)? - self.mean) / self.deviation) as f32;
        if value.is_finite() {
            return Ok([value, 0.0]);
        }
        let (name, mean) = (&self.name, self.mean);
        Err(format!(
            "column \"{name}\": found \"{cell}\", expected a number such as the training patients have, whose mean is {mean}"
        ))
    }
}

/// Fits the named columns on the training patients.
///
/// # Errors
///
/// A column that is not there, or that cannot be an input.
pub fn fit(
    names: &[String],
    covariates: &Covariates,
    training: &[&str],
) -> Result<Vec<HeadCovariate>, HeadCovariatesError> {
    let one = |name: &String| {
        let wrong = |problem: String| HeadCovariatesError::Column {
            name: name.clone(),
            problem,
        };
        let place = place(covariates, name).map_err(&wrong)?;
        let rows = training
            .iter()
            .filter_map(|name| covariates.rows.get(*name));
        let cells: Vec<&str> = rows
            .filter_map(|row| row.get(place))
            .map(String::as_str)
            .collect();
        HeadCovariate::fitted(name, &cells).map_err(wrong)
    };
    names.iter().map(one).collect()
}

fn place(covariates: &Covariates, name: &str) -> Result<usize, String> {
    let place = covariates.columns.iter().position(|column| column == name);
    place.ok_or_else(|| {
        let left_out = covariates
            .left_out
            .iter()
            .find(|(column, _)| column == name);
        match left_out {
            Some((_, reason)) => (*reason).to_string(),
            None => "is no column of the cohort".to_string(),
        }
    })
}

/// The inputs of a patient of the cohort.
///
/// # Errors
///
/// A cell that is neither empty nor what the training patients have.
pub fn of_patient(
    fitted: &[HeadCovariate],
    covariates: &Covariates,
    patient: &str,
) -> Result<Vec<f32>, HeadCovariatesError> {
    let row = covariates.rows.get(patient);
    let mut inputs = Vec::with_capacity(INPUTS * fitted.len());
    for own in fitted {
        let place = place(covariates, &own.name).ok();
        let cell = place.and_then(|place| row?.get(place));
        let of_cell = own.inputs(cell.map_or("", String::as_str));
        inputs.extend(of_cell.map_err(|problem| HeadCovariatesError::Patient {
            patient: patient.to_string(),
            problem,
        })?);
    }
    Ok(inputs)
}

/// What a CSV says of each picture: a column `image`, and those that a model takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    path: String,
    images: BTreeMap<PathBuf, Vec<f32>>,
}

impl Told {
    /// Reads the CSV; the names of pictures are relative to it.
    ///
    /// # Errors
    ///
    /// A file or header that cannot be read, or a cell with its line.
    pub fn read(path: &Path, wanted: &[HeadCovariate]) -> Result<Self, HeadCovariatesError> {
        let shown = path.display().to_string();
        let Rows { header, rows } = csv_rows(path)?;
        let find = |column: &str| {
            let place = header.iter().position(|name| name == column);
            place.ok_or_else(|| HeadCovariatesError::Header {
                path: shown.clone(),
                column: column.to_string(),
                wanted: names(wanted),
            })
        };
        let image = find("image")?;
        let places: Vec<usize> = wanted
            .iter()
            .map(|own| find(&own.name))
            .collect::<Result<_, _>>()?;
        let folder = path.parent().unwrap_or_else(|| Path::new(""));
        let mut images = BTreeMap::new();
        for (line, row) in &rows {
            let mut inputs = Vec::new();
            for (own, place) in wanted.iter().zip(&places) {
                let of_cell = own.inputs(&row[*place]);
                inputs.extend(of_cell.map_err(|problem| HeadCovariatesError::Cell {
                    path: shown.clone(),
                    line: *line,
                    problem,
                })?);
            }
            let before = images.insert(whole(&folder.join(&row[image])), inputs.clone());
            if before.is_some_and(|before| before != inputs) {
                return Err(HeadCovariatesError::Cell {
                    path: shown,
                    line: *line,
                    problem: format!(
                        "column \"image\": found \"{}\" again with other values, expected one row a picture",
                        &row[image]
                    ),
                });
            }
        }
        Ok(Told {
            path: shown,
            images,
        })
    }

    /// The inputs for a picture.
    ///
    /// # Errors
    ///
    /// A picture without a row, in words.
    pub fn of(&self, file: &Path) -> Result<Vec<f32>, String> {
        let found = self.images.get(&whole(file)).cloned();
        found.ok_or_else(|| {
            let path = &self.path;
            format!("found no row of this picture in {path}, expected one in column \"image\"")
        })
    }
}

/// The columns, as a sentence has them.
pub fn names(wanted: &[HeadCovariate]) -> String {
    let names: Vec<&str> = wanted.iter().map(|own| own.name.as_str()).collect();
    names.join(", ")
}

/// One spelling of a path, however it was given.
fn whole(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covariates() -> Covariates {
        let rows = [
            ("a", ["60", "m"]),
            ("b", ["40", "f"]),
            ("c", ["", "f"]),
            ("d", ["90", ""]),
        ];
        let rows =
            rows.map(|(patient, cells)| (patient.to_string(), cells.map(str::to_string).to_vec()));
        Covariates {
            columns: vec!["age".to_string(), "sex".to_string()],
            rows: rows.into_iter().collect(),
            left_out: vec![("name".to_string(), "holds more words")],
        }
    }

    #[test]
    fn training_patients_alone_give_mean_and_deviation_and_what_is_missing_is_their_mean() {
        let names = ["age".to_string(), "sex".to_string()];
        let fitted = fit(&names, &covariates(), &["a", "b", "c"]).expect("covariates");
        assert_eq!((fitted[0].mean, fitted[0].deviation), (50.0, 10.0));
        assert_eq!(fitted[1].words, Some(["f".to_string(), "m".to_string()]));
        let of = |patient| of_patient(&fitted, &covariates(), patient).expect("inputs");
        assert_eq!(of("a")[..2], [1.0, 0.0]);
        assert_eq!(of("c")[..2], [0.0, 1.0]);
        // No training patient lacked the sex, so that nothing was learnt of lacking it.
        assert_eq!(of("d"), [4.0, 0.0, 0.0, 0.0]);
        assert!(of("a")[2] > 0.0 && of("b")[2] < 0.0);
    }

    #[test]
    fn columns_and_cells_that_cannot_be_inputs_are_named() {
        let error = |name: &str, training: &[&str]| {
            let names = [name.to_string()];
            fit(&names, &covariates(), training)
                .unwrap_err()
                .to_string()
        };
        for (name, training, expected) in [
            ("weight", &["a", "b"][..], "is no column of the cohort"),
            ("name", &["a", "b"], "holds more words"),
            ("age", &["c"], "is empty for every training patient"),
            ("sex", &["b", "c"], "holds 1 different words"),
            ("age", &["a"], "holds the same value"),
        ] {
            let found = error(name, training);
            assert!(found.contains(expected), "{found}");
        }
        let fitted = fit(&["sex".to_string()], &covariates(), &["a", "b"]).expect("covariates");
        let found = fitted[0].inputs("x").unwrap_err();
        assert!(found.contains("expected f or m"), "{found}");
        let ages = fit(&["age".to_string()], &covariates(), &["a", "b"]).expect("covariates");
        let found = ages[0].inputs("1e300").unwrap_err();
        assert!(found.contains("whose mean is 50"), "{found}");
    }
}
