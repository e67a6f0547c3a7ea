//! Which outputs of the head's hidden layers a training step leaves out.
//!
//! In: the share to leave out, the place of a batch in the run, and its number of pictures. Out: a factor for each output
//! of each picture, 0 where it is left out and 1 / (1 - share) elsewhere, so that sums keep their mean and scoring needs
//! no correction. The draw depends on the place alone, so that a resumed run leaves out the same.
//!
//! Source: Srivastava et al. 2014, JMLR 15:1929, scaled while training as `keras.layers.Dropout` does it. Checked against
//! Keras for given factors (tools/golden/keras_settings.py).

use burn::tensor::{Device, Tensor, TensorData};
use rand::RngExt;

use crate::augment::Position;
use crate::network::HIDDEN;
use crate::random::{Purpose, generator};

/// The factors of one batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Dropout {
    /// `[picture, output]` of each hidden layer, row by row.
    pub factors: [Vec<f32>; HIDDEN.len()],
}

impl Dropout {
    /// Draws for a batch of `count` pictures whose first stands at `first`; `None` where `share` is 0.
    pub fn draw(share: f64, first: Position, count: usize) -> Option<Self> {
        if share == 0.0 {
            return None;
        }
        let index = u64::from(first.epoch) << 32 | first.place as u64;
        let mut generator = generator(first.seed, Purpose::Dropout, index);
        let kept = (1.0 / (1.0 - share)) as f32;
        let mut one = || match generator.random_range(0.0..1.0) < share {
            true => 0.0,
            false => kept,
        };
        let factors = HIDDEN.map(|outputs| (0..count * outputs).map(|_| one()).collect());
        Some(Dropout { factors })
    }

    /// The factors on a device, `[picture, output]` of each hidden layer.
    pub fn on(&self, device: &Device) -> Vec<Tensor<2>> {
        let layers = self.factors.iter().zip(HIDDEN);
        layers
            .map(|(factors, outputs)| {
                let shape = [factors.len() / outputs, outputs];
                Tensor::from_data(TensorData::new(factors.clone(), shape), device)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seed: u64, epoch: u32, place: usize) -> Position {
        Position { seed, epoch, place }
    }

    #[test]
    fn the_share_is_left_out_of_both_layers_and_the_mean_stays() {
        let count = 500;
        let mut tried = 0;
        for share in [0.1, 0.5, 0.9] {
            let drawn = Dropout::draw(share, at(1, 1, 0), count).expect("factors");
            for (factors, outputs) in drawn.factors.iter().zip(HIDDEN) {
                assert_eq!(factors.len(), count * outputs);
                let number = factors.len() as f64;
                let zeros = factors.iter().filter(|factor| **factor == 0.0).count() as f64;
                // Six standard errors of a share.
                let margin = 6.0 * (share * (1.0 - share) / number).sqrt();
                assert!(
                    (zeros / number - share).abs() < margin,
                    "{share}: {zeros} of {number}"
                );
                let kept = (1.0 / (1.0 - share)) as f32;
                assert!(factors.iter().all(|f| *f == 0.0 || *f == kept));
                let mean = factors.iter().map(|f| f64::from(*f)).sum::<f64>() / number;
                assert!((mean - 1.0).abs() < margin / (1.0 - share), "mean {mean}");
                tried += 1;
            }
        }
        assert_eq!(tried, 6);
    }

    #[test]
    fn pictures_and_outputs_are_left_out_independently() {
        let (share, count) = (0.5, 400);
        let drawn = Dropout::draw(share, at(3, 1, 0), count).expect("factors");
        let mut tried = 0;
        for (factors, outputs) in drawn.factors.iter().zip(HIDDEN) {
            for step in [1, outputs] {
                let pairs = factors.iter().zip(&factors[step..]);
                let both = pairs.filter(|(a, b)| **a == 0.0 && **b == 0.0).count() as f64;
                let number = (factors.len() - step) as f64;
                assert!((both / number - 0.25).abs() < 0.02, "{step}: {both}");
                tried += 1;
            }
        }
        assert_eq!(tried, 4);
    }

    #[test]
    fn the_same_place_draws_the_same_and_every_other_another() {
        let places = [at(7, 1, 0), at(7, 1, 8), at(7, 2, 0), at(8, 1, 0)];
        for (index, place) in places.into_iter().enumerate() {
            let drawn = Dropout::draw(0.5, place, 8);
            assert!(drawn.is_some());
            assert_eq!(drawn, Dropout::draw(0.5, place, 8));
            for other in &places[index + 1..] {
                assert_ne!(drawn, Dropout::draw(0.5, *other, 8), "{other:?}");
            }
        }
        assert_eq!(Dropout::draw(0.0, at(7, 1, 0), 8), None);
    }
}
