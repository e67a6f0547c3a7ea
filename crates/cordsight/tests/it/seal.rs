//! The test set under seal: its hash stands before the first step, every look is counted and shown, and a split that was
//! changed afterwards is refused.

use phantom::Format;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::program::{Place, SMALL, json, small_settings};
use crate::resume::{finish, request, resumed, stop};

const TRAIN: [&str; 4] = ["train", "cohort/cohort.csv", "--out", "run"];

fn place() -> Place {
    let place = Place::new();
    place.draw_cohort(16, 1, Format::Png);
    place
}

fn trained() -> Place {
    let place = place();
    place.output(&[&TRAIN[..], &SMALL].concat());
    place
}

fn sha256(place: &Place, file: &str) -> String {
    let digest = Sha256::digest(std::fs::read(place.path(file)).unwrap());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Who looked, in the order of the looks.
fn looks(place: &Place) -> Vec<String> {
    let lines = place.read("run/looks.jsonl");
    lines
        .lines()
        .map(|line| json(line)["by"].as_str().unwrap().to_string())
        .collect()
}

/// The path of a picture of one part.
fn picture(place: &Place, part: &str) -> String {
    let split = place.read("run/split.csv");
    let row = split.lines().find(|row| row.ends_with(part)).unwrap();
    let patient = row.split(',').next().unwrap();
    let cohort = place.read("cohort/cohort.csv");
    let row = cohort.lines().find(|row| row.starts_with(patient)).unwrap();
    format!("cohort/{}", row.split(',').nth(1).unwrap())
}

#[test]
fn the_splits_hash_stands_before_the_first_step_and_nobody_has_looked() {
    let place = place();
    let run = request(&place, "run", small_settings(1));
    stop(&run, 0);
    let seal = place.json("run/seal.json");
    assert_eq!(seal["split_sha256"], sha256(&place, "run/split.csv"));
    assert_eq!(seal["pictures_sha256"], sha256(&place, "run/pictures.csv"));
    let test = place.read("run/pictures.csv");
    let tests = test.lines().filter(|row| row.contains(",test,")).count();
    assert_eq!((tests, &seal["test_pictures"]), (4, &Value::from(4)));
    let of_tests = test.lines().enumerate();
    let of_tests = of_tests.filter(|(at, row)| *at == 0 || row.contains(",test,"));
    let of_tests: String = of_tests.map(|(_, row)| format!("{row}\n")).collect();
    place.write("tests.csv", of_tests);
    assert_eq!(seal["test_sha256"], sha256(&place, "tests.csv"));
    for row in test.lines().skip(1) {
        let cells: Vec<&str> = row.split(',').collect();
        assert_eq!(cells[3], sha256(&place, &format!("cohort/{}", cells[1])));
    }
    assert!(!place.path("run/looks.jsonl").exists());

    let before = place.read("run/seal.json");
    finish(&resumed(&run));
    assert_eq!(place.read("run/seal.json"), before);
    assert_eq!(looks(&place), ["train"]);
}

#[test]
fn every_look_at_test_pictures_is_counted_and_printed() {
    let place = trained();
    let (test, train) = (picture(&place, "test"), picture(&place, "train"));
    let said = place.run(&["predict", "run", &train]);
    assert!(!said.stderr.contains("test set"), "{said:?}");
    assert_eq!(looks(&place), ["train"]);

    let said = place.run(&["predict", "run/model.safetensors", &train, &test]);
    assert!(
        said.stderr
            .contains("warning: 1 picture of this model's test set"),
        "{said:?}"
    );
    place.output(&["explain", "run", &test]);
    place.output(&["evaluate", "cohort/cohort.csv", "--model", "run"]);
    let said = place.output(&["evaluate", "run"]);
    assert_eq!(
        looks(&place),
        ["train", "predict", "explain", "evaluate", "evaluate"]
    );
    let expected = "looked at 5 times (train 1, evaluate 2, predict 1, explain 1)";
    assert!(
        said.contains(&format!("test set    sealed before training, {expected}\n")),
        "{said}"
    );
    let report = place.read("run/report.html");
    assert!(report.contains(expected));
    assert!(report.contains(&sha256(&place, "run/split.csv")));
}

#[test]
fn training_again_on_the_same_test_patients_keeps_the_looks() {
    let place = trained();
    place.output(&["evaluate", "run"]);
    let again =
        |flags: &[&str]| place.output(&[&TRAIN[..], &SMALL, &["--overwrite"], flags].concat());
    // The same model again: nothing that was not seen.
    again(&[]);
    assert_eq!(looks(&place), ["train", "evaluate"]);
    again(&["--learning-rate", "1e-2"]);
    assert_eq!(looks(&place), ["train", "evaluate", "train"]);
    // Other test patients: a test set that nobody has seen.
    again(&["--seed", "2"]);
    assert_eq!(looks(&place), ["train"]);
}

#[test]
fn a_split_changed_after_the_seal_is_refused() {
    let place = trained();
    let split = place.read("run/split.csv");
    let changed = split.replacen(",train", ",test", 1);
    assert_ne!(changed, split);
    place.write("run/split.csv", changed);
    let resume = [&TRAIN[..], &SMALL, &["--resume"]].concat();
    for arguments in [&["evaluate", "run"][..], &resume] {
        let before = place.tree();
        let outcome = place.run(arguments);
        assert_eq!(outcome.code, Some(1), "{outcome:?}");
        let last = outcome.stderr.lines().last().unwrap_or_default();
        assert!(
            last.starts_with("error: run/split.csv: SHA-256 is ")
                && last.contains("which seal.json fixed before training"),
            "{last}"
        );
        assert!(place.tree() == before);
    }
}

#[test]
fn a_table_of_pictures_changed_after_the_seal_is_refused() {
    let place = trained();
    let pictures = place.read("run/pictures.csv");
    place.write(
        "run/pictures.csv",
        pictures.replacen(",test,", ",train,", 1),
    );
    let test = picture(&place, "test");
    let outcome = place.run(&["predict", "run", &test]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(1), ""));
    assert!(
        outcome
            .stderr
            .contains("error: run/pictures.csv: SHA-256 is "),
        "{outcome:?}"
    );
}

#[test]
fn nothing_is_shown_where_the_look_cannot_be_counted() {
    let place = trained();
    std::fs::remove_file(place.path("run/looks.jsonl")).unwrap();
    std::fs::create_dir(place.path("run/looks.jsonl")).unwrap();
    let test = picture(&place, "test");
    let outcome = place.run(&["predict", "run", &test]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(1), ""));
    assert!(
        outcome.stderr.starts_with(
            "error: the look at the test set cannot be counted, so nothing is shown: run/looks.jsonl: "
        ),
        "{outcome:?}"
    );
}
