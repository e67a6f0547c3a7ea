//! `cordsight report`: the page and the texts of a finished run, written again from the run's own files.

use std::path::PathBuf;

use cordsight::config::{Settings, TrainConfig};
use cordsight::results;
use cordsight::run_folder::RunFolder;
use cordsight::several;

use super::{Failure, print, summary};

/// Write a run's report again, such as after [study] was filled in in its config.toml
#[derive(clap::Args)]
pub struct Report {
    /// Folder of the run
    run: PathBuf,
    /// Settings file (TOML) whose table [study] is taken over into the run's config.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The audit.json of "cordsight audit": its findings become a section of the report
    #[arg(long, value_name = "FILE")]
    audit: Option<PathBuf>,
}

impl Report {
    pub fn run(self) -> Result<(), Failure> {
        let run = RunFolder::open(&self.run);
        let is_several = several::results::is_run(&run);
        match is_several {
            true => drop(several::results::read_facts(&run)?),
            false => drop(results::read_facts(&run)?),
        }
        if let Some(file) = &self.config {
            let stated = Settings::read(file)?.study;
            let mut config = TrainConfig::read(&run.config())?;
            config.study = stated.or(config.study);
            results::write_config(&run, &config)?;
        }
        if let Some(audit) = &self.audit {
            if is_several {
                return Err(Failure::WrongUse(
                    "--audit: the report of several findings has no such section; leave --audit out".to_string(),
                ));
            }
            results::audited::take(&run, audit)?;
        }
        match is_several {
            true => drop(several::results::write(&run)?),
            false => drop(results::write(&run)?),
        }
        print(&summary::of_run(&run)?)
    }
}
