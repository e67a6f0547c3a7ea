//! The same parameters under the names and in the layouts of other frameworks.
//!
//! Weight and bias of each convolution in forward order, then of the head's three layers.
//! Keras before 3 keeps a group for each layer with the variable's whole name in it, Keras 3 numbers the layers of each
//! class and the variables of each layer, torchvision numbers all layers of `features`, ReLU and pooling included.

use super::Depth;
use super::layout::{oihw_to_hwio, transpose};
use crate::tensor::Tensor;

/// Layers in the HDF5 files of Keras before 3: `block1_conv1/block1_conv1/kernel:0`, then `dense/dense/kernel:0`.
pub fn keras_names(depth: Depth) -> Vec<String> {
    let body = depth
        .places()
        .map(|(block, within)| format!("block{}_conv{}", block + 1, within + 1));
    body.chain((0..3).map(|layer| numbered("dense", layer)))
        .flat_map(|layer| ["kernel:0", "bias:0"].map(|part| format!("{layer}/{layer}/{part}")))
        .collect()
}

/// Variables in the `.weights.h5` files of Keras 3: `layers/conv2d_1/vars/0`, then `layers/dense/vars/0`.
pub fn keras3_names(depth: Depth) -> Vec<String> {
    let body = (0..depth.places().count()).map(|layer| numbered("conv2d", layer));
    body.chain((0..3).map(|layer| numbered("dense", layer)))
        .flat_map(|layer| [0, 1].map(|part| format!("layers/{layer}/vars/{part}")))
        .collect()
}

/// Keys of torchvision's and timm's state dictionary: `features.0.weight`; the head, which they don't have, follows as
/// `classifier.0`, `.2` and `.4`, with ReLU between.
pub fn torchvision_names(depth: Depth) -> Vec<String> {
    let body = depth.places().enumerate().map(|(before, (block, _))| {
        // Each convolution has its ReLU, each block before this one its pooling.
        format!("features.{}", 2 * before + block)
    });
    body.chain([0, 2, 4].map(|layer| format!("classifier.{layer}")))
        .flat_map(|layer| ["weight", "bias"].map(|part| format!("{layer}.{part}")))
        .collect()
}

/// Parameters in Keras's layouts (`[row, column, in, out]`, `[in, out]`), named by `names`, one for each parameter.
pub fn to_keras(parameters: &[Tensor], names: &[String]) -> Vec<Tensor> {
    renamed(parameters, names, |parameter| match parameter.shape[..] {
        [outputs, inputs, rows, columns] => Tensor {
            name: String::new(),
            shape: vec![rows, columns, inputs, outputs],
            values: oihw_to_hwio(&parameter.values, inputs, outputs),
        },
        _ => parameter.clone(),
    })
}

/// Parameters in PyTorch's layouts (`[out, in, row, column]`, `[out, in]`), named by `names`, one for each parameter.
pub fn to_torchvision(parameters: &[Tensor], names: &[String]) -> Vec<Tensor> {
    renamed(parameters, names, |parameter| match parameter.shape[..] {
        [inputs, outputs] => Tensor {
            name: String::new(),
            shape: vec![outputs, inputs],
            values: transpose(&parameter.values, inputs, outputs),
        },
        _ => parameter.clone(),
    })
}

fn renamed(
    parameters: &[Tensor],
    names: &[String],
    turned: impl Fn(&Tensor) -> Tensor,
) -> Vec<Tensor> {
    let pairs = parameters.iter().zip(names);
    pairs
        .map(|(parameter, name)| Tensor {
            name: name.clone(),
            ..turned(parameter)
        })
        .collect()
}

/// Keras gives the first layer of a class no number.
fn numbered(class: &str, layer: usize) -> String {
    match layer {
        0 => class.to_string(),
        layer => format!("{class}_{layer}"),
    }
}
