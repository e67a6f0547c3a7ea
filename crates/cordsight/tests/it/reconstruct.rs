//! `cordsight reconstruct` prints the counts behind a paper's figures, or the nearest where nothing fits.

use crate::program::{Outcome, Place};

const PAPER: [&str; 13] = [
    "reconstruct",
    "--positives",
    "29",
    "--negatives",
    "33",
    "--accuracy",
    "87.1",
    "--recall",
    "86.4",
    "--precision",
    "88.9",
    "--auc",
    "0.864",
];

fn run(arguments: &[&str]) -> Outcome {
    Place::new().run(arguments)
}

fn paper_with(from: &str, to: &'static str) -> Vec<&'static str> {
    assert!(PAPER.contains(&from), "{from}");
    let turn = |argument: &'static str| if argument == from { to } else { argument };
    PAPER.into_iter().map(turn).collect()
}

#[test]
fn the_papers_figures_have_one_matrix() {
    let outcome = run(&PAPER);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(
        outcome.stdout.starts_with("one confusion matrix"),
        "{outcome:?}"
    );
    for expected in ["TP 22 FN 7 FP 1 TN 32", "macro", "0.780 to 0.949"] {
        assert!(outcome.stdout.contains(expected), "{outcome:?}");
    }
    let outcome = run(&[&PAPER[..], &["--json"]].concat());
    let json: serde_json::Value = serde_json::from_str(&outcome.stdout).expect("JSON");
    assert_eq!(json["matrices"].as_array().map(Vec::len), Some(1), "{json}");
}

#[test]
fn figures_that_nothing_fits_exit_with_1_and_name_the_nearest() {
    for json in [false, true] {
        let mut arguments = paper_with("86.4", "86.5");
        arguments.extend(json.then_some("--json"));
        let outcome = run(&arguments);
        assert_eq!(outcome.code, Some(1), "{outcome:?}");
        assert_eq!(outcome.stderr, "", "{outcome:?}");
        assert!(outcome.stdout.contains("nearest"), "{outcome:?}");
        match json {
            true => assert!(outcome.stdout.starts_with('{'), "{outcome:?}"),
            false => assert!(
                outcome.stdout.contains("TP 22 FN 7 FP 1 TN 32"),
                "{outcome:?}"
            ),
        }
    }
}

#[test]
fn an_interval_alone_gives_the_matrix() {
    let outcome = run(&[
        "reconstruct",
        "--positives",
        "29",
        "--negatives",
        "33",
        "--auc-interval",
        "0.780",
        "0.949",
    ]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(
        outcome.stdout.contains("TP 22 FN 7 FP 1 TN 32"),
        "{outcome:?}"
    );
}

#[test]
fn figures_that_are_none_are_wrong_use() {
    let cases = [
        (
            paper_with("87.1", "high"),
            "--accuracy: accuracy is \"high\", expected a number such as 87.1, 87.1% or 0.871",
        ),
        (
            paper_with("29", "0"),
            "found 0 positive and 33 negative patients, expected at least 1 of each",
        ),
        (
            PAPER[..5].to_vec(),
            "no figure is given, expected at least one, such as the accuracy",
        ),
        (
            [&PAPER[..], &["--folds", "1"]].concat(),
            "found 1 folds of 29 patients in the smaller class, expected 2 to 29",
        ),
    ];
    for (arguments, expected) in cases {
        let outcome = run(&arguments);
        assert_eq!(outcome.code, Some(2), "{outcome:?}");
        assert_eq!(outcome.stderr, format!("error: {expected}\n"));
        assert_eq!(outcome.stdout, "");
    }
}
