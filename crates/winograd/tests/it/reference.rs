//! The plain convolution in f64, its gradients, and the material of the tests.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use winograd::{Form, Shape};

/// Inputs, weights, bias and gradient of the outputs of one shape, and a mask.
pub struct Material {
    pub input: Vec<f32>,
    pub weights: Vec<f32>,
    pub bias: Vec<f32>,
    pub gradient: Vec<f32>,
}

impl Material {
    pub fn draw(shape: Shape, seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut values =
            |count: usize| (0..count).map(|_| random.random_range(-1.0..1.0)).collect();
        Self {
            input: values(shape.input_len()),
            weights: values(shape.weight_len()),
            bias: values(shape.outputs),
            gradient: values(shape.output_len()),
        }
    }
}

/// The forms of this processor; at least two where there is a fast one.
pub fn forms() -> Vec<Form> {
    let forms: Vec<Form> = Form::ALL
        .into_iter()
        .filter(|form| form.is_available())
        .collect();
    assert_eq!(forms[0], Form::Portable);
    assert_eq!(forms.last(), Some(&Form::detect()));
    forms
}

/// Calls `visit(output pixel, input pixel, tap)` for every pair of pixels that a tap joins.
fn pairs(shape: Shape, mut visit: impl FnMut(usize, usize, usize)) {
    let Shape {
        batch,
        height,
        width,
        ..
    } = shape;
    for image in 0..batch {
        for y in 0..height {
            for x in 0..width {
                for tap in 0..9 {
                    let (row, column) = (y + tap / 3, x + tap % 3);
                    if (1..=height).contains(&row) && (1..=width).contains(&column) {
                        let output = (image * height + y) * width + x;
                        visit(output, (image * height + row - 1) * width + column - 1, tap);
                    }
                }
            }
        }
    }
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&value| f64::from(value)).collect()
}

pub fn forward(shape: Shape, material: &Material) -> Vec<f64> {
    let (inputs, outputs) = (shape.inputs, shape.outputs);
    let weights = wide(&material.weights);
    let mut sums = wide(&material.bias).repeat(shape.output_len() / outputs);
    pairs(shape, |output, input, tap| {
        let to = &mut sums[output * outputs..][..outputs];
        for channel in 0..inputs {
            let value = f64::from(material.input[input * inputs + channel]);
            let weights = &weights[(tap * inputs + channel) * outputs..][..outputs];
            for (to, &weight) in to.iter_mut().zip(weights) {
                *to += value * weight;
            }
        }
    });
    sums
}

pub fn data_gradient(shape: Shape, material: &Material) -> Vec<f64> {
    let (inputs, outputs) = (shape.inputs, shape.outputs);
    let (weights, gradient) = (wide(&material.weights), wide(&material.gradient));
    let mut sums = vec![0.0; shape.input_len()];
    pairs(shape, |output, input, tap| {
        let gradient = &gradient[output * outputs..][..outputs];
        for channel in 0..inputs {
            let weights = &weights[(tap * inputs + channel) * outputs..][..outputs];
            let products = weights
                .iter()
                .zip(gradient)
                .map(|(weight, gradient)| weight * gradient);
            sums[input * inputs + channel] += products.sum::<f64>();
        }
    });
    sums
}

/// Of the weights and of the bias.
pub fn weight_gradient(shape: Shape, material: &Material) -> (Vec<f64>, Vec<f64>) {
    let (inputs, outputs) = (shape.inputs, shape.outputs);
    let gradient = wide(&material.gradient);
    let mut sums = vec![0.0; shape.weight_len()];
    pairs(shape, |output, input, tap| {
        let gradient = &gradient[output * outputs..][..outputs];
        for channel in 0..inputs {
            let value = f64::from(material.input[input * inputs + channel]);
            let sums = &mut sums[(tap * inputs + channel) * outputs..][..outputs];
            for (sum, &gradient) in sums.iter_mut().zip(gradient) {
                *sum += value * gradient;
            }
        }
    });
    let mut bias = vec![0.0; outputs];
    for pixel in gradient.chunks_exact(outputs) {
        for (sum, &gradient) in bias.iter_mut().zip(pixel) {
            *sum += gradient;
        }
    }
    (sums, bias)
}

/// ‖found - expected‖ / ‖expected‖; infinite where a value is not a number.
pub fn relative_error(found: &[f32], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let mut squares = (0.0, 0.0);
    for (&found, &expected) in found.iter().zip(expected) {
        squares.0 += (f64::from(found) - expected).powi(2);
        squares.1 += expected.powi(2);
    }
    if squares.0.is_nan() {
        return f64::INFINITY;
    }
    (squares.0 / squares.1).sqrt()
}

pub fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}
