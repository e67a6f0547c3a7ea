//! A comparison as tables.

use diagstat::{Improvement, TreatmentDifference, Undefined};

use super::pairs::CAUTION;
use super::{Calls, Comparison, Pair, Reading, Test};
use crate::statistics::layout::Section;

/// All tables of a comparison.
pub fn sections(comparison: &Comparison) -> Vec<Section> {
    let mut all = vec![alone(comparison)];
    all.extend(comparison.pairs.iter().map(pair));
    if let Some(reading) = &comparison.readers {
        all.push(readers(reading));
        all.push(over_readers(reading));
    }
    all
}

fn alone(comparison: &Comparison) -> Section {
    let mut section = Section::new("Tests on the same patients");
    section.text("patients", comparison.patients.to_string());
    section.text("positive", comparison.positives.to_string());
    section.text("negative", comparison.negatives.to_string());
    for test in &comparison.tests {
        let name = &test.name;
        section.measured(format!("{name}: AUC"), &test.auc);
        if let (Some(sensitivity), Some(specificity)) = (&test.sensitivity, &test.specificity) {
            let at = called_at(test);
            section.measured(format!("{name}: sensitivity, {at}"), sensitivity);
            section.measured(format!("{name}: specificity, {at}"), specificity);
        }
        if test.lower_is_worse {
            section.remark(format!("{name}: low values speak for the disorder"));
        }
    }
    if comparison.tests.len() > 2 {
        section.test("all AUCs are equal", &comparison.same_auc);
    }
    section
}

fn called_at(test: &Test) -> String {
    let relation = if test.lower_is_worse {
        "at most"
    } else {
        "at least"
    };
    test.threshold.map_or_else(String::new, |threshold| {
        format!("positive {relation} {threshold}")
    })
}

fn pair(pair: &Pair) -> Section {
    let mut section = Section::new(format!("{} minus {}", pair.first, pair.second));
    section.measured("AUC", &pair.auc_difference);
    section.test("AUC: DeLong", &pair.auc_test);
    section.measured("AUC, bootstrap", &pair.auc_difference_bootstrap);
    match &pair.calls {
        Some(calls) => of_calls(&mut section, calls),
        None => section.remark(
            "calls are not compared: give the measure a threshold with --measure-threshold",
        ),
    }
    match &pair.bland_altman {
        Some(Ok(agreement)) => {
            section.measured("score: mean difference", &agreement.mean_difference);
            section.measured("score: lower limit of agreement", &agreement.lower_limit);
            section.measured("score: upper limit of agreement", &agreement.upper_limit);
            section.measured("score: slope of difference on mean", &agreement.slope);
        }
        Some(Err(reason)) => section.value("score: agreement", &Err(*reason)),
        None => {}
    }
    if let Some(of) = &pair.reclassification {
        let (first, second) = (&pair.first, &pair.second);
        section.remark(format!(
            "NRI and IDI are from {first} to {second}: above 0 where {second} is better"
        ));
        match &of.across_threshold {
            Ok(net) => {
                improved(
                    &mut section,
                    "NRI at the threshold, positive patients",
                    &net.of_positives,
                );
                improved(
                    &mut section,
                    "NRI at the threshold, negative patients",
                    &net.of_negatives,
                );
                improved(&mut section, "NRI at the threshold, sum", &net.total);
            }
            Err(reason) => section.value("NRI at the threshold", &Err(*reason)),
        }
        match &of.any_change {
            Ok(net) => improved(&mut section, "NRI of any change, sum", &net.total),
            Err(reason) => section.value("NRI of any change", &Err(*reason)),
        }
        match &of.discrimination {
            Ok(idi) => improved(&mut section, "IDI", &idi.total),
            Err(reason) => section.value("IDI", &Err(*reason)),
        }
        section.remark(CAUTION);
    }
    section
}

fn improved(section: &mut Section, name: &str, of: &Improvement) {
    section.measured(name, &of.improvement);
}

fn of_calls(section: &mut Section, calls: &Calls) {
    section.measured("sensitivity", &calls.sensitivity_difference);
    section.test("sensitivity: McNemar", &calls.sensitivity_test);
    section.measured("specificity", &calls.specificity_difference);
    section.test("specificity: McNemar", &calls.specificity_test);
    section.measured("accuracy", &calls.accuracy_difference);
    section.test("accuracy: McNemar", &calls.accuracy_test);
    match &calls.kappa {
        Ok(kappa) => section.measured("kappa of the calls", &kappa.kappa),
        Err(reason) => section.value("kappa of the calls", &Err(*reason)),
    }
}

fn mode(aided: Option<bool>) -> &'static str {
    match aided {
        None => "",
        Some(false) => " unaided",
        Some(true) => " aided",
    }
}

fn readers(reading: &Reading) -> Section {
    let mut section = Section::new("Each reader");
    for line in &reading.readers {
        let name = format!("{}{}", line.reader, mode(line.aided));
        if let (Some(sensitivity), Some(specificity)) = (&line.sensitivity, &line.specificity) {
            section.measured(format!("{name}: sensitivity"), sensitivity);
            section.measured(format!("{name}: specificity"), specificity);
        }
        if let Some(auc) = &line.auc {
            section.measured(format!("{name}: AUC"), auc);
        }
        if let Some(difference) = &line.auc_difference {
            section.measured(format!("{name} minus {}: AUC", reading.model), difference);
        }
        if let Some(calls) = &line.against_model {
            let name = format!("{name} minus {}", reading.model);
            section.measured(
                format!("{name}: sensitivity"),
                &calls.sensitivity_difference,
            );
            section.test(
                format!("{name}: sensitivity, McNemar"),
                &calls.sensitivity_test,
            );
            section.measured(
                format!("{name}: specificity"),
                &calls.specificity_difference,
            );
            section.test(
                format!("{name}: specificity, McNemar"),
                &calls.specificity_test,
            );
        }
    }
    for of in &reading.kappas {
        let name = format!("kappa of {} and {}{}", of.first, of.second, mode(of.aided));
        match &of.kappa {
            Ok(kappa) => section.measured(name, &kappa.kappa),
            Err(reason) => section.value(name, &Err(*reason)),
        }
    }
    section
}

fn over_readers(reading: &Reading) -> Section {
    let mut section = Section::new("All readers together");
    for test in &reading.tests {
        difference(
            &mut section,
            &format!("{}, readers like these", test.name),
            &test.random_readers,
        );
        difference(
            &mut section,
            &format!("{}, these readers", test.name),
            &test.fixed_readers,
        );
    }
    section.remark(
        "readers like these: Obuchowski and Rockette with Hillis's degrees of freedom, the readers a sample; these readers: the readers fixed, no statement on others",
    );
    section
}

fn difference(section: &mut Section, name: &str, of: &Result<TreatmentDifference, Undefined>) {
    match of {
        Ok(of) => {
            section.measured(name, &of.difference);
            section.test(format!("{name}: test"), &of.test);
        }
        Err(reason) => section.value(name, &Err(*reason)),
    }
}
