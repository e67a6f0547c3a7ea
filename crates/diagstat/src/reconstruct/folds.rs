//! Figures that may be means over the folds of a cross-validation.
//!
//! In: the [`Question`] and [`Folds`]. Out: [`FoldAverages`], a verdict for each reading, with matrices of the folds where
//! it is "consistent". Folds are stratified: the patients of a class differ by at most one from fold to fold. Which folds
//! get the odd patients depends on the class of the first patient, so both layouts are tried.
//! Means of accuracy, recall and specificity have fixed denominators, and integers decide them. Precision, F1, MCC and
//! kappa do not: matrices of the folds are tried, nearest to the printed means first, and after a number of steps the
//! verdict is "undecided", which says nothing for or against the paper. A DeLong interval, and an AUC that is a mean of
//! AUCs of scores, are not checked.
//!
//! Source: the layout is that of scikit-learn's StratifiedKFold; the linear problem that of Fazekas and Kovács 2024,
//! Knowledge-Based Systems 298:111966. Checked against: mlscorecheck (tools/golden/mlscorecheck.py).

use serde::Serialize;

use super::explain::quantities;
use super::fold_search::{Outcome, Target, in_integers, is_linear, one_by_one};
use super::printed::Rounding;
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
    /// The folds of all repeats, where a negative patient comes first.
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

    /// The folds of all repeats: the patients of `first`, then those of the other class, are dealt out in turn.
    fn sizes(self, first: u32, second: u32) -> Vec<(u32, u32)> {
        let dealt = |patients: u32, start: u32, fold: u32| {
            let skipped = (fold + self.folds - start % self.folds) % self.folds;
            (patients + self.folds - 1 - skipped) / self.folds
        };
        let once = (0..self.folds).map(|fold| (dealt(first, 0, fold), dealt(second, first, fold)));
        let once: Vec<(u32, u32)> = once.collect();
        once.repeat(self.repeats as usize)
    }

    /// The layouts that can be: a negative patient first, and a positive one first where that differs.
    fn layouts(self, positives: u32, negatives: u32) -> Vec<Vec<FoldSize>> {
        let mut negative_first: Vec<FoldSize> = self
            .sizes(negatives, positives)
            .into_iter()
            .map(|(negatives, positives)| FoldSize {
                positives,
                negatives,
            })
            .collect();
        let mut positive_first: Vec<FoldSize> = self
            .sizes(positives, negatives)
            .into_iter()
            .map(|(positives, negatives)| FoldSize {
                positives,
                negatives,
            })
            .collect();
        negative_first.sort_unstable();
        positive_first.sort_unstable();
        if positive_first == negative_first {
            vec![negative_first]
        } else {
            vec![negative_first, positive_first]
        }
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
    let layouts = folds.layouts(positives, negatives);
    let together = readings.iter().filter(|reading| reading.one_averaging());
    let explanations = together
        .flat_map(|reading| {
            [Rounding::Nearest, Rounding::Truncated]
                .map(|rounding| explanation(question, *reading, rounding, &layouts))
        })
        .collect();
    FoldAverages {
        folds: layouts.into_iter().next().unwrap_or_default(),
        explanations,
        auc_of_scores_unchecked: readings
            .iter()
            .any(|reading| reading.auc == Some(AucOf::Scores)),
    }
}

fn explanation(
    question: &Question,
    reading: Reading,
    rounding: Rounding,
    layouts: &[Vec<FoldSize>],
) -> FoldExplanation {
    let targets: Vec<Target> = quantities(question, reading)
        .into_iter()
        .map(|(_, quantity, decimal)| Target {
            quantity,
            band: decimal.rounded(rounding),
        })
        .collect();
    let mut answer = (FoldVerdict::Inconsistent, FoldMethod::Integers);
    for layout in layouts {
        let (verdict, method) = verdict(&targets, layout);
        let better = match (&answer.0, &verdict) {
            (FoldVerdict::Inconsistent, _) => true,
            (FoldVerdict::Undecided { .. }, FoldVerdict::Consistent { .. }) => true,
            _ => false,
        };
        if better {
            answer = (verdict, method);
        }
        if matches!(answer.0, FoldVerdict::Consistent { .. }) {
            break;
        }
    }
    FoldExplanation {
        reading,
        rounding,
        verdict: answer.0,
        method: answer.1,
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

    fn layouts(positives: u32, negatives: u32, folds: u32) -> Vec<Vec<(u32, u32)>> {
        let folds = Folds { folds, repeats: 1 };
        let layouts = folds.layouts(positives, negatives);
        let pairs = |layout: Vec<FoldSize>| {
            let pairs = layout.iter().map(|fold| (fold.positives, fold.negatives));
            pairs.collect()
        };
        layouts.into_iter().map(pairs).collect()
    }

    #[test]
    fn the_patients_are_dealt_as_scikit_learn_deals_them() {
        // StratifiedKFold(5) of 33 zeros then 29 ones: 7 7 7 6 6 zeros, the ones go on with the fourth fold.
        assert_eq!(
            layouts(29, 33, 5)[0],
            [(5, 7), (6, 6), (6, 6), (6, 7), (6, 7)]
        );
        // 29 ones then 33 zeros.
        assert_eq!(
            layouts(29, 33, 5)[1],
            [(5, 7), (6, 6), (6, 6), (6, 7), (6, 7)].to_vec(),
        );
    }

    #[test]
    fn every_patient_is_in_one_fold() {
        let mut layouts_seen = 0;
        for positives in 2..20 {
            for negatives in 2..20 {
                for folds in 2..=positives.min(negatives) {
                    for layout in layouts(positives, negatives, folds) {
                        layouts_seen += 1;
                        assert_eq!(layout.iter().map(|fold| fold.0).sum::<u32>(), positives);
                        assert_eq!(layout.iter().map(|fold| fold.1).sum::<u32>(), negatives);
                    }
                }
            }
        }
        assert!(layouts_seen > 1_000);
    }
}
