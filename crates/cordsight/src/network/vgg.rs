//! VGG: five stages of 3×3 convolutions, each ended by a maximum over 2×2; with or without batch normalisation.
//!
//! Source: Simonyan and Zisserman 2015 (arXiv 1409.1556), configurations A, B, D and E; batch normalisation between each
//! convolution and its ReLU, and the published names, as in torchvision, which numbers all layers of `features`, ReLU and
//! pooling included.

use super::backbone::{Backbone, Convolution, MaxPool, Stage, Unit, scaled};

/// Channels of the five stages at width 1.
const CHANNELS: [usize; 5] = [64, 128, 256, 512, 512];
/// Convolutions of each stage, by configuration.
const A: [usize; 5] = [1, 1, 2, 2, 2];
const B: [usize; 5] = [2, 2, 2, 2, 2];
const D: [usize; 5] = [2, 2, 3, 3, 3];
const E: [usize; 5] = [2, 2, 4, 4, 4];

pub static VGG11: Vgg = Vgg::plain("vgg11", A);
pub static VGG13: Vgg = Vgg::plain("vgg13", B);
pub static VGG16: Vgg = Vgg::plain("vgg16", D);
pub static VGG19: Vgg = Vgg::plain("vgg19", E);
pub static VGG11_BN: Vgg = Vgg::normalised("vgg11_bn", A);
pub static VGG13_BN: Vgg = Vgg::normalised("vgg13_bn", B);
pub static VGG16_BN: Vgg = Vgg::normalised("vgg16_bn", D);
pub static VGG19_BN: Vgg = Vgg::normalised("vgg19_bn", E);

/// A VGG by the number of convolutions in each stage.
pub struct Vgg {
    name: &'static str,
    convolutions: [usize; 5],
    normalised: bool,
}

impl Vgg {
    const fn plain(name: &'static str, convolutions: [usize; 5]) -> Self {
        Vgg {
            name,
            convolutions,
            normalised: false,
        }
    }

    const fn normalised(name: &'static str, convolutions: [usize; 5]) -> Self {
        Vgg {
            name,
            convolutions,
            normalised: true,
        }
    }
}

impl Backbone for Vgg {
    fn name(&self) -> &'static str {
        self.name
    }

    fn stages(&self, width: f64) -> Vec<Stage> {
        let mut layer = 0;
        let mut stage = |(full, count): (usize, usize)| {
            let mut units = Vec::new();
            for _ in 0..count {
                let mut convolution =
                    Convolution::plain(scaled(full, width), format!("features.{layer}"));
                if self.normalised {
                    convolution.normalised = Some(format!("features.{}", layer + 1));
                }
                units.push(Unit::Convolution(convolution));
                layer += 2 + usize::from(self.normalised);
            }
            units.push(Unit::MaxPool(MaxPool::HALVES));
            layer += 1;
            units
        };
        let stages = CHANNELS.into_iter().zip(self.convolutions);
        stages.map(&mut stage).collect()
    }
}
