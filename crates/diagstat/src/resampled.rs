//! The mean of a figure over the test parts of repeated random splits, such as cross-validation.
//!
//! In: the figure of each split, and how many patients test for each that trains. Out: the mean with an interval. The training
//! parts of two splits share most of their patients, so the figures are correlated and their spread alone is too small
//! a variance for the mean. Nadeau and Bengio's correction adds the share of test to training patients, which is right where
//! the correlation is that share of the whole; no estimate of it is unbiased (Bengio and Grandvalet 2004).
//!
//! Source: Nadeau and Bengio 2003, Machine Learning 52:239; Bouckaert and Frank 2004, PAKDD, LNCS 3056:3 (several repeats
//! of k folds). Checked against: scipy with scikit-learn's formula (tools/golden/corrected_resampled.py).

use crate::distribution::student_quantile_two_sided;
use crate::interval::{Interval, IntervalMethod, Level};
use crate::measured::Measured;
use crate::undefined::{Group, Undefined};

/// The mean of `values`, one for each split, with a corrected interval. `test_per_training` is the number of test patients
/// over that of training patients: 1/4 for five folds. The figure is a rate or an area: limits outside 0 to 1 are cut.
///
/// # Undefined when
/// there is no value. The interval needs two values that differ.
///
/// # References
/// Nadeau and Bengio 2003, Machine Learning 52:239, doi:10.1023/A:1024068626366.
#[must_use]
pub fn mean_over_splits(values: &[f64], test_per_training: f64, level: Level) -> Measured {
    let count = values.len() as f64;
    if let Err(reason) = Group::Splits.at_least(1, values.len() as u64) {
        return Measured::undefined(reason);
    }
    let mean = values.iter().sum::<f64>() / count;
    let interval = Group::Splits
        .at_least(2, values.len() as u64)
        .and_then(|()| {
            let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
            let variance = squares / (count - 1.0);
            if variance.sqrt() <= 1e-12 * mean.abs().max(1.0) {
                return Err(Undefined::ZeroSpread {
                    of: "the spread of the figures of the splits",
                });
            }
            let error = ((1.0 / count + test_per_training) * variance).sqrt();
            let reach = error * student_quantile_two_sided(1.0 - level.get(), count - 1.0);
            let (low, high) = (mean - reach, mean + reach);
            let is_cut = low < 0.0 || high > 1.0;
            Ok(Interval {
                low: low.max(0.0),
                high: high.min(1.0),
                level,
                method: if is_cut {
                    IntervalMethod::CorrectedResampledTCut
                } else {
                    IntervalMethod::CorrectedResampledT
                },
            })
        });
    Measured::new(mean, interval)
}
