//! Obuchowski and Rockette's analysis of several readers and treatments, with Hillis's degrees of freedom.
//!
//! In: [`ReaderFigures`]. Out: [`TreatmentComparison`]: do the treatments differ, by how much, and the figure of each
//! with its interval; reader by reader ([`ReaderFigures::reader_differences`]); and readers against a model that reads
//! alone ([`ReaderFigures::against_model`]).
//! [`Inference`] says whom the result speaks of. Random readers and random cases is the one to report. Fixed readers:
//! these readers, other patients. Fixed cases: these patients, other readers. With one reader and two treatments the
//! analysis of fixed readers is DeLong's test.
//! For random readers a negative estimate of `Cov2 - Cov3`, and for one treatment of `Cov2`, counts as 0, as Hillis
//! prescribes. For fixed readers it does not: the sum is then the variance of a mean over patients, never negative, and
//! equal to DeLong's for the mean over readers. MRMCaov does the same for differences, and for a treatment alone sets
//! `Cov2` to 0, which makes that interval wider than the readers' own covariances do.
//! Intervals of a treatment rest on its own readings only. An interval may pass 1 where the figure is near it; it is
//! not cut.
//!
//! Source: Obuchowski and Rockette 1995, Commun Stat Simul Comput 24:285; Hillis 2007, Stat Med 26:596; Hillis, Berbaum
//! and Metz 2008, Acad Radiol 15:647; Hillis 2014, Stat Med 33:330. Checked against: MRMCaov, and pROC for one reader
//! (tools/golden/mrmcaov.R).

use serde::Serialize;

use super::figures::ReaderFigures;
use crate::distribution::student_quantile_two_sided;
use crate::hypothesis::HypothesisTest;
use crate::interval::{Interval, IntervalMethod, Level};
use crate::measured::Measured;
use crate::undefined::{Group, Undefined, value_or_reason};

/// Below this the square of a difference of figures, which lie from 0 to 1, is rounding.
const SQUARE_MIN: f64 = 1e-24;

/// Whom the result speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Inference {
    /// Readers and patients like these: both are samples.
    RandomReadersRandomCases,
    /// These readers and patients like these.
    FixedReaders,
    /// Readers like these and these patients.
    FixedCases,
}

/// A comparison of treatments as it is reported.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TreatmentComparison {
    /// Whom it speaks of.
    pub inference: Inference,
    /// The test of equal treatments.
    #[serde(serialize_with = "value_or_reason")]
    pub test: Result<HypothesisTest, Undefined>,
    /// Every pair of treatments, in order.
    pub differences: Vec<TreatmentDifference>,
    /// The mean figure of each treatment over readers.
    pub treatments: Vec<Measured>,
}

/// The difference of two figures.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TreatmentDifference {
    /// First minus second figure.
    pub difference: Measured,
    /// The test of no difference.
    #[serde(serialize_with = "value_or_reason")]
    pub test: Result<HypothesisTest, Undefined>,
}

/// Readers against a model that read the same patients; differences are readers minus model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelComparison {
    /// The model's figure.
    pub model: f64,
    /// The readers' mean figure.
    pub readers: f64,
    /// Mean difference for readers and patients like these.
    pub random_readers: TreatmentDifference,
    /// Mean difference for these readers and patients like these.
    pub fixed_readers: TreatmentDifference,
    /// Each reader's difference, without the model's place.
    pub each: Vec<TreatmentDifference>,
}

/// The standard error of a difference or mean, with the degrees of freedom that the normal distribution has not.
#[derive(Clone, Copy)]
struct StandardError {
    error: f64,
    degrees: Option<f64>,
}

impl ReaderFigures {
    /// Compares the treatments.
    ///
    /// # Undefined when
    /// there are fewer than two treatments. Tests and intervals for random readers need two readers; none has a value
    /// where the spread that it divides by is 0, as between readings that are all alike.
    ///
    /// # References
    /// Obuchowski and Rockette 1995, Commun Stat Simul Comput 24:285, doi:10.1080/03610919508813243. Hillis 2007, Stat
    /// Med 26:596, doi:10.1002/sim.2532. Hillis 2014, Stat Med 33:330, doi:10.1002/sim.5926.
    pub fn compare(
        &self,
        inference: Inference,
        level: Level,
    ) -> Result<TreatmentComparison, Undefined> {
        let means = self.treatment_means();
        Group::Treatments.at_least(2, means.len() as u64)?;
        let denominator = self.denominator(inference);
        let error = denominator.map(|(denominator, degrees)| StandardError {
            error: (2.0 / self.readers() as f64 * denominator).sqrt(),
            degrees,
        });
        let mut differences = Vec::new();
        for (first, mean) in means.iter().enumerate() {
            for other in &means[first + 1..] {
                differences.push(difference(mean - other, error, inference, level));
            }
        }
        Ok(TreatmentComparison {
            inference,
            test: denominator.map(|of| self.global_test(of)),
            differences,
            treatments: (0..means.len())
                .map(|treatment| self.of_treatment(treatment).mean(inference, level))
                .collect(),
        })
    }

    /// Each reader alone: every pair of treatments, in order, from this reader's readings only.
    ///
    /// # Undefined when
    /// there are fewer than two treatments.
    ///
    /// # References
    /// Hillis, Berbaum and Metz 2008, Acad Radiol 15:647, doi:10.1016/j.acra.2007.12.015.
    pub fn reader_differences(
        &self,
        level: Level,
    ) -> Result<Vec<Vec<TreatmentDifference>>, Undefined> {
        (0..self.readers())
            .map(|reader| {
                let alone = self
                    .of_reader(reader)
                    .compare(Inference::FixedReaders, level)?;
                Ok(alone.differences)
            })
            .collect()
    }

    /// The readers of one treatment against the model, which holds the place `model` among them (counted from 0): the
    /// analysis of a single treatment, of the differences from the model.
    ///
    /// # Undefined when
    /// the treatment or place does not exist, or there is no reader besides the model.
    ///
    /// # References
    /// Hillis 2014, Stat Med 33:330, doi:10.1002/sim.5926.
    pub fn against_model(
        &self,
        treatment: usize,
        model: usize,
        level: Level,
    ) -> Result<ModelComparison, Undefined> {
        Group::Treatments.at_least(treatment as u64 + 1, self.figures().len() as u64)?;
        Group::Readers.at_least(model as u64 + 1, self.readers() as u64)?;
        Group::Readers.at_least(2, self.readers() as u64)?;
        let figures = &self.figures()[treatment];
        let others: Vec<usize> = (0..figures.len())
            .filter(|&reader| reader != model)
            .collect();
        let between = |one, other| self.between((treatment, one), (treatment, other));
        let differences = Self::from_checked(
            vec![
                others
                    .iter()
                    .map(|&one| figures[one] - figures[model])
                    .collect(),
            ],
            others
                .iter()
                .map(|&one| {
                    let covariance = |&other: &usize| {
                        sum_or_zero(&[
                            between(one, other),
                            -between(one, model),
                            -between(model, other),
                            between(model, model),
                        ])
                    };
                    others.iter().map(covariance).collect()
                })
                .collect(),
        );
        let mean = differences.treatment_means()[0];
        let of =
            |inference| difference(mean, differences.error_of_mean(inference), inference, level);
        let each = |(place, value): (usize, &f64)| {
            let variance = differences.between((0, place), (0, place));
            let error =
                spread(variance, "the variance of the difference").map(|variance| StandardError {
                    error: variance.sqrt(),
                    degrees: None,
                });
            difference(*value, error, Inference::FixedReaders, level)
        };
        Ok(ModelComparison {
            model: figures[model],
            readers: figures[model] + mean,
            random_readers: of(Inference::RandomReadersRandomCases),
            fixed_readers: of(Inference::FixedReaders),
            each: differences.figures()[0]
                .iter()
                .enumerate()
                .map(each)
                .collect(),
        })
    }

    /// What the mean square of treatments is divided by, and its degrees of freedom.
    fn denominator(&self, inference: Inference) -> Result<(f64, Option<f64>), Undefined> {
        let (t, r) = (self.figures().len() as f64, self.readers() as f64);
        let covariances = self.covariance_means();
        if inference == Inference::FixedReaders {
            let sum = sum_or_zero(&[
                covariances.error,
                -covariances.same_reader,
                (r - 1.0) * covariances.same_treatment,
                -(r - 1.0) * covariances.all_different,
            ]);
            return spread(sum, "the variance of a difference of treatments")
                .map(|sum| (sum, None));
        }
        Group::Readers.at_least(2, self.readers() as u64)?;
        let interaction = self.mean_squares().interaction;
        let shared = covariances.same_treatment - covariances.all_different;
        let sum = match inference {
            Inference::FixedCases => interaction,
            _ => interaction + r * shared.max(0.0),
        };
        let sum = spread(sum, "the mean square of treatments by readers")?;
        Ok((sum, hillis_degrees((t - 1.0) * (r - 1.0), sum, interaction)))
    }

    fn global_test(&self, (denominator, degrees): (f64, Option<f64>)) -> HypothesisTest {
        let above = self.figures().len() as f64 - 1.0;
        let ratio = self.mean_squares().treatments / denominator;
        match degrees {
            Some(below) => HypothesisTest::fisher(
                "equal treatments, Obuchowski-Rockette",
                ratio,
                (above, below),
            ),
            None => HypothesisTest::chi_squared(
                "equal treatments, Obuchowski-Rockette",
                above * ratio,
                above,
            ),
        }
    }

    /// The mean figure of a single treatment.
    fn mean(&self, inference: Inference, level: Level) -> Measured {
        let mean = self.treatment_means()[0];
        Measured::new(
            mean,
            self.error_of_mean(inference)
                .map(|error| error.interval(mean, inference, level)),
        )
    }

    /// The standard error of the mean figure of a single treatment.
    fn error_of_mean(&self, inference: Inference) -> Result<StandardError, Undefined> {
        let r = self.readers() as f64;
        let covariances = self.covariance_means();
        let shared = covariances.same_treatment;
        if inference == Inference::FixedReaders {
            let sum = sum_or_zero(&[covariances.error, (r - 1.0) * shared]);
            return spread(sum, "the variance of a mean over readers").map(|sum| StandardError {
                error: (sum / r).sqrt(),
                degrees: None,
            });
        }
        Group::Readers.at_least(2, self.readers() as u64)?;
        let between = self.mean_squares().readers;
        let sum = match inference {
            Inference::FixedCases => between,
            _ => between + r * shared.max(0.0),
        };
        let sum = spread(sum, "the mean square of readers")?;
        Ok(StandardError {
            error: (sum / r).sqrt(),
            degrees: hillis_degrees(r - 1.0, sum, between),
        })
    }
}

/// Hillis's degrees of freedom; none, as of the normal distribution, where the mean square adds nothing to the sum.
fn hillis_degrees(of_square: f64, sum: f64, square: f64) -> Option<f64> {
    (square > SQUARE_MIN).then(|| of_square * (sum / square).powi(2))
}

impl StandardError {
    fn interval(self, value: f64, inference: Inference, level: Level) -> Interval {
        let quantile = match self.degrees {
            Some(degrees) => student_quantile_two_sided(1.0 - level.get(), degrees),
            None => level.z(),
        };
        Interval {
            low: value - quantile * self.error,
            high: value + quantile * self.error,
            level,
            method: match inference {
                Inference::RandomReadersRandomCases => IntervalMethod::ObuchowskiRocketteHillis,
                Inference::FixedReaders => IntervalMethod::ObuchowskiRocketteFixedReaders,
                Inference::FixedCases => IntervalMethod::StudentT,
            },
        }
    }
}

fn difference(
    value: f64,
    error: Result<StandardError, Undefined>,
    inference: Inference,
    level: Level,
) -> TreatmentDifference {
    TreatmentDifference {
        difference: Measured::new(
            value,
            error.map(|error| error.interval(value, inference, level)),
        ),
        test: error.map(|error| {
            let ratio = value / error.error;
            match error.degrees {
                Some(degrees) => {
                    HypothesisTest::student("difference, Obuchowski-Rockette", ratio, degrees)
                }
                None => HypothesisTest::normal("difference, Obuchowski-Rockette", ratio),
            }
        }),
    }
}

/// The sum, or 0 where all that is left of the terms is rounding. A patient whose readings differ leaves far more: the
/// variance of a difference is then at least about 1 / patients^2 of the variances themselves.
fn sum_or_zero(terms: &[f64]) -> f64 {
    let sum: f64 = terms.iter().sum();
    let scale: f64 = terms.iter().map(|term| term.abs()).sum();
    if sum.abs() < 1e-13 * scale { 0.0 } else { sum }
}

fn spread(square: f64, of: &'static str) -> Result<f64, Undefined> {
    if square > SQUARE_MIN {
        Ok(square)
    } else {
        Err(Undefined::ZeroSpread { of })
    }
}
