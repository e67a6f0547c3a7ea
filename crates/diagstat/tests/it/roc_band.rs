//! Bands of the ROC curve: pROC's bootstrap (`golden/proc_curve.jsonl`), simulated coverage, and what must hold always.

use std::num::NonZeroU32;

use diagstat::{
    BandPoint, Confusion, Level, ProportionInterval, Rate, Scores, band_bootstrap,
    band_simultaneous, intervals_at_thresholds,
};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::golden::{cases, numbers, scores};
use crate::partial_areas::LEAST;

fn rates(of: impl IntoIterator<Item = f64>) -> Vec<Rate> {
    of.into_iter()
        .map(|rate| Rate::new(rate).unwrap())
        .collect()
}

#[test]
fn the_bootstrap_band_is_procs_but_for_chance() {
    let mut differences = Vec::new();
    for case in cases("proc_curve.jsonl", LEAST) {
        if case["band"].is_null() {
            continue;
        }
        let specificities = rates(numbers(&case["band"]["specificities"]));
        let replicates = NonZeroU32::new(10_000).unwrap();
        let band = band_bootstrap(
            &scores(&case),
            &specificities,
            replicates,
            1,
            Level::PERCENT_95,
        )
        .unwrap();
        let expected = numbers(&case["band"]["low"])
            .into_iter()
            .zip(numbers(&case["band"]["high"]));
        for (point, (low, high)) in band.iter().zip(expected) {
            match point.sensitivity.interval() {
                Some(interval) => {
                    differences.push((interval.low - low).abs());
                    differences.push((interval.high - high).abs());
                }
                None => assert_eq!(low, high, "{}: {:?}", case["name"], point),
            }
        }
    }
    // Both draw 10,000 replicates, whose quantiles differ by one patient of 41 at most.
    let count = differences.len() as f64;
    let mean = differences.iter().sum::<f64>() / count;
    let largest = differences.iter().copied().fold(0.0, f64::max);
    assert!(count >= 36.0, "{count} limits");
    assert!(mean < 0.004 && largest < 0.025, "{mean} and {largest}");
}

/// 29 positive and 33 negative patients whose true curve is sensitivity = (1 - specificity)^0.3.
fn continuous(generator: &mut ChaCha8Rng) -> Scores {
    let labels: Vec<bool> = (0..62).map(|patient| patient < 29).collect();
    let scores: Vec<f64> = labels
        .iter()
        .map(|&label| {
            let uniform: f64 = generator.random_range(0.0..1.0);
            1.0 - if label {
                uniform.powf(1.0 / 0.3)
            } else {
                uniform
            }
        })
        .collect();
    Scores::from_bools(&labels, &scores).unwrap()
}

/// As many patients with three ratings, whose true curve has corners at false positive rates 0.1 and 0.4.
fn ratings(generator: &mut ChaCha8Rng) -> Scores {
    let labels: Vec<bool> = (0..62).map(|patient| patient < 29).collect();
    let scores: Vec<f64> = labels
        .iter()
        .map(|&label| {
            let uniform: f64 = generator.random_range(0.0..1.0);
            let (two, one) = if label { (0.5, 0.8) } else { (0.1, 0.4) };
            f64::from(u8::from(uniform < two) + u8::from(uniform < one))
        })
        .collect();
    Scores::from_bools(&labels, &scores).unwrap()
}

fn true_of_ratings(specificity: f64) -> f64 {
    let alarms = 1.0 - specificity;
    if alarms <= 0.1 {
        5.0 * alarms
    } else if alarms <= 0.4 {
        0.5 + (alarms - 0.1)
    } else {
        0.8 + (alarms - 0.4) / 3.0
    }
}

fn holds(band: &[BandPoint], truth: impl Fn(f64) -> f64) -> bool {
    band.iter().all(|point| {
        let interval = point.sensitivity.interval();
        interval.is_none_or(|interval| {
            let sensitivity = truth(point.specificity);
            interval.low - 1e-12 <= sensitivity && sensitivity <= interval.high + 1e-12
        })
    })
}

#[test]
fn the_simultaneous_band_holds_the_whole_true_curve_and_a_pointwise_one_does_not() {
    let mut generator = ChaCha8Rng::seed_from_u64(1994);
    let grid = rates((0..=100).map(|step| f64::from(step) / 100.0));
    let level = Level::PERCENT_95;
    let replicates = NonZeroU32::new(400).unwrap();
    let cohorts = 300;
    let (mut whole, mut tied, mut pointwise, mut at_half) = (0, 0, 0, 0);
    let truth = |specificity: f64| (1.0 - specificity).powf(0.3);
    for seed in 0..cohorts {
        let scores = continuous(&mut generator);
        let band = band_simultaneous(&scores, &grid, level).unwrap();
        whole += u32::from(holds(&band, truth));
        let band = band_bootstrap(&scores, &grid, replicates, seed, level).unwrap();
        pointwise += u32::from(holds(&band, truth));
        at_half += u32::from(holds(&band[50..=50], truth));
        let band = band_simultaneous(&ratings(&mut generator), &grid, level).unwrap();
        tied += u32::from(holds(&band, true_of_ratings));
    }
    let part = |covered: u32| f64::from(covered) / cohorts as f64;
    assert!(part(whole) >= 0.95, "{}", part(whole));
    assert!(part(tied) >= 0.95, "{}", part(tied));
    assert!(part(at_half) >= 0.9, "{}", part(at_half));
    assert!(part(pointwise) < 0.05, "{}", part(pointwise));
}

#[test]
fn intervals_at_thresholds_are_those_of_the_counts_there() {
    let mut compared = 0;
    for case in cases("proc_curve.jsonl", LEAST) {
        if case["scores"].is_null() {
            continue;
        }
        let scores = scores(&case);
        for method in [
            ProportionInterval::Wilson,
            ProportionInterval::ClopperPearson,
        ] {
            let level = Level::new(0.9).unwrap();
            for at in intervals_at_thresholds(&scores, method, level).unwrap() {
                let counts = Confusion::at(&scores, at.point.threshold).unwrap();
                let summary = counts.summary(method, level);
                assert_eq!(at.sensitivity, summary.sensitivity);
                assert_eq!(at.specificity, summary.specificity);
                compared += 1;
            }
        }
    }
    assert!(compared > 1000, "{compared} points");
}

proptest! {
    #[test]
    fn a_band_holds_the_curve_falls_with_specificity_and_widens_with_the_level(
        patients in prop::collection::vec((any::<bool>(), 0..12_u8), 2..40),
        seed in any::<u64>(),
    ) {
        let (labels, scores): (Vec<bool>, Vec<f64>) =
            patients.into_iter().map(|(label, score)| (label, f64::from(score))).unzip();
        prop_assume!(labels.contains(&true) && labels.contains(&false));
        let of = Scores::from_bools(&labels, &scores).unwrap();
        let moved: Vec<f64> = scores.iter().map(|score| score.exp()).collect();
        let moved = Scores::from_bools(&labels, &moved).unwrap();
        let grid = rates((0..=40).map(|step| f64::from(step) / 40.0));
        let [low, high] = [0.5, 0.95].map(|level| Level::new(level).unwrap());

        let narrow = band_simultaneous(&of, &grid, low).unwrap();
        let wide = band_simultaneous(&of, &grid, high).unwrap();
        for (inner, outer) in narrow.iter().zip(&wide) {
            let value = inner.sensitivity.value().unwrap();
            let (inner, outer) = (inner.sensitivity.interval().unwrap(), outer.sensitivity.interval().unwrap());
            prop_assert!(0.0 <= outer.low && outer.low <= inner.low && inner.low <= value);
            prop_assert!(value <= inner.high && inner.high <= outer.high && outer.high <= 1.0);
        }
        for pair in wide.windows(2) {
            let [here, next] = [pair[0], pair[1]].map(|point| point.sensitivity.interval().unwrap());
            prop_assert!(here.low >= next.low - 1e-15 && here.high >= next.high - 1e-15);
        }

        let replicates = NonZeroU32::new(60).unwrap();
        let band = band_bootstrap(&of, &grid, replicates, seed, high).unwrap();
        prop_assert_eq!(&band, &band_bootstrap(&moved, &grid, replicates, seed, high).unwrap());
        for (point, simultaneous) in band.iter().zip(&wide) {
            prop_assert_eq!(point.sensitivity.value(), simultaneous.sensitivity.value());
            if let Some(interval) = point.sensitivity.interval() {
                prop_assert!(0.0 <= interval.low && interval.low < interval.high && interval.high <= 1.0);
            }
        }
    }
}
