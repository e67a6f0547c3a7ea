//! The AUC of a draw of patients, without sorting again.
//!
//! In: a [`Sample`] of [`Scores`], sorted once, and how often each unit is drawn. Out: the AUC of the draw in one pass
//! over the sorted rows. Units are numbered in the order of their scores within their stratum, so that the pass reads
//! the counts of each class from front to back.
//!
//! Checked against: the AUC of the drawn patients computed anew, in the tests.

use std::cmp::Ordering;

use crate::resample::{Drawing, Sample, Units};
use crate::roc::auc_of;
use crate::scores::Scores;
use crate::undefined::{Group, Undefined};

/// Scores sorted once, to be drawn often.
pub(crate) struct AucDraws {
    units: Units,
    steps: Vec<Step>,
}

/// A row, in rising order of the scores.
struct Step {
    unit: u32,
    positive: bool,
    /// Whether the next row has a higher score.
    last_of_tie: bool,
}

impl AucDraws {
    pub(crate) fn of<S: Sample<Drawn = Scores>>(sample: &S, drawing: Drawing) -> Self {
        let rows = sample.classes().len();
        let mut order: Vec<usize> = (0..rows).collect();
        let scores: Vec<(bool, f64)> = sample.drawn(&order).iter().collect();
        order.sort_unstable_by(|&a, &b| {
            let (a, b) = (scores[a].1, scores[b].1);
            a.partial_cmp(&b).unwrap_or(Ordering::Equal)
        });
        let units = Units::of(sample, drawing, &order);
        let mut unit_of = vec![0; rows];
        for unit in 0..units.len() {
            for &row in units.rows_of(unit) {
                unit_of[row] = unit as u32;
            }
        }
        let steps = order.iter().enumerate().map(|(place, &row)| Step {
            unit: unit_of[row],
            positive: scores[row].0,
            last_of_tie: order
                .get(place + 1)
                .is_none_or(|&next| scores[next].1 > scores[row].1),
        });
        Self {
            steps: steps.collect(),
            units,
        }
    }

    pub(crate) fn units(&self) -> &Units {
        &self.units
    }

    /// The AUC where each unit is there as often as `times` says.
    pub(crate) fn auc(&self, times: &[u32]) -> Result<f64, Undefined> {
        let (mut positives, mut negatives) = (0_u64, 0_u64);
        let (mut tied_positives, mut tied_negatives) = (0_u64, 0_u64);
        let mut doubled_wins = 0_u128;
        for step in &self.steps {
            let times = u64::from(times[step.unit as usize]);
            let of_positives = if step.positive { times } else { 0 };
            tied_positives += of_positives;
            tied_negatives += times - of_positives;
            if step.last_of_tie {
                doubled_wins +=
                    u128::from(tied_positives) * u128::from(2 * negatives + tied_negatives);
                positives += tied_positives;
                negatives += tied_negatives;
                (tied_positives, tied_negatives) = (0, 0);
            }
        }
        Group::Positive.at_least(1, positives)?;
        Group::Negative.at_least(1, negatives)?;
        Ok(auc_of(doubled_wins, positives, negatives))
    }

    /// The AUC without each unit in turn: the pairs of its rows with rows of others are taken off.
    pub(crate) fn without_each(&self) -> Result<Vec<f64>, Undefined> {
        let mut sums = vec![Sums::default(); self.units.len()];
        let mut rows: Vec<Vec<(usize, bool)>> = vec![Vec::new(); self.units.len()];
        let mut total = Sums::default();
        let positives = self.steps.iter().filter(|step| step.positive).count() as u64;
        let mut positives_above = positives;
        let mut negatives_below = 0;
        let ties = self.steps.split_inclusive(|step| step.last_of_tie);
        for (tie, tied) in ties.enumerate() {
            let tied_positives = tied.iter().filter(|step| step.positive).count() as u64;
            let tied_negatives = tied.len() as u64 - tied_positives;
            positives_above -= tied_positives;
            for step in tied {
                let component = if step.positive {
                    2 * negatives_below + tied_negatives
                } else {
                    2 * positives_above + tied_positives
                };
                sums[step.unit as usize].add(step.positive, component);
                total.add(step.positive, component);
                rows[step.unit as usize].push((tie, step.positive));
            }
            negatives_below += tied_negatives;
        }
        sums.iter()
            .zip(&rows)
            .map(|(of, rows)| {
                let positives = total.positives - of.positives;
                let negatives = total.negatives - of.negatives;
                Group::Positive.at_least(1, positives)?;
                Group::Negative.at_least(1, negatives)?;
                let with_others = of.of_positives + of.of_negatives - doubled_wins_within(rows);
                Ok(auc_of(
                    total.of_positives - with_others,
                    positives,
                    negatives,
                ))
            })
            .collect()
    }
}

/// Counts of rows, and sums of their components.
#[derive(Clone, Default)]
struct Sums {
    positives: u64,
    negatives: u64,
    of_positives: u128,
    of_negatives: u128,
}

impl Sums {
    fn add(&mut self, positive: bool, component: u64) {
        if positive {
            self.positives += 1;
            self.of_positives += u128::from(component);
        } else {
            self.negatives += 1;
            self.of_negatives += u128::from(component);
        }
    }
}

/// Twice the pairs won among the rows of one unit, which stand in rising order of their ties.
fn doubled_wins_within(rows: &[(usize, bool)]) -> u128 {
    let mut wins = 0;
    let mut negatives = 0_u128;
    for tied in rows.chunk_by(|a, b| a.0 == b.0) {
        let tied_positives = tied.iter().filter(|row| row.1).count() as u128;
        let tied_negatives = tied.len() as u128 - tied_positives;
        wins += tied_positives * (2 * negatives + tied_negatives);
        negatives += tied_negatives;
    }
    wins
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clustered::Clustered;
    use crate::roc::auc;

    fn assert_draws_agree<S: Sample<Drawn = Scores>>(sample: &S, drawing: Drawing) {
        let draws = AucDraws::of(sample, drawing);
        let mut times = Vec::new();
        let mut compared = 0;
        for replicate in 0..200 {
            draws.units().draw(3, replicate, &mut times);
            let anew = auc(&sample.drawn(&draws.units().rows_drawn(&times)));
            assert_eq!(draws.auc(&times), anew);
            compared += usize::from(anew.is_ok());
        }
        assert!(compared >= 150, "{compared} draws have an area");
    }

    #[test]
    fn the_area_of_a_draw_is_that_of_the_drawn_rows_to_the_bit() {
        let labels: Vec<bool> = (0..30).map(|row| row % 3 == 0).collect();
        let scores: Vec<f64> = (0..30_u32).map(|row| f64::from(row * 7 % 11)).collect();
        let scores = Scores::from_bools(&labels, &scores).unwrap();
        let patients: Vec<usize> = (0..30).map(|row| row * 5 % 13).collect();
        let clustered = Clustered::new(scores.clone(), &patients).unwrap();
        for drawing in [Drawing::Stratified, Drawing::Simple] {
            assert_draws_agree(&scores, drawing);
            assert_draws_agree(&clustered, drawing);
        }
    }
}
