//! The area under a part of the ROC curve, plain and on McClish's scale.
//!
//! In: [`Scores`] and the range of specificity or of sensitivity that matters in practice. Out: the area over that range,
//! at most the width of the range; or McClish's correction, which is 0.5 for chance and 1 for a perfect curve, so that
//! two ranges can be compared. Where the range ends between two points of the curve, the curve is interpolated linearly.
//! The area below a range of sensitivity is counted between the curve and specificity 0, along the sensitivity.
//!
//! Source: McClish 1989, Med Decis Making 9:190; Jiang, Metz and Nishikawa 1996, Radiology 201:745 (range of
//! sensitivity). Checked against: pROC's auc with partial.auc (tools/golden/proc_curve.R).

use serde::Serialize;

use crate::rate::RateRange;
use crate::roc::{RocPoint, roc};
use crate::scores::Scores;
use crate::undefined::Undefined;

/// The rate along which a partial area is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PartialAucAxis {
    /// The mean height of the curve over a range of specificities, times its width.
    Specificity,
    /// The mean specificity over a range of sensitivities, times its width.
    Sensitivity,
}

/// The area under the ROC curve over `range` of `axis`: 0 to the width of the range. Over 0 to 1 it is the whole AUC.
///
/// # Undefined when
/// a class has no patient.
///
/// # References
/// McClish 1989, Medical Decision Making 9:190, doi:10.1177/0272989X8900900307. Jiang, Metz and Nishikawa 1996,
/// Radiology 201:745, doi:10.1148/radiology.201.3.8939225.
pub fn partial_auc(
    scores: &Scores,
    axis: PartialAucAxis,
    range: RateRange,
) -> Result<f64, Undefined> {
    over(scores, axis, range, |point| point.of_curve)
}

/// The partial area on McClish's scale: 0.5 where the curve gains nothing over chance in the range, 1 where it is perfect
/// there.
///
/// # Undefined when
/// a class has no patient, or the area is below that of chance over the same range: the scale ends at 0.5.
///
/// # References
/// McClish 1989, Medical Decision Making 9:190, doi:10.1177/0272989X8900900307.
pub fn partial_auc_corrected(
    scores: &Scores,
    axis: PartialAucAxis,
    range: RateRange,
) -> Result<f64, Undefined> {
    // The gain over chance is summed itself, so that a curve on the diagonal has a gain of exactly 0.
    let gain = over(scores, axis, range, |point| {
        point.of_curve - point.of_chance
    })?;
    let width = range.high() - range.low();
    let of_chance = width * (2.0 - range.low() - range.high()) / 2.0;
    if gain < -ROUNDING {
        return Err(Undefined::BelowChance {
            found: of_chance + gain,
            chance: of_chance,
        });
    }
    Ok(f64::midpoint(1.0, gain / (width - of_chance)))
}

/// What a sum of areas may lose in its last digits.
const ROUNDING: f64 = 1e-15;

/// A point of the curve as seen along an axis.
#[derive(Clone, Copy)]
struct Seen {
    place: f64,
    of_curve: f64,
    of_chance: f64,
}

impl Seen {
    fn new(point: &RocPoint, axis: PartialAucAxis) -> Self {
        let (place, of_curve) = match axis {
            PartialAucAxis::Specificity => (point.specificity, point.sensitivity),
            PartialAucAxis::Sensitivity => (point.sensitivity, point.specificity),
        };
        Self {
            place,
            of_curve,
            of_chance: 1.0 - place,
        }
    }
}

/// The integral of `height` over the range, by trapezoids that are cut at its ends.
fn over(
    scores: &Scores,
    axis: PartialAucAxis,
    range: RateRange,
    height: impl Fn(Seen) -> f64,
) -> Result<f64, Undefined> {
    let points = roc(scores)?.points;
    let areas = points.windows(2).map(|step| {
        let [from, to] = [&step[0], &step[1]].map(|point| Seen::new(point, axis));
        let low = from.place.min(to.place).max(range.low());
        let high = from.place.max(to.place).min(range.high());
        if low >= high {
            return 0.0;
        }
        let at = |place: f64| {
            let part = (place - from.place) / (to.place - from.place);
            height(from) * (1.0 - part) + height(to) * part
        };
        (high - low) * f64::midpoint(at(low), at(high))
    });
    Ok(areas.sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(low: f64, high: f64) -> RateRange {
        RateRange::new(low, high).unwrap()
    }

    #[test]
    fn a_range_that_ends_on_a_slanted_step_is_interpolated() {
        let tied = Scores::new(&[1, 0, 1, 0], &[0.5; 4]).unwrap();
        for axis in [PartialAucAxis::Specificity, PartialAucAxis::Sensitivity] {
            let area = partial_auc(&tied, axis, range(0.5, 0.75)).unwrap();
            assert_eq!(area, 0.25 * 0.375);
            assert_eq!(
                partial_auc_corrected(&tied, axis, range(0.5, 0.75)),
                Ok(0.5)
            );
        }
    }

    #[test]
    fn a_curve_below_chance_in_the_range_has_no_corrected_area() {
        let scores = Scores::new(&[0, 1, 1, 0], &[4.0, 3.0, 2.0, 1.0]).unwrap();
        let high = range(0.5, 1.0);
        assert_eq!(
            partial_auc(&scores, PartialAucAxis::Specificity, high),
            Ok(0.0)
        );
        assert_eq!(
            partial_auc_corrected(&scores, PartialAucAxis::Specificity, high)
                .unwrap_err()
                .to_string(),
            "the area over this range is 0, below the 0.125 of chance, where McClish's correction is not defined"
        );
    }
}
