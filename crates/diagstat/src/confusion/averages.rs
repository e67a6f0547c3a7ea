//! Precision, recall and F1 of both classes, and their averages, each under its own name.
//!
//! In: [`Confusion`]. Out: [`ClassReport`]: what scikit-learn's `classification_report` prints, with intervals. "Recall" of
//! the positive class is sensitivity and of the negative one specificity; "precision" is a predictive value.
//!
//! Source and checks: those of the averages over any number of classes ([`crate::multiclass`]).

use serde::Serialize;

use super::Confusion;
use crate::interval::{Level, ProportionInterval};
use crate::measured::Measured;
use crate::multiclass::{Averages, ClassFigures, Table, averages_of};
use crate::undefined::{Group, Undefined};

/// Figures of both classes and averages over them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ClassReport {
    /// The positive class.
    pub positive: ClassFigures,
    /// The negative class.
    pub negative: ClassFigures,
    /// Averages over the two.
    pub averages: Averages,
}

impl Confusion {
    /// Precision, recall and F1 of both classes, and the macro, micro and weighted averages. Proportions have the interval
    /// of `method`, macro recall and macro precision Newcombe's, other averages Wald's by the delta method.
    ///
    /// # Undefined when
    /// each figure says why: a class has no patient, or nobody is called so. A class without patients weighs nothing in
    /// the weighted average.
    ///
    /// # References
    /// Sokolova and Lapalme 2009, Information Processing and Management 45:427, doi:10.1016/j.ipm.2009.03.002.
    #[must_use]
    pub fn class_report(&self, method: ProportionInterval, level: Level) -> ClassReport {
        let proportion = |of| Measured::proportion(of, method, level);
        let mut averages = averages_of(&self.table(), method, level);
        for figures in [&mut averages.macro_average, &mut averages.weighted_average] {
            for figure in [&mut figures.precision, &mut figures.recall, &mut figures.f1] {
                name_the_classes(figure);
            }
        }
        averages.macro_average.recall = self.balanced_accuracy_with_interval(level);
        averages.macro_average.precision = self.macro_precision_with_interval(level);
        ClassReport {
            positive: ClassFigures {
                precision: proportion(self.ppv()),
                recall: proportion(self.sensitivity()),
                f1: self.f1_with_interval(method, level),
            },
            negative: ClassFigures {
                precision: proportion(self.npv()),
                recall: proportion(self.specificity()),
                f1: name_of_negative(self.renamed().f1_with_interval(method, level)),
            },
            averages,
        }
    }

    /// The counts as they are for whom the negative class is the positive one.
    fn renamed(&self) -> Self {
        Self {
            true_positives: self.true_negatives,
            false_negatives: self.false_positives,
            false_positives: self.false_negatives,
            true_negatives: self.true_positives,
        }
    }

    /// The counts as a table, the negative class first.
    pub(super) fn table(&self) -> Table {
        let [tp, fn_, fp, tn] = self.wide();
        Table::new(2, vec![tn, fp, fn_, tp])
    }
}

/// Puts the names of the two classes in the place of their numbers.
fn name_the_classes(figure: &mut Measured) {
    let (group, found, needed) = match figure.reason() {
        Some(Undefined::ClassNotCalled { class: 0 }) => (Group::CalledNegative, 0, 1),
        Some(Undefined::ClassNotCalled { .. }) => (Group::CalledPositive, 0, 1),
        Some(Undefined::ClassTooFew {
            class,
            found,
            needed,
        }) => {
            let group = if class == 0 {
                Group::Negative
            } else {
                Group::Positive
            };
            (group, found, needed)
        }
        Some(Undefined::ClassUnseen { class: 0 }) => (Group::NegativeOrCalledNegative, 0, 1),
        Some(Undefined::ClassUnseen { .. }) => (Group::PositiveOrCalledPositive, 0, 1),
        _ => return,
    };
    *figure = Measured::undefined(Undefined::TooFew {
        group,
        found,
        needed,
    });
}

/// As the reason of F1 reads for the negative class.
fn name_of_negative(f1: Measured) -> Measured {
    match f1.reason() {
        Some(Undefined::TooFew {
            group: Group::PositiveOrCalledPositive,
            found,
            needed,
        }) => Measured::undefined(Undefined::TooFew {
            group: Group::NegativeOrCalledNegative,
            found,
            needed,
        }),
        _ => f1,
    }
}
