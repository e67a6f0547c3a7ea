//! A judgement as figures.
//!
//! In: what was computed. Out: inputs of the figure module, which a report shows too, and all of them drawn.

use super::{BySubgroup, Judgement};
use crate::figure;
use crate::statistics::folder::{Drawing, file_name};
use crate::statistics::layout::{p_value, short};
use diagstat::{Measured, Subgroup};

/// Every figure of a judgement, by the name of its file.
pub fn drawings(judgement: &Judgement) -> Vec<Drawing> {
    let mut all = vec![
        ("roc".to_string(), figure::roc(&roc(judgement))),
        (
            "precision_recall".to_string(),
            figure::precision_recall(&precision_recall(judgement)),
        ),
        (
            "calibration".to_string(),
            figure::calibration(&calibration(judgement)),
        ),
        (
            "decision".to_string(),
            figure::decision(&decision(judgement)),
        ),
        ("scores".to_string(), figure::scores(&scores(judgement))),
        (
            "confusion".to_string(),
            figure::confusion(&confusion(judgement)),
        ),
    ];
    for by in &judgement.subgroups {
        let name = format!("forest_{}", file_name(&by.column));
        all.push((name, figure::forest(&forest(by))));
    }
    all
}

/// The ROC curve with its band and the point of the threshold.
pub fn roc(judgement: &Judgement) -> figure::Roc {
    let of = &judgement.evaluation;
    let curve = judgement.roc.curve.as_ref().ok();
    let band = judgement.roc.band.as_deref().unwrap_or_default();
    let mut band: Vec<(f64, f64, f64)> = band
        .iter()
        .filter_map(|point| {
            let interval = point.sensitivity.interval()?;
            Some((1.0 - point.specificity, interval.low, interval.high))
        })
        .collect();
    band.sort_by(|a, b| a.0.total_cmp(&b.0));
    figure::Roc {
        points: curve.map_or_else(Vec::new, |curve| {
            let point = |point: &diagstat::RocPoint| (1.0 - point.specificity, point.sensitivity);
            curve.points.iter().map(point).collect()
        }),
        band,
        auc: of.auc.to_string(),
        operating: (|| {
            Some(figure::OperatingPoint {
                sensitivity: of.at_threshold.sensitivity.value()?,
                specificity: of.at_threshold.specificity.value()?,
                threshold: of.threshold.value.to_string(),
            })
        })(),
        best_possible_auc: None,
    }
}

/// The precision-recall curve with the point of the threshold.
pub fn precision_recall(judgement: &Judgement) -> figure::PrecisionRecall {
    let curve = judgement.precision_recall.as_ref().ok();
    let of = &judgement.evaluation;
    figure::PrecisionRecall {
        points: curve.map_or_else(Vec::new, |curve| {
            let points = curve.points.iter();
            points
                .map(|point| (point.recall, point.precision))
                .collect()
        }),
        average_precision: judgement.average_precision.to_string(),
        prevalence: curve.map(|curve| curve.baseline),
        operating: (|| {
            Some(figure::RecallPoint {
                recall: of.at_threshold.sensitivity.value()?,
                precision: of.at_threshold.ppv.value()?,
                threshold: of.threshold.value.to_string(),
            })
        })(),
    }
}

/// Groups of patients by score, the isotonic fit, intercept, slope and Brier score.
pub fn calibration(judgement: &Judgement) -> figure::Calibration {
    let of = &judgement.calibration;
    let groups = of.reliability.as_deref().unwrap_or_default();
    let mut notes = Vec::new();
    match &of.regression {
        Ok(line) => {
            notes.push(format!("intercept {}", line.intercept));
            notes.push(format!("slope {}", line.slope));
        }
        Err(reason) => notes.push(format!("no intercept and slope: {reason}")),
    }
    notes.push(format!("Brier score {}", of.brier));
    figure::Calibration {
        groups: groups
            .iter()
            .map(|group| figure::ReliabilityGroup {
                mean_score: group.score,
                observed: group.positive_part.value().unwrap_or(f64::NAN),
                interval: group
                    .positive_part
                    .interval()
                    .map(|interval| (interval.low, interval.high)),
                patients: group.patients.into(),
            })
            .collect(),
        curve: of.isotonic.clone().unwrap_or_default(),
        curve_name: "isotonic fit".to_string(),
        positive_scores: of_class(judgement, true),
        negative_scores: of_class(judgement, false),
        notes,
    }
}

/// Net benefit with its interval over threshold probabilities.
pub fn decision(judgement: &Judgement) -> figure::Decision {
    let Ok(curve) = &judgement.decision_curve else {
        return figure::Decision::default();
    };
    let benefit = |measured: &Measured| measured.value().unwrap_or(f64::NAN);
    figure::Decision {
        model: curve
            .points
            .iter()
            .map(|point| (point.threshold, benefit(&point.net_benefit)))
            .collect(),
        band: curve
            .points
            .iter()
            .filter_map(|point| {
                let interval = point.net_benefit.interval()?;
                Some((point.threshold, interval.low, interval.high))
            })
            .collect(),
        treat_all: curve
            .points
            .iter()
            .map(|point| (point.threshold, point.treat_all))
            .collect(),
    }
}

/// Scores of both classes, called positive and negative.
pub fn scores(judgement: &Judgement) -> figure::Scores {
    figure::Scores {
        positive: "positive".to_string(),
        negative: "negative".to_string(),
        positive_scores: of_class(judgement, true),
        negative_scores: of_class(judgement, false),
        threshold: judgement.evaluation.threshold.value,
    }
}

/// Counts at the threshold, the classes called positive and negative.
pub fn confusion(judgement: &Judgement) -> figure::Confusion {
    let counts = judgement.evaluation.at_threshold.counts;
    figure::Confusion {
        positive: "positive".to_string(),
        negative: "negative".to_string(),
        true_positive: counts.true_positives.into(),
        false_negative: counts.false_negatives.into(),
        false_positive: counts.false_positives.into(),
        true_negative: counts.true_negatives.into(),
    }
}

fn forest(by: &BySubgroup) -> figure::Forest {
    let row = |group: &Subgroup, name: &str| figure::ForestRow {
        name: name.to_string(),
        patients: u64::from(group.positives) + u64::from(group.negatives),
        estimate: group.auc.value(),
        interval: group
            .auc
            .interval()
            .map(|interval| (interval.low, interval.high)),
        text: short(&group.auc),
    };
    let interaction = match &by.subgroups.auc_heterogeneity {
        Ok(test) => format!("difference {}", p_value(test.p_value)),
        Err(_) => String::new(),
    };
    figure::Forest {
        measure: "AUC".to_string(),
        groups: vec![figure::ForestGroup {
            name: by.column.clone(),
            interaction,
            rows: by
                .subgroups
                .subgroups
                .iter()
                .map(|group| row(group, &group.name))
                .collect(),
        }],
        overall: row(&by.subgroups.all, "all patients"),
    }
}

fn of_class(judgement: &Judgement, positive: bool) -> Vec<f64> {
    let of = judgement.scores.iter();
    of.filter(|(label, _)| *label == positive)
        .map(|(_, score)| *score)
        .collect()
}
