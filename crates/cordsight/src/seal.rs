//! The test set under seal: who tests is fixed before training, and every look at them is counted.
//!
//! In: the split, and the SHA-256 of every picture. Out: `seal.json` and `pictures.csv`, the first files of a run, which never
//! change; and `looks.jsonl`, a line for each time that scores or heatmaps of test patients were shown. A look is counted
//! before anything is shown. Training that ends in the model which was tested already shows nothing new and counts once,
//! so that a run which was killed and resumed has the bytes of one that was not. A run that replaces another on the same
//! test patients takes over its looks: trying again is looking again.
//!
//! A seal keeps honest people honest; who edits the files can break it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::cohort::{Cohort, hex, plain_reason};
use crate::run_folder::{RunFolder, RunFolderError};
use crate::split::Part;

const SEAL: &str = "seal.json";
const PICTURES: &str = "pictures.csv";
const LOOKS: &str = "looks.jsonl";

/// `seal.json`: what was fixed before training.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seal {
    /// Version of the program.
    pub cordsight: String,
    /// SHA-256 of `split.csv`.
    pub split_sha256: String,
    /// SHA-256 of `pictures.csv`.
    pub pictures_sha256: String,
    /// SHA-256 of the rows of `pictures.csv` that test.
    pub test_sha256: String,
    /// Test patients.
    pub test_patients: usize,
    /// Their pictures.
    pub test_pictures: usize,
}

/// A row of `pictures.csv`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedPicture {
    /// The patient.
    pub patient: String,
    /// The picture, by its name in the cohort.
    pub image: String,
    /// What the patient is used for.
    pub split: Part,
    /// SHA-256 of the file.
    pub sha256: String,
}

/// What showed something of the test set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum By {
    Train,
    Evaluate,
    Predict,
    Explain,
}

/// A line of `looks.jsonl`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// The command.
    pub by: By,
    /// Test pictures that were looked at.
    pub pictures: usize,
    /// SHA-256 of the model file.
    pub model_sha256: String,
}

/// How often each command looked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Looks(BTreeMap<By, usize>);

/// A seal that cannot be made, or that does not hold.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum SealError {
    #[error(
        "{path}: SHA-256 is {found}, expected {expected}, which seal.json fixed before training; the file was changed after: put the old one back, or train a new run"
    )]
    Broken {
        path: String,
        found: String,
        expected: String,
    },
    #[error("{path}: {problem}")]
    File { path: String, problem: String },
    #[error("the look at the test set cannot be counted, so nothing is shown: {0}")]
    NotCounted(RunFolderError),
    #[error(transparent)]
    Folder(#[from] RunFolderError),
    #[error("cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("cannot be written as CSV: {0}")]
    Csv(#[from] csv::Error),
}

/// A seal ready to be set on a run folder.
pub struct Prepared {
    seal: Seal,
    table: Vec<u8>,
    looks: Option<Vec<u8>>,
}

/// Computes the seal of a `split.csv` and of the parts that it gives to patients; `digests` holds the SHA-256 of each of the
/// cohort's pictures, `run` the folder that will have it, with an earlier run on the same test patients or without.
///
/// # Errors
///
/// An earlier run whose looks cannot be read.
pub fn prepare(
    run: &RunFolder,
    cohort: &Cohort,
    digests: &[String],
    split: &[u8],
    part: impl Fn(&str) -> Option<Part>,
) -> Result<Prepared, SealError> {
    let (mut all, mut test) = (Vec::new(), Vec::new());
    let mut test_patients = BTreeSet::new();
    for (picture, sha256) in cohort.pictures.iter().zip(digests) {
        let Some(part) = part(&picture.patient) else {
            continue;
        };
        let row = SealedPicture {
            patient: picture.patient.clone(),
            image: picture.name.clone(),
            split: part,
            sha256: sha256.clone(),
        };
        if part == Part::Test {
            test_patients.insert(picture.patient.as_str());
            test.push(row.clone());
        }
        all.push(row);
    }
    let table = table(&all)?;
    let seal = Seal {
        cordsight: env!("CARGO_PKG_VERSION").to_string(),
        split_sha256: digest(split),
        pictures_sha256: digest(&table),
        test_sha256: digest(&self::table(&test)?),
        test_patients: test_patients.len(),
        test_pictures: test.len(),
    };
    let earlier = read(run).ok().flatten();
    let looks = match earlier.filter(|earlier| earlier.test_sha256 == seal.test_sha256) {
        Some(_) if run.file(LOOKS).is_file() => Some(bytes(&run.file(LOOKS))?),
        _ => None,
    };
    Ok(Prepared { seal, table, looks })
}

impl Prepared {
    /// Sets the seal on an empty run folder.
    ///
    /// # Errors
    ///
    /// A full or read-only disk.
    pub fn set(&self, run: &RunFolder) -> Result<(), SealError> {
        let mut text = serde_json::to_vec_pretty(&self.seal)?;
        text.push(b'\n');
        run.write(SEAL, &text)?;
        run.write(PICTURES, &self.table)?;
        if let Some(looks) = &self.looks {
            run.write(LOOKS, looks)?;
        }
        Ok(())
    }
}

/// The seal of a run whose files are as they were sealed; nothing for a run of a version that set none.
///
/// # Errors
///
/// A split or a table of pictures that was changed after the seal was set.
pub fn check(run: &RunFolder) -> Result<Option<Seal>, SealError> {
    let Some(seal) = read(run)? else {
        return Ok(None);
    };
    for (name, expected) in [
        ("split.csv", &seal.split_sha256),
        (PICTURES, &seal.pictures_sha256),
    ] {
        let path = run.file(name);
        let found = digest(&bytes(&path)?);
        if found != *expected {
            return Err(SealError::Broken {
                path: path.display().to_string(),
                found,
                expected: expected.clone(),
            });
        }
    }
    Ok(Some(seal))
}

/// The pictures of a run with their parts; nothing for a run of a version that wrote none.
///
/// # Errors
///
/// A broken seal, or a damaged table.
pub fn pictures(run: &RunFolder) -> Result<Option<Vec<SealedPicture>>, SealError> {
    if check(run)?.is_none() {
        return Ok(None);
    }
    let path = run.file(PICTURES);
    let text = bytes(&path)?;
    let rows = csv::Reader::from_reader(text.as_slice()).into_deserialize();
    rows.map(|row| row.map_err(|error| file(&path, error.to_string())))
        .collect::<Result<_, _>>()
        .map(Some)
}

/// Counts a look at the whole test set by the run's finished model.
///
/// # Errors
///
/// A broken seal, or a look that cannot be written down: then nothing must be shown.
pub fn look(run: &RunFolder, by: By) -> Result<(), SealError> {
    match check(run)? {
        Some(seal) => count(run, by, seal.test_pictures),
        None => Ok(()),
    }
}

/// Counts a look at these files, as far as they are test pictures of the run that a model belongs to: `model` is the run's
/// folder or the model file in it. How many are.
///
/// # Errors
///
/// As [`look`].
pub fn look_at_files(model: &Path, by: By, files: &[&Path]) -> Result<usize, SealError> {
    let folder = match model.is_dir() {
        true => model,
        false => model.parent().unwrap_or_else(|| Path::new("")),
    };
    let run = RunFolder::open(folder);
    if !run.file(SEAL).is_file() {
        return Ok(0);
    }
    let sealed = pictures(&run)?.unwrap_or_default();
    let test: BTreeSet<&str> = sealed
        .iter()
        .filter(|picture| picture.split == Part::Test)
        .map(|picture| picture.sha256.as_str())
        .collect();
    // A file that cannot be read is nothing that could be looked at; whoever reads it next says why.
    let contents = files.iter().filter_map(|file| std::fs::read(file).ok());
    let found = contents
        .filter(|content| test.contains(digest(content).as_str()))
        .count();
    if found > 0 {
        count(&run, by, found)?;
    }
    Ok(found)
}

/// How often the test set of a run was looked at; nothing for a run without a seal.
///
/// # Errors
///
/// A damaged file.
pub fn looks(run: &RunFolder) -> Result<Option<Looks>, SealError> {
    if read(run)?.is_none() {
        return Ok(None);
    }
    let mut looks = Looks::default();
    for look in read_looks(run)? {
        *looks.0.entry(look.by).or_default() += 1;
    }
    Ok(Some(looks))
}

impl Looks {
    /// By all commands together.
    pub fn total(&self) -> usize {
        self.0.values().sum()
    }
}

impl std::fmt::Display for Looks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let times = match self.total() {
            0 => return f.write_str("not looked at"),
            1 => "once".to_string(),
            2 => "twice".to_string(),
            more => format!("{more} times"),
        };
        let by: Vec<String> = self
            .0
            .iter()
            .map(|(by, count)| format!("{by} {count}"))
            .collect();
        write!(f, "looked at {times} ({})", by.join(", "))
    }
}

impl std::fmt::Display for By {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            By::Train => "train",
            By::Evaluate => "evaluate",
            By::Predict => "predict",
            By::Explain => "explain",
        })
    }
}

/// SHA-256 of bytes, in hexadecimal digits.
pub fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn count(run: &RunFolder, by: By, pictures: usize) -> Result<(), SealError> {
    let look = Look {
        by,
        pictures,
        model_sha256: digest(&bytes(&run.model())?),
    };
    let mut all = read_looks(run)?;
    if by == By::Train && all.contains(&look) {
        return Ok(());
    }
    all.push(look);
    let mut text = String::new();
    for look in &all {
        text += &serde_json::to_string(look)?;
        text.push('\n');
    }
    run.write(LOOKS, text.as_bytes())
        .map_err(SealError::NotCounted)
}

fn read(run: &RunFolder) -> Result<Option<Seal>, SealError> {
    let path = run.file(SEAL);
    if !path.is_file() {
        return Ok(None);
    }
    let seal = serde_json::from_slice(&bytes(&path)?);
    seal.map(Some)
        .map_err(|error| file(&path, error.to_string()))
}

fn read_looks(run: &RunFolder) -> Result<Vec<Look>, SealError> {
    let path = run.file(LOOKS);
    if !path.is_file() {
        return Ok(Vec::new());
    }
    let text = bytes(&path)?;
    let lines = text.split(|byte| *byte == b'\n').enumerate();
    let lines = lines.filter(|(_, line)| !line.is_empty());
    lines
        .map(|(at, line)| {
            let look = serde_json::from_slice(line);
            look.map_err(|error| file(&path, format!("line {}: {error}", at + 1)))
        })
        .collect()
}

fn table(rows: &[SealedPicture]) -> Result<Vec<u8>, csv::Error> {
    let mut table = csv::Writer::from_writer(Vec::new());
    for row in rows {
        table.serialize(row)?;
    }
    table
        .into_inner()
        .map_err(|error| error.into_error().into())
}

fn bytes(path: &Path) -> Result<Vec<u8>, SealError> {
    std::fs::read(path).map_err(|error| file(path, plain_reason(&error)))
}

fn file(path: &Path, problem: String) -> SealError {
    SealError::File {
        path: path.display().to_string(),
        problem,
    }
}
