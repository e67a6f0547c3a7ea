//! How each place of a small square picture differs from what surrounds it: what is left when window, brightness and gamma are
//! taken away.
//!
//! In: a square of grey values in 0..1. Out: a field of the same size, mean 0 and length 1, so that the product of two fields
//! is their correlation. An even picture gives all zeros.

/// Spread of grey that counts as none: keeps the noise of even areas from becoming structure.
const FLOOR: f32 = 0.02;

/// The field of `side` x `side` values; each is held against a neighbourhood of about `2 reach + 1` on each side.
pub(crate) fn local_contrast(grey: &[f32], side: usize, reach: usize) -> Vec<f32> {
    let mean = smooth(grey, side, reach);
    let above: Vec<f32> = grey.iter().zip(&mean).map(|(v, mean)| v - mean).collect();
    let square: Vec<f32> = above.iter().map(|v| v * v).collect();
    let spread = smooth(&square, side, reach);
    let mut field: Vec<f32> = above
        .iter()
        .zip(&spread)
        .map(|(above, spread)| above / (spread.max(0.0).sqrt() + FLOOR))
        .collect();
    normalise(&mut field);
    field
}

/// Mean 0 and length 1; an even field becomes all zeros.
pub(crate) fn normalise(field: &mut [f32]) {
    let mean = field.iter().sum::<f32>() / field.len() as f32;
    let square: f32 = field.iter().map(|v| (v - mean).powi(2)).sum();
    let scale = if square > 1e-10 {
        square.sqrt().recip()
    } else {
        0.0
    };
    for value in field {
        *value = (*value - mean) * scale;
    }
}

/// Sum of the products, place by place.
pub(crate) fn product(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The mirror image of rows of `side` values.
pub(crate) fn mirrored(field: &[f32], side: usize) -> Vec<f32> {
    let lines = field.chunks_exact(side);
    lines.flat_map(|line| line.iter().rev().copied()).collect()
}

/// Rows for columns.
pub(crate) fn transposed(field: &[f32], side: usize) -> Vec<f32> {
    let mut turned = vec![0.0; field.len()];
    for (row, values) in field.chunks_exact(side).enumerate() {
        for (column, value) in values.iter().enumerate() {
            turned[column * side + row] = *value;
        }
    }
    turned
}

/// Mean over a square around each place, twice, cut at the sides.
fn smooth(field: &[f32], side: usize, reach: usize) -> Vec<f32> {
    let along = |field: &[f32]| {
        let turned = transposed(field, side);
        columns_mean(&columns_mean(&turned, side, reach), side, reach)
    };
    along(&along(field))
}

/// Mean over a piece of a column around each place; whole rows at a time, which the compiler makes vectors of.
fn columns_mean(field: &[f32], side: usize, reach: usize) -> Vec<f32> {
    let mut sums = vec![0.0_f32; (side + 1) * side];
    for (row, values) in field.chunks_exact(side).enumerate() {
        let (before, after) = sums.split_at_mut((row + 1) * side);
        let before = &before[row * side..];
        for ((sum, before), value) in after.iter_mut().zip(before).zip(values) {
            *sum = before + value;
        }
    }
    let mut means = vec![0.0_f32; side * side];
    for (row, means) in means.chunks_exact_mut(side).enumerate() {
        let (first, last) = (row.saturating_sub(reach), (row + reach + 1).min(side));
        let count = (last - first) as f32;
        let sums = sums[last * side..].iter().zip(&sums[first * side..]);
        for (mean, (last, first)) in means.iter_mut().zip(sums) {
            *mean = (last - first) / count;
        }
    }
    means
}
