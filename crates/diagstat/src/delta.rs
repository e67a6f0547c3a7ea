//! Standard errors by the delta method, of functions of the cells of a table.
//!
//! In: counts of patients who fell into the cells independently of each other (a multinomial draw), and the derivatives of
//! a function with respect to the parts of the patients in the cells. Out: its standard error, exactly 0 where every
//! patient weighs the same. Class sizes are taken as drawn too, not as fixed beforehand.
//!
//! Source: Agresti 2013, Categorical Data Analysis, section 16.1. Checked against: derivatives taken numerically with
//! 50 digits (tools/golden/counts.py), and statsmodels for kappa.

/// The standard error of the function; 0 where there is nobody.
pub(crate) fn standard_error(counts: &[u64], derivatives: &[f64]) -> f64 {
    let occupied = || {
        counts
            .iter()
            .zip(derivatives)
            .filter(|(count, _)| **count > 0)
            .map(|(&count, &derivative)| (count as f64, derivative))
    };
    let patients: f64 = occupied().map(|(count, _)| count).sum();
    let mean: f64 = occupied()
        .map(|(count, derivative)| count / patients * derivative)
        .sum();
    let largest = occupied().fold(0.0, |most, (_, derivative)| {
        f64::max(most, derivative.abs())
    });
    let squares: f64 = occupied()
        .map(|(count, derivative)| count / patients * (derivative - mean).powi(2))
        .sum();
    // What is left of a difference that is 0 but for rounding.
    if squares.sqrt() <= 1e-13 * largest || patients == 0.0 {
        return 0.0;
    }
    (squares / patients).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_the_patients_has_the_standard_error_of_a_proportion() {
        let error = standard_error(&[22, 7], &[1.0, 0.0]);
        let expected = (22.0 / 29.0 * 7.0 / 29.0 / 29.0_f64).sqrt();
        assert!((error / expected - 1.0).abs() < 1e-14);
    }

    #[test]
    fn equal_derivatives_have_no_spread() {
        assert_eq!(standard_error(&[3, 0, 4], &[0.1, 7.0, 0.1]), 0.0);
        assert_eq!(standard_error(&[0, 0], &[1.0, 2.0]), 0.0);
    }
}
