//! From prepared pictures to scores.
//!
//! In: a network and prepared pictures. Out: one logit a picture, whose sigmoid is the score, or one for each finding or class. Pictures go through one by
//! one, spread over the cores: a picture's score must not depend, not even in its last bit, on which others are scored
//! with it.

use burn::tensor::{Device, Tensor, TensorData};
use rayon::prelude::*;

use crate::network::Network;
use crate::prepare::{Preparation, Prepared};

/// The first logit of each picture, the only one of a network for two classes, in their order: one picture on all cores, or
/// a picture on each.
pub fn logits(
    network: &Network,
    preparation: &Preparation,
    pictures: &[Prepared],
    device: &Device,
) -> Vec<f64> {
    let first = |logits: Vec<f64>| logits.first().copied().unwrap_or(f64::NAN);
    let all = outputs(network, preparation, pictures, device);
    all.into_iter().map(first).collect()
}

/// All logits of each picture, as many as the network has outputs.
pub fn outputs(
    network: &Network,
    preparation: &Preparation,
    pictures: &[Prepared],
    device: &Device,
) -> Vec<Vec<f64>> {
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

fn host(logits: Tensor<1>) -> Vec<f64> {
    logits.into_data().iter::<f32>().map(f64::from).collect()
}

/// The score in 0..1 of a logit.
pub fn sigmoid(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}
