//! What happens to a picture's values before a published network's first layer, as a record beside its weights.
//!
//! In: red, green and blue from 0 to 1. Out: the same plane times a factor plus an offset, in the order that the first
//! kernel expects. Weights are worth little under another preprocessing than their own: Caffe's networks see values
//! from -124 to 151, PyTorch's from -2.1 to 2.6.
//! The order of channels is recorded, and [`Preprocessing::to_rgb`] folds it into the first kernel, so that a network
//! need only ever take red, green, blue.
//!
//! Source: the means of `preprocess_input` in Keras applications (mode "caffe", Simonyan and Zisserman 2015) and of
//! torchvision's `ImageClassification` preset. Checked against: both (tools/golden/vgg_names.py).

use crate::tensor::Format;

/// Which colour the first input channel of a kernel belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelOrder {
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red, as OpenCV and so Caffe load pictures.
    Bgr,
}

/// Values from 0 to 1 become `x * scale + offset`, channel by channel, in the order of the file's first kernel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Preprocessing {
    /// Order of the channels, and of the six constants.
    pub channel_order: ChannelOrder,
    /// Factor of each channel.
    pub scale: [f32; 3],
    /// Added to each channel after the factor.
    pub offset: [f32; 3],
}

impl Preprocessing {
    /// Caffe's, of the networks that Oxford published and Keras converted: blue first, 0 to 255, less the mean colour.
    pub const KERAS_CAFFE: Preprocessing = Preprocessing {
        channel_order: ChannelOrder::Bgr,
        scale: [255.0; 3],
        offset: [-103.939, -116.779, -123.68],
    };

    /// torchvision's and timm's: red first, less the mean and over the standard deviation of ImageNet.
    pub const TORCHVISION: Preprocessing = Preprocessing {
        channel_order: ChannelOrder::Rgb,
        scale: [1.0 / 0.229, 1.0 / 0.224, 1.0 / 0.225],
        offset: [-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225],
    };

    /// Nothing: 0 to 1, as Keras's `Rescaling(1/255)` or `ImageDataGenerator(rescale=1/255)` give it.
    pub const UNIT: Preprocessing = Preprocessing {
        channel_order: ChannelOrder::Rgb,
        scale: [1.0; 3],
        offset: [0.0; 3],
    };

    /// From -1 to 1, the mode "tf" of Keras's `preprocess_input`.
    pub const SYMMETRIC: Preprocessing = Preprocessing {
        channel_order: ChannelOrder::Rgb,
        scale: [2.0; 3],
        offset: [-1.0; 3],
    };

    /// One pixel, `[red, green, blue]` from 0 to 1, in the order and range of the file's first kernel.
    pub fn apply(&self, rgb: [f32; 3]) -> [f32; 3] {
        let [red, green, blue] = rgb;
        let planes = match self.channel_order {
            ChannelOrder::Rgb => [red, green, blue],
            ChannelOrder::Bgr => [blue, green, red],
        };
        std::array::from_fn(|channel| planes[channel] * self.scale[channel] + self.offset[channel])
    }

    /// The same network for red, green, blue: `kernel` `[out, 3, row, column]` has its input channels reordered in
    /// place, and the constants that are given back are reordered alike. Only moves values, so nothing is rounded.
    pub fn to_rgb(self, kernel: &mut [f32], outputs: usize) -> Preprocessing {
        if self.channel_order == ChannelOrder::Rgb {
            return self;
        }
        let plane = kernel.len() / (outputs.max(1) * 3);
        if plane > 0 {
            for output in kernel.chunks_exact_mut(3 * plane) {
                let (first, rest) = output.split_at_mut(plane);
                first.swap_with_slice(&mut rest[plane..]);
            }
        }
        let reversed = |[a, b, c]: [f32; 3]| [c, b, a];
        Preprocessing {
            channel_order: ChannelOrder::Rgb,
            scale: reversed(self.scale),
            offset: reversed(self.offset),
        }
    }

    /// What a file of this kind was most likely trained with, and why so, in words for the user. `from_catalogue` is
    /// what is known of a file that was recognised by its digest.
    pub fn guess(
        format: Format,
        from_catalogue: Option<Preprocessing>,
    ) -> (Preprocessing, &'static str) {
        if let Some(known) = from_catalogue {
            return (known, "the catalogue knows this file");
        }
        match format {
            Format::KerasH5 | Format::KerasWeightsH5 | Format::Keras => (
                Preprocessing::KERAS_CAFFE,
                "Keras's published VGG weights come from Caffe; a network trained otherwise needs its own",
            ),
            Format::Torch | Format::Safetensors => (
                Preprocessing::TORCHVISION,
                "torchvision and timm trained their VGG weights so; a network trained otherwise needs its own",
            ),
            Format::Onnx => (
                Preprocessing::UNIT,
                "an ONNX file does not tell how pictures were prepared, so values from 0 to 1 are assumed",
            ),
        }
    }
}
