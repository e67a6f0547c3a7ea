//! The figure of merit of every reading, with the covariances that come from reading the same patients.
//!
//! In: a [`Crossed`] reading and a [`FigureOfMerit`], or figures and covariances from elsewhere. Out:
//! [`ReaderFigures`], which the analysis of Obuchowski and Rockette starts from. A figure is a mean of structural
//! components, one for each patient: for the area, the share of the other class that the patient is ranked rightly
//! against. DeLong's covariance and the jackknife's both follow from the components alone; the jackknife leaves each
//! patient out once and is slightly larger.
//!
//! Source: DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44:837; Obuchowski and Rockette 1995, Commun Stat Simul
//! Comput 24:285. Checked against: MRMCaov and pROC (tools/golden/mrmcaov.R).

use serde::Serialize;

use super::crossed::Crossed;
use crate::scores::Scores;
use crate::undefined::{Group, Undefined};

/// What the readers are judged by.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FigureOfMerit {
    /// The area under the ROC curve by trapezoids; of calls it is the mean of sensitivity and specificity.
    Area,
    /// Part of the positive patients with at least this score.
    Sensitivity(f64),
    /// Part of the negative patients with a lower score than this.
    Specificity(f64),
}

/// How the covariances of the readings are estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CovarianceMethod {
    /// From the structural components.
    Delong,
    /// By leaving out once each patient that the figure depends on; for a sensitivity or specificity the same as
    /// `Delong`.
    Jackknife,
}

/// A figure of merit for each treatment and reader with its covariances over patients.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReaderFigures {
    figures: Vec<Vec<f64>>,
    covariances: Vec<Vec<f64>>,
}

/// Figures that cannot be analysed.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum FiguresError {
    /// Nothing to analyse.
    #[error("found no figure of a reader, expected at least one")]
    Empty,
    /// A reader who did not read under a treatment.
    #[error(
        "treatment {treatment} has {found} readers and treatment 1 has {expected}, expected the same readers under each"
    )]
    Readers {
        /// The treatment, counted from 1.
        treatment: usize,
        /// Its readers.
        found: usize,
        /// Those of the first treatment.
        expected: usize,
    },
    /// Covariances of other figures.
    #[error(
        "the covariances are no table of {expected} rows and as many columns, one for each figure"
    )]
    NotSquare {
        /// Number of figures.
        expected: usize,
    },
    /// A figure or covariance that is NaN or infinite.
    #[error("found {found} among figures and covariances, expected finite numbers")]
    NotFinite {
        /// The number.
        found: f64,
    },
}

/// The structural components of one reading.
struct Components {
    figure: f64,
    /// Patients that the figure depends on.
    patients: usize,
    positives: Vec<f64>,
    negatives: Vec<f64>,
}

impl ReaderFigures {
    /// Figures and covariances of a reading.
    ///
    /// # Undefined when
    /// a class has fewer than two patients.
    ///
    /// # References
    /// DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44:837, doi:10.2307/2531595.
    pub fn from_readings(
        crossed: &Crossed,
        figure: FigureOfMerit,
        method: CovarianceMethod,
    ) -> Result<Self, Undefined> {
        let first = &crossed.treatments()[0][0];
        Group::Positive.at_least(2, first.positives().into())?;
        Group::Negative.at_least(2, first.negatives().into())?;
        let components: Vec<Components> = crossed
            .treatments()
            .iter()
            .flatten()
            .map(|scores| Components::of(scores, figure))
            .collect();
        let covariances = components
            .iter()
            .map(|one| {
                components
                    .iter()
                    .map(|other| one.covariance(other, method))
                    .collect()
            })
            .collect();
        let figures: Vec<f64> = components.iter().map(|of| of.figure).collect();
        Ok(Self {
            figures: figures
                .chunks(crossed.readers())
                .map(<[f64]>::to_vec)
                .collect(),
            covariances,
        })
    }

    /// `figures[treatment][reader]` and the covariances of all readings over patients, counted treatment by treatment.
    ///
    /// # Errors
    /// [`FiguresError`] where there is no figure, a treatment lacks a reader, the covariances are no such table, or a
    /// number is not finite.
    pub fn new(figures: Vec<Vec<f64>>, covariances: Vec<Vec<f64>>) -> Result<Self, FiguresError> {
        let expected = figures.first().map_or(0, Vec::len);
        if expected == 0 {
            return Err(FiguresError::Empty);
        }
        for (readers, treatment) in figures.iter().zip(1..) {
            if readers.len() != expected {
                return Err(FiguresError::Readers {
                    treatment,
                    found: readers.len(),
                    expected,
                });
            }
        }
        let expected = expected * figures.len();
        if covariances.len() != expected || covariances.iter().any(|row| row.len() != expected) {
            return Err(FiguresError::NotSquare { expected });
        }
        let numbers = figures.iter().chain(&covariances).flatten();
        match numbers.copied().find(|number| !number.is_finite()) {
            Some(found) => Err(FiguresError::NotFinite { found }),
            None => Ok(Self {
                figures,
                covariances,
            }),
        }
    }

    /// `figures()[treatment][reader]`.
    #[must_use]
    pub fn figures(&self) -> &[Vec<f64>] {
        &self.figures
    }

    /// The covariance over patients of two readings, each a (treatment, reader) counted from 0; `None` where one does
    /// not exist.
    #[must_use]
    pub fn covariance(&self, first: (usize, usize), second: (usize, usize)) -> Option<f64> {
        let exists = |(treatment, reader): (usize, usize)| {
            treatment < self.figures.len() && reader < self.readers()
        };
        (exists(first) && exists(second)).then(|| self.between(first, second))
    }

    /// As [`ReaderFigures::new`], of numbers taken from figures that were checked.
    pub(super) fn from_checked(figures: Vec<Vec<f64>>, covariances: Vec<Vec<f64>>) -> Self {
        Self {
            figures,
            covariances,
        }
    }

    pub(super) fn between(&self, first: (usize, usize), second: (usize, usize)) -> f64 {
        let place = |(treatment, reader)| treatment * self.readers() + reader;
        self.covariances[place(first)][place(second)]
    }

    pub(super) fn readers(&self) -> usize {
        self.figures[0].len()
    }
}

impl Components {
    fn of(scores: &Scores, figure: FigureOfMerit) -> Self {
        let of_class = |class: bool| -> Vec<f64> {
            let patients = scores.iter();
            patients
                .filter(|(positive, _)| *positive == class)
                .map(|(_, score)| score)
                .collect()
        };
        let (positives, negatives) = (of_class(true), of_class(false));
        let part = |holds: bool| f64::from(u8::from(holds));
        match figure {
            FigureOfMerit::Area => {
                let above = placements(&positives, &negatives);
                let below = placements(&negatives, &positives);
                Self {
                    figure: mean(&above),
                    patients: above.len() + below.len(),
                    positives: above,
                    negatives: below.iter().map(|share| 1.0 - share).collect(),
                }
            }
            FigureOfMerit::Sensitivity(threshold) => {
                let calls: Vec<f64> = positives
                    .iter()
                    .map(|one| part(*one >= threshold))
                    .collect();
                let figure = mean(&calls);
                Self {
                    figure,
                    patients: calls.len(),
                    positives: calls,
                    negatives: vec![figure; negatives.len()],
                }
            }
            FigureOfMerit::Specificity(threshold) => {
                let calls: Vec<f64> = negatives.iter().map(|one| part(*one < threshold)).collect();
                let figure = mean(&calls);
                Self {
                    figure,
                    patients: calls.len(),
                    positives: vec![figure; positives.len()],
                    negatives: calls,
                }
            }
        }
    }

    fn covariance(&self, other: &Self, method: CovarianceMethod) -> f64 {
        let products = |ours: &[f64], theirs: &[f64]| -> f64 {
            ours.iter()
                .zip(theirs)
                .map(|(one, two)| (one - self.figure) * (two - other.figure))
                .sum()
        };
        let positives = products(&self.positives, &other.positives);
        let negatives = products(&self.negatives, &other.negatives);
        let (m, n) = (self.positives.len() as f64, self.negatives.len() as f64);
        match method {
            CovarianceMethod::Delong => positives / (m * (m - 1.0)) + negatives / (n * (n - 1.0)),
            // Without a patient of component c among m the figure is (m figure - c) / (m - 1).
            CovarianceMethod::Jackknife => {
                let patients = self.patients as f64;
                (positives / (m - 1.0).powi(2) + negatives / (n - 1.0).powi(2)) * (patients - 1.0)
                    / patients
            }
        }
    }
}

/// For each of `ours` the share of `others` that lies below it; ties count one half.
fn placements(ours: &[f64], others: &[f64]) -> Vec<f64> {
    let mut sorted = others.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    ours.iter()
        .map(|one| {
            let below = sorted.partition_point(|other| other < one);
            let up_to = sorted.partition_point(|other| other <= one);
            (below + up_to) as f64 / (2 * sorted.len()) as f64
        })
        .collect()
}

fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len() as f64
}
