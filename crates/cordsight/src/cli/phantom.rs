//! `cordsight phantom`: draws a cohort of synthetic radiographs.

use std::path::PathBuf;

use phantom::{CohortPlan, Format, write_cohort};

use super::progress::Count;
use super::{Failure, print};

/// Draw a cohort of synthetic lateral cervical radiographs with known anatomy
#[derive(clap::Args)]
pub struct Phantom {
    /// Folder to write to; must be new or empty
    out: PathBuf,
    /// Number of patients
    #[arg(long, value_name = "N", default_value_t = 207)]
    patients: usize,
    /// How many of them have myelopathy [default: the paper's share, 96 of 207]
    #[arg(long, value_name = "N")]
    positives: Option<usize>,
    /// Seed of everything
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// File format of the radiographs
    #[arg(long, default_value = "dicom")]
    format: PictureFormat,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum PictureFormat {
    /// 12 bits in 16, with pixel spacing
    Dicom,
    /// 16 bits grey
    Png,
}

impl Phantom {
    pub fn run(self) -> Result<(), Failure> {
        let paper = CohortPlan::default();
        let share = paper.positives as f64 / paper.patients as f64;
        let positives = self
            .positives
            .unwrap_or((share * self.patients as f64).round() as usize);
        let plan = CohortPlan {
            patients: self.patients,
            positives,
            seed: self.seed,
            ..paper
        };
        let format = match self.format {
            PictureFormat::Dicom => Format::Dicom,
            PictureFormat::Png => Format::Png,
        };
        let bar = Count::new("drawing radiographs", self.patients);
        let drawn = write_cohort(&plan, &self.out, format, &|done| bar.show(done));
        bar.end();
        let summary = drawn?;
        let ceiling = summary.ceiling_auc.map_or_else(String::new, |auc| {
            format!(
                "a reader who measured every bone without error would reach an AUC of {auc:.3}\n"
            )
        });
        let out = self.out.display();
        print(&format!(
            "drew {} synthetic patients, {} with myelopathy, in {out}\n{ceiling}next: cordsight train {out}/cohort.csv --out runs/phantom --width 0.125 --learning-rate 1e-3\n",
            summary.patients, summary.positives
        ))
    }
}
