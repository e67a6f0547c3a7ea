//! `metrics.json` of a run: the evaluation, and what its scores tell besides.
//!
//! In: a judgement. Out: its figures without the points of the curves, which can be as many as patients and follow from
//! `predictions.csv`, and without thresholds chosen on the test part, which a run must not offer.

use diagstat::{BandPoint, DecisionCurve, Measured, Undefined};
use serde::Serialize;

use super::Combined;
use crate::baseline::Beside;
use crate::carried::Further;
use crate::evaluate::Evaluation;
use crate::statistics::judgement::{Bootstrap, Calibration, Judgement};
use crate::statistics::value_or_reason;

/// The figures of a run.
#[derive(Debug, Serialize)]
pub struct Metrics<'a> {
    #[serde(flatten)]
    evaluation: &'a Evaluation,
    average_precision: &'a Measured,
    partial_auc_specificity_above_80: &'a Measured,
    calibration: &'a Calibration,
    #[serde(serialize_with = "value_or_reason")]
    decision_curve: &'a Result<DecisionCurve, Undefined>,
    #[serde(serialize_with = "value_or_reason")]
    roc_band: &'a Result<Vec<BandPoint>, Undefined>,
    bootstrap: &'a Bootstrap,
    #[serde(skip_serializing_if = "Option::is_none")]
    measurements: Option<&'a Beside>,
    #[serde(flatten)]
    further: Option<&'a Further>,
    #[serde(skip_serializing_if = "Option::is_none")]
    combined: Option<&'a Combined>,
}

impl<'a> Metrics<'a> {
    /// The part of a judgement that a run writes, and what measurements tell of the same patients.
    pub fn of(
        judgement: &'a Judgement,
        measurements: Option<&'a Beside>,
        further: Option<&'a Further>,
        combined: Option<&'a Combined>,
    ) -> Self {
        Metrics {
            evaluation: &judgement.evaluation,
            average_precision: &judgement.average_precision,
            partial_auc_specificity_above_80: &judgement.partial_auc_specificity_above_80,
            calibration: &judgement.calibration,
            decision_curve: &judgement.decision_curve,
            roc_band: &judgement.roc.band,
            bootstrap: &judgement.bootstrap,
            measurements,
            further,
            combined,
        }
    }
}
