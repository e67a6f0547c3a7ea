//! The bootstrap: replicates of any statistic over resampled patients, and the intervals that they give.
//!
//! In: a [`Sample`] (scores, paired scores, images of patients), how to draw ([`Resampling`]), a statistic. Out:
//! [`Bootstrap`] with percentile and BCa interval and standard error.
//! Quantiles are interpolated on the normal scale at rank (R + 1) p, as R's boot does; a limit outside all replicates is
//! a reason, not the outermost replicate. Replicates equal to the estimate count one half in BCa's bias correction, so
//! that a mirrored statistic has the mirrored interval; boot counts none, which differs for tied replicates only.
//! Acceleration is one sixth of the skewness of the jackknife's values, leaving out a patient with all its rows. Of a
//! stratified drawing each stratum's values count on the scale of its size, since the statistic's variance is the sum of
//! the strata's; boot adds up unscaled values there, which is another number where the strata differ in size.
//! A replicate without a value is counted; more than one in 20 and there is no interval, since those left out may all
//! belong to one tail.
//!
//! Source: Efron 1987, JASA 82:171; Davison and Hinkley 1997, Bootstrap Methods and their Application, section 5.3.
//! Checked against: R's boot, given the same replicates and influence values (tools/golden/boot.R).

use rayon::prelude::*;

use crate::auc_draws::AucDraws;
use crate::distribution::{normal_below, normal_quantile};
use crate::interval::{Interval, IntervalMethod, Level};
use crate::measured::Measured;
use crate::resample::{Drawing, Resampling, Sample, Units};
use crate::scores::Scores;
use crate::undefined::{Group, Undefined};

/// A statistic with its replicates.
#[derive(Debug, Clone, PartialEq)]
pub struct Bootstrap {
    estimate: f64,
    values: Vec<f64>,
    failed: u32,
}

/// How fast the standard error of a statistic changes with its value: what BCa needs beside the replicates.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
#[serde(transparent)]
pub struct Acceleration(f64);

/// Replicates of `statistic`, by all threads. It is called with resampled data, and once with the data as they are.
///
/// The statistic of a replicate may be undefined, or not finite: [`Bootstrap::failed`] counts those.
///
/// ```
/// use diagstat::{Drawing, Level, Resampling, Scores, bootstrap, youden};
///
/// let labels = [0, 0, 0, 0, 1, 1, 1, 1];
/// let scores = Scores::new(&labels, &[0.1, 0.3, 0.2, 0.6, 0.5, 0.8, 0.4, 0.9])?;
/// let of = bootstrap(&scores, &Resampling::stratified(1), |drawn| {
///     youden(drawn).map(|best| best.index)
/// })?;
/// let interval = of.percentile(Level::PERCENT_95)?;
/// assert!(interval.low < of.estimate() && of.estimate() <= interval.high);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Undefined when
/// the statistic is undefined of the data as they are, a class has one patient only (of a stratified drawing), or more
/// than one replicate in 20 has no value.
///
/// # References
/// Efron 1979, Annals of Statistics 7:1, doi:10.1214/aos/1176344552.
pub fn bootstrap<S: Sample>(
    sample: &S,
    resampling: &Resampling,
    statistic: impl Fn(&S::Drawn) -> Result<f64, Undefined> + Sync,
) -> Result<Bootstrap, Undefined> {
    let all: Vec<usize> = (0..sample.classes().len()).collect();
    let estimate = statistic(&sample.drawn(&all))?;
    let units = Units::of(sample, resampling.drawing, &all);
    replicated(estimate, &units, resampling, |times| {
        statistic(&sample.drawn(&units.rows_drawn(times)))
    })
}

/// As [`bootstrap`], of the AUC: the scores are sorted once, and a replicate takes O(n).
///
/// # Undefined when
/// as [`bootstrap`].
///
/// # References
/// As [`bootstrap`].
pub fn bootstrap_auc<S: Sample<Drawn = Scores>>(
    sample: &S,
    resampling: &Resampling,
) -> Result<Bootstrap, Undefined> {
    let draws = AucDraws::of(sample, resampling.drawing);
    let estimate = draws.auc(&vec![1; draws.units().len()])?;
    replicated(estimate, draws.units(), resampling, |times| {
        draws.auc(times)
    })
}

/// The acceleration of `statistic`, by the jackknife: each patient is left out once, so that it takes as many calls as
/// there are patients.
///
/// # Undefined when
/// the statistic is undefined, or not finite, without one of the patients, a class has one patient only (of a stratified
/// drawing), or leaving out a patient never changes it.
///
/// # References
/// Efron 1987, JASA 82:171, doi:10.1080/01621459.1987.10478410. Davison and Hinkley 1997, section 5.3, for strata.
pub fn acceleration<S: Sample>(
    sample: &S,
    drawing: Drawing,
    statistic: impl Fn(&S::Drawn) -> Result<f64, Undefined> + Sync,
) -> Result<Acceleration, Undefined> {
    let all: Vec<usize> = (0..sample.classes().len()).collect();
    let estimate = statistic(&sample.drawn(&all))?;
    let units = Units::of(sample, drawing, &all);
    let without = (0..units.len())
        .into_par_iter()
        .map(|unit| statistic(&sample.drawn(&units.rows_without(unit))))
        .collect::<Result<Vec<f64>, _>>()?;
    accelerated(estimate, &units, &without)
}

/// As [`acceleration`], of the AUC, in O(n log n) for patients with few images each.
///
/// # Undefined when
/// as [`acceleration`].
///
/// # References
/// As [`acceleration`].
pub fn acceleration_auc<S: Sample<Drawn = Scores>>(
    sample: &S,
    drawing: Drawing,
) -> Result<Acceleration, Undefined> {
    let draws = AucDraws::of(sample, drawing);
    let estimate = draws.auc(&vec![1; draws.units().len()])?;
    accelerated(estimate, draws.units(), &draws.without_each()?)
}

/// All replicates; `statistic` gets how often each unit is drawn.
fn replicated(
    estimate: f64,
    units: &Units,
    resampling: &Resampling,
    statistic: impl Fn(&[u32]) -> Result<f64, Undefined> + Sync,
) -> Result<Bootstrap, Undefined> {
    for stratum in units.strata() {
        Group::OfOneClass.at_least(2, stratum.len() as u64)?;
    }
    let drawn = (0..resampling.replicates)
        .into_par_iter()
        .map_init(Vec::new, |times, replicate| {
            units.draw(resampling.seed, replicate, times);
            statistic(times).ok()
        })
        .collect();
    Bootstrap::of_replicates(estimate, drawn)
}

/// Up to this part of the replicates may have no value.
const FAILED_MOST: f64 = 0.05;

impl Bootstrap {
    /// From replicates that were drawn elsewhere; `None`, or a number that is not finite, stands for no value.
    ///
    /// # Undefined when
    /// there is no replicate, or more than one in 20 has no value.
    pub fn of_replicates(estimate: f64, drawn: Vec<Option<f64>>) -> Result<Self, Undefined> {
        let replicates = drawn.len() as u32;
        Group::Replicates.at_least(1, replicates.into())?;
        let values = drawn
            .into_iter()
            .flatten()
            .filter(|value| value.is_finite());
        let mut values: Vec<f64> = values.collect();
        values.sort_unstable_by(f64::total_cmp);
        let failed = replicates - values.len() as u32;
        if f64::from(failed) > FAILED_MOST * f64::from(replicates) {
            return Err(Undefined::ReplicatesFailed { failed, replicates });
        }
        Ok(Self {
            estimate,
            values,
            failed,
        })
    }

    /// The statistic of the data as they are.
    #[must_use]
    pub fn estimate(&self) -> f64 {
        self.estimate
    }

    /// The replicates that have a value, in rising order.
    #[must_use]
    pub fn replicates(&self) -> &[f64] {
        &self.values
    }

    /// How many replicates have no value and were left out.
    #[must_use]
    pub fn failed(&self) -> u32 {
        self.failed
    }

    /// The standard deviation of the replicates.
    ///
    /// # Undefined when
    /// there is one replicate.
    pub fn standard_error(&self) -> Result<f64, Undefined> {
        let count = self.values.len() as f64;
        Group::Replicates.at_least(2, self.values.len() as u64)?;
        let mean = self.values.iter().sum::<f64>() / count;
        let squares: f64 = self.values.iter().map(|value| (value - mean).powi(2)).sum();
        Ok((squares / (count - 1.0)).sqrt())
    }

    /// The quantiles of the replicates at both tails of the level.
    ///
    /// # Undefined when
    /// all replicates are equal, or there are too few for the level (39 are the fewest for 95 %).
    ///
    /// # References
    /// Davison and Hinkley 1997, section 5.3.1.
    pub fn percentile(&self, level: Level) -> Result<Interval, Undefined> {
        self.differing()?;
        let z = level.z();
        Ok(Interval {
            low: self.quantile(normal_below(-z))?,
            high: self.quantile(normal_below(z))?,
            level,
            method: IntervalMethod::BootstrapPercentile,
        })
    }

    /// The bias-corrected and accelerated interval.
    ///
    /// # Undefined when
    /// all replicates are equal, or a corrected limit lies outside all replicates, as where no replicate lies on one
    /// side of the estimate.
    ///
    /// # References
    /// Efron 1987, JASA 82:171, doi:10.1080/01621459.1987.10478410.
    pub fn bca(&self, acceleration: Acceleration, level: Level) -> Result<Interval, Undefined> {
        self.differing()?;
        let below = self.values.partition_point(|&value| value < self.estimate);
        let reached = self.values.partition_point(|&value| value <= self.estimate);
        let bias = normal_quantile((below + reached) as f64 / (2.0 * self.values.len() as f64));
        if bias.is_infinite() {
            return Err(self.beyond());
        }
        let limit = |z: f64| {
            let slope = 1.0 - acceleration.0 * (bias + z);
            if slope <= 0.0 {
                return Err(self.beyond());
            }
            self.quantile(normal_below(bias + (bias + z) / slope))
        };
        Ok(Interval {
            low: limit(-level.z())?,
            high: limit(level.z())?,
            level,
            method: IntervalMethod::BootstrapBca,
        })
    }

    /// Estimate and percentile interval, as they are reported.
    #[must_use]
    pub fn measured(&self, level: Level) -> Measured {
        Measured::new(self.estimate, self.percentile(level))
    }

    /// Estimate and BCa interval, as they are reported.
    #[must_use]
    pub fn measured_bca(
        &self,
        acceleration: Result<Acceleration, Undefined>,
        level: Level,
    ) -> Measured {
        let interval = acceleration.and_then(|acceleration| self.bca(acceleration, level));
        Measured::new(self.estimate, interval)
    }

    fn differing(&self) -> Result<(), Undefined> {
        if self.values.first() == self.values.last() {
            return Err(Undefined::ZeroVariance {
                value: self.estimate,
            });
        }
        Ok(())
    }

    fn beyond(&self) -> Undefined {
        Undefined::BeyondReplicates {
            replicates: self.values.len() as u32,
        }
    }

    /// The quantile of the replicates, interpolated on the normal scale between the two that it lies between.
    fn quantile(&self, probability: f64) -> Result<f64, Undefined> {
        let count = self.values.len();
        let rank = (count as f64 + 1.0) * probability;
        if !(rank >= 1.0 && rank <= count as f64) {
            return Err(self.beyond());
        }
        let below = rank.floor() as usize;
        let lower = self.values[below - 1];
        if below == count {
            return Ok(lower);
        }
        let scale = |rank: f64| normal_quantile(rank / (count as f64 + 1.0));
        let from = scale(below as f64);
        let part = (normal_quantile(probability) - from) / (scale(below as f64 + 1.0) - from);
        Ok(lower + part * (self.values[below] - lower))
    }
}

impl Acceleration {
    /// An acceleration that was computed elsewhere.
    #[must_use]
    pub fn new(acceleration: f64) -> Self {
        Self(acceleration)
    }

    /// The number: 0 where the standard error does not change, seldom outside -0.2 to 0.2.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }
}

/// The acceleration from the statistic without each unit.
fn accelerated(estimate: f64, units: &Units, without: &[f64]) -> Result<Acceleration, Undefined> {
    let (mut squares, mut cubes) = (0.0, 0.0);
    for stratum in units.strata() {
        Group::OfOneClass.at_least(2, stratum.len() as u64)?;
        let count = stratum.len() as f64;
        let without = &without[stratum];
        let mean = without.iter().sum::<f64>() / count;
        for value in without {
            let influence = (count - 1.0) / count * (mean - value);
            squares += influence * influence;
            cubes += influence * influence * influence;
        }
    }
    let scale = squares.sqrt();
    if scale > ROUNDING * estimate.abs() {
        Ok(Acceleration(cubes / (6.0 * scale * scale * scale)))
    } else {
        Err(Undefined::ZeroVariance { value: estimate })
    }
}

/// Below this part of the estimate, what leaving out a patient changes is rounding.
const ROUNDING: f64 = 1e-14;
