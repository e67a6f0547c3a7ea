//! Ratios, predictive values, agreement, averages and McNemar's tests against epiR, psych and R (`golden/counts_r.jsonl`)
//! and against scikit-learn, statsmodels and numerical derivatives (`golden/counts_python.jsonl`).

use diagstat::multiclass::{Averages, ConfusionMatrix, KappaWeights};
use diagstat::{
    Confusion, Level, Mcnemar, Measured, PairedTable, Prevalence, ProportionInterval, Undefined,
};
use serde_json::Value;

use crate::golden::{assert_close, cases, numbers};

const R: (&str, usize) = ("counts_r.jsonl", 66);
const PYTHON: (&str, usize) = ("counts_python.jsonl", 103);

pub fn of_kind((file, least): (&str, usize), kind: &str, expected: usize) -> Vec<Value> {
    let cases: Vec<Value> = cases(file, least)
        .into_iter()
        .filter(|case| case["kind"] == kind)
        .collect();
    assert!(
        cases.len() >= expected,
        "{} of {kind}, expected {expected}",
        cases.len()
    );
    cases
}

fn confusion(counts: &Value) -> Confusion {
    let counts: Vec<u32> = serde_json::from_value(counts.clone()).unwrap();
    let [tp, fn_, fp, tn] = counts.try_into().unwrap();
    Confusion {
        true_positives: tp,
        false_negatives: fn_,
        false_positives: fp,
        true_negatives: tn,
    }
}

fn level(case: &Value) -> Level {
    Level::new(case["level"].as_f64().unwrap()).unwrap()
}

fn matrix(case: &Value) -> ConfusionMatrix {
    ConfusionMatrix::from_counts(serde_json::from_value(case["rows"].clone()).unwrap()).unwrap()
}

fn assert_measured(what: &str, found: Measured, expected: &Value, tolerance: f64) {
    let expected = numbers(expected);
    let interval = found.interval().unwrap();
    assert_close(what, found.value().unwrap(), expected[0], tolerance);
    assert_close(what, interval.low, expected[1], tolerance);
    assert_close(what, interval.high, expected[2], tolerance);
}

/// Value and standard error, from the distance of an uncut limit.
fn assert_wald(what: &str, found: Measured, [value, error]: [f64; 2], tolerance: f64) {
    assert!(
        (found.value().unwrap() - value).abs() <= tolerance,
        "{what}"
    );
    let interval = found.interval().unwrap();
    let z = 1.959_963_984_540_054;
    let low = f64::max(value - z * error, -1.0);
    let low = if interval.low == 0.0 {
        low.max(0.0)
    } else {
        low
    };
    let high = f64::min(value + z * error, 1.0);
    assert!(
        (interval.low - low).abs() <= tolerance,
        "{what}: {interval}, {low}"
    );
    assert!(
        (interval.high - high).abs() <= tolerance,
        "{what}: {interval}, {high}"
    );
}

fn pair(value: &Value) -> [f64; 2] {
    numbers(value).try_into().unwrap()
}

#[test]
fn likelihood_and_odds_ratios_are_those_of_epir() {
    // epiR takes 1 - specificity from the rounded specificity, which costs digits at 100,000 patients.
    let tolerance = 1e-11;
    for case in of_kind(R, "two_classes", 30) {
        let (of, level) = (confusion(&case["counts"]), level(&case));
        for (name, found) in [
            (
                "positive_likelihood_ratio",
                of.positive_likelihood_ratio(level),
            ),
            (
                "negative_likelihood_ratio",
                of.negative_likelihood_ratio(level),
            ),
            ("diagnostic_odds_ratio", of.diagnostic_odds_ratio(level)),
            (
                "positive_likelihood_ratio_haldane_anscombe",
                of.positive_likelihood_ratio_haldane_anscombe(level),
            ),
            (
                "negative_likelihood_ratio_haldane_anscombe",
                of.negative_likelihood_ratio_haldane_anscombe(level),
            ),
            (
                "diagnostic_odds_ratio_haldane_anscombe",
                of.diagnostic_odds_ratio_haldane_anscombe(level),
            ),
        ] {
            let what = format!("{name} of {}", case["counts"]);
            assert_measured(&what, found, &case[name], tolerance);
        }
        let youden = of.youden_index(level).value().unwrap();
        assert!((youden - case["youden"].as_f64().unwrap()).abs() < 1e-15);
    }
}

#[test]
fn predictive_values_at_a_prevalence_have_the_limits_of_rs_derivatives() {
    for case in of_kind(R, "two_classes", 30) {
        let (of, level) = (confusion(&case["counts"]), level(&case));
        for prevalence in [0.05, 0.4] {
            let at = Prevalence::new(prevalence).unwrap();
            for (name, found) in [("ppv", of.ppv_at(at, level)), ("npv", of.npv_at(at, level))] {
                let key = format!("{name}_at_{prevalence}");
                assert_measured(&format!("{key} of {case}"), found, &case[&key], 1e-11);
            }
            let summary = of.summary_at(at, ProportionInterval::Wilson, level);
            assert_eq!(summary.at_prevalence.unwrap().ppv, of.ppv_at(at, level));
        }
    }
}

#[test]
fn kappa_and_its_standard_error_are_those_of_psych() {
    for case in of_kind(R, "two_classes", 30) {
        let [kappa, variance] = pair(&case["kappa"]);
        let found = confusion(&case["counts"]).kappa(Level::PERCENT_95);
        assert_wald(&case.to_string(), found, [kappa, variance.sqrt()], 1e-12);
    }
    for case in of_kind(R, "more_classes", 12) {
        let [kappa, variance] = pair(&case["unweighted"]);
        let kappa_of = |weights| matrix(&case).kappa(weights, Level::PERCENT_95);
        let found = kappa_of(KappaWeights::Unweighted);
        assert_wald(&case.to_string(), found, [kappa, variance.sqrt()], 1e-12);
        let found = kappa_of(KappaWeights::Quadratic).value().unwrap();
        assert!((found - case["quadratic"].as_f64().unwrap()).abs() < 1e-13);
    }
}

#[test]
fn mcnemars_p_values_are_those_of_r_and_statsmodels() {
    for case in of_kind(R, "paired", 12)
        .into_iter()
        .chain(of_kind(PYTHON, "paired", 7))
    {
        let [first_only, second_only] = serde_json::from_value(case["discordant"].clone()).unwrap();
        let table = PairedTable {
            first_only,
            second_only,
            ..PairedTable::default()
        };
        let what = case["discordant"].to_string();
        let p_value = |test| table.mcnemar(test).unwrap().p_value;
        let exact = case["exact"].as_f64().unwrap();
        assert_close(&what, p_value(Mcnemar::Exact), exact, 1e-11);
        if let Some(mid_p) = case["mid_p"].as_f64() {
            assert_close(&what, p_value(Mcnemar::MidP), mid_p, 1e-11);
        }
        let [statistic, asymptotic] = pair(&case["asymptotic"]);
        let test = table.mcnemar(Mcnemar::Asymptotic).unwrap();
        assert_close(&what, test.statistic.unwrap(), statistic, 1e-13);
        assert_close(&what, test.p_value, asymptotic, 1e-11);
    }
}

#[test]
fn a_paired_difference_has_the_limits_that_were_printed() {
    // The data of Cavo et al. 2012, as R's package contingencytables prints them.
    let table = PairedTable {
        both: 59,
        first_only: 6,
        second_only: 16,
        neither: 80,
    };
    let found = table.difference(Level::PERCENT_95);
    assert_eq!(
        format!("{found:.4}"),
        "-0.0621 (95 % CI -0.1186 to -0.0046, Newcombe)"
    );
}

#[test]
fn a_paired_difference_without_correlation_has_statsmodels_limits_of_independent_rates() {
    for case in of_kind(PYTHON, "uncorrelated", 8) {
        let [both, first_only, second_only, neither] =
            serde_json::from_value(case["table"].clone()).unwrap();
        let table = PairedTable {
            both,
            first_only,
            second_only,
            neither,
        };
        let found = table.difference(level(&case)).interval().unwrap();
        let [low, high] = pair(&case["limits"]);
        assert!((found.low - low).abs() < 1e-14, "{case}: {found}");
        assert!((found.high - high).abs() < 1e-14, "{case}: {found}");
    }
}

#[test]
fn sums_of_two_rates_have_statsmodels_limits() {
    for case in of_kind(PYTHON, "sum", 26) {
        let (of, level) = (confusion(&case["counts"]), level(&case));
        let expected = pair(&case["youden"]);
        let found = of.youden_index(level).interval().unwrap();
        let mean = of
            .balanced_accuracy_with_interval(level)
            .interval()
            .unwrap();
        let precision = of.macro_precision_with_interval(level).interval().unwrap();
        let of_precision = pair(&case["macro_precision"]);
        for (found, expected) in [
            (found.low, expected[0]),
            (found.high, expected[1]),
            (2.0 * mean.low - 1.0, expected[0]),
            (2.0 * mean.high - 1.0, expected[1]),
            (precision.low, of_precision[0]),
            (precision.high, of_precision[1]),
        ] {
            assert!(
                (found - expected).abs() < 1e-13,
                "{case}: {found}, {expected}"
            );
        }
    }
}

fn assert_value(what: &str, found: Measured, expected: &Value, undefined: &mut usize) {
    match expected.as_f64() {
        Some(expected) => {
            let found = found.value().unwrap_or_else(|| panic!("{what}: {found}"));
            assert!(
                (found - expected).abs() < 1e-14,
                "{what}: {found}, {expected}"
            );
        }
        None => {
            *undefined += 1;
            assert_eq!(found.value(), None, "{what}");
        }
    }
}

fn assert_averages(case: &Value, found: &Averages, undefined: &mut usize) {
    for (weights, figures) in [
        ("macro", found.macro_average),
        ("weighted", found.weighted_average),
    ] {
        for (name, figure) in [
            ("precision", figures.precision),
            ("recall", figures.recall),
            ("f1", figures.f1),
        ] {
            let what = format!("{weights} {name} of {}", case["rows"]);
            assert_value(&what, figure, &case[format!("{weights}_{name}")], undefined);
        }
    }
    assert_value(
        "accuracy",
        found.micro_average,
        &case["accuracy"],
        undefined,
    );
}

#[test]
fn figures_of_classes_and_their_averages_are_sklearns_or_undefined_where_a_class_is_absent() {
    let mut undefined = 0;
    let wilson = ProportionInterval::Wilson;
    for case in of_kind(PYTHON, "table", 50) {
        let matrix = matrix(&case);
        let summary = matrix.summary(wilson, Level::PERCENT_95);
        assert_averages(&case, &summary.averages, &mut undefined);
        for (class, of) in summary.classes.iter().enumerate() {
            for (name, found) in [
                ("precision", of.precision),
                ("recall", of.sensitivity),
                ("f1", of.f1),
            ] {
                let what = format!("{name} of class {class} of {}", case["rows"]);
                assert_value(&what, found, &case[name][class], &mut undefined);
            }
        }
        for (name, weights) in [
            ("kappa_unweighted", KappaWeights::Unweighted),
            ("kappa_linear", KappaWeights::Linear),
            ("kappa_quadratic", KappaWeights::Quadratic),
        ] {
            let found = matrix.kappa(weights, Level::PERCENT_95);
            assert_value(&case.to_string(), found, &case[name], &mut undefined);
        }
        if let [negative, positive] = matrix.rows() {
            let of = Confusion {
                true_positives: positive[1],
                false_negatives: positive[0],
                false_positives: negative[1],
                true_negatives: negative[0],
            };
            let report = of.class_report(wilson, Level::PERCENT_95);
            assert_averages(&case, &report.averages, &mut undefined);
            for (class, figures) in [report.negative, report.positive].iter().enumerate() {
                assert_value(
                    "precision",
                    figures.precision,
                    &case["precision"][class],
                    &mut undefined,
                );
                assert_value(
                    "recall",
                    figures.recall,
                    &case["recall"][class],
                    &mut undefined,
                );
                assert_value("f1", figures.f1, &case["f1"][class], &mut undefined);
            }
        }
    }
    assert!(undefined >= 20, "{undefined} undefined figures");
}

#[test]
fn standard_errors_are_those_of_numerical_derivatives_and_of_statsmodels() {
    let (mut compared, mut correlations) = (0, 0);
    for case in of_kind(PYTHON, "table", 50) {
        let matrix = matrix(&case);
        let averages = matrix.averages(ProportionInterval::Wilson, Level::PERCENT_95);
        for (name, figures) in [
            ("macro", averages.macro_average),
            ("weighted", averages.weighted_average),
        ] {
            for (figure, found) in [
                ("precision", figures.precision),
                ("recall", figures.recall),
                ("f1", figures.f1),
            ] {
                let expected = &case[format!("delta_{name}_{figure}")];
                // The weighted recall is the accuracy and has Wilson's limits.
                if expected.is_null() || (name, figure) == ("weighted", "recall") {
                    continue;
                }
                compared += 1;
                assert_wald(
                    &format!("{name} {figure} of {case}"),
                    found,
                    pair(expected),
                    1e-13,
                );
            }
        }
        for (name, weights) in [
            ("unweighted", KappaWeights::Unweighted),
            ("linear", KappaWeights::Linear),
            ("quadratic", KappaWeights::Quadratic),
        ] {
            let expected = &case[format!("statsmodels_kappa_{name}")];
            if !expected.is_null() {
                compared += 1;
                let found = matrix.kappa(weights, Level::PERCENT_95);
                assert_wald(&format!("{name} of {case}"), found, pair(expected), 1e-13);
            }
        }
        if let (false, [negative, positive]) = (case["delta_mcc"].is_null(), matrix.rows()) {
            correlations += 1;
            let [mcc, error] = pair(&case["delta_mcc"]);
            let found = Confusion {
                true_positives: positive[1],
                false_negatives: positive[0],
                false_positives: negative[1],
                true_negatives: negative[0],
            }
            .mcc_with_interval(Level::PERCENT_95);
            let half_width = 1.959_963_984_540_054 * error / (1.0 - mcc * mcc);
            let interval = found.interval().unwrap();
            assert!((found.value().unwrap() - mcc).abs() < 1e-14);
            assert!((interval.low - (mcc.atanh() - half_width).tanh()).abs() < 1e-13);
            assert!((interval.high - (mcc.atanh() + half_width).tanh()).abs() < 1e-13);
        }
    }
    assert!(compared >= 200, "{compared} compared");
    assert!(correlations >= 15, "{correlations} correlations");
}

#[test]
fn one_class_called_so_by_everybody_leaves_kappa_without_a_value() {
    let matrix = ConfusionMatrix::from_counts(vec![vec![0, 0], vec![0, 9]]).unwrap();
    let kappa = matrix.kappa(KappaWeights::Linear, Level::PERCENT_95);
    assert_eq!(kappa.reason(), Some(Undefined::ChanceAgrees));
}
