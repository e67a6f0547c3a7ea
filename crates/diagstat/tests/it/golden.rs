//! The files of `golden/`: a first line that says what made them, then a case on each line.

use std::path::Path;

use diagstat::Scores;
use serde_json::Value;

/// The cases of a golden file, at least `least` of them.
pub fn cases(file: &str, least: usize) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/it/golden")
        .join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    let mut lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    let header: Value = lines.next().unwrap();
    let made_by = header["made_by"].as_str().unwrap();
    assert!(
        made_by.starts_with("tools/golden/"),
        "{file} was made by {made_by}"
    );
    let cases: Vec<Value> = lines.collect();
    assert!(
        cases.len() >= least,
        "{file} holds {} cases, expected {least}",
        cases.len()
    );
    cases
}

/// The patients of a case.
pub fn scores(case: &Value) -> Scores {
    let labels: Vec<u8> = case["labels"]
        .as_array()
        .unwrap()
        .iter()
        .map(|label| u8::try_from(label.as_u64().unwrap()).unwrap())
        .collect();
    Scores::new(&labels, &numbers(&case["scores"])).unwrap()
}

pub fn numbers(array: &Value) -> Vec<f64> {
    array
        .as_array()
        .unwrap()
        .iter()
        .map(|number| number.as_f64().unwrap())
        .collect()
}

/// Asserts that two numbers agree to `tolerance` of the larger one, or are equal.
#[track_caller]
pub fn assert_close(what: &str, found: f64, expected: f64, tolerance: f64) {
    let limit = tolerance * found.abs().max(expected.abs());
    assert!(
        (found - expected).abs() <= limit,
        "{what}: found {found:e}, expected {expected:e}, apart by {:e}, allowed {limit:e}",
        (found - expected).abs()
    );
}

/// As [`assert_close`], with `tolerance` also allowed as a difference: for numbers that may be about 0.
#[track_caller]
pub fn assert_near(what: &str, found: f64, expected: f64, tolerance: f64) {
    let limit = tolerance * found.abs().max(expected.abs()).max(1.0);
    assert!(
        (found - expected).abs() <= limit,
        "{what}: found {found:e}, expected {expected:e}, apart by {:e}, allowed {limit:e}",
        (found - expected).abs()
    );
}
