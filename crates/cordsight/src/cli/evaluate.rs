//! `cordsight evaluate`: judges a run again, a model on another cohort, or predictions of any origin.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use cordsight::block::Conv;
use cordsight::cohort::Cohort;
use cordsight::evaluate::judge;
use cordsight::model_file::{Answers, Model, ThresholdOrigin};
use cordsight::predictions::{self, Prediction};
use cordsight::results;
use cordsight::run_folder::{RunFolder, write_whole};
use cordsight::several::results as several_results;
use cordsight::statistics::judgement::{self, Request, judgement};
use cordsight::statistics::{folder, layout};
use cordsight::tables::ScoreTable;
use diagstat::Prevalence;

use super::{Failure, print, print_json, several, summary};

/// Judge a run, a model on another cohort, or a predictions file
#[derive(clap::Args)]
pub struct Evaluate {
    /// The folder of a finished run; with --model: the cohort to score
    #[arg(value_name = "RUN|COHORT", required_unless_present = "predictions")]
    target: Option<PathBuf>,
    /// Score the cohort with this model
    #[arg(long, value_name = "MODEL", requires = "target")]
    model: Option<PathBuf>,
    /// Judge this file: columns patient, label, score, optionally image; all others are covariates
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
    /// Judge the subgroups of --predictions that this column makes; may be given several times
    #[arg(long, value_name = "COLUMN", requires = "predictions")]
    by: Vec<String>,
    /// Give predictive values and net benefit of --predictions at this prevalence as well
    #[arg(long, value_name = "NUMBER", requires = "predictions")]
    prevalence: Option<f64>,
    /// Bootstrap replicates of the band round the ROC curve
    #[arg(
        long,
        value_name = "N",
        default_value = "2000",
        requires = "predictions"
    )]
    replicates: NonZeroU32,
    /// Seed of the bootstrap
    #[arg(long, value_name = "N", default_value_t = 1, requires = "predictions")]
    seed: u64,
    /// With --predictions: write tables and figures into this folder. With --model: write the scores to this CSV
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    /// Replace the results of an earlier --out folder
    #[arg(long, requires = "out", requires = "predictions")]
    overwrite: bool,
    /// The sub-folder of the class to detect, for a folder of classes
    #[arg(long, value_name = "NAME")]
    positive: Option<String>,
    /// Column of the cohort that names the class, for a model of three or more classes [default: label]
    #[arg(long, value_name = "COLUMN", requires = "model")]
    class_column: Option<String>,
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
            (Some(path), _, _) => return self.judge_file(path),
            (None, Some(model), Some(cohort)) => {
                let model = Model::load(model, self.conv)?;
                if let Some(answers) = &model.manifest.answers {
                    return self.several(&model, answers, cohort);
                }
                let scored = self.score(&model, cohort)?;
                if let Some(out) = &self.out {
                    write_whole(out, &predictions::to_csv(&scored)?)?;
                }
                judge(&scored, None, &model.manifest.threshold)?
            }
            (None, None, Some(run)) => {
                if self.out.is_some() {
                    return Err(Failure::WrongUse(
                        "found --out with a run, whose results stand in the run; give --out with --predictions or --model".into(),
                    ));
                }
                let run = RunFolder::open(run);
                if several_results::is_run(&run) {
                    let (_, judged) = several_results::write(&run)?;
                    return match self.json {
                        true => print_json(&judged),
                        false => print(&several::of_run(&run)?),
                    };
                }
                let judged = results::write(&run)?;
                return match self.json {
                    true => print_json(&results::Metrics::of(
                        &judged.judgement,
                        judged.beside.as_ref(),
                    )),
                    false => print(&summary::of_run(&run)?),
                };
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

    fn judge_file(&self, path: &Path) -> Result<(), Failure> {
        if let Some(out) = &self.out {
            folder::check(out, self.overwrite)?;
        }
        let request = Request {
            threshold: ThresholdOrigin {
                value: self.threshold,
                origin: "given with --threshold".to_string(),
            },
            prevalence: self.prevalence.map(Prevalence::new).transpose()?,
            by: self.by.clone(),
            replicates: self.replicates,
            seed: self.seed,
        };
        let judged = judgement(&ScoreTable::read(path)?, &request)?;
        let sections = judgement::sections(&judged);
        if let Some(out) = &self.out {
            folder::write(out, &judged, &sections, &judgement::drawings(&judged))?;
        }
        if self.json {
            return print_json(&judged);
        }
        let place = self.out.as_ref().map_or_else(String::new, |out| {
            format!("\ntables and figures in {}\n", out.display())
        });
        print(&format!(
            "{}{}{place}",
            summary::of(&judged.evaluation),
            layout::text(&sections)
        ))
    }

    /// A model of several findings or classes on another cohort.
    fn several(&self, model: &Model, answers: &Answers, cohort: &Path) -> Result<(), Failure> {
        let column = self.class_column.as_deref();
        let (rows, judged) = several::judged_on(model, answers, cohort, column)?;
        if let Some(out) = &self.out {
            let csv = cordsight::several::predictions::to_csv(&answers.task, &rows)?;
            write_whole(out, &csv)?;
        }
        match self.json {
            true => print_json(&judged),
            false => print(&several::of(&judged)),
        }
    }

    fn score(&self, model: &Model, cohort: &Path) -> Result<Vec<Prediction>, Failure> {
        let cohort = Cohort::read(cohort, self.positive.as_deref())?;
        let pictures = cohort.pictures.iter();
        let files: Vec<(&Path, Option<f64>)> =
            pictures.map(|p| (p.path.as_path(), p.spacing_mm)).collect();
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
