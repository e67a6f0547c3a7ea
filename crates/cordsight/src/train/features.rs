//! The features that a frozen body makes of pictures that stay as they are.
//!
//! In: pictures, and a network whose body is not trained. Out: the body's pooled features of each, computed once; the head
//! is then trained on rows of them in milliseconds an epoch. Pictures go through one by one, spread over the cores, so
//! that a resumed run, which computes them again, has the same bits.
//!
//! Augmented or mixed pictures are new in every epoch, and so are their features; those are never kept.

use burn::tensor::{Device, Tensor, TensorData};
use rayon::prelude::*;

use crate::config::TrainConfig;
use crate::host;
use crate::network::{Network, Trained};
use crate::prepare::{Preparation, Prepared};

/// Features of pictures, a row each.
pub(super) struct Features {
    rows: Vec<Vec<f32>>,
}

/// Whether each epoch sees the same features of the training part.
pub(super) fn stay_the_same(config: &TrainConfig) -> bool {
    let augmented = config.shear_deg > 0.0 || config.zoom > 0.0 || config.width_shift > 0.0;
    config.train == Trained::Head && !augmented && config.mixup == 0.0
}

impl Features {
    /// Features of pictures by a network on a device without autodiff.
    pub fn new(
        network: &Network,
        preparation: &Preparation,
        pictures: &[Prepared],
        device: &Device,
    ) -> Self {
        let (channels, side) = (preparation.channels(), preparation.image_size);
        let one = |picture: &Prepared| {
            let batch = preparation.batch(std::slice::from_ref(picture));
            let data = TensorData::new(batch, [1, channels, side, side]);
            let pictures = Tensor::from_data(data, device);
            let mut row = host::values(network.features_on_one_thread(pictures));
            row.extend_from_slice(&picture.1);
            row
        };
        Features {
            rows: pictures.par_iter().map(one).collect(),
        }
    }

    /// `[picture, channel]` of the pictures at some places.
    pub fn rows(&self, places: &[usize], device: &Device) -> Tensor<2> {
        let rows = places.iter().flat_map(|&at| &self.rows[at]).copied();
        let width = self.rows.first().map_or(0, Vec::len);
        let data = TensorData::new(rows.collect::<Vec<f32>>(), [places.len(), width]);
        Tensor::from_data(data, device)
    }

    /// Logits of all pictures by the head of a network on `device`, picture by picture.
    pub fn logits(&self, network: &Network, device: &Device) -> Vec<f64> {
        let places: Vec<usize> = (0..self.rows.len()).collect();
        let logits = network.head(self.rows(&places, device));
        host::values(logits).into_iter().map(f64::from).collect()
    }
}
