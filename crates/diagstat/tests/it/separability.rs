//! Ridge regressions and their cross-validated AUC against scikit-learn (`golden/sklearn_ridge.jsonl`), the permutation
//! test against the classical T², and Holm's correction against its definition.

use diagstat::{Arrangements, Features, Undefined, folds_by_class, holm};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::golden::{assert_near, cases, numbers};

#[test]
fn coefficients_and_cross_validated_auc_are_scikit_learns() {
    let mut compared = 0;
    for case in cases("sklearn_ridge.jsonl", 8) {
        let labels: Vec<bool> = numbers(&case["labels"]).iter().map(|&y| y == 1.0).collect();
        let columns: Vec<Vec<f64>> = case["columns"]
            .as_array()
            .unwrap()
            .iter()
            .map(numbers)
            .collect();
        let features = Features::new(&labels, &columns).unwrap();
        let penalty = case["penalty"].as_f64().unwrap();
        let fit = features.ridge(penalty).unwrap();
        assert_near(
            "intercept",
            fit.intercept,
            case["intercept"].as_f64().unwrap(),
            1e-8,
        );
        for (found, expected) in fit.coefficients.iter().zip(numbers(&case["coefficients"])) {
            assert_near("coefficient", *found, expected, 1e-8);
            compared += 1;
        }
        // The likelihood's derivative by the constant is 0: as many positives are expected as there are.
        let probability = |row: Vec<f64>| 1.0 / (1.0 + (-fit.score(row.into_iter())).exp());
        let expected: f64 = features.rows().map(|(_, row)| probability(row)).sum();
        let positives = labels.iter().filter(|&&label| label).count();
        assert_near("expected positives", expected, positives as f64, 1e-7);
        let folds: Vec<usize> = numbers(&case["folds"])
            .iter()
            .map(|&fold| fold as usize)
            .collect();
        let area = features.cross_validated_auc(&folds, penalty).unwrap();
        assert_near("AUC", area.value, case["auc"].as_f64().unwrap(), 1e-12);
    }
    assert!(compared > 50);
}

#[test]
fn others_are_scored_by_the_regression_on_features_standardised_by_those_learnt_from() {
    let mut compared = 0;
    for seed in 0..3 {
        let (learnt, others) = (drawn(80, 3, 1.0, seed), drawn(40, 3, 1.0, seed + 100));
        let columns = |features: &Features| -> Vec<Vec<f64>> {
            let rows: Vec<Vec<f64>> = features.rows().map(|(_, row)| row).collect();
            (0..3)
                .map(|at| rows.iter().map(|row| row[at]).collect())
                .collect()
        };
        let labels: Vec<bool> = learnt.rows().map(|(label, _)| label).collect();
        let standard = |of: &Vec<f64>, value: f64| {
            let mean = of.iter().sum::<f64>() / of.len() as f64;
            let square = of.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / of.len() as f64;
            (value - mean) / square.sqrt()
        };
        let learnt_columns = columns(&learnt);
        let scaled: Vec<Vec<f64>> = learnt_columns
            .iter()
            .map(|of| of.iter().map(|&x| standard(of, x)).collect())
            .collect();
        let fit = Features::new(&labels, &scaled).unwrap().ridge(1.5).unwrap();
        let found = learnt.scores_of(&others, 1.5).unwrap();
        for (score, (_, row)) in found.iter().zip(others.rows()) {
            let scaled = row
                .iter()
                .zip(&learnt_columns)
                .map(|(&x, of)| standard(of, x));
            assert_near("score", *score, fit.score(scaled), 1e-9);
            compared += 1;
        }
        // Another unit of a feature changes no score.
        let mut in_other_units = learnt_columns.clone();
        let mut of_others = columns(&others);
        for column in [&mut in_other_units[1], &mut of_others[1]] {
            column.iter_mut().for_each(|x| *x = 40.0 * *x - 7.0);
        }
        let labels_of_others: Vec<bool> = others.rows().map(|(label, _)| label).collect();
        let learnt = Features::new(&labels, &in_other_units).unwrap();
        let others = Features::new(&labels_of_others, &of_others).unwrap();
        for (one, other) in found.iter().zip(learnt.scores_of(&others, 1.5).unwrap()) {
            assert_near("score in other units", other, *one, 1e-9);
        }
    }
    assert_eq!(compared, 120);
}

/// Patients with Gaussian features, the first moved by `effect` in the positive class.
fn drawn(patients: usize, width: usize, effect: f64, seed: u64) -> Features {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let labels: Vec<bool> = (0..patients).map(|at| at % 3 == 0).collect();
    // The sum of twelve uniform numbers is Gaussian enough.
    let mut normal = || (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0;
    let columns: Vec<Vec<f64>> = (0..width)
        .map(|column| {
            let moved = |&label: &bool| effect * f64::from(u8::from(label && column == 0));
            labels.iter().map(|label| normal() + moved(label)).collect()
        })
        .collect();
    Features::new(&labels, &columns).unwrap()
}

const ARRANGEMENTS: Arrangements = Arrangements {
    random: 4000,
    seed: 7,
};

#[test]
fn the_permutation_test_agrees_with_the_classical_t_test() {
    // One feature and next to no ridge: Student's t.
    let mut compared = 0;
    for seed in 0..6 {
        let features = drawn(90, 1, 0.4, seed);
        let found = features.test(1e-9, ARRANGEMENTS).unwrap().p_value;
        let expected = student_p(&features);
        let error = (expected * (1.0 - expected) / 4000.0).sqrt();
        assert!(
            (found - expected).abs() < 4.0 * error + 0.01,
            "seed {seed}: found {found}, t test {expected}"
        );
        compared += 1;
    }
    assert_eq!(compared, 6);
}

/// P of Student's t with pooled variance, by statrs.
fn student_p(features: &Features) -> f64 {
    use statrs::distribution::{ContinuousCDF, StudentsT};
    let fit = |label: bool| -> Vec<f64> {
        features
            .rows()
            .filter(|(found, _)| *found == label)
            .map(|(_, row)| row[0])
            .collect()
    };
    let (a, b) = (fit(true), fit(false));
    let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
    let square = |x: &[f64]| x.iter().map(|v| (v - mean(x)).powi(2)).sum::<f64>();
    let freedom = (a.len() + b.len() - 2) as f64;
    let variance =
        (square(&a) + square(&b)) / freedom * (1.0 / a.len() as f64 + 1.0 / b.len() as f64);
    let t = (mean(&a) - mean(&b)) / variance.sqrt();
    2.0 * StudentsT::new(0.0, 1.0, freedom).unwrap().cdf(-t.abs())
}

#[test]
fn without_effect_one_study_in_twenty_is_rejected_and_with_one_nearly_all() {
    let arrangements = Arrangements {
        random: 199,
        seed: 3,
    };
    let rejected = |effect: f64, from: u64| {
        let studies = from..from + 400;
        let rejects = |&seed: &u64| {
            let test = drawn(60, 20, effect, seed).test(0.1, arrangements);
            test.unwrap().p_value <= 0.05
        };
        studies.filter(rejects).count()
    };
    // Binomial(400, 0.05) is 8 to 34 in 99.9 % of draws.
    let by_chance = rejected(0.0, 0);
    assert!((8..=34).contains(&by_chance), "{by_chance} of 400");
    let found = rejected(2.0, 1000);
    assert!(found > 380, "{found} of 400");
}

#[test]
fn what_cannot_be_tested_says_why() {
    let one_class = Features::new(&[true; 4], &[vec![1.0, 2.0, 3.0, 4.0]]).unwrap();
    assert!(matches!(
        one_class.test(0.1, ARRANGEMENTS),
        Err(Undefined::TooFew { .. })
    ));
    assert!(matches!(
        one_class.ridge(1.0),
        Err(Undefined::TooFew { .. })
    ));
    let constant = Features::new(&[true, false, true, false], &[vec![0.1; 4]]).unwrap();
    assert_eq!(constant.test(0.1, ARRANGEMENTS), Err(Undefined::AllTied));
    assert!(Features::new(&[true, false], &[vec![1.0]]).is_err());
    assert!(Features::new(&[true, false], &[vec![1.0, f64::NAN]]).is_err());
}

#[test]
fn folds_spread_each_class_evenly() {
    let labels: Vec<bool> = (0..53).map(|at| at % 4 == 0).collect();
    let folds = folds_by_class(&labels, 5, 11);
    for class in [true, false] {
        let sizes: Vec<usize> = (0..5)
            .map(|fold| {
                (0..53)
                    .filter(|&at| folds[at] == fold && labels[at] == class)
                    .count()
            })
            .collect();
        let (least, most) = (sizes.iter().min().unwrap(), sizes.iter().max().unwrap());
        assert!(most - least <= 1, "{sizes:?}");
    }
    assert_ne!(folds, folds_by_class(&labels, 5, 12));
}

#[test]
fn holms_p_values_are_those_of_its_definition() {
    // By hand: 4 × 0.005, 3 × 0.01, 2 × 0.03, and never below the one before.
    let found = holm(&[0.01, 0.04, 0.03, 0.005]);
    for (found, expected) in found.iter().zip([0.03, 0.06, 0.06, 0.02]) {
        assert!((found - expected).abs() < 1e-15, "{found} {expected}");
    }
    assert!(holm(&[]).is_empty());
    assert_eq!(holm(&[0.6, 0.9]), [1.0, 1.0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_order_of_the_patients_changes_no_bit(seed in 0_u64..1000, shift in 1_usize..29) {
        let features = drawn(30, 3, 0.5, seed);
        let mut rows: Vec<(bool, Vec<f64>)> = features.rows().collect();
        let folds: Vec<usize> = (0..30).map(|at| at / 3 % 2).collect();
        rows.rotate_left(shift);
        let mut moved = folds.clone();
        moved.rotate_left(shift);
        let labels: Vec<bool> = rows.iter().map(|row| row.0).collect();
        let columns: Vec<Vec<f64>> = (0..3).map(|j| rows.iter().map(|row| row.1[j]).collect()).collect();
        let other = Features::new(&labels, &columns).unwrap();
        let few = Arrangements { random: 50, seed: 1 };
        prop_assert_eq!(features.test(0.1, few), other.test(0.1, few));
        prop_assert_eq!(features.ridge(2.0), other.ridge(2.0));
        prop_assert_eq!(features.cross_validated_auc(&folds, 2.0), other.cross_validated_auc(&moved, 2.0));
    }
}
