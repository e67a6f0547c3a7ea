//! The outcome as text for a terminal, as `report.md`, `metrics.json`, and figures of the splits.
//!
//! In: [`Outcome`]. Out: files and text. Nothing is computed here.

use std::fmt::Write;

use diagstat::Measured;

use super::{NameOutcome, Outcome, SplitResult};
use crate::cross_validation::{
    CrossValidationError, Spread, Ticket, forest_row, lottery, of_interval, of_sites, range, times,
};
use crate::docx;
use crate::figure::{self, Forest, ForestGroup, forest};
use crate::model_file::INTENDED_USE;
use crate::report::escaped_for_markdown;
use crate::run_folder::RunFolder;
use crate::several::results::folder_of;
use crate::statistics::layout::short;
use crate::task::{Task, file_name};

const SYNTHETIC: &str = "synthetic radiographs: no result here is evidence about patients";

pub(super) fn write(folder: &RunFolder, outcome: &Outcome) -> Result<(), CrossValidationError> {
    folder.write("metrics.json", &serde_json::to_vec_pretty(outcome)?)?;
    let svg = forest(&of_all(outcome));
    folder.write("figures/splits.svg", svg.as_bytes())?;
    folder.write("figures/splits.png", &figure::png(&svg)?)?;
    for (place, each) in outcome.each.iter().enumerate() {
        let svg = forest(&of_name(outcome, place, each));
        let name = format!("figures/splits_{}", file_name(&each.name));
        folder.write(&format!("{name}.svg"), svg.as_bytes())?;
        folder.write(&format!("{name}.png"), &figure::png(&svg)?)?;
    }
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
    let noun = outcome.task.noun();
    let width = outcome.each.iter().map(|each| each.name.chars().count());
    let width = width.max().unwrap_or(0).max(noun.len());
    let _ = writeln!(
        text,
        "patients    {}, each tested {}\nmean AUC    {:.3} over {} splits; splits {}",
        outcome.patients,
        times(outcome.repeats),
        outcome.mean_auc.mean,
        outcome.splits.len(),
        range(&outcome.mean_auc)
    );
    if let Some(accuracy) = &outcome.accuracy {
        let _ = writeln!(
            text,
            "accuracy    {:.3}; splits {}",
            accuracy.mean,
            range(accuracy)
        );
    }
    if let Some(all) = &outcome.all_classes {
        let _ = writeln!(
            text,
            "each patient once: macro AUC {:.3}, accuracy {:.3}",
            all.macro_auc,
            all.accuracy()
        );
    }
    let _ = writeln!(
        text,
        "{noun:<width$}   with without  {:<24} {:<16} each patient once",
        "AUC, mean over splits", "splits"
    );
    for each in &outcome.each {
        let _ = write!(
            text,
            "{:<width$}  {:>5} {:>7}  {:<24} {:<16} {}",
            each.name,
            each.positives,
            each.negatives,
            short(&each.over_splits.auc.mean),
            range(&each.over_splits.auc),
            short(&each.pooled_auc)
        );
        if each.unknown > 0 {
            let _ = write!(text, "  ({} not known)", each.unknown);
        }
        text.push('\n');
    }
    text
}

fn markdown(outcome: &Outcome) -> String {
    let is_classes = matches!(outcome.task, Task::Classes(_));
    let names = outcome.task.names().join(", ");
    let mut text = format!("# Cross-validation: {names}\n\n**{INTENDED_USE}.**");
    if outcome.synthetic {
        let _ = write!(text, " **S{}.**", &SYNTHETIC[1..]);
    }
    let (noun, against) = match is_classes {
        true => ("class", "each class against the rest"),
        false => (
            "finding",
            "each finding on the patients of whom it is known",
        ),
    };
    let _ = write!(
        text,
        "\n\n{} patients. {} What was chosen (epoch, and where asked for thresholds and learning rate) was chosen on patients \
         set aside from those who trained, never on those who test. Judged is {against}.\n\n\
         ## Over splits\n\nWhat a study with one such split would report: the mean, and how far the luck of a split reaches.\n\n",
        outcome.patients,
        how(outcome),
    );
    let _ = write!(
        text,
        "| | mean (95 % CI) | lowest to highest of {} splits |\n|---|---|---|\n| mean AUC of all | {:.3} | {} |\n",
        outcome.splits.len(),
        outcome.mean_auc.mean,
        range(&outcome.mean_auc)
    );
    if let Some(accuracy) = &outcome.accuracy {
        let _ = writeln!(
            text,
            "| accuracy | {:.3} | {} |",
            accuracy.mean,
            range(accuracy)
        );
    }
    let _ = write!(
        text,
        "\n| {noun} | AUC: mean (95 % CI) | lowest to highest | sensitivity | specificity |\n|---|---|---|---|---|\n"
    );
    for each in &outcome.each {
        let over = &each.over_splits;
        let _ = writeln!(
            text,
            "| {} | {:.3} | {} | {:.3} | {:.3} |",
            each.name,
            over.auc.mean,
            range(&over.auc),
            over.sensitivity.mean,
            over.specificity.mean
        );
    }
    let _ = write!(
        text,
        "\n{} Each interval covers its own figure 19 times in 20; that all of them do at once is less likely.\n\n\
         ![AUC, over splits and of each patient once](figures/splits.png)\n",
        of_interval(outcome.by_site.is_some(), outcome.folds)
    );
    text += "\n## Each patient once\n\nThe mean score of the networks that never saw the patient, one a repeat";
    text += match is_classes {
        true => "; the class with the highest is called.\n",
        false => ", and the majority of their calls, each at its own fold's threshold.\n",
    };
    if let Some(all) = &outcome.all_classes {
        let _ = write!(
            text,
            "\n| | (95 % CI) |\n|---|---|\n| macro AUC | {:.3} |\n| AUC over pairs of classes (Hand and Till) | {:.3} |\n| accuracy | {:.3} |\n",
            all.macro_auc,
            all.hand_till_auc,
            all.accuracy()
        );
        table_of_calls(&mut text, outcome);
    }
    let _ = write!(
        text,
        "\n| {noun} | with | without | not known | AUC (95 % CI) | sensitivity | specificity |\n|---|---|---|---|---|---|---|\n"
    );
    for each in &outcome.each {
        let _ = writeln!(
            text,
            "| [{}]({}/predictions.csv) | {} | {} | {} | {:.3} | {:.3} | {:.3} |",
            each.name,
            folder_of(&outcome.task, &each.name),
            each.positives,
            each.negatives,
            each.unknown,
            each.pooled_auc,
            each.pooled_calls.sensitivity,
            each.pooled_calls.specificity
        );
    }
    table_of_splits(&mut text, outcome);
    text
}

/// Truth in rows, call in columns.
fn table_of_calls(text: &mut String, outcome: &Outcome) {
    let Some(Ok(calls)) = outcome.all_classes.as_ref().map(|all| &all.calls) else {
        return;
    };
    let names = outcome.task.names();
    text.push_str("\n| reference |");
    names.iter().for_each(|name| {
        let _ = write!(text, " called {name} |");
    });
    let _ = write!(text, "\n|---|{}\n", "---|".repeat(names.len()));
    for (name, row) in names.iter().zip(calls.counts.rows()) {
        let _ = write!(text, "| {name} |");
        row.iter().for_each(|count| {
            let _ = write!(text, " {count} |");
        });
        text.push('\n');
    }
}

fn table_of_splits(text: &mut String, outcome: &Outcome) {
    let fold = match outcome.by_site.is_some() {
        true => "site",
        false => "fold",
    };
    let _ = write!(text, "\n## Splits\n\n| repeat | {fold} | patients |");
    for each in &outcome.each {
        let _ = write!(text, " AUC {} |", each.name);
    }
    let columns = outcome.each.len() + 4;
    let _ = write!(text, " learning rate |\n|{}\n", "---|".repeat(columns));
    for split in &outcome.splits {
        let name = escaped_for_markdown(&title(split));
        let _ = write!(
            text,
            "| {} | [{name}]({}/report.html) | {} |",
            split.repeat, split.folder, split.patients
        );
        for each in &split.each {
            let _ = write!(text, " {:.3} |", each.auc);
        }
        let _ = writeln!(text, " {:e} |", split.learning_rate);
    }
}

/// How the patients were divided.
fn how(outcome: &Outcome) -> String {
    let times = times(outcome.repeats);
    match &outcome.by_site {
        None => format!(
            "They were dealt into {} folds, {times}, iteratively stratified; no patient's radiographs are in two folds. Each fold \
             was tested by a network that was trained on the others.",
            outcome.folds
        ),
        Some(column) => of_sites(column, outcome.folds, &times),
    }
}

fn title(split: &SplitResult) -> String {
    let site = split.site.clone();
    site.unwrap_or_else(|| format!("fold {}", split.fold))
}

/// Both answers for each finding or class.
fn of_all(outcome: &Outcome) -> Forest {
    let group = |each: &NameOutcome| {
        let known = each.positives + each.negatives;
        let row = |name, measured: &Measured| forest_row(name, known, measured);
        ForestGroup {
            name: each.name.clone(),
            interaction: String::new(),
            rows: vec![
                row("mean over splits", &each.over_splits.auc.mean),
                row("each patient once", &each.pooled_auc),
            ],
        }
    };
    Forest {
        measure: "AUC; below, the mean of all over splits".to_string(),
        groups: outcome.each.iter().map(group).collect(),
        overall: mean_row(outcome.patients, &outcome.mean_auc),
    }
}

/// The luck of a split for one finding or class.
fn of_name(outcome: &Outcome, place: usize, each: &NameOutcome) -> Forest {
    let tickets: Vec<Ticket<'_>> = outcome
        .splits
        .iter()
        .map(|split| Ticket {
            repeat: split.repeat,
            title: title(split),
            patients: split.each[place].patients,
            auc: &split.each[place].auc,
        })
        .collect();
    let known = each.positives + each.negatives;
    lottery(&tickets, None, mean_row(known, &each.over_splits.auc))
}

fn mean_row(patients: usize, spread: &Spread) -> figure::ForestRow {
    forest_row("Mean", patients, &spread.mean)
}
