//! The bootstrap of figures over more than two classes.
//!
//! In: a table or scores, and how to draw. Out: averages with percentile intervals; both kinds of input are a [`Sample`],
//! so that any other statistic of them can be drawn by [`bootstrap`](crate::bootstrap()) too.
//!
//! Source: Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 13. Checked against: the delta method on
//! large samples, in the tests.

use super::averages::{Averages, ClassFigure, ClassFigures, ClassWeights};
use super::matrix::ConfusionMatrix;
use super::scores::MulticlassScores;
use crate::bootstrap::measured_each;
use crate::interval::{Level, Proportion};
use crate::ranked::all_rows;
use crate::resample::{Resampling, Sample, Units};
use crate::undefined::Undefined;

impl Sample for MulticlassScores {
    type Drawn = Self;

    fn classes(&self) -> Vec<usize> {
        self.labels().iter().map(|&label| label as usize).collect()
    }

    fn drawn(&self, rows: &[usize]) -> Self {
        self.at(rows)
    }
}

/// The patients stand class by class, and within a class by what they are called.
impl Sample for ConfusionMatrix {
    type Drawn = Self;

    fn classes(&self) -> Vec<usize> {
        let counts = self.rows().iter().map(|row| row.iter().sum::<u32>());
        let classes = counts.enumerate();
        classes
            .flat_map(|(class, count)| std::iter::repeat_n(class, count as usize))
            .collect()
    }

    fn drawn(&self, rows: &[usize]) -> Self {
        let classes = self.rows().len();
        let mut reached = 0;
        let ends: Vec<usize> = self
            .rows()
            .iter()
            .flatten()
            .map(|&count| {
                reached += count as usize;
                reached
            })
            .collect();
        let mut drawn = vec![vec![0; classes]; classes];
        for row in rows {
            let cell = ends.partition_point(|end| end <= row);
            drawn[cell / classes][cell % classes] += 1;
        }
        Self::from_rows(drawn)
    }
}

const FIGURES: [ClassFigure; 3] = [ClassFigure::Precision, ClassFigure::Recall, ClassFigure::F1];

impl ConfusionMatrix {
    /// All averages with bootstrap percentile intervals from the same replicates.
    ///
    /// # Undefined when
    /// as [`ConfusionMatrix::average`]. No interval as [`bootstrap`](crate::bootstrap()) and
    /// [`Bootstrap::percentile`](crate::Bootstrap::percentile).
    ///
    /// # References
    /// Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 13.
    #[must_use]
    pub fn bootstrap_averages(&self, resampling: &Resampling, level: Level) -> Averages {
        let units = Units::of(self, resampling.drawing, &all_rows(self));
        let measured = measured_each(&units, resampling, level, |times| {
            let drawn = self.drawn(&units.rows_drawn(times));
            let average = |weights| FIGURES.map(|figure| drawn.average(figure, weights));
            let accuracy: Result<f64, Undefined> = drawn.accuracy().map(Proportion::value);
            let averages = [
                average(ClassWeights::Macro),
                average(ClassWeights::Weighted),
            ];
            averages.into_iter().flatten().chain([accuracy]).collect()
        });
        let figures = |from: usize| ClassFigures {
            precision: measured[from],
            recall: measured[from + 1],
            f1: measured[from + 2],
        };
        let micro_average = measured[6];
        Averages {
            macro_average: figures(0),
            micro_average,
            weighted_average: ClassFigures {
                // The recalls of the classes, weighted by their patients, add up to all right calls.
                recall: micro_average,
                ..figures(3)
            },
        }
    }
}
