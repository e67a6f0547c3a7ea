//! `cordsight compare`: models, a human measure, and readers on the same patients.

use std::num::NonZeroU32;
use std::path::PathBuf;

use cordsight::statistics::comparison::{self, Measure, Request, comparison};
use cordsight::statistics::{folder, layout};
use cordsight::tables::{ReaderTable, ScoreTable};

use super::{Failure, print, print_json};

/// Compare models on the same patients, also with a human measure or readers
#[derive(clap::Args)]
pub struct Compare {
    /// Files with the columns patient, label, score; the first may hold the measure
    #[arg(value_name = "CSV", required = true)]
    files: Vec<PathBuf>,
    /// Score from which every model calls a patient positive
    #[arg(long, value_name = "NUMBER", default_value_t = 0.5)]
    threshold: f64,
    /// Compare with this column of the first file, such as a canal ratio
    #[arg(long, value_name = "COLUMN")]
    measure: Option<String>,
    /// Low values of the measure speak for the disorder
    #[arg(long, requires = "measure")]
    lower_is_worse: bool,
    /// Value of the measure from which a patient is called positive; with --lower-is-worse: down to which
    #[arg(
        long,
        value_name = "NUMBER",
        requires = "measure",
        allow_hyphen_values = true
    )]
    measure_threshold: Option<f64>,
    /// Compare readers with the first file: columns patient, reader, call or score, optionally aided (yes or no)
    #[arg(long, value_name = "CSV")]
    readers: Option<PathBuf>,
    /// Bootstrap replicates
    #[arg(long, value_name = "N", default_value = "2000")]
    replicates: NonZeroU32,
    /// Seed of the bootstrap
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Write tables and figures into this folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Replace the results of an earlier --out folder
    #[arg(long, requires = "out")]
    overwrite: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Compare {
    pub fn run(self) -> Result<(), Failure> {
        if self.files.len() < 2 && self.measure.is_none() && self.readers.is_none() {
            return Err(Failure::WrongUse(
                "found one file, expected at least two, or --measure, or --readers".to_string(),
            ));
        }
        let given = [Some(self.threshold), self.measure_threshold];
        if given.into_iter().flatten().any(|value| !value.is_finite()) {
            return Err(Failure::WrongUse(
                "found a threshold that is not finite, expected a number".to_string(),
            ));
        }
        if let Some(out) = &self.out {
            folder::check(out, self.overwrite)?;
        }
        let tables = self
            .files
            .iter()
            .map(|file| ScoreTable::read(file))
            .collect::<Result<Vec<_>, _>>()?;
        let readers = match (&self.readers, tables.first()) {
            (Some(path), Some(first)) => Some(ReaderTable::read(path, first)?),
            _ => None,
        };
        let request = Request {
            threshold: self.threshold,
            measure: self.measure.as_ref().map(|column| Measure {
                column: column.clone(),
                lower_is_worse: self.lower_is_worse,
                threshold: self.measure_threshold,
            }),
            replicates: self.replicates,
            seed: self.seed,
        };
        let compared = comparison(&tables, readers.as_ref(), &request)?;
        let sections = comparison::sections(&compared);
        if let Some(out) = &self.out {
            let drawings = comparison::drawings(&compared);
            folder::write(out, &compared, &sections, &drawings)?;
        }
        if self.json {
            return print_json(&compared);
        }
        let place = self.out.as_ref().map_or_else(String::new, |out| {
            format!("\ntables and figures in {}\n", out.display())
        });
        print(&format!("{}{place}", layout::text(&sections).trim_start()))
    }
}
