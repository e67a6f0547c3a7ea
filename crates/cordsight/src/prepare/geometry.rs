//! What preparation did to one picture, and the way back.
//!
//! In: a point or a heatmap of the prepared square. Out: the same on the original picture. Points are `[column, row]`,
//! continuous, from the upper left corner: the centre of the first pixel is at 0.5.

use serde::{Deserialize, Serialize};

/// A part of a picture, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crop {
    /// First column.
    pub left: usize,
    /// First row.
    pub top: usize,
    /// Columns, at least 1.
    pub width: usize,
    /// Rows, at least 1.
    pub height: usize,
}

/// The steps from the original picture to the square, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Geometry {
    /// Columns of the original.
    pub width: usize,
    /// Rows of the original.
    pub height: usize,
    /// The part that was kept.
    pub crop: Crop,
    /// Left and right of that part were exchanged.
    pub mirrored: bool,
    /// Columns to which it was scaled, at least 1.
    pub columns: usize,
    /// Rows to which it was scaled, at least 1.
    pub rows: usize,
    /// Where its first column lies in the square; below 0 where the square cuts it.
    pub left: i64,
    /// Where its first row lies in the square; below 0 where the square cuts it.
    pub top: i64,
    /// Columns and rows of the square.
    pub side: usize,
}

impl Geometry {
    /// A point of the square on the original; one in the added margin lies outside of the part that was kept.
    pub fn to_original(&self, [column, row]: [f64; 2]) -> [f64; 2] {
        let along = (column - self.left as f64) / self.columns as f64;
        let along = if self.mirrored { 1.0 - along } else { along };
        let down = (row - self.top as f64) / self.rows as f64;
        [
            self.crop.left as f64 + along * self.crop.width as f64,
            self.crop.top as f64 + down * self.crop.height as f64,
        ]
    }

    /// A point of the original in the square.
    pub fn to_prepared(&self, [column, row]: [f64; 2]) -> [f64; 2] {
        let along = (column - self.crop.left as f64) / self.crop.width as f64;
        let along = if self.mirrored { 1.0 - along } else { along };
        let down = (row - self.crop.top as f64) / self.crop.height as f64;
        [
            self.left as f64 + along * self.columns as f64,
            self.top as f64 + down * self.rows as f64,
        ]
    }

    /// A map over the square (`side`² values, row by row) on the original (`height` × `width` values): bilinear; 0 where the
    /// network saw nothing. Nothing where the map has another number of values.
    pub fn heatmap_to_original(&self, map: &[f32]) -> Option<Vec<f32>> {
        self.heatmap_on(map, [self.width, self.height])
    }

    /// The same on the original scaled to so many columns and rows.
    pub fn heatmap_on(&self, map: &[f32], [columns, rows]: [usize; 2]) -> Option<Vec<f32>> {
        if map.len() != self.side * self.side {
            return None;
        }
        let across = self.width as f64 / columns as f64;
        let down = self.height as f64 / rows as f64;
        let mut whole = Vec::with_capacity(columns * rows);
        for row in 0..rows {
            for column in 0..columns {
                let point = [(column as f64 + 0.5) * across, (row as f64 + 0.5) * down];
                let place = self.to_prepared(point);
                let seen = self.seen(point, place);
                whole.push(if seen { self.sample(map, place) } else { 0.0 });
            }
        }
        Some(whole)
    }

    /// Whether a point of the original lies in the part that was kept, and its place in the square.
    fn seen(&self, [column, row]: [f64; 2], place: [f64; 2]) -> bool {
        let crop = &self.crop;
        let within = |at: f64, from: usize, length: usize| {
            (from as f64..(from + length) as f64).contains(&at)
        };
        within(column, crop.left, crop.width)
            && within(row, crop.top, crop.height)
            && place.iter().all(|at| (0.0..=self.side as f64).contains(at))
    }

    fn sample(&self, map: &[f32], [column, row]: [f64; 2]) -> f32 {
        let (left, right, along) = self.neighbours(column);
        let (above, below, down) = self.neighbours(row);
        let value = |row: usize, column: usize| f64::from(map[row * self.side + column]);
        let upper = value(above, left) * (1.0 - along) + value(above, right) * along;
        let lower = value(below, left) * (1.0 - along) + value(below, right) * along;
        (upper * (1.0 - down) + lower * down) as f32
    }

    /// The cells before and after a place, and how far it is from the one to the other.
    fn neighbours(&self, place: f64) -> (usize, usize, f64) {
        let last = self.side - 1;
        let place = (place - 0.5).clamp(0.0, last as f64);
        let before = place as usize;
        (before, (before + 1).min(last), place.fract())
    }
}
