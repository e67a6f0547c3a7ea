//! What must hold for figures of more than two classes, whatever the counts and scores; their bootstrap, and what is
//! refused.

use std::num::NonZeroUsize;

use diagstat::multiclass::{
    Bootstrap, ClassFigure, ClassWeights, ConfusionMatrix, KappaWeights, MatrixError,
    MulticlassScores, MulticlassScoresError, hand_till, hand_till_with_interval, one_vs_rest_auc,
    top_k_accuracy,
};
use diagstat::{AucInterval, Level, Measured, ProportionInterval, Scores, Undefined, auc};
use proptest::prelude::*;

use crate::counts_properties::{confusions, count, renamed};

const LEVEL: Level = Level::PERCENT_95;
const WILSON: ProportionInterval = ProportionInterval::Wilson;

/// Tables of two to five classes, with absent ones among them.
fn matrices() -> impl Strategy<Value = (Vec<Vec<u32>>, Vec<usize>)> {
    (2..6_usize).prop_flat_map(|classes| {
        let rows = prop::collection::vec(prop::collection::vec(count(), classes), classes);
        let order: Vec<usize> = (0..classes).collect();
        (rows, Just(order).prop_shuffle())
    })
}

/// Scores of three classes, in steps: many ties.
fn patients() -> impl Strategy<Value = Vec<(u32, Vec<f64>)>> {
    let scores = prop::collection::vec((0..9_u8).prop_map(|step| f64::from(step) / 8.0), 3);
    prop::collection::vec((0..3_u32, scores), 0..30)
}

fn multiclass(patients: &[(u32, Vec<f64>)]) -> MulticlassScores {
    let (labels, scores): (Vec<u32>, Vec<Vec<f64>>) = patients.iter().cloned().unzip();
    MulticlassScores::new(3, &labels, &scores).unwrap()
}

fn close(one: Option<f64>, other: Option<f64>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => (one - other).abs() < 1e-12,
        (one, other) => one.is_none() && other.is_none(),
    }
}

const FIGURES: [ClassFigure; 3] = [ClassFigure::Precision, ClassFigure::Recall, ClassFigure::F1];

proptest! {
    #[test]
    fn the_order_of_the_classes_changes_no_average((rows, order) in matrices()) {
        let moved: Vec<Vec<u32>> = order
            .iter()
            .map(|&truth| order.iter().map(|&call| rows[truth][call]).collect())
            .collect();
        let one = ConfusionMatrix::from_counts(rows).unwrap();
        let other = ConfusionMatrix::from_counts(moved).unwrap();
        for figure in FIGURES {
            for weights in [ClassWeights::Macro, ClassWeights::Weighted] {
                let (one, other) = (one.average(figure, weights).ok(), other.average(figure, weights).ok());
                prop_assert!(close(one, other), "{one:?} and {other:?}");
                prop_assert!(one.is_none_or(|value| (0.0..=1.0).contains(&value)));
            }
        }
        let kappa = |of: &ConfusionMatrix| of.kappa(KappaWeights::Unweighted, LEVEL);
        prop_assert!(close(kappa(&one).value(), kappa(&other).value()));
        let weighted_recall = one.average(ClassFigure::Recall, ClassWeights::Weighted).ok();
        prop_assert!(close(weighted_recall, one.accuracy().ok().map(diagstat::Proportion::value)));
    }

    #[test]
    fn an_average_and_a_kappa_lie_in_their_intervals((rows, _) in matrices()) {
        let matrix = ConfusionMatrix::from_counts(rows).unwrap();
        let averages = matrix.averages(WILSON, LEVEL);
        let mut found = vec![averages.micro_average];
        for figures in [averages.macro_average, averages.weighted_average] {
            found.extend([figures.precision, figures.recall, figures.f1]);
        }
        for weights in [KappaWeights::Unweighted, KappaWeights::Linear, KappaWeights::Quadratic] {
            found.push(matrix.kappa(weights, LEVEL));
        }
        for of in found {
            if let (Some(value), Some(interval)) = (of.value(), of.interval()) {
                prop_assert!(interval.low <= value && value <= interval.high, "{of}");
            }
        }
    }

    #[test]
    fn two_classes_are_the_four_counts(of in confusions()) {
        let rows = vec![
            vec![of.true_negatives, of.false_positives],
            vec![of.false_negatives, of.true_positives],
        ];
        let matrix = ConfusionMatrix::from_counts(rows).unwrap();
        prop_assert_eq!(matrix.one_vs_rest().collect::<Vec<_>>(), vec![renamed(of), of]);
        for weights in [KappaWeights::Unweighted, KappaWeights::Linear, KappaWeights::Quadratic] {
            prop_assert_eq!(matrix.kappa(weights, LEVEL), of.kappa(LEVEL));
        }
        let average = |figure| matrix.average(figure, ClassWeights::Macro).ok();
        prop_assert!(close(average(ClassFigure::Recall), of.macro_recall().ok()));
        prop_assert!(close(average(ClassFigure::Precision), of.macro_precision().ok()));
        prop_assert_eq!(matrix.accuracy(), of.accuracy());
        let report = of.class_report(WILSON, LEVEL);
        prop_assert_eq!(report.averages.micro_average, Measured::proportion(of.accuracy(), WILSON, LEVEL));
        prop_assert_eq!(report.averages.macro_average.f1.value(), average(ClassFigure::F1));
    }

    #[test]
    fn the_order_of_the_patients_changes_no_bit(
        (patients, shuffled) in patients().prop_flat_map(|patients| (Just(patients.clone()), Just(patients).prop_shuffle())),
    ) {
        let (one, other) = (multiclass(&patients), multiclass(&shuffled));
        prop_assert_eq!(hand_till(&one), hand_till(&other));
        let areas = |of| one_vs_rest_auc(of, AucInterval::Logit, LEVEL);
        prop_assert_eq!(areas(&one), areas(&other));
        // Which patient a reason names is another matter.
        prop_assert_eq!(one.confusion_matrix().ok(), other.confusion_matrix().ok());
        for k in 1..=3 {
            let top = |of| top_k_accuracy(of, NonZeroUsize::new(k).unwrap()).ok();
            prop_assert_eq!(top(&one), top(&other));
        }
    }

    #[test]
    fn more_guesses_are_right_more_often_and_one_guess_is_the_call(patients in patients()) {
        prop_assume!(!patients.is_empty());
        let of = multiclass(&patients);
        let top: Vec<Option<f64>> = (1..=3)
            .map(|k| top_k_accuracy(&of, NonZeroUsize::new(k).unwrap()).ok().map(diagstat::Proportion::value))
            .collect();
        prop_assert_eq!(top[2], Some(1.0));
        if let (Some(one), Some(two)) = (top[0], top[1]) {
            prop_assert!(one <= two);
        }
        if let Ok(matrix) = of.confusion_matrix() {
            prop_assert_eq!(top[0], matrix.accuracy().ok().map(diagstat::Proportion::value));
        }
    }

    #[test]
    fn two_mirrored_scores_have_hand_tills_area_of_the_one(
        patients in prop::collection::vec((any::<bool>(), 0..9_u8), 1..30),
    ) {
        let (labels, scores): (Vec<bool>, Vec<f64>) =
            patients.into_iter().map(|(label, step)| (label, f64::from(step) / 8.0)).unzip();
        let rows: Vec<Vec<f64>> = scores.iter().map(|score| vec![1.0 - score, *score]).collect();
        let classes: Vec<u32> = labels.iter().map(|&label| label.into()).collect();
        let of = MulticlassScores::new(2, &classes, &rows).unwrap();
        let two = auc(&Scores::from_bools(&labels, &scores).unwrap());
        match (hand_till(&of), two) {
            (Ok(found), Ok(expected)) => prop_assert!((found - expected).abs() < 1e-15),
            (found, expected) => prop_assert_eq!(found.is_ok(), expected.is_ok()),
        }
        let flipped: Vec<u32> = classes.iter().map(|class| 1 - class).collect();
        if let (Ok(one), Ok(other)) = (hand_till(&of), hand_till(&MulticlassScores::new(2, &flipped, &rows).unwrap())) {
            prop_assert!((one + other - 1.0).abs() < 1e-15);
        }
    }
}

const BOOTSTRAP: Bootstrap = Bootstrap {
    replicates: 2000,
    seed: 7,
};

#[test]
fn bootstrap_limits_are_near_those_of_the_delta_method_on_many_patients() {
    let matrix = ConfusionMatrix::from_counts(vec![
        vec![300, 40, 20],
        vec![30, 250, 70],
        vec![10, 60, 400],
    ])
    .unwrap();
    let bootstrap = matrix.bootstrap_averages(BOOTSTRAP, LEVEL);
    let delta = matrix.averages(WILSON, LEVEL);
    let mut compared = 0;
    for (drawn, derived) in [
        (bootstrap.macro_average, delta.macro_average),
        (bootstrap.weighted_average, delta.weighted_average),
    ] {
        for (drawn, derived) in [
            (drawn.precision, derived.precision),
            (drawn.recall, derived.recall),
            (drawn.f1, derived.f1),
        ] {
            assert_eq!(drawn.value(), derived.value());
            let (drawn, derived) = (drawn.interval().unwrap(), derived.interval().unwrap());
            // A twentieth of the width: the draws of 2000 replicates, and class sizes held fixed.
            let limit = 0.05 * (derived.high - derived.low);
            assert!(
                (drawn.low - derived.low).abs() < limit,
                "{drawn} and {derived}"
            );
            assert!(
                (drawn.high - derived.high).abs() < limit,
                "{drawn} and {derived}"
            );
            compared += 1;
        }
    }
    assert_eq!(compared, 6);
    assert_eq!(bootstrap, matrix.bootstrap_averages(BOOTSTRAP, LEVEL));
    let other = Bootstrap {
        seed: 8,
        ..BOOTSTRAP
    };
    assert_ne!(bootstrap, matrix.bootstrap_averages(other, LEVEL));
}

#[test]
fn a_bootstrap_that_cannot_be_says_why() {
    let macro_precision = |rows: Vec<Vec<u32>>, bootstrap| {
        ConfusionMatrix::from_counts(rows)
            .unwrap()
            .bootstrap_averages(bootstrap, LEVEL)
            .macro_average
            .precision
            .reason()
            .unwrap()
            .to_string()
    };
    assert_eq!(
        macro_precision(vec![vec![1, 0], vec![2, 9]], BOOTSTRAP),
        "1 patient of class 0, at least 2 needed"
    );
    assert_eq!(
        macro_precision(vec![vec![5, 0], vec![0, 9]], BOOTSTRAP),
        "the standard error is 0 and an interval of no width would mislead"
    );
    let none = Bootstrap {
        replicates: 0,
        seed: 7,
    };
    assert_eq!(
        macro_precision(vec![vec![5, 1], vec![2, 9]], none),
        "0 of 0 bootstrap replicates have no value"
    );
    let rare = macro_precision(vec![vec![4, 0], vec![2, 1]], BOOTSTRAP);
    assert!(
        rare.ends_with("of 2000 bootstrap replicates have no value"),
        "{rare}"
    );
}

#[test]
fn hand_tills_bootstrap_surrounds_it_and_repeats() {
    let patients: Vec<(u32, Vec<f64>)> = (0..90_u32)
        .map(|index| {
            let score = |class: u32| {
                let noise = f64::from((index * 37 + class * 11) % 50) / 50.0;
                noise + if index % 3 == class { 0.4 } else { 0.0 }
            };
            (index % 3, (0..3).map(score).collect())
        })
        .collect();
    let of = multiclass(&patients);
    let found = hand_till_with_interval(&of, BOOTSTRAP, LEVEL);
    let (value, interval) = (found.value().unwrap(), found.interval().unwrap());
    assert_eq!(Ok(value), hand_till(&of));
    assert!(interval.low < value && value < interval.high, "{found}");
    assert_eq!(found, hand_till_with_interval(&of, BOOTSTRAP, LEVEL));
    let without: Vec<_> = patients
        .into_iter()
        .filter(|(label, _)| *label != 1)
        .collect();
    assert_eq!(
        hand_till_with_interval(&multiclass(&without), BOOTSTRAP, LEVEL).to_string(),
        "undefined (0 patients of class 1, at least 1 needed)"
    );
}

#[test]
fn ties_for_the_highest_score_leave_the_call_open() {
    let of = multiclass(&[(0, vec![0.5, 0.2, 0.3]), (1, vec![0.4, 0.4, 0.2])]);
    assert_eq!(of.confusion_matrix(), Err(Undefined::CallTied { row: 2 }));
    let top = |k| top_k_accuracy(&of, NonZeroUsize::new(k).unwrap());
    assert_eq!(top(1), Err(Undefined::CallTied { row: 2 }));
    assert_eq!(top(2).unwrap().successes(), 2);
}

#[test]
fn wrong_tables_and_scores_are_refused_with_what_was_found() {
    let words = |result: Result<ConfusionMatrix, MatrixError>| result.unwrap_err().to_string();
    assert_eq!(
        words(ConfusionMatrix::from_counts(vec![vec![1]])),
        "found 1 classes, expected 2 to 1000"
    );
    assert_eq!(
        words(ConfusionMatrix::from_counts(vec![vec![1, 2], vec![3]])),
        "row 2 has 1 counts, expected 2, one a class"
    );
    assert_eq!(
        words(ConfusionMatrix::from_counts(vec![
            vec![u32::MAX, 1],
            vec![0, 0]
        ])),
        "found 4294967296 patients, expected at most 4294967295"
    );
    assert_eq!(
        words(ConfusionMatrix::from_calls(3, &[0, 2], &[1, 3])),
        "patient 2 has class 3, expected 0 to 2"
    );
    assert_eq!(
        words(ConfusionMatrix::from_calls(3, &[0, 2], &[1])),
        "found 2 truths and 1 calls, expected one of each for a patient"
    );
    let counted = ConfusionMatrix::from_calls(2, &[0, 1, 1], &[0, 0, 1]).unwrap();
    assert_eq!(counted.rows(), [vec![1, 0], vec![1, 1]]);
    let words =
        |result: Result<MulticlassScores, MulticlassScoresError>| result.unwrap_err().to_string();
    assert_eq!(
        words(MulticlassScores::new(
            2,
            &[0, 2],
            &[vec![0.1, 0.9], vec![0.2, 0.8]]
        )),
        "label 2 is 2, expected 0 to 1"
    );
    assert_eq!(
        words(MulticlassScores::new(2, &[0], &[vec![0.1]])),
        "row 1 has 1 scores, expected 2, one a class"
    );
    assert_eq!(
        words(MulticlassScores::new(2, &[0], &[vec![0.1, f64::NAN]])),
        "score of class 1 in row 1 is NaN, expected a finite number"
    );
}
