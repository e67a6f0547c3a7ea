//! Stratified bootstrap replicates of curves: how often each distinct score occurs, class by class.
//!
//! In: [`Scores`], a number of replicates and a seed. Out: what a function of the tie groups gives on each replicate, and
//! percentile limits of such numbers. As many patients of each class are drawn, with replacement, as there are. A
//! replicate counts patients in the tie groups of the data, so that none is sorted again: O(n) each.
//! Each replicate has its own stream of the seed's generator: threads change nothing.
//!
//! Source: Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 13; Hyndman and Fan 1996, Am Stat 50:361
//! (definition 7 of a sample quantile, that of R). Checked against: pROC's ci.se (tools/golden/proc_curve.R).

use std::num::NonZeroU32;

use rand::RngExt;
use rayon::prelude::*;

use crate::interval::{Interval, IntervalMethod, Level};
use crate::resample::generator;
use crate::scores::{Scores, TieGroup};
use crate::undefined::Undefined;

/// `of` every replicate, in the order of the replicates. A group of a replicate may have nobody left.
pub(crate) fn stratified<T: Send>(
    scores: &Scores,
    replicates: NonZeroU32,
    seed: u64,
    of: impl Fn(&[TieGroup]) -> T + Sync,
) -> Vec<T> {
    let groups = scores.tie_groups();
    let of_class = |count: fn(&TieGroup) -> u32| -> Vec<usize> {
        let indexed = groups.iter().enumerate();
        indexed
            .flat_map(|(index, group)| std::iter::repeat_n(index, count(group) as usize))
            .collect()
    };
    let positives = of_class(|group| group.positives);
    let negatives = of_class(|group| group.negatives);
    (0..replicates.get())
        .into_par_iter()
        .map(|replicate| {
            let mut generator = generator(seed, replicate.into());
            let mut drawn: Vec<TieGroup> = groups
                .iter()
                .map(|group| TieGroup {
                    score: group.score,
                    positives: 0,
                    negatives: 0,
                })
                .collect();
            for _ in &positives {
                drawn[positives[generator.random_range(0..positives.len())]].positives += 1;
            }
            for _ in &negatives {
                drawn[negatives[generator.random_range(0..negatives.len())]].negatives += 1;
            }
            of(&drawn)
        })
        .collect()
}

/// The quantiles of the replicates that leave out equal parts on both sides.
///
/// # Undefined when
/// both are the same number.
pub(crate) fn percentile(mut values: Vec<f64>, level: Level) -> Result<Interval, Undefined> {
    values.sort_unstable_by(f64::total_cmp);
    let (low, high) = (
        quantile(&values, level.tail()),
        quantile(&values, 1.0 - level.tail()),
    );
    if low >= high {
        return Err(Undefined::ReplicatesAlike { value: low });
    }
    Ok(Interval {
        low,
        high,
        level,
        method: IntervalMethod::BootstrapPercentile,
    })
}

/// The sample quantile by linear interpolation, of at least one value in rising order.
fn quantile(sorted: &[f64], probability: f64) -> f64 {
    let place = (sorted.len() - 1) as f64 * probability;
    let below = place.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    let part = place - place.floor();
    sorted[below] + part * (sorted[above] - sorted[below])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_r() {
        let sorted = [1.0, 2.0, 4.0, 8.0, 16.0];
        assert_eq!(quantile(&sorted, 0.025), 1.1);
        assert_eq!(quantile(&sorted, 0.5), 4.0);
        assert_eq!(quantile(&sorted, 0.9), 12.8);
        assert_eq!(quantile(&sorted, 1.0), 16.0);
        assert_eq!(quantile(&[3.0], 0.3), 3.0);
    }

    #[test]
    fn a_replicate_has_as_many_patients_of_each_class_and_depends_on_the_seed_alone() {
        let scores = Scores::new(&[1, 1, 1, 0, 0], &[1.0, 2.0, 2.0, 2.0, 3.0]).unwrap();
        let replicates = NonZeroU32::new(50).unwrap();
        let draw = |seed| stratified(&scores, replicates, seed, <[TieGroup]>::to_vec);
        let drawn = draw(1);
        assert_eq!(drawn.len(), 50);
        for groups in &drawn {
            assert_eq!(groups.iter().map(|group| group.positives).sum::<u32>(), 3);
            assert_eq!(groups.iter().map(|group| group.negatives).sum::<u32>(), 2);
            assert_eq!((groups[0].negatives, groups[2].positives), (0, 0));
        }
        assert!(drawn.iter().any(|groups| groups[0].positives == 0));
        assert_eq!(drawn, draw(1));
        assert_ne!(drawn, draw(2));
        let alone = rayon::ThreadPoolBuilder::new()
            .num_threads(1)
            .build()
            .unwrap();
        assert_eq!(drawn, alone.install(|| draw(1)));
    }
}
