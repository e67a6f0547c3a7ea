//! What printed figures may mean: which class or average, and whose AUC.
//!
//! In: the printed figures on one scale ([`Question`]). Out: every [`Reading`] of them. An author uses one averaging for
//! recall, precision and F1, so a reading with one averaging goes before a mixed one; and an AUC that is that of the calls
//! pins the matrix down, so it goes before an AUC of the scores, which bounds it only.
//!
//! Source: the averagings are those of scikit-learn's `average` argument ("binary", "macro", "micro", "weighted"), and
//! "binary" of the other class.

use serde::Serialize;

use super::band::Decimal;
use super::exact::Quantity;
use super::printed::{Figure, PrintedFigure, PrintedInterval, Scale};

/// Over which classes recall, precision or F1 is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Averaging {
    /// Of the positive class.
    Positive,
    /// Of the negative class.
    Negative,
    /// Mean over the two classes.
    Macro,
    /// Of all calls together; with one label a patient it is the accuracy.
    Micro,
    /// Mean over the two classes, weighted by their patients. For recall it is the accuracy.
    Weighted,
}

impl Averaging {
    /// All averagings, in the order in which they are listed.
    pub const ALL: [Self; 5] = [
        Self::Positive,
        Self::Negative,
        Self::Macro,
        Self::Micro,
        Self::Weighted,
    ];

    pub(super) fn quantity(self, of: Averaged) -> Quantity {
        match (of, self) {
            (_, Self::Micro) | (Averaged::Recall, Self::Weighted) => Quantity::Accuracy,
            (Averaged::Recall, Self::Positive) => Quantity::Sensitivity,
            (Averaged::Recall, Self::Negative) => Quantity::Specificity,
            (Averaged::Recall, Self::Macro) => Quantity::BalancedAccuracy,
            (Averaged::Precision, Self::Positive) => Quantity::Ppv,
            (Averaged::Precision, Self::Negative) => Quantity::Npv,
            (Averaged::Precision, Self::Macro) => Quantity::MacroPrecision,
            (Averaged::Precision, Self::Weighted) => Quantity::WeightedPrecision,
            (Averaged::F1, Self::Positive) => Quantity::F1OfPositives,
            (Averaged::F1, Self::Negative) => Quantity::F1OfNegatives,
            (Averaged::F1, Self::Macro) => Quantity::MacroF1,
            (Averaged::F1, Self::Weighted) => Quantity::WeightedF1,
        }
    }
}

impl std::fmt::Display for Averaging {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Positive => "of the positive class",
            Self::Negative => "of the negative class",
            Self::Macro => "macro-averaged",
            Self::Micro => "micro-averaged",
            Self::Weighted => "weighted-averaged",
        })
    }
}

/// A figure whose averaging the text does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Averaged {
    Recall,
    Precision,
    F1,
}

impl Averaged {
    pub(super) fn figure(self) -> Figure {
        match self {
            Self::Recall => Figure::Recall,
            Self::Precision => Figure::Precision,
            Self::F1 => Figure::F1,
        }
    }
}

/// Whose area under the ROC curve is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AucOf {
    /// Of the calls at the threshold: the mean of sensitivity and specificity.
    Calls,
    /// Of the scores. The matrix gives one point of their curve and hence bounds of the area; nothing else is checked.
    Scores,
}

/// One meaning of the printed figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Reading {
    /// Averaging of the recall, where one is printed.
    pub recall: Option<Averaging>,
    /// Averaging of the precision, where one is printed.
    pub precision: Option<Averaging>,
    /// Averaging of F1, where one is printed.
    pub f1: Option<Averaging>,
    /// Whose AUC, where an AUC or its interval is printed.
    pub auc: Option<AucOf>,
}

impl Reading {
    pub(super) fn averaging(&self, of: Averaged) -> Option<Averaging> {
        match of {
            Averaged::Recall => self.recall,
            Averaged::Precision => self.precision,
            Averaged::F1 => self.f1,
        }
    }

    /// Whether one averaging explains recall, precision and F1 together.
    #[must_use]
    pub fn one_averaging(&self) -> bool {
        let mut given = [self.recall, self.precision, self.f1].into_iter().flatten();
        let first = given.next();
        given.all(|averaging| Some(averaging) == first)
    }

    /// The place of the reading in the list of answers: 0 for one averaging and the AUC of the calls, 1 with that of the
    /// scores, 2 and 3 where averagings are mixed.
    pub(super) fn tier(&self) -> usize {
        2 * usize::from(!self.one_averaging()) + usize::from(self.auc == Some(AucOf::Scores))
    }
}

/// The printed figures, all read on one scale, by what they may stand for.
pub(super) struct Question<'a> {
    /// Figures that stand for one quantity.
    pub fixed: Vec<(Figure, Quantity, Decimal)>,
    /// Figures of which the averaging is not known.
    pub averaged: Vec<(Averaged, Decimal)>,
    pub auc: Option<Decimal>,
    pub interval: Option<&'a PrintedInterval>,
}

impl<'a> Question<'a> {
    pub(super) fn new(
        figures: &[PrintedFigure],
        interval: Option<&'a PrintedInterval>,
        scale: Scale,
    ) -> Self {
        let mut question = Self {
            fixed: Vec::new(),
            averaged: Vec::new(),
            auc: None,
            interval,
        };
        for printed in figures {
            let decimal = printed.decimal(scale);
            let mut fixed = |quantity| question.fixed.push((printed.figure, quantity, decimal));
            match printed.figure {
                Figure::Accuracy => fixed(Quantity::Accuracy),
                Figure::Sensitivity => fixed(Quantity::Sensitivity),
                Figure::Specificity => fixed(Quantity::Specificity),
                Figure::Ppv => fixed(Quantity::Ppv),
                Figure::Npv => fixed(Quantity::Npv),
                Figure::BalancedAccuracy => fixed(Quantity::BalancedAccuracy),
                Figure::Mcc => fixed(Quantity::Mcc),
                Figure::Kappa => fixed(Quantity::Kappa),
                Figure::Recall => question.averaged.push((Averaged::Recall, decimal)),
                Figure::Precision => question.averaged.push((Averaged::Precision, decimal)),
                Figure::F1 => question.averaged.push((Averaged::F1, decimal)),
                Figure::Auc => question.auc = Some(decimal),
            }
        }
        question
    }

    /// Every reading, the likelier first. A mixed reading never has a micro-averaged recall: it equals the weighted one.
    pub(super) fn readings(&self) -> Vec<Reading> {
        let printed = |of| self.averaged.iter().any(|(averaged, _)| *averaged == of);
        let choices = |of: Averaged| -> Vec<Option<Averaging>> {
            if printed(of) {
                Averaging::ALL.into_iter().map(Some).collect()
            } else {
                vec![None]
            }
        };
        let mut readings = Vec::new();
        for auc in self.aucs() {
            for &recall in &choices(Averaged::Recall) {
                for &precision in &choices(Averaged::Precision) {
                    for &f1 in &choices(Averaged::F1) {
                        let reading = Reading {
                            recall,
                            precision,
                            f1,
                            auc,
                        };
                        if reading.one_averaging() || recall != Some(Averaging::Micro) {
                            readings.push(reading);
                        }
                    }
                }
            }
        }
        readings.sort_by_key(Reading::tier);
        readings
    }

    fn aucs(&self) -> Vec<Option<AucOf>> {
        match (self.auc, self.interval) {
            (Some(_), _) => vec![Some(AucOf::Calls), Some(AucOf::Scores)],
            (None, Some(_)) => vec![Some(AucOf::Calls)],
            (None, None) => vec![None],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(figures: &[Figure]) -> Vec<Reading> {
        let figures: Vec<PrintedFigure> = figures
            .iter()
            .map(|&figure| PrintedFigure::parse(figure, "0.5").unwrap())
            .collect();
        Question::new(&figures, None, Scale::Fraction).readings()
    }

    #[test]
    fn readings_with_one_averaging_and_the_auc_of_the_calls_come_first() {
        let readings = question(&[Figure::Recall, Figure::Precision, Figure::F1, Figure::Auc]);
        // Two AUCs; 125 triples less the 24 mixed ones with a micro-averaged recall.
        assert_eq!(readings.len(), 2 * (125 - 24));
        assert!(readings.is_sorted_by_key(Reading::tier));
        assert!(
            readings[..5]
                .iter()
                .all(|reading| { reading.one_averaging() && reading.auc == Some(AucOf::Calls) })
        );
        assert!(!readings[10].one_averaging());
    }

    #[test]
    fn figures_without_a_choice_have_one_reading() {
        assert_eq!(question(&[Figure::Accuracy, Figure::Sensitivity]).len(), 1);
        assert_eq!(question(&[Figure::Accuracy, Figure::F1]).len(), 5);
    }
}
