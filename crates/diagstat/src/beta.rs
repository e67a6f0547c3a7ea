//! Tails and quantiles of the beta distribution, at any number of trials.
//!
//! In: the two shapes, each at least 1/2, as the intervals of a proportion need them. Out: probabilities and quantiles.
//! The density is a binomial probability in its saddle-point form, which has no difference of large logarithms; a
//! continued fraction, run until it no longer changes, makes the tail of it. Near the mean it needs about as many steps as
//! the square root of the shapes, so that no number of trials is too large.
//!
//! Source: Loader 2000, Fast and Accurate Computation of Binomial Probabilities; Didonato and Morris 1992,
//! ACM TOMS 18:360 (the fraction). Checked against: R's qbeta up to 8e9 trials (tools/golden/proportions.R).

use std::f64::consts::PI;

use libm::{lgamma, log1p};

/// Which tail a probability is that of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tail {
    Below,
    Above,
}

/// The `x` that the beta distribution with shapes `a` and `b` is below, or above, with `probability`. Found by bisection to
/// the last bit, since Newton's iteration may run away.
pub(crate) fn beta_quantile(a: f64, b: f64, probability: f64, tail: Tail) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    loop {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            return middle;
        }
        let rises = match tail {
            Tail::Below => beta_tails(a, b, middle).0 < probability,
            Tail::Above => beta_tails(a, b, middle).1 > probability,
        };
        if rises {
            low = middle;
        } else {
            high = middle;
        }
    }
}

/// The probabilities of at most, and of exactly, `successes` of `trials` fair coins; at most half of them are successes.
pub(crate) fn binomial_up_to_half(successes: u64, trials: u64) -> (f64, f64) {
    let (successes, failures) = (successes as f64, (trials - successes) as f64);
    if successes == 0.0 {
        let none = (-failures).exp2();
        return (none, none);
    }
    let up_to = beta_tails(failures, successes + 1.0, 0.5).0;
    (up_to, binomial_density(successes, failures, 0.5, 0.5))
}

/// The probability below `x`, 0 to 1; `y` is `1 - x` with all its digits.
pub(crate) fn beta_below([a, b]: [f64; 2], [x, y]: [f64; 2]) -> f64 {
    if x <= 0.0 {
        0.0
    } else if y <= 0.0 {
        1.0
    } else {
        tails([a, b], [x, y]).0
    }
}

/// The probabilities below and above `x`, which lies within 0 and 1. The smaller one has all its digits.
fn beta_tails(a: f64, b: f64, x: f64) -> (f64, f64) {
    tails([a, b], [x, 1.0 - x])
}

fn tails([a, b]: [f64; 2], [x, y]: [f64; 2]) -> (f64, f64) {
    let front = a * b / (a + b) * binomial_density(a, b, x, y);
    // From the smaller of the two, since the digits of a small number are gone from the other.
    let beyond_mean = if x <= y {
        (a + b) * x - a
    } else {
        b - (a + b) * y
    };
    if beyond_mean < 0.0 {
        let below = front / continued_fraction([a, b], [x, y], -beyond_mean);
        (below, 1.0 - below)
    } else {
        let above = front / continued_fraction([b, a], [y, x], beyond_mean);
        (1.0 - above, above)
    }
}

/// The leading term of the incomplete beta function over the function, where `x` is below the mean by `short` divided by
/// the sum of the shapes.
fn continued_fraction([a, b]: [f64; 2], [x, y]: [f64; 2], short: f64) -> f64 {
    let denominator = |n: f64| {
        n + n * (b - n) * x / (a + 2.0 * n - 1.0)
            + (a + n) / (a + 2.0 * n + 1.0) * (short + 1.0 + n * (1.0 + y))
    };
    let mut fraction = a / (a + 1.0) * (short + 1.0);
    let (mut c, mut d) = (fraction, 0.0);
    let mut n = 1.0;
    loop {
        let odd = a + 2.0 * n - 1.0;
        let numerator = (a + n - 1.0) / odd * ((a + b + n - 1.0) / odd) * n * (b - n) * x * x;
        let next = denominator(n);
        d = 1.0 / (next + numerator * d);
        c = next + numerator / c;
        let change = c * d;
        fraction *= change;
        if (change - 1.0).abs() <= f64::EPSILON {
            return fraction;
        }
        n += 1.0;
    }
}

/// The probability of `a` successes and `b` failures, each success having probability `x` and each failure `y`.
fn binomial_density(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let trials = a + b;
    let exponent = stirling_error(trials)
        - stirling_error(a)
        - stirling_error(b)
        - deviance(a, trials * x)
        - deviance(b, trials * y);
    exponent.exp() * (trials / (2.0 * PI * a * b)).sqrt()
}

/// The logarithm of `n!` less Stirling's approximation of it.
pub(crate) fn stirling_error(n: f64) -> f64 {
    if n < 20.0 {
        return lgamma(n + 1.0) - (n + 0.5) * n.ln() + n - 0.5 * (2.0 * PI).ln();
    }
    let square = n * n;
    (1.0 / 12.0
        - (1.0 / 360.0 - (1.0 / 1260.0 - (1.0 / 1680.0 - 1.0 / 1188.0 / square) / square) / square)
            / square)
        / n
}

/// `count * ln(count / mean) + mean - count`, without the cancellation where the two are near.
pub(crate) fn deviance(count: f64, mean: f64) -> f64 {
    let apart = (count - mean) / mean;
    if apart.abs() > 0.1 {
        return if apart.abs() < 0.5 {
            count * log1p(apart) + mean - count
        } else {
            count * (count / mean).ln() + mean - count
        };
    }
    let ratio = (count - mean) / (count + mean);
    let mut power = 2.0 * count * ratio;
    let mut sum = (count - mean) * ratio;
    let mut odd = 1.0;
    loop {
        power *= ratio * ratio;
        odd += 2.0;
        let next = sum + power / odd;
        if next == sum {
            return sum;
        }
        sum = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tails_of_whole_shapes_are_binomial_sums() {
        for (a, b, x) in [(1.0, 1.0, 0.3), (2.0, 3.0, 0.2), (4.0, 2.0, 0.9)] {
            let trials = (a + b - 1.0) as i32;
            let mut choose = 1.0;
            let mut sum = 0.0;
            for successes in 0..=trials {
                if f64::from(successes) >= a {
                    sum +=
                        choose * f64::powi(x, successes) * f64::powi(1.0 - x, trials - successes);
                }
                choose *= f64::from(trials - successes) / f64::from(successes + 1);
            }
            let (below, above) = beta_tails(a, b, x);
            assert!((below - sum).abs() < 1e-14, "{below} and {sum}");
            assert!((above - (1.0 - sum)).abs() < 1e-14);
        }
    }

    #[test]
    fn the_two_ways_through_the_mean_meet() {
        for shape in [0.5, 3.0, 1e3, 1e6, 4e9] {
            let (below, above) = beta_tails(shape, shape, 0.5);
            // The rounding of some 100,000 steps.
            assert!((below - 0.5).abs() < 1e-11, "{shape}: {below}");
            assert!((above - 0.5).abs() < 1e-11, "{shape}: {above}");
        }
    }
}
