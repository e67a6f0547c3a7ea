//! Folds of patients with several findings or classes, and leaving one site out.
//!
//! In: what is known of each patient; a number of folds, or the site of each patient. Out: one [`Parts`] a fold or site. Folds are dealt
//! by iterative stratification, as one split is; so are the patients of each fold who choose epoch and threshold.

use std::collections::{BTreeMap, BTreeSet};

use super::cohort::Subjects;
use super::deal::deal;
use super::split::Parts;
use crate::random::{Purpose, generator};
use crate::split::{Part, SplitError};

impl Parts {
    /// Splits whose test parts hold each patient once; `validation` of the others choose epoch and threshold. Another
    /// `repeat`, counted from 0, deals anew.
    ///
    /// # Errors
    ///
    /// A part that lacks patients with, or without, a finding or class.
    pub fn folds(
        subjects: &Subjects,
        folds: u32,
        validation: f64,
        seed: u64,
        repeat: u32,
    ) -> Result<Vec<Self>, SplitError> {
        let folds = folds.max(2) as usize;
        let shares = vec![1.0 / folds as f64; folds];
        let all = subjects.labels.iter();
        let mut numbers = generator(seed, Purpose::Folds, index(repeat, 0));
        let fold_of = deal(&subjects.task, all, &shares, &mut numbers);
        let one = |fold: usize| {
            let is_tested = |patient: &String| fold_of.get(patient) == Some(&fold);
            let index = index(repeat, fold as u64 + 1);
            Self::tested(subjects, is_tested, validation, seed, index)
        };
        (0..folds).map(one).collect()
    }

    /// A split for each site, which tests it, in the order of the sites' names; `sites` holds the site of every patient.
    ///
    /// # Errors
    ///
    /// Fewer than two sites, a site or a part without patients with, or without, a finding or class.
    pub fn by_site(
        subjects: &Subjects,
        sites: &BTreeMap<String, String>,
        validation: f64,
        seed: u64,
        repeat: u32,
    ) -> Result<Vec<(String, Self)>, SplitError> {
        let site = |patient: &str| sites.get(patient).map_or("", String::as_str);
        let names: BTreeSet<&str> = subjects.labels.keys().map(|p| site(p)).collect();
        if names.len() < 2 {
            return Err(SplitError::Sites {
                problem: format!(
                    "found {} site, expected at least 2; without --by-site the patients are dealt into folds",
                    names.len()
                ),
            });
        }
        let one = |(number, name): (u64, &str)| {
            let is_tested = |patient: &String| site(patient) == name;
            let index = 1 << 40 | index(repeat, number + 1);
            let parts = Self::tested(subjects, is_tested, validation, seed, index);
            let parts = parts.map_err(|error| match error {
                SplitError::Lacking {
                    part: Part::Test,
                    noun,
                    name: of,
                    lacking,
                } => SplitError::Sites {
                    problem: format!(
                        "site \"{name}\" has no patient {lacking} the {noun} \"{of}\", expected both; merge it with another site, or leave the {noun} or the site's rows out"
                    ),
                },
                other => other,
            });
            Ok((name.to_string(), parts?))
        };
        (0..).zip(names).map(one).collect()
    }

    /// Sets `validation` of those who learn aside to judge a choice; another `repeat`, counted from 0, deals others.
    ///
    /// # Errors
    ///
    /// A part that lacks patients with, or without, a finding or class.
    pub(crate) fn inner(
        learners: &Subjects,
        validation: f64,
        seed: u64,
        repeat: u32,
    ) -> Result<Self, SplitError> {
        // Of two classes the index holds the label too; the highest bit keeps these draws apart.
        let index = 1 << 63 | u64::from(repeat);
        let mut numbers = generator(seed, Purpose::InnerSplits, index);
        let shares = [1.0 - validation, validation];
        let dealt = deal(
            &learners.task,
            learners.labels.iter(),
            &shares,
            &mut numbers,
        );
        let part = |patient: &String| match dealt.get(patient) {
            Some(0) => Part::Train,
            _ => Part::Validation,
        };
        let parts = Parts::of(learners, part);
        parts.demand(learners, &[Part::Train, Part::Validation])?;
        Ok(parts)
    }

    /// The split that tests these patients.
    fn tested(
        subjects: &Subjects,
        is_tested: impl Fn(&String) -> bool,
        validation: f64,
        seed: u64,
        index: u64,
    ) -> Result<Self, SplitError> {
        let learners = subjects.labels.iter().filter(|(name, _)| !is_tested(name));
        let shares: &[f64] = match validation > 0.0 {
            true => &[1.0 - validation, validation],
            false => &[1.0],
        };
        let mut numbers = generator(seed, Purpose::Folds, index);
        let learners = deal(&subjects.task, learners, shares, &mut numbers);
        let part = |patient: &String| match learners.get(patient) {
            None => Part::Test,
            Some(0) => Part::Train,
            Some(_) => Part::Validation,
        };
        let parts = Parts::of(subjects, part);
        let wanted: &[Part] = match validation > 0.0 {
            true => &[Part::Train, Part::Validation, Part::Test],
            false => &[Part::Train, Part::Test],
        };
        parts.demand(subjects, wanted)?;
        Ok(parts)
    }
}

/// The stream of random numbers of one fold, counted from 1, of one repeat; fold 0 deals the folds themselves.
fn index(repeat: u32, fold: u64) -> u64 {
    1 << 63 | u64::from(repeat) << 20 | fold
}

#[cfg(test)]
mod tests {
    use super::super::split::tests::subjects;
    use super::*;

    #[test]
    fn each_patient_is_tested_once_and_every_answer_has_its_share_in_every_fold() {
        let subjects = subjects();
        let all = subjects.counts(|_| true);
        let mut compared = 0;
        for (folds, repeat) in [(3, 0), (5, 0), (5, 1), (10, 0)] {
            let splits = Parts::folds(&subjects, folds, 0.2, 1, repeat).unwrap();
            assert_eq!(splits.len(), folds as usize);
            for patient in subjects.labels.keys() {
                let tests = splits
                    .iter()
                    .filter(|s| s.part(patient) == Some(Part::Test));
                assert_eq!(tests.count(), 1);
            }
            let learning = 1.0 - 1.0 / f64::from(folds);
            for split in &splits {
                for (part, share) in [
                    (Part::Test, 1.0 / f64::from(folds)),
                    (Part::Validation, 0.2 * learning),
                ] {
                    let found = subjects.counts(|patient| split.part(patient) == Some(part));
                    for (all, found) in all.iter().zip(&found) {
                        for (all, found) in [(all.with, found.with), (all.without, found.without)] {
                            let apart = (found as f64 - share * all as f64).abs();
                            assert!(apart <= 3.0, "{folds} {part}: {found} of {all}");
                            compared += 1;
                        }
                    }
                }
            }
        }
        assert_eq!(compared, 23 * 2 * 8);
    }

    #[test]
    fn other_repeats_deal_other_folds_and_the_same_repeat_the_same() {
        let subjects = subjects();
        let folds = |repeat| Parts::folds(&subjects, 5, 0.2, 1, repeat).unwrap();
        assert_eq!(folds(0), folds(0));
        assert_ne!(folds(0), folds(1));
    }

    #[test]
    fn a_site_is_tested_by_those_of_the_others() {
        let subjects = subjects();
        let site = |patient: &String| {
            // Not by the last digit: all who have the rare finding share it, and no site may have them all.
            if patient.starts_with("P0") { "a" } else { "b" }
        };
        let sites: BTreeMap<String, String> = subjects
            .labels
            .keys()
            .map(|patient| (patient.clone(), site(patient).to_string()))
            .collect();
        let splits = Parts::by_site(&subjects, &sites, 0.2, 1, 0).unwrap();
        assert_eq!(splits.len(), 2);
        for (name, parts) in &splits {
            for patient in subjects.labels.keys() {
                let is_tested = parts.part(patient) == Some(Part::Test);
                assert_eq!(is_tested, site(patient) == name);
            }
        }
        let one: BTreeMap<String, String> =
            sites.keys().map(|p| (p.clone(), String::new())).collect();
        let error = Parts::by_site(&subjects, &one, 0.2, 1, 0).unwrap_err();
        assert!(error.to_string().contains("expected at least 2"), "{error}");
    }
}
