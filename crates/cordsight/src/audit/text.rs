//! An audit as a table on a terminal.
//!
//! In: [`Audit`]. Out: text of at most about 100 columns; the first few files of each finding, all of them on the page.

use std::fmt::Write;

use diagstat::Measured;

use super::Audit;
use super::finding::{Finding, Item};
use super::shortcuts::Shortcut;

/// Cases shown of each finding.
const ITEMS_MAX: usize = 5;
/// Files shown of each case.
const FILES_MAX: usize = 4;

/// The whole table.
pub fn table(audit: &Audit) -> String {
    let mut text = summary(audit);
    for finding in &audit.findings {
        text.push('\n');
        text.push_str(&of_finding(finding));
    }
    if audit.findings.is_empty() {
        text.push_str("\nnothing found\n");
    }
    if !audit.shortcuts.is_empty() {
        text.push_str(&of_shortcuts(audit));
    }
    text
}

fn summary(audit: &Audit) -> String {
    let counts = &audit.counts;
    let mut text = format!(
        "{}: {} radiographs of {} patients, {} unreadable",
        audit.cohort, counts.radiographs, counts.patients, counts.unreadable
    );
    if counts.other_files > 0 {
        let _ = write!(text, "; {} other files", counts.other_files);
    }
    text.push('\n');
    if let Some([negative, positive]) = &audit.classes {
        let _ = writeln!(
            text,
            "{positive}: {} patients, {} radiographs; {negative}: {} patients, {} radiographs",
            counts.positive_patients,
            counts.positive_radiographs,
            counts.negative_patients,
            counts.negative_radiographs
        );
    }
    text
}

fn of_finding(finding: &Finding) -> String {
    let mut text = format!("{:<8} {}\n", finding.severity.word(), finding.title);
    for item in finding.items.iter().take(ITEMS_MAX) {
        let _ = writeln!(text, "           {}", line(item));
    }
    if finding.items.len() > ITEMS_MAX {
        let _ = writeln!(
            text,
            "           and {} more",
            finding.items.len() - ITEMS_MAX
        );
    }
    let _ = writeln!(text, "         → {}", finding.advice);
    text
}

/// One case in a line.
fn line(item: &Item) -> String {
    let mut files = item
        .files
        .iter()
        .take(FILES_MAX)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    if item.files.len() > FILES_MAX {
        let _ = write!(files, " and {} more", item.files.len() - FILES_MAX);
    }
    match (files.is_empty(), item.detail.is_empty()) {
        (true, _) => item.detail.clone(),
        (_, true) => files,
        _ => format!("{files}: {}", item.detail),
    }
}

fn of_shortcuts(audit: &Audit) -> String {
    let mut text = format!(
        "\ncan the label be told without the spine? (a cohort without shortcuts has an alarm in at most {:.0} % of cases)\n",
        100.0 * audit.shortcut_false_alarms
    );
    let width = audit
        .shortcuts
        .iter()
        .map(|of| of.name.chars().count())
        .max()
        .unwrap_or(0);
    for shortcut in &audit.shortcuts {
        let _ = writeln!(text, "  {:<width$}  {}", shortcut.name, outcome(shortcut));
    }
    text
}

/// What was found of a group, in a line.
pub fn outcome(shortcut: &Shortcut) -> String {
    match (&shortcut.told, &shortcut.reason) {
        (Some(told), _) => {
            let verdict = match (told.found, shortcut.is_alarming()) {
                (true, true) => "yes:",
                (true, false) => "slightly:",
                (false, _) => "no:",
            };
            format!(
                "{verdict:<9} AUC {}, {}",
                measured(&told.auc),
                p_value(told.p_corrected)
            )
        }
        (None, Some(reason)) => format!("not checked: {reason}"),
        (None, None) => String::new(),
    }
}

/// `P = 0.012` or `P < 0.001`.
pub fn p_value(p: f64) -> String {
    if p < 0.001 {
        "P < 0.001".to_string()
    } else {
        format!("P = {p:.3}")
    }
}

/// `0.95 (0.91 to 0.97)`, or the value with the reason why it has no interval.
pub fn measured(measured: &Measured) -> String {
    match (measured.value(), measured.interval(), measured.reason()) {
        (Some(value), Some(interval), _) => {
            format!("{value:.2} ({:.2} to {:.2})", interval.low, interval.high)
        }
        (Some(1.0), None, Some(_)) => {
            "1.00 (no interval: the classes are separated completely)".to_string()
        }
        (Some(value), None, Some(reason)) => format!("{value:.2} (no interval: {reason})"),
        (Some(value), None, None) => format!("{value:.2}"),
        (None, _, reason) => {
            reason.map_or_else(|| "undefined".to_string(), |reason| reason.to_string())
        }
    }
}
