//! Repeated cross-validation: every patient is tested by networks that never saw them, and the luck of a split is shown.
//!
//! In: a [`Request`]: a cohort, settings of training, how many folds and repeats. Out: a folder with an ordinary run folder for
//! each fold, the pooled predictions and what they say ([`Outcome`]). The folds are drawn and written before any weight
//! moves. Epoch and threshold of a fold are chosen on its own validation patients, so nothing is chosen on those who test.
//! The same request on the same folder goes on where it was stopped: finished folds are kept, the fold in progress resumes,
//! and more repeats may be asked for later.

mod baseline;
mod choice;
mod further;
mod outcome;
mod page;
mod plan;
pub(crate) mod study;

use crate::config::{ConfigError, ThresholdRule, TrainConfig};
use crate::run_folder::{RunFolder, RunFolderError};
use crate::running::{self, Running};
use crate::split::SplitError;
use crate::train::{self, Loaded, TrainError, Watch};

pub use baseline::PooledBaseline;
pub use choice::{Choice, Tried};
pub use further::{PooledFurther, SetsOverSplits};
pub(crate) use outcome::Heard;
pub use outcome::{FoldResult, Outcome, OverSplits, Spread};
pub use page::text;
pub(crate) use page::{Ticket, forest_row, lottery, of_interval, of_sites, range, times};
pub(crate) use plan::Plan;
use study::Study;

/// What to cross-validate.
#[derive(Clone, Debug)]
pub struct Request {
    /// Cohort and settings, as for one run; `out` is the folder of all.
    pub training: train::Request,
    /// Parts that the patients are dealt into, 2 to 100.
    pub folds: u32,
    /// The column that names each patient's site, where one site after another is left out instead of a fold.
    pub by_site: Option<String>,
    /// Learning rates to choose from in each fold; none leaves the setting.
    pub learning_rates: Vec<f64>,
    /// How often they are dealt anew, 1 to 100.
    pub repeats: u32,
    /// An AUC to place among the splits, such as a published one.
    pub published_auc: Option<f64>,
}

/// One fold of one repeat, both counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The repeat.
    pub repeat: u32,
    /// The fold.
    pub fold: u32,
}

impl Place {
    /// Name of the run's folder.
    pub fn folder(self) -> String {
        format!("repeat-{}-fold-{}", self.repeat, self.fold)
    }
}

/// What happens beside the training of a fold, which a [`Watch`] is told.
pub trait Follow: Watch {
    /// A fold begins, goes on, or is found finished; so many are to be trained after it.
    fn fold(&mut self, place: Place, is_finished: bool, ahead: usize);
    /// So many learning rates are tried for the fold.
    fn choosing(&mut self, rates: usize);
    /// The learning rate that trains the fold.
    fn chosen(&mut self, rate: f64);
}

/// Why there is no outcome.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum CrossValidationError {
    #[error("{flag}: found {found}, expected {expected}")]
    Setting {
        flag: &'static str,
        found: String,
        expected: &'static str,
    },
    #[error("{path}: holds files but no cross-validation (no cv.json); choose another --out")]
    NotEmpty { path: String },
    #[error(
        "{path}: the folds there are of {what} {found}, not {expected}; choose another --out, or ask for the same again"
    )]
    Other {
        path: String,
        what: String,
        found: String,
        expected: String,
    },
    #[error("{path}: {problem}")]
    File { path: String, problem: String },
    #[error(transparent)]
    Cohort(#[from] crate::cohort::CohortError),
    #[error(transparent)]
    Measures(#[from] crate::baseline::MeasuresError),
    #[error(transparent)]
    Split(#[from] SplitError),
    #[error(transparent)]
    Folder(#[from] RunFolderError),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("{}: {source}", place.folder())]
    Fold {
        place: Place,
        #[source]
        source: Box<TrainError>,
    },
    #[error(transparent)]
    Training(#[from] TrainError),
    #[error(transparent)]
    Results(#[from] crate::results::ResultsError),
    #[error(transparent)]
    Evaluate(#[from] crate::evaluate::EvaluateError),
    #[error(transparent)]
    Predictions(#[from] crate::predictions::PredictionsError),
    #[error(transparent)]
    Png(#[from] crate::figure::PngError),
    #[error(transparent)]
    Docx(#[from] crate::docx::DocxError),
    #[error("cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("cannot be written as TOML: {0}")]
    Toml(#[from] toml::ser::Error),
    #[error("cannot be written as CSV: {0}")]
    Csv(#[from] csv::Error),
}

/// Trains every fold that is not finished and judges all together.
///
/// # Errors
///
/// See [`CrossValidationError`]. [`TrainError::Stopped`] within a fold leaves a folder that the same request completes.
pub fn cross_validate(
    request: &Request,
    watch: &mut dyn Follow,
) -> Result<Outcome, CrossValidationError> {
    let (folder, config) = request.begin()?;
    let loaded = Loaded::read(&request.training, &config, watch)?;
    let plan = train_folds(request, &folder, &config, &loaded, watch)?;
    let outcome = Outcome::gather(&folder, &plan, &loaded.cohort, request.published_auc)?;
    page::write(&folder, &outcome)?;
    Ok(outcome)
}

/// Fixes the folds, and trains every one that is not finished.
pub(crate) fn train_folds<T: Study>(
    request: &Request,
    folder: &RunFolder,
    config: &TrainConfig,
    study: &T,
    watch: &mut dyn Follow,
) -> Result<Plan<T::Split>, CrossValidationError> {
    let plan = Plan::draw(request, config, study)?;
    running::demand_free(folder)?;
    plan.write(folder, config, study)?;
    let _running = Running::begin(folder)?;
    let finished = |place: Place| {
        let run = RunFolder::open(&folder.file(&place.folder()));
        run.file("report.html").is_file()
    };
    let mut ahead = plan.places().filter(|of| !finished(of.0)).count();
    for (place, split) in plan.places() {
        let run = RunFolder::open(&folder.file(&place.folder()));
        let is_finished = finished(place);
        ahead -= usize::from(!is_finished);
        watch.fold(place, is_finished, ahead);
        if is_finished {
            continue;
        }
        let split_csv = study.split_csv(split)?;
        let mut training = fold_request(request, folder, place, &run, &split_csv, config.seed)?;
        if !request.learning_rates.is_empty() {
            watch.choosing(request.learning_rates.len());
            let config = train::resolved(&training.settings)?;
            let rates = &request.learning_rates;
            let examples = study.examples(&config, split);
            let examples = examples.map_err(|source| CrossValidationError::Fold {
                place,
                source: Box::new(source),
            })?;
            let choice = choice::choose(rates, folder, place, &examples, &config, watch)?;
            watch.chosen(choice.learning_rate);
            training.settings.learning_rate = Some(choice.learning_rate);
        }
        study
            .run(&training, watch)
            .map_err(|source| CrossValidationError::Fold {
                place,
                source: Box::new(source),
            })?;
    }
    Ok(plan)
}

impl Request {
    /// The folder and the settings, once both can be used.
    pub(crate) fn begin(&self) -> Result<(RunFolder, TrainConfig), CrossValidationError> {
        self.check()?;
        let config = train::resolved(&self.training.settings)?;
        self.check_choices(&config)?;
        let folder = RunFolder::open(&self.training.out);
        plan::claim(&folder)?;
        Ok((folder, config))
    }

    fn check(&self) -> Result<(), CrossValidationError> {
        for (flag, number) in [("--folds", self.folds), ("--repeats", self.repeats)] {
            let least = if flag == "--folds" { 2 } else { 1 };
            if !(least..=100).contains(&number) {
                return Err(CrossValidationError::Setting {
                    flag,
                    found: number.to_string(),
                    expected: if least == 2 { "2 to 100" } else { "1 to 100" },
                });
            }
        }
        if let Some(rate) = self
            .learning_rates
            .iter()
            .find(|rate| !(**rate > 0.0 && **rate <= 1.0))
        {
            return Err(CrossValidationError::Setting {
                flag: "--learning-rates",
                found: rate.to_string(),
                expected: "numbers above 0, at most 1",
            });
        }
        let mut rates = self.learning_rates.clone();
        rates.sort_by(f64::total_cmp);
        rates.dedup();
        if self.learning_rates.len() == 1 || rates.len() != self.learning_rates.len() {
            return Err(CrossValidationError::Setting {
                flag: "--learning-rates",
                found: format!("{} different of {}", rates.len(), self.learning_rates.len()),
                expected: "at least 2, each once; one alone is --learning-rate",
            });
        }
        match self.published_auc {
            Some(auc) if !(0.0..=1.0).contains(&auc) => Err(CrossValidationError::Setting {
                flag: "--published-auc",
                found: auc.to_string(),
                expected: "0 to 1",
            }),
            _ => Ok(()),
        }
    }

    /// What is chosen needs patients that choose, or it would be chosen on those who train.
    fn check_choices(&self, config: &TrainConfig) -> Result<(), CrossValidationError> {
        let needs = [
            (!self.learning_rates.is_empty(), "--learning-rates"),
            (
                config.threshold.0 == ThresholdRule::Youden,
                "--threshold youden",
            ),
        ];
        for (is_asked, flag) in needs {
            if is_asked && config.validation == 0.0 {
                return Err(CrossValidationError::Setting {
                    flag,
                    found: "no patients to choose on".to_string(),
                    expected: "a validation part in each fold; add --validation 0.2",
                });
            }
        }
        Ok(())
    }
}

/// The run of a fold. What a killed run left before its first checkpoint is nothing that could go on, and is cleared.
fn fold_request(
    request: &Request,
    folder: &RunFolder,
    place: Place,
    run: &RunFolder,
    split: &[u8],
    seed: u64,
) -> Result<train::Request, CrossValidationError> {
    let resume = run.checkpoint().is_file();
    if !resume && run.path().exists() {
        std::fs::remove_dir_all(run.path()).map_err(|error| CrossValidationError::File {
            path: run.path().display().to_string(),
            problem: crate::cohort::plain_reason(&error),
        })?;
    }
    let name = format!("splits/{}.csv", place.folder());
    folder.write(&name, split)?;
    let mut training = train::Request {
        out: run.path().to_path_buf(),
        split: Some(folder.file(&name)),
        overwrite: false,
        resume,
        ..request.training.clone()
    };
    // Each repeat is another draw of everything: folds, start weights, order, augmentation.
    training.settings.seed = Some(seed.wrapping_add(u64::from(place.repeat - 1)));
    Ok(training)
}
