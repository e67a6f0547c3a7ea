//! A judgement as tables.

use diagstat::Measured;

use super::{Calibration, Judgement, NamedPoint};
use crate::statistics::layout::{Section, short};

/// All tables of a judgement, in the order in which a paper reports them.
pub fn sections(judgement: &Judgement) -> Vec<Section> {
    let mut all = vec![
        discrimination(judgement),
        calls(judgement),
        averages(judgement),
        calibration_section(&judgement.calibration),
        decision(judgement),
        chosen(&judgement.chosen_on_these_patients),
    ];
    all.extend(judgement.subgroups.iter().map(subgroups));
    all
}

fn discrimination(judgement: &Judgement) -> Section {
    let mut section = Section::new("Discrimination");
    let of = &judgement.evaluation;
    section.text("patients", of.patients.to_string());
    section.text("positive", of.positives.to_string());
    section.text("negative", of.negatives.to_string());
    section.measured("AUC", &of.auc);
    section.measured(
        "partial AUC, specificity 0.8 to 1 (McClish)",
        &judgement.partial_auc_specificity_above_80,
    );
    section.measured("average precision", &judgement.average_precision);
    if let Ok(curve) = &judgement.precision_recall {
        section.value(
            "average precision of chance (prevalence)",
            &Ok(curve.baseline),
        );
    }
    section
}

fn calls(judgement: &Judgement) -> Section {
    let threshold = &judgement.evaluation.threshold;
    let mut section = Section::new(format!(
        "Calls at the threshold {} ({})",
        threshold.value, threshold.origin
    ));
    let of = &judgement.evaluation.at_threshold;
    let counts = of.counts;
    section.text("true positive", counts.true_positives.to_string());
    section.text("false negative", counts.false_negatives.to_string());
    section.text("false positive", counts.false_positives.to_string());
    section.text("true negative", counts.true_negatives.to_string());
    let rows: [(&str, &Measured); 13] = [
        ("accuracy", &of.accuracy),
        ("balanced accuracy", &of.balanced_accuracy),
        ("sensitivity", &of.sensitivity),
        ("specificity", &of.specificity),
        ("PPV", &of.ppv),
        ("NPV", &of.npv),
        ("positive likelihood ratio", &of.positive_likelihood_ratio),
        ("negative likelihood ratio", &of.negative_likelihood_ratio),
        ("diagnostic odds ratio", &of.diagnostic_odds_ratio),
        ("Youden index", &of.youden_index),
        ("F1", &of.f1),
        ("MCC", &of.mcc),
        ("kappa", &of.kappa),
    ];
    for (name, measured) in rows {
        section.measured(name, measured);
    }
    if let Some(at) = &judgement.at_prevalence {
        let prevalence = at.prevalence.get();
        section.measured(format!("PPV at a prevalence of {prevalence}"), &at.ppv);
        section.measured(format!("NPV at a prevalence of {prevalence}"), &at.npv);
    }
    section.remark("PPV, NPV and F1 hold at the prevalence of these patients only");
    section
}

fn averages(judgement: &Judgement) -> Section {
    let mut section = Section::new("Per class and averaged");
    let report = &judgement.evaluation.at_threshold.class_report;
    let classes = [
        ("positive class", &report.positive),
        ("negative class", &report.negative),
        ("macro average", &report.averages.macro_average),
        ("weighted average", &report.averages.weighted_average),
    ];
    for (name, figures) in classes {
        section.measured(format!("precision, {name}"), &figures.precision);
        section.measured(format!("recall, {name}"), &figures.recall);
        section.measured(format!("F1, {name}"), &figures.f1);
    }
    section.measured(
        "precision, recall and F1, micro average",
        &report.averages.micro_average,
    );
    section.measured(
        "AUC of the calls",
        &judgement.evaluation.paper_style.auc_of_calls,
    );
    section.remark(
        "say which of these a paper's \"recall\" or \"precision\" is; the AUC of the calls is not that of the scores",
    );
    section
}

/// Calibration as a table.
pub fn calibration_section(of: &Calibration) -> Section {
    let mut section = Section::new("Calibration");
    section.measured("mean score minus prevalence", &of.in_the_large);
    match &of.regression {
        Ok(line) => {
            section.measured("intercept (0 is best)", &line.intercept);
            section.measured("slope (1 is best)", &line.slope);
            section.test("intercept 0 and slope 1", &line.diagonal_test);
        }
        Err(reason) => section.value("intercept and slope", &Err(*reason)),
    }
    section.measured("Brier score", &of.brier);
    section.measured("scaled Brier score", &of.scaled_brier);
    match &of.brier_parts {
        Ok(parts) => {
            section.value("Brier: reliability", &Ok(parts.reliability));
            section.value("Brier: resolution", &Ok(parts.resolution));
            section.value("Brier: uncertainty", &Ok(parts.uncertainty));
        }
        Err(reason) => section.value("Brier: parts", &Err(*reason)),
    }
    section.measured(
        "expected calibration error, 10 bins",
        &of.expected_calibration_error,
    );
    section.measured(
        "maximum calibration error, 10 bins",
        &of.maximum_calibration_error,
    );
    let hosmer_lemeshow = of.hosmer_lemeshow.as_ref().map(|found| found.test);
    section.test(
        "Hosmer-Lemeshow",
        &hosmer_lemeshow.map_err(|reason| *reason),
    );
    section.test("Spiegelhalter", &of.spiegelhalter);
    section.remark(
        "both calibration errors depend on the bins and are above 0 by chance alone; a test that finds nothing in few patients shows nothing",
    );
    section
}

fn decision(judgement: &Judgement) -> Section {
    let title = match &judgement.decision_curve {
        Ok(curve) if curve.prevalence_stated => {
            format!("Net benefit at a prevalence of {}", curve.prevalence)
        }
        _ => "Net benefit at the prevalence of these patients".to_string(),
    };
    let mut section = Section::new(title);
    match &judgement.decision_curve {
        Ok(curve) => {
            let shown = [0.1, 0.2, 0.3, 0.5];
            let points = curve
                .points
                .iter()
                .filter(|point| shown.contains(&point.threshold));
            for point in points {
                let threshold = point.threshold;
                section.measured(format!("model, threshold {threshold}"), &point.net_benefit);
                section.value(
                    format!("treat all, threshold {threshold}"),
                    &Ok(point.treat_all),
                );
            }
        }
        Err(reason) => section.value("decision curve", &Err(*reason)),
    }
    section.remark("treating nobody has a net benefit of 0; scores must be calibrated");
    section
}

fn chosen(points: &[NamedPoint]) -> Section {
    let mut section = Section::new("Thresholds chosen on these patients");
    for named in points {
        match &named.point {
            Ok(point) => {
                let rule = named.rule;
                section.value(format!("{rule}: threshold"), &Ok(point.threshold));
                section.measured(format!("{rule}: sensitivity"), &point.sensitivity);
                section.measured(format!("{rule}: specificity"), &point.specificity);
            }
            Err(reason) => section.value(named.rule, &Err(*reason)),
        }
    }
    section.remark(
        "chosen on the patients that they are judged by, so sensitivity and specificity are too good; use other patients to choose",
    );
    section
}

fn subgroups(of: &super::BySubgroup) -> Section {
    let mut section = Section::new(format!("Subgroups by {}", of.column));
    for group in &of.subgroups.subgroups {
        let patients = format!("{} positive, {} negative", group.positives, group.negatives);
        section.text(group.name.clone(), patients);
        section.measured(format!("{}: AUC", group.name), &group.auc);
        section.measured(format!("{}: sensitivity", group.name), &group.sensitivity);
        section.measured(format!("{}: specificity", group.name), &group.specificity);
    }
    section.test("same AUC in all", &of.subgroups.auc_heterogeneity);
    section.test(
        "same sensitivity in all",
        &of.subgroups.sensitivity_heterogeneity,
    );
    section.test(
        "same specificity in all",
        &of.subgroups.specificity_heterogeneity,
    );
    section.test(
        "same calibration slope in all",
        &of.subgroups.slope_interaction,
    );
    section.remark(format!(
        "all patients: AUC {}; small subgroups differ by chance, read the tests",
        short(&of.subgroups.all.auc)
    ));
    section
}
