//! Confidence bands of the ROC curve.
//!
//! In: [`Scores`], a level, and the specificities at which the band is wanted. Out: three kinds, which mean different
//! things:
//! - [`band_bootstrap`]: at each specificity an interval of the sensitivity. *Pointwise*: each covers the true
//!   sensitivity at its specificity at the level, but the true curve leaves the band somewhere far more often. It is what
//!   most figures show; a caption that says "pointwise" is right.
//! - [`band_simultaneous`]: the *whole* true curve lies inside at least at the level, at any number of patients and
//!   whatever the scores' distributions, ties included. The price is width: in the simulation of the tests (29 positive
//!   and 33 negative patients, level 95 %) it holds the true curve in nearly every cohort, and the pointwise band holds all
//!   of it in about one of a hundred.
//! - [`intervals_at_thresholds`]: at each threshold an interval of sensitivity and one of specificity, each *pointwise*
//!   for a threshold that was fixed beforehand. Crosses in a figure, not a band.
//!
//! The simultaneous band is Campbell's fixed-width band: the empirical curve, moved by the half-width of a
//! Kolmogorov-Smirnov band in either direction. The half-width is that of the inequality of Dvoretzky, Kiefer and
//! Wolfowitz with Massart's constant, which holds at any size; tables of the exact statistic are a little narrower. Each
//! class gets the square root of the level, as the classes are independent.
//!
//! Source: Campbell 1994, Stat Med 13:499; Massart 1990, Ann Probab 18:1269; Macskassy and Provost 2004, ROCAI.
//! Checked against: pROC's ci.se for the bootstrap (tools/golden/proc_curve.R); simulated coverage in the tests.

use std::num::NonZeroU32;

use serde::Serialize;

use crate::curve_draws::{percentile, stratified};
use crate::interval::{Interval, IntervalMethod, Level, ProportionInterval};
use crate::measured::Measured;
use crate::rate::Rate;
use crate::roc::{RocPoint, both_classes, roc};
use crate::scores::{Scores, TieGroup};
use crate::undefined::Undefined;

/// The band at one specificity.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BandPoint {
    /// The specificity.
    pub specificity: f64,
    /// The sensitivity of the curve there, interpolated linearly and the highest of a vertical step, with its limits.
    pub sensitivity: Measured,
}

/// A point of the curve with an interval of each rate at its threshold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PointWithIntervals {
    /// The point.
    pub point: RocPoint,
    /// Sensitivity at the threshold.
    pub sensitivity: Measured,
    /// Specificity at the threshold.
    pub specificity: Measured,
}

/// Pointwise percentile intervals of the sensitivity at each specificity, by a stratified bootstrap. Where both limits
/// are the same number, a reason stands in place of the interval: at specificity 0 always, elsewhere where the curve is
/// at 0 or 1.
///
/// The same seed gives the same limits on any number of threads.
///
/// # Undefined when
/// a class has no patient.
///
/// # References
/// Robin et al. 2011, BMC Bioinformatics 12:77, doi:10.1186/1471-2105-12-77.
pub fn band_bootstrap(
    scores: &Scores,
    specificities: &[Rate],
    replicates: NonZeroU32,
    seed: u64,
    level: Level,
) -> Result<Vec<BandPoint>, Undefined> {
    both_classes(scores)?;
    let of_data = Curve::of(&scores.tie_groups());
    let drawn: Vec<Vec<f64>> = stratified(scores, replicates, seed, |groups| {
        let curve = Curve::of(groups);
        specificities
            .iter()
            .map(|at| curve.highest(at.get()))
            .collect()
    });
    let points = specificities.iter().enumerate().map(|(index, at)| {
        let values = drawn.iter().map(|replicate| replicate[index]).collect();
        BandPoint {
            specificity: at.get(),
            sensitivity: Measured::new(of_data.highest(at.get()), percentile(values, level)),
        }
    });
    Ok(points.collect())
}

/// The simultaneous band at each specificity: the whole true curve lies between the limits at least at the level. As a
/// sensitivity lies between 0 and 1, so do the limits.
///
/// # Undefined when
/// a class has no patient.
///
/// # References
/// Campbell 1994, Statistics in Medicine 13:499, doi:10.1002/sim.4780130513. Massart 1990, Annals of Probability 18:1269,
/// doi:10.1214/aop/1176990746.
pub fn band_simultaneous(
    scores: &Scores,
    specificities: &[Rate],
    level: Level,
) -> Result<Vec<BandPoint>, Undefined> {
    let (positives, negatives) = both_classes(scores)?;
    let curve = Curve::of(&scores.tie_groups());
    let (up, aside) = (half_width(positives, level), half_width(negatives, level));
    let points = specificities.iter().map(|at| {
        let specificity = at.get();
        let high = if specificity >= aside {
            (curve.highest(specificity - aside) + up).min(1.0)
        } else {
            1.0
        };
        let low = if specificity + aside <= 1.0 {
            (curve.lowest(specificity + aside) - up).max(0.0)
        } else {
            0.0
        };
        let interval = Interval {
            low,
            high,
            level,
            method: IntervalMethod::KolmogorovSmirnov,
        };
        BandPoint {
            specificity,
            sensitivity: Measured::new(curve.highest(specificity), Ok(interval)),
        }
    });
    Ok(points.collect())
}

/// An interval of sensitivity and one of specificity at the threshold of each point of the ROC curve, by falling
/// threshold. Each interval stands alone: both hold at once less often than the level says.
///
/// # Undefined when
/// a class has no patient.
///
/// # References
/// As [`Proportion::interval`](crate::Proportion::interval).
pub fn intervals_at_thresholds(
    scores: &Scores,
    method: ProportionInterval,
    level: Level,
) -> Result<Vec<PointWithIntervals>, Undefined> {
    let curve = roc(scores)?;
    let points = curve.points.into_iter().map(|point| {
        let confusion = point.confusion(curve.positives, curve.negatives);
        PointWithIntervals {
            point,
            sensitivity: Measured::proportion(confusion.sensitivity(), method, level),
            specificity: Measured::proportion(confusion.specificity(), method, level),
        }
    });
    Ok(points.collect())
}

/// How far an empirical distribution function of `patients` may lie from the true one, anywhere, at the square root of
/// the level.
fn half_width(patients: u32, level: Level) -> f64 {
    let left_out = 1.0 - level.get().sqrt();
    ((2.0 / left_out).ln() / (2.0 * f64::from(patients))).sqrt()
}

/// The points of a ROC curve by falling threshold.
struct Curve(Vec<(f64, f64)>);

impl Curve {
    /// The curve of groups in rising order of their scores; both classes have a patient.
    fn of(groups: &[TieGroup]) -> Self {
        let positives: u32 = groups.iter().map(|group| group.positives).sum();
        let negatives: u32 = groups.iter().map(|group| group.negatives).sum();
        let (mut called, mut spared) = (0, negatives);
        let mut points = vec![(1.0, 0.0)];
        for group in groups.iter().rev() {
            called += group.positives;
            spared -= group.negatives;
            points.push((
                f64::from(spared) / f64::from(negatives),
                f64::from(called) / f64::from(positives),
            ));
        }
        Self(points)
    }

    /// The sensitivity at a specificity, the highest of a vertical step.
    fn highest(&self, specificity: f64) -> f64 {
        let next = self.0.partition_point(|point| point.0 >= specificity);
        let from = self.0[next - 1];
        if from.0 > specificity {
            between(from, self.0[next], specificity)
        } else {
            from.1
        }
    }

    /// The sensitivity at a specificity, the lowest of a vertical step.
    fn lowest(&self, specificity: f64) -> f64 {
        let next = self.0.partition_point(|point| point.0 > specificity);
        let to = self.0[next];
        if to.0 < specificity {
            between(self.0[next - 1], to, specificity)
        } else {
            to.1
        }
    }
}

fn between(from: (f64, f64), to: (f64, f64), specificity: f64) -> f64 {
    let part = (from.0 - specificity) / (from.0 - to.0);
    from.1 + part * (to.1 - from.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vertical_step_has_a_highest_and_a_lowest_sensitivity() {
        let scores = Scores::new(&[1, 0, 1, 1, 0], &[5.0, 4.0, 3.0, 2.0, 1.0]).unwrap();
        let curve = Curve::of(&scores.tie_groups());
        assert_eq!((curve.lowest(0.5), curve.highest(0.5)), (1.0 / 3.0, 1.0));
        assert_eq!((curve.lowest(1.0), curve.highest(1.0)), (0.0, 1.0 / 3.0));
        assert_eq!((curve.lowest(0.0), curve.highest(0.0)), (1.0, 1.0));
        assert_eq!(
            (curve.lowest(0.75), curve.highest(0.75)),
            (1.0 / 3.0, 1.0 / 3.0)
        );
    }

    #[test]
    fn the_half_width_is_that_of_the_inequality() {
        let level = Level::new(0.9025).unwrap();
        assert!((half_width(100, level) - (40.0_f64.ln() / 200.0).sqrt()).abs() < 1e-15);
    }

    #[test]
    fn separated_classes_have_a_reason_in_place_of_a_bootstrap_interval() {
        let scores = Scores::new(&[0, 0, 1, 1], &[1.0, 2.0, 3.0, 4.0]).unwrap();
        let half = [Rate::new(0.5).unwrap()];
        let replicates = NonZeroU32::new(100).unwrap();
        let band = band_bootstrap(&scores, &half, replicates, 1, Level::PERCENT_95).unwrap();
        assert_eq!(
            band[0].sensitivity.to_string(),
            "1.000 (no interval: both limits of the bootstrap are 1, and an interval without width would mislead)"
        );
        let band = band_simultaneous(&scores, &half, Level::PERCENT_95).unwrap();
        assert_eq!(band[0].sensitivity.interval().unwrap().low, 0.0);
    }
}
