//! Intercept and slope of the calibration line.
//!
//! In: [`Scores`] above 0 and below 1. Out: [`CalibrationRegression`]. The intercept is that of a logistic regression with
//! the logit of the score as offset: above 0 the scores are too low on average. The slope is that of the logit as
//! covariate: below 1 the scores are too extreme, as those of an overfitted model.
//! The two come from two regressions. The constant of the slope's regression, which some programs print as intercept, is
//! no calibration in the large unless the slope is 1.
//!
//! Source: Cox 1958, Biometrika 45:562; Van Calster et al. 2019, BMC Medicine 17:230. Checked against: R's glm,
//! survey::svyglm and rms::val.prob (tools/golden/calibration.R).

use serde::Serialize;

use super::logits;
use crate::hypothesis::HypothesisTest;
use crate::interval::Level;
use crate::logistic::{LogisticFit, LogisticModel, wald};
use crate::measured::Measured;
use crate::prevalence::Prevalence;
use crate::scores::Scores;
use crate::undefined::{Undefined, value_or_reason};

/// Calibration in the large and slope, on the logit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CalibrationRegression {
    /// Calibration intercept, any number: 0 is best, above 0 the scores are too low on average.
    pub intercept: Measured,
    /// Wald's test that the intercept is 0.
    #[serde(serialize_with = "value_or_reason")]
    pub intercept_test: Result<HypothesisTest, Undefined>,
    /// Calibration slope, any number: 1 is best, below 1 the scores are too extreme.
    pub slope: Measured,
    /// Wald's test that the slope is 1.
    #[serde(serialize_with = "value_or_reason")]
    pub slope_test: Result<HypothesisTest, Undefined>,
    /// Likelihood-ratio test that the line is the diagonal, with 2 degrees of freedom; none at another prevalence.
    #[serde(serialize_with = "value_or_reason")]
    pub diagonal_test: Result<HypothesisTest, Undefined>,
}

/// Calibration intercept and slope, each with Wald's interval and test.
///
/// # Undefined when
/// a score is not above 0 and below 1 ([`clipped`](super::clipped) moves it), or a class has no patient. The slope also
/// where the scores separate the classes or are all equal.
///
/// # References
/// Cox 1958, Biometrika 45:562, doi:10.1093/biomet/45.3-4.562. Van Calster et al. 2019, BMC Medicine 17:230,
/// doi:10.1186/s12916-019-1466-7.
pub fn calibration_regression(
    scores: &Scores,
    level: Level,
) -> Result<CalibrationRegression, Undefined> {
    regression(scores, None, level)
}

/// As [`calibration_regression`], with the classes weighted to another prevalence. The scores are taken as they are: shift
/// them first with a [`PriorShift`](crate::PriorShift) where they were made for the prevalence of these patients.
///
/// # Undefined when
/// as [`calibration_regression`], with two patients of each class needed. The test of the diagonal is never given, since a
/// weighted likelihood is none.
///
/// # References
/// As [`calibration_regression`]; Binder 1983, International Statistical Review 51:279, doi:10.2307/1402588.
pub fn calibration_regression_at_prevalence(
    scores: &Scores,
    prevalence: Prevalence,
    level: Level,
) -> Result<CalibrationRegression, Undefined> {
    regression(scores, Some(prevalence), level)
}

fn regression(
    scores: &Scores,
    prevalence: Option<Prevalence>,
    level: Level,
) -> Result<CalibrationRegression, Undefined> {
    let patients = logits(scores)?;
    let labels: Vec<bool> = scores.iter().map(|(label, _)| label).collect();
    let logits: Vec<f64> = patients.iter().map(|(_, logit)| *logit).collect();
    let weighted = |model: LogisticModel| match prevalence {
        Some(prevalence) => model.at_prevalence(prevalence),
        None => model,
    };
    let of_offset = weighted(LogisticModel::of_offset(labels.clone(), logits.clone())).fit()?;
    let of_slope = weighted(LogisticModel::of(labels, vec![logits]))
        .fit()
        .map_err(|reason| match reason {
            Undefined::Collinear { .. } => Undefined::AllTied,
            other => other,
        });
    let slope = of_slope.as_ref().map_err(|reason| *reason);
    let (intercept, intercept_test) = with_test(Ok(&of_offset), 0, 0.0, level);
    let (slope_measured, slope_test) = with_test(slope, 1, 1.0, level);
    let diagonal_test = match prevalence {
        Some(_) => Err(Undefined::NoTestOffered),
        None => slope.map(|fit| {
            let as_they_are = log_likelihood(&patients);
            HypothesisTest::chi_squared(
                "likelihood-ratio test of intercept 0 and slope 1",
                f64::max(0.0, 2.0 * (fit.log_likelihood - as_they_are)),
                2.0,
            )
        }),
    };
    Ok(CalibrationRegression {
        intercept,
        intercept_test,
        slope: slope_measured,
        slope_test,
        diagonal_test,
    })
}

/// A coefficient with its interval, and the test that it equals `hypothesis`.
fn with_test(
    fit: Result<&LogisticFit, Undefined>,
    index: usize,
    hypothesis: f64,
    level: Level,
) -> (Measured, Result<HypothesisTest, Undefined>) {
    let estimate = fit.map(|fit| (fit.coefficients[index], fit.standard_errors[index]));
    match estimate {
        Err(reason) => (Measured::undefined(reason), Err(reason)),
        Ok((value, error)) => (
            Measured::new(value, Ok(wald(value, error, level))),
            Ok(HypothesisTest::normal(
                "Wald's test",
                (value - hypothesis) / error,
            )),
        ),
    }
}

/// The log-likelihood of the scores as probabilities.
fn log_likelihood(patients: &[(f64, f64)]) -> f64 {
    super::sum(patients.iter().map(|(label, logit)| {
        let toward = label * logit.min(0.0) - (1.0 - label) * logit.max(0.0);
        toward - (-logit.abs()).exp().ln_1p()
    }))
}
