//! `cordsight cv`: repeated cross-validation of a cohort.

use std::path::PathBuf;

use cordsight::cross_validation::{
    CrossValidationError, Follow, Place, Request, cross_validate, text,
};
use cordsight::several;
use cordsight::train::TrainError;

use super::progress::Terminal;
use super::training::Training;
use super::{Failure, print, print_json};

/// Cross-validate: test every patient by networks that never saw them, and show the luck of a split
///
/// The same command again goes on where it was stopped.
#[derive(clap::Args)]
pub struct Cv {
    /// Folder of all runs and of the report
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Parts that the patients are dealt into
    #[arg(long, value_name = "K", default_value_t = 5)]
    folds: u32,
    /// Instead of folds: leave out one site after another, as this column of the CSV names them
    #[arg(long, value_name = "COLUMN", conflicts_with = "folds")]
    by_site: Option<String>,
    /// How often they are dealt anew; more may be asked for later
    #[arg(long, value_name = "N", default_value_t = 1)]
    repeats: u32,
    /// Choose the learning rate of each fold among these, on its validation patients
    #[arg(
        long,
        value_name = "RATE,...",
        value_delimiter = ',',
        num_args = 1,
        conflicts_with = "learning_rate"
    )]
    learning_rates: Vec<f64>,
    /// A published AUC to place among those of the splits
    #[arg(long, value_name = "AUC")]
    published_auc: Option<f64>,
    /// Write event files for TensorBoard into the folder of each fold
    #[arg(long)]
    tensorboard: bool,
    /// Show curves, pace and log on one screen, where standard output is a terminal
    #[arg(long)]
    dashboard: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    training: Training,
}

impl Cv {
    pub fn run(self) -> Result<(), Failure> {
        let mut training = self.training.request(self.out)?;
        training.tensorboard = self.tensorboard;
        let request = Request {
            training,
            folds: self.folds,
            repeats: self.repeats,
            by_site: self.by_site,
            learning_rates: self.learning_rates,
            published_auc: self.published_auc,
        };
        let (cohort, out) = (&request.training.cohort, &request.training.out);
        let title = format!("cv {}, in {}", cohort.display(), out.display());
        let mut terminal = Terminal::with_dashboard(self.dashboard, &title)?;
        let text = if several::train::is_asked(&request.training)? {
            let validated = several::cv::cross_validate(&request, &mut terminal);
            terminal.end();
            let outcome = validated.map_err(failure)?;
            if self.json {
                return print_json(&outcome);
            }
            several::cv::text(&outcome)
        } else {
            let validated = cross_validate(&request, &mut terminal);
            terminal.end();
            let outcome = validated.map_err(failure)?;
            if self.json {
                return print_json(&outcome);
            }
            text(&outcome)
        };
        let report = request.training.out.join("report.md");
        print(&format!("\n{text}report      {}\n", report.display()))
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
    fn fold(&mut self, place: Place, is_finished: bool, ahead: usize) {
        let Place { repeat, fold } = place;
        let text = match is_finished {
            true => "finished before".to_string(),
            false => self.begin_fold(ahead),
        };
        self.begin(&format!("repeat {repeat}, fold {fold}: {text}"));
        self.line(&format!("repeat {repeat}, fold {fold}: {text}"));
    }

    fn choosing(&mut self, rates: usize) {
        self.line(&format!(
            "choosing among {rates} learning rates on the validation patients"
        ));
    }

    fn chosen(&mut self, rate: f64) {
        self.line(&format!("learning rate {rate:e}"));
    }
}
