//! A fully crossed reading: every reader reads every patient under every treatment.
//!
//! In: [`Scores`] for each treatment and reader, patients in the same order. Out: [`Crossed`], which promises that the
//! patients are the same and no reading is missing; sensitivity and specificity of each reader; agreement of the
//! readers. Calls are scores of 0 and 1. A treatment is a way of reading (alone, with the model's help).
//!
//! Checked against: counts by hand in the tests; the statistics are those of other modules.

use serde::Serialize;

use crate::agreement::{CrossTable, Kappa, KappaWeights};
use crate::confusion::{Confusion, ThresholdError};
use crate::interval::{Level, ProportionInterval};
use crate::measured::Measured;
use crate::paired::{Paired, PairingError};
use crate::scores::Scores;
use crate::undefined::{Group, Undefined};

/// Scores of at least one reader under at least one treatment, of the same patients.
#[derive(Debug, Clone, PartialEq)]
pub struct Crossed(Vec<Vec<Scores>>);

/// A reading that is not fully crossed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CrossedError {
    /// Nothing to analyse.
    #[error("found no scores of a reader, expected those of at least one")]
    Empty,
    /// A reader who did not read under a treatment.
    #[error(
        "treatment {treatment} has {found} readers and treatment 1 has {expected}, expected the same readers under each"
    )]
    Readers {
        /// The treatment, counted from 1.
        treatment: usize,
        /// Its readers.
        found: usize,
        /// Those of the first treatment.
        expected: usize,
    },
    /// Other patients.
    #[error("the readings, counted treatment by treatment, are not of the same patients: {0}")]
    Patients(#[from] PairingError),
}

/// The calls of one reader under one treatment.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ReaderRow {
    /// The treatment, counted from 0.
    pub treatment: usize,
    /// The reader, counted from 0.
    pub reader: usize,
    /// The counts.
    pub counts: Confusion,
    /// Sensitivity.
    pub sensitivity: Measured,
    /// Specificity.
    pub specificity: Measured,
}

impl Crossed {
    /// `treatments[treatment][reader]` are the scores of one reading; the same patients at the same places in all.
    ///
    /// # Errors
    /// [`CrossedError`] where there is no reading, a treatment lacks a reader, or patients differ.
    pub fn new(treatments: Vec<Vec<Scores>>) -> Result<Self, CrossedError> {
        let expected = treatments.first().map_or(0, Vec::len);
        if expected == 0 {
            return Err(CrossedError::Empty);
        }
        for (readers, treatment) in treatments.iter().zip(1..) {
            if readers.len() != expected {
                return Err(CrossedError::Readers {
                    treatment,
                    found: readers.len(),
                    expected,
                });
            }
        }
        let all: Vec<Scores> = treatments.iter().flatten().cloned().collect();
        if all.len() > 1 {
            Paired::new(all)?;
        }
        Ok(Self(treatments))
    }

    /// The scores, treatment by treatment.
    #[must_use]
    pub fn treatments(&self) -> &[Vec<Scores>] {
        &self.0
    }

    /// Number of readers, at least 1.
    #[must_use]
    pub fn readers(&self) -> usize {
        self.0[0].len()
    }

    /// Sensitivity and specificity of each reader under each treatment, where `score >= threshold` is a positive call
    /// (0.5 for calls of 0 and 1).
    ///
    /// # Errors
    /// [`ThresholdError`] where the threshold is NaN.
    pub fn reader_table(
        &self,
        threshold: f64,
        method: ProportionInterval,
        level: Level,
    ) -> Result<Vec<ReaderRow>, ThresholdError> {
        let mut rows = Vec::with_capacity(self.0.len() * self.readers());
        for (treatment, readers) in self.0.iter().enumerate() {
            for (reader, scores) in readers.iter().enumerate() {
                let counts = Confusion::at(scores, threshold)?;
                rows.push(ReaderRow {
                    treatment,
                    reader,
                    counts,
                    sensitivity: Measured::proportion(counts.sensitivity(), method, level),
                    specificity: Measured::proportion(counts.specificity(), method, level),
                });
            }
        }
        Ok(rows)
    }

    /// Cohen's kappa of the calls of two readings, each a (treatment, reader) counted from 0.
    ///
    /// # Undefined when
    /// a reading does not exist, and as [`CrossTable::cohen_kappa`].
    ///
    /// # References
    /// As [`CrossTable::cohen_kappa`].
    pub fn kappa_of_calls(
        &self,
        first: (usize, usize),
        second: (usize, usize),
        threshold: f64,
        level: Level,
    ) -> Result<Kappa, Undefined> {
        let (first, second) = (self.reading(first)?, self.reading(second)?);
        let mut counts = vec![0; 4];
        for ((_, one), (_, other)) in first.iter().zip(second.iter()) {
            counts[2 * usize::from(one >= threshold) + usize::from(other >= threshold)] += 1;
        }
        CrossTable::of_calls(counts).cohen_kappa(KappaWeights::Unweighted, level)
    }

    fn reading(&self, (treatment, reader): (usize, usize)) -> Result<&Scores, Undefined> {
        let too_few = |group: Group, found: usize, place: usize| Undefined::TooFew {
            group,
            found: found as u64,
            needed: place as u64 + 1,
        };
        self.0
            .get(treatment)
            .ok_or_else(|| too_few(Group::Treatments, self.0.len(), treatment))?
            .get(reader)
            .ok_or_else(|| too_few(Group::Readers, self.readers(), reader))
    }
}
