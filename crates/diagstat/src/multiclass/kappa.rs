//! Cohen's kappa, plain and weighted, with its interval.
//!
//! In: a table of counts. Out: [`Measured`]. The interval is Fleiss, Cohen and Everitt's: the delta method for patients
//! drawn together, whatever their class. It is not the interval from the standard error under no agreement, which some
//! programs print and which is for a test only.
//!
//! Source: Cohen 1960, Educ Psychol Meas 20:37; Cohen 1968, Psychol Bull 70:213; Fleiss, Cohen and Everitt 1969, Psychol
//! Bull 72:323. Checked against: statsmodels and psych (tools/golden/counts.py, tools/golden/counts.R), but for the
//! variance of psych's weighted kappa: it changes when truth and call change places, which the formula's does not.

use super::matrix::ConfusionMatrix;
use super::table::Table;
use crate::delta::standard_error;
use crate::interval::{Interval, Level};
use crate::measured::Measured;
use crate::undefined::{Group, Undefined};

/// What a call is worth that is wrong by some classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KappaWeights {
    /// Nothing.
    Unweighted,
    /// 1 less the distance of the classes, over the largest distance.
    Linear,
    /// 1 less the squared distance of the classes, over the largest squared distance.
    Quadratic,
}

impl KappaWeights {
    fn weight(self, truth: usize, call: usize, classes: usize) -> f64 {
        let distance = truth.abs_diff(call) as f64 / (classes - 1) as f64;
        match self {
            Self::Unweighted => f64::from(u8::from(truth == call)),
            Self::Linear => 1.0 - distance,
            Self::Quadratic => 1.0 - distance * distance,
        }
    }
}

impl ConfusionMatrix {
    /// Cohen's kappa of call and truth, at most 1: the agreement beyond that of chance, over the most that is possible.
    /// Weights other than [`KappaWeights::Unweighted`] are for classes in order. A limit of the interval beyond -1 or 1 is
    /// cut and the method says so.
    ///
    /// # Undefined when
    /// there is no patient, or all are of one class and called so. No interval where the standard error is 0.
    ///
    /// # References
    /// Cohen 1968, Psychological Bulletin 70:213, doi:10.1037/h0026256; Fleiss, Cohen and Everitt 1969, Psychological
    /// Bulletin 72:323, doi:10.1037/h0028106.
    #[must_use]
    pub fn kappa(&self, weights: KappaWeights, level: Level) -> Measured {
        kappa_of(&self.table(), weights, level)
    }
}

/// As [`ConfusionMatrix::kappa`].
pub(crate) fn kappa_of(table: &Table, weights: KappaWeights, level: Level) -> Measured {
    if let Err(reason) = Group::Patients.at_least(1, table.patients()) {
        return Measured::undefined(reason);
    }
    let classes = table.classes;
    let one_class = |class: usize| table.right(class) == table.patients();
    if (0..classes).any(one_class) {
        return Measured::undefined(Undefined::ChanceAgrees);
    }
    let patients = table.patients() as f64;
    let part = |counts: &[u64]| -> Vec<f64> {
        counts
            .iter()
            .map(|&count| count as f64 / patients)
            .collect()
    };
    let (cells, truths, calls) = (part(&table.cells), part(&table.truths), part(&table.calls));
    let weight = |truth, call| weights.weight(truth, call, classes);
    // The expected weight of a patient of each class, and of one called each class.
    let of_truth: Vec<f64> = (0..classes)
        .map(|truth| {
            (0..classes)
                .map(|call| weight(truth, call) * calls[call])
                .sum()
        })
        .collect();
    let of_call: Vec<f64> = (0..classes)
        .map(|call| {
            (0..classes)
                .map(|truth| weight(truth, call) * truths[truth])
                .sum()
        })
        .collect();
    // Disagreements, not agreements: they are 0 without rounding where all agree.
    let lost = |truth: usize, call: usize| 1.0 - weight(truth, call);
    let observed: f64 = (0..classes * classes)
        .map(|cell| lost(cell / classes, cell % classes) * cells[cell])
        .sum();
    let expected: f64 = (0..classes * classes)
        .map(|cell| {
            let (truth, call) = (cell / classes, cell % classes);
            lost(truth, call) * truths[truth] * calls[call]
        })
        .sum();
    let kappa = 1.0 - observed / expected;
    let slopes: Vec<f64> = (0..classes * classes)
        .map(|cell| {
            let (truth, call) = (cell / classes, cell % classes);
            let chance = of_truth[truth] + of_call[call];
            (weight(truth, call) * expected - observed * chance) / (expected * expected)
        })
        .collect();
    let error = standard_error(&table.cells, &slopes);
    Measured::new(kappa, Interval::wald(kappa, error, level, (-1.0, 1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kappa(rows: [[u32; 2]; 2]) -> Measured {
        let rows = rows.map(Vec::from).to_vec();
        ConfusionMatrix::from_counts(rows)
            .unwrap()
            .kappa(KappaWeights::Unweighted, Level::PERCENT_95)
    }

    #[test]
    fn perfect_agreement_is_one_without_an_interval() {
        let perfect = kappa([[3, 0], [0, 5]]);
        assert_eq!(perfect.value(), Some(1.0));
        assert_eq!(perfect.reason(), Some(Undefined::StandardErrorZero));
    }

    #[test]
    fn one_class_alone_leaves_nothing_beyond_chance() {
        assert_eq!(
            kappa([[3, 0], [0, 0]]).reason(),
            Some(Undefined::ChanceAgrees)
        );
        assert_eq!(
            kappa([[0, 0], [0, 0]]).to_string(),
            "undefined (0 patients, at least 1 needed)"
        );
    }

    #[test]
    fn the_same_call_for_everybody_is_zero_without_an_interval() {
        let same = kappa([[3, 0], [5, 0]]);
        assert_eq!(same.value(), Some(0.0));
        assert_eq!(same.reason(), Some(Undefined::StandardErrorZero));
    }
}
