//! A split is by patient, stratified, the same for the same seed, and the same after it went through a file.

use std::collections::{BTreeMap, BTreeSet};

use cordsight::cohort::{Cohort, Picture};
use cordsight::split::{Part, Split, SplitError};
use proptest::prelude::*;

const PARTS: [Part; 3] = [Part::Train, Part::Validation, Part::Test];

/// A cohort of patients with a name, a label and a number of pictures each.
fn cohort(patients: &[(String, u8, usize)]) -> Cohort {
    let pictures = patients.iter().flat_map(|(patient, label, pictures)| {
        (0..*pictures).map(move |number| Picture {
            patient: patient.clone(),
            name: format!("{patient}/{number}.png"),
            path: format!("{patient}/{number}.png").into(),
            label: *label,
            view: None,
            spacing_mm: None,
        })
    });
    Cohort {
        pictures: pictures.collect(),
        classes: ["non-CSM".to_string(), "CSM".to_string()],
        split_column: None,
        covariates: Vec::new(),
        synthetic: None,
    }
}

fn numbered(positives: usize, negatives: usize) -> Cohort {
    let patients: Vec<(String, u8, usize)> = (0..positives + negatives)
        .map(|at| (format!("P{at:03}"), u8::from(at < positives), 1))
        .collect();
    cohort(&patients)
}

/// Positive and negative patients of a part.
fn counts(split: &Split, cohort: &Cohort, part: Part) -> [usize; 2] {
    let counts = split.counts(cohort, part);
    [counts.positive_patients, counts.negative_patients]
}

fn draw(cohort: &Cohort, test: f64, validation: f64, seed: u64) -> Split {
    Split::draw(cohort, test, validation, seed).unwrap_or_else(|error| panic!("{error}"))
}

/// Writes the split and reads it again.
fn through_a_file(split: &Split, cohort: &Cohort) -> Result<Split, SplitError> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("split.csv");
    std::fs::write(&path, split.to_csv()).expect("a file");
    Split::read(&path, cohort)
}

#[test]
fn the_papers_cohort_is_split_into_the_papers_parts() {
    let cohort = numbered(96, 111);
    for seed in [1, 2, 3] {
        let split = draw(&cohort, 0.3, 0.0, seed);
        assert_eq!(counts(&split, &cohort, Part::Train), [67, 78]);
        assert_eq!(counts(&split, &cohort, Part::Test), [29, 33]);
        assert_eq!(counts(&split, &cohort, Part::Validation), [0, 0]);
        assert!(!split.has_validation());
    }
}

#[test]
fn the_same_seed_gives_the_same_split_and_another_seed_another() {
    let cohort = numbered(96, 111);
    let first = draw(&cohort, 0.3, 0.2, 1);
    assert_eq!(first, draw(&cohort, 0.3, 0.2, 1));
    let others: BTreeSet<String> = (1..=20)
        .map(|seed| draw(&cohort, 0.3, 0.2, seed).to_csv())
        .collect();
    assert_eq!(others.len(), 20);
}

#[test]
fn patients_whose_names_need_quotes_survive_the_file() {
    let names = [
        "Müller, Anna",
        "the \"second\"",
        "\"",
        ",",
        "a'b",
        "a b",
        "line\nbreak",
        "P1",
    ];
    let patients: Vec<(String, u8, usize)> = names
        .iter()
        .enumerate()
        .map(|(at, name)| ((*name).to_string(), (at % 2) as u8, 2))
        .collect();
    let cohort = cohort(&patients);
    let split = draw(&cohort, 0.5, 0.0, 1);
    assert_eq!(through_a_file(&split, &cohort).ok(), Some(split.clone()));

    let text = split.to_csv();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let read: BTreeSet<String> = reader
        .records()
        .map(|row| row.expect("a row")[0].to_string())
        .collect();
    assert_eq!(read, names.iter().map(|name| (*name).to_string()).collect());
}

#[test]
fn a_part_without_a_class_is_refused() {
    let cohort = numbered(1, 9);
    let refused = Split::draw(&cohort, 0.3, 0.0, 1).map(|split| split.to_csv());
    assert_eq!(
        refused.map_err(|error| error.to_string()),
        Err("the test part has no patient with label 1 (1 patients have it in all), expected at least one; use more patients or another fraction".to_string())
    );
}

/// Names as a cohort file gives them: any text that does not begin or end with a space.
fn patients() -> impl Strategy<Value = Vec<(String, u8, usize)>> {
    let name = "[a-zA-Z0-9,\"';äß\u{5b57}#_.-]([a-z ,\"'\n0-9]{0,6}[a-zA-Z0-9,\"'äß_.-])?";
    prop::collection::btree_map(name, (0_u8..2, 1_usize..4), 4..60).prop_map(|patients| {
        let list = patients.into_iter();
        list.map(|(name, (label, pictures))| (name, label, pictures))
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_patient_is_in_one_part_and_each_class_is_cut_at_the_rounded_fraction(
        patients in patients(),
        test in 0.05_f64..=0.95,
        validation in prop_oneof![Just(0.0), 0.05_f64..=0.9],
        seed: u64,
    ) {
        let cohort = cohort(&patients);
        let of_class = |label: u8| patients.iter().filter(|(_, l, _)| *l == label).count();
        let expected = [1, 0].map(|label| {
            let learning = ((1.0 - test) * of_class(label) as f64).round() as usize;
            let train = ((1.0 - validation) * learning as f64).round() as usize;
            [train, learning - train, of_class(label) - learning]
        });
        let empty = |part: usize| expected.iter().any(|class| class[part] == 0);
        match Split::draw(&cohort, test, validation, seed) {
            Err(_) => prop_assert!(empty(0) || empty(2) || (validation > 0.0 && empty(1))),
            Ok(split) => {
                for (at, part) in PARTS.into_iter().enumerate() {
                    prop_assert_eq!(counts(&split, &cohort, part), [expected[0][at], expected[1][at]]);
                }
                let mut parts: BTreeMap<&str, BTreeSet<Part>> = BTreeMap::new();
                let mut pictures = 0;
                for part in PARTS {
                    for picture in split.pictures(&cohort, part) {
                        parts.entry(&picture.patient).or_default().insert(part);
                        pictures += 1;
                    }
                }
                prop_assert_eq!(pictures, cohort.pictures.len());
                prop_assert_eq!(parts.len(), patients.len());
                prop_assert!(parts.values().all(|parts| parts.len() == 1));
            }
        }
    }

    #[test]
    fn the_order_of_rows_does_not_matter(
        patients in patients(),
        turn in 0_usize..60,
        seed: u64,
    ) {
        let mut turned = patients.clone();
        turned.rotate_left(turn % patients.len());
        turned.reverse();
        let text = |patients: &[(String, u8, usize)]| {
            Split::draw(&cohort(patients), 0.3, 0.2, seed)
                .map(|split| split.to_csv())
                .map_err(|error| error.to_string())
        };
        prop_assert_eq!(text(&patients), text(&turned));
    }

    #[test]
    fn a_split_that_was_written_reads_back_the_same(patients in patients(), seed: u64) {
        let cohort = cohort(&patients);
        if let Ok(split) = Split::draw(&cohort, 0.4, 0.0, seed) {
            let read = through_a_file(&split, &cohort).map_err(|error| error.to_string());
            prop_assert_eq!(read, Ok(split));
        }
    }
}
