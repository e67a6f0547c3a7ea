//! The upper tail of the gamma distribution.
//!
//! In: a shape of at least 1/2, and a number. Out: the probability above it. A Poisson probability in its saddle-point form,
//! as in `beta`, times a series below the mean or a continued fraction above it.
//!
//! Source: Loader 2000, Fast and Accurate Computation of Binomial Probabilities; Abramowitz and Stegun 1964, Handbook of
//! Mathematical Functions, 6.5.29 (series) and 6.5.31 (fraction). Checked against: R's pchisq, in `distribution`.

use std::f64::consts::PI;

use crate::beta::{deviance, stirling_error};

/// The probability that a gamma variable of the shape and scale 1 is above `x`; 1 for `x` at most 0.
pub(crate) fn gamma_above(shape: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    let density = (-stirling_error(shape) - deviance(shape, x)).exp() / (2.0 * PI * shape).sqrt();
    if x < shape + 1.0 {
        1.0 - density * series(shape, x)
    } else {
        density * shape * continued_fraction(shape, x)
    }
}

/// `1 + x / (shape + 1) + x^2 / ((shape + 1) (shape + 2)) + …`
fn series(shape: f64, x: f64) -> f64 {
    let (mut term, mut sum, mut n) = (1.0, 1.0, 1.0);
    loop {
        term *= x / (shape + n);
        if sum + term == sum {
            return sum;
        }
        sum += term;
        n += 1.0;
    }
}

/// `1 / (x + 1 - shape - 1 (1 - shape) / (x + 3 - shape - 2 (2 - shape) / …))`, by Lentz's method.
fn continued_fraction(shape: f64, x: f64) -> f64 {
    let mut denominator = x + 1.0 - shape;
    let mut d = 1.0 / denominator;
    let (mut fraction, mut c, mut n) = (d, f64::INFINITY, 1.0);
    loop {
        let numerator = n * (shape - n);
        denominator += 2.0;
        d = 1.0 / (denominator + numerator * d);
        c = denominator + numerator / c;
        let change = c * d;
        fraction *= change;
        if (change - 1.0).abs() <= f64::EPSILON {
            return fraction;
        }
        n += 1.0;
    }
}
