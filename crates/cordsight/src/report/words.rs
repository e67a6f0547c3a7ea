//! Methods and results of a run as paragraphs.
//!
//! In: sentences that the results made. Out: the same, for page and Markdown.

use serde::Serialize;

/// Paragraphs that an article can start from.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Words {
    /// What was done.
    pub methods: Vec<String>,
    /// What was found.
    pub results: Vec<String>,
}
