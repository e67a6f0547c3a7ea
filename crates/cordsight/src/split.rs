//! Who trains the network and who tests it: patients, never pictures, are split.
//!
//! In: the cohort's patients with their labels, two fractions and a seed; or a file that fixes the parts. Out:
//! [`Split`], one part a patient, stratified by label, written once as `split.csv` and read from then on.
//! The counts of each class are `round((1 - test) * n)` for training, the paper's 67 + 78 of 96 + 111.
//! The draw sorts the patients by name first, so the order of the cohort's rows does not matter.

mod by_site;
mod inner;

use std::collections::BTreeMap;
use std::path::Path;

use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use crate::cohort::{Cohort, Counts, Picture, plain_reason};
use crate::random::{Purpose, generator};

/// What a patient is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// The weights are fitted to these.
    Train,
    /// Chooses the epoch and the threshold.
    Validation,
    /// Chooses nothing; the reported figures are these patients'.
    Test,
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Part::Train => "train",
            Part::Validation => "validation",
            Part::Test => "test",
        })
    }
}

/// The part of each patient.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    parts: BTreeMap<String, (u8, Part)>,
}

/// Why a split cannot be made or read.
#[derive(Debug, thiserror::Error)]
pub enum SplitError {
    /// A part would have no patient of one class.
    #[error(
        "the {part} part has no patient with label {label} ({patients} patients have it in all), expected at least one; use more patients or another fraction"
    )]
    Empty {
        /// The part.
        part: Part,
        /// The label.
        label: u8,
        /// Patients with that label in the cohort.
        patients: usize,
    },
    /// A part would have no patient with, or without, one of several findings or classes.
    #[error(
        "the {part} part has no patient {lacking} the {noun} \"{name}\", expected at least one; use more patients, fewer folds, another fraction or another seed, or leave the {noun} out"
    )]
    Lacking {
        /// The part.
        part: Part,
        /// `finding` or `class`.
        noun: &'static str,
        /// Its name.
        name: String,
        /// `with` or `without`.
        lacking: &'static str,
    },
    /// Sites that cannot be left out one after another.
    #[error("--by-site: {problem}")]
    Sites {
        /// What is wrong, and what to do.
        problem: String,
    },
    /// The file cannot be read or written.
    #[error("{path}: {problem}")]
    File {
        /// The file.
        path: String,
        /// What is wrong, and what to do.
        problem: String,
    },
}

#[derive(Serialize, Deserialize)]
struct Row {
    patient: String,
    label: u8,
    split: Part,
}

impl Split {
    /// Draws the parts: `test` of all patients of each class, then `validation` of those that are left.
    ///
    /// # Errors
    ///
    /// A part that would have no patient of a class (no validation part is asked for where `validation` is 0).
    pub fn draw(
        cohort: &Cohort,
        test: f64,
        validation: f64,
        seed: u64,
    ) -> Result<Self, SplitError> {
        let mut parts = BTreeMap::new();
        for label in [0, 1] {
            let of_class = cohort.patients().into_iter().filter(|(_, l)| *l == label);
            let mut patients: Vec<&str> = of_class.map(|(patient, _)| patient).collect();
            patients.shuffle(&mut generator(seed, Purpose::Split, u64::from(label)));
            let learning = ((1.0 - test) * patients.len() as f64).round() as usize;
            let training = ((1.0 - validation) * learning as f64).round() as usize;
            for (rank, patient) in patients.into_iter().enumerate() {
                let part = match rank {
                    _ if rank < training => Part::Train,
                    _ if rank < learning => Part::Validation,
                    _ => Part::Test,
                };
                parts.insert(patient.to_string(), (label, part));
            }
        }
        let split = Split { parts };
        let wanted: &[Part] = match validation > 0.0 {
            true => &[Part::Train, Part::Validation, Part::Test],
            false => &[Part::Train, Part::Test],
        };
        split.demand(wanted)?;
        Ok(split)
    }

    /// Draws `folds` splits whose test parts hold each patient once: the patients of each class are shuffled and dealt out,
    /// so that folds differ by at most one patient of a class. `validation` of the others choose epoch and threshold; other
    /// ones in each fold, as far as there are enough. Another `repeat`, counted from 0, deals anew.
    ///
    /// # Errors
    ///
    /// A part that would have no patient of a class.
    pub fn fold(
        cohort: &Cohort,
        folds: u32,
        validation: f64,
        seed: u64,
        repeat: u32,
    ) -> Result<Vec<Self>, SplitError> {
        let folds = folds.max(2) as usize;
        let mut splits = vec![BTreeMap::new(); folds];
        let mut dealt = 0;
        for label in [0, 1_u8] {
            let of_class = cohort.patients().into_iter().filter(|(_, l)| *l == label);
            let mut patients: Vec<&str> = of_class.map(|(patient, _)| patient).collect();
            let index = 2 * u64::from(repeat) + u64::from(label);
            patients.shuffle(&mut generator(seed, Purpose::Folds, index));
            for (fold, parts) in splits.iter_mut().enumerate() {
                let place = |rank: usize| (dealt + rank) % folds;
                let tests = (0..patients.len()).filter(|rank| place(*rank) == fold);
                let learning = patients.len() - tests.count();
                let training = ((1.0 - validation) * learning as f64).round() as usize;
                let mut rank_of_learner = 0;
                // From the fold's own share on, so that the last ones, which validate, are others in each fold.
                let first = fold * patients.len() / folds;
                for at in 0..patients.len() {
                    let rank = (first + at) % patients.len();
                    let part = if place(rank) == fold {
                        Part::Test
                    } else {
                        rank_of_learner += 1;
                        if rank_of_learner <= training {
                            Part::Train
                        } else {
                            Part::Validation
                        }
                    };
                    parts.insert(patients[rank].to_string(), (label, part));
                }
            }
            // The second class goes on where the first one ended: folds of nearly equal size.
            dealt += patients.len();
        }
        let wanted: &[Part] = match validation > 0.0 {
            true => &[Part::Train, Part::Validation, Part::Test],
            false => &[Part::Train, Part::Test],
        };
        let splits = splits.into_iter().map(|parts| {
            let split = Split { parts };
            split.demand(wanted).map(|()| split)
        });
        splits.collect()
    }

    /// The parts that the cohort's own `split` column fixes, if it has one.
    ///
    /// # Errors
    ///
    /// No patient of a class in training or test.
    pub fn from_column(cohort: &Cohort) -> Option<Result<Self, SplitError>> {
        let column = cohort.split_column.as_ref()?;
        let labels = cohort.patients();
        let parts = column.iter().filter_map(|(patient, part)| {
            let label = *labels.get(patient.as_str())?;
            let part = match part.as_str() {
                "train" => Part::Train,
                "validation" => Part::Validation,
                _ => Part::Test,
            };
            Some((patient.clone(), (label, part)))
        });
        let split = Split {
            parts: parts.collect(),
        };
        Some(split.demand(&[Part::Train, Part::Test]).map(|()| split))
    }

    /// Reads `split.csv` and asserts that it is a split of this cohort.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, a patient that one side lacks, a label that differs.
    pub fn read(path: &Path, cohort: &Cohort) -> Result<Self, SplitError> {
        let shown = path.display().to_string();
        let wrong = |problem: String| SplitError::File {
            path: shown.clone(),
            problem,
        };
        let text = std::fs::read_to_string(path).map_err(|error| wrong(plain_reason(&error)))?;
        let mut parts = BTreeMap::new();
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        for row in reader.deserialize() {
            let row: Row = row.map_err(|error| {
                wrong(format!("{error}; expected the columns patient, label (0 or 1), split (train, validation or test)"))
            })?;
            if parts
                .insert(row.patient.clone(), (row.label, row.split))
                .is_some()
            {
                return Err(wrong(format!(
                    "patient \"{}\" stands there twice, expected once; delete one row",
                    row.patient
                )));
            }
        }
        let patients = cohort.patients();
        for (patient, label) in &patients {
            match parts.get(*patient) {
                None => {
                    return Err(wrong(format!(
                        "patient \"{patient}\" of the cohort is not in it; draw a new split"
                    )));
                }
                Some((found, _)) if found != label => {
                    return Err(wrong(format!(
                        "patient \"{patient}\" has label {found} in it and label {label} in the cohort; draw a new split"
                    )));
                }
                Some(_) => {}
            }
        }
        if let Some(stranger) = parts
            .keys()
            .find(|patient| !patients.contains_key(patient.as_str()))
        {
            return Err(wrong(format!(
                "patient \"{stranger}\" is not in the cohort; draw a new split"
            )));
        }
        let split = Split { parts };
        split.demand(&[Part::Train, Part::Test])?;
        Ok(split)
    }

    /// `patient,label,split`, sorted by patient.
    pub fn to_csv(&self) -> String {
        let rows = self.parts.iter().map(|(patient, (label, split))| {
            let quoted = patient.contains(['"', ',', '\n', '\r']);
            let patient = if quoted {
                format!("\"{}\"", patient.replace('"', "\"\""))
            } else {
                patient.clone()
            };
            format!("{patient},{label},{split}\n")
        });
        std::iter::once("patient,label,split\n".to_string())
            .chain(rows)
            .collect()
    }

    /// A patient's part.
    pub fn part(&self, patient: &str) -> Option<Part> {
        self.parts.get(patient).map(|(_, part)| *part)
    }

    /// The patients of one part with their labels, sorted.
    pub fn patients(&self, part: Part) -> impl Iterator<Item = (&str, u8)> {
        let of_part = self.parts.iter().filter(move |(_, found)| found.1 == part);
        of_part.map(|(patient, (label, _))| (patient.as_str(), *label))
    }

    /// The pictures of one part, in the cohort's order.
    pub fn pictures<'a>(&self, cohort: &'a Cohort, part: Part) -> Vec<&'a Picture> {
        cohort
            .pictures
            .iter()
            .filter(|picture| self.part(&picture.patient) == Some(part))
            .collect()
    }

    /// Patients and pictures of one part.
    pub fn counts(&self, cohort: &Cohort, part: Part) -> Counts {
        Counts::of(self.pictures(cohort, part).into_iter())
    }

    /// True when some patients are set aside to choose the epoch and the threshold.
    pub fn has_validation(&self) -> bool {
        self.parts
            .values()
            .any(|(_, part)| *part == Part::Validation)
    }

    fn demand(&self, wanted: &[Part]) -> Result<(), SplitError> {
        for &part in wanted {
            for label in [0, 1] {
                if !self.parts.values().any(|found| *found == (label, part)) {
                    let patients = self.parts.values().filter(|(l, _)| *l == label).count();
                    return Err(SplitError::Empty {
                        part,
                        label,
                        patients,
                    });
                }
            }
        }
        Ok(())
    }
}
