//! The result of a hypothesis test as it is reported: method, statistic, degrees of freedom, two-sided P value.
//!
//! In: what the tests of the other modules compute. Out: [`HypothesisTest`], for JSON and for a table. A test that
//! cannot be made is an [`Undefined`](crate::Undefined) in its place, never a P value of 1 or NaN.

use std::fmt;

use crate::distribution::{chi_squared_above, fisher_above, normal_two_sided, student_two_sided};
use serde::Serialize;

/// A hypothesis test and its outcome.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct HypothesisTest {
    /// Method, such as "DeLong's test of two correlated areas".
    pub method: &'static str,
    /// The letter of the statistic: "Z", "chi-squared", "F", "t"; none for an exact or a permutation test.
    pub statistic_name: Option<&'static str>,
    /// The statistic, where the test has one.
    pub statistic: Option<f64>,
    /// Degrees of freedom, the numerator's first; empty where the reference distribution has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub degrees_of_freedom: Option<(f64, Option<f64>)>,
    /// Two-sided P value, 0 to 1.
    pub p_value: f64,
}

/// Prints `Z = 1.406, P = 0.160, DeLong's test of two correlated areas`; a P value below 0.001 prints as `P < 0.001`.
impl fmt::Display for HypothesisTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (Some(name), Some(statistic)) = (self.statistic_name, self.statistic) {
            f.write_str(name)?;
            match self.degrees_of_freedom {
                Some((first, Some(second))) => write!(f, "({first:.4}, {second:.4})")?,
                Some((only, None)) => write!(f, "({only:.4})")?,
                None => {}
            }
            write!(f, " = {statistic:.3}, ")?;
        }
        if self.p_value < 0.001 {
            write!(f, "P < 0.001, ")?;
        } else {
            write!(f, "P = {:.3}, ", self.p_value)?;
        }
        f.write_str(self.method)
    }
}

/// P values that allow for their number: where each true hypothesis alone is rejected at `p <= 0.05` in 5 % of studies, any
/// of them is rejected at `holm(p) <= 0.05` in at most 5 %, whatever they have to do with each other. In the order given.
///
/// # References
/// Holm 1979, Scandinavian Journal of Statistics 6:65.
#[must_use]
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut adjusted = vec![0.0; p_values.len()];
    let mut highest = 0.0_f64;
    for (rank, &place) in order.iter().enumerate() {
        let left = (p_values.len() - rank) as f64;
        highest = highest.max((left * p_values[place]).min(1.0));
        adjusted[place] = highest;
    }
    adjusted
}

impl HypothesisTest {
    /// A test by a standard normal statistic.
    pub(crate) fn normal(method: &'static str, z: f64) -> Self {
        Self {
            method,
            statistic_name: Some("Z"),
            statistic: Some(z),
            degrees_of_freedom: None,
            p_value: normal_two_sided(z),
        }
    }

    /// A test by a chi-squared statistic, at least 0.
    pub(crate) fn chi_squared(method: &'static str, statistic: f64, degrees: f64) -> Self {
        Self {
            method,
            statistic_name: Some("chi-squared"),
            statistic: Some(statistic),
            degrees_of_freedom: Some((degrees, None)),
            p_value: chi_squared_above(statistic, degrees),
        }
    }

    /// A test by Student's t statistic.
    pub(crate) fn student(method: &'static str, t: f64, degrees: f64) -> Self {
        Self {
            method,
            statistic_name: Some("t"),
            statistic: Some(t),
            degrees_of_freedom: Some((degrees, None)),
            p_value: student_two_sided(t, degrees),
        }
    }

    /// A test by an F statistic, at least 0.
    pub(crate) fn fisher(method: &'static str, statistic: f64, degrees: (f64, f64)) -> Self {
        Self {
            method,
            statistic_name: Some("F"),
            statistic: Some(statistic),
            degrees_of_freedom: Some((degrees.0, Some(degrees.1))),
            p_value: fisher_above(statistic, degrees),
        }
    }

    /// A test whose P value is counted, not looked up.
    pub(crate) fn exact(method: &'static str, p_value: f64) -> Self {
        Self {
            method,
            statistic_name: None,
            statistic: None,
            degrees_of_freedom: None,
            p_value,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_p_value_is_not_printed_as_zero() {
        let test = HypothesisTest::normal("test", 9.0);
        assert_eq!(test.to_string(), "Z = 9.000, P < 0.001, test");
        assert!(test.p_value > 0.0);
    }
}
