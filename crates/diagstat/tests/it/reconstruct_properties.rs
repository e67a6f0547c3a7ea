//! What holds for the search of any matrix from its own figures.

use diagstat::reconstruct::{
    AucOf, Averaging, Explanation, Figure, FoldVerdict, Folds, LISTED_MAX, Patients, Printed,
    PrintedFigure, PrintedInterval, Reconstruction, Rounding, reconstruct,
};
use diagstat::{AucInterval, Confusion, Level, Proportion, Undefined, delong_of_calls};
use proptest::prelude::*;

fn matrices() -> impl Strategy<Value = Confusion> {
    (1..40_u32, 1..40_u32)
        .prop_flat_map(|(positives, negatives)| {
            (
                Just(positives),
                Just(negatives),
                0..=positives,
                0..=negatives,
            )
        })
        .prop_map(|(positives, negatives, tp, tn)| Confusion {
            true_positives: tp,
            false_negatives: positives - tp,
            false_positives: negatives - tn,
            true_negatives: tn,
        })
}

fn flipped(of: &Confusion) -> Confusion {
    Confusion {
        true_positives: of.true_negatives,
        false_negatives: of.false_positives,
        false_positives: of.false_negatives,
        true_negatives: of.true_positives,
    }
}

/// A figure by its definition in doubles, from the figures of the crate that scikit-learn checks.
fn value(figure: Figure, averaging: Averaging, of: &Confusion) -> Result<f64, Undefined> {
    let patients = |of: &Confusion| f64::from(of.true_positives + of.false_negatives);
    let of_class = |of: &Confusion| match figure {
        Figure::Recall => of.sensitivity().map(Proportion::value),
        Figure::Precision => of.ppv().map(Proportion::value),
        _ => of.f1(),
    };
    let other = flipped(of);
    match (figure, averaging) {
        (Figure::Accuracy, _) => of.accuracy().map(Proportion::value),
        (Figure::Sensitivity, _) => of.sensitivity().map(Proportion::value),
        (Figure::Specificity, _) => of.specificity().map(Proportion::value),
        (Figure::Ppv, _) => of.ppv().map(Proportion::value),
        (Figure::Npv, _) => of.npv().map(Proportion::value),
        (Figure::BalancedAccuracy | Figure::Auc, _) => of.balanced_accuracy(),
        (Figure::Mcc, _) => of.mcc(),
        (Figure::Kappa, _) => {
            let (positives, negatives) = (patients(of), patients(&other));
            let all = positives + negatives;
            let called = f64::from(of.true_positives + of.false_positives);
            let by_chance = (positives * called + negatives * (all - called)) / (all * all);
            Ok((of.accuracy()?.value() - by_chance) / (1.0 - by_chance))
        }
        (_, Averaging::Positive) => of_class(of),
        (_, Averaging::Negative) => of_class(&other),
        (_, Averaging::Macro) => Ok(f64::midpoint(of_class(of)?, of_class(&other)?)),
        (_, Averaging::Micro) => of.accuracy().map(Proportion::value),
        (_, Averaging::Weighted) => Ok((patients(of) * of_class(of)?
            + patients(&other) * of_class(&other)?)
            / (patients(of) + patients(&other))),
    }
}

const FIGURES: [Figure; 12] = [
    Figure::Accuracy,
    Figure::Recall,
    Figure::Sensitivity,
    Figure::Specificity,
    Figure::Precision,
    Figure::Ppv,
    Figure::Npv,
    Figure::F1,
    Figure::BalancedAccuracy,
    Figure::Mcc,
    Figure::Kappa,
    Figure::Auc,
];

/// Some of the figures, each with decimals, and one averaging for those that have any.
fn chosen() -> impl Strategy<Value = (Vec<(Figure, usize)>, Averaging)> {
    let figures = prop::sample::subsequence(FIGURES.to_vec(), 2..5);
    let decimals = prop::collection::vec(1..5_usize, 5);
    let averaging = prop::sample::select(Averaging::ALL.to_vec());
    (figures, decimals, averaging).prop_map(|(figures, decimals, averaging)| {
        (figures.into_iter().zip(decimals).collect(), averaging)
    })
}

/// The figures of the matrix as a program prints them, or `None` where one has no value.
fn texts(
    chosen: &[(Figure, usize)],
    averaging: Averaging,
    of: &Confusion,
    percent: bool,
) -> Option<Vec<(Figure, String)>> {
    let text = |&(figure, decimals): &(Figure, usize)| {
        let value = value(figure, averaging, of).ok()?;
        let as_percent = percent && value * 100.0 > 1.5;
        Some((
            figure,
            if as_percent {
                format!("{:.*}%", decimals - 1, 100.0 * value)
            } else {
                format!("{value:.decimals$}")
            },
        ))
    };
    chosen.iter().map(text).collect()
}

fn asked(of: &Confusion, texts: &[(Figure, String)]) -> Printed {
    let figures = texts
        .iter()
        .map(|(figure, text)| PrintedFigure::parse(*figure, text).unwrap());
    Printed {
        patients: Patients::Classes {
            positives: of.true_positives + of.false_negatives,
            negatives: of.true_negatives + of.false_positives,
        },
        figures: figures.collect(),
        interval: None,
        folds: None,
    }
}

/// The averaging of a figure in a reading.
fn averaging_of(figure: Figure, explanation: &Explanation) -> Averaging {
    let reading = explanation.reading;
    let given = match figure {
        Figure::Recall => reading.recall,
        Figure::Precision => reading.precision,
        Figure::F1 => reading.f1,
        _ => None,
    };
    given.unwrap_or(Averaging::Positive)
}

/// Whether a value lies in the closed band of the printed one, in doubles.
fn prints(value: f64, printed: f64, last_digit: f64, rounding: Rounding) -> bool {
    let apart = if printed < 0.0 {
        printed - value
    } else {
        value - printed
    };
    let (least, most) = match rounding {
        Rounding::Truncated if printed == 0.0 => (-1.0, 1.0),
        Rounding::Truncated => (0.0, 1.0),
        _ => (-0.5, 0.5),
    };
    apart >= least * last_digit - 1e-9 && apart <= most * last_digit + 1e-9
}

fn holds(answer: &Reconstruction, matrix: &Confusion) -> bool {
    answer.matrices.iter().any(|found| found.counts == *matrix)
}

proptest! {
    #[test]
    fn a_matrix_is_among_the_answers_to_its_own_figures(
        of in matrices(),
        (figures, averaging) in chosen(),
        percent in any::<bool>(),
    ) {
        let Some(texts) = texts(&figures, averaging, &of, percent) else {
            return Ok(());
        };
        let answer = reconstruct(&asked(&of, &texts)).unwrap();
        prop_assert!(answer.fits(), "{texts:?}");
        let listed_all = answer.found.all() <= LISTED_MAX as u64;
        prop_assert!(holds(&answer, &of) || !listed_all, "{of:?} {texts:?}\n{answer}");
    }

    #[test]
    fn every_answer_prints_the_figures_as_given(
        of in matrices(),
        (figures, averaging) in chosen(),
        moved in any::<prop::sample::Index>(),
        step in -3..4_i32,
    ) {
        let Some(texts) = texts(&figures, averaging, &of, false) else {
            return Ok(());
        };
        // One figure a few units off, so that other matrices than the first are asked for too.
        let mut texts = texts;
        let place = moved.index(texts.len());
        let decimals = figures[place].1;
        let next = texts[place].1.parse::<f64>().unwrap() + f64::from(step) / 10_f64.powi(decimals as i32);
        if (0.0..=1.0).contains(&next) {
            texts[place].1 = format!("{next:.decimals$}");
        }
        let answer = reconstruct(&asked(&of, &texts)).unwrap();
        prop_assert_eq!(answer.matrices.is_empty(), answer.found.all() == 0);
        prop_assert!(answer.matrices.len() as u64 <= answer.found.all());
        for matrix in answer.matrices.iter().take(50) {
            prop_assert!(!matrix.explanations.is_empty());
            for explanation in matrix.explanations.iter().filter(|found| !found.zero_division) {
                for figure in &answer.figures {
                    if figure.figure == Figure::Auc && explanation.reading.auc == Some(AucOf::Scores) {
                        let bounds = matrix.auc_of_scores;
                        prop_assert!(figure.value + figure.last_digit >= bounds.least - 1e-9);
                        prop_assert!(figure.value - figure.last_digit <= bounds.most + 1e-9);
                        continue;
                    }
                    let value = value(figure.figure, averaging_of(figure.figure, explanation), &matrix.counts);
                    let value = value.unwrap();
                    let rounding = explanation.roundings[0];
                    prop_assert!(
                        prints(value, figure.value, figure.last_digit, rounding),
                        "{:?} is {value}, {explanation:?}, {figure:?}", matrix.counts
                    );
                }
            }
        }
    }

    #[test]
    fn the_search_counts_the_matrices_that_a_look_at_each_finds(
        of in matrices(),
        (figures, averaging) in chosen(),
    ) {
        let fixed: Vec<(Figure, usize)> = figures
            .into_iter()
            .filter(|(figure, _)| !matches!(figure, Figure::Recall | Figure::Precision | Figure::F1 | Figure::Auc))
            .collect();
        prop_assume!(!fixed.is_empty());
        let Some(texts) = texts(&fixed, averaging, &of, false) else {
            return Ok(());
        };
        let answer = reconstruct(&asked(&of, &texts)).unwrap();
        prop_assume!(answer.found.all() <= LISTED_MAX as u64);
        let (positives, negatives) = (of.true_positives + of.false_negatives, of.true_negatives + of.false_positives);
        for tp in 0..=positives {
            for tn in 0..=negatives {
                let matrix = Confusion {
                    true_positives: tp,
                    false_negatives: positives - tp,
                    false_positives: negatives - tn,
                    true_negatives: tn,
                };
                // Well inside the band of a rounding, or well outside of all bands: doubles cannot be in doubt there.
                let apart: Option<Vec<f64>> = answer.figures.iter().map(|figure| {
                    let value = value(figure.figure, averaging, &matrix).ok()?;
                    Some((value - figure.value).abs() / figure.last_digit)
                }).collect();
                let Some(apart) = apart else { continue };
                if apart.iter().all(|units| *units < 0.5 - 1e-6) {
                    prop_assert!(holds(&answer, &matrix), "{matrix:?} {texts:?}");
                }
                if apart.iter().any(|units| *units > 1.0 + 1e-6) {
                    prop_assert!(!holds(&answer, &matrix), "{matrix:?} {texts:?}");
                }
            }
        }
    }

    #[test]
    fn no_matrix_is_nearer_than_the_nearest(
        (positives, negatives) in (1..25_u32, 1..25_u32),
        units in prop::array::uniform3(0..100_u32),
    ) {
        let names = [Figure::Accuracy, Figure::Sensitivity, Figure::Specificity];
        let texts: Vec<(Figure, String)> =
            names.iter().zip(units).map(|(&figure, units)| (figure, format!("0.{units:02}"))).collect();
        let matrix = |tp, tn| Confusion {
            true_positives: tp,
            false_negatives: positives - tp,
            false_positives: negatives - tn,
            true_negatives: tn,
        };
        let answer = reconstruct(&asked(&matrix(0, 0), &texts)).unwrap();
        prop_assert_eq!(answer.nearest.is_empty(), answer.fits());
        prop_assume!(!answer.fits());
        let mut all: Vec<f64> = (0..=positives)
            .flat_map(|tp| (0..=negatives).map(move |tn| (tp, tn)))
            .map(|(tp, tn)| {
                let of = matrix(tp, tn);
                let apart = names.iter().zip(units).map(|(&figure, units)| {
                    (value(figure, Averaging::Positive, &of).unwrap() - f64::from(units) / 100.0).abs() * 100.0
                });
                apart.fold(0.0, f64::max)
            })
            .collect();
        all.sort_by(f64::total_cmp);
        prop_assert_eq!(answer.nearest.len(), 3);
        for (near, expected) in answer.nearest.iter().zip(all) {
            prop_assert!((near.units - expected).abs() < 1e-9, "{} but {expected}", near.units);
        }
    }

    #[test]
    fn a_matrix_is_among_the_answers_to_its_own_delong_interval(
        of in matrices(),
        decimals in 2..5_usize,
        logit in any::<bool>(),
    ) {
        let scale = if logit { AucInterval::Logit } else { AucInterval::Wald };
        let Ok(interval) = delong_of_calls(&of).unwrap().interval(scale, Level::PERCENT_95) else {
            return Ok(());
        };
        let (low, high) = (format!("{:.decimals$}", interval.low), format!("{:.decimals$}", interval.high));
        let mut printed = asked(&of, &[]);
        printed.interval = Some(PrintedInterval::parse(&low, &high, Level::PERCENT_95).unwrap());
        let answer = reconstruct(&printed).unwrap();
        prop_assert!(holds(&answer, &of) || answer.found.all() > LISTED_MAX as u64, "{low} {high} {of:?}");
        for matrix in &answer.matrices {
            prop_assert!(!matrix.explanations[0].interval_scales.is_empty());
        }
    }

    #[test]
    fn naming_the_classes_the_other_way_round_mirrors_the_answers(of in matrices(), decimals in 1..4_usize) {
        let (Ok(sensitivity), Ok(precision)) = (of.sensitivity(), of.ppv()) else {
            return Ok(());
        };
        let text = |value: f64| format!("{value:.decimals$}");
        let here = reconstruct(&asked(&of, &[
            (Figure::Sensitivity, text(sensitivity.value())), (Figure::Ppv, text(precision.value())),
        ])).unwrap();
        let there = reconstruct(&asked(&flipped(&of), &[
            (Figure::Specificity, text(sensitivity.value())), (Figure::Npv, text(precision.value())),
        ])).unwrap();
        prop_assert_eq!(here.found, there.found);
        prop_assume!(here.found.all() <= LISTED_MAX as u64);
        for matrix in &here.matrices {
            prop_assert!(holds(&there, &flipped(&matrix.counts)));
        }
    }

    #[test]
    fn means_over_folds_that_exist_are_never_called_inconsistent(
        counts in prop::collection::vec((0..=4_u32, 0..=5_u32), 2..5),
        figures in prop::sample::subsequence(
            vec![Figure::Accuracy, Figure::Sensitivity, Figure::Specificity, Figure::Ppv, Figure::F1, Figure::Mcc],
            1..4,
        ),
        decimals in 2..5_usize,
    ) {
        let folds: Vec<Confusion> = counts.iter().map(|&(tp, tn)| Confusion {
            true_positives: tp,
            false_negatives: 4 - tp,
            false_positives: 5 - tn,
            true_negatives: tn,
        }).collect();
        let mean = |figure: Figure| -> Result<f64, Undefined> {
            let values = folds.iter().map(|fold| value(figure, Averaging::Positive, fold));
            Ok(values.sum::<Result<f64, Undefined>>()? / folds.len() as f64)
        };
        let Ok(means) = figures.iter().map(|&figure| Ok((figure, mean(figure)?))).collect::<Result<Vec<_>, Undefined>>() else {
            return Ok(());
        };
        let texts: Vec<(Figure, String)> = means.iter().map(|(figure, mean)| (*figure, format!("{mean:.decimals$}"))).collect();
        let count = u32::try_from(folds.len()).unwrap();
        let pooled = Confusion {
            true_positives: 4 * count,
            false_negatives: 0,
            false_positives: 0,
            true_negatives: 5 * count,
        };
        let mut printed = asked(&pooled, &texts);
        printed.folds = Some(Folds { folds: count, repeats: 1 });
        let averages = reconstruct(&printed).unwrap().folds.unwrap();
        let rounded = averages.explanations.iter().find(|found| {
            found.rounding == Rounding::Nearest && found.reading.f1.is_none_or(|of| of == Averaging::Positive)
        }).unwrap();
        match &rounded.verdict {
            FoldVerdict::Inconsistent => prop_assert!(false, "{folds:?} {texts:?}"),
            FoldVerdict::Undecided { steps } => prop_assert!(*steps > 1_000_000),
            FoldVerdict::Consistent { example } => {
                prop_assert_eq!(example.len(), folds.len());
                for (figure, text) in &texts {
                    // 0/0 is allowed in the example and has no value here.
                    let values: Result<Vec<f64>, Undefined> = example.iter().map(|fold| value(*figure, Averaging::Positive, fold)).collect();
                    let Ok(values) = values else { continue };
                    let mean = values.iter().sum::<f64>() / values.len() as f64;
                    let apart = (mean - text.parse::<f64>().unwrap()).abs() * 10_f64.powi(decimals as i32);
                    prop_assert!(apart <= 0.5 + 1e-6, "{figure} {mean} {text}");
                }
            }
        }
    }
}
