//! All matrices whose figures print as given, a row of them at a time.
//!
//! In: a [`Question`] and how far a value may lie from the printed one. Out: for each number of true positives the runs of
//! true negatives that fit, each with the best tier of the readings that it fits.
//! At fixed class sizes every quantity rises with the true positives and with the true negatives (see `exact`), so
//! the true negatives that fit a figure are one run, found by bisection, and only the true positives whose lowest and
//! highest value straddle the band need a row: O(positives · log negatives), not one look at each matrix.
//!
//! Source: none. Checked against: a look at each matrix (tests/it/reconstruct_properties.rs, and tools/golden/printed_figures.py).

use std::ops::ControlFlow;

use super::band::{Band, Decimal, Rounding};
use super::calls_interval::CallsInterval;
use super::exact::Quantity;
use super::reading::{AucOf, Averaged, Averaging, Question, Reading};
use crate::confusion::Confusion;

/// How far the true value may lie from the printed one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tolerance {
    Rounded(Rounding),
    HalfUnits(i128),
}

impl Tolerance {
    pub(super) fn band(self, decimal: Decimal) -> Band {
        match self {
            Self::Rounded(rounding) => decimal.rounded(rounding),
            Self::HalfUnits(half_units) => decimal.within(half_units),
        }
    }
}

/// Class sizes, both at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sizes {
    pub positives: u32,
    pub negatives: u32,
}

impl Sizes {
    pub(super) fn matrix(self, true_positives: u32, true_negatives: u32) -> Confusion {
        Confusion {
            true_positives,
            false_negatives: self.positives - true_positives,
            false_positives: self.negatives - true_negatives,
            true_negatives,
        }
    }
}

/// True negatives from `from` to before `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub from: u32,
    pub to: u32,
}

impl Run {
    fn is_empty(self) -> bool {
        self.from >= self.to
    }

    fn meet(self, other: Self) -> Self {
        Self {
            from: self.from.max(other.from),
            to: self.to.min(other.to),
        }
    }
}

/// The matrices with one number of true positives that fit.
pub(super) struct Row<'a> {
    pub sizes: Sizes,
    pub true_positives: u32,
    /// The tier of a reading and true negatives that fit it; runs may overlap.
    pub runs: &'a [(usize, Run)],
}

/// Calls `visit` with each row that holds a matrix, until it breaks. A row fits where one of the tolerances fits all
/// figures: authors do not truncate one figure and round the next.
pub(super) fn rows(
    question: &Question,
    readings: &[Reading],
    sizes: Sizes,
    tolerances: &[Tolerance],
    visit: &mut dyn FnMut(Row) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let searches: Vec<Search> = tolerances
        .iter()
        .map(|&tolerance| Search::new(question, sizes, tolerance))
        .collect();
    let first = searches.iter().map(|search| search.true_positives.from);
    let last = searches.iter().map(|search| search.true_positives.to);
    let (first, last) = (first.min().unwrap_or(0), last.max().unwrap_or(0));
    let mut runs = Vec::new();
    for true_positives in first..last {
        runs.clear();
        for search in &searches {
            search.row(true_positives, readings, &mut runs);
        }
        if !runs.is_empty() {
            visit(Row {
                sizes,
                true_positives,
                runs: &runs,
            })?;
        }
    }
    ControlFlow::Continue(())
}

/// The bands of one question under one tolerance.
struct Search {
    sizes: Sizes,
    fixed: Vec<(Quantity, Band)>,
    averaged: Vec<(Averaged, Band)>,
    auc: Option<Band>,
    interval: Option<CallsInterval>,
    true_positives: Run,
}

impl Search {
    fn new(question: &Question, sizes: Sizes, tolerance: Tolerance) -> Self {
        let mut search = Self {
            sizes,
            fixed: question
                .fixed
                .iter()
                .map(|(_, quantity, decimal)| (*quantity, tolerance.band(*decimal)))
                .collect(),
            averaged: question
                .averaged
                .iter()
                .map(|(of, decimal)| (*of, tolerance.band(*decimal)))
                .collect(),
            auc: question.auc.map(|decimal| tolerance.band(decimal)),
            interval: question
                .interval
                .map(|printed| CallsInterval::new(printed, tolerance)),
            true_positives: Run {
                from: 0,
                to: sizes.positives + 1,
            },
        };
        search.true_positives = search.rows_to_look_at();
        search
    }

    /// The true positives with which some number of true negatives may fit the figures of fixed meaning.
    fn rows_to_look_at(&self) -> Run {
        let Sizes {
            positives,
            negatives,
        } = self.sizes;
        let whole = Run {
            from: 0,
            to: positives + 1,
        };
        self.fixed.iter().fold(whole, |run, &(quantity, band)| {
            let at = |tp, tn| quantity.of(&self.sizes.matrix(tp, tn));
            Run {
                from: first_where(run, |tp| at(tp, negatives).reaches(band)),
                to: first_where(run, |tp| at(tp, 0).exceeds(band)),
            }
        })
    }

    /// Appends what fits in the row of `true_positives`.
    fn row(&self, true_positives: u32, readings: &[Reading], runs: &mut Vec<(usize, Run)>) {
        let mut all = Run {
            from: 0,
            to: self.sizes.negatives + 1,
        };
        for &(quantity, band) in &self.fixed {
            all = self.fitting(true_positives, all, quantity, band);
            if all.is_empty() {
                return;
            }
        }
        let averaged = self.averaged.iter().map(|&(of, band)| {
            let run = |averaging: Averaging| {
                self.fitting(true_positives, all, averaging.quantity(of), band)
            };
            (of, Averaging::ALL.map(run))
        });
        let averaged: Vec<(Averaged, [Run; 5])> = averaged.collect();
        let calls = self.calls_runs(true_positives, all);
        let scores = self.scores_run(true_positives, all);

        for reading in readings {
            let figures = averaged.iter().fold(all, |run, (of, by_averaging)| {
                let averaging = reading.averaging(*of);
                let index = Averaging::ALL
                    .iter()
                    .position(|other| Some(*other) == averaging);
                index.map_or(run, |index| run.meet(by_averaging[index]))
            });
            if figures.is_empty() {
                continue;
            }
            let aucs: &[Run] = match reading.auc {
                Some(AucOf::Calls) => &calls,
                Some(AucOf::Scores) => &[scores],
                None => &[all],
            };
            for run in aucs.iter().map(|auc| figures.meet(*auc)) {
                if !run.is_empty() {
                    runs.push((reading.tier(), run));
                }
            }
        }
    }

    /// The part of `run` where the quantity lies in the band.
    fn fitting(&self, true_positives: u32, run: Run, quantity: Quantity, band: Band) -> Run {
        let at = |tn| quantity.of(&self.sizes.matrix(true_positives, tn));
        let from = first_where(run, |tn| at(tn).reaches(band));
        let rest = Run { from, to: run.to };
        Run {
            from,
            to: first_where(rest, |tn| at(tn).exceeds(band)),
        }
    }

    /// Where the AUC of the calls and its interval print as given.
    fn calls_runs(&self, true_positives: u32, all: Run) -> Vec<Run> {
        let quantity = Quantity::BalancedAccuracy;
        let mut run = all;
        if let Some(band) = self.auc {
            run = self.fitting(true_positives, run, quantity, band);
        }
        match &self.interval {
            Some(interval) => interval.runs(self.sizes, true_positives, run),
            None => vec![run],
        }
    }

    /// Where some curve through the operating point has an area that prints as given.
    fn scores_run(&self, true_positives: u32, all: Run) -> Run {
        let Some(band) = self.auc else {
            return all;
        };
        let at = |quantity: Quantity, tn| quantity.of(&self.sizes.matrix(true_positives, tn));
        Run {
            from: first_where(all, |tn| at(Quantity::ScoresAucMost, tn).reaches(band)),
            to: first_where(all, |tn| at(Quantity::ScoresAucLeast, tn).exceeds(band)),
        }
    }
}

/// The first number of the run that has a property which all later ones have too, or the run's end.
fn first_where(run: Run, has: impl Fn(u32) -> bool) -> u32 {
    let (mut from, mut to) = (run.from, run.to.max(run.from));
    while from < to {
        let middle = from + (to - from) / 2;
        if has(middle) {
            to = middle;
        } else {
            from = middle + 1;
        }
    }
    from
}
