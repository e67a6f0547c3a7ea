//! What this many test patients can show, and how many more would be needed.
//!
//! In: an evaluation. Out: the report's [`SampleSize`]: events, the width that each interval reached, and the patients that a study needs for intervals of
//! chosen widths, if the truth is what was found and classes keep their shares.
//!
//! Source: [`diagstat::plan`]; the AUC by the binormal model, as `cordsight plan auc --width` computes it.

use diagstat::plan::{AreaModel, PlanError, Ratio, area_width_size, proportion_width_size};
use diagstat::{ClassSizes, Measured};

use super::RunFacts;
use crate::evaluate::{AUC, Evaluation, LEVEL, PROPORTION};
use crate::report::{SampleSize, SampleSizeRow};
use crate::split::Part;

/// Widths for which patients are planned.
const WIDTHS: [f64; 4] = [0.2, 0.15, 0.1, 0.05];

pub(super) fn section(facts: &RunFacts, evaluation: &Evaluation) -> SampleSize {
    let (positives, negatives) = (evaluation.positives, evaluation.negatives);
    let at = &evaluation.at_threshold;
    let ratio = Ratio::new(negatives as f64 / positives as f64);
    let training = facts.parts.iter().find(|part| part.part == Part::Train);
    let of = |sizes: Result<ClassSizes, PlanError>| match sizes {
        Ok(sizes) => format!("{} + {}", sizes.positives, sizes.negatives),
        Err(error) => error.to_string(),
    };
    let auc = |width: f64| match (evaluation.auc.value(), ratio) {
        (Some(auc), Ok(ratio)) => of(area_width_size(
            auc,
            width,
            ratio,
            AreaModel::Binormal,
            AUC,
            LEVEL,
        )),
        (None, _) => "the AUC is not known".to_string(),
        (_, Err(error)) => error.to_string(),
    };
    let rate = |measured: &Measured, width: f64| match measured.value() {
        None => "the rate is not known".to_string(),
        Some(rate) => proportion_width_size(rate, width, PROPORTION, LEVEL)
            .map_or_else(|error| error.to_string(), |patients| patients.to_string()),
    };
    let row =
        |name: &str, patients: String, measured: &Measured, needed: &dyn Fn(f64) -> String| {
            SampleSizeRow {
                name: name.to_string(),
                patients,
                width: reached(measured),
                needed: WIDTHS.map(needed).to_vec(),
            }
        };
    let [negative, positive] = &facts.classes;
    SampleSize {
        events: format!(
            "The test part has {positives} {positive} (events) and {negatives} {negative} patients{}. The widths are those of 95 % intervals; the numbers \
             of patients hold if the true value is the one found here and, for the AUC, if both classes come in the same ratio (binormal scores of equal \
             spread, DeLong's interval on the logit; Clopper-Pearson for rates).",
            training.map_or_else(String::new, |part| format!(
                "; the network was trained on {} and {}",
                part.counts.positive_patients, part.counts.negative_patients
            ))
        ),
        widths: WIDTHS.iter().map(|width| format!("{width:.2}")).collect(),
        rows: vec![
            row(
                "AUC",
                format!("{positives} + {negatives}"),
                &evaluation.auc,
                &auc,
            ),
            row(
                "Sensitivity",
                positives.to_string(),
                &at.sensitivity,
                &|width| rate(&at.sensitivity, width),
            ),
            row(
                "Specificity",
                negatives.to_string(),
                &at.specificity,
                &|width| rate(&at.specificity, width),
            ),
        ],
    }
}

fn reached(measured: &Measured) -> String {
    match measured.interval() {
        Some(interval) => format!("{:.3}", interval.high - interval.low),
        None => measured
            .reason()
            .map_or_else(|| "–".to_string(), |reason| reason.to_string()),
    }
}
