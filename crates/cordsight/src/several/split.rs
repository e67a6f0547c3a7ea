//! The parts of patients with several findings, or of more than two classes.
//!
//! In: what is known of each patient, two fractions and a seed; or a file that fixes the parts. Out: [`Parts`], one a patient,
//! and `split.csv`. Patients are dealt to the parts by iterative stratification ([`deal`]).

use std::collections::BTreeMap;
use std::path::Path;

use super::cohort::{Known, Subjects};
use super::deal::deal;
use crate::cohort::plain_reason;
use crate::random::{Purpose, generator};
use crate::split::{Part, SplitError};
use crate::task::Task;

/// The part of each patient.
#[derive(Clone, Debug, PartialEq)]
pub struct Parts {
    task: Task,
    parts: BTreeMap<String, (Known, Part)>,
}

impl Parts {
    /// Draws the parts: `test` of all patients, then `validation` of those that are left.
    ///
    /// # Errors
    ///
    /// A part that lacks patients with, or without, a finding or class (training and test; validation where it is asked for).
    pub fn draw(
        subjects: &Subjects,
        test: f64,
        validation: f64,
        seed: u64,
    ) -> Result<Self, SplitError> {
        let learning = 1.0 - test;
        let mut shares = vec![
            (Part::Train, learning * (1.0 - validation)),
            (Part::Test, test),
        ];
        if validation > 0.0 {
            shares.push((Part::Validation, learning * validation));
        }
        let (wanted, shares): (Vec<Part>, Vec<f64>) = shares.into_iter().unzip();
        let mut numbers = generator(seed, Purpose::Split, u64::MAX);
        let dealt = deal(
            &subjects.task,
            subjects.labels.iter(),
            &shares,
            &mut numbers,
        );
        let part = |patient: &String| wanted[dealt.get(patient).copied().unwrap_or_default()];
        let parts = Parts::of(subjects, part);
        parts.demand(subjects, &wanted)?;
        Ok(parts)
    }

    /// The parts that the cohort's own `split` column fixes, if it has one.
    ///
    /// # Errors
    ///
    /// As [`draw`](Self::draw), of training and test.
    pub fn from_column(subjects: &Subjects) -> Option<Result<Self, SplitError>> {
        let column = subjects.cohort.split_column.as_ref()?;
        let part = |text: &str| match text {
            "train" => Part::Train,
            "validation" => Part::Validation,
            _ => Part::Test,
        };
        let of_patient = subjects.labels.iter().filter_map(|(patient, known)| {
            let text = column.get(patient)?;
            Some((patient.clone(), (known.clone(), part(text))))
        });
        let parts = Parts {
            task: subjects.task.clone(),
            parts: of_patient.collect(),
        };
        let demanded = parts.demand(subjects, &[Part::Train, Part::Test]);
        Some(demanded.map(|()| parts))
    }

    /// Reads a file with the columns patient and split, and asserts that it is one of these patients; where it has their
    /// labels too, those must agree.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, a patient that one side lacks, a label that differs, or as [`draw`](Self::draw).
    pub fn read(path: &Path, subjects: &Subjects) -> Result<Self, SplitError> {
        let wrong = |problem: String| SplitError::File {
            path: path.display().to_string(),
            problem,
        };
        let text = std::fs::read_to_string(path).map_err(|error| wrong(plain_reason(&error)))?;
        let parts = parse(&text, subjects).map_err(wrong)?;
        let parts = Parts {
            task: subjects.task.clone(),
            parts,
        };
        parts.demand(subjects, &[Part::Train, Part::Test])?;
        Ok(parts)
    }

    /// `patient`, a column for each finding (or `class`), `split`; sorted by patient.
    ///
    /// # Errors
    ///
    /// None in practice: rows of text can always be written to memory.
    pub fn to_csv(&self) -> Result<Vec<u8>, csv::Error> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let columns = columns(&self.task);
        let header = std::iter::once("patient".to_string()).chain(columns);
        writer.write_record(header.chain(["split".to_string()]))?;
        for (patient, (known, part)) in &self.parts {
            let cells = known.iter().map(|label| cell(&self.task, *label));
            let row = std::iter::once(patient.clone()).chain(cells);
            writer.write_record(row.chain([part.to_string()]))?;
        }
        writer
            .into_inner()
            .map_err(|error| error.into_error().into())
    }

    /// True where some patients are set aside to choose epoch and threshold.
    pub(crate) fn has_validation(&self) -> bool {
        let mut parts = self.parts.values();
        parts.any(|(_, part)| *part == Part::Validation)
    }

    /// A patient's part.
    pub fn part(&self, patient: &str) -> Option<Part> {
        self.parts.get(patient).map(|(_, part)| *part)
    }

    /// The part that `part` gives to each patient.
    pub(super) fn of(subjects: &Subjects, part: impl Fn(&String) -> Part) -> Self {
        let of_patient =
            |(patient, known): (&String, &Known)| (patient.clone(), (known.clone(), part(patient)));
        Parts {
            task: subjects.task.clone(),
            parts: subjects.labels.iter().map(of_patient).collect(),
        }
    }

    /// The patients who test, with what is known of each as `split.csv` shows it.
    pub(super) fn tested_rows(&self) -> Vec<Vec<String>> {
        let tested = self.parts.iter().filter(|(_, of)| of.1 == Part::Test);
        let row = |(patient, (known, _)): (&String, &(Known, Part))| {
            let cells = known.iter().map(|label| cell(&self.task, *label));
            std::iter::once(patient.clone()).chain(cells).collect()
        };
        tested.map(row).collect()
    }

    pub(super) fn demand(&self, subjects: &Subjects, wanted: &[Part]) -> Result<(), SplitError> {
        for &part in wanted {
            let counts = subjects.counts(|patient| self.part(patient) == Some(part));
            let poor =
                |counts: &&super::cohort::NameCounts| counts.with == 0 || counts.without == 0;
            if let Some(counts) = counts.iter().find(poor) {
                let lacking = if counts.with == 0 { "with" } else { "without" };
                return Err(SplitError::Lacking {
                    part,
                    noun: self.task.noun(),
                    name: counts.name.clone(),
                    lacking,
                });
            }
        }
        Ok(())
    }
}

/// Names of the label columns of `split.csv`.
pub(super) fn columns(task: &Task) -> Vec<String> {
    match task {
        Task::Classes(_) => vec!["class".to_string()],
        _ => task.names().to_vec(),
    }
}

/// A label as a table shows it.
pub(super) fn cell(task: &Task, label: Option<u8>) -> String {
    match (label, task) {
        (None, _) => String::new(),
        (Some(class), Task::Classes(names)) => {
            let name = names.get(usize::from(class));
            name.cloned().unwrap_or_default()
        }
        (Some(label), _) => label.to_string(),
    }
}

fn parse(text: &str, subjects: &Subjects) -> Result<BTreeMap<String, (Known, Part)>, String> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| error.to_string())?.clone();
    let find = |name: &str| header.iter().position(|column| column == name);
    let need = |name: &str| {
        find(name).ok_or_else(|| {
            format!(
                "found no column \"{name}\", expected patient and split; add it to the first line"
            )
        })
    };
    let (patient, split) = (need("patient")?, need("split")?);
    let labels: Vec<Option<usize>> = columns(&subjects.task).iter().map(|c| find(c)).collect();
    let mut parts = BTreeMap::new();
    for record in reader.records() {
        let record = record.map_err(|error| error.to_string())?;
        let cell_at = |column: usize| record.get(column).unwrap_or_default();
        let name = cell_at(patient);
        let part = match cell_at(split) {
            "train" => Part::Train,
            "validation" => Part::Validation,
            "test" => Part::Test,
            other => {
                return Err(format!(
                    "patient \"{name}\": found the part \"{other}\", expected train, validation or test; correct the cell"
                ));
            }
        };
        let Some(known) = subjects.labels.get(name) else {
            return Err(format!(
                "patient \"{name}\" is not in the cohort; draw a new split"
            ));
        };
        for (column, label) in labels.iter().zip(known) {
            let agrees = |column: &usize| cell_at(*column) == cell(&subjects.task, *label);
            if column.is_some_and(|column| !agrees(&column)) {
                return Err(format!(
                    "patient \"{name}\" has other labels in it than in the cohort; draw a new split"
                ));
            }
        }
        if parts
            .insert(name.to_string(), (known.clone(), part))
            .is_some()
        {
            return Err(format!(
                "patient \"{name}\" stands there twice, expected once; delete one row"
            ));
        }
    }
    match subjects
        .labels
        .keys()
        .find(|patient| !parts.contains_key(*patient))
    {
        None => Ok(parts),
        Some(missing) => Err(format!(
            "patient \"{missing}\" of the cohort is not in it; draw a new split"
        )),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::cohort::Cohort;

    /// 207 patients, findings of many frequencies that go together, some not known.
    pub fn subjects() -> Subjects {
        let names = ["a", "b", "c", "d"].map(String::from).to_vec();
        let known = |patient: usize| {
            let there = |yes: bool| Some(u8::from(yes));
            let rare = if patient % 9 == 4 {
                None
            } else {
                there(patient % 20 == 3)
            };
            vec![
                there(patient.is_multiple_of(2)),
                there(patient.is_multiple_of(6)),
                rare,
                there(patient % 11 == 5),
            ]
        };
        Subjects {
            cohort: Cohort {
                pictures: Vec::new(),
                classes: [String::new(), String::new()],
                split_column: None,
                covariates: Vec::new(),
                synthetic: None,
            },
            task: Task::Findings(names),
            labels: (0..207).map(|p| (format!("P{p:03}"), known(p))).collect(),
            unknown: Vec::new(),
        }
    }

    #[test]
    fn every_answer_has_its_share_in_every_part_to_within_two_patients() {
        let subjects = subjects();
        let all = subjects.counts(|_| true);
        let mut compared = 0;
        for seed in 1..=20 {
            let parts = Parts::draw(&subjects, 0.3, 0.2, seed).unwrap();
            for (part, share) in [
                (Part::Train, 0.56),
                (Part::Validation, 0.14),
                (Part::Test, 0.3),
            ] {
                let counts = subjects.counts(|patient| parts.part(patient) == Some(part));
                for (all, found) in all.iter().zip(&counts) {
                    for (all, found) in [(all.with, found.with), (all.without, found.without)] {
                        let apart = (found as f64 - share * all as f64).abs();
                        assert!(apart <= 2.0, "{seed} {part}: {found} of {all}");
                        compared += 1;
                    }
                }
            }
        }
        assert_eq!(compared, 480);
    }

    #[test]
    fn another_seed_draws_another_split_and_the_same_seed_the_same() {
        let subjects = subjects();
        let drawn = |seed| Parts::draw(&subjects, 0.3, 0.0, seed).unwrap();
        assert_eq!(drawn(1), drawn(1));
        assert_ne!(drawn(1), drawn(2));
    }
}
