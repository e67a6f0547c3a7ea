//! The report's section on robustness: the same test patients with worse pictures.
//!
//! In: what the results computed from `robustness.csv`. Out: rows of plain text, and a forest plot.

use serde::Serialize;

use super::Estimate;
use crate::figure::Forest;

/// The section.
#[derive(Clone, Debug, Serialize)]
pub struct Robustness {
    /// How it was done, as sentences.
    pub how: String,
    /// Pictures as they are.
    pub unchanged: RobustnessRow,
    /// A row a change.
    pub rows: Vec<RobustnessRow>,
    /// AUC under each change.
    pub forest: Forest,
}

/// One change.
#[derive(Clone, Debug, Serialize)]
pub struct RobustnessRow {
    /// What was done, such as "Noise"; "Unchanged" for none.
    pub change: String,
    /// How much of it.
    pub strength: String,
    /// AUC of the scores.
    pub auc: Estimate,
    /// AUC less that of the unchanged pictures, on the same patients.
    pub difference: Option<Estimate>,
    /// Sensitivity at the run's threshold.
    pub sensitivity: String,
    /// Specificity at the run's threshold.
    pub specificity: String,
    /// Patients called otherwise than with unchanged pictures.
    pub changed_calls: usize,
}
