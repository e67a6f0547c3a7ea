//! Why a training run ended without a result.
//!
//! One error of the whole path, so that the command line has one place to make a sentence of it. Errors of a single
//! module keep their own words.

use crate::cohort::CohortError;
use crate::config::ConfigError;
use crate::evaluate::EvaluateError;
use crate::explain::run::RunError;
use crate::model_file::ModelError;
use crate::results::{Exclusion, ResultsError};
use crate::run_folder::RunFolderError;
use crate::split::SplitError;
use crate::train::checkpoint::CheckpointError;
use crate::weights::WeightsError;
use crate::weights_source::SourceError;

/// Why a run ended without a result.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum TrainError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Cohort(#[from] CohortError),
    #[error(transparent)]
    Measures(#[from] crate::baseline::MeasuresError),
    #[error(
        "found a picture without the head covariates of its patient; load the cohort with the settings that train"
    )]
    Untold,
    #[error(transparent)]
    HeadCovariates(#[from] crate::head_covariates::HeadCovariatesError),
    #[error(transparent)]
    Split(#[from] SplitError),
    #[error(transparent)]
    RunFolder(#[from] RunFolderError),
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Evaluate(#[from] EvaluateError),
    #[error(transparent)]
    Results(#[from] ResultsError),
    #[error(transparent)]
    Seal(#[from] crate::seal::SealError),
    #[error(transparent)]
    Heatmaps(#[from] RunError),
    #[error(transparent)]
    Robustness(#[from] crate::robustness::RobustnessError),
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error("weights: {0}")]
    Weights(#[from] WeightsError),
    #[error("{}", unreadable(.failures))]
    Unreadable { failures: Vec<Exclusion> },
    #[error(
        "{path}: cannot be read while training ({reason}); leave the cohort's files as they are"
    )]
    Vanished { path: String, reason: String },
    #[error(
        "{path}: holds no run that could go on (config.toml: {reason}); start it without --resume"
    )]
    NothingToResume { path: String, reason: String },
    #[error(
        "{path}: the run began with another cohort (fingerprint {found}, expected {expected}); train it with its own, or start a new run"
    )]
    OtherCohort {
        path: String,
        found: String,
        expected: String,
    },
    #[error(
        "setting \"{key}\" differs from the run's own in config.toml; a resumed run keeps its settings: leave the flag out, or start a new run"
    )]
    OtherSettings { key: String },
    #[error(
        "found several findings or more than two classes, expected two classes here; use cordsight train, or leave --findings out"
    )]
    Several,
    #[error(
        "--baseline: found several findings or more than two classes, expected two classes: the others have no regression beside them yet; leave the flag out"
    )]
    SeveralBaseline,
    #[error("epoch {epoch}: the loss is no longer a finite number; lower --learning-rate")]
    Diverged { epoch: u32 },
    #[error("stopped after epoch {epoch}")]
    Stopped { epoch: u32 },
}

fn unreadable(failures: &[Exclusion]) -> String {
    let lines: Vec<String> = failures
        .iter()
        .map(|f| format!("{}: {}", f.image, f.reason))
        .collect();
    let remedy = "correct or remove these rows, or leave them out with --skip-unreadable";
    match lines.as_slice() {
        [one] => format!("{one}; {remedy}"),
        _ => format!(
            "{}\n{} radiographs cannot be used; {remedy}",
            lines.join("\n"),
            lines.len()
        ),
    }
}
