//! Bootstrap intervals of a decision curve.
//!
//! In: as for the curve, with a number of replicates and a seed. Out: the same curve with percentile intervals.
//! Patients are drawn from all, since the prevalence is uncertain too; for a stated prevalence from each class apart. Every
//! replicate has its own stream of the seed's generator, so that threads change nothing.
//!
//! Source: Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 13. Checked against: the closed intervals,
//! which large samples must meet (tests/it/decision.rs).

use std::num::NonZeroU32;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::{DecisionCurve, DecisionThresholds, Places, Prevalence, curve, figures, figures_of};
use crate::interval::{Interval, IntervalMethod, Level};
use crate::measured::Measured;
use crate::scores::Scores;
use crate::undefined::Undefined;

/// The decision curve with percentile intervals of `replicates` bootstrap samples, pointwise.
///
/// # Undefined when
/// as [`decision_curve`](super::decision_curve). No interval of a standardised net benefit where a replicate holds no
/// positive patient, and none where both limits are the same number.
///
/// # References
/// Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 13.
pub fn decision_curve_bootstrap(
    scores: &Scores,
    thresholds: &DecisionThresholds,
    prevalence: Option<Prevalence>,
    level: Level,
    replicates: NonZeroU32,
    seed: u64,
) -> Result<DecisionCurve, Undefined> {
    let estimates = figures(scores, thresholds, prevalence)?;
    let places = Places::new(scores, thresholds);
    let strata = strata(&places, prevalence.is_some());
    let drawn: Vec<Vec<[Result<f64, Undefined>; 3]>> = (0..replicates.get())
        .into_par_iter()
        .map(|replicate| {
            let mut generator = ChaCha8Rng::seed_from_u64(seed);
            generator.set_stream(replicate.into());
            let patients = strata.iter().flat_map(|stratum| {
                let size = stratum.len();
                let picks: Vec<usize> =
                    (0..size).map(|_| generator.random_range(0..size)).collect();
                picks.into_iter().map(|pick| stratum[pick])
            });
            let counts = places.counts(patients);
            let thresholds = thresholds.as_slice().iter();
            counts
                .iter()
                .zip(thresholds)
                .map(|(counts, threshold)| {
                    figures_of(counts, *threshold, prevalence).map(|found| found.map(|of| of.value))
                })
                .collect()
        })
        .collect();
    let points = estimates
        .into_iter()
        .enumerate()
        .map(|(point, (threshold, counts, of))| {
            let mut figure = 0;
            let measured = of.map(|found| {
                let values = drawn.iter().map(|replicate| replicate[point][figure]);
                let values: Result<Vec<f64>, Undefined> = values.collect();
                figure += 1;
                match found {
                    Ok(of) => Measured::new(
                        of.value,
                        values.and_then(|values| percentile(values, level)),
                    ),
                    Err(reason) => Measured::undefined(reason),
                }
            });
            (threshold, counts, measured)
        });
    Ok(curve(scores, prevalence, points))
}

/// The patients that are drawn from together, in an order that does not depend on how they came.
fn strata(places: &Places, by_class: bool) -> Vec<Vec<(bool, usize)>> {
    let mut patients = places.places.clone();
    patients.sort_unstable();
    if by_class {
        let negatives = patients.partition_point(|(positive, _)| !positive);
        let positives = patients.split_off(negatives);
        vec![patients, positives]
    } else {
        vec![patients]
    }
}

/// Quantiles (Hyndman and Fan's type 7) that leave out equal parts on both sides.
fn percentile(mut values: Vec<f64>, level: Level) -> Result<Interval, Undefined> {
    values.sort_unstable_by(f64::total_cmp);
    let quantile = |probability: f64| {
        let place = probability * (values.len() - 1) as f64;
        let (below, above) = (
            values[place.floor() as usize],
            values[place.ceil() as usize],
        );
        below + (above - below) * place.fract()
    };
    let tail = (1.0 - level.get()) / 2.0;
    let (low, high) = (quantile(tail), quantile(1.0 - tail));
    if low >= high {
        return Err(Undefined::NoSpread);
    }
    Ok(Interval {
        low,
        high,
        level,
        method: IntervalMethod::BootstrapPercentile,
    })
}
