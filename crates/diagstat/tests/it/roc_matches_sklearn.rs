//! ROC curve, AUC and Youden's index against scikit-learn (`golden/sklearn_metrics.jsonl`).

use diagstat::{Undefined, auc, roc, youden};

use crate::golden::{assert_close, cases, numbers, scores};

const TOLERANCE: f64 = 1e-15;

#[test]
fn the_curve_has_sklearns_points_ties_and_ulps_included() {
    for case in cases("sklearn_metrics.jsonl", 36) {
        let curve = roc(&scores(&case)).unwrap();
        assert!(curve.points[0].threshold.is_infinite(), "{}", case["name"]);
        let thresholds: Vec<f64> = curve.points[1..]
            .iter()
            .map(|point| point.threshold)
            .collect();
        assert_eq!(
            thresholds,
            numbers(&case["roc_thresholds"]),
            "{}",
            case["name"]
        );
        let sensitivities: Vec<f64> = curve.points.iter().map(|point| point.sensitivity).collect();
        assert_eq!(
            sensitivities,
            numbers(&case["roc_true_positive_rates"]),
            "{}",
            case["name"]
        );
        let rates: Vec<f64> = curve
            .points
            .iter()
            .map(|point| f64::from(point.false_positives) / f64::from(curve.negatives))
            .collect();
        assert_eq!(
            rates,
            numbers(&case["roc_false_positive_rates"]),
            "{}",
            case["name"]
        );
    }
}

#[test]
fn both_routes_to_the_area_give_sklearns() {
    for case in cases("sklearn_metrics.jsonl", 36) {
        let scores = scores(&case);
        let expected = case["auc"].as_f64().unwrap();
        assert_close(
            &case["name"].to_string(),
            auc(&scores).unwrap(),
            expected,
            TOLERANCE,
        );
        assert_close(
            &case["name"].to_string(),
            roc(&scores).unwrap().area(),
            expected,
            TOLERANCE,
        );
    }
}

#[test]
fn youdens_index_is_the_highest_on_sklearns_curve() {
    let mut found = 0;
    for case in cases("sklearn_metrics.jsonl", 36) {
        let expected = case["youden_index"].as_f64().unwrap();
        match youden(&scores(&case)) {
            Ok(best) => {
                found += 1;
                assert_close(&case["name"].to_string(), best.index, expected, TOLERANCE);
            }
            Err(Undefined::AllTied | Undefined::NoBetterThanChance { .. }) => {
                assert_eq!(expected, 0.0, "{}", case["name"]);
            }
            Err(other) => panic!("{}: {other}", case["name"]),
        }
    }
    assert!(found >= 30, "{found} cases with a threshold");
}
