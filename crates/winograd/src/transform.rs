//! Winograd's transforms for a 4 × 4 output tile and a 3 × 3 kernel, F(4×4, 3×3).
//!
//! The convolution of a 6 × 6 input tile d with a kernel g is Y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A: 36 products in place of
//! 144. Points 0, ±1/√2, ±√2, ∞: at the speed of the usual 0, ±1, ±2, ∞ less than half the error, since their powers
//! lie closer together. One dimension each here; [`twice`] applies one to columns and rows.
//!
//! With M(x) = x(x² - ½)(x² - 2): row p of Bᵀ holds the coefficients of M(x)/(x - p), row p of G is (1, p, p²)/M'(p),
//! column p of Aᵀ is (1, p, p², p³). The weight gradient is the adjoint, dW = Gᵀ[(Bᵀ d B) ⊙ (A dY Aᵀ)]G.
//!
//! Source: Toom 1963, Cook 1966; Winograd 1980; Lavin and Gray 2016, arXiv:1509.09308; on the points Alam et al. 2022,
//! doi:10.1145/3524069. Checked against: the plain convolution in f64, as identities.

use crate::simd::Arithmetic;
use std::f64::consts::{FRAC_1_SQRT_2, SQRT_2};

/// Rows and columns of an output tile.
pub(crate) const TILE: usize = 4;
/// Rows and columns of an input tile.
pub(crate) const SPAN: usize = 6;
/// Products of a tile: one for each pair of points.
pub(crate) const POINTS: usize = SPAN * SPAN;

/// Bᵀ d: six inputs to six points.
#[inline(always)]
pub(crate) fn input<A: Arithmetic>(d: [A; 6]) -> [A; 6] {
    let even = d[4].add_scaled(d[2], -2.0);
    let odd = d[3].add_scaled(d[1], -2.0);
    let even_far = d[4].add_scaled(d[2], -0.5);
    let odd_far = d[3].add_scaled(d[1], -0.5);
    [
        d[0].add(d[4]).add_scaled(d[2], -2.5),
        even.add_scaled(odd, FRAC_1_SQRT_2),
        even.add_scaled(odd, -FRAC_1_SQRT_2),
        even_far.add_scaled(odd_far, SQRT_2),
        even_far.add_scaled(odd_far, -SQRT_2),
        d[1].add(d[5]).add_scaled(d[3], -2.5),
    ]
}

/// Aᵀ m: six points to four outputs.
#[inline(always)]
pub(crate) fn output<A: Arithmetic>(m: [A; 6]) -> [A; 4] {
    let (sum, difference) = (m[1].add(m[2]), m[1].sub(m[2]));
    let (sum_far, difference_far) = (m[3].add(m[4]), m[3].sub(m[4]));
    [
        m[0].add(sum).add(sum_far),
        difference
            .add_scaled(difference_far, 2.0)
            .scale(FRAC_1_SQRT_2),
        sum.scale(0.5).add_scaled(sum_far, 2.0),
        m[5].add_scaled(
            difference.add_scaled(difference_far, 8.0),
            FRAC_1_SQRT_2 / 2.0,
        ),
    ]
}

/// A y: four outputs' gradients to six points, the adjoint of [`output`].
#[inline(always)]
pub(crate) fn output_adjoint<A: Arithmetic>(y: [A; 4]) -> [A; 6] {
    let even = y[0].add_scaled(y[2], 0.5);
    let odd = y[1].add_scaled(y[3], 0.5);
    let even_far = y[0].add_scaled(y[2], 2.0);
    let odd_far = y[1].add_scaled(y[3], 2.0);
    [
        y[0],
        even.add_scaled(odd, FRAC_1_SQRT_2),
        even.add_scaled(odd, -FRAC_1_SQRT_2),
        even_far.add_scaled(odd_far, SQRT_2),
        even_far.add_scaled(odd_far, -SQRT_2),
        y[3],
    ]
}

/// G g: three weights to six points.
#[inline(always)]
pub(crate) fn weight<A: Arithmetic>(g: [A; 3]) -> [A; 6] {
    let even = g[0].add_scaled(g[2], 0.5).scale(-2.0 / 3.0);
    let even_far = g[0].add_scaled(g[2], 2.0).scale(1.0 / 6.0);
    [
        g[0],
        even.add_scaled(g[1], -2.0 / 3.0 * FRAC_1_SQRT_2),
        even.add_scaled(g[1], 2.0 / 3.0 * FRAC_1_SQRT_2),
        even_far.add_scaled(g[1], SQRT_2 / 6.0),
        even_far.add_scaled(g[1], -SQRT_2 / 6.0),
        g[2],
    ]
}

/// Gᵀ u: six points' gradients to three weights, the adjoint of [`weight`].
#[inline(always)]
pub(crate) fn weight_adjoint<A: Arithmetic>(u: [A; 6]) -> [A; 3] {
    let (sum, difference) = (u[1].add(u[2]), u[1].sub(u[2]));
    let (sum_far, difference_far) = (u[3].add(u[4]), u[3].sub(u[4]));
    [
        u[0].add_scaled(sum, -2.0 / 3.0)
            .add_scaled(sum_far, 1.0 / 6.0),
        difference
            .scale(-2.0 / 3.0 * FRAC_1_SQRT_2)
            .add_scaled(difference_far, SQRT_2 / 6.0),
        u[5].add_scaled(sum_far.sub(sum), 1.0 / 3.0),
    ]
}

/// A transform of columns, then of rows: `at(row, column)` gives, `put(row, column, value)` takes.
#[inline(always)]
pub(crate) fn twice<A: Arithmetic, const FROM: usize, const TO: usize>(
    at: impl Fn(usize, usize) -> A,
    transform: impl Fn([A; FROM]) -> [A; TO],
    mut put: impl FnMut(usize, usize, A),
) {
    let first = at(0, 0);
    let mut rows = [[first; FROM]; TO];
    for column in 0..FROM {
        let mut values = [first; FROM];
        for (row, value) in values.iter_mut().enumerate() {
            *value = at(row, column);
        }
        for (row, value) in rows.iter_mut().zip(transform(values)) {
            row[column] = value;
        }
    }
    for (row, values) in rows.into_iter().enumerate() {
        for (column, value) in transform(values).into_iter().enumerate() {
            put(row, column, value);
        }
    }
}

#[cfg(test)]
mod tests;
