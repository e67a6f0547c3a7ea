//! The command line: one file a subcommand, thin; results go to stdout, progress and warnings to stderr.
//!
//! Exit codes: 0 done, 1 failed, 2 wrong use, 130 stopped by Ctrl-C. Every failure is one line, `error: WHERE: what is
//! wrong, found X, expected Y; what to do`.

mod audit;
mod bench;
mod by_patient;
mod compare;
mod cv;
mod deidentify;
mod demo;
mod doctor;
mod evaluate;
mod explain;
mod explain_check;
mod export;
mod import;
mod phantom;
mod plan;
mod predict;
mod predict_text;
mod progress;
mod reconstruct;
mod report;
mod runs;
mod screen;
mod several;
mod split;
mod summary;
mod train;
mod training;
mod tune;
mod weights;

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use cordsight::head_covariates::names;
use cordsight::model_file::Model;
use cordsight::seal;

/// Detects cervical spondylotic myelopathy on one lateral cervical radiograph.
///
/// Research use only, not a medical device.
#[derive(Parser)]
#[command(version, name = "cordsight", max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Demo(demo::Demo),
    Train(Box<train::Train>),
    Cv(Box<cv::Cv>),
    Tune(Box<tune::Tune>),
    Evaluate(evaluate::Evaluate),
    Report(report::Report),
    Runs(runs::Runs),
    Predict(predict::Predict),
    Explain(explain::Explain),
    Weights(weights::Weights),
    Export(export::Export),
    Deidentify(deidentify::Deidentify),
    Audit(audit::Audit),
    Split(split::Split),
    Import(import::Import),
    Compare(compare::Compare),
    Plan(plan::Plan),
    Reconstruct(Box<reconstruct::Reconstruct>),
    Phantom(phantom::Phantom),
    Bench(bench::Bench),
    Doctor(doctor::Doctor),
}

/// How a command ends when it does not succeed.
enum Failure {
    /// Something could not be done: exit code 1.
    Failed(String),
    /// The command line makes no sense: exit code 2.
    WrongUse(String),
    /// Ctrl-C, with what to do next: exit code 130.
    Stopped(String),
    /// The lines before said it all: exit code 1.
    Said,
    /// Whoever read our output has gone: exit code 0.
    ClosedPipe,
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Failure::Failed(error.to_string())
    }
}

/// Runs the command line and gives the exit code.
/// Gives a model what it takes beside pictures, or says in one line what it lacks.
fn tell(model: &mut Model, place: &Path, csv: Option<&Path>) -> Result<(), Failure> {
    let wanted = names(&model.manifest.head_covariates);
    match csv {
        Some(csv) => Ok(model.tell(csv)?),
        None if wanted.is_empty() => Ok(()),
        None => Err(Failure::WrongUse(format!(
            "{}: the network takes {wanted} of each patient as well, found nothing of that; pass --covariates CSV with the columns image, {wanted}",
            place.display()
        ))),
    }
}

pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match arguments.command {
        Command::Demo(command) => command.run(),
        Command::Train(command) => command.run(),
        Command::Cv(command) => command.run(),
        Command::Tune(command) => command.run(),
        Command::Evaluate(command) => command.run(),
        Command::Report(command) => command.run(),
        Command::Runs(command) => command.run(),
        Command::Predict(command) => command.run(),
        Command::Explain(command) => command.run(),
        Command::Weights(command) => command.run(),
        Command::Export(command) => command.run(),
        Command::Deidentify(command) => command.run(),
        Command::Audit(command) => command.run(),
        Command::Split(command) => command.run(),
        Command::Import(command) => command.run(),
        Command::Compare(command) => command.run(),
        Command::Reconstruct(command) => command.run(),
        Command::Plan(command) => command.run(),
        Command::Phantom(command) => command.run(),
        Command::Bench(command) => command.run(),
        Command::Doctor(command) => command.run(),
    };
    match outcome {
        Ok(()) | Err(Failure::ClosedPipe) => ExitCode::SUCCESS,
        Err(Failure::Failed(message)) => complain("error", &message, 1),
        Err(Failure::WrongUse(message)) => complain("error", &message, 2),
        Err(Failure::Stopped(message)) => complain("stopped", &message, 130),
        Err(Failure::Said) => ExitCode::from(1),
    }
}

fn complain(kind: &str, message: &str, code: u8) -> ExitCode {
    eprintln!("{kind}: {message}");
    ExitCode::from(code)
}

/// Writes a result to stdout; a reader that has gone away is no failure.
fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Err(Failure::ClosedPipe),
        Err(error) => Err(Failure::Failed(format!("standard output: {error}"))),
    }
}

/// Counts a look at the test pictures of a model's run among these files, and says so.
fn looked(model: &Path, by: seal::By, files: &[&Path]) -> Result<(), Failure> {
    let found = seal::look_at_files(model, by, files)?;
    if found > 0 {
        let pictures = if found == 1 { "picture" } else { "pictures" };
        eprintln!(
            "warning: {found} {pictures} of this model's test set; the look is counted in {}",
            model.display()
        );
    }
    Ok(())
}

/// Writes a JSON document to stdout.
fn print_json(value: &impl serde::Serialize) -> Result<(), Failure> {
    print(&(serde_json::to_string_pretty(value)? + "\n"))
}
