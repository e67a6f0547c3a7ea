//! Judges scores: every figure that a report shows, from predictions alone.
//!
//! In: predictions of the test part (and of the training part, for its accuracy), and a threshold that came from
//! elsewhere. Out: [`Evaluation`], which is `metrics.json`. Nothing here sees pictures, weights or the training part's
//! pictures, and nothing here chooses anything by the test part; the arithmetic is [`diagstat`]'s.

use diagstat::{
    AucInterval, Confusion, ConfusionSummary, Level, Measured, ProportionInterval, Scores,
    auc_with_interval, brier, delong_of_calls,
};
use serde::Serialize;

use crate::model_file::ThresholdOrigin;
use crate::pool::Pool;
use crate::predictions::{PatientScore, Prediction, by_patient};

/// Share of intervals that hold the true value.
pub const LEVEL: Level = Level::PERCENT_95;
/// How intervals of proportions are computed: exact, since cohorts are small.
pub const PROPORTION: ProportionInterval = ProportionInterval::ClopperPearson;
/// How the interval of the AUC is computed: DeLong's on the logit, which covers closest to its level in small studies
/// (docs/statistics.md).
pub const AUC: AucInterval = AucInterval::Logit;
/// How the paper's interval is computed: DeLong's on the AUC itself.
pub const PAPER_AUC: AucInterval = AucInterval::Wald;

/// Scores that cannot be judged.
#[derive(Debug, thiserror::Error)]
pub enum EvaluateError {
    /// Labels or scores that are none.
    #[error("scores cannot be judged: {0}")]
    Scores(#[from] diagstat::ScoresError),
    /// A threshold that is no number.
    #[error("threshold: {0}")]
    Threshold(#[from] diagstat::ThresholdError),
}

/// All figures of one evaluation.
#[derive(Clone, Debug, Serialize)]
pub struct Evaluation {
    /// Patients judged.
    pub patients: usize,
    /// Patients with label 1.
    pub positives: usize,
    /// Patients with label 0.
    pub negatives: usize,
    /// Pictures of all of them.
    pub pictures: usize,
    /// How a patient's score comes from the pictures' scores.
    pub patient_score: &'static str,
    /// Score from which a patient is called positive, and where it comes from.
    pub threshold: ThresholdOrigin,
    /// Area under the ROC curve of the scores.
    pub auc: Measured,
    /// Counts and rates at the threshold.
    pub at_threshold: ConfusionSummary,
    /// Brier score: mean squared difference of score and label.
    pub brier: Measured,
    /// Figures named as the paper's Table 2 should name them.
    pub paper_style: PaperStyle,
}

/// The paper's Table 2, each figure named for what it is.
#[derive(Clone, Debug, Serialize)]
pub struct PaperStyle {
    /// Accuracy on the training part; absent where its scores are not known.
    pub training_accuracy: Option<Measured>,
    /// Accuracy on the test part.
    pub accuracy: Measured,
    /// Mean of the recalls of both classes, which the paper prints as recall.
    pub macro_recall: Measured,
    /// Mean of the precisions of both classes, which the paper prints as precision.
    pub macro_precision: Measured,
    /// AUC of the thresholded calls, which the paper prints as AUC.
    pub auc_of_calls: Measured,
}

/// Judges test predictions at a threshold, each patient by the pooled score of the pictures.
///
/// # Errors
///
/// Scores or a threshold that are no numbers; a class without patients is no error, its figures carry the reason.
pub fn judge(
    test: &[Prediction],
    training: Option<&[Prediction]>,
    threshold: &ThresholdOrigin,
    pool: Pool,
) -> Result<Evaluation, EvaluateError> {
    let patients = by_patient(test, pool);
    let scores = scores(&patients)?;
    let confusion = Confusion::at(&scores, threshold.value)?;
    let at_threshold = confusion.summary(PROPORTION, LEVEL);
    let auc_of_calls = match delong_of_calls(&confusion) {
        Ok(auc) => auc.measured(PAPER_AUC, LEVEL),
        Err(reason) => Measured::undefined(reason),
    };
    let training_accuracy = match training {
        None => None,
        Some(training) => {
            let scores = self::scores(&by_patient(training, pool))?;
            let calls = Confusion::at(&scores, threshold.value)?;
            Some(Measured::proportion(calls.accuracy(), PROPORTION, LEVEL))
        }
    };
    Ok(Evaluation {
        patients: patients.len(),
        positives: scores.positives() as usize,
        negatives: scores.negatives() as usize,
        pictures: test.len(),
        patient_score: pool.described(),
        threshold: threshold.clone(),
        auc: auc_with_interval(&scores, AUC, LEVEL),
        at_threshold,
        brier: Measured::without_interval(brier(&scores)),
        paper_style: PaperStyle {
            training_accuracy,
            accuracy: at_threshold.accuracy,
            macro_recall: at_threshold.macro_recall,
            macro_precision: at_threshold.macro_precision,
            auc_of_calls,
        },
    })
}

/// Scores of patients as [`diagstat`] takes them.
///
/// # Errors
///
/// Labels or scores that are none.
pub fn scores(patients: &[PatientScore]) -> Result<Scores, diagstat::ScoresError> {
    let labels: Vec<u8> = patients.iter().map(|patient| patient.label).collect();
    let values: Vec<f64> = patients.iter().map(|patient| patient.score).collect();
    Scores::new(&labels, &values)
}

/// Area under the ROC curve, or none where a class is absent or a score is no number.
pub fn auc(labels: &[u8], scores: &[f64]) -> Option<f64> {
    let scores = Scores::new(labels, scores).ok()?;
    diagstat::auc(&scores).ok()
}

/// The threshold of the largest sensitivity + specificity, or none where a class is absent.
pub fn youden_threshold(predictions: &[Prediction], pool: Pool) -> Option<f64> {
    let scores = scores(&by_patient(predictions, pool)).ok()?;
    diagstat::youden(&scores).ok().map(|best| best.threshold)
}
