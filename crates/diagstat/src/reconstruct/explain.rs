//! What makes one matrix print the figures that were given.
//!
//! In: a matrix and the [`Question`]. Out: an [`Explanation`] for each reading that fits it, with the roundings.
//! This is a second route: it looks at each figure of the one matrix by itself, and uses nothing of the search in `rows`.

use serde::Serialize;

use super::band::{Decimal, Rounding};
use super::calls_interval::CallsInterval;
use super::exact::Quantity;
use super::printed::Figure;
use super::reading::{AucOf, Question, Reading};
use super::rows::Tolerance;
use crate::confusion::Confusion;
use crate::delong::{AucInterval, delong_of_calls};
use crate::interval::Level;
use crate::measured::Measured;

/// A matrix that prints every figure as given.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FittingMatrix {
    /// The counts.
    pub counts: Confusion,
    /// What the figures mean, at least one reading; all of them have one averaging, or all mix several.
    pub explanations: Vec<Explanation>,
    /// The AUC of the calls, with DeLong's interval at the printed level, or 95 %.
    pub auc_of_calls: Measured,
    /// The AUCs that scores with this operating point may have.
    pub auc_of_scores: ScoresAucBounds,
}

/// One reading of the figures under which a matrix prints them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// Averagings, and whose AUC.
    #[serde(flatten)]
    pub reading: Reading,
    /// The roundings that print every figure as given. [`Rounding::Nearest`] stands here only where neither way of
    /// breaking ties does.
    pub roundings: Vec<Rounding>,
    /// The scales on which DeLong's interval of the calls prints as given; empty where none was printed, or the AUC is
    /// that of the scores and its interval cannot be checked.
    pub interval_scales: Vec<AucInterval>,
    /// Whether a printed figure is 0/0, which scikit-learn prints as 0.
    pub zero_division: bool,
}

/// The least and the largest area under ROC curves through one operating point.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ScoresAucBounds {
    /// Least area of any rising curve: steps.
    pub least: f64,
    /// Largest area of any rising curve: steps.
    pub most: f64,
    /// Least area of a concave curve, which is that of the calls; `None` where the point lies below the diagonal.
    pub concave_least: Option<f64>,
    /// Largest area of a concave curve; `None` where the point lies below the diagonal.
    pub concave_most: Option<f64>,
}

const NEAREST: [Rounding; 3] = [Rounding::HalfUp, Rounding::HalfEven, Rounding::Nearest];

impl FittingMatrix {
    /// The matrix with every reading of the best tier that fits it, or `None` where no reading does.
    pub(super) fn explained(
        question: &Question,
        readings: &[Reading],
        counts: Confusion,
    ) -> Option<Self> {
        let mut explanations: Vec<Explanation> = readings
            .iter()
            .filter_map(|reading| explain(question, *reading, &counts))
            .collect();
        let best = explanations
            .iter()
            .map(|explanation| explanation.reading.tier())
            .min()?;
        explanations.retain(|explanation| explanation.reading.tier() == best);
        let level = question
            .interval
            .map_or(Level::PERCENT_95, |interval| interval.level);
        Some(Self {
            counts,
            explanations,
            auc_of_calls: match delong_of_calls(&counts) {
                Ok(auc) => auc.measured(AucInterval::Wald, level),
                Err(reason) => Measured::undefined(reason),
            },
            auc_of_scores: ScoresAucBounds::at(&counts),
        })
    }
}

fn explain(question: &Question, reading: Reading, counts: &Confusion) -> Option<Explanation> {
    let fits = |rounding| prints_as_given(question, reading, counts, rounding);
    let mut roundings: Vec<Rounding> = NEAREST.into_iter().filter(|&r| fits(r)).collect();
    if roundings.len() > 1 {
        roundings.retain(|rounding| *rounding != Rounding::Nearest);
    }
    if fits(Rounding::Truncated) {
        roundings.push(Rounding::Truncated);
    }
    let widest = if roundings.contains(&Rounding::Truncated) && roundings.len() == 1 {
        Rounding::Truncated
    } else {
        Rounding::Nearest
    };
    if roundings.is_empty() {
        return None;
    }
    let interval_scales = match (question.interval, reading.auc) {
        (Some(printed), Some(AucOf::Calls)) => {
            CallsInterval::new(printed, Tolerance::Rounded(widest)).scales(counts)
        }
        _ => Vec::new(),
    };
    let quantities = quantities(question, reading);
    Some(Explanation {
        reading,
        roundings,
        interval_scales,
        zero_division: quantities.iter().any(|(_, of, _)| !of.has_value(counts)),
    })
}

/// The printed figures that have one value in a matrix, each with what it stands for in this reading.
pub(super) fn quantities(
    question: &Question,
    reading: Reading,
) -> Vec<(Figure, Quantity, Decimal)> {
    let mut quantities = question.fixed.clone();
    for &(of, decimal) in &question.averaged {
        if let Some(averaging) = reading.averaging(of) {
            quantities.push((of.figure(), averaging.quantity(of), decimal));
        }
    }
    if let (Some(decimal), Some(AucOf::Calls)) = (question.auc, reading.auc) {
        quantities.push((Figure::Auc, Quantity::BalancedAccuracy, decimal));
    }
    quantities
}

fn prints_as_given(
    question: &Question,
    reading: Reading,
    counts: &Confusion,
    rounding: Rounding,
) -> bool {
    let figures = quantities(question, reading)
        .iter()
        .all(|(_, quantity, decimal)| quantity.of(counts).lies_in(decimal.rounded(rounding)));
    let auc = match (reading.auc, question.auc) {
        (Some(AucOf::Scores), Some(decimal)) => {
            let band = decimal.rounded(rounding);
            Quantity::ScoresAucMost.of(counts).reaches(band)
                && !Quantity::ScoresAucLeast.of(counts).exceeds(band)
        }
        _ => true,
    };
    let interval = match (reading.auc, question.interval) {
        (Some(AucOf::Calls), Some(printed)) => {
            CallsInterval::new(printed, Tolerance::Rounded(rounding)).fits(counts)
        }
        _ => true,
    };
    figures && auc && interval
}

impl ScoresAucBounds {
    /// The bounds of the area under curves through the operating point of these counts. A rising curve encloses at least
    /// the rectangle below and right of the point, and misses at least the one above and left of it. A concave one lies
    /// above the two chords from the corners, and below some line through the point: of those lines the one that leaves
    /// the most area, within the slopes of the chords.
    ///
    /// # References
    /// Fawcett 2006, Pattern Recognition Letters 27:861, doi:10.1016/j.patrec.2005.10.010 (curves and convexity).
    pub(super) fn at(counts: &Confusion) -> Self {
        let hit = Quantity::Sensitivity.of(counts).value();
        let alarm = 1.0 - Quantity::Specificity.of(counts).value();
        let chords = Quantity::BalancedAccuracy.of(counts).value();
        let concave = hit >= alarm;
        Self {
            least: Quantity::ScoresAucLeast.of(counts).value(),
            most: Quantity::ScoresAucMost.of(counts).value(),
            concave_least: concave.then_some(chords),
            concave_most: concave.then(|| concave_most(hit, alarm)),
        }
    }
}

/// The triangle above the best line through the point is missing.
fn concave_most(hit: f64, alarm: f64) -> f64 {
    let missed = 1.0 - hit;
    let missing = if alarm == 0.0 || missed == 0.0 {
        0.0
    } else if hit < 0.5 {
        alarm / (2.0 * hit)
    } else if alarm > 0.5 {
        missed / (2.0 * (1.0 - alarm))
    } else {
        2.0 * alarm * missed
    };
    1.0 - missing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_concave_curve_is_the_best_of_many_lines_through_the_point() {
        let mut points = 0;
        for hit in 1..20 {
            for alarm in 1..=hit {
                let (hit, alarm) = (f64::from(hit) / 20.0, f64::from(alarm) / 20.0);
                let (flat, steep) = ((1.0 - hit) / (1.0 - alarm), hit / alarm);
                let best = (0..=20_000)
                    .map(|step| flat + (steep - flat) * f64::from(step) / 20_000.0)
                    .map(|slope| {
                        let start = hit - slope * alarm;
                        let full = alarm + (1.0 - hit) / slope;
                        1.0 - (1.0 - start) * full / 2.0
                    })
                    .fold(0.0, f64::max);
                points += 1;
                assert!(
                    (best - concave_most(hit, alarm)).abs() < 1e-6,
                    "{hit} {alarm}"
                );
            }
        }
        assert!(points > 100, "{points} points");
    }

    #[test]
    fn the_bounds_lie_within_each_other() {
        let mut points = 0;
        for tp in 0..=9 {
            for tn in 0..=7 {
                let bounds = ScoresAucBounds::at(&Confusion {
                    true_positives: tp,
                    false_negatives: 9 - tp,
                    false_positives: 7 - tn,
                    true_negatives: tn,
                });
                let (Some(least), Some(most)) = (bounds.concave_least, bounds.concave_most) else {
                    continue;
                };
                points += 1;
                assert!(bounds.least <= least + 1e-15 && least <= most + 1e-15);
                assert!(most <= bounds.most + 1e-15 && bounds.most <= 1.0);
            }
        }
        assert!(points > 30, "{points} points");
    }
}
