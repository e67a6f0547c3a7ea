//! Regressions on several covariates against R's glm (`golden/logistic.jsonl`).

use diagstat::{Level, LogisticModel, Undefined};
use proptest::prelude::*;

use crate::golden::{assert_close, assert_near, cases, numbers, scores};

#[test]
fn coefficients_errors_and_likelihood_are_glms_with_and_without_offset() {
    let mut compared = 0;
    for mut case in cases("logistic.jsonl", 35) {
        case["scores"] = case["offset"].clone();
        let (labels, offset): (Vec<bool>, Vec<f64>) = scores(&case).iter().unzip();
        let columns: Vec<Vec<f64>> = numbers(&case["columns"])
            .chunks(labels.len())
            .map(<[f64]>::to_vec)
            .collect();
        let model = LogisticModel::new(&labels, &columns)
            .unwrap()
            .with_offset(&offset)
            .unwrap();
        let fit = model.fit().unwrap();
        let (coefficients, errors) = (numbers(&case["coefficients"]), numbers(&case["errors"]));
        assert_eq!(fit.coefficients.len(), coefficients.len());
        assert_close(
            "log-likelihood",
            fit.log_likelihood,
            case["log_likelihood"].as_f64().unwrap(),
            1e-12,
        );
        let p_values = numbers(&case["p"]);
        // A covariate of about a million loses six digits in R, which does not centre it.
        let tolerance = if columns.iter().any(|column| column[0] > 1e5) {
            1e-6
        } else {
            1e-10
        };
        for index in 0..coefficients.len() {
            compared += 1;
            assert_near(
                "coefficient",
                fit.coefficients[index],
                coefficients[index],
                tolerance,
            );
            assert_close(
                "standard error",
                fit.standard_errors[index],
                errors[index],
                tolerance,
            );
            let test = fit.test(index, 0.0).unwrap();
            assert_near("P", test.p_value, p_values[index], tolerance);
            let interval = fit
                .coefficient(index, Level::PERCENT_95)
                .unwrap()
                .interval()
                .unwrap();
            assert!(
                interval.low < fit.coefficients[index] && fit.coefficients[index] < interval.high
            );
        }
        assert!(fit.test(coefficients.len(), 0.0).is_none());
    }
    assert!(compared >= 100, "{compared}");
}

#[test]
fn separation_by_a_plane_of_two_covariates_has_a_reason() {
    // Neither covariate separates alone; their sum does, complete or with ties on the border.
    let (a, b) = (
        [0.0, 3.0, 1.0, 1.0, 4.0, 2.0],
        [1.0, -2.0, 0.5, 2.0, -1.5, 0.0],
    );
    let labels =
        |border: f64| -> Vec<bool> { a.iter().zip(&b).map(|(a, b)| a + b >= border).collect() };
    for border in [2.0, 1.4] {
        let labels = labels(border);
        assert!(labels.contains(&true) && labels.contains(&false));
        let fit = LogisticModel::new(&labels, &[a.to_vec(), b.to_vec()])
            .unwrap()
            .fit();
        assert_eq!(fit, Err(Undefined::SeparatedByCovariates));
    }
    let mixed = [true, false, false, true, true, false];
    assert!(
        LogisticModel::new(&mixed, &[a.to_vec(), b.to_vec()])
            .unwrap()
            .fit()
            .is_ok()
    );
}

/// Whether a line has no positive point on one side and no negative one on the other. If there is such a line, there is one
/// through two different points; whole numbers decide without rounding.
fn separated_by_a_line(points: &[(bool, i64, i64)]) -> bool {
    let mut found = false;
    for (_, x1, y1) in points {
        for (_, x2, y2) in points.iter().filter(|of| (of.1, of.2) != (*x1, *y1)) {
            let side = |x: i64, y: i64| (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1);
            found |= points.iter().all(|&(positive, x, y)| {
                if positive {
                    side(x, y) >= 0
                } else {
                    side(x, y) <= 0
                }
            });
        }
    }
    found
}

proptest! {
    #[test]
    fn two_covariates_separate_exactly_where_a_line_through_two_patients_does(
        points in prop::collection::vec((any::<bool>(), -3..=3_i64, -3..=3_i64), 4..24),
        scale in prop::sample::select(vec![1e-8, 1.0, 1e8]),
    ) {
        let labels: Vec<bool> = points.iter().map(|of| of.0).collect();
        prop_assume!(labels.contains(&true) && labels.contains(&false));
        let columns = [
            points.iter().map(|of| of.1 as f64 * scale).collect(),
            points.iter().map(|of| of.2 as f64 + 100.0).collect(),
        ];
        match LogisticModel::new(&labels, &columns).unwrap().fit() {
            Err(Undefined::SeparatedByCovariates) => prop_assert!(separated_by_a_line(&points)),
            Err(Undefined::Collinear { .. }) => {
                let on_a_line = points.iter().all(|a| points.iter().all(|b| points.iter().all(|c| {
                    (b.1 - a.1) * (c.2 - a.2) == (b.2 - a.2) * (c.1 - a.1)
                })));
                prop_assert!(on_a_line);
            }
            Err(other) => prop_assert!(false, "{other}"),
            Ok(fit) => {
                prop_assert!(!separated_by_a_line(&points));
                prop_assert!(fit.standard_errors.iter().all(|error| error.is_finite()));
            }
        }
    }
}
