//! Scores of several models, or readers, on the same patients.
//!
//! In: [`Scores`] of each, patients in the same order. Out: [`Paired`], which promises that the labels are the same, so
//! that the comparisons of the other modules need not ask again.

use crate::scores::Scores;

/// Scores of at least two models on the same patients, in the same order.
#[derive(Debug, Clone, PartialEq)]
pub struct Paired(Vec<Scores>);

/// Scores that do not belong to the same patients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PairingError {
    /// A comparison needs two.
    #[error("found scores of {found} models, expected at least 2")]
    TooFew {
        /// How many there are.
        found: usize,
    },
    /// Another number of patients.
    #[error(
        "model {model} has scores of {found} patients and model 1 of {expected}, expected the same patients"
    )]
    Patients {
        /// The model, counted from 1.
        model: usize,
        /// Its patients.
        found: usize,
        /// Those of the first model.
        expected: usize,
    },
    /// A patient with two labels.
    #[error(
        "patient {row} has label {found} with model {model} and {expected} with model 1, expected one label a patient"
    )]
    Label {
        /// The place of the patient, counted from 1.
        row: usize,
        /// The model, counted from 1.
        model: usize,
        /// Its label.
        found: u8,
        /// That of the first model.
        expected: u8,
    },
}

impl Paired {
    /// Scores of each model; the same patients at the same places.
    ///
    /// # Errors
    /// [`PairingError`] where there are fewer than two models, or numbers of patients or labels differ.
    pub fn new(models: Vec<Scores>) -> Result<Self, PairingError> {
        let Some((first, others)) = models
            .split_first()
            .filter(|(_, others)| !others.is_empty())
        else {
            return Err(PairingError::TooFew {
                found: models.len(),
            });
        };
        for (other, model) in others.iter().zip(2..) {
            if other.len() != first.len() {
                return Err(PairingError::Patients {
                    model,
                    found: other.len(),
                    expected: first.len(),
                });
            }
            for (((found, _), (expected, _)), row) in other.iter().zip(first.iter()).zip(1..) {
                if found != expected {
                    return Err(PairingError::Label {
                        row,
                        model,
                        found: found.into(),
                        expected: expected.into(),
                    });
                }
            }
        }
        Ok(Self(models))
    }

    /// The scores of each model, at least two.
    #[must_use]
    pub fn models(&self) -> &[Scores] {
        &self.0
    }

    /// The patients at these places, as often as each is named.
    pub(crate) fn at(&self, places: &[usize]) -> Self {
        Self(self.0.iter().map(|scores| scores.of_rows(places)).collect())
    }

    /// Whether each patient is positive.
    pub fn labels(&self) -> impl Iterator<Item = bool> + '_ {
        self.0[0].iter().map(|(positive, _)| positive)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_patients_are_refused_with_what_differs() {
        let of = |labels: &[u8]| Scores::new(labels, &vec![0.5; labels.len()]).unwrap();
        let refused = |models| Paired::new(models).unwrap_err().to_string();
        assert_eq!(
            refused(vec![of(&[0, 1])]),
            "found scores of 1 models, expected at least 2"
        );
        assert_eq!(
            refused(vec![of(&[0, 1]), of(&[0, 1, 1])]),
            "model 2 has scores of 3 patients and model 1 of 2, expected the same patients"
        );
        assert_eq!(
            refused(vec![of(&[0, 1]), of(&[0, 1]), of(&[0, 0])]),
            "patient 2 has label 0 with model 3 and 1 with model 1, expected one label a patient"
        );
        assert_eq!(
            Paired::new(vec![of(&[0, 1]), of(&[0, 1])])
                .unwrap()
                .labels()
                .count(),
            2
        );
    }
}
