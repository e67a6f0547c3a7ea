//! Matrices of folds whose mean figures lie in given bands.
//!
//! In: [`Target`]s and the sizes of the folds. Out: an [`Outcome`].
//! Folds of one size are alike, so [`in_integers`] looks for the calls that are right in all folds of a size together:
//! at most six numbers for stratified folds. Each is bounded by what the others can still add, and the last one follows.
//! [`one_by_one`] chooses a matrix for each fold, those near the printed means first, in falling order within a size.
//!
//! Source: none. Checked against: all choices at small sizes (test below), mlscorecheck (tools/golden/printed_figures.py).

use super::band::Band;
use super::exact::Quantity;
use super::folds::FoldSize;
use super::rows::Sizes;
use crate::confusion::Confusion;

/// A mean over folds, and where it must lie.
#[derive(Clone, Copy)]
pub(super) struct Target {
    pub quantity: Quantity,
    pub band: Band,
}

pub(super) enum Outcome {
    Example(Vec<Confusion>),
    None,
    GaveUp(u64),
}

/// Steps after which a search gives up: about a second.
const STEPS_MAX: u64 = 4_000_000;

/// Most matrices of one fold that are held in memory.
const CHOICES_MAX: u64 = 200_000;

/// What a sum of doubles may lie beyond its band.
const SLACK: f64 = 1e-11;

/// Whether the mean over folds is a sum of counts, each with a weight of its own.
pub(super) fn is_linear(quantity: Quantity) -> bool {
    matches!(
        quantity,
        Quantity::Accuracy
            | Quantity::Sensitivity
            | Quantity::Specificity
            | Quantity::BalancedAccuracy
    )
}

/// The folds of one size.
struct Alike {
    size: FoldSize,
    folds: u32,
}

fn alike(folds: &[FoldSize]) -> Vec<Alike> {
    let mut groups: Vec<Alike> = Vec::new();
    for &size in folds {
        match groups.iter_mut().find(|group| group.size == size) {
            Some(group) => group.folds += 1,
            None => groups.push(Alike { size, folds: 1 }),
        }
    }
    groups
}

/// `low` to `high`, for the sum of each number times its weight.
struct Constraint {
    weights: Vec<i128>,
    low: i128,
    high: i128,
}

/// Decides means of linear quantities exactly. Gives up only after [`STEPS_MAX`] numbers tried.
pub(super) fn in_integers(targets: &[Target], folds: &[FoldSize]) -> Outcome {
    let groups = alike(folds);
    let most = groups.iter().flat_map(|group| {
        [
            i128::from(group.folds) * i128::from(group.size.positives),
            i128::from(group.folds) * i128::from(group.size.negatives),
        ]
    });
    let mut search = IntegerSearch {
        constraints: targets
            .iter()
            .map(|target| constraint(*target, &groups, folds.len()))
            .collect(),
        most: most.collect(),
        chosen: Vec::new(),
        steps: 0,
    };
    match search.descend() {
        Some(true) => Outcome::Example(dealt(&groups, &search.chosen)),
        Some(false) => Outcome::None,
        None => Outcome::GaveUp(search.steps),
    }
}

/// The mean times the folds and a common multiple of its denominators is an integer sum.
fn constraint(target: Target, groups: &[Alike], folds: usize) -> Constraint {
    let denominators: Vec<i128> = groups
        .iter()
        .flat_map(|group| {
            let positives = i128::from(group.size.positives);
            let negatives = i128::from(group.size.negatives);
            match target.quantity {
                Quantity::Sensitivity => [positives, 0],
                Quantity::Specificity => [0, negatives],
                Quantity::BalancedAccuracy => [2 * positives, 2 * negatives],
                _ => [positives + negatives; 2],
            }
        })
        .collect();
    let multiple = denominators
        .iter()
        .filter(|denominator| **denominator > 0)
        .fold(1, |multiple, denominator| {
            multiple / greatest_divisor(multiple, *denominator) * denominator
        });
    let weights = denominators.iter().map(|&denominator| {
        if denominator == 0 {
            0
        } else {
            target.band.denominator * (multiple / denominator)
        }
    });
    let times = multiple * folds as i128;
    Constraint {
        weights: weights.collect(),
        low: target.band.low * times + i128::from(target.band.low_open),
        high: target.band.high * times - i128::from(target.band.high_open),
    }
}

fn greatest_divisor(a: i128, b: i128) -> i128 {
    if b == 0 {
        a
    } else {
        greatest_divisor(b, a % b)
    }
}

struct IntegerSearch {
    constraints: Vec<Constraint>,
    most: Vec<i128>,
    chosen: Vec<i128>,
    steps: u64,
}

impl IntegerSearch {
    /// Whether the numbers chosen so far can be completed; `None` where the steps ran out.
    fn descend(&mut self) -> Option<bool> {
        let index = self.chosen.len();
        if index == self.most.len() {
            return Some(true);
        }
        let (from, to) = self.bounds(index);
        for number in from..=to {
            self.steps += 1;
            if self.steps > STEPS_MAX {
                return None;
            }
            self.chosen.push(number);
            if self.descend()? {
                return Some(true);
            }
            self.chosen.pop();
        }
        Some(false)
    }

    /// The values of a number that the later ones can still complete, each constraint by itself.
    fn bounds(&self, index: usize) -> (i128, i128) {
        let (mut from, mut to) = (0, self.most[index]);
        for constraint in &self.constraints {
            let so_far: i128 = self
                .chosen
                .iter()
                .zip(&constraint.weights)
                .map(|(n, w)| n * w)
                .sum();
            let later = self.most[index + 1..].iter();
            let rest: i128 = later
                .zip(&constraint.weights[index + 1..])
                .map(|(n, w)| n * w)
                .sum();
            let (needed, allowed) = (constraint.low - so_far - rest, constraint.high - so_far);
            let weight = constraint.weights[index];
            if weight == 0 {
                if needed > 0 || allowed < 0 {
                    return (0, -1);
                }
            } else {
                from = from.max(-(-needed).div_euclid(weight));
                to = to.min(allowed.div_euclid(weight));
            }
        }
        (from, to)
    }
}

/// Deals the right calls of each group evenly to its folds.
fn dealt(groups: &[Alike], chosen: &[i128]) -> Vec<Confusion> {
    let mut matrices = Vec::new();
    for (group, right) in groups.iter().zip(chosen.chunks(2)) {
        let share = |all: i128, fold: u32| {
            let (all, folds) = (all.unsigned_abs() as u64, u64::from(group.folds));
            let extra = u64::from(u64::from(fold) < all % folds);
            (all / folds + extra) as u32
        };
        for fold in 0..group.folds {
            matrices.push(sizes(group.size).matrix(share(right[0], fold), share(right[1], fold)));
        }
    }
    matrices
}

fn sizes(fold: FoldSize) -> Sizes {
    Sizes {
        positives: fold.positives,
        negatives: fold.negatives,
    }
}

/// Looks for matrices of the folds whose figures have the means, any quantity allowed.
pub(super) fn one_by_one(targets: &[Target], folds: &[FoldSize]) -> Outcome {
    let count = folds.len() as f64;
    let limits = targets.iter().map(|target| {
        let denominator = target.band.denominator as f64;
        let low = target.band.low as f64 / denominator;
        let high = target.band.high as f64 / denominator;
        (count * low - SLACK, count * high + SLACK)
    });
    let limits: Vec<(f64, f64)> = limits.collect();
    let middles: Vec<f64> = limits
        .iter()
        .map(|(low, high)| (low + high) / 2.0 / count)
        .collect();
    let groups = alike(folds);
    let matrices =
        |size: FoldSize| (u64::from(size.positives) + 1) * (u64::from(size.negatives) + 1);
    if groups
        .iter()
        .any(|group| matrices(group.size) > CHOICES_MAX)
    {
        return Outcome::GaveUp(0);
    }
    let choices: Vec<Vec<Choice>> = groups
        .iter()
        .map(|group| choices(group.size, targets, &middles))
        .collect();
    let order = groups
        .iter()
        .enumerate()
        .flat_map(|(index, group)| std::iter::repeat_n(index, group.folds as usize));
    let mut search = ChoiceSearch {
        order: order.collect(),
        choices,
        least: targets
            .iter()
            .map(|target| match target.quantity {
                Quantity::Mcc | Quantity::Kappa => -1.0,
                _ => 0.0,
            })
            .collect(),
        limits,
        chosen: Vec::new(),
        steps: 0,
    };
    let sums = vec![0.0; targets.len()];
    match search.descend(&sums) {
        Some(true) => {
            let matrices = search.chosen.iter().zip(&search.order);
            let matrices = matrices.map(|(choice, group)| search.choices[*group][*choice].matrix);
            Outcome::Example(matrices.collect())
        }
        Some(false) => Outcome::None,
        None => Outcome::GaveUp(search.steps),
    }
}

/// A matrix of one fold with its figures.
struct Choice {
    matrix: Confusion,
    figures: Vec<f64>,
}

/// Every matrix of a fold, those nearest to the printed means first.
fn choices(size: FoldSize, targets: &[Target], middles: &[f64]) -> Vec<Choice> {
    let sizes = sizes(size);
    let matrices = (0..=size.positives)
        .flat_map(|tp| (0..=size.negatives).map(move |tn| sizes.matrix(tp, tn)));
    let mut choices: Vec<Choice> = matrices
        .map(|matrix| Choice {
            matrix,
            figures: targets
                .iter()
                .map(|target| target.quantity.of(&matrix).value())
                .collect(),
        })
        .collect();
    let distance = |choice: &Choice| {
        let apart = choice
            .figures
            .iter()
            .zip(middles)
            .map(|(figure, middle)| (figure - middle).abs());
        apart.fold(0.0, f64::max)
    };
    choices.sort_by(|a, b| distance(a).total_cmp(&distance(b)));
    choices
}

struct ChoiceSearch {
    /// The group of each fold; folds of a group stand together.
    order: Vec<usize>,
    choices: Vec<Vec<Choice>>,
    least: Vec<f64>,
    limits: Vec<(f64, f64)>,
    chosen: Vec<usize>,
    steps: u64,
}

impl ChoiceSearch {
    fn descend(&mut self, sums: &[f64]) -> Option<bool> {
        let fold = self.chosen.len();
        if fold == self.order.len() {
            return Some(true);
        }
        let group = self.order[fold];
        let later = (self.order.len() - fold - 1) as f64;
        // Folds of one size are alike, so their choices need to be tried in one order only.
        let first = match fold.checked_sub(1) {
            Some(before) if self.order[before] == group => self.chosen[before],
            _ => 0,
        };
        for choice in first..self.choices[group].len() {
            self.steps += 1;
            if self.steps > STEPS_MAX {
                return None;
            }
            let figures = &self.choices[group][choice].figures;
            let next: Vec<f64> = sums
                .iter()
                .zip(figures)
                .map(|(sum, figure)| sum + figure)
                .collect();
            let possible = next.iter().zip(&self.limits).zip(&self.least).all(
                |((sum, (low, high)), least)| sum + later >= *low && sum + later * least <= *high,
            );
            if !possible {
                continue;
            }
            self.chosen.push(choice);
            if self.descend(&next)? {
                return Some(true);
            }
            self.chosen.pop();
        }
        Some(false)
    }
}

#[cfg(test)]
mod tests {
    use super::super::band::{Decimal, Rounding};
    use super::*;

    /// Every choice of matrices for two folds.
    fn pairs(folds: [FoldSize; 2]) -> Vec<[Confusion; 2]> {
        let all = |fold: FoldSize| choices(fold, &[], &[]);
        let second = all(folds[1]);
        let pairs = all(folds[0]).into_iter().flat_map(|first| {
            let with = |other: &Choice| [first.matrix, other.matrix];
            second.iter().map(with).collect::<Vec<_>>()
        });
        pairs.collect()
    }

    #[test]
    fn a_search_finds_means_exactly_where_some_choice_of_matrices_has_them() {
        let fold = |positives, negatives| FoldSize {
            positives,
            negatives,
        };
        let mut answers = [0, 0];
        for folds in [[fold(2, 3), fold(2, 3)], [fold(2, 2), fold(3, 2)]] {
            let pairs = pairs(folds);
            for quantities in [
                [Quantity::Accuracy, Quantity::Sensitivity],
                [Quantity::BalancedAccuracy, Quantity::Specificity],
                [Quantity::Ppv, Quantity::Accuracy],
                [Quantity::MacroF1, Quantity::Mcc],
            ] {
                for units in (0..1_000).step_by(7) {
                    // To two and to one digit, so that both answers come about.
                    let fine = Decimal {
                        units: units / 10,
                        places: 2,
                    };
                    let wide = Decimal {
                        units: (units * 3 / 100) % 10,
                        places: 1,
                    };
                    let targets = [fine, wide].map(|of| of.rounded(Rounding::Nearest));
                    let targets: Vec<Target> = quantities
                        .iter()
                        .zip(targets)
                        .map(|(&quantity, band)| Target { quantity, band })
                        .collect();
                    let expected = pairs.iter().any(|pair| {
                        targets.iter().all(|target| {
                            let sum: f64 = pair
                                .iter()
                                .map(|matrix| target.quantity.of(matrix).value())
                                .sum();
                            let denominator = target.band.denominator as f64;
                            sum / 2.0 >= target.band.low as f64 / denominator - 1e-11
                                && sum / 2.0 <= target.band.high as f64 / denominator + 1e-11
                        })
                    });
                    answers[usize::from(expected)] += 1;
                    let found = |outcome| match outcome {
                        Outcome::Example(_) => Some(true),
                        Outcome::None => Some(false),
                        Outcome::GaveUp(_) => None,
                    };
                    assert_eq!(found(one_by_one(&targets, &folds)), Some(expected));
                    if targets.iter().all(|target| is_linear(target.quantity)) {
                        assert_eq!(found(in_integers(&targets, &folds)), Some(expected));
                    }
                }
            }
        }
        assert!(answers.iter().all(|count| *count > 20), "{answers:?}");
    }
}
