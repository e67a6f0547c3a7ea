//! The transforms against the plain convolution, in f64: identities, not approximations.

use super::{input, output, output_adjoint, twice, weight, weight_adjoint};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Rounding of f64 through sums of a few dozen terms of size 10.
const LIMIT: f64 = 1e-13;

fn draw<const N: usize>(random: &mut ChaCha8Rng) -> [f64; N] {
    std::array::from_fn(|_| random.random_range(-1.0..1.0))
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    assert_eq!(left.len(), right.len());
    left.iter()
        .zip(right)
        .map(|(left, right)| left * right)
        .sum()
}

fn product<const N: usize>(left: [f64; N], right: [f64; N]) -> [f64; N] {
    std::array::from_fn(|index| left[index] * right[index])
}

#[test]
fn one_dimension_gives_the_plain_convolution() {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut tried = 0;
    for _ in 0..1000 {
        let (d, g) = (draw::<6>(&mut random), draw::<3>(&mut random));
        let found = output(product(input(d), weight(g)));
        for (index, found) in found.into_iter().enumerate() {
            assert!((found - dot(&d[index..index + 3], &g)).abs() < LIMIT);
            tried += 1;
        }
    }
    assert_eq!(tried, 4000);
}

#[test]
fn one_dimension_backwards_gives_the_plain_gradient_of_the_weights() {
    let mut random = ChaCha8Rng::seed_from_u64(2);
    let mut tried = 0;
    for _ in 0..1000 {
        let (d, y) = (draw::<6>(&mut random), draw::<4>(&mut random));
        let found = weight_adjoint(product(input(d), output_adjoint(y)));
        for (tap, found) in found.into_iter().enumerate() {
            assert!((found - dot(&d[tap..tap + 4], &y)).abs() < LIMIT);
            tried += 1;
        }
    }
    assert_eq!(tried, 3000);
}

#[test]
fn the_adjoints_are_the_transposes() {
    let mut random = ChaCha8Rng::seed_from_u64(3);
    for _ in 0..1000 {
        let (m, y) = (draw::<6>(&mut random), draw::<4>(&mut random));
        assert!((dot(&output(m), &y) - dot(&m, &output_adjoint(y))).abs() < LIMIT);
        let (u, g) = (draw::<6>(&mut random), draw::<3>(&mut random));
        assert!((dot(&weight(g), &u) - dot(&g, &weight_adjoint(u))).abs() < LIMIT);
    }
}

#[test]
fn the_matrices_are_those_of_the_points() {
    let root = 2.0_f64.sqrt();
    let points = [0.0, 1.0 / root, -1.0 / root, root, -root];
    let mut tried = 0;
    for (row, point) in points.into_iter().enumerate() {
        // M'(p), the product of the distances to the other points.
        let others = points.iter().filter(|&&other| other != point);
        let distance: f64 = others.map(|&other| point - other).product();
        for (power, expected) in [1.0, point, point * point].into_iter().enumerate() {
            let mut unit = [0.0; 3];
            unit[power] = 1.0;
            assert!((weight(unit)[row] - expected / distance).abs() < LIMIT);
            tried += 1;
        }
        let mut unit = [0.0; 6];
        unit[row] = 1.0;
        for (power, found) in output(unit).into_iter().enumerate() {
            assert!((found - point.powi(power as i32)).abs() < LIMIT);
            tried += 1;
        }
    }
    assert_eq!(tried, 5 * 7);
    assert_eq!(weight([0.0, 0.0, 1.0])[5], 1.0);
    assert_eq!(output([0.0, 0.0, 0.0, 0.0, 0.0, 1.0]), [0.0, 0.0, 0.0, 1.0]);
}

#[test]
fn two_dimensions_give_the_plain_convolution() {
    let mut random = ChaCha8Rng::seed_from_u64(4);
    let mut tried = 0;
    for _ in 0..200 {
        let d: [[f64; 6]; 6] = std::array::from_fn(|_| draw(&mut random));
        let g: [[f64; 3]; 3] = std::array::from_fn(|_| draw(&mut random));
        let (mut v, mut u, mut y) = ([[0.0; 6]; 6], [[0.0; 6]; 6], [[0.0; 4]; 4]);
        twice(
            |row, column| d[row][column],
            input,
            |row, column, value| v[row][column] = value,
        );
        twice(
            |row, column| g[row][column],
            weight,
            |row, column, value| u[row][column] = value,
        );
        twice(
            |row, column| v[row][column] * u[row][column],
            output,
            |row, column, value| y[row][column] = value,
        );
        for row in 0..4 {
            for column in 0..4 {
                let expected: f64 = (0..3)
                    .map(|tap| dot(&d[row + tap][column..column + 3], &g[tap]))
                    .sum();
                assert!((y[row][column] - expected).abs() < LIMIT);
                tried += 1;
            }
        }
    }
    assert_eq!(tried, 3200);
}
