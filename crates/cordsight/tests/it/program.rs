//! Runs the real program in a folder of its own, and makes the small cohorts and models that tests need.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cordsight::block::Conv;
use cordsight::cohort::{Counts, hex};
use cordsight::config::Settings;
use cordsight::model_file::{self, CohortFacts, Manifest, ThresholdOrigin};
use cordsight::network::{Architecture, Body};
use cordsight::prepare::{Fit, Grey, Preparation};
use cordsight::weights::{Init, Weights};
use phantom::{CohortPlan, Format, write_cohort};
use serde_json::Value;
use tempfile::TempDir;

/// Flags of a training that takes a second.
pub const SMALL: [&str; 8] = [
    "--network",
    "vgg11",
    "--width",
    "0.02",
    "--image-size",
    "32",
    "--epochs",
    "1",
];

/// The same as settings, for a rate at which an epoch changes something.
pub fn small_settings(epochs: u32) -> Settings {
    Settings {
        network: Some(Body::Vgg11),
        width: Some(0.02),
        image_size: Some(32),
        epochs: Some(epochs),
        init: Some(Init::He),
        learning_rate: Some(1e-3),
        ..Settings::default()
    }
}

/// A fresh folder, deleted at the end.
pub struct Place(TempDir);

/// How the program ended.
#[derive(Debug)]
pub struct Outcome {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Place {
    pub fn new() -> Self {
        Place(tempfile::tempdir().expect("a temporary folder"))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, content).expect("a file");
    }

    pub fn read(&self, name: &str) -> String {
        let path = self.path(name);
        std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    }

    /// A JSON file.
    pub fn json(&self, name: &str) -> Value {
        json(&self.read(name))
    }

    /// The program, ready to be run in this folder.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cordsight"));
        command
            .args(arguments)
            .current_dir(self.0.path())
            .env("NO_COLOR", "1")
            .stdin(Stdio::null());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Outcome {
        let output = self.command(arguments).output().expect("the program");
        Outcome {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The program's output, of a run that must succeed.
    pub fn output(&self, arguments: &[&str]) -> String {
        let outcome = self.run(arguments);
        assert_eq!(outcome.code, Some(0), "{arguments:?}: {outcome:?}");
        outcome.stdout
    }

    /// What the program refuses: its exit code, and how the last line on stderr begins after "error: ".
    pub fn assert_refused(&self, arguments: &[&str], code: i32, says: &str) {
        let outcome = self.run(arguments);
        assert_eq!(outcome.code, Some(code), "{outcome:?}");
        let last = outcome.stderr.lines().last().unwrap_or_default();
        assert!(last.starts_with(&format!("error: {says}")), "{last}");
    }

    /// Files that are the same in two folders.
    pub fn assert_same(&self, one: &str, other: &str, names: &[&str]) {
        for name in names {
            let bytes = |folder: &str| std::fs::read(self.path(folder).join(name)).expect(name);
            assert!(bytes(one) == bytes(other), "{name} differs");
        }
    }

    /// Draws `cohort/` with `patients` patients, half of them positive, of 96 × 120 pixels each.
    pub fn draw_cohort(&self, patients: usize, seed: u64, format: Format) {
        self.draw_cohort_in("cohort", patients, seed, format);
    }

    pub fn draw_cohort_in(&self, name: &str, patients: usize, seed: u64, format: Format) {
        let plan = CohortPlan {
            patients,
            positives: patients / 2,
            seed,
            width: 96,
            height: 120,
        };
        write_cohort(&plan, &self.path(name), format, &|_| {}).expect("a cohort");
    }

    /// Every file below, with its content, and every folder.
    pub fn tree(&self) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
        tree(self.0.path())
    }
}

/// A text that must be JSON.
pub fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Rows of a CSV as maps from column to cell.
pub fn rows(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows = reader.deserialize();
    rows.map(|row| row.expect("a row")).collect()
}

/// A number of a JSON file that is this one.
#[track_caller]
pub fn near(found: &Value, expected: f64) {
    let number = found.as_f64().unwrap_or(f64::NAN);
    assert!((number - expected).abs() < 1e-12, "{found} and {expected}");
}

/// Share of pairs of a positive and a negative patient that are ranked rightly, ties counted half: Mann and Whitney's way.
pub fn pairwise_auc(scores: &[(bool, f64)]) -> f64 {
    let of = |class: bool| scores.iter().filter(move |(label, _)| *label == class);
    let (mut won, mut pairs) = (0.0, 0.0);
    for (_, positive) in of(true) {
        for (_, negative) in of(false) {
            won += f64::from(u8::from(positive > negative));
            won += f64::from(u8::from(positive == negative)) / 2.0;
            pairs += 1.0;
        }
    }
    won / pairs
}

/// `cv` on `cohort/cohort.csv` with the flags of [`SMALL`] and more.
pub fn cv<'a>(out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["cv", "cohort/cohort.csv", "--out", out], &SMALL[..], more].concat()
}

/// Every file below a folder, with its content, and every folder, by the path from there.
pub fn tree(root: &Path) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.strip_prefix(root).expect("a path below").to_path_buf();
            if path.is_dir() {
                folders.push(path);
                found.insert(name, None);
            } else {
                found.insert(name, Some(std::fs::read(&path).expect("a file")));
            }
        }
    }
    found
}

/// The network of [`small_model`].
pub fn small_architecture() -> Architecture {
    Architecture {
        body: Body::Vgg11,
        width: 0.02,
        image_size: 32,
        outputs: 1,
        covariates: 0,
    }
}

/// A model file with random weights.
pub fn small_model() -> Vec<u8> {
    let manifest = Manifest::new(
        small_architecture(),
        Preparation::plain(32, Fit::Squash, Grey::Stretch),
        ["non-CSM".to_string(), "CSM".to_string()],
        ThresholdOrigin {
            value: 0.5,
            origin: "fixed before training".to_string(),
        },
        CohortFacts {
            fingerprint: hex(&[0; 32]),
            synthetic: true,
            train: Counts::default(),
        },
        "random (He uniform, zero biases)".to_string(),
    );
    let weights = Weights::random(&small_architecture(), Init::He, 3);
    model_file::encode(manifest, &[&weights], Conv::Winograd, Path::new("model"))
        .expect("a model file")
}
