//! `cordsight evaluate`: judges a run again, a model on another cohort, or predictions of any origin.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use cordsight::block::Conv;
use cordsight::cohort::Cohort;
use cordsight::evaluate::judge;
use cordsight::external::{self, Overlap};
use cordsight::model_file::{Answers, Model, ThresholdOrigin};
use cordsight::pool::Pool;
use cordsight::predictions;
use cordsight::results;
use cordsight::run_folder::{RunFolder, write_whole};
use cordsight::seal;
use cordsight::several::external as several_external;
use cordsight::several::results as several_results;
use cordsight::statistics::judgement::{self, Request, judgement};
use cordsight::statistics::{folder, layout};
use cordsight::tables::ScoreTable;
use cordsight::task::Task;
use diagstat::Prevalence;

use super::{Failure, looked, print, print_json, several, summary};

/// Judge a run, a model on another cohort, or a predictions file
#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("judged").args(["predictions", "external"]))]
pub struct Evaluate {
    /// The folder of a finished run; with --model: the cohort to score
    #[arg(value_name = "RUN|COHORT", required_unless_present = "predictions")]
    target: Option<PathBuf>,
    /// Score the cohort with this model
    #[arg(long, value_name = "MODEL", requires = "target")]
    model: Option<PathBuf>,
    /// Test the run's model on this other cohort: its threshold, probabilities and sets stay as training left them
    #[arg(long, value_name = "COHORT", requires = "target", requires = "out", conflicts_with_all = ["model", "predictions"])]
    external: Option<PathBuf>,
    /// Patients of --external with the name of a patient of the run are other people
    #[arg(long, requires = "external")]
    other_patients: bool,
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
    /// How a patient's score of --predictions comes from the scores of several rows: mean, or max, the highest
    #[arg(
        long,
        value_name = "RULE",
        default_value = "mean",
        hide_possible_values = true,
        requires = "predictions"
    )]
    pool: Pool,
    /// Judge the subgroups of --predictions or --external that this column makes; may be given several times
    #[arg(long, value_name = "COLUMN", requires = "judged")]
    by: Vec<String>,
    /// Give predictive values and net benefit of --predictions or --external at this prevalence of another clinic as well,
    /// and the probabilities of a calibrated model
    #[arg(long, value_name = "NUMBER", requires = "judged")]
    prevalence: Option<f64>,
    /// Bootstrap replicates of the band round the ROC curve
    #[arg(long, value_name = "N", default_value = "2000", requires = "judged")]
    replicates: NonZeroU32,
    /// Seed of the bootstrap
    #[arg(long, value_name = "N", default_value_t = 1, requires = "judged")]
    seed: u64,
    /// With --predictions or --external: write tables and figures into this folder. With --model: write the scores to this CSV
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    /// Replace the results of an earlier --out folder
    #[arg(long, requires = "out", requires = "judged")]
    overwrite: bool,
    /// The sub-folder of the class to detect, for a folder of classes
    #[arg(long, value_name = "NAME")]
    positive: Option<String>,
    /// Column of the cohort that names the class, for a model of three or more classes [default: label]
    #[arg(long, value_name = "COLUMN", conflicts_with = "predictions")]
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
        if let (Some(cohort), Some(model)) = (&self.external, &self.target) {
            return self.test_externally(model, cohort);
        }
        let evaluation = match (&self.predictions, &self.model, &self.target) {
            (Some(path), _, _) => return self.judge_file(path),
            (None, Some(path), Some(cohort)) => {
                let mut model = Model::load(path, self.conv)?;
                if let Some(answers) = &model.manifest.answers {
                    return self.several(&model, answers, cohort);
                }
                if !model.manifest.head_covariates.is_empty() {
                    model.tell(cohort)?;
                }
                let cohort = Cohort::read(cohort, self.positive.as_deref())?;
                let files: Vec<&Path> = cohort.pictures.iter().map(|p| p.path.as_path()).collect();
                looked(path, seal::By::Evaluate, &files)?;
                let scored = external::score(&model, &cohort)?;
                if let Some(out) = &self.out {
                    write_whole(out, &predictions::to_csv(&scored)?)?;
                }
                judge(
                    &scored,
                    None,
                    &model.manifest.threshold,
                    model.manifest.pool,
                )?
            }
            (None, None, Some(run)) => {
                if self.out.is_some() {
                    return Err(Failure::WrongUse(
                        "found --out with a run, whose results stand in the run; give --out with --predictions or --model".into(),
                    ));
                }
                let run = RunFolder::open(run);
                if run.model().is_file() {
                    seal::look(&run, seal::By::Evaluate)?;
                }
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
                        judged.further.as_ref(),
                        judged.combined.as_ref(),
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

    fn test_externally(&self, model: &Path, cohort: &Path) -> Result<(), Failure> {
        let Some(out) = &self.out else {
            return Err(Failure::WrongUse(
                "found --external without --out FOLDER".into(),
            ));
        };
        folder::check(out, self.overwrite)?;
        let request = external::Request {
            model,
            cohort,
            positive: self.positive.as_deref(),
            other_patients: self.other_patients,
            prevalence: self.prevalence.map(Prevalence::new).transpose()?,
            by: self.by.clone(),
            replicates: self.replicates,
            seed: self.seed,
        };
        let mut loaded = Model::load(model, self.conv)?;
        if !loaded.manifest.head_covariates.is_empty() {
            loaded.tell(cohort)?;
        }
        if let Some(answers) = &loaded.manifest.answers {
            return self.several_externally(&request, &loaded, answers, out);
        }
        let found = external::external(&request, &loaded)?;
        let mut sections = judgement::sections(&found.judgement);
        let mut drawings = judgement::drawings(&found.judgement);
        if let Some(further) = &found.further {
            sections.extend(further.sections());
            let drawing = further.drawing();
            drawings.extend(drawing.map(|svg| ("risk_coverage".to_string(), svg)));
        }
        folder::write(out, &found, &sections, &drawings)?;
        write_whole(&out.join("predictions.csv"), &found.predictions)?;
        if self.json {
            return print_json(&found);
        }
        print(&format!(
            "{}{}{}{}\ntables and figures in {}\n",
            summary::of(&found.judgement.evaluation),
            found
                .further
                .as_ref()
                .map_or_else(String::new, |further| further.text()),
            origin(found.overlap, found.synthetic),
            layout::text(&sections),
            out.display()
        ))
    }

    /// The same for a model of several findings or classes.
    fn several_externally(
        &self,
        request: &external::Request<'_>,
        model: &Model,
        answers: &Answers,
        out: &Path,
    ) -> Result<(), Failure> {
        if self.prevalence.is_some() {
            return Err(Failure::WrongUse(
                "--prevalence: found a model of several findings or classes, which have a prevalence each; judge one with --predictions FOLDER/findings/NAME/predictions.csv".into(),
            ));
        }
        let column = self.class_column.as_deref();
        let found = several_external::external(request, column, model, answers)?;
        found.write(out)?;
        if self.json {
            return print_json(&found);
        }
        let unknown = match found.unknown_pictures {
            0 => String::new(),
            pictures => {
                format!("left out    {pictures} radiographs of patients of whom nothing is known\n")
            }
        };
        let folders = match answers.task {
            Task::Classes(_) => "classes",
            _ => "findings",
        };
        print(&format!(
            "{}{unknown}{}\ntables and figures of each in {}\n",
            several::of(&found.judged),
            origin(found.overlap, found.judged.synthetic),
            out.join(folders).display()
        ))
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
        let judged = judgement(&ScoreTable::read_pooled(path, self.pool)?, &request)?;
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
        if let Some(path) = &self.model {
            let pictures = Cohort::read_unlabelled(cohort)?.pictures;
            let files: Vec<&Path> = pictures.iter().map(|p| p.path.as_path()).collect();
            looked(path, seal::By::Evaluate, &files)?;
        }
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
}

/// What kind of test it was.
fn origin(overlap: Overlap, synthetic: bool) -> String {
    let overlap = match overlap {
        Overlap::None => "no picture and no patient's name in common with the model's own cohort",
        Overlap::SameNamesOtherPatients => {
            "no picture in common with the model's own cohort; patients of the same name are others, as --other-patients says"
        }
        Overlap::NotChecked => {
            "not compared with the model's own cohort, since its run folder is not there"
        }
    };
    let synthetic = match synthetic {
        true => "synthetic radiographs: no result here is evidence about patients\n",
        false => "",
    };
    format!("external    {overlap}\n{synthetic}")
}
