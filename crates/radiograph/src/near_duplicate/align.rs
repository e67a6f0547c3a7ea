//! Lays one thumbnail over another and says how alike they are then.
//!
//! In: two fields of local contrast and a first guess of the part of one that the other shows. Out: their correlation once the
//! affine map between them is the best one near the guess; none where that map is no plausible copy (too much scale or turn, too
//! little overlap).
//!
//! Source: Lucas and Kanade 1981, IJCAI 674, with affine motion.

use super::thumbnail::{Part, SIDE};

const STEPS: usize = 8;
/// Largest departure of the map from a scale between the sides of the guess: stretch and turn, as a share.
const MOST_STRETCH: f32 = 0.12;
/// Least share of cells in which both have something.
const LEAST_OVERLAP: f32 = 0.6;

/// From a cell of `shown` to a place in `whole`: x' = m[0] + m[1] x + m[2] y, y' = m[3] + m[4] x + m[5] y, about the middles.
type Map = [f32; 6];

const MIDDLE: f32 = (SIDE - 1) as f32 / 2.0;

/// Correlation after alignment of `shown`, which may be the part `guess` of `whole`; -1 to 1.
pub(super) fn aligned_correlation(whole: &[f32], shown: &[f32], guess: Part) -> Option<f32> {
    let side = SIDE as f32;
    let [left, top, right, bottom] = guess;
    let start: Map = [
        side * (0.5 * (left + right) - 0.5),
        right - left,
        0.0,
        side * (0.5 * (top + bottom) - 0.5),
        0.0,
        bottom - top,
    ];
    let mut map = start;
    for step in 0..STEPS {
        let stride = if step + 2 < STEPS { 2 } else { 1 };
        let change = improvement(whole, shown, &map, stride)?;
        for (value, change) in map.iter_mut().zip(change) {
            *value += change;
        }
        let stretch = [1, 2, 4, 5].map(|i: usize| (map[i] - start[i]).abs());
        if stretch.iter().any(|v| !(*v <= MOST_STRETCH)) {
            return None;
        }
    }
    correlation(whole, shown, &map)
}

/// One step of Gauss and Newton.
fn improvement(whole: &[f32], shown: &[f32], map: &Map, stride: usize) -> Option<Map> {
    let mut normal = [[0.0_f32; 7]; 6];
    for row in (0..SIDE).step_by(stride) {
        for column in (0..SIDE).step_by(stride) {
            let (x, y) = (column as f32 - MIDDLE, row as f32 - MIDDLE);
            let Some([value, dx, dy]) = read(whole, map, x, y) else {
                continue;
            };
            let error = shown[row * SIDE + column] - value;
            let slopes = [dx, dx * x, dx * y, dy, dy * x, dy * y];
            for (i, line) in normal.iter_mut().enumerate() {
                for (sum, slope) in line[i..6].iter_mut().zip(&slopes[i..]) {
                    *sum += slopes[i] * slope;
                }
                line[6] += slopes[i] * error;
            }
        }
    }
    for i in 0..6 {
        for j in 0..i {
            normal[i][j] = normal[j][i];
        }
        normal[i][i] = 1.02 * normal[i][i] + 1e-3;
    }
    solve(normal)
}

/// Solution of six equations, the right-hand sides in the last column; none where they do not have one.
fn solve(mut rows: [[f32; 7]; 6]) -> Option<Map> {
    for i in 0..6 {
        if !(rows[i][i].abs() > 1e-9) {
            return None;
        }
        let pivot = rows[i];
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

fn correlation(whole: &[f32], shown: &[f32], map: &Map) -> Option<f32> {
    let mut pairs = Vec::with_capacity(SIDE * SIDE);
    for row in 0..SIDE {
        for column in 0..SIDE {
            let (x, y) = (column as f32 - MIDDLE, row as f32 - MIDDLE);
            if let Some([value, _, _]) = read(whole, map, x, y) {
                pairs.push((value, shown[row * SIDE + column]));
            }
        }
    }
    let count = pairs.len() as f32;
    if count < LEAST_OVERLAP * (SIDE * SIDE) as f32 {
        return None;
    }
    let mean_a = pairs.iter().map(|pair| pair.0).sum::<f32>() / count;
    let mean_b = pairs.iter().map(|pair| pair.1).sum::<f32>() / count;
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (a, b) in pairs {
        let (a, b) = (a - mean_a, b - mean_b);
        ab += a * b;
        aa += a * a;
        bb += b * b;
    }
    (aa * bb > 0.0).then(|| ab / (aa * bb).sqrt())
}

/// Value and slopes of `whole` at the place of a cell; none outside.
fn read(whole: &[f32], map: &Map, x: f32, y: f32) -> Option<[f32; 3]> {
    let column = map[0] + map[1] * x + map[2] * y + MIDDLE;
    let row = map[3] + map[4] * x + map[5] * y + MIDDLE;
    let last = (SIDE - 1) as f32;
    if !(column >= 0.0 && row >= 0.0 && column < last && row < last) {
        return None;
    }
    let (i, j) = (column as usize, row as usize);
    let (u, v) = (column - i as f32, row - j as f32);
    let upper = &whole[j * SIDE + i..][..2];
    let lower = &whole[(j + 1) * SIDE + i..][..2];
    let above = upper[0] + u * (upper[1] - upper[0]);
    let below = lower[0] + u * (lower[1] - lower[0]);
    let dx = (1.0 - v) * (upper[1] - upper[0]) + v * (lower[1] - lower[0]);
    Some([above + v * (below - above), dx, below - above])
}
