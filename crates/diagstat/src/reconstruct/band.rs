//! The true values that would be printed as a given decimal number.
//!
//! In: a [`Decimal`] and a [`Rounding`]. Out: the [`Band`]. A band is a pair of fractions over one denominator, so whether a
//! figure of counts lies in it is decided in integers: a tie such as 23/40 is no matter of binary fractions here.
//!
//! Source: IEEE 754's roundTiesToAway, roundTiesToEven and roundTowardZero, and "to the nearest, a tie to either side":
//! what a binary fraction printed in decimals does (23/40 is printed 0.57, and 27/40 0.68).

use serde::Serialize;

/// How a true value became the printed one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// To the nearest, a tie away from zero.
    HalfUp,
    /// To the nearest, a tie to the even digit.
    HalfEven,
    /// To the nearest, a tie to either side.
    Nearest,
    /// Further digits cut off.
    Truncated,
}

/// `units` of the last printed digit, which is worth ten to the power of minus `places`, as a fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Decimal {
    pub units: i128,
    pub places: u32,
}

/// Decimals that are compared exactly.
pub(super) const PLACES_MAX: u32 = 9;

/// The true values that would be printed as a [`Decimal`], as fractions of `denominator`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Band {
    pub low: i128,
    pub high: i128,
    pub denominator: i128,
    pub low_open: bool,
    pub high_open: bool,
}

impl Decimal {
    pub(super) fn value(self) -> f64 {
        self.units as f64 / self.unit_parts()
    }

    /// How many units make 1.
    pub(super) fn unit_parts(self) -> f64 {
        10_f64.powi(self.places.cast_signed())
    }

    fn closed(self, low: i128, high: i128) -> Band {
        Band {
            low,
            high,
            denominator: 2 * 10_i128.pow(self.places),
            low_open: false,
            high_open: false,
        }
    }

    /// The values at most `half_units` halves of a unit away.
    pub(super) fn within(self, half_units: i128) -> Band {
        self.closed(2 * self.units - half_units, 2 * self.units + half_units)
    }

    pub(super) fn rounded(self, rounding: Rounding) -> Band {
        let nearest = self.within(1);
        let (towards_zero_open, away_open) = match rounding {
            Rounding::Nearest => (false, false),
            Rounding::HalfUp => (self.units == 0, true),
            Rounding::HalfEven => (self.units % 2 != 0, self.units % 2 != 0),
            Rounding::Truncated => return self.truncated(),
        };
        let (low_open, high_open) = if self.units < 0 {
            (away_open, towards_zero_open)
        } else {
            (towards_zero_open, away_open)
        };
        Band {
            low_open,
            high_open,
            ..nearest
        }
    }

    fn truncated(self) -> Band {
        let doubled = 2 * self.units;
        let below = if self.units > 0 { 0 } else { 2 };
        let above = if self.units < 0 { 0 } else { 2 };
        Band {
            low_open: below > 0,
            high_open: above > 0,
            ..self.closed(doubled - below, doubled + above)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::printed::{Figure, PrintedFigure, Scale};
    use super::*;

    /// Whether `numerator` of `denominator` is printed as `text` under `rounding`.
    fn prints(numerator: i128, denominator: i128, text: &str, rounding: Rounding) -> bool {
        let printed = PrintedFigure::parse(Figure::Mcc, text).unwrap();
        let band = printed.decimal(Scale::Fraction).rounded(rounding);
        let (left, low, high) = (
            numerator * band.denominator,
            band.low * denominator,
            band.high * denominator,
        );
        (left > low || (left == low && !band.low_open))
            && (left < high || (left == high && !band.high_open))
    }

    #[test]
    fn a_tie_goes_where_the_rounding_sends_it() {
        let all = [
            Rounding::HalfUp,
            Rounding::HalfEven,
            Rounding::Nearest,
            Rounding::Truncated,
        ];
        let told = |numerator, denominator, text| {
            all.map(|rounding| prints(numerator, denominator, text, rounding))
        };
        // 23/40 is 0.575.
        assert_eq!(told(23, 40, "0.58"), [true, true, true, false]);
        assert_eq!(told(23, 40, "0.57"), [false, false, true, true]);
        // 1/8 is 0.125.
        assert_eq!(told(1, 8, "0.12"), [false, true, true, true]);
        assert_eq!(told(1, 8, "0.13"), [true, false, true, false]);
        assert_eq!(told(-1, 8, "-0.12"), [false, true, true, true]);
        assert_eq!(told(-1, 8, "-0.13"), [true, false, true, false]);
        // 1/200 is 0.005: zero is even, and half up leaves it.
        assert_eq!(told(1, 200, "0.00"), [false, true, true, true]);
        assert_eq!(told(-1, 200, "0.00"), [false, true, true, true]);
        assert_eq!(told(2, 3, "0.66"), [false, false, false, true]);
        assert_eq!(told(-2, 3, "-0.66"), [false, false, false, true]);
        assert_eq!(told(-2, 3, "-0.67"), [true, true, true, false]);
    }
}
