//! Bootstrap intervals against R's boot, given the same replicates (`golden/boot.jsonl`); what the draws must be; and
//! the bootstrap of the AUC beside DeLong's interval.

use diagstat::{
    Acceleration, AucInterval, Bootstrap, Clustered, Drawing, Level, Paired, Resampling, Scores,
    Undefined, acceleration, acceleration_auc, auc, bootstrap, bootstrap_auc, delong,
};
use proptest::prelude::*;
use serde_json::Value;

use crate::golden::{assert_close, cases, numbers, scores};

const LEAST: usize = 110;

fn of_kind(kind: &str, least: usize) -> Vec<Value> {
    let mut found = cases("boot.jsonl", LEAST);
    found.retain(|case| case["kind"] == kind);
    assert!(found.len() >= least, "{} of {kind}", found.len());
    found
}

#[test]
fn limits_of_given_replicates_are_boots() {
    let (mut compared, mut outside) = (0, 0);
    for case in of_kind("limits", 54) {
        let name = case["name"].to_string();
        let level = Level::new(case["level"].as_f64().unwrap()).unwrap();
        let replicates = numbers(&case["replicates"]).into_iter().map(Some).collect();
        let of = Bootstrap::of_replicates(case["estimate"].as_f64().unwrap(), replicates).unwrap();
        let acceleration = Acceleration::new(case["acceleration"].as_f64().unwrap());
        for (found, expected) in [
            (of.percentile(level), &case["percentile"]),
            (of.bca(acceleration, level), &case["bca"]),
        ] {
            if expected.is_null() {
                continue;
            }
            if expected[0].is_null() {
                outside += 1;
                assert!(
                    matches!(found, Err(Undefined::BeyondReplicates { .. })),
                    "{name}: {found:?}"
                );
                continue;
            }
            compared += 1;
            let interval = found.unwrap();
            assert_close(&name, interval.low, expected[0].as_f64().unwrap(), 1e-10);
            assert_close(&name, interval.high, expected[1].as_f64().unwrap(), 1e-10);
        }
    }
    assert!(
        compared >= 80 && outside >= 3,
        "{compared} compared, {outside} outside"
    );
}

#[test]
fn the_acceleration_of_an_area_is_that_of_leaving_out_each_patient() {
    let mut images = 0;
    for case in of_kind("jackknife", 50) {
        let name = case["name"].to_string();
        let scores = scores(&case);
        let patients: Vec<u64> = numbers(&case["patients"])
            .iter()
            .map(|id| *id as u64)
            .collect();
        let clustered = Clustered::new(scores.clone(), &patients).unwrap();
        images += usize::from(clustered.patients() < scores.len());
        for (drawing, key) in [
            (Drawing::Stratified, "stratified"),
            (Drawing::Simple, "simple"),
        ] {
            let expected = case[key].as_f64();
            let (fast, plain) = (
                acceleration_auc(&clustered, drawing),
                acceleration(&clustered, drawing, auc),
            );
            let Some(expected) = expected else {
                assert!(fast.is_err() && plain.is_err(), "{name}: {fast:?}");
                continue;
            };
            for found in [fast, plain] {
                let found = found.unwrap().get();
                assert!(
                    (found - expected).abs() < 1e-10,
                    "{name}: found {found}, expected {expected}"
                );
            }
        }
    }
    assert!(images >= 20, "{images} cases with several images a patient");
}

/// 40 positive and 60 negative patients with few ties.
fn patients() -> Scores {
    let labels: Vec<bool> = (0..100).map(|patient| patient % 5 < 2).collect();
    let scores: Vec<f64> = (0..100_u32)
        .map(|patient| f64::from(patient * 37 % 83) + if patient % 5 < 2 { 25.0 } else { 0.0 })
        .collect();
    Scores::from_bools(&labels, &scores).unwrap()
}

#[test]
fn the_quick_way_spreads_as_the_general_one() {
    let scores = patients();
    let ids: Vec<usize> = (0..scores.len()).map(|row| row / 3).collect();
    let clustered = Clustered::new(scores.clone(), &ids).unwrap();
    for drawing in [Drawing::Stratified, Drawing::Simple] {
        // The units of the two ways stand in another order, so that the draws differ and their distribution does not.
        let resampling = Resampling {
            drawing,
            replicates: 4000,
            seed: 7,
        };
        let pairs = [
            (
                bootstrap_auc(&scores, &resampling),
                bootstrap(&scores, &resampling, auc),
            ),
            (
                bootstrap_auc(&clustered, &resampling),
                bootstrap(&clustered, &resampling, auc),
            ),
        ];
        for (quick, general) in pairs {
            let (quick, general) = (quick.unwrap(), general.unwrap());
            assert_eq!(quick.estimate(), general.estimate());
            let (a, b) = (
                quick.standard_error().unwrap(),
                general.standard_error().unwrap(),
            );
            assert!((a / b - 1.0).abs() < 0.05, "{drawing:?}: {a} and {b}");
        }
    }
}

#[test]
fn the_number_of_threads_changes_no_replicate() {
    let scores = patients();
    let resampling = Resampling {
        replicates: 300,
        ..Resampling::stratified(3)
    };
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            (
                bootstrap_auc(&scores, &resampling).unwrap(),
                bootstrap(&scores, &resampling, auc).unwrap(),
            )
        })
    };
    let alone = on(1);
    assert_eq!(alone, on(2));
    assert_eq!(alone, on(5));
    let other = Resampling {
        seed: 4,
        ..resampling
    };
    assert_ne!(alone.0, bootstrap_auc(&scores, &other).unwrap());
}

#[test]
fn the_bootstrap_of_an_area_is_close_to_delong() {
    let scores = patients();
    let delong = delong(&scores).unwrap();
    let of = bootstrap_auc(
        &scores,
        &Resampling {
            replicates: 20_000,
            ..Resampling::stratified(11)
        },
    )
    .unwrap();
    // The bootstrap divides by n where DeLong divides by n - 1; the rest is the noise of 20,000 replicates.
    let error = delong.variance.unwrap().sqrt();
    assert!((of.standard_error().unwrap() / error - 1.0).abs() < 0.03);
    let wald = delong
        .interval(AucInterval::Wald, Level::PERCENT_95)
        .unwrap();
    let logit = delong
        .interval(AucInterval::Logit, Level::PERCENT_95)
        .unwrap();
    let acceleration = acceleration_auc(&scores, Drawing::Stratified).unwrap();
    let percentile = of.percentile(Level::PERCENT_95).unwrap();
    let bca = of.bca(acceleration, Level::PERCENT_95).unwrap();
    for (found, expected) in [(percentile, wald), (bca, logit)] {
        assert!(
            (found.low - expected.low).abs() < 0.25 * error,
            "{found} and {expected}"
        );
        assert!(
            (found.high - expected.high).abs() < 0.25 * error,
            "{found} and {expected}"
        );
    }
}

#[test]
fn stratified_draws_keep_the_classes_and_patients_keep_their_images() {
    let scores = patients();
    let resampling = Resampling {
        replicates: 200,
        ..Resampling::stratified(5)
    };
    let positives = bootstrap(&scores, &resampling, |drawn| {
        Ok(f64::from(drawn.positives()))
    })
    .unwrap();
    assert!(positives.replicates().iter().all(|count| *count == 40.0));
    let simple = Resampling {
        drawing: Drawing::Simple,
        ..resampling
    };
    let positives = bootstrap(&scores, &simple, |drawn| Ok(f64::from(drawn.positives()))).unwrap();
    assert!(positives.replicates()[0] < 40.0 && positives.replicates()[199] > 40.0);

    // Two images a patient, each with a score of its own: a draw holds both or neither.
    let labels = [0, 0, 0, 0, 1, 1, 1, 1];
    let images = Scores::new(&labels, &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]).unwrap();
    let clustered = Clustered::new(images, &["p", "p", "q", "q", "r", "r", "s", "s"]).unwrap();
    let apart = bootstrap(&clustered, &resampling, |drawn| {
        let count = |low: f64| drawn.iter().filter(|(_, score)| *score == low).count();
        let apart = (0..4)
            .filter(|pair| count(2.0 * f64::from(*pair)) != count(2.0 * f64::from(*pair) + 1.0));
        Ok(apart.count() as f64 + drawn.len() as f64)
    })
    .unwrap();
    assert!(apart.replicates().iter().all(|value| *value == 8.0));
}

#[test]
fn a_difference_of_paired_models_keeps_their_scores_together() {
    let first = patients();
    let (labels, scores): (Vec<bool>, Vec<f64>) = first.iter().unzip();
    let transformed: Vec<f64> = scores.iter().map(|score| score * 2.0 + 1.0).collect();
    let paired = Paired::new(vec![
        first,
        Scores::from_bools(&labels, &transformed).unwrap(),
    ])
    .unwrap();
    let of = bootstrap(
        &paired,
        &Resampling {
            replicates: 100,
            ..Resampling::stratified(1)
        },
        |drawn| Ok(auc(&drawn.models()[0])? - auc(&drawn.models()[1])?),
    )
    .unwrap();
    assert_eq!(of.replicates(), [0.0; 100]);
    assert_eq!(
        of.percentile(Level::PERCENT_95),
        Err(Undefined::ZeroVariance { value: 0.0 })
    );
}

#[test]
fn replicates_without_a_value_are_counted_and_too_many_are_refused() {
    let drawn = |failed: usize| {
        (0..100)
            .map(move |at| (at >= failed).then_some(at as f64))
            .collect()
    };
    assert_eq!(
        Bootstrap::of_replicates(50.0, drawn(5)).unwrap().failed(),
        5
    );
    assert_eq!(
        Bootstrap::of_replicates(50.0, drawn(6))
            .unwrap_err()
            .to_string(),
        "6 of 100 replicates have no value, at most one in 20 may"
    );
    let not_a_number = vec![Some(f64::NAN); 20];
    assert!(Bootstrap::of_replicates(0.5, not_a_number).is_err());

    let scores = Scores::new(&[1, 0, 0, 0], &[0.9, 0.1, 0.2, 0.3]).unwrap();
    let simple = Resampling {
        drawing: Drawing::Simple,
        replicates: 500,
        seed: 1,
    };
    assert!(matches!(
        bootstrap_auc(&scores, &simple),
        Err(Undefined::ReplicatesFailed { .. })
    ));
    assert_eq!(
        bootstrap_auc(&scores, &Resampling::stratified(1))
            .unwrap_err()
            .to_string(),
        "1 patient in a class, at least 2 needed"
    );
}

#[test]
fn complete_separation_and_equal_scores_have_a_reason_in_place_of_an_interval() {
    for (scores, value) in [([0.1, 0.2, 0.8, 0.9], 1.0), ([0.5; 4], 0.5)] {
        let scores = Scores::new(&[0, 0, 1, 1], &scores).unwrap();
        let of = bootstrap_auc(&scores, &Resampling::stratified(1)).unwrap();
        let reason = Undefined::ZeroVariance { value };
        assert_eq!(of.measured(Level::PERCENT_95).reason(), Some(reason));
        let acceleration = acceleration_auc(&scores, Drawing::Stratified);
        assert_eq!(acceleration, Err(reason));
        assert_eq!(
            of.measured_bca(acceleration, Level::PERCENT_95).reason(),
            Some(reason)
        );
    }
}

proptest! {
    #[test]
    fn a_mirrored_statistic_has_the_mirrored_interval(
        replicates in prop::collection::vec(0..40_u8, 99..300),
        estimate in 10..30_u8,
        acceleration in -0.1..0.1_f64,
        level in 0.5..0.9_f64,
    ) {
        let level = Level::new(level).unwrap();
        let of = |sign: f64| {
            let drawn = replicates.iter().map(|value| Some(sign * f64::from(*value))).collect();
            Bootstrap::of_replicates(sign * f64::from(estimate), drawn).unwrap()
        };
        let (here, there) = (of(1.0), of(-1.0));
        let pairs = [
            (here.percentile(level), there.percentile(level)),
            (here.bca(Acceleration::new(acceleration), level), there.bca(Acceleration::new(-acceleration), level)),
        ];
        for (here, there) in pairs {
            match (here, there) {
                (Ok(here), Ok(there)) => {
                    prop_assert!((here.low + there.high).abs() < 1e-6, "{here} and {there}");
                    prop_assert!((here.high + there.low).abs() < 1e-6, "{here} and {there}");
                    prop_assert!(here.low <= here.high);
                }
                (here, there) => prop_assert_eq!(here.is_err(), there.is_err()),
            }
        }
        prop_assert_eq!(here.standard_error().is_ok(), there.standard_error().is_ok());
    }

    #[test]
    fn a_rising_transform_of_the_scores_changes_no_replicate(seed in any::<u64>()) {
        let scores = patients();
        let (labels, values): (Vec<bool>, Vec<f64>) = scores.iter().unzip();
        let moved: Vec<f64> = values.iter().map(|value| (value / 50.0).exp()).collect();
        let moved = Scores::from_bools(&labels, &moved).unwrap();
        let resampling = Resampling { replicates: 40, ..Resampling::stratified(seed) };
        prop_assert_eq!(bootstrap_auc(&scores, &resampling), bootstrap_auc(&moved, &resampling));
    }
}
