//! Leaving one site out: each site is tested by a network that was trained on the others.
//!
//! In: the cohort and the site of each patient. Out: a split a site, in the order of the sites' names. A share of the patients
//! of the other sites is set aside for validation, stratified by label. A site of one class is refused: its label is
//! its site, and no figure that needs both classes could be given for it.

use std::collections::{BTreeMap, BTreeSet};

use rand::seq::SliceRandom;

use super::{Part, Split, SplitError};
use crate::cohort::Cohort;
use crate::random::{Purpose, generator};

impl Split {
    /// A split for each site, which tests it; `sites` holds the site of every patient. Another `repeat`, counted from 0,
    /// draws other validation patients.
    ///
    /// # Errors
    ///
    /// Fewer than two sites, a site without patients of a class, a part that would have none.
    pub fn by_site(
        cohort: &Cohort,
        sites: &BTreeMap<String, String>,
        validation: f64,
        seed: u64,
        repeat: u32,
    ) -> Result<Vec<(String, Self)>, SplitError> {
        let patients = cohort.patients();
        let site = |patient: &str| sites.get(patient).map_or("", String::as_str);
        let names: BTreeSet<&str> = patients.keys().map(|patient| site(patient)).collect();
        if names.len() < 2 {
            return Err(SplitError::Sites {
                problem: format!(
                    "found {} site, expected at least 2; without --by-site the patients are dealt into folds",
                    names.len()
                ),
            });
        }
        let mut splits = Vec::new();
        for (number, name) in (0_u64..).zip(&names) {
            let mut parts = BTreeMap::new();
            for label in [0, 1_u8] {
                let of_class = patients.iter().filter(|(_, found)| **found == label);
                let (test, mut learning): (Vec<&str>, Vec<&str>) = of_class
                    .map(|(patient, _)| *patient)
                    .partition(|patient| site(patient) == *name);
                if test.is_empty() {
                    return Err(SplitError::Sites {
                        problem: format!(
                            "site \"{name}\" has no patient with label {label}, expected both; merge it with another site, or leave its rows out"
                        ),
                    });
                }
                let index = (number << 8 | u64::from(repeat)) << 1 | u64::from(label);
                learning.shuffle(&mut generator(seed, Purpose::Folds, index | 1 << 40));
                let training = ((1.0 - validation) * learning.len() as f64).round() as usize;
                let part = |rank: usize| match rank < training {
                    true => Part::Train,
                    false => Part::Validation,
                };
                let learning = (0..).zip(learning).map(|(rank, p)| (p, part(rank)));
                let test = test.into_iter().map(|patient| (patient, Part::Test));
                let all = learning.chain(test);
                parts.extend(all.map(|(patient, part)| (patient.to_string(), (label, part))));
            }
            let split = Split { parts };
            let wanted: &[Part] = match validation > 0.0 {
                true => &[Part::Train, Part::Validation, Part::Test],
                false => &[Part::Train, Part::Test],
            };
            split.demand(wanted)?;
            splits.push(((*name).to_string(), split));
        }
        Ok(splits)
    }
}
