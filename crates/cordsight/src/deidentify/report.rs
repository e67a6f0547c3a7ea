//! What was done, in numbers: `report.json` and the lines on the terminal.
//!
//! In: the outcome of every file. Out: counts by attribute, one row a file, what the user still has to look at. No value of a
//! header and no name of an input file, so that the report can go where the pictures go.

use std::collections::{BTreeMap, BTreeSet};

use radiograph::deidentify::{Blank, Dates, Deidentified, EDITION, Fate, Note, Profile, Tally};
use serde::Serialize;

/// What no program of this kind can promise.
const ALWAYS: [&str; 2] = [
    "text burned into the pixels was not looked for: look at the pictures",
    "what the pixels themselves show (jewellery, implants with numbers, a face) is unchanged",
];

/// What was done to all files.
#[derive(Debug, Clone)]
pub struct Report {
    profile: Profile,
    tally: Tally,
    patients: BTreeSet<String>,
    notes: BTreeMap<Note, usize>,
    rows: Vec<Row>,
}

#[derive(Debug, Clone, Serialize)]
struct Row {
    /// Counted from 1 in the order of the input's paths.
    input: usize,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<&'static str>,
}

#[derive(Serialize)]
struct Document<'a> {
    program: String,
    profile: String,
    options: Vec<&'static str>,
    blanked: Vec<[usize; 4]>,
    patients: usize,
    files: Files,
    actions: BTreeMap<&'static str, u64>,
    attributes: Vec<Attribute>,
    look_at: Vec<String>,
    inputs: &'a [Row],
}

/// How many files had which outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Files {
    /// New files.
    pub written: usize,
    /// Files that came twice.
    pub duplicates: usize,
    /// Not pictures, and not named by the user.
    pub skipped: usize,
    /// Not done.
    pub refused: usize,
}

#[derive(Serialize)]
struct Attribute {
    tag: String,
    keyword: &'static str,
    action: &'static str,
    count: u64,
}

impl Report {
    pub(super) fn new(profile: &Profile) -> Report {
        Report {
            profile: profile.clone(),
            tally: Tally::default(),
            patients: BTreeSet::new(),
            notes: BTreeMap::new(),
            rows: Vec::new(),
        }
    }

    pub(super) fn count(&mut self, made: &Deidentified) {
        self.tally.merge(&made.tally);
        self.patients.insert(made.pseudonym.clone());
        for note in &made.notes {
            *self.notes.entry(*note).or_default() += 1;
        }
    }

    pub(super) fn row(&mut self, output: &str, is_new: bool, notes: &[Note]) {
        let outcome = if is_new { "written" } else { "duplicate" };
        let notes = notes.iter().map(|note| note.words()).collect();
        self.push(outcome, Some(output.into()), None, notes);
    }

    pub(super) fn skipped(&mut self, reason: &str) {
        self.push("skipped", None, Some(reason.into()), Vec::new());
    }

    pub(super) fn refused(&mut self, reason: &str) {
        self.push("refused", None, Some(reason.into()), Vec::new());
    }

    fn push(
        &mut self,
        outcome: &'static str,
        output: Option<String>,
        reason: Option<String>,
        notes: Vec<&'static str>,
    ) {
        let input = self.rows.len() + 1;
        self.rows.push(Row {
            input,
            outcome,
            output,
            reason,
            notes,
        });
    }

    /// How many files had which outcome.
    pub fn files(&self) -> Files {
        let count = |outcome| {
            self.rows
                .iter()
                .filter(|row| row.outcome == outcome)
                .count()
        };
        Files {
            written: count("written"),
            duplicates: count("duplicate"),
            skipped: count("skipped"),
            refused: count("refused"),
        }
    }

    /// What the user still has to look at.
    pub fn look_at(&self) -> Vec<String> {
        let notes = self
            .notes
            .iter()
            .map(|(note, count)| format!("{}: {}", counted(*count, "file"), note.words()));
        ALWAYS
            .iter()
            .map(ToString::to_string)
            .chain(notes)
            .collect()
    }

    /// `report.json`.
    pub fn json(&self) -> String {
        let actions = [
            Fate::Removed,
            Fate::Emptied,
            Fate::Replaced,
            Fate::Remapped,
            Fate::Moved,
        ];
        let mut actions: BTreeMap<&str, u64> = actions
            .map(|fate| (fate.word(), self.tally.total(fate)))
            .into_iter()
            .collect();
        actions.insert("private_removed", self.tally.private);
        actions.insert("unknown_removed", self.tally.unknown);
        let attributes = self.tally.lines().map(|line| Attribute {
            tag: line.tag,
            keyword: line.keyword,
            action: line.fate.word(),
            count: line.count,
        });
        let area = |blank: &Blank| {
            let area = blank.area;
            [area.x, area.y, area.width, area.height]
        };
        let document = Document {
            program: format!("cordsight {}", env!("CARGO_PKG_VERSION")),
            profile: format!(
                "DICOM PS3.15 {EDITION}, Basic Application Level Confidentiality Profile"
            ),
            options: self.options(),
            blanked: self.profile.blank.iter().map(area).collect(),
            patients: self.patients.len(),
            files: self.files(),
            actions,
            attributes: attributes.collect(),
            look_at: self.look_at(),
            inputs: &self.rows,
        };
        serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
    }

    fn options(&self) -> Vec<&'static str> {
        let all = [
            (self.profile.dates == Dates::Moved, "dates moved"),
            (self.profile.keep_device, "device kept"),
            (
                self.profile.keep_characteristics,
                "patient characteristics kept",
            ),
            (!self.profile.blank.is_empty(), "areas blanked"),
        ];
        all.into_iter()
            .filter(|(applies, _)| *applies)
            .map(|(_, option)| option)
            .collect()
    }

    /// The lines for the terminal.
    pub fn text(&self) -> String {
        let (files, tally) = (self.files(), &self.tally);
        let mut text = format!(
            "{} of {} de-identified",
            counted(files.written, "picture"),
            counted(self.patients.len(), "patient")
        );
        for (count, what) in [
            (files.duplicates, "came twice"),
            (files.skipped, "no DICOM pictures, not copied"),
            (files.refused, "refused"),
        ] {
            if count > 0 {
                text.push_str(&format!(", {count} {what}"));
            }
        }
        let total = |fate| tally.total(fate);
        text.push_str(&format!(
            "\nattributes: {} removed, {} of them private or unknown; {} emptied, {} replaced, {} remapped, {} dates moved\n",
            total(Fate::Removed) + tally.private + tally.unknown,
            tally.private + tally.unknown,
            total(Fate::Emptied),
            total(Fate::Replaced),
            total(Fate::Remapped),
            total(Fate::Moved)
        ));
        text.push_str("what is left to do:\n");
        for line in self.look_at() {
            text.push_str(&format!("  {line}\n"));
        }
        text
    }
}

fn counted(count: usize, what: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {what}{ending}")
}
