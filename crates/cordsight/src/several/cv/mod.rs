//! Repeated cross-validation of several findings or classes.
//!
//! In: the same [`Request`] as for two classes, whose settings name findings or classes. Out: a folder with a run folder for each
//! fold, the pooled predictions and what they say ([`Outcome`]). Folds, resuming and choices are those of
//! [`crate::cross_validation`]; patients are dealt by iterative stratification, and each finding is judged on the patients of
//! whom it is known.

mod outcome;
mod page;

use std::collections::BTreeMap;

use super::loaded::Loaded;
use super::split::{Parts, columns};
use super::train::train_loaded;
use crate::config::TrainConfig;
use crate::cross_validation::study::Study;
use crate::cross_validation::{CrossValidationError, Follow, Request, train_folds};
use crate::run_folder::RunFolder;
use crate::split::SplitError;
use crate::train::fit::Examples;
use crate::train::{self, TrainError, Watch};

pub use outcome::{NameOutcome, NameResult, Outcome, SplitResult};
pub use page::text;

/// Trains every fold that is not finished and judges all together.
///
/// # Errors
///
/// See [`CrossValidationError`]. [`TrainError::Stopped`] within a fold leaves a folder that the same request completes.
pub fn cross_validate(
    request: &Request,
    watch: &mut dyn Follow,
) -> Result<Outcome, CrossValidationError> {
    if !request.training.baseline.is_empty() {
        return Err(TrainError::SeveralBaseline.into());
    }
    if request.published_auc.is_some() {
        return Err(CrossValidationError::Setting {
            flag: "--published-auc",
            found: "several findings or classes".to_string(),
            expected: "two classes, which have one AUC; leave the flag out",
        });
    }
    let (folder, config) = request.begin()?;
    let loaded = Loaded::read(&request.training, &config, watch)?;
    let plan = train_folds(request, &folder, &config, &loaded, watch)?;
    let outcome = Outcome::gather(&folder, &plan, &loaded.subjects, config.seed)?;
    page::write(&folder, &outcome)?;
    Ok(outcome)
}

impl Study for Loaded {
    type Split = Parts;

    fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    fn folds(
        &self,
        folds: u32,
        config: &TrainConfig,
        repeat: u32,
    ) -> Result<Vec<Parts>, SplitError> {
        Parts::folds(
            &self.subjects,
            folds,
            config.validation,
            config.seed,
            repeat,
        )
    }

    fn by_site(
        &self,
        sites: &BTreeMap<String, String>,
        config: &TrainConfig,
        repeat: u32,
    ) -> Result<Vec<(String, Parts)>, SplitError> {
        Parts::by_site(
            &self.subjects,
            sites,
            config.validation,
            config.seed,
            repeat,
        )
    }

    fn label_columns(&self) -> Vec<String> {
        columns(&self.subjects.task)
    }

    fn tested(&self, split: &Parts) -> Vec<Vec<String>> {
        split.tested_rows()
    }

    fn split_csv(&self, split: &Parts) -> Result<Vec<u8>, csv::Error> {
        split.to_csv()
    }

    fn examples(&self, _: &TrainConfig, split: &Parts) -> Result<[Examples; 2], TrainError> {
        Ok(Loaded::examples(self, split))
    }

    fn run(
        &self,
        request: &train::Request,
        watch: &mut dyn Watch,
    ) -> Result<RunFolder, TrainError> {
        train_loaded(request, self, watch)
    }
}
