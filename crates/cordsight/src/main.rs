//! The `cordsight` program: reads the command line, hands over to the library, prints the outcome.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the command line is the one place that prints"
)]

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
