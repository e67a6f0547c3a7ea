//! Limits of agreement, concordance and intraclass correlations against R, epiR and psych (`golden/agreement.jsonl`),
//! and what must hold for any measurements.

use diagstat::{
    IntervalMethod, Level, Measured, Measurements, MeasurementsError, PairedMeasurements,
    RaterEffects,
};
use proptest::prelude::*;
use serde_json::Value;

use crate::golden::{assert_close, cases, numbers};

const LEAST: usize = 64;

fn level(number: &Value) -> Level {
    Level::new(number.as_f64().unwrap()).unwrap()
}

/// Value and limits, each to `tolerance` of `scale`.
#[track_caller]
fn assert_measured(what: &str, found: &Measured, expected: &Value, scale: f64, tolerance: f64) {
    let interval = found.interval().unwrap();
    let found = [found.value().unwrap(), interval.low, interval.high];
    for (found, expected) in found.iter().zip(numbers(expected)) {
        assert!(
            (found - expected).abs() <= tolerance * scale.max(expected.abs()),
            "{what}: found {found:e}, expected {expected:e}"
        );
    }
}

#[test]
fn limits_of_agreement_and_slope_are_rs() {
    let mut compared = 0;
    for case in cases("agreement.jsonl", LEAST) {
        if case["kind"] != "pair" {
            continue;
        }
        compared += 1;
        let name = case["name"].to_string();
        let pairs =
            PairedMeasurements::new(numbers(&case["first"]), numbers(&case["second"])).unwrap();
        let found = pairs
            .bland_altman(level(&case["agreement"]), level(&case["level"]))
            .unwrap();
        let deviation = case["sd"].as_f64().unwrap();
        // A million with a spread of 1 leaves ten digits of the spread.
        assert_close(&name, found.standard_deviation, deviation, 1e-10);
        assert_measured(
            &name,
            &found.mean_difference,
            &case["mean"],
            deviation,
            1e-9,
        );
        assert_measured(&name, &found.lower_limit, &case["lower"], deviation, 1e-9);
        assert_measured(&name, &found.upper_limit, &case["upper"], deviation, 1e-9);
        assert_measured(&name, &found.slope, &case["slope"], 1.0, 1e-9);
        let test = found.slope_test.unwrap();
        assert_close(
            &name,
            test.statistic.unwrap(),
            case["slope_t"].as_f64().unwrap(),
            1e-8,
        );
        assert_close(&name, test.p_value, case["slope_p"].as_f64().unwrap(), 1e-7);
    }
    assert_eq!(compared, 35);
}

#[test]
fn concordance_is_epirs() {
    let mut compared = 0;
    for case in cases("agreement.jsonl", LEAST) {
        if case["kind"] == "pair" {
            compared += 1;
            let pairs =
                PairedMeasurements::new(numbers(&case["first"]), numbers(&case["second"])).unwrap();
            let found = pairs.concordance(level(&case["level"]));
            assert_measured(
                &case["name"].to_string(),
                &found,
                &case["concordance"],
                1.0,
                1e-9,
            );
        }
    }
    assert_eq!(compared, 35);
}

#[test]
fn intraclass_correlations_are_psychs() {
    let mut compared = 0;
    for case in cases("agreement.jsonl", LEAST) {
        if case["kind"] != "intraclass" {
            continue;
        }
        compared += 1;
        let raters = case["raters"]
            .as_array()
            .unwrap()
            .iter()
            .map(numbers)
            .collect();
        let measurements = Measurements::new(raters).unwrap();
        for (effects, key) in [
            (RaterEffects::Random, "random"),
            (RaterEffects::Fixed, "fixed"),
        ] {
            let name = format!("{} {key}", case["name"]);
            let found = measurements
                .intraclass_correlation(effects, level(&case["level"]))
                .unwrap();
            assert_measured(&name, &found.icc, &case[key], 1.0, 1e-10);
            assert_close(
                &name,
                found.test.statistic.unwrap(),
                case["f"].as_f64().unwrap(),
                1e-10,
            );
        }
    }
    assert_eq!(compared, 29);
}

#[test]
fn shrout_and_fleisss_example_prints_as_in_their_paper() {
    let raters = [
        [9, 6, 8, 7, 10, 6],
        [2, 1, 4, 1, 5, 2],
        [5, 3, 6, 2, 6, 4],
        [8, 2, 8, 6, 9, 7],
    ];
    let raters = raters.map(|of| of.map(f64::from).to_vec()).to_vec();
    let measurements = Measurements::new(raters).unwrap();
    let of = |effects| {
        measurements
            .intraclass_correlation(effects, Level::PERCENT_95)
            .unwrap()
            .icc
    };
    assert_eq!(
        format!("{:.2}", of(RaterEffects::Random).value().unwrap()),
        "0.29"
    );
    assert_eq!(
        format!("{:.2}", of(RaterEffects::Fixed).value().unwrap()),
        "0.71"
    );
    assert_eq!(
        of(RaterEffects::Fixed).interval().unwrap().method,
        IntervalMethod::FisherF
    );
}

#[test]
fn equal_measurements_give_reasons_and_no_numbers_of_rounding() {
    let same = PairedMeasurements::new(vec![0.1, 0.2, 0.3], vec![0.1, 0.2, 0.3]).unwrap();
    let found = same
        .bland_altman(Level::PERCENT_95, Level::PERCENT_95)
        .unwrap();
    assert_eq!(
        found.mean_difference.to_string(),
        "0.000 (no interval: the standard deviation of the differences is 0, and the formula divides by it)"
    );
    assert!(found.slope_test.is_err());
    let concordance = same.concordance(Level::PERCENT_95);
    assert!((concordance.value().unwrap() - 1.0).abs() < 1e-15);
    assert!(concordance.interval().is_none());
    let constant = PairedMeasurements::new(vec![1.0; 3], vec![1.0; 3]).unwrap();
    assert_eq!(constant.concordance(Level::PERCENT_95).value(), None);
    let one = PairedMeasurements::new(vec![1.0], vec![2.0]).unwrap();
    let reason = one
        .bland_altman(Level::PERCENT_95, Level::PERCENT_95)
        .unwrap_err();
    assert_eq!(reason.to_string(), "1 patient, at least 2 needed");
    let shifted = Measurements::new(vec![vec![0.1, 0.2, 0.3], vec![1.1, 1.2, 1.3]]).unwrap();
    let reason = shifted
        .intraclass_correlation(RaterEffects::Fixed, Level::PERCENT_95)
        .unwrap_err();
    assert_eq!(
        reason.to_string(),
        "the mean square of error is 0, and the formula divides by it"
    );
}

#[test]
fn measurements_that_are_not_finite_are_refused_with_rater_and_patient() {
    let error = PairedMeasurements::new(vec![1.0, 2.0], vec![1.0, f64::NAN]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "measurement 2 of rater 2 is NaN, expected a finite number"
    );
    let error = PairedMeasurements::new(vec![1.0, 2.0], vec![1.0]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "rater 2 measured 1 patients and rater 1 2, expected the same patients"
    );
    assert_eq!(
        Measurements::new(vec![vec![1.0]]),
        Err(MeasurementsError::Raters { found: 1 })
    );
}

/// Two measurements each of 3 to 30 patients.
fn pairs() -> impl Strategy<Value = (Vec<f64>, Vec<f64>)> {
    prop::collection::vec((-100.0..100.0_f64, -100.0..100.0_f64), 3..30)
        .prop_map(|pairs| pairs.into_iter().unzip())
}

proptest! {
    #[test]
    fn limits_enclose_the_mean_and_turn_with_the_order_of_the_measurements((first, second) in pairs()) {
        let there = PairedMeasurements::new(first.clone(), second.clone()).unwrap();
        let back = PairedMeasurements::new(second, first).unwrap();
        let of = |pairs: &PairedMeasurements| pairs.bland_altman(Level::PERCENT_95, Level::PERCENT_95).unwrap();
        let (there, back) = (of(&there), of(&back));
        let value = |of: &Measured| of.value().unwrap();
        prop_assert!(value(&there.lower_limit) < value(&there.mean_difference));
        prop_assert!(value(&there.mean_difference) < value(&there.upper_limit));
        prop_assert!((value(&there.lower_limit) + value(&back.upper_limit)).abs() < 1e-9);
        prop_assert!((value(&there.slope) + value(&back.slope)).abs() < 1e-9);
        for measured in [there.mean_difference, there.lower_limit, there.upper_limit, there.slope] {
            let interval = measured.interval().unwrap();
            prop_assert!(interval.low < value(&measured) && value(&measured) < interval.high);
        }
    }

    #[test]
    fn concordance_is_symmetric_and_lies_in_its_interval((first, second) in pairs()) {
        let there = PairedMeasurements::new(first.clone(), second.clone()).unwrap().concordance(Level::PERCENT_95);
        let back = PairedMeasurements::new(second, first).unwrap().concordance(Level::PERCENT_95);
        let value = there.value().unwrap();
        prop_assert!((-1.0..=1.0).contains(&value));
        prop_assert!((value - back.value().unwrap()).abs() < 1e-12);
        if let Some(interval) = there.interval() {
            prop_assert!(-1.0 <= interval.low && interval.low < value && value < interval.high && interval.high <= 1.0);
        }
    }

    #[test]
    fn a_change_of_unit_leaves_concordance_and_correlations_alone((first, second) in pairs(), scale in 0.01..100.0_f64) {
        let scaled = |of: &[f64]| -> Vec<f64> { of.iter().map(|one| scale * one + 7.0).collect() };
        let before = PairedMeasurements::new(first.clone(), second.clone()).unwrap().concordance(Level::PERCENT_95);
        let after = PairedMeasurements::new(scaled(&first), scaled(&second)).unwrap().concordance(Level::PERCENT_95);
        prop_assert!((before.value().unwrap() - after.value().unwrap()).abs() < 1e-9);
        let before = Measurements::new(vec![first.clone(), second.clone()]).unwrap();
        let after = Measurements::new(vec![scaled(&second), scaled(&first)]).unwrap();
        for effects in [RaterEffects::Random, RaterEffects::Fixed] {
            let of = |of: &Measurements| of.intraclass_correlation(effects, Level::PERCENT_95).unwrap().icc;
            let (before, after) = (of(&before), of(&after));
            let value = before.value().unwrap();
            prop_assert!((value - after.value().unwrap()).abs() < 1e-9);
            prop_assert!(value <= 1.0);
            match before.interval() {
                Some(interval) => prop_assert!(interval.low <= value && value <= interval.high, "{before}"),
                None => prop_assert!(effects == RaterEffects::Random && value < 0.0, "{before}"),
            }
        }
    }
}

#[test]
fn an_approximate_interval_beside_its_value_is_not_given() {
    let far_apart = vec![vec![87.0, 61.0, 93.0], vec![-39.0, 0.0, -34.0]];
    let found = Measurements::new(far_apart)
        .unwrap()
        .intraclass_correlation(RaterEffects::Random, Level::PERCENT_95)
        .unwrap();
    let reason = found.icc.reason().unwrap().to_string();
    assert!(
        found.icc.value().unwrap() < 0.0 && reason.ends_with("does not contain the value"),
        "{found:?}"
    );
}
