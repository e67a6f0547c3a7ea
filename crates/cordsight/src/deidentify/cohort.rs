//! A cohort whose pictures are de-identified: `cohort.csv` in the output folder, ready for training.
//!
//! In: the cohort as it was read, and which output each picture became. Out: `patient,image,label` with pseudonyms and the
//! new paths; further columns are left out, since nothing is known of them. The pseudonym is that of the cohort's own name for
//! the patient, so that pictures which the cohort puts together stay together, whatever their headers say; where it is the
//! Patient ID, both are the same.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use radiograph::deidentify::Key;

use super::Input;
use crate::cohort::Cohort;

/// The pictures of a cohort as inputs, each once.
pub fn cohort_inputs(cohort: &Cohort) -> Vec<Input> {
    let mut paths: Vec<&Path> = cohort
        .pictures
        .iter()
        .map(|picture| &*picture.path)
        .collect();
    paths.sort_unstable();
    paths.dedup();
    let input = |path: &Path| Input {
        path: path.into(),
        is_named: true,
    };
    paths.into_iter().map(input).collect()
}

/// The rows of the pictures that have an output, as CSV.
pub fn cohort_csv(cohort: &Cohort, key: &Key, outputs: &BTreeMap<PathBuf, String>) -> String {
    let mut text = "patient,image,label\n".to_string();
    for picture in &cohort.pictures {
        if let Some(output) = outputs.get(&picture.path) {
            let patient = key.patient(picture.patient.as_bytes());
            text.push_str(&format!("{patient},{output},{}\n", picture.label));
        }
    }
    text
}
