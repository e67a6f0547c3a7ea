//! What `train` and `cv` ask alike: the cohort, how it is read, what stands beside the network, and the settings.
//!
//! In: flags. Out: a [`Request`] for a folder.

use std::path::{Path, PathBuf};

use cordsight::config::Settings;
use cordsight::train::Request;

use super::Failure;

/// The cohort and the settings of a training.
#[derive(clap::Args)]
pub struct Training {
    /// CSV with the columns patient, image, label; or a folder with one sub-folder a class
    cohort: PathBuf,
    /// Settings file (TOML); flags go before it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Leave out radiographs that cannot be read (the report lists them) instead of stopping
    #[arg(long)]
    skip_unreadable: bool,
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

impl Training {
    /// The request for a run, or for all runs, in `out`.
    pub fn request(self, out: PathBuf) -> Result<Request, Failure> {
        let mut settings = settings(self.settings, self.config.as_deref())?;
        let classes = match self.classes {
            Some(several) if several.len() > 2 => {
                settings.classes = Some(several);
                None
            }
            two => names(two.as_deref())?,
        };
        Ok(Request {
            cohort: self.cohort,
            out,
            positive: self.positive,
            classes,
            baseline: self.baseline,
            skip_unreadable: self.skip_unreadable,
            settings,
            ..Request::default()
        })
    }
}

/// Flags, and what the file says where there is no flag.
fn settings(flags: Settings, file: Option<&Path>) -> Result<Settings, Failure> {
    match file {
        None => Ok(flags),
        Some(path) => Ok(flags.or(Settings::read(path)?)),
    }
}

/// The two names of `--classes`.
fn names(classes: Option<&[String]>) -> Result<Option<[String; 2]>, Failure> {
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
