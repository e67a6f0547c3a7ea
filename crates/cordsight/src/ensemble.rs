//! Several networks as one, and several views of a picture as one: the mean of their scores.
//!
//! In: networks that differ by their seed, and how many views. Out: an [`Ensemble`], which gives each picture one score, and what it
//! is the mean of. The first view is the picture as it is; the others are the random shear, zoom and shift of training, drawn
//! once for all pictures, so that a picture's score depends on nothing but itself. One network and one view are the plain
//! case, to the last bit.

use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use crate::augment::{Position, Ranges, Warp};
use crate::network::Network;
use crate::prepare::{Preparation, Prepared};
use crate::score::{logits, sigmoid};

/// Seed of the warps of views: part of what a model is, and so no setting.
const SEED: u64 = 0x7669_6577;

/// How many views of a picture are scored.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Views {
    /// The picture itself, and so many less one that are warped.
    pub count: u32,
    /// How far they are warped.
    pub ranges: Ranges,
}

/// Networks that score together.
pub struct Ensemble {
    /// The networks, at least one.
    pub networks: Vec<Network>,
    /// How often each looks.
    pub views: Views,
}

/// A picture's score and where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct PictureScore {
    /// Mean of the members' scores.
    pub score: f64,
    /// Mean over the views, a number for each member.
    pub members: Vec<f64>,
    /// Score of the picture as it is, a number for each member.
    pub as_is: Vec<f64>,
}

impl Default for Views {
    fn default() -> Self {
        Views {
            count: 1,
            ranges: Ranges {
                shear_deg: 0.0,
                zoom: 0.0,
                width_shift: 0.0,
            },
        }
    }
}

impl Views {
    /// True where the picture as it is is all.
    pub fn is_plain(&self) -> bool {
        self.count <= 1
    }

    /// The views of a picture of `side` pixels.
    pub fn of(&self, picture: &Prepared, side: usize) -> Vec<Prepared> {
        let warped = (1..self.count as usize).map(|place| {
            let position = Position {
                seed: SEED,
                epoch: 1,
                place,
            };
            Warp::draw(&self.ranges, position, side).apply(picture, side)
        });
        std::iter::once(picture.clone()).chain(warped).collect()
    }
}

impl Ensemble {
    /// Scores of prepared pictures, in their order.
    pub fn scores(
        &self,
        preparation: &Preparation,
        pictures: &[Prepared],
        device: &Device,
    ) -> Vec<PictureScore> {
        let views: Vec<Prepared>;
        let seen = match self.views.is_plain() {
            true => pictures,
            false => {
                let side = preparation.image_size;
                views = pictures
                    .iter()
                    .flat_map(|picture| self.views.of(picture, side))
                    .collect();
                &views
            }
        };
        let count = self.views.count.max(1) as usize;
        let scores: Vec<Vec<f64>> = self
            .networks
            .iter()
            .map(|network| {
                let logits = logits(network, preparation, seen, device);
                logits.into_iter().map(sigmoid).collect()
            })
            .collect();
        let of = |at: usize| {
            let own = |member: &Vec<f64>| member[at * count..(at + 1) * count].to_vec();
            let views: Vec<Vec<f64>> = scores.iter().map(own).collect();
            let members: Vec<f64> = views.iter().map(|views| mean(views)).collect();
            PictureScore {
                score: mean(&members),
                as_is: views.iter().map(|views| views[0]).collect(),
                members,
            }
        };
        (0..pictures.len()).map(of).collect()
    }
}

fn mean(values: &[f64]) -> f64 {
    match values {
        [one] => *one,
        values => values.iter().sum::<f64>() / values.len() as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_view_is_the_picture_and_the_others_are_the_same_warps_for_all() {
        let views = Views {
            count: 3,
            ranges: Ranges {
                shear_deg: 10.0,
                zoom: 0.1,
                width_shift: 0.1,
            },
        };
        let picture = Prepared::of((0..64).map(|pixel| pixel as f32 / 64.0).collect());
        let seen = views.of(&picture, 8);
        assert_eq!(seen.len(), 3);
        assert!(seen[0].0 == picture.0 && seen[1].0 != picture.0 && seen[1].0 != seen[2].0);
        assert!(views.of(&picture, 8)[2].0 == seen[2].0);
        assert!(Views::default().of(&picture, 8).len() == 1);
    }
}
