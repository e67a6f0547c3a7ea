//! The report's section on sample size.
//!
//! In: what the results computed. Out: plain text.

use serde::Serialize;

/// The section.
#[derive(Clone, Debug, Serialize)]
pub struct SampleSize {
    /// Events, and what the table assumes, as sentences.
    pub events: String,
    /// The widths for which patients are planned.
    pub widths: Vec<String>,
    /// A row a figure.
    pub rows: Vec<SampleSizeRow>,
}

/// One figure.
#[derive(Clone, Debug, Serialize)]
pub struct SampleSizeRow {
    /// Such as "AUC".
    pub name: String,
    /// Patients behind it; those of both classes with a plus.
    pub patients: String,
    /// Width of its interval, or why there is none.
    pub width: String,
    /// Patients needed for each width, or why no number is enough.
    pub needed: Vec<String>,
}
