//! The part of a report that stands beside the network: what plain measurements tell of the same patients, and, of a
//! cohort that a program drew, what no reader can exceed and what the pictures look like.

use serde::Serialize;

use super::Estimate;
use crate::figure::RocComparison;

/// Measurements, and the best possible reader, on the network's test patients.
#[derive(Clone, Debug, Serialize)]
pub struct Beside {
    /// What the regression was given, as a sentence.
    pub measures: String,
    /// Name and AUC of each reader of the test patients, the network first.
    pub readers: Vec<(String, Estimate)>,
    /// AUC of the network less that of the regression.
    pub difference: Estimate,
    /// P of the paired test, such as "0.041", or why there is none.
    pub p_value: String,
    /// The curves of all of them.
    pub curves: RocComparison,
}

/// A picture of pictures.
#[derive(Clone, Debug, Serialize)]
pub struct Gallery {
    /// The PNG in base 64.
    pub png: String,
    /// What is in it.
    pub caption: String,
}
