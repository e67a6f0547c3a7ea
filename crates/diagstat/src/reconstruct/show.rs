//! Answers in words, a line for each matrix.
//!
//! In: [`Reconstruction`] and its parts. Out: text that a terminal or a table cell can hold.

use std::fmt;

use super::band::Rounding;
use super::explain::{Explanation, FittingMatrix};
use super::folds::{FoldAverages, FoldMethod, FoldVerdict};
use super::nearest::NearMatrix;
use super::reading::{AucOf, Averaging, Reading};
use super::{LISTED_MAX, Patients, Reconstruction};
use crate::confusion::Confusion;
use crate::delong::AucInterval;

/// Prints how many matrices fit, then a line for each, with what the figures mean in it; or that none fits, and the
/// nearest ones with the difference of each figure.
impl fmt::Display for Reconstruction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let folds = self.folds.is_some();
        let of = match self.patients {
            Patients::Classes {
                positives,
                negatives,
            } => format!("{positives} positive and {negatives} negative patients"),
            Patients::Total(total) => format!("{total} patients"),
        };
        let pooled = if folds { "pooled over the folds, " } else { "" };
        match self.found.all() {
            0 => write!(
                f,
                "{pooled}no confusion matrix of {of} prints these figures"
            )?,
            1 => write!(
                f,
                "{pooled}one confusion matrix of {of} prints these figures"
            )?,
            many => write!(
                f,
                "{pooled}{many} confusion matrices of {of} print these figures"
            )?,
        }
        for matrix in &self.matrices {
            write!(f, "\n{matrix}")?;
        }
        if self.found.all() > self.matrices.len() as u64 {
            write!(f, "\nthe first {LISTED_MAX} are listed")?;
        }
        if !self.nearest.is_empty() {
            write!(f, "\nnearest:")?;
        }
        for near in &self.nearest {
            write!(f, "\n{near}")?;
        }
        match &self.folds {
            Some(averages) => write!(f, "\n{averages}"),
            None => Ok(()),
        }
    }
}

/// Prints the counts, and the likeliest reading of the figures.
impl fmt::Display for FittingMatrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Counts(&self.counts))?;
        for (index, explanation) in self.explanations.iter().enumerate() {
            let link = if index == 0 { ": " } else { "; or " };
            write!(f, "{link}{explanation}")?;
        }
        let of_scores = self
            .explanations
            .iter()
            .any(|explanation| explanation.reading.auc == Some(AucOf::Scores));
        if of_scores {
            let bounds = &self.auc_of_scores;
            write!(
                f,
                "; AUC of the scores not checked beyond its bounds, {:.3} to {:.3}",
                bounds.least, bounds.most
            )?;
        } else {
            write!(f, "; AUC of the calls {}", self.auc_of_calls)?;
        }
        Ok(())
    }
}

/// Prints averaging, whose AUC, and rounding.
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.reading)?;
        write!(f, "{}", Roundings(&self.roundings))?;
        for scale in &self.interval_scales {
            f.write_str(match scale {
                AucInterval::Wald => ", interval by DeLong",
                AucInterval::Logit => ", interval by DeLong on the logit",
            })?;
        }
        if self.zero_division {
            f.write_str(", 0/0 printed as 0")?;
        }
        Ok(())
    }
}

/// Prints `recall and precision macro average, AUC of the calls, `, or nothing where nothing is to be chosen.
impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = [
            ("recall", self.recall),
            ("precision", self.precision),
            ("F1", self.f1),
        ];
        for averaging in Averaging::ALL {
            let names: Vec<&str> = named
                .iter()
                .filter(|(_, of)| *of == Some(averaging))
                .map(|(name, _)| *name)
                .collect();
            match names.as_slice() {
                [] => {}
                [one] => write!(f, "{one} {averaging}, ")?,
                [first, second] => write!(f, "{first} and {second} {averaging}, ")?,
                _ => write!(f, "recall, precision and F1 {averaging}, ")?,
            }
        }
        match self.auc {
            Some(AucOf::Calls) => f.write_str("AUC of the calls, "),
            Some(AucOf::Scores) => f.write_str("AUC of the scores, "),
            None => Ok(()),
        }
    }
}

struct Roundings<'a>(&'a [Rounding]);

impl fmt::Display for Roundings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let has = |rounding| self.0.contains(&rounding);
        let rounded = match (has(Rounding::HalfUp), has(Rounding::HalfEven)) {
            (true, true) => Some("rounded"),
            (true, false) => Some("rounded, a tie up"),
            (false, true) => Some("rounded, a tie to the even digit"),
            (false, false) if has(Rounding::Nearest) => Some("rounded, ties to either side"),
            (false, false) => None,
        };
        match (rounded, has(Rounding::Truncated)) {
            (Some(rounded), true) => write!(f, "{rounded} or truncated"),
            (Some(rounded), false) => f.write_str(rounded),
            (None, _) => f.write_str("truncated"),
        }
    }
}

/// Prints the counts, each figure as it would be, and its difference from the printed one.
impl fmt::Display for NearMatrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", Counts(&self.counts), self.reading)?;
        for (index, difference) in self.differences.iter().enumerate() {
            let link = if index == 0 { "" } else { ", " };
            write!(
                f,
                "{link}{} {:.4} instead of {} ({:+.4})",
                difference.figure, difference.value, difference.printed, difference.difference
            )?;
        }
        Ok(())
    }
}

/// Prints a line for each reading: whether matrices of the folds give these means, and how that was decided.
impl fmt::Display for FoldAverages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "as means over {} folds: ", self.folds.len())?;
        let mut possible = self
            .explanations
            .iter()
            .filter(|explanation| explanation.verdict != FoldVerdict::Inconsistent)
            .peekable();
        if possible.peek().is_none() {
            f.write_str("inconsistent under every reading")?;
        }
        for explanation in possible {
            let verdict = match &explanation.verdict {
                FoldVerdict::Undecided { steps } => format!("undecided after {steps} steps"),
                _ => "consistent".to_string(),
            };
            let method = match explanation.method {
                FoldMethod::Integers => "in integers",
                FoldMethod::Search => "by search",
            };
            let rounding = match explanation.rounding {
                Rounding::Truncated => "truncated",
                _ => "rounded",
            };
            write!(
                f,
                "\n{}{rounding}: {verdict} ({method})",
                explanation.reading
            )?;
        }
        if self.auc_of_scores_unchecked {
            write!(f, "\nan AUC of the scores is not checked over folds")?;
        }
        Ok(())
    }
}

struct Counts<'a>(&'a Confusion);

impl fmt::Display for Counts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "TP {} FN {} FP {} TN {}",
            self.0.true_positives,
            self.0.false_negatives,
            self.0.false_positives,
            self.0.true_negatives
        )
    }
}
