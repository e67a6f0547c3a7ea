//! The scores of a diagnostic test, one per patient, with the truth beside them.
//!
//! In: labels (0 or 1) and finite scores. Out: [`Scores`], which every other module takes, so that they need not check
//! again. Higher scores speak for the positive class; a patient is called positive where `score >= threshold`.
//! No patient at all is allowed: a subgroup may be empty, and each statistic then says why it has no value.
//! At most `u32::MAX` patients, so that rank sums and their squares are exact in 128-bit integers.

use std::cmp::Ordering;

/// Labels and scores of patients; checked once, here.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    labels: Vec<bool>,
    scores: Vec<f64>,
    positives: u32,
    negatives: u32,
}

/// Why labels and scores were refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ScoresError {
    /// Not one score for each label.
    #[error("found {labels} labels and {scores} scores, expected one of each for a patient")]
    LengthMismatch {
        /// Number of labels.
        labels: usize,
        /// Number of scores.
        scores: usize,
    },
    /// A label other than 0 and 1.
    #[error("label {row} is {found}, expected 0 or 1")]
    Label {
        /// The place of the patient, counted from 1.
        row: usize,
        /// The label.
        found: u8,
    },
    /// A score that is NaN or infinite.
    #[error("score {row} is {found}, expected a finite number")]
    NotFinite {
        /// The place of the patient, counted from 1.
        row: usize,
        /// The score.
        found: f64,
    },
    /// More patients than can be counted.
    #[error("found {found} patients, expected at most {most}")]
    TooMany {
        /// Number of patients.
        found: usize,
        /// The most that are allowed.
        most: u32,
    },
}

impl Scores {
    /// Patients with labels 0 (negative) and 1 (positive). `labels[i]` and `scores[i]` belong to one patient; the order
    /// of the patients changes no statistic. Both may be empty. A score of -0.0 equals 0.0.
    ///
    /// # Errors
    /// [`ScoresError`]: lengths differ, a label is neither 0 nor 1, a score is NaN or infinite, or there are more than
    /// `u32::MAX` patients.
    pub fn new(labels: &[u8], scores: &[f64]) -> Result<Self, ScoresError> {
        let labels = labels
            .iter()
            .enumerate()
            .map(|(index, &label)| match label {
                0 => Ok(false),
                1 => Ok(true),
                found => Err(ScoresError::Label {
                    row: index + 1,
                    found,
                }),
            })
            .collect::<Result<Vec<bool>, _>>()?;
        Self::from_bools(&labels, scores)
    }

    /// As [`Scores::new`], with `true` for a positive patient.
    ///
    /// # Errors
    /// As [`Scores::new`].
    pub fn from_bools(labels: &[bool], scores: &[f64]) -> Result<Self, ScoresError> {
        if labels.len() != scores.len() {
            return Err(ScoresError::LengthMismatch {
                labels: labels.len(),
                scores: scores.len(),
            });
        }
        let patients = counted(labels.len())?;
        if let Some(index) = scores.iter().position(|score| !score.is_finite()) {
            return Err(ScoresError::NotFinite {
                row: index + 1,
                found: scores[index],
            });
        }
        let positives = counted(labels.iter().filter(|&&label| label).count())?;
        Ok(Self {
            labels: labels.to_vec(),
            // Adding 0.0 turns -0.0 into 0.0, so that equal scores also print alike.
            scores: scores.iter().map(|score| score + 0.0).collect(),
            positives,
            negatives: patients - positives,
        })
    }

    /// Patients taken from others that were checked: as many labels as scores, all finite, at most `u32::MAX`.
    pub(crate) fn from_checked(labels: Vec<bool>, scores: Vec<f64>) -> Self {
        let positives = labels.iter().filter(|&&label| label).count() as u32;
        let negatives = labels.len() as u32 - positives;
        Self {
            labels,
            scores: scores.iter().map(|score| score + 0.0).collect(),
            positives,
            negatives,
        }
    }

    /// Number of patients.
    #[must_use]
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no patient.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Number of patients with label 1.
    #[must_use]
    pub fn positives(&self) -> u32 {
        self.positives
    }

    /// Number of patients with label 0.
    #[must_use]
    pub fn negatives(&self) -> u32 {
        self.negatives
    }

    /// The patients in the order given: whether positive, and the score.
    pub fn iter(&self) -> impl Iterator<Item = (bool, f64)> + '_ {
        self.labels.iter().copied().zip(self.scores.iter().copied())
    }

    /// The same patients with other scores; `other` gives a finite number for each.
    pub(crate) fn map(&self, other: impl Fn(f64) -> f64) -> Self {
        Self {
            scores: self
                .scores
                .iter()
                .map(|score| other(*score) + 0.0)
                .collect(),
            ..self.clone()
        }
    }

    /// The patients at these places, which must exist, as often as each is named.
    pub(crate) fn of_rows(&self, rows: &[usize]) -> Self {
        let labels: Vec<bool> = rows.iter().map(|&row| self.labels[row]).collect();
        let positives = labels.iter().filter(|&&label| label).count() as u32;
        Self {
            positives,
            negatives: rows.len() as u32 - positives,
            labels,
            scores: rows.iter().map(|&row| self.scores[row]).collect(),
        }
    }

    /// The distinct scores in rising order, each with its patients: all that a rank statistic needs.
    pub(crate) fn tie_groups(&self) -> Vec<TieGroup> {
        let mut patients: Vec<(bool, f64)> = self.iter().collect();
        patients.sort_unstable_by(|a, b| a.1.partial_cmp(&b.1).unwrap_or(Ordering::Equal));
        let mut groups: Vec<TieGroup> = Vec::new();
        for (positive, score) in patients {
            match groups.last_mut() {
                Some(group) if group.score == score => group.add(positive),
                _ => {
                    let mut group = TieGroup {
                        score,
                        positives: 0,
                        negatives: 0,
                    };
                    group.add(positive);
                    groups.push(group);
                }
            }
        }
        groups
    }
}

/// The patients of one score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct TieGroup {
    pub score: f64,
    pub positives: u32,
    pub negatives: u32,
}

impl TieGroup {
    fn add(&mut self, positive: bool) {
        if positive {
            self.positives += 1;
        } else {
            self.negatives += 1;
        }
    }
}

fn counted(patients: usize) -> Result<u32, ScoresError> {
    u32::try_from(patients).map_err(|_| ScoresError::TooMany {
        found: patients,
        most: u32::MAX,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_mismatch_names_both_numbers() {
        let error = Scores::new(&[0, 1, 1], &[0.1, 0.2]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "found 3 labels and 2 scores, expected one of each for a patient"
        );
    }

    #[test]
    fn a_label_of_two_is_refused_with_its_row() {
        let error = Scores::new(&[0, 1, 2], &[0.1, 0.2, 0.3]).unwrap_err();
        assert_eq!(error.to_string(), "label 3 is 2, expected 0 or 1");
    }

    #[test]
    fn scores_that_are_not_finite_are_refused_with_their_row() {
        for (score, word) in [
            (f64::NAN, "NaN"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            let error = Scores::new(&[0, 1], &[0.1, score]).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("score 2 is {word}, expected a finite number")
            );
        }
    }

    #[test]
    fn more_patients_than_32_bits_count_are_refused() {
        assert_eq!(counted(u32::MAX as usize), Ok(u32::MAX));
        assert!(counted(u32::MAX as usize + 1).is_err());
    }

    #[test]
    fn no_patient_is_allowed() {
        let scores = Scores::new(&[], &[]).unwrap();
        assert!(scores.is_empty());
        assert_eq!((scores.positives(), scores.negatives()), (0, 0));
    }

    #[test]
    fn zeros_of_both_signs_tie_and_neighbouring_floats_do_not() {
        let next = 1.0_f64.next_up();
        let scores = Scores::new(&[0, 1, 0, 1], &[-0.0, 0.0, 1.0, next]).unwrap();
        let groups = scores.tie_groups();
        assert_eq!(groups.len(), 3);
        assert_eq!((groups[0].positives, groups[0].negatives), (1, 1));
        assert!(groups[0].score.is_sign_positive());
        assert_eq!((groups[1].score, groups[2].score), (1.0, next));
    }
}
