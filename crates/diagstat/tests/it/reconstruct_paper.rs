//! The figures of the paper's Table 2, searched back to the matrix that made them.

use diagstat::reconstruct::{
    AucOf, Averaging, Figure, FoldVerdict, Folds, PATIENTS_MAX, Patients, Printed, PrintedFigure,
    PrintedInterval, ReconstructError, Scale, TOTAL_MAX, reconstruct,
};
use diagstat::{AucInterval, Confusion, Level};

const MATRIX: Confusion = Confusion {
    true_positives: 22,
    false_negatives: 7,
    false_positives: 1,
    true_negatives: 32,
};

const TABLE_2: [(Figure, &str); 4] = [
    (Figure::Accuracy, "87.1"),
    (Figure::Recall, "86.4"),
    (Figure::Precision, "88.9"),
    (Figure::Auc, "0.864"),
];

fn printed(figures: &[(Figure, &str)]) -> Printed {
    let parsed = figures
        .iter()
        .map(|(figure, text)| PrintedFigure::parse(*figure, text).unwrap());
    Printed {
        patients: Patients::Classes {
            positives: 29,
            negatives: 33,
        },
        figures: parsed.collect(),
        interval: None,
        folds: None,
    }
}

fn interval() -> PrintedInterval {
    PrintedInterval::parse("0.780", "0.949", Level::PERCENT_95).unwrap()
}

#[test]
fn table_2_is_one_matrix_with_macro_averages_and_the_auc_of_the_calls() {
    let found = reconstruct(&printed(&TABLE_2)).unwrap();
    assert_eq!((found.found.together, found.found.all()), (1, 1));
    assert_eq!(found.matrices.len(), 1);
    let matrix = &found.matrices[0];
    assert_eq!(matrix.counts, MATRIX);
    assert_eq!(matrix.explanations.len(), 1);
    let reading = matrix.explanations[0].reading;
    assert_eq!(reading.recall, Some(Averaging::Macro));
    assert_eq!(reading.precision, Some(Averaging::Macro));
    assert_eq!(reading.auc, Some(AucOf::Calls));
    assert_eq!(
        found.to_string(),
        "one confusion matrix of 29 positive and 33 negative patients prints these figures\n\
         TP 22 FN 7 FP 1 TN 32: recall and precision macro-averaged, AUC of the calls, rounded; \
         AUC of the calls 0.864 (95 % CI 0.780 to 0.949, DeLong)"
    );
}

#[test]
fn the_printed_interval_alone_gives_the_same_matrix() {
    let mut only = printed(&[]);
    only.interval = Some(interval());
    let found = reconstruct(&only).unwrap();
    assert_eq!(found.found.all(), 1);
    assert_eq!(found.matrices[0].counts, MATRIX);
    assert_eq!(
        found.matrices[0].explanations[0].interval_scales,
        [AucInterval::Wald]
    );
}

#[test]
fn the_total_alone_gives_the_matrix_and_its_mirror_image() {
    let mut total = printed(&TABLE_2);
    total.patients = Patients::Total(62);
    let found = reconstruct(&total).unwrap();
    let counts: Vec<Confusion> = found.matrices.iter().map(|matrix| matrix.counts).collect();
    let mirrored = Confusion {
        true_positives: 32,
        false_negatives: 1,
        false_positives: 7,
        true_negatives: 22,
    };
    assert_eq!(counts, [MATRIX, mirrored]);
}

#[test]
fn figures_that_nothing_fits_name_the_nearest_matrices_and_each_difference() {
    let mut wrong = TABLE_2;
    wrong[0] = (Figure::Accuracy, "88.1");
    let found = reconstruct(&printed(&wrong)).unwrap();
    assert!(!found.fits() && found.matrices.is_empty());
    assert_eq!(found.nearest.len(), 3);
    assert!(found.nearest.is_sorted_by(|a, b| a.units <= b.units));
    let near = found
        .nearest
        .iter()
        .find(|near| near.counts == MATRIX)
        .unwrap();
    let accuracy = &near.differences[0];
    assert_eq!(accuracy.figure, "accuracy");
    assert!((accuracy.difference - (54.0 / 62.0 - 0.881)).abs() < 1e-12);
    let words = found.to_string();
    assert!(
        words.starts_with("no confusion matrix of 29 positive and 33 negative patients"),
        "{words}"
    );
    assert!(
        words.contains("accuracy 0.8710 instead of 0.881 (-0.0100)"),
        "{words}"
    );
}

#[test]
fn an_auc_that_no_calls_have_is_that_of_the_scores_and_says_how_little_is_checked() {
    let mut scores = TABLE_2;
    scores[3] = (Figure::Auc, "0.950");
    let found = reconstruct(&printed(&scores)).unwrap();
    assert_eq!(
        (found.found.together, found.found.together_auc_of_scores),
        (0, 1)
    );
    assert_eq!(found.matrices[0].counts, MATRIX);
    assert!(
        found
            .to_string()
            .contains("not checked beyond its bounds, 0.736 to 0.993")
    );
    scores[3] = (Figure::Auc, "0.999");
    assert!(!reconstruct(&printed(&scores)).unwrap().fits());
}

#[test]
fn means_over_folds_of_calls_that_exist_are_consistent_and_the_example_has_them() {
    // Recall 5/6 in four folds of 6 positives and 4/5 in one, specificity 6/7 in three folds and 5/6 in two.
    let sensitivity = (4.0 * 5.0 / 6.0 + 4.0 / 5.0) / 5.0;
    let specificity = (3.0 * 6.0 / 7.0 + 2.0 * 5.0 / 6.0) / 5.0;
    let texts = [format!("{sensitivity:.4}"), format!("{specificity:.4}")];
    let mut means = printed(&[
        (Figure::Sensitivity, &texts[0]),
        (Figure::Specificity, &texts[1]),
    ]);
    means.folds = Some(Folds {
        folds: 5,
        repeats: 1,
    });
    let folds = reconstruct(&means).unwrap().folds.unwrap();
    let FoldVerdict::Consistent { example } = &folds.explanations[0].verdict else {
        panic!("{folds}");
    };
    let mean: f64 = example
        .iter()
        .map(|fold| fold.sensitivity().unwrap().value())
        .sum();
    assert_eq!(format!("{:.4}", mean / 5.0), texts[0]);
    let patients = |of: fn(&Confusion) -> u32| example.iter().map(of).sum::<u32>();
    assert_eq!(
        patients(|fold| fold.true_positives + fold.false_negatives),
        29
    );
    assert_eq!(
        patients(|fold| fold.true_negatives + fold.false_positives),
        33
    );
}

#[test]
fn a_one_that_fits_only_as_a_percentage_is_read_as_one() {
    let found = reconstruct(&Printed {
        patients: Patients::Classes {
            positives: 100,
            negatives: 100,
        },
        ..printed(&[(Figure::Sensitivity, "1.0"), (Figure::Accuracy, "50.5")])
    });
    let found = found.unwrap();
    assert_eq!(found.figures[0].scale, Scale::Fraction);
    let found = reconstruct(&Printed {
        patients: Patients::Classes {
            positives: 100,
            negatives: 100,
        },
        ..printed(&[(Figure::Sensitivity, "1.0"), (Figure::Accuracy, "20.5")])
    });
    let found = found.unwrap();
    assert_eq!(found.figures[0].scale, Scale::Percent);
    assert_eq!(found.matrices[0].counts.true_positives, 1);
}

#[test]
fn input_that_cannot_be_searched_is_refused_with_its_numbers() {
    let refused = |change: &dyn Fn(&mut Printed)| {
        let mut input = printed(&TABLE_2);
        change(&mut input);
        reconstruct(&input).unwrap_err()
    };
    let classes = |positives, negatives| Patients::Classes {
        positives,
        negatives,
    };
    let folds = |folds, repeats| Some(Folds { folds, repeats });
    let cases: [(ReconstructError, &str); 9] = [
        (refused(&|p| p.figures.clear()), "no figure is given"),
        (
            refused(&|p| p.figures.push(p.figures[0].clone())),
            "the accuracy is given twice",
        ),
        (
            refused(&|p| p.patients = classes(0, 5)),
            "found 0 positive and 5 negative patients",
        ),
        (
            refused(&|p| p.patients = Patients::Total(1)),
            "found 1 patients, expected at least 2",
        ),
        (
            refused(&|p| p.patients = classes(PATIENTS_MAX, 1)),
            "found 100001 patients, expected at most 100000",
        ),
        (
            refused(&|p| p.patients = Patients::Total(TOTAL_MAX + 1)),
            "expected at most 2000 where the class sizes are not known",
        ),
        (
            refused(&|p| p.folds = folds(30, 1)),
            "found 30 folds of 29 patients in the smaller class",
        ),
        (
            refused(&|p| p.folds = folds(5, u32::MAX)),
            "expected at least 1 and at most 1000 folds in all",
        ),
        (
            refused(&|p| {
                p.patients = Patients::Total(62);
                p.folds = folds(5, 1);
            }),
            "folds need both class sizes",
        ),
    ];
    for (error, words) in cases {
        assert!(error.to_string().contains(words), "{error}");
    }
}
