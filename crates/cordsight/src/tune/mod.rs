//! A search over named settings, by patients who learn alone.
//!
//! In: a [`Request`]: a cohort, settings, which of them to search and how. Out: a folder with `trials.csv`, `best.toml` (for `train
//! --config`), `report.md`, and the split whose test patients stay sealed: their pictures are neither opened nor asked for.
//! Each trial trains in a few splits of the learners, drawn by patient and the same for all, and is judged on those set
//! aside; [successive halving](halving) gives most epochs to the better ones. The same request on the same folder goes on where it was
//! stopped, and ends with the same bytes.

pub mod halving;
mod learners;
mod outcome;
mod plan;
pub mod space;
mod trial;

use crate::config::{ConfigError, TrainConfig};
use crate::run_folder::{RunFolder, RunFolderError};
use crate::running::{self, Running};
use crate::split::SplitError;
use crate::train::{self, TrainError, Watch};

use halving::{Rung, budget, rungs};
use learners::Learners;
pub use outcome::{Optimism, Outcome, Ranked, next, text};
use plan::Plan;
use space::{Over, Trial};
use trial::{Counts, Kept, reach};
pub use trial::{Judged, Reached};

/// Trials that one search may have.
pub(crate) const TRIALS_MAX: usize = 1000;

/// What to search.
#[derive(Clone, Debug)]
pub struct Request {
    /// Cohort and settings, as for one run; `out` is the folder of the search, `epochs` those of a whole training.
    pub training: train::Request,
    /// Keys with what they may be.
    pub over: Vec<Over>,
    /// Trials to draw, 2 to 1000.
    pub trials: usize,
    /// One in so many trials goes on to the next rung, 2 to 10.
    pub eta: u32,
    /// Splits of the learners, 1 to 20.
    pub splits: u32,
    /// What decides.
    pub by: By,
}

/// What decides between trials: the mean over the splits of one of these.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    serde::Serialize,
    serde::Deserialize,
    clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// The lowest loss on those set aside.
    #[default]
    Loss,
    /// The highest AUC on them; at a tie the lower loss.
    Auc,
}

/// What happens beside the trainings, which a [`Watch`] is told.
pub trait Follow: Watch {
    /// The search begins; so many epochs will be trained in all.
    fn search(&mut self, rungs: &[Rung], epochs: u64);
    /// A trial goes on until so many epochs.
    fn trial(&mut self, trial: usize, epochs: u32, settings: &str);
    /// It has been judged there.
    fn judged(&mut self, trial: usize, reached: &Reached);
}

/// Why a search has no outcome.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum TuneError {
    #[error("{flag}: found {found}, expected {expected}")]
    Setting {
        flag: &'static str,
        found: String,
        expected: String,
    },
    #[error("{path}: holds files but no search (no tune.json); choose another --out")]
    NotEmpty { path: String },
    #[error(
        "{path}: the search there is of {what}; choose another --out, or ask for the same again"
    )]
    Other { path: String, what: String },
    #[error("{path}: {problem}")]
    File { path: String, problem: String },
    #[error("trial {trial}: {source}")]
    Trial {
        trial: usize,
        #[source]
        source: Box<TrainError>,
    },
    #[error("every trial ended with a loss that is no number; lower the learning rates of --over")]
    AllDiverged,
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Split(#[from] SplitError),
    #[error(transparent)]
    Folder(#[from] RunFolderError),
    #[error(transparent)]
    Training(#[from] TrainError),
    #[error("cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("cannot be written as TOML: {0}")]
    Toml(#[from] toml::ser::Error),
    #[error("cannot be written as CSV: {0}")]
    Csv(#[from] csv::Error),
}

/// Searches.
///
/// # Errors
///
/// See [`TuneError`]. [`TrainError::Stopped`] within a trial leaves a folder that the same request completes.
pub fn tune(request: &Request, watch: &mut dyn Follow) -> Result<Outcome, TuneError> {
    request.check()?;
    let config = train::resolved(&request.training.settings)?;
    let trials = space::trials(&request.over, request.trials, config.seed);
    let configs = request.configs(&config, &trials)?;
    let folder = RunFolder::open(&request.training.out);
    plan::claim(&folder)?;
    running::demand_free(&folder)?;
    let learners = Learners::read(request, &config, watch)?;
    let counts = match learners.has_validation {
        true => Counts::Best,
        false => Counts::Last,
    };
    let rungs = rungs(trials.len(), config.epochs, request.eta);
    let plan = Plan::new(request, learners.fingerprint(), trials.len(), &rungs);
    plan.write(&folder, &config, &learners)?;
    let _running = Running::begin(&folder)?;
    watch.search(&rungs, budget(&rungs, request.splits));

    let mut kept: Vec<Kept> = (1..=trials.len())
        .map(|number| {
            let extent = (rungs.as_slice(), request.splits);
            Kept::read(&folder, number, &trials[number - 1], extent)
        })
        .collect::<Result<_, _>>()?;
    let mut alive: Vec<usize> = (0..trials.len()).collect();
    for (place, rung) in rungs.iter().enumerate() {
        alive.truncate(rung.trials);
        // In the order of their numbers, so that what is shown does not jump.
        alive.sort_unstable();
        for &at in &alive {
            let known = &mut kept[at];
            if known.reached.len() > place {
                continue;
            }
            watch.trial(known.trial, rung.epochs, &outcome::shown(&trials[at]));
            let patients = (&learners, request.splits);
            let extent = (rung.epochs, counts);
            let reached = reach(&folder, known.trial, &configs[at], patients, extent, watch)
                .map_err(|source| TuneError::Trial {
                    trial: known.trial,
                    source: Box::new(source),
                })?;
            watch.judged(known.trial, &reached);
            known.reached.push(reached);
            known.write(&folder)?;
        }
        alive.sort_by(|&a, &b| kept[a].reached[place].order(&kept[b].reached[place], request.by));
    }
    let best = alive.first().copied().filter(|&at| {
        let reached = kept[at].reached.last();
        reached.is_some_and(|reached| reached.loss().is_some())
    });
    let best = best.ok_or(TuneError::AllDiverged)?;
    let outcome = Outcome::of(request, &learners, &rungs, &kept, best);
    outcome::write(&folder, &outcome, &configs[best])?;
    for known in &kept {
        known.clear(&folder)?;
    }
    Ok(outcome)
}

impl Request {
    fn check(&self) -> Result<(), TuneError> {
        let wrong = |flag, found: String, expected: &str| {
            Err(TuneError::Setting {
                flag,
                found,
                expected: expected.to_string(),
            })
        };
        if self.over.is_empty() {
            return wrong(
                "--over",
                "no key".to_string(),
                "at least one, such as learning_rate=1e-5..1e-3",
            );
        }
        for (at, over) in self.over.iter().enumerate() {
            if self.over[..at].iter().any(|before| before.key == over.key) {
                return wrong("--over", format!("\"{}\" twice", over.key), "each key once");
            }
        }
        if !(2..=TRIALS_MAX).contains(&self.trials) {
            let expected = format!("2 to {TRIALS_MAX}");
            return wrong("--trials", self.trials.to_string(), &expected);
        }
        if !(2..=10).contains(&self.eta) {
            return wrong("--eta", self.eta.to_string(), "2 to 10");
        }
        if !(1..=20).contains(&self.splits) {
            return wrong("--splits", self.splits.to_string(), "1 to 20");
        }
        let has = |key: &str| self.over.iter().any(|over| over.key == key);
        if has("label_smoothing") && self.by == By::Loss {
            return wrong(
                "--over",
                "label_smoothing with --by loss".to_string(),
                "--by auc: losses under different smoothing are no measure of the same thing",
            );
        }
        let weights = self.training.settings.weights.as_deref().unwrap_or("none");
        if weights != "none" && (has("network") || has("width")) {
            return wrong(
                "--over",
                format!("network or width with --weights {weights}"),
                "neither: weights fit one network; search with --weights none, or each network on its own",
            );
        }
        Ok(())
    }

    /// The settings of each trial, all of them checked, and both ends of every range.
    fn configs(
        &self,
        config: &TrainConfig,
        trials: &[Trial],
    ) -> Result<Vec<TrainConfig>, TuneError> {
        for over in &self.over {
            for end in over.ends() {
                config.with(&[(over.key.clone(), end)])?;
            }
        }
        let of = |trial: &Trial| config.with(trial);
        Ok(trials.iter().map(of).collect::<Result<_, _>>()?)
    }
}
