//! The maximum of the likelihood of the binormal model.
//!
//! In: tie groups. Out: [`BinormalFit`]. The parameters are a, b and a cut point between every two categories. The
//! information of the cut points is tridiagonal, so that a step costs O(categories), and 100,000 distinct scores are no
//! harder than five ratings. A step is Newton's where the observed information is positive definite, and Fisher's
//! elsewhere; it is halved until the likelihood rises.
//! Negative patients are N(0, 1) and positive ones N(a / b, 1 / b²): a positive patient stays below cut point c with
//! probability Φ(b c - a).
//!
//! A maximum exists unless no patient of one class lies between two of the other (ties at the ends included): then the
//! spread of one class can shrink to a point, and a curve of one horizontal or vertical line fits without error. In every
//! other case the likelihood vanishes towards each limit of a and b.
//!
//! Source: Dorfman and Alf 1969, J Math Psychol 6:487. Checked against: as the module above.

use super::class::{Class, Information};
use super::{Binormal, BinormalFit};
use crate::distribution::{normal_below, normal_quantile};
use crate::scores::TieGroup;
use crate::undefined::Undefined;

/// Ten or twenty steps suffice.
const STEPS_MAX: u32 = 500;
/// A further step that promises less than this for the logarithm of the likelihood is not needed.
const GAIN_ENOUGH: f64 = 1e-22;
/// Below this a step that promises no less than the one before it is rounding.
const GAIN_SMALL: f64 = 1e-12;

/// The maximum of the likelihood of groups in rising order of their scores; both classes have a patient.
pub(super) fn maximise(groups: &[TieGroup], area: f64) -> Result<BinormalFit, Undefined> {
    let data = Categories::of(groups);
    if data.degenerate() {
        return Err(Undefined::DegenerateBinormal);
    }
    let mut place = data.start(area);
    let mut last_gain = f64::INFINITY;
    for _ in 0..STEPS_MAX {
        let observed = data.step(&place, Information::Observed);
        let is_observed = observed.is_some();
        let Some(step) = observed.or_else(|| data.step(&place, Information::Expected)) else {
            break;
        };
        let done = step.gain < GAIN_ENOUGH || (step.gain < GAIN_SMALL && step.gain >= last_gain);
        if done && is_observed {
            let [variance_a, covariance, variance_b] = step.covariance;
            return Ok(BinormalFit {
                curve: place.curve,
                variance_a,
                variance_b,
                covariance,
            });
        }
        last_gain = step.gain;
        let Some(next) = data.ahead(&place, &step) else {
            break;
        };
        place = next;
    }
    Err(Undefined::NoConvergence {
        iterations: STEPS_MAX,
    })
}

/// Patients of each class by category, in rising order.
struct Categories {
    negatives: Vec<f64>,
    positives: Vec<f64>,
}

/// Values of all parameters.
struct Place {
    curve: Binormal,
    cuts: Vec<f64>,
}

/// A way to go from a [`Place`].
struct Step {
    a: f64,
    b: f64,
    cuts: Vec<f64>,
    /// What the step promises for the logarithm of the likelihood, times two.
    gain: f64,
    /// Variance of a, covariance, variance of b.
    covariance: [f64; 3],
}

impl Categories {
    /// Neighbouring groups of one class only are one category: where between them a cut point lies tells nothing of a and b.
    fn of(groups: &[TieGroup]) -> Self {
        let mut categories = Self {
            negatives: Vec::new(),
            positives: Vec::new(),
        };
        let mut before = (true, true);
        for group in groups {
            let holds = (group.negatives > 0, group.positives > 0);
            let (negatives, positives) = (group.negatives.into(), group.positives.into());
            match (
                categories.negatives.last_mut(),
                categories.positives.last_mut(),
            ) {
                (Some(last_negatives), Some(last_positives))
                    if holds == before && holds != (true, true) =>
                {
                    *last_negatives += negatives;
                    *last_positives += positives;
                }
                _ => {
                    categories.negatives.push(negatives);
                    categories.positives.push(positives);
                }
            }
            before = holds;
        }
        categories
    }

    /// Whether one class has nobody strictly between the first and the last category of the other.
    fn degenerate(&self) -> bool {
        let none_between = |inner: &[f64], outer: &[f64]| {
            let first = outer.iter().position(|&count| count > 0.0);
            let last = outer.iter().rposition(|&count| count > 0.0);
            let (Some(first), Some(last)) = (first, last) else {
                return true;
            };
            first + 1 >= last || inner[first + 1..last].iter().all(|&count| count == 0.0)
        };
        none_between(&self.positives, &self.negatives)
            || none_between(&self.negatives, &self.positives)
    }

    /// Equal spreads with the area of the data, and cut points that leave as many patients below as there are.
    fn start(&self, area: f64) -> Place {
        let curve = Binormal {
            a: std::f64::consts::SQRT_2 * normal_quantile(area),
            b: 1.0,
        };
        let negatives: f64 = self.negatives.iter().sum();
        let positives: f64 = self.positives.iter().sum();
        let below = |cut: f64| {
            negatives * normal_below(cut) + positives * normal_below(curve.b * cut - curve.a)
        };
        let mut wanted = 0.0;
        let counts = self.negatives.iter().zip(&self.positives);
        let cuts = counts.take(self.negatives.len() - 1).map(|(here, there)| {
            wanted += here + there;
            let (mut low, mut high) = (-60.0, 60.0);
            for _ in 0..60 {
                let middle = f64::midpoint(low, high);
                if below(middle) < wanted {
                    low = middle;
                } else {
                    high = middle;
                }
            }
            low
        });
        Place {
            cuts: cuts.collect(),
            curve,
        }
    }

    fn classes(&self, place: &Place) -> (Class<'_>, Class<'_>) {
        let Binormal { a, b } = place.curve;
        let moved = place.cuts.iter().map(|cut| b * cut - a).collect();
        (
            Class::at(&self.negatives, place.cuts.clone()),
            Class::at(&self.positives, moved),
        )
    }

    fn log_likelihood(&self, place: &Place) -> f64 {
        let (negatives, positives) = self.classes(place);
        negatives.log_likelihood() + positives.log_likelihood()
    }

    /// The step and the covariance that an information matrix gives; `None` where the matrix is not positive definite.
    fn step(&self, place: &Place, information: Information) -> Option<Step> {
        let b = place.curve.b;
        let cuts = &place.cuts;
        let (negatives, positives) = self.classes(place);
        let (slope_negatives, slope) = (negatives.slope(), positives.slope());
        let of_negatives = negatives.curvature(information, &slope_negatives);
        let of_positives = positives.curvature(information, &slope);

        let sum = |(here, there): (&f64, &f64)| here + b * b * there;
        let tridiagonal = Tridiagonal {
            diagonal: of_negatives
                .diagonal()
                .iter()
                .zip(&of_positives.diagonal())
                .map(sum)
                .collect(),
            beside: of_negatives
                .beside()
                .iter()
                .zip(&of_positives.beside())
                .map(sum)
                .collect(),
        };
        let by_a = of_positives.times(&vec![-1.0; cuts.len()]);
        let by_b = of_positives.times(cuts);
        let cuts_and_a: Vec<f64> = by_a.iter().map(|with_a| b * with_a).collect();
        let cuts_and_b: Vec<f64> = by_b
            .iter()
            .zip(&slope)
            .map(|(with_b, slope)| match information {
                Information::Observed => b * with_b - slope,
                Information::Expected => b * with_b,
            })
            .collect();
        let slope_cuts: Vec<f64> = slope_negatives
            .iter()
            .zip(&slope)
            .map(|(here, there)| here + b * there)
            .collect();
        let slope_a = -slope.iter().sum::<f64>();
        let slope_b = dot(cuts, &slope);

        let [from_slope, from_a, from_b] =
            tridiagonal.solve([&slope_cuts, &cuts_and_a, &cuts_and_b])?;
        let aa = -by_a.iter().sum::<f64>() - dot(&cuts_and_a, &from_a);
        let ab = dot(cuts, &by_a) - dot(&cuts_and_a, &from_b);
        let bb = dot(cuts, &by_b) - dot(&cuts_and_b, &from_b);
        let determinant = aa * bb - ab * ab;
        if !(aa > 0.0 && bb > 0.0 && determinant > 0.0) {
            return None;
        }
        let left_a = slope_a - dot(&cuts_and_a, &from_slope);
        let left_b = slope_b - dot(&cuts_and_b, &from_slope);
        let step_a = (bb * left_a - ab * left_b) / determinant;
        let step_b = (aa * left_b - ab * left_a) / determinant;
        let step_cuts: Vec<f64> = (0..cuts.len())
            .map(|cut| from_slope[cut] - from_a[cut] * step_a - from_b[cut] * step_b)
            .collect();
        Some(Step {
            gain: slope_a * step_a + slope_b * step_b + dot(&slope_cuts, &step_cuts),
            a: step_a,
            b: step_b,
            cuts: step_cuts,
            covariance: [bb / determinant, -ab / determinant, aa / determinant],
        })
    }

    /// The place after a step, halved until the likelihood does not fall.
    fn ahead(&self, place: &Place, step: &Step) -> Option<Place> {
        let before = self.log_likelihood(place);
        let rounding = 1e-11 * before.abs();
        (0..50)
            .map(|halvings| {
                let part = 0.5_f64.powi(halvings);
                let cuts = place.cuts.iter().zip(&step.cuts);
                Place {
                    curve: Binormal {
                        a: place.curve.a + part * step.a,
                        b: place.curve.b + part * step.b,
                    },
                    cuts: cuts.map(|(cut, step)| cut + part * step).collect(),
                }
            })
            .find(|next| next.curve.b > 0.0 && self.log_likelihood(next) >= before - rounding)
    }
}

/// A symmetric matrix.
struct Tridiagonal {
    diagonal: Vec<f64>,
    beside: Vec<f64>,
}

impl Tridiagonal {
    /// The solutions for three right sides by elimination; `None` where the matrix is not positive definite.
    fn solve(&self, rights: [&[f64]; 3]) -> Option<[Vec<f64>; 3]> {
        let size = self.diagonal.len();
        let mut pivots = Vec::with_capacity(size);
        for row in 0..size {
            let taken = if row > 0 {
                self.beside[row - 1] * self.beside[row - 1] / pivots[row - 1]
            } else {
                0.0
            };
            let pivot = self.diagonal[row] - taken;
            if !(pivot > 0.0 && pivot.is_finite()) {
                return None;
            }
            pivots.push(pivot);
        }
        Some(rights.map(|right| {
            let mut solution = right.to_vec();
            for row in 1..size {
                solution[row] -= self.beside[row - 1] / pivots[row - 1] * solution[row - 1];
            }
            for row in (0..size).rev() {
                let above = if row + 1 < size {
                    self.beside[row] * solution[row + 1]
                } else {
                    0.0
                };
                solution[row] = (solution[row] - above) / pivots[row];
            }
            solution
        }))
    }
}

fn dot(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}
