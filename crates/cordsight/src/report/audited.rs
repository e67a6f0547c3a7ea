//! The report's section on the audit of the cohort.
//!
//! In: what `cordsight audit` found. Out: rows of plain text.

use serde::{Deserialize, Serialize};

use super::Estimate;

/// The section.
#[derive(Clone, Debug, Serialize)]
pub struct Audited {
    /// What was audited, and how to read it, as sentences.
    pub how: String,
    /// The gravest first.
    pub findings: Vec<AuditFinding>,
    /// Whether the label can be told without the spine, a row a group of facts.
    pub shortcuts: Vec<AuditShortcut>,
}

/// One finding.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AuditFinding {
    /// How grave: fatal, warning or note.
    pub severity: String,
    /// What was found.
    pub title: String,
    /// What to do about it.
    pub advice: String,
}

/// One group of facts that may tell the label.
#[derive(Clone, Debug, Serialize)]
pub struct AuditShortcut {
    /// The group in words.
    pub name: String,
    /// Cross-validated AUC of the label from these facts.
    pub auc: Estimate,
    /// Corrected P value, where the group was checked.
    pub p: Option<String>,
}
