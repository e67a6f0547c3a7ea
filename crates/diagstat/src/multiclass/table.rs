//! A square table of counts with its margins, as averages and kappa need it for two classes and for more.
//!
//! In: counts row by row, rows the truth and columns the call. Out: [`Table`]. The counts are 64 bits wide, since the sums
//! of four 32-bit counts are.

use crate::interval::Proportion;
use crate::undefined::{Group, Undefined};

/// Counts by truth and call.
pub(crate) struct Table {
    pub classes: usize,
    /// Row by row.
    pub cells: Vec<u64>,
    /// Patients of each class.
    pub truths: Vec<u64>,
    /// Patients called each class.
    pub calls: Vec<u64>,
}

impl Table {
    /// `cells` holds `classes` times `classes` counts, row by row.
    pub fn new(classes: usize, cells: Vec<u64>) -> Self {
        let mut truths = vec![0; classes];
        let mut calls = vec![0; classes];
        for (index, count) in cells.iter().enumerate() {
            truths[index / classes] += count;
            calls[index % classes] += count;
        }
        Self {
            classes,
            cells,
            truths,
            calls,
        }
    }

    pub fn patients(&self) -> u64 {
        self.truths.iter().sum()
    }

    /// Patients of the class who are called so.
    pub fn right(&self, class: usize) -> u64 {
        self.cells[class * self.classes + class]
    }

    pub fn accuracy(&self) -> Result<Proportion, Undefined> {
        let right: u64 = (0..self.classes).map(|class| self.right(class)).sum();
        Proportion::of(Group::Patients, right, self.patients() - right)
    }
}
