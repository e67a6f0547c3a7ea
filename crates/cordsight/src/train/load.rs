//! Reads and prepares all radiographs of a cohort on all cores.
//!
//! In: the cohort. Out: one prepared picture and what was done to it for each that can be used, in the cohort's order, and
//! a reason for each that cannot.

use radiograph::ReadError;
use rayon::prelude::*;

use super::{Event, Watch};
use crate::cohort::{Cohort, Picture};
use crate::prepare::{Preparation, Prepared, Record, Source};
use crate::results::Exclusion;

/// Pictures between two reports of progress.
const STRIDE: usize = 16;

pub(super) fn load(
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
