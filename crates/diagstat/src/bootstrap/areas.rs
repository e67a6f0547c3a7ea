//! The bootstrap of areas and of their differences, with scores that are sorted once.
//!
//! In: as for [`bootstrap`](super::bootstrap()), without a statistic. Out: what it gives for the AUC, at O(n) a replicate.
//!
//! Source: as there. Checked against: the general bootstrap and jackknife of the same patients, in the tests.

use super::{Acceleration, Bootstrap, accelerated, replicated};
use crate::paired::Paired;
use crate::ranked::{Ranked, all_rows, ranked, rising};
use crate::resample::{Drawing, Resampling, Sample, Units};
use crate::scores::Scores;
use crate::undefined::Undefined;

/// The difference of the areas of two models with its replicates, the first minus the second.
#[derive(Debug, Clone, PartialEq)]
pub struct BootstrapDifference {
    /// The places of the two models, counted from 0.
    pub models: (usize, usize),
    /// The difference, -1 to 1.
    pub difference: Bootstrap,
}

/// As [`bootstrap`](super::bootstrap()), of the AUC: the scores are sorted once, and a replicate takes O(n).
///
/// # Undefined when
/// as [`bootstrap`](super::bootstrap()).
///
/// # References
/// As [`bootstrap`](super::bootstrap()).
pub fn bootstrap_auc<S: Sample<Drawn = Scores>>(
    sample: &S,
    resampling: &Resampling,
) -> Result<Bootstrap, Undefined> {
    let (units, ranked) = ranked(sample, resampling.drawing);
    let estimate = ranked.auc(&units.each_once())?;
    replicated(estimate, &units, resampling, |times| ranked.auc(times))
}

/// As [`bootstrap`](super::bootstrap()), of the difference of the areas of every pair of models, the first minus the second, all from the same
/// draws. Each model's scores are sorted once, and a replicate takes O(n).
///
/// # Undefined when
/// as [`bootstrap`](super::bootstrap()).
///
/// # References
/// As [`bootstrap`](super::bootstrap()).
pub fn bootstrap_auc_differences<S: Sample<Drawn = Paired>>(
    sample: &S,
    resampling: &Resampling,
) -> Result<Vec<BootstrapDifference>, Undefined> {
    let paired = sample.drawn(&all_rows(sample));
    let orders: Vec<Vec<usize>> = paired.models().iter().map(rising).collect();
    let units = Units::of(sample, resampling.drawing, &orders[0]);
    units.drawable()?;
    let models: Vec<Ranked> = paired
        .models()
        .iter()
        .zip(&orders)
        .map(|(scores, order)| Ranked::new(scores, order, &units))
        .collect();
    let areas = |times: &[u32]| -> Result<Vec<f64>, Undefined> {
        models.iter().map(|ranked| ranked.auc(times)).collect()
    };
    let estimates = areas(&units.each_once())?;
    let drawn = units.draws(resampling, areas);
    let pairs = (0..models.len())
        .flat_map(|first| (first + 1..models.len()).map(move |second| (first, second)));
    pairs
        .map(|(first, second)| {
            let difference = |areas: &Vec<f64>| areas[first] - areas[second];
            let drawn = drawn
                .iter()
                .map(|areas| areas.as_ref().ok().map(difference));
            Ok(BootstrapDifference {
                models: (first, second),
                difference: Bootstrap::of_replicates(difference(&estimates), drawn.collect())?,
            })
        })
        .collect()
}

/// As [`acceleration`](super::acceleration()), of the AUC, in O(n log n) for patients with few images each.
///
/// # Undefined when
/// as [`acceleration`](super::acceleration()).
///
/// # References
/// As [`acceleration`](super::acceleration()).
pub fn acceleration_auc<S: Sample<Drawn = Scores>>(
    sample: &S,
    drawing: Drawing,
) -> Result<Acceleration, Undefined> {
    let (units, ranked) = ranked(sample, drawing);
    let estimate = ranked.auc(&units.each_once())?;
    accelerated(estimate, &units, &ranked.auc_without_each(units.len())?)
}
