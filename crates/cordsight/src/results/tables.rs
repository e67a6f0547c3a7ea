//! The report's tables: measures, network, settings, machine, commands and files.
//!
//! In: evaluation, settings and facts of a run. Out: rows of plain text. Decimals and percentages are decided here, once.

use diagstat::{CalibrationRegression, Measured};

use super::{Combined, RunFacts};
use crate::carried::Further;
use crate::config::{Settings, TrainConfig};
use crate::environment::Environment;
use crate::report::{Command, Estimate, Fact, FileEntry, Metric, Setting};
use crate::run_folder::RunFolder;
use crate::statistics::judgement::Judgement;
use crate::statistics::layout::three;

pub(super) fn metrics(judgement: &Judgement) -> Vec<Metric> {
    let evaluation = &judgement.evaluation;
    let calibration = &judgement.calibration;
    let line = |figure: fn(&CalibrationRegression) -> Measured| match &calibration.regression {
        Ok(regression) => figure(regression),
        Err(reason) => Measured::undefined(*reason),
    };
    let at = &evaluation.at_threshold;
    let counts = at.counts;
    let of = |hits: u32, all: u32| Some(format!("{hits} of {all}"));
    let (tp, fn_, fp, tn) = (
        counts.true_positives,
        counts.false_negatives,
        counts.false_positives,
        counts.true_negatives,
    );
    let metric = |name: &str, meaning: &str, measured: &Measured, counts: Option<String>| Metric {
        name: name.to_string(),
        meaning: meaning.to_string(),
        estimate: estimate(measured),
        counts,
        method: measured
            .interval()
            .map(|interval| interval.method.to_string()),
    };
    vec![
        metric(
            "AUC",
            "probability that a positive patient scores higher than a negative one",
            &evaluation.auc,
            None,
        ),
        metric(
            "Average precision",
            "area under the precision-recall curve; chance gives the share of positive patients",
            &judgement.average_precision,
            None,
        ),
        metric(
            "Sensitivity",
            "positive patients called positive",
            &at.sensitivity,
            of(tp, tp + fn_),
        ),
        metric(
            "Specificity",
            "negative patients called negative",
            &at.specificity,
            of(tn, tn + fp),
        ),
        metric(
            "Positive predictive value",
            "patients called positive who are",
            &at.ppv,
            of(tp, tp + fp),
        ),
        metric(
            "Negative predictive value",
            "patients called negative who are",
            &at.npv,
            of(tn, tn + fn_),
        ),
        metric(
            "Positive likelihood ratio",
            "how much a positive call raises the odds",
            &at.positive_likelihood_ratio,
            None,
        ),
        metric(
            "Negative likelihood ratio",
            "how much a negative call lowers the odds",
            &at.negative_likelihood_ratio,
            None,
        ),
        metric(
            "Diagnostic odds ratio",
            "ratio of the two likelihood ratios",
            &at.diagnostic_odds_ratio,
            None,
        ),
        metric(
            "Accuracy",
            "patients called correctly",
            &at.accuracy,
            of(tp + tn, tp + tn + fp + fn_),
        ),
        metric(
            "Balanced accuracy",
            "mean of sensitivity and specificity",
            &at.balanced_accuracy,
            None,
        ),
        metric(
            "F1",
            "harmonic mean of sensitivity and positive predictive value",
            &at.f1,
            None,
        ),
        metric(
            "Matthews correlation",
            "correlation of call and label, -1 to 1",
            &at.mcc,
            None,
        ),
        metric(
            "Cohen's kappa",
            "agreement of call and label beyond chance",
            &at.kappa,
            None,
        ),
        metric(
            "Brier score",
            "mean squared difference of score and label; 0 is best",
            &calibration.brier,
            None,
        ),
        metric(
            "Calibration intercept",
            "0 is best",
            &line(|regression| regression.intercept),
            None,
        ),
        metric(
            "Calibration slope",
            "1 is best; below 1, scores are too extreme",
            &line(|regression| regression.slope),
            None,
        ),
    ]
}

pub(super) fn network(config: &TrainConfig, facts: &RunFacts) -> Vec<Fact> {
    let [all, body] = facts.parameters;
    let mut list = vec![
        Fact::new(
            "body",
            format!("{}, width {}", config.network, config.width),
        ),
        Fact::new(
            "head",
            "global average pooling, fully connected 128, 64, 1, sigmoid",
        ),
        Fact::new(
            "parameters",
            format!("{} ({} in the body)", thousands(all), thousands(body)),
        ),
        Fact::new(
            "input",
            format!(
                "{0} × {0} pixels, grey repeated in three channels",
                config.image_size
            ),
        ),
        Fact::new("initial weights", &facts.initial_weights),
        Fact::new("epochs", facts.epochs.to_string()),
    ];
    if let Some(epoch) = facts.chosen_epoch {
        list.push(Fact::new(
            "weights kept",
            format!("those of epoch {epoch}, of the lowest validation loss"),
        ));
    }
    list
}

pub(crate) fn settings(config: &TrainConfig) -> Vec<Setting> {
    let default = Settings::default()
        .resolve()
        .map(|config| config.entries())
        .unwrap_or_default();
    let setting = |(key, value): (String, String)| {
        let is_default = default.contains(&(key.clone(), value.clone()));
        let origin = if is_default { "default" } else { "set" }.to_string();
        Setting { key, value, origin }
    };
    config.entries().into_iter().map(setting).collect()
}

pub(crate) fn machine(environment: Environment) -> Vec<Fact> {
    let mut list = vec![
        Fact::new(
            "cordsight",
            format!("{} ({} build)", environment.cordsight, environment.build),
        ),
        Fact::new("framework", environment.framework),
        Fact::new("platform", environment.platform),
        Fact::new("processor", environment.cpu),
        Fact::new("threads", environment.threads.to_string()),
    ];
    if let Some(memory_mb) = environment.memory_mb {
        list.push(Fact::new(
            "memory",
            format!("{} MB", thousands(memory_mb as usize)),
        ));
    }
    list
}

pub(super) fn commands(run: &RunFolder) -> Vec<Command> {
    let run = run.path().display();
    let command = |purpose: &str, line: String| Command {
        purpose: purpose.to_string(),
        line,
    };
    vec![
        command(
            "Score radiographs of your own",
            format!("cordsight predict {run} radiograph.dcm"),
        ),
        command(
            "Show which places of a radiograph raised its score",
            format!("cordsight explain {run} radiograph.dcm"),
        ),
        command(
            "Compute these figures again from predictions.csv",
            format!("cordsight evaluate {run}"),
        ),
        command(
            "Test the model on another cohort",
            format!("cordsight evaluate --model {run}/model.safetensors other/cohort.csv"),
        ),
    ]
}

/// Files of a run and what they hold; those that this run lacks are left out.
pub(super) fn files(run: &RunFolder) -> Vec<FileEntry> {
    [
        (
            "model.safetensors",
            "the trained network with all that is needed to use it",
        ),
        (
            "predictions.csv",
            "score of each test picture; every figure here can be computed again from it",
        ),
        (
            "predictions_members.csv",
            "scores of each test picture by each member, with and without views",
        ),
        ("predictions_train.csv", "score of each training picture"),
        (
            "predictions_validation.csv",
            "score of each validation picture",
        ),
        (
            "metrics.json",
            "all figures of this page with their intervals",
        ),
        ("metrics.jsonl", "loss and AUC of each epoch"),
        (
            "robustness.csv",
            "score of each test picture under noise, blur, exposure, crop and fewer grey levels",
        ),
        (
            "covariates.csv",
            "what the cohort says of each patient, for the table of patients",
        ),
        ("audited.json", "what an audit of the cohort found"),
        ("report.md", "this report as Markdown"),
        ("report.docx", "this report as a text document"),
        ("methods.md", "methods and results in words"),
        ("model_card.md", "what users of the model must know"),
        (
            "checklist.csv",
            "items of CLAIM 2024, STARD-AI 2025 and TRIPOD+AI 2024 with their answers",
        ),
        (
            "measures.csv",
            "measurements of each patient, for the regression",
        ),
        (
            "baseline.csv",
            "score of each test patient by the regression on measurements",
        ),
        ("split.csv", "part of each patient"),
        (
            "seal.json",
            "what was fixed before training: SHA-256 of the split and of the test set",
        ),
        ("pictures.csv", "part and SHA-256 of each picture"),
        ("looks.jsonl", "every look at the test set"),
        ("excluded.csv", "radiographs that were left out, and why"),
        (
            "preparation.csv",
            "crop, mirror, scale and place of each picture in the network's square",
        ),
        (
            "config.toml",
            "every setting, ready to be used again with --config",
        ),
        ("run.json", "facts of the run that the page was made from"),
        ("environment.json", "program and machine"),
        ("figures", "the drawings of this page as SVG and PNG files"),
        (
            "heatmaps",
            "where features lay that raised the score, for each test picture",
        ),
        ("checkpoints", "state after the last epoch, for --resume"),
    ]
    .into_iter()
    .filter(|(path, _)| run.file(path).exists())
    .map(|(path, holds)| FileEntry {
        path: path.to_string(),
        holds: holds.to_string(),
    })
    .collect()
}

/// Rows of probabilities and sets, where the model carries any.
pub(super) fn further(further: Option<&Further>, combined: Option<&Combined>) -> Vec<Metric> {
    let metric = |name: String, meaning: String, measured: &Measured| Metric {
        name,
        meaning,
        estimate: estimate(measured),
        counts: None,
        method: measured
            .interval()
            .map(|interval| interval.method.to_string()),
    };
    let mut list = Vec::new();
    for (name, measured) in combined.map(Combined::rows).unwrap_or_default() {
        let meaning = "on the same test patients; above 0 where it helped".to_string();
        list.push(metric(name.to_string(), meaning, measured));
    }
    let Some(further) = further else {
        return list;
    };
    if let Some(of) = &further.recalibrated {
        list.push(metric(
            "Brier score of the probabilities".to_string(),
            of.by.described(),
            &of.calibration.brier,
        ));
    }
    if let Some(of) = &further.sets {
        let meaning = format!(
            "sets that should hold each class in {:.0} %",
            100.0 * of.limits.coverage()
        );
        for (name, measured) in of.rows() {
            list.push(metric(capital(name), meaning.clone(), measured));
        }
    }
    list
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase());
    first.into_iter().flatten().chain(letters).collect()
}

/// Value and interval with three decimals, or the reason why not.
pub(crate) fn estimate(measured: &Measured) -> Estimate {
    written(measured, three)
}

/// Value and interval as percentages with one decimal, or the reason why not.
pub(super) fn percent(measured: &Measured) -> Estimate {
    written(measured, |value| format!("{:.1} %", 100.0 * value))
}

fn written(measured: &Measured, show: impl Fn(f64) -> String) -> Estimate {
    let reason = measured
        .reason()
        .map(|reason| reason.to_string())
        .unwrap_or_default();
    match (measured.value(), measured.interval()) {
        (Some(value), Some(interval)) => Estimate::new(
            show(value),
            format!("{} to {}", show(interval.low), show(interval.high)),
        ),
        (Some(value), None) => Estimate::without_interval(show(value), reason),
        (None, _) => Estimate::undefined(reason),
    }
}

pub(super) fn short(value: f64) -> String {
    format!("{value:.3}")
}

/// 14714688 as 14,714,688.
fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let grouped = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(String::from_utf8_lossy);
    grouped.collect::<Vec<_>>().join(",")
}
