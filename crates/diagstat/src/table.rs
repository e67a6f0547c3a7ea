//! A square table of counts with its margins, as averages and kappa need it for two categories and for more.
//!
//! In: counts row by row: rows the truth and columns the call, or rows the first rater and columns the second. Out:
//! [`Table`]. The counts are 64 bits wide, since the sums of four 32-bit counts are.

use crate::interval::Proportion;
use crate::undefined::{Group, Undefined};

/// Counts by two categories of each patient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    pub categories: usize,
    /// Row by row.
    pub cells: Vec<u64>,
    /// Patients of each row.
    pub rows: Vec<u64>,
    /// Patients of each column.
    pub columns: Vec<u64>,
}

impl Table {
    /// `cells` holds `categories` times `categories` counts, row by row.
    pub(crate) fn new(categories: usize, cells: Vec<u64>) -> Self {
        let mut rows = vec![0; categories];
        let mut columns = vec![0; categories];
        for (index, count) in cells.iter().enumerate() {
            rows[index / categories] += count;
            columns[index % categories] += count;
        }
        Self {
            categories,
            cells,
            rows,
            columns,
        }
    }

    pub(crate) fn patients(&self) -> u64 {
        self.rows.iter().sum()
    }

    /// Patients in the category by row and column.
    pub(crate) fn alike(&self, category: usize) -> u64 {
        self.cells[category * self.categories + category]
    }

    pub(crate) fn part_alike(&self) -> Result<Proportion, Undefined> {
        let alike: u64 = (0..self.categories)
            .map(|category| self.alike(category))
            .sum();
        Proportion::of(Group::Patients, alike, self.patients() - alike)
    }
}
