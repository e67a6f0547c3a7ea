//! ONNX: the weights of a graph read, and a network written as a graph that needs nothing but pixels.
//!
//! Reading takes the initialisers and the constants, whatever the graph does with them. Writing makes the one graph
//! of this project's networks, with the preparation of grey values and the sigmoid inside, so that another program
//! cannot prepare its pictures in another way.
//!
//! Source: `onnx/onnx.proto` and `docs/Operators.md` of ONNX. Checked against: the `onnx` package and ONNX Runtime
//! (tools/golden/torch_weights.py, tools/golden/onnx_network.py).

mod draft;
mod network;
mod proto;
mod read;
mod wire;

pub use network::{Convolution, Dense, ImageNetwork, Link, Normalisation, PixelRange, Unit};
pub(crate) use read::is_one;
pub use read::read;
