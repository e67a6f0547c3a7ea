//! Scores in bins: the reliability curve, and the calibration errors made of it.
//!
//! In: [`Scores`] from 0 to 1 and a [`Binning`]. Out: for each bin that holds a patient a [`ReliabilityBin`], and their
//! distances from the diagonal.
//! A bin holds scores above its lower edge up to its upper edge, the first one its lower edge too. Equal scores never fall
//! into two bins, so bins of equal count may be fewer than asked for, and not quite equal.
//!
//! Source: Murphy and Winkler 1977, Appl Statist 26:41 (curve); Naeini, Cooper and Hauskrecht 2015, AAAI 29:2901 (errors);
//! Bröcker 2012, Climate Dynamics 39:655 (their bias). Checked against: scikit-learn's calibration_curve
//! (tools/golden/sklearn_calibration.py) and R's cut (tools/golden/calibration.R).

use std::num::NonZeroU32;

use serde::Serialize;

use super::{mean, probabilities, sum};
use crate::interval::{Level, Proportion, ProportionInterval};
use crate::measured::Measured;
use crate::scores::Scores;
use crate::undefined::{Group, Undefined};

/// How scores are put into bins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Binning {
    /// So many bins of the same width from 0 to 1.
    EqualWidth(NonZeroU32),
    /// So many bins with edges at the quantiles of the scores (Hyndman and Fan's type 7).
    EqualCount(NonZeroU32),
}

impl Binning {
    /// Ten bins of equal width, as most papers use.
    pub const TEN_WIDE: Self = Self::EqualWidth(NonZeroU32::MIN.saturating_add(9));
    /// Tenths of the patients.
    pub const TEN_EQUAL: Self = Self::EqualCount(NonZeroU32::MIN.saturating_add(9));
}

/// A bin of the reliability curve, with at least one patient.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ReliabilityBin {
    /// Lower edge, 0 to 1.
    pub low: f64,
    /// Upper edge, 0 to 1.
    pub high: f64,
    /// Number of patients.
    pub patients: u32,
    /// Those with label 1.
    pub positives: u32,
    /// Mean score, 0 to 1.
    pub score: f64,
    /// Part of the patients that is positive.
    pub positive_part: Measured,
}

/// For each bin with patients the mean score and the part that is positive, with its interval.
///
/// # Undefined when
/// there is no patient, or a score lies outside 0 to 1.
///
/// # References
/// Murphy and Winkler 1977, Applied Statistics 26:41, doi:10.2307/2346866.
pub fn reliability_curve(
    scores: &Scores,
    binning: Binning,
    interval: ProportionInterval,
    level: Level,
) -> Result<Vec<ReliabilityBin>, Undefined> {
    let bins = binned(scores, binning)?;
    let curve = bins.iter().map(|bin| {
        let (positives, negatives) = bin.classes();
        let part = Proportion::from_successes_and_failures(positives, negatives);
        ReliabilityBin {
            low: bin.low,
            high: bin.high,
            patients: positives + negatives,
            positives,
            score: bin.score_mean(),
            positive_part: Measured::proportion(part, interval, level),
        }
    });
    Ok(curve.collect())
}

/// Expected calibration error (ECE), 0 (best) to 1: distance of mean score and part positive, averaged over the bins by
/// their patients.
///
/// It is biased upwards: a perfectly calibrated score has an error above 0, which grows with the number of bins and
/// shrinks with the patients. So it can compare scores on the same patients and bins, and prove nothing alone.
///
/// # Undefined when
/// there is no patient, or a score lies outside 0 to 1.
///
/// # References
/// Naeini, Cooper and Hauskrecht 2015, AAAI 29:2901, doi:10.1609/aaai.v29i1.9602. Bröcker 2012, Climate Dynamics 39:655,
/// doi:10.1007/s00382-011-1191-1 (bias).
pub fn expected_calibration_error(scores: &Scores, binning: Binning) -> Result<f64, Undefined> {
    let bins = binned(scores, binning)?;
    let weighted = bins
        .iter()
        .map(|bin| bin.patients.len() as f64 * bin.distance());
    Ok(sum(weighted) / scores.len() as f64)
}

/// Maximum calibration error (MCE), 0 (best) to 1: the largest distance of mean score and part positive in any bin.
///
/// Biased upwards even more than [`expected_calibration_error`]: a bin with one patient often decides it.
///
/// # Undefined when
/// there is no patient, or a score lies outside 0 to 1.
///
/// # References
/// As [`expected_calibration_error`].
pub fn maximum_calibration_error(scores: &Scores, binning: Binning) -> Result<f64, Undefined> {
    let bins = binned(scores, binning)?;
    Ok(bins.iter().map(Bin::distance).fold(0.0, f64::max))
}

/// The patients of a bin, at least one: label as 0 or 1, and score.
pub(crate) struct Bin {
    pub low: f64,
    pub high: f64,
    pub patients: Vec<(f64, f64)>,
}

impl Bin {
    pub(crate) fn score_mean(&self) -> f64 {
        mean(self.patients.iter().map(|(_, score)| *score))
    }

    pub(crate) fn positive_part(&self) -> f64 {
        mean(self.patients.iter().map(|(label, _)| *label))
    }

    /// Positive and negative patients.
    fn classes(&self) -> (u32, u32) {
        let count = |class: f64| {
            self.patients
                .iter()
                .filter(|(label, _)| *label == class)
                .count()
        };
        // Scores hold at most u32::MAX patients.
        (count(1.0) as u32, count(0.0) as u32)
    }

    fn distance(&self) -> f64 {
        (self.score_mean() - self.positive_part()).abs()
    }
}

/// The bins with patients, in rising order.
pub(crate) fn binned(scores: &Scores, binning: Binning) -> Result<Vec<Bin>, Undefined> {
    let mut patients = probabilities(scores)?;
    patients.sort_unstable_by(|a, b| a.1.total_cmp(&b.1).then(a.0.total_cmp(&b.0)));
    let mut bins: Vec<Bin> = Vec::new();
    let mut rest = patients.as_slice();
    for (low, high) in edges(binning, &patients) {
        let (inside, above) = rest.split_at(rest.partition_point(|(_, score)| *score <= high));
        rest = above;
        if !inside.is_empty() {
            bins.push(Bin {
                low,
                high,
                patients: inside.to_vec(),
            });
        }
    }
    Group::Bins.at_least(1, bins.len() as u64)?;
    Ok(bins)
}

/// Lower and upper edge of each bin; the last reaches the highest score. `patients` are in rising order.
fn edges(binning: Binning, patients: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let (count, edge): (u32, Box<dyn Fn(u32) -> f64>) = match binning {
        Binning::EqualWidth(count) => {
            let width = f64::from(count.get());
            (count.get(), Box::new(move |edge| f64::from(edge) / width))
        }
        Binning::EqualCount(count) => {
            let last = patients.len() as u64 - 1;
            let quantile = move |edge: u32| {
                // The place of the quantile in whole numbers, so that rounding cannot move it past a score.
                let scaled = last * u64::from(edge);
                let (place, part) = (
                    scaled / u64::from(count.get()),
                    scaled % u64::from(count.get()),
                );
                let below = patients[place as usize].1;
                if part == 0 {
                    return below;
                }
                let above = patients[place as usize + 1].1;
                below + (above - below) * (part as f64 / f64::from(count.get()))
            };
            (count.get(), Box::new(quantile))
        }
    };
    (0..count).map(|bin| (edge(bin), edge(bin + 1))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_on_an_edge_belongs_to_the_lower_bin_and_zero_to_the_first() {
        let scores = Scores::new(&[0, 1, 1, 1], &[0.0, 0.5, 0.75, 1.0]).unwrap();
        let two = NonZeroU32::MIN.saturating_add(1);
        let bins = binned(&scores, Binning::EqualWidth(two)).unwrap();
        let sizes: Vec<_> = bins
            .iter()
            .map(|bin| (bin.low, bin.high, bin.patients.len()))
            .collect();
        assert_eq!(sizes, [(0.0, 0.5, 2), (0.5, 1.0, 2)]);
    }

    #[test]
    fn equal_scores_stay_in_one_bin() {
        let scores = Scores::new(&[0, 1, 0, 1, 1], &[0.2, 0.5, 0.5, 0.5, 0.5]).unwrap();
        let bins = binned(&scores, Binning::TEN_EQUAL).unwrap();
        let highest = bins
            .iter()
            .filter(|bin| bin.patients.iter().any(|p| p.1 == 0.5))
            .count();
        assert_eq!((bins.len(), highest), (2, 1));
    }
}
