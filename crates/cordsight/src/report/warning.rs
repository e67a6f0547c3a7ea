//! Every caution that a report can carry, in words for a reader who does not program.
//!
//! One list, so that no caution has two wordings and none is forgotten when a page is written.

use serde::Serialize;

/// Something the reader must know before believing a figure.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Caution {
    /// The radiographs were drawn by a program.
    SyntheticData {
        /// The area under the ROC curve that no reader of these images can exceed on average, in [0, 1].
        ceiling_auc: Option<f64>,
    },
    /// A class has so few test patients that its rate moves in large steps.
    FewCases {
        /// Name of the class.
        class: String,
        /// Its test patients.
        n: u64,
    },
    /// The test set is small as a whole.
    SmallTestSet {
        /// Test patients.
        n: u64,
    },
    /// Every positive patient scored above every negative one.
    PerfectCurve,
    /// The classes are ranked worse than by chance.
    AucBelowChance,
    /// The threshold was chosen on patients that the network was trained on.
    ThresholdChosenOnTraining {
        /// The threshold as text.
        threshold: String,
    },
    /// The threshold was set before training and fits no data.
    ThresholdFixedBeforehand {
        /// The threshold as text.
        threshold: String,
    },
    /// The network started from random numbers.
    NoPretrainedWeights,
    /// The figures come from one random division of the cohort.
    OneSplit,
    /// Patients of the cohort were left out.
    Excluded {
        /// Patients left out.
        n: u64,
    },
}

impl Caution {
    /// The caution in a few words.
    pub fn heading(&self) -> String {
        match self {
            Self::SyntheticData { .. } => "Synthetic radiographs".to_owned(),
            Self::FewCases { class, .. } => format!("Few test patients of class {class}"),
            Self::SmallTestSet { .. } => "Small test set".to_owned(),
            Self::PerfectCurve => "Perfect separation".to_owned(),
            Self::AucBelowChance => "Worse than chance".to_owned(),
            Self::ThresholdChosenOnTraining { .. } => {
                "Threshold chosen on training patients".to_owned()
            }
            Self::ThresholdFixedBeforehand { .. } => "Threshold fixed beforehand".to_owned(),
            Self::NoPretrainedWeights => "No pre-trained weights".to_owned(),
            Self::OneSplit => "One random split".to_owned(),
            Self::Excluded { .. } => "Patients left out".to_owned(),
        }
    }

    /// The caution in full sentences.
    pub fn text(&self) -> String {
        match self {
            Self::SyntheticData { ceiling_auc } => {
                let ceiling = match ceiling_auc {
                    Some(auc) if auc.is_finite() => format!(
                        " Part of what decides the label cannot be seen on the image, so no reader of these images \
                         can be expected to exceed an AUC of {auc:.3}."
                    ),
                    _ => String::new(),
                };
                format!(
                    "The radiographs were drawn by a program and the labels follow from the drawn anatomy. No result \
                     here is evidence about patients.{ceiling}"
                )
            }
            Self::FewCases { n: 0, .. } => {
                "The test set has no patient of this class, so no rate of this class and no AUC can be given."
                    .to_owned()
            }
            Self::FewCases { n, .. } => format!(
                "The test set has {n} of them: one patient more or less on the right side moves this class's rate by \
                 {:.1} percentage points.",
                100.0 / *n as f64
            ),
            Self::SmallTestSet { n } => format!(
                "The test set has {n} patients in all. Read the intervals, not the single figures: most differences \
                 between two models of this kind are smaller than these intervals."
            ),
            Self::PerfectCurve => {
                "Every positive test patient scored higher than every negative one. DeLong's interval then collapses \
                 to 1 and understates the uncertainty. Look for something other than the disorder that tells the \
                 classes apart on the images: site, device, burnt-in text, cropping."
                    .to_owned()
            }
            Self::AucBelowChance => {
                "The AUC is below 0.5. Check that the labels are coded the right way round (1 = disorder present) and \
                 that training made progress; do not turn the scores round to obtain a better figure."
                    .to_owned()
            }
            Self::ThresholdChosenOnTraining { threshold } => format!(
                "The threshold {threshold} was chosen on the patients that the network was trained on. Their scores \
                 are more extreme than those of new patients, so sensitivity and specificity may be out of balance. \
                 Part of the training set can be kept for validation to avoid this."
            ),
            Self::ThresholdFixedBeforehand { threshold } => format!(
                "The threshold {threshold} was set before training. It fits no data, the test set included; \
                 sensitivity and specificity may therefore be out of balance where the scores are not calibrated."
            ),
            Self::NoPretrainedWeights => {
                "The network started from random numbers, not from weights learned on many other images. With a \
                 cohort of this size, that usually costs much of the performance."
                    .to_owned()
            }
            Self::OneSplit => {
                "The figures come from one random division into training and test patients. Another division gives \
                 other figures; the intervals cover the choice of test patients, not that of training patients."
                    .to_owned()
            }
            Self::Excluded { n: 1 } => {
                "One patient of the cohort was left out; the cohort flow says why. If patients are missing for a \
                 reason that has to do with the disorder, the figures are biased."
                    .to_owned()
            }
            Self::Excluded { n } => format!(
                "{n} patients of the cohort were left out; the cohort flow says why. If patients are missing for a \
                 reason that has to do with the disorder, the figures are biased."
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Caution;

    #[test]
    fn few_cases_says_how_far_one_patient_moves_the_rate() {
        let caution = Caution::FewCases {
            class: "CSM".to_owned(),
            n: 8,
        };
        assert!(
            caution
                .text()
                .contains("moves this class's rate by 12.5 percentage points")
        );
    }

    #[test]
    fn an_unknown_ceiling_is_not_printed() {
        for ceiling_auc in [None, Some(f64::NAN)] {
            assert!(
                !Caution::SyntheticData { ceiling_auc }
                    .text()
                    .contains("AUC")
            );
        }
        assert!(
            Caution::SyntheticData {
                ceiling_auc: Some(0.93)
            }
            .text()
            .contains("AUC of 0.930")
        );
    }
}
