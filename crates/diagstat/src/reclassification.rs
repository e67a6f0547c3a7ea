//! Net reclassification and integrated discrimination: what a new model changes for the patients, class by class.
//!
//! In: the probabilities of an old and a new model for the same patients. Out: [`NetReclassification`] (across
//! thresholds, or for any change), [`Discrimination`] (IDI). Known faults, which the numbers do not show. Both rise
//! where the new model is only worse calibrated, so that a model can "improve" by exaggerating (Hilden and Gerds 2014).
//! The continuous index is often positive for a marker that tells nothing, in new patients too (Pepe and others 2015).
//! The sum of both classes gives each class the same weight whatever the prevalence, and is no proportion of patients:
//! it goes from -2 to 2. The usual tests are not valid for a marker added to a nested model (Demler and others 2017).
//! Read the components of both classes, and prefer the difference of areas, calibration, and net benefit.
//!
//! Source: Pencina and others 2008, Stat Med 27:157; Pencina, D'Agostino and Steyerberg 2011, Stat Med 30:11. Checked
//! against: Hmisc's improveProb (tools/golden/reclassification.R).

use serde::Serialize;

use crate::hypothesis::HypothesisTest;
use crate::interval::{Interval, IntervalMethod, Level};
use crate::measured::Measured;
use crate::paired::Paired;
use crate::scores::Scores;
use crate::undefined::{Group, Undefined, value_or_reason};

/// Below this a variance is rounding of 0.
const VARIANCE_MIN: f64 = 1e-30;

/// Net reclassification improvement as it is reported.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct NetReclassification {
    /// Positive patients moved up.
    pub positives_up: u32,
    /// Positive patients moved down.
    pub positives_down: u32,
    /// Negative patients moved up.
    pub negatives_up: u32,
    /// Negative patients moved down.
    pub negatives_down: u32,
    /// Part of the positive patients moved up minus part moved down, -1 to 1.
    pub of_positives: Improvement,
    /// Part of the negative patients moved down minus part moved up, -1 to 1.
    pub of_negatives: Improvement,
    /// The sum of both, -2 to 2.
    pub total: Improvement,
}

/// Integrated discrimination improvement as it is reported.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Discrimination {
    /// Mean change among the positive patients, -1 to 1.
    pub of_positives: Improvement,
    /// Mean change among the negative patients with the sign turned, -1 to 1.
    pub of_negatives: Improvement,
    /// The sum of both, -2 to 2: the change of the difference between the mean probabilities of the classes.
    pub total: Improvement,
}

/// An improvement with its test.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Improvement {
    /// The improvement, above 0 where the second model is better.
    pub improvement: Measured,
    /// The test of none.
    #[serde(serialize_with = "value_or_reason")]
    pub test: Result<HypothesisTest, Undefined>,
}

/// Thresholds that make no categories.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("threshold {place} is {found}, expected numbers that rise")]
pub struct CategoriesError {
    /// Its place, counted from 1.
    pub place: usize,
    /// The threshold.
    pub found: f64,
}

/// The thresholds between categories of risk, rising; a probability at a threshold belongs above it.
#[derive(Debug, Clone, PartialEq)]
pub struct Categories(Vec<f64>);

impl Categories {
    /// At least one threshold; each above the one before.
    ///
    /// # Errors
    /// [`CategoriesError`] where there is none, one is NaN, or one is not above that before.
    pub fn new(thresholds: Vec<f64>) -> Result<Self, CategoriesError> {
        let mut last = f64::NEG_INFINITY;
        for (&found, place) in thresholds.iter().zip(1..) {
            if !(found > last && found.is_finite()) {
                return Err(CategoriesError { place, found });
            }
            last = found;
        }
        if thresholds.is_empty() {
            return Err(CategoriesError {
                place: 1,
                found: f64::NAN,
            });
        }
        Ok(Self(thresholds))
    }

    fn of(&self, score: f64) -> usize {
        self.0.partition_point(|threshold| *threshold <= score)
    }
}

/// Net reclassification from the first to the second model of a pair: across the thresholds of `categories`, or, with
/// none, for any change of the probability. Intervals and tests use the multinomial variance of the moves.
///
/// # Undefined when
/// a class has no patient, or a score is no probability. There is no interval or test where no patient moves, or all of
/// a class move the same way.
///
/// # References
/// Pencina and others 2008, Stat Med 27:157, doi:10.1002/sim.2929. Pencina, D'Agostino and Steyerberg 2011, Stat Med
/// 30:11, doi:10.1002/sim.4085. Hilden and Gerds 2014, Stat Med 33:3405, doi:10.1002/sim.5804. Pepe and others 2015,
/// Stat Biosci 7:282, doi:10.1007/s12561-014-9118-0.
pub fn net_reclassification(
    models: &Paired,
    categories: Option<&Categories>,
    level: Level,
) -> Result<NetReclassification, Undefined> {
    let (mut up, mut down) = ([0_u32; 2], [0_u32; 2]);
    let [old, new] = both(models)?;
    for ((positive, before), (_, after)) in old.iter().zip(new.iter()) {
        let (higher, lower) = match categories {
            Some(categories) => {
                let (before, after) = (categories.of(before), categories.of(after));
                (after > before, after < before)
            }
            None => (after > before, after < before),
        };
        up[usize::from(positive)] += u32::from(higher);
        down[usize::from(positive)] += u32::from(lower);
    }
    let net = |better: u32, worse: u32, patients: u32| {
        let (better, worse, patients) = (f64::from(better), f64::from(worse), f64::from(patients));
        let net = (better - worse) / patients;
        (net, ((better + worse) / patients - net * net) / patients)
    };
    let of_positives = net(up[1], down[1], old.positives());
    let of_negatives = net(down[0], up[0], old.negatives());
    let report = |of| improvement(of, "net reclassification against 0", level);
    Ok(NetReclassification {
        positives_up: up[1],
        positives_down: down[1],
        negatives_up: up[0],
        negatives_down: down[0],
        of_positives: report(of_positives),
        of_negatives: report(of_negatives),
        total: report(sum(of_positives, of_negatives)),
    })
}

/// Integrated discrimination improvement from the first to the second model of a pair.
///
/// # Undefined when
/// a class has no patient, or a score is no probability. There is no interval or test where a class has fewer than two
/// patients, or all changes within the classes are equal.
///
/// # References
/// Pencina and others 2008, Stat Med 27:157, doi:10.1002/sim.2929. Hilden and Gerds 2014, Stat Med 33:3405,
/// doi:10.1002/sim.5804. Demler and others 2017, Stat Med 36:3334,
/// doi:10.1002/sim.7333.
pub fn integrated_discrimination(
    models: &Paired,
    level: Level,
) -> Result<Discrimination, Undefined> {
    let [old, new] = both(models)?;
    let change = |class: bool| {
        let changes: Vec<f64> = old
            .iter()
            .zip(new.iter())
            .filter(|((positive, _), _)| *positive == class)
            .map(|((_, before), (_, after))| {
                if class {
                    after - before
                } else {
                    before - after
                }
            })
            .collect();
        let patients = changes.len() as f64;
        let mean = changes.iter().sum::<f64>() / patients;
        let squares: f64 = changes.iter().map(|change| (change - mean).powi(2)).sum();
        // With one patient there is no variance, and the sum has none either.
        (mean, squares / (patients - 1.0).max(0.0) / patients)
    };
    let (of_positives, of_negatives) = (change(true), change(false));
    let enough = Group::Positive
        .at_least(2, old.positives().into())
        .and_then(|()| Group::Negative.at_least(2, old.negatives().into()));
    let report = |of: (f64, f64)| match enough {
        Ok(()) => improvement(of, "integrated discrimination against 0", level),
        Err(reason) => Improvement {
            improvement: Measured::new(of.0, Err(reason)),
            test: Err(reason),
        },
    };
    Ok(Discrimination {
        of_positives: report(of_positives),
        of_negatives: report(of_negatives),
        total: report(sum(of_positives, of_negatives)),
    })
}

/// The first two models, with both classes and probabilities only.
fn both(models: &Paired) -> Result<[&Scores; 2], Undefined> {
    let both = [&models.models()[0], &models.models()[1]];
    Group::Positive.at_least(1, both[0].positives().into())?;
    Group::Negative.at_least(1, both[0].negatives().into())?;
    for model in both {
        for ((_, found), row) in model.iter().zip(1..) {
            if !(0.0..=1.0).contains(&found) {
                return Err(Undefined::NotProbability { row, found });
            }
        }
    }
    Ok(both)
}

fn sum(one: (f64, f64), other: (f64, f64)) -> (f64, f64) {
    (one.0 + other.0, one.1 + other.1)
}

fn improvement((value, variance): (f64, f64), method: &'static str, level: Level) -> Improvement {
    let error = if variance > VARIANCE_MIN {
        Ok(variance.sqrt())
    } else {
        Err(Undefined::ZeroSpread {
            of: "the variance of the improvement",
        })
    };
    Improvement {
        improvement: Measured::new(
            value,
            error.map(|error| Interval {
                low: value - level.z() * error,
                high: value + level.z() * error,
                level,
                method: IntervalMethod::Wald,
            }),
        ),
        test: error.map(|error| HypothesisTest::normal(method, value / error)),
    }
}
