//! The structural components of an area under the ROC curve, a whole number for each patient, in O(n log n).
//!
//! In: [`Scores`]. Out: [`Components`], from which the variances and covariances of the other modules are made. A
//! patient's component is twice the number of patients of the other class that it is ranked rightly against, a tie
//! counting one: twice the difference of its mid-ranks among all patients and within its own class. Whole numbers, so
//! that two models that rank alike have a difference of exactly 0.
//!
//! Source: Sun and Xu 2014, IEEE SPL 21:1389. Checked against: a count of all pairs in the tests of the modules that
//! use it.

use std::cmp::Ordering;

use crate::roc::auc_of;
use crate::scores::Scores;
use crate::undefined::{Group, Undefined};

/// Components of the patients of each class, in the order of the patients.
pub(crate) struct Components {
    pub of_positives: Vec<u64>,
    pub of_negatives: Vec<u64>,
}

/// A patient on the way through the sort, with its place among the scores.
struct Patient {
    score: f64,
    place: u32,
    positive: bool,
}

/// The components of scores, at least one patient a class.
pub(crate) fn components(scores: &Scores) -> Result<Components, Undefined> {
    Group::Positive.at_least(1, scores.positives().into())?;
    Group::Negative.at_least(1, scores.negatives().into())?;
    let mut order: Vec<Patient> = scores
        .iter()
        .zip(0..)
        .map(|((positive, score), place)| Patient {
            score,
            place,
            positive,
        })
        .collect();
    order.sort_unstable_by(|a, b| a.score.partial_cmp(&b.score).unwrap_or(Ordering::Equal));

    let mut of_patients = vec![0; order.len()];
    let mut negatives_below = 0;
    let mut positives_above = u64::from(scores.positives());
    for tied in order.chunk_by(|a, b| a.score == b.score) {
        let positives = tied.iter().filter(|patient| patient.positive).count() as u64;
        let negatives = tied.len() as u64 - positives;
        positives_above -= positives;
        for patient in tied {
            of_patients[patient.place as usize] = if patient.positive {
                2 * negatives_below + negatives
            } else {
                2 * positives_above + positives
            };
        }
        negatives_below += negatives;
    }
    let of_class = |class| {
        let of_patients = of_patients.iter().zip(scores.iter());
        of_patients
            .filter(|(_, (positive, _))| *positive == class)
            .map(|(component, _)| *component)
            .collect()
    };
    Ok(Components {
        of_positives: of_class(true),
        of_negatives: of_class(false),
    })
}

impl Components {
    /// Twice the number of pairs won.
    pub(crate) fn doubled_wins(&self) -> u128 {
        self.of_positives
            .iter()
            .map(|&component| u128::from(component))
            .sum()
    }

    /// The area, 0 to 1.
    pub(crate) fn area(&self) -> f64 {
        auc_of(
            self.doubled_wins(),
            self.of_positives.len() as u64,
            self.of_negatives.len() as u64,
        )
    }
}

/// What the areas of the models vary by.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Dispersion {
    /// Covariances of the areas, a row for each model.
    pub covariance: Vec<Vec<f64>>,
    /// Variances of the differences of two areas, a row for each model.
    pub of_differences: Vec<Vec<f64>>,
}

/// DeLong's covariances, of at least two patients a class.
pub(crate) fn dispersion(models: &[Components]) -> Dispersion {
    let sums: Vec<(i128, i128)> = models
        .iter()
        .map(|of| (sum(&of.of_positives), sum(&of.of_negatives)))
        .collect();
    let exact = |first: usize, second: usize| {
        let (a, b) = (&models[first], &models[second]);
        (
            deviations(
                &a.of_positives,
                &b.of_positives,
                sums[first].0,
                sums[second].0,
            ),
            deviations(
                &a.of_negatives,
                &b.of_negatives,
                sums[first].1,
                sums[second].1,
            ),
        )
    };
    let matrix: Vec<Vec<(i128, i128)>> = (0..models.len())
        .map(|row| (0..models.len()).map(|column| exact(row, column)).collect())
        .collect();
    let positives = models[0].of_positives.len() as f64;
    let negatives = models[0].of_negatives.len() as f64;
    let scaled = |(of_positives, of_negatives): (i128, i128)| {
        let of = |deviations: i128, patients: f64, others: f64| {
            let unit = 2.0 * others;
            deviations as f64 / (patients * patients * (patients - 1.0)) / (unit * unit)
        };
        of(of_positives, positives, negatives) + of(of_negatives, negatives, positives)
    };
    let of_difference = |row: usize, column: usize| {
        let (a, b, both) = (
            matrix[row][row],
            matrix[column][column],
            matrix[row][column],
        );
        scaled((a.0 + b.0 - 2 * both.0, a.1 + b.1 - 2 * both.1))
    };
    let rows = 0..models.len();
    Dispersion {
        covariance: matrix
            .iter()
            .map(|row| row.iter().map(|&exact| scaled(exact)).collect())
            .collect(),
        of_differences: rows
            .clone()
            .map(|row| {
                rows.clone()
                    .map(|column| of_difference(row, column))
                    .collect()
            })
            .collect(),
    }
}

fn sum(components: &[u64]) -> i128 {
    components
        .iter()
        .map(|&component| i128::from(component))
        .sum()
}

/// The sum of the products of two models' deviations from their means, times the number of patients. A component is at
/// most twice the number of the other class, so with at most 2^32 patients no product passes 2^126.
fn deviations(first: &[u64], second: &[u64], sum_of_first: i128, sum_of_second: i128) -> i128 {
    let products: i128 = first
        .iter()
        .zip(second)
        .map(|(&a, &b)| i128::from(a) * i128::from(b))
        .sum();
    first.len() as i128 * products - sum_of_first * sum_of_second
}
