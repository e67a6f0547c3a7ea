//! Sensitivities, specificities and prevalences that a caller asks for.
//!
//! In: numbers from 0 to 1. Out: [`Rate`] and [`RateRange`], checked once, so that a request of 95 (for 95 %) is an error
//! and no odd result.

use serde::Serialize;

/// A sensitivity, a specificity or a prevalence, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Rate(f64);

/// A range of a sensitivity or of a specificity: 0 <= low < high <= 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RateRange {
    low: f64,
    high: f64,
}

/// A rate that is none.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum RateError {
    /// Outside 0 to 1, or NaN.
    #[error("rate is {found}, expected a number from 0 to 1, such as 0.95")]
    Outside {
        /// The rate asked for.
        found: f64,
    },
    /// A range without extent.
    #[error("range is {low} to {high}, expected the lower end below the upper one")]
    Empty {
        /// The lower end.
        low: f64,
        /// The upper end.
        high: f64,
    },
}

impl Rate {
    /// A rate such as 0.95.
    ///
    /// # Errors
    /// [`RateError::Outside`] where `rate` is not 0 to 1.
    pub fn new(rate: f64) -> Result<Self, RateError> {
        if (0.0..=1.0).contains(&rate) {
            Ok(Self(rate))
        } else {
            Err(RateError::Outside { found: rate })
        }
    }

    /// The rate as a fraction.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }
}

impl RateRange {
    /// A range such as 0.8 to 1.
    ///
    /// # Errors
    /// [`RateError`] where an end lies outside 0 to 1, or `low` is not below `high`.
    pub fn new(low: f64, high: f64) -> Result<Self, RateError> {
        let (low, high) = (Rate::new(low)?.0, Rate::new(high)?.0);
        if low < high {
            Ok(Self { low, high })
        } else {
            Err(RateError::Empty { low, high })
        }
    }

    /// The lower end, at least 0.
    #[must_use]
    pub fn low(self) -> f64 {
        self.low
    }

    /// The upper end, at most 1.
    #[must_use]
    pub fn high(self) -> f64 {
        self.high
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_outside_zero_to_one_are_refused() {
        for rate in [-0.1, 1.1, 95.0, f64::NAN] {
            assert!(Rate::new(rate).is_err(), "{rate}");
            assert!(RateRange::new(0.0, rate).is_err(), "{rate}");
        }
        assert_eq!(
            Rate::new(95.0).unwrap_err().to_string(),
            "rate is 95, expected a number from 0 to 1, such as 0.95"
        );
    }

    #[test]
    fn a_range_without_extent_is_refused() {
        assert_eq!(
            RateRange::new(1.0, 0.8).unwrap_err().to_string(),
            "range is 1 to 0.8, expected the lower end below the upper one"
        );
        assert!(RateRange::new(0.5, 0.5).is_err());
    }
}
