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
use super::rows::{Run, Sizes, Tolerance};
use crate::confusion::Confusion;
use crate::delong::AucInterval;

/// The scales that authors use.
const SCALES: [AucInterval; 2] = [AucInterval::Wald, AucInterval::Logit];

/// How far beyond its band a limit may lie, since it is computed in doubles.
const SLACK: f64 = 1e-12;

pub(super) struct CallsInterval {
    low: Band,
    high: Band,
    z: f64,
    scales: &'static [AucInterval],
}

impl CallsInterval {
    /// Widened bands are for the nearest matrices, which are measured on the AUC itself.
    pub(super) fn new(printed: &PrintedInterval, tolerance: Tolerance) -> Self {
        Self {
            low: tolerance.band(printed.low),
            high: tolerance.band(printed.high),
            z: printed.level.z(),
            scales: match tolerance {
                Tolerance::Rounded(_) => &SCALES,
                Tolerance::HalfUnits(_) => &SCALES[..1],
            },
        }
    }

    /// The true negatives whose interval prints so, a run for each stretch and scale; runs may overlap.
    pub(super) fn runs(&self, sizes: Sizes, true_positives: u32, within: Run) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        if sizes.positives < 2 || sizes.negatives < 2 {
            return runs;
        }
        for &scale in self.scales {
            let looked_at = self.candidates(scale, sizes, true_positives, within);
            for tn in looked_at.from..looked_at.to {
                if !self.fits_on(scale, &sizes.matrix(true_positives, tn)) {
                    continue;
                }
                match runs.last_mut() {
                    Some(last) if last.to == tn => last.to = tn + 1,
                    _ => runs.push(Run {
                        from: tn,
                        to: tn + 1,
                    }),
                }
            }
        }
        runs
    }

    /// The true negatives that may fit: one more on each side than the bounds of the area leave.
    fn candidates(
        &self,
        scale: AucInterval,
        sizes: Sizes,
        true_positives: u32,
        within: Run,
    ) -> Run {
        let negatives = f64::from(sizes.negatives);
        let right = f64::from(true_positives) / f64::from(sizes.positives);
        let (least, most) = match scale {
            AucInterval::Wald => self.area_on_itself(sizes, right),
            AucInterval::Logit => self.area_on_the_logit(),
        };
        let from = (negatives * (2.0 * least - right)).floor() - 1.0;
        let to = (negatives * (2.0 * most - right)).ceil() + 2.0;
        Run {
            from: within.from.max(from.clamp(0.0, negatives) as u32),
            to: within.to.min(to.clamp(0.0, negatives + 1.0) as u32),
        }
    }

    /// Bounds of the area with this sensitivity: a limit lies between the least and the largest half width from it. A
    /// limit that may be cut bounds it from the inner side only.
    fn area_on_itself(&self, sizes: Sizes, right: f64) -> (f64, f64) {
        let of_positives = right * (1.0 - right) / (4.0 * (f64::from(sizes.positives) - 1.0));
        let of_negatives = 1.0 / (16.0 * (f64::from(sizes.negatives) - 1.0));
        let narrow = self.z * of_positives.sqrt();
        let wide = self.z * (of_positives + of_negatives).sqrt();
        let ((low_least, low_most), (high_least, high_most)) = (ends(self.low), ends(self.high));
        let from_low = if low_least <= 0.0 {
            0.0
        } else {
            low_least + narrow
        };
        let from_high = if high_most >= 1.0 {
            1.0
        } else {
            high_most - narrow
        };
        (
            from_low.max(high_least - wide),
            from_high.min(low_most + wide),
        )
    }

    /// Bounds of the area, which lies in the middle of the limits on the logit.
    fn area_on_the_logit(&self) -> (f64, f64) {
        let logit = |part: f64| {
            let part = part.clamp(0.0, 1.0);
            (part / (1.0 - part)).ln()
        };
        let ((low_least, low_most), (high_least, high_most)) = (ends(self.low), ends(self.high));
        let middle = |low: f64, high: f64, open: f64| {
            let middle = f64::midpoint(logit(low), logit(high));
            if middle.is_nan() {
                open
            } else {
                1.0 / (1.0 + (-middle).exp())
            }
        };
        (
            middle(low_least, high_least, 0.0),
            middle(low_most, high_most, 1.0),
        )
    }

    pub(super) fn fits(&self, confusion: &Confusion) -> bool {
        self.scales
            .iter()
            .any(|&scale| self.fits_on(scale, confusion))
    }

    /// The scales on which the interval of the matrix prints as given.
    pub(super) fn scales(&self, confusion: &Confusion) -> Vec<AucInterval> {
        let mut scales = self.scales.to_vec();
        scales.retain(|&scale| self.fits_on(scale, confusion));
        scales
    }

    fn fits_on(&self, scale: AucInterval, confusion: &Confusion) -> bool {
        limits(scale, self.z, confusion)
            .is_some_and(|(low, high)| holds(self.low, low) && holds(self.high, high))
    }
}

fn ends(band: Band) -> (f64, f64) {
    let denominator = band.denominator as f64;
    (
        band.low as f64 / denominator,
        band.high as f64 / denominator,
    )
}

fn holds(band: Band, value: f64) -> bool {
    let (low, high) = ends(band);
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
    use super::super::band::Rounding;
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
    fn the_true_negatives_looked_at_leave_out_none_that_fits() {
        let tolerances = [
            Tolerance::Rounded(Rounding::Nearest),
            Tolerance::Rounded(Rounding::Truncated),
            Tolerance::HalfUnits(9),
        ];
        let mut fitting = 0;
        for (positives, negatives) in [(2, 3), (29, 33), (5, 90), (60, 4)] {
            let sizes = Sizes {
                positives,
                negatives,
            };
            for (low, high) in [
                ("0.78", "0.95"),
                ("0.5", "1.0"),
                ("0.0", "0.3"),
                ("0.0", "1.0"),
                ("0.9", "1.00"),
                ("1.00", "1.00"),
                ("0.6", "0.7"),
            ] {
                let printed = PrintedInterval::parse(low, high, Level::PERCENT_95).unwrap();
                for interval in tolerances.map(|of| CallsInterval::new(&printed, of)) {
                    for tp in 0..=positives {
                        let all = Run {
                            from: 0,
                            to: negatives + 1,
                        };
                        let runs = interval.runs(sizes, tp, all);
                        for tn in 0..=negatives {
                            let found = runs.iter().any(|run| run.from <= tn && tn < run.to);
                            fitting += u32::from(found);
                            let fits = interval.fits(&sizes.matrix(tp, tn));
                            assert_eq!(found, fits, "{low} {high} {tp} {tn}");
                        }
                    }
                }
            }
        }
        assert!(fitting > 500, "{fitting} fit");
    }

    #[test]
    fn a_matrix_is_looked_at_for_its_own_interval_with_many_decimals() {
        let mut found = 0;
        for (positives, negatives) in [(29, 400), (400, 29), (150, 150)] {
            let sizes = Sizes {
                positives,
                negatives,
            };
            for tp in 0..=positives {
                for tn in (0..=negatives).filter(|tn| *tn < 9 || tn % 37 == 0 || tn + 9 > negatives)
                {
                    for scale in SCALES {
                        let z = Level::PERCENT_95.z();
                        let (low, high) = limits(scale, z, &sizes.matrix(tp, tn)).unwrap();
                        let (low, high) = (format!("{low:.6}"), format!("{high:.6}"));
                        let printed = PrintedInterval::parse(&low, &high, Level::PERCENT_95);
                        let tolerance = Tolerance::Rounded(Rounding::Nearest);
                        let interval = CallsInterval::new(&printed.unwrap(), tolerance);
                        let all = Run {
                            from: 0,
                            to: negatives + 1,
                        };
                        let runs = interval.runs(sizes, tp, all);
                        let holds = runs.iter().any(|run| run.from <= tn && tn < run.to);
                        assert!(holds, "{tp} {tn} of {sizes:?} {scale:?}: {low} {high}");
                        found += 1;
                    }
                }
            }
        }
        assert!(found > 10_000, "{found} found");
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
