//! The graph of a network while it grows, node by node.
//!
//! In: units and layers with their weights. Out: nodes and initialisers, each value known by the name of the node that
//! makes it; a weight whose shape does not follow from the one before is an error.

use std::collections::BTreeSet;

use super::network::{Convolution, INPUT, Normalisation, Unit};
use super::proto::{Attribute, Initializer, Node};
use crate::tensor::{Tensor, WriteError};

/// `TensorProto.FLOAT`.
pub(super) const FLOAT: i32 = 1;

/// The graph while it grows.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) nodes: Vec<Node>,
    pub(super) initializers: Vec<Initializer>,
}

impl Draft {
    /// Adds a node with one output, which has the node's name, and gives that name.
    pub(super) fn node(
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

    /// Adds a unit; its value and its channels.
    pub(super) fn unit(
        &mut self,
        unit: &Unit,
        value: String,
        channels: usize,
    ) -> Result<(String, usize), WriteError> {
        match unit {
            Unit::Convolution(own) => self.convolution(own, value, channels),
            Unit::MaxPool {
                name,
                kernel,
                stride,
                padding,
            } => {
                let mut sides = vec![
                    ints("kernel_shape", &[*kernel as i64; 2]),
                    ints("strides", &[*stride as i64; 2]),
                ];
                if *padding > 0 {
                    sides.push(ints("pads", &[*padding as i64; 4]));
                }
                Ok((self.node("MaxPool", name, vec![value], sides), channels))
            }
            Unit::Residual {
                name,
                branch,
                shortcut,
            } => {
                let (mut along, mut outputs) = (value.clone(), channels);
                for own in branch {
                    (along, outputs) = self.convolution(own, along, outputs)?;
                }
                let (beside, found) = match shortcut {
                    Some(own) => self.convolution(own, value, channels)?,
                    None => (value, channels),
                };
                if found != outputs {
                    return Err(WriteError::Shape {
                        name: name.clone(),
                        found: vec![found],
                        expected: format!("[{outputs}] beside its branch"),
                    });
                }
                let sum = vec![along, beside];
                let sum = self.node("Add", &format!("{name}.sum"), sum, Vec::new());
                Ok((self.node("Relu", name, vec![sum], Vec::new()), outputs))
            }
        }
    }

    /// Adds a convolution, its normalisation and its ReLU.
    fn convolution(
        &mut self,
        own: &Convolution,
        value: String,
        channels: usize,
    ) -> Result<(String, usize), WriteError> {
        let side = own.weight.shape.get(2).copied().unwrap_or(3);
        let outputs = outputs(&own.weight, &[channels, side, side])?;
        let (kernel, border) = (side as i64, (side / 2) as i64);
        let mut sides = vec![
            ints("kernel_shape", &[kernel; 2]),
            ints("pads", &[border; 4]),
        ];
        if own.stride != 1 {
            sides.push(ints("strides", &[own.stride as i64; 2]));
        }
        let tensors = std::iter::once(&own.weight).chain(&own.bias);
        if let Some(bias) = &own.bias {
            fits(bias, outputs)?;
        }
        let inputs = self.weights(&value, tensors)?;
        let mut value = self.node("Conv", &own.name, inputs, sides);
        if let Some(Normalisation { name, tensors }) = &own.normalisation {
            for tensor in tensors {
                fits(tensor, outputs)?;
            }
            let inputs = self.weights(&value, tensors)?;
            value = self.node("BatchNormalization", name, inputs, Vec::new());
        }
        if own.relu {
            let name = format!("{}.relu", own.name);
            value = self.node("Relu", &name, vec![value], Vec::new());
        }
        Ok((value, outputs))
    }

    /// Adds a layer's weights under their own names, and gives the inputs of its node.
    pub(super) fn weights<'a>(
        &mut self,
        value: &str,
        tensors: impl IntoIterator<Item = &'a Tensor>,
    ) -> Result<Vec<String>, WriteError> {
        let mut inputs = vec![value.to_string()];
        for tensor in tensors {
            tensor.check()?;
            let dims = tensor.shape.iter().map(|side| *side as i64).collect();
            self.initializer(&tensor.name, dims, &tensor.values);
            inputs.push(tensor.name.clone());
        }
        Ok(inputs)
    }

    /// A graph knows inputs, weights and outputs of nodes by their names alone.
    pub(super) fn check_names(&self) -> Result<(), WriteError> {
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

    pub(super) fn initializer(&mut self, name: &str, dims: Vec<i64>, values: &[f32]) {
        self.initializers.push(Initializer {
            dims,
            data_type: FLOAT,
            name: name.to_string(),
            raw_data: values.iter().flat_map(|v| v.to_le_bytes()).collect(),
        });
    }
}

/// The outputs of a layer whose other sides must be these.
pub(super) fn outputs(weight: &Tensor, inputs: &[usize]) -> Result<usize, WriteError> {
    match weight.shape.split_first() {
        Some((outputs, rest)) if rest == inputs && *outputs > 0 => Ok(*outputs),
        _ => Err(WriteError::Shape {
            name: weight.name.clone(),
            found: weight.shape.clone(),
            expected: format!("outputs, then {inputs:?}"),
        }),
    }
}

pub(super) fn fits(bias: &Tensor, outputs: usize) -> Result<(), WriteError> {
    if bias.shape == [outputs] {
        return Ok(());
    }
    Err(WriteError::Shape {
        name: bias.name.clone(),
        found: bias.shape.clone(),
        expected: format!("[{outputs}]"),
    })
}

pub(super) fn ints(name: &str, values: &[i64]) -> Attribute {
    Attribute {
        name: name.to_string(),
        i: None,
        ints: values.to_vec(),
        kind: 7,
    }
}

pub(super) fn int(name: &str, value: i64) -> Attribute {
    Attribute {
        name: name.to_string(),
        i: Some(value),
        ints: Vec::new(),
        kind: 2,
    }
}
