//! Maps and reliability curves against scikit-learn (`golden/sklearn_calibration.jsonl`), and what every map keeps.

use std::num::NonZeroU32;

use diagstat::{
    Binning, CalibrationMap, Isotonic, Level, Platt, ProportionInterval, Scores, Temperature,
    Undefined, auc, brier, calibration_regression, clipped, reliability_curve,
};
use proptest::prelude::*;

use crate::golden::{assert_close, assert_near, cases, numbers, scores};

const FILE: &str = "sklearn_calibration.jsonl";
const LEAST: usize = 48;

#[test]
fn isotonic_regression_is_scikit_learns_between_and_beyond_the_scores() {
    let mut compared = 0;
    for case in cases(FILE, LEAST) {
        let map = Isotonic::fit(&scores(&case)).unwrap();
        for (query, expected) in numbers(&case["queries"])
            .into_iter()
            .zip(numbers(&case["isotonic"]))
        {
            compared += 1;
            assert_near(&case["name"].to_string(), map.apply(query), expected, 1e-12);
        }
    }
    assert!(compared >= 15 * LEAST, "{compared}");
}

#[test]
fn platts_map_is_scikit_learns_as_far_as_its_optimiser_goes() {
    let mut compared = 0;
    for case in cases(FILE, LEAST) {
        let name = case["name"].to_string();
        let of = scores(&case);
        if case["sigmoid"].is_null() {
            assert_eq!(Platt::fit(&of), Err(Undefined::AllTied), "{name}");
            continue;
        }
        let map = Platt::fit(&of).unwrap();
        for (query, expected) in numbers(&case["queries"])
            .into_iter()
            .zip(numbers(&case["sigmoid"]))
        {
            compared += 1;
            assert_near(&name, map.apply(query), expected, 1e-4);
        }
    }
    assert!(compared >= 15 * (LEAST - 1), "{compared}");
}

#[test]
fn reliability_curves_are_scikit_learns_calibration_curves() {
    let mut compared = 0;
    for case in cases(FILE, LEAST) {
        let (name, of) = (case["name"].to_string(), scores(&case));
        if case["curves"].is_null() {
            assert!(brier(&of).is_err(), "{name}");
            continue;
        }
        assert_close(
            &name,
            brier(&of).unwrap(),
            case["brier"].as_f64().unwrap(),
            1e-13,
        );
        for count in [5, 10] {
            let bins = NonZeroU32::new(count).unwrap();
            for (binning, key) in [
                (Binning::EqualWidth(bins), format!("uniform {count}")),
                (Binning::EqualCount(bins), format!("quantile {count}")),
            ] {
                compared += 1;
                let curve =
                    reliability_curve(&of, binning, ProportionInterval::Wilson, Level::PERCENT_95)
                        .unwrap();
                let expected = &case["curves"][&key];
                let (parts, means) = (numbers(&expected[0]), numbers(&expected[1]));
                assert_eq!(curve.len(), parts.len(), "{name}, {key}");
                for (bin, (part, mean)) in curve.iter().zip(parts.into_iter().zip(means)) {
                    assert_near(&name, bin.positive_part.value().unwrap(), part, 1e-13);
                    assert_near(&name, bin.score, mean, 1e-13);
                }
            }
        }
    }
    assert!(compared >= 150, "{compared}");
}

fn probabilities() -> impl Strategy<Value = Scores> {
    prop::collection::vec((any::<bool>(), 1..64_u8), 2..60).prop_map(|patients| {
        let (labels, scores): (Vec<bool>, Vec<f64>) = patients
            .into_iter()
            .map(|(label, step)| (label, f64::from(step) / 64.0))
            .unzip();
        Scores::from_bools(&labels, &scores).unwrap()
    })
}

fn maps(of: &Scores) -> Vec<CalibrationMap> {
    let maps = [
        Isotonic::fit(of).map(CalibrationMap::Isotonic),
        Platt::fit(of).map(CalibrationMap::Platt),
        Temperature::fit(of).map(CalibrationMap::Temperature),
    ];
    maps.into_iter().flatten().collect()
}

fn mapped(of: &Scores, map: &CalibrationMap) -> Scores {
    let (labels, scores): (Vec<bool>, Vec<f64>) = of
        .iter()
        .map(|(label, score)| (label, map.apply(score)))
        .unzip();
    Scores::from_bools(&labels, &scores).unwrap()
}

fn log_loss(of: &Scores) -> f64 {
    of.iter()
        .map(|(label, score)| {
            if label {
                -score.ln()
            } else {
                -(-score).ln_1p()
            }
        })
        .sum()
}

proptest! {
    #[test]
    fn a_map_gives_probabilities_and_a_file_gives_back_the_same_map(
        of in probabilities(),
        score in -1e3..1e3_f64,
    ) {
        for map in maps(&of) {
            let found = map.apply(score);
            prop_assert!((0.0..=1.0).contains(&found), "{map:?} gives {found}");
            let json = serde_json::to_string(&map).unwrap();
            let read: CalibrationMap = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(read, map);
        }
    }

    #[test]
    fn a_map_of_shuffled_patients_is_the_same_to_the_last_bit(
        (patients, shuffled) in prop::collection::vec((any::<bool>(), 1..64_u8), 2..40)
            .prop_flat_map(|patients| (Just(patients.clone()), Just(patients).prop_shuffle())),
    ) {
        let of = |patients: Vec<(bool, u8)>| {
            let (labels, scores): (Vec<bool>, Vec<f64>) =
                patients.into_iter().map(|(label, step)| (label, f64::from(step) / 64.0)).unzip();
            maps(&Scores::from_bools(&labels, &scores).unwrap())
        };
        prop_assert_eq!(of(patients), of(shuffled));
    }

    #[test]
    fn isotonic_regression_never_falls_has_a_lower_brier_and_changes_nothing_the_second_time(of in probabilities()) {
        let Ok(map) = Isotonic::fit(&of) else { return Ok(()) };
        let mut before = 0.0;
        for step in 0..=64_u8 {
            let found = map.apply(f64::from(step) / 64.0);
            prop_assert!(found >= before);
            before = found;
        }
        let after = mapped(&of, &CalibrationMap::Isotonic(map));
        prop_assert!(brier(&after).unwrap() <= brier(&of).unwrap() + 1e-15);
        let again = Isotonic::fit(&after).unwrap();
        for (_, score) in after.iter() {
            prop_assert!((again.apply(score) - score).abs() < 1e-12);
        }
        let curve = diagstat::calibration_in_the_large(&after).unwrap();
        prop_assert!(curve.abs() < 1e-12);
    }

    #[test]
    fn the_temperature_lowers_the_log_loss_keeps_ranks_and_calls_and_fits_to_one_afterwards(of in probabilities()) {
        let Ok(map) = Temperature::fit(&of) else { return Ok(()) };
        let after = mapped(&of, &CalibrationMap::Temperature(map));
        prop_assert!(log_loss(&after) <= log_loss(&of) * (1.0 + 1e-12));
        if after.iter().all(|(_, score)| score > 1e-9 && score < 1.0 - 1e-9) {
            if let (Ok(before), Ok(after)) = (auc(&of), auc(&after)) {
                prop_assert_eq!(before, after);
            }
            for ((_, before), (_, after)) in of.iter().zip(after.iter()) {
                prop_assert_eq!(before >= 0.5, after >= 0.5);
            }
            let again = Temperature::fit(&after).unwrap();
            prop_assert!((again.temperature() - 1.0).abs() < 1e-6, "{again:?}");
        }
    }

    #[test]
    fn renaming_the_classes_mirrors_every_map(of in probabilities()) {
        let (labels, scores): (Vec<bool>, Vec<f64>) = of.iter().map(|(label, score)| (!label, 1.0 - score)).unzip();
        let mirrored = Scores::from_bools(&labels, &scores).unwrap();
        let (here, there) = (maps(&of), maps(&mirrored));
        prop_assert_eq!(here.len(), there.len());
        for (here, there) in here.iter().zip(&there) {
            for (_, score) in of.iter() {
                let (here, there) = (here.apply(score), 1.0 - there.apply(1.0 - score));
                prop_assert!((here - there).abs() < 1e-7, "{here} and {there}");
            }
        }
    }

    #[test]
    fn after_a_logistic_map_on_the_logit_the_line_is_the_diagonal(of in probabilities()) {
        let Ok(line) = calibration_regression(&of, Level::PERCENT_95) else { return Ok(()) };
        let Some(slope) = line.slope.value() else { return Ok(()) };
        let logit = |p: f64| (p / (1.0 - p)).ln();
        // The constant that goes with the slope: the intercept of the scores after their slope.
        let sloped: Vec<f64> = of.iter().map(|(_, p)| 1.0 / (1.0 + (-slope * logit(p)).exp())).collect();
        let labels: Vec<bool> = of.iter().map(|(label, _)| label).collect();
        let sloped = clipped(&Scores::from_bools(&labels, &sloped).unwrap(), 1e-12).unwrap();
        let second = calibration_regression(&sloped, Level::PERCENT_95).unwrap();
        if sloped.iter().all(|(_, p)| p > 1e-9 && p < 1.0 - 1e-9) && slope.abs() > 1e-3 {
            prop_assert!((second.slope.value().unwrap() - 1.0).abs() < 1e-5, "{:?}", second.slope);
        }
    }
}
