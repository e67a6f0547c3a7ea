//! What a search is, fixed before anything is trained.
//!
//! In: the request, and the fingerprint of those who learn. Out: `tune.json`, `config.toml`, `split.csv` (with the test patients' names, and nothing else of
//! them) and `splits/N.csv`. A folder with another search is refused: its finished trials would be mixed with new ones.

use serde::{Deserialize, Serialize};

use super::halving::Rung;
use super::learners::Learners;
use super::{By, Request, TuneError};
use crate::cohort::plain_reason;
use crate::config::TrainConfig;
use crate::run_folder::RunFolder;

pub(super) const FILE: &str = "tune.json";

/// `tune.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Plan {
    cordsight: String,
    cohort: String,
    /// SHA-256 of the patients who learn.
    learners_fingerprint: String,
    over: Vec<String>,
    trials: usize,
    eta: u32,
    splits: u32,
    by: By,
    rungs: Vec<Rung>,
}

/// Makes sure that the folder is new, empty, or a search.
pub(super) fn claim(folder: &RunFolder) -> Result<(), TuneError> {
    let entries = std::fs::read_dir(folder.path());
    let is_used = entries.is_ok_and(|mut entries| entries.next().is_some());
    match is_used && !folder.file(FILE).is_file() {
        true => Err(TuneError::NotEmpty {
            path: folder.path().display().to_string(),
        }),
        false => Ok(()),
    }
}

impl Plan {
    pub fn new(request: &Request, fingerprint: &str, trials: usize, rungs: &[Rung]) -> Self {
        Plan {
            cordsight: env!("CARGO_PKG_VERSION").to_string(),
            cohort: request.training.cohort.display().to_string(),
            learners_fingerprint: fingerprint.to_string(),
            over: request.over.iter().map(ToString::to_string).collect(),
            trials,
            eta: request.eta,
            splits: request.splits,
            by: request.by,
            rungs: rungs.to_vec(),
        }
    }

    /// Writes the plan, unless it is there already.
    pub fn write(
        &self,
        folder: &RunFolder,
        config: &TrainConfig,
        learners: &Learners,
    ) -> Result<(), TuneError> {
        let path = folder.file(FILE);
        if path.is_file() {
            return self.check(folder, config, &learners.outer);
        }
        for name in ["splits", "trials"] {
            let path = folder.file(name);
            std::fs::create_dir_all(&path).map_err(|error| file(&path, plain_reason(&error)))?;
        }
        folder.write("config.toml", config.to_toml()?.as_bytes())?;
        folder.write("split.csv", &learners.outer)?;
        for (number, split) in (1..).zip(learners.inner()?) {
            folder.write(&format!("splits/{number}.csv"), &split)?;
        }
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        // Last, so that a folder with this file has the others.
        Ok(folder.write(FILE, &text)?)
    }

    fn check(
        &self,
        folder: &RunFolder,
        config: &TrainConfig,
        outer: &[u8],
    ) -> Result<(), TuneError> {
        let path = folder.file(FILE);
        let text = std::fs::read(&path).map_err(|error| file(&path, plain_reason(&error)))?;
        let old: Plan =
            serde_json::from_slice(&text).map_err(|error| file(&path, error.to_string()))?;
        let own = TrainConfig::read(&folder.config())?;
        let split = std::fs::read(folder.file("split.csv")).unwrap_or_default();
        // Another seed draws other learners too: the setting is what the user changed.
        let what = if let Some(key) = own.first_difference(config) {
            Some(format!("another {key}"))
        } else if old.learners_fingerprint != self.learners_fingerprint {
            Some("another cohort".to_string())
        } else if split != outer {
            Some("another split".to_string())
        } else if old.over != self.over {
            Some(format!("--over {}", old.over.join(" --over ")))
        } else if old.rungs != self.rungs || old.trials != self.trials {
            Some(format!("{} trials with --eta {}", old.trials, old.eta))
        } else if old.splits != self.splits {
            Some(format!("--splits {}", old.splits))
        } else {
            (old.by != self.by).then(|| "another --by".to_string())
        };
        match what {
            Some(what) => Err(TuneError::Other {
                path: folder.path().display().to_string(),
                what,
            }),
            None => Ok(()),
        }
    }
}

fn file(path: &std::path::Path, problem: String) -> TuneError {
    TuneError::File {
        path: path.display().to_string(),
        problem,
    }
}
