//! Intraclass correlations of measurements by the same raters of all patients.
//!
//! In: [`Measurements`], raters by patients. Out: [`IntraclassCorrelation`] of a single rater: ICC(2,1), where the
//! raters are a sample of all raters, and ICC(3,1), where they are all there are. A rater who always measures 5 more
//! lowers the first and leaves the second alone; the first is the one to report where other raters will use the
//! measure. Both may be negative, where patients differ less than raters disagree; that is no mistake and is not cut.
//!
//! Source: Shrout and Fleiss 1979, Psychol Bull 86:420; McGraw and Wong 1996, Psychol Methods 1:30. Checked against:
//! psych (tools/golden/agreement.R).

use serde::Serialize;

use super::bland_altman::{MeasurementsError, checked};
use crate::distribution::fisher_quantile_above;
use crate::hypothesis::HypothesisTest;
use crate::interval::{Interval, IntervalMethod, Level};
use crate::measured::Measured;
use crate::undefined::{Group, Undefined};

/// Measurements by at least two raters of the same patients, finite.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurements(Vec<Vec<f64>>);

/// Whom the raters stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RaterEffects {
    /// Raters in general: ICC(2,1), absolute agreement.
    Random,
    /// These raters only: ICC(3,1), consistency.
    Fixed,
}

/// An intraclass correlation as it is reported.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct IntraclassCorrelation {
    /// Whom the raters stand for.
    pub raters: RaterEffects,
    /// At most 1; for a single rater.
    pub icc: Measured,
    /// The test of patients who do not differ.
    pub test: HypothesisTest,
}

/// The mean squares of patients by raters.
struct MeanSquares {
    patients: f64,
    raters: f64,
    error: f64,
}

impl Measurements {
    /// `raters[rater][patient]`, all in the same unit.
    ///
    /// # Errors
    /// [`MeasurementsError`] where there are fewer than two raters, the numbers of patients differ, or a measurement is
    /// NaN or infinite.
    pub fn new(raters: Vec<Vec<f64>>) -> Result<Self, MeasurementsError> {
        if raters.len() < 2 {
            return Err(MeasurementsError::Raters {
                found: raters.len(),
            });
        }
        checked(&raters)?;
        Ok(Self(raters))
    }

    /// The intraclass correlation of a single rater, at most 1, with the interval from quantiles of F.
    ///
    /// # Undefined when
    /// there are fewer than two patients, or no rater differs from another by more than the same amount for all
    /// patients (the mean square of error is 0). There is no interval where that of ICC(2,1), which approximates, would
    /// not contain the value: a negative one of few patients.
    ///
    /// # References
    /// Shrout and Fleiss 1979, Psychol Bull 86:420, doi:10.1037/0033-2909.86.2.420. McGraw and Wong 1996, Psychol
    /// Methods 1:30, doi:10.1037/1082-989X.1.1.30.
    pub fn intraclass_correlation(
        &self,
        raters: RaterEffects,
        level: Level,
    ) -> Result<IntraclassCorrelation, Undefined> {
        let patients = self.0[0].len();
        Group::Patients.at_least(2, patients as u64)?;
        let squares = self.mean_squares();
        if squares.error <= 1e-28 * (squares.patients + squares.raters) {
            return Err(Undefined::ZeroSpread {
                of: "the mean square of error",
            });
        }
        let (n, k) = (patients as f64, self.0.len() as f64);
        let degrees = (n - 1.0, (n - 1.0) * (k - 1.0));
        let (value, low, high) = match raters {
            RaterEffects::Random => squares.random(n, k, level),
            RaterEffects::Fixed => squares.fixed(k, degrees, level),
        };
        let interval = if low <= value && value <= high {
            Ok(Interval {
                low,
                high,
                level,
                method: IntervalMethod::FisherF,
            })
        } else {
            Err(Undefined::ValueOutside { low, high })
        };
        Ok(IntraclassCorrelation {
            raters,
            icc: Measured::new(value, interval),
            test: HypothesisTest::fisher(
                "equal patients, two-way analysis of variance",
                squares.patients / squares.error,
                degrees,
            ),
        })
    }

    fn mean_squares(&self) -> MeanSquares {
        let (k, n) = (self.0.len() as f64, self.0[0].len() as f64);
        let of_raters: Vec<f64> = self
            .0
            .iter()
            .map(|measurements| measurements.iter().sum::<f64>() / n)
            .collect();
        let of_patients: Vec<f64> = (0..self.0[0].len())
            .map(|patient| self.0.iter().map(|rater| rater[patient]).sum::<f64>() / k)
            .collect();
        let grand = of_raters.iter().sum::<f64>() / k;
        let squares =
            |means: &[f64]| -> f64 { means.iter().map(|mean| (mean - grand).powi(2)).sum() };
        let mut error = 0.0;
        for (measurements, of_rater) in self.0.iter().zip(&of_raters) {
            for (one, of_patient) in measurements.iter().zip(&of_patients) {
                error += (one - of_rater - of_patient + grand).powi(2);
            }
        }
        MeanSquares {
            patients: k * squares(&of_patients) / (n - 1.0),
            raters: n * squares(&of_raters) / (k - 1.0),
            error: error / ((n - 1.0) * (k - 1.0)),
        }
    }
}

impl MeanSquares {
    fn fixed(&self, k: f64, (above, below): (f64, f64), level: Level) -> (f64, f64, f64) {
        let of_ratio = |ratio: f64| (ratio - 1.0) / (ratio + k - 1.0);
        let ratio = self.patients / self.error;
        (
            of_ratio(ratio),
            of_ratio(ratio / fisher_quantile_above(level.tail(), (above, below))),
            of_ratio(ratio * fisher_quantile_above(level.tail(), (below, above))),
        )
    }

    /// The degrees of freedom of the error are Satterthwaite's for the sum of raters and error.
    fn random(&self, n: f64, k: f64, level: Level) -> (f64, f64, f64) {
        let Self {
            patients,
            raters,
            error,
        } = *self;
        let value = (patients - error) / (patients + (k - 1.0) * error + k * (raters - error) / n);
        let of_raters = k * value * raters / error;
        let of_error = n * (1.0 + (k - 1.0) * value) - k * value;
        let degrees = (k - 1.0) * (n - 1.0) * (of_raters + of_error).powi(2)
            / ((n - 1.0) * of_raters * of_raters + of_error * of_error);
        let upper = fisher_quantile_above(level.tail(), (n - 1.0, degrees));
        let lower = fisher_quantile_above(level.tail(), (degrees, n - 1.0));
        let noise = k * raters + (k * n - k - n) * error;
        (
            value,
            n * (patients - upper * error) / (upper * noise + n * patients),
            n * (lower * patients - error) / (noise + n * lower * patients),
        )
    }
}
