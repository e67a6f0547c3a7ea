//! Two tests on the same patients by their calls: McNemar's tests, and the difference of two rates.
//!
//! In: [`Paired`] scores with a threshold each, or a [`PairedTable`] of who calls whom rightly. Out: a [`HypothesisTest`]
//! of no difference, and the difference of the two sensitivities, specificities or accuracies with its interval.
//! McNemar's tests look at the discordant patients only. The exact one keeps its level and is cautious, mid-P is near the
//! level and hardly ever above, the asymptotic one (without continuity correction) is for many patients. With no discordant
//! patient there is nothing to test: a reason, where programs give a P value of 1 or NaN.
//!
//! Source: McNemar 1947, Psychometrika 12:153; Fagerland, Lydersen and Laake 2013, BMC Med Res Methodol 13:91 (mid-P);
//! Newcombe 1998, Stat Med 17:2635, method 10. Checked against: R's binom.test and mcnemar.test (tools/golden/counts.R);
//! statsmodels, for the difference its interval of independent rates, which this one is where the correlation is 0
//! (tools/golden/counts.py); an example printed by R's package contingencytables, in the tests.

use serde::Serialize;

use crate::beta::binomial_up_to_half;
use crate::hypothesis::HypothesisTest;
use crate::interval::{Interval, IntervalMethod, Level, Proportion};
use crate::measured::Measured;
use crate::paired::Paired;
use crate::undefined::{Group, Undefined};

/// Patients by which of two tests calls them rightly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct PairedTable {
    /// Called rightly by both.
    pub both: u32,
    /// Called rightly by the first only.
    pub first_only: u32,
    /// Called rightly by the second only.
    pub second_only: u32,
    /// Called wrongly by both.
    pub neither: u32,
}

/// The two classes of patients, each by which of two tests calls them rightly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PairedCalls {
    /// Positive patients: the table of the two sensitivities.
    pub positive: PairedTable,
    /// Negative patients: the table of the two specificities.
    pub negative: PairedTable,
}

/// Why calls could not be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PairedCallsError {
    /// A model that is not there.
    #[error("found {models} models, expected a model below that number, not {found}")]
    Model {
        /// The place asked for, counted from 0.
        found: usize,
        /// How many there are.
        models: usize,
    },
    /// A threshold that no score can be compared with.
    #[error("threshold of model {model} is NaN, expected a number")]
    Threshold {
        /// The place of the model, counted from 0.
        model: usize,
    },
}

/// Which of McNemar's tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mcnemar {
    /// By the binomial distribution, two-sided.
    Exact,
    /// As `Exact`, with half the probability of what was seen.
    MidP,
    /// By the chi-squared distribution, without continuity correction.
    Asymptotic,
}

impl PairedCalls {
    /// The calls of two of the models, each given as its place, counted from 0, and its threshold. A patient with
    /// `score >= threshold` is called positive.
    ///
    /// # Errors
    /// [`PairedCallsError`] where there is no such model, or a threshold is NaN.
    pub fn at(
        paired: &Paired,
        first: (usize, f64),
        second: (usize, f64),
    ) -> Result<Self, PairedCallsError> {
        let models = paired.models();
        for (model, threshold) in [first, second] {
            if model >= models.len() {
                return Err(PairedCallsError::Model {
                    found: model,
                    models: models.len(),
                });
            }
            if threshold.is_nan() {
                return Err(PairedCallsError::Threshold { model });
            }
        }
        let mut calls = Self {
            positive: PairedTable::default(),
            negative: PairedTable::default(),
        };
        for ((positive, one), (_, other)) in models[first.0].iter().zip(models[second.0].iter()) {
            let table = if positive {
                &mut calls.positive
            } else {
                &mut calls.negative
            };
            let right = |score, threshold| (score >= threshold) == positive;
            *match (right(one, first.1), right(other, second.1)) {
                (true, true) => &mut table.both,
                (true, false) => &mut table.first_only,
                (false, true) => &mut table.second_only,
                (false, false) => &mut table.neither,
            } += 1;
        }
        Ok(calls)
    }

    /// Both classes together: the table of the two accuracies.
    #[must_use]
    pub fn all(&self) -> PairedTable {
        let (one, other) = (self.positive, self.negative);
        PairedTable {
            both: one.both + other.both,
            first_only: one.first_only + other.first_only,
            second_only: one.second_only + other.second_only,
            neither: one.neither + other.neither,
        }
    }
}

impl PairedTable {
    /// McNemar's test of no difference between the two rates.
    ///
    /// # Undefined when
    /// no patient is called rightly by one and wrongly by the other.
    ///
    /// # References
    /// McNemar 1947, Psychometrika 12:153, doi:10.1007/BF02295996; Fagerland, Lydersen and Laake 2013, BMC Medical Research
    /// Methodology 13:91, doi:10.1186/1471-2288-13-91.
    pub fn mcnemar(&self, test: Mcnemar) -> Result<HypothesisTest, Undefined> {
        let (first, second) = (u64::from(self.first_only), u64::from(self.second_only));
        let discordant = first + second;
        Group::Discordant.at_least(1, discordant)?;
        let fewer = first.min(second);
        Ok(match test {
            Mcnemar::Exact => {
                let (up_to, _) = binomial_up_to_half(fewer, discordant);
                HypothesisTest::exact("McNemar's exact test", f64::min(1.0, 2.0 * up_to))
            }
            Mcnemar::MidP => {
                let (up_to, at) = binomial_up_to_half(fewer, discordant);
                HypothesisTest::exact("McNemar's mid-P test", f64::min(1.0, 2.0 * up_to - at))
            }
            Mcnemar::Asymptotic => {
                let apart = first.abs_diff(second) as f64;
                let statistic = apart * apart / discordant as f64;
                HypothesisTest::chi_squared("McNemar's test", statistic, 1.0)
            }
        })
    }

    /// The rate of the first test less that of the second, -1 to 1, with Newcombe's score interval for paired rates.
    ///
    /// # Undefined when
    /// there is no patient.
    ///
    /// # References
    /// Newcombe 1998, Statistics in Medicine 17:2635,
    /// doi:10.1002/(SICI)1097-0258(19981130)17:22<2635::AID-SIM954>3.0.CO;2-C.
    #[must_use]
    pub fn difference(&self, level: Level) -> Measured {
        let [both, first, second, neither] =
            [self.both, self.first_only, self.second_only, self.neither].map(u64::from);
        let rates = [
            (both + first, second + neither),
            (both + second, first + neither),
        ]
        .map(|(right, wrong)| Proportion::of(Group::Patients, right, wrong));
        let [Ok(one), Ok(other)] = rates else {
            return Measured::undefined(Undefined::TooFew {
                group: Group::Patients,
                found: 0,
                needed: 1,
            });
        };
        let difference = (first as f64 - second as f64) / one.trials() as f64;
        let (one_limits, other_limits) = (one.wilson(level), other.wilson(level));
        let [low, high] = [
            (
                one.value() - one_limits.low,
                other_limits.high - other.value(),
            ),
            (
                one_limits.high - one.value(),
                other.value() - other_limits.low,
            ),
        ]
        .map(|(mine, theirs)| {
            let cross = 2.0 * self.correlation() * mine * theirs;
            f64::max(0.0, mine * mine - cross + theirs * theirs).sqrt()
        });
        Measured::new(
            difference,
            Ok(Interval {
                low: difference - low,
                high: difference + high,
                level,
                method: IntervalMethod::NewcombeScore,
            }),
        )
    }

    /// The correlation of the two tests, continuity-corrected where it is positive; 0 where a test is all right or all
    /// wrong.
    fn correlation(&self) -> f64 {
        let [both, first, second, neither] =
            [self.both, self.first_only, self.second_only, self.neither].map(i128::from);
        let margins = [
            both + first,
            second + neither,
            both + second,
            first + neither,
        ];
        if margins.contains(&0) {
            return 0.0;
        }
        let product: f64 = margins.iter().map(|&margin| margin as f64).product();
        let raw = both * neither - first * second;
        let patients = (both + first + second + neither) as f64;
        let corrected = if raw > 0 {
            f64::max(0.0, raw as f64 - patients / 2.0)
        } else {
            raw as f64
        };
        corrected / product.sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scores::Scores;

    #[test]
    fn without_discordant_patients_there_is_nothing_to_test() {
        let table = PairedTable {
            both: 5,
            neither: 2,
            ..PairedTable::default()
        };
        for test in [Mcnemar::Exact, Mcnemar::MidP, Mcnemar::Asymptotic] {
            assert_eq!(
                table.mcnemar(test).unwrap_err().to_string(),
                "0 discordant patients, at least 1 needed"
            );
        }
    }

    #[test]
    fn calls_are_right_where_they_are_the_label() {
        let of = |scores: &[f64]| Scores::new(&[1, 1, 0, 0, 0], scores).unwrap();
        let paired = Paired::new(vec![
            of(&[0.9, 0.2, 0.1, 0.8, 0.1]),
            of(&[2.0, 3.0, 1.0, 1.0, 5.0]),
        ])
        .unwrap();
        let calls = PairedCalls::at(&paired, (0, 0.5), (1, 2.0)).unwrap();
        assert_eq!((calls.positive.both, calls.positive.second_only), (1, 1));
        assert_eq!(
            (
                calls.negative.both,
                calls.negative.first_only,
                calls.negative.second_only
            ),
            (1, 1, 1)
        );
        assert_eq!(calls.all().both, 2);
        assert_eq!(
            PairedCalls::at(&paired, (0, 0.5), (2, 0.5)),
            Err(PairedCallsError::Model {
                found: 2,
                models: 2
            })
        );
        assert_eq!(
            PairedCalls::at(&paired, (0, 0.5), (1, f64::NAN)),
            Err(PairedCallsError::Threshold { model: 1 })
        );
    }
}
