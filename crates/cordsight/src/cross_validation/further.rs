//! Probabilities and sets out of fold.
//!
//! In: the map and the sets that each fold's model carries, fitted on its validation patients, and its test patients' scores. Out:
//! [`PooledFurther`]: calibration of each patient's mean probability by models that never saw the patient, and over splits how
//! often the sets held the right class. Nothing is fitted on pooled scores: one map for all would be fitted on those who are
//! judged by it.

use std::collections::BTreeMap;

use diagstat::Scores;
use serde::Serialize;

use super::outcome::{Overlap, Spread};
use crate::carried::{Carried, Further};
use crate::evaluate::EvaluateError;
use crate::predictions::PatientScore;
use crate::statistics::judgement::{Calibration, calibration};

/// What the models' maps and sets were worth on patients that they never saw.
#[derive(Clone, Debug, Serialize)]
pub struct PooledFurther {
    /// Calibration of each patient's mean probability; absent where not every fold has a map.
    pub calibration: Option<Calibration>,
    /// The sets; absent where not every fold has some.
    pub sets: Option<SetsOverSplits>,
    /// Why something that was asked for is missing, by fold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
}

/// Sets over splits.
#[derive(Clone, Debug, Serialize)]
pub struct SetsOverSplits {
    /// Share of patients whose set should hold their class.
    pub asked: f64,
    /// Share whose set does.
    pub coverage: Spread,
    /// Share whose set has one class.
    pub called: Spread,
    /// Of those, share whose one class is right.
    pub right_when_called: Spread,
}

/// Gathers fold after fold.
#[derive(Default)]
pub(super) struct Folds {
    count: usize,
    with_map: usize,
    probabilities: BTreeMap<String, (u8, Vec<f64>)>,
    judged: Vec<Further>,
    missing: Vec<String>,
}

impl Folds {
    /// One more fold: what its model carries, what that was worth, and the scores of its test patients.
    pub fn add(
        &mut self,
        name: &str,
        carried: &Carried,
        further: Option<Further>,
        patients: &[PatientScore],
    ) {
        self.count += 1;
        self.with_map += usize::from(carried.calibration.is_some());
        for patient in patients {
            if let Some(probability) = carried.probability(patient.score, None) {
                let of = self.probabilities.entry(patient.patient.clone());
                let (label, heard) = of.or_default();
                *label = patient.label;
                heard.push(probability);
            }
        }
        self.judged.extend(further);
        let missing = carried.missing.iter();
        self.missing
            .extend(missing.map(|reason| format!("{name}: {reason}")));
    }

    /// All together; nothing where neither was asked for.
    pub fn pooled(self, overlap: Overlap) -> Result<Option<PooledFurther>, EvaluateError> {
        let sets: Vec<_> = self
            .judged
            .iter()
            .filter_map(|of| of.sets.as_ref())
            .collect();
        let over = |of: &dyn Fn(usize) -> Option<f64>| {
            let values: Vec<f64> = (0..sets.len()).filter_map(of).collect();
            Spread::of(&values, overlap)
        };
        let all_have_sets = self.count > 0 && sets.len() == self.count;
        let sets = all_have_sets.then(|| SetsOverSplits {
            asked: sets[0].limits.coverage(),
            coverage: over(&|at| sets[at].judged.coverage.value()),
            called: over(&|at| sets[at].judged.called.value()),
            right_when_called: over(&|at| sets[at].judged.right_when_called.value()),
        });
        let all_have_maps = self.count > 0 && self.with_map == self.count;
        let calibration = match all_have_maps {
            false => None,
            true => {
                let of_patients = self.probabilities.values();
                let mean = |of: &Vec<f64>| of.iter().sum::<f64>() / of.len() as f64;
                let (labels, means): (Vec<u8>, Vec<f64>) =
                    of_patients.map(|(label, of)| (*label, mean(of))).unzip();
                Some(calibration(&Scores::new(&labels, &means)?))
            }
        };
        let is_empty = calibration.is_none() && sets.is_none() && self.missing.is_empty();
        Ok((!is_empty).then_some(PooledFurther {
            calibration,
            sets,
            missing: self.missing,
        }))
    }
}
