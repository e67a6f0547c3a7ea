//! A cohort's CSV, every row of it, whatever is wrong.
//!
//! In: a CSV with the column `image`, and `patient`, `label` and others where they are. Out: an unsorted [`Listing`];
//! rows that training would refuse are findings with their line.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Classes, Entry, Listing};
use crate::audit::AuditError;
use crate::audit::finding::{Finding, Item, Severity};
use crate::cohort::csv_text;
use crate::csv_lines::Lines;

pub(super) fn list(path: &Path, classes: &Classes) -> Result<Listing, AuditError> {
    let shown = path.display().to_string();
    if classes.both.is_some() || classes.positive.is_some() {
        return Err(AuditError::ClassesOfTable { path: shown });
    }
    let text = csv_text(path)?;
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .flexible(true)
        .from_reader(text.as_bytes());
    let header = reader
        .headers()
        .map_err(|error| AuditError::Table {
            path: shown.clone(),
            problem: error.to_string(),
        })?
        .clone();
    let find = |name: &str| header.iter().position(|column| column == name);
    let image = find("image").ok_or_else(|| AuditError::Table {
        path: shown.clone(),
        problem: format!(
            "found no column \"image\" (found {}), expected the columns patient, image, label; add it to the first line",
            header.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
        ),
    })?;
    let (patient, label) = (find("patient"), find("label"));
    let further: Vec<usize> = (0..header.len())
        .filter(|at| !matches!(&header[*at], "patient" | "image" | "label" | "split"))
        .collect();
    let mut rows = Rows::default();
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    let mut lines = Lines::of(&text);
    let mut entries: Vec<Entry> = Vec::new();
    for record in reader.records() {
        let Ok(record) = record else {
            rows.broken
                .push(no_file("a row that cannot be read".to_string()));
            continue;
        };
        let line = lines.at(record.position());
        let cell = |column: usize| record.get(column).unwrap_or_default().to_string();
        let name = cell(image);
        if name.is_empty() {
            rows.broken
                .push(no_file(format!("line {line}: no image is named")));
            continue;
        }
        if let Some(first) = rows.seen.get(&name) {
            let detail = format!("lines {first} and {line} name the same image");
            rows.repeated.push(Item::file(name, detail));
            continue;
        }
        rows.seen.insert(name.clone(), line);
        let patient = patient.map(cell).filter(|text| !text.is_empty());
        if patient.is_none() {
            rows.nobody
                .push(Item::file(name.clone(), format!("line {line}")));
        }
        entries.push(Entry {
            path: folder.join(&name),
            label: label.and_then(|column| rows.label(&name, &cell(column), line)),
            patient,
            cells: further.iter().map(|&column| cell(column)).collect(),
            name,
        });
    }
    Ok(Listing {
        entries,
        classes: label.map(|_| ["negative".into(), "positive".into()]),
        columns: further
            .iter()
            .map(|&column| header[column].to_string())
            .collect(),
        findings: rows.findings(label.is_some()),
    })
}

fn no_file(detail: String) -> Item {
    Item {
        files: Vec::new(),
        detail,
    }
}

/// What is wrong with rows.
#[derive(Default)]
struct Rows {
    seen: BTreeMap<String, u64>,
    broken: Vec<Item>,
    repeated: Vec<Item>,
    nobody: Vec<Item>,
    unlabelled: Vec<Item>,
    unclear: Vec<Item>,
}

impl Rows {
    fn label(&mut self, name: &str, cell: &str, line: u64) -> Option<u8> {
        match cell {
            "0" => Some(0),
            "1" => Some(1),
            "" => {
                self.unlabelled
                    .push(Item::file(name, format!("line {line}: no label")));
                None
            }
            other => {
                let other: String = other.chars().take(40).collect();
                let detail = format!("line {line}: label \"{other}\", expected 0 or 1");
                self.unclear.push(Item::file(name, detail));
                None
            }
        }
    }

    fn findings(self, has_labels: bool) -> Vec<Finding> {
        let fatal = Severity::Fatal;
        let nobody = [
            "radiograph without a patient",
            "radiographs without a patient",
        ];
        let found = [
            Finding::counted(
                fatal,
                "row",
                ["row without an image", "rows without an image"],
                "fill the cell, or delete the row",
                self.broken,
            ),
            Finding::counted(
                fatal,
                "repeated-row",
                ["image named twice", "images named twice"],
                "delete one of the rows",
                self.repeated,
            ),
            Finding::counted(
                fatal,
                "no-patient",
                nobody,
                "fill the column \"patient\": images of one patient must stay on one side of the split",
                self.nobody,
            ),
            Finding::counted(
                fatal,
                "no-label",
                ["radiograph without a label", "radiographs without a label"],
                "fill the column \"label\" with 0 or 1, or delete the rows",
                self.unlabelled,
            ),
            Finding::counted(
                fatal,
                "unclear-label",
                ["unclear label", "unclear labels"],
                "write 0 or 1",
                self.unclear,
            ),
        ];
        let mut found: Vec<Finding> = found.into_iter().flatten().collect();
        if !has_labels {
            found.push(Finding::whole(
                Severity::Note,
                "no-labels",
                "no column \"label\": nothing that depends on labels was checked",
                "add it (0 or 1) to learn of shortcuts and of duplicates across classes",
            ));
        }
        found
    }
}
