//! Sizes, powers and expected intervals against pROC's power.roc.test and R's quantiles (`golden/plan.jsonl`), and what
//! must hold for any plan.

use diagstat::plan::{
    AreaModel, BinormalPair, area_test_power, area_test_size, area_variance, area_width_size,
    difference_test_power, difference_test_size, expected_area_interval,
    expected_proportion_interval, proportion_width_size,
};
use diagstat::{AucInterval, ClassSizes, Level, PlanError, ProportionInterval, Ratio};
use proptest::prelude::*;
use serde_json::Value;

use crate::golden::{assert_close, cases, numbers};

const LEAST: usize = 77;

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn sizes(value: &Value) -> ClassSizes {
    let sizes = numbers(value);
    ClassSizes {
        positives: sizes[0] as u32,
        negatives: sizes[1] as u32,
    }
}

/// The cases of one kind, `expected` of them.
fn of_kind(kind: &str, expected: usize) -> Vec<Value> {
    let found: Vec<Value> = cases("plan.jsonl", LEAST)
        .into_iter()
        .filter(|case| case["kind"] == kind)
        .collect();
    assert_eq!(found.len(), expected);
    found
}

#[test]
fn size_and_power_for_one_area_are_procs_and_the_published_formulas() {
    for case in of_kind("area_test", 27) {
        let (area, null) = (number(&case["area"]), number(&case["null"]));
        let significance = number(&case["significance"]);
        let ratio = Ratio::new(number(&case["ratio"])).unwrap();
        let size = area_test_size(
            area,
            null,
            number(&case["power"]),
            significance,
            ratio,
            AreaModel::Obuchowski,
        )
        .unwrap();
        assert_eq!(
            f64::from(size.positives),
            number(&case["positives"]),
            "{case}"
        );
        assert_eq!(
            f64::from(size.negatives),
            (number(&case["ratio"]) * number(&case["positives"])).ceil()
        );
        let reached = area_test_power(
            area,
            null,
            sizes(&case["sizes"]),
            significance,
            AreaModel::Obuchowski,
        )
        .unwrap();
        assert_close(&case.to_string(), reached, number(&case["reached"]), 1e-11);
    }
}

#[test]
fn size_and_power_for_a_difference_follow_from_procs_covariance_of_areas() {
    for case in of_kind("difference_test", 20) {
        let pair = |key: &str| {
            let pair = numbers(&case[key]);
            (pair[0], pair[1])
        };
        let (correlation_positives, correlation_negatives) = pair("correlations");
        let tests = BinormalPair {
            areas: pair("areas"),
            spread_ratios: pair("spreads"),
            correlation_positives,
            correlation_negatives,
        };
        let significance = number(&case["significance"]);
        let ratio = Ratio::new(number(&case["ratio"])).unwrap();
        let size =
            difference_test_size(&tests, number(&case["power"]), significance, ratio).unwrap();
        assert_eq!(
            f64::from(size.positives),
            number(&case["positives"]),
            "{case}"
        );
        let reached = difference_test_power(&tests, sizes(&case["sizes"]), significance).unwrap();
        assert_close(&case.to_string(), reached, number(&case["reached"]), 1e-11);
    }
}

#[test]
fn the_first_size_that_is_enough_for_a_proportion_is_the_one_that_counting_up_finds() {
    for case in of_kind("proportion", 12) {
        let method = if case["method"] == "wilson" {
            ProportionInterval::Wilson
        } else {
            ProportionInterval::ClopperPearson
        };
        let level = Level::new(number(&case["level"])).unwrap();
        let (expected, width) = (number(&case["expected"]), number(&case["width"]));
        let size = proportion_width_size(expected, width, method, level).unwrap();
        assert_eq!(f64::from(size), number(&case["first_enough"]), "{case}");
        let patients = number(&case["patients"]) as u32;
        let interval = expected_proportion_interval(expected, patients, method, level).unwrap();
        let limits = numbers(&case["limits"]);
        assert_close(
            &case.to_string(),
            interval.low + 1.0,
            limits[0] + 1.0,
            1e-12,
        );
        assert_close(
            &case.to_string(),
            interval.high + 1.0,
            limits[1] + 1.0,
            1e-12,
        );
    }
}

#[test]
fn the_interval_to_expect_of_an_area_follows_from_both_distributions() {
    for case in of_kind("area_interval", 18) {
        let model = if case["model"] == "binormal" {
            AreaModel::Binormal
        } else {
            AreaModel::HanleyMcneil
        };
        let (area, sizes) = (number(&case["area"]), sizes(&case["sizes"]));
        let variance = area_variance(area, sizes, model).unwrap();
        assert_close(
            &case.to_string(),
            variance,
            number(&case["variance"]),
            1e-11,
        );
        let level = Level::new(number(&case["level"])).unwrap();
        for (scale, key) in [(AucInterval::Wald, "wald"), (AucInterval::Logit, "logit")] {
            let found = expected_area_interval(area, sizes, model, scale, level).unwrap();
            let (interval, limits) = (found.interval().unwrap(), numbers(&case[key]));
            assert_close(
                &case.to_string(),
                interval.low + 1.0,
                limits[0] + 1.0,
                1e-12,
            );
            assert_close(
                &case.to_string(),
                interval.high + 1.0,
                limits[1] + 1.0,
                1e-12,
            );
        }
    }
}

#[test]
fn a_study_of_29_and_33_at_an_area_of_0_864_should_show_nearly_what_the_paper_printed() {
    let sizes = ClassSizes {
        positives: 29,
        negatives: 33,
    };
    let of = |scale| {
        expected_area_interval(0.864, sizes, AreaModel::Binormal, scale, Level::PERCENT_95).unwrap()
    };
    assert_eq!(
        of(AucInterval::Wald).to_string(),
        "0.864 (95 % CI 0.773 to 0.955, DeLong)"
    );
    assert_eq!(
        of(AucInterval::Logit).to_string(),
        "0.864 (95 % CI 0.745 to 0.932, DeLong on the logit)"
    );
}

#[test]
fn a_wish_that_cannot_be_fulfilled_says_why() {
    let refused = |error: PlanError| error.to_string();
    let equal =
        "no number of patients is enough: the areas are equal, and there is no difference to find";
    assert_eq!(
        refused(
            area_test_size(0.8, 0.8, 0.8, 0.05, Ratio::EQUAL, AreaModel::Binormal).unwrap_err()
        ),
        equal
    );
    let pair = BinormalPair {
        areas: (0.8, 0.8),
        spread_ratios: (1.0, 1.0),
        correlation_positives: 0.5,
        correlation_negatives: 0.5,
    };
    assert_eq!(
        refused(difference_test_size(&pair, 0.8, 0.05, Ratio::EQUAL).unwrap_err()),
        equal
    );
    let beyond = BinormalPair {
        areas: (0.8, 0.7),
        correlation_positives: 1.5,
        ..pair
    };
    assert_eq!(
        refused(difference_test_size(&beyond, 0.8, 0.05, Ratio::EQUAL).unwrap_err()),
        "a correlation is 1.5, expected a number from -1 to 1"
    );
    assert_eq!(
        refused(
            area_test_size(0.8, 0.5, 1.0, 0.05, Ratio::EQUAL, AreaModel::Binormal).unwrap_err()
        ),
        "the power is 1, expected a number above 0 and below 1"
    );
    assert_eq!(
        refused(
            area_test_size(0.500_01, 0.5, 0.8, 0.05, Ratio::EQUAL, AreaModel::Binormal)
                .unwrap_err()
        ),
        "more than 10000000 patients of a class would be needed"
    );
    let narrow = proportion_width_size(
        0.5,
        0.0001,
        ProportionInterval::ClopperPearson,
        Level::PERCENT_95,
    );
    assert_eq!(
        refused(narrow.unwrap_err()),
        "more than 10000000 patients of a class would be needed"
    );
    assert!(
        proportion_width_size(
            0.5,
            0.007,
            ProportionInterval::ClopperPearson,
            Level::PERCENT_95
        )
        .unwrap()
            > 65_536
    );
    let nobody =
        expected_proportion_interval(0.5, 0, ProportionInterval::Wilson, Level::PERCENT_95);
    assert_eq!(
        refused(nobody.unwrap_err()),
        "the number of patients is 0, expected at least 1"
    );
    let one = ClassSizes {
        positives: 1,
        negatives: 9,
    };
    assert_eq!(
        refused(area_variance(0.8, one, AreaModel::Binormal).unwrap_err()),
        "the number of positive patients is 1, expected at least 2"
    );
    assert!(
        Ratio::new(0.0).is_err()
            && Ratio::new(f64::NAN).is_err()
            && Ratio::of_prevalence(1.0).is_err()
    );
}

#[test]
fn both_classes_follow_from_a_prevalence() {
    let ratio = Ratio::of_prevalence(0.1).unwrap();
    assert_eq!(
        ratio.with_positives(30).unwrap(),
        ClassSizes {
            positives: 30,
            negatives: 270
        }
    );
    assert_eq!(
        ratio.with_negatives(30).unwrap(),
        ClassSizes {
            positives: 4,
            negatives: 30
        }
    );
    let third = Ratio::of_prevalence(0.3).unwrap();
    assert_eq!(
        third.with_positives(3).unwrap(),
        ClassSizes {
            positives: 3,
            negatives: 7
        }
    );
}

proptest! {
    #[test]
    fn the_size_for_a_power_reaches_it_and_one_patient_fewer_does_not(
        area in 0.55..0.98_f64, null in 0.5..0.9_f64, power in 0.5..0.95_f64, negatives in 1..6_u32,
    ) {
        prop_assume!((area - null).abs() > 0.03);
        let ratio = Ratio::new(f64::from(negatives)).unwrap();
        for model in [AreaModel::HanleyMcneil, AreaModel::Binormal, AreaModel::Obuchowski] {
            let size = area_test_size(area, null, power, 0.05, ratio, model).unwrap();
            prop_assert!(area_test_power(area, null, size, 0.05, model).unwrap() >= power);
            if size.positives > 2 {
                let fewer = ClassSizes { positives: size.positives - 1, negatives: negatives * (size.positives - 1) };
                prop_assert!(area_test_power(area, null, fewer, 0.05, model).unwrap() < power);
            }
        }
    }

    #[test]
    fn power_grows_with_the_patients_and_with_the_correlation(
        first in 0.6..0.75_f64, second in 0.8..0.95_f64, correlation in 0.0..0.8_f64, patients in 20..200_u32,
    ) {
        let of = |correlation: f64, patients: u32| {
            let pair = BinormalPair {
                areas: (first, second),
                spread_ratios: (1.0, 1.0),
                correlation_positives: correlation,
                correlation_negatives: correlation,
            };
            difference_test_power(&pair, ClassSizes { positives: patients, negatives: patients }, 0.05).unwrap()
        };
        let power = of(correlation, patients);
        prop_assert!((0.0..=1.0).contains(&power));
        prop_assert!(of(correlation, patients + 1) >= power);
        prop_assert!(of(correlation + 0.1, patients) >= power || power < 0.5);
    }

    #[test]
    fn a_width_is_kept_and_one_patient_fewer_does_not_keep_it(
        expected in 0.0..=1.0_f64, width in 0.08..0.5_f64, exact in any::<bool>(),
    ) {
        let method = if exact { ProportionInterval::ClopperPearson } else { ProportionInterval::Wilson };
        let size = proportion_width_size(expected, width, method, Level::PERCENT_95).unwrap();
        let width_of = |patients| {
            let interval = expected_proportion_interval(expected, patients, method, Level::PERCENT_95).unwrap();
            assert!(interval.low <= expected + 1e-12 && expected <= interval.high + 1e-12, "{interval}");
            interval.high - interval.low
        };
        prop_assert!(width_of(size) <= width);
        prop_assert!(size == 1 || width_of(size - 1) > width);
    }

    #[test]
    fn an_area_lies_in_the_interval_to_expect_and_the_size_for_a_width_keeps_it(
        area in 0.55..0.97_f64, width in 0.05..0.4_f64, negatives in 1..5_u32, logit in any::<bool>(),
    ) {
        let ratio = Ratio::new(f64::from(negatives)).unwrap();
        let scale = if logit { AucInterval::Logit } else { AucInterval::Wald };
        for model in [AreaModel::HanleyMcneil, AreaModel::Binormal] {
            let size = area_width_size(area, width, ratio, model, scale, Level::PERCENT_95).unwrap();
            let expected = expected_area_interval(area, size, model, scale, Level::PERCENT_95).unwrap();
            let interval = expected.interval().unwrap();
            prop_assert!(interval.low < area && area < interval.high);
            prop_assert!(interval.high - interval.low <= width);
        }
    }

    #[test]
    fn exchanged_classes_and_a_mirrored_area_have_the_same_variance(area in 0.01..0.99_f64, m in 2..100_u32, n in 2..100_u32) {
        for model in [AreaModel::HanleyMcneil, AreaModel::Binormal] {
            let of = |area, positives, negatives| area_variance(area, ClassSizes { positives, negatives }, model).unwrap();
            let (here, there) = (of(area, m, n), of(1.0 - area, n, m));
            prop_assert!(here > 0.0);
            if model == AreaModel::Binormal {
                prop_assert!((here / there - 1.0).abs() < 1e-9, "{here} and {there}");
            }
        }
    }
}
