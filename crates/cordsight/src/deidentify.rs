//! De-identifies files and folders: who is in the output is told by pseudonyms alone, in headers, names and report.
//!
//! In: files, or folders read with all below, a key and a profile. Out: `PSEUDONYM/INSTANCE.dcm` for every picture and
//! `report.json`. The report numbers the input files in their order and never names them: names in an export are often those of
//! patients. What one header becomes is decided by [`radiograph::deidentify`]; nothing here looks into it.
//!
//! Files are done in parallel and written in order, so that the same input gives the same folder.

mod cohort;
mod key_file;
mod known_areas;
mod report;

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use radiograph::MAX_FILE_BYTES;
use radiograph::deidentify::{Deidentified, DeidentifyError, Key, Original, Profile, deidentify};
use rayon::prelude::*;
use sha2::{Digest, Sha256};

pub use cohort::{cohort_csv, cohort_inputs};
pub use key_file::{KeyFile, key_for_one_run};
pub use known_areas::known_areas;
pub use report::Report;

use crate::cohort::plain_reason;
use crate::run_folder::{RunFolderError, write_whole};

/// Why nothing is de-identified.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// A path that cannot be read or made.
    #[error("{path}: {reason}")]
    Io {
        /// The path as given.
        path: String,
        /// What the operating system says.
        reason: String,
    },
    /// The output folder holds something.
    #[error(
        "{path}: found a folder that is not empty, expected a new one; name another with --out"
    )]
    NotEmpty {
        /// The folder.
        path: String,
    },
    /// One folder lies in the other.
    #[error("{path}: lies in {other}, expected folders apart; name another with --out")]
    Nested {
        /// The inner one.
        path: String,
        /// The outer one.
        other: String,
    },
    /// A file of the user's own would lie among what is to be given away.
    #[error("{path}: lies in the output folder, expected a place that is not given away with it")]
    Secret {
        /// The file.
        path: String,
    },
    /// A key that could be guessed, or no key at all.
    #[error(
        "{path}: found a key of {found} bytes, expected 16 to 4096; leave the file out to have one drawn"
    )]
    KeyLength {
        /// The file.
        path: String,
        /// Bytes without white space at both ends.
        found: u64,
    },
    /// A list of areas with a row that is none.
    #[error(
        "{path}, row {row}: {reason}; expected x,y,width,height and, where wanted, manufacturer,model,columns,rows"
    )]
    Areas {
        /// The file.
        path: String,
        /// Counted from 1 below the header.
        row: usize,
        /// What is wrong.
        reason: String,
    },
    /// The operating system gave no random bytes.
    #[error(
        "key: found no source of random numbers ({reason}); write 32 random bytes into a file yourself"
    )]
    Random {
        /// What it says.
        reason: String,
    },
    /// A file could not be written.
    #[error(transparent)]
    Write(#[from] RunFolderError),
}

/// What became of an input file.
#[derive(Debug)]
pub enum Outcome {
    /// A new file.
    Written {
        /// Where, from the output folder on, with slashes.
        output: String,
        /// What it was made of.
        original: Original,
    },
    /// The same picture with the same header came before.
    Duplicate {
        /// The output of the file before.
        output: String,
    },
    /// Not a picture, and not named by the user: an export holds such files beside the pictures.
    Skipped(DeidentifyError),
    /// Not done.
    Refused(String),
}

/// A file to be de-identified.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Input {
    /// Where it lies.
    pub path: PathBuf,
    /// The user named it; otherwise it was found in a folder.
    pub is_named: bool,
}

/// The files named, and those in the folders named and below, in order, each once. Links to folders are not followed.
///
/// # Errors
/// A path that is not there, a folder that cannot be read.
pub fn inputs(paths: &[PathBuf]) -> Result<Vec<Input>, FolderError> {
    let mut found = BTreeMap::new();
    for path in paths {
        let kind = fs::metadata(path).map_err(|error| io(path, &error))?;
        if kind.is_dir() {
            for path in below(path)? {
                found.entry(path).or_insert(false);
            }
        } else {
            found.insert(path.clone(), true);
        }
    }
    let input = |(path, is_named)| Input { path, is_named };
    Ok(found.into_iter().map(input).collect())
}

fn below(folder: &Path) -> Result<Vec<PathBuf>, FolderError> {
    let (mut folders, mut files) = (vec![folder.to_path_buf()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(|error| io(&folder, &error))? {
            let entry = entry.map_err(|error| io(&folder, &error))?;
            let kind = entry.file_type().map_err(|error| io(&folder, &error))?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() || entry.path().is_file() {
                files.push(entry.path());
            }
        }
    }
    Ok(files)
}

/// Makes the output folder; it has to be new or empty, and apart from the folders that are read.
///
/// # Errors
/// A folder that holds something, lies in an input folder, or holds one.
pub fn make_folder(out: &Path, inputs: &[PathBuf]) -> Result<(), FolderError> {
    fs::create_dir_all(out).map_err(|error| io(out, &error))?;
    let mut entries = fs::read_dir(out).map_err(|error| io(out, &error))?;
    if entries.next().is_some() {
        return Err(FolderError::NotEmpty {
            path: out.display().to_string(),
        });
    }
    for input in inputs.iter().filter(|input| input.is_dir()) {
        for (inner, outer) in [(out, input.as_path()), (input, out)] {
            if lies_in(inner, outer) {
                return Err(FolderError::Nested {
                    path: inner.display().to_string(),
                    other: outer.display().to_string(),
                });
            }
        }
    }
    Ok(())
}

/// Refuses a file of the user's own in the output folder.
///
/// # Errors
/// When it would lie there.
pub fn keep_apart(file: &Path, out: &Path) -> Result<(), FolderError> {
    let folder = match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    if lies_in(folder, out) {
        return Err(FolderError::Secret {
            path: file.display().to_string(),
        });
    }
    Ok(())
}

fn lies_in(inner: &Path, outer: &Path) -> bool {
    match (inner.canonicalize(), outer.canonicalize()) {
        (Ok(inner), Ok(outer)) => inner.starts_with(outer),
        _ => false,
    }
}

/// De-identifies the files into the folder, which is there and empty; `done` hears of each in order.
///
/// # Errors
/// Only what keeps a file from being written; files that cannot be read are outcomes.
pub fn deidentify_files(
    inputs: &[Input],
    out: &Path,
    key: &Key,
    profile: &Profile,
    done: &mut dyn FnMut(&Input, &Outcome),
) -> Result<Report, FolderError> {
    let mut report = Report::new(profile);
    let mut written = Names::default();
    for chunk in inputs.chunks(rayon::current_num_threads()) {
        let results: Vec<_> = chunk
            .par_iter()
            .map(|input| one(&input.path, key, profile))
            .collect();
        for (input, result) in chunk.iter().zip(results) {
            let outcome = match result {
                Ok(made) => {
                    let (output, is_new) = written.place(&made);
                    if is_new {
                        let path = out.join(&output);
                        fs::create_dir_all(out.join(&made.pseudonym))
                            .map_err(|error| io(out, &error))?;
                        write_whole(&path, &made.bytes)?;
                        report.count(&made);
                    }
                    report.row(&output, is_new, &made.notes);
                    let original = made.original;
                    if is_new {
                        Outcome::Written { output, original }
                    } else {
                        Outcome::Duplicate { output }
                    }
                }
                Err(Problem::Content(error)) if error.is_no_picture() && !input.is_named => {
                    report.skipped(&error.to_string());
                    Outcome::Skipped(error)
                }
                Err(Problem::Content(error)) => {
                    report.refused(&error.to_string());
                    Outcome::Refused(error.to_string())
                }
                Err(Problem::File(reason)) => {
                    report.refused(&reason);
                    Outcome::Refused(reason)
                }
            };
            done(input, &outcome);
        }
    }
    write_whole(&out.join("report.json"), report.json().as_bytes())?;
    Ok(report)
}

enum Problem {
    File(String),
    Content(DeidentifyError),
}

fn one(path: &Path, key: &Key, profile: &Profile) -> Result<Deidentified, Problem> {
    let unreadable = |error: std::io::Error| Problem::File(plain_reason(&error));
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(unreadable)?;
    file.take(MAX_FILE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    deidentify(&bytes, key, profile).map_err(Problem::Content)
}

/// The output files so far, by name and digest.
#[derive(Default)]
struct Names {
    digests: BTreeMap<String, [u8; 32]>,
}

impl Names {
    /// The name of an output file, and whether it is still to be written. Two different files of one identifier both
    /// stay.
    fn place(&mut self, made: &Deidentified) -> (String, bool) {
        let digest: [u8; 32] = Sha256::digest(&made.bytes).into();
        let stem = format!("{}/{}", made.pseudonym, made.instance_uid);
        let mut name = format!("{stem}.dcm");
        let mut copies = 1;
        while let Some(other) = self.digests.get(&name) {
            if *other == digest {
                return (name, false);
            }
            copies += 1;
            name = format!("{stem}-{copies}.dcm");
        }
        self.digests.insert(name.clone(), digest);
        (name, true)
    }
}

fn io(path: &Path, error: &std::io::Error) -> FolderError {
    FolderError::Io {
        path: path.display().to_string(),
        reason: plain_reason(error),
    }
}
