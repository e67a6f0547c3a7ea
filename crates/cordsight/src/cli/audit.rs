//! `cordsight audit`: what is in a cohort, what is unusable, and what would spoil the study.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Instant;

use cordsight::audit::source::Classes;
use cordsight::audit::{AuditError, Request, audit, page, text};
use indicatif::{ProgressBar, ProgressStyle};

use super::progress::duration;
use super::{Failure, print, print_json};

/// Look at a cohort before training: bad files, duplicates, labels, shortcuts
#[derive(clap::Args)]
pub struct Audit {
    /// CSV with the column image (patient, label and others where known), any folder of radiographs, a DICOMDIR, or one radiograph
    cohort: PathBuf,
    /// Folder for audit.json and audit.html
    #[arg(long, value_name = "DIR", default_value = "audit")]
    out: PathBuf,
    /// The sub-folders that are the two classes; the second is the one to detect
    #[arg(long, num_args = 2, value_names = ["NEGATIVE", "POSITIVE"])]
    classes: Option<Vec<String>>,
    /// The sub-folder of the class to detect
    #[arg(long, value_name = "CLASS")]
    positive: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Audit {
    pub fn run(self) -> Result<(), Failure> {
        let request = Request {
            cohort: self.cohort,
            classes: Classes {
                both: self.classes.and_then(|names| names.try_into().ok()),
                positive: self.positive,
            },
            out: self.out,
        };
        page::claim(&request.out)?;
        let start = Instant::now();
        let bar = bar();
        let found = audit(&request, &|done, of| {
            bar.set_length(of as u64);
            bar.set_position(done as u64);
        });
        bar.finish_and_clear();
        let found = found.map_err(failure)?;
        page::write(&request, &found)?;
        eprintln!(
            "looked at {} files in {}",
            found.counts.radiographs + found.counts.other_files,
            duration(start.elapsed().as_secs_f64())
        );
        if self.json {
            print_json(&found)?;
        } else {
            let out = request.out.join("audit.html");
            print(&format!(
                "{}\nall files and pictures: {}\n",
                text::table(&found),
                out.display()
            ))?;
        }
        if found.is_fatal() {
            return Err(Failure::Said);
        }
        Ok(())
    }
}

fn failure(error: AuditError) -> Failure {
    match error {
        AuditError::Class { .. }
        | AuditError::OtherClass { .. }
        | AuditError::ClassesOfTable { .. }
        | AuditError::ClassesOfDirectory { .. } => Failure::WrongUse(error.to_string()),
        _ => Failure::Failed(error.to_string()),
    }
}

/// Files done, on a terminal.
fn bar() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0).with_message("looking at files");
    if let Ok(style) = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len}  {per_sec}  {eta}")
    {
        bar.set_style(style);
    }
    bar
}
