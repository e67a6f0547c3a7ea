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

mod beside;
pub mod checklist;
mod content;
mod heatmaps;
mod paper;
mod warning;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;

use crate::figure;
pub use beside::{Beside, Gallery};
pub use content::{
    Classes, Command, Estimate, Fact, Figures, FileEntry, Headline, Metric, Misclassified, Report,
    Setting, Split,
};
pub use heatmaps::{Heatmap, Heatmaps};
use paper::PaperRow;
pub use paper::PaperStyle;
pub use warning::Caution;

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
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(
        SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()?,
    );
    environment.add_template("style.css", include_str!("style.css"))?;
    environment.add_template("heatmaps.html", include_str!("heatmaps.html"))?;
    environment.add_template("beside.html", include_str!("beside.html"))?;
    environment.add_template("study.html", include_str!("study.html"))?;
    environment.add_template("checklists.html", include_str!("checklists.html"))?;
    environment.add_template("report.html", include_str!("template.html"))?;

    let figures = &report.figures;
    let page = Page {
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
        study: study_rows(report),
        stated: report.study.count(),
        checklists: report
            .checklists
            .iter()
            .map(|list| Fact::new(list.name, list.summary()))
            .collect(),
        paper: report.paper_style.rows(),
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
            flow: figure::flow(&report.flow),
        },
    };
    Ok(environment
        .get_template("report.html")?
        .render(Serde(page))?)
}

/// One line of the study's table; nothing is stated where the text is empty.
#[derive(Serialize)]
struct StudyRow<'a> {
    key: &'static str,
    item: &'static str,
    question: &'static str,
    stated: &'a str,
}

fn study_rows(report: &Report) -> Vec<StudyRow<'_>> {
    let statements = report.study.statements().into_iter();
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
    checklists: Vec<Fact>,
    paper: Vec<PaperRow<'a>>,
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
    flow: String,
}
