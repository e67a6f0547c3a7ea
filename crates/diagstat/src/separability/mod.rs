//! Whether features of any kind tell the label: how well on patients not learnt from, and whether better than chance.
//!
//! In: labels and features ([`Features`]), one value a patient. Out: a cross-validated AUC
//! ([`Features::cross_validated_auc`]), and a test that the features have nothing to do with the label
//! ([`Features::test`]). Two questions, two methods: the AUC says how much, and comes from a ridge logistic regression
//! that never saw the patients it is judged on; the test says whether that could be chance, and permutes the labels of a
//! statistic that needs no folds. A test of the cross-validated AUC itself would need a new regression for each
//! arrangement: its folds depend on each other, so that arrangements within the folds reject too often.
//! Rows are sorted before any sum, so that the order of the patients changes no bit.

mod folds;
mod hotelling;
mod ridge;

use std::cmp::Ordering;

use crate::logistic::{LogisticInputError, check};

pub use folds::folds_by_class;
pub use ridge::RidgeFit;

/// Labels and features of patients; checked once, here.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    labels: Vec<bool>,
    columns: Vec<Vec<f64>>,
}

impl Features {
    /// `columns[j][i]` is feature `j` of patient `i`.
    ///
    /// # Errors
    /// [`LogisticInputError`]: a feature has not one finite value for each patient.
    pub fn new(labels: &[bool], columns: &[Vec<f64>]) -> Result<Self, LogisticInputError> {
        for (feature, number) in columns.iter().zip(1..) {
            check(labels.len(), number, feature)?;
        }
        Ok(Self {
            labels: labels.to_vec(),
            columns: columns.to_vec(),
        })
    }

    /// Number of patients.
    #[must_use]
    pub fn patients(&self) -> usize {
        self.labels.len()
    }

    /// Label and features of each patient, in the order given.
    pub fn rows(&self) -> impl Iterator<Item = (bool, Vec<f64>)> + '_ {
        let row = |at: usize| self.columns.iter().map(|column| column[at]).collect();
        self.labels
            .iter()
            .copied()
            .enumerate()
            .map(move |(at, label)| (label, row(at)))
    }

    /// The patients in an order that depends on their values only.
    fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.labels.len()).collect();
        order.sort_by(|&a, &b| {
            let columns = self.columns.iter();
            columns
                .map(|column| column[a].total_cmp(&column[b]))
                .find(|&found| found != Ordering::Equal)
                .unwrap_or_else(|| self.labels[a].cmp(&self.labels[b]))
        });
        order
    }

    /// The patients at these places.
    fn of_rows(&self, rows: &[usize]) -> Self {
        let take = |column: &Vec<f64>| rows.iter().map(|&row| column[row]).collect();
        Self {
            labels: rows.iter().map(|&row| self.labels[row]).collect(),
            columns: self.columns.iter().map(take).collect(),
        }
    }
}

/// Centre and spread (divided by n) of a feature; a spread of 1 where all values are equal, as scikit-learn has it.
#[derive(Debug, Clone, Copy)]
struct Scale {
    centre: f64,
    spread: f64,
}

impl Scale {
    fn of(column: &[f64]) -> Self {
        let count = column.len().max(1) as f64;
        let centre = column.iter().sum::<f64>() / count;
        let square = column.iter().map(|x| (x - centre).powi(2)).sum::<f64>() / count;
        let spread = square.sqrt();
        // Below this the spread is the rounding of the centre.
        let is_constant = spread <= 1e-12 * centre.abs();
        Self {
            centre,
            spread: if is_constant { 1.0 } else { spread },
        }
    }

    fn apply(self, value: f64) -> f64 {
        (value - self.centre) / self.spread
    }
}
