//! The figures of the published study's Table 2, each named for what it is, beside those of this run.
//!
//! The published numbers fit exactly one two-by-two table (22 true positive, 7 false negative, 1 false positive and
//! 32 true negative), and that table shows what they are: 'recall' and 'precision' are means over both classes, and
//! the AUC is that of the 0/1 answers, which is the mean of sensitivity and specificity.

use serde::Serialize;

use super::content::Estimate;

/// This run's figures, computed the way in which the published table's were.
#[derive(Clone, Debug, Serialize)]
pub struct PaperStyle {
    /// Share of training patients called correctly.
    pub training_accuracy: Estimate,
    /// Share of test patients called correctly.
    pub accuracy: Estimate,
    /// Mean of the two classes' recalls.
    pub macro_recall: Estimate,
    /// Mean of the two classes' precisions.
    pub macro_precision: Estimate,
    /// AUC of the 0/1 answers with DeLong's interval.
    pub label_auc: Estimate,
}

/// One line of the comparison.
#[derive(Debug, Serialize)]
pub(super) struct PaperRow<'a> {
    paper_name: &'static str,
    meaning: &'static str,
    published: &'static str,
    published_interval: &'static str,
    here: &'a Estimate,
}

impl PaperStyle {
    pub(super) fn rows(&self) -> Vec<PaperRow<'_>> {
        let row = |paper_name, meaning, published, published_interval, here| PaperRow {
            paper_name,
            meaning,
            published,
            published_interval,
            here,
        };
        vec![
            row(
                "Training accuracy",
                "training patients called correctly",
                "92.4 %",
                "",
                &self.training_accuracy,
            ),
            row(
                "Accuracy",
                "test patients called correctly",
                "87.1 %",
                "",
                &self.accuracy,
            ),
            row(
                "Recall",
                "mean of the recalls of both classes (macro average)",
                "86.4 %",
                "",
                &self.macro_recall,
            ),
            row(
                "Precision",
                "mean of the precisions of both classes (macro average)",
                "88.9 %",
                "",
                &self.macro_precision,
            ),
            row(
                "AUC",
                "AUC of the 0/1 answers, not of the scores",
                "0.864",
                "0.780 to 0.949",
                &self.label_auc,
            ),
        ]
    }
}
