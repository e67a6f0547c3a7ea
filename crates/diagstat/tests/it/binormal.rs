//! The binormal curve against R's ordinal (`golden/ordinal.jsonl`) and pROC (`golden/proc_curve.jsonl`), and what must
//! hold for any scores.

use diagstat::{Binormal, Level, Rate, Scores, Undefined, binormal, binormal_linear};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::delong_matches_proc::patients;
use crate::golden::{assert_close, cases, numbers, scores};
use crate::partial_areas::LEAST;

#[test]
fn the_likeliest_curve_and_its_covariance_are_those_of_ordinal() {
    let mut compared = 0;
    for case in cases("ordinal.jsonl", 36) {
        let name = case["name"].to_string();
        let scores = if case["scores"].is_null() {
            large()
        } else {
            scores(&case)
        };
        let fit = binormal(&scores).unwrap();
        let area = fit.area_with_interval(Level::PERCENT_95);
        let interval = area.interval().unwrap();
        let limits = numbers(&case["limits"]);
        // Both iterate, and stop where a further step would change the twelfth digit.
        for (found, expected, tolerance) in [
            (fit.curve.a, case["a"].as_f64().unwrap(), 1e-10),
            (fit.curve.b, case["b"].as_f64().unwrap(), 1e-10),
            (area.value().unwrap(), case["area"].as_f64().unwrap(), 1e-10),
            (interval.low, limits[0], 1e-10),
            (interval.high, limits[1], 1e-10),
            (fit.variance_a, case["variance_a"].as_f64().unwrap(), 1e-10),
            (fit.variance_b, case["variance_b"].as_f64().unwrap(), 1e-10),
            (
                fit.covariance + 1.0,
                case["covariance"].as_f64().unwrap() + 1.0,
                1e-10,
            ),
        ] {
            compared += 1;
            assert_close(&name, found, expected, tolerance);
        }
    }
    assert!(compared >= 288, "{compared} numbers");
}

/// The patients of the script's last case.
fn large() -> Scores {
    let (labels, scores): (Vec<bool>, Vec<f64>) = (0..100_000_u64)
        .map(|patient| {
            let score = (patient * 7919 % 1009) / 20;
            (patient * 104_729 % 1000 + score * 5 > 600, score as f64)
        })
        .unzip();
    Scores::from_bools(&labels, &scores).unwrap()
}

#[test]
fn the_line_on_normal_paper_is_procs() {
    let (mut compared, mut refused) = (0, 0);
    for case in cases("proc_curve.jsonl", LEAST) {
        let name = case["name"].to_string();
        let line = &case["line"];
        match binormal_linear(&patients(&case)) {
            Ok(curve) => {
                compared += 1;
                assert_close(
                    &name,
                    curve.a + 1.0,
                    line["a"].as_f64().unwrap() + 1.0,
                    1e-11,
                );
                assert_close(&name, curve.b, line["b"].as_f64().unwrap(), 1e-11);
                assert_close(&name, curve.area(), line["auc"].as_f64().unwrap(), 1e-12);
                let points = numbers(&line["specificities"])
                    .into_iter()
                    .zip(numbers(&line["sensitivities"]));
                for (specificity, sensitivity) in points.filter(|(at, _)| (0.01..0.99).contains(at))
                {
                    let found = curve.sensitivity_at(Rate::new(specificity).unwrap());
                    assert_close(&name, found, sensitivity, 1e-10);
                }
            }
            Err(Undefined::TooFew { .. } | Undefined::PointsOnALine) => {
                refused += 1;
                assert!(line.is_null(), "{name}");
            }
            Err(other) => panic!("{name}: {other}"),
        }
    }
    assert!(compared >= 45 && refused >= 5, "{compared} and {refused}");
}

/// Labels and scores of `patients` patients, rounded to quarters.
fn drawn(seed: u64) -> (Vec<bool>, Vec<f64>) {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    let patients = generator.random_range(4..60);
    (0..patients)
        .map(|_| {
            let label = generator.random_bool(0.5);
            let sum: f64 = (0..4).map(|_| generator.random_range(0.0..1.0)).sum();
            let score = sum + if label { 0.5 } else { 0.0 };
            (label, (score * 8.0).round() / 8.0)
        })
        .unzip()
}

#[test]
fn every_draw_has_a_curve_or_a_reason_that_no_renaming_or_rising_transform_changes() {
    let (mut fitted, mut degenerate) = (0, 0);
    for seed in 0..400 {
        let (labels, scores) = drawn(seed);
        let of = |labels: &[bool], scores: Vec<f64>| {
            binormal(&Scores::from_bools(labels, &scores).unwrap())
        };
        let found = of(&labels, scores.clone());
        let stretched = scores.iter().map(|score| score.exp() - 7.0).collect();
        assert_eq!(found, of(&labels, stretched), "seed {seed}");
        let flipped: Vec<bool> = labels.iter().map(|label| !label).collect();
        let mirrored = scores.iter().map(|score| 1.0 - score).collect();
        match (found, of(&flipped, mirrored)) {
            (Ok(found), Ok(renamed)) => {
                fitted += 1;
                let Binormal { a, b } = found.curve;
                assert_close("b", renamed.curve.b, 1.0 / b, 1e-8);
                assert_close("a", renamed.curve.a + 1.0, a / b + 1.0, 1e-8);
                let level = Level::new(0.9).unwrap();
                let interval = found.area_with_interval(level).interval().unwrap();
                let other = renamed.area_with_interval(level).interval().unwrap();
                assert_close("low", interval.low, other.low, 1e-7);
                assert_close("high", interval.high, other.high, 1e-7);
                assert!(0.0 <= interval.low && interval.low < found.curve.area());
                assert!(found.curve.area() < interval.high && interval.high <= 1.0);
            }
            (Err(Undefined::DegenerateBinormal), Err(Undefined::DegenerateBinormal)) => {
                degenerate += 1;
            }
            (Err(Undefined::TooFew { .. }), Err(Undefined::TooFew { .. })) => {}
            (found, renamed) => panic!("seed {seed}: {found:?}, renamed {renamed:?}"),
        }
    }
    assert!(
        fitted >= 300 && degenerate >= 5,
        "{fitted} and {degenerate}"
    );
}

#[test]
fn a_curve_falls_from_one_to_zero_and_has_its_area_below_it() {
    for (a, b) in [(0.0, 1.0), (1.5, 0.6), (-0.4, 2.0), (3.0, 1.0)] {
        let curve = Binormal { a, b };
        let at = |step: u32| curve.sensitivity_at(Rate::new(f64::from(step) / 20_000.0).unwrap());
        assert_eq!((at(0), at(20_000)), (1.0, 0.0));
        let below: f64 = (0..20_000)
            .map(|step| {
                assert!(at(step) >= at(step + 1));
                f64::midpoint(at(step), at(step + 1)) / 20_000.0
            })
            .sum();
        assert!((below - curve.area()).abs() < 1e-4, "{a} {b}: {below}");
    }
}

#[test]
fn all_orders_of_up_to_nine_patients_have_a_curve_unless_one_class_lies_in_a_gap_of_the_other() {
    let (mut fitted, mut degenerate) = (0, 0);
    for patients in 2..=9_u32 {
        for order in 1..(1_u32 << patients) - 1 {
            let labels: Vec<bool> = (0..patients).map(|bit| order >> bit & 1 == 1).collect();
            let places: Vec<f64> = (0..patients).map(f64::from).collect();
            let lies_between = |class: bool| {
                let first = labels.iter().position(|&label| label != class).unwrap();
                let last = labels.iter().rposition(|&label| label != class).unwrap();
                labels[first..=last].contains(&class)
            };
            match binormal(&Scores::from_bools(&labels, &places).unwrap()) {
                Ok(_) => {
                    fitted += 1;
                    assert!(lies_between(true) && lies_between(false), "{labels:?}");
                }
                Err(Undefined::DegenerateBinormal) => {
                    degenerate += 1;
                    assert!(!lies_between(true) || !lies_between(false), "{labels:?}");
                }
                Err(other) => panic!("{labels:?}: {other}"),
            }
        }
    }
    assert!(
        fitted > 400 && degenerate > 200,
        "{fitted} and {degenerate}"
    );
}
