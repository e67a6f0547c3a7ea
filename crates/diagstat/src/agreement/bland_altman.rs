//! Bland and Altman's limits of agreement, and Lin's concordance, of two measurements of the same patients.
//!
//! In: [`PairedMeasurements`] on the same scale. Out: [`BlandAltman`]: mean difference, limits between which most
//! differences lie, and whether the difference grows with the measurement; [`PairedMeasurements::concordance`].
//! Whether the limits are narrow enough is a clinical question that no test answers. Where the slope differs from 0 the
//! limits are too wide at one end and too narrow at the other.
//! The limits take the differences to be normal. Their intervals use the variance of Bland and Altman 1999, section
//! 2.3, s^2 (1/n + z^2 / (2 (n - 1))), not the rounded 3 s^2 / n of 1986. They are approximate; with fewer than some
//! thirty patients the exact ones of Carkeet 2015 are wider outwards.
//!
//! Source: Bland and Altman 1986, Lancet 327:307; Bland and Altman 1999, Stat Methods Med Res 8:135; Lin 1989,
//! Biometrics 45:255, with its correction of 2000, 56:324. Checked against: R's t.test and lm, epiR
//! (tools/golden/agreement.R).

use serde::Serialize;

use crate::distribution::{normal_quantile, student_quantile_two_sided};
use crate::hypothesis::HypothesisTest;
use crate::interval::{Interval, IntervalMethod, Level};
use crate::measured::Measured;
use crate::undefined::{Group, Undefined, value_or_reason};

/// Two measurements of each patient, finite.
#[derive(Debug, Clone, PartialEq)]
pub struct PairedMeasurements {
    first: Vec<f64>,
    second: Vec<f64>,
}

/// Measurements that cannot be compared.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum MeasurementsError {
    /// Agreement needs two.
    #[error("found measurements of {found} raters, expected at least 2")]
    Raters {
        /// How many there are.
        found: usize,
    },
    /// Another number of patients.
    #[error(
        "rater {rater} measured {found} patients and rater 1 {expected}, expected the same patients"
    )]
    Patients {
        /// The rater, counted from 1.
        rater: usize,
        /// Its patients.
        found: usize,
        /// Those of the first rater.
        expected: usize,
    },
    /// A measurement that is NaN or infinite.
    #[error("measurement {row} of rater {rater} is {found}, expected a finite number")]
    NotFinite {
        /// The rater, counted from 1.
        rater: usize,
        /// The place of the patient, counted from 1.
        row: usize,
        /// The measurement.
        found: f64,
    },
}

/// Bland and Altman's analysis as it is reported; differences are first minus second measurement.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BlandAltman {
    /// Mean difference, with Student's interval.
    pub mean_difference: Measured,
    /// Standard deviation of the differences.
    pub standard_deviation: f64,
    /// The part of the differences that should lie between the limits.
    pub agreement_level: Level,
    /// Lower limit of agreement.
    pub lower_limit: Measured,
    /// Upper limit of agreement.
    pub upper_limit: Measured,
    /// Change of the difference for each unit of the mean of both measurements.
    pub slope: Measured,
    /// The test of a slope of 0: no proportional bias.
    #[serde(serialize_with = "value_or_reason")]
    pub slope_test: Result<HypothesisTest, Undefined>,
}

/// Refuses raters of different patients, and numbers that are not finite.
pub(crate) fn checked(raters: &[Vec<f64>]) -> Result<(), MeasurementsError> {
    for (measurements, rater) in raters.iter().zip(1..) {
        if measurements.len() != raters[0].len() {
            return Err(MeasurementsError::Patients {
                rater,
                found: measurements.len(),
                expected: raters[0].len(),
            });
        }
        if let Some(index) = measurements.iter().position(|one| !one.is_finite()) {
            return Err(MeasurementsError::NotFinite {
                rater,
                row: index + 1,
                found: measurements[index],
            });
        }
    }
    Ok(())
}

impl PairedMeasurements {
    /// `first[i]` and `second[i]` belong to one patient, and have the same unit.
    ///
    /// # Errors
    /// [`MeasurementsError`] where the numbers of patients differ, or a measurement is NaN or infinite.
    pub fn new(first: Vec<f64>, second: Vec<f64>) -> Result<Self, MeasurementsError> {
        let raters = [first, second];
        checked(&raters)?;
        let [first, second] = raters;
        Ok(Self { first, second })
    }

    /// Bland and Altman's limits of agreement. `agreement` is the part of the differences that should lie between them
    /// (usually 95 %), `level` that of all intervals.
    ///
    /// # Undefined when
    /// there are fewer than two patients. There is no interval where all differences are equal, and no slope where
    /// there are fewer than three patients or the means of both measurements are all equal.
    ///
    /// # References
    /// Bland and Altman 1986, Lancet 327:307, doi:10.1016/S0140-6736(86)90837-8. Bland and Altman 1999, Stat Methods
    /// Med Res 8:135, doi:10.1177/096228029900800204.
    pub fn bland_altman(&self, agreement: Level, level: Level) -> Result<BlandAltman, Undefined> {
        let patients = self.first.len();
        Group::Patients.at_least(2, patients as u64)?;
        let differences: Vec<f64> = self.pairs().map(|(first, second)| first - second).collect();
        let count = patients as f64;
        let mean = mean(&differences);
        let deviation = (squares(&differences, mean) / (count - 1.0)).sqrt();
        let z = -normal_quantile(agreement.tail());
        let t = student_quantile_two_sided(1.0 - level.get(), count - 1.0);
        let measured = |value: f64, error: f64, method| {
            Measured::new(
                value,
                spread(deviation, "the standard deviation of the differences").map(|_| Interval {
                    low: value - t * error,
                    high: value + t * error,
                    level,
                    method,
                }),
            )
        };
        let limit_error = deviation * (1.0 / count + z * z / (2.0 * (count - 1.0))).sqrt();
        let slope = self.slope(&differences, level);
        Ok(BlandAltman {
            mean_difference: measured(mean, deviation / count.sqrt(), IntervalMethod::StudentT),
            standard_deviation: deviation,
            agreement_level: agreement,
            lower_limit: measured(
                mean - z * deviation,
                limit_error,
                IntervalMethod::BlandAltman,
            ),
            upper_limit: measured(
                mean + z * deviation,
                limit_error,
                IntervalMethod::BlandAltman,
            ),
            slope: slope.map_or_else(Measured::undefined, |(slope, _)| slope),
            slope_test: slope.and_then(|(_, test)| test),
        })
    }

    /// Least squares of the differences on the means of both measurements.
    fn slope(
        &self,
        differences: &[f64],
        level: Level,
    ) -> Result<(Measured, Result<HypothesisTest, Undefined>), Undefined> {
        let count = differences.len();
        Group::Patients.at_least(3, count as u64)?;
        let means: Vec<f64> = self
            .pairs()
            .map(|(first, second)| f64::midpoint(first, second))
            .collect();
        let (centre, mean_difference) = (mean(&means), mean(differences));
        let spread_of_means = spread(squares(&means, centre), "the spread of the measurements")?;
        let slope = means
            .iter()
            .zip(differences)
            .map(|(one, difference)| (one - centre) * (difference - mean_difference))
            .sum::<f64>()
            / spread_of_means;
        let residuals: f64 = means
            .iter()
            .zip(differences)
            .map(|(one, difference)| difference - mean_difference - slope * (one - centre))
            .map(|residual| residual * residual)
            .sum();
        let degrees = count as f64 - 2.0;
        // Residuals of rounding alone are no spread.
        let rounding = 1e-28 * squares(differences, mean_difference);
        let error = spread(residuals - rounding, "the spread around the slope")
            .map(|_| (residuals / degrees / spread_of_means).sqrt());
        let interval = error.map(|error| {
            let half_width = student_quantile_two_sided(1.0 - level.get(), degrees) * error;
            Interval {
                low: slope - half_width,
                high: slope + half_width,
                level,
                method: IntervalMethod::StudentT,
            }
        });
        let test = error.map(|error| {
            HypothesisTest::student("slope of the differences against 0", slope / error, degrees)
        });
        Ok((Measured::new(slope, interval), test))
    }

    /// Lin's concordance correlation coefficient, -1 to 1: how close the pairs lie to the line of equality. The
    /// interval is on Fisher's z.
    ///
    /// # Undefined when
    /// there are fewer than two patients, or all measurements are one number. There is no interval where there are
    /// fewer than three patients, the pairs lie on one line, or their correlation is 0.
    ///
    /// # References
    /// Lin 1989, Biometrics 45:255, doi:10.2307/2532051; correction in Biometrics 2000, 56:324.
    #[must_use]
    pub fn concordance(&self, level: Level) -> Measured {
        match self.concordance_value() {
            Err(reason) => Measured::undefined(reason),
            Ok(value) => Measured::new(value, self.concordance_interval(value, level)),
        }
    }

    fn concordance_value(&self) -> Result<f64, Undefined> {
        Group::Patients.at_least(2, self.first.len() as u64)?;
        let moments = self.moments();
        let total = moments.first + moments.second + moments.shift * moments.shift;
        spread(total, "the spread of the measurements").map(|total| 2.0 * moments.product / total)
    }

    fn concordance_interval(&self, value: f64, level: Level) -> Result<Interval, Undefined> {
        Group::Patients.at_least(3, self.first.len() as u64)?;
        let moments = self.moments();
        let scale = spread(
            (moments.first * moments.second).sqrt(),
            "the spread of the measurements of a rater",
        )?;
        let correlation = moments.product / scale;
        spread(correlation.abs(), "the correlation of the raters")?;
        let unexplained = spread(
            1.0 - correlation * correlation - 1e-14,
            "the spread around a line through the pairs",
        )?;
        let (squared, shift) = (value * value, moments.shift * moments.shift / scale);
        let variance = unexplained * squared * (1.0 - squared) / (correlation * correlation)
            + 2.0 * value * squared * (1.0 - value) * shift / correlation
            - squared * squared * shift * shift / (2.0 * correlation * correlation);
        let variance = spread(variance, "the large-sample variance of the concordance")?;
        let error = (variance / (self.first.len() as f64 - 2.0)).sqrt() / (1.0 - squared);
        let half_width = level.z() * error;
        Ok(Interval {
            low: (value.atanh() - half_width).tanh(),
            high: (value.atanh() + half_width).tanh(),
            level,
            method: IntervalMethod::FisherZ,
        })
    }

    fn moments(&self) -> Moments {
        let count = self.first.len() as f64;
        let (first, second) = (mean(&self.first), mean(&self.second));
        Moments {
            first: squares(&self.first, first) / count,
            second: squares(&self.second, second) / count,
            product: self
                .pairs()
                .map(|(one, other)| (one - first) * (other - second))
                .sum::<f64>()
                / count,
            shift: first - second,
        }
    }

    fn pairs(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.first.iter().copied().zip(self.second.iter().copied())
    }
}

/// Variances, covariance (all divided by n) and the difference of the means.
struct Moments {
    first: f64,
    second: f64,
    product: f64,
    shift: f64,
}

fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len() as f64
}

fn squares(numbers: &[f64], mean: f64) -> f64 {
    numbers.iter().map(|number| (number - mean).powi(2)).sum()
}

fn spread(spread: f64, of: &'static str) -> Result<f64, Undefined> {
    if spread > 0.0 {
        Ok(spread)
    } else {
        Err(Undefined::ZeroSpread { of })
    }
}
