//! Two tests of the same patients: areas, calls, reclassification, agreement.

use diagstat::{
    AreaDifference, BlandAltman, Categories, Discrimination, HypothesisTest, Kappa, KappaWeights,
    Mcnemar, Measured, NetReclassification, Paired, PairedCalls, PairedMeasurements, Ratings,
    Resampling, Scores, Undefined, auc, bootstrap, delong_paired, integrated_discrimination,
    net_reclassification,
};
use serde::Serialize;

use super::Column;
use crate::evaluate::LEVEL;
use crate::figure::PairedScore;
use crate::statistics::{StatisticsError, value_or_reason};

/// The comparison of two tests.
#[derive(Debug, Clone, Serialize)]
pub struct Pair {
    /// Name of the first test.
    pub first: String,
    /// Name of the second, which is taken from the first.
    pub second: String,
    /// Difference of the areas with DeLong's interval.
    pub auc_difference: Measured,
    /// DeLong's test.
    #[serde(serialize_with = "value_or_reason")]
    pub auc_test: Result<HypothesisTest, Undefined>,
    /// The same difference with a bootstrap interval.
    pub auc_difference_bootstrap: Measured,
    /// The calls of both; absent where one has no threshold.
    pub calls: Option<Calls>,
    /// From the first to the second test; absent where one gives no scores from 0 to 1.
    pub reclassification: Option<Reclassification>,
    /// Agreement of the scores; absent where one gives no scores from 0 to 1.
    #[serde(serialize_with = "perhaps")]
    pub bland_altman: Option<Result<BlandAltman, Undefined>>,
    #[serde(skip)]
    pub(super) scores: Vec<PairedScore>,
}

/// Two tests' calls.
#[derive(Debug, Clone, Serialize)]
pub struct Calls {
    /// Difference of the sensitivities.
    pub sensitivity_difference: Measured,
    /// McNemar's exact test of them.
    #[serde(serialize_with = "value_or_reason")]
    pub sensitivity_test: Result<HypothesisTest, Undefined>,
    /// Difference of the specificities.
    pub specificity_difference: Measured,
    /// McNemar's exact test of them.
    #[serde(serialize_with = "value_or_reason")]
    pub specificity_test: Result<HypothesisTest, Undefined>,
    /// Difference of the accuracies.
    pub accuracy_difference: Measured,
    /// McNemar's exact test of them.
    #[serde(serialize_with = "value_or_reason")]
    pub accuracy_test: Result<HypothesisTest, Undefined>,
    /// Cohen's kappa of the calls.
    #[serde(serialize_with = "value_or_reason")]
    pub kappa: Result<Kappa, Undefined>,
}

/// What the second test changes for patients.
#[derive(Debug, Clone, Serialize)]
pub struct Reclassification {
    /// Net reclassification across the threshold.
    #[serde(serialize_with = "value_or_reason")]
    pub across_threshold: Result<NetReclassification, Undefined>,
    /// Net reclassification by any change of score.
    #[serde(serialize_with = "value_or_reason")]
    pub any_change: Result<NetReclassification, Undefined>,
    /// Integrated discrimination improvement.
    #[serde(serialize_with = "value_or_reason")]
    pub discrimination: Result<Discrimination, Undefined>,
    /// What these figures do not show.
    pub caution: &'static str,
}

/// Said wherever the figures stand.
pub(super) const CAUTION: &str = "NRI and IDI rise where a model only exaggerates its scores, and are often above 0 for a model that adds nothing; prefer the difference of areas, calibration, and net benefit";

/// Every two of the columns, in order.
pub(super) fn all(
    paired: &Paired,
    columns: &[Column],
    resampling: Resampling,
) -> Result<Vec<Pair>, StatisticsError> {
    let areas = delong_paired(paired).map(|areas| areas.differences(LEVEL));
    let mut pairs = Vec::new();
    for (first, one) in columns.iter().enumerate() {
        for (second, other) in columns.iter().enumerate().skip(first + 1) {
            let two = Paired::new(vec![one.scores.clone(), other.scores.clone()])?;
            let area = areas.as_ref().map_err(|reason| *reason).map(|areas| {
                let of_pair = |area: &&AreaDifference| area.models == (first, second);
                areas.iter().find(of_pair).cloned()
            });
            let (difference, test) = match area {
                Ok(Some(area)) => (area.difference, area.test),
                Ok(None) => (
                    Measured::undefined(Undefined::NoTestOffered),
                    Err(Undefined::NoTestOffered),
                ),
                Err(reason) => (Measured::undefined(reason), Err(reason)),
            };
            let both_are_scores = one.is_score && other.is_score;
            pairs.push(Pair {
                first: one.name.clone(),
                second: other.name.clone(),
                auc_difference: difference,
                auc_test: test,
                auc_difference_bootstrap: bootstrapped(&two, resampling),
                calls: match (one.threshold, other.threshold) {
                    (Some(a), Some(b)) => Some(calls(&two, a, b)?),
                    _ => None,
                },
                reclassification: match (both_are_scores, one.threshold) {
                    (true, Some(threshold)) => Some(reclassified(&two, threshold)?),
                    _ => None,
                },
                bland_altman: match both_are_scores {
                    true => Some(agreement(&one.scores, &other.scores)?),
                    false => None,
                },
                scores: match both_are_scores {
                    true => both(&one.scores, &other.scores),
                    false => Vec::new(),
                },
            });
        }
    }
    Ok(pairs)
}

fn bootstrapped(two: &Paired, resampling: Resampling) -> Measured {
    let difference = |drawn: &Paired| Ok(auc(&drawn.models()[0])? - auc(&drawn.models()[1])?);
    match bootstrap(two, &resampling, difference) {
        Ok(drawn) => drawn.measured(LEVEL),
        Err(reason) => Measured::undefined(reason),
    }
}

/// Calls of both at their thresholds.
pub(super) fn calls(two: &Paired, first: f64, second: f64) -> Result<Calls, StatisticsError> {
    let calls = PairedCalls::at(two, (0, first), (1, second))?;
    let all = calls.all();
    Ok(Calls {
        sensitivity_difference: calls.positive.difference(LEVEL),
        sensitivity_test: calls.positive.mcnemar(Mcnemar::Exact),
        specificity_difference: calls.negative.difference(LEVEL),
        specificity_test: calls.negative.mcnemar(Mcnemar::Exact),
        accuracy_difference: all.difference(LEVEL),
        accuracy_test: all.mcnemar(Mcnemar::Exact),
        kappa: kappa(two, first, second),
    })
}

fn kappa(two: &Paired, first: f64, second: f64) -> Result<Kappa, Undefined> {
    let category = |scores: &Scores, threshold: f64| {
        let of = scores
            .iter()
            .map(|(_, score)| usize::from(score >= threshold));
        of.collect::<Vec<usize>>()
    };
    let calls = vec![
        category(&two.models()[0], first),
        category(&two.models()[1], second),
    ];
    let table = Ratings::new(2, calls)
        .ok()
        .and_then(|of| of.cross_table(0, 1));
    table
        .ok_or(Undefined::NoTestOffered)?
        .cohen_kappa(KappaWeights::Unweighted, LEVEL)
}

fn reclassified(two: &Paired, threshold: f64) -> Result<Reclassification, StatisticsError> {
    let categories = Categories::new(vec![threshold])?;
    Ok(Reclassification {
        across_threshold: net_reclassification(two, Some(&categories), LEVEL),
        any_change: net_reclassification(two, None, LEVEL),
        discrimination: integrated_discrimination(two, LEVEL),
        caution: CAUTION,
    })
}

fn agreement(
    first: &Scores,
    second: &Scores,
) -> Result<Result<BlandAltman, Undefined>, StatisticsError> {
    let values = |scores: &Scores| scores.iter().map(|(_, score)| score).collect();
    let measurements = PairedMeasurements::new(values(first), values(second))?;
    Ok(measurements.bland_altman(LEVEL, LEVEL))
}

fn both(first: &Scores, second: &Scores) -> Vec<PairedScore> {
    let pairs = first.iter().zip(second.iter());
    pairs
        .map(|((positive, first), (_, second))| PairedScore {
            positive,
            first,
            second,
        })
        .collect()
}

fn perhaps<T: Serialize, S: serde::Serializer>(
    found: &Option<Result<T, Undefined>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match found {
        Some(found) => value_or_reason(found, serializer),
        None => serializer.serialize_none(),
    }
}
