//! The outcome as text for a terminal, as `report.md`, `metrics.json`, and a figure of the splits.
//!
//! In: [`Outcome`]. Out: files and text. Nothing is computed here.

use std::fmt::Write;

use diagstat::Measured;

use super::outcome::SITES_MIN;
use super::{CrossValidationError, FoldResult, Outcome, PooledBaseline, PooledFurther, Spread};
use crate::docx;
use crate::figure::{self, Forest, ForestGroup, ForestRow, forest};
use crate::model_file::INTENDED_USE;
use crate::report::escaped_for_markdown;
use crate::run_folder::RunFolder;
use crate::statistics::judgement::calibration_section;
use crate::statistics::layout::markdown as markdown_of;

const SYNTHETIC: &str = "synthetic radiographs: no result here is evidence about patients";

pub(super) fn write(folder: &RunFolder, outcome: &Outcome) -> Result<(), CrossValidationError> {
    folder.write("metrics.json", &serde_json::to_vec_pretty(outcome)?)?;
    let published = outcome.published.map(|published| published.auc);
    let tickets = outcome.splits.iter().map(|split| Ticket {
        repeat: split.repeat,
        title: title(split),
        patients: split.patients,
        auc: &split.auc,
    });
    let patients = outcome.positives + outcome.negatives;
    let overall = forest_row("Mean", patients, &outcome.over_splits.auc.mean);
    let svg = forest(&lottery(&tickets.collect::<Vec<_>>(), published, overall));
    folder.write("figures/splits.svg", svg.as_bytes())?;
    folder.write("figures/splits.png", &figure::png(&svg)?)?;
    let text = markdown(outcome);
    folder.write("report.docx", &docx::of_folder(folder.path(), &text)?)?;
    Ok(folder.write("report.md", text.as_bytes())?)
}

/// A few lines for a terminal.
#[must_use]
pub fn text(outcome: &Outcome) -> String {
    let mut text = format!("{INTENDED_USE}\n");
    if outcome.synthetic {
        text += SYNTHETIC;
        text.push('\n');
    }
    let _ = writeln!(
        text,
        "patients    {} ({} positive, {} negative), each tested {}",
        outcome.positives + outcome.negatives,
        outcome.positives,
        outcome.negatives,
        times(outcome.repeats)
    );
    let _ = writeln!(text, "mean over {} splits:", outcome.splits.len());
    for (name, spread) in rows(outcome) {
        let _ = writeln!(
            text,
            "  {name:<12}{:.3}; splits {}",
            spread.mean,
            range(spread)
        );
    }
    let _ = writeln!(text, "each patient once, by networks that never saw them:");
    for (name, measured) in pooled(outcome) {
        let _ = writeln!(text, "  {name:<12}{measured:.3}");
    }
    if let Some(beside) = &outcome.measurements {
        let _ = writeln!(
            text,
            "measures    AUC {:.3}, logistic regression on {} measurements\n            network less measures {:.3}{}",
            beside.pooled_auc,
            beside.measures.len(),
            beside.network_minus_baseline,
            p_value(beside),
        );
    }
    if let Some(of) = outcome
        .further
        .as_ref()
        .and_then(|of| of.calibration.as_ref())
    {
        let _ = writeln!(
            text,
            "probability each patient once, by the folds' own maps; Brier {:.3}",
            of.brier
        );
    }
    if let Some(sets) = outcome.further.as_ref().and_then(|of| of.sets.as_ref()) {
        let _ = writeln!(
            text,
            "sets        {:.0} % asked, {:.3} covered; one class for {:.3}",
            100.0 * sets.asked,
            sets.coverage.mean,
            sets.called.mean
        );
    }
    if let Some(published) = outcome.published {
        let _ = writeln!(
            text,
            "published   AUC {}: {} of {} splits reach it",
            published.auc,
            published.splits_at_least,
            outcome.splits.len()
        );
    }
    text
}

fn markdown(outcome: &Outcome) -> String {
    let mut text = format!(
        "# Cross-validation: {} against {}\n\n**{INTENDED_USE}.**",
        escaped_for_markdown(&outcome.classes[1]),
        escaped_for_markdown(&outcome.classes[0])
    );
    if outcome.synthetic {
        let _ = write!(text, " **S{}.**", &SYNTHETIC[1..]);
    }
    let _ = write!(
        text,
        "\n\n{} patients ({} with label 1, {} with label 0). {} What was chosen (epoch, and where asked for threshold and \
         learning rate) was chosen on patients set aside from those who trained, never on those who test.\n\n\
         ## Over splits\n\nWhat a study with one such split would report: the mean, and how far the luck of a split reaches.\n\n\
         | | mean (95 % CI) | lowest to highest of {} splits |\n|---|---|---|\n",
        outcome.positives + outcome.negatives,
        outcome.positives,
        outcome.negatives,
        how(outcome),
        outcome.splits.len(),
    );
    for (name, spread) in rows(outcome) {
        let _ = writeln!(text, "| {name} | {:.3} | {} |", spread.mean, range(spread));
    }
    let _ = write!(
        text,
        "\n{}\n\n![AUC of each split](figures/splits.png)\n",
        of_interval(outcome.by_site.is_some(), outcome.folds)
    );
    if let Some(published) = outcome.published {
        let _ = write!(
            text,
            "\nOf {} splits, {} reach an AUC of {}, the figure given for comparison.\n",
            outcome.splits.len(),
            published.splits_at_least,
            published.auc
        );
    }
    text += "\n## Each patient once\n\nThe mean score of the networks that never saw the patient, one a repeat, and the majority of \
             their calls, each at its own fold's threshold.\n\n| | (95 % CI) |\n|---|---|\n";
    for (name, measured) in pooled(outcome) {
        let _ = writeln!(text, "| {name} | {measured:.3} |");
    }
    if let Some(beside) = &outcome.measurements {
        let _ = write!(
            text,
            "\n## Measurements beside the networks\n\nA logistic regression on {} was fitted on the training patients of each \
             split and tested on its test patients.\n\n| | (95 % CI) |\n|---|---|\n| mean AUC over splits | {:.3} |\n\
             | AUC, each patient once | {:.3} |\n| network less measurements, each patient once | {:.3}{} |\n",
            beside.measures.join(", "),
            beside.over_splits.mean,
            beside.pooled_auc,
            beside.network_minus_baseline,
            p_value(beside),
        );
    }
    if let Some(further) = &outcome.further {
        text += &of_further(further);
    }
    let fold = if outcome.by_site.is_some() {
        "site"
    } else {
        "fold"
    };
    let _ = write!(
        text,
        "\n## Splits\n\n| repeat | {fold} | patients | AUC | sensitivity | specificity | threshold | learning rate |\n|---|---|---|---|---|---|---|---|\n"
    );
    for split in &outcome.splits {
        let _ = writeln!(
            text,
            "| {} | [{}]({}/report.html) | {} | {:.3} | {:.3} | {:.3} | {:.3} | {:e} |",
            split.repeat,
            name(split),
            split.folder,
            split.patients,
            split.auc,
            split.calls.sensitivity,
            split.calls.specificity,
            split.threshold,
            split.learning_rate
        );
    }
    text
}

fn rows(outcome: &Outcome) -> [(&'static str, &Spread); 4] {
    let over = &outcome.over_splits;
    [
        ("AUC", &over.auc),
        ("sensitivity", &over.sensitivity),
        ("specificity", &over.specificity),
        ("accuracy", &over.accuracy),
    ]
}

fn pooled(outcome: &Outcome) -> [(&'static str, Measured); 4] {
    let calls = &outcome.pooled_calls;
    [
        ("AUC", outcome.pooled_auc),
        ("sensitivity", calls.sensitivity),
        ("specificity", calls.specificity),
        ("accuracy", calls.accuracy),
    ]
}

/// What the interval of the mean is, or why there is none.
pub(crate) fn of_interval(by_site: bool, folds: u32) -> String {
    if by_site && folds < SITES_MIN {
        return format!(
            "The mean has no interval: {folds} sites are too few to tell how far others may lie from them ({SITES_MIN} are needed). \
             Read the sites one by one, below."
        );
    }
    let of = match by_site {
        true => "sites that the network never saw, if these are like a random draw of sites",
        false => "networks trained on as many patients as one fold trains on",
    };
    format!(
        "Training parts of the splits overlap, so the interval is Nadeau and Bengio's; it speaks of {of}."
    )
}

/// Probabilities and sets out of fold.
fn of_further(further: &PooledFurther) -> String {
    let mut text = String::from(
        "\n## Probabilities and sets, out of fold\n\nEach fold's model carries a map to probabilities and sets that were fitted on its \
         own validation patients; they are judged on its test patients.\n",
    );
    if let Some(sets) = &further.sets {
        let _ = write!(
            text,
            "\n| sets of {:.1} % | mean over splits (95 % CI) | lowest to highest |\n|---|---|---|\n",
            100.0 * sets.asked
        );
        for (name, spread) in [
            ("set holds the right class", &sets.coverage),
            ("set has one class", &sets.called),
            ("right, where it has one", &sets.right_when_called),
        ] {
            let _ = writeln!(text, "| {name} | {:.3} | {} |", spread.mean, range(spread));
        }
    }
    if let Some(calibration) = &further.calibration {
        let mut section = calibration_section(calibration);
        section.title =
            "Mean probability of each patient, by models that never saw the patient".to_string();
        let _ = write!(text, "\n#{}", markdown_of(&[section]).trim_start());
    }
    for reason in &further.missing {
        let _ = write!(text, "\n- {reason}");
    }
    if !further.missing.is_empty() {
        text.push('\n');
    }
    text
}

/// How the patients were divided.
fn how(outcome: &Outcome) -> String {
    let times = times(outcome.repeats);
    match &outcome.by_site {
        None => format!(
            "They were dealt into {} folds, {times}, stratified by label; no patient's radiographs are in two folds. Each fold \
             was tested by a network that was trained on the others.",
            outcome.folds
        ),
        Some(column) => of_sites(column, outcome.folds, &times),
    }
}

pub(crate) fn of_sites(column: &str, sites: u32, times: &str) -> String {
    format!(
        "One of {sites} sites (column \"{}\") after another was left out, {times}, and tested by a network that was \
         trained on the others: what a place that the network never saw may expect.",
        escaped_for_markdown(column)
    )
}

fn name(split: &FoldResult) -> String {
    let site = split.site.as_ref();
    site.map_or_else(|| split.fold.to_string(), |site| escaped_for_markdown(site))
}

fn title(split: &FoldResult) -> String {
    let site = split.site.clone();
    site.unwrap_or_else(|| format!("fold {}", split.fold))
}

fn p_value(beside: &PooledBaseline) -> String {
    match beside.p_value {
        Ok(p) if p < 0.001 => ", P < 0.001".to_string(),
        Ok(p) => format!(", P {p:.3}"),
        Err(_) => String::new(),
    }
}

pub(crate) fn times(repeats: u32) -> String {
    match repeats {
        1 => "once".to_string(),
        2 => "twice".to_string(),
        more => format!("{more} times"),
    }
}

pub(crate) fn range(spread: &Spread) -> String {
    match (spread.lowest, spread.highest) {
        (Some(low), Some(high)) => format!("{low:.3} to {high:.3}"),
        _ => "none has a value".to_string(),
    }
}

/// What one split draws.
pub(crate) struct Ticket<'a> {
    /// The repeat, from 1.
    pub repeat: u32,
    /// The fold or the site.
    pub title: String,
    /// Test patients.
    pub patients: usize,
    /// AUC of them.
    pub auc: &'a Measured,
}

/// The AUC of each split with its own interval, which is what a single-split study shows.
pub(crate) fn lottery(
    tickets: &[Ticket<'_>],
    published: Option<f64>,
    overall: ForestRow,
) -> Forest {
    let split = |split: &Ticket| forest_row(&split.title, split.patients, split.auc);
    let repeats = tickets.chunk_by(|a, b| a.repeat == b.repeat);
    let mut groups: Vec<ForestGroup> = repeats
        .map(|splits| ForestGroup {
            name: format!("Repeat {}", splits[0].repeat),
            interaction: String::new(),
            rows: splits.iter().map(split).collect(),
        })
        .collect();
    if let Some(published) = published {
        groups.push(ForestGroup {
            name: "For comparison".to_string(),
            interaction: String::new(),
            rows: vec![ForestRow {
                name: "published".to_string(),
                patients: 0,
                estimate: Some(published),
                interval: None,
                text: format!("{published:.3}"),
            }],
        });
    }
    Forest {
        measure: "AUC of each split; below, the mean over splits".to_string(),
        groups,
        overall,
    }
}

/// A figure with its interval as a row.
pub(crate) fn forest_row(name: &str, patients: usize, measured: &Measured) -> ForestRow {
    let interval = measured.interval().map(|of| (of.low, of.high));
    let text = match (measured.value(), interval) {
        (Some(value), Some((low, high))) => format!("{value:.3} ({low:.3} to {high:.3})"),
        (Some(value), None) => format!("{value:.3}"),
        _ => "no value".to_string(),
    };
    ForestRow {
        name: name.to_string(),
        patients: patients as u64,
        estimate: measured.value(),
        interval,
        text,
    }
}
