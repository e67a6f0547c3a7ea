//! Bootstrap percentile intervals of figures over more than two classes.
//!
//! In: a table or scores, a statistic of them, the number of replicates and a seed. Out: an interval, or a reason.
//! Patients are drawn with replacement within their classes, so that each replicate has the same class sizes. The same
//! seed gives the same limits on every machine. A class with one patient would be the same in every replicate and the
//! interval too short, so there is a reason; and so there is where a replicate has no value, since leaving it out would
//! keep the easy ones.
//!
//! Source: Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 13. Checked against: the delta method on
//! large samples, in the tests.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::averages::{Averages, ClassFigure, ClassFigures, ClassWeights};
use super::matrix::ConfusionMatrix;
use super::scores::MulticlassScores;
use crate::interval::{Interval, IntervalMethod, Level};
use crate::measured::Measured;
use crate::undefined::Undefined;

/// How to draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bootstrap {
    /// Number of replicates; 2000 for limits that do not move in the second digit.
    pub replicates: u32,
    /// The seed of the random numbers.
    pub seed: u64,
}

impl ConfusionMatrix {
    /// All averages with bootstrap percentile intervals from the same replicates, patients drawn within their classes.
    ///
    /// # Undefined when
    /// as [`ConfusionMatrix::average`]. No interval where a class has one patient only, a replicate has no value, or all
    /// are equal.
    ///
    /// # References
    /// Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 13.
    #[must_use]
    pub fn bootstrap_averages(&self, bootstrap: Bootstrap, level: Level) -> Averages {
        let drawable = drawable(
            self.rows()
                .iter()
                .map(|row| row.iter().copied().map(u64::from).sum()),
        );
        let replicates: Vec<Self> = match drawable {
            Ok(()) => bootstrap
                .draws()
                .map(|mut rng| self.redrawn(&mut rng))
                .collect(),
            Err(_) => Vec::new(),
        };
        let measured = |statistic: &dyn Fn(&Self) -> Result<f64, Undefined>| match statistic(self) {
            Ok(value) => Measured::new(
                value,
                drawable
                    .and_then(|()| percentile(replicates.iter().map(statistic).collect(), level)),
            ),
            Err(reason) => Measured::undefined(reason),
        };
        let figures = |weights| {
            let average = |figure| measured(&move |matrix: &Self| matrix.average(figure, weights));
            ClassFigures {
                precision: average(ClassFigure::Precision),
                recall: average(ClassFigure::Recall),
                f1: average(ClassFigure::F1),
            }
        };
        let accuracy = measured(&|matrix| Ok(matrix.accuracy()?.value()));
        Averages {
            macro_average: figures(ClassWeights::Macro),
            micro_average: accuracy,
            weighted_average: ClassFigures {
                // The recalls of the classes, weighted by their patients, add up to all right calls.
                recall: accuracy,
                ..figures(ClassWeights::Weighted)
            },
        }
    }

    /// As many patients of each class, drawn from those of the class.
    fn redrawn(&self, rng: &mut ChaCha8Rng) -> Self {
        let rows = self.rows().iter().map(|row| {
            let patients: u32 = row.iter().sum();
            let up_to: Vec<u32> = row
                .iter()
                .scan(0, |sum, count| {
                    *sum += count;
                    Some(*sum)
                })
                .collect();
            let mut drawn = vec![0; row.len()];
            for _ in 0..patients {
                let patient = rng.random_range(0..patients);
                drawn[up_to.partition_point(|&end| end <= patient)] += 1;
            }
            drawn
        });
        Self::from_rows(rows.collect())
    }
}

impl Bootstrap {
    /// The percentile interval of a statistic of scores.
    pub(super) fn of_scores(
        self,
        scores: &MulticlassScores,
        statistic: impl Fn(&MulticlassScores) -> Result<f64, Undefined>,
        level: Level,
    ) -> Result<Interval, Undefined> {
        let mut classes = vec![Vec::new(); scores.classes()];
        for (place, &label) in scores.labels().iter().enumerate() {
            classes[label as usize].push(place);
        }
        drawable(classes.iter().map(|class| class.len() as u64))?;
        let replicates = self.draws().map(|mut rng| {
            let places: Vec<usize> = classes
                .iter()
                .flat_map(|class| class.iter().map(move |_| class))
                .map(|class| class[rng.random_range(0..class.len())])
                .collect();
            statistic(&scores.at(&places))
        });
        percentile(replicates.collect(), level)
    }

    /// A generator for each replicate.
    fn draws(self) -> impl Iterator<Item = ChaCha8Rng> {
        (0..self.replicates).map(move |index| {
            let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
            rng.set_stream(index.into());
            rng
        })
    }
}

/// Whether no class has a single patient.
fn drawable(patients: impl Iterator<Item = u64>) -> Result<(), Undefined> {
    for (class, found) in (0..).zip(patients) {
        if found == 1 {
            return Err(Undefined::ClassTooFew {
                class,
                found,
                needed: 2,
            });
        }
    }
    Ok(())
}

/// The quantiles of the replicates at both ends of the level, interpolated between neighbours.
fn percentile(
    replicates: Vec<Result<f64, Undefined>>,
    level: Level,
) -> Result<Interval, Undefined> {
    let drawn = replicates.len() as u32;
    let mut values: Vec<f64> = replicates.into_iter().flatten().collect();
    let found = drawn - values.len() as u32;
    if found > 0 || drawn == 0 {
        return Err(Undefined::ReplicatesUndefined {
            found,
            replicates: drawn,
        });
    }
    values.sort_unstable_by(f64::total_cmp);
    let last = values.len() - 1;
    if values[0] == values[last] {
        return Err(Undefined::StandardErrorZero);
    }
    let quantile = |probability: f64| {
        let place = probability * last as f64;
        let below = place as usize;
        let above = (below + 1).min(last);
        values[below] + (place - below as f64) * (values[above] - values[below])
    };
    Ok(Interval {
        low: quantile(level.tail()),
        high: quantile(1.0 - level.tail()),
        level,
        method: IntervalMethod::BootstrapPercentile,
    })
}
