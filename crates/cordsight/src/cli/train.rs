//! `cordsight train`: from a cohort to a run folder.

use std::path::PathBuf;

use cordsight::train::{Request, TrainError, train};

use super::progress::Terminal;
use super::training::Training;
use super::{Failure, print, summary};

/// Train a network on a cohort, test it once, and write a report
#[derive(clap::Args)]
pub struct Train {
    /// Folder of the run
    #[arg(long, value_name = "RUN")]
    out: PathBuf,
    /// Go on with a run that was stopped
    #[arg(long, conflicts_with = "overwrite")]
    resume: bool,
    /// Replace the run that is in the folder
    #[arg(long)]
    overwrite: bool,
    /// Leave out the scores of the test part with worse pictures (noise, blur, exposure, crop, fewer greys)
    #[arg(long)]
    no_robustness: bool,
    /// Use this split (columns patient, label, split) instead of drawing one
    #[arg(long, value_name = "CSV")]
    split: Option<PathBuf>,
    /// Write event files for TensorBoard into the run's folder
    #[arg(long)]
    tensorboard: bool,
    /// Show curves, pace and log on one screen, where standard output is a terminal
    #[arg(long)]
    dashboard: bool,
    #[command(flatten)]
    training: Training,
}

impl Train {
    pub fn run(self) -> Result<(), Failure> {
        let request = Request {
            split: self.split,
            robustness: !self.no_robustness,
            overwrite: self.overwrite,
            resume: self.resume,
            tensorboard: self.tensorboard,
            ..self.training.request(self.out)?
        };
        run_request(&request, self.dashboard)
    }
}

/// Trains and prints the summary; shared with the demo.
pub fn run_request(request: &Request, dashboard: bool) -> Result<(), Failure> {
    let (cohort, out) = (request.cohort.display(), request.out.display());
    let title = format!("train {cohort}, in {out}");
    let mut terminal = Terminal::with_dashboard(dashboard, &title)?;
    let trained = train(request, &mut terminal);
    terminal.end();
    match trained {
        Ok(run) => print(&summary::of_run(&run)?),
        Err(TrainError::Stopped { epoch }) => Err(Failure::Stopped(format!(
            "after epoch {epoch}, which is kept; go on with: {}",
            resume_command(request)
        ))),
        Err(error @ (TrainError::Config(_) | TrainError::NothingToResume { .. })) => {
            Err(Failure::WrongUse(error.to_string()))
        }
        Err(error) => Err(error.into()),
    }
}

/// What to type to go on: the cohort must be read in the same way again, all else is in the run folder.
fn resume_command(request: &Request) -> String {
    let (cohort, out) = (request.cohort.display(), request.out.display());
    let skip = if request.skip_unreadable {
        " --skip-unreadable"
    } else {
        ""
    };
    let positive = request
        .positive
        .as_ref()
        .map_or_else(String::new, |name| format!(" --positive {name}"));
    format!("cordsight train {cohort} --out {out}{skip}{positive} --resume")
}
