//! What holds for every statistic of the table, and where two routes must give one number.

use std::path::Path;

use diagstat::{
    AucInterval, Confusion, Level, Proportion, ProportionInterval, Scores, ScoresError, auc,
    delong, delong_of_calls, roc, youden,
};
use proptest::prelude::*;

use crate::golden::assert_close;
use crate::statistics::{ALL, ELSEWHERE, NO_STATISTIC};

/// Labels and scores of up to 40 patients. Scores are odd multiples of 1/32: many ties, `1 - score` is exact, none is 0.5.
fn patients() -> impl Strategy<Value = (Vec<bool>, Vec<f64>)> {
    prop::collection::vec((any::<bool>(), 0..16_u8), 0..40).prop_map(|patients| {
        patients
            .into_iter()
            .map(|(label, step)| (label, f64::from(2 * step + 1) / 32.0))
            .unzip()
    })
}

fn both_classes() -> impl Strategy<Value = (Vec<bool>, Vec<f64>)> {
    patients().prop_filter("both classes", |(labels, _)| {
        labels.contains(&true) && labels.contains(&false)
    })
}

/// The probability that a positive patient scores above a negative one, counted pair by pair.
fn auc_of_pairs(labels: &[bool], scores: &[f64]) -> f64 {
    let of = |class| {
        let scores = scores.iter().zip(labels);
        scores
            .filter(move |(_, label)| **label == class)
            .map(|(score, _)| *score)
    };
    let mut doubled_wins = 0_u64;
    let mut pairs = 0_u64;
    for positive in of(true) {
        for negative in of(false) {
            pairs += 1;
            doubled_wins += u64::from(positive > negative) + u64::from(positive >= negative);
        }
    }
    doubled_wins as f64 / (2 * pairs) as f64
}

/// DeLong's variance by its definition: the sample variances of the structural components, counted pair by pair.
fn variance_of_pairs(labels: &[bool], scores: &[f64]) -> f64 {
    let auc = auc_of_pairs(labels, scores);
    [true, false]
        .iter()
        .map(|&class| {
            let components: Vec<f64> = (0..labels.len())
                .filter(|&index| labels[index] == class)
                .map(|index| {
                    let others = (0..labels.len()).filter(|&other| labels[other] != class);
                    let (won, pairs) = others.fold((0.0, 0.0), |(won, pairs), other| {
                        let (positive, negative) = if class {
                            (index, other)
                        } else {
                            (other, index)
                        };
                        let win = match scores[positive].total_cmp(&scores[negative]) {
                            std::cmp::Ordering::Greater => 1.0,
                            std::cmp::Ordering::Equal => 0.5,
                            std::cmp::Ordering::Less => 0.0,
                        };
                        (won + win, pairs + 1.0)
                    });
                    won / pairs
                })
                .collect();
            let count = components.len() as f64;
            let squares: f64 = components
                .iter()
                .map(|component| (component - auc).powi(2))
                .sum();
            squares / (count - 1.0) / count
        })
        .sum()
}

/// The sources of the crate, each with its text.
fn sources(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path.display().to_string(), text));
        }
    }
    found
}

const PROPORTION_INTERVALS: [ProportionInterval; 3] = [
    ProportionInterval::Wilson,
    ProportionInterval::ClopperPearson,
    ProportionInterval::Jeffreys,
];

/// A public function is a statistic where it may have no value, or gives one of these.
const STATISTICS: [&str; 7] = [
    "f64",
    "Proportion",
    "Auc",
    "Youden",
    "Measured",
    "AreaDifference",
    "Vec<AreaDifference>",
];

#[test]
fn every_public_statistic_stands_in_a_table() {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut in_table, mut elsewhere) = (Vec::new(), Vec::new());
    for (file, source) in sources(&crate_folder.join("src")) {
        let source = source.split("#[cfg(test)]").next().unwrap();
        for function in source.split("pub fn ").skip(1) {
            let signature = function.split('{').next().unwrap();
            let name = signature.split(['(', '<']).next().unwrap();
            let returns = signature.rsplit("-> ").next().unwrap();
            let undefined = returns.contains("Undefined>");
            let plain = STATISTICS
                .iter()
                .any(|of| returns.trim().trim_start_matches("Result<").starts_with(of));
            if !(undefined || plain) || NO_STATISTIC.contains(&name) {
                continue;
            }
            if ALL.iter().any(|row| row.name == name) {
                in_table.push(name.to_string());
            } else {
                let test = ELSEWHERE.iter().find(|(function, _)| *function == name);
                let Some((_, test)) = test else {
                    panic!("{file}: add {name} to a table of tests/it/statistics.rs");
                };
                let text =
                    std::fs::read_to_string(crate_folder.join("tests/it").join(test)).unwrap();
                assert!(text.contains(name), "tests/it/{test} does not test {name}");
                elsewhere.push(name.to_string());
            }
        }
    }
    for row in ALL {
        assert!(
            in_table.iter().any(|name| name == row.name),
            "{} is in the table only",
            row.name
        );
    }
    for (name, _) in ELSEWHERE {
        assert!(
            elsewhere.iter().any(|found| found == name),
            "{name} is in the list only"
        );
    }
}

#[test]
fn one_class_alone_gives_a_value_or_a_reason_as_the_table_says() {
    for row in ALL {
        for (label, has_value) in [(true, row.one_class.0), (false, row.one_class.1)] {
            let scores = Scores::from_bools(&[label; 3], &[0.25, 0.75, 0.875]).unwrap();
            assert_eq!(
                (row.of)(&scores).is_ok(),
                has_value,
                "{} with label {label}",
                row.name
            );
        }
    }
}

#[test]
fn no_patient_gives_a_reason_everywhere() {
    let nobody = Scores::from_bools(&[], &[]).unwrap();
    assert!(!ALL.is_empty());
    for row in ALL {
        let reason = (row.of)(&nobody).unwrap_err().to_string();
        assert!(reason.contains("at least"), "{}: {reason}", row.name);
    }
}

proptest! {
    #[test]
    fn a_value_lies_in_its_range((labels, scores) in patients()) {
        let scores = Scores::from_bools(&labels, &scores).unwrap();
        for row in ALL {
            if let Ok(value) = (row.of)(&scores) {
                prop_assert!(value >= row.range.0 && value <= row.range.1, "{} is {value}", row.name);
            }
        }
    }

    #[test]
    fn the_order_of_the_patients_changes_no_bit(
        (patients, shuffled) in patients().prop_flat_map(|(labels, scores)| {
            let patients: Vec<(bool, f64)> = labels.into_iter().zip(scores).collect();
            (Just(patients.clone()), Just(patients).prop_shuffle())
        }),
    ) {
        let of = |patients: Vec<(bool, f64)>| {
            let (labels, scores): (Vec<bool>, Vec<f64>) = patients.into_iter().unzip();
            Scores::from_bools(&labels, &scores).unwrap()
        };
        let (patients, shuffled) = (of(patients), of(shuffled));
        for row in ALL {
            prop_assert_eq!((row.of)(&patients), (row.of)(&shuffled), "{}", row.name);
        }
    }

    #[test]
    fn a_rising_transform_leaves_rank_statistics_alone(
        (labels, scores) in patients(),
        rises in prop::collection::vec(1e-300..1e300_f64, 16),
    ) {
        let mut ladder = vec![-1e300];
        for rise in rises {
            let last = ladder[ladder.len() - 1];
            ladder.push(f64::max(last + rise, f64::next_up(last)));
        }
        let moved: Vec<f64> = scores.iter().map(|score| ladder[(score * 16.0) as usize]).collect();
        let before = Scores::from_bools(&labels, &scores).unwrap();
        let after = Scores::from_bools(&labels, &moved).unwrap();
        for row in ALL.iter().filter(|row| row.of_ranks) {
            prop_assert_eq!((row.of)(&before), (row.of)(&after), "{}", row.name);
        }
    }

    #[test]
    fn renaming_the_classes_swaps_each_statistic_with_its_partner((labels, scores) in patients()) {
        let before = Scores::from_bools(&labels, &scores).unwrap();
        let flipped: Vec<bool> = labels.iter().map(|label| !label).collect();
        let mirrored: Vec<f64> = scores.iter().map(|score| 1.0 - score).collect();
        let after = Scores::from_bools(&flipped, &mirrored).unwrap();
        for row in ALL {
            match ((row.renamed)(&before), (row.of)(&after)) {
                (Ok(expected), Ok(found)) => prop_assert!(
                    (expected - found).abs() <= 1e-14 * expected.abs().max(1.0),
                    "{}: found {found}, expected {expected}", row.name
                ),
                (expected, found) => prop_assert_eq!(expected.is_ok(), found.is_ok(), "{}", row.name),
            }
        }
    }

    #[test]
    fn flipped_labels_give_one_minus_the_area((labels, scores) in both_classes()) {
        let flipped: Vec<bool> = labels.iter().map(|label| !label).collect();
        let before = auc(&Scores::from_bools(&labels, &scores).unwrap()).unwrap();
        let after = auc(&Scores::from_bools(&flipped, &scores).unwrap()).unwrap();
        prop_assert!((before + after - 1.0).abs() <= f64::EPSILON, "{before} and {after}");
    }

    #[test]
    fn mid_ranks_pairs_and_trapezoids_give_the_same_bits((labels, scores) in both_classes()) {
        let of = Scores::from_bools(&labels, &scores).unwrap();
        let expected = auc_of_pairs(&labels, &scores);
        prop_assert_eq!(auc(&of), Ok(expected));
        prop_assert_eq!(roc(&of).unwrap().area(), expected);
        prop_assert_eq!(delong(&of).unwrap().value, expected);
    }

    #[test]
    fn delongs_variance_is_that_of_its_definition((labels, scores) in both_classes()) {
        let of = Scores::from_bools(&labels, &scores).unwrap();
        match delong(&of).unwrap().variance {
            Ok(variance) => assert_close("variance", variance + 1.0, variance_of_pairs(&labels, &scores) + 1.0, 1e-15),
            Err(_) => prop_assert!(of.positives() < 2 || of.negatives() < 2),
        }
    }

    #[test]
    fn the_variance_is_zero_only_where_the_reason_says_so((labels, scores) in both_classes()) {
        let auc = delong(&Scores::from_bools(&labels, &scores).unwrap()).unwrap();
        if auc.variance == Ok(0.0) {
            let all_equal = scores.iter().all(|score| *score == scores[0]);
            prop_assert!(all_equal || auc.value == 0.0 || auc.value == 1.0, "area {}", auc.value);
        }
    }

    #[test]
    fn a_roc_curve_rises_from_nobody_to_everybody((labels, scores) in both_classes()) {
        let of = Scores::from_bools(&labels, &scores).unwrap();
        let curve = roc(&of).unwrap();
        let (first, last) = (curve.points[0], curve.points[curve.points.len() - 1]);
        prop_assert_eq!((first.sensitivity, first.specificity), (0.0, 1.0));
        prop_assert_eq!((last.sensitivity, last.specificity), (1.0, 0.0));
        for step in curve.points.windows(2) {
            prop_assert!(step[0].threshold > step[1].threshold);
            prop_assert!(step[0].sensitivity <= step[1].sensitivity);
            prop_assert!(step[0].specificity >= step[1].specificity);
        }
        for point in &curve.points {
            let counts = Confusion::at(&of, point.threshold).unwrap();
            prop_assert_eq!(counts.true_positives, point.true_positives);
            prop_assert_eq!(counts.false_positives, point.false_positives);
        }
    }

    #[test]
    fn no_point_of_the_curve_beats_youdens((labels, scores) in both_classes()) {
        let of = Scores::from_bools(&labels, &scores).unwrap();
        let highest = roc(&of).unwrap().points.iter()
            .map(|point| point.sensitivity + point.specificity - 1.0)
            .fold(0.0, f64::max);
        match youden(&of) {
            Ok(best) => {
                prop_assert!((best.index - highest).abs() <= 1e-15);
                prop_assert_eq!(Ok(best.confusion), Confusion::at(&of, best.threshold));
            }
            Err(_) => prop_assert!(highest <= 1e-15, "a point has {highest}"),
        }
    }

    #[test]
    fn the_area_of_calls_is_that_of_the_scores_zero_and_one((labels, scores) in both_classes()) {
        let of = Scores::from_bools(&labels, &scores).unwrap();
        let calls: Vec<f64> = scores.iter().map(|score| f64::from(u8::from(*score >= 0.5))).collect();
        let called = Scores::from_bools(&labels, &calls).unwrap();
        prop_assert_eq!(delong_of_calls(&Confusion::at(&of, 0.5).unwrap()), delong(&called));
    }

    #[test]
    fn an_area_lies_in_its_interval((labels, scores) in both_classes(), level in 0.5..0.999_f64) {
        let auc = delong(&Scores::from_bools(&labels, &scores).unwrap()).unwrap();
        for scale in [AucInterval::Wald, AucInterval::Logit] {
            if let Ok(interval) = auc.interval(scale, Level::new(level).unwrap()) {
                prop_assert!(0.0 <= interval.low && interval.low < auc.value, "{interval}");
                prop_assert!(auc.value < interval.high && interval.high <= 1.0, "{interval}");
            }
        }
    }

    #[test]
    fn a_proportion_lies_in_its_interval_and_a_higher_level_is_wider(
        successes in 0..2000_u32,
        failures in 0..2000_u32,
        levels in (0.01..0.999_f64, 0.01..0.999_f64),
    ) {
        prop_assume!(successes + failures > 0);
        let of = Proportion::from_successes_and_failures(successes, failures).unwrap();
        let lower = Level::new(levels.0.min(levels.1)).unwrap();
        let higher = Level::new(levels.0.max(levels.1)).unwrap();
        for method in PROPORTION_INTERVALS {
            let (inner, outer) = (of.interval(method, lower), of.interval(method, higher));
            prop_assert!(0.0 <= outer.low && outer.low <= inner.low);
            prop_assert!(inner.high <= outer.high && outer.high <= 1.0);
            // Equal tails of a posterior are round its median, which is not the estimate.
            if method != ProportionInterval::Jeffreys || lower.get() >= 0.5 {
                prop_assert!(inner.low <= of.value() && of.value() <= inner.high);
            }
        }
    }

    #[test]
    fn swapping_successes_and_failures_mirrors_the_interval(successes in 0..500_u32, failures in 1..500_u32) {
        let of = Proportion::from_successes_and_failures(successes, failures).unwrap();
        let mirror = Proportion::from_successes_and_failures(failures, successes).unwrap();
        for method in PROPORTION_INTERVALS {
            let (here, there) = (of.interval(method, Level::PERCENT_95), mirror.interval(method, Level::PERCENT_95));
            prop_assert!((here.low - (1.0 - there.high)).abs() <= 1e-13, "{here} and {there}");
            prop_assert!((here.high - (1.0 - there.low)).abs() <= 1e-13, "{here} and {there}");
        }
    }

    #[test]
    fn a_score_that_is_not_finite_is_refused_wherever_it_stands(
        (labels, mut scores) in both_classes(),
        place in any::<prop::sample::Index>(),
        bad in prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY]),
    ) {
        let index = place.index(scores.len());
        scores[index] = bad;
        match Scores::from_bools(&labels, &scores) {
            Err(ScoresError::NotFinite { row, .. }) => prop_assert_eq!(row, index + 1),
            other => prop_assert!(false, "{other:?}"),
        }
    }
}
