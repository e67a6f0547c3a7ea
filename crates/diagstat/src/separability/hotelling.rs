//! The test that features have nothing to do with the label: Hotelling's T² with a ridge, and permuted labels.
//!
//! In: [`Features`], how many random arrangements, and a seed. Out: [`HypothesisTest`].
//! The statistic is the squared distance of the classes' means, in the metric of the features' correlation plus a
//! ridge: it answers to one strong feature and to many weak ones, and needs no more patients than features. It has no
//! table, so the labels are permuted; the P value (b + 1) / (m + 1) holds for any distribution of the features.
//!
//! Source: Chen, Paul, Prentice and Wang 2011, J Am Stat Assoc 106:1345 (the statistic, with a fixed ridge); Phipson and
//! Smyth 2010, Stat Appl Genet Mol Biol 9:39. Checked against: the classical T² and F (tests/it/separability.rs).

use rand::RngExt;
use rayon::prelude::*;

use super::{Features, Scale};
use crate::cholesky::Symmetric;
use crate::hypothesis::HypothesisTest;
use crate::permutation::Arrangements;
use crate::resample::generator;
use crate::undefined::{Group, Undefined};

/// Statistics that differ by less than this part count as equal: sums in another order.
const EQUAL: f64 = 1e-10;

impl Features {
    /// The test that labels and features are independent. `ridge`, above 0, is added to the features' correlation matrix; small
    /// values trust the differences between features that run together, large ones take each feature for itself.
    ///
    /// # Undefined when
    /// a class has no patient, no feature differs between patients, or no arrangement is asked for.
    ///
    /// # References
    /// Chen, Paul, Prentice and Wang 2011, Journal of the American Statistical Association 106:1345,
    /// doi:10.1198/jasa.2011.ap10599.
    pub fn test(
        &self,
        ridge: f64,
        arrangements: Arrangements,
    ) -> Result<HypothesisTest, Undefined> {
        Group::Replicates.at_least(1, arrangements.random.into())?;
        let sorted = self.of_rows(&self.order());
        let positives = sorted.labels.iter().filter(|&&label| label).count();
        let negatives = sorted.labels.len() - positives;
        Group::Positive.at_least(1, positives as u64)?;
        Group::Negative.at_least(1, negatives as u64)?;
        let patients = sorted.whitened(ridge)?;
        // Features are centred, so that the sum over one class is minus that over the other: the smaller one is drawn.
        let smaller = positives < negatives;
        let mut rows: Vec<u32> = (0..patients.len() as u32).collect();
        rows.sort_by_key(|&row| sorted.labels[row as usize] != smaller);
        let drawn = positives.min(negatives);
        let observed = squared_sum(&patients, &rows[..drawn]);
        let limit = observed * (1.0 - EQUAL);
        let reached: u64 = (0..arrangements.random)
            .into_par_iter()
            .map(|replicate| {
                let mut generator = generator(arrangements.seed, replicate.into());
                let mut rows = rows.clone();
                for place in 0..drawn {
                    let other = generator.random_range(place as u64..rows.len() as u64) as usize;
                    rows.swap(place, other);
                }
                u64::from(squared_sum(&patients, &rows[..drawn]) >= limit)
            })
            .sum();
        let p_value = (reached + 1) as f64 / (u64::from(arrangements.random) + 1) as f64;
        Ok(HypothesisTest::exact(
            "permutation test of the labels, regularised Hotelling's T²",
            p_value,
        ))
    }

    /// The features of each patient, centred, and turned and stretched so that their covariance plus ridge is the identity.
    fn whitened(&self, ridge: f64) -> Result<Vec<Vec<f64>>, Undefined> {
        let varying = self.columns.iter().filter_map(|column| {
            let scale = Scale::of(column);
            let standard: Vec<f64> = column.iter().map(|&x| scale.apply(x)).collect();
            let varies = standard.iter().any(|x| (x - standard[0]).abs() > 1e-9);
            varies.then_some(standard)
        });
        let columns: Vec<Vec<f64>> = varying.collect();
        if columns.is_empty() {
            return Err(Undefined::AllTied);
        }
        let patients = self.labels.len();
        let correlation = |a: &Vec<f64>, b: &Vec<f64>| {
            a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>() / patients as f64
        };
        let mut matrix = vec![vec![0.0; columns.len()]; columns.len()];
        for (j, column) in columns.iter().enumerate() {
            for (k, other) in columns[..=j].iter().enumerate() {
                matrix[j][k] = correlation(column, other);
            }
            matrix[j][j] += ridge;
        }
        let factor = Symmetric(matrix)
            .factor()
            .map_err(|row| Undefined::Collinear { covariate: row + 1 })?;
        let row = |row: usize| {
            columns
                .iter()
                .map(|column| column[row])
                .collect::<Vec<f64>>()
        };
        Ok((0..patients)
            .map(|at| factor.half_solve(&row(at)))
            .collect())
    }
}

/// The squared length of the sum of these patients' features.
fn squared_sum(patients: &[Vec<f64>], rows: &[u32]) -> f64 {
    let mut sum = vec![0.0; patients.first().map_or(0, Vec::len)];
    for &row in rows {
        for (sum, x) in sum.iter_mut().zip(&patients[row as usize]) {
            *sum += x;
        }
    }
    sum.iter().map(|x| x * x).sum()
}
