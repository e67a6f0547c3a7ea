//! Methods and results as paragraphs in plain words, with the numbers in.
//!
//! In: settings, facts and figures of a run. Out: the report's [`Words`], which an article can start from. A sentence is there
//! only where the run knows what it says; what the investigators must state reads NOT STATED.

use diagstat::{CalibrationRegression, Measured};

use super::methods::{self, inside, said};
use super::{Judged, RunFacts};
use crate::cohort::Counts;
use crate::config::TrainConfig;
use crate::environment::Environment;
use crate::report::{Report, Words};
use crate::split::Part;
use crate::statistics::layout::{p_value, three};

/// All that the paragraphs are made from.
pub(super) struct Known<'a> {
    pub config: &'a TrainConfig,
    pub facts: &'a RunFacts,
    pub judged: &'a Judged,
    pub environment: &'a Environment,
    pub report: &'a Report,
}

pub(super) fn words(known: &Known<'_>) -> Words {
    Words {
        methods: vec![
            patients(known),
            methods::preparation(known.config),
            methods::network(
                known.config,
                known.facts.parameters[0],
                &known.facts.initial_weights,
                "1 units, sigmoid",
            ),
            training(known),
            statistics(known),
        ],
        results: results(known),
    }
}

fn patients(known: &Known<'_>) -> String {
    let (facts, study) = (known.facts, &known.config.study);
    let [negative, positive] = &facts.classes;
    let stated = |key: &str| methods::stated(study, key);
    let drawn = match facts.synthetic {
        Some(_) => {
            "All radiographs were drawn by a program; no result is evidence about patients. "
        }
        None => "",
    };
    let mut text = format!(
        "{drawn}The cohort held {} patients ({} {positive}, {} {negative}) with {} lateral cervical radiographs. Design: {}. Setting: {}. \
         Dates: {}. Reference standard: {}; assessed by: {}. ",
        facts.found.patients(),
        facts.found.positive_patients,
        facts.found.negative_patients,
        facts.found.pictures,
        stated("design"),
        stated("setting"),
        stated("dates"),
        stated("reference_standard"),
        stated("assessor"),
    );
    text += &match facts.excluded.len() {
        0 => "No radiograph was left out by the program. ".to_string(),
        1 => "One radiograph that could not be used was left out. ".to_string(),
        n => format!("{n} radiographs that could not be used were left out. "),
    };
    let part = |part: Part| {
        let found = facts.parts.iter().find(|counts| counts.part == part);
        found
            .map(|counts| counts.counts)
            .filter(|counts| counts.pictures > 0)
    };
    let said = |counts: Counts| {
        format!(
            "{} ({} {positive}, {} {negative})",
            counts.patients(),
            counts.positive_patients,
            counts.negative_patients
        )
    };
    let parts: Vec<String> = [
        (Part::Train, "for training"),
        (Part::Validation, "for validation"),
        (Part::Test, "for internal testing"),
    ]
    .into_iter()
    .filter_map(|(name, purpose)| Some(format!("{} {purpose}", said(part(name)?))))
    .collect();
    text += &format!(
        "The patients' parts were {}: {}. All radiographs of a patient were in one part.",
        facts.split_origin,
        parts.join(", "),
    );
    text
}

fn training(known: &Known<'_>) -> String {
    let facts = known.facts;
    let text = methods::training(
        known.config,
        "binary cross-entropy",
        facts.epochs,
        facts.chosen_epoch,
    );
    let threshold = &known.judged.judgement.evaluation.threshold;
    let value = three(threshold.value);
    format!("{text} The threshold {value} was {}.", threshold.origin)
}

fn statistics(known: &Known<'_>) -> String {
    let bootstrap = &known.judged.judgement.bootstrap;
    let mut text = format!(
        "The unit of analysis is the patient; the score of a patient with several radiographs is the {}. Every patient of the test part got a score, so that \
         no result is indeterminate. The area under the ROC curve (AUC) has DeLong's 95 % interval on the logit, proportions have Clopper-Pearson's, the band of the ROC curve is by bootstrap \
         ({} samples, seed {}). Calibration is told by the logistic calibration intercept and slope and the Brier score, clinical use by net benefit. P values are two-sided.",
        known.facts.pool.described(),
        bootstrap.replicates,
        bootstrap.seed,
    );
    if known.report.heatmaps.is_some() {
        text += " Heatmaps are class activation maps of the last convolution.";
    }
    if known.report.robustness.is_some() {
        text += " The test patients were scored again with pictures under noise, blur, other exposure, crop and fewer grey levels.";
    }
    let carried = &known.facts.carried;
    if let Some(by) = &carried.calibration {
        text += &format!(
            " Scores were mapped to probabilities by {}.",
            by.described()
        );
    }
    if let Some(sets) = &carried.sets {
        text += &format!(
            " Conformal sets of classes were fitted on the validation patients, each class on its own, to hold the right class in {} % of new patients.",
            100.0 * sets.coverage()
        );
    }
    if known.report.subgroups.is_some() {
        text += " Subgroups are those of the cohort's columns, numbers cut at the median of the training patients; differences of their AUCs were tested by \
                 Cochran's Q, without a correction for their number.";
    }
    text += &format!(
        " Software: cordsight {} ({}), {}.",
        known.environment.cordsight, known.environment.framework, known.environment.platform
    );
    text
}

fn results(known: &Known<'_>) -> Vec<String> {
    let judgement = &known.judged.judgement;
    let evaluation = &judgement.evaluation;
    let at = &evaluation.at_threshold;
    let [negative, positive] = &known.facts.classes;
    let counts = at.counts;
    let mut first = format!(
        "In internal testing on {} patients ({} {positive}, {} {negative}) the AUC was {}. At the threshold {}, {} of {} {positive} patients were found (sensitivity {}) and {} of {} \
         {negative} patients were called so (specificity {}); {} were missed and {} called {positive} wrongly. The positive predictive value was {} and the negative {}, at \
         this test part's share of {positive} patients.",
        evaluation.patients,
        evaluation.positives,
        evaluation.negatives,
        said(&evaluation.auc),
        three(evaluation.threshold.value),
        counts.true_positives,
        counts.true_positives + counts.false_negatives,
        inside(&at.sensitivity),
        counts.true_negatives,
        counts.true_negatives + counts.false_positives,
        inside(&at.specificity),
        counts.false_negatives,
        counts.false_positives,
        said(&at.ppv),
        said(&at.npv),
    );
    if let Some(best) = known.facts.synthetic.as_ref().and_then(|s| s.ceiling_auc) {
        first += &format!(
            " No reader of these synthetic radiographs can be expected to exceed an AUC of {}.",
            three(best)
        );
    }
    let line =
        |figure: fn(&CalibrationRegression) -> Measured| match &judgement.calibration.regression {
            Ok(regression) => said(&figure(regression)),
            Err(reason) => format!("not given ({reason})"),
        };
    let mut second = format!(
        "The calibration intercept was {}, the slope {} and the Brier score {}.",
        line(|regression| regression.intercept),
        line(|regression| regression.slope),
        said(&judgement.calibration.brier),
    );
    let further = known.judged.further.as_ref();
    if let Some(sets) = further.and_then(|further| further.sets.as_ref()) {
        second += &format!(
            " The sets, asked to hold the right class in {} %, did so in {}.",
            100.0 * sets.limits.coverage(),
            said(&sets.judged.coverage),
        );
    }
    if let Some(beside) = &known.judged.beside {
        let p = match beside.p_value {
            Ok(p) => p_value(p),
            Err(reason) => format!("no P value: {reason}"),
        };
        second += &format!(
            " A logistic regression on {} measurements reached an AUC of {} on the same patients; the network's less that was {} ({p}).",
            beside.measures.len(),
            said(&beside.auc),
            said(&beside.network_minus_baseline),
        );
    }
    if let Some(robustness) = &known.report.robustness {
        let worst = robustness
            .rows
            .iter()
            .filter_map(|row| Some((row, row.auc.value()?)));
        let worst = worst.min_by(|a, b| {
            let number = |text: &str| text.parse::<f64>().unwrap_or(f64::INFINITY);
            number(a.1).total_cmp(&number(b.1))
        });
        if let Some((row, auc)) = worst {
            second += &format!(
                " Of {} changes of the pictures the AUC was lowest, {auc}, under {} ({}).",
                robustness.rows.len(),
                row.change.to_lowercase(),
                row.strength,
            );
        }
    }
    vec![first, second]
}
