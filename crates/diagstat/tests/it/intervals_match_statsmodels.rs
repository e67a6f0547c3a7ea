//! Wilson and Clopper-Pearson against statsmodels (`golden/proportions.jsonl`); Clopper-Pearson and Jeffreys against R
//! (`golden/beta_quantiles.jsonl`).

use diagstat::{Interval, Level, Proportion};
use serde_json::Value;

use crate::golden::{assert_close, cases, numbers};

fn proportions(file: &str, least: usize) -> Vec<(Value, Proportion, Level)> {
    cases(file, least)
        .into_iter()
        .map(|case| {
            let count = |key: &str| case[key].as_u64().unwrap();
            let (successes, trials) = (count("successes"), count("trials"));
            let level = Level::new(case["level"].as_f64().unwrap()).unwrap();
            let of = Proportion::from_successes_and_failures(
                u32::try_from(successes).unwrap(),
                u32::try_from(trials - successes).unwrap(),
            )
            .unwrap();
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
    for (case, of, level) in proportions("proportions.jsonl", 136) {
        assert_limits(&case, of, of.wilson(level), &case["wilson"], 1e-13);
    }
}

#[test]
fn clopper_pearson_limits_are_statsmodels_up_to_a_million_trials() {
    for (case, of, level) in proportions("proportions.jsonl", 136) {
        let found = of.clopper_pearson(level);
        assert_limits(&case, of, found, &case["clopper_pearson"], 1e-13);
    }
}

#[test]
fn clopper_pearson_and_jeffreys_limits_are_those_of_r_up_to_eight_billion_trials() {
    let mut most = 0;
    for (case, of, level) in proportions("beta_quantiles.jsonl", 300) {
        most = most.max(of.trials());
        let found = of.clopper_pearson(level);
        assert_limits(&case, of, found, &case["clopper_pearson"], 1e-13);
        assert_limits(&case, of, of.jeffreys(level), &case["jeffreys"], 1e-13);
    }
    assert_eq!(most, 8_000_000_000);
}
