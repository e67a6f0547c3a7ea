//! Precision-recall curve and average precision against scikit-learn (`golden/precision_recall.jsonl`).

use std::num::NonZeroU32;

use diagstat::{
    Level, Measured, Scores, Undefined, average_precision, average_precision_bootstrap, highest_f1,
    precision_recall,
};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::delong_matches_proc::patients;
use crate::golden::{assert_close, cases, numbers};

const LEAST: usize = 52;

#[test]
fn the_curve_has_sklearns_points_without_the_one_where_nobody_is_called_positive() {
    let mut compared = 0;
    for case in cases("precision_recall.jsonl", LEAST) {
        let curve = precision_recall(&patients(&case)).unwrap();
        assert_eq!(
            curve.points.len() as u64,
            case["points"].as_u64().unwrap(),
            "{}",
            case["name"]
        );
        if case["thresholds"].is_null() {
            continue;
        }
        compared += 1;
        let of = |number: fn(&diagstat::PrecisionRecallPoint) -> f64| -> Vec<f64> {
            curve.points.iter().rev().map(number).collect()
        };
        let without_last = |key: &str| {
            let mut expected = numbers(&case[key]);
            expected.pop();
            expected
        };
        assert_eq!(of(|point| point.threshold), numbers(&case["thresholds"]));
        assert_eq!(of(|point| point.precision), without_last("precision"));
        assert_eq!(of(|point| point.recall), without_last("recall"));
    }
    assert!(compared >= 51, "{compared} curves");
}

#[test]
fn average_precision_and_its_limits_are_those_of_sklearn_and_the_formula() {
    let mut without = 0;
    for case in cases("precision_recall.jsonl", LEAST) {
        let name = case["name"].to_string();
        let average = average_precision(&patients(&case)).unwrap();
        assert_close(
            &name,
            average.value,
            case["average_precision"].as_f64().unwrap(),
            1e-13,
        );
        let level = Level::new(case["level"].as_f64().unwrap()).unwrap();
        match average.interval(level) {
            Ok(interval) => {
                let expected = numbers(&case["limits"]);
                assert_close(&name, interval.low, expected[0], 1e-12);
                assert_close(&name, interval.high, expected[1], 1e-12);
            }
            Err(reason) => {
                without += 1;
                assert_eq!(reason, Undefined::NoLogit { value: 1.0 });
                assert!(case["limits"].is_null(), "{name}");
            }
        }
    }
    assert!(without >= 2, "{without} perfect");
}

#[test]
fn the_highest_f1_is_that_on_sklearns_curve() {
    let (mut found, mut refused) = (0, 0);
    for case in cases("precision_recall.jsonl", LEAST) {
        let scores = patients(&case);
        let expected = case["highest_f1"].as_f64().unwrap();
        match highest_f1(&scores) {
            Ok(point) => {
                found += 1;
                assert_close(&case["name"].to_string(), point.criterion, expected, 1e-14);
            }
            Err(Undefined::OneCallForAll { .. } | Undefined::AllTied) => {
                refused += 1;
                let prevalence = average_precision(&scores).unwrap().baseline;
                let of_all = 2.0 * prevalence / (1.0 + prevalence);
                assert_close(&case["name"].to_string(), of_all, expected, 1e-14);
            }
            Err(Undefined::TooFew { .. }) => assert_eq!(scores.negatives(), 0),
            Err(other) => panic!("{}: {other}", case["name"]),
        }
    }
    assert!(found >= 35 && refused >= 3, "{found} and {refused}");
}

#[test]
fn the_bootstrap_interval_is_the_same_at_every_call_and_near_that_of_the_formula() {
    let case = &cases("precision_recall.jsonl", LEAST)[9];
    assert_eq!(case["name"], "the paper's sizes at 0.95");
    let scores = patients(case);
    let replicates = NonZeroU32::new(4000).unwrap();
    let of_seed = |seed| average_precision_bootstrap(&scores, replicates, seed, Level::PERCENT_95);
    let found = of_seed(1);
    assert_eq!(found, of_seed(1));
    assert_ne!(found, of_seed(2));
    let expected = average_precision(&scores)
        .unwrap()
        .measured(Level::PERCENT_95);
    assert_eq!(found.value(), expected.value());
    let (found, expected) = (found.interval().unwrap(), expected.interval().unwrap());
    // Two methods: limits apart by less than the standard error.
    let error = (expected.high - expected.low) / 4.0;
    assert!(
        (found.low - expected.low).abs() < 2.0 * error,
        "{found} {expected}"
    );
    assert!(
        (found.high - expected.high).abs() < error,
        "{found} {expected}"
    );
}

/// Patients whose true ROC curve is sensitivity = (1 - specificity)^0.25.
fn drawn(generator: &mut ChaCha8Rng, positives: u32, negatives: u32) -> Scores {
    let labels: Vec<bool> = (0..positives + negatives)
        .map(|patient| patient < positives)
        .collect();
    let scores: Vec<f64> = labels
        .iter()
        .map(|&label| {
            let uniform: f64 = generator.random_range(0.0..1.0);
            1.0 - if label { uniform.powi(4) } else { uniform }
        })
        .collect();
    Scores::from_bools(&labels, &scores).unwrap()
}

#[test]
fn the_interval_of_the_formula_covers_more_than_its_level_and_the_bootstrap_less() {
    let mut generator = ChaCha8Rng::seed_from_u64(2013);
    let large = drawn(&mut generator, 290_000, 330_000);
    let truth = average_precision(&large).unwrap().value;
    let replicates = NonZeroU32::new(500).unwrap();
    let cohorts = 500;
    let (mut by_formula, mut by_bootstrap) = (0, 0);
    for seed in 0..cohorts {
        let scores = drawn(&mut generator, 29, 33);
        let covers = |measured: Measured| {
            let interval = measured.interval().unwrap();
            u32::from(interval.low <= truth && truth <= interval.high)
        };
        let average = average_precision(&scores).unwrap();
        by_formula += covers(average.measured(Level::PERCENT_95));
        by_bootstrap += covers(average_precision_bootstrap(
            &scores,
            replicates,
            seed,
            Level::PERCENT_95,
        ));
    }
    let part = |covered: u32| f64::from(covered) / cohorts as f64;
    assert!(part(by_formula) >= 0.97, "{}", part(by_formula));
    let bootstrap = part(by_bootstrap);
    assert!((0.88..0.95).contains(&bootstrap), "{bootstrap}");
}

/// Average precision by its definition: for each positive patient, precision among those who score as high.
fn average_of_pairs(labels: &[bool], scores: &[f64]) -> f64 {
    let precision_at = |threshold: f64| {
        let called = (0..labels.len()).filter(|&index| scores[index] >= threshold);
        let (right, all) = called.fold((0.0, 0.0), |(right, all), index| {
            (right + f64::from(u8::from(labels[index])), all + 1.0)
        });
        right / all
    };
    let positives: Vec<f64> = (0..labels.len())
        .filter(|&index| labels[index])
        .map(|index| precision_at(scores[index]))
        .collect();
    positives.iter().sum::<f64>() / positives.len() as f64
}

proptest! {
    #[test]
    fn average_precision_is_that_of_its_definition_and_lies_in_its_interval(
        patients in prop::collection::vec((any::<bool>(), 0..12_u8), 1..40),
        level in 0.5..0.999_f64,
    ) {
        let (labels, scores): (Vec<bool>, Vec<f64>) =
            patients.into_iter().map(|(label, score)| (label, f64::from(score))).unzip();
        prop_assume!(labels.contains(&true));
        let of = Scores::from_bools(&labels, &scores).unwrap();
        let average = average_precision(&of).unwrap();
        prop_assert!((average.value - average_of_pairs(&labels, &scores)).abs() <= 1e-14);
        if let Ok(interval) = average.interval(Level::new(level).unwrap()) {
            prop_assert!(0.0 <= interval.low && interval.low < average.value);
            prop_assert!(average.value < interval.high && interval.high <= 1.0);
        } else {
            prop_assert_eq!(average.value, 1.0);
        }
        // Everybody in one tie group: precision is the baseline.
        let tied = Scores::from_bools(&labels, &vec![0.5; labels.len()]).unwrap();
let of_tied = average_precision(&tied).unwrap();
        prop_assert!((of_tied.value - of_tied.baseline).abs() <= 1e-15);
    }
}
