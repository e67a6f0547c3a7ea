//! The confusion matrix of more than two classes.
//!
//! In: truth and call of each patient, or the counts. Out: [`ConfusionMatrix`], its accuracy, and the four counts of each
//! class against the rest.
//!
//! Source: Sokolova and Lapalme 2009, Inf Process Manag 45:427. Checked against: scikit-learn (tools/golden/counts.py).

use serde::Serialize;

use super::table::Table;
use crate::confusion::Confusion;
use crate::interval::Proportion;
use crate::undefined::Undefined;

/// The most classes there may be.
pub(super) const CLASSES_MAX: usize = 1000;

/// Patients by truth (rows) and call (columns), classes counted from 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ConfusionMatrix {
    rows: Vec<Vec<u32>>,
}

/// Why counts, or truths and calls, were refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MatrixError {
    /// Fewer than two classes, or very many.
    #[error("found {found} classes, expected 2 to 1000")]
    Classes {
        /// Number of classes.
        found: usize,
    },
    /// A row of another length.
    #[error("row {row} has {found} counts, expected {expected}, one a class")]
    Row {
        /// The row, counted from 1.
        row: usize,
        /// Its length.
        found: usize,
        /// The number of classes.
        expected: usize,
    },
    /// Not one call for each truth.
    #[error("found {truths} truths and {calls} calls, expected one of each for a patient")]
    LengthMismatch {
        /// Number of truths.
        truths: usize,
        /// Number of calls.
        calls: usize,
    },
    /// A class that there is not.
    #[error("patient {row} has class {found}, expected 0 to {highest}")]
    Class {
        /// The place of the patient, counted from 1.
        row: usize,
        /// The class.
        found: u32,
        /// The highest class.
        highest: usize,
    },
    /// More patients than can be counted.
    #[error("found {found} patients, expected at most 4294967295")]
    TooMany {
        /// Number of patients.
        found: u64,
    },
}

impl ConfusionMatrix {
    /// The matrix whose row is the truth and whose column is the call.
    ///
    /// # Errors
    /// [`MatrixError`]: it is not square, has fewer than 2 or more than 1000 classes, or more than `u32::MAX` patients.
    pub fn from_counts(rows: Vec<Vec<u32>>) -> Result<Self, MatrixError> {
        let classes = rows.len();
        if !(2..=CLASSES_MAX).contains(&classes) {
            return Err(MatrixError::Classes { found: classes });
        }
        if let Some(index) = rows.iter().position(|row| row.len() != classes) {
            return Err(MatrixError::Row {
                row: index + 1,
                found: rows[index].len(),
                expected: classes,
            });
        }
        let found = rows.iter().flatten().copied().map(u64::from).sum();
        if found > u32::MAX.into() {
            return Err(MatrixError::TooMany { found });
        }
        Ok(Self { rows })
    }

    /// As [`ConfusionMatrix::from_counts`], where all that it checks holds.
    pub(super) fn from_rows(rows: Vec<Vec<u32>>) -> Self {
        Self { rows }
    }

    /// Counts the patients by truth and call; `truths[i]` and `calls[i]` belong to one patient.
    ///
    /// # Errors
    /// [`MatrixError`]: lengths differ, a class is none of 0 to `classes - 1`, or as [`ConfusionMatrix::from_counts`].
    pub fn from_calls(classes: usize, truths: &[u32], calls: &[u32]) -> Result<Self, MatrixError> {
        if !(2..=CLASSES_MAX).contains(&classes) {
            return Err(MatrixError::Classes { found: classes });
        }
        if truths.len() != calls.len() {
            return Err(MatrixError::LengthMismatch {
                truths: truths.len(),
                calls: calls.len(),
            });
        }
        if truths.len() > u32::MAX as usize {
            return Err(MatrixError::TooMany {
                found: truths.len() as u64,
            });
        }
        let mut rows = vec![vec![0; classes]; classes];
        for (index, (&truth, &call)) in truths.iter().zip(calls).enumerate() {
            for class in [truth, call] {
                if class as usize >= classes {
                    return Err(MatrixError::Class {
                        row: index + 1,
                        found: class,
                        highest: classes - 1,
                    });
                }
            }
            rows[truth as usize][call as usize] += 1;
        }
        Ok(Self { rows })
    }

    /// The counts, a row for each true class.
    #[must_use]
    pub fn rows(&self) -> &[Vec<u32>] {
        &self.rows
    }

    /// Number of classes, at least 2.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.rows.len()
    }

    /// Each class against the rest, as the positive one, in order.
    pub fn one_vs_rest(&self) -> impl Iterator<Item = Confusion> + '_ {
        let patients: u32 = self.rows.iter().flatten().sum();
        (0..self.classes()).map(move |class| {
            let right = self.rows[class][class];
            let of_class: u32 = self.rows[class].iter().sum();
            let called: u32 = self.rows.iter().map(|row| row[class]).sum();
            Confusion {
                true_positives: right,
                false_negatives: of_class - right,
                false_positives: called - right,
                true_negatives: patients - of_class - (called - right),
            }
        })
    }

    /// Part of the patients that is called rightly; micro-averaged precision, recall and F1 are this same number.
    ///
    /// # Undefined when
    /// there is no patient.
    pub fn accuracy(&self) -> Result<Proportion, Undefined> {
        self.table().accuracy()
    }

    /// The counts, for the formulas that two and more classes share.
    pub(super) fn table(&self) -> Table {
        Table::new(
            self.classes(),
            self.rows.iter().flatten().copied().map(u64::from).collect(),
        )
    }
}
