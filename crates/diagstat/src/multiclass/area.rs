//! Areas under ROC curves of more than two classes, and top-k accuracy: what ranks of the scores say.
//!
//! In: [`MulticlassScores`]. Out: an AUC for each class against the rest with DeLong's interval, Hand and Till's average
//! over all pairs of classes, and the part of the patients whose class is among the k with the highest scores.
//! Hand and Till's AUC does not depend on how many patients a class has, so it has no single variance formula here; its
//! interval is a bootstrap.
//!
//! Source: Hand and Till 2001, Machine Learning 45:171. Checked against: pROC's multiclass.roc (tools/golden/counts.R),
//! scikit-learn (tools/golden/counts.py).

use std::num::NonZeroUsize;

use super::bootstrap::Bootstrap;
use super::scores::MulticlassScores;
use crate::delong::{AucInterval, auc_with_interval};
use crate::interval::{Level, Proportion};
use crate::measured::Measured;
use crate::roc::auc;
use crate::undefined::{Group, Undefined};

/// The AUC of each class against the rest by the scores of that class, with DeLong's interval. Patients of the class are
/// the positive ones.
///
/// # Undefined when
/// there is no patient of the class, or of no other. No interval as [`auc_with_interval`].
///
/// # References
/// DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44:837, doi:10.2307/2531595.
#[must_use]
pub fn one_vs_rest_auc(
    scores: &MulticlassScores,
    scale: AucInterval,
    level: Level,
) -> Vec<Measured> {
    (0..scores.classes())
        .map(|class| auc_with_interval(&scores.against(class, |_| true), scale, level))
        .collect()
}

/// Hand and Till's AUC, 0 to 1: the mean over all pairs of classes of the AUC between the two, by the scores of the one and
/// by those of the other. 0.5 for scores that say nothing.
///
/// # Undefined when
/// a class has no patient.
///
/// # References
/// Hand and Till 2001, Machine Learning 45:171, doi:10.1023/A:1010920819831.
pub fn hand_till(scores: &MulticlassScores) -> Result<f64, Undefined> {
    let classes = scores.classes();
    let mut patients = vec![0_u64; classes];
    for &label in scores.labels() {
        patients[label as usize] += 1;
    }
    if let Some(class) = patients.iter().position(|&count| count == 0) {
        return Err(Undefined::ClassTooFew {
            class: class as u32,
            found: 0,
            needed: 1,
        });
    }
    let mut sum = 0.0;
    for class in 0..classes {
        for other in (0..classes).filter(|&other| other != class) {
            sum += auc(&scores.against(class, |of| of == class || of == other))?;
        }
    }
    Ok(sum / (classes * (classes - 1)) as f64)
}

/// [`hand_till`] with a bootstrap percentile interval, patients drawn within their classes.
///
/// # Undefined when
/// as [`hand_till`]. No interval where a class has one patient only, or all replicates are equal.
///
/// # References
/// As [`hand_till`]; Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 13.
#[must_use]
pub fn hand_till_with_interval(
    scores: &MulticlassScores,
    bootstrap: Bootstrap,
    level: Level,
) -> Measured {
    match hand_till(scores) {
        Ok(value) => Measured::new(value, bootstrap.of_scores(scores, hand_till, level)),
        Err(reason) => Measured::undefined(reason),
    }
}

/// Part of the patients whose class is among the `k` classes with the highest scores; 1 where there are no more than `k`
/// classes.
///
/// # Undefined when
/// there is no patient, or equal scores leave open whether a patient's class is among them.
pub fn top_k_accuracy(scores: &MulticlassScores, k: NonZeroUsize) -> Result<Proportion, Undefined> {
    let (mut within, mut beyond) = (0, 0);
    for ((label, of_patient), row) in scores.iter().zip(1..) {
        let own = of_patient[label as usize];
        let above = of_patient.iter().filter(|&&score| score > own).count();
        let not_below = of_patient.iter().filter(|&&score| score >= own).count();
        if not_below <= k.get() {
            within += 1;
        } else if above >= k.get() {
            beyond += 1;
        } else {
            return Err(Undefined::CallTied { row });
        }
    }
    Proportion::of(Group::Patients, within, beyond)
}
