//! The mean over splits against baycomp and scipy (`golden/corrected_resampled.jsonl`), and what has no interval.

use diagstat::{Level, Undefined, mean_over_splits};

use crate::golden::{assert_close, cases, numbers};

#[test]
fn the_mean_over_splits_and_its_interval_are_baycomps() {
    let mut cut = 0;
    for case in cases("corrected_resampled.jsonl", 10) {
        let number = |field: &str| case[field].as_f64().unwrap();
        let level = Level::new(number("level")).unwrap();
        let values = numbers(&case["values"]);
        let found = mean_over_splits(&values, number("test_per_training"), level);
        let interval = found.interval().unwrap();
        let (low, high) = (number("low"), number("high"));
        cut += usize::from(low < 0.0 || high > 1.0);
        for (field, found, expected) in [
            ("mean", found.value().unwrap(), number("mean")),
            ("low", interval.low, low.max(0.0)),
            ("high", interval.high, high.min(1.0)),
        ] {
            assert_close(field, found, expected, 1e-11);
        }
    }
    assert!((1..=5).contains(&cut), "{cut}");
}

#[test]
fn one_split_and_equal_splits_have_a_mean_without_an_interval_and_none_has_nothing() {
    let of = |values: &[f64]| mean_over_splits(values, 0.25, Level::PERCENT_95);
    assert_eq!(
        (of(&[0.8]).value(), of(&[0.8]).interval()),
        (Some(0.8), None)
    );
    let equal = of(&[0.7; 5]);
    assert!((equal.value().unwrap() - 0.7).abs() < 1e-15);
    assert!(
        matches!(equal.reason(), Some(Undefined::ZeroSpread { .. })),
        "{equal:?}"
    );
    assert_eq!(of(&[]).value(), None);
}
