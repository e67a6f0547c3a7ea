//! Random shear, zoom and width shift of training pictures, as Keras's `ImageDataGenerator` does them.
//!
//! In: a prepared picture, [`Ranges`] and a position in the run (seed, epoch, place in the epoch). Out: the warped
//! picture. The draw depends on the position alone, so that any number of threads, and a run that was stopped and
//! resumed, see the same pictures.
//!
//! The matrix maps output to input positions `(row, column)` about the picture's centre and is shift · shear · zoom;
//! values between pixels are interpolated bilinearly, and beyond the border the nearest pixel is repeated. The paper
//! names the three transforms but not their ranges; ours are settings.
//!
//! Keras's generations disagree on two points. A shift of the width moves pictures to the side here and in Keras up to
//! 2.8; from 2.9 on Keras exchanges rows and columns, and the same option moves them up or down. The centre here is the
//! middle of the picture, as from Keras 2.9 on; before, it lay one pixel below and right of it.
//!
//! Source: `keras/src/legacy/preprocessing/image.py` (behaviour); `scipy.ndimage.affine_transform` with order 1.
//! Checked against Keras 3 (tools/golden/keras_augment.py).

use rand::RngExt;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::prepare::Prepared;
use crate::random::{Purpose, generator};

/// Ranges of the random transforms; 0 switches one off.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ranges {
    /// Shear angle, drawn from ± this many degrees.
    pub shear_deg: f64,
    /// Zoom factors of rows and of columns, each drawn from 1 ± this.
    pub zoom: f64,
    /// Shift to the side, drawn from ± this fraction of the width.
    pub width_shift: f64,
}

/// One drawn transform.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Warp {
    /// Shear angle in degrees.
    pub shear_deg: f64,
    /// Zoom factor of rows: above 1 the picture shrinks, as in Keras.
    pub zoom_rows: f64,
    /// Zoom factor of columns.
    pub zoom_columns: f64,
    /// Shift to the side in pixels.
    pub shift_columns: f64,
}

/// Where in a run a picture is used.
#[derive(Clone, Copy, Debug)]
pub struct Position {
    /// The run's seed.
    pub seed: u64,
    /// Epoch, from 1.
    pub epoch: u32,
    /// Place in the epoch's order, from 0.
    pub place: usize,
}

impl Warp {
    /// Draws the transform of one picture; `side` is its width in pixels.
    pub fn draw(ranges: &Ranges, position: Position, side: usize) -> Self {
        let index = u64::from(position.epoch) << 32 | position.place as u64;
        let mut generator = generator(position.seed, Purpose::Augmentation, index);
        let mut within = |range: f64| range * generator.random_range(-1.0..1.0);
        Warp {
            shear_deg: within(ranges.shear_deg),
            zoom_rows: 1.0 + within(ranges.zoom),
            zoom_columns: 1.0 + within(ranges.zoom),
            shift_columns: within(ranges.width_shift) * side as f64,
        }
    }

    /// `[[a, b], [c, d]]` and `[row, column]` offset: input position = matrix · output position + offset.
    pub fn matrix(&self, side: usize) -> ([[f64; 2]; 2], [f64; 2]) {
        let (sin, cos) = self.shear_deg.to_radians().sin_cos();
        let matrix = [
            [self.zoom_rows, -sin * self.zoom_columns],
            [0.0, cos * self.zoom_columns],
        ];
        let centre = side as f64 / 2.0 - 0.5;
        let offset = [
            centre - (matrix[0][0] + matrix[0][1]) * centre,
            centre - (matrix[1][0] + matrix[1][1]) * centre + self.shift_columns,
        ];
        (matrix, offset)
    }

    /// Warps one square picture.
    pub fn apply(&self, picture: &Prepared, side: usize) -> Prepared {
        let (matrix, offset) = self.matrix(side);
        let last = (side - 1) as f64;
        let at = |row: usize, column: usize| picture.0[row * side + column];
        let warped = (0..side * side).map(|pixel| {
            let (row, column) = ((pixel / side) as f64, (pixel % side) as f64);
            let y = (matrix[0][0] * row + matrix[0][1] * column + offset[0]).clamp(0.0, last);
            let x = (matrix[1][0] * row + matrix[1][1] * column + offset[1]).clamp(0.0, last);
            let (top, left) = (y as usize, x as usize);
            let (bottom, right) = ((top + 1).min(side - 1), (left + 1).min(side - 1));
            let (down, across) = ((y - top as f64) as f32, (x - left as f64) as f32);
            let upper = at(top, left) * (1.0 - across) + at(top, right) * across;
            let lower = at(bottom, left) * (1.0 - across) + at(bottom, right) * across;
            upper * (1.0 - down) + lower * down
        });
        picture.with_pixels(warped.collect())
    }
}

/// Warps a batch on all cores; `first` is the position of its first picture, the others follow.
pub fn augment(
    pictures: &[&Prepared],
    ranges: &Ranges,
    first: Position,
    side: usize,
) -> Vec<Prepared> {
    let one = |(index, picture): (usize, &&Prepared)| {
        let position = Position {
            place: first.place + index,
            ..first
        };
        Warp::draw(ranges, position, side).apply(picture, side)
    };
    pictures.par_iter().enumerate().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANGES: Ranges = Ranges {
        shear_deg: 10.0,
        zoom: 0.2,
        width_shift: 0.1,
    };
    const SIDE: usize = 24;

    fn at(seed: u64, epoch: u32, place: usize) -> Position {
        Position { seed, epoch, place }
    }

    fn picture() -> Prepared {
        let pixels = (0..SIDE * SIDE).map(|pixel| (pixel * pixel % 251) as f32 / 251.0);
        Prepared::of(pixels.collect())
    }

    #[test]
    fn ranges_of_zero_leave_a_picture_as_it_is() {
        let none = Ranges {
            shear_deg: 0.0,
            zoom: 0.0,
            width_shift: 0.0,
        };
        let warp = Warp::draw(&none, at(7, 1, 3), SIDE);
        assert_eq!(warp.apply(&picture(), SIDE), picture());
    }

    #[test]
    fn a_whole_shift_moves_the_picture_sideways_and_repeats_its_border() {
        let warp = Warp {
            shear_deg: 0.0,
            zoom_rows: 1.0,
            zoom_columns: 1.0,
            shift_columns: 2.0,
        };
        let (before, after) = (picture(), warp.apply(&picture(), SIDE));
        for row in 0..SIDE {
            let (before, after) = (&before.0[row * SIDE..], &after.0[row * SIDE..]);
            assert_eq!(after[..SIDE - 2], before[2..SIDE]);
            assert_eq!(after[SIDE - 2..SIDE], [before[SIDE - 1]; 2]);
        }
    }

    #[test]
    fn the_same_position_draws_the_same_warp_and_every_other_another() {
        let positions = [
            at(7, 1, 3),
            at(7, 1, 4),
            at(7, 2, 3),
            at(7, 3, 1),
            at(8, 1, 3),
        ];
        for (index, position) in positions.into_iter().enumerate() {
            let warp = Warp::draw(&RANGES, position, SIDE);
            assert_eq!(warp, Warp::draw(&RANGES, position, SIDE));
            for other in &positions[index + 1..] {
                assert_ne!(warp, Warp::draw(&RANGES, *other, SIDE), "{other:?}");
            }
        }
    }

    #[test]
    fn a_batch_holds_the_warp_of_each_place() {
        let picture = picture();
        let batch = augment(&[&picture; 3], &RANGES, at(7, 2, 16), SIDE);
        assert_eq!(batch.len(), 3);
        for (index, warped) in batch.iter().enumerate() {
            let warp = Warp::draw(&RANGES, at(7, 2, 16 + index), SIDE);
            assert_eq!(*warped, warp.apply(&picture, SIDE));
        }
    }

    #[test]
    fn draws_fill_their_ranges_and_stay_within() {
        type Quantity = fn(&Warp) -> f64;
        let draws: Vec<Warp> = (0..1000)
            .map(|place| Warp::draw(&RANGES, at(7, 1, place), SIDE))
            .collect();
        let shift = RANGES.width_shift * SIDE as f64;
        let quantities: [(Quantity, f64, f64); 4] = [
            (|warp| warp.shear_deg, -RANGES.shear_deg, RANGES.shear_deg),
            (|warp| warp.zoom_rows, 0.8, 1.2),
            (|warp| warp.zoom_columns, 0.8, 1.2),
            (|warp| warp.shift_columns, -shift, shift),
        ];
        for (of, low, high) in quantities {
            let least = draws.iter().map(of).fold(f64::INFINITY, f64::min);
            let most = draws.iter().map(of).fold(f64::NEG_INFINITY, f64::max);
            let margin = 0.02 * (high - low);
            assert!((low..low + margin).contains(&least), "{least} of {low}");
            assert!((high - margin..=high).contains(&most), "{most} of {high}");
        }
    }
}
