//! A network as an ONNX model, from grey pixels to scores: VGG, ResNet and what is made of the same units.
//!
//! In: the layers of a [`ImageNetwork`]. Out: bytes of a model of opset 13, with one input `pixels`, float32
//! `[batch, 1, row, column]`, and one output `score`, float32 `[batch, 1]`, 0 to 1, or one for each finding or class; any batch.
//! The grey picture becomes three channels by a multiplication with three scales, which broadcasts; nothing is copied.
//! Opset 13 (2020) is the oldest in which all nodes have their present meaning, so that old runtimes load it too.
//!
//! Source: `docs/Operators.md` of ONNX. Checked against: `onnx.checker`, ONNX Runtime and PyTorch
//! (tools/golden/onnx_network.py, tools/golden/exported_bodies.py).

use prost::Message;

use super::draft::{Draft, FLOAT, fits, int, outputs};
use super::proto::{Dimension, Graph, Model, Opset, Property, Shape, TensorType, Type, ValueInfo};
use crate::tensor::{Tensor, WriteError};

/// The version of ONNX's operators.
const OPSET: i64 = 13;
/// The version of the file format that came with it.
const IR_VERSION: i64 = 7;
/// Names of the graph's own input and output.
pub(super) const INPUT: &str = "pixels";
const OUTPUT: &str = "score";

/// The range of the pixels that the model's user has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PixelRange {
    /// 0 (black) to 1.
    Unit,
    /// 0 (black) to 255.
    Byte,
}

/// How scores come from the outputs of the last layer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Link {
    /// A sigmoid of each.
    #[default]
    Sigmoid,
    /// One softmax over all.
    Softmax,
}

/// A convolution with a border of zeros of half its kernel, then what follows it at once.
#[derive(Clone, Debug, PartialEq)]
pub struct Convolution {
    /// The name of its node.
    pub name: String,
    /// `[out, in, side, side]`, the side odd.
    pub weight: Tensor,
    /// `[out]`.
    pub bias: Option<Tensor>,
    /// Pixels from one place to the next.
    pub stride: usize,
    /// Batch normalisation by running statistics, with epsilon 1e-5.
    pub normalisation: Option<Normalisation>,
    /// Whether ReLU ends it.
    pub relu: bool,
}

impl Convolution {
    /// With bias, step 1 and ReLU.
    pub fn plain(name: String, weight: Tensor, bias: Tensor) -> Self {
        Convolution {
            name,
            weight,
            bias: Some(bias),
            stride: 1,
            normalisation: None,
            relu: true,
        }
    }
}

/// Batch normalisation.
#[derive(Clone, Debug, PartialEq)]
pub struct Normalisation {
    /// The name of its node.
    pub name: String,
    /// Factor, summand, running mean, running variance, `[out]` each.
    pub tensors: [Tensor; 4],
}

/// A step of the body.
#[derive(Clone, Debug, PartialEq)]
pub enum Unit {
    /// A convolution.
    Convolution(Convolution),
    /// The maximum of each square of pixels.
    MaxPool {
        /// The name of its node.
        name: String,
        /// Rows and columns of a square.
        kernel: usize,
        /// Pixels from one square to the next.
        stride: usize,
        /// Border that never is the maximum.
        padding: usize,
    },
    /// The sum of a branch and of its input or a shortcut, then ReLU.
    Residual {
        /// The name of its nodes.
        name: String,
        /// One after the other.
        branch: Vec<Convolution>,
        /// Where grid or channels differ.
        shortcut: Option<Convolution>,
    },
}

/// A fully connected layer; ReLU follows all but the last.
#[derive(Clone, Debug, PartialEq)]
pub struct Dense {
    /// `[out, in]`, as in PyTorch; Keras has it the other way round.
    pub weight: Tensor,
    /// `[out]`.
    pub bias: Tensor,
}

/// The units of a body; the mean over all places; fully connected layers; the sigmoid or softmax.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageNetwork {
    /// The name of the graph.
    pub name: String,
    /// The body.
    pub body: Vec<Unit>,
    /// The fully connected layers, the last with one output for each score.
    pub head: Vec<Dense>,
    /// Scores of a picture, the outputs of the last layer.
    pub scores: usize,
    /// How they come from those.
    pub link: Link,
    /// Rows and columns of the input.
    pub image_size: [usize; 2],
    /// What the user's pixels are.
    pub pixels: PixelRange,
    /// The first convolution's channel c sees `pixel * scale[c] + offset[c]`, the pixel on the range 0 to 1. The order
    /// of the channels is that of the weights: with Caffe's, blue comes first.
    pub scale: [f32; 3],
    /// See `scale`.
    pub offset: [f32; 3],
    /// Words for whoever opens the file, by key, such as the intended use.
    pub metadata: Vec<(String, String)>,
}

impl ImageNetwork {
    /// The bytes of the model.
    ///
    /// # Errors
    ///
    /// [`WriteError`] names the first layer whose shape does not follow from the one before, or whose values do not
    /// fill its shape, and a name that two weights share.
    pub fn encode(&self) -> Result<Vec<u8>, WriteError> {
        let mut draft = Draft::default();
        let mut channels = 3;
        let mut value = self.prepare(&mut draft);
        for unit in &self.body {
            (value, channels) = draft.unit(unit, value, channels)?;
        }
        value = draft.node("GlobalAveragePool", "mean", vec![value], Vec::new());
        value = draft.node("Flatten", "features", vec![value], vec![int("axis", 1)]);
        for (d, layer) in self.head.iter().enumerate() {
            let name = format!("dense{}", d + 1);
            channels = outputs(&layer.weight, &[channels])?;
            fits(&layer.bias, channels)?;
            let inputs = draft.weights(&value, [&layer.weight, &layer.bias])?;
            value = draft.node("Gemm", &name, inputs, vec![int("transB", 1)]);
            if d + 1 < self.head.len() {
                value = draft.node("Relu", &format!("{name}.relu"), vec![value], Vec::new());
            }
        }
        if channels != self.scores {
            return Err(WriteError::Shape {
                name: "head".to_string(),
                found: vec![channels],
                expected: match self.scores {
                    1 => "one output".to_string(),
                    scores => format!("{scores} outputs"),
                },
            });
        }
        match self.link {
            Link::Sigmoid => draft.node("Sigmoid", OUTPUT, vec![value], Vec::new()),
            Link::Softmax => draft.node("Softmax", OUTPUT, vec![value], vec![int("axis", 1)]),
        };
        draft.check_names()?;
        Ok(self.model(draft).encode_to_vec())
    }

    /// From one grey channel to the three of the network.
    fn prepare(&self, draft: &mut Draft) -> String {
        let most = match self.pixels {
            PixelRange::Unit => 1.0,
            PixelRange::Byte => 255.0,
        };
        let shape = vec![1, 3, 1, 1];
        let scale = self.scale.map(|scale| scale / most);
        draft.initializer("preparation.scale", shape.clone(), &scale);
        draft.initializer("preparation.offset", shape, &self.offset);
        let scaled = vec![INPUT.to_string(), "preparation.scale".to_string()];
        let scaled = draft.node("Mul", "preparation.scaled", scaled, Vec::new());
        let moved = vec![scaled, "preparation.offset".to_string()];
        draft.node("Add", "preparation.prepared", moved, Vec::new())
    }

    fn model(&self, draft: Draft) -> Model {
        let [rows, columns] = self.image_size;
        let range = match self.pixels {
            PixelRange::Unit => "grey values 0 to 1",
            PixelRange::Byte => "grey values 0 to 255",
        };
        let metadata = self.metadata.iter().cloned();
        Model {
            ir_version: IR_VERSION,
            producer_name: "cordsight".to_string(),
            producer_version: env!("CARGO_PKG_VERSION").to_string(),
            graph: Graph {
                node: draft.nodes,
                name: self.name.clone(),
                initializer: draft.initializers,
                input: vec![described(INPUT, &[1, rows, columns], range)],
                output: vec![described(OUTPUT, &[self.scores], "score, 0 to 1")],
            },
            opset_import: vec![Opset {
                domain: String::new(),
                version: OPSET,
            }],
            metadata_props: metadata
                .map(|(key, value)| Property { key, value })
                .collect(),
        }
    }
}

/// A float32 value of any batch and these sides.
fn described(name: &str, sides: &[usize], words: &str) -> ValueInfo {
    let batch = Dimension {
        value: None,
        name: Some("batch".to_string()),
    };
    let sides = sides.iter().map(|side| Dimension {
        value: Some(*side as i64),
        name: None,
    });
    ValueInfo {
        name: name.to_string(),
        kind: Type {
            tensor: TensorType {
                elem_type: FLOAT,
                shape: Shape {
                    dim: std::iter::once(batch).chain(sides).collect(),
                },
            },
        },
        doc_string: words.to_string(),
    }
}
