//! From a run's `robustness.csv` to the report's section: AUC with interval under each change, and its paired difference.
//!
//! In: scores under each change, the unchanged scores, the threshold. Out: the report's [`Robustness`].

use diagstat::{
    AreaDifference, Confusion, Measured, Paired, Scores, Undefined, auc_with_interval,
    delong_paired,
};

use super::tables::estimate;
use super::{ResultsError, RunFacts};
use crate::evaluate::{AUC, EvaluateError, LEVEL, scores};
use crate::figure::{Forest, ForestGroup, ForestRow};
use crate::pool::Pool;
use crate::predictions::{PatientScore, Prediction, by_patient};
use crate::report::{Estimate, Robustness, RobustnessRow};
use crate::robustness::{CHANGES, Change, FILE, read};
use crate::run_folder::RunFolder;
use crate::statistics::layout;

/// Scores of the patients under one change.
struct Judged {
    patients: Vec<PatientScore>,
    scores: Scores,
}

/// The section; nothing where the run has no such scores.
pub(super) fn section(
    run: &RunFolder,
    facts: &RunFacts,
    test: &[Prediction],
    threshold: f64,
) -> Result<Option<Robustness>, ResultsError> {
    let Ok(text) = std::fs::read(run.file(FILE)) else {
        return Ok(None);
    };
    let rows = read(&text)?;
    let unchanged = judged(test, facts.pool)?;
    let mut groups: Vec<ForestGroup> = Vec::new();
    let mut list = Vec::new();
    for change in CHANGES {
        let predictions: Vec<Prediction> = rows
            .iter()
            .filter(|row| (row.change, row.strength) == (change.kind, change.strength))
            .map(|row| Prediction {
                patient: row.patient.clone(),
                image: row.image.clone(),
                label: row.label,
                score: row.score,
                view: None,
            })
            .collect();
        if predictions.is_empty() {
            continue;
        }
        let changed = judged(&predictions, facts.pool)?;
        let auc = auc_with_interval(&changed.scores, AUC, LEVEL);
        let name = change.kind.name();
        if groups.last().is_none_or(|group| group.name != name) {
            groups.push(ForestGroup {
                name: name.to_string(),
                ..ForestGroup::default()
            });
        }
        if let Some(group) = groups.last_mut() {
            group.rows.push(forest_row(short(change), &auc));
        }
        list.push(RobustnessRow {
            strength: change.to_string(),
            difference: Some(difference(&changed.scores, &unchanged.scores)),
            ..row(name, &auc, &changed, &unchanged, threshold)?
        });
    }
    let auc = auc_with_interval(&unchanged.scores, AUC, LEVEL);
    Ok(Some(Robustness {
        how: format!(
            "The {} test patients were scored again with pictures that were made worse on purpose, as the network sees them: after preparation, \
             in its square. Threshold and weights are those of the run; {} stays the class that is called. Differences are by DeLong's paired method. \
             Such changes are no model of another hospital's devices: they show where a score begins to break.",
            unchanged.patients.len(),
            facts.classes[1],
        ),
        unchanged: row("Unchanged", &auc, &unchanged, &unchanged, threshold)?,
        rows: list,
        forest: Forest {
            measure: "AUC".to_string(),
            groups,
            overall: forest_row("Unchanged".to_string(), &auc),
        },
    }))
}

fn judged(predictions: &[Prediction], pool: Pool) -> Result<Judged, ResultsError> {
    let patients = by_patient(predictions, pool);
    let scores = scores(&patients).map_err(EvaluateError::from)?;
    Ok(Judged { patients, scores })
}

fn row(
    name: &str,
    auc: &Measured,
    changed: &Judged,
    unchanged: &Judged,
    threshold: f64,
) -> Result<RobustnessRow, ResultsError> {
    let counts = Confusion::at(&changed.scores, threshold).map_err(EvaluateError::from)?;
    let rate = |rate: Result<diagstat::Proportion, Undefined>| match rate {
        Ok(rate) => format!("{:.1} %", 100.0 * rate.value()),
        Err(reason) => reason.to_string(),
    };
    let call = |patient: &PatientScore| patient.score >= threshold;
    let pairs = changed.patients.iter().zip(&unchanged.patients);
    Ok(RobustnessRow {
        change: name.to_string(),
        strength: String::new(),
        auc: estimate(auc),
        difference: None,
        sensitivity: rate(counts.sensitivity()),
        specificity: rate(counts.specificity()),
        changed_calls: pairs.filter(|(a, b)| call(a) != call(b)).count(),
    })
}

fn difference(changed: &Scores, unchanged: &Scores) -> Estimate {
    let compared = || -> Result<AreaDifference, Undefined> {
        let paired = Paired::new(vec![changed.clone(), unchanged.clone()])
            .map_err(|_| Undefined::AllTied)?;
        let areas = delong_paired(&paired)?;
        let first = areas.differences(LEVEL).into_iter().next();
        first.ok_or(Undefined::AllTied)
    };
    match compared() {
        Ok(AreaDifference { difference, .. })
            if difference.reason() == Some(Undefined::SameRanking) =>
        {
            Estimate::without_interval("0.000", "every patient ranks as before")
        }
        Ok(difference) => estimate(&difference.difference),
        Err(reason) => estimate(&Measured::undefined(reason)),
    }
}

fn forest_row(name: String, auc: &Measured) -> ForestRow {
    ForestRow {
        name,
        patients: 0,
        estimate: auc.value(),
        interval: auc.interval().map(|interval| (interval.low, interval.high)),
        text: layout::short(auc),
    }
}

/// Short enough for the plot's first column.
fn short(change: Change) -> String {
    use crate::robustness::Kind;
    let strength = change.strength;
    match change.kind {
        Kind::Noise => format!("SD {:.0} %", 100.0 * strength),
        Kind::Blur => format!("SD {strength} pixels"),
        Kind::Exposure => format!("gamma {strength}"),
        Kind::Crop => format!("{:.0} % a side", 100.0 * strength),
        Kind::GreyLevels => format!("{:.0} bit", strength.log2()),
    }
}
