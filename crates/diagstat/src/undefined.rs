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
    /// A partial area that McClish's correction is not defined for.
    #[error(
        "the area over this range is {found}, below the {chance} of chance, where McClish's correction is not defined"
    )]
    BelowChance {
        /// The partial area.
        found: f64,
        /// That of chance over the same range.
        chance: f64,
    },
    /// No cut between two scores is as sensitive as was asked for.
    #[error(
        "no cut between two scores has a sensitivity of {wanted} or more, the highest is {highest}"
    )]
    SensitivityNotReached {
        /// The sensitivity asked for.
        wanted: f64,
        /// The highest sensitivity of any cut.
        highest: f64,
    },
    /// No cut between two scores is as specific as was asked for.
    #[error(
        "no cut between two scores has a specificity of {wanted} or more, the highest is {highest}"
    )]
    SpecificityNotReached {
        /// The specificity asked for.
        wanted: f64,
        /// The highest specificity of any cut.
        highest: f64,
    },
    /// The test is of no use by the rule: one call for all patients is as good as any cut.
    #[error("no cut between two scores does better than calling every patient {call}")]
    OneCallForAll {
        /// The call, "positive" or "negative".
        call: &'static str,
    },
    /// Bootstrap replicates that give an interval without width.
    #[error(
        "both limits of the bootstrap are {value}, and an interval without width would mislead"
    )]
    ReplicatesAlike {
        /// The number that both limits are.
        value: f64,
    },
    /// A logit of 0 or 1.
    #[error("the value is {value}, where the logit is infinite")]
    NoLogit {
        /// 0 or 1.
        value: f64,
    },
    /// No sloping line can be laid through the points.
    #[error("the points inside the ROC square all have one sensitivity or one specificity")]
    PointsOnALine,
    /// The likelihood of the binormal model has no maximum.
    #[error(
        "no patient of one class scores between two of the other, the binormal likelihood has no maximum"
    )]
    DegenerateBinormal,
    /// A score that should be a probability is not.
    #[error("score {found} of patient {row} is no probability, expected 0 to 1")]
    NotProbability {
        /// The place of the patient, counted from 1.
        row: usize,
        /// The score.
        found: f64,
    },
    /// The standard error is 0, or the scale of the interval ends there.
    #[error("the standard error is 0 and an interval of no width would mislead")]
    StandardErrorZero,
    /// All patients are of one class and called so, or all ratings are one category.
    #[error("all patients are in one category by every rating, chance alone agrees completely")]
    ChanceAgrees,
    /// Too few patients of a class that has a number.
    #[error("{found} {} of class {class}, at least {needed} needed", Group::Patients.noun(*.found))]
    ClassTooFew {
        /// The class, counted from 0.
        class: u32,
        /// How many there are.
        found: u64,
        /// How many the formula needs.
        needed: u64,
    },
    /// Nobody is called this class.
    #[error("0 patients called class {class}, at least 1 needed")]
    ClassNotCalled {
        /// The class, counted from 0.
        class: u32,
    },
    /// Nobody is of this class or called so.
    #[error("0 patients of class {class} or called so, at least 1 needed")]
    ClassUnseen {
        /// The class, counted from 0.
        class: u32,
    },
    /// Equal scores of one patient leave open which classes rank highest.
    #[error("scores of patient {row} tie, which leaves open what the patient is called")]
    CallTied {
        /// The place of the patient, counted from 1.
        row: usize,
    },
    /// A probability whose logit is infinite, where the logit is needed.
    #[error("score {found} of patient {row} has an infinite logit, expected above 0 and below 1")]
    InfiniteLogit {
        /// The place of the patient, counted from 1.
        row: usize,
        /// The score, 0 or 1.
        found: f64,
    },
    /// A covariate that the constant and the covariates before it determine.
    #[error("covariate {covariate} is constant or follows from the covariates before it")]
    Collinear {
        /// The place of the covariate, counted from 1.
        covariate: usize,
    },
    /// A sum of the covariates that no patient of one class passes and no patient of the other stays below.
    #[error(
        "the covariates separate the classes, the likelihood has no maximum and a coefficient is infinite"
    )]
    SeparatedByCovariates,
    /// The maximum of a likelihood was not reached.
    #[error("no maximum of the likelihood within {iterations} steps of Newton's method")]
    NoConvergence {
        /// The steps made.
        iterations: u32,
    },
    /// All patients contribute the same amount.
    #[error(
        "every patient contributes the same, an interval or a test from a standard error of 0 would mislead"
    )]
    NoSpread,
    /// Of one class all patients are called positive, or all negative.
    #[error("all patients of the class are called alike, so that groups cannot differ")]
    CalledAlike,
    /// Each score lies on the side of 0.5 of its label: the best temperature is 0.
    #[error("every score lies on the side of 0.5 of its label, the temperature would be 0")]
    TemperatureZero,
    /// The scores say less than 0.5 for everybody: the best temperature is infinite or negative.
    #[error(
        "the scores predict no better than 0.5 for everybody, the temperature would be infinite"
    )]
    TemperatureInfinite,
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
    /// This crate has no test there.
    #[error("no test is offered for this statistic")]
    NoTestOffered,
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
    /// Two models whose scores rank every patient alike among those of the other class.
    #[error(
        "both models rank each patient alike among those of the other class, their areas differ by 0 with variance 0"
    )]
    SameRanking,
    /// The patients at hand show no variation, which is no certainty.
    #[error("the variance is 0, an interval from {value} to {value} or a test would mislead")]
    ZeroVariance {
        /// The value that has no variance.
        value: f64,
    },
    /// Differences of areas of which one follows from the others.
    #[error(
        "the differences of the areas follow from one another (their covariance matrix is singular), leave a model out"
    )]
    DependentDifferences,
    /// Too many resamples on which the statistic has no value.
    #[error("{failed} of {replicates} replicates have no value, at most one in 20 may")]
    ReplicatesFailed {
        /// How many have no value.
        failed: u32,
        /// How many were drawn.
        replicates: u32,
    },
    /// A limit that would lie outside all replicates.
    #[error("a limit lies beyond the outermost of {replicates} replicates")]
    BeyondReplicates {
        /// How many replicates have a value.
        replicates: u32,
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
    /// Patients with label 0, or whose score stays below the threshold.
    NegativeOrCalledNegative,
    /// Positive patients called positive.
    TruePositive,
    /// Positive patients called negative.
    FalseNegative,
    /// Negative patients called positive.
    FalsePositive,
    /// Negative patients called negative.
    TrueNegative,
    /// Patients whom one of two tests calls rightly and the other wrongly.
    Discordant,
    /// People who read the same patients.
    Readers,
    /// Random divisions of the patients into training and test.
    Splits,
    /// Places where patients were examined.
    Sites,
    /// Ways in which the same patients are read, such as with and without a model's help.
    Treatments,
    /// Trials of a proportion that stands alone.
    Trials,
    /// Bins of scores that hold a patient.
    Bins,
    /// Subgroups of the patients.
    Subgroups,
    /// Points of a ROC curve at which neither rate is 0 or 1.
    InnerPoints,
    /// Patients of whom several images may be there.
    PatientsWithImages,
    /// Patients with an image of label 1.
    PatientsWithPositiveImage,
    /// Patients with an image of label 0.
    PatientsWithNegativeImage,
    /// Patients of one class, whichever it is.
    OfOneClass,
    /// Resamples of a bootstrap or of a permutation test.
    Replicates,
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
            Self::NegativeOrCalledNegative => (
                "patient negative or called negative",
                "patients negative or called negative",
            ),
            Self::TruePositive => ("true positive", "true positives"),
            Self::FalseNegative => ("false negative", "false negatives"),
            Self::FalsePositive => ("false positive", "false positives"),
            Self::TrueNegative => ("true negative", "true negatives"),
            Self::Discordant => ("discordant patient", "discordant patients"),
            Self::Readers => ("reader", "readers"),
            Self::Splits => ("split", "splits"),
            Self::Sites => ("site", "sites"),
            Self::Treatments => ("treatment", "treatments"),
            Self::Trials => ("trial", "trials"),
            Self::Bins => ("bin with patients", "bins with patients"),
            Self::Subgroups => ("subgroup", "subgroups"),
            Self::InnerPoints => (
                "point inside the ROC square",
                "points inside the ROC square",
            ),
            Self::PatientsWithImages => ("patient with images", "patients with images"),
            Self::PatientsWithPositiveImage => (
                "patient with a positive image",
                "patients with a positive image",
            ),
            Self::PatientsWithNegativeImage => (
                "patient with a negative image",
                "patients with a negative image",
            ),
            Self::OfOneClass => ("patient in a class", "patients in a class"),
            Self::Replicates => ("replicate", "replicates"),
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
