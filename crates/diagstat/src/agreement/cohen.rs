//! Cohen's kappa, plain and weighted, of two raters or of call and truth.
//!
//! In: a square table of counts. Out: [`Kappa`]. A kappa depends on how common the categories are: with few positive
//! patients it is low though almost all are rated alike.
//! The interval is Fleiss, Cohen and Everitt's: the delta method for patients drawn together, whatever their category. The
//! test has the standard error under no agreement, which some programs take for the interval too. A limit beyond -1 or 1
//! is cut, and the interval's method says so.
//!
//! Source: Cohen 1960, Educ Psychol Meas 20:37; Cohen 1968, Psychol Bull 70:213; Fleiss, Cohen and Everitt 1969, Psychol
//! Bull 72:323. Checked against: statsmodels and psych (tools/golden/statsmodels_kappa.py, counts.py, counts.R), but for
//! the variance of psych's weighted kappa: it changes when the raters change places, which the formula's does not.

use serde::Serialize;

use crate::delta::standard_error;
use crate::hypothesis::HypothesisTest;
use crate::interval::{Interval, Level};
use crate::measured::Measured;
use crate::table::Table;
use crate::undefined::{Group, Undefined, value_or_reason};

/// What ratings of a patient that differ by some categories are worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KappaWeights {
    /// Nothing: for categories without an order.
    Unweighted,
    /// 1 less the distance of the categories, over the largest distance.
    Linear,
    /// 1 less the squared distance of the categories, over the largest squared distance.
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

impl KappaWeights {
    /// What is lost: exactly 0 where the ratings agree.
    fn lost(self, row: usize, column: usize, categories: usize) -> f64 {
        let distance = row.abs_diff(column) as f64 / (categories - 1) as f64;
        match self {
            Self::Unweighted => f64::from(u8::from(row != column)),
            Self::Linear => distance,
            Self::Quadratic => distance * distance,
        }
    }
}

/// Cohen's kappa of a table.
pub(crate) fn cohen(
    table: &Table,
    weights: KappaWeights,
    level: Level,
) -> Result<Kappa, Undefined> {
    Group::Patients.at_least(1, table.patients())?;
    let categories = table.categories;
    if (0..categories).any(|category| table.alike(category) == table.patients()) {
        return Err(Undefined::ChanceAgrees);
    }
    let patients = table.patients() as f64;
    let parts = |counts: &[u64]| -> Vec<f64> {
        let counts = counts.iter();
        counts.map(|&count| count as f64 / patients).collect()
    };
    let (cells, rows, columns) = (
        parts(&table.cells),
        parts(&table.rows),
        parts(&table.columns),
    );
    let lost = |row, column| weights.lost(row, column, categories);
    let places: Vec<(usize, usize)> = (0..categories * categories)
        .map(|cell| (cell / categories, cell % categories))
        .collect();
    // The expected loss of a patient of each row, and of each column.
    let mut of_row = vec![0.0; categories];
    let mut of_column = vec![0.0; categories];
    for &(row, column) in &places {
        of_row[row] += lost(row, column) * columns[column];
        of_column[column] += lost(row, column) * rows[row];
    }
    let (mut observed, mut expected) = (0.0, 0.0);
    for (&(row, column), cell) in places.iter().zip(&cells) {
        observed += lost(row, column) * cell;
        expected += lost(row, column) * rows[row] * columns[column];
    }
    let kappa = 1.0 - observed / expected;

    let beyond_margins = |row, column| lost(row, column) - of_row[row] - of_column[column];
    let slopes: Vec<f64> = places
        .iter()
        .map(|&(row, column)| {
            let margins = of_row[row] + of_column[column];
            (observed * margins - lost(row, column) * expected) / (expected * expected)
        })
        .collect();
    let error = standard_error(&table.cells, &slopes);
    let spread_by_chance: f64 = places
        .iter()
        .map(|&(row, column)| {
            let centred = beyond_margins(row, column) + expected;
            rows[row] * columns[column] * centred * centred
        })
        .sum();
    let test = if spread_by_chance > ROUNDING * expected * expected {
        let error = (spread_by_chance / patients).sqrt() / expected;
        Ok(HypothesisTest::normal(
            "Cohen's kappa against 0",
            kappa / error,
        ))
    } else {
        Err(Undefined::StandardErrorZero)
    };
    Ok(Kappa {
        kappa: Measured::new(kappa, Interval::wald(kappa, error, level, (-1.0, 1.0))),
        test,
    })
}

/// Below this part of the square a variance is rounding of 0.
const ROUNDING: f64 = 1e-15;

#[cfg(test)]
mod tests {
    use super::*;

    fn kappa(cells: [u64; 4]) -> Result<Kappa, Undefined> {
        let table = Table::new(2, cells.to_vec());
        cohen(&table, KappaWeights::Unweighted, Level::PERCENT_95)
    }

    #[test]
    fn perfect_agreement_is_one_without_an_interval() {
        let perfect = kappa([3, 0, 0, 5]).unwrap().kappa;
        assert_eq!(perfect.value(), Some(1.0));
        assert_eq!(perfect.reason(), Some(Undefined::StandardErrorZero));
    }

    #[test]
    fn one_category_alone_leaves_nothing_beyond_chance() {
        assert_eq!(kappa([3, 0, 0, 0]), Err(Undefined::ChanceAgrees));
        assert_eq!(
            kappa([0, 0, 0, 0]).unwrap_err().to_string(),
            "0 patients, at least 1 needed"
        );
    }

    #[test]
    fn the_same_rating_for_everybody_is_zero_without_an_interval_or_a_test() {
        let same = kappa([3, 0, 5, 0]).unwrap();
        assert_eq!(same.kappa.value(), Some(0.0));
        assert_eq!(same.kappa.reason(), Some(Undefined::StandardErrorZero));
        assert_eq!(same.test, Err(Undefined::StandardErrorZero));
    }
}
