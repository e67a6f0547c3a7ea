//! The mean squares of treatments by readers, and the components of variance that follow from them.
//!
//! In: [`ReaderFigures`]. Out: [`VarianceComponents`], and the sums that the tests are made of.
//! An estimate of a component may be negative, since it is a difference. It is given as it is: a negative component
//! says that the study cannot tell it from 0. The tests do not use the components of readers; for random readers they
//! use max(Cov2 - Cov3, 0) and, for one treatment, max(Cov2, 0), as Hillis prescribes.
//!
//! Source: Obuchowski and Rockette 1995, Commun Stat Simul Comput 24:285; Hillis 2007, Stat Med 26:596; Hillis 2014,
//! Stat Med 33:330. Checked against: MRMCaov (tools/golden/mrmcaov.R).

use serde::Serialize;

use super::figures::ReaderFigures;
use crate::undefined::{Group, Undefined};

/// The components of variance in Obuchowski and Rockette's model.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct VarianceComponents {
    /// Of readers; negative where the estimate is.
    pub readers: f64,
    /// Of the interaction of treatments and readers; negative where the estimate is.
    pub treatments_by_readers: f64,
    /// Of the error: the mean variance of a reading over patients.
    pub error: f64,
    /// Mean covariance of the same reader under different treatments (Cov1).
    pub same_reader: f64,
    /// Mean covariance of different readers under the same treatment (Cov2).
    pub same_treatment: f64,
    /// Mean covariance of different readers under different treatments (Cov3).
    pub all_different: f64,
}

/// Mean squares of the two-way layout without replicates.
pub(super) struct MeanSquares {
    pub treatments: f64,
    pub readers: f64,
    pub interaction: f64,
}

/// Sum and number of the covariances of one kind.
#[derive(Default)]
struct Mean {
    sum: f64,
    count: f64,
}

impl Mean {
    fn add(&mut self, number: f64) {
        self.sum += number;
        self.count += 1.0;
    }

    fn get(&self) -> f64 {
        if self.count > 0.0 {
            self.sum / self.count
        } else {
            0.0
        }
    }
}

impl ReaderFigures {
    /// The estimates of all components.
    ///
    /// # Undefined when
    /// there are fewer than two treatments or readers.
    ///
    /// # References
    /// Hillis 2014, Stat Med 33:330, doi:10.1002/sim.5926.
    pub fn variance_components(&self) -> Result<VarianceComponents, Undefined> {
        Group::Treatments.at_least(2, self.figures().len() as u64)?;
        Group::Readers.at_least(2, self.readers() as u64)?;
        let squares = self.mean_squares();
        let of = self.covariance_means();
        Ok(VarianceComponents {
            readers: (squares.readers - squares.interaction) / self.figures().len() as f64
                - of.same_reader
                + of.all_different,
            treatments_by_readers: squares.interaction - of.error
                + of.same_reader
                + of.same_treatment
                - of.all_different,
            ..of
        })
    }

    /// The components that need no mean squares; 0 where a kind does not occur.
    pub(super) fn covariance_means(&self) -> VarianceComponents {
        let mut kinds: [Mean; 4] = Default::default();
        let readings: Vec<(usize, usize)> = self.readings().collect();
        for &first in &readings {
            for &second in &readings {
                let kind = 2 * usize::from(first.1 != second.1) + usize::from(first.0 != second.0);
                kinds[kind].add(self.between(first, second));
            }
        }
        let [error, same_reader, same_treatment, all_different] = kinds.map(|kind| kind.get());
        VarianceComponents {
            readers: 0.0,
            treatments_by_readers: 0.0,
            error,
            same_reader,
            same_treatment,
            all_different,
        }
    }

    /// Mean squares; those with no degree of freedom are 0.
    pub(super) fn mean_squares(&self) -> MeanSquares {
        let (t, r) = (self.figures().len() as f64, self.readers() as f64);
        let of_treatments = self.treatment_means();
        let of_readers: Vec<f64> = (0..self.readers())
            .map(|reader| self.figures().iter().map(|of| of[reader]).sum::<f64>() / t)
            .collect();
        let grand = of_treatments.iter().sum::<f64>() / t;
        let squares =
            |means: &[f64]| -> f64 { means.iter().map(|mean| (mean - grand).powi(2)).sum() };
        let interaction: f64 = self
            .readings()
            .map(|(treatment, reader)| {
                self.figures()[treatment][reader] - of_treatments[treatment] - of_readers[reader]
                    + grand
            })
            .map(|rest| rest * rest)
            .sum();
        let per = |sum: f64, degrees: f64| if degrees > 0.0 { sum / degrees } else { 0.0 };
        MeanSquares {
            treatments: per(r * squares(&of_treatments), t - 1.0),
            readers: per(t * squares(&of_readers), r - 1.0),
            interaction: per(interaction, (t - 1.0) * (r - 1.0)),
        }
    }

    pub(super) fn treatment_means(&self) -> Vec<f64> {
        self.figures()
            .iter()
            .map(|of| of.iter().sum::<f64>() / of.len() as f64)
            .collect()
    }

    /// Every (treatment, reader).
    fn readings(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        (0..self.figures().len())
            .flat_map(|treatment| (0..self.readers()).map(move |reader| (treatment, reader)))
    }

    /// The readings under one treatment alone.
    pub(super) fn of_treatment(&self, treatment: usize) -> Self {
        self.of_readings(vec![
            (0..self.readers())
                .map(|reader| (treatment, reader))
                .collect(),
        ])
    }

    /// The readings of one reader alone.
    pub(super) fn of_reader(&self, reader: usize) -> Self {
        self.of_readings(
            (0..self.figures().len())
                .map(|treatment| vec![(treatment, reader)])
                .collect(),
        )
    }

    fn of_readings(&self, readings: Vec<Vec<(usize, usize)>>) -> Self {
        let flat: Vec<(usize, usize)> = readings.iter().flatten().copied().collect();
        Self::from_checked(
            readings
                .iter()
                .map(|of| {
                    of.iter()
                        .map(|&(treatment, reader)| self.figures()[treatment][reader])
                        .collect()
                })
                .collect(),
            flat.iter()
                .map(|&first| {
                    flat.iter()
                        .map(|&second| self.between(first, second))
                        .collect()
                })
                .collect(),
        )
    }
}
