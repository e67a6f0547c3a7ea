//! Every figure of a confusion matrix of more than two classes as it is reported.
//!
//! In: [`ConfusionMatrix`]. Out: [`MulticlassSummary`].

use serde::Serialize;

use super::averages::{Averages, ClassFigure};
use super::kappa::KappaWeights;
use super::matrix::ConfusionMatrix;
use crate::confusion::Confusion;
use crate::interval::{Level, ProportionInterval};
use crate::measured::Measured;
use crate::undefined::{Group, Undefined};

/// Every figure of a [`ConfusionMatrix`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MulticlassSummary {
    /// The counts.
    pub counts: ConfusionMatrix,
    /// [`ConfusionMatrix::accuracy`].
    pub accuracy: Measured,
    /// The classes in order, each against the rest.
    pub classes: Vec<ClassSummary>,
    /// [`ConfusionMatrix::averages`].
    pub averages: Averages,
    /// [`ConfusionMatrix::kappa`], unweighted.
    pub kappa: Measured,
}

/// A class against the rest.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ClassSummary {
    /// The class, counted from 0.
    pub class: u32,
    /// The counts, the class as the positive one.
    pub counts: Confusion,
    /// Part of the class that is called so; its recall.
    pub sensitivity: Measured,
    /// Part of the other patients that is not called the class.
    pub specificity: Measured,
    /// Part of those called the class that is of it.
    pub precision: Measured,
    /// Harmonic mean of sensitivity and precision.
    pub f1: Measured,
}

impl ConfusionMatrix {
    /// All figures, the proportions with the interval of `method`.
    #[must_use]
    pub fn summary(&self, method: ProportionInterval, level: Level) -> MulticlassSummary {
        MulticlassSummary {
            counts: self.clone(),
            accuracy: Measured::proportion(self.accuracy(), method, level),
            classes: (0..)
                .zip(self.one_vs_rest())
                .map(|(class, counts)| ClassSummary::of(class, counts, method, level))
                .collect(),
            averages: self.averages(method, level),
            kappa: self.kappa(KappaWeights::Unweighted, level),
        }
    }
}

impl ClassSummary {
    fn of(class: u32, counts: Confusion, method: ProportionInterval, level: Level) -> Self {
        // The reasons speak of positive patients, where here is a class.
        let named = |measured: Measured| match measured.reason() {
            Some(Undefined::TooFew { group, .. }) => match group {
                Group::Positive => Measured::undefined(ClassFigure::Recall.missing(class)),
                Group::CalledPositive => Measured::undefined(ClassFigure::Precision.missing(class)),
                Group::PositiveOrCalledPositive => {
                    Measured::undefined(ClassFigure::F1.missing(class))
                }
                _ => measured,
            },
            _ => measured,
        };
        let proportion = |of| named(Measured::proportion(of, method, level));
        Self {
            class,
            counts,
            sensitivity: proportion(counts.sensitivity()),
            specificity: proportion(counts.specificity()),
            precision: proportion(counts.ppv()),
            f1: named(counts.f1_with_interval(method, level)),
        }
    }
}
