//! Planning a study: how many patients for a wanted power or width, and what a planned study will show.
//!
//! In: what is expected (an area, a sensitivity), what is wanted (a power, a width), and the [`Ratio`] of the classes.
//! Out: [`ClassSizes`], a power, or the interval to expect. A wish that no number of patients fulfils is a
//! [`PlanError`] that says why, as is a number out of range. Everything here is as good as the expectation put in: an
//! area of 0.85 that turns out 0.80 makes a study too small.
//!
//! Source and checks: see each module.

use serde::Serialize;

pub mod area;
pub mod difference;
pub mod proportion;

pub use area::{
    AreaModel, area_test_power, area_test_size, area_variance, area_width_size,
    expected_area_interval,
};
pub use difference::{BinormalPair, difference_test_power, difference_test_size};
pub use proportion::{expected_proportion_interval, proportion_width_size};

/// The most patients of a class that are planned for.
pub const PATIENTS_MAX: u32 = 10_000_000;

/// Patients of each class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ClassSizes {
    /// Patients with label 1.
    pub positives: u32,
    /// Patients with label 0.
    pub negatives: u32,
}

/// Negative patients for each positive one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Ratio(f64);

/// A plan that cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum PlanError {
    /// A number out of its range.
    #[error("{what} is {found}, expected {expected}")]
    Outside {
        /// Which number.
        what: &'static str,
        /// The number.
        found: f64,
        /// Its range in words.
        expected: &'static str,
    },
    /// A wish that no number of patients fulfils.
    #[error("no number of patients is enough: {reason}")]
    Impossible {
        /// Why not.
        reason: &'static str,
    },
    /// A wish for more patients than can be planned.
    #[error("more than {most} patients of a class would be needed")]
    TooMany {
        /// The most that are planned.
        most: u32,
    },
}

impl Ratio {
    /// As many patients of each class.
    pub const EQUAL: Self = Self(1.0);

    /// Negative patients for each positive one, above 0.
    ///
    /// # Errors
    /// [`PlanError::Outside`] otherwise.
    pub fn new(negatives_per_positive: f64) -> Result<Self, PlanError> {
        if negatives_per_positive > 0.0 && negatives_per_positive.is_finite() {
            Ok(Self(negatives_per_positive))
        } else {
            Err(PlanError::Outside {
                what: "the ratio of negative to positive patients",
                found: negatives_per_positive,
                expected: "a number above 0",
            })
        }
    }

    /// The ratio where patients come as they are: 9 for a prevalence of 0.1.
    ///
    /// # Errors
    /// [`PlanError::Outside`] where the prevalence is not above 0 and below 1.
    pub fn of_prevalence(prevalence: f64) -> Result<Self, PlanError> {
        inside("the prevalence", prevalence).map(|prevalence| Self((1.0 - prevalence) / prevalence))
    }

    /// Negative patients for each positive one.
    #[must_use]
    pub fn negatives_per_positive(self) -> f64 {
        self.0
    }

    /// The sizes with at least this many positive patients, both rounded up.
    fn sizes(self, positives: f64) -> Result<ClassSizes, PlanError> {
        let most = f64::from(PATIENTS_MAX);
        // A ratio such as 0.7 / 0.3 is off by a rounding error, which is no patient.
        let up = |patients: f64| (patients * (1.0 - 1e-12)).ceil();
        let (positives, negatives) = (up(positives), up(self.0 * up(positives)));
        if positives <= most && negatives <= most {
            Ok(ClassSizes {
                positives: positives as u32,
                negatives: negatives as u32,
            })
        } else {
            Err(PlanError::TooMany { most: PATIENTS_MAX })
        }
    }
}

impl ClassSizes {
    /// At least two of each class.
    fn checked(self) -> Result<(f64, f64), PlanError> {
        for (what, found) in [
            ("the number of positive patients", self.positives),
            ("the number of negative patients", self.negatives),
        ] {
            if found < 2 {
                return Err(PlanError::Outside {
                    what,
                    found: found.into(),
                    expected: "at least 2",
                });
            }
        }
        Ok((self.positives.into(), self.negatives.into()))
    }
}

/// Refuses what is not above 0 and below 1.
fn inside(what: &'static str, found: f64) -> Result<f64, PlanError> {
    if found > 0.0 && found < 1.0 {
        Ok(found)
    } else {
        Err(PlanError::Outside {
            what,
            found,
            expected: "a number above 0 and below 1",
        })
    }
}

/// The least number from `least` on that is enough, for a wish that more patients come nearer to.
fn smallest(
    least: u32,
    mut enough: impl FnMut(u32) -> Result<bool, PlanError>,
) -> Result<u32, PlanError> {
    let (mut low, mut high) = (least, least);
    loop {
        if enough(high)? {
            break;
        }
        if high >= PATIENTS_MAX {
            return Err(PlanError::TooMany { most: PATIENTS_MAX });
        }
        low = high + 1;
        high = high.saturating_mul(2).min(PATIENTS_MAX);
    }
    while low < high {
        let middle = low.midpoint(high);
        if enough(middle)? {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Ok(high)
}
