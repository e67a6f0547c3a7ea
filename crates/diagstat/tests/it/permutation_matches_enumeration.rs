//! Permutation tests against all arrangements counted in R (`golden/permutation.jsonl`), and the random ones against the
//! exact.

use diagstat::{
    Arrangements, Level, Paired, Scores, Undefined, delong_paired, permutation_of_labels,
    permutation_paired,
};
use proptest::prelude::*;

use crate::golden::{cases, numbers, scores};

const ALL: Arrangements = Arrangements {
    random: 1_000_000,
    seed: 1,
};

fn pair(labels: &[bool], first: &[f64], second: &[f64]) -> Paired {
    let of = |scores| Scores::from_bools(labels, scores).unwrap();
    Paired::new(vec![of(first), of(second)]).unwrap()
}

#[test]
fn exact_p_values_are_those_of_full_enumeration() {
    let (mut paired, mut of_labels) = (0, 0);
    for case in cases("permutation.jsonl", 58) {
        let name = case["name"].to_string();
        let expected = case["p"].as_f64().unwrap();
        let found = if case["kind"] == "paired" {
            paired += 1;
            let labels: Vec<bool> = numbers(&case["labels"])
                .iter()
                .map(|label| *label == 1.0)
                .collect();
            let models = pair(&labels, &numbers(&case["first"]), &numbers(&case["second"]));
            match permutation_paired(&models, ALL).unwrap()[0].test {
                Ok(test) => test,
                Err(reason) => {
                    assert_eq!((reason, expected), (Undefined::SameRanking, 1.0), "{name}");
                    continue;
                }
            }
        } else {
            of_labels += 1;
            permutation_of_labels(&scores(&case), ALL).unwrap()
        };
        assert!(
            found.method.ends_with("all arrangements"),
            "{name}: {found}"
        );
        assert!(
            (found.p_value - expected).abs() < 1e-12,
            "{name}: {found}, expected {expected}"
        );
    }
    assert!(
        paired >= 25 && of_labels >= 25,
        "{paired} paired, {of_labels} of labels"
    );
}

#[test]
fn random_arrangements_come_close_to_all_of_them() {
    let few = Arrangements {
        random: 4000,
        seed: 9,
    };
    let labels: Vec<bool> = (0..16).map(|patient| patient % 2 == 0).collect();
    let first: Vec<f64> = (0..16_u32)
        .map(|patient| f64::from(patient * 7 % 16))
        .collect();
    let second: Vec<f64> = (0..16_u32)
        .map(|patient| f64::from(patient * 5 % 16) + if patient % 2 == 0 { 6.0 } else { 0.0 })
        .collect();
    let models = pair(&labels, &first, &second);
    let exact = permutation_paired(&models, ALL).unwrap()[0].test.unwrap();
    let random = permutation_paired(&models, few).unwrap()[0].test.unwrap();
    assert!(random.method.ends_with("random arrangements"));
    assert!(
        (exact.p_value - random.p_value).abs() < 0.03,
        "{exact} and {random}"
    );
    let exact = permutation_of_labels(&models.models()[1], ALL).unwrap();
    let random = permutation_of_labels(&models.models()[1], few).unwrap();
    assert!(random.method.ends_with("random arrangements"));
    assert!(
        (exact.p_value - random.p_value).abs() < 0.03,
        "{exact} and {random}"
    );
}

#[test]
fn many_patients_give_about_the_p_value_of_delong() {
    let labels: Vec<bool> = (0..300).map(|patient| patient % 3 == 0).collect();
    let score = |patient: u32, factor: u32, gain: f64| {
        f64::from(patient * factor % 307) + if patient.is_multiple_of(3) { gain } else { 0.0 }
    };
    let first: Vec<f64> = (0..300).map(|patient| score(patient, 17, 60.0)).collect();
    let second: Vec<f64> = (0..300).map(|patient| score(patient, 29, 105.0)).collect();
    let models = pair(&labels, &first, &second);
    let delong = delong_paired(&models)
        .unwrap()
        .differences(Level::PERCENT_95)[0];
    let random = Arrangements {
        random: 5000,
        seed: 2,
    };
    let found = permutation_paired(&models, random).unwrap()[0];
    assert_eq!(found.difference.value(), delong.difference.value());
    let (found, delong) = (found.test.unwrap(), delong.test.unwrap());
    assert!(
        (found.p_value - delong.p_value).abs() < 0.03,
        "{found} and {delong}"
    );
}

#[test]
fn what_cannot_be_tested_has_a_reason() {
    let tied = Scores::new(&[0, 0, 1, 1], &[1.0; 4]).unwrap();
    assert_eq!(permutation_of_labels(&tied, ALL), Err(Undefined::AllTied));
    let alike = pair(&[true, false, true], &[1.0, 2.0, 3.0], &[10.0, 20.0, 30.0]);
    assert_eq!(
        permutation_paired(&alike, ALL).unwrap()[0].test,
        Err(Undefined::SameRanking)
    );
    let one_class = Scores::new(&[1, 1], &[1.0, 2.0]).unwrap();
    assert!(permutation_of_labels(&one_class, ALL).is_err());
    let none = Arrangements { random: 0, seed: 0 };
    let scores = Scores::new(&[0, 1, 0, 1], &[1.0, 2.0, 3.0, 4.0]).unwrap();
    assert_eq!(
        permutation_of_labels(&scores, none)
            .unwrap_err()
            .to_string(),
        "0 replicates, at least 1 needed"
    );
}

proptest! {
    #[test]
    fn exchanged_models_flipped_labels_and_rising_transforms_leave_the_p_value_alone(
        rows in prop::collection::vec((any::<bool>(), 0..9_u8, 0..9_u8), 4..12),
        random in 10..3000_u32,
    ) {
        let mut labels: Vec<bool> = rows.iter().map(|row| row.0).collect();
        labels[..2].copy_from_slice(&[true, false]);
        let flipped: Vec<bool> = labels.iter().map(|label| !label).collect();
        let first: Vec<f64> = rows.iter().map(|row| f64::from(row.1)).collect();
        let second: Vec<f64> = rows.iter().map(|row| f64::from(row.2)).collect();
        let moved: Vec<f64> = first.iter().map(|score| score.exp()).collect();
        let arrangements = Arrangements { random, seed: 5 };
        let p_value = |labels: &[bool], first: &[f64], second: &[f64]| {
            permutation_paired(&pair(labels, first, second), arrangements).unwrap()[0].test.map(|test| test.p_value)
        };
        let expected = p_value(&labels, &first, &second);
        prop_assert_eq!(p_value(&labels, &second, &first), expected);
        prop_assert_eq!(p_value(&flipped, &first, &second), expected);
        prop_assert_eq!(p_value(&labels, &moved, &second), expected);
        if let Ok(p_value) = expected {
            prop_assert!(p_value > 0.0 && p_value <= 1.0);
        }
        let of = |labels: &[bool], scores: &[f64]| {
            let all = Arrangements { random: 1000, seed: 5 };
            permutation_of_labels(&Scores::from_bools(labels, scores).unwrap(), all).map(|test| test.p_value)
        };
        prop_assert_eq!(of(&labels, &first), of(&flipped, &first));
        prop_assert_eq!(of(&labels, &first), of(&labels, &moved));
    }
}
