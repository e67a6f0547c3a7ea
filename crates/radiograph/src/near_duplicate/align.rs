//! Lays one field over another and says how alike they are then.
//!
//! In: two square fields of local contrast and a first guess of the map from one to the other. Out: the best affine map near
//! the guess and the correlation under it; none where that map is no plausible copy (too much stretch or turn, too
//! little overlap).
//!
//! Source: Lucas and Kanade 1981, IJCAI 674, with affine motion.

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

    fn improvement(&self, map: &Map) -> Option<Map> {
        let mut sums = [[0.0_f32; 7]; 6];
        for row in 0..self.side {
            let y = self.share(row);
            for column in 0..self.side {
                let x = self.share(column);
                let Some([value, dx, dy]) = self.read(map, x, y) else {
                    continue;
                };
                let error = self.shown[row * self.side + column] - value;
                let slopes = [dx, dx * x, dx * y, dy, dy * x, dy * y];
                for (slope, line) in slopes.iter().zip(&mut sums) {
                    for (sum, other) in line.iter_mut().zip(&slopes) {
                        *sum += slope * other;
                    }
                    line[6] += slope * error;
                }
            }
        }
        for (i, line) in sums.iter_mut().enumerate() {
            line[i] = 1.02 * line[i] + 1e-6;
        }
        solve(sums)
    }

    /// Correlation under a map, -1 to 1.
    pub fn correlation(&self, map: &Map) -> Option<f32> {
        let (mut a, mut b, mut ab, mut aa, mut bb, mut count) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
        for row in 0..self.side {
            for column in 0..self.side {
                let Some([value, _, _]) = self.read(map, self.share(column), self.share(row))
                else {
                    continue;
                };
                let shown = self.shown[row * self.side + column];
                a += value;
                b += shown;
                ab += value * shown;
                aa += value * value;
                bb += shown * shown;
                count += 1.0;
            }
        }
        if count < LEAST_OVERLAP * (self.side * self.side) as f32 {
            return None;
        }
        let spread = (aa - a * a / count) * (bb - b * b / count);
        (spread > 0.0).then(|| (ab - a * b / count) / spread.sqrt())
    }

    /// Middle of a cell, as a share of the side from the middle.
    fn share(&self, cell: usize) -> f32 {
        (cell as f32 + 0.5) / self.side as f32 - 0.5
    }

    /// Value of `whole` and its slopes at the place of a cell of `shown`; none outside.
    fn read(&self, map: &Map, x: f32, y: f32) -> Option<[f32; 3]> {
        let side = self.side as f32;
        let column = side * (map[0] + map[1] * x + map[2] * y + 0.5) - 0.5;
        let row = side * (map[3] + map[4] * x + map[5] * y + 0.5) - 0.5;
        let inside = 0.0..side - 1.0;
        if !inside.contains(&column) || !inside.contains(&row) {
            return None;
        }
        let (i, j) = (column as usize, row as usize);
        let (u, v) = (column - i as f32, row - j as f32);
        let upper = &self.whole[j * self.side + i..][..2];
        let lower = &self.whole[(j + 1) * self.side + i..][..2];
        let above = upper[0] + u * (upper[1] - upper[0]);
        let below = lower[0] + u * (lower[1] - lower[0]);
        let dx = (1.0 - v) * (upper[1] - upper[0]) + v * (lower[1] - lower[0]);
        Some([
            above + v * (below - above),
            side * dx,
            side * (below - above),
        ])
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
