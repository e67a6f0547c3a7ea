//! Why a number cannot be given.
//!
//! In: nothing. Out: [`Undefined`], the reason that stands in the place of a value or of an interval.
//! A statistic that has no value is not an error of the caller (a subgroup may hold one class only), and NaN, 0.5 or 0
//! in its place would be read as a result. So every statistic returns its value or one of these reasons. JSON holds the
//! words, a table prints them.

use serde::ser::{Serialize, SerializeStruct, Serializer};

/// The reason why a statistic, or its interval, has no value.
///
/// `Display` gives the reason in words, without a full stop; serde writes the same words as a string.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum Undefined {
    /// Too few patients of the group that the formula divides by.
    #[error("{found} {}, at least {needed} needed", .group.noun(*.found))]
    TooFew {
        /// Who is missing.
        group: Group,
        /// How many there are.
        found: u64,
        /// How many the formula needs.
        needed: u64,
    },
    /// More than the method gives right digits for.
    #[error("{found} {}, at most {most} can be computed rightly", .group.noun(*.found))]
    TooMany {
        /// Who are counted.
        group: Group,
        /// How many there are.
        found: u64,
        /// How many there may be.
        most: u64,
    },
    /// Every positive patient scores above (AUC 1) or below (AUC 0) every negative one.
    #[error(
        "the scores separate the classes completely, DeLong's variance is 0 and an interval from {auc} to {auc} would mislead"
    )]
    Separated {
        /// The AUC, 1 or 0.
        auc: f64,
    },
    /// All patients have the same score.
    #[error("all scores are equal")]
    AllTied,
    /// No cut between two scores has a Youden index above 0.
    #[error(
        "no cut between two scores does better than chance, the highest Youden index is {best}"
    )]
    NoBetterThanChance {
        /// The highest Youden index of any cut, at most 0.
        best: f64,
    },
    /// A score that should be a probability is not.
    #[error("score {found} of patient {row} is no probability, expected 0 to 1")]
    NotProbability {
        /// The place of the patient, counted from 1.
        row: usize,
        /// The score.
        found: f64,
    },
    /// A spread that the formula divides by is 0.
    #[error("{of} is 0, and the formula divides by it")]
    ZeroSpread {
        /// Which spread, such as "the variance of the differences".
        of: &'static str,
    },
    /// An approximate interval that would not contain the value.
    #[error("the approximate interval from {low} to {high} does not contain the value")]
    ValueOutside {
        /// Its lower limit.
        low: f64,
        /// Its upper limit.
        high: f64,
    },
    /// This crate has no interval for the statistic.
    #[error("no interval is offered for this statistic")]
    NoIntervalOffered,
    /// Two routes to the same AUC gave two numbers: a fault of this crate.
    #[error(
        "the AUC is {mid_rank:.17} by mid-ranks and {trapezoid:.17} by trapezoids; this is a fault of the program, report it"
    )]
    RoutesDisagree {
        /// The AUC from the mid-ranks, which DeLong's variance is built on.
        mid_rank: f64,
        /// The area under the ROC curve.
        trapezoid: f64,
    },
}

/// Whom [`Undefined::TooFew`] and [`Undefined::TooMany`] count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// All patients.
    Patients,
    /// Patients with label 1.
    Positive,
    /// Patients with label 0.
    Negative,
    /// Patients whose score reaches the threshold.
    CalledPositive,
    /// Patients whose score stays below the threshold.
    CalledNegative,
    /// Patients with label 1, or whose score reaches the threshold.
    PositiveOrCalledPositive,
    /// People who read the same patients.
    Readers,
    /// Ways in which the same patients are read, such as with and without a model's help.
    Treatments,
    /// Trials of a proportion that stands alone.
    Trials,
}

impl Group {
    fn noun(self, count: u64) -> &'static str {
        let (one, many) = match self {
            Self::Patients => ("patient", "patients"),
            Self::Positive => ("positive patient", "positive patients"),
            Self::Negative => ("negative patient", "negative patients"),
            Self::CalledPositive => ("patient called positive", "patients called positive"),
            Self::CalledNegative => ("patient called negative", "patients called negative"),
            Self::PositiveOrCalledPositive => (
                "patient positive or called positive",
                "patients positive or called positive",
            ),
            Self::Readers => ("reader", "readers"),
            Self::Treatments => ("treatment", "treatments"),
            Self::Trials => ("trial", "trials"),
        };
        if count == 1 { one } else { many }
    }

    /// `Ok` where `found` reaches `needed`, the reason otherwise.
    pub(crate) fn at_least(self, needed: u64, found: u64) -> Result<(), Undefined> {
        if found >= needed {
            return Ok(());
        }
        Err(Undefined::TooFew {
            group: self,
            found,
            needed,
        })
    }
}

impl Serialize for Undefined {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Serializes a value as itself, and a reason as `{"reason": "…"}`: for fields that are no [`Measured`](crate::Measured).
pub(crate) fn value_or_reason<T: Serialize, S: Serializer>(
    found: &Result<T, Undefined>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match found {
        Ok(value) => value.serialize(serializer),
        Err(reason) => {
            let mut fields = serializer.serialize_struct("Reason", 1)?;
            fields.serialize_field("reason", reason)?;
            fields.end()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_counts_in_the_singular_and_in_the_plural() {
        let few =
            |group: Group, found, needed| group.at_least(needed, found).unwrap_err().to_string();
        assert_eq!(
            few(Group::Positive, 1, 2),
            "1 positive patient, at least 2 needed"
        );
        assert_eq!(
            few(Group::CalledNegative, 0, 1),
            "0 patients called negative, at least 1 needed"
        );
        assert_eq!(Group::Positive.at_least(2, 2), Ok(()));
    }

    #[test]
    fn json_holds_the_reason_in_words() {
        let json = serde_json::to_string(&Undefined::AllTied).unwrap();
        assert_eq!(json, r#""all scores are equal""#);
    }

    #[test]
    fn complete_separation_prints_the_interval_that_would_mislead() {
        let reason = Undefined::Separated { auc: 1.0 }.to_string();
        assert!(
            reason.contains("interval from 1 to 1 would mislead"),
            "{reason}"
        );
    }
}
