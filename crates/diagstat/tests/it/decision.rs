//! Decision curves against their definition in R (`golden/calibration.jsonl`), and their known properties.

use std::num::NonZeroU32;

use diagstat::{
    Confusion, DecisionThresholds, Level, Measured, Prevalence, Scores, Undefined, decision_curve,
    decision_curve_bootstrap,
};
use proptest::prelude::*;

use crate::calibration_matches_r::{LEAST, patients, prevalence};
use crate::golden::{assert_near, cases};

const LEVEL: Level = Level::PERCENT_95;

#[track_caller]
fn assert_estimate(name: &str, found: Measured, value: Option<f64>, error: Option<f64>) -> bool {
    let (Some(value), Some(error)) = (value, error) else {
        assert_eq!(found.value(), None, "{name}");
        return false;
    };
    assert_near(name, found.value().unwrap(), value, 1e-11);
    match found.interval() {
        Some(interval) => {
            let found_error = (interval.high - interval.low) / (2.0 * 1.959_963_984_540_054);
            assert_near(name, found_error, error, 1e-8);
            true
        }
        None => {
            assert_eq!(found.reason(), Some(Undefined::NoSpread), "{name}");
            assert!(error < 1e-7, "{name}: {error}");
            false
        }
    }
}

#[test]
fn benefits_and_their_errors_are_those_of_the_definition_in_r() {
    let thresholds = DecisionThresholds::new(&[0.05, 0.25, 0.5, 0.8]).unwrap();
    let mut intervals = 0;
    for case in cases("calibration.jsonl", LEAST) {
        let (name, of) = (case["name"].to_string(), patients(&case));
        let expected: Vec<Option<f64>> = case["decision"]
            .as_array()
            .unwrap()
            .iter()
            .map(|number| number.as_f64())
            .collect();
        assert_eq!(expected.len(), 4 * 12);
        let here = decision_curve(&of, &thresholds, None, LEVEL).unwrap();
        let there = decision_curve(&of, &thresholds, Some(prevalence(&case)), LEVEL);
        assert_eq!(
            there.is_err(),
            of.positives() == 0 || of.negatives() == 0,
            "{name}"
        );
        for (place, expected) in expected.chunks(12).enumerate() {
            let figures = |curve: &diagstat::DecisionCurve| {
                let point = curve.points[place];
                [
                    point.net_benefit,
                    point.standardized_net_benefit,
                    point.interventions_avoided,
                ]
            };
            for (figure, expected) in figures(&here).into_iter().zip(expected.chunks(4)) {
                intervals += u32::from(assert_estimate(&name, figure, expected[0], expected[1]));
            }
            if let Ok(there) = &there {
                for (figure, expected) in figures(there).into_iter().zip(expected.chunks(4)) {
                    intervals +=
                        u32::from(assert_estimate(&name, figure, expected[2], expected[3]));
                }
            }
        }
    }
    assert!(intervals >= 1000, "{intervals}");
}

#[test]
fn treating_all_is_worth_nothing_where_the_threshold_is_the_prevalence() {
    let scores = Scores::new(&[1, 0, 0, 0], &[0.9, 0.2, 0.4, 0.1]).unwrap();
    let quarter = DecisionThresholds::new(&[0.25]).unwrap();
    let here = decision_curve(&scores, &quarter, None, LEVEL).unwrap();
    assert!(here.points[0].treat_all.abs() < 1e-16);
    let tenth = DecisionThresholds::new(&[0.1]).unwrap();
    let stated = Prevalence::new(0.1).unwrap();
    let there = decision_curve(&scores, &tenth, Some(stated), LEVEL).unwrap();
    assert!(there.points[0].treat_all.abs() < 1e-16);
    assert!(there.prevalence_stated && there.prevalence == 0.1);
}

#[test]
fn bootstrap_limits_of_many_patients_meet_the_closed_ones() {
    let (labels, scores): (Vec<bool>, Vec<f64>) = (0..4000_u32)
        .map(|patient| {
            let score = f64::from(patient * 7919 % 1009) / 1010.0;
            (
                f64::from(patient * 104_729 % 1000) + 500.0 * score > 800.0,
                score,
            )
        })
        .unzip();
    let of = Scores::from_bools(&labels, &scores).unwrap();
    let thresholds = DecisionThresholds::new(&[0.2, 0.5, 0.7]).unwrap();
    let replicates = NonZeroU32::new(4000).unwrap();
    for at in [None, Some(Prevalence::new(0.1).unwrap())] {
        let closed = decision_curve(&of, &thresholds, at, LEVEL).unwrap();
        let drawn = decision_curve_bootstrap(&of, &thresholds, at, LEVEL, replicates, 7).unwrap();
        for (closed, drawn) in closed.points.iter().zip(&drawn.points) {
            for (closed, drawn) in [
                (closed.net_benefit, drawn.net_benefit),
                (
                    closed.standardized_net_benefit,
                    drawn.standardized_net_benefit,
                ),
                (closed.interventions_avoided, drawn.interventions_avoided),
            ] {
                let (closed, drawn) = (closed.interval().unwrap(), drawn.interval().unwrap());
                // The Monte Carlo error of a 2.5 % quantile of 4000 draws is 4 % of a standard error.
                let error = (closed.high - closed.low) / 3.92;
                assert!(
                    (closed.low - drawn.low).abs() < 0.2 * error,
                    "{closed} and {drawn}"
                );
                assert!(
                    (closed.high - drawn.high).abs() < 0.2 * error,
                    "{closed} and {drawn}"
                );
            }
        }
        let threads = rayon::ThreadPoolBuilder::new()
            .num_threads(3)
            .build()
            .unwrap();
        let again = threads
            .install(|| decision_curve_bootstrap(&of, &thresholds, at, LEVEL, replicates, 7));
        assert_eq!(again.unwrap(), drawn);
    }
}

proptest! {
    #[test]
    fn a_curve_keeps_its_bounds_and_the_order_of_the_patients_changes_nothing(
        (patients, shuffled) in prop::collection::vec((any::<bool>(), 0..=32_u8), 1..40)
            .prop_flat_map(|patients| (Just(patients.clone()), Just(patients).prop_shuffle())),
        stated in prop::option::of(0.01..0.99_f64),
    ) {
        let of = |patients: Vec<(bool, u8)>| {
            let (labels, scores): (Vec<bool>, Vec<f64>) =
                patients.into_iter().map(|(label, step)| (label, f64::from(step) / 32.0)).unzip();
            Scores::from_bools(&labels, &scores).unwrap()
        };
        let (patients, shuffled) = (of(patients), of(shuffled));
        let stated = stated.map(|at| Prevalence::new(at).unwrap());
        let thresholds = DecisionThresholds::percents();
        let replicates = NonZeroU32::new(20).unwrap();
        let curve = decision_curve(&patients, &thresholds, stated, LEVEL);
        prop_assert_eq!(&curve, &decision_curve(&shuffled, &thresholds, stated, LEVEL));
        let drawn = |of| decision_curve_bootstrap(of, &thresholds, stated, LEVEL, replicates, 1);
        prop_assert_eq!(drawn(&patients), drawn(&shuffled));
        let Ok(curve) = curve else { return Ok(()) };
        prop_assert_eq!(curve.points.len(), 99);
        for point in &curve.points {
            prop_assert_eq!(Ok(point.counts), Confusion::at(&patients, point.threshold));
            let benefit = point.net_benefit.value().unwrap();
            prop_assert!(benefit <= curve.prevalence + 1e-15);
            prop_assert!(point.interventions_avoided.value().unwrap() <= 1.0);
            if let Some(interval) = point.net_benefit.interval() {
                prop_assert!(interval.low < benefit && benefit < interval.high);
            }
            if point.counts.true_negatives + point.counts.false_negatives == 0 {
                prop_assert!((benefit - point.treat_all).abs() < 1e-13 * (1.0 + benefit.abs()));
            }
            if point.counts.true_positives + point.counts.false_positives == 0 {
                prop_assert_eq!(benefit, 0.0);
            }
            let gain = (benefit - point.treat_all) * (1.0 - point.threshold) / point.threshold;
            let avoided = point.interventions_avoided.value().unwrap();
            prop_assert!((gain - avoided).abs() < 1e-11 * (1.0 + gain.abs()), "{gain} and {avoided}");
        }
    }
}
