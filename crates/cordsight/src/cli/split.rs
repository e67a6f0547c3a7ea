//! `cordsight split`: decides once who trains and who tests.

use std::path::PathBuf;

use cordsight::cohort::Cohort;
use cordsight::run_folder::write_whole;
use cordsight::split::{Part, Split as Parts};

use super::{Failure, print};

/// Draw a split by patient, stratified by label, and write it
#[derive(clap::Args)]
pub struct Split {
    /// CSV with the columns patient, image, label; or a folder with one sub-folder a class
    cohort: PathBuf,
    /// The file to write
    #[arg(long, value_name = "CSV")]
    out: PathBuf,
    /// Share of the patients of each class set aside for testing
    #[arg(long, value_name = "FRACTION", default_value_t = 0.3)]
    test: f64,
    /// Share of the training patients set aside to choose epoch and threshold
    #[arg(long, value_name = "FRACTION", default_value_t = 0.0)]
    validation: f64,
    /// Seed of the draw
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// The sub-folder of the class to detect, for a folder of classes
    #[arg(long, value_name = "NAME")]
    positive: Option<String>,
    /// Replace the file
    #[arg(long)]
    overwrite: bool,
}

impl Split {
    pub fn run(self) -> Result<(), Failure> {
        for (flag, value, low) in [
            ("--test", self.test, 0.05),
            ("--validation", self.validation, 0.0),
        ] {
            if !(low..=0.95).contains(&value) {
                return Err(Failure::WrongUse(format!(
                    "{flag}: found {value}, expected {low} to 0.95"
                )));
            }
        }
        if self.out.exists() && !self.overwrite {
            let path = self.out.display();
            return Err(Failure::Failed(format!(
                "{path}: is there already; choose another --out, or pass --overwrite"
            )));
        }
        let cohort = Cohort::read(&self.cohort, self.positive.as_deref())?;
        let split = Parts::draw(&cohort, self.test, self.validation, self.seed)?;
        write_whole(&self.out, split.to_csv().as_bytes())?;
        let mut text = String::new();
        for part in [Part::Train, Part::Validation, Part::Test] {
            let counts = split.counts(&cohort, part);
            if counts.pictures > 0 {
                text.push_str(&format!(
                    "{:<10} {:>4} positive + {:>4} negative patients, {:>4} radiographs\n",
                    part.to_string(),
                    counts.positive_patients,
                    counts.negative_patients,
                    counts.pictures
                ));
            }
        }
        print(&text)
    }
}
