//! 3 × 3 convolutions in float32 by Winograd's method, for training and inference on the processor.
//!
//! In: images `[batch][row][column][channel]`, weights `[3][3][input][output]`, stride 1, a border of zeros so that the
//! image keeps its size. Out: [`Plan::forward`], [`Plan::forward_pooled`], [`Plan::data_gradient`],
//! [`Plan::weight_gradient`]; a gradient may come pooled ([`OutputGradient`]). A [`Plan`] is made once per shape, [`PreparedWeights`] once per model (or
//! step), [`Scratch`] once per thread that calls.
//!
//! F(4×4, 3×3) takes a quarter of the multiplications of the plain method. Its float32 error is about twice that of the
//! plain sum: relative L2 at most 4e-6 forward and in the data gradient, 2e-5 in the weight gradient, which tests hold
//! against f64 over random shapes. Same input, same bits: on any number of threads, as long as the [`Form`] is the same.
//!
//! ```
//! use winograd::{Activation, Plan, PreparedWeights, Scratch, Shape};
//!
//! let shape = Shape { batch: 1, height: 5, width: 7, inputs: 8, outputs: 6 };
//! let plan = Plan::new(shape)?;
//! let weights = PreparedWeights::forward(&vec![0.5; shape.weight_len()], shape.inputs, shape.outputs)?;
//! let mut output = vec![0.0; shape.output_len()];
//! let image = vec![1.0; shape.input_len()];
//! plan.forward(&image, &weights, None, Activation::Relu, &mut output, &mut Scratch::new())?;
//! assert!((output[(2 * 7 + 3) * 6] - 0.5 * 9.0 * 8.0).abs() < 1e-4);
//! # Ok::<(), winograd::Error>(())
//! ```

mod direct;
mod direct_gradient;
mod error;
mod finish;
mod forward;
mod gemm;
mod memory;
mod peak;
mod plan;
mod pool;
mod shape;
mod simd;
mod source;
mod threads;
mod tiles;
mod transform;
mod weight_gradient;
mod weights;

pub use error::Error;
pub use finish::INACTIVE;
pub use forward::Activation;
pub use memory::Scratch;
pub use peak::peak_operations;
pub use plan::Plan;
pub use pool::pool_backward;
pub use shape::Shape;
pub use simd::Form;
pub use source::OutputGradient;
pub use weights::PreparedWeights;

pub(crate) use error::check_length;
