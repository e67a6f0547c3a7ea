//! One run in a line: what it is, how far it came, and what it found on its test patients.
//!
//! In: a run's folder. Out: [`Summary`]. A run for two classes has one figure; one on several findings or classes has one
//! for each; a cross-validation has that of each patient's mean score, pooled.

use std::path::{Path, PathBuf};

use diagstat::{Measured, auc_with_interval};
use serde::{Deserialize, Serialize};

use super::date::{changed, written};
use crate::config::TrainConfig;
use crate::evaluate::{AUC, LEVEL, scores};
use crate::pool::Pool;
use crate::predictions::{self as binary, Prediction, by_patient};
use crate::results::{self, read_history};
use crate::run_folder::RunFolder;
use crate::running;
use crate::several::{predictions, results as several};
use crate::split::Part;
use crate::task::Task;
use crate::tune::TRIALS_MAX;

/// Folds of all repeats that are looked for; a file that says more was edited.
const FOLDS_MAX: u32 = 100_000;

/// What a folder holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// One training for two classes.
    Run,
    /// One training on so many findings at once.
    Findings(usize),
    /// One training on so many classes.
    Classes(usize),
    /// A search over settings, with so many trials.
    Search(usize),
    /// A training for each fold.
    CrossValidation {
        /// Parts of the patients.
        folds: u32,
        /// How often they were dealt.
        repeats: u32,
    },
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Everything is there.
    Finished,
    /// A program is at work in the folder.
    Running,
    /// Nobody is, and something is missing: it can be resumed.
    Stopped,
}

/// Patients of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Patients {
    /// All.
    pub all: usize,
    /// Those who test.
    pub test: usize,
}

/// The network, in a run's own settings.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Network {
    /// Such as `vgg16`.
    pub body: String,
    /// Factor on its channels.
    pub width: f64,
    /// Rows and columns of its input, in pixels.
    pub image_size: usize,
}

/// Epochs of a run; folds of a cross-validation; trials of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Epochs {
    /// Finished.
    pub done: u32,
    /// Asked for.
    pub of: u32,
}

/// The AUC of a run on its test patients.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// The finding or class; nothing where there is one question.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// With its interval.
    pub auc: Measured,
}

/// One run.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// Its folder.
    pub path: PathBuf,
    /// What it is.
    pub kind: Kind,
    /// How far it is.
    pub state: State,
    /// When its last result was written (Coordinated Universal Time), where the system tells.
    pub changed: Option<String>,
    /// The same in seconds since 1970.
    #[serde(skip)]
    pub changed_seconds: Option<u64>,
    /// Whether its radiographs were drawn by a program.
    pub synthetic: Option<bool>,
    /// Nothing before the split is fixed.
    pub patients: Option<Patients>,
    /// The network.
    pub network: Network,
    /// Epochs, folds, or trials.
    pub epochs: Epochs,
    /// Empty before the run is finished.
    pub figures: Vec<Figure>,
}

/// The part of `cv.json` that is needed here.
#[derive(Deserialize)]
struct Folds {
    folds: u32,
    repeats: u32,
}

/// The part of `tune.json` that is needed here.
#[derive(Deserialize)]
struct Trials {
    trials: usize,
}

impl Summary {
    /// Reads a run's folder; in words what is wrong with it.
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let run = RunFolder::open(path);
        // A first file is there before the settings are, for a moment or where that moment was the last.
        let config = TrainConfig::read(&run.config()).map_err(|error| error.to_string())?;
        let network = Network {
            body: config.network.to_string(),
            width: config.width,
            image_size: config.image_size,
        };
        let is_finished;
        let mut summary = if run.file("cv.json").is_file() {
            let (of, finished) = cross_validation(&run, &config.task(), network)?;
            is_finished = finished;
            of
        } else if run.file("tune.json").is_file() {
            is_finished = run.file("report.md").is_file();
            search(&run, network)?
        } else if config.task().is_binary() {
            let (of, finished) = single(&run, &config, network)?;
            is_finished = finished;
            of
        } else {
            let (of, finished) = of_several(&run, &config, network)?;
            is_finished = finished;
            of
        };
        summary.state = match (running::is_at_work(&run), is_finished) {
            (true, _) => State::Running,
            (false, true) => State::Finished,
            (false, false) => State::Stopped,
        };
        let names = ["report.html", "report.md", "metrics.jsonl", "config.toml"];
        let newest = names.iter().filter_map(|name| changed(&run.file(name)));
        summary.changed_seconds = newest.max();
        summary.changed = summary.changed_seconds.map(written);
        Ok(summary)
    }

    /// What a list sorted by AUC goes by: the mean where there are several, below all others where there is none.
    pub(super) fn sort_auc(&self) -> f64 {
        let known: Vec<f64> = (self.figures.iter())
            .filter_map(|figure| figure.auc.value())
            .collect();
        match known.len() {
            0 => -1.0,
            count => known.iter().sum::<f64>() / count as f64,
        }
    }

    fn new(run: &RunFolder, kind: Kind, network: Network, epochs: Epochs) -> Self {
        Summary {
            path: run.path().to_path_buf(),
            kind,
            state: State::Stopped,
            changed: None,
            changed_seconds: None,
            synthetic: None,
            patients: None,
            network,
            epochs,
            figures: Vec::new(),
        }
    }
}

/// AUC with interval of each patient's score.
pub(super) fn auc(rows: &[Prediction], pool: Pool) -> Result<Measured, String> {
    let scores = scores(&by_patient(rows, pool)).map_err(|error| error.to_string())?;
    Ok(auc_with_interval(&scores, AUC, LEVEL))
}

/// The figure of each finding or class.
fn each(task: &Task, rows: &[predictions::Row], pool: Pool) -> Result<Vec<Figure>, String> {
    let of = |(place, name): (usize, &String)| {
        Ok(Figure {
            name: Some(name.clone()),
            auc: auc(&predictions::of_name(task, rows, place), pool)?,
        })
    };
    task.names().iter().enumerate().map(of).collect()
}

fn epochs(run: &RunFolder, config: &TrainConfig) -> Result<Epochs, String> {
    let history = run.file("metrics.jsonl");
    let done = match history.is_file() {
        true => read_history(&history).map_err(|error| error.to_string())?,
        false => Vec::new(),
    };
    Ok(Epochs {
        done: done.len() as u32,
        of: config.epochs,
    })
}

fn single(
    run: &RunFolder,
    config: &TrainConfig,
    network: Network,
) -> Result<(Summary, bool), String> {
    let facts = results::read_facts(run).map_err(|error| error.to_string())?;
    let mut summary = Summary::new(run, Kind::Run, network, epochs(run, config)?);
    let patients = |part: &results::PartCounts| part.counts.patients();
    let test = facts.parts.iter().find(|part| part.part == Part::Test);
    summary.patients = Some(Patients {
        all: facts.parts.iter().map(patients).sum(),
        test: test.map_or(0, patients),
    });
    summary.synthetic = Some(facts.synthetic.is_some());
    let is_finished = facts.threshold.is_some() && run.file("report.html").is_file();
    if is_finished {
        let rows = binary::read(&run.file("predictions.csv")).map_err(|error| error.to_string())?;
        summary.figures.push(Figure {
            name: None,
            auc: auc(&rows, facts.pool)?,
        });
    }
    Ok((summary, is_finished))
}

fn of_several(
    run: &RunFolder,
    config: &TrainConfig,
    network: Network,
) -> Result<(Summary, bool), String> {
    let facts = several::read_facts(run).map_err(|error| error.to_string())?;
    let kind = match &facts.task {
        Task::Classes(names) => Kind::Classes(names.len()),
        task => Kind::Findings(task.names().len()),
    };
    let mut summary = Summary::new(run, kind, network, epochs(run, config)?);
    let test = facts.parts.iter().find(|part| part.part == Part::Test);
    summary.patients = Some(Patients {
        all: facts.parts.iter().map(|part| part.patients).sum(),
        test: test.map_or(0, |part| part.patients),
    });
    summary.synthetic = Some(facts.synthetic.is_some());
    let is_finished = facts.finished && run.file("report.html").is_file();
    if is_finished {
        let path = run.file("predictions.csv");
        let rows = predictions::read(&path, &facts.task).map_err(|error| error.to_string())?;
        summary.figures = each(&facts.task, &rows, facts.pool)?;
    }
    Ok((summary, is_finished))
}

/// A search has no figure of test patients.
fn search(run: &RunFolder, network: Network) -> Result<Summary, String> {
    let file = run.file("tune.json");
    let of: Trials = results::read_json(&file).map_err(|error| error.to_string())?;
    if of.trials > TRIALS_MAX {
        let (path, found) = (file.display(), of.trials);
        return Err(format!(
            "{path}: found {found} trials, expected at most {TRIALS_MAX}; the file was edited"
        ));
    }
    let begun =
        (1..=of.trials).filter(|trial| run.file(&format!("trials/{trial:03}.json")).is_file());
    let epochs = Epochs {
        done: begun.count() as u32,
        of: of.trials as u32,
    };
    Ok(Summary::new(run, Kind::Search(of.trials), network, epochs))
}

fn cross_validation(
    run: &RunFolder,
    task: &Task,
    network: Network,
) -> Result<(Summary, bool), String> {
    let file = run.file("cv.json");
    let of: Folds = results::read_json(&file).map_err(|error| error.to_string())?;
    let all = of.repeats.checked_mul(of.folds);
    let all = all.filter(|all| *all <= FOLDS_MAX).ok_or_else(|| {
        let (path, repeats, folds) = (file.display(), of.repeats, of.folds);
        format!(
            "{path}: found {repeats} repeats of {folds} folds, expected at most {FOLDS_MAX} folds in all; the file was edited"
        )
    })?;
    let places = (1..=of.repeats).flat_map(|repeat| (1..=of.folds).map(move |fold| (repeat, fold)));
    let finished = places.filter(|(repeat, fold)| {
        let report = format!("repeat-{repeat}-fold-{fold}/report.html");
        run.file(&report).is_file()
    });
    let epochs = Epochs {
        done: finished.count() as u32,
        of: all,
    };
    let kind = Kind::CrossValidation {
        folds: of.folds,
        repeats: of.repeats,
    };
    let is_finished = epochs.done == epochs.of && run.file("metrics.json").is_file();
    let mut summary = Summary::new(run, kind, network, epochs);
    if is_finished {
        let path = run.file("predictions_pooled.csv");
        let (patients, figures) = match task.is_binary() {
            true => {
                let rows = binary::read(&path).map_err(|error| error.to_string())?;
                let figure = Figure {
                    name: None,
                    auc: auc(&rows, Pool::Mean)?,
                };
                (rows.len(), vec![figure])
            }
            false => {
                let rows = predictions::read(&path, task).map_err(|error| error.to_string())?;
                (rows.len(), each(task, &rows, Pool::Mean)?)
            }
        };
        summary.figures = figures;
        summary.patients = Some(Patients {
            all: patients,
            test: patients,
        });
        let metrics: serde_json::Value =
            results::read_json(&run.file("metrics.json")).map_err(|error| error.to_string())?;
        summary.synthetic = metrics["synthetic"].as_bool();
    }
    Ok((summary, is_finished))
}
