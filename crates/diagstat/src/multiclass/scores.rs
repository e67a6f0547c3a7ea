//! Scores of more than two classes, one a class and patient.
//!
//! In: labels 0 to k - 1, and finite scores, a row a patient. Out: [`MulticlassScores`], and the calls: the class with the
//! highest score. Scores that tie for the highest leave the call open, and then there is a reason; taking the first would
//! favour a class for its number.

use std::cmp::Ordering;

use super::matrix::{CLASSES_MAX, ConfusionMatrix};
use crate::scores::Scores;
use crate::undefined::Undefined;

/// Labels and scores of patients; checked once, here.
#[derive(Debug, Clone, PartialEq)]
pub struct MulticlassScores {
    classes: usize,
    labels: Vec<u32>,
    /// Row by row, `classes` a patient.
    scores: Vec<f64>,
}

/// Why labels and scores were refused.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum MulticlassScoresError {
    /// Fewer than two classes, or very many.
    #[error("found {found} classes, expected 2 to 1000")]
    Classes {
        /// Number of classes.
        found: usize,
    },
    /// Not one row of scores for each label.
    #[error("found {labels} labels and {rows} rows of scores, expected one of each for a patient")]
    LengthMismatch {
        /// Number of labels.
        labels: usize,
        /// Number of rows.
        rows: usize,
    },
    /// A class that there is not.
    #[error("label {row} is {found}, expected 0 to {highest}")]
    Label {
        /// The place of the patient, counted from 1.
        row: usize,
        /// The label.
        found: u32,
        /// The highest class.
        highest: usize,
    },
    /// Not one score for each class.
    #[error("row {row} has {found} scores, expected {expected}, one a class")]
    Row {
        /// The place of the patient, counted from 1.
        row: usize,
        /// Its scores.
        found: usize,
        /// The number of classes.
        expected: usize,
    },
    /// A score that is NaN or infinite.
    #[error("score of class {class} in row {row} is {found}, expected a finite number")]
    NotFinite {
        /// The place of the patient, counted from 1.
        row: usize,
        /// The class, counted from 0.
        class: usize,
        /// The score.
        found: f64,
    },
    /// More patients than can be counted.
    #[error("found {found} patients, expected at most 4294967295")]
    TooMany {
        /// Number of patients.
        found: usize,
    },
}

impl MulticlassScores {
    /// Patients with labels 0 to `classes - 1` and a score for each class. There may be no patient, and none of a class.
    ///
    /// # Errors
    /// [`MulticlassScoresError`]: fewer than 2 or more than 1000 classes, lengths that differ, a label that is no class, or
    /// a score that is NaN or infinite.
    pub fn new(
        classes: usize,
        labels: &[u32],
        scores: &[Vec<f64>],
    ) -> Result<Self, MulticlassScoresError> {
        if !(2..=CLASSES_MAX).contains(&classes) {
            return Err(MulticlassScoresError::Classes { found: classes });
        }
        if labels.len() != scores.len() {
            return Err(MulticlassScoresError::LengthMismatch {
                labels: labels.len(),
                rows: scores.len(),
            });
        }
        if labels.len() > u32::MAX as usize {
            return Err(MulticlassScoresError::TooMany {
                found: labels.len(),
            });
        }
        for ((&label, of_patient), row) in labels.iter().zip(scores).zip(1..) {
            if label as usize >= classes {
                return Err(MulticlassScoresError::Label {
                    row,
                    found: label,
                    highest: classes - 1,
                });
            }
            if of_patient.len() != classes {
                return Err(MulticlassScoresError::Row {
                    row,
                    found: of_patient.len(),
                    expected: classes,
                });
            }
            if let Some(class) = of_patient.iter().position(|score| !score.is_finite()) {
                return Err(MulticlassScoresError::NotFinite {
                    row,
                    class,
                    found: of_patient[class],
                });
            }
        }
        Ok(Self {
            classes,
            labels: labels.to_vec(),
            scores: scores.concat(),
        })
    }

    /// Number of classes, at least 2.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The class of each patient.
    #[must_use]
    pub fn labels(&self) -> &[u32] {
        &self.labels
    }

    /// The patients in the order given: the class, and the score of each class.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &[f64])> + '_ {
        self.labels
            .iter()
            .copied()
            .zip(self.scores.chunks_exact(self.classes))
    }

    /// The counts where each patient is called the class with the highest score.
    ///
    /// # Undefined when
    /// the highest score of a patient is that of two classes.
    pub fn confusion_matrix(&self) -> Result<ConfusionMatrix, Undefined> {
        let mut rows = vec![vec![0; self.classes]; self.classes];
        for ((label, scores), row) in self.iter().zip(1..) {
            let call = highest(scores).ok_or(Undefined::CallTied { row })?;
            rows[label as usize][call] += 1;
        }
        Ok(ConfusionMatrix::from_rows(rows))
    }

    /// Patients of the classes that `of` takes, with the scores of `class`; those of `class` are positive.
    pub(super) fn against(&self, class: usize, of: impl Fn(usize) -> bool) -> Scores {
        let (labels, scores): (Vec<bool>, Vec<f64>) = self
            .iter()
            .filter(|(label, _)| of(*label as usize))
            .map(|(label, scores)| (label as usize == class, scores[class]))
            .unzip();
        Scores::from_checked(labels, scores)
    }

    /// The patients at these places, which may repeat.
    pub(super) fn at(&self, places: &[usize]) -> Self {
        Self {
            classes: self.classes,
            labels: places.iter().map(|&place| self.labels[place]).collect(),
            scores: places
                .iter()
                .flat_map(|&place| &self.scores[place * self.classes..][..self.classes])
                .copied()
                .collect(),
        }
    }
}

/// The class of the highest score, where only one has it.
fn highest(scores: &[f64]) -> Option<usize> {
    let mut best = 0;
    let mut tied = false;
    for class in 1..scores.len() {
        match scores[class].partial_cmp(&scores[best]) {
            Some(Ordering::Greater) => (best, tied) = (class, false),
            Some(Ordering::Equal) => tied = true,
            _ => {}
        }
    }
    (!tied).then_some(best)
}
