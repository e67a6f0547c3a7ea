//! Labels: patients with both, classes without patients, and how the classes are balanced.
//!
//! In: entries of the cohort. Out: [`Counts`] and findings.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::finding::{Finding, Item, Severity};
use super::source::Entry;

/// Fewer patients in a class make every figure of a test set useless.
const PATIENTS_FEW: usize = 30;

/// Patients and radiographs of each class. Patients with both labels count in both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Radiographs named by the cohort or found in the folder, other files left out.
    pub radiographs: usize,
    /// Those that could be read.
    pub read: usize,
    /// Those that could not.
    pub unreadable: usize,
    /// Files that are no radiographs.
    pub other_files: usize,
    /// Patients by the cohort's ids, or else by the headers' and by equal pictures.
    pub patients: usize,
    /// Patients with label 1.
    pub positive_patients: usize,
    /// Patients with label 0.
    pub negative_patients: usize,
    /// Radiographs with label 1.
    pub positive_radiographs: usize,
    /// Radiographs with label 0.
    pub negative_radiographs: usize,
}

/// Labels of each patient whom the cohort names.
fn labels_of(entries: &[Entry]) -> BTreeMap<&str, BTreeSet<u8>> {
    let mut labels: BTreeMap<&str, BTreeSet<u8>> = BTreeMap::new();
    for entry in entries {
        if let Some(patient) = &entry.patient {
            labels.entry(patient).or_default().extend(entry.label);
        }
    }
    labels
}

impl Counts {
    /// Counts patients and radiographs by label.
    pub fn labels(&mut self, entries: &[Entry]) {
        let labels = labels_of(entries);
        let patients = |label: u8| labels.values().filter(|of| of.contains(&label)).count();
        let radiographs = |label: u8| entries.iter().filter(|of| of.label == Some(label)).count();
        self.positive_patients = patients(1);
        self.negative_patients = patients(0);
        self.positive_radiographs = radiographs(1);
        self.negative_radiographs = radiographs(0);
    }
}

/// What is wrong with the labels of a cohort that has them.
pub fn findings(entries: &[Entry], counts: &Counts) -> Vec<Finding> {
    let mut found = Vec::new();
    found.extend(both_labels(entries));
    let (positive, negative) = (counts.positive_patients, counts.negative_patients);
    let smaller = positive.min(negative);
    let balance = format!("{positive} positive and {negative} negative patients");
    if smaller == 0 {
        found.push(Finding::whole(
            Severity::Fatal,
            "one-class",
            format!("{balance}: one class is empty"),
            "add patients of both classes: a network cannot learn to tell one class from nothing",
        ));
    } else if smaller < PATIENTS_FEW {
        found.push(Finding::whole(
            Severity::Warning,
            "few-patients",
            format!("{balance}: few to learn from, and fewer to test on"),
            "collect more, or use cross-validation and read the intervals; see \"cordsight plan\"",
        ));
    } else if smaller * 4 < positive.max(negative) {
        found.push(Finding::whole(
            Severity::Note,
            "imbalance",
            format!("{balance}: more than four to one"),
            "report sensitivity and specificity, not accuracy",
        ));
    }
    found
}

fn both_labels(entries: &[Entry]) -> Option<Finding> {
    let labels = labels_of(entries);
    let both: BTreeSet<&str> = labels
        .iter()
        .filter(|(_, of)| of.len() > 1)
        .map(|(patient, _)| *patient)
        .collect();
    let item = |patient: &&str| {
        let of = entries
            .iter()
            .filter(|entry| entry.patient.as_deref() == Some(*patient));
        Item {
            files: of.map(|entry| entry.name.clone()).collect(),
            detail: format!("patient {patient}"),
        }
    };
    Finding::counted(
        Severity::Fatal,
        "both-labels",
        ["patient with both labels", "patients with both labels"],
        "correct the labels: a patient has one",
        both.iter().map(item).collect(),
    )
}
