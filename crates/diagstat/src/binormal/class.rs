//! One class of the binormal model: probabilities of its categories, and derivatives by its cut points.
//!
//! In: patients of each category and cut points on the scale on which the class is standard normal. Out: the logarithm of
//! the likelihood, its slope and its curvature, which is tridiagonal: a category touches the two cut points beside it.
//! Probabilities are taken from the tail in which they lie, so that those of far categories keep their digits.
//!
//! Source: Dorfman and Alf 1969, J Math Psychol 6:487. Checked against: as the module above.

use crate::distribution::{normal_below, normal_density};

/// Whether second derivatives are those of the data or those that the model expects.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Information {
    Observed,
    Expected,
}

/// One class, with the cut points on the scale on which it is standard normal.
pub(super) struct Class<'a> {
    counts: &'a [f64],
    cuts: Vec<f64>,
    densities: Vec<f64>,
    /// Of each category.
    probabilities: Vec<f64>,
}

impl<'a> Class<'a> {
    pub(super) fn at(counts: &'a [f64], cuts: Vec<f64>) -> Self {
        let lows = std::iter::once(f64::NEG_INFINITY).chain(cuts.iter().copied());
        let highs = cuts.iter().copied().chain([f64::INFINITY]);
        Self {
            counts,
            densities: cuts.iter().map(|&cut| normal_density(cut)).collect(),
            probabilities: lows.zip(highs).map(|(low, high)| mass(low, high)).collect(),
            cuts,
        }
    }

    /// Minus infinity where two cut points have met.
    pub(super) fn log_likelihood(&self) -> f64 {
        let terms = self.counts.iter().zip(&self.probabilities);
        terms
            .map(|(&count, &probability)| {
                if probability <= 0.0 {
                    f64::NEG_INFINITY
                } else if count > 0.0 {
                    count * probability.ln()
                } else {
                    0.0
                }
            })
            .sum()
    }

    /// The derivative of the logarithm of the likelihood by each cut point.
    pub(super) fn slope(&self) -> Vec<f64> {
        let ratios: Vec<f64> = self
            .counts
            .iter()
            .zip(&self.probabilities)
            .map(|(count, probability)| count / probability)
            .collect();
        let steps = ratios.windows(2).zip(&self.densities);
        steps
            .map(|(pair, density)| density * (pair[0] - pair[1]))
            .collect()
    }

    pub(super) fn curvature(&self, information: Information, slope: &[f64]) -> Curvature<'_> {
        let total: f64 = self.counts.iter().sum();
        let weights = self.counts.iter().zip(&self.probabilities);
        Curvature {
            densities: &self.densities,
            weights: weights
                .map(|(count, probability)| match information {
                    Information::Observed => count / (probability * probability),
                    Information::Expected => total / probability,
                })
                .collect(),
            alone: match information {
                Information::Observed => {
                    let cuts = self.cuts.iter().zip(slope);
                    cuts.map(|(cut, slope)| cut * slope).collect()
                }
                Information::Expected => vec![0.0; slope.len()],
            },
        }
    }
}

/// The probability of a standard normal number between two, by the tail in which it lies.
fn mass(low: f64, high: f64) -> f64 {
    if low > 0.0 {
        normal_below(-low) - normal_below(-high)
    } else {
        normal_below(high) - normal_below(low)
    }
}

/// Minus the second derivatives by the cut points of one class. As sums over categories of `weight` times a squared
/// difference, so that nothing cancels where categories are many, and a term for each cut point `alone`.
pub(super) struct Curvature<'a> {
    densities: &'a [f64],
    weights: Vec<f64>,
    alone: Vec<f64>,
}

impl Curvature<'_> {
    pub(super) fn diagonal(&self) -> Vec<f64> {
        (0..self.alone.len())
            .map(|cut| {
                let density = self.densities[cut];
                density * density * (self.weights[cut] + self.weights[cut + 1]) + self.alone[cut]
            })
            .collect()
    }

    pub(super) fn beside(&self) -> Vec<f64> {
        let densities = self.densities.windows(2).zip(&self.weights[1..]);
        densities
            .map(|(pair, weight)| -pair[0] * pair[1] * weight)
            .collect()
    }

    pub(super) fn times(&self, vector: &[f64]) -> Vec<f64> {
        let scaled = |cut: usize| self.densities[cut] * vector[cut];
        let cuts = vector.len();
        let flow: Vec<f64> = (0..=cuts)
            .map(|category| {
                let high = if category < cuts {
                    scaled(category)
                } else {
                    0.0
                };
                let low = if category > 0 {
                    scaled(category - 1)
                } else {
                    0.0
                };
                self.weights[category] * (high - low)
            })
            .collect();
        (0..cuts)
            .map(|cut| {
                self.densities[cut] * (flow[cut] - flow[cut + 1]) + self.alone[cut] * vector[cut]
            })
            .collect()
    }
}
