//! Fills the report's page from a run's facts: the only place where figures become words.
//!
//! In: judgement, predictions, figures and facts. Out: [`Report`], plain data.

use super::RunFacts;
use super::figures::{band, ceiling, not_drawn};
use super::sample_size;
use super::tables::{
    commands, estimate, files, machine, metrics, network, percent, settings, short,
};
use crate::config::{ThresholdRule, TrainConfig};
use crate::environment::Environment;
use crate::evaluate::Evaluation;
use crate::figure;
use crate::predictions::{PatientScore, Prediction, by_patient};
use crate::report::{
    Caution, Classes, Estimate, Fact, Figures, Headline, Misclassified, PaperStyle, Report, Split,
    Words,
};
use crate::run_folder::RunFolder;
use crate::split::Part;
use crate::statistics::judgement::Judgement;

/// Test parts below this many patients carry a caution.
const SMALL_TEST_SET: usize = 100;
/// Classes below this many test patients carry a caution.
const FEW_CASES: usize = 20;

pub(super) fn report(
    run: &RunFolder,
    config: &TrainConfig,
    facts: &RunFacts,
    judgement: &Judgement,
    test: &[Prediction],
    figures: Figures,
    environment: Environment,
) -> Report {
    let [negative, positive] = facts.classes.clone();
    let evaluation = &judgement.evaluation;
    let counts = &evaluation.at_threshold;
    Report {
        title: match (config.study.stated("title"), positive.as_str()) {
            (Some(title), _) => title.to_string(),
            (None, "positive") => {
                "One radiograph a case: training and internal testing".to_string()
            }
            (None, class) => {
                format!("Detecting {class} on one radiograph: training and internal testing")
            }
        },
        subtitle: format!(
            "{} at width {}, cohort {}",
            config.network, config.width, facts.cohort
        ),
        classes: Classes { positive, negative },
        headline: Headline {
            auc: estimate(&evaluation.auc),
            sensitivity: estimate(&counts.sensitivity),
            specificity: estimate(&counts.specificity),
            threshold: short(evaluation.threshold.value),
            threshold_origin: evaluation.threshold.origin.clone(),
            positives: evaluation.positives as u64,
            negatives: evaluation.negatives as u64,
            interval_methods:
                "95 % intervals: DeLong (on the logit) for the AUC, Clopper-Pearson (exact) for proportions."
                    .to_string(),
        },
        cautions: cautions(config, facts, evaluation),
        figures,
        roc_band: band(judgement),
        not_drawn: not_drawn(judgement),
        flow: flow(facts),
        metrics: metrics(judgement),
        paper_style: PaperStyle {
            training_accuracy: evaluation
                .paper_style
                .training_accuracy
                .as_ref()
                .map_or_else(
                    || Estimate::undefined("training scores are not known"),
                    percent,
                ),
            accuracy: percent(&evaluation.paper_style.accuracy),
            macro_recall: percent(&evaluation.paper_style.macro_recall),
            macro_precision: percent(&evaluation.paper_style.macro_precision),
            label_auc: estimate(&evaluation.paper_style.auc_of_calls),
        },
        split: split(config, facts),
        beside: None,
        gallery: None,
        study: config.study.clone(),
        checklists: Vec::new(),
        limits: limits(config, facts),
        misclassified: misclassified(evaluation, &by_patient(test, facts.pool), &facts.classes),
        failures: None,
        heatmaps: None,
        patients: None,
        robustness: None,
        subgroups: None,
        audited: None,
        sample_size: sample_size::section(facts, evaluation),
        words: Words::default(),
        network: network(config, facts),
        settings: settings(config),
        environment: machine(environment),
        commands: commands(run),
        files: files(run),
    }
}

fn cautions(config: &TrainConfig, facts: &RunFacts, evaluation: &Evaluation) -> Vec<Caution> {
    let mut list = Vec::new();
    if facts.synthetic.is_some() {
        list.push(Caution::SyntheticData {
            ceiling_auc: ceiling(facts),
        });
    }
    let left_out = facts.found.patients()
        - facts
            .parts
            .iter()
            .map(|p| p.counts.patients())
            .sum::<usize>();
    if left_out > 0 {
        list.push(Caution::Excluded { n: left_out as u64 });
    }
    match evaluation.auc.value() {
        Some(auc) if auc >= 1.0 => list.push(Caution::PerfectCurve),
        Some(auc) if auc < 0.5 => list.push(Caution::AucBelowChance),
        _ => {}
    }
    for (class, n) in [
        (&facts.classes[1], evaluation.positives),
        (&facts.classes[0], evaluation.negatives),
    ] {
        if n < FEW_CASES {
            list.push(Caution::FewCases {
                class: class.clone(),
                n: n as u64,
            });
        }
    }
    if evaluation.patients < SMALL_TEST_SET {
        list.push(Caution::SmallTestSet {
            n: evaluation.patients as u64,
        });
    }
    list.push(Caution::OneSplit);
    let threshold = short(evaluation.threshold.value);
    match config.threshold.0 {
        ThresholdRule::Fixed(_) => list.push(Caution::ThresholdFixedBeforehand { threshold }),
        ThresholdRule::Youden if config.validation == 0.0 => {
            list.push(Caution::ThresholdChosenOnTraining { threshold });
        }
        ThresholdRule::Youden => {}
    }
    if config.weights == "none" {
        list.push(Caution::NoPretrainedWeights);
    }
    list
}

fn flow(facts: &RunFacts) -> figure::Flow {
    let mut left_out: Vec<figure::Exclusion> = Vec::new();
    for exclusion in &facts.excluded {
        match left_out
            .iter_mut()
            .find(|known| known.reason == exclusion.reason)
        {
            Some(known) => known.images += 1,
            None => left_out.push(figure::Exclusion {
                reason: exclusion.reason.clone(),
                patients: 1,
                images: 1,
            }),
        }
    }
    for known in &mut left_out {
        let of_reason = facts.excluded.iter().filter(|e| e.reason == known.reason);
        let patients: std::collections::BTreeSet<_> = of_reason.map(|e| &e.patient).collect();
        known.patients = patients.len() as u64;
    }
    let parts = facts
        .parts
        .iter()
        .filter(|part| part.counts.pictures > 0)
        .map(|part| {
            let class = |name: &String, patients: usize, images: usize| figure::ClassCount {
                name: name.clone(),
                patients: patients as u64,
                images: images as u64,
            };
            let (counts, positive) = (part.counts, part.positive_pictures);
            figure::Part {
                name: match part.part {
                    Part::Train => "Training",
                    Part::Validation => "Validation",
                    Part::Test => "Test",
                }
                .to_string(),
                classes: vec![
                    class(&facts.classes[1], counts.positive_patients, positive),
                    class(
                        &facts.classes[0],
                        counts.negative_patients,
                        counts.pictures.saturating_sub(positive),
                    ),
                ],
            }
        });
    figure::Flow {
        found_patients: facts.found.patients() as u64,
        found_images: facts.found.pictures as u64,
        left_out,
        parts: parts.collect(),
    }
}

fn split(config: &TrainConfig, facts: &RunFacts) -> Split {
    let mut list = vec![
        Fact::new("file", "split.csv"),
        Fact::new("cohort fingerprint (SHA-256)", &facts.fingerprint),
    ];
    if facts.split_origin.starts_with("drawn") {
        list.insert(
            0,
            Fact::new("share of patients for testing", config.test.to_string()),
        );
        list.insert(
            1,
            Fact::new(
                "share of the others for validation",
                config.validation.to_string(),
            ),
        );
    }
    Split {
        how: format!(
            "The patients' parts were {}. All pictures of a patient are in one part; the score of a patient with \
             several pictures is the {}. The test part was scored after training only, and chose nothing.",
            facts.split_origin,
            facts.pool.described()
        ),
        facts: list,
    }
}

fn limits(config: &TrainConfig, facts: &RunFacts) -> Vec<String> {
    let mut list = vec![
        match config.members {
            0 | 1 => "One network was trained once; another seed or another split would give other figures.",
            _ => "The networks were trained on one split; another split would give other figures.",
        }
        .to_string(),
        "Training and test patients come from one cohort. Performance at another hospital is not known.".to_string(),
        match facts.carried.calibration {
            None => "Calibration was not adjusted: a score is not a probability of disease in another population.",
            Some(_) => "Scores are not probabilities. The model's probabilities were fitted on validation patients, at their share of disease; another population has another.",
        }
        .to_string(),
    ];
    if !facts.excluded.is_empty() {
        list.push("Radiographs that could not be read were left out; if reading failed more often in one class, the figures are biased.".to_string());
    }
    list
}

fn misclassified(
    evaluation: &Evaluation,
    patients: &[PatientScore],
    classes: &[String; 2],
) -> Vec<Misclassified> {
    let call = |patient: &PatientScore| u8::from(patient.score >= evaluation.threshold.value);
    let wrong = patients
        .iter()
        .filter(|patient| call(patient) != patient.label);
    let row = |patient: &PatientScore| Misclassified {
        patient: patient.patient.clone(),
        images: patient.images.clone(),
        label: classes[usize::from(patient.label)].clone(),
        called: classes[usize::from(call(patient))].clone(),
        score: short(patient.score),
    };
    wrong.map(row).collect()
}
