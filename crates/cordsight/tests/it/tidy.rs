//! The rules of the house, over every source file of every crate; each rule is tried on a bad snippet as well.

use std::path::{Path, PathBuf};

/// Lines that a module may have.
const LINES_MAX: usize = 450;
/// What must not stay in the code.
const MARKERS: [&str; 5] = ["todo!", "unimplemented!", "dbg!", "FIXME", "XXX"];
/// What writes to the terminal.
const PRINTS: [&str; 4] = ["println!", "eprintln!", "print!", "eprint!"];
/// What the judgement of scores must not know: pictures, weights and whatever leads to them.
const NOT_IN_EVALUATE: [&str; 8] = [
    "radiograph",
    "phantom",
    "crate::cohort",
    "crate::network",
    "crate::prepare",
    "crate::score",
    "crate::train",
    "crate::weights",
];

/// Everything that is wrong with one file; `path` is from `crates/` on, with slashes.
fn faults(path: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let mut fault = |line: usize, what: String| faults.push(format!("{path}:{line}: {what}"));
    if !text.starts_with("//! ") {
        fault(1, "the module has no `//!` header".to_string());
    }
    let lines = text.lines().count();
    if lines > LINES_MAX {
        fault(lines, format!("{lines} lines, at most {LINES_MAX} allowed"));
    }
    let may_print = path.starts_with("cordsight/src/cli/") || path == "cordsight/src/main.rs";
    for (at, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        for marker in MARKERS {
            if line.contains(marker) {
                fault(at + 1, format!("`{marker}` was left"));
            }
        }
        if !path.starts_with("winograd/") && words(code).any(|word| word == "unsafe") {
            fault(at + 1, "`unsafe` outside of crates/winograd".to_string());
        }
        if !may_print && words(code).any(|word| PRINTS.contains(&word)) {
            fault(
                at + 1,
                "prints, which only the command line may".to_string(),
            );
        }
        if path == "cordsight/src/evaluate.rs" {
            for name in NOT_IN_EVALUATE {
                if code.contains(name) {
                    fault(at + 1, format!("`{name}` in the judgement of scores"));
                }
            }
        }
    }
    faults
}

/// Identifiers, with the `!` of a macro.
fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|letter: char| !(letter.is_alphanumeric() || letter == '_' || letter == '!'))
}

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every Rust file under `crates/*/src`, by its path from `crates/` on.
fn sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let entries = std::fs::read_dir(crates()).expect("crates/");
    let mut folders: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path().join("src"))
        .filter(|folder| folder.is_dir())
        .collect();
    assert!(folders.len() >= 4, "{folders:?}");
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = std::fs::read_to_string(&path).expect("a source file");
                let name = path.strip_prefix(crates()).expect("a path below crates/");
                let parts: Vec<_> = name.iter().map(|part| part.to_string_lossy()).collect();
                found.push((parts.join("/"), text));
            }
        }
    }
    found
}

#[test]
fn every_source_file_keeps_the_rules_of_the_house() {
    let sources = sources();
    assert!(sources.len() > 60, "only {} files found", sources.len());
    for known in ["cordsight/src/evaluate.rs", "cordsight/src/cli/mod.rs"] {
        assert!(sources.iter().any(|(path, _)| path == known), "{known}");
    }
    let faults: Vec<String> = sources
        .iter()
        .flat_map(|(path, text)| faults(path, text))
        .collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn diagstat_depends_on_nothing_that_knows_pictures_or_networks() {
    let manifest = crates().join("diagstat/Cargo.toml");
    let text = std::fs::read_to_string(manifest).expect("diagstat/Cargo.toml");
    let manifest: toml::Table = toml::from_str(&text).expect("a manifest");
    let dependencies: Vec<&String> = manifest["dependencies"]
        .as_table()
        .expect("dependencies")
        .keys()
        .collect();
    assert_eq!(
        dependencies,
        [
            "libm",
            "rand",
            "rand_chacha",
            "rayon",
            "serde",
            "statrs",
            "thiserror"
        ]
    );
}

fn assert_fault(path: &str, text: &str, expected: &str) {
    assert_eq!(faults(path, text), [expected], "in {text:?}");
}

#[test]
fn a_module_without_a_header_is_found() {
    let expected = "cordsight/src/a.rs:1: the module has no `//!` header";
    assert_fault("cordsight/src/a.rs", "use std::fmt;\n", expected);
    assert_fault("cordsight/src/a.rs", "", expected);
}

#[test]
fn a_module_that_is_too_long_is_found() {
    let text = "//! Header.\n".to_string() + &"fn f() {}\n".repeat(449);
    assert_eq!(faults("phantom/src/a.rs", &text), Vec::<String>::new());
    assert_fault(
        "phantom/src/a.rs",
        &(text + "fn f() {}\n"),
        "phantom/src/a.rs:451: 451 lines, at most 450 allowed",
    );
}

#[test]
fn each_marker_that_was_left_is_found() {
    let mut tried = 0;
    for marker in MARKERS {
        let text = format!("//! Header.\nfn f() {{ {marker} }}\n");
        let expected = format!("phantom/src/a.rs:2: `{marker}` was left");
        assert_fault("phantom/src/a.rs", &text, &expected);
        tried += 1;
    }
    assert_eq!(tried, 5);
}

#[test]
fn unsafe_code_is_found_outside_of_the_kernels() {
    let text = "//! Header, unsafe as a word.\nfn f() {\n    unsafe{ g() }\n}\n";
    let expected = "radiograph/src/a.rs:3: `unsafe` outside of crates/winograd";
    assert_fault("radiograph/src/a.rs", text, expected);
    assert_eq!(
        faults("winograd/src/kernel/a.rs", text),
        Vec::<String>::new()
    );
    let lint = "//! Header.\n#![forbid(unsafe_code)]\n";
    assert_eq!(faults("radiograph/src/lib.rs", lint), Vec::<String>::new());
}

#[test]
fn a_library_that_prints_is_found() {
    let mut tried = 0;
    for print in PRINTS {
        let text =
            format!("//! Header.\n/// {print}(\"documented\");\nfn f() {{ {print}(\"x\"); }}\n");
        let expected = "cordsight/src/train/a.rs:3: prints, which only the command line may";
        assert_fault("cordsight/src/train/a.rs", &text, expected);
        assert_eq!(
            faults("cordsight/src/cli/a.rs", &text),
            Vec::<String>::new()
        );
        assert_eq!(faults("cordsight/src/main.rs", &text), Vec::<String>::new());
        tried += 1;
    }
    assert_eq!(tried, 4);
}

#[test]
fn a_judgement_that_could_see_pictures_is_found() {
    assert_fault(
        "cordsight/src/evaluate.rs",
        "//! Header.\nuse crate::prepare::Prepared;\n",
        "cordsight/src/evaluate.rs:2: `crate::prepare` in the judgement of scores",
    );
}
