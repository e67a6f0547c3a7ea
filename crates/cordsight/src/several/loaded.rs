//! A cohort of several findings or classes with its radiographs prepared, as every run on it needs it.
//!
//! In: a request. Out: [`Loaded`]: labels, prepared pictures and what was done to each, in the cohort's order; and everybody who was
//! left out, with the reason. Cross-validation loads once and splits many times.

use std::collections::BTreeSet;

use super::cohort::Subjects;
use super::split::Parts;
use crate::cohort::{Counts, plain_reason};
use crate::config::TrainConfig;
use crate::prepare::{Prepared, Record};
use crate::results::Exclusion;
use crate::split::Part;
use crate::train::fit::Examples;
use crate::train::labels::Labels;
use crate::train::{Request, TrainError, Watch, load};

/// A cohort ready to be split.
pub struct Loaded {
    /// Pictures and labels, without radiographs that cannot be read and patients of whom nothing is known.
    pub subjects: Subjects,
    /// SHA-256 of it.
    pub fingerprint: String,
    /// SHA-256 of each picture's file, in the cohort's order.
    pub(super) digests: Vec<String>,
    pub(super) prepared: Vec<Prepared>,
    pub(super) records: Vec<Record>,
    /// Patients before any was left out.
    pub(super) found_patients: usize,
    /// Pictures before any was left out.
    pub(super) found_pictures: usize,
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
        let task = config.task();
        let subjects = Subjects::read(&request.cohort, &task, config.class_column.as_deref())?;
        Loaded::of(request, config, subjects, watch)
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
    ) -> Result<(Self, Parts), TrainError> {
        let (task, column) = (config.task(), config.class_column.as_deref());
        let subjects = Subjects::read_listed(&request.cohort, &task, column)?;
        let (parts, _) = super::train::split(request, config, &subjects)?;
        let pictures = subjects.cohort.pictures.iter();
        let testing = pictures.filter(|of| parts.part(&of.patient) == Some(Part::Test));
        let testing: BTreeSet<String> = testing.map(|of| of.name.clone()).collect();
        let learners = subjects.without(&testing, &request.cohort)?;
        Ok((Loaded::of(request, config, learners, watch)?, parts))
    }

    fn of(
        request: &Request,
        config: &TrainConfig,
        mut subjects: Subjects,
        watch: &mut dyn Watch,
    ) -> Result<Self, TrainError> {
        let found = Counts::of(subjects.cohort.pictures.iter());
        let (prepared, records, excluded) =
            load::load(&subjects.cohort, &config.preparation(), watch);
        if !excluded.is_empty() && !request.skip_unreadable {
            return Err(TrainError::Unreadable { failures: excluded });
        }
        let names: BTreeSet<String> = excluded.iter().map(|e| e.image.clone()).collect();
        let unknown = std::mem::take(&mut subjects.unknown);
        let subjects = subjects.without(&names, &request.cohort)?;
        let (fingerprint, digests) =
            subjects
                .fingerprint_and_digests()
                .map_err(|error| TrainError::Vanished {
                    path: request.cohort.display().to_string(),
                    reason: plain_reason(&error),
                })?;
        let of_unknown: BTreeSet<&str> = unknown.iter().map(|e| e.patient.as_str()).collect();
        Ok(Loaded {
            subjects,
            fingerprint,
            digests,
            prepared,
            records,
            found_patients: found.patients() + of_unknown.len(),
            found_pictures: found.pictures + unknown.len(),
            excluded: unknown.into_iter().chain(excluded).collect(),
        })
    }

    /// Pictures and labels of the training and of the validation part.
    pub(crate) fn examples(&self, parts: &Parts) -> [Examples; 2] {
        [Part::Train, Part::Validation].map(|part| {
            let mut examples = Examples {
                pictures: Vec::new(),
                labels: Labels::new(self.subjects.task.clone()),
            };
            let pictures = self.subjects.cohort.pictures.iter();
            for (picture, prepared) in pictures.zip(&self.prepared) {
                if parts.part(&picture.patient) == Some(part) {
                    examples.pictures.push(prepared.clone());
                    examples.labels.push(&self.subjects.of(picture));
                }
            }
            examples
        })
    }
}
