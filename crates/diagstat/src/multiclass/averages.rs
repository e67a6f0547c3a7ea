//! Precision, recall and F1 averaged over the classes, each average under its own name.
//!
//! In: a table of counts. Out: [`Averages`]. The macro average weighs classes alike, the weighted one by their patients;
//! micro-averaged precision, recall and F1 are all the accuracy, where each patient has one class and one call, so there
//! is one number for the three. Macro F1 is the mean of the classes' F1, not the F1 of macro precision and macro recall.
//! A class that a figure needs and that is absent gives a reason; conventions that count it as 0 or 1 are not followed. A
//! class without patients weighs nothing in a weighted average.
//! Intervals are Wald's, by the delta method for patients drawn together (Takahashi et al. for F1); they are short where
//! a class has few patients.
//!
//! Source: Sokolova and Lapalme 2009, Inf Process Manag 45:427; Takahashi et al. 2022, Applied Intelligence 52:4961.
//! Checked against: scikit-learn's classification_report, and 50-digit numerical derivatives (tools/golden/counts.py).

use serde::Serialize;

use super::matrix::ConfusionMatrix;
use super::table::Table;
use crate::delta::standard_error;
use crate::interval::{Interval, Level, ProportionInterval};
use crate::measured::Measured;
use crate::undefined::{Group, Undefined};

/// Precision, recall and F1 of a class, or averages of them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ClassFigures {
    /// Part of those called the class that is of it.
    pub precision: Measured,
    /// Part of the class that is called so.
    pub recall: Measured,
    /// Harmonic mean of the two.
    pub f1: Measured,
}

/// The averages over the classes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Averages {
    /// Every class weighs the same.
    pub macro_average: ClassFigures,
    /// Every patient weighs the same: precision, recall and F1 are one number, the accuracy.
    pub micro_average: Measured,
    /// A class weighs as much as it has patients.
    pub weighted_average: ClassFigures,
}

/// A figure of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClassFigure {
    /// Part of those called the class that is of it.
    Precision,
    /// Part of the class that is called so.
    Recall,
    /// Harmonic mean of the two.
    F1,
}

/// How much a class weighs in an average.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClassWeights {
    /// As much as any other.
    Macro,
    /// As much as it has patients.
    Weighted,
}

impl ClassFigure {
    /// Among whom the figure counts: how often a patient counts for being of the class, and for being called so.
    fn counts(self) -> (u64, u64) {
        match self {
            Self::Precision => (0, 1),
            Self::Recall => (1, 0),
            Self::F1 => (1, 1),
        }
    }

    pub(super) fn missing(self, class: u32) -> Undefined {
        match self {
            Self::Precision => Undefined::ClassNotCalled { class },
            Self::Recall => Undefined::ClassTooFew {
                class,
                found: 0,
                needed: 1,
            },
            Self::F1 => Undefined::ClassUnseen { class },
        }
    }
}

impl ConfusionMatrix {
    /// The average of a figure over the classes, 0 to 1.
    ///
    /// # Undefined when
    /// there is no patient, or a class that weighs anything has no value: no patient of it (recall), nobody called so
    /// (precision), or neither (F1).
    ///
    /// # References
    /// Sokolova and Lapalme 2009, Information Processing and Management 45:427, doi:10.1016/j.ipm.2009.03.002.
    pub fn average(&self, figure: ClassFigure, weights: ClassWeights) -> Result<f64, Undefined> {
        Average::of(&self.table(), figure, weights).map(|average| average.value)
    }

    /// All averages, the accuracy with the interval of `method`, the others with Wald's by the delta method.
    ///
    /// # Undefined when
    /// as [`ConfusionMatrix::average`]. No interval where the standard error is 0.
    ///
    /// # References
    /// Takahashi, Yamamoto, Kuchiba and Koyama 2022, Applied Intelligence 52:4961, doi:10.1007/s10489-021-02635-5.
    #[must_use]
    pub fn averages(&self, method: ProportionInterval, level: Level) -> Averages {
        averages_of(&self.table(), method, level)
    }
}

/// As [`ConfusionMatrix::averages`].
pub(crate) fn averages_of(table: &Table, method: ProportionInterval, level: Level) -> Averages {
    let accuracy = Measured::proportion(table.accuracy(), method, level);
    let average = |figure, weights| match Average::of(table, figure, weights) {
        Ok(average) => {
            let error = standard_error(&table.cells, &average.slopes);
            Measured::new(
                average.value,
                Interval::wald(average.value, error, level, (0.0, 1.0)),
            )
        }
        Err(reason) => Measured::undefined(reason),
    };
    let figures = |weights| ClassFigures {
        precision: average(ClassFigure::Precision, weights),
        recall: average(ClassFigure::Recall, weights),
        f1: average(ClassFigure::F1, weights),
    };
    Averages {
        macro_average: figures(ClassWeights::Macro),
        micro_average: accuracy,
        weighted_average: ClassFigures {
            // The recalls of the classes, weighted by their patients, add up to all right calls.
            recall: accuracy,
            ..figures(ClassWeights::Weighted)
        },
    }
}

/// An average with its derivatives with respect to the parts of the patients in the cells.
struct Average {
    value: f64,
    slopes: Vec<f64>,
}

impl Average {
    fn of(table: &Table, figure: ClassFigure, weights: ClassWeights) -> Result<Self, Undefined> {
        Group::Patients.at_least(1, table.patients())?;
        let classes = table.classes;
        let patients = table.patients() as f64;
        let (of_truth, of_call) = figure.counts();
        // Weight, value, and patients counted, of each class.
        let mut each = Vec::with_capacity(classes);
        for class in 0..classes {
            let weight = match weights {
                ClassWeights::Macro => 1.0 / classes as f64,
                ClassWeights::Weighted => table.truths[class] as f64 / patients,
            };
            let counted = of_truth * table.truths[class] + of_call * table.calls[class];
            match counted {
                0 if weight > 0.0 => return Err(figure.missing(class as u32)),
                0 => each.push((0.0, 0.0, 1.0)),
                _ => {
                    let value = ((of_truth + of_call) * table.right(class)) as f64 / counted as f64;
                    each.push((weight, value, counted as f64 / patients));
                }
            }
        }
        let slope = |class: usize, counts: u64, right: bool| {
            let (weight, value, counted) = each[class];
            let gained = if right { of_truth + of_call } else { 0 };
            weight * (gained as f64 - value * counts as f64) / counted
        };
        let slopes = (0..classes * classes)
            .map(|cell| {
                let (truth, call) = (cell / classes, cell % classes);
                let moved = if truth == call {
                    slope(truth, of_truth + of_call, true)
                } else {
                    slope(truth, of_truth, false) + slope(call, of_call, false)
                };
                match weights {
                    ClassWeights::Macro => moved,
                    ClassWeights::Weighted => moved + each[truth].1,
                }
            })
            .collect();
        let sum: f64 = each.iter().map(|(weight, value, _)| weight * value).sum();
        Ok(Self {
            // Weights that do not add up to 1 in binary could lift a perfect average above it.
            value: sum.min(1.0),
            slopes,
        })
    }
}
