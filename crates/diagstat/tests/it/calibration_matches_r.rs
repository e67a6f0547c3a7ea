//! Calibration against R's glm, survey::svyglm, rms::val.prob and formulas in R (`golden/calibration.jsonl`).

use std::num::NonZeroU32;

use diagstat::{
    Binning, Fitted, HypothesisTest, Interval, Level, Measured, Platt, Prevalence, PriorShift,
    ProportionInterval, Scores, Temperature, Undefined, brier, brier_at_prevalence,
    brier_decomposition, brier_with_interval, calibration_regression,
    calibration_regression_at_prevalence, expected_calibration_error, hosmer_lemeshow,
    maximum_calibration_error, reliability_curve, scaled_brier, spiegelhalter,
};
use serde_json::Value;

use crate::golden::{assert_close, assert_near, cases, numbers, scores};

pub const LEAST: usize = 56;
const FILE: &str = "calibration.jsonl";
const LEVEL: Level = Level::PERCENT_95;
const SURVEY: f64 = 1e-10;
const Z: f64 = 1.959_963_984_540_054;

/// The patients of a case; those of the large one are made from whole numbers, as the script does.
pub fn patients(case: &Value) -> Scores {
    if !case["scores"].is_null() {
        return scores(case);
    }
    assert_eq!(case["name"], "100000 patients");
    let (labels, scores): (Vec<bool>, Vec<f64>) = (0..100_000_u64)
        .map(|patient| {
            let score = ((patient * 7919 % 1009) as f64 + 0.5) / 1010.0;
            let label = (patient * 104_729 % 1000) as f64 + 300.0 * score > 700.0;
            (label, score)
        })
        .unzip();
    Scores::from_bools(&labels, &scores).unwrap()
}

pub fn prevalence(case: &Value) -> Prevalence {
    Prevalence::new(case["prevalence"].as_f64().unwrap()).unwrap()
}

/// Estimate and standard error as R gives them, or a reason where R has none.
#[track_caller]
fn assert_estimate(what: &str, found: Measured, expected: &[Option<f64>], tolerance: f64) -> bool {
    let (Some(value), Some(error)) = (expected[0], expected[1]) else {
        assert_eq!(found.value(), None, "{what}");
        return false;
    };
    assert_near(what, found.value().unwrap(), value, tolerance);
    let interval = found.interval().unwrap();
    assert_near(what, interval.low, value - Z * error, tolerance);
    assert_near(what, interval.high, value + Z * error, tolerance);
    true
}

fn options(array: &Value) -> Vec<Option<f64>> {
    array
        .as_array()
        .unwrap()
        .iter()
        .map(Value::as_f64)
        .collect()
}

#[test]
fn brier_its_interval_and_its_scaled_form_are_rs() {
    let mut intervals = 0;
    for case in cases(FILE, LEAST) {
        let (name, of) = (case["name"].to_string(), patients(&case));
        assert_close(
            &name,
            brier(&of).unwrap(),
            case["brier"].as_f64().unwrap(),
            1e-13,
        );
        let measured = brier_with_interval(&of, LEVEL);
        let expected = options(&case["brier_interval"]);
        match (measured.interval(), &expected[..]) {
            (Some(Interval { low, high, .. }), [Some(expected_low), Some(expected_high)]) => {
                intervals += 1;
                assert_close(&name, low, *expected_low, 1e-11);
                assert_close(&name, high, *expected_high, 1e-11);
            }
            (None, [None, None]) => assert_eq!(measured.reason(), Some(Undefined::NoSpread)),
            other => panic!("{name}: {other:?}"),
        }
        match (scaled_brier(&of), case["scaled_brier"].as_f64()) {
            (Ok(found), Some(expected)) => assert_near(&name, found, expected, 1e-12),
            (found, expected) => assert!(found.is_err() && expected.is_none(), "{name}"),
        }
    }
    assert!(intervals >= 50, "{intervals}");
}

#[test]
fn intercept_and_slope_are_glms_and_separation_has_a_reason() {
    let (mut slopes, mut separated) = (0, 0);
    for case in cases(FILE, LEAST) {
        let (name, of) = (case["name"].to_string(), patients(&case));
        let intercept = options(&case["intercept"]);
        let Ok(found) = calibration_regression(&of, LEVEL) else {
            assert_eq!(intercept, [None, None], "{name}");
            continue;
        };
        assert!(assert_estimate(&name, found.intercept, &intercept, 1e-10));
        let z = found.intercept_test.unwrap().statistic.unwrap();
        assert_near(
            &name,
            z,
            intercept[0].unwrap() / intercept[1].unwrap(),
            1e-10,
        );
        let slope = &options(&case["slope"])[2..];
        if assert_estimate(&name, found.slope, slope, 1e-10) {
            slopes += 1;
            let z = found.slope_test.unwrap().statistic.unwrap();
            assert_near(
                &name,
                z,
                (slope[0].unwrap() - 1.0) / slope[1].unwrap(),
                1e-10,
            );
            let ratio = found.diagonal_test.unwrap();
            // A difference of two log-likelihoods keeps the digits that the larger one leaves.
            let tolerance = 1e-14 * of.len() as f64 + 1e-12;
            assert_near(
                &name,
                ratio.statistic.unwrap(),
                case["diagonal"].as_f64().unwrap(),
                tolerance,
            );
        } else {
            separated += 1;
            let reason = found.slope.reason().unwrap();
            assert!(
                matches!(
                    reason,
                    Undefined::SeparatedByCovariates | Undefined::AllTied
                ),
                "{name}: {reason}"
            );
            assert!(found.slope_test.is_err() && found.diagonal_test.is_err());
        }
    }
    assert!(
        slopes >= 45 && separated >= 4,
        "{slopes} slopes, {separated} separated"
    );
}

#[test]
fn brier_slope_and_spiegelhalter_are_those_of_val_prob() {
    let mut compared = 0;
    for case in cases(FILE, LEAST) {
        let (name, of, rms) = (
            case["name"].to_string(),
            patients(&case),
            options(&case["rms"]),
        );
        let (Some(expected_brier), Some(z), Some(p)) = (rms[0], rms[5], rms[6]) else {
            continue;
        };
        compared += 1;
        assert_close(&name, brier(&of).unwrap(), expected_brier, 1e-12);
        let test = spiegelhalter(&of).unwrap();
        assert_near(&name, test.statistic.unwrap(), z, 1e-11);
        assert_near(&name, test.p_value, p, 1e-11);
        let found = calibration_regression(&of, LEVEL).unwrap();
        if let (Some(slope), Some(expected)) = (found.slope.value(), rms[2]) {
            // lrm stops at a change of its deviance of 0.025: the slope is farther from the maximum than its deviance.
            assert_near(&name, slope, expected, 1e-2);
            let unreliable: HypothesisTest = found.diagonal_test.unwrap();
            assert_near(&name, unreliable.statistic.unwrap(), rms[3].unwrap(), 1e-3);
            assert_near(&name, unreliable.p_value, rms[4].unwrap(), 1e-3);
        }
    }
    assert!(compared >= 45, "{compared}");
}

#[test]
fn calibration_errors_and_brier_parts_are_rs_over_both_kinds_of_bins() {
    let mut compared = 0;
    for case in cases(FILE, LEAST) {
        let (name, of) = (case["name"].to_string(), patients(&case));
        for (binning, key) in [(Binning::TEN_WIDE, "wide"), (Binning::TEN_EQUAL, "equal")] {
            compared += 1;
            let expected = numbers(&case[key]);
            let parts = brier_decomposition(&of, binning).unwrap();
            let found = [
                expected_calibration_error(&of, binning).unwrap(),
                maximum_calibration_error(&of, binning).unwrap(),
                parts.reliability,
                parts.resolution,
                parts.uncertainty,
                parts.within_bin_variance,
                parts.within_bin_covariance,
            ];
            assert_eq!(expected.len(), found.len());
            for (found, expected) in found.into_iter().zip(expected) {
                assert_near(&name, found, expected, 1e-12);
            }
            let curve = reliability_curve(&of, binning, ProportionInterval::Wilson, LEVEL).unwrap();
            let bins = numbers(&case[format!("{key}_bins")]);
            assert_eq!(bins.len(), 3 * curve.len(), "{name}");
            for (bin, place) in curve.iter().zip(0..) {
                assert_eq!(f64::from(bin.patients), bins[place], "{name}");
                let part = bin.positive_part.value().unwrap();
                assert_near(&name, part, bins[curve.len() + place], 1e-14);
                assert_near(&name, bin.score, bins[2 * curve.len() + place], 1e-12);
            }
        }
    }
    assert!(compared >= 2 * LEAST);
}

#[test]
fn hosmer_and_lemeshows_test_is_rs_with_both_degrees_of_freedom() {
    let ten = NonZeroU32::new(10).unwrap();
    let (mut development, mut external) = (0, 0);
    for case in cases(FILE, LEAST) {
        let (name, of, expected) = (
            case["name"].to_string(),
            patients(&case),
            options(&case["hosmer"]),
        );
        let others = hosmer_lemeshow(&of, ten, Fitted::OnOthers).unwrap();
        external += 1;
        assert_near(
            &name,
            others.test.statistic.unwrap(),
            expected[0].unwrap(),
            1e-11,
        );
        assert_near(&name, others.test.p_value, expected[2].unwrap(), 1e-10);
        match (
            hosmer_lemeshow(&of, ten, Fitted::OnThesePatients),
            expected[1],
        ) {
            (Ok(found), Some(p)) => {
                development += 1;
                assert_near(&name, found.test.p_value, p, 1e-10);
                let degrees = found.test.degrees_of_freedom.unwrap().0;
                assert_eq!(degrees, f64::from(found.bins) - 2.0);
            }
            (found, p) => assert!(found.is_err() && p.is_none(), "{name}"),
        }
    }
    assert!(
        development >= 45 && external >= LEAST,
        "{development}, {external}"
    );
}

#[test]
fn platts_map_and_the_temperature_are_glms() {
    let (mut lines, mut heats) = (0, 0);
    for case in cases(FILE, LEAST) {
        let (name, of) = (case["name"].to_string(), patients(&case));
        match (Platt::fit(&of), &options(&case["platt"])[..]) {
            (Ok(map), [Some(intercept), Some(slope)]) => {
                lines += 1;
                assert_near(&name, map.intercept(), *intercept, 1e-9);
                assert_near(&name, map.slope(), *slope, 1e-9);
            }
            (Err(_), _) => {
                assert!(of.positives() == 0 || of.negatives() == 0 || name.contains("tied"))
            }
            other => panic!("{name}: {other:?}"),
        }
        match (Temperature::fit(&of), case["inverse_temperature"].as_f64()) {
            (Ok(map), Some(inverse)) => {
                heats += 1;
                assert_close(&name, 1.0 / map.temperature(), inverse, 1e-10);
            }
            (Err(Undefined::TemperatureZero | Undefined::TemperatureInfinite), None) => {}
            other => panic!("{name}: {other:?}"),
        }
    }
    assert!(
        lines >= 50 && heats >= 45,
        "{lines} lines, {heats} temperatures"
    );
}

#[test]
fn brier_and_line_at_another_prevalence_are_those_of_a_stratified_survey() {
    let (mut briers, mut slopes) = (0, 0);
    for case in cases(FILE, LEAST) {
        let (name, of, at) = (case["name"].to_string(), patients(&case), prevalence(&case));
        let expected = options(&case["brier_weighted"]);
        let found = brier_at_prevalence(&of, at, LEVEL);
        if let (Some(value), Some(error)) = (expected[0], expected[1]) {
            briers += 1;
            assert_close(&name, found.value().unwrap(), value, 1e-12);
            if let Some(interval) = found.interval() {
                let logit = |p: f64| (p / (1.0 - p)).ln();
                let width = (logit(interval.high) - logit(interval.low)) * value * (1.0 - value);
                assert_close(&name, width, 2.0 * Z * error, 1e-10);
            }
        }
        let expected = options(&case["weighted"]);
        match calibration_regression_at_prevalence(&of, at, LEVEL) {
            Err(_) => assert_eq!(expected, [None; 6], "{name}"),
            Ok(line) => {
                assert!(assert_estimate(
                    &name,
                    line.intercept,
                    &expected[..2],
                    SURVEY
                ));
                slopes += u32::from(assert_estimate(&name, line.slope, &expected[4..], SURVEY));
                assert_eq!(line.diagonal_test, Err(Undefined::NoTestOffered));
            }
        }
    }
    assert!(briers >= 45 && slopes >= 40, "{briers}, {slopes}");
}

#[test]
fn shifted_probabilities_are_those_of_shifted_log_odds() {
    let mut shifted = 0;
    for case in cases(FILE, LEAST) {
        let of = PriorShift {
            from: Prevalence::new(0.3).unwrap(),
            to: prevalence(&case),
        };
        for ((_, score), expected) in patients(&case).iter().zip(numbers(&case["shifted"])) {
            shifted += 1;
            assert_close("shifted", of.apply(score), expected, 1e-12);
        }
    }
    assert!(shifted >= 200, "{shifted}");
}
