//! Reads and prepares all radiographs of a cohort on all cores.
//!
//! In: a request. Out: [`Loaded`]: one prepared picture and what was done to it for each that can be used, in the cohort's order, and
//! a reason for each that cannot.

use std::borrow::Cow;
use std::collections::BTreeSet;

use radiograph::ReadError;
use rayon::prelude::*;

use super::{Event, Request, TrainError, Watch};
use crate::baseline::Measures;
use crate::cohort::{Cohort, Counts, Picture, plain_reason};
use crate::config::TrainConfig;
use crate::covariates::Covariates;
use crate::head_covariates::{self, HeadCovariate};
use crate::prepare::{Preparation, Prepared, Record, Source};
use crate::results::Exclusion;
use crate::split::{Part, Split};

/// Pictures between two reports of progress.
const STRIDE: usize = 16;

/// A cohort with its radiographs prepared, as every run on it needs it.
pub struct Loaded {
    /// The cohort, without radiographs that cannot be read.
    pub cohort: Cohort,
    /// SHA-256 of it.
    pub fingerprint: String,
    /// SHA-256 of each picture's file, in the cohort's order.
    pub(super) digests: Vec<String>,
    pub(super) measures: Option<Measures>,
    pub(super) covariates: Covariates,
    pub(super) found: Counts,
    pub(super) prepared: Vec<Prepared>,
    pub(super) records: Vec<Record>,
    pub(super) excluded: Vec<Exclusion>,
}

impl Loaded {
    /// Reads what the request names.
    ///
    /// # Errors
    ///
    /// A cohort that cannot be read, or a radiograph, where the request does not leave those out.
    pub fn read(
        request: &Request,
        config: &TrainConfig,
        watch: &mut dyn Watch,
    ) -> Result<Self, TrainError> {
        if !config.task().is_binary() {
            return Err(TrainError::Several);
        }
        let mut cohort = Cohort::read(&request.cohort, request.positive.as_deref())?;
        if let Some(classes) = &request.classes {
            cohort.classes = classes.clone();
        }
        let measures = Measures::of_cohort(&request.cohort, &cohort, &request.baseline)?;
        let found = cohort.counts();
        Loaded::of(request, config, cohort, (measures, found), watch)
    }

    /// Reads those who learn, and the split that says who they are; the pictures of those who test are not opened.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read), or a split that cannot be made.
    pub(crate) fn learners(
        request: &Request,
        config: &TrainConfig,
        watch: &mut dyn Watch,
    ) -> Result<(Self, Split), TrainError> {
        if !config.task().is_binary() {
            return Err(TrainError::Several);
        }
        let cohort = Cohort::read_listed(&request.cohort, request.positive.as_deref())?;
        let (split, _) = super::make_split(request, config, &cohort)?;
        let testing = split.pictures(&cohort, Part::Test);
        let testing: BTreeSet<String> = testing.iter().map(|of| of.name.clone()).collect();
        let learners = cohort.without(&testing, &request.cohort)?;
        let found = learners.counts();
        let loaded = Loaded::of(request, config, learners, (None, found), watch)?;
        Ok((loaded, split))
    }

    fn of(
        request: &Request,
        config: &TrainConfig,
        cohort: Cohort,
        (measures, found): (Option<Measures>, Counts),
        watch: &mut dyn Watch,
    ) -> Result<Self, TrainError> {
        let (prepared, records, excluded) = load(&cohort, &config.preparation(), watch);
        if !excluded.is_empty() && !request.skip_unreadable {
            return Err(TrainError::Unreadable { failures: excluded });
        }
        let names: BTreeSet<String> = excluded
            .iter()
            .map(|exclusion| exclusion.image.clone())
            .collect();
        let cohort = cohort.without(&names, &request.cohort)?;
        let covariates = Covariates::of_cohort(&request.cohort, &cohort)?;
        let (fingerprint, digests) =
            cohort
                .fingerprint_and_digests()
                .map_err(|error| TrainError::Vanished {
                    path: request.cohort.display().to_string(),
                    reason: plain_reason(&error),
                })?;
        Ok(Loaded {
            cohort,
            fingerprint,
            digests,
            measures,
            covariates,
            found,
            prepared,
            records,
            excluded,
        })
    }
}

impl Loaded {
    /// What the settings tell the head of each patient, fitted on the training patients of a split, and the pictures with it.
    ///
    /// # Errors
    ///
    /// A column or a cell that cannot be an input.
    pub(super) fn told(
        &self,
        config: &TrainConfig,
        split: &Split,
    ) -> Result<(Vec<HeadCovariate>, Cow<'_, [Prepared]>), TrainError> {
        if config.head_covariates.is_empty() {
            return Ok((Vec::new(), Cow::Borrowed(&self.prepared)));
        }
        let patients = self.cohort.patients();
        let is_trained = |patient: &&str| split.part(patient) == Some(Part::Train);
        let training: Vec<&str> = patients.keys().copied().filter(is_trained).collect();
        let fitted = head_covariates::fit(&config.head_covariates, &self.covariates, &training)?;
        let pictures = self.cohort.pictures.iter().zip(&self.prepared);
        let told = pictures.map(|(picture, prepared)| {
            let patient = picture.patient.as_str();
            let known = head_covariates::of_patient(&fitted, &self.covariates, patient)?;
            Ok(prepared.told(known))
        });
        let told: Result<_, TrainError> = told.collect();
        Ok((fitted, Cow::Owned(told?)))
    }
}

/// Prepared pictures with what was done to each, and those that cannot be used.
pub(crate) fn load(
    cohort: &Cohort,
    preparation: &Preparation,
    watch: &mut dyn Watch,
) -> (Vec<Prepared>, Vec<Record>, Vec<Exclusion>) {
    let one = |picture: &Picture| match radiograph::read(&picture.path) {
        Err(ReadError::File { reason, .. }) => Err(reason),
        Err(ReadError::Content { cause, .. }) => Err(cause.to_string()),
        Ok(radiograph) => preparation
            .prepare_from(Source::of(&radiograph, picture.spacing_mm))
            .map_err(|error| error.to_string()),
    };
    let (mut prepared, mut records, mut excluded) = (Vec::new(), Vec::new(), Vec::new());
    let mut done = 0;
    for pictures in cohort.pictures.chunks(STRIDE) {
        let outcomes: Vec<_> = pictures.par_iter().map(one).collect();
        for (picture, outcome) in pictures.iter().zip(outcomes) {
            match outcome {
                Ok((picture, record)) => {
                    prepared.push(picture);
                    records.push(record);
                }
                Err(reason) => excluded.push(Exclusion {
                    patient: picture.patient.clone(),
                    image: picture.name.clone(),
                    reason,
                }),
            }
        }
        done += pictures.len();
        watch.event(Event::Loaded {
            done,
            of: cohort.pictures.len(),
        });
    }
    (prepared, records, excluded)
}
