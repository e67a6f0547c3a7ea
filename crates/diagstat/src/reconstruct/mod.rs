//! The confusion matrices that could have produced the figures of a paper.
//!
//! In: class sizes, or their sum, and figures as printed ([`Printed`]). Out: [`Reconstruction`], every matrix whose
//! figures print so, with the averaging that explains them, and the nearest matrices where there is none.
//! "Recall" and "precision" in a paper may be those of either class or an average over both, and an "AUC" may be that of
//! the calls: all are tried, and those that explain the figures by one averaging are listed first. Figures average over
//! folds are treated apart ([`FoldAverages`]); those pooled over folds are of one matrix.
//! Every comparison is of integers, limits of a DeLong interval excepted. A figure that is 0/0 counts as 0, as
//! scikit-learn prints it, and the answer says so. All figures of an answer are rounded in one way, or all truncated.
//!
//! Source: the idea of testing printed figures against all matrices is that of Fazekas and Kovács 2024, Knowledge-Based
//! Systems 298:111966 (mlscorecheck), which says consistent or not. Beyond it: the matrices themselves, averagings,
//! AUC of the calls, inversion of a DeLong interval, an unknown prevalence, means over folds of precision and F1.
//! Checked against: mlscorecheck, and every matrix tried in fractions (tools/golden/printed_figures.py). They agree, except
//! that mlscorecheck is wider with MCC or kappa (it solves them by interval arithmetic, MCC by its square): there it calls
//! figures consistent that no matrix has.

mod band;
mod calls_interval;
mod exact;
mod explain;
mod fold_search;
mod folds;
mod nearest;
mod printed;
mod reading;
mod rows;
mod show;

use std::ops::ControlFlow;

use serde::Serialize;

pub use band::Rounding;
pub use explain::{Explanation, FittingMatrix, ScoresAucBounds};
pub use folds::{FoldAverages, FoldExplanation, FoldMethod, FoldSize, FoldVerdict, Folds};
pub use nearest::{Difference, NearMatrix};
pub use printed::{Figure, PrintedError, PrintedFigure, PrintedInterval, Scale};
pub use reading::{AucOf, Averaging, Reading};

use reading::Question;
use rows::{Row, Run, Sizes, Tolerance, rows};

/// Most patients where both class sizes are known, those of repeats counted.
pub const PATIENTS_MAX: u32 = 100_000;

/// Most patients where only their total is known, since every prevalence is tried.
pub const TOTAL_MAX: u32 = 2_000;

/// Most matrices that a [`Reconstruction`] lists; it counts all.
pub const LISTED_MAX: usize = 1_000;

/// Who was tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Patients {
    /// Both class sizes.
    Classes {
        /// Patients with the disease.
        positives: u32,
        /// Patients without it.
        negatives: u32,
    },
    /// All patients together; every prevalence with both classes is tried.
    Total(u32),
}

/// What a paper prints.
#[derive(Debug, Clone, PartialEq)]
pub struct Printed {
    /// Who was tested.
    pub patients: Patients,
    /// The figures, each at most once.
    pub figures: Vec<PrintedFigure>,
    /// DeLong's interval of the AUC; it may stand without the AUC.
    pub interval: Option<PrintedInterval>,
    /// Cross-validation, where the figures may be means over its folds.
    pub folds: Option<Folds>,
}

/// Why printed figures cannot be searched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReconstructError {
    /// Nothing to go by.
    #[error("no figure is given, expected at least one, such as the accuracy")]
    NoFigure,
    /// The same figure twice.
    #[error("the {figure} is given twice, expected once")]
    Twice {
        /// Which one.
        figure: Figure,
    },
    /// No patient in a class.
    #[error(
        "found {positives} positive and {negatives} negative patients, expected at least 1 of each"
    )]
    EmptyClass {
        /// Positive patients.
        positives: u32,
        /// Negative patients.
        negatives: u32,
    },
    /// A total that does not leave one patient for each class.
    #[error("found {found} patients, expected at least 2")]
    TooFew {
        /// Patients.
        found: u32,
    },
    /// More patients than are searched.
    #[error("found {found} patients, expected at most {most}{}", if *.most == TOTAL_MAX { " where the class sizes are not known" } else { "" })]
    TooMany {
        /// Patients.
        found: u64,
        /// The most that are searched.
        most: u32,
    },
    /// Folds of patients whose classes are not known.
    #[error("folds need both class sizes, found the total only")]
    FoldsOfTotal,
    /// Not as many folds as can be made.
    #[error(
        "found {found} folds of {smaller} patients in the smaller class, expected 2 to {smaller}"
    )]
    FoldCount {
        /// Folds.
        found: u32,
        /// Patients in the smaller class.
        smaller: u32,
    },
    /// Repeats that are not counted from 1.
    #[error(
        "found {found} repeats of {folds} folds, expected at least 1 and at most {most} folds in all"
    )]
    Repeats {
        /// Repeats.
        found: u32,
        /// Folds of one repeat.
        folds: u32,
        /// Most folds in all.
        most: u32,
    },
}

/// How the text of a figure was understood.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReadFigure {
    /// Which figure.
    pub figure: Figure,
    /// The text.
    pub text: String,
    /// As a fraction.
    pub value: f64,
    /// What the last printed digit is worth, as a fraction.
    pub last_digit: f64,
    /// How it was read.
    pub scale: Scale,
}

/// How many matrices fit, each counted once, where it explains the figures best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Found {
    /// One averaging explains recall, precision and F1, and a printed AUC is that of the calls.
    pub together: u64,
    /// One averaging, and the AUC can only be that of the scores.
    pub together_auc_of_scores: u64,
    /// Recall, precision and F1 need different averagings.
    pub mixed: u64,
    /// Different averagings, and the AUC can only be that of the scores.
    pub mixed_auc_of_scores: u64,
}

/// All matrices that print the figures as given.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reconstruction {
    /// Who was tested: those of one test set, or of all folds and repeats pooled.
    pub patients: Patients,
    /// How the figures were understood.
    pub figures: Vec<ReadFigure>,
    /// The interval's two limits as printed.
    pub interval: Option<(String, String)>,
    /// How many matrices fit.
    pub found: Found,
    /// The matrices, at most [`LISTED_MAX`], in the order of [`Found`].
    pub matrices: Vec<FittingMatrix>,
    /// Where none fits: the matrices whose figures come nearest, the nearest first.
    pub nearest: Vec<NearMatrix>,
    /// Where folds were given: whether the figures may be means over them.
    pub folds: Option<FoldAverages>,
}

impl Reconstruction {
    /// Whether some matrix, or some matrices of the folds, print every figure as given.
    #[must_use]
    pub fn fits(&self) -> bool {
        self.found.all() > 0 || self.folds.as_ref().is_some_and(FoldAverages::fits)
    }
}

impl Found {
    /// All matrices that fit.
    #[must_use]
    pub fn all(&self) -> u64 {
        self.together + self.together_auc_of_scores + self.mixed + self.mixed_auc_of_scores
    }
}

/// Every confusion matrix, and every averaging, that prints the figures as given; see [`Reconstruction`].
///
/// The number 1 among the figures is read as a fraction, and as a percentage where nothing fits so.
///
/// # Errors
/// [`ReconstructError`]: no figure, one twice, a class without patients, folds that cannot be, more than
/// [`PATIENTS_MAX`] patients, or more than [`TOTAL_MAX`] where only the total is known.
pub fn reconstruct(printed: &Printed) -> Result<Reconstruction, ReconstructError> {
    let all_sizes = checked(printed)?;
    let as_fraction = search(printed, &all_sizes, Scale::Fraction)?;
    let in_doubt = printed
        .figures
        .iter()
        .any(|figure| figure.scale().is_none());
    if as_fraction.fits() || !in_doubt {
        return Ok(as_fraction);
    }
    let as_percent = search(printed, &all_sizes, Scale::Percent)?;
    Ok(if as_percent.fits() {
        as_percent
    } else {
        as_fraction
    })
}

/// The class sizes to try.
fn checked(printed: &Printed) -> Result<Vec<Sizes>, ReconstructError> {
    if printed.figures.is_empty() && printed.interval.is_none() {
        return Err(ReconstructError::NoFigure);
    }
    for (index, printed_figure) in printed.figures.iter().enumerate() {
        let figure = printed_figure.figure;
        if printed.figures[..index]
            .iter()
            .any(|earlier| earlier.figure == figure)
        {
            return Err(ReconstructError::Twice { figure });
        }
    }
    match printed.patients {
        Patients::Classes {
            positives,
            negatives,
        } => {
            if positives == 0 || negatives == 0 {
                return Err(ReconstructError::EmptyClass {
                    positives,
                    negatives,
                });
            }
            let repeats = match &printed.folds {
                Some(folds) => folds.checked(positives.min(negatives))?.repeats,
                None => 1,
            };
            let patients = (u64::from(positives) + u64::from(negatives)) * u64::from(repeats);
            if patients > u64::from(PATIENTS_MAX) {
                return Err(ReconstructError::TooMany {
                    found: patients,
                    most: PATIENTS_MAX,
                });
            }
            Ok(vec![Sizes {
                positives: positives * repeats,
                negatives: negatives * repeats,
            }])
        }
        Patients::Total(_) if printed.folds.is_some() => Err(ReconstructError::FoldsOfTotal),
        Patients::Total(found) if found < 2 => Err(ReconstructError::TooFew { found }),
        Patients::Total(total) if total > TOTAL_MAX => Err(ReconstructError::TooMany {
            found: total.into(),
            most: TOTAL_MAX,
        }),
        Patients::Total(total) => Ok((1..total)
            .map(|positives| Sizes {
                positives,
                negatives: total - positives,
            })
            .collect()),
    }
}

const PRINTED: [Tolerance; 2] = [
    Tolerance::Rounded(Rounding::Nearest),
    Tolerance::Rounded(Rounding::Truncated),
];

fn search(
    printed: &Printed,
    all_sizes: &[Sizes],
    scale: Scale,
) -> Result<Reconstruction, ReconstructError> {
    let question = Question::new(&printed.figures, printed.interval.as_ref(), scale);
    let readings = question.readings();
    let mut answers = Answers::default();
    for &sizes in all_sizes {
        // Nothing breaks off: all matrices are counted.
        let _ = rows(&question, &readings, sizes, &PRINTED, &mut |row| {
            answers.add(&question, &readings, &row);
            ControlFlow::Continue(())
        });
    }
    let [together, together_auc_of_scores, mixed, mixed_auc_of_scores] = answers.found;
    let mut matrices = answers.listed.concat();
    matrices.truncate(LISTED_MAX);
    let nearest = if matrices.is_empty() {
        nearest::nearest(&question, &readings, all_sizes)
    } else {
        Vec::new()
    };
    Ok(Reconstruction {
        patients: match (printed.patients, all_sizes) {
            (Patients::Classes { .. }, [sizes]) => Patients::Classes {
                positives: sizes.positives,
                negatives: sizes.negatives,
            },
            (patients, _) => patients,
        },
        figures: printed
            .figures
            .iter()
            .map(|figure| read(figure, scale))
            .collect(),
        interval: printed
            .interval
            .as_ref()
            .map(|interval| interval.text.clone()),
        found: Found {
            together,
            together_auc_of_scores,
            mixed,
            mixed_auc_of_scores,
        },
        matrices,
        nearest,
        folds: printed
            .folds
            .as_ref()
            .map(|folds| folds::averages(&question, &readings, printed.patients, folds)),
    })
}

fn read(printed: &PrintedFigure, scale: Scale) -> ReadFigure {
    let decimal = printed.decimal(scale);
    ReadFigure {
        figure: printed.figure,
        text: printed.text.clone(),
        value: decimal.value(),
        last_digit: 1.0 / decimal.unit_parts(),
        scale: printed.scale().unwrap_or(scale),
    }
}

/// Matrices by tier, as they are found.
#[derive(Default)]
struct Answers {
    found: [u64; 4],
    listed: [Vec<FittingMatrix>; 4],
}

impl Answers {
    fn add(&mut self, question: &Question, readings: &[Reading], row: &Row) {
        let mut counted = Vec::new();
        for tier in 0..self.found.len() {
            let of_tier = row.runs.iter().filter(|(of, _)| *of == tier);
            for &(_, run) in of_tier {
                for fresh in uncounted(run, &counted) {
                    self.found[tier] += u64::from(fresh.to - fresh.from);
                    let room = LISTED_MAX.saturating_sub(self.listed[tier].len());
                    let matrices = (fresh.from..fresh.to)
                        .map(|tn| row.sizes.matrix(row.true_positives, tn))
                        .filter_map(|matrix| FittingMatrix::explained(question, readings, matrix));
                    self.listed[tier].extend(matrices.take(room));
                    counted.push(fresh);
                }
            }
        }
    }
}

/// The parts of a run that none of the counted runs, which are apart from each other, covers.
fn uncounted(run: Run, counted: &[Run]) -> Vec<Run> {
    let mut rest = vec![run];
    for other in counted {
        rest = rest
            .iter()
            .flat_map(|part| {
                let before = Run {
                    from: part.from,
                    to: part.to.min(other.from),
                };
                let after = Run {
                    from: part.from.max(other.to),
                    to: part.to,
                };
                [before, after]
            })
            .filter(|part| part.from < part.to)
            .collect();
    }
    rest
}
