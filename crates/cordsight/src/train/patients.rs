//! What a run learns from and is judged on.
//!
//! In: a cohort, its split, its pictures. Out: pictures and labels of the training and of the validation part.

use super::fit::Examples;
use super::{Loaded, TrainError};
use crate::cohort::Cohort;
use crate::config::TrainConfig;
use crate::prepare::Prepared;
use crate::split::{Part, Split};

/// Patients with their parts and pictures.
#[derive(Clone, Copy)]
pub(super) struct Patients<'a> {
    pub cohort: &'a Cohort,
    pub split: &'a Split,
    /// Pictures in the cohort's order.
    pub prepared: &'a [Prepared],
}

/// What a split of a cohort trains on, and what chooses.
pub(crate) fn examples(
    loaded: &Loaded,
    config: &TrainConfig,
    split: &Split,
) -> Result<[Examples; 2], TrainError> {
    let (cohort, (_, prepared)) = (&loaded.cohort, loaded.told(config, split)?);
    let patients = Patients {
        cohort,
        split,
        prepared: &prepared,
    };
    Ok(patients.examples())
}

impl Patients<'_> {
    /// Pictures and labels of the training and of the validation part.
    pub fn examples(&self) -> [Examples; 2] {
        [Part::Train, Part::Validation].map(|part| {
            let mut examples = Examples::default();
            let pictures = self.cohort.pictures.iter().zip(self.prepared);
            let of_part = pictures.filter(|(p, _)| self.split.part(&p.patient) == Some(part));
            for (picture, prepared) in of_part {
                examples.pictures.push(prepared.clone());
                examples.labels.push(&[Some(picture.label)]);
            }
            examples
        })
    }
}
