//! From prepared pictures to scores.
//!
//! In: a network and prepared pictures. Out: one logit a picture; its sigmoid is the score. Pictures go through one by
//! one, spread over the cores: a picture's score must not depend, not even in its last bit, on which others are scored
//! with it.

use burn::tensor::{Device, Tensor, TensorData};
use rayon::prelude::*;

use crate::network::Network;
use crate::prepare::{Preparation, Prepared};

/// Logits of pictures, in their order.
pub fn logits(
    network: &Network,
    preparation: &Preparation,
    pictures: &[Prepared],
    device: &Device,
) -> Vec<f64> {
    let side = preparation.image_size;
    let one = |picture: &Prepared| {
        let data = TensorData::new(
            preparation.batch(std::slice::from_ref(picture)),
            [1, 3, side, side],
        );
        let logit: f32 = network
            .forward(Tensor::from_data(data, device))
            .into_scalar();
        f64::from(logit)
    };
    pictures.par_iter().map(one).collect()
}

/// The score in 0..1 of a logit.
pub fn sigmoid(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}
