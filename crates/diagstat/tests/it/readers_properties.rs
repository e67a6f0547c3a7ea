//! What must hold for any crossed reading, and what is refused.

use diagstat::{
    CovarianceMethod, Crossed, CrossedError, FigureOfMerit, FiguresError, Inference, Level,
    ProportionInterval, ReaderFigures, Scores, TreatmentComparison, Undefined, delong,
};
use proptest::prelude::*;

use crate::golden::assert_close;

const METHODS: [CovarianceMethod; 2] = [CovarianceMethod::Delong, CovarianceMethod::Jackknife];
const INFERENCES: [Inference; 3] = [
    Inference::RandomReadersRandomCases,
    Inference::FixedReaders,
    Inference::FixedCases,
];

/// Labels of 4 to 24 patients with two of each class, and the scores of 2 to 4 readers under 2 treatments.
fn reading() -> impl Strategy<Value = (Vec<bool>, Vec<Vec<Vec<f64>>>)> {
    (2..5_usize, 4..25_usize).prop_flat_map(|(readers, patients)| {
        let labels = prop::collection::vec(any::<bool>(), patients).prop_map(|mut labels| {
            labels[..4].copy_from_slice(&[true, true, false, false]);
            labels
        });
        let scores = prop::collection::vec((0..8_u8).prop_map(f64::from), patients);
        let readers = prop::collection::vec(scores, readers);
        (labels, prop::collection::vec(readers, 2))
    })
}

fn crossed(labels: &[bool], treatments: &[Vec<Vec<f64>>]) -> Crossed {
    let readers = |readers: &Vec<Vec<f64>>| {
        readers
            .iter()
            .map(|scores| Scores::from_bools(labels, scores).unwrap())
            .collect()
    };
    Crossed::new(treatments.iter().map(readers).collect()).unwrap()
}

fn compared(
    crossed: &Crossed,
    method: CovarianceMethod,
    inference: Inference,
) -> TreatmentComparison {
    let figures = ReaderFigures::from_readings(crossed, FigureOfMerit::Area, method).unwrap();
    figures.compare(inference, Level::PERCENT_95).unwrap()
}

fn p_value(of: &TreatmentComparison) -> Option<f64> {
    of.test.ok().map(|test| test.p_value)
}

proptest! {
    #[test]
    fn figures_and_variances_are_those_of_each_reading_alone((labels, treatments) in reading()) {
        let crossed = crossed(&labels, &treatments);
        let figures = ReaderFigures::from_readings(&crossed, FigureOfMerit::Area, CovarianceMethod::Delong).unwrap();
        for (treatment, readers) in crossed.treatments().iter().enumerate() {
            for (reader, scores) in readers.iter().enumerate() {
                let auc = delong(scores).unwrap();
                prop_assert!((figures.figures()[treatment][reader] - auc.value).abs() < 1e-14);
                let variance = figures.covariance((treatment, reader), (treatment, reader)).unwrap();
                prop_assert!((variance - auc.variance.unwrap()).abs() < 1e-14);
            }
        }
        prop_assert_eq!(figures.covariance((2, 0), (0, 0)), None);
    }

    #[test]
    fn exchanged_treatments_turn_the_difference_and_keep_the_p_value((labels, treatments) in reading()) {
        let exchanged: Vec<Vec<Vec<f64>>> = treatments.iter().rev().cloned().collect();
        let (before, after) = (crossed(&labels, &treatments), crossed(&labels, &exchanged));
        for method in METHODS {
            for inference in INFERENCES {
                let (before, after) = (compared(&before, method, inference), compared(&after, method, inference));
                prop_assert_eq!(p_value(&before).is_some(), p_value(&after).is_some());
                prop_assert!((p_value(&before).unwrap_or(0.0) - p_value(&after).unwrap_or(0.0)).abs() < 1e-9);
                let value = |of: &TreatmentComparison| of.differences[0].difference.value().unwrap();
                prop_assert!((value(&before) + value(&after)).abs() < 1e-14);
                if let Some(interval) = before.differences[0].difference.interval() {
                    prop_assert!(interval.low < value(&before) && value(&before) < interval.high);
                }
            }
        }
    }

    #[test]
    fn the_order_of_readers_and_patients_and_a_rising_transform_change_nothing((labels, treatments) in reading()) {
        let turn = |numbers: &[f64]| -> Vec<f64> { numbers.iter().rev().map(|score| score.exp()).collect() };
        let moved: Vec<Vec<Vec<f64>>> = treatments
            .iter()
            .map(|readers| readers.iter().rev().map(|scores| turn(scores)).collect())
            .collect();
        let turned: Vec<bool> = labels.iter().rev().copied().collect();
        let (before, after) = (crossed(&labels, &treatments), crossed(&turned, &moved));
        for method in METHODS {
            for inference in INFERENCES {
                let (before, after) = (compared(&before, method, inference), compared(&after, method, inference));
                prop_assert_eq!(p_value(&before).is_some(), p_value(&after).is_some());
                prop_assert!((p_value(&before).unwrap_or(0.0) - p_value(&after).unwrap_or(0.0)).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn flipped_labels_turn_the_difference_and_keep_the_p_value((labels, treatments) in reading()) {
        let flipped: Vec<bool> = labels.iter().map(|label| !label).collect();
        let (before, after) = (crossed(&labels, &treatments), crossed(&flipped, &treatments));
        let of = |crossed| compared(crossed, CovarianceMethod::Delong, Inference::RandomReadersRandomCases);
        let (before, after) = (of(&before), of(&after));
        prop_assert!((p_value(&before).unwrap_or(0.0) - p_value(&after).unwrap_or(0.0)).abs() < 1e-9);
        let value = |of: &TreatmentComparison| of.differences[0].difference.value().unwrap();
        prop_assert!((value(&before) + value(&after)).abs() < 1e-14);
    }

    #[test]
    fn for_calls_the_area_is_the_mean_of_sensitivity_and_specificity((labels, treatments) in reading()) {
        let calls: Vec<Vec<Vec<f64>>> = treatments
            .iter()
            .map(|readers| {
                let call = |scores: &Vec<f64>| scores.iter().map(|score| f64::from(u8::from(*score >= 3.5))).collect();
                readers.iter().map(call).collect()
            })
            .collect();
        let crossed = crossed(&labels, &calls);
        let of = |figure| ReaderFigures::from_readings(&crossed, figure, CovarianceMethod::Delong).unwrap();
        let (area, sensitivity, specificity) =
            (of(FigureOfMerit::Area), of(FigureOfMerit::Sensitivity(0.5)), of(FigureOfMerit::Specificity(0.5)));
        let table = crossed.reader_table(0.5, ProportionInterval::Wilson, Level::PERCENT_95).unwrap();
        for row in table {
            let at = |figures: &ReaderFigures| figures.figures()[row.treatment][row.reader];
            prop_assert!((at(&area) - f64::midpoint(at(&sensitivity), at(&specificity))).abs() < 1e-14);
            prop_assert!((at(&sensitivity) - row.sensitivity.value().unwrap()).abs() < 1e-14);
            prop_assert!((at(&specificity) - row.specificity.value().unwrap()).abs() < 1e-14);
        }
        let place = (0, 0);
        let sum = (sensitivity.covariance(place, (1, 1)).unwrap() + specificity.covariance(place, (1, 1)).unwrap()) / 4.0;
        prop_assert!((area.covariance(place, (1, 1)).unwrap() - sum).abs() < 1e-14);
    }

    #[test]
    fn kappa_of_calls_is_symmetric((labels, treatments) in reading()) {
        let crossed = crossed(&labels, &treatments);
        let of = |first, second| crossed.kappa_of_calls(first, second, 3.5, Level::PERCENT_95);
        match (of((0, 0), (1, 1)), of((1, 1), (0, 0))) {
            (Ok(there), Ok(back)) => {
                prop_assert!((there.kappa.value().unwrap() - back.kappa.value().unwrap()).abs() < 1e-13);
            }
            (there, back) => prop_assert_eq!(there.is_ok(), back.is_ok()),
        }
        if let Ok(same) = of((0, 0), (0, 0)) {
            prop_assert!((same.kappa.value().unwrap() - 1.0).abs() < 1e-14);
        }
    }

    #[test]
    fn a_model_that_reads_as_the_readers_differs_by_nothing((labels, treatments) in reading()) {
        let mut readers = treatments[0].clone();
        readers.push(readers[0].clone());
        let crossed = crossed(&labels, &[readers.clone()]);
        let figures = ReaderFigures::from_readings(&crossed, FigureOfMerit::Area, CovarianceMethod::Delong).unwrap();
        let found = figures.against_model(0, readers.len() - 1, Level::PERCENT_95).unwrap();
        prop_assert_eq!(found.each[0].difference.value(), Some(0.0));
        prop_assert!(found.each[0].test.is_err());
        let mean: f64 = found.each.iter().map(|one| one.difference.value().unwrap()).sum::<f64>() / found.each.len() as f64;
        prop_assert!((mean - found.random_readers.difference.value().unwrap()).abs() < 1e-14);
        prop_assert!((found.readers - found.model - mean).abs() < 1e-14);
    }
}

#[test]
fn the_readers_table_counts_each_reader_under_each_treatment() {
    let labels = [1, 1, 1, 0, 0];
    let reader = |calls: [f64; 5]| Scores::new(&labels, &calls).unwrap();
    let alone = vec![
        reader([1.0, 0.0, 1.0, 0.0, 0.0]),
        reader([1.0, 1.0, 1.0, 1.0, 0.0]),
    ];
    let aided = vec![
        reader([1.0, 1.0, 1.0, 0.0, 0.0]),
        reader([1.0, 1.0, 1.0, 0.0, 0.0]),
    ];
    let crossed = Crossed::new(vec![alone, aided]).unwrap();
    let table = crossed
        .reader_table(0.5, ProportionInterval::Wilson, Level::PERCENT_95)
        .unwrap();
    let places: Vec<(usize, usize)> = table
        .iter()
        .map(|row| (row.treatment, row.reader))
        .collect();
    assert_eq!(places, [(0, 0), (0, 1), (1, 0), (1, 1)]);
    assert_eq!(
        table[0].sensitivity.to_string(),
        "0.667 (95 % CI 0.208 to 0.939, Wilson)"
    );
    assert_eq!(table[1].specificity.value(), Some(0.5));
    assert_eq!(table[2].sensitivity.value(), Some(1.0));
    let kappa = crossed
        .kappa_of_calls((0, 0), (0, 1), 0.5, Level::PERCENT_95)
        .unwrap();
    assert_close("kappa", kappa.kappa.value().unwrap(), 2.0 / 7.0, 1e-14);
    let reason = crossed
        .kappa_of_calls((0, 0), (0, 2), 0.5, Level::PERCENT_95)
        .unwrap_err();
    assert_eq!(reason.to_string(), "2 readers, at least 3 needed");
    assert!(
        crossed
            .reader_table(f64::NAN, ProportionInterval::Wilson, Level::PERCENT_95)
            .is_err()
    );
}

#[test]
fn a_reading_with_a_gap_is_refused_with_its_place() {
    let reader = |labels: &[u8]| Scores::new(labels, &vec![0.5; labels.len()]).unwrap();
    assert_eq!(Crossed::new(vec![]), Err(CrossedError::Empty));
    assert_eq!(Crossed::new(vec![vec![]]), Err(CrossedError::Empty));
    let error = Crossed::new(vec![
        vec![reader(&[0, 1]), reader(&[0, 1])],
        vec![reader(&[0, 1])],
    ])
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "treatment 2 has 1 readers and treatment 1 has 2, expected the same readers under each"
    );
    let error = Crossed::new(vec![vec![reader(&[0, 1])], vec![reader(&[1, 1])]]).unwrap_err();
    assert!(matches!(error, CrossedError::Patients(_)), "{error}");
    let few = Crossed::new(vec![vec![reader(&[0, 1, 1])]]).unwrap();
    let reason = ReaderFigures::from_readings(&few, FigureOfMerit::Area, CovarianceMethod::Delong)
        .unwrap_err();
    assert_eq!(reason.to_string(), "1 negative patient, at least 2 needed");
}

#[test]
fn figures_without_their_covariances_are_refused() {
    assert_eq!(ReaderFigures::new(vec![], vec![]), Err(FiguresError::Empty));
    assert_eq!(
        ReaderFigures::new(vec![vec![0.8, 0.9]], vec![vec![0.1, 0.1]]),
        Err(FiguresError::NotSquare { expected: 2 })
    );
    assert_eq!(
        ReaderFigures::new(vec![vec![0.8, 0.9], vec![0.8]], vec![]),
        Err(FiguresError::Readers {
            treatment: 2,
            found: 1,
            expected: 2
        })
    );
    let error = ReaderFigures::new(vec![vec![f64::NAN]], vec![vec![0.1]]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "found NaN among figures and covariances, expected finite numbers"
    );
    let one = ReaderFigures::new(vec![vec![0.8]], vec![vec![0.01]]).unwrap();
    let reason = one
        .compare(Inference::FixedReaders, Level::PERCENT_95)
        .unwrap_err();
    assert_eq!(reason.to_string(), "1 treatment, at least 2 needed");
    assert!(one.variance_components().is_err());
}

/// Treatments whose difference is the same for every patient, but for rounding: no spread, so no test.
#[test]
fn a_difference_without_spread_has_no_test_and_no_interval() {
    let labels = [true, true, false, false, false];
    let treatments = [
        vec![vec![4.0, 4.0, 0.0, 4.0, 5.0], vec![0.0, 0.0, 1.0, 0.0, 1.0]],
        vec![vec![2.0, 2.0, 0.0, 0.0, 3.0], vec![1.0, 1.0, 0.0, 0.0, 0.0]],
    ];
    for method in METHODS {
        let found = compared(
            &crossed(&labels, &treatments),
            method,
            Inference::FixedReaders,
        );
        assert!(
            matches!(found.test, Err(Undefined::ZeroSpread { .. })),
            "{method:?}: {found:?}"
        );
        assert_eq!(found.differences[0].difference.interval(), None);
    }
}
