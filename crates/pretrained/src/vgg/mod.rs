//! VGG bodies in files of any framework: recognised by shapes and names, given in one layout, written back in theirs.
//!
//! In: tensors as a file holds them ([`crate::Tensor`]). Out: a [`Body`] whose parameters have cordsight's names and
//! layouts, and a [`Report`] of what was taken, what was left and what is missing. No I/O, and no arithmetic: values
//! are only moved, so every way there and back gives the same bits.
//!
//! Source: Simonyan and Zisserman 2015 (arXiv 1409.1556), configurations A, B, D and E. Checked against: names and
//! shapes that Keras and torchvision write (tools/golden/vgg_names.py).

mod find;
mod layout;
mod names;
mod order;
mod pairs;

use std::fmt;

use crate::tensor::Tensor;

pub use find::find_body;
pub use layout::{hwio_to_oihw, oihw_to_hwio, transpose};
pub use names::{keras_names, keras3_names, to_keras, to_torchvision, torchvision_names};

/// Which VGG: the number of layers with weights, three fully connected ones included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Eight convolutions (configuration A).
    Vgg11,
    /// Ten convolutions (configuration B).
    Vgg13,
    /// Thirteen convolutions (configuration D).
    Vgg16,
    /// Sixteen convolutions (configuration E).
    Vgg19,
}

impl Depth {
    /// Every depth, the shallowest first.
    pub const ALL: [Depth; 4] = [Depth::Vgg11, Depth::Vgg13, Depth::Vgg16, Depth::Vgg19];

    /// Convolutions of each of the five blocks.
    pub fn blocks(self) -> [usize; 5] {
        match self {
            Depth::Vgg11 => [1, 1, 2, 2, 2],
            Depth::Vgg13 => [2, 2, 2, 2, 2],
            Depth::Vgg16 => [2, 2, 3, 3, 3],
            Depth::Vgg19 => [2, 2, 4, 4, 4],
        }
    }

    /// Block and place of each convolution in forward order, both from zero.
    pub(crate) fn places(self) -> impl Iterator<Item = (usize, usize)> {
        let blocks = self.blocks().into_iter().enumerate();
        blocks.flat_map(|(block, count)| (0..count).map(move |place| (block, place)))
    }
}

impl fmt::Display for Depth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Depth::Vgg11 => "vgg11",
            Depth::Vgg13 => "vgg13",
            Depth::Vgg16 => "vgg16",
            Depth::Vgg19 => "vgg19",
        })
    }
}

/// Channels of the five blocks at full width.
pub const FULL_CHANNELS: [usize; 5] = [64, 128, 256, 512, 512];

/// Outputs of the head's fully connected layers.
pub const HEAD: [usize; 3] = [128, 64, 1];

/// How a file holds the kernels of convolutions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// `[row, column, in, out]` (Keras, TensorFlow).
    Hwio,
    /// `[out, in, row, column]` (PyTorch, ONNX).
    Oihw,
}

/// What told the convolutions' order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Numbers in their names.
    Names,
    /// Their order in the file.
    File,
    /// Their shapes; those of equal shape stay in the file's order, which may not be the network's.
    Shapes,
}

/// What became of a file's tensors.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Name in the file and name here, in forward order.
    pub taken: Vec<(String, String)>,
    /// Name in the file, and why it was left.
    pub left_out: Vec<(String, String)>,
    /// Name here and shape of what the file does not hold.
    pub missing: Vec<(String, Vec<usize>)>,
    /// How the file holds kernels.
    pub layout: Layout,
    /// What told the order.
    pub order: Order,
}

/// A VGG body, with the head where the file holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// Which one.
    pub depth: Depth,
    /// Output channels of each block.
    pub channels: [usize; 5],
    /// Weight and bias of each convolution in forward order (`block3.conv2.weight`, `[out, in, 3, 3]`), then of the
    /// head's three layers (`dense1.weight`, `[in, out]`) or nothing.
    pub parameters: Vec<Tensor>,
    /// What became of the file's tensors.
    pub report: Report,
}

impl Body {
    /// True when the head 128-64-1 is there.
    pub fn has_head(&self) -> bool {
        self.report.missing.is_empty()
    }

    /// The factor on the channels of the full network that rounds to this body's channels, where there is one.
    pub fn width(&self) -> Option<f64> {
        let pairs = || self.channels.into_iter().zip(FULL_CHANNELS);
        let fits = |width: f64| {
            pairs()
                .all(|(channels, full)| ((full as f64 * width).round() as usize).max(1) == channels)
        };
        let low = pairs().map(|(c, full)| (c as f64 - 0.5) / full as f64);
        let high = pairs().map(|(c, full)| (c as f64 + 0.5) / full as f64);
        let middle = (low.fold(0.0, f64::max) + high.fold(f64::INFINITY, f64::min)) / 2.0;
        let exact = pairs().map(|(channels, full)| channels as f64 / full as f64);
        exact.chain([middle]).find(|width| fits(*width))
    }
}

/// Why a file holds no body that can be used here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotVgg {
    /// Normalised networks compute something else.
    #[error(
        "\"{name}\": found batch normalisation under names that are not torchvision's, expected those (features.1.running_mean), or a VGG without; save the weights under those, or take the plain network's"
    )]
    BatchNormalisation {
        /// One of its parameters.
        name: String,
    },
    /// Another network, or a part of one.
    #[error(
        "found {found} convolutions of 3 by 3, expected 8, 10, 13 or 16 (VGG11, 13, 16, 19); the file is for another network"
    )]
    Count {
        /// How many there are.
        found: usize,
    },
    /// Convolutions that do not follow each other as in a VGG.
    #[error(
        "\"{name}\": found {inputs} inputs and {outputs} outputs, expected {expected}; the file is for another network"
    )]
    Channels {
        /// The convolution.
        name: String,
        /// Its input channels.
        inputs: usize,
        /// Its output channels.
        outputs: usize,
        /// What would follow.
        expected: String,
    },
    /// A convolution alone.
    #[error(
        "\"{name}\": found no bias, expected {outputs} values; the file is for another network"
    )]
    Bias {
        /// The convolution.
        name: String,
        /// Its output channels.
        outputs: usize,
    },
    /// More or fewer values than the shape says.
    #[error(
        "\"{name}\": found {found} values, expected {expected} by its shape; the file is damaged"
    )]
    Values {
        /// The tensor.
        name: String,
        /// How many values.
        found: usize,
        /// The product of its sides.
        expected: usize,
    },
}
