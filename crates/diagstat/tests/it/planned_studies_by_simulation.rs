//! Studies of the planned size, drawn many times: the power and the width that were planned are what they show.

use diagstat::plan::{
    AreaModel, BinormalPair, area_test_power, area_test_size, difference_test_size,
    expected_area_interval,
};
use diagstat::{
    AucInterval, ClassSizes, CovarianceMethod, Crossed, FigureOfMerit, Inference, Level, Ratio,
    ReaderFigures, Scores, auc_with_interval, delong,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const STUDIES: u32 = 2000;

/// Standard normal numbers by Box and Muller.
struct Normal(ChaCha8Rng);

impl Normal {
    fn seeded(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    fn draw(&mut self) -> f64 {
        let (radius, angle): (f64, f64) = (self.0.random(), self.0.random());
        (-2.0 * (1.0 - radius).ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
    }
}

/// How far apart both classes are where the area is this, by bisection: `distance` standard deviations of each class.
fn distance(area: f64) -> f64 {
    let below = |x: f64| 0.5 * libm::erfc(-x / std::f64::consts::SQRT_2);
    let (mut low, mut high) = (0.0, 8.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if below(middle / std::f64::consts::SQRT_2) < area {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

fn labels(sizes: ClassSizes) -> Vec<bool> {
    (0..sizes.positives + sizes.negatives)
        .map(|patient| patient < sizes.positives)
        .collect()
}

fn study(area: f64, sizes: ClassSizes, normal: &mut Normal) -> Scores {
    let (labels, distance) = (labels(sizes), distance(area));
    let scores: Vec<f64> = labels
        .iter()
        .map(|&label| normal.draw() + if label { distance } else { 0.0 })
        .collect();
    Scores::from_bools(&labels, &scores).unwrap()
}

/// Four standard errors of a share of the studies, and two points for what the planning formula approximates.
#[track_caller]
fn assert_share(what: &str, count: u32, expected: f64) {
    let share = f64::from(count) / f64::from(STUDIES);
    let allowed = 4.0 * (expected * (1.0 - expected) / f64::from(STUDIES)).sqrt() + 0.02;
    assert!(
        (share - expected).abs() < allowed,
        "{what}: found {share}, expected {expected}"
    );
}

#[test]
fn a_planned_difference_of_areas_is_found_by_delongs_test_as_often_as_planned() {
    let pair = BinormalPair {
        areas: (0.75, 0.85),
        spread_ratios: (1.0, 1.0),
        correlation_positives: 0.5,
        correlation_negatives: 0.5,
    };
    let sizes = difference_test_size(&pair, 0.8, 0.05, Ratio::new(1.5).unwrap()).unwrap();
    let labels = labels(sizes);
    let distances = (distance(pair.areas.0), distance(pair.areas.1));
    let mut normal = Normal::seeded(20_240_207);
    let mut found = 0;
    for _ in 0..STUDIES {
        let (mut first, mut second) = (Vec::new(), Vec::new());
        for &label in &labels {
            let (one, other) = (normal.draw(), normal.draw());
            let moved = f64::from(u8::from(label));
            first.push(one + moved * distances.0);
            second.push(0.5 * one + 0.75_f64.sqrt() * other + moved * distances.1);
        }
        let of = |scores: &[f64]| vec![Scores::from_bools(&labels, scores).unwrap()];
        let crossed = Crossed::new(vec![of(&first), of(&second)]).unwrap();
        let figures =
            ReaderFigures::from_readings(&crossed, FigureOfMerit::Area, CovarianceMethod::Delong);
        let compared = figures
            .unwrap()
            .compare(Inference::FixedReaders, Level::PERCENT_95)
            .unwrap();
        found += u32::from(compared.test.unwrap().p_value < 0.05);
    }
    assert_share("difference", found, 0.8);
}

#[test]
fn a_planned_area_is_told_from_its_null_value_as_often_as_planned() {
    let sizes = area_test_size(0.85, 0.75, 0.8, 0.05, Ratio::EQUAL, AreaModel::Binormal).unwrap();
    let power = area_test_power(0.85, 0.75, sizes, 0.05, AreaModel::Binormal).unwrap();
    let mut normal = Normal::seeded(20_240_208);
    let mut found = 0;
    for _ in 0..STUDIES {
        let scores = study(0.85, sizes, &mut normal);
        let auc = delong(&scores).unwrap();
        // The planned test divides by the standard error under the null value; on the study that is this variance.
        let null = diagstat::plan::area_variance(0.75, sizes, AreaModel::Binormal).unwrap();
        found += u32::from((auc.value - 0.75).abs() > 1.959_964 * null.sqrt());
    }
    assert_share("area", found, power);
}

#[test]
fn the_mean_of_delongs_variance_is_that_of_the_interval_to_expect() {
    let mut normal = Normal::seeded(20_240_209);
    for (area, positives, negatives) in [(0.864, 29, 33), (0.7, 5, 40), (0.95, 12, 6)] {
        let sizes = ClassSizes {
            positives,
            negatives,
        };
        let variances: Vec<f64> = (0..STUDIES)
            .map(|_| {
                delong(&study(area, sizes, &mut normal))
                    .unwrap()
                    .variance
                    .unwrap()
            })
            .collect();
        let count = f64::from(STUDIES);
        let mean = variances.iter().sum::<f64>() / count;
        let spread = variances
            .iter()
            .map(|one| (one - mean).powi(2))
            .sum::<f64>()
            / count;
        // 30 % gives an interval that no limit cuts, from whose width the variance follows.
        let level = Level::new(0.3).unwrap();
        let expected =
            expected_area_interval(area, sizes, AreaModel::Binormal, AucInterval::Wald, level)
                .unwrap();
        let interval = expected.interval().unwrap();
        let z = 0.385_320_466_407_567_6;
        let expected = ((interval.high - interval.low) / (2.0 * z)).powi(2);
        let allowed = 4.0 * (spread / count).sqrt();
        assert!(
            (mean - expected).abs() < allowed,
            "{area}: found {mean:e}, expected {expected:e}"
        );
    }
}

#[test]
fn half_of_the_studies_show_a_narrower_interval_than_expected_and_half_a_wider_one() {
    let sizes = ClassSizes {
        positives: 60,
        negatives: 80,
    };
    let expected = expected_area_interval(
        0.8,
        sizes,
        AreaModel::Binormal,
        AucInterval::Wald,
        Level::PERCENT_95,
    )
    .unwrap();
    let width = |measured: diagstat::Measured| {
        measured
            .interval()
            .map(|interval| interval.high - interval.low)
    };
    let expected = width(expected).unwrap();
    let mut normal = Normal::seeded(20_240_210);
    let narrower = (0..STUDIES)
        .filter(|_| {
            let scores = study(0.8, sizes, &mut normal);
            width(auc_with_interval(
                &scores,
                AucInterval::Wald,
                Level::PERCENT_95,
            ))
            .unwrap()
                < expected
        })
        .count();
    let share = narrower as f64 / f64::from(STUDIES);
    assert!((0.42..0.58).contains(&share), "{share}");
}
