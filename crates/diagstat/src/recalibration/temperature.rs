//! Temperature scaling: the logit of the score divided by one number.
//!
//! In: [`Scores`] above 0 and below 1. Out: [`Temperature`], at the maximum of the likelihood. Above 1 it makes the
//! scores less extreme, below 1 more. A score of 0.5 stays, so no call at 0.5 changes.
//! The maximum is found by Newton's method on the inverse temperature, with bisection where a step leaves the bracket.
//!
//! Source: Guo et al. 2017, ICML 34:1321. Checked against: R's glm without a constant, whose coefficient is the inverse
//! temperature (tools/golden/calibration.R).

use serde::{Deserialize, Serialize};

use super::MapError;
use crate::calibration::{logits, sum};
use crate::logistic::expit;
use crate::scores::Scores;
use crate::undefined::Undefined;

/// The probability whose logit is that of the score divided by the temperature.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Degree", into = "Degree")]
pub struct Temperature {
    degree: Degree,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename = "Temperature")]
struct Degree {
    temperature: f64,
}

impl Temperature {
    /// The map fitted to the patients.
    ///
    /// # Undefined when
    /// there is no patient, a score is not above 0 and below 1, every score lies on the side of 0.5 of its label (the
    /// temperature would be 0), or the scores predict no better than 0.5 for everybody (it would be infinite).
    ///
    /// # References
    /// Guo, Pleiss, Sun and Weinberger 2017, On calibration of modern neural networks, ICML 34:1321.
    pub fn fit(scores: &Scores) -> Result<Self, Undefined> {
        let patients = logits(scores)?;
        // The likelihood's derivatives by the inverse temperature; the first falls throughout.
        let slope = |inverse: f64| {
            sum(patients.iter().map(|(label, logit)| {
                let eta = inverse * logit;
                logit * (label * expit(-eta) - (1.0 - label) * expit(eta))
            }))
        };
        let curvature = |inverse: f64| {
            sum(patients
                .iter()
                .map(|(_, logit)| logit * logit * expit(inverse * logit) * expit(-inverse * logit)))
        };
        // A slope this small would be a temperature of 1e8 and more, or is rounding.
        if slope(0.0) <= 1e-9 * sum(patients.iter().map(|(_, logit)| logit.abs())) {
            return Err(Undefined::TemperatureInfinite);
        }
        let on_the_other_side = |(label, logit): &(f64, f64)| (2.0 * label - 1.0) * logit < 0.0;
        if !patients.iter().any(on_the_other_side) {
            return Err(Undefined::TemperatureZero);
        }
        let (mut low, mut high) = (0.0, 1.0);
        while slope(high) > 0.0 {
            (low, high) = (high, 2.0 * high);
        }
        let mut inverse = f64::midpoint(low, high);
        // Each round halves the bracket or takes a step of Newton's, which ends at neighbouring doubles.
        for _ in 0..ROUNDS_MAX {
            let rise = slope(inverse);
            if rise > 0.0 {
                low = inverse;
            } else {
                high = inverse;
            }
            let newton = inverse + rise / curvature(inverse);
            let next = if newton > low && newton < high {
                newton
            } else {
                f64::midpoint(low, high)
            };
            let moved = (next - inverse).abs();
            inverse = next;
            if moved <= 4.0 * f64::EPSILON * inverse {
                break;
            }
        }
        Self::try_from(Degree {
            temperature: 1.0 / inverse,
        })
        .map_err(|_| Undefined::TemperatureInfinite)
    }

    /// The probability, 0 to 1, at the temperature. 0 and 1 stay; a number outside counts as the nearer of the two.
    #[must_use]
    pub fn apply(&self, probability: f64) -> f64 {
        let probability = probability.clamp(0.0, 1.0);
        expit((probability.ln() - (-probability).ln_1p()) / self.degree.temperature)
    }

    /// The temperature, above 0.
    #[must_use]
    pub fn temperature(&self) -> f64 {
        self.degree.temperature
    }
}

const ROUNDS_MAX: u32 = 200;

impl From<Temperature> for Degree {
    fn from(map: Temperature) -> Self {
        map.degree
    }
}

impl TryFrom<Degree> for Temperature {
    type Error = MapError;

    fn try_from(degree: Degree) -> Result<Self, MapError> {
        if degree.temperature.is_finite() && degree.temperature > 0.0 {
            Ok(Self { degree })
        } else {
            Err(MapError::Temperature)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_that_are_always_right_or_no_better_than_half_have_reasons() {
        let fit =
            |labels: &[u8], scores: &[f64]| Temperature::fit(&Scores::new(labels, scores).unwrap());
        assert_eq!(fit(&[0, 1], &[0.4, 0.6]), Err(Undefined::TemperatureZero));
        assert_eq!(
            fit(&[0, 1], &[0.6, 0.4]),
            Err(Undefined::TemperatureInfinite)
        );
        assert_eq!(
            fit(&[0, 1], &[0.5, 0.5]),
            Err(Undefined::TemperatureInfinite)
        );
        assert_eq!(
            fit(&[0, 1], &[0.5, 1.0]),
            Err(Undefined::InfiniteLogit { row: 2, found: 1.0 })
        );
    }

    #[test]
    fn three_of_four_right_at_one_score_give_the_logit_of_three_quarters() {
        let scores = Scores::new(&[1, 1, 1, 0], &[0.9; 4]).unwrap();
        let map = Temperature::fit(&scores).unwrap();
        assert!((map.apply(0.9) - 0.75).abs() < 1e-15, "{map:?}");
        assert_eq!(
            (map.apply(0.0), map.apply(0.5), map.apply(1.0)),
            (0.0, 0.5, 1.0)
        );
    }

    #[test]
    fn damaged_maps_are_refused() {
        assert!(serde_json::from_str::<Temperature>(r#"{"temperature":0.0}"#).is_err());
        assert!(serde_json::from_str::<Temperature>(r#"{"temperature":1.5}"#).is_ok());
        let any = r#"{"method":"temperature","temperature":-1.5}"#;
        assert!(serde_json::from_str::<super::super::CalibrationMap>(any).is_err());
    }
}
