//! What must hold for areas of several models, their differences and tests, and the reasons where there are none.

use diagstat::{
    AreaDifference, AucInterval, Clustered, IntervalMethod, Level, Paired, Scores, Undefined,
    delong, delong_paired, delong_unpaired, obuchowski, obuchowski_paired,
};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

#[test]
fn what_cannot_be_compared_has_a_reason_in_place_of_interval_and_test() {
    let scores = |labels: &[u8], scores: &[f64]| Scores::new(labels, scores).unwrap();
    let pair = |labels: &[u8], first: &[f64], second: &[f64]| {
        let paired = Paired::new(vec![scores(labels, first), scores(labels, second)]).unwrap();
        let areas = delong_paired(&paired).unwrap();
        assert_eq!(
            areas.test_of_all().err(),
            areas.differences(Level::PERCENT_95)[0].test.err()
        );
        areas.differences(Level::PERCENT_95)[0]
    };
    let reason = |of: AreaDifference| (of.difference.reason().unwrap(), of.test.unwrap_err());

    let alike = pair(
        &[0, 0, 1, 1],
        &[1.0, 3.0, 2.0, 4.0],
        &[10.0, 30.0, 20.0, 40.0],
    );
    assert_eq!(alike.difference.value(), Some(0.0));
    assert_eq!(
        reason(alike),
        (Undefined::SameRanking, Undefined::SameRanking)
    );
    let both_separate = pair(&[0, 0, 1, 1], &[1.0, 2.0, 3.0, 4.0], &[2.0, 1.0, 3.0, 4.0]);
    assert_eq!(reason(both_separate).1, Undefined::SameRanking);
    let zero = Undefined::ZeroVariance { value: 0.5 };
    let separated_and_tied = pair(&[0, 0, 1, 1], &[1.0, 2.0, 3.0, 4.0], &[1.0; 4]);
    assert_eq!(reason(separated_and_tied), (zero, zero));
    let one_positive = pair(&[0, 0, 1], &[1.0, 2.0, 3.0], &[1.0, 3.0, 2.0]);
    assert_eq!(one_positive.difference.value(), Some(0.5));
    assert_eq!(
        one_positive.test.unwrap_err().to_string(),
        "1 positive patient, at least 2 needed"
    );

    let separated = scores(&[0, 0, 1, 1], &[1.0, 2.0, 3.0, 4.0]);
    let tied = scores(&[0, 0, 1, 1], &[1.0; 4]);
    assert_eq!(
        reason(delong_unpaired(&separated, &tied, Level::PERCENT_95)),
        (zero, zero)
    );
    let nobody = scores(&[], &[]);
    assert_eq!(
        delong_unpaired(&separated, &nobody, Level::PERCENT_95)
            .difference
            .value(),
        None
    );

    let images = scores(&[0, 0, 1, 1], &[1.0, 3.0, 2.0, 4.0]);
    let of_three = obuchowski(&Clustered::new(images.clone(), &["a", "b", "c", "c"]).unwrap());
    assert_eq!(
        of_three.unwrap().covariance().unwrap_err().to_string(),
        "1 patient with a positive image, at least 2 needed"
    );
    assert_eq!(
        Clustered::new(images, &["a"]).unwrap_err().to_string(),
        "found 4 images and patients of 1 images, expected a patient for each image"
    );
}

#[test]
fn json_writes_a_missing_test_as_null_with_its_reason() {
    let labels = [0, 0, 1, 1];
    let model = Scores::new(&labels, &[1.0, 3.0, 2.0, 4.0]).unwrap();
    let areas = delong_paired(&Paired::new(vec![model.clone(), model]).unwrap()).unwrap();
    let json = serde_json::to_value(areas.differences(Level::PERCENT_95)[0]).unwrap();
    assert!(json["test"].is_null());
    assert!(
        json["test_reason"]
            .as_str()
            .unwrap()
            .contains("rank each patient alike")
    );
}

#[test]
fn three_areas_of_which_two_are_alike_have_no_test_of_all() {
    let labels = [0, 0, 0, 1, 1, 1];
    let of = |scores: [f64; 6]| Scores::new(&labels, &scores).unwrap();
    let (first, second) = (
        of([1.0, 2.0, 5.0, 3.0, 4.0, 6.0]),
        of([2.0, 1.0, 4.0, 3.0, 6.0, 5.0]),
    );
    let areas = delong_paired(&Paired::new(vec![first.clone(), second, first]).unwrap()).unwrap();
    assert_eq!(areas.test_of_all(), Err(Undefined::SameRanking));
    assert_eq!(areas.differences(Level::PERCENT_95).len(), 3);
}

#[test]
fn an_interval_of_images_names_obuchowski() {
    let labels = [0, 0, 0, 1, 1, 1, 0, 1];
    let scores = [0.1, 0.5, 0.3, 0.4, 0.8, 0.2, 0.6, 0.7];
    let images = Scores::new(&labels, &scores).unwrap();
    let images = Clustered::new(images, &[1, 1, 2, 3, 4, 4, 5, 6]).unwrap();
    let areas = obuchowski(&images).unwrap();
    for (scale, method) in [
        (AucInterval::Wald, IntervalMethod::ObuchowskiWald),
        (AucInterval::Logit, IntervalMethod::ObuchowskiLogit),
    ] {
        let interval = areas.measured(scale, Level::new(0.5).unwrap())[0]
            .interval()
            .unwrap();
        assert_eq!(interval.method, method);
    }
}

/// Images of 60 patients, one to four of each, under two models that share what is the patient's own.
fn drawn_images(generator: &mut ChaCha8Rng, labels_differ: bool) -> (Paired, Vec<usize>) {
    let mut normal = || {
        let (radius, angle): (f64, f64) = (generator.random(), generator.random());
        (-2.0 * (1.0 - radius).ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
    };
    let (mut labels, mut first, mut second, mut ids) = (vec![], vec![], vec![], vec![]);
    for patient in 0..60_usize {
        let own = normal();
        for image in 0..1 + patient % 4 {
            let positive = (patient + if labels_differ { image } else { 0 }) % 2 == 0;
            let gain = if positive { 1.2 } else { 0.0 };
            let of_image = normal();
            labels.push(positive);
            first.push(gain + own + 0.6 * of_image);
            second.push(gain + 0.5 * own + 0.3 * of_image + normal());
            ids.push(patient);
        }
    }
    let of = |scores: &[f64]| Scores::from_bools(&labels, scores).unwrap();
    (Paired::new(vec![of(&first), of(&second)]).unwrap(), ids)
}

#[test]
fn obuchowskis_errors_are_the_spread_of_areas_over_cohorts_and_delongs_are_not() {
    for labels_differ in [false, true] {
        let mut generator = ChaCha8Rng::seed_from_u64(1);
        let (mut areas, mut differences) = (Vec::new(), Vec::new());
        let (mut expected, mut expected_of_difference, mut delongs) = (0.0, 0.0, 0.0);
        for _ in 0..1000 {
            let (paired, ids) = drawn_images(&mut generator, labels_differ);
            delongs += delong(&paired.models()[0]).unwrap().variance.unwrap() / 1000.0;
            let found = obuchowski_paired(&Clustered::new(paired, &ids).unwrap()).unwrap();
            areas.push(found.values()[0]);
            differences.push(found.values()[0] - found.values()[1]);
            let covariance = found.covariance().unwrap();
            expected += covariance[0][0] / 1000.0;
            expected_of_difference +=
                (covariance[0][0] + covariance[1][1] - 2.0 * covariance[0][1]) / 1000.0;
        }
        let variance = |of: &[f64]| {
            let mean = of.iter().sum::<f64>() / 1000.0;
            of.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 999.0
        };
        // The spread of 1,000 cohorts is itself known to 2.2 %.
        let ratio = |found: f64, of: &[f64]| (found / variance(of)).sqrt();
        assert!((ratio(expected, &areas) - 1.0).abs() < 0.07);
        assert!((ratio(expected_of_difference, &differences) - 1.0).abs() < 0.07);
        assert!((ratio(delongs, &areas) - 1.0).abs() > 0.2);
    }
}

/// Labels with at least two of each, three models with ties, and a patient for each row.
fn patients() -> impl Strategy<Value = (Vec<bool>, Vec<[u8; 3]>, Vec<u8>)> {
    prop::collection::vec((any::<bool>(), any::<[u8; 3]>(), 0..8_u8), 4..24).prop_map(|rows| {
        let mut labels: Vec<bool> = rows.iter().map(|row| row.0).collect();
        labels[..4].copy_from_slice(&[true, true, false, false]);
        let scores = rows
            .iter()
            .map(|row| row.1.map(|score| score % 12))
            .collect();
        let mut patients: Vec<u8> = rows.iter().map(|row| row.2).collect();
        patients[..4].copy_from_slice(&[0, 1, 2, 3]);
        (labels, scores, patients)
    })
}

fn paired_of(labels: &[bool], scores: &[[u8; 3]], models: &[usize], map: fn(f64) -> f64) -> Paired {
    let of = |&model: &usize| {
        let scores: Vec<f64> = scores.iter().map(|of| map(f64::from(of[model]))).collect();
        Scores::from_bools(labels, &scores).unwrap()
    };
    Paired::new(models.iter().map(of).collect()).unwrap()
}

/// DeLong's covariance by its definition, from components counted pair by pair.
fn covariance_of_pairs(labels: &[bool], first: &Scores, second: &Scores) -> f64 {
    let components = |scores: &Scores, class: bool| -> Vec<f64> {
        let scores: Vec<f64> = scores.iter().map(|(_, score)| score).collect();
        let of_class = |class| (0..labels.len()).filter(move |&row| labels[row] == class);
        of_class(class)
            .map(|row| {
                let wins = of_class(!class).map(|other| {
                    let (positive, negative) = if class { (row, other) } else { (other, row) };
                    f64::from(u8::from(scores[positive] > scores[negative]))
                        + 0.5 * f64::from(u8::from(scores[positive] == scores[negative]))
                });
                wins.sum::<f64>() / of_class(!class).count() as f64
            })
            .collect()
    };
    [true, false]
        .iter()
        .map(|&class| {
            let (a, b) = (components(first, class), components(second, class));
            let count = a.len() as f64;
            let mean = |of: &[f64]| of.iter().sum::<f64>() / count;
            let (mean_a, mean_b) = (mean(&a), mean(&b));
            let products: f64 = a
                .iter()
                .zip(&b)
                .map(|(a, b)| (a - mean_a) * (b - mean_b))
                .sum();
            products / (count - 1.0) / count
        })
        .sum()
}

proptest! {
    #[test]
    fn covariances_are_those_of_all_pairs_and_variances_those_of_delong((labels, scores, _) in patients()) {
        let paired = paired_of(&labels, &scores, &[0, 1, 2], |score| score);
        let areas = delong_paired(&paired).unwrap();
        let covariance = areas.covariance().unwrap();
        for (row, first) in paired.models().iter().enumerate() {
            prop_assert_eq!(covariance[row][row], delong(first).unwrap().variance.unwrap());
            for (column, second) in paired.models().iter().enumerate() {
                let expected = covariance_of_pairs(&labels, first, second);
                prop_assert!((covariance[row][column] - expected).abs() < 1e-14);
                prop_assert_eq!(covariance[row][column], covariance[column][row]);
            }
        }
    }

    #[test]
    fn one_image_a_patient_gives_delongs_covariances((labels, scores, _) in patients()) {
        let paired = paired_of(&labels, &scores, &[0, 1, 2], |score| score);
        let delong = delong_paired(&paired).unwrap();
        let ids: Vec<usize> = (0..labels.len()).collect();
        let areas = obuchowski_paired(&Clustered::new(paired, &ids).unwrap()).unwrap();
        for (found, expected) in areas.covariance().unwrap().iter().zip(delong.covariance().unwrap()) {
            for (found, expected) in found.iter().zip(expected) {
                prop_assert!((found - expected).abs() < 1e-14, "{found} and {expected}");
            }
        }
    }

    #[test]
    fn exchanged_models_change_the_sign_and_rising_transforms_nothing((labels, scores, ids) in patients()) {
        let here = paired_of(&labels, &scores, &[0, 1], |score| score);
        let there = paired_of(&labels, &scores, &[1, 0], |score| (score / 3.0).exp());
        let one = |paired: &Paired| -> Vec<AreaDifference> {
            let images = Clustered::new(paired.clone(), &ids).unwrap();
            let areas = [delong_paired(paired).unwrap(), obuchowski_paired(&images).unwrap()];
            areas.iter().map(|areas| areas.differences(Level::PERCENT_95)[0]).collect()
        };
        for (here, there) in one(&here).into_iter().zip(one(&there)) {
            let (value, turned) = (here.difference.value().unwrap(), there.difference.value().unwrap());
            prop_assert_eq!(value, -turned);
            match (here.test, there.test) {
                (Ok(test), Ok(turned)) => {
                    prop_assert_eq!(test.p_value, turned.p_value);
                    let (interval, mirrored) = (here.difference.interval().unwrap(), there.difference.interval().unwrap());
                    prop_assert!(interval.low < value && value < interval.high);
                    prop_assert_eq!(interval.low, -mirrored.high);
                }
                (test, turned) => prop_assert_eq!(test.is_err(), turned.is_err()),
            }
        }
    }

    #[test]
    fn the_order_of_the_models_and_flipped_labels_leave_the_test_of_all_alone((labels, scores, _) in patients()) {
        let test = |labels: &[bool], models: &[usize]| {
            delong_paired(&paired_of(labels, &scores, models, |score| score)).unwrap().test_of_all()
        };
        let flipped: Vec<bool> = labels.iter().map(|label| !label).collect();
        let found = test(&labels, &[0, 1, 2]);
        for other in [test(&labels, &[2, 0, 1]), test(&flipped, &[0, 1, 2])] {
            match (found, other) {
                (Ok(found), Ok(other)) => {
                    let (a, b) = (found.statistic.unwrap(), other.statistic.unwrap());
                    prop_assert!((a - b).abs() <= 1e-6 * a.max(b).max(1e-6), "{a} and {b}");
                }
                (found, other) => prop_assert_eq!(found.is_err(), other.is_err()),
            }
        }
    }

    #[test]
    fn two_models_give_the_square_of_their_z((labels, scores, _) in patients()) {
        let areas = delong_paired(&paired_of(&labels, &scores, &[0, 1], |score| score)).unwrap();
        if let Ok(test) = areas.differences(Level::PERCENT_95)[0].test {
            let all = areas.test_of_all().unwrap();
            let z = test.statistic.unwrap();
            prop_assert!((all.statistic.unwrap() - z * z).abs() <= 1e-12 * (1.0 + z * z));
            prop_assert!((all.p_value - test.p_value).abs() <= 1e-10);
        }
    }

    #[test]
    fn exchanged_groups_change_the_sign_of_the_unpaired_test((labels, scores, _) in patients()) {
        let of = |model: usize, from: usize| {
            let scores: Vec<f64> = scores[from..].iter().map(|of| f64::from(of[model])).collect();
            Scores::from_bools(&labels[from..], &scores).unwrap()
        };
        let (first, second) = (of(0, 0), of(1, 1));
        let here = delong_unpaired(&first, &second, Level::PERCENT_95);
        let there = delong_unpaired(&second, &first, Level::PERCENT_95);
        prop_assert_eq!(here.difference.value().map(|value| -value), there.difference.value());
        prop_assert_eq!(
            here.test.ok().map(|test| test.p_value),
            there.test.ok().map(|test| test.p_value)
        );
    }
}
