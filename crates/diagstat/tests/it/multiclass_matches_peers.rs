//! More than two classes by their scores, against pROC (`golden/counts_r.jsonl`) and scikit-learn
//! (`golden/counts_python.jsonl`).

use std::num::NonZeroUsize;

use diagstat::multiclass::{MulticlassScores, hand_till, one_vs_rest_auc, top_k_accuracy};
use diagstat::{AucInterval, Level, delong};
use serde_json::Value;

use crate::counts_match_peers::of_kind;
use crate::golden::numbers;

fn scores(case: &Value) -> MulticlassScores {
    let labels: Vec<u32> = serde_json::from_value(case["labels"].clone()).unwrap();
    let rows: Vec<Vec<f64>> = case["scores"]
        .as_array()
        .unwrap()
        .iter()
        .map(numbers)
        .collect();
    let classes = case["classes"].as_u64().unwrap() as usize;
    MulticlassScores::new(classes, &labels, &rows).unwrap()
}

#[test]
fn hand_tills_area_is_procs_and_sklearns() {
    let cases = of_kind(("counts_r.jsonl", 66), "hand_till", 12);
    let more = of_kind(("counts_python.jsonl", 103), "scores", 12);
    for case in cases.iter().chain(&more) {
        let found = hand_till(&scores(case)).unwrap();
        let expected = case["hand_till"].as_f64().unwrap();
        assert!((found - expected).abs() < 1e-14, "{found} and {expected}");
    }
}

#[test]
fn areas_calls_and_top_k_are_sklearns() {
    for case in of_kind(("counts_python.jsonl", 103), "scores", 12) {
        let of = scores(&case);
        let areas = one_vs_rest_auc(&of, AucInterval::Logit, Level::PERCENT_95);
        let expected = numbers(&case["one_vs_rest"]);
        assert_eq!(areas.len(), expected.len());
        for (class, (found, expected)) in areas.iter().zip(expected).enumerate() {
            assert!((found.value().unwrap() - expected).abs() < 1e-14);
            let (labels, column): (Vec<bool>, Vec<f64>) = of
                .iter()
                .map(|(label, scores)| (label as usize == class, scores[class]))
                .unzip();
            let alone = delong(&diagstat::Scores::from_bools(&labels, &column).unwrap()).unwrap();
            let interval = alone.interval(AucInterval::Logit, Level::PERCENT_95);
            assert_eq!(found.interval(), interval.ok());
        }
        let rows: Vec<Vec<u32>> = serde_json::from_value(case["rows"].clone()).unwrap();
        assert_eq!(of.confusion_matrix().unwrap().rows(), rows);
        for (k, expected) in (1..).zip(numbers(&case["top"])) {
            let found = top_k_accuracy(&of, NonZeroUsize::new(k).unwrap()).unwrap();
            assert!((found.value() - expected).abs() < 1e-15, "top {k}");
        }
    }
}
