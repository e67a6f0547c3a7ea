//! What can be cross-validated: a cohort with its radiographs prepared, of two classes or of several findings.
//!
//! In: a loaded cohort. Out: [`Study`]: its splits, what each trains on, and a run on each. Folds, resuming and the choice of a
//! learning rate are the same for all and know nothing of labels.

use std::collections::BTreeMap;

use crate::config::TrainConfig;
use crate::run_folder::RunFolder;
use crate::split::{Part, Split, SplitError};
use crate::train::fit::Examples;
use crate::train::{self, Loaded, TrainError, Watch};

/// A cohort that is split many times.
pub(crate) trait Study {
    /// One split of its patients.
    type Split;

    /// SHA-256 of the cohort.
    fn fingerprint(&self) -> &str;

    /// Splits whose test parts hold each patient once, in a repeat counted from 0.
    fn folds(
        &self,
        folds: u32,
        config: &TrainConfig,
        repeat: u32,
    ) -> Result<Vec<Self::Split>, SplitError>;

    /// A split for each site, in the order of their names.
    fn by_site(
        &self,
        sites: &BTreeMap<String, String>,
        config: &TrainConfig,
        repeat: u32,
    ) -> Result<Vec<(String, Self::Split)>, SplitError>;

    /// Names of the columns with labels.
    fn label_columns(&self) -> Vec<String>;

    /// The patients who test, each with the cells of those columns.
    fn tested(&self, split: &Self::Split) -> Vec<Vec<String>>;

    /// The text of `split.csv`.
    fn split_csv(&self, split: &Self::Split) -> Result<Vec<u8>, csv::Error>;

    /// What trains, and what chooses.
    fn examples(
        &self,
        config: &TrainConfig,
        split: &Self::Split,
    ) -> Result<[Examples; 2], TrainError>;

    /// A run on the split that the request names.
    fn run(&self, request: &train::Request, watch: &mut dyn Watch)
    -> Result<RunFolder, TrainError>;
}

impl Study for Loaded {
    type Split = Split;

    fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    fn folds(
        &self,
        folds: u32,
        config: &TrainConfig,
        repeat: u32,
    ) -> Result<Vec<Split>, SplitError> {
        Split::fold(&self.cohort, folds, config.validation, config.seed, repeat)
    }

    fn by_site(
        &self,
        sites: &BTreeMap<String, String>,
        config: &TrainConfig,
        repeat: u32,
    ) -> Result<Vec<(String, Split)>, SplitError> {
        Split::by_site(&self.cohort, sites, config.validation, config.seed, repeat)
    }

    fn label_columns(&self) -> Vec<String> {
        vec!["label".to_string()]
    }

    fn tested(&self, split: &Split) -> Vec<Vec<String>> {
        let tested = split.patients(Part::Test);
        tested
            .map(|(patient, label)| vec![patient.to_string(), label.to_string()])
            .collect()
    }

    fn split_csv(&self, split: &Split) -> Result<Vec<u8>, csv::Error> {
        Ok(split.to_csv().into_bytes())
    }

    fn examples(&self, config: &TrainConfig, split: &Split) -> Result<[Examples; 2], TrainError> {
        train::examples(self, config, split)
    }

    fn run(
        &self,
        request: &train::Request,
        watch: &mut dyn Watch,
    ) -> Result<RunFolder, TrainError> {
        train::train_loaded(request, self, watch)
    }
}
