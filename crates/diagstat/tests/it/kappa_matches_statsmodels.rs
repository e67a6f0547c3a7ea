//! Kappas of two and of many raters against statsmodels (`golden/kappa.jsonl`), and what must hold for any ratings.

use diagstat::{
    CrossTable, Kappa, KappaWeights, Level, ProportionInterval, Ratings, RatingsError, Undefined,
};
use proptest::prelude::*;
use serde_json::Value;

use crate::golden::{assert_close, cases};

const LEAST: usize = 73;

const WEIGHTS: [(&str, KappaWeights); 3] = [
    ("unweighted", KappaWeights::Unweighted),
    ("linear", KappaWeights::Linear),
    ("quadratic", KappaWeights::Quadratic),
];

fn whole(array: &Value) -> Vec<usize> {
    let numbers = array.as_array().unwrap().iter();
    numbers
        .map(|number| usize::try_from(number.as_u64().unwrap()).unwrap())
        .collect()
}

fn table(categories: usize, counts: &[usize]) -> CrossTable {
    let counts = counts
        .iter()
        .map(|&count| u32::try_from(count).unwrap())
        .collect();
    CrossTable::from_counts(categories, counts).unwrap()
}

fn level(case: &Value) -> Level {
    Level::new(case["level"].as_f64().unwrap()).unwrap()
}

/// Compares what both have; returns whether there was an interval.
fn assert_kappa(name: &str, found: &Kappa, expected: &Value) -> bool {
    assert_close(
        name,
        found.kappa.value().unwrap() + 2.0,
        expected["kappa"].as_f64().unwrap() + 2.0,
        1e-13,
    );
    match (&found.test, expected["z"].as_f64()) {
        (Ok(test), Some(z)) => assert_close(name, test.statistic.unwrap() + 1.0, z + 1.0, 1e-10),
        (Err(Undefined::ZeroSpread { .. }), None) => {}
        (found, expected) => panic!("{name}: found {found:?}, expected {expected:?}"),
    }
    let Some(interval) = found.kappa.interval() else {
        return false;
    };
    assert_close(
        name,
        interval.low + 2.0,
        expected["low"].as_f64().unwrap() + 2.0,
        1e-11,
    );
    assert_close(
        name,
        interval.high + 2.0,
        expected["high"].as_f64().unwrap() + 2.0,
        1e-11,
    );
    true
}

#[test]
fn cohens_kappa_is_that_of_statsmodels_under_all_weights() {
    let (mut intervals, mut refused) = (0, 0);
    for case in cases("kappa.jsonl", LEAST) {
        if case["kind"] != "cohen" {
            continue;
        }
        let categories = whole(&Value::Array(vec![case["categories"].clone()]))[0];
        let table = table(categories, &whole(&case["counts"]));
        for (key, weights) in WEIGHTS {
            let name = format!("{} {key}", case["name"]);
            let found = table.cohen_kappa(weights, level(&case)).unwrap();
            if assert_kappa(&name, &found, &case[key]) {
                intervals += 1;
            } else {
                refused += 1;
                assert!(
                    case[key]["spread"]
                        .as_f64()
                        .is_none_or(|spread| spread < 1e-8),
                    "{name}"
                );
            }
        }
    }
    assert!(
        intervals >= 120 && refused >= 9,
        "{intervals} intervals, {refused} refused"
    );
}

#[test]
fn fleisss_kappa_is_that_of_statsmodels_with_its_jackknife() {
    let mut compared = 0;
    for case in cases("kappa.jsonl", LEAST) {
        if case["kind"] != "fleiss" {
            continue;
        }
        let raters = case["raters"]
            .as_array()
            .unwrap()
            .iter()
            .map(whole)
            .collect();
        let ratings = Ratings::new(
            usize::try_from(case["categories"].as_u64().unwrap()).unwrap(),
            raters,
        );
        let found = ratings.unwrap().fleiss_kappa(level(&case)).unwrap();
        assert!(assert_kappa(&case["name"].to_string(), &found, &case));
        compared += 1;
    }
    assert_eq!(compared, 25);
}

#[test]
fn ratings_that_agree_by_necessity_give_a_reason_instead_of_a_kappa() {
    let same = Ratings::new(2, vec![vec![1, 1, 1], vec![1, 1, 1]]).unwrap();
    let reason = "the disagreement expected by chance is 0, and the formula divides by it";
    let fleiss = same.fleiss_kappa(Level::PERCENT_95).unwrap_err();
    assert_eq!(fleiss.to_string(), reason);
    let table = same.cross_table(0, 1).unwrap();
    let cohen = table
        .cohen_kappa(KappaWeights::Unweighted, Level::PERCENT_95)
        .unwrap_err();
    assert_eq!(cohen.to_string(), reason);
    assert_eq!(
        table
            .pabak(ProportionInterval::Wilson, Level::PERCENT_95)
            .value(),
        Some(1.0)
    );
    let nobody = Ratings::new(2, vec![vec![], vec![]]).unwrap();
    assert_eq!(
        nobody
            .fleiss_kappa(Level::PERCENT_95)
            .unwrap_err()
            .to_string(),
        "0 patients, at least 1 needed"
    );
    assert!(same.cross_table(0, 2).is_none());
}

#[test]
fn complete_agreement_has_a_kappa_of_one_and_no_interval() {
    let kappa = table(2, &[20, 0, 0, 12])
        .cohen_kappa(KappaWeights::Linear, Level::PERCENT_95)
        .unwrap();
    assert_eq!(
        kappa.kappa.to_string(),
        "1.000 (no interval: the large-sample variance of kappa is 0, and the formula divides by it)"
    );
    let json = serde_json::to_value(kappa).unwrap();
    assert_eq!(json["test"]["statistic_name"], "Z");
}

#[test]
fn wrong_ratings_are_refused_with_rater_and_patient() {
    let refused = |categories, raters| Ratings::new(categories, raters).unwrap_err().to_string();
    assert_eq!(
        refused(2, vec![vec![0]]),
        "found ratings of 1 raters, expected at least 2"
    );
    assert_eq!(
        refused(1, vec![vec![0], vec![0]]),
        "found 1 categories, expected at least 2"
    );
    assert_eq!(
        refused(2, vec![vec![0, 1], vec![0]]),
        "rater 2 rated 1 patients and rater 1 2, expected the same patients"
    );
    assert_eq!(
        refused(3, vec![vec![0, 1], vec![0, 3]]),
        "rater 2 gave patient 2 category 3, expected 0 to 2"
    );
    assert_eq!(
        CrossTable::from_counts(2, vec![1, 2, 3]),
        Err(RatingsError::NotSquare {
            found: 3,
            expected: 4
        })
    );
}

/// Up to 5 raters of up to 20 patients in 3 categories.
fn ratings() -> impl Strategy<Value = Vec<Vec<usize>>> {
    (2..6_usize, 1..20_usize).prop_flat_map(|(raters, patients)| {
        prop::collection::vec(prop::collection::vec(0..3_usize, patients), raters)
    })
}

proptest! {
    #[test]
    fn kappa_is_symmetric_in_the_raters_and_lies_in_its_interval(raters in ratings()) {
        let ratings = Ratings::new(3, raters).unwrap();
        let (there, back) = (ratings.cross_table(0, 1).unwrap(), ratings.cross_table(1, 0).unwrap());
        for (key, weights) in WEIGHTS {
            let of = |table: &CrossTable| table.cohen_kappa(weights, Level::PERCENT_95);
            match (of(&there), of(&back)) {
                (Ok(there), Ok(back)) => {
                    let value = there.kappa.value().unwrap();
                    prop_assert!((value - back.kappa.value().unwrap()).abs() < 1e-13, "{}", key);
                    prop_assert!(value <= 1.0 + 1e-15);
                    if let Some(interval) = there.kappa.interval() {
                        prop_assert!(interval.low < value && value < interval.high);
                    }
                }
                (there, back) => prop_assert_eq!(there.is_ok(), back.is_ok()),
            }
        }
    }

    #[test]
    fn categories_that_change_their_names_leave_kappa_alone(raters in ratings()) {
        let renamed = raters.iter().map(|of| of.iter().map(|category| (category + 1) % 3).collect()).collect();
        let (before, after) = (Ratings::new(3, raters).unwrap(), Ratings::new(3, renamed).unwrap());
        let value = |kappa: Result<Kappa, Undefined>| kappa.ok().and_then(|kappa| kappa.kappa.value());
        let cohen = |ratings: &Ratings| {
            value(ratings.cross_table(0, 1).unwrap().cohen_kappa(KappaWeights::Unweighted, Level::PERCENT_95))
        };
        for (before, after) in [
            (cohen(&before), cohen(&after)),
            (value(before.fleiss_kappa(Level::PERCENT_95)), value(after.fleiss_kappa(Level::PERCENT_95))),
        ] {
            prop_assert_eq!(before.is_some(), after.is_some());
            prop_assert!((before.unwrap_or(0.0) - after.unwrap_or(0.0)).abs() < 1e-13);
        }
    }

    #[test]
    fn the_order_of_raters_and_patients_leaves_fleisss_kappa_alone(raters in ratings(), turn in 0..20_usize) {
        let mut moved = raters.clone();
        moved.reverse();
        for of in &mut moved {
            let patients = of.len();
            of.rotate_left(turn % patients);
        }
        let of = |raters| Ratings::new(3, raters).unwrap().fleiss_kappa(Level::PERCENT_95);
        match (of(raters), of(moved)) {
            (Ok(before), Ok(after)) => {
                prop_assert!((before.kappa.value().unwrap() - after.kappa.value().unwrap()).abs() < 1e-13);
                if let (Some(before), Some(after)) = (before.kappa.interval(), after.kappa.interval()) {
                    prop_assert!((before.low - after.low).abs() < 1e-9, "{before} and {after}");
                }
            }
            (before, after) => prop_assert_eq!(before.is_ok(), after.is_ok()),
        }
    }

    #[test]
    fn pabak_is_twice_the_agreement_minus_one_and_lies_in_its_interval(counts in prop::collection::vec(0..50_usize, 4)) {
        let patients: usize = counts.iter().sum();
        prop_assume!(patients > 0);
        let expected = 2.0 * (counts[0] + counts[3]) as f64 / patients as f64 - 1.0;
        for method in [ProportionInterval::Wilson, ProportionInterval::ClopperPearson] {
            let found = table(2, &counts).pabak(method, Level::PERCENT_95);
            prop_assert!((found.value().unwrap() - expected).abs() < 1e-14);
            let interval = found.interval().unwrap();
            prop_assert!(-1.0 <= interval.low && interval.low <= expected + 1e-14);
            prop_assert!(expected - 1e-14 <= interval.high && interval.high <= 1.0);
        }
    }
}
