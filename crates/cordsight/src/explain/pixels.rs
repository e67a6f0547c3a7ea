//! Maps on the picture's own grid: integrated gradients and occlusion.
//!
//! In: a network and a prepared picture. Out: one value a pixel, of either sign. Integrated gradients add up, over the
//! straight way from a black picture, the gradient times the change, so that all values together are the difference of the
//! two logits; midpoints of 32 steps. Occlusion covers one square after the other with the picture's mean grey and gives
//! each pixel the mean loss of logit under the squares that covered it.
//!
//! Source: Sundararajan et al. 2017, arXiv 1703.01365; Zeiler and Fergus 2014, arXiv 1311.2901. Checked against: captum
//! (tools/golden/torch_gradcam.py), whose placing of squares is taken over.

use super::{Explainer, Map};
use crate::prepare::Prepared;

/// Steps from black to the picture.
const STEPS: usize = 32;
/// Steps that go through the network at a time.
const BATCH: usize = 8;
/// Squares along one side of the picture, and strides.
const SQUARES: usize = 8;
const STRIDES: usize = 16;

/// The map, and by how much its sum misses the logit's difference, as a share of it.
pub(super) fn integrated_gradients(
    explainer: &Explainer,
    picture: &Prepared,
    sign: f32,
) -> (Map, f64) {
    let preparation = &explainer.preparation;
    let (side, channels) = (preparation.image_size, preparation.channels());
    let black = picture.with_pixels(vec![0.0; side * side]);
    let from = preparation.batch(std::slice::from_ref(&black));
    let to = preparation.batch(std::slice::from_ref(picture));
    let change: Vec<f32> = to.iter().zip(&from).map(|(to, from)| to - from).collect();

    let mut sum = vec![0.0f64; change.len()];
    let steps: Vec<usize> = (0..STEPS).collect();
    for steps in steps.chunks(BATCH) {
        let mut batch = Vec::with_capacity(steps.len() * change.len());
        for step in steps {
            let share = (*step as f32 + 0.5) / STEPS as f32;
            batch.extend(from.iter().zip(&change).map(|(from, by)| from + share * by));
        }
        let gradient =
            explainer.picture_gradient(batch, [steps.len(), channels, side, side], &picture.1);
        for gradient in gradient.chunks_exact(change.len()) {
            for (sum, gradient) in sum.iter_mut().zip(gradient) {
                *sum += f64::from(*gradient);
            }
        }
    }
    let mut values = vec![0.0f64; side * side];
    for (sum, change) in sum.chunks(side * side).zip(change.chunks(side * side)) {
        for ((value, sum), change) in values.iter_mut().zip(sum).zip(change) {
            *value += f64::from(sign) * sum / STEPS as f64 * f64::from(*change);
        }
    }
    let ends = explainer.logits(&[black, picture.clone()]);
    let expected = f64::from(sign) * (ends[1] - ends[0]);
    let missed = (values.iter().sum::<f64>() - expected).abs() / expected.abs().max(1e-6);
    (square(side, values), missed)
}

pub(super) fn occlusion(explainer: &Explainer, picture: &Prepared, sign: f32) -> Map {
    let side = explainer.preparation.image_size;
    let (width, stride) = (side / SQUARES, (side / STRIDES).max(1));
    let mean = picture.0.iter().map(|value| f64::from(*value)).sum::<f64>() / (side * side) as f64;
    let starts: Vec<usize> = (0..=(side - width).div_ceil(stride))
        .map(|at| at * stride)
        .collect();
    let covered = |row: usize, column: usize| {
        let rows = row..(row + width).min(side);
        rows.map(move |row| row * side + column..row * side + (column + width).min(side))
    };
    let whole = explainer.logits(std::slice::from_ref(picture))[0];
    let (mut sum, mut count) = (vec![0.0f64; side * side], vec![0u32; side * side]);
    for row in &starts {
        let pictures: Vec<Prepared> = starts
            .iter()
            .map(|column| {
                let mut picture = picture.clone();
                for line in covered(*row, *column) {
                    picture.0[line].fill(mean as f32);
                }
                picture
            })
            .collect();
        for (column, logit) in starts.iter().zip(explainer.logits(&pictures)) {
            for pixel in covered(*row, *column).flatten() {
                sum[pixel] += f64::from(sign) * (whole - logit);
                count[pixel] += 1;
            }
        }
    }
    let means = sum.iter().zip(&count);
    square(
        side,
        means.map(|(sum, count)| sum / f64::from(*count)).collect(),
    )
}

fn square(side: usize, values: Vec<f64>) -> Map {
    Map {
        rows: side,
        columns: side,
        values: values.into_iter().map(|value| value as f32).collect(),
    }
}
