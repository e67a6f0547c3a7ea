//! The figures of a run's report, and in words what a figure cannot show.
//!
//! In: a judgement, the history of training, and facts. Out: inputs of the figure module. Nothing is computed here.

use std::path::Path;

use diagstat::{BandPoint, Measured, Undefined};

use super::tables::short;
use super::{ResultsError, RunFacts};
use crate::cohort::plain_reason;
use crate::figure;
use crate::report::Figures;
use crate::statistics::judgement::{Judgement, figures as judged};
use crate::train::log::Epoch;

/// Every figure for which the scores give anything to draw.
pub(super) fn figures(judgement: &Judgement, history: &[Epoch], facts: &RunFacts) -> Figures {
    let [negative, positive] = facts.classes.clone();
    Figures {
        roc: judgement.roc.curve.is_ok().then(|| roc(judgement, facts)),
        confusion: Some(figure::Confusion {
            positive: positive.clone(),
            negative: negative.clone(),
            ..judged::confusion(judgement)
        }),
        scores: Some(figure::Scores {
            positive,
            negative,
            ..judged::scores(judgement)
        }),
        learning: Some(learning(history, facts)),
        precision_recall: judgement
            .precision_recall
            .is_ok()
            .then(|| precision_recall(judgement)),
        calibration: judgement
            .calibration
            .reliability
            .is_ok()
            .then(|| judged::calibration(judgement)),
        decision: judgement
            .decision_curve
            .is_ok()
            .then(|| judged::decision(judgement)),
    }
}

fn roc(judgement: &Judgement, facts: &RunFacts) -> figure::Roc {
    let mut roc = judged::roc(judgement);
    roc.auc = without_method(&judgement.evaluation.auc);
    if let Some(point) = &mut roc.operating {
        point.threshold = short(judgement.evaluation.threshold.value);
    }
    roc.best_possible_auc = ceiling(facts).map(|auc| format!("{auc:.3}"));
    roc
}

fn precision_recall(judgement: &Judgement) -> figure::PrecisionRecall {
    let mut curve = judged::precision_recall(judgement);
    curve.average_precision = without_method(&judgement.average_precision);
    if let Some(point) = &mut curve.operating {
        point.threshold = short(judgement.evaluation.threshold.value);
    }
    curve
}

fn learning(history: &[Epoch], facts: &RunFacts) -> figure::Learning {
    figure::Learning {
        epochs: history
            .iter()
            .map(|epoch| figure::Epoch {
                number: epoch.epoch,
                training_loss: Some(epoch.train_loss),
                validation_loss: epoch.validation_loss,
                training_auc: epoch.train_auc,
                validation_auc: epoch.validation_auc,
            })
            .collect(),
        best_epoch: facts.chosen_epoch,
    }
}

/// Short enough for a figure beside the curve; the page's table names the method.
fn without_method(measured: &Measured) -> String {
    match (measured.value(), measured.interval()) {
        (Some(value), Some(interval)) => format!(
            "{value:.3} (95 % CI {:.3} to {:.3})",
            interval.low, interval.high
        ),
        _ => measured.to_string(),
    }
}

/// How the band of the ROC curve was drawn, or why there is none; nothing where there is no curve.
pub(super) fn band(judgement: &Judgement) -> String {
    let (Ok(_), Ok(points)) = (&judgement.roc.curve, &judgement.roc.band) else {
        return String::new();
    };
    let drawn = |point: &BandPoint| point.sensitivity.interval().is_some();
    let reason = points.iter().find_map(|point| point.sensitivity.reason());
    match (points.iter().any(drawn), reason) {
        (false, Some(reason)) => format!("No band: {reason}."),
        _ => format!(
            "The band holds 95 % of bootstrap curves at each specificity ({} samples of the test patients, seed {}).",
            judgement.bootstrap.replicates, judgement.bootstrap.seed
        ),
    }
}

/// Figures that the scores do not give, each with its reason, as sentences.
pub(super) fn not_drawn(judgement: &Judgement) -> Vec<String> {
    let reasons: [(&str, Option<Undefined>); 4] = [
        ("ROC curve", judgement.roc.curve.as_ref().err().copied()),
        (
            "precision-recall curve",
            judgement.precision_recall.as_ref().err().copied(),
        ),
        (
            "calibration",
            judgement.calibration.reliability.as_ref().err().copied(),
        ),
        (
            "decision curve",
            judgement.decision_curve.as_ref().err().copied(),
        ),
    ];
    let said = reasons.into_iter().filter_map(|(name, reason)| {
        let reason = reason?;
        Some(format!("No {name}: {reason}."))
    });
    said.collect()
}

/// The area that no reader of a synthetic cohort can exceed on average.
pub(super) fn ceiling(facts: &RunFacts) -> Option<f64> {
    let synthetic = facts.synthetic.as_ref()?;
    synthetic.ceiling_auc
}

/// One epoch a line.
pub(crate) fn read_history(path: &Path) -> Result<Vec<Epoch>, ResultsError> {
    let wrong = |problem: String| ResultsError::File {
        path: path.display().to_string(),
        problem,
    };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(plain_reason(&error)))?;
    text.lines()
        .enumerate()
        .map(|(at, line)| {
            serde_json::from_str(line).map_err(|error| wrong(format!("line {}: {error}", at + 1)))
        })
        .collect()
}
