//! AUC, DeLong's variance and limits, and Youden's threshold against R's pROC (`golden/proc.jsonl`).

use diagstat::{AucInterval, IntervalMethod, Level, Scores, Undefined, delong, youden};
use serde_json::Value;

use crate::golden::{assert_close, cases, numbers, scores};

const LEAST: usize = 58;

/// The patients of a case; those of the large one are made from whole numbers, as the script does.
pub fn patients(case: &Value) -> Scores {
    if !case["scores"].is_null() {
        return scores(case);
    }
    assert_eq!(case["name"], "100000 patients");
    let (labels, scores): (Vec<bool>, Vec<f64>) = (0..100_000_u64)
        .map(|patient| {
            let score = (patient * 7919 % 1009) as f64;
            let label = (patient * 104_729 % 1000) as f64 + score / 4.0 > 600.0;
            (label, score)
        })
        .unzip();
    Scores::from_bools(&labels, &scores).unwrap()
}

#[test]
fn area_and_variance_are_procs_on_tied_scores_and_100_000_patients() {
    for case in cases("proc.jsonl", LEAST) {
        let name = case["name"].to_string();
        let auc = delong(&patients(&case)).unwrap();
        assert_close(&name, auc.value, case["auc"].as_f64().unwrap(), 1e-15);
        assert_close(
            &name,
            auc.variance.unwrap(),
            case["variance"].as_f64().unwrap(),
            1e-12,
        );
    }
}

#[test]
fn limits_are_procs_except_where_they_would_have_no_width() {
    let (mut cut, mut refused) = (0, 0);
    for case in cases("proc.jsonl", LEAST) {
        let name = case["name"].to_string();
        let level = Level::new(case["level"].as_f64().unwrap()).unwrap();
        let auc = delong(&patients(&case)).unwrap();
        if case["variance"].as_f64() == Some(0.0) {
            refused += 1;
            let reason = auc.interval(AucInterval::Wald, level).unwrap_err();
            assert!(
                matches!(reason, Undefined::Separated { .. } | Undefined::AllTied),
                "{name}: {reason}"
            );
            continue;
        }
        for (scale, key) in [(AucInterval::Wald, "wald"), (AucInterval::Logit, "logit")] {
            let found = auc.interval(scale, level).unwrap();
            let expected = numbers(&case[key]);
            assert_close(&name, found.low, expected[0], 1e-12);
            assert_close(&name, found.high, expected[1], 1e-12);
            cut += u32::from(found.method == IntervalMethod::DelongWaldCut);
        }
    }
    assert!(cut >= 5 && refused >= 3, "{cut} cut, {refused} refused");
}

#[test]
fn youdens_threshold_is_the_lowest_of_procs() {
    let mut found = 0;
    for case in cases("proc.jsonl", LEAST) {
        match (youden(&patients(&case)), case["youden_threshold"].as_f64()) {
            (Ok(best), Some(expected)) => {
                found += 1;
                assert_close(&case["name"].to_string(), best.threshold, expected, 1e-15);
            }
            (Err(Undefined::AllTied | Undefined::NoBetterThanChance { .. }), None) => {}
            (best, expected) => panic!("{}: {best:?}, expected {expected:?}", case["name"]),
        }
    }
    assert!(found >= 45, "{found} thresholds");
}
