//! Names of a network's layers, as a person types them.
//!
//! In: `block5.conv3` or `block5`, and the network's shape. Out: [`Layer`]. A convolution's features are those after its
//! bias and ReLU and before any pooling, as in Keras; a block's are those after its pooling.

use std::collections::BTreeMap;
use std::fmt;

use crate::network::Architecture;

/// A place in the body at which features are looked at; numbers count from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layer {
    pub(crate) block: usize,
    /// The unit that makes the features; none: the block as a whole.
    pub(crate) unit: Option<Place>,
}

/// A unit with features of its own within its block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Its number among all units of the block.
    pub(crate) at: usize,
    word: &'static str,
    number: usize,
}

/// A layer that the network does not have.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("found no layer \"{found}\" in this network, expected {expected}")]
pub struct LayerError {
    /// What was asked for.
    pub found: String,
    /// The names that there are.
    pub expected: String,
}

impl Layer {
    /// All layers of a network, in the order of the forward pass.
    fn all(architecture: &Architecture) -> Vec<Self> {
        let mut layers = Vec::new();
        for (block, units) in architecture.stages().iter().enumerate() {
            let mut numbers = BTreeMap::new();
            for (at, unit) in units.iter().enumerate() {
                let Some(word) = unit.word() else { continue };
                let number = numbers.entry(word).or_insert(0);
                let unit = Place {
                    at,
                    word,
                    number: *number,
                };
                *number += 1;
                layers.push(Layer {
                    block,
                    unit: Some(unit),
                });
            }
            layers.push(Layer { block, unit: None });
        }
        layers
    }

    /// The last unit with features of its own, where Grad-CAM's authors look: the deepest features that still have a place.
    pub fn last(architecture: &Architecture) -> Self {
        let mut units = Layer::all(architecture).into_iter();
        let last = units.rfind(|layer| layer.unit.is_some());
        last.unwrap_or(Layer {
            block: 0,
            unit: None,
        })
    }

    /// The layer of a name.
    ///
    /// # Errors
    ///
    /// A name that this network lacks; the error lists those that it has.
    pub fn named(name: &str, architecture: &Architecture) -> Result<Self, LayerError> {
        let all = Layer::all(architecture);
        let wanted = |layer: &&Layer| layer.to_string() == name;
        all.iter().find(wanted).copied().ok_or_else(|| LayerError {
            found: name.to_string(),
            expected: all
                .iter()
                .map(Layer::to_string)
                .collect::<Vec<_>>()
                .join(", "),
        })
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "block{}", self.block + 1)?;
        match self.unit {
            Some(unit) => write!(f, ".{}{}", unit.word, unit.number + 1),
            None => Ok(()),
        }
    }
}
