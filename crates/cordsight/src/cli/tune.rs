//! `cordsight tune`: a search over settings among those who learn.

use std::path::PathBuf;

use cordsight::train::TrainError;
use cordsight::tune::halving::Rung;
use cordsight::tune::space::Over;
use cordsight::tune::{By, Follow, Reached, Request, TuneError, next, text, tune};

use super::progress::Terminal;
use super::training::Training;
use super::{Failure, print, print_json};

/// Search settings by successive halving, among the training patients alone
///
/// The pictures of the test patients are not opened. The same command again goes on where it was stopped.
#[derive(clap::Args)]
pub struct Tune {
    /// Folder of the search
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// A setting to search: KEY=LOW..HIGH, or KEY=VALUE,VALUE,...; may be given several times
    #[arg(long, value_name = "KEY=VALUES", required = true)]
    over: Vec<Over>,
    /// Trials to draw; fewer where there are no more combinations
    #[arg(long, value_name = "N", default_value_t = 16)]
    trials: usize,
    /// One in so many trials goes on, with so many times the epochs
    #[arg(long, value_name = "N", default_value_t = 3)]
    eta: u32,
    /// Splits of the training patients in which each trial is trained and judged
    #[arg(long, value_name = "N", default_value_t = 3)]
    splits: u32,
    /// What decides, on the patients set aside in each split
    #[arg(long, value_name = "FIGURE", default_value = "loss")]
    by: By,
    /// Use this split (columns patient, label, split) to know who tests, instead of drawing one
    #[arg(long, value_name = "CSV")]
    split: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    training: Training,
}

impl Tune {
    pub fn run(self) -> Result<(), Failure> {
        let mut training = self.training.request(self.out)?;
        training.split = self.split;
        let request = Request {
            training,
            over: self.over,
            trials: self.trials,
            eta: self.eta,
            splits: self.splits,
            by: self.by,
        };
        let mut terminal = Terminal::new()?;
        let outcome = tune(&request, &mut terminal).map_err(failure)?;
        if self.json {
            return print_json(&outcome);
        }
        let folder = request.training.out.display();
        print(&format!(
            "\n{}report      {folder}/report.md, all trials in {folder}/trials.csv\nnext        {}\n",
            text(&outcome),
            next(&outcome)
        ))
    }
}

fn failure(error: TuneError) -> Failure {
    match error {
        TuneError::Trial { trial, source } => match *source {
            TrainError::Stopped { epoch } => Failure::Stopped(format!(
                "trial {trial} after epoch {epoch}, which is kept; the same command goes on"
            )),
            other => Failure::Failed(format!("trial {trial}: {other}")),
        },
        error @ (TuneError::Setting { .. }
        | TuneError::Config(_)
        | TuneError::Training(TrainError::Config(_))) => Failure::WrongUse(error.to_string()),
        error => error.into(),
    }
}

impl Follow for Terminal {
    fn search(&mut self, rungs: &[Rung], epochs: u64) {
        let rungs: Vec<String> = (rungs.iter())
            .map(|rung| format!("{} trials until epoch {}", rung.trials, rung.epochs))
            .collect();
        self.line(&format!("{}: {epochs} epochs in all", rungs.join(", ")));
    }

    fn trial(&mut self, trial: usize, epochs: u32, settings: &str) {
        self.line(&format!("trial {trial} until epoch {epochs}: {settings}"));
    }

    fn judged(&mut self, trial: usize, reached: &Reached) {
        let number =
            |value: Option<f64>| value.map_or_else(|| "-".to_string(), |v| format!("{v:.4}"));
        self.line(&format!(
            "trial {trial}: inner loss {} AUC {}",
            number(reached.loss()),
            number(reached.auc())
        ));
    }
}
