//! Counts, figures and the Brier score against scikit-learn (`golden/sklearn_metrics.jsonl`).

use diagstat::{Confusion, Level, Measured, ProportionInterval, brier};

use crate::golden::{assert_close, cases, scores};

const TOLERANCE: f64 = 1e-14;

#[test]
fn every_figure_is_sklearns_or_undefined_where_sklearn_has_none() {
    let mut undefined = 0;
    for case in cases("sklearn_metrics.jsonl", 36) {
        let counts = Confusion::at(&scores(&case), case["threshold"].as_f64().unwrap()).unwrap();
        let counted = [
            counts.true_positives,
            counts.false_negatives,
            counts.false_positives,
            counts.true_negatives,
        ];
        assert_eq!(
            serde_json::json!(counted),
            case["counts"],
            "{}",
            case["name"]
        );

        let summary = counts.summary(ProportionInterval::Wilson, Level::PERCENT_95);
        let figures: [(&str, Measured); 10] = [
            ("accuracy", summary.accuracy),
            ("balanced_accuracy", summary.balanced_accuracy),
            ("sensitivity", summary.sensitivity),
            ("specificity", summary.specificity),
            ("ppv", summary.ppv),
            ("npv", summary.npv),
            ("f1", summary.f1),
            ("mcc", summary.mcc),
            ("macro_recall", summary.macro_recall),
            ("macro_precision", summary.macro_precision),
        ];
        for (name, figure) in figures {
            let what = format!("{name} of {}", case["name"]);
            match case[name].as_f64() {
                Some(expected) => assert_close(&what, figure.value().unwrap(), expected, TOLERANCE),
                None => {
                    undefined += 1;
                    assert_eq!(figure.value(), None, "{what}");
                    assert!(figure.reason().is_some(), "{what}");
                }
            }
        }
    }
    assert!(undefined >= 6, "{undefined} undefined figures");
}

#[test]
fn the_brier_score_is_sklearns_or_undefined_where_scores_are_no_probabilities() {
    let (mut defined, mut undefined) = (0, 0);
    for case in cases("sklearn_metrics.jsonl", 36) {
        match (brier(&scores(&case)), case["brier"].as_f64()) {
            (Ok(found), Some(expected)) => {
                defined += 1;
                assert_close(&case["name"].to_string(), found, expected, TOLERANCE);
            }
            (Err(_), None) => undefined += 1,
            (found, expected) => panic!("{}: {found:?}, expected {expected:?}", case["name"]),
        }
    }
    assert!(
        defined >= 30 && undefined >= 1,
        "{defined} defined, {undefined} not"
    );
}
