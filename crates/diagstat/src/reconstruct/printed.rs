//! Figures as a paper prints them, with the decimals kept, and the values that would have been printed so.
//!
//! In: the text of a figure, or of the limits of an interval. Out: [`PrintedFigure`], [`PrintedInterval`], or the reason
//! why the text is none. The text is kept as an integer and its decimals, never as a double.
//!
//! Source: none.

use super::band::{Decimal, PLACES_MAX};
use serde::Serialize;

use crate::interval::Level;

/// A figure that papers print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// Part of all patients called rightly.
    Accuracy,
    /// Recall of either class, or averaged over both: all averagings are tried.
    Recall,
    /// Recall of the positive class.
    Sensitivity,
    /// Recall of the negative class.
    Specificity,
    /// Precision of either class, or averaged over both: all averagings are tried.
    Precision,
    /// Precision of the positive class.
    Ppv,
    /// Precision of the negative class.
    Npv,
    /// F1 of either class, or averaged over both: all averagings are tried.
    F1,
    /// Mean of sensitivity and specificity.
    BalancedAccuracy,
    /// Matthews's correlation coefficient.
    Mcc,
    /// Cohen's kappa of truth and call.
    Kappa,
    /// Area under the ROC curve, of the calls or of the scores.
    Auc,
}

impl std::fmt::Display for Figure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Accuracy => "accuracy",
            Self::Recall => "recall",
            Self::Sensitivity => "sensitivity",
            Self::Specificity => "specificity",
            Self::Precision => "precision",
            Self::Ppv => "PPV",
            Self::Npv => "NPV",
            Self::F1 => "F1",
            Self::BalancedAccuracy => "balanced accuracy",
            Self::Mcc => "MCC",
            Self::Kappa => "kappa",
            Self::Auc => "AUC",
        })
    }
}

/// Whether a number is read as it stands or as hundredths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// As it stands: 0.871.
    Fraction,
    /// Hundredths: 87.1, or 87.1%.
    Percent,
}

/// Why the text of a figure cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PrintedError {
    /// No decimal number.
    #[error("{what} is \"{found}\", expected a number such as 87.1, 87.1% or 0.871")]
    NotNumber {
        /// Which figure.
        what: String,
        /// The text.
        found: String,
    },
    /// Outside the range of the figure.
    #[error("{what} is \"{found}\", expected {expected}")]
    OutOfRange {
        /// Which figure.
        what: String,
        /// The text.
        found: String,
        /// The range in words.
        expected: &'static str,
    },
    /// More decimals than are compared exactly.
    #[error("{what} is \"{found}\", expected at most 9 decimals, 7 of a percentage")]
    TooManyDecimals {
        /// Which figure.
        what: String,
        /// The text.
        found: String,
    },
    /// A lower limit that is not below the upper one.
    #[error("the interval is \"{low}\" to \"{high}\", expected the lower limit first")]
    LimitsReversed {
        /// The text of the lower limit.
        low: String,
        /// The text of the upper limit.
        high: String,
    },
}

/// A figure with its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintedFigure {
    pub(super) figure: Figure,
    pub(super) text: String,
    digits: i128,
    decimals: u32,
    scale: Option<Scale>,
}

impl PrintedFigure {
    /// A figure as printed: `87.1`, `87.1%`, `0.871` or `.871`; for MCC and kappa also below 0. A number above 1, or one
    /// with a percent sign, is a percentage. The number 1 may be either: it is read as a fraction, and as a percentage
    /// where nothing fits the fraction.
    ///
    /// # Errors
    /// [`PrintedError`]: no number, outside the figure's range, or more than 9 decimals (7 of a percentage).
    pub fn parse(figure: Figure, text: &str) -> Result<Self, PrintedError> {
        let negative = matches!(figure, Figure::Mcc | Figure::Kappa);
        let number = Number::parse(&figure.to_string(), text, negative)?;
        Ok(Self {
            figure,
            text: text.trim().to_string(),
            digits: number.digits,
            decimals: number.decimals,
            scale: number.scale,
        })
    }

    /// Which figure it is.
    #[must_use]
    pub fn figure(&self) -> Figure {
        self.figure
    }

    /// The text as it was given.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The scale, where the text leaves no doubt.
    pub(super) fn scale(&self) -> Option<Scale> {
        self.scale
    }

    /// The number as a fraction, read on `scale` where the text leaves the scale open.
    pub(super) fn decimal(&self, scale: Scale) -> Decimal {
        let shift = match self.scale.unwrap_or(scale) {
            Scale::Fraction => 0,
            Scale::Percent => 2,
        };
        Decimal {
            units: self.digits,
            places: self.decimals + shift,
        }
    }
}

/// DeLong's interval of an AUC as printed.
#[derive(Debug, Clone, PartialEq)]
pub struct PrintedInterval {
    pub(super) low: Decimal,
    pub(super) high: Decimal,
    pub(super) level: Level,
    pub(super) text: (String, String),
}

impl PrintedInterval {
    /// The two limits as printed, such as `0.780` and `0.949`, and the level that they are said to have. Limits cut to 0
    /// or 1 are recognised; limits printed beyond them are refused. If one limit is a percentage, both are.
    ///
    /// # Errors
    /// [`PrintedError`]: as [`PrintedFigure::parse`], or the limits are reversed.
    pub fn parse(low: &str, high: &str, level: Level) -> Result<Self, PrintedError> {
        let lower = Number::parse("the lower limit", low, false)?;
        let upper = Number::parse("the upper limit", high, false)?;
        let percent = [&lower, &upper]
            .iter()
            .any(|number| number.scale == Some(Scale::Percent));
        let shift = if percent { 2 } else { 0 };
        let decimal = |number: &Number| Decimal {
            units: number.digits,
            places: number.decimals + shift,
        };
        let interval = Self {
            low: decimal(&lower),
            high: decimal(&upper),
            level,
            text: (low.trim().to_string(), high.trim().to_string()),
        };
        for (what, text, limit) in [
            ("the lower limit", low, interval.low),
            ("the upper limit", high, interval.high),
        ] {
            if limit.places > PLACES_MAX {
                return Err(PrintedError::TooManyDecimals {
                    what: what.to_string(),
                    found: text.to_string(),
                });
            }
        }
        if interval.low.value() > interval.high.value() {
            return Err(PrintedError::LimitsReversed {
                low: low.to_string(),
                high: high.to_string(),
            });
        }
        Ok(interval)
    }
}

/// A decimal number before its scale is settled.
struct Number {
    digits: i128,
    decimals: u32,
    scale: Option<Scale>,
}

impl Number {
    fn parse(what: &str, text: &str, negative_allowed: bool) -> Result<Self, PrintedError> {
        let refuse = |expected| PrintedError::OutOfRange {
            what: what.to_string(),
            found: text.trim().to_string(),
            expected,
        };
        let not_number = || PrintedError::NotNumber {
            what: what.to_string(),
            found: text.trim().to_string(),
        };
        let too_many = || PrintedError::TooManyDecimals {
            what: what.to_string(),
            found: text.trim().to_string(),
        };

        let trimmed = text.trim();
        let (number, sign) = match trimmed.strip_suffix('%') {
            Some(number) => (number.trim_end(), Some(Scale::Percent)),
            None => (trimmed, None),
        };
        let (unsigned, negative) = match number.strip_prefix('-') {
            Some(unsigned) => (unsigned, true),
            None => (number, false),
        };
        let (whole, part) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let all_digits = format!("{whole}{part}");
        if all_digits.is_empty() || !all_digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(not_number());
        }
        let decimals = u32::try_from(part.len()).map_err(|_| too_many())?;
        if decimals > PLACES_MAX {
            return Err(too_many());
        }
        let Ok(digits) = all_digits.parse::<u64>() else {
            return Err(refuse("at most 100 %"));
        };
        let digits = i128::from(digits);
        let one = 10_i128.pow(decimals);
        if digits > 100 * one {
            return Err(refuse("at most 100 %"));
        }
        if negative && digits != 0 && !negative_allowed {
            return Err(refuse("no number below 0"));
        }
        let scale = sign.or(match digits.cmp(&one) {
            std::cmp::Ordering::Less => Some(Scale::Fraction),
            std::cmp::Ordering::Equal => None,
            std::cmp::Ordering::Greater => Some(Scale::Percent),
        });
        // The number 1 may turn out a percentage, and then has two more places.
        if scale != Some(Scale::Fraction) && decimals + 2 > PLACES_MAX {
            return Err(too_many());
        }
        Ok(Self {
            digits: if negative { -digits } else { digits },
            decimals,
            scale,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (f64, u32) {
        let printed = PrintedFigure::parse(Figure::Kappa, text).unwrap();
        let decimal = printed.decimal(Scale::Fraction);
        (decimal.value(), decimal.places)
    }

    #[test]
    fn percentages_and_fractions_are_told_apart_and_keep_their_decimals() {
        assert_eq!(read("87.1"), (0.871, 3));
        assert_eq!(read(" 87.10 % "), (0.871, 4));
        assert_eq!(read("0.871"), (0.871, 3));
        assert_eq!(read(".871"), (0.871, 3));
        assert_eq!(read("0.9%"), (0.009, 3));
        assert_eq!(read("-0.12"), (-0.12, 2));
        assert_eq!(read("100"), (1.0, 2));
        assert_eq!(read("1.0"), (1.0, 1));
    }

    #[test]
    fn the_number_one_is_a_fraction_first_and_a_percentage_second() {
        let one = PrintedFigure::parse(Figure::Recall, "1.0").unwrap();
        assert_eq!(one.scale(), None);
        assert_eq!(one.decimal(Scale::Fraction).value(), 1.0);
        assert_eq!(one.decimal(Scale::Percent).value(), 0.01);
    }

    #[test]
    fn text_that_is_no_such_figure_is_refused_with_the_text() {
        for text in [
            "", "x", "0.8.7", "1e-3", "NaN", "+0.5", "--1", "%", ".", "0,87",
        ] {
            let error = PrintedFigure::parse(Figure::Accuracy, text).unwrap_err();
            assert!(
                matches!(error, PrintedError::NotNumber { .. }),
                "{text}: {error}"
            );
        }
        for text in ["100.1", "-0.2", "99999999999999999999999999"] {
            let error = PrintedFigure::parse(Figure::Accuracy, text).unwrap_err();
            assert!(
                matches!(error, PrintedError::OutOfRange { .. }),
                "{text}: {error}"
            );
        }
        for text in ["0.1234567891", "87.12345678", "1.00000000"] {
            let error = PrintedFigure::parse(Figure::Accuracy, text).unwrap_err();
            assert!(
                matches!(error, PrintedError::TooManyDecimals { .. }),
                "{text}: {error}"
            );
        }
        assert_eq!(
            PrintedFigure::parse(Figure::Ppv, "high")
                .unwrap_err()
                .to_string(),
            "PPV is \"high\", expected a number such as 87.1, 87.1% or 0.871"
        );
        assert!(PrintedInterval::parse("0.9", "0.8", Level::PERCENT_95).is_err());
    }
}
