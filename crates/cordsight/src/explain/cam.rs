//! Class activation maps: where a layer's features lay that moved the logit.
//!
//! In: a layer's features and the logit's gradient with respect to them, both `[channel, row, column]`. Out: one value a
//! place, 0 where nothing speaks for the class. Grad-CAM weighs a channel by its mean gradient, Grad-CAM++ by its positive
//! gradients, each divided as in its equation 19; HiResCAM multiplies place by place, so that with one layer of averaging
//! behind it nothing is shown that was not used.
//!
//! Source: Selvaraju et al. 2017, arXiv 1610.02391; Chattopadhyay et al. 2018, arXiv 1710.11063; Draelos and Carin 2020,
//! arXiv 2011.08891. Checked against: the Python package grad-cam (tools/golden/torch_gradcam.py), whose small numbers
//! against division by 0 are kept.

use super::{Map, Method};

/// Added to a divisor by grad-cam in Grad-CAM++.
const PLUS_PLUS_FLOOR: f32 = 1e-6;

/// Features and gradients of one layer for one picture.
pub(super) struct Features {
    pub(super) rows: usize,
    pub(super) columns: usize,
    /// `[channel, row, column]`.
    pub(super) activation: Vec<f32>,
    /// The same shape.
    pub(super) gradient: Vec<f32>,
}

/// The map of one of the three methods; no other has one here.
pub(super) fn map(features: &Features, method: Method) -> Map {
    let places = features.rows * features.columns;
    let mut sum = vec![0.0f64; places];
    let channels = features.activation.chunks_exact(places);
    for (activation, gradient) in channels.zip(features.gradient.chunks_exact(places)) {
        let weight = match method {
            Method::GradCamPlusPlus => plus_plus_weight(activation, gradient),
            _ => gradient.iter().map(|g| f64::from(*g)).sum::<f64>() / places as f64,
        };
        for ((sum, activation), gradient) in sum.iter_mut().zip(activation).zip(gradient) {
            let factor = match method {
                Method::HiResCam => f64::from(*gradient),
                _ => weight,
            };
            *sum += factor * f64::from(*activation);
        }
    }
    Map {
        rows: features.rows,
        columns: features.columns,
        values: sum.into_iter().map(|value| value.max(0.0) as f32).collect(),
    }
}

/// Sum over places of ReLU(g) · g² / (2 g² + ΣA · g³ + 1e-6).
fn plus_plus_weight(activation: &[f32], gradient: &[f32]) -> f64 {
    let sum: f32 = activation.iter().sum();
    let share = |g: f32| {
        let square = g * g;
        square / (2.0 * square + sum * square * g + PLUS_PLUS_FLOOR)
    };
    let positive = gradient.iter().filter(|g| **g > 0.0);
    positive.map(|g| f64::from(*g) * f64::from(share(*g))).sum()
}
