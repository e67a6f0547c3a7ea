//! Partial areas against pROC (`golden/proc_curve.jsonl`), and what must hold for any range.

use diagstat::{
    PartialAucAxis, RateRange, Scores, Undefined, auc, partial_auc, partial_auc_corrected,
};
use proptest::prelude::*;

use crate::delong_matches_proc::patients;
use crate::golden::{assert_close, cases};

pub const LEAST: usize = 64;
/// As in the script.
const RANGES: [(f64, f64); 5] = [
    (0.8, 1.0),
    (0.9, 1.0),
    (0.35, 0.62),
    (0.0, 1.0),
    (0.05, 0.1),
];
const AXES: [(PartialAucAxis, &str); 2] = [
    (PartialAucAxis::Specificity, "specificity"),
    (PartialAucAxis::Sensitivity, "sensitivity"),
];

#[test]
fn partial_areas_are_procs_over_specificity_and_over_sensitivity() {
    let mut compared = 0;
    for case in cases("proc_curve.jsonl", LEAST) {
        for (axis, name) in AXES {
            for ((low, high), expected) in RANGES
                .into_iter()
                .zip(case[format!("{name}_areas")].as_array().unwrap())
            {
                let range = RateRange::new(low, high).unwrap();
                let found = partial_auc(&patients(&case), axis, range).unwrap();
                let expected = expected.as_f64().unwrap();
                let what = format!("{} {name} {low}", case["name"]);
                assert_close(&what, found + 1.0, expected + 1.0, 1e-14);
                compared += 1;
            }
        }
    }
    assert!(compared >= 640, "{compared} areas");
}

#[test]
fn corrected_areas_are_procs_and_undefined_where_procs_are() {
    let (mut compared, mut undefined) = (0, 0);
    for case in cases("proc_curve.jsonl", LEAST) {
        for (axis, name) in AXES {
            for ((low, high), expected) in RANGES
                .into_iter()
                .zip(case[format!("{name}_corrected")].as_array().unwrap())
            {
                let range = RateRange::new(low, high).unwrap();
                let what = format!("{} {name} {low}", case["name"]);
                match (
                    partial_auc_corrected(&patients(&case), axis, range),
                    expected.as_f64(),
                ) {
                    (Ok(found), Some(expected)) => {
                        compared += 1;
                        assert_close(&what, found, expected, 1e-12);
                    }
                    (Err(Undefined::BelowChance { found, chance }), None) => {
                        undefined += 1;
                        assert!(found < chance, "{what}");
                    }
                    // pROC's sum of areas falls short of the diagonal by rounding.
                    (Ok(found), None) => assert_close(&what, found, 0.5, 1e-13),
                    (found, expected) => panic!("{what}: {found:?}, expected {expected:?}"),
                }
            }
        }
    }
    assert!(
        compared >= 400 && undefined >= 40,
        "{compared} compared, {undefined} undefined"
    );
}

fn both_classes() -> impl Strategy<Value = Scores> {
    prop::collection::vec((any::<bool>(), 0..12_u8), 2..40)
        .prop_map(|patients| {
            let (labels, scores): (Vec<bool>, Vec<f64>) = patients
                .into_iter()
                .map(|(label, score)| (label, f64::from(score)))
                .unzip();
            Scores::from_bools(&labels, &scores).unwrap()
        })
        .prop_filter("both classes", |scores| {
            scores.positives() > 0 && scores.negatives() > 0
        })
}

proptest! {
    #[test]
    fn the_areas_of_two_neighbouring_ranges_add_up_to_the_whole(
        scores in both_classes(),
        middle in 0.001..0.999_f64,
    ) {
        for (axis, _) in AXES {
            let over = |low, high| {
                partial_auc(&scores, axis, RateRange::new(low, high).unwrap()).unwrap()
            };
            let whole = auc(&scores).unwrap();
            prop_assert!((over(0.0, 1.0) - whole).abs() <= 1e-15);
            prop_assert!((over(0.0, middle) + over(middle, 1.0) - whole).abs() <= 1e-14);
        }
    }

    #[test]
    fn a_partial_area_is_no_larger_than_its_range_and_its_correction_keeps_the_order(
        scores in both_classes(),
        ends in (0.0..0.9_f64, 0.01..0.1_f64),
    ) {
        let range = RateRange::new(ends.0, ends.0 + ends.1).unwrap();
        for (axis, _) in AXES {
            let area = partial_auc(&scores, axis, range).unwrap();
            prop_assert!((0.0..=ends.1 + 1e-15).contains(&area));
            let width = range.high() - range.low();
            let chance = width * (1.0 - (range.low() + range.high()) / 2.0);
            match partial_auc_corrected(&scores, axis, range) {
                Ok(corrected) => {
                    let expected = 0.5 * (1.0 + (area - chance) / (width - chance));
                    prop_assert!((corrected - expected).abs() <= 1e-11, "{corrected} {expected}");
                }
                Err(reason) => prop_assert!(area < chance, "{reason}"),
            }
        }
    }
}
