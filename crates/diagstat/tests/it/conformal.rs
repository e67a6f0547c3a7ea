//! Conformal sets against crepes, risk-coverage curves against their definition (`golden/crepes_conformal.jsonl`), and the
//! coverage that is promised, by simulation.

use diagstat::{Conformal, Level, PredictionSet, ProportionInterval, Rate, Scores, risk_coverage};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::golden::{assert_near, cases, numbers, scores};

const FILE: &str = "crepes_conformal.jsonl";
const LEAST: usize = 36;

fn level(coverage: f64) -> Level {
    Level::new(coverage).unwrap()
}

#[test]
fn sets_are_those_of_crepes() {
    let (mut compared, mut seen) = (0, std::collections::HashSet::new());
    for case in cases(FILE, LEAST) {
        let of = scores(&case);
        for (coverage, sets) in case["sets"].as_object().unwrap() {
            let fitted = Conformal::fit(&of, level(coverage.parse().unwrap())).unwrap();
            let expected = sets.as_array().unwrap();
            for (query, expected) in numbers(&case["queries"]).into_iter().zip(expected) {
                let set = fitted.set(query);
                let found = [false, true].map(|class| f64::from(u8::from(set.holds(class))));
                assert_eq!(
                    found.to_vec(),
                    numbers(expected),
                    "{} at {query}, coverage {coverage}: {fitted:?}",
                    case["name"]
                );
                seen.insert(set);
                compared += 1;
            }
        }
    }
    assert!(compared > 100 * LEAST, "{compared}");
    assert_eq!(seen.len(), 4, "not every kind of set was met: {seen:?}");
}

#[test]
fn curves_and_areas_follow_from_the_definition() {
    let mut compared = 0;
    for case in cases(FILE, LEAST) {
        let name = case["name"].to_string();
        let threshold = Rate::new(case["threshold"].as_f64().unwrap()).unwrap();
        let curve = risk_coverage(&scores(&case), threshold).unwrap();
        let expected = case["curve"]["points"].as_array().unwrap();
        assert_eq!(curve.points.len(), expected.len(), "{name}");
        for (point, expected) in curve.points.iter().zip(expected) {
            let expected = numbers(expected);
            let found = [point.distance, point.coverage, point.risk];
            for (found, expected) in found.into_iter().zip(expected) {
                assert_near(&name, found, expected, 1e-12);
                compared += 1;
            }
        }
        let number = |key: &str| case["curve"][key].as_f64().unwrap();
        assert_near(&name, curve.area, number("area"), 1e-12);
        assert_near(&name, curve.excess, number("excess"), 1e-12);
    }
    assert!(compared > 1000, "{compared}");
}

/// Scores of patients of both classes, of which the positive ones tend to be higher.
fn draw(random: &mut ChaCha8Rng, positives: usize, negatives: usize) -> Scores {
    let labels = [vec![1; positives], vec![0; negatives]].concat();
    let scores: Vec<f64> = labels
        .iter()
        .map(|label| {
            let noise: f64 = random.random();
            if *label == 1 {
                noise.sqrt()
            } else {
                noise * noise.sqrt()
            }
        })
        .collect();
    Scores::new(&labels, &scores).unwrap()
}

#[test]
fn sets_cover_each_class_as_often_as_was_asked_whatever_the_model() {
    const STUDIES: u32 = 2000;
    let mut random = ChaCha8Rng::seed_from_u64(7);
    for (coverage, positives, negatives) in [(0.9, 29, 33), (0.8, 14, 40), (0.95, 40, 25)] {
        let mut sums = [0.0, 0.0];
        for _ in 0..STUDIES {
            let sets =
                Conformal::fit(&draw(&mut random, positives, negatives), level(coverage)).unwrap();
            let judged = sets.judge(
                &draw(&mut random, 50, 50),
                ProportionInterval::Wilson,
                Level::PERCENT_95,
            );
            sums[1] += judged.coverage_positive.value().unwrap();
            sums[0] += judged.coverage_negative.value().unwrap();
        }
        for (found, patients) in sums.iter().zip([negatives, positives]) {
            let mean = found / f64::from(STUDIES);
            // Without ties the expected coverage is k / (n + 1), exactly.
            let rank = ((patients as f64 + 1.0) * coverage - 1e-9).ceil();
            let exact = rank / (patients as f64 + 1.0);
            // Variance of the mean: that of a Beta(k, n + 1 - k) coverage, and of 50 patients at each.
            let spread = exact * (1.0 - exact) * (1.0 / (patients as f64 + 2.0) + 1.0 / 50.0);
            let error = (spread / f64::from(STUDIES)).sqrt();
            assert!(
                (mean - exact).abs() < 4.0 * error && exact >= coverage,
                "{coverage} of {patients}: {mean}, expected {exact} within {error}"
            );
        }
    }
}

proptest! {
    #[test]
    fn more_coverage_never_shrinks_a_set_and_judged_counts_add_up(
        patients in prop::collection::vec((0..2_u8, 0..20_u32), 2..60), at in 0.0..1.0_f64,
    ) {
        let mut labels: Vec<u8> = patients.iter().map(|(label, _)| *label).collect();
        labels[0] = 0;
        labels[1] = 1;
        let values: Vec<f64> = patients.iter().map(|(_, score)| f64::from(*score) / 19.0).collect();
        let scores = Scores::new(&labels, &values).unwrap();
        let mut before = PredictionSet::Neither;
        for coverage in [0.3, 0.6, 0.9, 0.99] {
            let sets = Conformal::fit(&scores, level(coverage)).unwrap();
            let set = sets.set(at);
            for class in [false, true] {
                prop_assert!(set.holds(class) || !before.holds(class));
            }
            before = set;
            let judged = sets.judge(&scores, ProportionInterval::Wilson, Level::PERCENT_95);
            let calls = judged.calls;
            let called = calls.true_positives + calls.false_negatives + calls.false_positives + calls.true_negatives;
            prop_assert_eq!((called + judged.both + judged.neither) as usize, scores.len());
            // On the calibration patients themselves the coverage is at least what was asked.
            prop_assert!(judged.coverage.value().unwrap() >= coverage - 1.0 / scores.len() as f64 - 1e-12);
        }
    }

    #[test]
    fn the_last_point_calls_everybody_and_excess_is_not_negative(
        patients in prop::collection::vec((0..2_u8, 0.0..1.0_f64), 1..60), threshold in 0.0..1.0_f64,
    ) {
        let labels: Vec<u8> = patients.iter().map(|(label, _)| *label).collect();
        let values: Vec<f64> = patients.iter().map(|(_, score)| *score).collect();
        let curve = risk_coverage(&Scores::new(&labels, &values).unwrap(), Rate::new(threshold).unwrap()).unwrap();
        let wrong = patients.iter().filter(|(label, score)| u8::from(*score >= threshold) != *label).count();
        let last = curve.points.last().unwrap();
        prop_assert!((last.risk - wrong as f64 / patients.len() as f64).abs() < 1e-12 && last.coverage == 1.0);
        prop_assert!(curve.excess >= -1e-12 && curve.area <= 1.0);
    }
}
