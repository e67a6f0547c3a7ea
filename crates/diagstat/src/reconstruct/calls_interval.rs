//! DeLong's interval of the calls at a threshold, against limits as printed.
//!
//! In: two printed limits. Out: whether the interval of a matrix prints so, on the AUC or on its logit. With calls
//! instead of scores DeLong's variance has a short form, t(1-t)/(4(P-1)) + s(1-s)/(4(N-1)) with sensitivity t and
//! specificity s, which lets millions of matrices be tried. Limits hold a square root, so they are doubles, and a limit
//! counts as printed up to 1e-12 beyond its band.
//!
//! Source: DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44:837. Checked against: `delong_of_calls` (test below).

use super::band::Band;
use super::exact::Quantity;
use super::printed::PrintedInterval;
use super::rows::Tolerance;
use crate::confusion::Confusion;
use crate::delong::AucInterval;

/// Which scales print the limits as given.
const SCALES: [AucInterval; 2] = [AucInterval::Wald, AucInterval::Logit];

/// How far beyond its band a limit may lie, since it is computed in doubles.
const SLACK: f64 = 1e-12;

pub(super) struct CallsInterval {
    low: Band,
    high: Band,
    z: f64,
    /// Where the area of any matrix lies whose interval prints so.
    pub area: Band,
}

impl CallsInterval {
    pub(super) fn new(printed: &PrintedInterval, tolerance: Tolerance) -> Self {
        let low = tolerance.band(printed.low);
        let high = tolerance.band(printed.high);
        Self {
            low,
            high,
            z: printed.level.z(),
            area: Band {
                low: low.low * high.denominator,
                high: high.high * low.denominator,
                denominator: low.denominator * high.denominator,
                low_open: false,
                high_open: false,
            },
        }
    }

    pub(super) fn fits(&self, confusion: &Confusion) -> bool {
        SCALES.iter().any(|&scale| self.fits_on(scale, confusion))
    }

    /// The scales on which the interval of the matrix prints as given.
    pub(super) fn scales(&self, confusion: &Confusion) -> Vec<AucInterval> {
        let mut scales = SCALES.to_vec();
        scales.retain(|&scale| self.fits_on(scale, confusion));
        scales
    }

    fn fits_on(&self, scale: AucInterval, confusion: &Confusion) -> bool {
        limits(scale, self.z, confusion)
            .is_some_and(|(low, high)| holds(self.low, low) && holds(self.high, high))
    }
}

fn holds(band: Band, value: f64) -> bool {
    let denominator = band.denominator as f64;
    let (low, high) = (
        band.low as f64 / denominator,
        band.high as f64 / denominator,
    );
    let above = if band.low_open {
        value > low
    } else {
        value >= low - SLACK
    };
    let below = if band.high_open {
        value < high
    } else {
        value <= high + SLACK
    };
    above && below
}

/// The limits of the interval; both are the area where the variance is 0, as other programs print it.
pub(super) fn limits(scale: AucInterval, z: f64, confusion: &Confusion) -> Option<(f64, f64)> {
    let positives = f64::from(confusion.true_positives) + f64::from(confusion.false_negatives);
    let negatives = f64::from(confusion.true_negatives) + f64::from(confusion.false_positives);
    if positives < 2.0 || negatives < 2.0 {
        return None;
    }
    let right = Quantity::Sensitivity.of(confusion).value();
    let rejected = Quantity::Specificity.of(confusion).value();
    let variance = right * (1.0 - right) / (4.0 * (positives - 1.0))
        + rejected * (1.0 - rejected) / (4.0 * (negatives - 1.0));
    let area = f64::midpoint(right, rejected);
    let half_width = z * variance.sqrt();
    if half_width == 0.0 {
        return Some((area, area));
    }
    Some(match scale {
        AucInterval::Wald => ((area - half_width).max(0.0), (area + half_width).min(1.0)),
        AucInterval::Logit => {
            let centre = (area / (1.0 - area)).ln();
            let half_width = half_width / (area * (1.0 - area));
            let inverse = |logit: f64| 1.0 / (1.0 + (-logit).exp());
            (inverse(centre - half_width), inverse(centre + half_width))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delong::delong_of_calls;
    use crate::interval::Level;

    #[test]
    fn the_short_form_is_delongs_interval_of_the_calls() {
        let mut compared = 0;
        for (positives, negatives) in [(2, 2), (5, 3), (29, 33), (7, 60)] {
            for tp in 0..=positives {
                for tn in 0..=negatives {
                    let confusion = Confusion {
                        true_positives: tp,
                        false_negatives: positives - tp,
                        false_positives: negatives - tn,
                        true_negatives: tn,
                    };
                    let auc = delong_of_calls(&confusion).unwrap();
                    for scale in SCALES {
                        let Ok(expected) = auc.interval(scale, Level::PERCENT_95) else {
                            continue;
                        };
                        compared += 1;
                        let (low, high) = limits(scale, Level::PERCENT_95.z(), &confusion).unwrap();
                        assert!(
                            (low - expected.low).abs() < 1e-13,
                            "{confusion:?} {scale:?}"
                        );
                        assert!(
                            (high - expected.high).abs() < 1e-13,
                            "{confusion:?} {scale:?}"
                        );
                    }
                }
            }
        }
        assert!(compared > 3_000, "{compared} compared");
    }

    #[test]
    fn one_patient_of_a_class_has_no_interval() {
        let confusion = Confusion {
            true_positives: 1,
            false_negatives: 0,
            false_positives: 3,
            true_negatives: 4,
        };
        assert_eq!(limits(AucInterval::Wald, 1.96, &confusion), None);
    }
}
