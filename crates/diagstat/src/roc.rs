//! The ROC curve, the area under it, and the threshold of the highest Youden index.
//!
//! In: [`Scores`]. Out: [`Roc`] (a point for each distinct score), the AUC, [`Youden`]. All need both classes.
//! Patients with equal scores enter the curve together, as one slanted step, so that the order of the patients cannot
//! move it. The AUC counts a tie between a positive and a negative patient as one half.
//! Counts and rank sums are integers: no rounding before the last division, at any number of patients.
//!
//! Source: Hanley and McNeil 1982, Radiology 143:29; Youden 1950, Cancer 3:32. Checked against: scikit-learn
//! (tools/golden/sklearn_metrics.py), pROC (tools/golden/proc.R), and a count of all pairs in the tests.

use serde::Serialize;

use crate::confusion::Confusion;
use crate::scores::{Scores, TieGroup};
use crate::undefined::{Group, Undefined};

/// A ROC curve: from nobody called positive to everybody.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Roc {
    /// Number of positive patients, at least 1.
    pub positives: u32,
    /// Number of negative patients, at least 1.
    pub negatives: u32,
    /// The points by falling threshold; the first calls nobody positive, the last everybody.
    pub points: Vec<RocPoint>,
}

/// What calling positive every patient with `score >= threshold` gives.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RocPoint {
    /// A score that occurs, or +infinity at the first point (null in JSON, which has no infinity).
    pub threshold: f64,
    /// Positive patients called positive.
    pub true_positives: u32,
    /// Negative patients called positive.
    pub false_positives: u32,
    /// Part of the positive patients that is called positive, 0 to 1.
    pub sensitivity: f64,
    /// Part of the negative patients that is called negative, 0 to 1.
    pub specificity: f64,
}

/// The threshold of the highest Youden index (sensitivity + specificity - 1).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Youden {
    /// Lies between two scores: halfway, or the upper one where no number lies between.
    pub threshold: f64,
    /// The index, above 0 and at most 1.
    pub index: f64,
    /// The counts at the threshold.
    pub confusion: Confusion,
}

/// The ROC curve of the scores, with a point for each distinct score and one before them.
///
/// # Undefined when
/// a class has no patient.
///
/// # References
/// Hanley and McNeil 1982, Radiology 143:29, doi:10.1148/radiology.143.1.7063747.
pub fn roc(scores: &Scores) -> Result<Roc, Undefined> {
    let (positives, negatives) = both_classes(scores)?;
    let groups = scores.tie_groups();
    let mut points = Vec::with_capacity(groups.len() + 1);
    let (mut true_positives, mut false_positives) = (0, 0);
    let mut point = |threshold, true_positives, false_positives| {
        points.push(RocPoint {
            threshold,
            true_positives,
            false_positives,
            sensitivity: f64::from(true_positives) / f64::from(positives),
            specificity: f64::from(negatives - false_positives) / f64::from(negatives),
        });
    };
    point(f64::INFINITY, 0, 0);
    for group in groups.iter().rev() {
        true_positives += group.positives;
        false_positives += group.negatives;
        point(group.score, true_positives, false_positives);
    }
    Ok(Roc {
        positives,
        negatives,
        points,
    })
}

impl Roc {
    /// The area under the curve by trapezoids, 0 to 1: the same number as [`auc`] by another route.
    #[must_use]
    pub fn area(&self) -> f64 {
        let doubled = doubled_area(self.points.windows(2).map(|step| {
            (
                step[1].true_positives - step[0].true_positives,
                step[1].false_positives - step[0].false_positives,
            )
        }));
        auc_of(doubled, self.positives.into(), self.negatives.into())
    }
}

impl RocPoint {
    /// All four counts, where the curve has so many positive and negative patients.
    pub(crate) fn confusion(&self, positives: u32, negatives: u32) -> Confusion {
        Confusion {
            true_positives: self.true_positives,
            false_negatives: positives - self.true_positives,
            false_positives: self.false_positives,
            true_negatives: negatives - self.false_positives,
        }
    }
}

/// The area under the ROC curve from mid-ranks (Mann-Whitney), 0 to 1: the probability that a positive patient scores
/// above a negative one, ties counted one half. O(n log n).
///
/// [`delong`](crate::delong()) gives the same with variance and interval.
///
/// # Undefined when
/// a class has no patient.
///
/// # References
/// Hanley and McNeil 1982, Radiology 143:29, doi:10.1148/radiology.143.1.7063747.
pub fn auc(scores: &Scores) -> Result<f64, Undefined> {
    let (positives, negatives) = both_classes(scores)?;
    let mut ranked: u128 = 0;
    let mut doubled_rank_sum: u128 = 0;
    for group in scores.tie_groups() {
        let tied = u128::from(group.positives) + u128::from(group.negatives);
        doubled_rank_sum += u128::from(group.positives) * (2 * ranked + tied + 1);
        ranked += tied;
    }
    let least = u128::from(positives) * (u128::from(positives) + 1);
    Ok(auc_of(
        doubled_rank_sum - least,
        positives.into(),
        negatives.into(),
    ))
}

/// The threshold of the highest Youden index over all cuts between two neighbouring scores.
///
/// Of cuts with the same index the lowest is taken, which is the most sensitive: to overlook a patient is held to be
/// worse than a false alarm. Choose it on other patients than those whose sensitivity and specificity are reported.
///
/// # Undefined when
/// a class has no patient, all scores are equal, or no cut has an index above 0.
///
/// # References
/// Youden 1950, Cancer 3:32, doi:10.1002/1097-0142(1950)3:1<32::AID-CNCR2820030106>3.0.CO;2-3.
pub fn youden(scores: &Scores) -> Result<Youden, Undefined> {
    let mut best: Option<(i128, Cut)> = None;
    for cut in cuts(scores)? {
        // The index times positives times negatives, so that equal indices are equal numbers.
        let scaled = i128::from(cut.confusion.true_positives) * i128::from(scores.negatives())
            - i128::from(cut.confusion.false_positives) * i128::from(scores.positives());
        if best.is_none_or(|(highest, _)| scaled > highest) {
            best = Some((scaled, cut));
        }
    }
    let (scaled, cut) = best.ok_or(Undefined::AllTied)?;
    let index = scaled as f64 / (f64::from(scores.positives()) * f64::from(scores.negatives()));
    if scaled <= 0 {
        return Err(Undefined::NoBetterThanChance { best: index });
    }
    Ok(Youden {
        threshold: cut.threshold,
        index,
        confusion: cut.confusion,
    })
}

/// A threshold between two neighbouring scores, with its counts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cut {
    pub threshold: f64,
    pub confusion: Confusion,
}

/// All cuts between two neighbouring scores, by rising threshold: at least one. Both classes have a patient.
pub(crate) fn cuts(scores: &Scores) -> Result<Vec<Cut>, Undefined> {
    let (positives, negatives) = both_classes(scores)?;
    let groups = scores.tie_groups();
    let (mut false_negatives, mut true_negatives) = (0, 0);
    let cuts: Vec<Cut> = groups
        .windows(2)
        .map(|pair| {
            false_negatives += pair[0].positives;
            true_negatives += pair[0].negatives;
            Cut {
                threshold: between(pair[0].score, pair[1].score),
                confusion: Confusion {
                    true_positives: positives - false_negatives,
                    false_negatives,
                    false_positives: negatives - true_negatives,
                    true_negatives,
                },
            }
        })
        .collect();
    if cuts.is_empty() {
        return Err(Undefined::AllTied);
    }
    Ok(cuts)
}

/// A threshold that calls `high` positive and `low` negative.
fn between(low: f64, high: f64) -> f64 {
    let middle = f64::midpoint(low, high);
    if middle > low { middle } else { high }
}

/// Numbers of positive and negative patients, at least one of each.
pub(crate) fn both_classes(scores: &Scores) -> Result<(u32, u32), Undefined> {
    Group::Positive.at_least(1, scores.positives().into())?;
    Group::Negative.at_least(1, scores.negatives().into())?;
    Ok((scores.positives(), scores.negatives()))
}

/// Twice the area under the steps of a ROC curve, in units of one patient by one patient. A step is the positives and the
/// negatives that it adds, from the highest score down.
fn doubled_area(steps: impl Iterator<Item = (u32, u32)>) -> u128 {
    let mut height: u128 = 0;
    let mut doubled: u128 = 0;
    for (rise, run) in steps {
        let next = height + u128::from(rise);
        doubled += u128::from(run) * (height + next);
        height = next;
    }
    doubled
}

/// As [`doubled_area`], of groups in rising order.
pub(crate) fn doubled_area_of(groups: &[TieGroup]) -> u128 {
    doubled_area(
        groups
            .iter()
            .rev()
            .map(|group| (group.positives, group.negatives)),
    )
}

/// The AUC from twice the number of pairs won.
pub(crate) fn auc_of(doubled_wins: u128, positives: u64, negatives: u64) -> f64 {
    doubled_wins as f64 / (2.0 * positives as f64 * negatives as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tied_patients_enter_the_curve_together() {
        let scores = Scores::new(&[1, 0, 1, 0], &[0.5, 0.5, 0.9, 0.1]).unwrap();
        let roc = roc(&scores).unwrap();
        let corners: Vec<_> = roc
            .points
            .iter()
            .map(|point| (point.threshold, point.sensitivity, point.specificity))
            .collect();
        assert_eq!(
            corners,
            [
                (f64::INFINITY, 0.0, 1.0),
                (0.9, 0.5, 1.0),
                (0.5, 1.0, 0.5),
                (0.1, 1.0, 0.0)
            ]
        );
        assert_eq!(roc.area(), 0.875);
    }

    #[test]
    fn json_writes_the_first_threshold_as_null() {
        let scores = Scores::new(&[1, 0], &[0.9, 0.1]).unwrap();
        let json = serde_json::to_value(roc(&scores).unwrap()).unwrap();
        assert_eq!(json["points"][0]["threshold"], serde_json::Value::Null);
        assert_eq!(json["points"][1]["threshold"], 0.9);
    }

    #[test]
    fn youden_lies_halfway_between_two_scores() {
        let scores = Scores::new(&[0, 0, 1, 1], &[1.0, 2.0, 3.0, 4.0]).unwrap();
        let best = youden(&scores).unwrap();
        assert_eq!((best.threshold, best.index), (2.5, 1.0));
        assert_eq!(
            best.confusion,
            Confusion::at(&scores, best.threshold).unwrap()
        );
    }

    #[test]
    fn youden_takes_the_most_sensitive_of_equal_cuts() {
        let scores = Scores::new(&[0, 1, 0, 1], &[1.0, 2.0, 3.0, 4.0]).unwrap();
        let best = youden(&scores).unwrap();
        assert_eq!((best.threshold, best.index), (1.5, 0.5));
        assert_eq!(best.confusion.false_negatives, 0);
    }

    #[test]
    fn youden_separates_scores_one_ulp_apart() {
        let low = 1.0_f64;
        for scores in [[low, low.next_up()], [-f64::MAX, f64::MAX]] {
            let scores = Scores::new(&[0, 1], &scores).unwrap();
            let best = youden(&scores).unwrap();
            assert_eq!(best.index, 1.0);
            assert_eq!(
                best.confusion,
                Confusion::at(&scores, best.threshold).unwrap()
            );
        }
    }

    #[test]
    fn youden_refuses_scores_that_rank_the_wrong_way() {
        let scores = Scores::new(&[1, 0], &[0.1, 0.9]).unwrap();
        assert_eq!(
            youden(&scores),
            Err(Undefined::NoBetterThanChance { best: -1.0 })
        );
        let tied = Scores::new(&[1, 0], &[0.5, 0.5]).unwrap();
        assert_eq!(youden(&tied), Err(Undefined::AllTied));
    }
}
