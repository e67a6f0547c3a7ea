//! A block of VGG: 3×3 convolutions, each with bias and ReLU, then 2×2 max pooling.
//!
//! In: pictures `[batch, channel, row, column]` and the block's parameters. Out: the pooled features. One operation, two
//! ways to compute it, and the network's code is the same for both: [`composed`] from Burn's operations, on every device;
//! or by Winograd's method with a handwritten backward pass, on the processor. Which one is chosen before the call, from
//! [`Conv`] and the device, since a Burn backend without an extension would panic in the call.
//!
//! A block, not a convolution, is the operation, because the gradient of a ReLU is a mask that the *next* convolution's
//! backward pass can apply for nothing, and because nobody else sees the features in between: they live in memory that
//! one step leaves to the next. By Winograd's method tensors keep Burn's shapes but lie in memory as the kernels want
//! them, channels last; whoever reads them through Burn notices nothing.
//!
//! Source of the method: see the crate `winograd`. Checked against: [`composed`], output and every gradient; Keras.

mod alone;
mod memory;
pub mod normalisation;
mod winograd;

use std::fmt;
use std::sync::Arc;

use ::winograd::Form;
use burn::backend::{DispatchDevice, GradientCheckpointingStrategy};
use burn::tensor::activation::relu;
use burn::tensor::module::{conv2d, max_pool2d};
use burn::tensor::ops::{ConvOptions, MaxPoolOptions};
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use memory::Memory;
use normalisation::Statistics;
pub use winograd::Prepared;

/// How convolutions are computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Conv {
    /// By Winograd's method, a quarter of the multiplications, where the device is the processor.
    #[default]
    Winograd,
    /// As Burn does it.
    Direct,
}

impl fmt::Display for Conv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Conv::Winograd => "winograd",
            Conv::Direct => "direct",
        })
    }
}

/// The convolutions of one block, first to last: weight `[out, in, 3, 3]` and bias `[out]` of each.
pub type Parameters = Vec<(Tensor<4>, Tensor<1>)>;

/// The way that was chosen for one network, and the working memory of that network.
#[derive(Clone, Debug)]
pub struct Kernels {
    /// `None` where Burn's own operations do the work.
    form: Option<Form>,
    threads: Option<usize>,
    memory: Arc<Memory>,
}

impl Kernels {
    /// Winograd's method if it is wanted and the device is the processor.
    pub fn choose(conv: Conv, device: &Device) -> Self {
        let can = on_processor(device);
        Kernels {
            form: (conv == Conv::Winograd && can).then(Form::detect),
            threads: None,
            memory: Arc::default(),
        }
    }

    /// Winograd's method on other instructions than the fastest, for a comparison; `None` if this processor lacks them.
    pub fn on(self, form: Form) -> Option<Self> {
        let form = form.is_available().then_some(form)?;
        Some(Kernels {
            form: self.form.map(|_| form),
            ..self
        })
    }

    /// What computes the convolutions: "winograd" with the instructions that it runs on, or "direct".
    pub fn name(&self) -> String {
        match self.form {
            Some(form) => format!("{} ({form})", Conv::Winograd),
            None => Conv::Direct.to_string(),
        }
    }

    /// The same on the calling thread alone, for a caller who keeps the cores busy with other pictures.
    pub fn on_one_thread(&self) -> Self {
        Kernels {
            threads: Some(1),
            ..self.clone()
        }
    }

    /// A weight `[out, in, 3, 3]`, kept in memory in the order in which it will be read.
    pub fn arrange(&self, weight: Tensor<4>) -> Tensor<4> {
        match self.form {
            Some(_) => winograd::arrange(weight),
            None => weight,
        }
    }

    /// Weights of a block that will not change, ready for many passes; nothing for a network in training.
    pub fn prepare(&self, parameters: &Parameters) -> Prepared {
        match self.form {
            Some(form) => Prepared::new(form, parameters),
            None => Prepared::default(),
        }
    }

    fn run(&self, form: Form) -> winograd::Run {
        winograd::Run {
            form,
            threads: self.threads.unwrap_or_else(rayon::current_num_threads),
            memory: self.memory.clone(),
        }
    }

    /// The block; `[batch, 1, row, column]` stands for pictures whose channels are all the same.
    pub fn block(
        &self,
        pictures: Tensor<4>,
        parameters: Parameters,
        prepared: &Prepared,
    ) -> Tensor<4> {
        match self.form {
            Some(form) if (1..=winograd::CONVOLUTIONS_MAX).contains(&parameters.len()) => {
                winograd::block(self.run(form), pictures, parameters, prepared)
            }
            _ => composed(pictures, parameters),
        }
    }

    /// A convolution alone, with a border of half its kernel, and ReLU where `activated`; one channel stands for several that
    /// are the same. 3×3 with step 1 goes by Winograd's method, every other as Burn does it.
    pub fn convolution(
        &self,
        x: Tensor<4>,
        weight: Tensor<4>,
        bias: Option<Tensor<1>>,
        step: usize,
        activated: bool,
        prepared: &Prepared,
    ) -> Tensor<4> {
        let [_, inputs, side, _] = weight.dims();
        let is_grey = x.dims()[1] != inputs;
        if let (Some(form), 3, 1) = (self.form, side, step) {
            let weight = match is_grey {
                true => weight.clone().sum_dim(1),
                false => weight.clone(),
            };
            let (run, x, bias) = (self.run(form), x.clone(), bias.clone());
            if let Some(output) = alone::convolution(run, x, weight, bias, activated, prepared) {
                return output;
            }
        }
        let x = match is_grey {
            true => x.repeat_dim(1, inputs),
            false => x,
        };
        let options = ConvOptions::new([step, step], [side / 2, side / 2], [1, 1], 1);
        let output = conv2d(x, weight, bias, options);
        if activated { relu(output) } else { output }
    }

    /// Batch normalisation by the statistics of the batch, with ReLU where `activated`, and those statistics.
    pub fn normalise(
        &self,
        x: Tensor<4>,
        factor: Tensor<1>,
        summand: Tensor<1>,
        activated: bool,
    ) -> (Tensor<4>, Statistics) {
        let fused = match self.form {
            Some(_) => normalisation::fused(&x, &factor, &summand, activated),
            None => None,
        };
        fused.unwrap_or_else(|| normalisation::composed(x, factor, summand, activated))
    }

    /// Burn's own operations.
    pub fn direct() -> Self {
        Kernels {
            form: None,
            threads: None,
            memory: Arc::default(),
        }
    }
}

/// The block from Burn's own operations.
pub fn composed(pictures: Tensor<4>, parameters: Parameters) -> Tensor<4> {
    pooling(parameters.into_iter().fold(pictures, convolution))
}

/// One convolution with bias and ReLU, from Burn's own operations.
fn convolution(x: Tensor<4>, (weight, bias): (Tensor<4>, Tensor<1>)) -> Tensor<4> {
    let [_, inputs, ..] = weight.dims();
    let x = match x.dims()[1] == inputs {
        true => x,
        false => x.repeat_dim(1, inputs),
    };
    let options = ConvOptions::new([1, 1], [1, 1], [1, 1], 1);
    relu(conv2d(x, weight, Some(bias), options))
}

/// 2×2 max pooling.
fn pooling(x: Tensor<4>) -> Tensor<4> {
    max_pool2d(x, MaxPoolOptions::new([2, 2]).with_stride([2, 2]))
}

/// Whether a device is this machine's processor, through Burn's "flex", that does not recompute on the way back.
pub(crate) fn on_processor(device: &Device) -> bool {
    let recomputes = device.gradient_checkpointing_strategy();
    let recomputes = recomputes == Some(GradientCheckpointingStrategy::Balanced);
    !recomputes
        && matches!(
            device.clone().inner().as_dispatch(),
            DispatchDevice::Flex(_)
        )
}
