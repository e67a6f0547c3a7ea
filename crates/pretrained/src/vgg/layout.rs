//! Layouts of kernels and matrices turned into each other. Values are moved, never computed with.
//!
//! A kernel of 3×3 is a matrix in both frameworks: `[9, in × out]` in Keras, `[out × in, 9]` in PyTorch, which makes
//! each direction two transpositions.

/// `[row, column, in, out]` to `[out, in, row, column]` for 3×3 kernels; as many values as `9 × inputs × outputs`.
pub fn hwio_to_oihw(values: &[f32], inputs: usize, outputs: usize) -> Vec<f32> {
    transpose(values, 9 * inputs, outputs)
        .chunks(9 * inputs.max(1))
        .flat_map(|kernel| transpose(kernel, 9, inputs))
        .collect()
}

/// `[out, in, row, column]` to `[row, column, in, out]` for 3×3 kernels; as many values as `9 × inputs × outputs`.
pub fn oihw_to_hwio(values: &[f32], inputs: usize, outputs: usize) -> Vec<f32> {
    let kernels: Vec<f32> = values
        .chunks(9 * inputs.max(1))
        .flat_map(|kernel| transpose(kernel, inputs, 9))
        .collect();
    transpose(&kernels, outputs, 9 * inputs)
}

/// `[row, column]` to `[column, row]`; as many values as `rows × columns`.
pub fn transpose(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    (0..columns)
        .flat_map(|column| (0..rows).map(move |row| values[row * columns + column]))
        .collect()
}
