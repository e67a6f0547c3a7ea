//! `cordsight train`: from a cohort to a run folder.

use std::path::{Path, PathBuf};

use cordsight::config::Settings;
use cordsight::train::{Request, TrainError, train};

use super::progress::Terminal;
use super::{Failure, print, summary};

/// Train a network on a cohort, test it once, and write a report
#[derive(clap::Args)]
pub struct Train {
    /// CSV with the columns patient, image, label; or a folder with one sub-folder a class
    cohort: PathBuf,
    /// Folder of the run
    #[arg(long, value_name = "RUN")]
    out: PathBuf,
    /// Settings file (TOML); flags go before it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Go on with a run that was stopped
    #[arg(long, conflicts_with = "overwrite")]
    resume: bool,
    /// Replace the run that is in the folder
    #[arg(long)]
    overwrite: bool,
    /// Leave out radiographs that cannot be read (the report lists them) instead of stopping
    #[arg(long)]
    skip_unreadable: bool,
    /// Use this split (columns patient, label, split) instead of drawing one
    #[arg(long, value_name = "CSV")]
    split: Option<PathBuf>,
    /// The sub-folder of the class to detect, for a folder of classes
    #[arg(long, value_name = "NAME")]
    positive: Option<String>,
    /// Columns of the CSV that are measures: a logistic regression on them stands beside the network in the report
    #[arg(long, value_name = "COLUMN,...", value_delimiter = ',', num_args = 1)]
    baseline: Vec<String>,
    /// Names of the classes with label 0 and 1, for the report; three or more names make a network for so many classes
    #[arg(
        long,
        value_name = "NEGATIVE,POSITIVE,...",
        value_delimiter = ',',
        num_args = 1
    )]
    classes: Option<Vec<String>>,
    #[command(flatten, next_help_heading = "Settings")]
    settings: Settings,
}

impl Train {
    pub fn run(self) -> Result<(), Failure> {
        let mut settings = settings(self.settings, self.config.as_deref())?;
        let classes = match self.classes {
            Some(several) if several.len() > 2 => {
                settings.classes = Some(several);
                None
            }
            two => names(two.as_deref())?,
        };
        let request = Request {
            cohort: self.cohort,
            out: self.out,
            positive: self.positive,
            classes,
            split: self.split,
            baseline: self.baseline,
            skip_unreadable: self.skip_unreadable,
            overwrite: self.overwrite,
            resume: self.resume,
            settings,
        };
        run_request(&request)
    }
}

/// Flags, and what the file says where there is no flag.
pub fn settings(flags: Settings, file: Option<&Path>) -> Result<Settings, Failure> {
    match file {
        None => Ok(flags),
        Some(path) => Ok(flags.or(Settings::read(path)?)),
    }
}

/// The two names of `--classes`.
pub fn names(classes: Option<&[String]>) -> Result<Option<[String; 2]>, Failure> {
    match classes {
        None => Ok(None),
        Some([negative, positive]) if !negative.is_empty() && !positive.is_empty() => {
            Ok(Some([negative.clone(), positive.clone()]))
        }
        Some(found) => {
            let found = found.join(",");
            Err(Failure::WrongUse(format!(
                "--classes: found \"{found}\", expected two names, such as non-CSM,CSM"
            )))
        }
    }
}

/// Trains and prints the summary; shared with the demo.
pub fn run_request(request: &Request) -> Result<(), Failure> {
    let mut terminal = Terminal::new()?;
    match train(request, &mut terminal) {
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
