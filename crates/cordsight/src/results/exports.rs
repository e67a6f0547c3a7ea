//! The report of a run as files: page, Markdown, text document, words, model card, checklists, drawings.
//!
//! In: the report, complete but for its checklists and its list of files. Out: the files.

use super::{ResultsError, tables};
use crate::docx;
use crate::figure;
use crate::report::{self, Report, checklist};
use crate::run_folder::RunFolder;

/// Answers the checklists and writes everything.
pub(super) fn write(run: &RunFolder, mut report: Report) -> Result<(), ResultsError> {
    report.checklists = report.answered();
    run.write("checklist.csv", &checklist::to_csv(&report.checklists)?)?;
    run.write("methods.md", report::methods(&report)?.as_bytes())?;
    run.write("model_card.md", report::model_card(&report)?.as_bytes())?;
    let markdown = report::markdown(&report)?;
    run.write("report.md", markdown.as_bytes())?;
    run.write("report.docx", &docx::of_folder(run.path(), &markdown)?)?;
    report.files = tables::files(run);
    Ok(run.write("report.html", report::render(&report)?.as_bytes())?)
}

/// A drawing as SVG and PNG.
pub(super) fn draw(run: &RunFolder, name: &str, svg: &str) -> Result<(), ResultsError> {
    run.write(&format!("figures/{name}.svg"), svg.as_bytes())?;
    Ok(run.write(&format!("figures/{name}.png"), &figure::png(svg)?)?)
}
