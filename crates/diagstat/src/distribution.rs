//! Tails and quantiles of the reference distributions: normal, chi-squared, Student's t, F.
//!
//! In: a statistic. Out: a probability, or a quantile of one. All tails are computed as tails, not as 1 minus the rest, so
//! that a P value of 1e-20 keeps its digits.
//!
//! Source: Abramowitz and Stegun 1964, Handbook of Mathematical Functions, 26.2.23 (start of the normal quantile) and
//! 26.5 to 26.6 (t and F by the incomplete beta function). Checked against: R's pnorm, qnorm, pchisq, pt, qt and pf, to 11
//! digits, in the tests.

use libm::erfc;

use crate::beta::beta_below;
use crate::gamma::gamma_above;

/// The standard normal probability below `x`.
pub(crate) fn normal_below(x: f64) -> f64 {
    0.5 * erfc(-x / std::f64::consts::SQRT_2)
}

/// The standard normal density.
pub(crate) fn normal_density(x: f64) -> f64 {
    (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

/// The standard normal quantile of `probability`; infinite at 0 and 1.
pub(crate) fn normal_quantile(probability: f64) -> f64 {
    if probability <= 0.0 {
        return f64::NEG_INFINITY;
    }
    if probability >= 1.0 {
        return f64::INFINITY;
    }
    // The lower half is exact where the upper is not.
    if probability > 0.5 {
        return -normal_quantile(1.0 - probability);
    }
    let t = (-2.0 * probability.ln()).sqrt();
    let above = (0.010_328 * t + 0.802_853) * t + 2.515_517;
    let below = ((0.001_308 * t + 0.189_269) * t + 1.432_788) * t + 1.0;
    let mut quantile = above / below - t;
    // The start has three digits, and each of Halley's steps triples them.
    for _ in 0..3 {
        let step = (normal_below(quantile) - probability) / normal_density(quantile);
        quantile -= step / (1.0 + 0.5 * quantile * step);
    }
    quantile
}

/// The probability of a standard normal number at least as far from 0 as `z`.
pub(crate) fn normal_two_sided(z: f64) -> f64 {
    erfc(z.abs() / std::f64::consts::SQRT_2)
}

/// The probability of a chi-squared number above `statistic`.
pub(crate) fn chi_squared_above(statistic: f64, degrees: f64) -> f64 {
    gamma_above(degrees / 2.0, statistic / 2.0)
}

/// The probability of a Student's t number at least as far from 0 as `t`, with at least 1 degree of freedom.
pub(crate) fn student_two_sided(t: f64, degrees: f64) -> f64 {
    let square = t * t;
    let whole = degrees + square;
    beta_below([degrees / 2.0, 0.5], [degrees / whole, square / whole])
}

/// The positive `t` that Student's t is at least as far from 0 as with `probability`; 2.228139 for 0.05 and 10 degrees.
pub(crate) fn student_quantile_two_sided(probability: f64, degrees: f64) -> f64 {
    quantile_above(probability, |t| student_two_sided(t, degrees))
}

/// The probability of an F number above `statistic`, with the numerator's degrees of freedom first, each at least 1.
pub(crate) fn fisher_above(statistic: f64, (above, below): (f64, f64)) -> f64 {
    let spread = above * statistic.max(0.0);
    let whole = below + spread;
    beta_below([below / 2.0, above / 2.0], [below / whole, spread / whole])
}

/// The F statistic that has `probability` above it; 3.885294 for 0.05 and (2, 12) degrees.
pub(crate) fn fisher_quantile_above(probability: f64, degrees: (f64, f64)) -> f64 {
    quantile_above(probability, |statistic| fisher_above(statistic, degrees))
}

/// The number above 0 at which a falling tail has `probability`, by bisection to the last bit.
fn quantile_above(probability: f64, tail: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    while tail(high) > probability && high < 1e300 {
        (low, high) = (high, 2.0 * high);
    }
    loop {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            return middle;
        }
        if tail(middle) > probability {
            low = middle;
        } else {
            high = middle;
        }
    }
}

#[cfg(test)]
#[allow(clippy::excessive_precision, reason = "as R prints them")]
mod tests {
    use super::*;

    #[track_caller]
    fn close(found: f64, expected: f64) {
        assert!(
            (found / expected - 1.0).abs() < 1e-11,
            "found {found:e}, expected {expected:e}"
        );
    }

    #[test]
    fn far_tails_are_probabilities() {
        for statistic in [1e4, 1e8, 3.6e16, 1e300] {
            for degrees in [1.0, 2.0, 7.0] {
                assert_eq!(chi_squared_above(statistic, degrees), 0.0);
                for below in [1.0, 7.0, 1e9] {
                    let above = fisher_above(statistic, (degrees, below));
                    assert!(
                        (0.0..1e-1).contains(&above),
                        "{statistic} {degrees} {below}: {above}"
                    );
                    let beyond = student_two_sided(statistic, below);
                    assert!(
                        (0.0..1e-3).contains(&beyond),
                        "{statistic} {below}: {beyond}"
                    );
                }
            }
        }
    }

    #[test]
    fn tails_and_quantiles_are_those_of_r() {
        close(normal_below(-8.0000000), 6.2209605742717849e-16);
        close(normal_below(-1.9599640), 2.4999999096442405e-02);
        close(normal_below(-0.3000000), 3.8208857781104733e-01);
        close(normal_below(0.0000000), 5.0000000000000000e-01);
        close(normal_below(0.7000000), 7.5803634777692697e-01);
        close(normal_below(3.0000000), 9.9865010196836990e-01);
        close(normal_below(6.0000000), 9.9999999901341230e-01);
        close(normal_quantile(1e-300), -3.7047096299361201e+01);
        close(
            normal_quantile(9.9999999999999995e-21),
            -9.2623400897984052e+00,
        );
        close(
            normal_quantile(1.0000000000000001e-05),
            -4.2648907939228256e+00,
        );
        close(
            normal_quantile(0.025000000000000001),
            -1.9599639845400538e+00,
        );
        close(
            normal_quantile(0.29999999999999999),
            -5.2440051270804067e-01,
        );
        close(normal_quantile(0.69999999999999996), 5.2440051270804067e-01);
        close(normal_quantile(0.97499999999999998), 1.9599639845400536e+00);
        close(normal_quantile(0.99999899999999997), 4.7534243088170891e+00);
        close(normal_two_sided(0.10), 9.2034432544594202e-01);
        close(normal_two_sided(1.96), 4.9995790296440856e-02);
        close(normal_two_sided(9.00), 2.2571768119076816e-19);
        close(normal_two_sided(37.00), 1.1451142445049154e-299);
        close(chi_squared_above(0.30, 1.0), 5.8388242077036523e-01);
        close(chi_squared_above(3.84, 1.0), 5.0043521248705224e-02);
        close(chi_squared_above(60.00, 1.0), 9.4857375710738494e-15);
        close(chi_squared_above(1200.00, 1.0), 6.0995688148084348e-263);
        close(chi_squared_above(0.30, 2.0), 8.6070797642505781e-01);
        close(chi_squared_above(3.84, 2.0), 1.4660696213035015e-01);
        close(chi_squared_above(60.00, 2.0), 9.3576229688401748e-14);
        close(chi_squared_above(1200.00, 2.0), 2.6503965530043108e-261);
        close(chi_squared_above(0.30, 5.0), 9.9764308626052878e-01);
        close(chi_squared_above(3.84, 5.0), 5.7267445983208876e-01);
        close(chi_squared_above(60.00, 5.0), 1.2154569777183041e-11);
        close(chi_squared_above(1200.00, 5.0), 2.9375604806858982e-257);
        close(chi_squared_above(0.30, 30.0), 9.9999999999999989e-01);
        close(chi_squared_above(3.84, 30.0), 9.9999999773936454e-01);
        close(chi_squared_above(60.00, 30.0), 9.2068239614866631e-04);
        close(chi_squared_above(1200.00, 30.0), 2.4392482481710897e-233);
        close(chi_squared_above(0.30, 1000.0), 1.0000000000000000e+00);
        close(chi_squared_above(3.84, 1000.0), 1.0000000000000000e+00);
        close(chi_squared_above(60.00, 1000.0), 1.0000000000000000e+00);
        close(chi_squared_above(1200.00, 1000.0), 1.2255942330622908e-05);
        close(student_two_sided(-0.2, 1.0), 8.7433408362199772e-01);
        close(student_two_sided(2.5, 1.0), 2.4223788318168671e-01);
        close(student_two_sided(8.0, 1.0), 7.9166848321131078e-02);
        close(student_two_sided(-0.2, 2.5), 8.5660968402902549e-01);
        close(student_two_sided(2.5, 2.5), 1.0456996307815537e-01);
        close(student_two_sided(8.0, 2.5), 7.6566441310434450e-03);
        close(student_two_sided(-0.2, 7.0), 8.4716675148979792e-01);
        close(student_two_sided(2.5, 7.0), 4.0992218585752874e-02);
        close(student_two_sided(8.0, 7.0), 9.1149211708753668e-05);
        close(student_two_sided(-0.2, 60.0), 8.4215690681413780e-01);
        close(student_two_sided(2.5, 60.0), 1.5170780234888518e-02);
        close(student_two_sided(8.0, 60.0), 4.9002651479502362e-11);
        close(student_two_sided(-0.2, 3000.0), 8.4149413668697526e-01);
        close(student_two_sided(2.5, 3000.0), 1.2472323779040735e-02);
        close(student_two_sided(8.0, 3000.0), 1.7603665036110300e-15);
        close(
            student_quantile_two_sided(0.05, 1.0),
            1.2706204736174694e+01,
        );
        close(
            student_quantile_two_sided(0.05, 2.5),
            3.5746548420036919e+00,
        );
        close(
            student_quantile_two_sided(0.05, 10.0),
            2.2281388519862739e+00,
        );
        close(
            student_quantile_two_sided(0.05, 1000.0),
            1.9623390808264076e+00,
        );
        close(student_two_sided(0.2, 20000.0), 8.4148261453072226e-01);
        close(student_two_sided(2.1, 20000.0), 3.5741334028774038e-02);
        close(student_two_sided(9.0, 20000.0), 2.4544828976917574e-19);
        close(student_two_sided(25.0, 20000.0), 7.4194033247719486e-136);
        close(
            student_quantile_two_sided(0.05, 20000.0),
            1.9600826051581344e+00,
        );
        close(student_two_sided(0.2, 1000000.0), 8.4148062179022887e-01);
        close(student_two_sided(2.1, 1000000.0), 3.5729090974635030e-02);
        close(student_two_sided(9.0, 1000000.0), 2.2609730334928361e-19);
        close(student_two_sided(25.0, 1000000.0), 6.7423581675435321e-138);
        close(
            student_quantile_two_sided(0.05, 1000000.0),
            1.9599663568141066e+00,
        );
        close(student_two_sided(0.2, 1000000000.0), 8.4148058116246238e-01);
        close(student_two_sided(2.1, 1000000000.0), 3.5728841375481976e-02);
        close(student_two_sided(9.0, 1000000000.0), 2.2571806051470911e-19);
        close(
            student_two_sided(25.0, 1000000000.0),
            6.1139923618560715e-138,
        );
        close(
            student_quantile_two_sided(0.05, 1000000000.0),
            1.9599639869123249e+00,
        );
        close(fisher_above(3.2, (1.0, 3.0)), 1.7158592833347566e-01);
        close(fisher_above(3.2, (1.0, 11.5)), 9.9985168755815534e-02);
        close(fisher_above(3.2, (1.0, 200.0)), 7.5151687769585473e-02);
        close(fisher_above(3.2, (2.0, 3.0)), 1.8029766474447831e-01);
        close(fisher_above(3.2, (2.0, 11.5)), 7.8543030472262118e-02);
        close(fisher_above(3.2, (2.0, 200.0)), 4.2857839181834570e-02);
        close(fisher_above(3.2, (4.0, 3.0)), 1.8327667995798952e-01);
        close(fisher_above(3.2, (4.0, 11.5)), 5.4569870988732158e-02);
        close(fisher_above(3.2, (4.0, 200.0)), 1.4186236863953572e-02);
        close(
            fisher_quantile_above(0.025000000000000001, (1.0, 3.0)),
            1.7443443320725123e+01,
        );
        close(
            fisher_quantile_above(0.025000000000000001, (2.0, 12.0)),
            5.0958671657839423e+00,
        );
        close(
            fisher_quantile_above(0.025000000000000001, (19.0, 38.7)),
            2.0989632305481720e+00,
        );
        close(
            fisher_quantile_above(0.025000000000000001, (38.7, 19.0)),
            2.3391625636850342e+00,
        );
        close(
            fisher_quantile_above(0.40000000000000002, (1.0, 3.0)),
            9.5740806606159179e-01,
        );
        close(
            fisher_quantile_above(0.40000000000000002, (2.0, 12.0)),
            9.8995830450427746e-01,
        );
        close(
            fisher_quantile_above(0.40000000000000002, (19.0, 38.7)),
            1.0863111273587713e+00,
        );
        close(
            fisher_quantile_above(0.40000000000000002, (38.7, 19.0)),
            1.1277861211486557e+00,
        );
        close(
            fisher_quantile_above(0.97499999999999998, (1.0, 3.0)),
            1.1571891323882699e-03,
        );
        close(
            fisher_quantile_above(0.97499999999999998, (2.0, 12.0)),
            2.5371299145640069e-02,
        );
        close(
            fisher_quantile_above(0.97499999999999998, (19.0, 38.7)),
            4.2750342174792494e-01,
        );
        close(
            fisher_quantile_above(0.97499999999999998, (38.7, 19.0)),
            4.7642568742799607e-01,
        );
    }
}
