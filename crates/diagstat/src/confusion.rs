//! Counts of right and wrong calls at a threshold, and the figures made of them.
//!
//! In: [`Scores`] and a threshold, or the four counts. Out: [`Confusion`], its proportions, ratios and averages, and
//! [`ConfusionSummary`], all of them with intervals as they are reported.
//! A figure whose denominator is 0 has a reason and no value; conventions that print 0 or 1 there are not followed. An
//! average over the two classes has it in its name (`macro_recall`), since "recall" alone is read as sensitivity.
//!
//! Source: Altman and Bland 1994, BMJ 308:1552 and 309:102; Matthews 1975, BBA 405:442; Sokolova and Lapalme 2009, Inf
//! Process Manag 45:427 (macro averages). Checked against: scikit-learn (tools/golden/sklearn_metrics.py).

mod agreement;
mod averages;
mod predictive;
mod rates;
mod ratios;
mod summary;

use serde::Serialize;

use crate::interval::Proportion;
use crate::scores::Scores;
use crate::undefined::{Group, Undefined};

pub use averages::ClassReport;
pub use summary::{AtPrevalence, ConfusionSummary};

/// Patients by truth and call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Confusion {
    /// Positive patients called positive.
    pub true_positives: u32,
    /// Positive patients called negative.
    pub false_negatives: u32,
    /// Negative patients called positive.
    pub false_positives: u32,
    /// Negative patients called negative.
    pub true_negatives: u32,
}

/// A threshold that no score can be compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("threshold is NaN, expected a number")]
pub struct ThresholdError;

impl Confusion {
    /// The counts where a patient with `score >= threshold` is called positive. An infinite threshold calls nobody
    /// (+infinity) or everybody (-infinity) positive.
    ///
    /// # Errors
    /// [`ThresholdError`] where the threshold is NaN.
    pub fn at(scores: &Scores, threshold: f64) -> Result<Self, ThresholdError> {
        if threshold.is_nan() {
            return Err(ThresholdError);
        }
        let mut counts = Self {
            true_positives: 0,
            false_negatives: 0,
            false_positives: 0,
            true_negatives: 0,
        };
        for (positive, score) in scores.iter() {
            let count = match (positive, score >= threshold) {
                (true, true) => &mut counts.true_positives,
                (true, false) => &mut counts.false_negatives,
                (false, true) => &mut counts.false_positives,
                (false, false) => &mut counts.true_negatives,
            };
            *count += 1;
        }
        Ok(counts)
    }

    /// Part of all patients that is called rightly.
    ///
    /// # Undefined when
    /// there is no patient.
    pub fn accuracy(&self) -> Result<Proportion, Undefined> {
        let [tp, fn_, fp, tn] = self.wide();
        Proportion::of(Group::Patients, tp + tn, fn_ + fp)
    }

    /// Part of the positive patients that is called positive; recall of the positive class.
    ///
    /// # Undefined when
    /// there is no positive patient.
    pub fn sensitivity(&self) -> Result<Proportion, Undefined> {
        let [tp, fn_, _, _] = self.wide();
        Proportion::of(Group::Positive, tp, fn_)
    }

    /// Part of the negative patients that is called negative; recall of the negative class.
    ///
    /// # Undefined when
    /// there is no negative patient.
    pub fn specificity(&self) -> Result<Proportion, Undefined> {
        let [_, _, fp, tn] = self.wide();
        Proportion::of(Group::Negative, tn, fp)
    }

    /// Positive predictive value: part of those called positive that is positive; precision of the positive class. It
    /// holds at the prevalence of these patients.
    ///
    /// # Undefined when
    /// nobody is called positive.
    pub fn ppv(&self) -> Result<Proportion, Undefined> {
        let [tp, _, fp, _] = self.wide();
        Proportion::of(Group::CalledPositive, tp, fp)
    }

    /// Negative predictive value: part of those called negative that is negative; precision of the negative class. It
    /// holds at the prevalence of these patients.
    ///
    /// # Undefined when
    /// nobody is called negative.
    pub fn npv(&self) -> Result<Proportion, Undefined> {
        let [_, fn_, _, tn] = self.wide();
        Proportion::of(Group::CalledNegative, tn, fn_)
    }

    /// Mean of sensitivity and specificity: chance gives 0.5 at any prevalence.
    ///
    /// # Undefined when
    /// a class has no patient.
    pub fn balanced_accuracy(&self) -> Result<f64, Undefined> {
        Ok(f64::midpoint(
            self.sensitivity()?.value(),
            self.specificity()?.value(),
        ))
    }

    /// Recall averaged over the two classes. With two classes it is the same number as [`Confusion::balanced_accuracy`];
    /// some papers print it as "recall".
    ///
    /// # Undefined when
    /// a class has no patient.
    pub fn macro_recall(&self) -> Result<f64, Undefined> {
        self.balanced_accuracy()
    }

    /// Precision averaged over the two classes: the mean of positive and negative predictive value. Some papers print it
    /// as "precision".
    ///
    /// # Undefined when
    /// nobody is called positive, or nobody negative.
    pub fn macro_precision(&self) -> Result<f64, Undefined> {
        Ok(f64::midpoint(self.ppv()?.value(), self.npv()?.value()))
    }

    /// F1 of the positive class: harmonic mean of sensitivity and positive predictive value. True negatives do not
    /// enter.
    ///
    /// # Undefined when
    /// nobody is positive or called positive.
    pub fn f1(&self) -> Result<f64, Undefined> {
        let [tp, fn_, fp, _] = self.wide();
        Group::PositiveOrCalledPositive.at_least(1, tp + fn_ + fp)?;
        Ok(2.0 * tp as f64 / (2 * tp + fn_ + fp) as f64)
    }

    /// Matthews's correlation coefficient of truth and call, -1 to 1.
    ///
    /// # Undefined when
    /// a class has no patient, or nobody is called positive, or nobody negative.
    ///
    /// # References
    /// Matthews 1975, Biochimica et Biophysica Acta 405:442, doi:10.1016/0005-2795(75)90109-9.
    pub fn mcc(&self) -> Result<f64, Undefined> {
        let sensitivity = self.sensitivity()?;
        let specificity = self.specificity()?;
        let ppv = self.ppv()?;
        let npv = self.npv()?;
        let [tp, fn_, fp, tn] = self.wide().map(i128::from);
        let product: f64 = [sensitivity, specificity, ppv, npv]
            .iter()
            .map(|margin| margin.trials() as f64)
            .product();
        Ok((tp * tn - fn_ * fp) as f64 / product.sqrt())
    }

    /// TP, FN, FP, TN, wide enough for any sum of them.
    fn wide(&self) -> [u64; 4] {
        [
            self.true_positives.into(),
            self.false_negatives.into(),
            self.false_positives.into(),
            self.true_negatives.into(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interval::{Level, ProportionInterval};

    fn confusion([tp, fn_, fp, tn]: [u32; 4]) -> Confusion {
        Confusion {
            true_positives: tp,
            false_negatives: fn_,
            false_positives: fp,
            true_negatives: tn,
        }
    }

    #[test]
    fn a_score_at_the_threshold_is_called_positive() {
        let scores = Scores::new(&[1, 1, 0, 0], &[0.5, 0.4, 0.5, 0.4]).unwrap();
        assert_eq!(Confusion::at(&scores, 0.5), Ok(confusion([1, 1, 1, 1])));
        assert_eq!(
            Confusion::at(&scores, f64::INFINITY),
            Ok(confusion([0, 2, 0, 2]))
        );
        assert_eq!(
            Confusion::at(&scores, f64::NEG_INFINITY),
            Ok(confusion([2, 0, 2, 0]))
        );
    }

    #[test]
    fn a_threshold_of_nan_is_refused() {
        let scores = Scores::new(&[1], &[0.5]).unwrap();
        assert_eq!(Confusion::at(&scores, f64::NAN), Err(ThresholdError));
    }

    #[test]
    fn each_figure_without_a_denominator_names_who_is_missing() {
        let reason = |result: Result<f64, Undefined>| result.unwrap_err().to_string();
        let nobody = confusion([0, 0, 0, 0]);
        assert_eq!(
            reason(nobody.accuracy().map(Proportion::value)),
            "0 patients, at least 1 needed"
        );
        assert_eq!(
            reason(nobody.f1()),
            "0 patients positive or called positive, at least 1 needed"
        );
        let all_called_negative = confusion([0, 5, 0, 5]);
        assert_eq!(
            reason(all_called_negative.macro_precision()),
            "0 patients called positive, at least 1 needed"
        );
        assert_eq!(
            reason(all_called_negative.mcc()),
            "0 patients called positive, at least 1 needed"
        );
        let no_negative = confusion([3, 1, 0, 0]);
        assert_eq!(
            reason(no_negative.macro_recall()),
            "0 negative patients, at least 1 needed"
        );
    }

    #[test]
    fn counts_of_any_size_do_not_overflow() {
        let most = confusion([u32::MAX; 4]);
        let summary = most.summary(ProportionInterval::Wilson, Level::PERCENT_95);
        assert_eq!(summary.accuracy.value(), Some(0.5));
        assert_eq!(summary.mcc.value(), Some(0.0));
        assert_eq!(summary.f1.value(), Some(0.5));
    }
}
