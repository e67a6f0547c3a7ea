//! Figures that may be means over the folds of a cross-validation.
//!
//! In: the [`Question`] and [`Folds`]. Out: [`FoldAverages`], a verdict for each reading, with matrices of the folds where
//! it is "consistent". Folds are stratified: one class is dealt out in turn, and the other goes on where the first ended, so
//! that no fold gets two odd patients before each has one. The sizes are the same whichever class comes first.
//! Means of accuracy, recall and specificity have fixed denominators, and integers decide them. Precision, F1, MCC and
//! kappa do not: matrices of the folds are tried, nearest to the printed means first, and after a number of steps the
//! verdict is "undecided", which says nothing for or against the paper. A DeLong interval, and an AUC that is a mean of
//! AUCs of scores, are not checked.
//!
//! Source: the layout is that of scikit-learn's StratifiedKFold; the linear problem that of Fazekas and Kovács 2024,
//! Knowledge-Based Systems 298:111966. Checked against: mlscorecheck (tools/golden/printed_figures.py).

use serde::Serialize;

use super::band::Rounding;
use super::explain::quantities;
use super::fold_search::{Outcome, Target, in_integers, is_linear, one_by_one};
use super::reading::{AucOf, Question, Reading};
use super::{Patients, ReconstructError};
use crate::confusion::Confusion;

/// Most folds, those of repeats counted.
pub const FOLDS_MAX: u32 = 1_000;

/// A stratified cross-validation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Folds {
    /// Folds of one repeat, at least 2 and at most the patients of the smaller class.
    pub folds: u32,
    /// How often it was repeated with other folds, at least 1; the means are over all folds of all repeats.
    pub repeats: u32,
}

/// The class sizes of a fold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct FoldSize {
    /// Positive patients.
    pub positives: u32,
    /// Negative patients.
    pub negatives: u32,
}

/// Whether the figures may be means over folds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FoldAverages {
    /// The folds of all repeats, the smallest first.
    pub folds: Vec<FoldSize>,
    /// Each reading with one averaging, rounded and truncated.
    pub explanations: Vec<FoldExplanation>,
    /// Whether an AUC is printed: as a mean of AUCs of scores it is left out of the check.
    pub auc_of_scores_unchecked: bool,
}

/// One reading, and whether it can be.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FoldExplanation {
    /// Averagings within each fold, and whose AUC.
    #[serde(flatten)]
    pub reading: Reading,
    /// [`Rounding::Nearest`] or [`Rounding::Truncated`].
    pub rounding: Rounding,
    /// The answer.
    pub verdict: FoldVerdict,
    /// How it was found.
    pub method: FoldMethod,
}

/// Whether matrices of the folds exist whose mean figures print as given.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FoldVerdict {
    /// They exist.
    Consistent {
        /// One choice of them, in no particular order.
        example: Vec<Confusion>,
    },
    /// They do not.
    Inconsistent,
    /// None was found, and not all were tried.
    Undecided {
        /// Matrices tried.
        steps: u64,
    },
}

/// How a verdict was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FoldMethod {
    /// By exact arithmetic on the figures with fixed denominators.
    Integers,
    /// By trying matrices, sums in doubles, with 1e-11 allowed beyond the band.
    Search,
}

impl Folds {
    pub(super) fn checked(self, smaller: u32) -> Result<Self, ReconstructError> {
        if self.folds < 2 || self.folds > smaller {
            return Err(ReconstructError::FoldCount {
                found: self.folds,
                smaller,
            });
        }
        let all = u64::from(self.folds) * u64::from(self.repeats);
        if self.repeats == 0 || all > u64::from(FOLDS_MAX) {
            return Err(ReconstructError::Repeats {
                found: self.repeats,
                folds: self.folds,
                most: FOLDS_MAX,
            });
        }
        Ok(self)
    }

    /// The folds of all repeats.
    fn sizes(self, positives: u32, negatives: u32) -> Vec<FoldSize> {
        let dealt = |patients: u32, start: u32, fold: u32| {
            let skipped = (fold + self.folds - start % self.folds) % self.folds;
            (patients + self.folds - 1 - skipped) / self.folds
        };
        let mut sizes: Vec<FoldSize> = (0..self.folds)
            .map(|fold| FoldSize {
                positives: dealt(positives, negatives, fold),
                negatives: dealt(negatives, 0, fold),
            })
            .collect();
        sizes = sizes.repeat(self.repeats as usize);
        sizes.sort_unstable();
        sizes
    }
}

impl FoldAverages {
    /// Whether some reading is consistent.
    #[must_use]
    pub fn fits(&self) -> bool {
        self.explanations
            .iter()
            .any(|explanation| matches!(explanation.verdict, FoldVerdict::Consistent { .. }))
    }
}

pub(super) fn averages(
    question: &Question,
    readings: &[Reading],
    patients: Patients,
    folds: &Folds,
) -> FoldAverages {
    let Patients::Classes {
        positives,
        negatives,
    } = patients
    else {
        // Refused before: the folds of a total are not known.
        return FoldAverages {
            folds: Vec::new(),
            explanations: Vec::new(),
            auc_of_scores_unchecked: false,
        };
    };
    let folds = folds.sizes(positives, negatives);
    let mut explanations = Vec::new();
    for reading in readings.iter().filter(|reading| reading.one_averaging()) {
        for rounding in [Rounding::Nearest, Rounding::Truncated] {
            let targets: Vec<Target> = quantities(question, *reading)
                .into_iter()
                .map(|(_, quantity, decimal)| Target {
                    quantity,
                    band: decimal.rounded(rounding),
                })
                .collect();
            let (verdict, method) = verdict(&targets, &folds);
            explanations.push(FoldExplanation {
                reading: *reading,
                rounding,
                verdict,
                method,
            });
        }
    }
    FoldAverages {
        folds,
        explanations,
        auc_of_scores_unchecked: readings
            .iter()
            .any(|reading| reading.auc == Some(AucOf::Scores)),
    }
}

fn verdict(targets: &[Target], folds: &[FoldSize]) -> (FoldVerdict, FoldMethod) {
    let (linear, others): (Vec<Target>, Vec<Target>) = targets
        .iter()
        .partition(|target| is_linear(target.quantity));
    let of_linear = in_integers(&linear, folds);
    if others.is_empty() || matches!(of_linear, Outcome::None) {
        return (of_linear.into(), FoldMethod::Integers);
    }
    (one_by_one(targets, folds).into(), FoldMethod::Search)
}

impl From<Outcome> for FoldVerdict {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Example(example) => Self::Consistent { example },
            Outcome::None => Self::Inconsistent,
            Outcome::GaveUp(steps) => Self::Undecided { steps },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dealt(positives: u32, negatives: u32, folds: u32) -> Vec<(u32, u32)> {
        let sizes = Folds { folds, repeats: 1 }.sizes(positives, negatives);
        let pairs = sizes.iter().map(|fold| (fold.positives, fold.negatives));
        pairs.collect()
    }

    #[test]
    fn the_patients_are_dealt_as_scikit_learn_deals_them() {
        // StratifiedKFold of scikit-learn 1.9.1, its folds sorted.
        for (positives, negatives, folds, expected) in [
            (29, 33, 5, vec![(5, 7), (6, 6), (6, 6), (6, 7), (6, 7)]),
            (7, 11, 4, vec![(1, 3), (2, 2), (2, 3), (2, 3)]),
            (7, 8, 5, vec![(1, 2), (1, 2), (1, 2), (2, 1), (2, 1)]),
            (10, 13, 4, vec![(2, 3), (2, 4), (3, 3), (3, 3)]),
        ] {
            assert_eq!(dealt(positives, negatives, folds), expected);
        }
    }

    #[test]
    fn every_patient_is_in_one_fold_whichever_class_comes_first() {
        let mut seen = 0;
        for positives in 2..20 {
            for negatives in 2..20 {
                for folds in 2..=positives.min(negatives) {
                    seen += 1;
                    let sizes = dealt(positives, negatives, folds);
                    assert_eq!(sizes.iter().map(|fold| fold.0).sum::<u32>(), positives);
                    assert_eq!(sizes.iter().map(|fold| fold.1).sum::<u32>(), negatives);
                    let mut swapped: Vec<(u32, u32)> = dealt(negatives, positives, folds)
                        .into_iter()
                        .map(|(negatives, positives)| (positives, negatives))
                        .collect();
                    swapped.sort_unstable();
                    assert_eq!(sizes, swapped);
                }
            }
        }
        assert!(seen > 1_000, "{seen} seen");
    }
}
