//! Sixty-four bits of a field of local contrast: what makes it cheap to leave out nearly all pairs.
//!
//! In: a field of [`CELLS`] x [`CELLS`] cells. Out: its 64 lowest frequencies (a discrete cosine transform), and from them one
//! bit each: above or below the mean over all pictures. The mean matters: all necks are alike at low frequencies, so that
//! bits against zero would be the same for most of a cohort.

use super::probe::CELLS;

/// Frequencies kept.
pub(super) const KEPT: usize = 64;

/// Amplitudes of the kept frequencies.
pub(super) type Amplitudes = [f32; KEPT];

/// Reads amplitudes; holds the cosines.
pub(super) struct Transform {
    /// `[frequency][cell]`.
    cosines: Vec<[f32; CELLS]>,
    /// Column and row frequency of each kept one.
    kept: Vec<(usize, usize)>,
}

impl Transform {
    pub fn new() -> Transform {
        let mut kept: Vec<(usize, usize)> = (0..CELLS * CELLS)
            .map(|i| (i % CELLS, i / CELLS))
            .filter(|(column, row)| column + row > 0)
            .collect();
        kept.sort_by_key(|&(column, row)| (column * column + row * row, column));
        kept.truncate(KEPT);
        let most = kept
            .iter()
            .map(|&(column, row)| column.max(row))
            .max()
            .unwrap_or(0);
        let cosine = |frequency: usize, cell: usize| {
            let angle = std::f64::consts::PI * frequency as f64 * (cell as f64 + 0.5);
            (angle / CELLS as f64).cos() as f32
        };
        let cosines = (0..=most)
            .map(|frequency| std::array::from_fn(|cell| cosine(frequency, cell)))
            .collect();
        Transform { cosines, kept }
    }

    /// Amplitudes of a field, each in a scale of its own that does not matter to the bits.
    pub fn amplitudes(&self, field: &[f32]) -> Amplitudes {
        // [column frequency][row of the field]
        let along: Vec<[f32; CELLS]> = self
            .cosines
            .iter()
            .map(|cosine| {
                std::array::from_fn(|row| {
                    let line = &field[row * CELLS..][..CELLS];
                    line.iter().zip(cosine).map(|(a, b)| a * b).sum()
                })
            })
            .collect();
        std::array::from_fn(|i| {
            let (column, row) = self.kept[i];
            let pairs = along[column].iter().zip(&self.cosines[row]);
            pairs.map(|(a, b)| a * b).sum()
        })
    }
}

/// Bit i says whether amplitude i is above the mean.
pub(super) fn code(amplitudes: &Amplitudes, mean: &Amplitudes) -> u64 {
    let bits = amplitudes.iter().zip(mean).enumerate();
    bits.fold(0, |code, (i, (a, mean))| code | u64::from(a > mean) << i)
}
