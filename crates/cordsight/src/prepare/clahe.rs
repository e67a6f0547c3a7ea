//! Contrast-limited adaptive histogram equalisation.
//!
//! In: grey values in 0..1, row by row. Out: grey values in 0..1: each tile's histogram of 256 greys is cut at a limit, what
//! was cut is spread evenly, and between tile centres the tiles' curves are blended. Off by default: it lifts noise with bone.
//!
//! Source: Zuiderveld 1994, Graphics Gems IV, 474; conventions of OpenCV (limit as a multiple of the flat histogram, mirrored
//! margin where tiles do not divide the picture). Checked against: OpenCV (tools/golden/opencv_clahe.py).

/// Tiles on each side.
const TILES: usize = 8;
/// Greys of the histogram.
const GREYS: usize = 256;

/// Equalises a picture of `width` columns; `limit` is the most that a grey may count, in multiples of its even share.
pub(super) fn clahe(pixels: &mut [f32], width: usize, limit: f64) {
    let height = pixels.len().checked_div(width).unwrap_or(0);
    if height == 0 {
        return;
    }
    let greys: Vec<u8> = pixels
        .iter()
        .map(|value| (value.clamp(0.0, 1.0) * 255.0).round() as u8)
        .collect();
    let tile = Tile::of(width, height);
    let curves: Vec<[f32; GREYS]> = (0..TILES * TILES)
        .map(|at| tile.curve(&greys, width, height, at, limit))
        .collect();
    for (row, line) in pixels.chunks_exact_mut(width).enumerate() {
        let (above, below, down) = neighbours(row, tile.height);
        for (column, pixel) in line.iter_mut().enumerate() {
            let (left, right, along) = neighbours(column, tile.width);
            let grey = usize::from(greys[row * width + column]);
            let value = |row: usize, column: usize| curves[row * TILES + column][grey];
            let upper = value(above, left) * (1.0 - along) + value(above, right) * along;
            let lower = value(below, left) * (1.0 - along) + value(below, right) * along;
            *pixel = (upper * (1.0 - down) + lower * down) / 255.0;
        }
    }
}

/// Sides of a tile in pixels.
struct Tile {
    width: usize,
    height: usize,
}

impl Tile {
    fn of(width: usize, height: usize) -> Self {
        // OpenCV adds a margin to both sides as soon as one is not divided.
        let divided = width.is_multiple_of(TILES) && height.is_multiple_of(TILES);
        let side = |length: usize| length / TILES + usize::from(!divided);
        Tile {
            width: side(width),
            height: side(height),
        }
    }

    /// New grey of every old one within a tile.
    fn curve(
        &self,
        greys: &[u8],
        width: usize,
        height: usize,
        at: usize,
        limit: f64,
    ) -> [f32; GREYS] {
        let (top, left) = (at / TILES * self.height, at % TILES * self.width);
        let mut counts = [0_usize; GREYS];
        for row in top..top + self.height {
            let line = mirrored(row, height) * width;
            for column in left..left + self.width {
                counts[usize::from(greys[line + mirrored(column, width)])] += 1;
            }
        }
        let area = self.width * self.height;
        cut(
            &mut counts,
            ((limit * area as f64 / GREYS as f64) as usize).max(1),
        );
        let scale = 255.0 / area as f32;
        let mut sum = 0;
        counts.map(|count| {
            sum += count;
            (sum as f32 * scale).round_ties_even().min(255.0)
        })
    }
}

/// Cuts a histogram and spreads what was cut.
fn cut(counts: &mut [usize; GREYS], limit: usize) {
    let mut excess = 0;
    for count in counts.iter_mut() {
        excess += count.saturating_sub(limit);
        *count = (*count).min(limit);
    }
    for count in counts.iter_mut() {
        *count += excess / GREYS;
    }
    let rest = excess % GREYS;
    if let Some(step) = GREYS.checked_div(rest) {
        for count in counts.iter_mut().step_by(step).take(rest) {
            *count += 1;
        }
    }
}

/// A line beyond the end as its mirror image in the last line.
fn mirrored(at: usize, length: usize) -> usize {
    let beyond = (at + 1).saturating_sub(length);
    if beyond == 0 {
        at
    } else {
        (length - 1).saturating_sub(beyond)
    }
}

/// Tiles before and after a pixel, and how far it is from the one's centre to the other's.
fn neighbours(at: usize, tile: usize) -> (usize, usize, f32) {
    let place = at as f32 / tile as f32 - 0.5;
    let before = place.floor();
    let index = |tile: f32| (tile.max(0.0) as usize).min(TILES - 1);
    (index(before), index(before + 1.0), place - before)
}
