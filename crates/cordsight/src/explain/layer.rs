//! Names of a network's layers, as a person types them.
//!
//! In: `block5.conv3` or `block5`, and the network's shape. Out: [`Layer`]. A convolution's features are those after its
//! bias and ReLU and before any pooling, as in Keras; a block's are those after its pooling.

use std::fmt;

use crate::network::Architecture;

/// A place in the body at which features are looked at; numbers count from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layer {
    pub(crate) block: usize,
    /// The convolution after whose ReLU, or the block's pooling.
    pub(crate) conv: Option<usize>,
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
    /// The last convolution, where Grad-CAM's authors look: the deepest features that still have a place.
    pub fn last(architecture: &Architecture) -> Self {
        let channels = architecture.channels();
        let block = channels.len().saturating_sub(1);
        let conv = channels.last().map_or(0, Vec::len).saturating_sub(1);
        Layer {
            block,
            conv: Some(conv),
        }
    }

    /// The layer of a name.
    ///
    /// # Errors
    ///
    /// A name that this network lacks; the error lists those that it has.
    pub fn named(name: &str, architecture: &Architecture) -> Result<Self, LayerError> {
        let channels = architecture.channels();
        let wanted = |layer: &Layer| layer.to_string() == name;
        let convolutions = channels.iter().map(Vec::len).enumerate();
        let all = convolutions.flat_map(|(block, count)| {
            let convolutions = (0..count).map(Some);
            let layer = move |conv| Layer { block, conv };
            convolutions.chain([None]).map(layer)
        });
        all.clone().find(wanted).ok_or_else(|| LayerError {
            found: name.to_string(),
            expected: all
                .map(|layer| layer.to_string())
                .collect::<Vec<_>>()
                .join(", "),
        })
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "block{}", self.block + 1)?;
        match self.conv {
            Some(conv) => write!(f, ".conv{}", conv + 1),
            None => Ok(()),
        }
    }
}
