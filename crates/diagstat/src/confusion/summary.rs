//! Every figure of a [`Confusion`] as it is reported.
//!
//! In: counts, the interval wanted for proportions, a level, and for predictive values elsewhere a prevalence. Out:
//! [`ConfusionSummary`].

use serde::Serialize;

use super::Confusion;
use super::averages::ClassReport;
use crate::interval::{Level, ProportionInterval};
use crate::measured::Measured;
use crate::prevalence::Prevalence;

/// Every figure of a [`Confusion`] as it is reported.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ConfusionSummary {
    /// The counts.
    pub counts: Confusion,
    /// [`Confusion::accuracy`].
    pub accuracy: Measured,
    /// [`Confusion::balanced_accuracy_with_interval`].
    pub balanced_accuracy: Measured,
    /// [`Confusion::sensitivity`].
    pub sensitivity: Measured,
    /// [`Confusion::specificity`].
    pub specificity: Measured,
    /// [`Confusion::ppv`].
    pub ppv: Measured,
    /// [`Confusion::npv`].
    pub npv: Measured,
    /// [`Confusion::positive_likelihood_ratio`].
    pub positive_likelihood_ratio: Measured,
    /// [`Confusion::negative_likelihood_ratio`].
    pub negative_likelihood_ratio: Measured,
    /// [`Confusion::diagnostic_odds_ratio`].
    pub diagnostic_odds_ratio: Measured,
    /// [`Confusion::youden_index`].
    pub youden_index: Measured,
    /// [`Confusion::f1_with_interval`].
    pub f1: Measured,
    /// [`Confusion::mcc_with_interval`].
    pub mcc: Measured,
    /// [`Confusion::kappa`].
    pub kappa: Measured,
    /// [`Confusion::macro_recall`], the same as `balanced_accuracy`.
    pub macro_recall: Measured,
    /// [`Confusion::macro_precision_with_interval`].
    pub macro_precision: Measured,
    /// [`Confusion::class_report`].
    pub class_report: ClassReport,
    /// Predictive values where the test will be used, where its prevalence was stated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_prevalence: Option<AtPrevalence>,
}

/// Predictive values at a stated prevalence.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct AtPrevalence {
    /// The prevalence.
    pub prevalence: Prevalence,
    /// [`Confusion::ppv_at`].
    pub ppv: Measured,
    /// [`Confusion::npv_at`].
    pub npv: Measured,
}

impl Confusion {
    /// All figures, the proportions with the interval of `method`.
    #[must_use]
    pub fn summary(&self, method: ProportionInterval, level: Level) -> ConfusionSummary {
        let proportion = |of| Measured::proportion(of, method, level);
        let balanced_accuracy = self.balanced_accuracy_with_interval(level);
        ConfusionSummary {
            counts: *self,
            accuracy: proportion(self.accuracy()),
            balanced_accuracy,
            sensitivity: proportion(self.sensitivity()),
            specificity: proportion(self.specificity()),
            ppv: proportion(self.ppv()),
            npv: proportion(self.npv()),
            positive_likelihood_ratio: self.positive_likelihood_ratio(level),
            negative_likelihood_ratio: self.negative_likelihood_ratio(level),
            diagnostic_odds_ratio: self.diagnostic_odds_ratio(level),
            youden_index: self.youden_index(level),
            f1: self.f1_with_interval(method, level),
            mcc: self.mcc_with_interval(level),
            kappa: self.kappa(level),
            macro_recall: balanced_accuracy,
            macro_precision: self.macro_precision_with_interval(level),
            class_report: self.class_report(method, level),
            at_prevalence: None,
        }
    }

    /// As [`Confusion::summary`], with the predictive values at a prevalence as well.
    #[must_use]
    pub fn summary_at(
        &self,
        prevalence: Prevalence,
        method: ProportionInterval,
        level: Level,
    ) -> ConfusionSummary {
        ConfusionSummary {
            at_prevalence: Some(AtPrevalence {
                prevalence,
                ppv: self.ppv_at(prevalence, level),
                npv: self.npv_at(prevalence, level),
            }),
            ..self.summary(method, level)
        }
    }
}
