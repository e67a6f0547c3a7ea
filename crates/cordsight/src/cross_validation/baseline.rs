//! Measurements beside the networks, over all splits.
//!
//! In: what the regression on measurements said in each split, and the networks' mean scores. Out: [`PooledBaseline`]. As for the
//! networks, each patient is scored by regressions that never saw them, one a repeat, and the mean is what is compared.

use std::collections::BTreeMap;

use diagstat::{Measured, Scores, Undefined, auc_with_interval};
use serde::Serialize;

use super::outcome::{Heard, Overlap, Spread};
use crate::baseline::{Beside, compared};
use crate::evaluate::{AUC, LEVEL};

/// The regression on measurements over all splits.
#[derive(Clone, Debug, Serialize)]
pub struct PooledBaseline {
    /// What the regression was given.
    pub measures: Vec<String>,
    /// Its AUC over splits.
    pub over_splits: Spread,
    /// AUC of each patient's mean score.
    pub pooled_auc: Measured,
    /// Pooled AUC of the networks less that of the regressions, on the same patients.
    pub network_minus_baseline: Measured,
    /// P of DeLong's paired test that both are alike, or why there is none.
    #[serde(serialize_with = "crate::statistics::value_or_reason")]
    pub p_value: Result<f64, Undefined>,
}

/// Pools what the splits say; nothing where one of them has no measurements.
pub(super) fn pooled(
    splits: &[Option<Beside>],
    networks: &BTreeMap<String, Heard>,
    overlap: Overlap,
) -> Option<PooledBaseline> {
    let splits: Vec<&Beside> = splits.iter().map(Option::as_ref).collect::<Option<_>>()?;
    let mut heard: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for row in splits.iter().flat_map(|split| &split.predictions) {
        heard.entry(&row.patient).or_default().push(row.score);
    }
    let means = networks.keys().map(|patient| {
        let scores = heard.get(patient.as_str())?;
        Some(scores.iter().sum::<f64>() / scores.len() as f64)
    });
    let means: Vec<f64> = means.collect::<Option<_>>()?;
    let labels: Vec<u8> = networks.values().map(|of| of.label).collect();
    let own: Vec<f64> = networks.values().map(Heard::mean).collect();
    let [network, baseline] = [&own, &means].map(|scores| Scores::new(&labels, scores).ok());
    let (network, baseline) = network.zip(baseline)?;
    let pooled_auc = auc_with_interval(&baseline, AUC, LEVEL);
    let difference = compared(network, baseline);
    let aucs: Vec<f64> = splits
        .iter()
        .filter_map(|split| split.auc.value())
        .collect();
    Some(PooledBaseline {
        measures: splits.first()?.measures.clone(),
        over_splits: Spread::of(&aucs, overlap),
        pooled_auc,
        network_minus_baseline: match &difference {
            Ok(of) => of.difference,
            Err(reason) => Measured::undefined(*reason),
        },
        p_value: difference.and_then(|of| of.test.map(|test| test.p_value)),
    })
}
