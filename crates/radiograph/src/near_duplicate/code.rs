//! A sketch of a field of local contrast: what makes it cheap to leave out nearly all pairs.
//!
//! In: a field of [`CELLS`] x [`CELLS`] cells. Out: its 64 lowest frequencies (a discrete cosine transform) about the mean of all
//! pictures, made independent of each other, and from them one bit and one byte each. Necks are alike where they are large: what tells
//! two of them apart is small beside the bend and the place that many share, so each direction is weighed by how little it varies.

use super::probe::CELLS;

/// Frequencies kept.
pub(super) const KEPT: usize = 64;

/// Amplitudes of the kept frequencies.
pub(super) type Amplitudes = [f32; KEPT];

/// Whitened amplitudes, one byte each.
pub(super) type Signature = [i8; KEPT];

/// Length of a signature; no number in it is larger.
const LENGTH: f32 = 127.0;
/// Added to the variance in every direction, as a share of the mean variance: a direction that hardly varies is noise in copies.
const RIDGE: f64 = 0.1;

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

/// Makes amplitudes independent of each other and equally wide over a set of pictures (whitening by the factor of Cholesky).
pub(super) struct Whitening {
    mean: [f64; KEPT],
    /// Lower triangle L of the covariance L Lᵀ.
    factor: Vec<[f64; KEPT]>,
}

impl Whitening {
    /// Fitted on all pictures of a set.
    pub fn fitted(all: &[Amplitudes]) -> Whitening {
        let count = all.len().max(1) as f64;
        let mean =
            std::array::from_fn(|i| all.iter().map(|a| f64::from(a[i])).sum::<f64>() / count);
        let mut covariance = vec![[0.0; KEPT]; KEPT];
        for amplitudes in all {
            let about = about(amplitudes, &mean);
            for (i, line) in covariance.iter_mut().enumerate() {
                for (sum, other) in line.iter_mut().zip(&about).take(i + 1) {
                    *sum += about[i] * other / count;
                }
            }
        }
        let spread = (0..KEPT).map(|i| covariance[i][i]).sum::<f64>() / KEPT as f64;
        for (i, line) in covariance.iter_mut().enumerate() {
            line[i] += RIDGE * spread + f64::MIN_POSITIVE;
        }
        Whitening {
            mean,
            factor: factor(covariance),
        }
    }

    pub fn sketch(&self, amplitudes: &Amplitudes) -> Sketch {
        let mut white = about(amplitudes, &self.mean);
        for (i, line) in self.factor.iter().enumerate() {
            let known: f64 = line.iter().zip(&white).take(i).map(|(a, b)| a * b).sum();
            white[i] = (white[i] - known) / line[i];
        }
        let square: f64 = white.iter().map(|v| v * v).sum();
        let scale = if square > 0.0 {
            f64::from(LENGTH) / square.sqrt()
        } else {
            0.0
        };
        let bits = white.iter().enumerate();
        Sketch {
            code: bits.fold(0, |code, (i, v)| code | u64::from(*v > 0.0) << i),
            signature: white.map(|v| (scale * v).round() as i8),
        }
    }
}

fn about(amplitudes: &Amplitudes, mean: &[f64; KEPT]) -> [f64; KEPT] {
    std::array::from_fn(|i| f64::from(amplitudes[i]) - mean[i])
}

/// L of a positive definite matrix L Lᵀ, of which the lower triangle is given.
fn factor(mut lines: Vec<[f64; KEPT]>) -> Vec<[f64; KEPT]> {
    for i in 0..KEPT {
        for j in 0..=i {
            let known: f64 = (0..j).map(|k| lines[i][k] * lines[j][k]).sum();
            let left = lines[i][j] - known;
            lines[i][j] = if i == j {
                left.sqrt()
            } else {
                left / lines[j][j]
            };
        }
    }
    lines
}

/// What is compared first.
pub(super) struct Sketch {
    /// Bit i says whether the whitened amplitude i is above the mean.
    pub code: u64,
    /// The whitened amplitudes, stretched to a length of about [`LENGTH`].
    pub signature: Signature,
}

/// Correlation of the whitened amplitudes.
#[inline(always)]
pub(super) fn likeness(own: &Signature, other: &Signature) -> f32 {
    let pairs = own.iter().zip(other);
    let sum: i32 = pairs
        .map(|(a, b)| i32::from(i16::from(*a) * i16::from(*b)))
        .sum();
    sum as f32 / (LENGTH * LENGTH)
}
