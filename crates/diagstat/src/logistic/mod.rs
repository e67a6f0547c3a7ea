//! Logistic regression of the label on covariates, by maximum likelihood.
//!
//! In: labels and covariates ([`LogisticModel`]), with an offset or another prevalence where wanted. Out: [`LogisticFit`]:
//! coefficients, standard errors, log-likelihood.
//! Where the covariates separate the classes the likelihood has no maximum. Programs that stop somewhere on the way print
//! a huge coefficient with a larger error; here stands a reason.
//! Rows are sorted before any sum, so that the order of the patients changes no bit.
//!
//! Source: McCullagh and Nelder 1989, Generalized Linear Models, chapter 4; Albert and Anderson 1984, Biometrika 71:1
//! (separation); for weighted classes Binder 1983, Int Stat Rev 51:279. Checked against: R's glm and survey::svyglm
//! (tools/golden/calibration.R).

mod newton;

use std::cmp::Ordering;

use serde::Serialize;

pub(crate) use newton::expit;

use crate::hypothesis::HypothesisTest;
use crate::interval::{Interval, Level};
use crate::measured::Measured;
use crate::prevalence::Prevalence;
use crate::undefined::{Group, Undefined};

/// Labels and covariates of patients; checked once, here.
#[derive(Debug, Clone, PartialEq)]
pub struct LogisticModel {
    labels: Vec<bool>,
    columns: Vec<Vec<f64>>,
    offset: Vec<f64>,
    prevalence: Option<Prevalence>,
}

/// Why labels and covariates were refused.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum LogisticInputError {
    /// Not one value for each label. The offset counts as covariate 0.
    #[error("covariate {covariate} has {found} values, expected {expected}, one a patient")]
    LengthMismatch {
        /// The place of the covariate, counted from 1.
        covariate: usize,
        /// Its values.
        found: usize,
        /// Number of labels.
        expected: usize,
    },
    /// A value that is NaN or infinite. The offset counts as covariate 0.
    #[error("covariate {covariate} of patient {row} is {found}, expected a finite number")]
    NotFinite {
        /// The place of the covariate, counted from 1.
        covariate: usize,
        /// The place of the patient, counted from 1.
        row: usize,
        /// The value.
        found: f64,
    },
}

/// A logistic regression at its maximum.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LogisticFit {
    /// Log odds ratios, that of the constant first.
    pub coefficients: Vec<f64>,
    /// Their standard errors, above 0.
    pub standard_errors: Vec<f64>,
    /// The log-likelihood, at most 0; weighted where a prevalence is stated.
    pub log_likelihood: f64,
}

impl LogisticModel {
    /// A regression of the label on the constant and the covariates, of which there may be none. `covariates[j][i]` is
    /// covariate `j` of patient `i`.
    ///
    /// # Errors
    /// [`LogisticInputError`]: a covariate has not one finite value for each patient.
    pub fn new(labels: &[bool], covariates: &[Vec<f64>]) -> Result<Self, LogisticInputError> {
        for (column, covariate) in covariates.iter().zip(1..) {
            check(labels.len(), covariate, column)?;
        }
        Ok(Self::of(labels.to_vec(), covariates.to_vec()))
    }

    /// As [`LogisticModel::new`], of finite columns of the right length.
    pub(crate) fn of(labels: Vec<bool>, columns: Vec<Vec<f64>>) -> Self {
        Self {
            offset: vec![0.0; labels.len()],
            labels,
            columns,
            prevalence: None,
        }
    }

    /// A regression on the constant alone, with a finite offset of the right length.
    pub(crate) fn of_offset(labels: Vec<bool>, offset: Vec<f64>) -> Self {
        Self {
            labels,
            columns: Vec::new(),
            offset,
            prevalence: None,
        }
    }

    /// The same with a known part of each linear predictor.
    ///
    /// # Errors
    /// [`LogisticInputError`]: not one finite value for each patient.
    pub fn with_offset(mut self, offset: &[f64]) -> Result<Self, LogisticInputError> {
        check(self.labels.len(), 0, offset)?;
        self.offset = offset.to_vec();
        Ok(self)
    }

    /// The same with the classes weighted to another prevalence. Standard errors are then those of a sample that was drawn
    /// class by class (linearised, centred within each class).
    #[must_use]
    pub fn at_prevalence(mut self, prevalence: Prevalence) -> Self {
        self.prevalence = Some(prevalence);
        self
    }

    /// The maximum of the likelihood.
    ///
    /// # Undefined when
    /// a class has no patient (fewer than two where a prevalence is stated), a covariate is constant or follows from
    /// others, the covariates separate the classes (or overlap by less than 1e-8 of their range), or the maximum was not
    /// reached in 200 steps.
    ///
    /// # References
    /// McCullagh and Nelder 1989, Generalized Linear Models, 2nd edition. Albert and Anderson 1984, Biometrika 71:1,
    /// doi:10.1093/biomet/71.1.1. Binder 1983, International Statistical Review 51:279, doi:10.2307/1402588.
    pub fn fit(&self) -> Result<LogisticFit, Undefined> {
        let positives = self.labels.iter().filter(|&&label| label).count() as u64;
        let negatives = self.labels.len() as u64 - positives;
        let needed = if self.prevalence.is_some() { 2 } else { 1 };
        Group::Positive.at_least(needed, positives)?;
        Group::Negative.at_least(needed, negatives)?;
        let class_weights = self.prevalence.map_or([1.0, 1.0], |prevalence| {
            let all = self.labels.len() as f64;
            [
                all * (1.0 - prevalence.get()) / negatives as f64,
                all * prevalence.get() / positives as f64,
            ]
        });

        let order = self.order();
        let sorted = |column: &[f64]| order.iter().map(|&row| column[row]).collect::<Vec<f64>>();
        let labels: Vec<bool> = order.iter().map(|&row| self.labels[row]).collect();
        let problem = newton::Problem {
            columns: self.columns.iter().map(|column| sorted(column)).collect(),
            offset: sorted(&self.offset),
            target: labels
                .iter()
                .map(|&label| f64::from(u8::from(label)))
                .collect(),
            weight: labels
                .iter()
                .map(|&label| class_weights[usize::from(label)])
                .collect(),
            wants_influence: self.prevalence.is_some(),
        };
        let solution = problem.solve()?;
        let variances: Vec<f64> = (0..solution.coefficients.len())
            .map(|j| match self.prevalence {
                None => solution.covariance[j][j],
                Some(_) => variance_by_class(&labels, solution.influence.iter().map(|of| of[j])),
            })
            .collect();
        if variances.iter().any(|variance| *variance <= 0.0) {
            return Err(Undefined::NoSpread);
        }
        Ok(LogisticFit {
            coefficients: solution.coefficients,
            standard_errors: variances.iter().map(|variance| variance.sqrt()).collect(),
            log_likelihood: solution.log_likelihood,
        })
    }

    /// The patients in an order that depends on their values only.
    fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.labels.len()).collect();
        order.sort_by(|&a, &b| {
            let columns = self.columns.iter().chain([&self.offset]);
            columns
                .map(|column| column[a].total_cmp(&column[b]))
                .find(|&found| found != Ordering::Equal)
                .unwrap_or_else(|| self.labels[a].cmp(&self.labels[b]))
        });
        order
    }
}

impl LogisticFit {
    /// A coefficient with its Wald interval; 0 is the constant's, `None` past the last.
    #[must_use]
    pub fn coefficient(&self, index: usize, level: Level) -> Option<Measured> {
        let (value, error) = (
            self.coefficients.get(index)?,
            self.standard_errors.get(index)?,
        );
        Some(Measured::new(
            *value,
            Ok(Interval::wald_uncut(*value, *error, level)),
        ))
    }

    /// Wald's test that a coefficient equals `hypothesis`; `None` past the last.
    #[must_use]
    pub fn test(&self, index: usize, hypothesis: f64) -> Option<HypothesisTest> {
        let (value, error) = (
            self.coefficients.get(index)?,
            self.standard_errors.get(index)?,
        );
        Some(HypothesisTest::normal(
            "Wald's test of a logistic coefficient",
            (value - hypothesis) / error,
        ))
    }
}

/// Slope and constant of a regression on one covariate with targets between 0 and 1, each a covariate's value and its
/// target.
pub(crate) fn line_of_targets(rows: &[(f64, f64)]) -> Result<(f64, f64), Undefined> {
    let mut rows = rows.to_vec();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let problem = newton::Problem {
        columns: vec![rows.iter().map(|row| row.0).collect()],
        offset: vec![0.0; rows.len()],
        target: rows.iter().map(|row| row.1).collect(),
        weight: vec![1.0; rows.len()],
        wants_influence: false,
    };
    let solution = problem.solve()?;
    Ok((solution.coefficients[1], solution.coefficients[0]))
}

/// The variance of a sum of terms, where the number of patients of each class was fixed.
fn variance_by_class(labels: &[bool], terms: impl Iterator<Item = f64>) -> f64 {
    let mut classes: [Vec<f64>; 2] = [Vec::new(), Vec::new()];
    for (&label, term) in labels.iter().zip(terms) {
        classes[usize::from(label)].push(term);
    }
    classes
        .iter()
        .map(|terms| {
            // Equal terms do not vary, whatever the rounding of their mean.
            if terms.iter().all(|term| *term == terms[0]) {
                return 0.0;
            }
            let count = terms.len() as f64;
            let mean = terms.iter().sum::<f64>() / count;
            let squares: f64 = terms.iter().map(|term| (term - mean) * (term - mean)).sum();
            squares * count / (count - 1.0)
        })
        .sum()
}

pub(crate) fn check(
    patients: usize,
    covariate: usize,
    column: &[f64],
) -> Result<(), LogisticInputError> {
    if column.len() != patients {
        return Err(LogisticInputError::LengthMismatch {
            covariate,
            found: column.len(),
            expected: patients,
        });
    }
    match column.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(row) => Err(LogisticInputError::NotFinite {
            covariate,
            row: row + 1,
            found: column[row],
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(labels: &[u8], column: &[f64]) -> Result<LogisticFit, Undefined> {
        let labels: Vec<bool> = labels.iter().map(|&label| label == 1).collect();
        LogisticModel::new(&labels, &[column.to_vec()])
            .unwrap()
            .fit()
    }

    #[test]
    fn separation_gives_a_reason_complete_or_with_a_tie_at_the_border() {
        let separated = Err(Undefined::SeparatedByCovariates);
        assert_eq!(fit(&[0, 0, 1, 1], &[1.0, 2.0, 3.0, 4.0]), separated);
        assert_eq!(fit(&[1, 1, 0, 0], &[1.0, 2.0, 3.0, 4.0]), separated);
        assert_eq!(fit(&[0, 0, 1, 1], &[1.0, 2.0, 2.0, 4.0]), separated);
        assert_eq!(fit(&[0, 1], &[1.0, 1e9]), separated);
        assert!(fit(&[0, 1, 0, 1], &[1.0, 2.0, 3.0, 4.0]).is_ok());
    }

    #[test]
    fn a_covariate_that_follows_from_others_is_named() {
        let labels = [false, true, false, true, true];
        let (a, b) = (vec![1.0, 2.0, 3.0, 4.0, 1.0], vec![2.0, 0.0, 1.0, 5.0, 3.0]);
        let sum: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a - 2.0 * b + 7.0).collect();
        let fit = LogisticModel::new(&labels, &[a, b, sum]).unwrap().fit();
        assert_eq!(fit, Err(Undefined::Collinear { covariate: 3 }));
        let constant = LogisticModel::new(&labels, &[vec![4.0; 5]]).unwrap().fit();
        assert_eq!(constant, Err(Undefined::Collinear { covariate: 1 }));
    }

    #[test]
    fn without_covariates_the_constant_is_the_logit_of_the_prevalence() {
        let fit = LogisticModel::new(&[true, false, false, false], &[])
            .unwrap()
            .fit()
            .unwrap();
        assert!((fit.coefficients[0] - (1.0_f64 / 3.0).ln()).abs() < 1e-15);
        assert!((fit.standard_errors[0] - (4.0_f64 / 3.0).sqrt()).abs() < 1e-15);
    }

    #[test]
    fn values_at_the_ends_of_the_doubles_give_a_value_or_a_reason() {
        for scale in [1e-300, 1e300] {
            let column = [1.0, 2.0, 3.0, 4.0].map(|x| x * scale);
            let fit = fit(&[0, 1, 0, 1], &column);
            assert!(fit.is_err() || fit.is_ok_and(|fit| fit.standard_errors[1].is_finite()));
        }
        let far = fit(&[0, 1, 0, 1], &[-1.7e308, 1.7e308, 1.7e308, -1.7e308]);
        assert!(far.is_err() || far.is_ok_and(|fit| fit.coefficients[1].is_finite()));
    }

    #[test]
    fn covariates_that_are_not_one_finite_number_a_patient_are_refused() {
        let error = LogisticModel::new(&[true, false], &[vec![1.0]]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "covariate 1 has 1 values, expected 2, one a patient"
        );
        let error = LogisticModel::new(&[true, false], &[vec![1.0, f64::NAN]]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "covariate 1 of patient 2 is NaN, expected a finite number"
        );
    }
}
