//! Why a run's results cannot be read or written.

use crate::baseline::MeasuresError;
use crate::cohort::CohortError;
use crate::config::ConfigError;
use crate::evaluate::EvaluateError;
use crate::figure::PngError;
use crate::predictions::PredictionsError;
use crate::report::ReportError;
use crate::run_folder::RunFolderError;
use crate::seal::SealError;
use crate::statistics::StatisticsError;

/// Results that cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum ResultsError {
    #[error(transparent)]
    RunFolder(#[from] RunFolderError),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Predictions(#[from] PredictionsError),
    #[error(transparent)]
    Evaluate(#[from] EvaluateError),
    #[error(transparent)]
    Seal(#[from] SealError),
    #[error(transparent)]
    Measures(#[from] MeasuresError),
    #[error(transparent)]
    Covariates(#[from] CohortError),
    #[error(transparent)]
    Statistics(#[from] StatisticsError),
    #[error(transparent)]
    Png(#[from] PngError),
    #[error(transparent)]
    Report(#[from] ReportError),
    #[error(transparent)]
    Docx(#[from] crate::docx::DocxError),
    #[error(transparent)]
    Folder(#[from] crate::statistics::folder::FolderError),
    #[error("{path}: {problem}")]
    File { path: String, problem: String },
    #[error("cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("cannot be written as TOML: {0}")]
    Toml(#[from] toml::ser::Error),
    #[error("cannot be written as CSV: {0}")]
    Csv(#[from] csv::Error),
}
