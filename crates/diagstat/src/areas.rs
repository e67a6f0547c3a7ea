//! Areas under the ROC curves of several models: covariance matrix, differences with interval, and tests.
//!
//! In: [`Paired`] scores of the same patients, or [`Scores`] of two groups of patients. Out: [`Areas`],
//! [`AreaDifference`].
//! The variance of a difference is made from whole numbers, not from three rounded variances: it is 0 only where it is
//! 0, and two models that differ in one pair of a million patients have the variance that they have. Where it is 0 there
//! is a reason in the place of interval and test.
//! A model that separates the classes completely has variance 0 itself; the variance of its difference from another
//! model is then that of the other model alone, and interval and test claim more than they know.
//!
//! Source: DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44:837. The degrees of freedom of the unpaired test are
//! Welch's (1947, Biometrika 34:28), with all patients of a group as its size. Checked against: pROC
//! (tools/golden/proc_compare.R), and the definition by all pairs in the tests.

use rayon::prelude::*;
use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::components::{Components, Dispersion, components, dispersion};
use crate::delong::{Auc, AucInterval, delong};
use crate::distribution::student_quantile_two_sided;
use crate::hypothesis::HypothesisTest;
use crate::interval::{Interval, IntervalMethod, Level};
use crate::measured::Measured;
use crate::paired::Paired;
use crate::scores::Scores;
use crate::undefined::{Group, Undefined};

/// Areas of models on the same patients, with all covariances.
#[derive(Debug, Clone, PartialEq)]
pub struct Areas {
    values: Vec<f64>,
    dispersion: Result<Dispersion, Undefined>,
    method: Method,
}

/// Whose method the covariances are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Delong,
    Obuchowski,
}

impl Method {
    fn of_two(self) -> &'static str {
        match self {
            Self::Delong => "DeLong's test of two correlated areas",
            Self::Obuchowski => "Obuchowski's test of two correlated areas",
        }
    }

    fn of_all(self) -> &'static str {
        match self {
            Self::Delong => "DeLong's test of equal correlated areas",
            Self::Obuchowski => "Obuchowski's test of equal correlated areas",
        }
    }

    fn of_difference(self) -> IntervalMethod {
        match self {
            Self::Delong => IntervalMethod::DelongWald,
            Self::Obuchowski => IntervalMethod::ObuchowskiWald,
        }
    }

    /// The name that DeLong's interval has with this variance.
    fn named(self, method: IntervalMethod) -> IntervalMethod {
        match (self, method) {
            (Self::Obuchowski, IntervalMethod::DelongWald) => IntervalMethod::ObuchowskiWald,
            (Self::Obuchowski, IntervalMethod::DelongWaldCut) => IntervalMethod::ObuchowskiWaldCut,
            (Self::Obuchowski, IntervalMethod::DelongLogit) => IntervalMethod::ObuchowskiLogit,
            _ => method,
        }
    }
}

/// The difference of two areas, the first minus the second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AreaDifference {
    /// The two models by their places in what was compared, counted from 0.
    pub models: (usize, usize),
    /// The difference, -1 to 1. The limits are not cut: in few patients one may lie beyond.
    pub difference: Measured,
    /// The test of no difference, or why there is none.
    pub test: Result<HypothesisTest, Undefined>,
}

/// Areas of several models on the same patients, with DeLong's covariances: O(n log n) for each model, O(n) for each
/// pair of models.
///
/// # Undefined when
/// a class has no patient. With one patient in a class the areas are there and the covariances are not.
///
/// # References
/// DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44:837, doi:10.2307/2531595.
pub fn delong_paired(paired: &Paired) -> Result<Areas, Undefined> {
    let models = paired
        .models()
        .par_iter()
        .map(components)
        .collect::<Result<Vec<_>, _>>()?;
    let values = models.iter().map(Components::area).collect();
    let positives = models[0].of_positives.len() as u64;
    let negatives = models[0].of_negatives.len() as u64;
    let dispersion = Group::Positive
        .at_least(2, positives)
        .and_then(|()| Group::Negative.at_least(2, negatives))
        .map(|()| dispersion(&models));
    Ok(Areas::new(values, dispersion, Method::Delong))
}

/// The difference of the areas of two models, or of one, in two groups of different patients: first minus second, with
/// the interval of Student's t and the test.
///
/// # Undefined when
/// a class of a group has no patient; there is no interval and no test where a class has one patient only, or both
/// areas have variance 0.
///
/// # References
/// DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44:837, doi:10.2307/2531595. Welch 1947, Biometrika 34:28,
/// doi:10.1093/biomet/34.1-2.28.
#[must_use]
pub fn delong_unpaired(first: &Scores, second: &Scores, level: Level) -> AreaDifference {
    let models = (0, 1);
    let areas = delong(first).and_then(|of_first| Ok((of_first, delong(second)?)));
    let (of_first, of_second) = match areas {
        Ok(areas) => areas,
        Err(reason) => return AreaDifference::undefined(models, reason),
    };
    let difference = of_first.value - of_second.value;
    let compared = of_first.variance.and_then(|variance| {
        let variances = (variance, of_second.variance?);
        let total = variances.0 + variances.1;
        if total <= 0.0 {
            return Err(Undefined::ZeroVariance { value: difference });
        }
        let part =
            |variance: f64, scores: &Scores| variance * variance / (scores.len() as f64 - 1.0);
        let degrees = total * total / (part(variances.0, first) + part(variances.1, second));
        Ok((total.sqrt(), degrees))
    });
    let interval = compared.map(|(error, degrees)| {
        let half_width = student_quantile_two_sided(1.0 - level.get(), degrees) * error;
        Interval {
            low: difference - half_width,
            high: difference + half_width,
            level,
            method: IntervalMethod::StudentT,
        }
    });
    AreaDifference {
        models,
        difference: Measured::new(difference, interval),
        test: compared.map(|(error, degrees)| {
            let method = "DeLong's test of two independent areas";
            HypothesisTest::student(method, difference / error, degrees)
        }),
    }
}

impl Areas {
    pub(crate) fn new(
        values: Vec<f64>,
        dispersion: Result<Dispersion, Undefined>,
        method: Method,
    ) -> Self {
        Self {
            values,
            dispersion,
            method,
        }
    }

    /// The area of each model, 0 to 1.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The area of each model with its interval, or the reason why it has none.
    #[must_use]
    pub fn measured(&self, scale: AucInterval, level: Level) -> Vec<Measured> {
        let of = |(model, &value): (usize, &f64)| {
            let variance = self.covariance().map(|covariance| covariance[model][model]);
            let interval = Auc { value, variance }.interval(scale, level);
            let interval = interval.map(|interval| Interval {
                method: self.method.named(interval.method),
                ..interval
            });
            Measured::new(
                value,
                interval.map_err(|reason| match (reason, self.method) {
                    (Undefined::Separated { .. } | Undefined::AllTied, Method::Obuchowski) => {
                        Undefined::ZeroVariance { value }
                    }
                    _ => reason,
                }),
            )
        };
        self.values.iter().enumerate().map(of).collect()
    }

    /// The covariances of the areas, a row for each model.
    ///
    /// # Undefined when
    /// a class has one patient only.
    pub fn covariance(&self) -> Result<&[Vec<f64>], Undefined> {
        match &self.dispersion {
            Ok(dispersion) => Ok(&dispersion.covariance),
            Err(reason) => Err(*reason),
        }
    }

    /// Every pair of models: difference with interval, and test. Nothing is adjusted for their number.
    ///
    /// There is no interval and no test where a class has one patient only, or the difference has variance 0: most
    /// often because the two models rank alike ([`Undefined::SameRanking`]).
    #[must_use]
    pub fn differences(&self, level: Level) -> Vec<AreaDifference> {
        let models = self.values.len();
        let pairs =
            (0..models).flat_map(|first| (first + 1..models).map(move |second| (first, second)));
        pairs
            .map(|(first, second)| {
                let difference = self.values[first] - self.values[second];
                let error = self.error_of_difference(first, second);
                let interval = error.map(|error| Interval {
                    low: difference - level.z() * error,
                    high: difference + level.z() * error,
                    level,
                    method: self.method.of_difference(),
                });
                AreaDifference {
                    models: (first, second),
                    difference: Measured::new(difference, interval),
                    test: error.map(|error| {
                        HypothesisTest::normal(self.method.of_two(), difference / error)
                    }),
                }
            })
            .collect()
    }

    /// The test that all areas are equal: chi-squared with one degree of freedom less than there are models. Two models
    /// give the square of the Z of their difference.
    ///
    /// # Undefined when
    /// a class has one patient only, a difference has variance 0, or one difference follows from the others.
    ///
    /// # References
    /// DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44:837, doi:10.2307/2531595.
    pub fn test_of_all(&self) -> Result<HypothesisTest, Undefined> {
        let models = self.values.len();
        for first in 0..models {
            for second in first + 1..models {
                self.error_of_difference(first, second)?;
            }
        }
        let variances = match &self.dispersion {
            Ok(dispersion) => &dispersion.of_differences,
            Err(reason) => return Err(*reason),
        };
        let differences = (1..models).map(|model| self.values[model] - self.values[0]);
        let covariance = (1..models)
            .map(|row| {
                let of = |column: usize| {
                    (variances[0][row] + variances[0][column] - variances[row][column]) / 2.0
                };
                (1..models).map(of).collect()
            })
            .collect();
        let statistic = squared_distance(differences.collect(), covariance)?;
        let degrees = models as f64 - 1.0;
        Ok(HypothesisTest::chi_squared(
            self.method.of_all(),
            statistic,
            degrees,
        ))
    }

    /// The standard error of a difference, above 0.
    fn error_of_difference(&self, first: usize, second: usize) -> Result<f64, Undefined> {
        let dispersion = match &self.dispersion {
            Ok(dispersion) => dispersion,
            Err(reason) => return Err(*reason),
        };
        let variance = dispersion.of_differences[first][second];
        if variance > 0.0 {
            return Ok(variance.sqrt());
        }
        let value = self.values[first] - self.values[second];
        Err(if value == 0.0 && self.method == Method::Delong {
            Undefined::SameRanking
        } else {
            Undefined::ZeroVariance { value }
        })
    }
}

impl AreaDifference {
    fn undefined(models: (usize, usize), reason: Undefined) -> Self {
        Self {
            models,
            difference: Measured::undefined(reason),
            test: Err(reason),
        }
    }
}

/// Writes `models`, `difference`, `test` and `test_reason`; one of the last two is null.
impl Serialize for AreaDifference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("AreaDifference", 4)?;
        fields.serialize_field("models", &self.models)?;
        fields.serialize_field("difference", &self.difference)?;
        fields.serialize_field("test", &self.test.ok())?;
        fields.serialize_field("test_reason", &self.test.err())?;
        fields.end()
    }
}

/// Below this part of its variance, what is left of a difference after the others is rounding.
const SINGULAR: f64 = 1e-10;

/// `d' C^-1 d`, by Cholesky's factors of `C`: the squares of the parts of `d` that the parts before do not explain.
fn squared_distance(mut d: Vec<f64>, mut c: Vec<Vec<f64>>) -> Result<f64, Undefined> {
    let variances: Vec<f64> = (0..d.len()).map(|at| c[at][at]).collect();
    let mut squared = 0.0;
    for pivot in 0..d.len() {
        let left = c[pivot][pivot];
        if left <= SINGULAR * variances[pivot] {
            return Err(Undefined::DependentDifferences);
        }
        squared += d[pivot] * d[pivot] / left;
        for row in pivot + 1..d.len() {
            let part = c[row][pivot] / left;
            d[row] -= part * d[pivot];
            let (above, below) = c.split_at_mut(row);
            for (entry, of_pivot) in below[0].iter_mut().zip(&above[pivot]).skip(pivot + 1) {
                *entry -= part * of_pivot;
            }
        }
    }
    Ok(squared)
}
