//! How grey values are standardised for the weights that see them, by name.
//!
//! In: the name in settings and files. Out: mean and standard deviation of each input channel, in the order of the first
//! kernel's channels. A grey picture has the same value in all of them, so blue first or red first makes no difference
//! to the picture, only to the order of these constants.
//!
//! Source: the constants are [`pretrained::Preprocessing`]'s, `x * scale + offset`, here as `(x - mean) / std`.

use serde::{Deserialize, Serialize};

/// What happens to grey values from 0 to 1 before the first layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Preprocessing {
    /// (x - 0.5) / 0.25 in every channel: cordsight's own, for random weights.
    Plain,
    /// 255 x less Caffe's mean colour, blue first: Keras's published VGG weights.
    KerasCaffe,
    /// Less the mean and over the standard deviation of ImageNet, red first: torchvision and timm.
    Torchvision,
    /// 0 to 1.
    Unit,
    /// -1 to 1.
    Symmetric,
}

impl Preprocessing {
    /// Every one.
    pub const ALL: [Preprocessing; 5] = [
        Preprocessing::Plain,
        Preprocessing::KerasCaffe,
        Preprocessing::Torchvision,
        Preprocessing::Unit,
        Preprocessing::Symmetric,
    ];

    /// Mean, and standard deviation, of each channel.
    pub fn mean_and_std(self) -> ([f32; 3], [f32; 3]) {
        match self.published() {
            None => ([0.5; 3], [0.25; 3]),
            Some(known) => (
                std::array::from_fn(|channel| 0.0 - known.offset[channel] / known.scale[channel]),
                known.scale.map(|scale| 1.0 / scale),
            ),
        }
    }

    /// The one with these constants.
    pub fn find(mean: [f32; 3], std: [f32; 3]) -> Option<Self> {
        let same = |one: &Preprocessing| one.mean_and_std() == (mean, std);
        Preprocessing::ALL.into_iter().find(same)
    }

    /// The one that settings and files call so.
    pub fn named(name: &str) -> Option<Self> {
        Preprocessing::ALL
            .into_iter()
            .find(|one| one.to_string() == name)
    }

    /// The name of a published preprocessing.
    pub fn of_published(published: pretrained::Preprocessing) -> Option<Self> {
        let same = |one: &Preprocessing| one.published() == Some(published);
        Preprocessing::ALL.into_iter().find(same)
    }

    fn published(self) -> Option<pretrained::Preprocessing> {
        match self {
            Preprocessing::Plain => None,
            Preprocessing::KerasCaffe => Some(pretrained::Preprocessing::KERAS_CAFFE),
            Preprocessing::Torchvision => Some(pretrained::Preprocessing::TORCHVISION),
            Preprocessing::Unit => Some(pretrained::Preprocessing::UNIT),
            Preprocessing::Symmetric => Some(pretrained::Preprocessing::SYMMETRIC),
        }
    }
}

impl std::fmt::Display for Preprocessing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Preprocessing::Plain => "plain",
            Preprocessing::KerasCaffe => "keras-caffe",
            Preprocessing::Torchvision => "torchvision",
            Preprocessing::Unit => "unit",
            Preprocessing::Symmetric => "symmetric",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prepare::{Fit, Grey, Preparation, Prepared};

    #[test]
    fn a_grey_pixel_becomes_what_the_published_preprocessing_makes_of_it() {
        let published = [
            pretrained::Preprocessing::KERAS_CAFFE,
            pretrained::Preprocessing::TORCHVISION,
            pretrained::Preprocessing::UNIT,
            pretrained::Preprocessing::SYMMETRIC,
        ];
        for known in published {
            let name = Preprocessing::of_published(known).expect("a name");
            let preparation = Preparation::of(1, Fit::Squash, Grey::Stored, name);
            for grey in [0.0, 0.25, 1.0] {
                let expected = known.apply([grey; 3]);
                let found = preparation.batch(&[Prepared::of(vec![grey])]);
                assert_eq!(found.len(), preparation.channels(), "{name}");
                for (channel, expected) in expected.into_iter().enumerate() {
                    let found = found[channel.min(found.len() - 1)];
                    assert!(
                        (found - expected).abs() < 2e-5 * expected.abs().max(1.0),
                        "{name}"
                    );
                }
            }
        }
    }

    #[test]
    fn only_preprocessings_that_treat_all_channels_alike_let_one_stand_for_three() {
        let channels = Preprocessing::ALL
            .map(|name| Preparation::of(32, Fit::Squash, Grey::Stretch, name).channels());
        assert_eq!(channels, [1, 3, 3, 1, 1]);
    }

    #[test]
    fn constants_lead_back_to_the_name() {
        for name in Preprocessing::ALL {
            let (mean, std) = name.mean_and_std();
            assert_eq!(Preprocessing::find(mean, std), Some(name));
        }
        assert_eq!(Preprocessing::find([0.4; 3], [0.25; 3]), None);
    }
}
