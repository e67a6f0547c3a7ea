//! Rows in the order of their scores, of which draws are evaluated without sorting again.
//!
//! In: a [`Sample`] of [`Scores`], sorted once, and how often each unit is drawn. Out: the AUC of the draw, or its patients
//! by score, in one pass over the sorted rows. Units are numbered in the order of their scores within their stratum, so
//! that the pass reads the counts of each class from front to back, and so that a replicate does not depend on the order
//! in which the patients came.
//!
//! Checked against: the AUC of the drawn patients computed anew, in the tests.

use std::cmp::Ordering;

use crate::resample::{Drawing, Sample, Units};
use crate::roc::auc_of;
use crate::scores::{Scores, TieGroup};
use crate::undefined::{Group, Undefined};

/// Rows in rising order of their scores.
pub(crate) struct Ranked(Vec<Step>);

struct Step {
    unit: u32,
    positive: bool,
    score: f64,
    /// Whether the next row has a higher score.
    last_of_tie: bool,
}

/// The units of a sample and its rows, sorted once.
pub(crate) fn ranked<S: Sample<Drawn = Scores>>(sample: &S, drawing: Drawing) -> (Units, Ranked) {
    let scores = sample.drawn(&all_rows(sample));
    let order = rising(&scores);
    let units = Units::of(sample, drawing, &order);
    let ranked = Ranked::new(&scores, &order, &units);
    (units, ranked)
}

/// All rows of a sample, in the order given.
pub(crate) fn all_rows<S: Sample>(sample: &S) -> Vec<usize> {
    (0..sample.classes().len()).collect()
}

/// The rows by rising score; of equal scores the negative ones first.
pub(crate) fn rising(scores: &Scores) -> Vec<usize> {
    let patients: Vec<(bool, f64)> = scores.iter().collect();
    let mut order: Vec<usize> = (0..patients.len()).collect();
    order.sort_by(|&a, &b| {
        let (a, b) = (patients[a], patients[b]);
        let by_score = a.1.partial_cmp(&b.1).unwrap_or(Ordering::Equal);
        by_score.then(a.0.cmp(&b.0))
    });
    order
}

impl Ranked {
    /// `order` is that of [`rising`]; the units may stand in the order of other scores.
    pub(crate) fn new(scores: &Scores, order: &[usize], units: &Units) -> Self {
        let patients: Vec<(bool, f64)> = scores.iter().collect();
        let mut unit_of = vec![0; patients.len()];
        for unit in 0..units.len() {
            for &row in units.rows_of(unit) {
                unit_of[row] = unit as u32;
            }
        }
        let steps = order.iter().enumerate().map(|(place, &row)| Step {
            unit: unit_of[row],
            positive: patients[row].0,
            score: patients[row].1,
            last_of_tie: order
                .get(place + 1)
                .is_none_or(|&next| patients[next].1 > patients[row].1),
        });
        Self(steps.collect())
    }

    /// The AUC where each unit is there as often as `times` says.
    pub(crate) fn auc(&self, times: &[u32]) -> Result<f64, Undefined> {
        let (mut positives, mut negatives) = (0_u64, 0_u64);
        let (mut tied_positives, mut tied_negatives) = (0_u64, 0_u64);
        let mut doubled_wins = 0_u128;
        for step in &self.0 {
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

    /// The patients of each score, by rising score, where each unit is there as often as `times` says. A score may have
    /// nobody left.
    pub(crate) fn tie_groups(&self, times: &[u32]) -> Vec<TieGroup> {
        let ties = self.0.chunk_by(|step, _| !step.last_of_tie);
        let counted = |tied: &[Step], positive: bool| {
            let of_class = tied.iter().filter(|step| step.positive == positive);
            of_class.map(|step| times[step.unit as usize]).sum()
        };
        ties.map(|tied| TieGroup {
            score: tied[0].score,
            positives: counted(tied, true),
            negatives: counted(tied, false),
        })
        .collect()
    }

    /// The AUC without each of so many units in turn: the pairs of its rows with rows of others are taken off.
    pub(crate) fn auc_without_each(&self, units: usize) -> Result<Vec<f64>, Undefined> {
        let mut sums = vec![Sums::default(); units];
        let mut rows: Vec<Vec<(usize, bool)>> = vec![Vec::new(); units];
        let mut total = Sums::default();
        let positives = self.0.iter().filter(|step| step.positive).count() as u64;
        let mut positives_above = positives;
        let mut negatives_below = 0;
        let ties = self.0.split_inclusive(|step| step.last_of_tie);
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
    use crate::resample::Resampling;
    use crate::roc::auc;

    fn assert_draws_agree<S: Sample<Drawn = Scores>>(sample: &S, drawing: Drawing) {
        let (units, ranked) = ranked(sample, drawing);
        let resampling = Resampling {
            drawing,
            replicates: 200,
            seed: 3,
        };
        let draws = units.draws(&resampling, |times| {
            let drawn = sample.drawn(&units.rows_drawn(times));
            let anew = auc(&drawn);
            assert_eq!(ranked.auc(times), anew);
            let occupied = |group: &TieGroup| group.positives + group.negatives > 0;
            let groups = ranked.tie_groups(times).into_iter().filter(occupied);
            assert_eq!(groups.collect::<Vec<_>>(), drawn.tie_groups());
            anew
        });
        let compared = draws.iter().filter(|area| area.is_ok()).count();
        assert!(compared >= 150, "{compared} draws have an area");
    }

    #[test]
    fn a_draw_has_the_area_and_the_ties_of_the_drawn_rows_to_the_bit() {
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
