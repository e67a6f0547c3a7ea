//! What must hold for figures of counts and of paired calls, whatever the counts.

use diagstat::{
    Confusion, Level, Mcnemar, Measured, PairedTable, Prevalence, ProportionInterval, Undefined,
};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const LEVEL: Level = Level::PERCENT_95;
const WILSON: ProportionInterval = ProportionInterval::Wilson;

/// Small counts, many of them 0, and some large ones.
pub fn count() -> impl Strategy<Value = u32> {
    prop_oneof![0..4_u32, 0..60_u32, 0..2_000_000_u32]
}

pub fn confusions() -> impl Strategy<Value = Confusion> {
    [count(), count(), count(), count()].prop_map(confusion)
}

pub fn confusion([tp, fn_, fp, tn]: [u32; 4]) -> Confusion {
    Confusion {
        true_positives: tp,
        false_negatives: fn_,
        false_positives: fp,
        true_negatives: tn,
    }
}

/// Each class has the other's name.
pub fn renamed(of: Confusion) -> Confusion {
    confusion([
        of.true_negatives,
        of.false_positives,
        of.false_negatives,
        of.true_positives,
    ])
}

/// Truth and call have changed places.
fn transposed(of: Confusion) -> Confusion {
    confusion([
        of.true_positives,
        of.false_positives,
        of.false_negatives,
        of.true_negatives,
    ])
}

fn figures(of: Confusion, level: Level) -> Vec<(&'static str, Measured)> {
    let prevalence = Prevalence::new(0.1).unwrap();
    vec![
        ("likelihood ratio +", of.positive_likelihood_ratio(level)),
        ("likelihood ratio -", of.negative_likelihood_ratio(level)),
        ("odds ratio", of.diagnostic_odds_ratio(level)),
        (
            "halved likelihood ratio +",
            of.positive_likelihood_ratio_haldane_anscombe(level),
        ),
        (
            "halved likelihood ratio -",
            of.negative_likelihood_ratio_haldane_anscombe(level),
        ),
        (
            "halved odds ratio",
            of.diagnostic_odds_ratio_haldane_anscombe(level),
        ),
        ("ppv_at", of.ppv_at(prevalence, level)),
        ("npv_at", of.npv_at(prevalence, level)),
        ("youden_index", of.youden_index(level)),
        (
            "balanced accuracy",
            of.balanced_accuracy_with_interval(level),
        ),
        ("macro precision", of.macro_precision_with_interval(level)),
        ("f1", of.f1_with_interval(WILSON, level)),
        ("mcc", of.mcc_with_interval(level)),
        ("kappa", of.kappa(level)),
    ]
}

#[track_caller]
fn same(what: &str, one: Measured, other: Measured, tolerance: f64) {
    let close = |one: f64, other: f64| {
        (one - other).abs() <= tolerance * f64::max(1.0, one.abs().max(other.abs()))
    };
    match (one.value(), other.value()) {
        (Some(one), Some(other)) => assert!(close(one, other), "{what}: {one} and {other}"),
        (one, other) => assert_eq!(one, other, "{what}"),
    }
    match (one.interval(), other.interval()) {
        (Some(one), Some(other)) => {
            assert!(close(one.low, other.low), "{what}: {one} and {other}");
            assert!(close(one.high, other.high), "{what}: {one} and {other}");
        }
        (one, other) => assert_eq!(one, other, "{what}"),
    }
}

/// 1 divided by value and limits.
fn inverse(of: Measured) -> Option<[f64; 3]> {
    let (value, interval) = (of.value()?, of.interval()?);
    Some([1.0 / value, 1.0 / interval.high, 1.0 / interval.low])
}

proptest! {
    #[test]
    fn a_figure_lies_in_its_interval_and_a_higher_level_is_wider(of in confusions()) {
        let higher = Level::new(0.99).unwrap();
        for ((name, inner), (_, outer)) in figures(of, LEVEL).into_iter().zip(figures(of, higher)) {
            prop_assert!(inner.value().is_none_or(f64::is_finite), "{name}: {inner}");
            prop_assert_eq!(inner.interval().is_some(), outer.interval().is_some());
            let (Some(value), Some(inner), Some(outer)) = (inner.value(), inner.interval(), outer.interval()) else {
                continue;
            };
            let rounding = 1e-14 * f64::max(1.0, value.abs());
            prop_assert!(inner.low <= value + rounding && value <= inner.high + rounding, "{name}: {value}, {inner}");
            prop_assert!(outer.low <= inner.low && inner.high <= outer.high, "{name}: {inner}, {outer}");
            prop_assert!(inner.low < inner.high, "{name}: {inner}");
            prop_assert!(inner.low >= -1.0 && inner.high.is_finite(), "{name}: {inner}");
        }
    }

    #[test]
    fn renaming_the_classes_inverts_the_likelihood_ratios_and_leaves_the_rest(of in confusions()) {
        let other = renamed(of);
        same("odds ratio", of.diagnostic_odds_ratio(LEVEL), other.diagnostic_odds_ratio(LEVEL), 1e-13);
        same("halved odds ratio", of.diagnostic_odds_ratio_haldane_anscombe(LEVEL), other.diagnostic_odds_ratio_haldane_anscombe(LEVEL), 1e-13);
        same("youden", of.youden_index(LEVEL), other.youden_index(LEVEL), 1e-13);
        same("kappa", of.kappa(LEVEL), other.kappa(LEVEL), 1e-12);
        same("mcc", of.mcc_with_interval(LEVEL), other.mcc_with_interval(LEVEL), 1e-11);
        same("balanced", of.balanced_accuracy_with_interval(LEVEL), other.balanced_accuracy_with_interval(LEVEL), 1e-13);
        same("precision", of.macro_precision_with_interval(LEVEL), other.macro_precision_with_interval(LEVEL), 1e-13);
        for (one, other) in [
            (of.positive_likelihood_ratio(LEVEL), other.negative_likelihood_ratio(LEVEL)),
            (of.positive_likelihood_ratio_haldane_anscombe(LEVEL), other.negative_likelihood_ratio_haldane_anscombe(LEVEL)),
        ] {
            // A ratio of 0 has no interval, and its inverse no value.
            let (Some(one), Some(value), Some(interval)) = (inverse(one), other.value(), other.interval()) else {
                continue;
            };
            for (one, other) in one.into_iter().zip([value, interval.low, interval.high]) {
                prop_assert!((one / other - 1.0).abs() < 1e-12, "{one} and {other}");
            }
        }
    }

    #[test]
    fn truth_and_call_enter_f1_kappa_and_mcc_alike(of in confusions()) {
        let other = transposed(of);
        same("f1", of.f1_with_interval(WILSON, LEVEL), other.f1_with_interval(WILSON, LEVEL), 1e-14);
        same("kappa", of.kappa(LEVEL), other.kappa(LEVEL), 1e-12);
        same("odds ratio", of.diagnostic_odds_ratio(LEVEL), other.diagnostic_odds_ratio(LEVEL), 1e-13);
        // Which margin is empty names another reason.
        if of.mcc().is_ok() {
            same("mcc", of.mcc_with_interval(LEVEL), other.mcc_with_interval(LEVEL), 1e-11);
        }
    }

    #[test]
    fn at_their_own_prevalence_the_predictive_values_are_those_of_the_patients(of in confusions()) {
        let positives = f64::from(of.true_positives) + f64::from(of.false_negatives);
        let negatives = f64::from(of.false_positives) + f64::from(of.true_negatives);
        prop_assume!(positives > 0.0 && negatives > 0.0);
        let prevalence = Prevalence::new(positives / (positives + negatives)).unwrap();
        let other = Prevalence::new(negatives / (positives + negatives)).unwrap();
        let (ppv, npv) = (of.ppv_at(prevalence, LEVEL), of.npv_at(prevalence, LEVEL));
        for (found, expected) in [(ppv, of.ppv()), (npv, of.npv())] {
            prop_assert_eq!(found.value().is_some(), expected.is_ok());
            if let (Some(found), Ok(expected)) = (found.value(), expected) {
                // A prevalence near 1 leaves few digits to what it lacks of 1.
                prop_assert!((found - expected.value()).abs() < 1e-9);
            }
        }
        same("renamed", without_reason(ppv), without_reason(renamed(of).npv_at(other, LEVEL)), 1e-9);
    }

    #[test]
    fn the_odds_ratio_is_that_of_the_likelihood_ratios(of in confusions()) {
        let ratios = [
            (of.positive_likelihood_ratio(LEVEL), of.negative_likelihood_ratio(LEVEL), of.diagnostic_odds_ratio(LEVEL)),
            (
                of.positive_likelihood_ratio_haldane_anscombe(LEVEL),
                of.negative_likelihood_ratio_haldane_anscombe(LEVEL),
                of.diagnostic_odds_ratio_haldane_anscombe(LEVEL),
            ),
        ];
        for (positive, negative, odds) in ratios {
            if let (Some(positive), Some(negative), Some(odds)) = (positive.value(), negative.value(), odds.value()) {
                prop_assert!((positive / negative - odds).abs() <= 1e-12 * odds);
            }
        }
    }

    #[test]
    fn swapping_the_tests_leaves_mcnemar_and_mirrors_the_difference(
        [both, first_only, second_only, neither] in [count(), count(), count(), count()],
    ) {
        let table = PairedTable { both, first_only, second_only, neither };
        let swapped = PairedTable { first_only: second_only, second_only: first_only, ..table };
        for test in [Mcnemar::Exact, Mcnemar::MidP, Mcnemar::Asymptotic] {
            prop_assert_eq!(table.mcnemar(test), swapped.mcnemar(test));
            if let Ok(found) = table.mcnemar(test) {
                prop_assert!((0.0..=1.0).contains(&found.p_value), "{}", found);
            }
        }
        if let (Ok(exact), Ok(mid_p)) = (table.mcnemar(Mcnemar::Exact), table.mcnemar(Mcnemar::MidP)) {
            prop_assert!(mid_p.p_value <= exact.p_value);
        }
        let (one, other) = (table.difference(LEVEL), swapped.difference(LEVEL));
        if let (Some(value), Some(interval), Some(mirror)) = (one.value(), one.interval(), other.interval()) {
            prop_assert!(interval.low <= value && value <= interval.high, "{value}, {interval}");
            prop_assert!((interval.low + mirror.high).abs() < 1e-14);
            prop_assert!((interval.high + mirror.low).abs() < 1e-14);
            prop_assert!(-1.0 <= interval.low + 1e-15 && interval.high <= 1.0 + 1e-15, "{interval}");
        } else {
            prop_assert_eq!(u64::from(both) + u64::from(first_only) + u64::from(second_only) + u64::from(neither), 0);
        }
    }
}

/// Value and interval only: the reasons name the classes.
fn without_reason(of: Measured) -> Measured {
    match (of.value(), of.interval()) {
        (Some(value), Some(interval)) => Measured::new(value, Ok(interval)),
        (Some(value), None) => Measured::without_interval(Ok(value)),
        (None, _) => Measured::undefined(Undefined::AllTied),
    }
}

#[test]
fn intervals_cover_about_as_often_as_they_say_at_the_papers_size() {
    const SAMPLES: u32 = 4000;
    // Sensitivity 0.76 and specificity 0.97 at 29 of 62 patients: the parts of the four cells, and the true figures.
    let parts = [
        0.76 * 29.0 / 62.0,
        0.24 * 29.0 / 62.0,
        0.03 * 33.0 / 62.0,
        0.97 * 33.0 / 62.0,
    ];
    let truth = confusion(parts.map(|part| (part * 1e9_f64).round() as u32));
    let names = [
        "youden_index",
        "balanced accuracy",
        "macro precision",
        "f1",
        "mcc",
    ];
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let mut covered = [0_u32; 5];
    let mut without = 0;
    for _ in 0..SAMPLES {
        let mut counts = [0_u32; 4];
        for _ in 0..62 {
            let mut place: f64 = rng.random_range(0.0..1.0);
            let cell = parts.iter().position(|part| {
                place -= part;
                place < 0.0
            });
            counts[cell.unwrap_or(3)] += 1;
        }
        let (drawn, expected) = (figures(confusion(counts), LEVEL), figures(truth, LEVEL));
        for ((name, drawn), (_, expected)) in drawn.into_iter().zip(expected) {
            let Some(place) = names.iter().position(|of| *of == name) else {
                continue;
            };
            match (drawn.interval(), expected.value()) {
                (Some(interval), Some(expected)) => {
                    covered[place] +=
                        u32::from(interval.low <= expected && expected <= interval.high);
                }
                _ => without += 1,
            }
        }
    }
    assert!(without < 20, "{without} without an interval");
    for (name, covered) in names.into_iter().zip(covered) {
        let part = f64::from(covered) / f64::from(SAMPLES);
        assert!((0.94..0.985).contains(&part), "{name} is covered by {part}");
    }
}
