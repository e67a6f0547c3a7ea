//! How well features tell the label of patients that were not learnt from.
//!
//! In: [`Features`], the fold of each patient, a penalty. Out: [`Auc`]: the mean of the folds' areas, with a variance.
//! Each fold is scored by a regression on the others, with features standardised by the others. Only patients of one
//! fold are compared with each other: the regressions have different constants, and pooled scores would give an AUC
//! below 0.5 where there is nothing to find.
//! The variance is DeLong's within each fold, as if the regressions were given; what other patients would have made of
//! them is left out, as in all intervals of this kind.
//!
//! Source: LeDell, Petersen and van der Laan 2015, Electron J Stat 9:1583. Checked against: scikit-learn
//! (tools/golden/sklearn_ridge.py).

use rand::RngExt;

use super::{Features, Scale};
use crate::delong::{Auc, delong};
use crate::resample::generator;
use crate::scores::Scores;
use crate::undefined::{Group, Undefined};

/// A fold from 0 to `folds` - 1 for each patient, each class spread evenly; the order of the patients and the seed decide.
#[must_use]
pub fn folds_by_class(labels: &[bool], folds: usize, seed: u64) -> Vec<usize> {
    let mut fold_of = vec![0; labels.len()];
    for (class, stream) in [(false, 0), (true, 1)] {
        let mut rows: Vec<usize> = (0..labels.len())
            .filter(|&row| labels[row] == class)
            .collect();
        let mut generator = generator(seed, stream);
        for place in (1..rows.len()).rev() {
            rows.swap(place, generator.random_range(0..=place as u64) as usize);
        }
        for (place, row) in rows.into_iter().enumerate() {
            fold_of[row] = place % folds.max(1);
        }
    }
    fold_of
}

impl Features {
    /// The mean area over the folds; `fold_of[i]` is the fold of patient `i`, and patients past its end are in fold 0.
    ///
    /// # Undefined when
    /// there are fewer than two folds, or a fold, or what is left without it, lacks a class. With one patient of a class in a fold the
    /// value is there and the variance is not.
    ///
    /// # References
    /// LeDell, Petersen and van der Laan 2015, Electronic Journal of Statistics 9:1583, doi:10.1214/15-EJS1035.
    pub fn cross_validated_auc(&self, fold_of: &[usize], penalty: f64) -> Result<Auc, Undefined> {
        let fold_of = |row: usize| fold_of.get(row).copied().unwrap_or(0);
        let mut folds: Vec<usize> = (0..self.patients()).map(fold_of).collect();
        folds.sort_unstable();
        folds.dedup();
        Group::Patients.at_least(2, self.patients() as u64)?;
        let order = self.order();
        let (mut values, mut variances) = (Vec::new(), Vec::new());
        for &fold in &folds {
            let (inside, outside): (Vec<usize>, Vec<usize>) =
                order.iter().partition(|&&row| fold_of(row) == fold);
            let area = delong(&self.scored(&inside, &outside, penalty)?)?;
            values.push(area.value);
            variances.push(area.variance);
        }
        let count = values.len() as f64;
        let variances: Result<Vec<f64>, Undefined> = variances.into_iter().collect();
        Ok(Auc {
            value: values.iter().sum::<f64>() / count,
            variance: variances.map(|of| of.iter().sum::<f64>() / (count * count)),
        })
    }

    /// The patients inside, scored by a regression on those outside.
    fn scored(
        &self,
        inside: &[usize],
        outside: &[usize],
        penalty: f64,
    ) -> Result<Scores, Undefined> {
        let linear = self
            .of_rows(outside)
            .scores_of(&self.of_rows(inside), penalty)?;
        let labels = inside.iter().map(|&row| self.labels[row]).collect();
        Ok(Scores::from_checked(labels, linear))
    }

    /// The linear predictor of each of the `others`, in their order, by a ridge regression on these patients; the features
    /// of both, which are the same ones in the same order, are standardised by these patients.
    ///
    /// # Undefined when
    /// as [`ridge`](Self::ridge).
    ///
    /// # References
    /// As [`ridge`](Self::ridge).
    pub fn scores_of(&self, others: &Features, penalty: f64) -> Result<Vec<f64>, Undefined> {
        let mut learnt = self.of_rows(&self.order());
        let scales: Vec<Scale> = learnt.columns.iter().map(|of| Scale::of(of)).collect();
        for (column, scale) in learnt.columns.iter_mut().zip(&scales) {
            for value in column {
                *value = scale.apply(*value);
            }
        }
        let fit = learnt.ridge(penalty)?;
        let score = |row: usize| {
            let features = others.columns.iter().zip(&scales);
            fit.score(features.map(|(column, scale)| scale.apply(column[row])))
        };
        Ok((0..others.patients()).map(score).collect())
    }
}
