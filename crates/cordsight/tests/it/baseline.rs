//! Measurements beside the network: read from a phantom's truth or named columns, fitted on training patients only.

use std::path::Path;

use cordsight::baseline::{Measures, beside};
use cordsight::cohort::Cohort;
use cordsight::predictions::PatientScore;
use cordsight::split::{Part, Split};
use diagstat::{Scores, auc};
use phantom::{CohortPlan, Format, write_cohort};

fn drawn(folder: &Path) -> Cohort {
    let plan = CohortPlan {
        patients: 240,
        positives: 110,
        seed: 3,
        width: 64,
        height: 80,
    };
    write_cohort(&plan, folder, Format::Png, &|_| {}).unwrap();
    Cohort::read(&folder.join("cohort.csv"), None).unwrap()
}

/// Patients of a part, all with the score that `score` gives.
fn part(
    cohort: &Cohort,
    split: &Split,
    part: Part,
    score: impl Fn(&str) -> f64,
) -> Vec<PatientScore> {
    let pictures = split.pictures(cohort, part).into_iter();
    let of = pictures.map(|picture| PatientScore {
        patient: picture.patient.clone(),
        label: picture.label,
        score: score(&picture.patient),
        images: vec![picture.name.clone()],
    });
    of.collect()
}

#[test]
fn ratios_of_phantoms_tell_myelopathy_and_no_reader_beats_the_best() {
    let folder = tempfile::tempdir().unwrap();
    let cohort = drawn(folder.path());
    let path = folder.path().join("cohort.csv");
    let measures = Measures::of_cohort(&path, &cohort, &[]).unwrap().unwrap();
    assert_eq!(measures.names.len(), 10);
    assert_eq!(measures.rows.len(), 240);

    let written = folder.path().join("measures.csv");
    std::fs::write(&written, measures.to_csv()).unwrap();
    assert_eq!(Measures::read(&written).unwrap(), measures);

    let split = Split::draw(&cohort, 0.3, 0.0, 1).unwrap();
    let least = measures
        .names
        .iter()
        .position(|name| name == "least Torg-Pavlov ratio")
        .unwrap();
    // The "network" reads the least ratio alone.
    let score = |patient: &str| (2.0 - measures.rows[patient][least]) / 2.0;
    let (train, test) = (
        part(&cohort, &split, Part::Train, score),
        part(&cohort, &split, Part::Test, score),
    );
    let found = beside(&measures, &train, &test).unwrap();
    let of_file = |rows: Vec<(u8, f64)>| {
        let (labels, scores): (Vec<u8>, Vec<f64>) = rows.into_iter().unzip();
        auc(&Scores::new(&labels, &scores).unwrap()).unwrap()
    };
    let baseline = found.auc.value().unwrap();
    let rows = found
        .predictions
        .iter()
        .map(|p| (p.label, p.score))
        .collect();
    assert!((of_file(rows) - baseline).abs() < 1e-12);
    let network = of_file(test.iter().map(|p| (p.label, p.score)).collect());
    let difference = found.network_minus_baseline.value().unwrap();
    assert!((network - baseline - difference).abs() < 1e-12);
    assert!(baseline > 0.65, "{baseline}");
    assert!(found.best_possible_auc.unwrap().value().unwrap() > baseline - 0.05);
    assert!(found.p_value.is_ok());
    assert_eq!(found.curves.len(), 2);
    assert_eq!(found.predictions.len(), test.len());
}

#[test]
fn labels_of_test_patients_change_no_score_of_the_regression() {
    let folder = tempfile::tempdir().unwrap();
    let cohort = drawn(folder.path());
    let measures = Measures::of_cohort(&folder.path().join("cohort.csv"), &cohort, &[])
        .unwrap()
        .unwrap();
    let split = Split::draw(&cohort, 0.3, 0.0, 1).unwrap();
    let train = part(&cohort, &split, Part::Train, |_| 0.5);
    let test = part(&cohort, &split, Part::Test, |_| 0.5);
    let turned: Vec<PatientScore> = test
        .iter()
        .map(|patient| PatientScore {
            label: 1 - patient.label,
            ..patient.clone()
        })
        .collect();
    let scores = |of: &[PatientScore]| -> Vec<f64> {
        let found = beside(&measures, &train, of).unwrap();
        found.predictions.iter().map(|p| p.score).collect()
    };
    assert_eq!(scores(&test), scores(&turned));
    assert!(!test.is_empty());
}

#[test]
fn columns_of_a_real_cohort_are_numbers_or_two_words() {
    let folder = tempfile::tempdir().unwrap();
    let cohort = drawn(folder.path());
    std::fs::remove_file(folder.path().join("synthetic.json")).unwrap();
    let real = Cohort::read(&folder.path().join("cohort.csv"), None).unwrap();
    let path = folder.path().join("cohort.csv");
    let read = |columns: &[&str]| {
        let columns: Vec<String> = columns.iter().map(|name| (*name).to_string()).collect();
        Measures::of_cohort(&path, &real, &columns)
    };
    assert_eq!(read(&[]).unwrap(), None);
    let found = read(&["age", "sex"]).unwrap().unwrap();
    assert_eq!(found.rows.len(), cohort.patients().len());
    assert!(
        found.rows.values().any(|row| row[1] == 1.0)
            && found.rows.values().any(|row| row[1] == 0.0)
    );
    let message = |columns: &[&str]| read(columns).unwrap_err().problem;
    assert_eq!(
        message(&["height"]),
        "found no column \"height\" (found patient, image, label, age, sex), expected it among the measures"
    );
    assert!(
        message(&["image"])
            .contains("column \"image\": found \"images/P001.png\", expected a number")
    );
}
