//! Multi-reader multi-case analyses against R's MRMCaov, and pROC for one reader (`golden/readers.jsonl`).

use diagstat::{
    CovarianceMethod, Crossed, FigureOfMerit, HypothesisTest, Inference, Level, Measured,
    ReaderFigures, Scores, TreatmentComparison, TreatmentDifference, Undefined,
};
use serde_json::Value;

use crate::golden::{assert_close, cases, numbers};

const LEAST: usize = 41;
const TOLERANCE: f64 = 1e-10;

fn crossed(case: &Value) -> Crossed {
    let labels: Vec<u8> = numbers(&case["labels"])
        .iter()
        .map(|label| u8::from(*label > 0.5))
        .collect();
    let readings = |readers: &Value| -> Vec<Scores> {
        let readers = readers.as_array().unwrap().iter();
        readers
            .map(|scores| Scores::new(&labels, &numbers(scores)).unwrap())
            .collect()
    };
    let treatments = case["treatments"].as_array().unwrap().iter();
    Crossed::new(treatments.map(readings).collect()).unwrap()
}

fn figures(crossed: &Crossed, method: CovarianceMethod) -> ReaderFigures {
    ReaderFigures::from_readings(crossed, FigureOfMerit::Area, method).unwrap()
}

/// Compares numbers that may be near 0 beside others that are not.
#[track_caller]
fn assert_near(what: &str, found: f64, expected: f64) {
    assert!(
        (found - expected).abs() <= TOLERANCE * (1.0 + expected.abs()),
        "{what}: found {found:e}, expected {expected:e}"
    );
}

#[track_caller]
fn assert_test(what: &str, found: &HypothesisTest, expected: &[f64]) {
    let p = expected[expected.len() - 1];
    let (first, second) = found.degrees_of_freedom.unwrap();
    assert_eq!(first, expected[1], "{what}");
    // Where readers and treatments do not interact at all, MRMCaov's degrees of freedom are 1 over a rounding error.
    let unbounded = expected.len() == 4 && expected[2] > 1e20;
    let statistic = expected[0] * if unbounded { first } else { 1.0 };
    assert_close(what, found.statistic.unwrap(), statistic, 1e-9);
    match second {
        Some(second) => assert_close(what, second, expected[2], 1e-9),
        None => assert!(unbounded || expected.len() == 3, "{what}: {found}"),
    }
    assert_near(what, found.p_value, p);
}

/// Value, limits and, where given, P value. MRMCaov cuts the limits of a treatment at 0 and 1.
#[track_caller]
fn assert_measured(what: &str, found: &Measured, expected: &[f64], cut: bool) {
    assert_near(what, found.value().unwrap(), expected[0]);
    let interval = found.interval().unwrap();
    let (low, high) = if cut {
        (interval.low.max(0.0), interval.high.min(1.0))
    } else {
        (interval.low, interval.high)
    };
    assert_near(what, low, expected[1]);
    assert_near(what, high, expected[2]);
}

fn assert_difference(what: &str, found: &TreatmentDifference, expected: &[f64]) {
    assert_measured(what, &found.difference, expected, false);
    assert_near(what, found.test.unwrap().p_value, expected[3]);
}

/// `widened` are treatments whose interval MRMCaov makes wider, by setting a negative covariance of readers to 0.
fn assert_comparison(what: &str, found: &TreatmentComparison, expected: &Value, widened: &[usize]) {
    assert_test(what, &found.test.unwrap(), &numbers(&expected["test"]));
    let differences = expected["differences"].as_array().unwrap();
    assert_eq!(found.differences.len(), differences.len(), "{what}");
    for (found, expected) in found.differences.iter().zip(differences) {
        assert_difference(what, found, &numbers(expected));
    }
    let means = expected["means"].as_array().unwrap();
    assert_eq!(found.treatments.len(), means.len(), "{what}");
    for (place, (found, expected)) in found.treatments.iter().zip(means).enumerate() {
        if widened.contains(&place) {
            let interval = found.interval().unwrap();
            assert!(interval.low > numbers(expected)[1], "{what}: {found}");
        } else {
            assert_measured(what, found, &numbers(expected), true);
        }
    }
}

/// The treatments under which the readers' mean covariance is negative.
fn negatively_related(figures: &ReaderFigures) -> Vec<usize> {
    let readers = figures.figures()[0].len();
    (0..figures.figures().len())
        .filter(|&treatment| {
            let pairs = (0..readers).flat_map(|one| (0..one).map(move |other| (one, other)));
            let covariance = |(one, other)| {
                figures
                    .covariance((treatment, one), (treatment, other))
                    .unwrap()
            };
            pairs.map(covariance).sum::<f64>() < 0.0
        })
        .collect()
}

#[test]
fn all_three_analyses_are_mrmcaovs_by_delong_and_jackknife() {
    let (mut compared, mut negative, mut apart) = (0, 0, 0);
    for case in cases("readers.jsonl", LEAST) {
        if case["kind"] != "study" {
            continue;
        }
        compared += 1;
        let crossed = crossed(&case);
        for (method, inference, key) in [
            (
                CovarianceMethod::Delong,
                Inference::RandomReadersRandomCases,
                "delong",
            ),
            (
                CovarianceMethod::Jackknife,
                Inference::RandomReadersRandomCases,
                "jackknife",
            ),
            (
                CovarianceMethod::Delong,
                Inference::FixedReaders,
                "fixed_readers",
            ),
            (
                CovarianceMethod::Delong,
                Inference::FixedCases,
                "fixed_cases",
            ),
        ] {
            let name = format!("{} {key}", case["name"]);
            let figures = figures(&crossed, method);
            let found = figures.compare(inference, Level::PERCENT_95).unwrap();
            let widened = if inference == Inference::FixedReaders {
                negatively_related(&figures)
            } else {
                Vec::new()
            };
            apart += widened.len();
            assert_comparison(&name, &found, &case[key], &widened);
            let Some(expected) = case[format!("{key}_components")].as_array() else {
                continue;
            };
            let of = figures.variance_components().unwrap();
            let found = [
                of.readers,
                of.treatments_by_readers,
                of.error,
                of.same_reader,
                of.same_treatment,
                of.all_different,
            ];
            for (found, expected) in found.iter().zip(expected) {
                assert_near(&name, *found, expected.as_f64().unwrap());
            }
            negative += u32::from(of.treatments_by_readers < 0.0);
        }
    }
    assert!(
        compared == 19 && negative >= 3 && apart <= 2,
        "{compared} studies, {negative} negative components"
    );
}

#[test]
fn sensitivity_and_specificity_of_readers_compare_as_in_mrmcaov() {
    let mut compared = 0;
    for case in cases("readers.jsonl", LEAST) {
        let Some(threshold) = case["threshold"].as_f64() else {
            continue;
        };
        let crossed = crossed(&case);
        for (figure, key) in [
            (FigureOfMerit::Sensitivity(threshold), "binary_sens"),
            (FigureOfMerit::Specificity(threshold), "binary_spec"),
        ] {
            compared += 1;
            let figures =
                ReaderFigures::from_readings(&crossed, figure, CovarianceMethod::Jackknife)
                    .unwrap();
            let found = figures.compare(Inference::RandomReadersRandomCases, Level::PERCENT_95);
            assert_comparison(
                &format!("{} {key}", case["name"]),
                &found.unwrap(),
                &case[key],
                &[],
            );
        }
    }
    assert_eq!(compared, 14);
}

#[test]
fn with_one_reader_the_analysis_of_fixed_readers_is_procs_delong_test() {
    let mut compared = 0;
    for case in cases("readers.jsonl", LEAST) {
        if case["kind"] != "one_reader" {
            continue;
        }
        compared += 1;
        let name = case["name"].to_string();
        let figures = figures(&crossed(&case), CovarianceMethod::Delong);
        let (z, p) = (case["z"].as_f64().unwrap(), case["p"].as_f64().unwrap());
        let found = figures
            .compare(Inference::FixedReaders, Level::PERCENT_95)
            .unwrap();
        assert_close(&name, found.test.unwrap().statistic.unwrap(), z * z, 1e-10);
        assert_near(&name, found.test.unwrap().p_value, p);
        assert_close(
            &name,
            found.differences[0].test.unwrap().statistic.unwrap(),
            z,
            1e-10,
        );
        let alone = figures.reader_differences(Level::PERCENT_95).unwrap();
        assert_eq!(alone, vec![found.differences]);
        let random = figures
            .compare(Inference::RandomReadersRandomCases, Level::PERCENT_95)
            .unwrap();
        let reason = random.test.unwrap_err();
        assert_eq!(reason.to_string(), "1 reader, at least 2 needed");
    }
    assert_eq!(compared, 12);
}

#[test]
fn readers_against_a_model_follow_hilliss_single_treatment() {
    let mut compared = 0;
    for case in cases("readers.jsonl", LEAST) {
        if case["kind"] != "against_model" {
            continue;
        }
        compared += 1;
        let name = case["name"].to_string();
        let figures = figures(&crossed(&case), CovarianceMethod::Delong);
        let model = figures.figures()[0].len() - 1;
        let found = figures.against_model(0, model, Level::PERCENT_95).unwrap();
        assert_near(&name, found.model, case["model"].as_f64().unwrap());
        assert_difference(&name, &found.random_readers, &numbers(&case["random"]));
        assert_difference(&name, &found.fixed_readers, &numbers(&case["fixed"]));
        let each = case["each"].as_array().unwrap();
        assert_eq!(found.each.len(), each.len());
        for (found, expected) in found.each.iter().zip(each) {
            assert_measured(&name, &found.difference, &numbers(expected), false);
        }
    }
    assert_eq!(compared, 10);
}

/// Van Dyke and others' study of 114 patients (45 with aortic dissection) by 5 readers: the areas by trapezoids and the
/// pooled covariances, as published with MRMCaov and in the papers of Hillis.
#[test]
fn published_figures_of_van_dykes_study_give_the_published_test() {
    let areas = vec![
        vec![
            0.919_645_73,
            0.858_776_17,
            0.903_864_73,
            0.973_107_89,
            0.829_790_66,
        ],
        vec![
            0.947_826_09,
            0.905_314_01,
            0.921_739_13,
            0.999_355_88,
            0.929_951_69,
        ],
    ];
    let covariance =
        |first: usize, second: usize| match (first / 5 == second / 5, first % 5 == second % 5) {
            (true, true) => 0.000_802_29,
            (false, true) => 0.000_346_61,
            (true, false) => 0.000_344_07,
            (false, false) => 0.000_239_03,
        };
    let covariances = (0..10)
        .map(|one| (0..10).map(|other| covariance(one, other)).collect())
        .collect();
    let figures = ReaderFigures::new(areas, covariances).unwrap();
    let of = |inference| figures.compare(inference, Level::PERCENT_95).unwrap();
    let random = of(Inference::RandomReadersRandomCases);
    let test = random.test.unwrap();
    // The published inputs have five digits.
    assert_close("F", test.statistic.unwrap(), 4.4563, 1e-4);
    let (_, below) = test.degrees_of_freedom.unwrap();
    assert_close("degrees of freedom", below.unwrap(), 15.26, 1e-3);
    assert_close("P", test.p_value, 0.0517, 1e-3);
    assert_eq!(
        format!("{:.3}", random.differences[0].difference),
        "-0.044 (95 % CI -0.088 to 0.000, Obuchowski-Rockette-Hillis)"
    );
    let cases = of(Inference::FixedCases).test.unwrap();
    assert_eq!(
        cases.to_string(),
        "F(1.0000, 4.0000) = 8.704, P = 0.042, equal treatments, Obuchowski-Rockette"
    );
}

#[test]
fn readers_who_read_alike_give_a_reason_instead_of_a_test() {
    let labels = [0, 0, 0, 1, 1, 1];
    let reader = |scores: [f64; 6]| Scores::new(&labels, &scores).unwrap();
    let one = reader([1.0, 2.0, 4.0, 3.0, 5.0, 6.0]);
    let other = reader([1.0, 4.0, 2.0, 3.0, 6.0, 5.0]);
    let same = Crossed::new(vec![vec![one.clone(), other.clone()], vec![one, other]]).unwrap();
    let figures = figures(&same, CovarianceMethod::Delong);
    for inference in [
        Inference::RandomReadersRandomCases,
        Inference::FixedReaders,
        Inference::FixedCases,
    ] {
        let found = figures.compare(inference, Level::PERCENT_95).unwrap();
        assert!(
            matches!(found.test, Err(Undefined::ZeroSpread { .. })),
            "{found:?}"
        );
        assert_eq!(found.differences[0].difference.value(), Some(0.0));
        assert!(found.differences[0].difference.interval().is_none());
    }
    let alone = figures.against_model(0, 1, Level::PERCENT_95).unwrap();
    assert_eq!(
        alone.random_readers.test.unwrap_err().to_string(),
        "1 reader, at least 2 needed"
    );
    assert!(figures.against_model(2, 0, Level::PERCENT_95).is_err());
    assert!(figures.against_model(0, 2, Level::PERCENT_95).is_err());
}
