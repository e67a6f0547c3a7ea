//! `docs/reference/cli.md` says what `--help` says.

use std::path::Path;
use std::process::Command;

const COMMANDS: [&str; 21] = [
    "demo",
    "train",
    "cv",
    "tune",
    "evaluate",
    "report",
    "runs",
    "predict",
    "explain",
    "weights",
    "export",
    "deidentify",
    "audit",
    "split",
    "import",
    "compare",
    "plan",
    "reconstruct",
    "phantom",
    "bench",
    "doctor",
];

/// Commands that have commands of their own, and those.
const NESTED: [(&str, &[&str]); 4] = [
    ("runs", &["compare", "diff"]),
    ("weights", &["list", "fetch", "info", "import"]),
    ("import", &["nhanes", "csxa"]),
    ("plan", &["auc", "difference", "proportion"]),
];

fn help(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_cordsight"))
        .args(arguments)
        .arg("--help")
        .env("COLUMNS", "100")
        .output()
        .expect("the program starts");
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n")
}

fn reference() -> String {
    let mut text = "# Commands and settings\n\n\
        What `--help` says. Every setting of `train` is also a key of a TOML file for `--config`, with underscores for\n\
        hyphens (`learning_rate = 1e-5`). Written by a test: run `CORDSIGHT_UPDATE=1 cargo test -p cordsight --test it\n\
        reference` after a change.\n"
        .to_string();
    for command in COMMANDS {
        let help = help(&[command]);
        text.push_str(&format!("\n## `cordsight {command}`\n\n```\n{help}\n```\n"));
        for inner in NESTED
            .iter()
            .filter(|(outer, _)| *outer == command)
            .flat_map(|(_, inner)| *inner)
        {
            let help = self::help(&[command, inner]);
            text.push_str(&format!(
                "\n### `cordsight {command} {inner}`\n\n```\n{help}\n```\n"
            ));
        }
    }
    text
}

#[test]
fn the_reference_is_what_help_prints() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/cli.md");
    let expected = reference();
    if std::env::var_os("CORDSIGHT_UPDATE").is_some() {
        std::fs::write(&path, &expected).expect("the reference can be written");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == expected,
        "docs/reference/cli.md is not what --help prints; run CORDSIGHT_UPDATE=1 cargo test -p cordsight --test it reference"
    );
}

#[test]
fn the_reference_names_every_command() {
    assert_eq!(listed(&[]), COMMANDS);
    for (command, inner) in NESTED {
        assert_eq!(listed(&[command]), inner);
    }
}

/// The commands that a help text lists; a line that goes on with an explanation is indented further.
fn listed(arguments: &[&str]) -> Vec<String> {
    let all = help(arguments);
    let name = |line: &str| {
        let line = line.strip_prefix("  ")?;
        let name = line.split(' ').next()?;
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase());
        (is_name && name != "help").then(|| name.to_string())
    };
    all.lines().filter_map(name).collect()
}
