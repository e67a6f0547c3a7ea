//! `predict --by-patient`: one score a patient from the pictures that a CSV names.
//!
//! In: a cohort's CSV (`patient,image`; no label is needed) and outcomes of its pictures. Out: outcomes of its patients, by the model's own
//! pooling rule. A patient of whom one picture cannot be used gets no score: a pool that quietly lacks a view is another score.

use std::collections::BTreeMap;
use std::path::Path;

use cordsight::cohort::{Cohort, Picture};
use cordsight::ensemble::PictureScore;
use cordsight::pool::Pool;

use super::Failure;

/// The patients of a CSV and their pictures.
pub struct Patients {
    pictures: Vec<Picture>,
}

/// A patient with the scores of the pictures, or why there are none.
pub type Outcome<T> = (String, usize, Result<T, String>);

impl Patients {
    /// Reads the CSV.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let pictures = Cohort::read_unlabelled(path)?.pictures;
        match pictures.is_empty() {
            true => Err(Failure::Failed(format!(
                "{}: found no row, expected at least one radiograph",
                path.display()
            ))),
            false => Ok(Patients { pictures }),
        }
    }

    /// The pictures with the spacing that the CSV states, or this one.
    pub fn files(&self, spacing_mm: Option<f64>) -> Vec<(&Path, Option<f64>)> {
        let pictures = self.pictures.iter();
        pictures
            .map(|picture| (picture.path.as_path(), picture.spacing_mm.or(spacing_mm)))
            .collect()
    }

    /// Outcomes of the pictures pooled, in the order of the patients' names.
    pub fn pooled<T>(
        &self,
        outcomes: Vec<Result<T, String>>,
        pool: impl Fn(&[T]) -> T,
    ) -> Vec<Outcome<T>> {
        let mut patients: BTreeMap<&str, (Vec<T>, Vec<String>)> = BTreeMap::new();
        for (picture, outcome) in self.pictures.iter().zip(outcomes) {
            let (scores, errors) = patients.entry(&picture.patient).or_default();
            match outcome {
                Ok(score) => scores.push(score),
                Err(reason) => errors.push(format!("{}: {reason}", picture.name)),
            }
        }
        let one = |(name, (scores, errors)): (&str, (Vec<T>, Vec<String>))| {
            let outcome = match errors.first() {
                None => Ok(pool(&scores)),
                Some(error) => Err(error.clone()),
            };
            (name.to_string(), scores.len() + errors.len(), outcome)
        };
        patients.into_iter().map(one).collect()
    }
}

/// The pooled score of each finding or class.
pub fn answers(pool: Pool, pictures: &[Vec<f64>]) -> Vec<f64> {
    let outputs = pictures.first().map_or(0, Vec::len);
    let one = |at: usize| pool.of(pictures.iter().map(|scores| scores[at]));
    (0..outputs).map(one).collect()
}

/// The pooled score, with those of the members pooled alike.
pub fn with_members(pool: Pool, pictures: &[PictureScore]) -> PictureScore {
    let members: Vec<Vec<f64>> = pictures.iter().map(|of| of.members.clone()).collect();
    let as_is: Vec<Vec<f64>> = pictures.iter().map(|of| of.as_is.clone()).collect();
    PictureScore {
        score: pool.of(pictures.iter().map(|of| of.score)),
        members: answers(pool, &members),
        as_is: answers(pool, &as_is),
    }
}
