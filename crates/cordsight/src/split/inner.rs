//! Splits inside the training part: some of those who learn are set aside to judge a choice, anew in each repeat.
//!
//! In: the cohort of those who learn. Out: a split without test part, stratified by label.

use std::collections::BTreeMap;

use rand::seq::SliceRandom;

use super::{Part, Split, SplitError};
use crate::cohort::Cohort;
use crate::random::{Purpose, generator};

impl Split {
    /// Sets `validation` of the patients of each class aside; another `repeat`, counted from 0, draws others.
    ///
    /// # Errors
    ///
    /// A part that would have no patient of a class.
    pub fn inner(
        learners: &Cohort,
        validation: f64,
        seed: u64,
        repeat: u32,
    ) -> Result<Self, SplitError> {
        let mut parts = BTreeMap::new();
        for label in [0, 1] {
            let of_class = learners.patients().into_iter().filter(|(_, l)| *l == label);
            let mut patients: Vec<&str> = of_class.map(|(patient, _)| patient).collect();
            let index = u64::from(repeat) << 1 | u64::from(label);
            patients.shuffle(&mut generator(seed, Purpose::InnerSplits, index));
            let training = ((1.0 - validation) * patients.len() as f64).round() as usize;
            for (rank, patient) in patients.into_iter().enumerate() {
                let part = match rank < training {
                    true => Part::Train,
                    false => Part::Validation,
                };
                parts.insert(patient.to_string(), (label, part));
            }
        }
        let split = Split { parts };
        split.demand(&[Part::Train, Part::Validation])?;
        Ok(split)
    }
}
