//! Whether printed figures are consistent, against mlscorecheck (`golden/printed_figures.jsonl`).
//!
//! With MCC or kappa it is wider than the figures allow: it solves them by interval arithmetic, and squares MCC. The golden
//! file therefore also holds verdicts of every matrix tried in fractions, which ours must equal. mlscorecheck has no value
//! for 0/0, so answers that need one are left out here.

use diagstat::reconstruct::{
    Averaging, Explanation, Figure, FoldVerdict, Folds, Patients, Printed, PrintedFigure, Reading,
    Reconstruction, Rounding, Scale, reconstruct,
};
use serde_json::Value;

use crate::golden::cases;

const ROUNDINGS: [(&str, Rounding); 2] = [
    ("nearest", Rounding::Nearest),
    ("truncated", Rounding::Truncated),
];

/// The figure of ours, and the averaging that the golden case means.
fn figure(name: &str) -> (Figure, Option<Averaging>) {
    match name {
        "accuracy" => (Figure::Accuracy, None),
        "sensitivity" => (Figure::Sensitivity, None),
        "specificity" => (Figure::Specificity, None),
        "ppv" => (Figure::Ppv, None),
        "npv" => (Figure::Npv, None),
        "balanced_accuracy" => (Figure::BalancedAccuracy, None),
        "mcc" => (Figure::Mcc, None),
        "kappa" => (Figure::Kappa, None),
        "f1" => (Figure::F1, Some(Averaging::Positive)),
        "f1_of_negatives" => (Figure::F1, Some(Averaging::Negative)),
        "recall" => (Figure::Recall, Some(Averaging::Macro)),
        other => panic!("{other}"),
    }
}

fn answer(case: &Value) -> (Reconstruction, Option<Averaging>) {
    let count = |name: &str| u32::try_from(case[name].as_u64().unwrap()).unwrap();
    let texts = case["figures"].as_object().unwrap();
    let averaging = texts.keys().find_map(|name| figure(name).1);
    let figures = texts
        .iter()
        .map(|(name, text)| PrintedFigure::parse(figure(name).0, text.as_str().unwrap()).unwrap());
    let printed = Printed {
        patients: Patients::Classes {
            positives: count("positives"),
            negatives: count("negatives"),
        },
        figures: figures.collect(),
        interval: None,
        folds: case["folds"].as_u64().map(|_| Folds {
            folds: count("folds"),
            repeats: 1,
        }),
    };
    (reconstruct(&printed).unwrap(), averaging)
}

fn has_averaging(reading: &Reading, averaging: Option<Averaging>) -> bool {
    let mut given = [reading.recall, reading.precision, reading.f1]
        .into_iter()
        .flatten();
    given.all(|of| Some(of) == averaging)
}

fn rounded_so(explanation: &Explanation, rounding: Rounding) -> bool {
    let truncated = explanation.roundings.contains(&Rounding::Truncated);
    match rounding {
        Rounding::Truncated => truncated,
        _ => explanation.roundings.len() > usize::from(truncated),
    }
}

/// Whether one matrix prints the figures, all read as fractions.
fn one_matrix(answer: &Reconstruction, averaging: Option<Averaging>, rounding: Rounding) -> bool {
    let as_fractions = answer
        .figures
        .iter()
        .all(|figure| figure.scale == Scale::Fraction);
    let mut explanations = answer
        .matrices
        .iter()
        .flat_map(|matrix| &matrix.explanations);
    as_fractions
        && explanations.any(|explanation| {
            !explanation.zero_division
                && has_averaging(&explanation.reading, averaging)
                && rounded_so(explanation, rounding)
        })
}

fn of_kind(kind: &str) -> Vec<Value> {
    let mut cases = cases("printed_figures.jsonl", 335);
    cases.retain(|case| case["kind"] == kind);
    cases
}

#[test]
fn one_test_set_is_consistent_where_mlscorecheck_says_so_unless_its_own_matrix_is_none() {
    let (mut agreed, mut wider) = ([0, 0], 0);
    for case in of_kind("single") {
        let (answer, averaging) = answer(&case);
        let figures = case["figures"].as_object().unwrap();
        let solved_by_intervals = figures.contains_key("mcc") || figures.contains_key("kappa");
        for (name, rounding) in ROUNDINGS {
            let theirs = case[name].as_bool().unwrap();
            let found = one_matrix(&answer, averaging, rounding);
            assert_eq!(found, case[format!("exact_{name}")], "{case} {name}");
            if found == theirs {
                agreed[usize::from(found)] += 1;
            } else {
                wider += 1;
                assert!(theirs && solved_by_intervals, "{case} {name}");
                assert_eq!(case[format!("sound_{name}")], false, "{case} {name}");
            }
        }
    }
    assert!(agreed.iter().all(|count| *count > 190), "{agreed:?}");
    assert!(wider <= 18, "{wider} verdicts differ");
}

#[test]
fn macro_averages_are_consistent_only_where_mlscorecheck_says_so() {
    let mut agreed = [0, 0];
    let mut further = 0;
    for case in of_kind("macro") {
        let (answer, averaging) = answer(&case);
        for (name, rounding) in ROUNDINGS {
            let expected = case[name].as_bool().unwrap();
            let found = one_matrix(&answer, averaging, rounding);
            assert!(expected || !found, "{case} {name}");
            if found == expected {
                agreed[usize::from(expected)] += 1;
            } else {
                further += 1;
            }
        }
    }
    assert!(agreed.iter().all(|count| *count >= 30), "{agreed:?}");
    assert!(further <= 10, "{further} refuted beyond mlscorecheck");
}

#[test]
fn means_over_folds_are_consistent_where_mlscorecheck_says_so() {
    let mut verdicts = [0, 0];
    for case in of_kind("folds") {
        let (answer, _) = answer(&case);
        let folds = answer.folds.unwrap();
        let as_fractions = answer
            .figures
            .iter()
            .all(|figure| figure.scale == Scale::Fraction);
        for (name, rounding) in ROUNDINGS {
            let expected = case[name].as_bool().unwrap();
            let explanation = folds
                .explanations
                .iter()
                .find(|e| e.rounding == rounding)
                .unwrap();
            let found =
                as_fractions && matches!(explanation.verdict, FoldVerdict::Consistent { .. });
            assert_eq!(found, expected, "{case} {name}");
            verdicts[usize::from(expected)] += 1;
        }
    }
    assert!(verdicts.iter().all(|count| *count > 30), "{verdicts:?}");
}
