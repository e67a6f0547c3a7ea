//! The inverse wavelet transforms: reversible 5/3 on whole numbers, irreversible 9/7 on single-precision ones.
//!
//! In: four bands of a level. Out: any run of rows of the next. Rows are transformed while low and high samples still lie
//! apart, so that every step is one loop over neighbours in memory; then columns, row by row.
//! Constants, scale and order of operations of 9/7 are OpenJPEG's, so that values agree to the level: rows first, products
//! and sums rounded one by one.
//!
//! Source: ITU-T T.800 annex F. Checked against: OpenJPEG (docs/dicom.md).

use std::ops::Range;

/// -delta, -gamma, -beta and -alpha, digits as OpenJPEG has them.
#[allow(clippy::excessive_precision)]
const FACTORS: [f32; 4] = [-0.443506852, -0.882911075, 0.052980118, 1.586134342];
#[allow(clippy::excessive_precision)]
const K: f32 = 1.230174105;
/// 2 / K but for its last digits.
#[allow(clippy::excessive_precision)]
const TWO_OVER_K: f32 = 1.625732422;

/// A coefficient of one of the two transforms.
pub(super) trait Coefficient: Copy + Default + Send + Sync + 'static {
    /// Lifting steps, low samples first.
    const STEPS: usize;
    /// From a magnitude with one fraction bit, its sign in the highest bit, and half of the quantisation step.
    fn dequantised(coded: u32, half_step: f32) -> Self;
    fn scaled(self, is_high: bool) -> Self;
    /// A sample after a step, from the two beside it.
    fn lifted(self, step: usize, before: Self, after: Self) -> Self;
    /// What a single sample in a high band becomes.
    fn alone(self) -> Self;
}

impl Coefficient for i32 {
    const STEPS: usize = 2;

    #[inline(always)]
    fn dequantised(coded: u32, _: f32) -> i32 {
        let magnitude = ((coded & 0x7fff_ffff) >> 1) as i32;
        let sign = (coded as i32) >> 31;
        (magnitude ^ sign) - sign
    }

    #[inline(always)]
    fn scaled(self, _: bool) -> i32 {
        self
    }

    #[inline(always)]
    fn lifted(self, step: usize, before: i32, after: i32) -> i32 {
        let sum = before.wrapping_add(after);
        match step {
            0 => self.wrapping_sub(sum.wrapping_add(2) >> 2),
            _ => self.wrapping_add(sum >> 1),
        }
    }

    fn alone(self) -> i32 {
        self / 2
    }
}

impl Coefficient for f32 {
    const STEPS: usize = 4;

    #[inline(always)]
    fn dequantised(coded: u32, half_step: f32) -> f32 {
        let magnitude = (coded & 0x7fff_ffff) as i32 as f32 * half_step;
        f32::from_bits(magnitude.to_bits() | coded & 0x8000_0000)
    }

    #[inline(always)]
    fn scaled(self, is_high: bool) -> f32 {
        self * if is_high { TWO_OVER_K } else { K }
    }

    #[inline(always)]
    fn lifted(self, step: usize, before: f32, after: f32) -> f32 {
        self + (before + after) * FACTORS[step]
    }

    fn alone(self) -> f32 {
        self
    }
}

/// A rectangle of coefficients, row after row.
pub(super) struct Plane<T> {
    pub width: usize,
    pub values: Vec<T>,
}

impl<T> Plane<T> {
    fn row(&self, y: usize) -> &[T] {
        &self.values[y * self.width..][..self.width]
    }
}

/// One level's input; LL, HL, LH, HH.
pub(super) struct Level<T> {
    pub width: usize,
    pub height: usize,
    /// Whether the first column and the first row are high samples.
    pub starts_high: [bool; 2],
    pub bands: [Plane<T>; 4],
}

/// Rows of scratch memory.
#[derive(Default)]
pub(super) struct Lines<T> {
    rows: Vec<T>,
    low: Vec<T>,
    high: Vec<T>,
}

impl<T: Coefficient> Level<T> {
    /// Writes rows `wanted` to `out`.
    #[inline(always)]
    pub fn synthesise(&self, wanted: Range<usize>, lines: &mut Lines<T>, out: &mut [T]) {
        let (width, height) = (self.width, self.height);
        // Each step reaches one row further.
        let first = wanted.start.saturating_sub(T::STEPS);
        let end = (wanted.end + T::STEPS).min(height);
        lines.rows.resize((end - first) * width, T::default());
        for y in first..end {
            self.horizontal(y, lines, (y - first) * width);
        }
        let rows = &mut lines.rows;
        if height == 1 {
            if self.starts_high[1] {
                rows.iter_mut().for_each(|value| *value = value.alone());
            }
        } else {
            let is_high = |y: usize| (y % 2 == 1) != self.starts_high[1];
            for y in first..end {
                let row = &mut rows[(y - first) * width..][..width];
                row.iter_mut()
                    .for_each(|value| *value = value.scaled(is_high(y)));
            }
            // A row takes part in step s once its neighbours have had step s - 1, so the steps follow each other
            // closely, while rows are in the cache.
            for front in first..end + T::STEPS {
                for step in 0..T::STEPS {
                    let Some(y) = front.checked_sub(step).filter(|y| (first..end).contains(y))
                    else {
                        continue;
                    };
                    if is_high(y) == (step % 2 == 1) {
                        // Mirrored at the picture's edges, and at those of the scratch, whose rows are then wrong
                        // as far as no wanted row depends on them.
                        let above = if y == first { y + 1 } else { y - 1 };
                        let below = if y + 1 == end { y - 1 } else { y + 1 };
                        lift_row(rows, width, step, (above - first, y - first, below - first));
                    }
                }
            }
        }
        let start = (wanted.start - first) * width;
        out.copy_from_slice(&rows[start..start + wanted.len() * width]);
    }

    /// Row `y` of the wanted level, its columns still to be transformed, to `lines.rows`.
    #[inline(always)]
    fn horizontal(&self, y: usize, lines: &mut Lines<T>, start: usize) {
        let is_high = (y % 2 == 1) != self.starts_high[1];
        let pair = if is_high {
            &self.bands[2..]
        } else {
            &self.bands[..2]
        };
        let (low, high) = (pair[0].row(y / 2), pair[1].row(y / 2));
        let out = &mut lines.rows[start..start + self.width];
        let starts_high = self.starts_high[0];
        if self.width == 1 {
            out[0] = if starts_high { high[0].alone() } else { low[0] };
            return;
        }
        lines.low.clear();
        lines
            .low
            .extend(low.iter().map(|value| value.scaled(false)));
        lines.high.clear();
        lines
            .high
            .extend(high.iter().map(|value| value.scaled(true)));
        for step in 0..T::STEPS {
            if step % 2 == 0 {
                lift(&mut lines.low, &lines.high, starts_high, step);
            } else {
                lift(&mut lines.high, &lines.low, !starts_high, step);
            }
        }
        let (even, odd) = if starts_high {
            (&lines.high, &lines.low)
        } else {
            (&lines.low, &lines.high)
        };
        let pairs = out.as_chunks_mut::<2>().0.iter_mut();
        for (pair, (&even, &odd)) in pairs.zip(even.iter().zip(odd)) {
            *pair = [even, odd];
        }
        if self.width % 2 == 1 {
            out[self.width - 1] = even[self.width / 2];
        }
    }
}

/// One step for all samples of a kind; `comes_second` where the first of them has a neighbour before it.
#[inline(always)]
fn lift<T: Coefficient>(targets: &mut [T], others: &[T], comes_second: bool, step: usize) {
    let last = others.len() - 1;
    let count = targets.len();
    let at = |index: usize| others[index.min(last)];
    if comes_second {
        let inner = last.min(count);
        let pairs = others.iter().zip(&others[1..]);
        for (target, (&before, &after)) in targets[..inner].iter_mut().zip(pairs) {
            *target = target.lifted(step, before, after);
        }
        for (target, index) in targets[inner..].iter_mut().zip(inner..) {
            *target = target.lifted(step, at(index), at(index + 1));
        }
    } else {
        targets[0] = targets[0].lifted(step, others[0], others[0]);
        let inner = (last + 1).min(count);
        let pairs = others.iter().zip(&others[1..]);
        for (target, (&before, &after)) in targets[1..inner].iter_mut().zip(pairs) {
            *target = target.lifted(step, before, after);
        }
        for (target, index) in targets[inner..].iter_mut().zip(inner..) {
            *target = target.lifted(step, at(index - 1), at(index));
        }
    }
}

#[inline(always)]
fn lift_row<T: Coefficient>(
    rows: &mut [T],
    width: usize,
    step: usize,
    (above, y, below): (usize, usize, usize),
) {
    let (head, rest) = rows.split_at_mut(y * width);
    let (row, tail) = rest.split_at_mut(width);
    let other = |at: usize| -> &[T] {
        if at < y {
            &head[at * width..][..width]
        } else {
            &tail[(at - y - 1) * width..][..width]
        }
    };
    let (above, below) = (other(above), other(below));
    for (value, (&above, &below)) in row.iter_mut().zip(above.iter().zip(below)) {
        *value = value.lifted(step, above, below);
    }
}
