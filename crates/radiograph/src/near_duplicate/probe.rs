//! What a copy of a picture may show: all of it, its mirror image, a part, or the picture turned a little.
//!
//! In: a thumbnail. Out: fields of local contrast of [`CELLS`] x [`CELLS`] cells, one for each way, with the map that leads
//! from the copy back to the picture.

use super::thumbnail::{SIDE, Thumbnail};
use crate::local_contrast::{local_contrast, mirrored};

/// Cells on each side of the fields that are searched.
pub(super) const CELLS: usize = 24;
/// Cells to each side of one with which it is compared.
const REACH: usize = 2;

/// From a place in the copy to one in the picture, both as shares of the sides from the middle:
/// x' = m[0] + m[1] x + m[2] y, y' = m[3] + m[4] x + m[5] y.
pub(super) type Map = [f32; 6];

/// One way in which a copy may show a picture.
#[derive(Clone, Copy)]
pub(super) struct Way {
    pub map: Map,
    pub mirrored: bool,
}

/// A field and the way in which it was read.
pub(super) struct Probe {
    pub way: Way,
    /// Mean 0, length 1.
    pub field: Vec<f32>,
}

const WHOLE: Map = [0.0, 1.0, 0.0, 0.0, 0.0, 1.0];

/// Cut by shares of left, top, right and bottom.
const fn cut(left: f32, top: f32, right: f32, bottom: f32) -> Map {
    [
        0.5 * (left - right),
        1.0 - left - right,
        0.0,
        0.5 * (top - bottom),
        0.0,
        1.0 - top - bottom,
    ]
}

const fn turned(by: f32) -> Map {
    [0.0, 1.0, by, 0.0, -by, 1.0]
}

/// Parts and turns: cut all round, on one side, at a corner; turned by about 2 degrees.
const WAYS: [Map; 11] = [
    cut(0.04, 0.04, 0.04, 0.04),
    cut(0.075, 0.0, 0.0, 0.0),
    cut(0.0, 0.075, 0.0, 0.0),
    cut(0.0, 0.0, 0.075, 0.0),
    cut(0.0, 0.0, 0.0, 0.075),
    cut(0.08, 0.08, 0.0, 0.0),
    cut(0.0, 0.08, 0.08, 0.0),
    cut(0.08, 0.0, 0.0, 0.08),
    cut(0.0, 0.0, 0.08, 0.08),
    turned(0.034),
    turned(-0.034),
];

/// The field of a whole picture.
pub(super) fn whole(thumbnail: &Thumbnail) -> Vec<f32> {
    read(&softened(thumbnail), &WHOLE)
}

/// All ways: first the picture itself, then its mirror image, then the others.
pub(super) fn probes(thumbnail: &Thumbnail) -> Vec<Probe> {
    let soft = softened(thumbnail);
    let probe = |map: Map, field: Vec<f32>, mirrored| Probe {
        way: Way { map, mirrored },
        field,
    };
    let own = read(&soft, &WHOLE);
    let mut probes = vec![probe(WHOLE, mirrored(&own, CELLS), true)];
    probes.extend(WAYS.map(|map| probe(map, read(&soft, &map), false)));
    probes.insert(0, probe(WHOLE, own, false));
    probes
}

/// Means of 2 x 2 cells, one for each cell but the last of each row and column.
fn softened(thumbnail: &Thumbnail) -> Vec<f32> {
    let mut soft = Vec::with_capacity((SIDE - 1) * (SIDE - 1));
    for row in 0..SIDE - 1 {
        let upper = &thumbnail[row * SIDE..][..SIDE];
        let lower = &thumbnail[(row + 1) * SIDE..][..SIDE];
        for (a, b) in upper.windows(2).zip(lower.windows(2)) {
            let sum = u16::from(a[0]) + u16::from(a[1]) + u16::from(b[0]) + u16::from(b[1]);
            soft.push(f32::from(sum) / (4.0 * 255.0));
        }
    }
    soft
}

fn read(soft: &[f32], map: &Map) -> Vec<f32> {
    const COLUMNS: usize = SIDE - 1;
    let share = |cell: usize| (cell as f32 + 0.5) / CELLS as f32 - 0.5;
    let place = |share: f32| (SIDE as f32 * (share + 0.5) - 1.0).clamp(0.0, COLUMNS as f32 - 1.001);
    let mut grey = Vec::with_capacity(CELLS * CELLS);
    let (mut across, mut down) = ([0.0_f32; CELLS], [0.0_f32; CELLS]);
    for row in 0..CELLS {
        let y = share(row);
        for column in 0..CELLS {
            let x = share(column);
            across[column] = place(map[0] + map[1] * x + map[2] * y);
            down[column] = place(map[3] + map[4] * x + map[5] * y);
        }
        for (u, v) in across.iter().zip(&down) {
            let (i, j) = (*u as u16 as usize, *v as u16 as usize);
            let (u, v) = (u - i as f32, v - j as f32);
            let upper = &soft[j * COLUMNS + i..][..2];
            let lower = &soft[(j + 1) * COLUMNS + i..][..2];
            let above = upper[0] + u * (upper[1] - upper[0]);
            let below = lower[0] + u * (lower[1] - lower[0]);
            grey.push(above + v * (below - above));
        }
    }
    local_contrast(&grey, CELLS, REACH)
}
