//! A sketch of a field of local contrast: what makes it cheap to leave out nearly all pairs.
//!
//! In: a field of [`CELLS`] x [`CELLS`] cells. Out: its 64 lowest frequencies (a discrete cosine transform), from them one bit
//! each, above or below the mean over all pictures, and one byte each. The mean matters: all necks are alike at low frequencies, so that
//! bits against zero would be the same for most of a cohort.

use super::probe::CELLS;

/// Frequencies kept.
pub(super) const KEPT: usize = 64;

/// Amplitudes of the kept frequencies.
pub(super) type Amplitudes = [f32; KEPT];

/// Amplitudes about the mean, one byte each.
pub(super) type Signature = [i8; KEPT];

/// Length of a signature; no number in it is larger.
const LENGTH: f32 = 127.0;

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

/// What is compared first.
pub(super) struct Sketch {
    /// Bit i says whether amplitude i is above the mean.
    pub code: u64,
    /// The amplitudes about the mean, stretched to a length of about [`LENGTH`].
    pub signature: Signature,
}

impl Sketch {
    pub fn of(amplitudes: &Amplitudes, mean: &Amplitudes) -> Sketch {
        let about: Amplitudes = std::array::from_fn(|i| amplitudes[i] - mean[i]);
        let square: f32 = about.iter().map(|v| v * v).sum();
        let scale = if square > 0.0 {
            LENGTH / square.sqrt()
        } else {
            0.0
        };
        let bits = about.iter().enumerate();
        Sketch {
            code: bits.fold(0, |code, (i, v)| code | u64::from(*v > 0.0) << i),
            signature: about.map(|v| (scale * v).round() as i8),
        }
    }
}

/// Correlation of the amplitudes about the mean.
#[inline(always)]
pub(super) fn likeness(own: &Signature, other: &Signature) -> f32 {
    let pairs = own.iter().zip(other);
    let sum: i32 = pairs
        .map(|(a, b)| i32::from(i16::from(*a) * i16::from(*b)))
        .sum();
    sum as f32 / (LENGTH * LENGTH)
}
