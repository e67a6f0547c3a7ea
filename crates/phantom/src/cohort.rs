//! A whole cohort on disk: patients drawn until both classes are full, numbered after shuffling, written as files.
//!
//! In: [`CohortPlan`], a folder. Out: `cohort.csv` (patient,image,label,age,sex), the truth (see `files`), `images/`, and a
//! [`CohortSummary`] with the best AUC that any reader of these pictures could reach.
//! Candidate k is a function of the seed and k alone, so a larger cohort has the smaller one's candidates; rejecting
//! candidates of a class that is full leaves each class its own distribution. Numbers are dealt after a shuffle, since the last
//! candidates all belong to the class that filled last.

use crate::files::{Format, write_notice, write_picture, write_tables};
use crate::patient::{Phantom, Stream, candidate, draw_patient_as, stream};
use crate::posture::{BITS, Drawing, Posture};
use radiograph::WriteError;
use rand::RngExt;
use rand::seq::SliceRandom;
use rayon::prelude::*;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use thiserror::Error;

/// Candidates tried before a plan is given up; about one in two is of either class.
const CANDIDATES_PER_PATIENT: u64 = 1000;
const SIDES: std::ops::RangeInclusive<usize> = 32..=4096;

/// The seed whose phantoms the program's own start weights were trained on. No cohort may have it, so that no cohort holds
/// a patient whom those weights know.
pub const PRETRAINING_SEED: u64 = 0x636f_7264_7369_6768;

/// How many patients of which kind, and how large the pictures are.
#[derive(Clone, Debug, PartialEq)]
pub struct CohortPlan {
    /// Number of patients, at least 1.
    pub patients: usize,
    /// How many of them have myelopathy, at most `patients`.
    pub positives: usize,
    /// Seed of everything.
    pub seed: u64,
    /// Columns of each picture, 32 to 4096.
    pub width: usize,
    /// Rows of each picture, 32 to 4096.
    pub height: usize,
}

impl Default for CohortPlan {
    /// The size and class counts of the paper's cohort: 207 patients, 96 with myelopathy.
    fn default() -> Self {
        Self {
            patients: 207,
            positives: 96,
            seed: 1,
            width: 600,
            height: 750,
        }
    }
}

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CohortSummary {
    /// Number of patients.
    pub patients: usize,
    /// How many of them have myelopathy.
    pub positives: usize,
    /// AUC on these patients of the probability that the visible anatomy gives: what a reader who measured every bone
    /// without error would reach. `None` where one class is empty.
    pub ceiling_auc: Option<f64>,
}

/// Why a cohort could not be drawn.
#[derive(Debug, Error)]
pub enum PhantomError {
    /// A plan without patients.
    #[error("found a plan of 0 patients, expected at least 1")]
    NoPatients,
    /// The seed that start weights were trained on.
    #[error(
        "found seed {PRETRAINING_SEED}, expected any other; the built-in start weights were trained on its phantoms"
    )]
    ReservedSeed,
    /// More positives than patients.
    #[error("found {positives} positives among {patients} patients, expected at most {patients}")]
    TooManyPositives {
        /// Positives asked for.
        positives: usize,
        /// Patients asked for.
        patients: usize,
    },
    /// A picture too small to show a neck or too large to draw.
    #[error(
        "found a picture of {width} x {height} pixels, expected {} to {} on each side",
        SIDES.start(),
        SIDES.end()
    )]
    Size {
        /// Columns asked for.
        width: usize,
        /// Rows asked for.
        height: usize,
    },
    /// A number of bits that cannot be asked for.
    #[error("found {bits} bits, expected {} to {}", BITS.start(), BITS.end())]
    Bits {
        /// Bits asked for.
        bits: u8,
    },
    /// No view, or one more than once.
    #[error(
        "found {views} views, {different} of them different, expected each once and at least one"
    )]
    Views {
        /// Views asked for.
        views: usize,
        /// How many of them differ.
        different: usize,
    },
    /// The generator gave too few patients of one class.
    #[error("found {found} of {expected} patients with label {label} in {candidates} candidates")]
    Quota {
        /// Class that stayed short.
        label: u8,
        /// Patients found.
        found: usize,
        /// Patients asked for.
        expected: usize,
        /// Candidates tried.
        candidates: u64,
    },
    /// The folder holds something already.
    #[error("{}: found a folder with files in it, expected none; empty it or name another", path.display())]
    FolderNotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// A file or folder could not be written.
    #[error("{}: could not be written: {source}", path.display())]
    Io {
        /// What was being written.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A picture could not be encoded.
    #[error("{}: could not be encoded: {source}", path.display())]
    Encode {
        /// What was being written.
        path: PathBuf,
        /// The encoder's reason.
        source: WriteError,
    },
}

/// Draws the cohort of `plan` into `out`, a new or empty folder. `progress` is told the number of patients done, from
/// several threads and not always in order.
///
/// # Errors
/// A plan that cannot be met, a folder with files in it, anything that cannot be written.
pub fn write_cohort(
    plan: &CohortPlan,
    out: &Path,
    format: Format,
    progress: &(dyn Fn(usize) + Sync),
) -> Result<CohortSummary, PhantomError> {
    let upright = [Posture::Neutral];
    write_cohort_as(plan, &Drawing::default(), &upright, out, format, progress)
}

/// The same with confounders, another number of bits, or several `views` of each patient, a row of `cohort.csv` each; the
/// posture of `drawing` is not looked at.
///
/// # Errors
/// As [`write_cohort`].
pub fn write_cohort_as(
    plan: &CohortPlan,
    drawing: &Drawing,
    views: &[Posture],
    out: &Path,
    format: Format,
    progress: &(dyn Fn(usize) + Sync),
) -> Result<CohortSummary, PhantomError> {
    check(drawing, views)?;
    let indices = choose(plan, drawing.confounders.age)?;
    refuse_full_folder(out)?;
    for folder in [out.join("images"), out.join("csxa")] {
        std::fs::create_dir_all(&folder).map_err(|source| PhantomError::Io {
            path: folder.clone(),
            source,
        })?;
    }
    let done = AtomicUsize::new(0);
    let digits = plan.patients.to_string().len().max(3);
    let phantoms: Vec<Vec<Phantom>> = indices
        .par_iter()
        .enumerate()
        .map(|(number, &index)| {
            let mut drawn = Vec::with_capacity(views.len());
            for &posture in views {
                let drawing = Drawing {
                    posture,
                    ..*drawing
                };
                let mut phantom =
                    draw_patient_as(plan.seed, index, plan.width, plan.height, &drawing);
                phantom.patient = format!("P{:0digits$}", number + 1);
                write_picture(&phantom, plan.seed, &drawing, out, format)?;
                phantom.picture.pixels = Vec::new();
                drawn.push(phantom);
            }
            progress(done.fetch_add(1, Ordering::Relaxed) + 1);
            Ok(drawn)
        })
        .collect::<Result<_, PhantomError>>()?;
    let patients = || phantoms.iter().filter_map(|views| views.first());
    let (ill, well): (Vec<&Phantom>, Vec<&Phantom>) = patients().partition(|p| p.label == 1);
    let summary = CohortSummary {
        patients: ill.len() + well.len(),
        positives: ill.len(),
        ceiling_auc: ceiling_auc(&ill, &well),
    };
    write_notice(&summary, plan, drawing, views, out)?;
    write_tables(&phantoms, out, format)?;
    Ok(summary)
}

fn check(drawing: &Drawing, views: &[Posture]) -> Result<(), PhantomError> {
    let bits = drawing.bits;
    if !BITS.contains(&bits) {
        return Err(PhantomError::Bits { bits });
    }
    let first = |&i: &usize| !views[..i].contains(&views[i]);
    let different = (0..views.len()).filter(first).count();
    if views.is_empty() || different < views.len() {
        return Err(PhantomError::Views {
            views: views.len(),
            different,
        });
    }
    Ok(())
}

/// Whether a candidate is kept where age is to follow the label: nine in ten of the wrong age are turned away.
fn keeps_age(seed: u64, index: u64, age: u8, label: u8) -> bool {
    let expected = if label == 1 { age >= 60 } else { age < 56 };
    expected || stream(seed, index, Stream::Choice).random_bool(0.1)
}

/// Indices of the candidates that fill both classes, in the order of their numbers.
fn choose(plan: &CohortPlan, age_follows_label: bool) -> Result<Vec<u64>, PhantomError> {
    let CohortPlan {
        patients,
        positives,
        width,
        height,
        seed,
    } = *plan;
    if patients == 0 {
        return Err(PhantomError::NoPatients);
    }
    if seed == PRETRAINING_SEED {
        return Err(PhantomError::ReservedSeed);
    }
    if positives > patients {
        return Err(PhantomError::TooManyPositives {
            positives,
            patients,
        });
    }
    if !SIDES.contains(&width) || !SIDES.contains(&height) {
        return Err(PhantomError::Size { width, height });
    }
    let quota = [patients - positives, positives];
    let mut found = [0; 2];
    let mut chosen = Vec::new();
    let candidates = (patients as u64).saturating_mul(CANDIDATES_PER_PATIENT);
    for index in 0..candidates {
        if found == quota {
            break;
        }
        let (anatomy, _, label) = candidate(seed, index);
        if age_follows_label && !keeps_age(seed, index, anatomy.age, label) {
            continue;
        }
        let class = usize::from(label);
        if found[class] < quota[class] {
            found[class] += 1;
            chosen.push(index);
        }
    }
    for label in [0u8, 1] {
        let class = usize::from(label);
        if found[class] < quota[class] {
            return Err(PhantomError::Quota {
                label,
                found: found[class],
                expected: quota[class],
                candidates,
            });
        }
    }
    chosen.shuffle(&mut stream(seed, u64::MAX >> 3, Stream::Anatomy));
    Ok(chosen)
}

fn refuse_full_folder(out: &Path) -> Result<(), PhantomError> {
    let io = |source| PhantomError::Io {
        path: out.to_path_buf(),
        source,
    };
    match std::fs::read_dir(out) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(Ok(_)) => Err(PhantomError::FolderNotEmpty {
                path: out.to_path_buf(),
            }),
            Some(Err(source)) => Err(io(source)),
        },
        Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(io(source)),
    }
}

/// Share of pairs (one ill, one well) in which the visible anatomy puts the ill one higher; ties count half.
fn ceiling_auc(ill: &[&Phantom], well: &[&Phantom]) -> Option<f64> {
    if ill.is_empty() || well.is_empty() {
        return None;
    }
    let mut sum = 0.0;
    for i in ill {
        for w in well {
            let difference = i.truth.visible_probability - w.truth.visible_probability;
            sum += if difference > 0.0 {
                1.0
            } else if difference == 0.0 {
                0.5
            } else {
                0.0
            };
        }
    }
    Some(sum / (ill.len() * well.len()) as f64)
}
