//! Several areas against R's pROC and against Obuchowski's formula (`golden/proc_compare.jsonl`).

use diagstat::{
    Clustered, Level, Paired, Scores, Undefined, delong_paired, delong_unpaired, obuchowski,
    obuchowski_paired,
};
use serde_json::Value;

use crate::golden::{assert_close, cases, numbers};

const LEAST: usize = 149;

fn of_kind(kind: &str, least: usize) -> Vec<Value> {
    let mut found = cases("proc_compare.jsonl", LEAST);
    found.retain(|case| case["kind"] == kind);
    assert!(found.len() >= least, "{} of {kind}", found.len());
    found
}

fn labels(array: &Value) -> Vec<bool> {
    numbers(array).iter().map(|label| *label == 1.0).collect()
}

/// The large case: labels, scores, and scores of another model, as the script makes them.
fn large() -> (Vec<bool>, Vec<f64>, Vec<f64>) {
    let (mut labels, mut scores, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for patient in 0..100_000_u64 {
        let score = (patient * 7919 % 1009) as f64;
        labels.push((patient * 104_729 % 1000) as f64 + score / 4.0 > 600.0);
        scores.push(score);
        others.push(score + (patient * 15_485_863 % 401) as f64);
    }
    (labels, scores, others)
}

fn models(case: &Value) -> Paired {
    let (labels, models) = if case["labels"].is_null() {
        let (labels, scores, others) = large();
        (labels, vec![scores, others])
    } else {
        let models = case["models"].as_array().unwrap();
        (
            labels(&case["labels"]),
            models.iter().map(numbers).collect(),
        )
    };
    let of = |scores: &Vec<f64>| Scores::from_bools(&labels, scores).unwrap();
    Paired::new(models.iter().map(of).collect()).unwrap()
}

/// Asserts that a covariance agrees to `tolerance` of the product of the standard errors.
fn assert_covariances(name: &str, found: &[Vec<f64>], expected: &Value, tolerance: f64) {
    let expected: Vec<Vec<f64>> = expected.as_array().unwrap().iter().map(numbers).collect();
    assert_eq!(found.len(), expected.len());
    for (row, (found_row, expected_row)) in found.iter().zip(&expected).enumerate() {
        for (column, (found, value)) in found_row.iter().zip(expected_row).enumerate() {
            let scale = (expected[row][row] * expected[column][column]).sqrt();
            assert!(
                (found - value).abs() <= tolerance * scale,
                "{name} at {row}, {column}: found {found:e}, expected {value:e}"
            );
        }
    }
}

#[test]
fn covariances_differences_and_tests_of_paired_models_are_procs() {
    let (mut tested, mut refused, mut overall) = (0, 0, 0);
    for case in of_kind("paired", 68) {
        let name = case["name"].to_string();
        let areas = delong_paired(&models(&case)).unwrap();
        for (found, expected) in areas.values().iter().zip(numbers(&case["areas"])) {
            assert_close(&name, *found, expected, 1e-14);
        }
        assert_covariances(
            &name,
            areas.covariance().unwrap(),
            &case["covariance"],
            1e-11,
        );

        let level = Level::new(case["level"].as_f64().unwrap()).unwrap();
        let first = areas.differences(level)[0];
        assert_eq!(first.models, (0, 1));
        match case["z"].as_f64() {
            Some(z) => {
                tested += 1;
                let test = first.test.unwrap();
                assert_close(&name, test.statistic.unwrap(), z, 1e-10);
                assert_close(&name, test.p_value, case["p"].as_f64().unwrap(), 1e-10);
                let interval = first.difference.interval().unwrap();
                let limits = numbers(&case["limits"]);
                assert!(
                    (interval.low - limits[0]).abs() < 1e-10,
                    "{name}: {interval}"
                );
                assert!(
                    (interval.high - limits[1]).abs() < 1e-10,
                    "{name}: {interval}"
                );
            }
            None => {
                refused += 1;
                assert!(
                    matches!(
                        first.test,
                        Err(Undefined::SameRanking | Undefined::ZeroVariance { .. })
                    ),
                    "{name}: {first:?}"
                );
            }
        }
        if let Some(statistic) = case["overall"][0].as_f64() {
            overall += 1;
            let test = areas.test_of_all().unwrap();
            assert_close(&name, test.statistic.unwrap(), statistic, 1e-8);
            assert_close(
                &name,
                test.p_value,
                case["overall"][1].as_f64().unwrap(),
                1e-8,
            );
        }
    }
    assert!(
        tested >= 60 && refused >= 1 && overall >= 50,
        "{tested}, {refused}, {overall}"
    );
}

#[test]
fn the_unpaired_test_is_procs() {
    let (mut tested, mut refused) = (0, 0);
    for case in of_kind("unpaired", 42) {
        let name = case["name"].to_string();
        let of = |labels: &[bool], scores: &[f64]| Scores::from_bools(labels, scores).unwrap();
        let (first, second) = if case["labels"].is_null() {
            let (labels, scores, others) = large();
            (
                of(&labels, &scores),
                of(&labels[..60_000], &others[..60_000]),
            )
        } else {
            (
                of(&labels(&case["labels"]), &numbers(&case["scores"])),
                of(
                    &labels(&case["other_labels"]),
                    &numbers(&case["other_scores"]),
                ),
            )
        };
        let found = delong_unpaired(&first, &second, Level::PERCENT_95);
        let Some(t) = case["t_df_p"][0].as_f64() else {
            refused += 1;
            assert!(
                matches!(found.test, Err(Undefined::ZeroVariance { .. })),
                "{name}"
            );
            continue;
        };
        tested += 1;
        let test = found.test.unwrap();
        assert_close(&name, test.statistic.unwrap(), t, 1e-10);
        let (degrees, _) = test.degrees_of_freedom.unwrap();
        assert_close(&name, degrees, case["t_df_p"][1].as_f64().unwrap(), 1e-10);
        assert_close(
            &name,
            test.p_value,
            case["t_df_p"][2].as_f64().unwrap(),
            1e-10,
        );
        let interval = found.difference.interval().unwrap();
        assert_eq!(
            interval.low > 0.0 || interval.high < 0.0,
            test.p_value < 0.05,
            "{name}: {interval} and {test}"
        );
    }
    assert!(tested >= 38, "{tested} tested, {refused} refused");
}

#[test]
fn obuchowskis_covariances_are_those_of_all_pairs() {
    let (mut mixed, mut larger) = (0, 0);
    let found = of_kind("clustered", 30);
    for case in &found {
        let name = case["name"].to_string();
        let paired = models(case);
        let patients: Vec<u64> = numbers(&case["patients"])
            .iter()
            .map(|id| *id as u64)
            .collect();
        let delong = delong_paired(&paired).unwrap();
        let areas = obuchowski_paired(&Clustered::new(paired.clone(), &patients).unwrap()).unwrap();
        for (found, expected) in areas.values().iter().zip(numbers(&case["areas"])) {
            assert_close(&name, *found, expected, 1e-14);
        }
        let covariance = areas.covariance().unwrap();
        assert_covariances(&name, covariance, &case["covariance"], 1e-10);
        let expected = &case["covariance"];
        let at = |row: usize, column: usize| expected[row][column].as_f64().unwrap();
        let error = (at(0, 0) + at(1, 1) - 2.0 * at(0, 1)).sqrt();
        if error > 1e-6 {
            let z = (areas.values()[0] - areas.values()[1]) / error;
            let test = areas.differences(Level::PERCENT_95)[0].test.unwrap();
            assert_close(&name, test.statistic.unwrap(), z, 1e-8);
        }
        let alone = Clustered::new(paired.models()[1].clone(), &patients).unwrap();
        assert_eq!(
            obuchowski(&alone).unwrap().covariance().unwrap()[0][0],
            covariance[1][1]
        );
        larger += usize::from(covariance[0][0] > delong.covariance().unwrap()[0][0]);
        mixed += usize::from(
            patients
                .iter()
                .zip(paired.labels())
                .any(|(patient, label)| {
                    let others = patients.iter().zip(paired.labels());
                    label
                        && others
                            .into_iter()
                            .any(|(other, of_other)| other == patient && !of_other)
                }),
        );
    }
    assert!(
        mixed >= 10 && larger > found.len() / 2,
        "{mixed} mixed, {larger} larger"
    );
}
