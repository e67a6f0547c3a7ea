//! `cordsight evaluate`: judges a run again, a model on another cohort, or predictions of any origin.

use std::path::{Path, PathBuf};

use cordsight::block::Conv;
use cordsight::cohort::Cohort;
use cordsight::evaluate::judge;
use cordsight::model_file::{Model, ThresholdOrigin};
use cordsight::predictions::{self, Prediction};
use cordsight::results;
use cordsight::run_folder::{RunFolder, write_whole};

use super::{Failure, print, print_json, summary};

/// Judge a run, a model on another cohort, or a predictions file
#[derive(clap::Args)]
pub struct Evaluate {
    /// The folder of a finished run; with --model: the cohort to score
    #[arg(value_name = "RUN|COHORT", required_unless_present = "predictions")]
    target: Option<PathBuf>,
    /// Score the cohort with this model
    #[arg(long, value_name = "MODEL", requires = "target")]
    model: Option<PathBuf>,
    /// Judge this file (columns patient, image, label, score)
    #[arg(long, value_name = "CSV", conflicts_with_all = ["target", "model"])]
    predictions: Option<PathBuf>,
    /// Score from which a patient of --predictions is called positive
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 0.5,
        requires = "predictions"
    )]
    threshold: f64,
    /// Write the scores of --model to this file
    #[arg(long, value_name = "CSV", requires = "model")]
    out: Option<PathBuf>,
    /// The sub-folder of the class to detect, for a folder of classes
    #[arg(long, value_name = "NAME")]
    positive: Option<String>,
    /// How --model computes convolutions: winograd, or direct, which is Burn's own
    #[arg(long, value_name = "WAY", default_value_t, hide_possible_values = true)]
    conv: Conv,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Evaluate {
    pub fn run(self) -> Result<(), Failure> {
        let evaluation = match (&self.predictions, &self.model, &self.target) {
            (Some(path), _, _) => {
                let threshold = ThresholdOrigin {
                    value: self.threshold,
                    origin: "given with --threshold".to_string(),
                };
                judge(&predictions::read(path)?, None, &threshold)?
            }
            (None, Some(model), Some(cohort)) => {
                let model = Model::load(model, self.conv)?;
                let scored = self.score(&model, cohort)?;
                if let Some(out) = &self.out {
                    write_whole(out, &predictions::to_csv(&scored)?)?;
                }
                judge(&scored, None, &model.manifest.threshold)?
            }
            (None, None, Some(run)) => {
                let run = RunFolder::open(run);
                results::write(&run)?;
                if !self.json {
                    return print(&summary::of_run(&run)?);
                }
                results::evaluation(&run)?.0
            }
            (None, _, None) => {
                return Err(Failure::WrongUse(
                    "found nothing to judge; give a run, or --predictions".into(),
                ));
            }
        };
        if self.json {
            print_json(&evaluation)
        } else {
            print(&summary::of(&evaluation))
        }
    }

    fn score(&self, model: &Model, cohort: &Path) -> Result<Vec<Prediction>, Failure> {
        let cohort = Cohort::read(cohort, self.positive.as_deref())?;
        let files: Vec<&Path> = cohort.pictures.iter().map(|p| p.path.as_path()).collect();
        let outcomes = cohort.pictures.iter().zip(model.score_files(&files));
        let scored = outcomes.map(|(picture, score)| {
            let failed = |reason| format!("{}: {reason}", picture.path.display());
            Ok(Prediction {
                patient: picture.patient.clone(),
                image: picture.name.clone(),
                label: picture.label,
                score: score.map_err(failed)?,
            })
        });
        scored
            .collect::<Result<Vec<_>, String>>()
            .map_err(Failure::Failed)
    }
}
