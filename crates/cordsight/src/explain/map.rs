//! A map over a grid, and how it is scaled for the eye.
//!
//! In: values of any range on a layer's grid. Out: the same on the network's square, 0 the least and 1 the most in this
//! picture. Scaled as grad-cam does it: to 0..1, then enlarged (bilinear, centres of cells half a cell from the edge, as
//! OpenCV), then to 0..1 again.

/// Added to the largest value before dividing by it, as grad-cam does.
const FLOOR: f32 = 1e-7;

/// Values on a grid, row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Map {
    /// Rows of the grid.
    pub rows: usize,
    /// Columns of the grid.
    pub columns: usize,
    /// `rows` × `columns` values.
    pub values: Vec<f32>,
}

impl Map {
    /// True where the map has one value everywhere, so that it shows nothing.
    pub fn is_flat(&self) -> bool {
        self.values.iter().all(|value| *value == self.values[0])
    }

    /// The largest value.
    pub fn largest(&self) -> f32 {
        self.values
            .iter()
            .copied()
            .fold(f32::NEG_INFINITY, f32::max)
    }

    /// The map on a square of `side`² values in 0..1; all 0 where the map shows nothing.
    pub fn shown(&self, side: usize) -> Vec<f32> {
        let mut small = self.values.clone();
        to_unit(&mut small);
        let mut large = enlarged(&small, [self.rows, self.columns], side);
        to_unit(&mut large);
        large
    }

    /// Means over squares of `width`² cells around each cell, fewer at the edge: what the eye makes of a map that is
    /// rough from cell to cell.
    pub fn smoothed(&self, width: usize) -> Map {
        let reach = width / 2;
        let mean = |cell: usize| {
            let (row, column) = (cell / self.columns, cell % self.columns);
            let rows = row.saturating_sub(reach)..(row + reach + 1).min(self.rows);
            let columns = column.saturating_sub(reach)..(column + reach + 1).min(self.columns);
            let count = rows.len() * columns.len();
            let lines = rows.map(|row| &self.values[row * self.columns..][columns.clone()]);
            let sum: f64 = lines.flatten().map(|value| f64::from(*value)).sum();
            (sum / count as f64) as f32
        };
        Map {
            values: (0..self.values.len()).map(mean).collect(),
            ..*self
        }
    }

    /// What speaks for the class; the rest is 0.
    pub fn positive(&self) -> Map {
        Map {
            values: self.values.iter().map(|value| value.max(0.0)).collect(),
            ..*self
        }
    }
}

/// Shifts the least to 0 and divides by the most.
fn to_unit(values: &mut [f32]) {
    let least = values.iter().copied().fold(f32::INFINITY, f32::min);
    let most = values.iter().copied().fold(f32::NEG_INFINITY, f32::max) - least;
    for value in values {
        *value = (*value - least) / (FLOOR + most);
    }
}

fn enlarged(values: &[f32], [rows, columns]: [usize; 2], side: usize) -> Vec<f32> {
    let near = |at: usize, count: usize| {
        let place = (at as f32 + 0.5) * count as f32 / side as f32 - 0.5;
        let place = place.clamp(0.0, (count - 1) as f32);
        let before = place as usize;
        (before, (before + 1).min(count - 1), place.fract())
    };
    let mut square = Vec::with_capacity(side * side);
    for row in 0..side {
        let (above, below, down) = near(row, rows);
        for column in 0..side {
            let (left, right, along) = near(column, columns);
            let mixed = |row: usize| {
                let line = &values[row * columns..];
                line[left] * (1.0 - along) + line[right] * along
            };
            square.push(mixed(above) * (1.0 - down) + mixed(below) * down);
        }
    }
    square
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_map_shows_nothing_and_a_peak_stays_where_it_is() {
        let flat = Map {
            rows: 2,
            columns: 3,
            values: vec![0.25; 6],
        };
        assert!(flat.is_flat());
        assert!(flat.shown(8).iter().all(|value| *value == 0.0));

        let mut values = vec![0.0; 16];
        values[6] = 5.0;
        let peak = Map {
            rows: 4,
            columns: 4,
            values,
        };
        let shown = peak.shown(32);
        let most = (0..shown.len())
            .max_by(|a, b| shown[*a].total_cmp(&shown[*b]))
            .unwrap();
        assert_eq!((most / 32 / 8, most % 32 / 8), (1, 2));
        assert!((shown[most] - 1.0).abs() < 1e-5);
    }

    #[test]
    fn smoothing_keeps_a_flat_map_and_spreads_a_point_over_its_window() {
        let flat = Map {
            rows: 5,
            columns: 4,
            values: vec![2.0; 20],
        };
        assert_eq!(flat.smoothed(3), flat);
        let mut values = vec![0.0; 25];
        values[12] = 9.0;
        let point = Map {
            rows: 5,
            columns: 5,
            values,
        };
        let smooth = point.smoothed(3).values;
        assert_eq!(smooth.iter().filter(|value| **value == 1.0).count(), 9);
        assert_eq!(smooth.iter().sum::<f32>(), 9.0);
    }
}
