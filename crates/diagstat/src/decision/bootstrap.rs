//! Bootstrap intervals of a decision curve.
//!
//! In: as for the curve, and how to draw. Out: the same curve with percentile intervals. Where the prevalence is that of the
//! patients, a simple drawing lets its chance in and a stratified one takes it as known.
//!
//! Source: Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 13. Checked against: the closed intervals,
//! which large samples must meet (tests/it/decision.rs).

use super::{DecisionCurve, DecisionThresholds, Prevalence, counts_at, curve, figures, figures_of};
use crate::bootstrap::measured_each;
use crate::interval::Level;
use crate::ranked::ranked;
use crate::resample::Resampling;
use crate::scores::Scores;
use crate::undefined::Undefined;

/// The decision curve with pointwise percentile intervals of the bootstrap. Draw
/// [`Simple`](crate::Drawing::Simple) at the prevalence of the patients and
/// [`Stratified`](crate::Drawing::Stratified) at a stated one.
///
/// # Undefined when
/// as [`decision_curve`](super::decision_curve). No interval as [`bootstrap`](crate::bootstrap()) and
/// [`Bootstrap::percentile`](crate::Bootstrap::percentile).
///
/// # References
/// Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 13.
pub fn decision_curve_bootstrap(
    scores: &Scores,
    thresholds: &DecisionThresholds,
    prevalence: Option<Prevalence>,
    resampling: &Resampling,
    level: Level,
) -> Result<DecisionCurve, Undefined> {
    let points = figures(scores, thresholds, prevalence)?;
    let (units, ranked) = ranked(scores, resampling.drawing);
    let measured = measured_each(&units, resampling, level, |times| {
        let counts = counts_at(&ranked.tie_groups(times), thresholds);
        let points = counts.iter().zip(thresholds.as_slice());
        let values = points.flat_map(|(counts, threshold)| {
            figures_of(counts, *threshold, prevalence).map(|found| found.map(|of| of.value))
        });
        values.collect()
    });
    let points = points.into_iter().zip(measured.chunks_exact(3));
    Ok(curve(
        scores,
        prevalence,
        points.map(|((threshold, counts, _), of)| (threshold, counts, [of[0], of[1], of[2]])),
    ))
}
