//! A sensitivity or specificity: size for a width, and the interval to expect.
//!
//! In: the expected proportion, a wanted width. Out: patients of the class that the proportion is of; [`Ratio`] gives
//! those of the other class. The width is that of the interval that will be reported, found by search: Wald's formula,
//! which most tables rest on, promises too much where the proportion is near 1. The expected number of successes is
//! seldom whole; the limits are then interpolated between both neighbours.
//!
//! Source: Wilson 1927, JASA 22:209; Clopper and Pearson 1934, Biometrika 26:404; Newcombe 1998, Stat Med 17:857.
//! Checked against: a search by R's qbeta and qnorm (tools/golden/plan.R).

use super::{ClassSizes, PlanError, Ratio, inside, smallest};
use crate::interval::{Interval, Level, Proportion, ProportionInterval};

/// The interval that this many patients should show.
///
/// # Errors
/// [`PlanError`] where the proportion is not from 0 to 1, there is no patient, or there are more than the method has an
/// interval for ([`Proportion::interval`]).
///
/// # References
/// As the method's.
pub fn expected_proportion_interval(
    expected: f64,
    patients: u32,
    method: ProportionInterval,
    level: Level,
) -> Result<Interval, PlanError> {
    if !(0.0..=1.0).contains(&expected) {
        return Err(PlanError::Outside {
            what: "the expected proportion",
            found: expected,
            expected: "a number from 0 to 1",
        });
    }
    let successes = expected * f64::from(patients);
    let below = successes.floor();
    let of = |successes: f64| {
        let successes = successes.min(patients.into()) as u32;
        Proportion::from_successes_and_failures(successes, patients - successes)
            .map(|proportion| proportion.interval(method, level))
            .map_err(|_| PlanError::Outside {
                what: "the number of patients",
                found: patients.into(),
                expected: "at least 1",
            })
    };
    let (lower, upper) = (of(below)?, of(below + 1.0)?);
    let part = successes - below;
    let between = |low: f64, high: f64| low + part * (high - low);
    Ok(Interval {
        low: between(lower.low, upper.low),
        high: between(lower.high, upper.high),
        ..lower
    })
}

/// The fewest patients with whom the interval to expect is at most `width` wide.
///
/// # Errors
/// [`PlanError`] where the proportion is not from 0 to 1, the width not above 0 and below 1, or more patients would be
/// needed than can be planned.
///
/// # References
/// As the method's.
pub fn proportion_width_size(
    expected: f64,
    width: f64,
    method: ProportionInterval,
    level: Level,
) -> Result<u32, PlanError> {
    inside("the width", width)?;
    smallest(1, |patients| {
        let interval = expected_proportion_interval(expected, patients, method, level)?;
        Ok(interval.high - interval.low <= width)
    })
}

impl Ratio {
    /// The sizes of a study with this many positive patients, as a sensitivity needs.
    ///
    /// # Errors
    /// [`PlanError::TooMany`] where more negative patients would be needed than can be planned.
    pub fn with_positives(self, positives: u32) -> Result<ClassSizes, PlanError> {
        self.sizes(positives.into())
    }

    /// The sizes of a study with this many negative patients, as a specificity needs.
    ///
    /// # Errors
    /// [`PlanError::TooMany`] where more positive patients would be needed than can be planned.
    pub fn with_negatives(self, negatives: u32) -> Result<ClassSizes, PlanError> {
        let sizes = self.sizes(f64::from(negatives) / self.negatives_per_positive())?;
        Ok(ClassSizes { negatives, ..sizes })
    }
}
