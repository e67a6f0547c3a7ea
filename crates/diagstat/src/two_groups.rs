//! How two groups of patients differ in what is known of them: the tests and standardised differences of a study's Table 1.
//!
//! In: numbers, or counts of categories, of both groups. Out: a [`HypothesisTest`], or a difference in standard
//! deviations, or the reason why there is none. The sign is that of the first group less the second.
//! Large P values do not show that groups are alike, and small ones come with size alone: the standardised difference does
//! not depend on the number of patients, so both are offered.
//!
//! Source: Welch 1947, Biometrika 34:28; Mann and Whitney 1947, Ann Math Stat 18:50; Pearson 1900; Fisher 1935; Austin 2009,
//! Stat Med 28:3083; Yang and Dalton 2012, SAS Global Forum 335. Checked against: SciPy, statsmodels (tools/golden/two_groups.py).

use crate::cholesky::Symmetric;
use crate::distribution::{chi_squared_above, normal_two_sided, student_two_sided};
use crate::hypothesis::HypothesisTest;
use crate::undefined::{Group, Undefined};

/// Probabilities this much above the observed table's count as equal to it, as in R and SciPy.
const ALIKE: f64 = 1.0 + 1e-7;

/// Counts of the same categories in both groups.
pub type CategoryCounts<'a> = &'a [[u32; 2]];

/// Welch's t test: means of two groups whose variances may differ.
///
/// # Undefined when
/// A group has fewer than two patients, or neither varies.
///
/// # Errors
/// As above.
///
/// # References
/// Welch 1947, Biometrika 34:28, doi:10.1093/biomet/34.1-2.28.
pub fn welch(first: &[f64], second: &[f64]) -> Result<HypothesisTest, Undefined> {
    let (a, b) = (Moments::of(first)?, Moments::of(second)?);
    let parts = [a.variance / a.count, b.variance / b.count];
    let square = parts[0] + parts[1];
    if square <= 0.0 {
        return Err(Undefined::ZeroSpread {
            of: "the variance of both groups",
        });
    }
    let t = (a.mean - b.mean) / square.sqrt();
    let degrees = square * square
        / (parts[0] * parts[0] / (a.count - 1.0) + parts[1] * parts[1] / (b.count - 1.0));
    Ok(HypothesisTest {
        method: "Welch's t test",
        statistic_name: Some("t"),
        statistic: Some(t),
        degrees_of_freedom: Some((degrees, None)),
        p_value: student_two_sided(t, degrees),
    })
}

/// Mann and Whitney's test by the normal approximation, corrected for ties and continuity.
///
/// # Undefined when
/// A group is empty, or all values are equal.
///
/// # Errors
/// As above.
///
/// # References
/// Mann and Whitney 1947, Annals of Mathematical Statistics 18:50, doi:10.1214/aoms/1177730491.
pub fn mann_whitney(first: &[f64], second: &[f64]) -> Result<HypothesisTest, Undefined> {
    let (m, n) = (first.len() as f64, second.len() as f64);
    at_least(1, first.len())?;
    at_least(1, second.len())?;
    let mut all: Vec<(f64, bool)> = first.iter().map(|x| (*x, true)).collect();
    all.extend(second.iter().map(|x| (*x, false)));
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut rank_sum, mut ties, mut before) = (0.0, 0.0, 0.0);
    for group in all.chunk_by(|a, b| a.0 == b.0) {
        let size = group.len() as f64;
        let of_first = group.iter().filter(|(_, is_first)| *is_first).count() as f64;
        rank_sum += of_first * (before + (size + 1.0) / 2.0);
        ties += size * size * size - size;
        before += size;
    }
    let u = rank_sum - m * (m + 1.0) / 2.0;
    let total = m + n;
    let variance = m * n / 12.0 * (total + 1.0 - ties / (total * (total - 1.0)));
    if variance.is_nan() || variance <= 0.0 {
        return Err(Undefined::AllTied);
    }
    let distance = u - m * n / 2.0;
    let z = (distance.abs() - 0.5).max(0.0).copysign(distance) / variance.sqrt();
    Ok(HypothesisTest {
        method: "Mann and Whitney's test",
        statistic_name: Some("Z"),
        statistic: Some(z),
        degrees_of_freedom: None,
        p_value: normal_two_sided(z).min(1.0),
    })
}

/// Pearson's chi-squared test that both groups have the same shares of the categories, without a correction.
/// Categories that nobody has are left out.
///
/// # Undefined when
/// A group is empty, or fewer than two categories occur.
///
/// # Errors
/// As above.
///
/// # References
/// Pearson 1900, Philosophical Magazine 50:157.
pub fn chi_squared(counts: CategoryCounts<'_>) -> Result<HypothesisTest, Undefined> {
    let (rows, sums) = occurring(counts)?;
    let total = sums[0] + sums[1];
    let mut statistic = 0.0;
    for row in &rows {
        let of_row = row[0] + row[1];
        for (count, sum) in row.iter().zip(sums) {
            let expected = of_row * sum / total;
            statistic += (count - expected) * (count - expected) / expected;
        }
    }
    let degrees = (rows.len() - 1) as f64;
    Ok(HypothesisTest {
        method: "Pearson's chi-squared test",
        statistic_name: Some("chi-squared"),
        statistic: Some(statistic),
        degrees_of_freedom: Some((degrees, None)),
        p_value: chi_squared_above(statistic, degrees),
    })
}

/// The least count that [`chi_squared`] expects in a cell; below 5 its P value is rough.
///
/// # Undefined when
/// As [`chi_squared`].
///
/// # Errors
/// As above.
pub fn least_expected(counts: CategoryCounts<'_>) -> Result<f64, Undefined> {
    let (rows, sums) = occurring(counts)?;
    let total = sums[0] + sums[1];
    let least = rows.iter().map(|row| row[0] + row[1]);
    Ok(least.fold(f64::INFINITY, f64::min) * sums[0].min(sums[1]) / total)
}

/// Fisher's exact test of two categories: the tables no more probable than the one at hand, of those with its sums.
///
/// # Undefined when
/// A group is empty, or only one category occurs.
///
/// # Errors
/// As above.
///
/// # References
/// Fisher 1935, The Design of Experiments. Agresti 1992, Statistical Science 7:131, doi:10.1214/ss/1177011454.
pub fn fisher_exact(counts: [[u32; 2]; 2]) -> Result<HypothesisTest, Undefined> {
    occurring(&counts)?;
    let [[a, b], [c, d]] = counts.map(|row| row.map(u64::from));
    let (in_first, in_second, of_category) = (a + c, b + d, a + b);
    let ln_choose = |n: u64, k: u64| ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k);
    let ln_probability = |k: u64| {
        ln_choose(in_first, k) + ln_choose(in_second, of_category - k)
            - ln_choose(in_first + in_second, of_category)
    };
    let here = ln_probability(a);
    let least = of_category.saturating_sub(in_second);
    let most = of_category.min(in_first);
    let p_value: f64 = (least..=most)
        .map(ln_probability)
        .filter(|ln| *ln <= here + ALIKE.ln())
        .map(f64::exp)
        .sum();
    Ok(HypothesisTest {
        method: "Fisher's exact test",
        statistic_name: None,
        statistic: None,
        degrees_of_freedom: None,
        p_value: p_value.min(1.0),
    })
}

/// Difference of the means in units of the root mean square of both standard deviations.
///
/// # Undefined when
/// As [`welch`].
///
/// # Errors
/// As above.
///
/// # References
/// Austin 2009, Statistics in Medicine 28:3083, doi:10.1002/sim.3697.
pub fn standardised_difference(first: &[f64], second: &[f64]) -> Result<f64, Undefined> {
    let (a, b) = (Moments::of(first)?, Moments::of(second)?);
    let spread = f64::midpoint(a.variance, b.variance);
    if spread <= 0.0 {
        return Err(Undefined::ZeroSpread {
            of: "the variance of both groups",
        });
    }
    Ok((a.mean - b.mean) / spread.sqrt())
}

/// Distance of the shares of the categories in units of their covariance, never negative; for two categories the
/// absolute difference of a share by the root mean square of its standard deviations.
///
/// # Undefined when
/// As [`chi_squared`], or where the shares of one category follow from the others in both groups.
///
/// # Errors
/// As above.
///
/// # References
/// Yang and Dalton 2012, SAS Global Forum, paper 335.
pub fn standardised_difference_of_shares(counts: CategoryCounts<'_>) -> Result<f64, Undefined> {
    let (rows, sums) = occurring(counts)?;
    let shares: Vec<[f64; 2]> = rows
        .iter()
        .map(|row| [row[0] / sums[0], row[1] / sums[1]])
        .collect();
    // The first category follows from the others.
    let shares = &shares[1..];
    let covariance = |i: usize, j: usize| {
        let of = |group: usize| {
            let (p, q) = (shares[i][group], shares[j][group]);
            if i == j { p * (1.0 - p) } else { -p * q }
        };
        f64::midpoint(of(0), of(1))
    };
    let matrix = (0..shares.len())
        .map(|i| (0..shares.len()).map(|j| covariance(i, j)).collect())
        .collect();
    let differences: Vec<f64> = shares.iter().map(|share| share[0] - share[1]).collect();
    let factor = Symmetric(matrix)
        .factor()
        .map_err(|_| Undefined::ZeroSpread {
            of: "the variance of the shares",
        })?;
    let halves = factor.half_solve(&differences);
    Ok(halves.iter().map(|half| half * half).sum::<f64>().sqrt())
}

/// Count, mean and variance of a group.
struct Moments {
    count: f64,
    mean: f64,
    variance: f64,
}

impl Moments {
    fn of(values: &[f64]) -> Result<Self, Undefined> {
        at_least(2, values.len())?;
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|x| (x - mean) * (x - mean)).sum();
        Ok(Moments {
            count,
            mean,
            variance: squares / (count - 1.0),
        })
    }
}

fn at_least(needed: u64, found: usize) -> Result<(), Undefined> {
    let found = found as u64;
    match found < needed {
        true => Err(Undefined::TooFew {
            group: Group::Patients,
            found,
            needed,
        }),
        false => Ok(()),
    }
}

/// The categories that somebody has, and the patients of each group.
fn occurring(counts: CategoryCounts<'_>) -> Result<(Vec<[f64; 2]>, [f64; 2]), Undefined> {
    let rows: Vec<[f64; 2]> = counts
        .iter()
        .filter(|row| row[0] > 0 || row[1] > 0)
        .map(|row| row.map(f64::from))
        .collect();
    let sums = rows
        .iter()
        .fold([0.0, 0.0], |sums, row| [sums[0] + row[0], sums[1] + row[1]]);
    for sum in sums {
        at_least(1, sum as usize)?;
    }
    if rows.len() < 2 {
        return Err(Undefined::ZeroSpread {
            of: "the spread over the categories",
        });
    }
    Ok((rows, sums))
}

fn ln_factorial(n: u64) -> f64 {
    libm::lgamma(n as f64 + 1.0)
}
