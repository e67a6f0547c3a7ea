//! Labels of several findings, or of more than two classes, beside the pictures of a cohort.
//!
//! In: a cohort's CSV and a [`Task`]. Out: [`Subjects`]: the pictures, and for each patient what is known. A finding's column
//! holds 0, 1 or nothing where nobody looked; a class stands by its name, or by its number counted from 0. All pictures of a
//! patient have the same labels, as they have the same patient. Patients of whom nothing is known are left out, by name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::cohort::{Cohort, CohortError, Picture, Rows, csv_rows, hex};
use crate::results::Exclusion;
use crate::task::Task;

/// What is known of one patient: for findings one entry each, for classes the class.
pub type Known = Vec<Option<u8>>;

/// Pictures and labels of a cohort.
#[derive(Clone, Debug, PartialEq)]
pub struct Subjects {
    /// The pictures; their own label says nothing.
    pub cohort: Cohort,
    /// What is asked.
    pub task: Task,
    /// What is known of each patient.
    pub labels: BTreeMap<String, Known>,
    /// Pictures of patients of whom nothing is known.
    pub unknown: Vec<Exclusion>,
}

/// Patients with, without, and of unknown state of one finding or class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameCounts {
    /// The finding or class.
    pub name: String,
    /// Patients with it.
    pub with: usize,
    /// Patients without it.
    pub without: usize,
    /// Patients of whom it is not known.
    pub unknown: usize,
}

impl Subjects {
    /// Reads pictures and labels; `class_column` names the column of classes.
    ///
    /// # Errors
    ///
    /// A cohort that cannot be read, a missing column, a cell that is no label, a patient with two, or a finding or class that
    /// all patients share.
    pub fn read(path: &Path, task: &Task, class_column: Option<&str>) -> Result<Self, CohortError> {
        Subjects::labelled(Cohort::read_unlabelled(path)?, path, task, class_column)
    }

    /// As [`read`](Self::read), but the pictures need not be there.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn read_listed(
        path: &Path,
        task: &Task,
        class_column: Option<&str>,
    ) -> Result<Self, CohortError> {
        let cohort = Cohort::read_unlabelled_listed(path)?;
        Subjects::labelled(cohort, path, task, class_column)
    }

    fn labelled(
        cohort: Cohort,
        path: &Path,
        task: &Task,
        class_column: Option<&str>,
    ) -> Result<Self, CohortError> {
        let columns: Vec<String> = match task {
            Task::Classes(_) => vec![class_column.unwrap_or("label").to_string()],
            _ => task.names().to_vec(),
        };
        let mut subjects = Subjects {
            labels: labels(path, task, &columns)?,
            cohort,
            task: task.clone(),
            unknown: Vec::new(),
        };
        subjects.leave_out_unknown();
        subjects.demand_each(&path.display().to_string())?;
        Ok(subjects)
    }

    /// The same without the pictures of the given names.
    ///
    /// # Errors
    ///
    /// A finding or class that all patients who are left share.
    pub fn without(mut self, names: &BTreeSet<String>, path: &Path) -> Result<Self, CohortError> {
        let pictures = &mut self.cohort.pictures;
        pictures.retain(|picture| !names.contains(&picture.name));
        let left: BTreeSet<&str> = pictures.iter().map(|p| p.patient.as_str()).collect();
        self.labels
            .retain(|patient, _| left.contains(patient.as_str()));
        self.demand_each(&path.display().to_string())?;
        Ok(self)
    }

    /// What is known of the patient of a picture.
    pub fn of(&self, picture: &Picture) -> Known {
        let known = self.labels.get(&picture.patient).cloned();
        known.unwrap_or_else(|| vec![None; self.task.labels()])
    }

    /// SHA-256 over pictures, findings or classes, and labels; and the SHA-256 of each picture's file in the cohort's order.
    ///
    /// # Errors
    ///
    /// A file that can no longer be read.
    pub fn fingerprint_and_digests(&self) -> std::io::Result<(String, Vec<String>)> {
        let (cohort, digests) = self.cohort.fingerprint_and_digests()?;
        let mut hasher = Sha256::new();
        hasher.update(cohort);
        for name in self.task.names() {
            hasher.update(format!("\0{name}"));
        }
        for (patient, known) in &self.labels {
            hasher.update(format!("\0{patient}\0{known:?}"));
        }
        Ok((hex(&hasher.finalize()), digests))
    }

    /// Patients with and without each finding or class, among those that `of` takes.
    pub fn counts(&self, of: impl Fn(&str) -> bool) -> Vec<NameCounts> {
        let patients = self.labels.iter().filter(|(patient, _)| of(patient));
        let known: Vec<&Known> = patients.map(|(_, known)| known).collect();
        let names = self.task.names().iter().enumerate();
        names
            .map(|(place, name)| {
                let answers = || known.iter().map(|known| answer(&self.task, known, place));
                NameCounts {
                    name: name.clone(),
                    with: answers().filter(|answer| *answer == Some(1)).count(),
                    without: answers().filter(|answer| *answer == Some(0)).count(),
                    unknown: answers().filter(Option::is_none).count(),
                }
            })
            .collect()
    }

    fn leave_out_unknown(&mut self) {
        self.labels
            .retain(|_, known| known.iter().any(Option::is_some));
        let (kept, left): (Vec<Picture>, Vec<Picture>) = std::mem::take(&mut self.cohort.pictures)
            .into_iter()
            .partition(|picture| self.labels.contains_key(&picture.patient));
        self.cohort.pictures = kept;
        let reason = match self.task {
            Task::Classes(_) => "the class is not known",
            _ => "no finding is known",
        };
        let exclusions = left.into_iter().map(|picture| Exclusion {
            patient: picture.patient,
            image: picture.name,
            reason: reason.to_string(),
        });
        self.unknown = exclusions.collect();
    }

    /// A network can learn a finding only from patients with and without it.
    fn demand_each(&self, path: &str) -> Result<(), CohortError> {
        let poor = |counts: &NameCounts| counts.with == 0 || counts.without == 0;
        match self.counts(|_| true).into_iter().find(poor) {
            None => Ok(()),
            Some(counts) => Err(CohortError::Structure {
                path: path.to_string(),
                problem: format!(
                    "{} \"{}\": found {} patients with it and {} without, expected some of both; leave it out, or add patients",
                    self.task.noun(),
                    counts.name,
                    counts.with,
                    counts.without
                ),
            }),
        }
    }
}

/// 0 or 1 for one finding, or for being of one class; nothing where it is not known.
pub fn answer(task: &Task, known: &Known, place: usize) -> Option<u8> {
    match task {
        Task::Classes(_) => Some(u8::from(usize::from((*known.first()?)?) == place)),
        _ => *known.get(place)?,
    }
}

/// Labels of the patients, from the columns of these names.
fn labels(
    path: &Path,
    task: &Task,
    columns: &[String],
) -> Result<BTreeMap<String, Known>, CohortError> {
    let shown = path.display().to_string();
    let structure = |problem: String| CohortError::Structure {
        path: shown.clone(),
        problem,
    };
    let Rows { header, rows } = csv_rows(path)?;
    let find = |name: &str| {
        let near = |column: &str| column.to_lowercase() == name.to_lowercase();
        let exact = header.iter().position(|column| column == name);
        exact
            .or_else(|| header.iter().position(near))
            .ok_or_else(|| {
                let found: Vec<String> = header
                    .iter()
                    .map(|column| format!("\"{column}\""))
                    .collect();
                let flag = match task {
                    Task::Classes(_) => "name another with --class-column",
                    _ => "correct --findings, or add it to the first line",
                };
                structure(format!(
                    "found no column \"{name}\" (found {}); {flag}",
                    found.join(", ")
                ))
            })
    };
    let patient = find("patient")?;
    let places: Vec<usize> = columns
        .iter()
        .map(|name| find(name))
        .collect::<Result<_, _>>()?;
    let expected = match task {
        Task::Classes(names) => format!(
            "{}, or a number from 0 to {}, or an empty cell; correct the cell",
            names.join(", "),
            names.len() - 1
        ),
        _ => "0, 1, or an empty cell where it is not known; correct the cell".to_string(),
    };

    let mut first: BTreeMap<String, (u64, Known)> = BTreeMap::new();
    for (line, record) in rows {
        let cell = |column: usize| record.get(column).unwrap_or_default();
        let known = places
            .iter()
            .map(|&column| {
                label(task, cell(column)).ok_or_else(|| CohortError::Cell {
                    path: shown.clone(),
                    line,
                    column: header.get(column).unwrap_or_default().to_string(),
                    found: cell(column).to_string(),
                    expected: expected.clone(),
                })
            })
            .collect::<Result<Known, _>>()?;
        let name = cell(patient);
        match first.get(name) {
            None => {
                first.insert(name.to_string(), (line, known));
            }
            Some((_, same)) if *same == known => {}
            Some((earlier, other)) => {
                let place = other.iter().zip(&known).position(|(a, b)| a != b);
                let column = &columns[place.unwrap_or_default()];
                return Err(CohortError::Rows {
                    path: shown,
                    first: *earlier,
                    second: line,
                    problem: format!(
                        "patient \"{name}\" has two entries in column \"{column}\", expected the same in all rows of a patient; correct one of them"
                    ),
                });
            }
        }
    }
    let known = first
        .into_iter()
        .map(|(patient, (_, known))| (patient, known));
    Ok(known.collect())
}

/// The label in a cell: `Some(None)` where it is empty, `None` where it is none.
fn label(task: &Task, cell: &str) -> Option<Option<u8>> {
    if cell.is_empty() {
        return Some(None);
    }
    let number = || cell.parse::<u8>().ok();
    let class = match task {
        Task::Classes(names) => task
            .place(cell)
            .map(|place| place as u8)
            .or_else(|| number().filter(|number| usize::from(*number) < names.len())),
        _ => number().filter(|number| *number < 2 && cell.len() == 1),
    };
    class.map(Some)
}
