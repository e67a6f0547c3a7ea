//! Net reclassification and integrated discrimination against R's Hmisc (`golden/reclassification.jsonl`), and what
//! must hold for any two models.

use diagstat::reclassification::Improvement;
use diagstat::{
    Categories, Level, Paired, Scores, Undefined, integrated_discrimination, net_reclassification,
};
use proptest::prelude::*;

use crate::golden::{cases, numbers};

const LEAST: usize = 33;

fn paired(labels: &[bool], old: &[f64], new: &[f64]) -> Paired {
    let of = |scores: &[f64]| Scores::from_bools(labels, scores).unwrap();
    Paired::new(vec![of(old), of(new)]).unwrap()
}

/// `expected` holds the improvement and its standard error; returns whether there was an interval.
#[track_caller]
fn assert_improvement(what: &str, found: &Improvement, expected: &[f64]) -> bool {
    let (value, error) = (expected[0], expected[1]);
    assert!(
        (found.improvement.value().unwrap() - value).abs() < 1e-13,
        "{what}: {}",
        found.improvement
    );
    let Some(interval) = found.improvement.interval() else {
        assert!(error < 1e-12 && found.test.is_err(), "{what}: {found:?}");
        return false;
    };
    let z = 1.959_963_984_540_054;
    assert!(
        (interval.low - (value - z * error)).abs() < 1e-12,
        "{what}: {interval}"
    );
    assert!(
        (interval.high - (value + z * error)).abs() < 1e-12,
        "{what}: {interval}"
    );
    let statistic = found.test.unwrap().statistic.unwrap();
    assert!(
        (statistic - value / error).abs() < 1e-9 * (1.0 + statistic.abs()),
        "{what}: {statistic}"
    );
    true
}

#[test]
fn improvements_and_their_errors_are_those_of_hmisc() {
    let (mut intervals, mut refused) = (0, 0);
    for case in cases("reclassification.jsonl", LEAST) {
        let name = case["name"].to_string();
        let labels: Vec<bool> = numbers(&case["labels"])
            .iter()
            .map(|label| *label > 0.5)
            .collect();
        let models = paired(&labels, &numbers(&case["old"]), &numbers(&case["new"]));
        let categories = Categories::new(numbers(&case["thresholds"])).unwrap();
        let mut check = |found: &Improvement, expected: &[f64]| {
            let has_interval = assert_improvement(&name, found, expected);
            *(if has_interval {
                &mut intervals
            } else {
                &mut refused
            }) += 1;
        };
        for (categories, key) in [(None, "any"), (Some(&categories), "across")] {
            let found = net_reclassification(&models, categories, Level::PERCENT_95).unwrap();
            let expected = numbers(&case[key]);
            check(&found.total, &expected[..2]);
            check(&found.of_positives, &expected[2..4]);
            check(&found.of_negatives, &expected[4..]);
        }
        let found = integrated_discrimination(&models, Level::PERCENT_95).unwrap();
        let expected = numbers(&case["idi"]);
        check(&found.total, &expected[..2]);
        assert!(
            (found.of_positives.improvement.value().unwrap() - expected[2]).abs() < 1e-13,
            "{name}"
        );
        assert!(
            (found.of_negatives.improvement.value().unwrap() - expected[3]).abs() < 1e-13,
            "{name}"
        );
    }
    assert!(
        intervals >= 200 && refused >= 5,
        "{intervals} intervals, {refused} refused"
    );
}

#[test]
fn scores_that_are_no_probabilities_are_refused_with_their_patient() {
    let models = paired(&[true, false], &[0.5, 0.5], &[0.5, 1.5]);
    let reason = net_reclassification(&models, None, Level::PERCENT_95).unwrap_err();
    assert_eq!(
        reason.to_string(),
        "score 1.5 of patient 2 is no probability, expected 0 to 1"
    );
    assert_eq!(
        integrated_discrimination(&models, Level::PERCENT_95),
        Err(reason)
    );
    let one_class = paired(&[true, true], &[0.5, 0.5], &[0.5, 0.6]);
    let reason = net_reclassification(&one_class, None, Level::PERCENT_95).unwrap_err();
    assert_eq!(reason.to_string(), "0 negative patients, at least 1 needed");
}

#[test]
fn one_patient_of_a_class_gives_a_discrimination_without_an_interval() {
    let models = paired(&[true, false, false], &[0.5, 0.5, 0.5], &[0.9, 0.4, 0.3]);
    let found = integrated_discrimination(&models, Level::PERCENT_95).unwrap();
    assert!((found.total.improvement.value().unwrap() - 0.55).abs() < 1e-15);
    assert_eq!(
        found.total.test.unwrap_err().to_string(),
        "1 positive patient, at least 2 needed"
    );
}

#[test]
fn thresholds_that_do_not_rise_are_refused_with_their_place() {
    let refused = |thresholds| Categories::new(thresholds).unwrap_err().to_string();
    assert_eq!(
        refused(vec![0.2, 0.2]),
        "threshold 2 is 0.2, expected numbers that rise"
    );
    assert_eq!(
        refused(vec![f64::NAN]),
        "threshold 1 is NaN, expected numbers that rise"
    );
    assert!(Categories::new(vec![]).is_err());
}

/// The known fault: scores that know nothing of the patients, pushed away from the middle, "improve" the discrimination
/// of a good model though they rank the patients alike.
#[test]
fn exaggeration_alone_counts_as_an_improvement() {
    let labels: Vec<bool> = (0..40).map(|patient| patient % 2 == 0).collect();
    let old: Vec<f64> = (0..40)
        .map(|patient| if patient % 2 == 0 { 0.6 } else { 0.4 } + f64::from(patient % 7) / 100.0)
        .collect();
    let new: Vec<f64> = old.iter().map(|one| 0.5 + 2.0 * (one - 0.5)).collect();
    let models = paired(&labels, &old, &new);
    let found = integrated_discrimination(&models, Level::PERCENT_95).unwrap();
    assert!(found.total.test.unwrap().p_value < 0.001);
    assert!(
        net_reclassification(&models, None, Level::PERCENT_95)
            .unwrap()
            .total
            .improvement
            .value()
            .unwrap()
            > 1.0
    );
}

fn two_models() -> impl Strategy<Value = (Vec<bool>, Vec<f64>, Vec<f64>)> {
    prop::collection::vec((any::<bool>(), 0..=16_u8, 0..=16_u8), 2..40).prop_map(|patients| {
        let mut labels: Vec<bool> = patients.iter().map(|patient| patient.0).collect();
        labels[0] = true;
        labels[1] = false;
        let part = |step: u8| f64::from(step) / 16.0;
        (
            labels,
            patients.iter().map(|of| part(of.1)).collect(),
            patients.iter().map(|of| part(of.2)).collect(),
        )
    })
}

proptest! {
    #[test]
    fn exchanged_models_turn_every_improvement((labels, old, new) in two_models(), continuous in any::<bool>()) {
        let categories = Categories::new(vec![0.3, 0.6]).unwrap();
        let categories = if continuous { None } else { Some(&categories) };
        let (there, back) = (paired(&labels, &old, &new), paired(&labels, &new, &old));
        let nri = |models| net_reclassification(models, categories, Level::PERCENT_95).unwrap();
        let idi = |models| integrated_discrimination(models, Level::PERCENT_95).unwrap();
        let (there_nri, back_nri, there_idi, back_idi) = (nri(&there), nri(&back), idi(&there), idi(&back));
        for (there, back, most) in [
            (there_nri.total, back_nri.total, 2.0),
            (there_nri.of_positives, back_nri.of_positives, 1.0),
            (there_nri.of_negatives, back_nri.of_negatives, 1.0),
            (there_idi.total, back_idi.total, 2.0),
        ] {
            let value = there.improvement.value().unwrap();
            prop_assert!((value + back.improvement.value().unwrap()).abs() < 1e-14);
            prop_assert!(value.abs() <= most);
            if let Some(interval) = there.improvement.interval() {
                prop_assert!(interval.low < value && value < interval.high);
            }
        }
    }

    #[test]
    fn renamed_classes_exchange_the_components((labels, old, new) in two_models()) {
        let flipped: Vec<bool> = labels.iter().map(|label| !label).collect();
        let mirrored = |scores: &[f64]| -> Vec<f64> { scores.iter().map(|score| 1.0 - score).collect() };
        let before = paired(&labels, &old, &new);
        let after = paired(&flipped, &mirrored(&old), &mirrored(&new));
        let nri = |models| net_reclassification(models, None, Level::PERCENT_95).unwrap();
        let (before_nri, after_nri) = (nri(&before), nri(&after));
        prop_assert_eq!(before_nri.of_positives.improvement.value(), after_nri.of_negatives.improvement.value());
        let idi = |models| integrated_discrimination(models, Level::PERCENT_95).unwrap().total.improvement.value().unwrap();
        prop_assert!((idi(&before) - idi(&after)).abs() < 1e-14);
    }

    #[test]
    fn a_model_against_itself_improves_nothing((labels, old, _) in two_models()) {
        let models = paired(&labels, &old, &old);
        let nri = net_reclassification(&models, None, Level::PERCENT_95).unwrap();
        prop_assert_eq!(nri.total.improvement.value(), Some(0.0));
        let refused = matches!(nri.total.improvement.reason(), Some(Undefined::ZeroSpread { .. }));
        prop_assert!(refused);
    }
}
