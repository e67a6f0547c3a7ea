//! Logistic regression with a ridge penalty: always a solution, also where features separate the classes or repeat
//! each other.
//!
//! In: [`Features`], a penalty. Out: [`RidgeFit`], the unique minimum of the negative log-likelihood plus half the
//! penalty times the squared coefficients. The constant bears no penalty. scikit-learn's `C` is 1 / penalty.
//!
//! Source: le Cessie and van Houwelingen 1992, Appl Stat 41:191. Checked against: scikit-learn's LogisticRegression
//! (tools/golden/sklearn_ridge.py).

use serde::Serialize;

use super::Features;
use crate::cholesky::Symmetric;
use crate::logistic::expit;
use crate::undefined::{Group, Undefined};

/// Most steps; ten are usual.
const STEPS_MAX: u32 = 100;
/// A step that moves no coefficient farther ends the search: the error left is of the order of its square.
const STEP_LAST: f64 = 1e-9;

/// A ridge logistic regression at its minimum.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RidgeFit {
    /// Log odds where all features are 0.
    pub intercept: f64,
    /// Log odds ratios.
    pub coefficients: Vec<f64>,
}

impl RidgeFit {
    /// The linear predictor of a patient with these features.
    #[must_use]
    pub fn score(&self, features: impl Iterator<Item = f64>) -> f64 {
        let products = self.coefficients.iter().zip(features).map(|(c, x)| c * x);
        self.intercept + products.sum::<f64>()
    }
}

impl Features {
    /// The regression of the label on the features as they are; `penalty` is above 0.
    ///
    /// # Undefined when
    /// a class has no patient, or the minimum was not reached in 100 steps.
    ///
    /// # References
    /// le Cessie and van Houwelingen 1992, Applied Statistics 41:191, doi:10.2307/2347628.
    pub fn ridge(&self, penalty: f64) -> Result<RidgeFit, Undefined> {
        let sorted = self.of_rows(&self.order());
        let positives = sorted.labels.iter().filter(|&&label| label).count() as u64;
        Group::Positive.at_least(1, positives)?;
        Group::Negative.at_least(1, sorted.labels.len() as u64 - positives)?;
        sorted.minimum(penalty)
    }

    fn minimum(&self, penalty: f64) -> Result<RidgeFit, Undefined> {
        let mut at = vec![0.0; self.columns.len() + 1];
        let mut loss = self.loss(&at, penalty);
        for iterations in 0..STEPS_MAX {
            let stuck = Undefined::NoConvergence { iterations };
            let (gradient, curvature) = self.derivatives(&at, penalty);
            let step = curvature.factor().map_err(|_| stuck)?.solve(&gradient);
            let reach = step.iter().fold(0.0, |most: f64, by| most.max(by.abs()));
            let mut part = 1.0;
            loop {
                let next: Vec<f64> = at.iter().zip(&step).map(|(a, by)| a - part * by).collect();
                let found = self.loss(&next, penalty);
                if found <= loss + 1e-13 * loss.abs() {
                    (at, loss) = (next, found);
                    break;
                }
                part /= 2.0;
                if part < 1e-12 || reach.is_nan() {
                    return Err(stuck);
                }
            }
            if reach < STEP_LAST {
                return Ok(RidgeFit {
                    intercept: at[0],
                    coefficients: at.split_off(1),
                });
            }
        }
        Err(Undefined::NoConvergence {
            iterations: STEPS_MAX,
        })
    }

    fn linear(&self, at: &[f64]) -> Vec<f64> {
        let mut sums = vec![at[0]; self.labels.len()];
        for (column, coefficient) in self.columns.iter().zip(&at[1..]) {
            for (sum, x) in sums.iter_mut().zip(column) {
                *sum += coefficient * x;
            }
        }
        sums
    }

    fn loss(&self, at: &[f64], penalty: f64) -> f64 {
        let fit = self.linear(at).into_iter().zip(&self.labels);
        let of_patients = fit.map(|(eta, &label)| {
            let toward = if label { -eta } else { eta };
            toward.max(0.0) + (-toward.abs()).exp().ln_1p()
        });
        let size: f64 = at[1..].iter().map(|c| c * c).sum();
        of_patients.sum::<f64>() + penalty / 2.0 * size
    }

    fn derivatives(&self, at: &[f64], penalty: f64) -> (Vec<f64>, Symmetric) {
        let linear = self.linear(at);
        let excess: Vec<f64> = linear
            .iter()
            .zip(&self.labels)
            .map(|(&eta, &label)| if label { -expit(-eta) } else { expit(eta) })
            .collect();
        let weight: Vec<f64> = linear.iter().map(|&eta| expit(eta) * expit(-eta)).collect();
        let dot = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(x, y)| x * y).sum() };
        let width = at.len();
        let mut gradient = vec![excess.iter().sum()];
        let mut curvature = vec![vec![0.0; width]; width];
        curvature[0][0] = weight.iter().sum();
        for (j, column) in self.columns.iter().enumerate() {
            gradient.push(dot(column, &excess) + penalty * at[j + 1]);
            let weighted: Vec<f64> = column.iter().zip(&weight).map(|(x, w)| x * w).collect();
            curvature[j + 1][0] = weighted.iter().sum();
            for (k, other) in self.columns[..=j].iter().enumerate() {
                curvature[j + 1][k + 1] = dot(&weighted, other);
            }
            curvature[j + 1][j + 1] += penalty;
        }
        (gradient, Symmetric(curvature))
    }
}
