//! Figures of a confusion matrix as exact fractions, compared with a band of values in integers.
//!
//! In: [`Confusion`]. Out: [`Exact`] of each [`Quantity`]. Matthews's coefficient is a fraction over a square root and is
//! compared by its square. A fraction 0/0 counts as 0, since scikit-learn prints 0 there; [`Quantity::has_value`] says
//! where that happened.
//! With at most 100,000 patients and 9 decimals no product passes 2^126.
//! At fixed class sizes every quantity rises, or stays, with the true positives and with the true negatives: moving one
//! patient to the right call never lowers a figure. The search relies on it.
//!
//! Source: Altman and Bland 1994, BMJ 308:1552 and 309:102; Cohen 1960, Educ Psychol Meas 20:37; Matthews 1975, BBA
//! 405:442; averages as in Sokolova and Lapalme 2009, Inf Process Manag 45:427, F1's as the mean over classes of F1.

use std::cmp::Ordering;

use super::band::Band;
use crate::confusion::Confusion;

/// What a printed figure may stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quantity {
    Accuracy,
    Sensitivity,
    Specificity,
    Ppv,
    Npv,
    F1OfPositives,
    F1OfNegatives,
    BalancedAccuracy,
    MacroPrecision,
    MacroF1,
    WeightedPrecision,
    WeightedF1,
    Mcc,
    Kappa,
    /// The smallest area under a rising curve through the operating point.
    ScoresAucLeast,
    /// The largest area under a rising curve through the operating point.
    ScoresAucMost,
}

/// A number that integers hold without error.
#[derive(Debug, Clone, Copy)]
pub(super) enum Exact {
    Fraction(i128, i128),
    /// A numerator over the square root of the second number.
    OverRoot(i128, i128),
}

impl Exact {
    /// Whether the number lies below, at or above `numerator` / `denominator`.
    fn compare(self, numerator: i128, denominator: i128) -> Ordering {
        match self {
            Self::Fraction(own, own_denominator) => {
                (own * denominator).cmp(&(numerator * own_denominator))
            }
            Self::OverRoot(own, square) => {
                let own = own.signum() * own * own * denominator * denominator;
                own.cmp(&(numerator.signum() * numerator * numerator * square))
            }
        }
    }

    pub(super) fn reaches(self, band: Band) -> bool {
        match self.compare(band.low, band.denominator) {
            Ordering::Less => false,
            Ordering::Equal => !band.low_open,
            Ordering::Greater => true,
        }
    }

    pub(super) fn exceeds(self, band: Band) -> bool {
        match self.compare(band.high, band.denominator) {
            Ordering::Less => false,
            Ordering::Equal => band.high_open,
            Ordering::Greater => true,
        }
    }

    pub(super) fn lies_in(self, band: Band) -> bool {
        self.reaches(band) && !self.exceeds(band)
    }

    pub(super) fn value(self) -> f64 {
        match self {
            Self::Fraction(numerator, denominator) => numerator as f64 / denominator as f64,
            Self::OverRoot(numerator, square) => numerator as f64 / (square as f64).sqrt(),
        }
    }
}

/// The counts, wide enough for their products.
struct Counts {
    tp: i128,
    fn_: i128,
    fp: i128,
    tn: i128,
}

impl Quantity {
    pub(super) fn of(self, confusion: &Confusion) -> Exact {
        let Counts { tp, fn_, fp, tn } = Counts::of(confusion);
        let (positives, negatives) = (tp + fn_, fp + tn);
        match self {
            Self::Accuracy => fraction(tp + tn, positives + negatives),
            Self::Sensitivity => fraction(tp, positives),
            Self::Specificity => fraction(tn, negatives),
            Self::Ppv => fraction(tp, tp + fp),
            Self::Npv => fraction(tn, tn + fn_),
            Self::F1OfPositives => fraction(2 * tp, 2 * tp + fp + fn_),
            Self::F1OfNegatives => fraction(2 * tn, 2 * tn + fp + fn_),
            Self::BalancedAccuracy => mean((tp, positives), (tn, negatives), 1, 1),
            Self::MacroPrecision => mean((tp, tp + fp), (tn, tn + fn_), 1, 1),
            Self::WeightedPrecision => mean((tp, tp + fp), (tn, tn + fn_), positives, negatives),
            Self::MacroF1 => mean(
                (2 * tp, 2 * tp + fp + fn_),
                (2 * tn, 2 * tn + fp + fn_),
                1,
                1,
            ),
            Self::WeightedF1 => mean(
                (2 * tp, 2 * tp + fp + fn_),
                (2 * tn, 2 * tn + fp + fn_),
                positives,
                negatives,
            ),
            Self::Mcc => {
                let square = positives * negatives * (tp + fp) * (tn + fn_);
                if square == 0 {
                    Exact::Fraction(0, 1)
                } else {
                    Exact::OverRoot(tp * tn - fp * fn_, square)
                }
            }
            Self::Kappa => fraction(
                2 * (tp * tn - fp * fn_),
                (tp + fp) * negatives + positives * (tn + fn_),
            ),
            Self::ScoresAucLeast => fraction(tp * tn, positives * negatives),
            Self::ScoresAucMost => {
                fraction(positives * negatives - fp * fn_, positives * negatives)
            }
        }
    }

    /// Whether the quantity needs no convention for 0/0.
    pub(super) fn has_value(self, confusion: &Confusion) -> bool {
        let Counts { tp, fn_, fp, tn } = Counts::of(confusion);
        match self {
            Self::Ppv => tp + fp > 0,
            Self::Npv => tn + fn_ > 0,
            Self::MacroPrecision | Self::WeightedPrecision | Self::Mcc => {
                tp + fp > 0 && tn + fn_ > 0
            }
            _ => true,
        }
    }
}

impl Counts {
    fn of(confusion: &Confusion) -> Self {
        Self {
            tp: confusion.true_positives.into(),
            fn_: confusion.false_negatives.into(),
            fp: confusion.false_positives.into(),
            tn: confusion.true_negatives.into(),
        }
    }
}

fn fraction(numerator: i128, denominator: i128) -> Exact {
    if denominator == 0 {
        Exact::Fraction(0, 1)
    } else {
        Exact::Fraction(numerator, denominator)
    }
}

/// The mean of two fractions with these weights.
fn mean(first: (i128, i128), second: (i128, i128), weight: i128, other_weight: i128) -> Exact {
    let (first_denominator, second_denominator) = (first.1.max(1), second.1.max(1));
    Exact::Fraction(
        weight * first.0 * second_denominator + other_weight * second.0 * first_denominator,
        (weight + other_weight) * first_denominator * second_denominator,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Quantity; 16] = [
        Quantity::Accuracy,
        Quantity::Sensitivity,
        Quantity::Specificity,
        Quantity::Ppv,
        Quantity::Npv,
        Quantity::F1OfPositives,
        Quantity::F1OfNegatives,
        Quantity::BalancedAccuracy,
        Quantity::MacroPrecision,
        Quantity::MacroF1,
        Quantity::WeightedPrecision,
        Quantity::WeightedF1,
        Quantity::Mcc,
        Quantity::Kappa,
        Quantity::ScoresAucLeast,
        Quantity::ScoresAucMost,
    ];

    fn matrix(positives: u32, negatives: u32, tp: u32, tn: u32) -> Confusion {
        Confusion {
            true_positives: tp,
            false_negatives: positives - tp,
            false_positives: negatives - tn,
            true_negatives: tn,
        }
    }

    #[test]
    fn one_more_right_call_never_lowers_a_figure() {
        let mut steps = 0;
        for (positives, negatives) in [(1, 1), (1, 9), (9, 1), (4, 5), (12, 3), (3, 14), (8, 8)] {
            for tp in 0..=positives {
                for tn in 0..=negatives {
                    for quantity in ALL {
                        let value =
                            |tp, tn| quantity.of(&matrix(positives, negatives, tp, tn)).value();
                        let here = value(tp, tn);
                        if tp < positives {
                            steps += 1;
                            assert!(value(tp + 1, tn) >= here - 1e-12, "{quantity:?} {tp} {tn}");
                        }
                        if tn < negatives {
                            steps += 1;
                            assert!(value(tp, tn + 1) >= here - 1e-12, "{quantity:?} {tp} {tn}");
                        }
                    }
                }
            }
        }
        assert!(steps > 5_000, "{steps} steps");
    }

    #[test]
    fn the_figures_are_those_of_the_confusion_matrix() {
        let of = matrix(29, 33, 22, 32);
        let value = |quantity: Quantity| quantity.of(&of).value();
        assert_eq!(value(Quantity::Accuracy), of.accuracy().unwrap().value());
        assert_eq!(value(Quantity::Ppv), of.ppv().unwrap().value());
        assert_eq!(value(Quantity::Npv), of.npv().unwrap().value());
        assert!((value(Quantity::MacroPrecision) - of.macro_precision().unwrap()).abs() < 1e-15);
        assert!((value(Quantity::BalancedAccuracy) - of.macro_recall().unwrap()).abs() < 1e-15);
        assert!((value(Quantity::Mcc) - of.mcc().unwrap()).abs() < 1e-15);
        assert!((value(Quantity::F1OfPositives) - of.f1().unwrap()).abs() < 1e-15);
    }

    #[test]
    fn the_largest_matrix_with_the_most_decimals_does_not_overflow() {
        let band = Band {
            low: 999_999_999,
            high: 2_000_000_000,
            denominator: 2_000_000_000,
            low_open: false,
            high_open: false,
        };
        for quantity in ALL {
            let even = quantity.of(&matrix(50_000, 50_000, 49_999, 49_999));
            assert!(even.lies_in(band), "{quantity:?}");
            let skew = quantity.of(&matrix(50_000, 50_000, 25_000, 12_500));
            let _ = skew.lies_in(band);
            let right = quantity.of(&matrix(99_999, 1, 99_999, 1));
            assert!(right.lies_in(band), "{quantity:?}");
        }
    }

    #[test]
    fn a_fraction_without_a_denominator_counts_as_zero_and_says_so() {
        let nobody = matrix(5, 5, 0, 5);
        assert_eq!(Quantity::MacroPrecision.of(&nobody).value(), 0.25);
        assert!(!Quantity::MacroPrecision.has_value(&nobody));
        assert!(Quantity::Accuracy.has_value(&nobody));
        assert_eq!(Quantity::Mcc.of(&nobody).value(), 0.0);
    }
}
