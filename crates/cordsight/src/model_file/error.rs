//! Why a model file cannot be used.
//!
//! In: what was found in a file. Out: one line that names the file, what was found, what was expected, and what to do.

use super::FORMAT;
use crate::tensor_file::TensorFileError;
use crate::weights::WeightsError;

/// A model file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The file cannot be read.
    #[error("{path}: {reason}; give a model.safetensors, or the folder of a finished run")]
    Unreadable {
        /// The file.
        path: String,
        /// What the operating system says.
        reason: String,
    },
    /// The file is no model.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: String,
        /// What is wrong.
        source: TensorFileError,
    },
    /// The weights do not fit the network that the file names.
    #[error("{path}: {source}")]
    Weights {
        /// The file.
        path: String,
        /// What is wrong.
        source: WeightsError,
    },
    /// The file is of a later version.
    #[error(
        "{path}: found layout version {found}, expected at most {FORMAT}; use a newer cordsight"
    )]
    Version {
        /// The file.
        path: String,
        /// The version found.
        found: u32,
    },
    /// The input is of a size that no run can have.
    #[error(
        "{path}: found an input of {} pixels a side for a network of {}, expected the same twice, 32 to 1024; the file was changed",
        sizes[0], sizes[1]
    )]
    ImageSize {
        /// The file.
        path: String,
        /// Of the preparation and of the network.
        sizes: [usize; 2],
    },
    /// The threshold is no score.
    #[error("{path}: found a threshold of {found}, expected 0 to 1; the file was changed")]
    Threshold {
        /// The file.
        path: String,
        /// The threshold found.
        found: f64,
    },
    /// The findings or classes do not fit the network.
    #[error(
        "{path}: found a network with {outputs} outputs, expected one for each finding or class and a threshold for each finding; the file was changed"
    )]
    Answers {
        /// The file.
        path: String,
        /// Of the network.
        outputs: usize,
    },
    /// The head's further inputs are not those of the columns.
    #[error(
        "{path}: found a head with {found} inputs beside the picture for {columns} columns, expected two for each; the file was changed"
    )]
    HeadCovariates {
        /// The file.
        path: String,
        /// Of the network.
        found: usize,
        /// That the file names.
        columns: usize,
    },
    /// A column of the head's further inputs cannot be one.
    #[error("{path}: head covariate \"{name}\": {problem}; the file was changed")]
    HeadCovariate {
        /// The file.
        path: String,
        /// The column.
        name: String,
        /// What was found and expected.
        problem: String,
    },
    /// More networks than an ensemble can have, or none.
    #[error(
        "{path}: found {found} members, expected 1 to {}; the file was changed",
        super::MEMBERS_MAX
    )]
    Members {
        /// The file.
        path: String,
        /// The number found.
        found: usize,
    },
    /// The model does not give its own answer.
    #[error(
        "{path}: the self-test gave a logit of {found:.6}, expected {expected:.6}; the file was changed, or this program prepares pictures in another way; do not use the model"
    )]
    SelfTest {
        /// The file.
        path: String,
        /// Logit computed now.
        found: f64,
        /// Logit in the file.
        expected: f64,
    },
}
