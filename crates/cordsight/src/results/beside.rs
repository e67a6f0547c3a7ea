//! From a run's `measures.csv` to what stands beside the network in its report.
//!
//! In: the run folder, judgement and predictions. Out: the regression on measurements, as figures and in words.

use base64::Engine;

use super::tables::estimate;
use super::{ResultsError, RunFacts};
use crate::baseline::{Beside, Measures, beside};
use crate::figure::{NamedCurve, RocComparison};
use crate::pool::Pool;
use crate::predictions::{Prediction, by_patient};
use crate::report;
use crate::run_folder::RunFolder;
use crate::statistics::judgement::Judgement;

/// What is measured of each patient, within the run.
pub(super) const MEASURES: &str = "measures.csv";
/// The contact sheet of a drawn cohort, within the run.
pub(super) const GALLERY: &str = "figures/gallery.png";

/// Fits the measures that the run has on its training patients and judges them on its test patients.
pub(super) fn judge(
    run: &RunFolder,
    train: &[Prediction],
    test: &[Prediction],
    pool: Pool,
) -> Result<Option<Beside>, ResultsError> {
    let file = run.file(MEASURES);
    if !file.is_file() {
        return Ok(None);
    }
    let measures = Measures::read(&file)?;
    Ok(Some(beside(
        &measures,
        &by_patient(train, pool),
        &by_patient(test, pool),
    )?))
}

/// For the report.
pub(super) fn section(judged: &Beside, judgement: &Judgement, facts: &RunFacts) -> report::Beside {
    let drawn = facts.synthetic.is_some();
    let mut readers = vec![
        ("Network".to_string(), judgement.evaluation.auc),
        ("Measurements".to_string(), judged.auc),
    ];
    readers.extend(
        judged
            .best_possible_auc
            .map(|best| ("Best possible reader".to_string(), best)),
    );
    let network = judgement.roc.curve.as_ref().ok();
    let curves = network.into_iter().chain(&judged.curves);
    let named = readers.iter().filter(|(_, auc)| auc.value().is_some());
    let curves = curves.zip(named).map(|(curve, (name, auc))| NamedCurve {
        name: name.clone(),
        points: curve
            .points
            .iter()
            .map(|p| (1.0 - p.specificity, p.sensitivity))
            .collect(),
        auc: auc
            .value()
            .map_or_else(String::new, |auc| format!("{auc:.3}")),
    });
    report::Beside {
        measures: sentence(judged, drawn),
        curves: RocComparison {
            curves: curves.collect(),
        },
        readers: readers
            .iter()
            .map(|(name, auc)| (name.clone(), estimate(auc)))
            .collect(),
        difference: estimate(&judged.network_minus_baseline),
        p_value: p_value(judged),
    }
}

/// P as readers expect it, or why there is none.
fn p_value(judged: &Beside) -> String {
    match judged.p_value {
        Ok(p) if p < 0.001 => "< 0.001".to_string(),
        Ok(p) => format!("{p:.3}"),
        Err(reason) => format!("not given: {reason}"),
    }
}

fn sentence(judged: &Beside, drawn: bool) -> String {
    let known = match drawn {
        true => {
            " They were taken from the drawing itself, without any error of reading: a person with a ruler would do worse. \
             The best possible reader knows all that the pictures can show, and is wrong only where the label depends on what they cannot."
        }
        false => "",
    };
    format!(
        "A logistic regression (ridge penalty 1, not tuned) on {} was fitted on the {} training patients and tested on the \
         same test patients as the network. A network that does no better has found nothing that a ruler would not.{known}",
        judged.measures.join(", "),
        judged.training_patients
    )
}

/// The contact sheet, where the run has one.
pub(super) fn gallery(run: &RunFolder, facts: &RunFacts) -> Option<report::Gallery> {
    let png = std::fs::read(run.file(GALLERY)).ok()?;
    let [negative, positive] = &facts.classes;
    Some(report::Gallery {
        png: base64::engine::general_purpose::STANDARD.encode(png),
        caption: format!(
            "Synthetic radiographs of this cohort: {positive} in the upper two rows, {negative} in the lower two."
        ),
    })
}
