//! Kappa: agreement of raters beyond chance, of two (Cohen) or of many (Fleiss).
//!
//! In: [`Ratings`] (the category that each rater gave each patient), or the counts of a [`CrossTable`]. Out: [`Kappa`].
//! A kappa depends on how common the categories are: with few positive patients it is low though the raters agree on
//! almost all. [`CrossTable::pabak`] stands beside it for that reason, and neither says which rater is right.
//! The interval is a large-sample one and may pass 1; it is not cut, so that its width shows what it rests on.
//!
//! Source: Cohen 1960, Educ Psychol Meas 20:37; Cohen 1968, Psychol Bull 70:213; Fleiss, Cohen and Everitt 1969,
//! Psychol Bull 72:323; Fleiss 1971, Psychol Bull 76:378; Fleiss, Nee and Landis 1979, Psychol Bull 86:974; Byrt,
//! Bishop and Carlin 1993, J Clin Epidemiol 46:423. Checked against: statsmodels (tools/golden/statsmodels_kappa.py).

use serde::Serialize;

use crate::distribution::student_quantile_two_sided;
use crate::hypothesis::HypothesisTest;
use crate::interval::{Interval, IntervalMethod, Level, Proportion, ProportionInterval};
use crate::measured::Measured;
use crate::undefined::{Group, Undefined, value_or_reason};

/// Below this a variance of kappa is rounding of 0.
const VARIANCE_MIN: f64 = 1e-15;

/// How much a disagreement counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KappaWeights {
    /// All disagreements alike: for categories without an order.
    Unweighted,
    /// By the distance of the categories.
    Linear,
    /// By the square of the distance of the categories.
    Quadratic,
}

/// A kappa as it is reported.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Kappa {
    /// At most 1; 0 is agreement as by chance.
    pub kappa: Measured,
    /// The test of no agreement beyond chance.
    #[serde(serialize_with = "value_or_reason")]
    pub test: Result<HypothesisTest, Undefined>,
}

/// The categories that at least two raters gave the same patients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ratings {
    categories: usize,
    raters: Vec<Vec<usize>>,
}

/// The patients by the categories of two raters; row for the first rater, column for the second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrossTable {
    categories: usize,
    counts: Vec<u32>,
}

/// Ratings that cannot be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RatingsError {
    /// Agreement needs two.
    #[error("found ratings of {found} raters, expected at least 2")]
    Raters {
        /// How many there are.
        found: usize,
    },
    /// One category leaves nothing to agree on.
    #[error("found {found} categories, expected at least 2")]
    Categories {
        /// How many there are.
        found: usize,
    },
    /// Another number of patients.
    #[error(
        "rater {rater} rated {found} patients and rater 1 {expected}, expected the same patients"
    )]
    Patients {
        /// The rater, counted from 1.
        rater: usize,
        /// Its patients.
        found: usize,
        /// Those of the first rater.
        expected: usize,
    },
    /// A category that does not exist.
    #[error("rater {rater} gave patient {row} category {found}, expected 0 to {most}")]
    Category {
        /// The rater, counted from 1.
        rater: usize,
        /// The place of the patient, counted from 1.
        row: usize,
        /// The category, counted from 0.
        found: usize,
        /// The last category.
        most: usize,
    },
    /// Counts that are no square table.
    #[error("found {found} counts, expected {expected}, one for each pair of categories")]
    NotSquare {
        /// Number of counts.
        found: usize,
        /// Number of pairs of categories.
        expected: usize,
    },
}

impl Ratings {
    /// The category (0 to `categories` - 1) that each rater gave each patient: `raters[rater][patient]`. Weighted
    /// kappas take the categories to be in order and evenly spaced.
    ///
    /// # Errors
    /// [`RatingsError`] where there are fewer than two raters or categories, the numbers of patients differ, or a
    /// category does not exist.
    pub fn new(categories: usize, raters: Vec<Vec<usize>>) -> Result<Self, RatingsError> {
        if categories < 2 {
            return Err(RatingsError::Categories { found: categories });
        }
        if raters.len() < 2 {
            return Err(RatingsError::Raters {
                found: raters.len(),
            });
        }
        for (ratings, rater) in raters.iter().zip(1..) {
            if ratings.len() != raters[0].len() {
                return Err(RatingsError::Patients {
                    rater,
                    found: ratings.len(),
                    expected: raters[0].len(),
                });
            }
            if let Some(index) = ratings.iter().position(|&category| category >= categories) {
                return Err(RatingsError::Category {
                    rater,
                    row: index + 1,
                    found: ratings[index],
                    most: categories - 1,
                });
            }
        }
        Ok(Self { categories, raters })
    }

    /// The table of two raters, counted from 0; `None` where one does not exist.
    #[must_use]
    pub fn cross_table(&self, first: usize, second: usize) -> Option<CrossTable> {
        let (first, second) = (self.raters.get(first)?, self.raters.get(second)?);
        let mut counts = vec![0; self.categories * self.categories];
        for (row, column) in first.iter().zip(second) {
            counts[row * self.categories + column] += 1;
        }
        Some(CrossTable {
            categories: self.categories,
            counts,
        })
    }

    /// Fleiss's kappa of all raters, at most 1. The raters count as exchangeable, so that it is not Cohen's kappa where
    /// there are two. The interval is that of the jackknife over patients, the test that of Fleiss, Nee and Landis.
    ///
    /// # Undefined when
    /// there is no patient, or all ratings are one category. There is no interval where there are fewer than two
    /// patients, all are rated alike by all raters, or leaving one out leaves a single category.
    ///
    /// # References
    /// Fleiss 1971, Psychol Bull 76:378, doi:10.1037/h0031619. Fleiss, Nee and Landis 1979, Psychol Bull 86:974,
    /// doi:10.1037/0033-2909.86.5.974.
    pub fn fleiss_kappa(&self, level: Level) -> Result<Kappa, Undefined> {
        let patients = self.raters[0].len();
        Group::Patients.at_least(1, patients as u64)?;
        let raters = self.raters.len() as f64;
        let mut totals = vec![0.0; self.categories];
        let mut agreeing = Vec::with_capacity(patients);
        let mut counts = vec![vec![0.0; self.categories]; patients];
        for ratings in &self.raters {
            for (patient, &category) in ratings.iter().enumerate() {
                counts[patient][category] += 1.0;
                totals[category] += 1.0;
            }
        }
        for of in &counts {
            let squares: f64 = of.iter().map(|count| count * count).sum();
            agreeing.push((squares - raters) / (raters * (raters - 1.0)));
        }
        let sum: f64 = agreeing.iter().sum();
        let value = fleiss(sum, &totals, patients as f64)?;

        let left_out = || {
            Group::Patients.at_least(2, patients as u64)?;
            agreeing
                .iter()
                .zip(&counts)
                .map(|(one, of)| {
                    let rest: Vec<f64> =
                        totals.iter().zip(of).map(|(all, out)| all - out).collect();
                    fleiss(sum - one, &rest, patients as f64 - 1.0)
                })
                .collect::<Result<Vec<f64>, _>>()
        };
        Ok(Kappa {
            kappa: Measured::new(
                value,
                left_out().and_then(|values| jackknife(value, &values, level)),
            ),
            test: fleiss_test(value, &totals, patients as f64, raters),
        })
    }
}

/// Fleiss's kappa from the sum of the patients' shares of agreeing pairs and the ratings of each category.
fn fleiss(agreeing: f64, totals: &[f64], patients: f64) -> Result<f64, Undefined> {
    let ratings: f64 = totals.iter().sum();
    if totals.contains(&ratings) {
        return Err(ONE_CATEGORY);
    }
    let by_chance: f64 = totals.iter().map(|total| (total / ratings).powi(2)).sum();
    Ok((agreeing / patients - by_chance) / (1.0 - by_chance))
}

const ONE_CATEGORY: Undefined = Undefined::ZeroSpread {
    of: "the disagreement expected by chance",
};

fn fleiss_test(
    value: f64,
    totals: &[f64],
    patients: f64,
    raters: f64,
) -> Result<HypothesisTest, Undefined> {
    let ratings: f64 = totals.iter().sum();
    let (mut spread, mut skew) = (0.0, 0.0);
    for total in totals {
        let part = total / ratings;
        spread += part * (1.0 - part);
        skew += part * (1.0 - part) * (1.0 - 2.0 * part);
    }
    let variance =
        2.0 * (spread * spread - skew) / (patients * raters * (raters - 1.0) * spread * spread);
    positive(variance, "the variance of kappa without agreement")
        .map(|variance| HypothesisTest::normal("Fleiss's kappa against 0", value / variance.sqrt()))
}

fn positive(variance: f64, of: &'static str) -> Result<f64, Undefined> {
    if variance > VARIANCE_MIN {
        Ok(variance)
    } else {
        Err(Undefined::ZeroSpread { of })
    }
}

fn jackknife(value: f64, left_out: &[f64], level: Level) -> Result<Interval, Undefined> {
    let patients = left_out.len() as f64;
    let mean = left_out.iter().sum::<f64>() / patients;
    let squares: f64 = left_out.iter().map(|one| (one - mean).powi(2)).sum();
    let variance = positive(
        squares * (patients - 1.0) / patients,
        "the jackknife variance of kappa",
    )?;
    let half_width =
        student_quantile_two_sided(1.0 - level.get(), patients - 1.0) * variance.sqrt();
    Ok(Interval {
        low: value - half_width,
        high: value + half_width,
        level,
        method: IntervalMethod::Jackknife,
    })
}

impl CrossTable {
    /// The counts row by row: `counts[first * categories + second]`.
    ///
    /// # Errors
    /// [`RatingsError`] where there are fewer than two categories, or the counts are no square table.
    pub fn from_counts(categories: usize, counts: Vec<u32>) -> Result<Self, RatingsError> {
        if categories < 2 {
            return Err(RatingsError::Categories { found: categories });
        }
        let expected = categories.saturating_mul(categories);
        if counts.len() != expected {
            return Err(RatingsError::NotSquare {
                found: counts.len(),
                expected,
            });
        }
        Ok(Self { categories, counts })
    }

    /// The four counts of two readers' calls.
    pub(crate) fn of_calls(counts: Vec<u32>) -> Self {
        Self {
            categories: 2,
            counts,
        }
    }

    /// Cohen's kappa, at most 1, with the large-sample interval and test of Fleiss, Cohen and Everitt. Symmetric in the
    /// raters.
    ///
    /// # Undefined when
    /// there is no patient, or both raters gave all patients one same category. There is no interval where the
    /// large-sample variance is 0: complete agreement is one case; no test where one rater gave one category only.
    ///
    /// # References
    /// Cohen 1960, Educ Psychol Meas 20:37, doi:10.1177/001316446002000104. Cohen 1968, Psychol Bull 70:213,
    /// doi:10.1037/h0026256. Fleiss, Cohen and Everitt 1969, Psychol Bull 72:323, doi:10.1037/h0028106.
    pub fn cohen_kappa(&self, weights: KappaWeights, level: Level) -> Result<Kappa, Undefined> {
        let patients = self.patients();
        Group::Patients.at_least(1, patients)?;
        if (0..self.categories)
            .any(|category| u64::from(self.count(category, category)) == patients)
        {
            return Err(ONE_CATEGORY);
        }
        let patients = patients as f64;
        let all = 0..self.categories;
        let weight = |row: usize, column: usize| self.weight(weights, row, column);
        let part = |row: usize, column: usize| f64::from(self.count(row, column)) / patients;
        let rows: Vec<f64> = all
            .clone()
            .map(|row| all.clone().map(|column| part(row, column)).sum())
            .collect();
        let columns: Vec<f64> = all
            .clone()
            .map(|column| all.clone().map(|row| part(row, column)).sum())
            .collect();
        let weighted = |of: usize, by: &[f64]| -> f64 {
            all.clone().map(|other| weight(of, other) * by[other]).sum()
        };
        let mean_of_row: Vec<f64> = all.clone().map(|row| weighted(row, &columns)).collect();
        let mean_of_column: Vec<f64> = all.clone().map(|column| weighted(column, &rows)).collect();

        let (mut observed, mut chance) = (0.0, 0.0);
        for (row, column) in self.cells() {
            observed += weight(row, column) * part(row, column);
            chance += weight(row, column) * rows[row] * columns[column];
        }
        let (mut spread, mut spread_by_chance) = (0.0, 0.0);
        for (row, column) in self.cells() {
            let mean = mean_of_row[row] + mean_of_column[column];
            let here = weight(row, column) * (1.0 - chance) - mean * (1.0 - observed);
            spread += part(row, column) * here * here;
            let here = weight(row, column) - mean;
            spread_by_chance += rows[row] * columns[column] * here * here;
        }
        let value = (observed - chance) / (1.0 - chance);
        let centre = observed * chance - 2.0 * chance + observed;
        let variance = (spread - centre * centre) / (patients * (1.0 - chance).powi(4));
        let variance_by_chance =
            (spread_by_chance - chance * chance) / (patients * (1.0 - chance).powi(2));
        Ok(Kappa {
            kappa: Measured::new(
                value,
                positive(variance, "the large-sample variance of kappa").map(|variance| {
                    let half_width = level.z() * variance.sqrt();
                    Interval {
                        low: value - half_width,
                        high: value + half_width,
                        level,
                        method: IntervalMethod::Wald,
                    }
                }),
            ),
            test: positive(
                variance_by_chance,
                "the variance of kappa without agreement",
            )
            .map(|variance| {
                HypothesisTest::normal("Cohen's kappa against 0", value / variance.sqrt())
            }),
        })
    }

    /// The prevalence-adjusted, bias-adjusted kappa: what Cohen's kappa would be with this observed agreement, were all
    /// categories as common and the raters unbiased; -1 / (categories - 1) to 1. Its interval is that of the share of
    /// patients rated alike, mapped.
    ///
    /// # Undefined when
    /// there is no patient. For the interval see [`Proportion::interval`].
    ///
    /// # References
    /// Byrt, Bishop and Carlin 1993, J Clin Epidemiol 46:423, doi:10.1016/0895-4356(93)90018-V.
    #[must_use]
    pub fn pabak(&self, method: ProportionInterval, level: Level) -> Measured {
        let alike: u64 = (0..self.categories)
            .map(|category| u64::from(self.count(category, category)))
            .sum();
        let categories = self.categories as f64;
        let mapped = |share: f64| (categories * share - 1.0) / (categories - 1.0);
        match Proportion::of(Group::Patients, alike, self.patients() - alike) {
            Err(reason) => Measured::undefined(reason),
            Ok(share) => {
                let interval = share.interval(method, level);
                Measured::new(
                    mapped(share.value()),
                    Ok(Interval {
                        low: mapped(interval.low),
                        high: mapped(interval.high),
                        ..interval
                    }),
                )
            }
        }
    }

    fn patients(&self) -> u64 {
        self.counts.iter().map(|&count| u64::from(count)).sum()
    }

    fn count(&self, row: usize, column: usize) -> u32 {
        self.counts[row * self.categories + column]
    }

    fn cells(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        (0..self.counts.len()).map(|cell| (cell / self.categories, cell % self.categories))
    }

    fn weight(&self, weights: KappaWeights, row: usize, column: usize) -> f64 {
        let distance = row.abs_diff(column) as f64 / (self.categories - 1) as f64;
        match weights {
            KappaWeights::Unweighted => f64::from(u8::from(row == column)),
            KappaWeights::Linear => 1.0 - distance,
            KappaWeights::Quadratic => 1.0 - distance * distance,
        }
    }
}
