//! One self-contained page that says what a run found, for whom, and how far it can be trusted.
//!
//! In: [`Report`], plain data whose numbers already are texts with intervals. Out: one HTML document with its style
//! and figures inside; it needs no network, no script and no font, and may be printed. Same input, same bytes.
//! Nothing is computed here: whoever has the patients also has the intervals, and two places would disagree.
//!
//! Every text that comes from a cohort (names of patients, paths, classes) is escaped: the template engine does it
//! for HTML, and the figures, which are drawn here and nowhere else, for XML.
//!
//! Source of the contents: CLAIM 2024, STARD 2015 and TRIPOD+AI, as far as a program can know them; an item that only
//! the investigators know is printed as "not stated".

mod audited;
mod beside;
pub mod checklist;
mod content;
mod engine;
mod failures;
mod heatmaps;
mod markdown;
mod paper;
mod patients;
mod robustness;
mod sample_size;
mod subgroups;
mod warning;
mod words;

use minijinja::value::Serde;
use serde::Serialize;

use crate::figure;
use crate::study::Study;
pub use audited::{AuditFinding, AuditShortcut, Audited};
pub use beside::{Beside, Gallery};
pub use content::{
    Classes, Command, Estimate, Fact, Figures, FileEntry, Headline, Metric, Misclassified, Report,
    Setting, Split,
};
pub(crate) use engine::{SECTIONS, engine};
pub use failures::{Failure, Failures};
pub use heatmaps::{Heatmap, Heatmaps};
pub(crate) use markdown::escaped as escaped_for_markdown;
use paper::PaperRow;
pub use paper::PaperStyle;
pub use patients::{PatientComparison, PatientGroup, PatientRow, Patients};
pub use robustness::{Robustness, RobustnessRow};
pub use sample_size::{SampleSize, SampleSizeRow};
pub use subgroups::{SubgroupRow, Subgroups};
pub use warning::Caution;
pub use words::Words;

/// Why a report could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The template and the data do not fit together: a fault of this program, not of the cohort.
    #[error(
        "report: template does not fit the data ({0}); please report this with the version of cordsight"
    )]
    Template(#[from] minijinja::Error),
}

/// Writes the page.
///
/// # Errors
/// [`ReportError::Template`] if the built-in template does not fit the data; no content of a report leads to it.
pub fn render(report: &Report) -> Result<String, ReportError> {
    rendered(report, "report.html")
}

/// The report as Markdown, with links to the figures beside it.
///
/// # Errors
/// As [`render`].
pub fn markdown(report: &Report) -> Result<String, ReportError> {
    rendered(report, "report.md")
}

/// Methods and results alone, as Markdown.
///
/// # Errors
/// As [`render`].
pub fn methods(report: &Report) -> Result<String, ReportError> {
    rendered(report, "methods.md")
}

/// What users of the model must know, as Markdown.
///
/// # Errors
/// As [`render`].
pub fn model_card(report: &Report) -> Result<String, ReportError> {
    rendered(report, "model_card.md")
}

/// The parts of this report alone; others are shared with the report of several findings.
const TEMPLATES: [(&str, &str); 10] = [
    ("audited.html", include_str!("audited.html")),
    ("beside.html", include_str!("beside.html")),
    ("failures.html", include_str!("failures.html")),
    ("heatmaps.html", include_str!("heatmaps.html")),
    ("robustness.html", include_str!("robustness.html")),
    ("subgroups.html", include_str!("subgroups.html")),
    ("sample_size.html", include_str!("sample_size.html")),
    ("report.html", include_str!("template.html")),
    ("report.md", include_str!("report.md")),
    ("model_card.md", include_str!("model_card.md")),
];

fn rendered(report: &Report, template: &str) -> Result<String, ReportError> {
    let engine = engine(&[&SECTIONS[..], &TEMPLATES].concat())?;
    let page = Page::of(report);
    Ok(engine.get_template(template)?.render(Serde(page))?)
}

impl<'a> Page<'a> {
    fn of(report: &'a Report) -> Self {
        let figures = &report.figures;
        Page {
            report,
            is_synthetic: report
                .cautions
                .iter()
                .any(|caution| matches!(caution, Caution::SyntheticData { .. })),
            cautions: report
                .cautions
                .iter()
                .map(|caution| Fact::new(caution.heading(), caution.text()))
                .collect(),
            study: study_rows(&report.study),
            stated: report.study.count(),
            stated_of: &report.study,
            checklists: report
                .checklists
                .iter()
                .map(|list| Fact::new(list.name, list.summary()))
                .collect(),
            paper: report.paper_style.rows(),
            drawn: drawn(report),
            classes: &report.classes,
            headline: &report.headline,
            svg: Drawings {
                roc: figures.roc.as_ref().map(figure::roc),
                confusion: figures.confusion.as_ref().map(figure::confusion),
                scores: figures.scores.as_ref().map(figure::scores),
                learning: figures.learning.as_ref().map(figure::learning),
                precision_recall: figures
                    .precision_recall
                    .as_ref()
                    .map(figure::precision_recall),
                calibration: figures.calibration.as_ref().map(figure::calibration),
                decision: figures.decision.as_ref().map(figure::decision),
                beside: report
                    .beside
                    .as_ref()
                    .map(|beside| figure::roc_comparison(&beside.curves)),
                robustness: report
                    .robustness
                    .as_ref()
                    .map(|robustness| figure::forest(&robustness.forest)),
                subgroups: report
                    .subgroups
                    .as_ref()
                    .map(|subgroups| figure::forest(&subgroups.forest)),
                flow: figure::flow(&report.flow),
            },
        }
    }
}

/// Names of the drawings beside the report.
fn drawn(report: &Report) -> Vec<&'static str> {
    let figures = report.figures.drawings().into_iter();
    let mut names: Vec<&str> = figures.map(|(name, _)| name).collect();
    names.push("flow");
    names.extend(report.beside.as_ref().map(|_| "roc_readers"));
    names.extend(report.robustness.as_ref().map(|_| "robustness"));
    names.extend(report.subgroups.as_ref().map(|_| "subgroups"));
    names
}

/// One line of the study's table; nothing is stated where the text is empty.
#[derive(Serialize)]
pub(crate) struct StudyRow<'a> {
    key: &'static str,
    item: &'static str,
    question: &'static str,
    stated: &'a str,
}

/// What is stated, item by item.
pub(crate) fn study_rows(study: &Study) -> Vec<StudyRow<'_>> {
    let statements = study.statements().into_iter();
    statements
        .map(|(item, stated)| StudyRow {
            key: item.key,
            item: item.name,
            question: item.question,
            stated,
        })
        .collect()
}

/// What the template sees.
#[derive(Serialize)]
struct Page<'a> {
    report: &'a Report,
    is_synthetic: bool,
    cautions: Vec<Fact>,
    study: Vec<StudyRow<'a>>,
    stated: usize,
    stated_of: &'a Study,
    checklists: Vec<Fact>,
    paper: Vec<PaperRow<'a>>,
    drawn: Vec<&'static str>,
    classes: &'a Classes,
    headline: &'a Headline,
    svg: Drawings,
}

/// The only texts that the template does not escape: the figure module has done it.
#[derive(Serialize)]
struct Drawings {
    roc: Option<String>,
    confusion: Option<String>,
    scores: Option<String>,
    learning: Option<String>,
    precision_recall: Option<String>,
    calibration: Option<String>,
    decision: Option<String>,
    beside: Option<String>,
    robustness: Option<String>,
    subgroups: Option<String>,
    flow: String,
}
