//! Cholesky's factor of a small symmetric matrix, and the equations that it solves.
//!
//! In: a [`Symmetric`] matrix. Out: its [`Factor`], or the row that follows from those before it.

/// Part of its diagonal below which a pivot is 0.
const PIVOT_MIN: f64 = 1e-13;

/// A symmetric matrix, of which the lower triangle is read.
pub(crate) struct Symmetric(pub Vec<Vec<f64>>);

/// Lower triangle of Cholesky's factor.
pub(crate) struct Factor(Vec<Vec<f64>>);

impl Symmetric {
    /// Cholesky's factor, or the row whose pivot vanishes.
    pub(crate) fn factor(&self) -> Result<Factor, usize> {
        let matrix = &self.0;
        let mut lower = vec![vec![0.0; matrix.len()]; matrix.len()];
        for row in 0..matrix.len() {
            for column in 0..=row {
                let known: f64 = (0..column).map(|k| lower[row][k] * lower[column][k]).sum();
                let rest = matrix[row][column] - known;
                if column < row {
                    lower[row][column] = rest / lower[column][column];
                } else if rest > PIVOT_MIN * matrix[row][row] && rest.is_finite() {
                    lower[row][row] = rest.sqrt();
                } else {
                    return Err(row);
                }
            }
        }
        Ok(Factor(lower))
    }
}

impl Factor {
    /// `x` with matrix times `x` = `right`.
    pub(crate) fn solve(&self, right: &[f64]) -> Vec<f64> {
        let lower = &self.0;
        let mut x = self.half_solve(right);
        for row in (0..x.len()).rev() {
            let known: f64 = (row + 1..x.len()).map(|k| lower[k][row] * x[k]).sum();
            x[row] = (x[row] - known) / lower[row][row];
        }
        x
    }

    /// `x` with factor times `x` = `right`: where `right` has the matrix as covariance, `x` has the identity.
    pub(crate) fn half_solve(&self, right: &[f64]) -> Vec<f64> {
        let lower = &self.0;
        let mut x = right.to_vec();
        for row in 0..x.len() {
            let known: f64 = (0..row).map(|k| lower[row][k] * x[k]).sum();
            x[row] = (x[row] - known) / lower[row][row];
        }
        x
    }
}
