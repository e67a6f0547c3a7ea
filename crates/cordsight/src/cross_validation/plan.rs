//! Which patients each fold tests, fixed before training.
//!
//! In: the request and the loaded cohort. Out: [`Plan`], written as `cv.json`, `config.toml` and `folds.csv`. A folder
//! that holds the plan of another cohort, other settings or other folds is refused: its finished folds would be mixed with
//! new ones.

use serde::{Deserialize, Serialize};

use super::{CrossValidationError, Place, Request};
use crate::cohort::plain_reason;
use crate::config::TrainConfig;
use crate::run_folder::RunFolder;
use crate::split::{Part, Split};
use crate::train::Loaded;

const FILE: &str = "cv.json";

/// All splits, repeat after repeat.
pub(super) struct Plan {
    facts: Facts,
    splits: Vec<Vec<Split>>,
}

/// `cv.json`.
#[derive(Debug, Serialize, Deserialize)]
struct Facts {
    cordsight: String,
    cohort: String,
    /// SHA-256 of the cohort.
    fingerprint: String,
    folds: u32,
    repeats: u32,
}

/// Makes sure that the folder is new, empty, or a cross-validation.
pub(super) fn claim(folder: &RunFolder) -> Result<(), CrossValidationError> {
    let entries = std::fs::read_dir(folder.path());
    let is_used = entries.is_ok_and(|mut entries| entries.next().is_some());
    if is_used && !folder.file(FILE).is_file() {
        return Err(CrossValidationError::NotEmpty {
            path: folder.path().display().to_string(),
        });
    }
    Ok(())
}

impl Plan {
    pub fn draw(
        request: &Request,
        config: &TrainConfig,
        loaded: &Loaded,
    ) -> Result<Plan, CrossValidationError> {
        let splits = (0..request.repeats).map(|repeat| {
            Split::fold(
                &loaded.cohort,
                request.folds,
                config.validation,
                config.seed,
                repeat,
            )
        });
        Ok(Plan {
            facts: Facts {
                cordsight: env!("CARGO_PKG_VERSION").to_string(),
                cohort: request.training.cohort.display().to_string(),
                fingerprint: loaded.fingerprint.clone(),
                folds: request.folds,
                repeats: request.repeats,
            },
            splits: splits.collect::<Result<_, _>>()?,
        })
    }

    /// Writes the plan, unless it is there already; more repeats than there are added.
    pub fn write(
        &self,
        folder: &RunFolder,
        config: &TrainConfig,
    ) -> Result<(), CrossValidationError> {
        if folder.file(FILE).is_file() {
            self.check(folder, config)?;
        }
        for name in ["splits", "figures"] {
            let path = folder.file(name);
            std::fs::create_dir_all(&path).map_err(|error| file(&path, plain_reason(&error)))?;
        }
        folder.write("config.toml", config.to_toml()?.as_bytes())?;
        folder.write("folds.csv", &self.to_csv()?)?;
        folder.write(FILE, &serde_json::to_vec_pretty(&self.facts)?)?;
        Ok(())
    }

    fn check(&self, folder: &RunFolder, config: &TrainConfig) -> Result<(), CrossValidationError> {
        let path = folder.file(FILE);
        let text = std::fs::read(&path).map_err(|error| file(&path, plain_reason(&error)))?;
        let old: Facts =
            serde_json::from_slice(&text).map_err(|error| file(&path, error.to_string()))?;
        let new = &self.facts;
        let other = |what: &str, found: String, expected: String| {
            Err(CrossValidationError::Other {
                path: folder.path().display().to_string(),
                what: what.to_string(),
                found,
                expected,
            })
        };
        if old.fingerprint != new.fingerprint {
            return other("the cohort", old.fingerprint, new.fingerprint.clone());
        }
        if old.folds != new.folds {
            return other("--folds", old.folds.to_string(), new.folds.to_string());
        }
        if old.repeats > new.repeats {
            return other(
                "--repeats",
                old.repeats.to_string(),
                new.repeats.to_string(),
            );
        }
        let own = TrainConfig::read(&folder.config())?;
        match own.first_difference(config) {
            Some(key) => other("another setting", key.clone(), format!("that {key}")),
            None => Ok(()),
        }
    }

    /// Every fold with its split, in the order in which they are trained.
    pub fn places(&self) -> impl Iterator<Item = (Place, &Split)> {
        (1..).zip(&self.splits).flat_map(|(repeat, splits)| {
            (1..)
                .zip(splits)
                .map(move |(fold, split)| (Place { repeat, fold }, split))
        })
    }

    pub fn folds(&self) -> u32 {
        self.facts.folds
    }

    pub fn repeats(&self) -> u32 {
        self.facts.repeats
    }

    /// `repeat,fold,patient,label`: the fold that tests each patient.
    fn to_csv(&self) -> Result<Vec<u8>, CrossValidationError> {
        let mut table = csv::Writer::from_writer(Vec::new());
        table.write_record(["repeat", "fold", "patient", "label"])?;
        for (place, split) in self.places() {
            for (patient, label) in split.patients(Part::Test) {
                let [repeat, fold] = [place.repeat, place.fold].map(|number| number.to_string());
                table.write_record([&repeat, &fold, patient, &label.to_string()])?;
            }
        }
        table
            .into_inner()
            .map_err(|error| CrossValidationError::Csv(error.into_error().into()))
    }
}

fn file(path: &std::path::Path, problem: String) -> CrossValidationError {
    CrossValidationError::File {
        path: path.display().to_string(),
        problem,
    }
}
