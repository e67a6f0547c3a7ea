//! In what two runs differ: settings, machine and program, data.
//!
//! In: two run folders. Out: [`Differences`], key by key, only what differs; and of the things that decide whether two results
//! can be compared at all (cohort, split, seed) also that they are the same. Files are compared as they stand, so that runs of
//! other versions, with settings that this one does not know, can be compared as well.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::RunsError;
use crate::cohort::plain_reason;
use crate::run_folder::RunFolder;
use crate::seal::digest;

/// A key with its value in both runs; nothing where a run lacks it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The key; within a table, `table.key`.
    pub key: String,
    /// In the first run.
    pub first: Option<String>,
    /// In the second run.
    pub second: Option<String>,
}

impl Change {
    /// Whether both runs have the same value.
    pub fn is_same(&self) -> bool {
        self.first == self.second
    }
}

/// In what two runs differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Differences {
    /// The first folder.
    pub first: PathBuf,
    /// The second folder.
    pub second: PathBuf,
    /// Keys of `config.toml` (of `cv.json` and `tune.json` too) that differ.
    pub settings: Vec<Change>,
    /// Keys of `environment.json` that differ.
    pub environment: Vec<Change>,
    /// Cohort, split and seed, whether they differ or not.
    pub data: Vec<Change>,
}

type Values = BTreeMap<String, String>;

/// Compares two runs.
///
/// # Errors
///
/// A folder that is no run, or a file in it that cannot be read.
pub fn diff(first: &Path, second: &Path) -> Result<Differences, RunsError> {
    let (a, b) = (Files::read(first)?, Files::read(second)?);
    Ok(Differences {
        first: first.to_path_buf(),
        second: second.to_path_buf(),
        settings: changed(&a.settings, &b.settings),
        environment: changed(&a.environment, &b.environment),
        data: all(&a.data, &b.data),
    })
}

/// What the files of a run hold.
struct Files {
    settings: Values,
    environment: Values,
    data: Values,
}

impl Files {
    fn read(path: &Path) -> Result<Self, RunsError> {
        let run = RunFolder::open(path);
        let file = run.config();
        let text = std::fs::read_to_string(&file).map_err(|error| {
            let hint = "give the folder of a run";
            RunsError::new(&file, format!("{}; {hint}", plain_reason(&error)))
        })?;
        let table: toml::Table = toml::from_str(&text)
            .map_err(|error| RunsError::new(&file, error.message().replace('\n', " ")))?;
        let mut settings = Values::new();
        flatten_toml("", &toml::Value::Table(table), &mut settings);
        // Empty answers of the study are questions, no settings.
        settings.retain(|key, value| !(key.starts_with("study.") && value.is_empty()));

        let mut facts = Values::new();
        for name in ["run.json", "cv.json", "tune.json"] {
            flatten_json("", &json(&run.file(name))?, &mut facts);
        }
        for key in [
            "folds", "repeats", "by_site", "over", "trials", "eta", "splits",
        ] {
            if let Some(value) = facts.get(key) {
                settings.insert(key.to_string(), value.clone());
            }
        }
        let mut environment = Values::new();
        // Of a cross-validation, its first fold's.
        for name in ["repeat-1-fold-1/environment.json", "environment.json"] {
            flatten_json("", &json(&run.file(name))?, &mut environment);
        }
        if let Some(version) = facts.get("cordsight") {
            environment.insert("cordsight".to_string(), version.clone());
        }
        let mut data = Values::new();
        for (key, title) in [
            ("cohort", "cohort"),
            ("fingerprint", "cohort SHA-256"),
            ("split_origin", "split"),
            ("initial_weights", "initial weights"),
        ] {
            if let Some(value) = facts.get(key) {
                data.insert(title.to_string(), value.clone());
            }
        }
        for name in ["split.csv", "folds.csv"] {
            if let Ok(bytes) = std::fs::read(run.file(name)) {
                data.insert(format!("{name} SHA-256"), digest(&bytes));
            }
        }
        if let Some(seed) = settings.get("seed") {
            data.insert("seed".to_string(), seed.clone());
        }
        Ok(Files {
            settings,
            environment,
            data,
        })
    }
}

/// A JSON file; nothing where there is none.
fn json(path: &Path) -> Result<serde_json::Value, RunsError> {
    match std::fs::read(path) {
        Ok(text) => serde_json::from_slice(&text)
            .map_err(|error| RunsError::new(path, format!("{error}; the file was edited"))),
        Err(_) => Ok(serde_json::Value::Null),
    }
}

fn flatten_toml(key: &str, value: &toml::Value, to: &mut Values) {
    match value {
        toml::Value::Table(table) => {
            for (name, value) in table {
                flatten_toml(&under(key, name), value, to);
            }
        }
        toml::Value::String(text) => {
            to.insert(key.to_string(), text.clone());
        }
        other => {
            to.insert(key.to_string(), other.to_string());
        }
    }
}

fn flatten_json(key: &str, value: &serde_json::Value, to: &mut Values) {
    match value {
        serde_json::Value::Null => {}
        serde_json::Value::Object(map) => {
            for (name, value) in map {
                flatten_json(&under(key, name), value, to);
            }
        }
        serde_json::Value::String(text) => {
            to.insert(key.to_string(), text.clone());
        }
        other => {
            to.insert(key.to_string(), other.to_string());
        }
    }
}

fn under(key: &str, name: &str) -> String {
    match key {
        "" => name.to_string(),
        key => format!("{key}.{name}"),
    }
}

fn all(a: &Values, b: &Values) -> Vec<Change> {
    let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    let of = |key: &String| Change {
        key: key.clone(),
        first: a.get(key).cloned(),
        second: b.get(key).cloned(),
    };
    keys.into_iter().map(of).collect()
}

fn changed(a: &Values, b: &Values) -> Vec<Change> {
    let mut changes = all(a, b);
    changes.retain(|change| !change.is_same());
    changes
}
