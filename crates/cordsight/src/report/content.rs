//! What a report says, as plain data.
//!
//! A number arrives as text with its interval, or with the reason why it has none ([`Estimate`]); there is no way to
//! give one without the other.

use serde::Serialize;

use super::checklist::{Checklist, Section, checklists};
use super::{
    Audited, Beside, Caution, Failures, Gallery, Heatmaps, PaperStyle, Patients, Robustness,
    SampleSize, Subgroups, Words,
};
use crate::figure::{
    self, Calibration, Confusion, Decision, Flow, Learning, PrecisionRecall, Roc, Scores,
};
use crate::study::Study;

/// All that the page shows.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Title of the page.
    pub title: String,
    /// What was done, in one line: run, cohort, date.
    pub subtitle: String,
    /// Names of the two classes.
    pub classes: Classes,
    /// The main result.
    pub headline: Headline,
    /// What the reader must know before believing it, the gravest first.
    pub cautions: Vec<Caution>,
    /// Drawings of the result.
    pub figures: Figures,
    /// How the band of the ROC curve was drawn, or why there is none, as a sentence; may be empty.
    pub roc_band: String,
    /// Figures that the scores do not give, each with its reason, as sentences.
    pub not_drawn: Vec<String>,
    /// Who was found, left out, and analysed in which part.
    pub flow: Flow,
    /// All measures of the test set, in the order of the table.
    pub metrics: Vec<Metric>,
    /// The measures of the published study's Table 2.
    pub paper_style: PaperStyle,
    /// How the cohort was divided.
    pub split: Split,
    /// Who the patients are, where the cohort says it.
    pub patients: Option<Patients>,
    /// Performance with worse pictures, where it was measured.
    pub robustness: Option<Robustness>,
    /// The test patients by the cohort's columns, where it has any.
    pub subgroups: Option<Subgroups>,
    /// What an audit of the cohort found, where one was taken into the run.
    pub audited: Option<Audited>,
    /// What this many patients can show.
    pub sample_size: SampleSize,
    /// Methods and results as paragraphs.
    pub words: Words,
    /// What plain measurements tell of the same patients, where any are known.
    pub beside: Option<Beside>,
    /// What the pictures look like, where they may be shown.
    pub gallery: Option<Gallery>,
    /// What only the investigators know.
    pub study: Study,
    /// Items of the reporting guidelines, each with its answer.
    pub checklists: Vec<Checklist>,
    /// Limits of this run beyond those that hold for every run, one sentence or more each.
    pub limits: Vec<String>,
    /// Test patients on the wrong side of the threshold.
    pub misclassified: Vec<Misclassified>,
    /// Their radiographs, where the run has heatmaps.
    pub failures: Option<Failures>,
    /// Heatmaps of the test part, where the run has any.
    pub heatmaps: Option<Heatmaps>,
    /// The network and its initial weights.
    pub network: Vec<Fact>,
    /// Every resolved setting.
    pub settings: Vec<Setting>,
    /// Program, machine and threads.
    pub environment: Vec<Fact>,
    /// How to use the model.
    pub commands: Vec<Command>,
    /// What lies beside the page.
    pub files: Vec<FileEntry>,
}

impl Report {
    /// Whether the report has a section that can answer an item of a checklist.
    pub fn has(&self, section: Section) -> bool {
        match section {
            Section::Heatmaps => self.heatmaps.is_some(),
            Section::Patients => self.patients.is_some(),
            Section::Robustness => self.robustness.is_some(),
            _ => true,
        }
    }

    /// The checklists as this report answers them.
    pub fn answered(&self) -> Vec<Checklist> {
        checklists(&self.study, |section| self.has(section))
    }
}

/// Names of the two classes.
#[derive(Clone, Debug, Serialize)]
pub struct Classes {
    /// With the disorder, such as "CSM".
    pub positive: String,
    /// Without it, such as "non-CSM".
    pub negative: String,
}

/// A number as the reader sees it: with its interval, or with the reason why it, or its interval, is missing.
#[derive(Clone, Debug, Serialize)]
pub struct Estimate {
    value: Option<String>,
    interval: Option<String>,
    reason: Option<String>,
}

impl Estimate {
    /// The number as text, where there is one.
    pub fn value(&self) -> Option<&str> {
        self.value.as_deref()
    }

    /// A number and its interval, such as "0.871" and "0.780 to 0.949".
    pub fn new(value: impl Into<String>, interval: impl Into<String>) -> Self {
        Self {
            value: Some(value.into()),
            interval: Some(interval.into()),
            reason: None,
        }
    }

    /// A number whose interval is missing for a reason, such as "1 positive patient, at least 2 needed".
    pub fn without_interval(value: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            value: Some(value.into()),
            interval: None,
            reason: Some(reason.into()),
        }
    }

    /// A number that cannot be given, and why.
    pub fn undefined(reason: impl Into<String>) -> Self {
        Self {
            value: None,
            interval: None,
            reason: Some(reason.into()),
        }
    }
}

/// The main result: how well the scores separate the test patients, and how well one threshold does.
#[derive(Clone, Debug, Serialize)]
pub struct Headline {
    /// Area under the ROC curve of the scores.
    pub auc: Estimate,
    /// Sensitivity at the threshold.
    pub sensitivity: Estimate,
    /// Specificity at the threshold.
    pub specificity: Estimate,
    /// The threshold as text.
    pub threshold: String,
    /// How it was chosen, as the end of the sentence "The threshold 0.42 was …".
    pub threshold_origin: String,
    /// Test patients of the class with the disorder.
    pub positives: u64,
    /// Test patients of the class without it.
    pub negatives: u64,
    /// Names of the interval methods, as a sentence.
    pub interval_methods: String,
}

/// Inputs of the drawings; an absent one is left out of the page.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Figures {
    /// ROC curve of the test patients.
    pub roc: Option<Roc>,
    /// Two-by-two table at the threshold.
    pub confusion: Option<Confusion>,
    /// Scores by class.
    pub scores: Option<Scores>,
    /// Loss and AUC by epoch.
    pub learning: Option<Learning>,
    /// Precision over recall of the test patients.
    pub precision_recall: Option<PrecisionRecall>,
    /// Share of positive patients by score.
    pub calibration: Option<Calibration>,
    /// Net benefit over threshold probabilities.
    pub decision: Option<Decision>,
}

impl Figures {
    /// Those that are there, drawn, by the name of their file.
    pub fn drawings(&self) -> Vec<(&'static str, String)> {
        let all = [
            ("roc", self.roc.as_ref().map(figure::roc)),
            ("confusion", self.confusion.as_ref().map(figure::confusion)),
            ("scores", self.scores.as_ref().map(figure::scores)),
            ("learning", self.learning.as_ref().map(figure::learning)),
            (
                "precision_recall",
                self.precision_recall.as_ref().map(figure::precision_recall),
            ),
            (
                "calibration",
                self.calibration.as_ref().map(figure::calibration),
            ),
            ("decision", self.decision.as_ref().map(figure::decision)),
        ];
        let drawn = all.into_iter().filter_map(|(name, svg)| Some((name, svg?)));
        drawn.collect()
    }
}

/// One measure of the test set.
#[derive(Clone, Debug, Serialize)]
pub struct Metric {
    /// Such as "Sensitivity".
    pub name: String,
    /// What it means in a few words.
    pub meaning: String,
    /// Its value.
    pub estimate: Estimate,
    /// The counts behind it, such as "23 of 29", where it is a proportion.
    pub counts: Option<String>,
    /// How the interval was computed, such as "Wilson".
    pub method: Option<String>,
}

/// How the cohort was divided; the counts are those of [`Flow::parts`].
#[derive(Clone, Debug, Serialize)]
pub struct Split {
    /// In a sentence or two.
    pub how: String,
    /// Seed, fractions, file and fingerprint.
    pub facts: Vec<Fact>,
}

/// A name and what belongs to it.
#[derive(Clone, Debug, Serialize)]
pub struct Fact {
    /// Such as "parameters".
    pub name: String,
    /// Such as "14,796,865".
    pub value: String,
}

impl Fact {
    /// A name and what belongs to it.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
        }
    }
}

/// A resolved setting.
#[derive(Clone, Debug, Serialize)]
pub struct Setting {
    /// Key of the settings file.
    pub key: String,
    /// Its value with unit.
    pub value: String,
    /// Where it comes from: "default", a file, or "command line".
    pub origin: String,
}

/// A test patient on the wrong side of the threshold.
#[derive(Clone, Debug, Serialize)]
pub struct Misclassified {
    /// Identifier in the cohort.
    pub patient: String,
    /// Paths of the images.
    pub images: Vec<String>,
    /// Class by the reference standard.
    pub label: String,
    /// Class that the model gave.
    pub called: String,
    /// Score as text.
    pub score: String,
}

/// A command line and what it does.
#[derive(Clone, Debug, Serialize)]
pub struct Command {
    /// In a sentence.
    pub purpose: String,
    /// To be typed.
    pub line: String,
}

/// A file or folder beside the page.
#[derive(Clone, Debug, Serialize)]
pub struct FileEntry {
    /// Path relative to the page.
    pub path: String,
    /// What it holds.
    pub holds: String,
}
