//! Lays one field over another and says how alike they are then.
//!
//! In: two square fields of local contrast and a first guess of the map from one to the other. Out: the best affine map near
//! the guess and the correlation under it; none where that map is no plausible copy (too much stretch or turn, too
//! little overlap).
//!
//! Everything here is put into its caller, which is compiled for the vectors that the processor has.
//!
//! Source: Lucas and Kanade 1981, IJCAI 674, with affine motion.

use std::ops::{Add, AddAssign, Mul, Sub};

use super::probe::Map;

/// Largest departure of stretch and turn from none, as a share.
const MOST_STRETCH: f32 = 0.22;
/// Least share of cells in which both have something.
const LEAST_OVERLAP: f32 = 0.65;

/// Two fields of `side` x `side` cells: a picture, and what may be a copy or a part of it.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a> {
    pub whole: &'a [f32],
    pub shown: &'a [f32],
    pub side: usize,
}

impl Fields<'_> {
    /// The map after `steps` of Gauss and Newton.
    #[inline(always)]
    pub fn align(&self, guess: &Map, steps: usize) -> Option<Map> {
        let mut map = *guess;
        for _ in 0..steps {
            let change = self.improvement(&map)?;
            for (value, change) in map.iter_mut().zip(change) {
                *value += change;
            }
            let stretch = [map[1] - 1.0, map[2], map[4], map[5] - 1.0];
            let is_plausible = stretch.iter().all(|v| v.abs() <= MOST_STRETCH);
            if !is_plausible {
                return None;
            }
        }
        Some(map)
    }

    #[inline(always)]
    fn improvement(&self, map: &Map) -> Option<Map> {
        let mut sums = [[0.0_f32; 7]; 6];
        for row in 0..self.side {
            let y = self.share(row);
            // Slopes along x and y: their products with each other, times 1, x and x^2, and with the error, times 1 and x.
            let mut squares = [[Lanes::ZERO; 3]; 3];
            let mut errors = [[Lanes::ZERO; 2]; 2];
            for first in (0..self.side).step_by(LANES) {
                let (read, shown, x) = self.read(map, first, row);
                let error = shown - read.value;
                let products = [read.dx * read.dx, read.dx * read.dy, read.dy * read.dy];
                for (sums, product) in squares.iter_mut().zip(products) {
                    let along = product * x;
                    sums[0] += product;
                    sums[1] += along;
                    sums[2] += along * x;
                }
                for (sums, slope) in errors.iter_mut().zip([read.dx, read.dy]) {
                    let product = slope * error;
                    sums[0] += product;
                    sums[1] += product * x;
                }
            }
            let squares = squares.map(|of| of.map(Lanes::sum));
            let errors = errors.map(|of| of.map(Lanes::sum));
            // Unknowns 0 to 2 move along x, 3 to 5 along y; each three go with 1, x and y.
            for (i, line) in sums.iter_mut().enumerate() {
                for (j, sum) in line[..6].iter_mut().enumerate() {
                    let powers = usize::from(i % 3 == 1) + usize::from(j % 3 == 1);
                    let rows = [1.0, y, y * y][usize::from(i % 3 == 2) + usize::from(j % 3 == 2)];
                    *sum += squares[i / 3 + j / 3][powers] * rows;
                }
                let rows = if i % 3 == 2 { y } else { 1.0 };
                line[6] += errors[i / 3][usize::from(i % 3 == 1)] * rows;
            }
        }
        for (i, line) in sums.iter_mut().enumerate() {
            line[i] = 1.02 * line[i] + 1e-6;
        }
        solve(sums)
    }

    /// Correlation under a map, -1 to 1.
    #[inline(always)]
    pub fn correlation(&self, map: &Map) -> Option<f32> {
        let mut sums = [Lanes::ZERO; 6];
        for row in 0..self.side {
            for first in (0..self.side).step_by(LANES) {
                let (read, shown, _) = self.read(map, first, row);
                let shown = shown * read.inside;
                let value = read.value * read.inside;
                let terms = [
                    read.inside,
                    value,
                    shown,
                    value * shown,
                    value * value,
                    shown * shown,
                ];
                for (sum, term) in sums.iter_mut().zip(terms) {
                    *sum += term;
                }
            }
        }
        let [count, a, b, ab, aa, bb] = sums.map(Lanes::sum);
        if count < LEAST_OVERLAP * (self.side * self.side) as f32 {
            return None;
        }
        let spread = (aa - a * a / count) * (bb - b * b / count);
        (spread > 0.0).then(|| (ab - a * b / count) / spread.sqrt())
    }

    /// Middle of a cell, as a share of the side from the middle.
    #[inline(always)]
    fn share(&self, cell: usize) -> f32 {
        (cell as f32 + 0.5) / self.side as f32 - 0.5
    }

    /// `whole` at the places of the cells of `shown` from column `first` on, these cells, and their x.
    #[inline(always)]
    fn read(&self, map: &Map, first: usize, row: usize) -> (Read, Lanes, Lanes) {
        let side = self.side as f32;
        let last = self.side - 2;
        let y = self.share(row);
        let mut x = Lanes::ZERO;
        let mut inside = Lanes::ZERO;
        let [mut u, mut v] = [Lanes::ZERO; 2];
        // Places outside count as nothing, wherever they are read.
        let mut corners = [Lanes::ZERO; 4];
        for k in 0..LANES {
            x.0[k] = self.share(first + k);
            let column = side * (map[0] + map[1] * x.0[k] + map[2] * y + 0.5) - 0.5;
            let line = side * (map[3] + map[4] * x.0[k] + map[5] * y + 0.5) - 0.5;
            let is_inside =
                (column >= 0.0) & (column < side - 1.0) & (line >= 0.0) & (line < side - 1.0);
            inside.0[k] = f32::from(u8::from(is_inside));
            u.0[k] = column - column.floor();
            v.0[k] = line - line.floor();
            let i = (column as usize).min(last);
            let j = (line as usize).min(last);
            let (upper, lower) = (j * self.side + i, (j + 1) * self.side + i);
            corners[0].0[k] = self.whole[upper];
            corners[1].0[k] = self.whole[upper + 1];
            corners[2].0[k] = self.whole[lower];
            corners[3].0[k] = self.whole[lower + 1];
        }
        let [upper_left, upper_right, lower_left, lower_right] = corners;
        let above = upper_left + u * (upper_right - upper_left);
        let below = lower_left + u * (lower_right - lower_left);
        let left = upper_left + v * (lower_left - upper_left);
        let right = upper_right + v * (lower_right - upper_right);
        let per_side = inside * Lanes([side; LANES]);
        let mut shown = Lanes::ZERO;
        shown
            .0
            .copy_from_slice(&self.shown[row * self.side + first..][..LANES]);
        let read = Read {
            inside,
            value: above + v * (below - above),
            dx: (right - left) * per_side,
            dy: (below - above) * per_side,
        };
        (read, shown, x)
    }
}

/// Cells taken together; the sides are multiples of it.
const LANES: usize = 8;

/// One number for each of some neighbouring cells, which the compiler keeps in a vector.
#[derive(Clone, Copy)]
struct Lanes([f32; LANES]);

/// What is read at neighbouring cells.
struct Read {
    /// 1 inside of `whole`, 0 outside, where slopes are 0 too.
    inside: Lanes,
    value: Lanes,
    dx: Lanes,
    dy: Lanes,
}

impl Lanes {
    const ZERO: Lanes = Lanes([0.0; LANES]);

    #[inline(always)]
    fn sum(self) -> f32 {
        self.0.iter().sum()
    }
}

// Plain loops without closures: a closure may stay a call of its own, compiled without the processor's vectors.
impl Add for Lanes {
    type Output = Lanes;

    #[inline(always)]
    fn add(mut self, other: Lanes) -> Lanes {
        for k in 0..LANES {
            self.0[k] += other.0[k];
        }
        self
    }
}

impl AddAssign for Lanes {
    #[inline(always)]
    fn add_assign(&mut self, other: Lanes) {
        *self = *self + other;
    }
}

impl Sub for Lanes {
    type Output = Lanes;

    #[inline(always)]
    fn sub(mut self, other: Lanes) -> Lanes {
        for k in 0..LANES {
            self.0[k] -= other.0[k];
        }
        self
    }
}

impl Mul for Lanes {
    type Output = Lanes;

    #[inline(always)]
    fn mul(mut self, other: Lanes) -> Lanes {
        for k in 0..LANES {
            self.0[k] *= other.0[k];
        }
        self
    }
}

/// Solution of six equations, the right-hand sides in the last column; none where they do not have one.
fn solve(mut rows: [[f32; 7]; 6]) -> Option<Map> {
    for i in 0..6 {
        let pivot = rows[i];
        if pivot[i].abs() < 1e-12 || !pivot[i].is_finite() {
            return None;
        }
        for (j, row) in rows.iter_mut().enumerate() {
            if j != i {
                let factor = row[i] / pivot[i];
                for (value, pivot) in row.iter_mut().zip(&pivot) {
                    *value -= factor * pivot;
                }
            }
        }
    }
    Some(std::array::from_fn(|i| rows[i][6] / rows[i][i]))
}
