//! A VGG network as an ONNX model, from grey pixels to scores.
//!
//! In: the layers of a [`VggNetwork`]. Out: bytes of a model of opset 13, with one input `pixels`, float32
//! `[batch, 1, row, column]`, and one output `score`, float32 `[batch, 1]`, 0 to 1, or one for each finding or class; any batch.
//! The grey picture becomes three channels by a multiplication with three scales, which broadcasts; nothing is copied.
//! Opset 13 (2020) is the oldest in which all nodes have their present meaning, so that old runtimes load it too.
//!
//! Source: `docs/Operators.md` of ONNX. Checked against: `onnx.checker`, ONNX Runtime and PyTorch
//! (tools/golden/onnx_network.py).

use std::collections::BTreeSet;

use prost::Message;

use super::proto::{
    Attribute, Dimension, Graph, Initializer, Model, Node, Opset, Property, Shape, TensorType,
    Type, ValueInfo,
};
use crate::tensor::{Tensor, WriteError};

/// The version of ONNX's operators.
const OPSET: i64 = 13;
/// The version of the file format that came with it.
const IR_VERSION: i64 = 7;
/// `TensorProto.FLOAT`.
const FLOAT: i32 = 1;
/// Names of the graph's own input and output.
const INPUT: &str = "pixels";
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

/// A convolution of 3×3 with a border of zeros and step 1, then ReLU.
#[derive(Clone, Debug, PartialEq)]
pub struct Convolution {
    /// `[out, in, 3, 3]`.
    pub weight: Tensor,
    /// `[out]`.
    pub bias: Tensor,
}

/// A fully connected layer; ReLU follows all but the last.
#[derive(Clone, Debug, PartialEq)]
pub struct Dense {
    /// `[out, in]`, as in PyTorch; Keras has it the other way round.
    pub weight: Tensor,
    /// `[out]`.
    pub bias: Tensor,
}

/// VGG: blocks of convolutions, each followed by a maximum over 2×2; the mean over all places; fully connected layers;
/// the sigmoid or softmax.
#[derive(Clone, Debug, PartialEq)]
pub struct VggNetwork {
    /// The convolutions of every block.
    pub blocks: Vec<Vec<Convolution>>,
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

impl VggNetwork {
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
        for (b, block) in self.blocks.iter().enumerate() {
            for (c, layer) in block.iter().enumerate() {
                let name = format!("block{}.conv{}", b + 1, c + 1);
                channels = outputs(&layer.weight, &[channels, 3, 3])?;
                fits(&layer.bias, channels)?;
                let inputs = draft.weights(&value, &layer.weight, &layer.bias)?;
                let sides = [ints("kernel_shape", &[3, 3]), ints("pads", &[1, 1, 1, 1])];
                value = draft.node("Conv", &name, inputs, sides.to_vec());
                value = draft.node("Relu", &format!("{name}.relu"), vec![value], Vec::new());
            }
            let sides = [ints("kernel_shape", &[2, 2]), ints("strides", &[2, 2])];
            value = draft.node(
                "MaxPool",
                &format!("block{}.pool", b + 1),
                vec![value],
                sides.to_vec(),
            );
        }
        value = draft.node("GlobalAveragePool", "mean", vec![value], Vec::new());
        value = draft.node("Flatten", "features", vec![value], vec![int("axis", 1)]);
        for (d, layer) in self.head.iter().enumerate() {
            let name = format!("dense{}", d + 1);
            channels = outputs(&layer.weight, &[channels])?;
            fits(&layer.bias, channels)?;
            let inputs = draft.weights(&value, &layer.weight, &layer.bias)?;
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
                name: "vgg".to_string(),
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

/// The graph while it grows.
#[derive(Default)]
struct Draft {
    nodes: Vec<Node>,
    initializers: Vec<Initializer>,
}

impl Draft {
    /// Adds a node with one output, which has the node's name, and gives that name.
    fn node(
        &mut self,
        op_type: &str,
        name: &str,
        input: Vec<String>,
        attribute: Vec<Attribute>,
    ) -> String {
        self.nodes.push(Node {
            input,
            output: vec![name.to_string()],
            name: name.to_string(),
            op_type: op_type.to_string(),
            attribute,
        });
        name.to_string()
    }

    /// Adds a layer's weights under their own names, and gives the inputs of its node.
    fn weights(
        &mut self,
        value: &str,
        weight: &Tensor,
        bias: &Tensor,
    ) -> Result<Vec<String>, WriteError> {
        let mut inputs = vec![value.to_string()];
        for tensor in [weight, bias] {
            tensor.check()?;
            let dims = tensor.shape.iter().map(|side| *side as i64).collect();
            self.initializer(&tensor.name, dims, &tensor.values);
            inputs.push(tensor.name.clone());
        }
        Ok(inputs)
    }

    /// A graph knows inputs, weights and outputs of nodes by their names alone.
    fn check_names(&self) -> Result<(), WriteError> {
        let mut names = BTreeSet::from([INPUT]);
        let weights = self.initializers.iter().map(|weight| &weight.name);
        let mut repeated = weights
            .chain(self.nodes.iter().map(|node| &node.name))
            .filter(|name| !names.insert(name));
        match repeated.next() {
            Some(name) => Err(WriteError::Name { name: name.clone() }),
            None => Ok(()),
        }
    }

    fn initializer(&mut self, name: &str, dims: Vec<i64>, values: &[f32]) {
        self.initializers.push(Initializer {
            dims,
            data_type: FLOAT,
            name: name.to_string(),
            raw_data: values.iter().flat_map(|v| v.to_le_bytes()).collect(),
        });
    }
}

/// The outputs of a layer whose other sides must be these.
fn outputs(weight: &Tensor, inputs: &[usize]) -> Result<usize, WriteError> {
    match weight.shape.split_first() {
        Some((outputs, rest)) if rest == inputs && *outputs > 0 => Ok(*outputs),
        _ => Err(WriteError::Shape {
            name: weight.name.clone(),
            found: weight.shape.clone(),
            expected: format!("outputs, then {inputs:?}"),
        }),
    }
}

fn fits(bias: &Tensor, outputs: usize) -> Result<(), WriteError> {
    if bias.shape == [outputs] {
        return Ok(());
    }
    Err(WriteError::Shape {
        name: bias.name.clone(),
        found: bias.shape.clone(),
        expected: format!("[{outputs}]"),
    })
}

fn ints(name: &str, values: &[i64]) -> Attribute {
    Attribute {
        name: name.to_string(),
        i: None,
        ints: values.to_vec(),
        kind: 7,
    }
}

fn int(name: &str, value: i64) -> Attribute {
    Attribute {
        name: name.to_string(),
        i: Some(value),
        ints: Vec::new(),
        kind: 2,
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
