//! `cordsight phantom`: draws a cohort of synthetic radiographs.

use std::path::PathBuf;

use phantom::{CohortPlan, Confounders, Drawing, Format, Posture, write_cohort_as};

use super::progress::Count;
use super::{Failure, print};

/// Draw a cohort of synthetic lateral cervical radiographs with known anatomy
///
/// truth.csv holds what is true of each patient, landmarks.csv and csxa/ where it lies in the picture; docs/phantom.md explains
/// them. The same flags give the same bytes.
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
    /// File format of the radiographs: dicom or png
    #[arg(long, default_value = "dicom", hide_possible_values = true)]
    format: PictureFormat,
    /// Columns and rows, 32 to 4096 each; the field is 220 mm high whatever the size
    #[arg(long, value_name = "WIDTHxHEIGHT", default_value = "600x750", value_parser = size)]
    size: [usize; 2],
    /// Bits of a pixel, 8 to 16; as PNG, 8 stay 8 and more are stretched to 16
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u8).range(8..=16))]
    bits: u8,
    /// Radiographs of each patient: neutral, flexion, extension, or several with commas between
    #[arg(
        long,
        value_name = "VIEW,...",
        default_value = "neutral",
        value_delimiter = ',',
        hide_possible_values = true
    )]
    views: Vec<View>,
    /// Let age, scanner or marker (the lead letter) follow the label, to study shortcuts; several with commas between
    #[arg(
        long,
        value_name = "WHAT,...",
        value_delimiter = ',',
        hide_possible_values = true
    )]
    confound: Vec<Confounder>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum PictureFormat {
    Dicom,
    Png,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum View {
    Neutral,
    Flexion,
    Extension,
}

#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum Confounder {
    Age,
    Scanner,
    Marker,
}

impl Phantom {
    pub fn run(self) -> Result<(), Failure> {
        let plan = self.plan();
        let confounded = |by| self.confound.contains(&by);
        let drawing = Drawing {
            bits: self.bits,
            confounders: Confounders {
                age: confounded(Confounder::Age),
                scanner: confounded(Confounder::Scanner),
                marker: confounded(Confounder::Marker),
            },
            ..Drawing::default()
        };
        let views: Vec<Posture> = self.views.iter().map(|view| view.posture()).collect();
        let format = match self.format {
            PictureFormat::Dicom => Format::Dicom,
            PictureFormat::Png => Format::Png,
        };
        let bar = Count::new("drawing radiographs", self.patients);
        let done = |patients| bar.show(patients);
        let drawn = write_cohort_as(&plan, &drawing, &views, &self.out, format, &done);
        bar.end();
        let summary = drawn?;
        let ceiling = summary.ceiling_auc.map_or_else(String::new, |auc| {
            format!(
                "a reader who measured every bone without error would reach an AUC of {auc:.3}\n"
            )
        });
        let out = self.out.display();
        let radiographs = match views.len() {
            1 => String::new(),
            several => format!(", {several} radiographs each"),
        };
        let shortcuts = match drawing.confounders.names().join(", ") {
            none if none.is_empty() => none,
            names => format!(
                "follows the label: {names}; cordsight audit {out}/cohort.csv looks for shortcuts\n"
            ),
        };
        print(&format!(
            "drew {} synthetic patients, {} with myelopathy{radiographs}, in {out}\n{ceiling}{shortcuts}next: cordsight train {out}/cohort.csv --out runs/phantom --width 0.125 --learning-rate 1e-3\n",
            summary.patients, summary.positives
        ))
    }

    fn plan(&self) -> CohortPlan {
        let paper = CohortPlan::default();
        let share = paper.positives as f64 / paper.patients as f64;
        let [width, height] = self.size;
        CohortPlan {
            patients: self.patients,
            positives: self
                .positives
                .unwrap_or((share * self.patients as f64).round() as usize),
            seed: self.seed,
            width,
            height,
        }
    }
}

impl View {
    fn posture(self) -> Posture {
        match self {
            Self::Neutral => Posture::Neutral,
            Self::Flexion => Posture::Flexion,
            Self::Extension => Posture::Extension,
        }
    }
}

fn size(text: &str) -> Result<[usize; 2], String> {
    let sides = text
        .split_once(['x', 'X', '×'])
        .and_then(|(width, height)| {
            let side = |text: &str| text.trim().parse().ok();
            Some([side(width)?, side(height)?])
        });
    sides.ok_or_else(|| "expected columns x rows, such as 600x750".to_string())
}
