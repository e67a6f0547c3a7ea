//! The maximum of a logistic likelihood by Newton's method.
//!
//! In: a [`Problem`]. Out: a [`Solution`]: coefficients, their covariance, the log-likelihood.
//! Covariates are centred and scaled inside, so that their units cost no digits. A step moves no linear predictor by more
//! than 10 and is halved until the likelihood rises; the likelihood is concave, so nothing else is needed.
//! Separation is seen in the step itself: along a direction in which no patient loses, the likelihood rises for ever,
//! and Newton's steps turn to that direction.
//!
//! Source: Albert and Anderson 1984, Biometrika 71:1 (when the maximum exists).

use crate::cholesky::Symmetric;
use crate::undefined::Undefined;

/// Most steps; without separation ten are usual.
const STEPS_MAX: u32 = 200;
/// The farthest that a step moves a linear predictor.
const REACH_MAX: f64 = 10.0;
/// A step that moves no linear predictor farther ends the search: the error left is of the order of its square.
const REACH_LAST: f64 = 1e-8;
/// Part of the farthest move that still counts as staying in place.
const STAYS: f64 = 1e-8;

pub(super) struct Problem {
    /// Covariates without the constant, which is always there.
    pub columns: Vec<Vec<f64>>,
    pub offset: Vec<f64>,
    /// The label as 0 or 1, or a number between.
    pub target: Vec<f64>,
    pub weight: Vec<f64>,
    /// Whether the solution is to hold the influence of each row.
    pub wants_influence: bool,
}

pub(super) struct Solution {
    /// Of the constant first.
    pub coefficients: Vec<f64>,
    /// Inverse of the information.
    pub covariance: Vec<Vec<f64>>,
    pub log_likelihood: f64,
    /// What each row adds to the gradient, times the inverse information; empty where not wanted.
    pub influence: Vec<Vec<f64>>,
}

impl Problem {
    pub(super) fn solve(&self) -> Result<Solution, Undefined> {
        let scaled = Scaled::new(self);
        scaled.gram().factor().map_err(|row| Undefined::Collinear {
            covariate: row.max(1),
        })?;
        let mut at = vec![0.0; scaled.width()];
        let mut likelihood = scaled.log_likelihood(&at);
        for iterations in 0..STEPS_MAX {
            let stuck = Undefined::NoConvergence { iterations };
            let (gradient, information) = scaled.derivatives(&at);
            let factor = information.factor().map_err(|_| stuck)?;
            let step = factor.solve(&gradient);
            let moves = scaled.linear(&step);
            let reach = moves.iter().fold(0.0, |most: f64, by| most.max(by.abs()));
            if reach < REACH_LAST {
                let at: Vec<f64> = at.iter().zip(&step).map(|(at, step)| at + step).collect();
                return scaled.solution(&at).ok_or(stuck);
            }
            if self.nobody_loses(&moves, reach) {
                return Err(Undefined::SeparatedByCovariates);
            }
            let mut part = f64::min(1.0, REACH_MAX / reach);
            loop {
                let next: Vec<f64> = at
                    .iter()
                    .zip(&step)
                    .map(|(at, step)| at + part * step)
                    .collect();
                let found = scaled.log_likelihood(&next);
                if found >= likelihood - 1e-13 * likelihood.abs() {
                    (at, likelihood) = (next, found);
                    break;
                }
                part /= 2.0;
                if part * reach < REACH_LAST || reach.is_nan() {
                    return Err(stuck);
                }
            }
        }
        Err(Undefined::NoConvergence {
            iterations: STEPS_MAX,
        })
    }

    /// Whether the moves bring no patient away from its label.
    fn nobody_loses(&self, moves: &[f64], reach: f64) -> bool {
        moves.iter().zip(&self.target).all(|(&by, &target)| {
            let stays = by.abs() <= STAYS * reach;
            stays || (target >= 1.0 && by > 0.0) || (target <= 0.0 && by < 0.0)
        })
    }
}

/// A problem with its covariates centred and divided by their farthest distance from the centre.
struct Scaled<'a> {
    of: &'a Problem,
    columns: Vec<Vec<f64>>,
    centres: Vec<f64>,
    scales: Vec<f64>,
}

impl<'a> Scaled<'a> {
    fn new(of: &'a Problem) -> Self {
        let rows = of.target.len();
        let mut scaled = Self {
            of,
            columns: vec![vec![1.0; rows]],
            centres: vec![0.0],
            scales: vec![1.0],
        };
        for column in &of.columns {
            let centre: f64 = total(column.iter().map(|x| x / rows as f64));
            let farthest = column
                .iter()
                .fold(0.0, |most: f64, x| most.max((x - centre).abs()));
            let scale = if farthest > 0.0 { farthest } else { 1.0 };
            scaled
                .columns
                .push(column.iter().map(|x| (x - centre) / scale).collect());
            scaled.centres.push(centre);
            scaled.scales.push(scale);
        }
        scaled
    }

    fn width(&self) -> usize {
        self.columns.len()
    }

    /// The covariates times `coefficients`, without the offset.
    fn linear(&self, coefficients: &[f64]) -> Vec<f64> {
        let mut sums = vec![0.0; self.of.target.len()];
        for (column, coefficient) in self.columns.iter().zip(coefficients) {
            for (sum, x) in sums.iter_mut().zip(column) {
                *sum += coefficient * x;
            }
        }
        sums
    }

    /// For each row the weight, the target and the linear predictor.
    fn predictors(&self, at: &[f64]) -> Vec<(f64, f64, f64)> {
        let rows = self
            .of
            .weight
            .iter()
            .zip(&self.of.target)
            .zip(&self.of.offset);
        rows.zip(self.linear(at))
            .map(|(((&weight, &target), offset), linear)| (weight, target, linear + offset))
            .collect()
    }

    fn log_likelihood(&self, at: &[f64]) -> f64 {
        let predictors = self.predictors(at);
        total(predictors.iter().map(|&(weight, target, eta)| {
            // target ln p + (1 - target) ln(1 - p), without forming p.
            let toward = target * eta.min(0.0) - (1.0 - target) * eta.max(0.0);
            weight * (toward - (-eta.abs()).exp().ln_1p())
        }))
    }

    fn gram(&self) -> Symmetric {
        self.cross_products(|_| 1.0)
    }

    fn derivatives(&self, at: &[f64]) -> (Vec<f64>, Symmetric) {
        let predictors = self.predictors(at);
        let gradient = self
            .columns
            .iter()
            .map(|column| {
                let terms = column.iter().zip(&predictors);
                total(terms.map(|(x, &(weight, target, eta))| x * weight * residual(target, eta)))
            })
            .collect();
        let curvature: Vec<f64> = predictors
            .iter()
            .map(|&(weight, _, eta)| weight * expit(eta) * expit(-eta))
            .collect();
        (gradient, self.cross_products(|row| curvature[row]))
    }

    fn cross_products(&self, weight: impl Fn(usize) -> f64) -> Symmetric {
        let product = |a: &[f64], b: &[f64]| -> f64 {
            let pairs = a.iter().zip(b).enumerate();
            total(pairs.map(|(row, (x, y))| weight(row) * x * y))
        };
        let rows = self.columns.iter();
        Symmetric(
            rows.map(|a| self.columns.iter().map(|b| product(a, b)).collect())
                .collect(),
        )
    }

    /// The solution on the scale of the covariates as they came; `None` where a number is not finite.
    fn solution(&self, at: &[f64]) -> Option<Solution> {
        let factor = self.derivatives(at).1.factor().ok()?;
        let width = self.width();
        let unit = |k: usize| {
            (0..width)
                .map(|j| f64::from(u8::from(j == k)))
                .collect::<Vec<f64>>()
        };
        // Columns of the inverse information, taken back to the given scale from one side, then from the other.
        let half: Vec<Vec<f64>> = (0..width)
            .map(|k| self.unscaled(&factor.solve(&unit(k))))
            .collect();
        let covariance: Vec<Vec<f64>> = (0..width)
            .map(|j| self.unscaled(&half.iter().map(|column| column[j]).collect::<Vec<f64>>()))
            .collect();
        let predictors = self.predictors(at);
        let rows = if self.of.wants_influence {
            predictors.len()
        } else {
            0
        };
        let influence = (0..rows)
            .map(|row| {
                let (weight, target, eta) = predictors[row];
                let pull = weight * residual(target, eta);
                let scores: Vec<f64> = self
                    .columns
                    .iter()
                    .map(|column| pull * column[row])
                    .collect();
                self.unscaled(&factor.solve(&scores))
            })
            .collect();
        let coefficients = self.unscaled(at);
        let finite = coefficients
            .iter()
            .chain(covariance.iter().flatten())
            .all(|x| x.is_finite());
        finite.then(|| Solution {
            coefficients,
            covariance,
            log_likelihood: self.log_likelihood(at),
            influence,
        })
    }

    fn unscaled(&self, coefficients: &[f64]) -> Vec<f64> {
        let mut found: Vec<f64> = coefficients
            .iter()
            .zip(&self.scales)
            .map(|(c, scale)| c / scale)
            .collect();
        let moved: f64 = found
            .iter()
            .zip(&self.centres)
            .map(|(c, centre)| c * centre)
            .sum();
        found[0] -= moved;
        found
    }
}

/// A sum that carries what each addition rounds off (Neumaier 1974): plain sums over 100,000 patients lose four digits,
/// and then the likelihood seems to fall where it rises.
fn total(terms: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut lost) = (0.0_f64, 0.0);
    for term in terms {
        let next = sum + term;
        lost += if sum.abs() >= term.abs() {
            (sum - next) + term
        } else {
            (term - next) + sum
        };
        sum = next;
    }
    sum + lost
}

/// The probability whose logit is `eta`; small ones keep their digits.
pub(crate) fn expit(eta: f64) -> f64 {
    if eta >= 0.0 {
        1.0 / (1.0 + (-eta).exp())
    } else {
        let odds = eta.exp();
        odds / (1.0 + odds)
    }
}

/// Target minus probability, without cancellation at the ends.
fn residual(target: f64, eta: f64) -> f64 {
    target * expit(-eta) - (1.0 - target) * expit(eta)
}
