//! The structural components of an area under the ROC curve, a whole number for each patient, in O(n log n).
//!
//! In: [`Scores`]. Out: [`Components`], from which the variances and covariances of the other modules are made. A
//! patient's component is twice the number of patients of the other class that it is ranked rightly against, a tie
//! counting one: twice the difference of its mid-ranks among all patients and within its own class. Whole numbers, so
//! that two models that rank alike have a difference of exactly 0.
//!
//! Source: Sun and Xu 2014, IEEE SPL 21:1389. Checked against: a count of all pairs in the tests of the modules that
//! use it.

use std::cmp::Ordering;

use crate::roc::auc_of;
use crate::scores::Scores;
use crate::undefined::{Group, Undefined};

/// Components of the patients of each class, in the order of the patients.
pub(crate) struct Components {
    pub of_positives: Vec<u64>,
    pub of_negatives: Vec<u64>,
}

/// The components of scores, at least one patient a class.
pub(crate) fn components(scores: &Scores) -> Result<Components, Undefined> {
    Group::Positive.at_least(1, scores.positives().into())?;
    Group::Negative.at_least(1, scores.negatives().into())?;
    let patients: Vec<(bool, f64)> = scores.iter().collect();
    let mut order: Vec<usize> = (0..patients.len()).collect();
    order.sort_unstable_by(|&a, &b| {
        let (a, b) = (patients[a].1, patients[b].1);
        a.partial_cmp(&b).unwrap_or(Ordering::Equal)
    });

    let mut of_patients = vec![0; patients.len()];
    let mut negatives_below = 0;
    let mut positives_above = u64::from(scores.positives());
    for tied in order.chunk_by(|&a, &b| patients[a].1 == patients[b].1) {
        let positives = tied.iter().filter(|&&patient| patients[patient].0).count() as u64;
        let negatives = tied.len() as u64 - positives;
        positives_above -= positives;
        for &patient in tied {
            of_patients[patient] = if patients[patient].0 {
                2 * negatives_below + negatives
            } else {
                2 * positives_above + positives
            };
        }
        negatives_below += negatives;
    }
    let of_class = |class| {
        let of_patients = of_patients.iter().zip(&patients);
        of_patients
            .filter(|(_, patient)| patient.0 == class)
            .map(|(component, _)| *component)
            .collect()
    };
    Ok(Components {
        of_positives: of_class(true),
        of_negatives: of_class(false),
    })
}

impl Components {
    /// Twice the number of pairs won.
    pub(crate) fn doubled_wins(&self) -> u128 {
        self.of_positives
            .iter()
            .map(|&component| u128::from(component))
            .sum()
    }

    /// The area, 0 to 1.
    pub(crate) fn area(&self) -> f64 {
        auc_of(
            self.doubled_wins(),
            self.of_positives.len() as u64,
            self.of_negatives.len() as u64,
        )
    }
}
