//! Sixty-four bits of a thumbnail, and of parts of it: what makes it cheap to leave out nearly all pairs.
//!
//! In: thumbnails. Out: 64 low frequencies of the local contrast of each (a discrete cosine transform), and from them one bit
//! each: above or below the mean over all pictures. The mean matters: all necks are alike at low frequencies, so that bits
//! against zero would be the same for most of a cohort.

use super::thumbnail::{Part, Thumbnail, contrast};

/// Cells on each side of the field that is transformed, and to each side of one with which it is compared.
const CELLS: usize = 16;
const REACH: usize = 3;
/// Frequencies kept.
pub(super) const KEPT: usize = 64;

/// Amplitudes of the kept frequencies; those of the mirror image differ in the sign of every odd column frequency.
pub(super) type Amplitudes = [f32; KEPT];

/// Reads amplitudes; holds the cosines.
pub(super) struct Transform {
    /// `[frequency, cell]`.
    cosines: Vec<[f32; CELLS]>,
    /// Column and row frequency of each kept one.
    kept: Vec<(usize, usize)>,
}

impl Transform {
    pub fn new() -> Transform {
        let cosine = |frequency: usize, cell: usize| {
            let angle = std::f64::consts::PI * frequency as f64 * (cell as f64 + 0.5);
            (angle / CELLS as f64).cos() as f32
        };
        let cosines = (0..CELLS)
            .map(|frequency| std::array::from_fn(|cell| cosine(frequency, cell)))
            .collect();
        let mut kept: Vec<(usize, usize)> = (0..CELLS * CELLS)
            .map(|i| (i % CELLS, i / CELLS))
            .filter(|(column, row)| column + row > 0)
            .collect();
        kept.sort_by_key(|&(column, row)| (column * column + row * row, column));
        kept.truncate(KEPT);
        Transform { cosines, kept }
    }

    /// Amplitudes of a part of a picture.
    pub fn amplitudes(&self, thumbnail: &Thumbnail, part: Part) -> Amplitudes {
        let field = contrast::<CELLS>(thumbnail, part, REACH);
        let most = self
            .kept
            .iter()
            .map(|&(column, _)| column)
            .max()
            .unwrap_or(0);
        // [column frequency][row of the field]
        let along: Vec<[f32; CELLS]> = self.cosines[..=most]
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
            let scale = if column == 0 || row == 0 {
                0.088_388
            } else {
                0.125
            };
            let pairs = along[column].iter().zip(&self.cosines[row]);
            scale * pairs.map(|(a, b)| a * b).sum::<f32>()
        })
    }

    /// Amplitudes of the mirror image.
    pub fn mirrored(&self, amplitudes: &Amplitudes) -> Amplitudes {
        std::array::from_fn(|i| {
            let is_odd = self.kept[i].0 % 2 == 1;
            if is_odd {
                -amplitudes[i]
            } else {
                amplitudes[i]
            }
        })
    }
}

/// Bit i says whether amplitude i is above the mean.
pub(super) fn code(amplitudes: &Amplitudes, mean: &Amplitudes) -> u64 {
    let bits = amplitudes.iter().zip(mean).enumerate();
    bits.fold(0, |code, (i, (a, mean))| code | u64::from(a > mean) << i)
}

/// Mean of each amplitude.
pub(super) fn mean(all: &[Amplitudes]) -> Amplitudes {
    let mut sums = [0.0_f64; KEPT];
    for amplitudes in all {
        for (sum, value) in sums.iter_mut().zip(amplitudes) {
            *sum += f64::from(*value);
        }
    }
    sums.map(|sum| (sum / all.len().max(1) as f64) as f32)
}

/// Correlation of two pictures about a mean.
pub(super) fn correlation(a: &Amplitudes, b: &Amplitudes, mean: &Amplitudes) -> f32 {
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for ((a, b), mean) in a.iter().zip(b).zip(mean) {
        let (a, b) = (a - mean, b - mean);
        ab += a * b;
        aa += a * a;
        bb += b * b;
    }
    if aa * bb > 0.0 {
        ab / (aa * bb).sqrt()
    } else {
        0.0
    }
}
