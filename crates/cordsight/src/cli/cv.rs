//! `cordsight cv`: repeated cross-validation of a cohort.

use std::path::PathBuf;

use cordsight::config::Settings;
use cordsight::cross_validation::{
    CrossValidationError, Follow, Place, Request, cross_validate, text,
};
use cordsight::train::{self, TrainError};

use super::progress::Terminal;
use super::train::{names, settings};
use super::{Failure, print, print_json};

/// Cross-validate: test every patient by networks that never saw them, and show the luck of a split
///
/// The same command again goes on where it was stopped.
#[derive(clap::Args)]
pub struct Cv {
    /// CSV with the columns patient, image, label; or a folder with one sub-folder a class
    cohort: PathBuf,
    /// Folder of all runs and of the report
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Parts that the patients are dealt into
    #[arg(long, value_name = "K", default_value_t = 5)]
    folds: u32,
    /// How often they are dealt anew; more may be asked for later
    #[arg(long, value_name = "N", default_value_t = 1)]
    repeats: u32,
    /// A published AUC to place among those of the splits
    #[arg(long, value_name = "AUC")]
    published_auc: Option<f64>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Settings file (TOML); flags go before it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Leave out radiographs that cannot be read instead of stopping
    #[arg(long)]
    skip_unreadable: bool,
    /// The sub-folder of the class to detect, for a folder of classes
    #[arg(long, value_name = "NAME")]
    positive: Option<String>,
    /// Names of the classes with label 0 and 1, for the report
    #[arg(
        long,
        value_name = "NEGATIVE,POSITIVE",
        value_delimiter = ',',
        num_args = 1
    )]
    classes: Option<Vec<String>>,
    #[command(flatten, next_help_heading = "Settings")]
    settings: Settings,
}

impl Cv {
    pub fn run(self) -> Result<(), Failure> {
        let request = Request {
            training: train::Request {
                cohort: self.cohort,
                out: self.out,
                positive: self.positive,
                classes: names(self.classes.as_deref())?,
                skip_unreadable: self.skip_unreadable,
                settings: settings(self.settings, self.config.as_deref())?,
                ..train::Request::default()
            },
            folds: self.folds,
            repeats: self.repeats,
            published_auc: self.published_auc,
        };
        let mut terminal = Terminal::new()?;
        let outcome = cross_validate(&request, &mut terminal).map_err(failure)?;
        if self.json {
            return print_json(&outcome);
        }
        let report = request.training.out.join("report.md");
        print(&format!(
            "\n{}report      {}\n",
            text(&outcome),
            report.display()
        ))
    }
}

fn failure(error: CrossValidationError) -> Failure {
    match error {
        CrossValidationError::Fold { place, source } => match *source {
            TrainError::Stopped { epoch } => Failure::Stopped(format!(
                "{} after epoch {epoch}, which is kept; the same command goes on",
                place.folder()
            )),
            other => Failure::Failed(format!("{}: {other}", place.folder())),
        },
        error @ (CrossValidationError::Setting { .. }
        | CrossValidationError::Config(_)
        | CrossValidationError::Training(TrainError::Config(_))) => {
            Failure::WrongUse(error.to_string())
        }
        error => error.into(),
    }
}

impl Follow for Terminal {
    fn fold(&mut self, place: Place, is_finished: bool) {
        let Place { repeat, fold } = place;
        let finished = if is_finished { ": finished before" } else { "" };
        self.line(&format!("repeat {repeat}, fold {fold}{finished}"));
    }
}
