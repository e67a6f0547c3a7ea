//! What is in a cohort, what is unusable, and what would spoil the study: before any training.
//!
//! In: a CSV or a folder ([`Request`]). Out: [`Audit`], which becomes a table, `audit.json` and `audit.html`.
//! One pass: each file is read and decoded once, on all cores, and only a few kilobytes of it are kept ([`look`]); all
//! else is computed from these. A bad file is named once and stops nothing. The result depends on the files and their
//! names only: not on the order in which a disk lists them, nor on the number of cores. No identifier of a header leaves
//! this module; the page shows pictures, and those may show patients.

mod duplicates;
pub mod finding;
mod gates;
pub mod labels;
pub mod look;
pub mod page;
mod people;
pub mod shortcuts;
pub mod source;
pub mod spread;
pub mod text;
pub mod traits;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use radiograph::Facts;
use rayon::prelude::*;
use serde::Serialize;

use crate::cohort::{Cohort, CohortError};
use finding::{Finding, Item, Severity};
use labels::Counts;
use look::{Look, Unusable, look};
use shortcuts::{FALSE_ALARMS, Sample, Shortcut, shortcuts};
use source::{Classes, Entry, Listing};
use spread::Sizes;

/// Larger files are looked at one by one, so that many cores do not need many times the memory of the largest.
const LARGE_BYTES: u64 = 64 << 20;

/// What to audit.
#[derive(Clone, Debug)]
pub struct Request {
    /// A CSV or a folder.
    pub cohort: PathBuf,
    /// What the user says about classes.
    pub classes: Classes,
    /// Where results go: a folder inside of the cohort is not audited.
    pub out: PathBuf,
}

/// Why there is no audit.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The path is neither a readable file nor a readable folder.
    #[error(
        "{path}: {reason}; give a CSV with the column image, a folder of radiographs, or a DICOMDIR"
    )]
    Unreadable {
        /// The path as given.
        path: String,
        /// What the operating system says.
        reason: String,
    },
    /// The CSV's structure is wrong.
    #[error("{path}: {problem}")]
    Table {
        /// The CSV.
        path: String,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// A class that is no sub-folder.
    #[error(
        "{path}: \"{name}\" is no sub-folder (found {found}); name the classes as the folders are called"
    )]
    Class {
        /// The folder.
        path: String,
        /// The class asked for.
        name: String,
        /// Sub-folders that are there.
        found: String,
    },
    /// Only one class is named, and the other cannot be told.
    #[error(
        "{path}: found {folders} sub-folders, expected two beside --positive {positive}; name both classes with --classes"
    )]
    OtherClass {
        /// The folder.
        path: String,
        /// The class that is named.
        positive: String,
        /// Number of sub-folders.
        folders: usize,
    },
    /// Classes of a CSV.
    #[error(
        "{path}: --classes and --positive name sub-folders, and this is a CSV; leave them out, its labels are 0 and 1"
    )]
    ClassesOfTable {
        /// The CSV.
        path: String,
    },
    /// Classes of a DICOMDIR.
    #[error(
        "{path}: --classes and --positive name sub-folders, and this is a DICOMDIR; leave them out, or audit its folder"
    )]
    ClassesOfDirectory {
        /// The DICOMDIR.
        path: String,
    },
    /// Nothing to look at.
    #[error("{path}: found no file, expected radiographs; name another folder or CSV")]
    Nothing {
        /// The path as given.
        path: String,
    },
    /// The cohort cannot be read at all.
    #[error(transparent)]
    Cohort(#[from] CohortError),
}

/// All that was found.
#[derive(Clone, Debug, Serialize)]
pub struct Audit {
    /// Version of this document's layout.
    pub format: u32,
    /// Program and version.
    pub program: String,
    /// The cohort as named.
    pub cohort: String,
    /// Names of class 0 and class 1, or null without labels.
    pub classes: Option<[String; 2]>,
    /// How much there is of what.
    pub counts: Counts,
    /// Sizes and spacings.
    pub sizes: Sizes,
    /// What was found, the gravest first.
    pub findings: Vec<Finding>,
    /// Chance that the shortcut check raises any alarm on a cohort without shortcuts.
    pub shortcut_false_alarms: f64,
    /// Whether the label can be told without the spine.
    pub shortcuts: Vec<Shortcut>,
}

/// A radiograph that was read.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    pub entry: Entry,
    pub look: Look,
}

impl Image {
    fn facts(&self) -> &Facts {
        &self.look.traits.facts
    }
}

impl Audit {
    /// Whether anything is fatal.
    pub fn is_fatal(&self) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.severity == Severity::Fatal)
    }
}

/// Audits a cohort. `progress` is told how many files of how many are done, from several threads.
///
/// # Errors
/// A path that cannot be listed, and classes that are not there; a bad file is a finding.
pub fn audit(
    request: &Request,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Audit, AuditError> {
    let listing = source::list(&request.cohort, &request.classes, &request.out)?;
    if listing.entries.is_empty() {
        let path = request.cohort.display().to_string();
        return Err(AuditError::Nothing { path });
    }
    let looks = look_at_all(&listing.entries, progress);
    Ok(judge(listing, looks, &request.cohort))
}

fn look_at_all(
    entries: &[Entry],
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Vec<Result<Look, Unusable>> {
    let done = AtomicUsize::new(0);
    let one_by_one = Mutex::new(());
    entries
        .par_iter()
        .with_max_len(1)
        .map(|entry| {
            let bytes = std::fs::metadata(&entry.path).map_or(0, |file| file.len());
            let _turn = (bytes > LARGE_BYTES).then(|| one_by_one.lock());
            let found = look(&entry.path);
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, entries.len());
            found
        })
        .collect()
}

/// What the looks amount to.
fn judge(listing: Listing, looks: Vec<Result<Look, Unusable>>, cohort: &Path) -> Audit {
    let Listing {
        entries,
        classes,
        columns,
        mut findings,
    } = listing;
    let is_folder = cohort.is_dir();
    let mut counts = Counts::default();
    let (mut images, mut unreadable, mut others) = (Vec::new(), Vec::new(), Vec::new());
    let mut radiographs = Vec::new();
    for (entry, look) in entries.into_iter().zip(looks) {
        match look {
            Err(Unusable::OtherFile(reason)) if is_folder => {
                others.push(Item::file(&entry.name, reason));
                continue;
            }
            Err(Unusable::OtherFile(reason) | Unusable::Unreadable(reason)) => {
                unreadable.push(Item::file(&entry.name, reason));
            }
            Ok(look) => images.push(Image {
                entry: entry.clone(),
                look,
            }),
        }
        radiographs.push(entry);
    }
    counts.radiographs = radiographs.len();
    counts.read = images.len();
    counts.unreadable = unreadable.len();
    counts.other_files = others.len();
    findings.extend(bad_files(unreadable, others));

    let people = people::people(&images);
    findings.extend(duplicates::exact(&images));
    findings.extend(duplicates::near(&images));
    findings.extend(gates::findings(&images));
    let sizes = Sizes::of(&images);
    findings.extend(sizes.findings(images.len()));
    if classes.is_some() {
        counts.labels(&radiographs);
        findings.extend(labels::findings(&radiographs, &counts));
    }
    let named: BTreeSet<&str> = radiographs
        .iter()
        .filter_map(|e| e.patient.as_deref())
        .collect();
    counts.patients = if named.is_empty() {
        people.of.iter().collect::<BTreeSet<_>>().len()
    } else {
        named.len()
    };
    let shortcuts = match classes {
        Some(_) => shortcuts(&samples(&images, &people.of), &columns),
        None => Vec::new(),
    };
    findings.extend(people.findings);
    findings.extend(shortcuts.iter().filter_map(shortcut_finding));
    findings.extend(refused_by_training(&findings, &classes, cohort));
    findings.sort_by(|a, b| (a.severity, a.kind, &a.title).cmp(&(b.severity, b.kind, &b.title)));
    Audit {
        format: 1,
        program: format!("cordsight {}", env!("CARGO_PKG_VERSION")),
        cohort: cohort.display().to_string(),
        classes,
        counts,
        sizes,
        findings,
        shortcut_false_alarms: FALSE_ALARMS,
        shortcuts,
    }
}

fn bad_files(unreadable: Vec<Item>, others: Vec<Item>) -> Vec<Finding> {
    let fatal = Finding::counted(
        Severity::Fatal,
        "unreadable",
        ["unreadable radiograph", "unreadable radiographs"],
        "export or copy the file again, or take it out of the cohort",
        unreadable,
    );
    let note = Finding::counted(
        Severity::Note,
        "other-file",
        [
            "file that is no radiograph",
            "files that are no radiographs",
        ],
        "nothing, or move them elsewhere: \"cordsight train\" expects radiographs only",
        others,
    );
    fatal.into_iter().chain(note).collect()
}

/// Images of patients whose label is clear.
fn samples<'a>(images: &'a [Image], people: &[usize]) -> Vec<Sample<'a>> {
    let mut labels: Vec<BTreeSet<u8>> = vec![BTreeSet::new(); images.len()];
    for (image, &person) in images.iter().zip(people) {
        labels[person].extend(image.entry.label);
    }
    let sample = |(image, &person): (&'a Image, &usize)| {
        let label = image.entry.label?;
        (labels[person].len() == 1).then(|| Sample {
            patient: person,
            label: label == 1,
            traits: &image.look.traits,
            cells: &image.entry.cells,
        })
    };
    images.iter().zip(people).filter_map(sample).collect()
}

fn shortcut_finding(shortcut: &Shortcut) -> Option<Finding> {
    let told = shortcut.told.as_ref().filter(|told| told.found)?;
    let severity = if shortcut.is_alarming() && !shortcut.is_column() {
        Severity::Warning
    } else {
        Severity::Note
    };
    let strongest = told
        .strongest
        .as_ref()
        .map_or_else(String::new, |strongest| {
            let side = if strongest.positive_is_high {
                "higher"
            } else {
                "lower"
            };
            format!(
                "; most of it: {}, {side} in the positive class",
                strongest.feature
            )
        });
    let auc = text::measured(&told.auc);
    let (title, advice) = if shortcut.is_column() {
        (
            format!(
                "the classes differ in {}: AUC {auc}{strongest}",
                shortcut.name
            ),
            "report it with the demographics, and look at the result within its groups",
        )
    } else {
        (
            format!(
                "the label can be told from {} alone: AUC {auc}{strongest}",
                shortcut.name
            ),
            shortcuts::advice(&shortcut.key),
        )
    };
    Some(Finding::whole(severity, "shortcut", title, advice))
}

/// What stops training though nothing above said so.
fn refused_by_training(
    findings: &[Finding],
    classes: &Option<[String; 2]>,
    cohort: &Path,
) -> Option<Finding> {
    let [_, positive] = classes.as_ref()?;
    if findings
        .iter()
        .any(|finding| finding.severity == Severity::Fatal)
    {
        return None;
    }
    let positive = cohort.is_dir().then_some(positive.as_str());
    let error = Cohort::read(cohort, positive).err()?;
    Some(Finding::whole(
        Severity::Fatal,
        "refused",
        format!("\"cordsight train\" refuses the cohort: {error}"),
        "correct it, or write a CSV with the columns patient, image, label",
    ))
}
