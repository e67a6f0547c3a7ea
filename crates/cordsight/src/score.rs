//! From prepared pictures to scores.
//!
//! In: a network and prepared pictures. Out: one logit a picture; its sigmoid is the score. Pictures go through one by
//! one, spread over the cores: a picture's score must not depend, not even in its last bit, on which others are scored
//! with it.

use burn::tensor::{Device, Tensor, TensorData};
use rayon::prelude::*;

use crate::network::Network;
use crate::prepare::{Preparation, Prepared};

/// Logits of pictures, in their order: one picture on all cores, or a picture on each.
pub fn logits(
    network: &Network,
    preparation: &Preparation,
    pictures: &[Prepared],
    device: &Device,
) -> Vec<f64> {
    let (channels, side) = (preparation.channels(), preparation.image_size);
    let tensor = |picture: &Prepared| {
        let batch = preparation.batch(std::slice::from_ref(picture));
        Tensor::from_data(TensorData::new(batch, [1, channels, side, side]), device)
    };
    if let [picture] = pictures {
        return vec![host(network.forward(tensor(picture)))];
    }
    let one = |picture| host(network.forward_on_one_thread(tensor(picture)));
    pictures.par_iter().map(one).collect()
}

fn host(logit: Tensor<1>) -> f64 {
    f64::from(logit.into_scalar::<f32>())
}

/// The score in 0..1 of a logit.
pub fn sigmoid(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}
