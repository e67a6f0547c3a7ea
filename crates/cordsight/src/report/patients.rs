//! Table 1 of the report: who the patients are, by class and by part.
//!
//! In: what the results computed of a run's covariates. Out: rows of plain text. A comparison is there in full or not at
//! all.

use serde::Serialize;

/// The table.
#[derive(Clone, Debug, Serialize)]
pub struct Patients {
    /// Columns: all, both classes where there are two, the parts.
    pub groups: Vec<PatientGroup>,
    /// Whether two classes are compared, beside the parts.
    pub has_classes: bool,
    /// The rows.
    pub rows: Vec<PatientRow>,
    /// How it was computed, and what is not in it, as sentences.
    pub notes: Vec<String>,
}

/// A column of the table.
#[derive(Clone, Debug, Serialize)]
pub struct PatientGroup {
    /// Such as "Training".
    pub name: String,
    /// Patients in it.
    pub patients: usize,
}

/// A row of the table.
#[derive(Clone, Debug, Serialize)]
pub struct PatientRow {
    /// Such as "age, mean (SD)", or a category.
    pub name: String,
    /// A category of the row above.
    pub is_category: bool,
    /// A cell a group.
    pub cells: Vec<String>,
    /// Both classes.
    pub by_class: Option<PatientComparison>,
    /// Training and test part.
    pub by_part: Option<PatientComparison>,
}

/// Two groups compared.
#[derive(Clone, Debug, Serialize)]
pub struct PatientComparison {
    /// P of the test, such as "0.041", or why there is none.
    pub p: String,
    /// The test's name; empty where there is none.
    pub test: String,
    /// Standardised difference, such as "0.12", or "–".
    pub difference: String,
}
