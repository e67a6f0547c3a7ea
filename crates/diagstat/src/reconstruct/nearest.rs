//! The matrices that come nearest where none prints the figures as given.
//!
//! In: the [`Question`]. Out: [`NearMatrix`], with each figure's difference. Near is measured in units of the last
//! printed digit, by the figure that is furthest off, since one misprinted figure should not be hidden by three good ones.
//! Found by widening the bands until they hold a few matrices; the same search as for those that fit. Limits of an interval are
//! those on the AUC itself, not on its logit.
//!
//! Source: none.

use std::ops::ControlFlow;

use serde::Serialize;

use super::band::Decimal;
use super::calls_interval::limits;
use super::explain::{ScoresAucBounds, quantities};
use super::printed::Figure;
use super::reading::{AucOf, Question, Reading};
use super::rows::{Sizes, Tolerance, rows};
use crate::confusion::Confusion;
use crate::delong::AucInterval;

/// A matrix that prints at least one figure otherwise than given.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NearMatrix {
    /// The counts.
    pub counts: Confusion,
    /// The reading under which it comes nearest; one averaging throughout.
    #[serde(flatten)]
    pub reading: Reading,
    /// Each figure's value and how far it is from the printed one. An AUC of the scores stands here only where it passes
    /// its bounds.
    pub differences: Vec<Difference>,
    /// How far the figure that fits worst is from the printed one, in units of its last digit.
    pub units: f64,
}

/// One figure of a matrix beside the printed one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// `accuracy`, `lower limit`, ...
    pub figure: String,
    /// As printed, as a fraction.
    pub printed: f64,
    /// Of the matrix. For an AUC of the scores: the bound that the printed value passes.
    pub value: f64,
    /// Value less printed.
    pub difference: f64,
    /// The difference without its sign, in units of the last printed digit; up to a half it prints as given.
    pub units: f64,
}

/// How many near matrices are listed.
const LISTED: usize = 3;

/// How many equally near ones are compared.
const COMPARED_MAX: usize = 1_000;

/// The nearest matrices, the nearest first; fewer than three only where there are no more.
pub(super) fn nearest(
    question: &Question,
    readings: &[Reading],
    all_sizes: &[Sizes],
) -> Vec<NearMatrix> {
    let mut together = readings.to_vec();
    together.retain(Reading::one_averaging);
    let within = |half_units: i128, most: usize| {
        matrices_within(question, &together, all_sizes, half_units, most)
    };
    let furthest = 4 * 10_i128.pow(most_places(question));
    let (mut below, mut half_units) = (1, 2);
    while half_units < furthest && within(half_units, LISTED).len() < LISTED {
        below = half_units;
        half_units *= 2;
    }
    while half_units - below > 1 {
        let middle = i128::midpoint(below, half_units);
        if within(middle, LISTED).len() < LISTED {
            below = middle;
        } else {
            half_units = middle;
        }
    }
    let mut near: Vec<NearMatrix> = within(half_units, COMPARED_MAX)
        .into_iter()
        .filter_map(|counts| NearMatrix::best(question, &together, counts))
        .collect();
    near.sort_by(|a, b| {
        let sum = |near: &NearMatrix| near.differences.iter().map(|d| d.units).sum::<f64>();
        a.units.total_cmp(&b.units).then(sum(a).total_cmp(&sum(b)))
    });
    near.truncate(LISTED);
    near
}

fn most_places(question: &Question) -> u32 {
    let fixed = question.fixed.iter().map(|(_, _, decimal)| *decimal);
    let averaged = question.averaged.iter().map(|(_, decimal)| *decimal);
    let limits = question
        .interval
        .iter()
        .flat_map(|printed| [printed.low, printed.high]);
    fixed
        .chain(averaged)
        .chain(question.auc)
        .chain(limits)
        .map(|decimal| decimal.places)
        .max()
        .unwrap_or(0)
}

/// Matrices whose figures lie this near, up to `most` of them.
fn matrices_within(
    question: &Question,
    readings: &[Reading],
    all_sizes: &[Sizes],
    half_units: i128,
    most: usize,
) -> Vec<Confusion> {
    let tolerance = [Tolerance::HalfUnits(half_units)];
    let mut found: Vec<Confusion> = Vec::new();
    for &sizes in all_sizes {
        let flow = rows(question, readings, sizes, &tolerance, &mut |row| {
            let in_row = found.len();
            for true_negatives in row.runs.iter().flat_map(|(_, run)| run.from..run.to) {
                let matrix = sizes.matrix(row.true_positives, true_negatives);
                if !found[in_row..].contains(&matrix) {
                    found.push(matrix);
                }
                if found.len() == most {
                    return ControlFlow::Break(());
                }
            }
            ControlFlow::Continue(())
        });
        if flow.is_break() {
            break;
        }
    }
    found
}

impl NearMatrix {
    fn best(question: &Question, readings: &[Reading], counts: Confusion) -> Option<Self> {
        let near = readings
            .iter()
            .filter_map(|reading| Self::under(question, *reading, counts));
        near.min_by(|a, b| a.units.total_cmp(&b.units))
    }

    /// The differences under one reading, or `None` where an interval is printed and the matrix has none.
    fn under(question: &Question, reading: Reading, counts: Confusion) -> Option<Self> {
        let mut differences: Vec<Difference> = quantities(question, reading)
            .into_iter()
            .map(|(figure, quantity, decimal)| {
                Difference::new(&figure.to_string(), decimal, quantity.of(&counts).value())
            })
            .collect();
        if let (Some(AucOf::Scores), Some(decimal)) = (reading.auc, question.auc) {
            let bounds = ScoresAucBounds::at(&counts);
            let printed = decimal.value();
            if printed < bounds.least || printed > bounds.most {
                let bound = printed.clamp(bounds.least, bounds.most);
                differences.push(Difference::new(&Figure::Auc.to_string(), decimal, bound));
            }
        }
        if let (Some(AucOf::Calls), Some(printed)) = (reading.auc, question.interval) {
            let (low, high) = limits(AucInterval::Wald, printed.level.z(), &counts)?;
            differences.push(Difference::new("lower limit", printed.low, low));
            differences.push(Difference::new("upper limit", printed.high, high));
        }
        Some(Self {
            counts,
            reading,
            units: furthest(&differences),
            differences,
        })
    }
}

impl Difference {
    fn new(figure: &str, printed: Decimal, value: f64) -> Self {
        let difference = value - printed.value();
        Self {
            figure: figure.to_string(),
            printed: printed.value(),
            value,
            difference,
            units: difference.abs() * printed.unit_parts(),
        }
    }
}

fn furthest(differences: &[Difference]) -> f64 {
    differences
        .iter()
        .map(|difference| difference.units)
        .fold(0.0, f64::max)
}
