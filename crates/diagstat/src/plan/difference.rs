//! The difference of two areas under the ROC curve on the same patients: size and power.
//!
//! In: a [`BinormalPair`], the two expected areas and how the scores of both tests correlate. Out: [`ClassSizes`],
//! power. The higher the correlation, the fewer patients: two tests that err on the same patients are told apart by the
//! others. Correlations are those of the scores within a class (a pilot study gives them), not of the areas. The test
//! is DeLong's, whose standard error is that of the areas as they are. Obuchowski and McClish's is instead that of two
//! tests like the first, which the order of the tests changes, and asks for too many patients where the first is the
//! worse. pROC's power.roc.test (1.18) leaves the covariance of both binormal parameters out of the variance of an
//! area, though not out of the covariance of two areas; at two areas of 0.75 and 0.80 with correlations of 0.5 it asks
//! for 537 patients of a class for a power of 0.8, where 344 are enough. Simulation agrees with the formula, which is
//! followed here.
//!
//! Source: Obuchowski and McClish 1997, Stat Med 16:1529. Checked against: pROC's covariance of areas
//! (tools/golden/plan.R); by simulation with DeLong's test in the tests.

use serde::Serialize;

use super::area::EQUAL_AREAS;
use super::{ClassSizes, PlanError, Ratio, inside};
use crate::distribution::{normal_below, normal_quantile};

/// Two tests of the same patients whose scores are normal in each class.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BinormalPair {
    /// The expected areas, each above 0 and below 1.
    pub areas: (f64, f64),
    /// The standard deviation in the negative class divided by that in the positive class, of each test; above 0, 1
    /// where nothing is known.
    pub spread_ratios: (f64, f64),
    /// Correlation of both scores among positive patients, -1 to 1.
    pub correlation_positives: f64,
    /// Correlation of both scores among negative patients, -1 to 1.
    pub correlation_negatives: f64,
}

/// A test's binormal parameters with the derivatives of its area.
struct Binormal {
    a: f64,
    b: f64,
    by_a: f64,
    by_b: f64,
}

impl Binormal {
    fn new(area: f64, b: f64) -> Self {
        let scale = 1.0 + b * b;
        let a = normal_quantile(area) * scale.sqrt();
        let height = (-a * a / (2.0 * scale)).exp() / (2.0 * std::f64::consts::PI * scale).sqrt();
        Self {
            a,
            b,
            by_a: height,
            by_b: -a * b * height / scale,
        }
    }

    /// The covariance of two areas times the number of positive patients; with itself and correlations of 1, the
    /// variance.
    fn covariance(&self, other: &Self, positives: f64, negatives: f64, ratio: f64) -> f64 {
        let squared = positives * positives / 2.0;
        let spreads = self.b * other.b;
        self.by_a
            * other.by_a
            * (positives + negatives * spreads / ratio + squared * self.a * other.a)
            + self.by_b * other.by_b * spreads * (negatives * negatives / (2.0 * ratio) + squared)
            + self.by_a * other.by_b * squared * self.a * other.b
            + other.by_a * self.by_b * squared * other.a * self.b
    }
}

impl BinormalPair {
    /// The variance of the difference for one positive patient.
    fn unit_variance(&self, ratio: f64) -> Result<f64, PlanError> {
        self.check()?;
        let first = Binormal::new(self.areas.0, self.spread_ratios.0);
        let second = Binormal::new(self.areas.1, self.spread_ratios.1);
        let variance = |of: &Binormal| of.covariance(of, 1.0, 1.0, ratio);
        let shared = first.covariance(
            &second,
            self.correlation_positives,
            self.correlation_negatives,
            ratio,
        );
        let of_difference = variance(&first) + variance(&second) - 2.0 * shared;
        if of_difference > 0.0 {
            Ok(of_difference)
        } else {
            Err(PlanError::Impossible {
                reason: "with these correlations the difference has no variance, and the approximation does not hold",
            })
        }
    }

    fn check(&self) -> Result<(), PlanError> {
        inside("the first area", self.areas.0)?;
        inside("the second area", self.areas.1)?;
        for found in [self.spread_ratios.0, self.spread_ratios.1] {
            if !(found > 0.0 && found.is_finite()) {
                return Err(PlanError::Outside {
                    what: "a ratio of standard deviations",
                    found,
                    expected: "a number above 0",
                });
            }
        }
        for found in [self.correlation_positives, self.correlation_negatives] {
            if !(-1.0..=1.0).contains(&found) {
                return Err(PlanError::Outside {
                    what: "a correlation",
                    found,
                    expected: "a number from -1 to 1",
                });
            }
        }
        if self.areas.0 == self.areas.1 {
            return Err(EQUAL_AREAS);
        }
        Ok(())
    }
}

/// The fewest patients with whom the two-sided test at `significance` finds the areas different with this power.
///
/// # Errors
/// [`PlanError`] where a number is out of its range, both areas are equal, or more patients would be needed than can be
/// planned.
///
/// # References
/// Obuchowski and McClish 1997, Stat Med 16:1529,
/// doi:10.1002/(SICI)1097-0258(19970715)16:13<1529::AID-SIM565>3.0.CO;2-H.
pub fn difference_test_size(
    pair: &BinormalPair,
    power: f64,
    significance: f64,
    ratio: Ratio,
) -> Result<ClassSizes, PlanError> {
    let variance = pair.unit_variance(ratio.negatives_per_positive())?;
    let z = -normal_quantile(inside("the significance level", significance)? / 2.0);
    let reach = (z + normal_quantile(inside("the power", power)?)).max(0.0);
    let difference = pair.areas.0 - pair.areas.1;
    ratio.sizes((reach * reach * variance / (difference * difference)).max(2.0))
}

/// The power of the two-sided test at `significance` of equal areas.
///
/// # Errors
/// [`PlanError`] where a number is out of its range, both areas are equal, or a class has fewer than two patients.
///
/// # References
/// As [`difference_test_size`].
pub fn difference_test_power(
    pair: &BinormalPair,
    sizes: ClassSizes,
    significance: f64,
) -> Result<f64, PlanError> {
    let (positives, negatives) = sizes.checked()?;
    let variance = pair.unit_variance(negatives / positives)?;
    let z = -normal_quantile(inside("the significance level", significance)? / 2.0);
    let difference = (pair.areas.0 - pair.areas.1).abs();
    Ok(normal_below(difference * (positives / variance).sqrt() - z))
}
