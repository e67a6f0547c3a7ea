//! Operating points against pROC (`golden/proc_curve.jsonl`), and what each rule promises.

use diagstat::{
    Confusion, Costs, OperatingPoint, Rate, Scores, Undefined, at_sensitivity, at_specificity,
    closest_to_corner, cost_weighted, highest_f1,
};
use proptest::prelude::*;
use serde_json::Value;

use crate::delong_matches_proc::patients;
use crate::golden::{assert_close, cases};
use crate::partial_areas::LEAST;

/// As in the script.
const RATES: [f64; 6] = [0.0, 0.5, 0.8, 0.9, 0.95, 1.0];
/// Costs of a false negative, and prevalences, as in the script.
const WEIGHTS: [(f64, f64); 5] = [(1.0, 0.5), (5.0, 0.1), (1.0, 0.2), (20.0, 0.02), (0.3, 0.6)];

/// Whether both gave a threshold, which is then the same.
fn agrees(what: &str, found: Result<OperatingPoint, Undefined>, expected: &Value) -> bool {
    match (found, expected.as_f64()) {
        (Ok(point), Some(expected)) => {
            assert_close(what, point.threshold, expected, 1e-15);
            true
        }
        (
            Err(
                Undefined::AllTied
                | Undefined::OneCallForAll { .. }
                | Undefined::SensitivityNotReached { .. }
                | Undefined::SpecificityNotReached { .. },
            ),
            None,
        ) => false,
        (found, expected) => panic!("{what}: {found:?}, expected {expected:?}"),
    }
}

#[test]
fn the_point_closest_to_the_corner_is_procs() {
    let (mut found, mut refused) = (0, 0);
    for case in cases("proc_curve.jsonl", LEAST) {
        match closest_to_corner(&patients(&case)) {
            // pROC names a point even where no cut does better than chance.
            Err(Undefined::NoBetterThanChance { best }) => {
                refused += 1;
                assert!(best <= 0.0, "{}", case["name"]);
            }
            point => found += u32::from(agrees(&case["name"].to_string(), point, &case["corner"])),
        }
    }
    assert!(found >= 55 && refused >= 1, "{found} and {refused}");
}

#[test]
fn cost_weighted_thresholds_are_the_lowest_of_procs() {
    let (mut found, mut refused) = (0, 0);
    for case in cases("proc_curve.jsonl", LEAST) {
        let expected = case["by_cost"].as_array().unwrap();
        for ((cost, prevalence), expected) in WEIGHTS.into_iter().zip(expected) {
            let costs = Costs::new(cost, prevalence).unwrap();
            let what = format!("{} {cost} {prevalence}", case["name"]);
            if agrees(&what, cost_weighted(&patients(&case), costs), expected) {
                found += 1;
            } else {
                refused += 1;
            }
        }
    }
    assert!(found >= 180 && refused >= 40, "{found} and {refused}");
}

#[test]
fn thresholds_for_a_given_rate_are_procs() {
    let (mut found, mut refused) = (0, 0);
    for case in cases("proc_curve.jsonl", LEAST) {
        for (index, wanted) in RATES.into_iter().enumerate() {
            let what = format!("{} {wanted}", case["name"]);
            let rate = Rate::new(wanted).unwrap();
            let scores = patients(&case);
            for (point, key) in [
                (at_sensitivity(&scores, rate), "at_sensitivity"),
                (at_specificity(&scores, rate), "at_specificity"),
            ] {
                if agrees(&what, point, &case[key][index]) {
                    found += 1;
                } else {
                    refused += 1;
                }
            }
        }
    }
    assert!(found >= 650 && refused >= 20, "{found} and {refused}");
}

fn patients_of_both_classes() -> impl Strategy<Value = Scores> {
    prop::collection::vec((any::<bool>(), 0..12_u8), 2..40)
        .prop_map(|patients| {
            let (labels, scores): (Vec<bool>, Vec<f64>) = patients
                .into_iter()
                .map(|(label, score)| (label, f64::from(score)))
                .unzip();
            Scores::from_bools(&labels, &scores).unwrap()
        })
        .prop_filter("both classes", |scores| {
            scores.positives() > 0 && scores.negatives() > 0
        })
}

proptest! {
    #[test]
    fn no_cut_between_two_scores_is_better_by_the_rule(scores in patients_of_both_classes(), wanted in 0.0..1.0_f64) {
        // Scores are whole numbers, so that these are all the cuts.
        let all: Vec<Confusion> = (0..11)
            .map(|below| Confusion::at(&scores, f64::from(below) + 0.5).unwrap())
            .filter(|counts| counts.ppv().is_ok() && counts.npv().is_ok())
            .collect();
        let sensitivity = |of: &Confusion| of.sensitivity().unwrap().value();
        let specificity = |of: &Confusion| of.specificity().unwrap().value();
        let check = |point: Result<OperatingPoint, Undefined>, worth: &dyn Fn(&Confusion) -> f64| {
            let best = all.iter().map(worth).fold(f64::NEG_INFINITY, f64::max);
            match point {
                Ok(point) => {
                    prop_assert_eq!(Confusion::at(&scores, point.threshold), Ok(point.confusion));
                    prop_assert!((worth(&point.confusion) - best).abs() <= 1e-12);
                    prop_assert!((worth(&point.confusion).abs() - point.criterion).abs() <= 1e-12);
                }
                Err(Undefined::SensitivityNotReached { .. } | Undefined::SpecificityNotReached { .. }) => {
                    prop_assert_eq!(best, f64::NEG_INFINITY);
                }
                Err(Undefined::OneCallForAll { .. } | Undefined::NoBetterThanChance { .. } | Undefined::AllTied) => {}
                Err(other) => prop_assert!(false, "{other}"),
            }
            Ok(())
        };
        let rate = Rate::new(wanted).unwrap();
        check(at_sensitivity(&scores, rate), &|of| {
            if sensitivity(of) >= wanted { specificity(of) } else { f64::NEG_INFINITY }
        })?;
        check(at_specificity(&scores, rate), &|of| {
            if specificity(of) >= wanted { sensitivity(of) } else { f64::NEG_INFINITY }
        })?;
        check(closest_to_corner(&scores), &|of| -(1.0 - sensitivity(of)).hypot(1.0 - specificity(of)))?;
        check(highest_f1(&scores), &|of| of.f1().unwrap())?;
        let costs = Costs::new(3.0, 0.125).unwrap();
        check(cost_weighted(&scores, costs), &|of| {
            -(3.0 * 0.125 * (1.0 - sensitivity(of)) + 0.875 * (1.0 - specificity(of)))
        })?;
    }

    #[test]
    fn equal_costs_at_even_prevalence_choose_as_youden_does(scores in patients_of_both_classes()) {
        let costs = Costs::new(1.0, 0.5).unwrap();
        match (cost_weighted(&scores, costs), diagstat::youden(&scores)) {
            (Ok(point), Ok(youden)) => {
                prop_assert_eq!(point.threshold, youden.threshold);
                prop_assert!((1.0 - 2.0 * point.criterion - youden.index).abs() <= 1e-14);
            }
            (Err(_), Err(_)) => {}
            (point, youden) => prop_assert!(false, "{point:?} {youden:?}"),
        }
    }
}
