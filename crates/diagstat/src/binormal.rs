//! The smooth binormal ROC curve.
//!
//! In: [`Scores`]. Out: [`Binormal`], the curve of two normal distributions, fitted in one of two ways:
//! - [`binormal`] by maximum likelihood on the ranks of the scores. Some rising transform of the scores is assumed to make
//!   both classes normal; which one does not matter. With standard errors, so the area has an interval.
//! - [`binormal_linear`] by a straight line through the points of the empirical curve on normal paper: what pROC draws. It
//!   regresses specificity on sensitivity as if the points were independent, so it has no standard error, and renaming the
//!   classes changes the curve. Here for comparison with published curves.
//!
//! Where b is not 1 the curve crosses the diagonal somewhere, near a corner; this is a fault of the model, not a finding.
//!
//! Source: Dorfman and Alf 1969, J Math Psychol 6:487; Metz, Herman and Shen 1998, Stat Med 17:1033; Hanley 1988, Med
//! Decis Making 8:197. Checked against: R's ordinal::clm (tools/golden/ordinal.R) and pROC's smooth
//! (tools/golden/proc_curve.R).

mod class;
mod likelihood;

use serde::Serialize;

use crate::distribution::{normal_below, normal_quantile};
use crate::interval::{Interval, IntervalMethod, Level};
use crate::measured::Measured;
use crate::rate::Rate;
use crate::roc::{auc, roc};
use crate::scores::Scores;
use crate::undefined::{Group, Undefined};

/// A binormal ROC curve: sensitivity = Φ(a + b Φ⁻¹(1 - specificity)).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Binormal {
    /// Difference of the two means in standard deviations of the positive class.
    pub a: f64,
    /// Standard deviation of the negative class in those of the positive class, above 0.
    pub b: f64,
}

/// A binormal curve fitted by maximum likelihood.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BinormalFit {
    /// The curve.
    pub curve: Binormal,
    /// Variance of a.
    pub variance_a: f64,
    /// Variance of b.
    pub variance_b: f64,
    /// Covariance of a and b.
    pub covariance: f64,
}

impl Binormal {
    /// The area under the curve, Φ(a / √(1 + b²)), 0 to 1.
    #[must_use]
    pub fn area(&self) -> f64 {
        normal_below(self.a / (1.0 + self.b * self.b).sqrt())
    }

    /// The sensitivity of the curve at a specificity, 0 to 1: points to draw it from.
    #[must_use]
    pub fn sensitivity_at(&self, specificity: Rate) -> f64 {
        normal_below(self.a - self.b * normal_quantile(specificity.get()))
    }
}

impl BinormalFit {
    /// The area under the curve with its interval: plus and minus a multiple of the standard error of a / √(1 + b²), mapped
    /// by Φ. The interval never leaves 0 to 1. It holds if the model does.
    #[must_use]
    pub fn area_with_interval(&self, level: Level) -> Measured {
        let Binormal { a, b } = self.curve;
        let spread = 1.0 + b * b;
        let (by_a, by_b) = (spread.powf(-0.5), -a * b * spread.powf(-1.5));
        let variance = by_a * by_a * self.variance_a
            + 2.0 * by_a * by_b * self.covariance
            + by_b * by_b * self.variance_b;
        let (centre, half_width) = (a * by_a, level.z() * variance.sqrt());
        let interval = Interval {
            low: normal_below(centre - half_width),
            high: normal_below(centre + half_width),
            level,
            method: IntervalMethod::WaldProbit,
        };
        Measured::new(self.curve.area(), Ok(interval))
    }
}

/// The binormal curve of the highest likelihood of the ranks, with the covariance of a and b from the observed
/// information. Ties are categories; neighbouring scores of one class only are merged, which changes no estimate.
///
/// # Undefined when
/// a class has no patient, or the data are degenerate: no patient of one class scores strictly between two of the other, as
/// where the classes are separated.
///
/// # References
/// Dorfman and Alf 1969, Journal of Mathematical Psychology 6:487, doi:10.1016/0022-2496(69)90019-4. Metz, Herman and Shen
/// 1998, Statistics in Medicine 17:1033, doi:10.1002/(SICI)1097-0258(19980515)17:9<1033::AID-SIM784>3.0.CO;2-Z.
pub fn binormal(scores: &Scores) -> Result<BinormalFit, Undefined> {
    likelihood::maximise(&scores.tie_groups(), auc(scores)?)
}

/// The binormal curve of the straight line of least squares through the points of the empirical ROC curve: Φ⁻¹ of
/// specificity on Φ⁻¹ of sensitivity, at all points where neither is 0 or 1.
///
/// # Undefined when
/// a class has no patient, there are fewer than two such points, or all have one sensitivity or one specificity.
///
/// # References
/// Hanley 1988, Medical Decision Making 8:197, doi:10.1177/0272989X8800800308.
pub fn binormal_linear(scores: &Scores) -> Result<Binormal, Undefined> {
    let inside = |rate: f64| rate > 0.0 && rate < 1.0;
    let points: Vec<(f64, f64)> = roc(scores)?
        .points
        .iter()
        .filter(|point| inside(point.sensitivity) && inside(point.specificity))
        .map(|point| {
            let sensitivity = normal_quantile(point.sensitivity);
            (sensitivity, normal_quantile(point.specificity))
        })
        .collect();
    Group::InnerPoints.at_least(2, points.len() as u64)?;
    // The curve is monotone, so that its ends differ in a rate where any two points do.
    let (first, last) = (points[0], points[points.len() - 1]);
    if first.0 >= last.0 || first.1 <= last.1 {
        return Err(Undefined::PointsOnALine);
    }
    let count = points.len() as f64;
    let mean_x = points.iter().map(|point| point.0).sum::<f64>() / count;
    let mean_y = points.iter().map(|point| point.1).sum::<f64>() / count;
    let (mut squares, mut products) = (0.0, 0.0);
    for (x, y) in points {
        squares += (x - mean_x) * (x - mean_x);
        products += (x - mean_x) * (y - mean_y);
    }
    let slope = products / squares;
    let b = -1.0 / slope;
    Ok(Binormal {
        a: b * (mean_y - slope * mean_x),
        b,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_of_equal_spread_has_the_area_of_its_distance() {
        let curve = Binormal { a: 1.0, b: 1.0 };
        assert!((curve.area() - 0.760_249_938_906_524).abs() < 1e-15);
        for (specificity, sensitivity) in [(0.0, 1.0), (1.0, 0.0), (0.5, normal_below(1.0))] {
            let at = Rate::new(specificity).unwrap();
            assert_eq!(curve.sensitivity_at(at), sensitivity);
        }
    }

    #[test]
    fn separated_classes_have_no_binormal_curve() {
        let scores = Scores::new(&[0, 0, 1, 1], &[1.0, 2.0, 3.0, 4.0]).unwrap();
        assert_eq!(
            binormal_linear(&scores).unwrap_err().to_string(),
            "0 points inside the ROC square, at least 2 needed"
        );
        assert_eq!(binormal(&scores), Err(Undefined::DegenerateBinormal));
    }

    #[test]
    fn a_class_within_a_gap_of_the_other_is_degenerate() {
        for labels in [[0, 1, 1, 1, 0, 0], [1, 0, 0, 0, 1, 1], [0, 0, 0, 1, 1, 0]] {
            let scores = Scores::new(&labels, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
            assert_eq!(binormal(&scores), Err(Undefined::DegenerateBinormal));
        }
    }
}
