//! Wilson and Clopper-Pearson against statsmodels (`golden/proportions.jsonl`).

use diagstat::{Interval, Level, Proportion, Undefined};
use serde_json::Value;

use crate::golden::{assert_close, cases, numbers};

fn proportions() -> Vec<(Value, Proportion, Level)> {
    cases("proportions.jsonl", 136)
        .into_iter()
        .map(|case| {
            let count = |key: &str| u32::try_from(case[key].as_u64().unwrap()).unwrap();
            let (successes, trials) = (count("successes"), count("trials"));
            let level = Level::new(case["level"].as_f64().unwrap()).unwrap();
            let of =
                Proportion::from_successes_and_failures(successes, trials - successes).unwrap();
            (case, of, level)
        })
        .collect()
}

#[track_caller]
fn assert_limits(case: &Value, of: Proportion, found: Interval, expected: &Value, tolerance: f64) {
    let expected = numbers(expected);
    let name = case.to_string();
    // statsmodels leaves rounding where a limit is exactly 0 or 1.
    if of.successes() == 0 {
        assert_eq!(found.low, 0.0, "{name}");
    } else {
        assert_close(&name, found.low, expected[0], tolerance);
    }
    if of.successes() == of.trials() {
        assert_eq!(found.high, 1.0, "{name}");
    } else {
        assert_close(&name, found.high, expected[1], tolerance);
    }
}

#[test]
fn wilson_limits_are_statsmodels_up_to_a_million_trials() {
    for (case, of, level) in proportions() {
        assert_limits(&case, of, of.wilson(level), &case["wilson"], 1e-13);
    }
}

#[test]
fn clopper_pearson_limits_are_statsmodels_up_to_100_000_trials() {
    let (mut found, mut refused) = (0, 0);
    for (case, of, level) in proportions() {
        match of.clopper_pearson(level) {
            Ok(interval) => {
                found += 1;
                // The logarithm of the gamma function loses digits as the trials grow.
                let tolerance = f64::max(1e-13, 2e-15 * of.trials() as f64);
                assert_limits(&case, of, interval, &case["clopper_pearson"], tolerance);
            }
            Err(reason) => {
                refused += 1;
                assert!(of.trials() > 100_000, "{case}");
                assert!(matches!(reason, Undefined::TooMany { .. }), "{reason}");
            }
        }
    }
    assert!(
        found >= 116 && refused >= 20,
        "{found} found, {refused} refused"
    );
}
