//! Another prevalence than that of the patients at hand.
//!
//! In: probabilities that hold where the prevalence is `from`. Out: those that hold where it is `to` ([`PriorShift`]); and
//! [`Prevalence`], which weights the classes of a statistic.
//! A cohort that was filled up with cases says little of the probabilities in a clinic. If the scores of each class are
//! distributed alike in both places, only the odds of the classes change, by one factor. Where the disease is milder or
//! the images are others, that does not hold, and no reweighting helps.
//!
//! Source: Elkan 2001, IJCAI 17:973 (theorem 2); Saerens, Latinne and Decaestecker 2002, Neural Computation 14:21.
//! Checked against: the formula in R (tools/golden/calibration.R).

use serde::{Deserialize, Serialize};

/// Part of the patients that is positive, above 0 and below 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Prevalence(f64);

/// A prevalence that is none.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("prevalence is {found}, expected a number above 0 and below 1, such as 0.05")]
pub struct PrevalenceError {
    /// The prevalence asked for.
    pub found: f64,
}

impl Prevalence {
    /// A prevalence such as 0.05.
    ///
    /// # Errors
    /// [`PrevalenceError`] where `prevalence` is not above 0 and below 1.
    pub fn new(prevalence: f64) -> Result<Self, PrevalenceError> {
        if prevalence > 0.0 && prevalence < 1.0 {
            Ok(Self(prevalence))
        } else {
            Err(PrevalenceError { found: prevalence })
        }
    }

    /// The prevalence as a fraction.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Prevalence {
    type Error = PrevalenceError;

    fn try_from(found: f64) -> Result<Self, PrevalenceError> {
        Self::new(found)
    }
}

impl From<Prevalence> for f64 {
    fn from(prevalence: Prevalence) -> Self {
        prevalence.0
    }
}

/// The correction of probabilities from one prevalence to another.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PriorShift {
    /// The prevalence at which the probabilities hold, such as that of the training set.
    pub from: Prevalence,
    /// The prevalence of the place where they are to hold.
    pub to: Prevalence,
}

impl PriorShift {
    /// The probability, 0 to 1, at the new prevalence: its odds times the ratio of the prevalences' odds. 0 and 1 stay; a
    /// number outside counts as the nearer of the two.
    ///
    /// # References
    /// Elkan 2001, The foundations of cost-sensitive learning, IJCAI 17:973. Saerens, Latinne and Decaestecker 2002, Neural
    /// Computation 14:21, doi:10.1162/089976602753284446.
    #[must_use]
    pub fn apply(self, probability: f64) -> f64 {
        let probability = probability.clamp(0.0, 1.0);
        let positive = probability * (self.to.0 / self.from.0);
        let negative = (1.0 - probability) * ((1.0 - self.to.0) / (1.0 - self.from.0));
        positive / (positive + negative)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prevalence_itself_becomes_the_new_prevalence() {
        let shift = PriorShift {
            from: Prevalence::new(0.47).unwrap(),
            to: Prevalence::new(0.02).unwrap(),
        };
        assert!((shift.apply(0.47) - 0.02).abs() < 1e-16);
        assert_eq!((shift.apply(0.0), shift.apply(1.0)), (0.0, 1.0));
        assert!(Prevalence::new(1.0).is_err() && Prevalence::new(f64::NAN).is_err());
    }

    #[test]
    fn a_file_cannot_hold_a_prevalence_of_two() {
        let error = serde_json::from_str::<PriorShift>(r#"{"from":0.5,"to":2.0}"#).unwrap_err();
        assert!(error.to_string().contains("prevalence is 2"), "{error}");
    }
}
