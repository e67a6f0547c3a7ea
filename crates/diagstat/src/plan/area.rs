//! One area under the ROC curve: size and power of a test against a null value, size for a width, the interval to
//! expect.
//!
//! In: the expected area, class sizes or their [`Ratio`]. Out: [`ClassSizes`], power, [`Measured`].
//! [`AreaModel`] names the variance. Obuchowski's, which published tables and pROC rest on, leaves out a covariance of
//! the two binormal parameters, so that it differs between the classes where they are alike: at areas of 0.75 against
//! 0.85 it asks for a fifth more patients than are needed. The binormal one is exact, and simulation agrees with it;
//! prefer it. The test compares the area with the null value by the standard error under the null value. It is
//! two-sided; the tail on the wrong side counts for nothing in the power. The interval to expect is DeLong's. DeLong's
//! estimate of the variance is on average a little larger than the variance, by a term in 1 / (positives * negatives),
//! and that is allowed for.
//!
//! Source: Hanley and McNeil 1982, Radiology 143:29; Obuchowski and McClish 1997, Stat Med 16:1529; Obuchowski, Lieber
//! and Wians 2004, Clin Chem 50:1118; Owen 1956, Ann Math Stat 27:1075. Checked against: pROC's power.roc.test, and R's
//! numerical integration (tools/golden/plan.R); by simulation in the tests.

use serde::Serialize;

use super::{ClassSizes, PlanError, Ratio, inside, smallest};
use crate::delong::{Auc, AucInterval};
use crate::distribution::{normal_below, normal_quantile};
use crate::interval::Level;
use crate::measured::Measured;

/// The distribution of the scores that a variance is computed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AreaModel {
    /// Exponential, as Hanley and McNeil propose: usually a little too wide.
    HanleyMcneil,
    /// Normal with equal spread in both classes.
    Binormal,
    /// Obuchowski's approximation of the same with the constants as printed (0.0099, 1.414), for comparison with
    /// published sizes: too large, the more so the further the area is from 0.5.
    Obuchowski,
}

/// The variance of the area, and the mean of DeLong's estimate of it.
fn variances(area: f64, positives: f64, negatives: f64, model: AreaModel) -> (f64, f64) {
    // The probabilities that two positive patients score above one negative one, and one above two.
    let (two_positives, two_negatives) = match model {
        AreaModel::HanleyMcneil => (area / (2.0 - area), 2.0 * area * area / (1.0 + area)),
        AreaModel::Binormal => {
            // Both scores below z, with correlation 1/2.
            let both = area - 2.0 * owens_t(normal_quantile(area), (1.0_f64 / 3.0).sqrt());
            (both, both)
        }
        AreaModel::Obuchowski => {
            let variance = obuchowski(area, negatives / positives) / positives;
            return (variance, variance);
        }
    };
    let one = area * (1.0 - area);
    let (same_negative, same_positive) = (two_positives - area * area, two_negatives - area * area);
    let pairs = positives * negatives;
    let variance =
        (one + (positives - 1.0) * same_negative + (negatives - 1.0) * same_positive) / pairs;
    (
        variance,
        variance + (one - same_negative - same_positive) / pairs,
    )
}

/// Obuchowski's variance for one positive patient.
fn obuchowski(area: f64, ratio: f64) -> f64 {
    let distance = 1.414 * normal_quantile(area);
    let squared = distance * distance;
    0.0099 * (-squared / 2.0).exp() * ((5.0 * squared + 8.0) + (squared + 8.0) / ratio)
}

/// Owen's T for slopes from 0 to 1, by Simpson's rule: right to 14 digits there, since the integrand is smooth.
fn owens_t(h: f64, slope: f64) -> f64 {
    const STEPS: u32 = 1000;
    let integrand = |x: f64| (-0.5 * h * h * (1.0 + x * x)).exp() / (1.0 + x * x);
    let width = slope / f64::from(STEPS);
    let sum: f64 = (0..=STEPS)
        .map(|step| {
            let weight = match step {
                0 | STEPS => 1.0,
                odd if odd % 2 == 1 => 4.0,
                _ => 2.0,
            };
            weight * integrand(f64::from(step) * width)
        })
        .sum();
    sum * width / 3.0 / (2.0 * std::f64::consts::PI)
}

/// The variance of the area of such a study.
///
/// # Errors
/// [`PlanError`] where the area is not above 0 and below 1, or a class has fewer than two patients.
///
/// # References
/// Hanley and McNeil 1982, Radiology 143:29, doi:10.1148/radiology.143.1.7063747.
pub fn area_variance(area: f64, sizes: ClassSizes, model: AreaModel) -> Result<f64, PlanError> {
    let area = inside("the area", area)?;
    let (positives, negatives) = sizes.checked()?;
    Ok(variances(area, positives, negatives, model).0)
}

/// The interval that a study of these sizes should show, from the mean of DeLong's variance.
///
/// # Errors
/// As [`area_variance`].
///
/// # References
/// As [`area_variance`]. DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44:837, doi:10.2307/2531595.
pub fn expected_area_interval(
    area: f64,
    sizes: ClassSizes,
    model: AreaModel,
    scale: AucInterval,
    level: Level,
) -> Result<Measured, PlanError> {
    let area = inside("the area", area)?;
    let (positives, negatives) = sizes.checked()?;
    let (_, variance) = variances(area, positives, negatives, model);
    let auc = Auc {
        value: area,
        variance: Ok(variance),
    };
    Ok(auc.measured(scale, level))
}

/// The fewest patients with whom the interval to expect is at most `width` wide.
///
/// # Errors
/// [`PlanError`] where area or width are not above 0 and below 1, or more patients would be needed than can be planned.
///
/// # References
/// As [`area_variance`].
pub fn area_width_size(
    area: f64,
    width: f64,
    ratio: Ratio,
    model: AreaModel,
    scale: AucInterval,
    level: Level,
) -> Result<ClassSizes, PlanError> {
    inside("the width", width)?;
    inside("the area", area)?;
    let sizes = |positives: u32| {
        let sizes = ratio.sizes(positives.into())?;
        Ok(ClassSizes {
            negatives: sizes.negatives.max(2),
            ..sizes
        })
    };
    let positives = smallest(2, |positives| {
        let expected = expected_area_interval(area, sizes(positives)?, model, scale, level)?;
        Ok(expected
            .interval()
            .is_some_and(|interval| interval.high - interval.low <= width))
    })?;
    sizes(positives)
}

/// The fewest patients with whom the two-sided test at `significance` finds `area` different from `null` with this
/// power.
///
/// # Errors
/// [`PlanError`] where a number is not above 0 and below 1, both areas are equal, or more patients would be needed than
/// can be planned.
///
/// # References
/// Obuchowski, Lieber and Wians 2004, Clin Chem 50:1118, doi:10.1373/clinchem.2004.031823.
pub fn area_test_size(
    area: f64,
    null: f64,
    power: f64,
    significance: f64,
    ratio: Ratio,
    model: AreaModel,
) -> Result<ClassSizes, PlanError> {
    inside("the power", power)?;
    let positives = smallest(2, |positives| {
        let positives = f64::from(positives);
        // Not rounded up, so that a size does not depend on where the ratio gives a whole patient.
        let negatives = (positives * ratio.negatives_per_positive()).max(2.0);
        Ok(power_of_test(area, null, (positives, negatives), significance, model)? >= power)
    })?;
    ratio.sizes(positives.into())
}

/// The power of the two-sided test at `significance` of an area against `null`.
///
/// # Errors
/// [`PlanError`] where a number is not above 0 and below 1, both areas are equal, or a class has fewer than two
/// patients.
///
/// # References
/// As [`area_test_size`].
pub fn area_test_power(
    area: f64,
    null: f64,
    sizes: ClassSizes,
    significance: f64,
    model: AreaModel,
) -> Result<f64, PlanError> {
    power_of_test(area, null, sizes.checked()?, significance, model)
}

fn power_of_test(
    area: f64,
    null: f64,
    (positives, negatives): (f64, f64),
    significance: f64,
    model: AreaModel,
) -> Result<f64, PlanError> {
    inside("the area", area)?;
    inside("the null value", null)?;
    inside("the significance level", significance)?;
    if area == null {
        return Err(EQUAL_AREAS);
    }
    let error = |area| variances(area, positives, negatives, model).0.sqrt();
    let reach = (area - null).abs() + normal_quantile(significance / 2.0) * error(null);
    Ok(normal_below(reach / error(area)))
}

/// Why no study shows a difference.
pub(super) const EQUAL_AREAS: PlanError = PlanError::Impossible {
    reason: "the areas are equal, and there is no difference to find",
};
