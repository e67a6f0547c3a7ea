//! The cohort: which patients there are, which radiographs they have, and what the reference standard says.
//!
//! In: a CSV (`patient,image,label`; optional `view`, `site`, `split`, `spacing_mm`; further columns are covariates; paths relative
//! to the CSV), a CSV of GaNDLF, or a folder with one sub-folder a class. Out: [`Cohort`], sorted by patient, every cell checked.
//! Nothing is guessed: a row that cannot be right stops the program with its line and column, because a wrong label
//! costs more than a second try.

mod columns;
mod csv_file;
mod folder;
mod gandlf;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

pub use columns::Columns;
pub(crate) use csv_file::{Rows, rows as csv_rows, text as csv_text};
pub(crate) use folder::{file_name, known_pair, visible};

/// One radiograph of a patient.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// The patient it belongs to.
    pub patient: String,
    /// The path as the cohort writes it: the name under which the picture appears in every result.
    pub name: String,
    /// Where the file lies.
    pub path: PathBuf,
    /// 0 or 1 (the class whose probability the network gives).
    pub label: u8,
    /// View, if the cohort names it.
    pub view: Option<String>,
    /// Millimetres between pixels, if the cohort names it; the file's own wins.
    pub spacing_mm: Option<f64>,
}

/// The rows of a cohort.
#[derive(Clone, Debug, PartialEq)]
pub struct Cohort {
    /// The pictures, sorted by patient and then by name.
    pub pictures: Vec<Picture>,
    /// Names of class 0 and class 1.
    pub classes: [String; 2],
    /// The part that the cohort's `split` column fixes for each patient, if there is such a column.
    pub split_column: Option<BTreeMap<String, String>>,
    /// Names of the further columns, kept for later analyses.
    pub covariates: Vec<String>,
    /// What is known of a cohort that a program drew; `None` for real radiographs.
    pub synthetic: Option<Synthetic>,
}

/// `synthetic.json`, which lies beside a cohort that a program drew.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Synthetic {
    /// AUC that a reader without error would reach on these pictures.
    pub ceiling_auc: Option<f64>,
}

/// Why a cohort cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CohortError {
    /// The path is neither a readable file nor a readable folder.
    #[error(
        "{path}: {reason}; give a CSV with the columns patient, image, label, or a folder with one sub-folder a class"
    )]
    Unreadable {
        /// The path as given.
        path: String,
        /// What the operating system says.
        reason: String,
    },
    /// The CSV's structure is wrong.
    #[error("{path}: {problem}")]
    Structure {
        /// The CSV.
        path: String,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// One cell is wrong.
    #[error("{path}, line {line}, column \"{column}\": found \"{found}\", expected {expected}")]
    Cell {
        /// The CSV.
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
    /// Two rows contradict or repeat each other.
    #[error("{path}, lines {first} and {second}: {problem}")]
    Rows {
        /// The CSV.
        path: String,
        /// The earlier line.
        first: u64,
        /// The later line.
        second: u64,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// A folder that is no cohort.
    #[error("{path}: {problem}")]
    Folder {
        /// The folder.
        path: String,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// Only one class has patients.
    #[error(
        "{path}: all {patients} patients have label {label}, expected patients of both classes; a network cannot learn to tell one class from nothing"
    )]
    OneClass {
        /// The cohort.
        path: String,
        /// Number of patients.
        patients: usize,
        /// The only label found.
        label: u8,
    },
}

/// Number of patients and pictures of each class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Counts {
    /// Patients with label 0.
    pub negative_patients: usize,
    /// Patients with label 1.
    pub positive_patients: usize,
    /// Pictures of all of them.
    pub pictures: usize,
}

impl Cohort {
    /// Reads a cohort from a CSV or from a folder of classes; `positive` names the folder that is class 1.
    ///
    /// # Errors
    ///
    /// See [`CohortError`]; a picture that is not there is an error too, but pictures are not opened.
    pub fn read(path: &Path, positive: Option<&str>) -> Result<Self, CohortError> {
        Cohort::read_by(path, positive, csv_file::read)
    }

    /// As [`read`](Self::read), but the pictures that a CSV names need not be there.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn read_listed(path: &Path, positive: Option<&str>) -> Result<Self, CohortError> {
        Cohort::read_by(path, positive, csv_file::read_listed)
    }

    fn read_by(
        path: &Path,
        positive: Option<&str>,
        csv: fn(&Path) -> Result<Cohort, CohortError>,
    ) -> Result<Self, CohortError> {
        let shown = path.display().to_string();
        let unreadable = |error: std::io::Error| CohortError::Unreadable {
            path: shown.clone(),
            reason: plain_reason(&error),
        };
        let mut cohort = if std::fs::metadata(path).map_err(unreadable)?.is_dir() {
            folder::read(path, positive)?
        } else {
            csv(path)?
        };
        cohort
            .pictures
            .sort_by(|a, b| (&a.patient, &a.name).cmp(&(&b.patient, &b.name)));
        cohort.synthetic = read_synthetic(path)?;
        cohort.demand_both_classes(&shown)?;
        Ok(cohort)
    }

    /// Reads the pictures of a CSV whose labels stand in columns of other names: every picture has label 0 here.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read), and a folder, which has no columns.
    pub fn read_unlabelled(path: &Path) -> Result<Self, CohortError> {
        Cohort::read_unlabelled_by(path, csv_file::read_unlabelled)
    }

    /// As [`read_unlabelled`](Self::read_unlabelled), but the pictures need not be there.
    ///
    /// # Errors
    ///
    /// As [`read_unlabelled`](Self::read_unlabelled).
    pub fn read_unlabelled_listed(path: &Path) -> Result<Self, CohortError> {
        Cohort::read_unlabelled_by(path, csv_file::read_unlabelled_listed)
    }

    fn read_unlabelled_by(
        path: &Path,
        csv: fn(&Path) -> Result<Cohort, CohortError>,
    ) -> Result<Self, CohortError> {
        if path.is_dir() {
            return Err(CohortError::Folder {
                path: path.display().to_string(),
                problem: "found a folder, expected a CSV with a column for each finding, or one for the class; write one"
                    .to_string(),
            });
        }
        let mut cohort = csv(path)?;
        cohort
            .pictures
            .sort_by(|a, b| (&a.patient, &a.name).cmp(&(&b.patient, &b.name)));
        cohort.synthetic = read_synthetic(path)?;
        Ok(cohort)
    }

    /// Label of each patient, in the order of the patients' names.
    pub fn patients(&self) -> BTreeMap<&str, u8> {
        self.pictures
            .iter()
            .map(|p| (p.patient.as_str(), p.label))
            .collect()
    }

    /// Number of patients and pictures.
    pub fn counts(&self) -> Counts {
        Counts::of(self.pictures.iter())
    }

    /// The cohort without the pictures of the given names.
    ///
    /// # Errors
    ///
    /// [`CohortError::OneClass`] when no patient of one class is left.
    pub fn without(&self, names: &BTreeSet<String>, path: &Path) -> Result<Self, CohortError> {
        let mut left = self.clone();
        left.pictures
            .retain(|picture| !names.contains(&picture.name));
        left.demand_both_classes(&path.display().to_string())?;
        Ok(left)
    }

    /// SHA-256 over patients, labels and file contents: two cohorts with the same fingerprint are the same data.
    ///
    /// # Errors
    ///
    /// A file that can no longer be read.
    pub fn fingerprint(&self) -> std::io::Result<String> {
        Ok(self.fingerprint_and_digests()?.0)
    }

    /// The [`fingerprint`](Self::fingerprint), and the SHA-256 of each picture's file in the cohort's order.
    ///
    /// # Errors
    ///
    /// A file that can no longer be read.
    pub fn fingerprint_and_digests(&self) -> std::io::Result<(String, Vec<String>)> {
        let mut hasher = Sha256::new();
        let mut digests = Vec::with_capacity(self.pictures.len());
        for picture in &self.pictures {
            let content = Sha256::digest(std::fs::read(&picture.path)?);
            hasher.update(format!(
                "{}\0{}\0{}\0",
                picture.patient, picture.name, picture.label
            ));
            hasher.update(content);
            digests.push(hex(&content));
        }
        Ok((hex(&hasher.finalize()), digests))
    }

    fn demand_both_classes(&self, path: &str) -> Result<(), CohortError> {
        let counts = self.counts();
        let label = match (counts.negative_patients, counts.positive_patients) {
            (0, 0) => {
                return Err(CohortError::Structure {
                    path: path.to_string(),
                    problem: "found no radiograph, expected at least one of each class".to_string(),
                });
            }
            (0, _) => 1,
            (_, 0) => 0,
            _ => return Ok(()),
        };
        let patients = counts.negative_patients + counts.positive_patients;
        Err(CohortError::OneClass {
            path: path.to_string(),
            patients,
            label,
        })
    }
}

impl Counts {
    /// Counts patients and pictures.
    pub fn of<'a>(pictures: impl Iterator<Item = &'a Picture>) -> Self {
        let mut counts = Counts::default();
        let mut seen = BTreeSet::new();
        for picture in pictures {
            counts.pictures += 1;
            if seen.insert(picture.patient.as_str()) {
                if picture.label == 1 {
                    counts.positive_patients += 1;
                } else {
                    counts.negative_patients += 1;
                }
            }
        }
        counts
    }

    /// Patients of both classes.
    pub fn patients(&self) -> usize {
        self.negative_patients + self.positive_patients
    }
}

fn read_synthetic(path: &Path) -> Result<Option<Synthetic>, CohortError> {
    let folder = if path.is_dir() {
        path
    } else {
        path.parent().unwrap_or_else(|| Path::new(""))
    };
    let file = folder.join("synthetic.json");
    let Ok(text) = std::fs::read_to_string(&file) else {
        return Ok(None);
    };
    let synthetic = serde_json::from_str(&text).map_err(|error| CohortError::Structure {
        path: file.display().to_string(),
        problem: format!("{error}; draw the cohort again"),
    })?;
    Ok(Some(synthetic))
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The operating system's reason, without its error number and in lower case.
pub fn plain_reason(error: &std::io::Error) -> String {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::NotFound => "no such file or folder".to_string(),
        ErrorKind::PermissionDenied => "permission denied".to_string(),
        _ => {
            let text = error.to_string();
            let text = text.split(" (os error").next().unwrap_or(&text);
            let mut letters = text.chars();
            letters
                .next()
                .map_or_else(String::new, |c| c.to_lowercase().chain(letters).collect())
        }
    }
}
