//! The report's section on subgroups: the same network in women and men, young and old, site by site.
//!
//! In: what the results computed from the cohort's columns. Out: rows of plain text, and a forest plot.

use serde::Serialize;

use super::Estimate;
use crate::figure::Forest;

/// The section.
#[derive(Clone, Debug, Serialize)]
pub struct Subgroups {
    /// How the groups were made and what they may be used for, as sentences.
    pub how: String,
    /// A row a group, column by column.
    pub rows: Vec<SubgroupRow>,
    /// AUC of each group.
    pub forest: Forest,
}

/// One group.
#[derive(Clone, Debug, Serialize)]
pub struct SubgroupRow {
    /// The cohort's column.
    pub column: String,
    /// Which of its patients.
    pub group: String,
    /// Test patients with and without the disorder.
    pub patients: [u32; 2],
    /// AUC of the scores.
    pub auc: Estimate,
    /// At the run's threshold.
    pub sensitivity: Estimate,
    /// At the run's threshold.
    pub specificity: Estimate,
}
