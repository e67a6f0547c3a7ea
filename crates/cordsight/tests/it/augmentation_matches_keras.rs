//! Shear, zoom and shift against Keras's `ImageDataGenerator` (`golden/keras_augment.json`).

use cordsight::augment::Warp;
use cordsight::prepare::Prepared;
use serde::Deserialize;

use crate::compared::largest;

/// The golden pictures are rounded to 7 digits, and ours are of single precision.
const TOLERANCE: f64 = 2e-7;

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    side: usize,
    shear_deg: f64,
    zx: f64,
    zy: f64,
    ty: f64,
    matrix: [f64; 6],
    affine: Vec<f64>,
    generator: Vec<f64>,
}

impl Case {
    fn warp(&self) -> Warp {
        Warp {
            shear_deg: self.shear_deg,
            zoom_rows: self.zx,
            zoom_columns: self.zy,
            shift_columns: self.ty,
        }
    }
}

fn cases() -> Vec<Case> {
    let golden: Golden = serde_json::from_str(include_str!("golden/keras_augment.json")).unwrap();
    assert_eq!(golden.cases.len(), 10);
    golden.cases
}

/// Values k/128 that change from pixel to pixel, k from 0 to 112, as the script makes them.
fn picture(side: usize) -> Prepared {
    let value = |row: usize, column: usize| {
        (7 * row * row + 13 * row * column + 5 * column * column + 29 * column) % 113
    };
    let pixels = (0..side * side).map(|at| value(at / side, at % side) as f32 / 128.0);
    Prepared::of(pixels.collect())
}

/// The picture with rows and columns exchanged.
fn transposed(picture: &Prepared, side: usize) -> Prepared {
    let pixels = (0..side * side).map(|at| picture.0[at % side * side + at / side]);
    Prepared::of(pixels.collect())
}

#[track_caller]
fn assert_equal(case: &Case, found: &Prepared, expected: &[f64]) {
    assert_eq!(expected.len(), case.side * case.side);
    assert_eq!(found.0.len(), expected.len());
    let apart = |(a, b): (&f32, &f64)| (f64::from(*a) - b).abs();
    let largest = largest(found.0.iter().zip(expected).map(apart));
    assert!(
        largest <= TOLERANCE,
        "{:?}: grey values are apart by {largest:e}, allowed {TOLERANCE:e}",
        case.warp()
    );
}

#[test]
fn the_matrix_of_a_warp_is_that_of_keras() {
    for case in cases() {
        let ([[a, b], [c, d]], [row, column]) = case.warp().matrix(case.side);
        for (found, expected) in [a, b, c, d, row, column].iter().zip(case.matrix) {
            assert!(
                (found - expected).abs() < 1e-12 * case.side as f64,
                "{:?}: found {found}, Keras has {expected}",
                case.warp()
            );
        }
    }
}

#[test]
fn a_warp_is_the_affine_transform_of_keras() {
    for case in cases() {
        let warped = case.warp().apply(&picture(case.side), case.side);
        assert_equal(&case, &warped, &case.affine);
    }
}

/// From Keras 2.9 on the generator exchanges the axes (its `width_shift_range` moves a picture up or down), no more.
#[test]
fn a_warp_of_the_transposed_picture_is_that_of_the_generator_transposed() {
    for case in cases() {
        let warped = case
            .warp()
            .apply(&transposed(&picture(case.side), case.side), case.side);
        assert_equal(&case, &transposed(&warped, case.side), &case.generator);
    }
}
