//! ResNet with basic units: a convolution of 7×7 and a maximum, then four stages of residual units of two 3×3 convolutions.
//!
//! Source: He et al. 2016 (arXiv 1512.03385), table 1, 18 and 34 layers; the place of the step of 2 (in the first convolution
//! of a stage and in its shortcut) and the published names as in torchvision.

use super::backbone::{Backbone, Convolution, MaxPool, Residual, Stage, Unit, scaled};

/// Channels of the four stages after the first at width 1; the first has those of the second.
const CHANNELS: [usize; 4] = [64, 128, 256, 512];

pub static RESNET18: ResNet = ResNet {
    name: "resnet18",
    units: [2, 2, 2, 2],
};
pub static RESNET34: ResNet = ResNet {
    name: "resnet34",
    units: [3, 4, 6, 3],
};

/// A ResNet by the number of units in each stage.
pub struct ResNet {
    name: &'static str,
    units: [usize; 4],
}

impl Backbone for ResNet {
    fn name(&self) -> &'static str {
        self.name
    }

    fn stages(&self, width: f64) -> Vec<Stage> {
        let mut inputs = scaled(CHANNELS[0], width);
        let names = ["conv1".to_string(), "bn1".to_string()];
        let first = Convolution {
            kernel: 7,
            ..normalised(inputs, 2, true, names)
        };
        let pool = MaxPool {
            kernel: 3,
            stride: 2,
            padding: 1,
        };
        let mut stages = vec![vec![Unit::Convolution(first), Unit::MaxPool(pool)]];
        for (stage, (full, count)) in CHANNELS.into_iter().zip(self.units).enumerate() {
            let outputs = scaled(full, width);
            let mut units = Vec::new();
            for unit in 0..count {
                let stride = if stage > 0 && unit == 0 { 2 } else { 1 };
                let published = format!("layer{}.{unit}", stage + 1);
                units.push(Unit::Residual(basic(&published, inputs, outputs, stride)));
                inputs = outputs;
            }
            stages.push(units);
        }
        stages
    }

    fn published_head(&self) -> &'static str {
        "fc"
    }
}

fn basic(published: &str, inputs: usize, outputs: usize, stride: usize) -> Residual {
    let name = |part: &str| format!("{published}.{part}");
    let changes = stride != 1 || inputs != outputs;
    Residual {
        branch: vec![
            normalised(outputs, stride, true, ["conv1", "bn1"].map(name)),
            normalised(outputs, 1, false, ["conv2", "bn2"].map(name)),
        ],
        shortcut: changes.then(|| Convolution {
            kernel: 1,
            ..normalised(
                outputs,
                stride,
                false,
                ["downsample.0", "downsample.1"].map(name),
            )
        }),
    }
}

/// 3×3 without bias, then batch normalisation; names of both.
fn normalised(outputs: usize, stride: usize, relu: bool, names: [String; 2]) -> Convolution {
    let [published, normalised] = names;
    Convolution {
        stride,
        bias: false,
        relu,
        normalised: Some(normalised),
        ..Convolution::plain(outputs, published)
    }
}
