//! From prepared pictures to scores.
//!
//! In: a network and prepared pictures. Out: one logit a picture, whose sigmoid is the score, or one for each finding or class. Pictures go through one by
//! one, spread over the cores: a picture's score must not depend, not even in its last bit, on which others are scored
//! with it.

use burn::tensor::{Device, Tensor, TensorData};
use rayon::prelude::*;

use crate::host::rows;
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
        let of_patient = known(pictures, device);
        return vec![host(network.forward_with(tensor(picture), of_patient))];
    }
    let one = |picture: &Prepared| {
        let of_patient = known(std::slice::from_ref(picture), device);
        host(network.forward_on_one_thread(tensor(picture), of_patient))
    };
    pictures.par_iter().map(one).collect()
}

/// What the head is told of the patients of pictures, `[picture, input]`; nothing where it takes pictures alone.
pub(crate) fn known(pictures: &[Prepared], device: &Device) -> Option<Tensor<2>> {
    rows(pictures.iter().map(|picture| picture.1.as_slice()), device)
}

fn host(logits: Tensor<1>) -> Vec<f64> {
    logits.into_data().iter::<f32>().map(f64::from).collect()
}

/// The score in 0..1 of a logit.
pub fn sigmoid(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}
