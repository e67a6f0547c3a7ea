//! What an audit found, taken into a run for its report.
//!
//! In: the `audit.json` of `cordsight audit`. Out: `audited.json` in the run, and the report's [`Audited`]. Names of files stay
//! where they are: the report needs what was found, and the audit's own page shows on which pictures.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{ResultsError, json, read_json};
use crate::cohort::plain_reason;
use crate::report::{AuditFinding, AuditShortcut, Audited, Estimate};
use crate::run_folder::RunFolder;

const FILE: &str = "audited.json";
/// The layout of `audit.json` that is read.
const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Document {
    format: u32,
    program: String,
    cohort: String,
    counts: Counts,
    findings: Vec<AuditFinding>,
    shortcut_false_alarms: f64,
    shortcuts: Vec<Shortcut>,
}

#[derive(Serialize, Deserialize)]
struct Counts {
    radiographs: usize,
    unreadable: usize,
}

#[derive(Serialize, Deserialize)]
struct Shortcut {
    name: String,
    told: Option<Told>,
    reason: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Told {
    auc: Auc,
    p_corrected: f64,
}

#[derive(Serialize, Deserialize)]
struct Auc {
    value: Option<f64>,
    interval: Option<Interval>,
}

#[derive(Serialize, Deserialize)]
struct Interval {
    low: f64,
    high: f64,
}

/// Takes the findings of an audit into a run, in the place of those of an earlier one.
///
/// # Errors
///
/// A file that is no `audit.json`, or of another version; a full or read-only disk.
pub fn take(run: &RunFolder, audit: &Path) -> Result<(), ResultsError> {
    let wrong = |problem: String| ResultsError::File {
        path: audit.display().to_string(),
        problem,
    };
    let text = std::fs::read(audit).map_err(|error| wrong(plain_reason(&error)))?;
    let document: Document = serde_json::from_slice(&text).map_err(|error| {
        wrong(format!(
            "{error}; expected the audit.json that \"cordsight audit\" writes"
        ))
    })?;
    if document.format != FORMAT {
        return Err(wrong(format!(
            "found format {}, expected {FORMAT}; audit the cohort again with this version",
            document.format
        )));
    }
    Ok(run.write(FILE, &json(&document)?)?)
}

/// The section; nothing where no audit was taken into the run.
pub(super) fn section(run: &RunFolder) -> Result<Option<Audited>, ResultsError> {
    let path = run.file(FILE);
    if !path.is_file() {
        return Ok(None);
    }
    let document: Document = read_json(&path)?;
    let shortcut = |of: Shortcut| {
        let auc = match of.told.as_ref().map(|told| &told.auc) {
            Some(Auc {
                value: Some(value),
                interval: Some(Interval { low, high }),
            }) => Estimate::new(format!("{value:.3}"), format!("{low:.3} to {high:.3}")),
            Some(Auc {
                value: Some(value), ..
            }) => Estimate::without_interval(format!("{value:.3}"), "no interval"),
            _ => Estimate::undefined(of.reason.unwrap_or_else(|| "not checked".to_string())),
        };
        AuditShortcut {
            name: of.name,
            p: of.told.map(|told| format!("{:.3}", told.p_corrected)),
            auc,
        }
    };
    Ok(Some(Audited {
        how: format!(
            "Before training, {} audited {}: {} radiographs, of which {} could not be read. Whether the label can be told without the spine is a \
             cross-validated regression on each group of facts, with P values of a permutation test corrected by Holm's method; in a cohort without any shortcut one of them \
             raises an alarm with a chance of {:.0} %.",
            document.program,
            document.cohort,
            document.counts.radiographs,
            document.counts.unreadable,
            100.0 * document.shortcut_false_alarms
        ),
        findings: document.findings,
        shortcuts: document.shortcuts.into_iter().map(shortcut).collect(),
    }))
}
