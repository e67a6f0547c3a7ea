//! The block by Winograd's method: forward, and backward by hand.
//!
//! In: a block's input and parameters on Burn's "flex", with or without autodiff. Out: the pooled features. Kept for the
//! way back: the input of every convolution, and where each pooled value came from. Backward,
//! convolution by convolution: gradient of weights and bias, and gradient of the input, which is masked by the ReLU
//! before it in the same pass; the pooled gradient is spread to its places while it is read. Features are given back as soon as they were used for the last time.

use std::sync::Arc;

use ::winograd::{Activation, Error, Form, OutputGradient, Plan, PreparedWeights, Shape};
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex};
use burn::tensor::{Tensor, TensorData};

use super::memory::{Floats, Memory, Use};
use super::{Parameters, composed};

/// Convolutions that a block of any VGG has at most.
pub(super) const CONVOLUTIONS_MAX: usize = 4;

/// `[batch, channel, row, column]` to the kernels' `[batch, row, column, channel]`, and back.
pub(super) const PICTURES: [[usize; 4]; 2] = [[0, 2, 3, 1], [0, 3, 1, 2]];
/// `[out, in, 3, 3]` to the kernels' `[3, 3, in, out]`, and back.
pub(super) const WEIGHTS: [[usize; 4]; 2] = [[2, 3, 1, 0], [3, 2, 0, 1]];

/// How a block is run.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) form: Form,
    pub(super) threads: usize,
    pub(super) memory: Arc<Memory>,
}

impl Run {
    /// Calls with the weights of a convolution made ready, beforehand or now.
    pub(super) fn with_weights(
        &self,
        plan: &Plan,
        weight: &FlexTensor,
        backward: bool,
        prepared: Option<&Prepared>,
        work: impl FnOnce(&PreparedWeights) -> Result<(), Error>,
    ) {
        if let Some(ready) = prepared.and_then(|prepared| prepared.find(weight)) {
            return fits(work(ready));
        }
        let Shape {
            inputs, outputs, ..
        } = plan.shape();
        let key = (plan.form(), inputs, outputs, backward);
        let outcome = self.memory.with_weights(key, floats(weight), work);
        fits(outcome.and_then(|outcome| outcome));
    }
}

/// Weights of a block made ready once; each is known again by the tensor that it was made from.
#[derive(Clone, Debug, Default)]
pub struct Prepared(Vec<(FlexTensor, Arc<Ready>)>);

/// Prepared weights that can be shown.
struct Ready(PreparedWeights);

impl std::fmt::Debug for Ready {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.0.bytes())
    }
}

impl Prepared {
    pub(super) fn new(form: Form, parameters: &Parameters) -> Self {
        let one = |(weight, _): &(Tensor<4>, Tensor<1>)| {
            let [outputs, inputs, ..] = weight.dims();
            let weight = weight.clone().try_into_primitive::<Flex>().ok()?;
            let ordered = ordered(weight, WEIGHTS[0]);
            let ready = PreparedWeights::new(floats(&ordered), inputs, outputs, form, false);
            Some((ordered, Arc::new(Ready(ready.ok()?))))
        };
        Prepared(parameters.iter().map_while(one).collect())
    }

    fn find(&self, weight: &FlexTensor) -> Option<&PreparedWeights> {
        let same = |own: &FlexTensor| std::ptr::eq(floats(own), floats(weight));
        let found = self.0.iter().find(|(own, _)| same(own));
        found.map(|(_, ready)| &ready.0)
    }
}

/// A weight whose memory is in the kernels' order; its shape stays.
pub(super) fn arrange(weight: Tensor<4>) -> Tensor<4> {
    match weight.clone().try_into_primitive::<Flex>() {
        Ok(primitive) => {
            Tensor::from_primitive::<Flex>(permuted(ordered(primitive, WEIGHTS[0]), WEIGHTS[1]))
        }
        Err(_) => weight,
    }
}

/// The block on "flex"; the parameters must live where the pictures do.
pub(super) fn block(
    run: Run,
    pictures: Tensor<4>,
    mut parameters: Parameters,
    prepared: &Prepared,
) -> Tensor<4> {
    let [_, channels, ..] = pictures.dims();
    if let Some((weight, _)) = parameters.first_mut()
        && weight.dims()[1] != channels
    {
        // The same picture in all channels: the sum over channels of w · x is the sum of w, times x.
        *weight = weight.clone().sum_dim(1);
    }
    if pictures.device().is_autodiff() {
        let mut tensors = vec![pictures.clone().try_into_primitive::<Autodiff<Flex>>()];
        for (weight, bias) in &parameters {
            tensors.push(weight.clone().try_into_primitive::<Autodiff<Flex>>());
            tensors.push(bias.clone().try_into_primitive::<Autodiff<Flex>>());
        }
        let tensors: Result<Vec<_>, _> = tensors.into_iter().collect();
        let output = tensors.ok().and_then(|tensors| match tensors.len() {
            3 => tracked::<3>(run, tensors),
            5 => tracked::<5>(run, tensors),
            7 => tracked::<7>(run, tensors),
            9 => tracked::<9>(run, tensors),
            _ => None,
        });
        return match output {
            Some(output) => Tensor::from_primitive::<Autodiff<Flex>>(output),
            None => composed(pictures, parameters),
        };
    }
    let mut tensors = vec![pictures.clone().try_into_primitive::<Flex>()];
    for (weight, bias) in &parameters {
        tensors.push(weight.clone().try_into_primitive::<Flex>());
        tensors.push(bias.clone().try_into_primitive::<Flex>());
    }
    let tensors: Result<Vec<_>, _> = tensors.into_iter().collect();
    let pass = tensors.ok().and_then(|tensors| Pass::new(run, tensors));
    match pass {
        Some(mut pass) => Tensor::from_primitive::<Flex>(pass.forward(Some(prepared))),
        None => composed(pictures, parameters),
    }
}

/// The block with its backward pass registered, where a gradient is wanted.
fn tracked<const N: usize>(
    run: Run,
    tensors: Vec<FloatTensor<Autodiff<Flex>>>,
) -> Option<FloatTensor<Autodiff<Flex>>> {
    let tensors = <[_; N]>::try_from(tensors).ok()?;
    let nodes = tensors.each_ref().map(|tensor| tensor.node());
    let primitives = tensors.map(|tensor| tensor.into_primitive()).to_vec();
    let mut pass = Pass::new(run, primitives)?;
    let step = BlockBackward.prepare::<NoCheckpointing>(nodes);
    Some(match step.compute_bound().stateful() {
        OpsKind::Tracked(step) => {
            let output = pass.forward(None);
            step.finish(pass, output)
        }
        OpsKind::UnTracked(step) => step.finish(pass.forward(Some(&Prepared::default()))),
    })
}

/// The backward pass; parents are the input, then weight and bias of each convolution.
#[derive(Debug)]
struct BlockBackward;

impl<const N: usize> Backward<Flex, N> for BlockBackward {
    type State = Pass;

    fn backward(
        self,
        ops: Ops<Pass, N>,
        gradients: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let gradient = gradients.consume::<Flex>(&ops.node);
        let wanted = ops.parents.each_ref().map(Option::is_some);
        for (parent, gradient) in ops.state.backward(gradient, &wanted) {
            if let Some(node) = &ops.parents[parent] {
                gradients.register::<Flex>(node.id, gradient);
            }
        }
    }
}

/// A block's tensors in the kernels' order, and what its forward pass leaves for the way back.
#[derive(Clone, Debug)]
struct Pass {
    run: Run,
    input: FlexTensor,
    layers: Vec<Layer>,
    /// Output of every convolution but the last.
    inner: Vec<Arc<Floats>>,
    choice: Vec<u8>,
}

#[derive(Clone, Debug)]
struct Layer {
    plan: Plan,
    weight: FlexTensor,
    bias: FlexTensor,
}

impl Pass {
    /// `None` where the tensors are none that the kernels take: of other numbers than f32, or empty.
    fn new(run: Run, tensors: Vec<FlexTensor>) -> Option<Self> {
        let mut tensors = tensors.into_iter();
        let input = ordered(tensors.next()?, PICTURES[0]);
        input.as_slice::<f32>()?;
        let [batch, height, width, _] = dims(&input);
        let mut layers = Vec::new();
        while let (Some(weight), Some(bias)) = (tensors.next(), tensors.next()) {
            let weight = ordered(weight, WEIGHTS[0]);
            let [_, _, inputs, outputs] = dims(&weight);
            let shape = Shape {
                batch,
                height,
                width,
                inputs,
                outputs,
            };
            layers.push(Layer {
                plan: Plan::with(shape, run.form, run.threads).ok()?,
                weight,
                bias: bias.to_contiguous(),
            });
        }
        Some(Pass {
            run,
            input,
            layers,
            inner: Vec::new(),
            choice: Vec::new(),
        })
    }

    /// The pooled features; without `prepared` a backward pass will follow, and what it needs is kept.
    fn forward(&mut self, prepared: Option<&Prepared>) -> FlexTensor {
        let keep = prepared.is_none();
        rayon::scope(|_| {
            for at in 0..self.layers.len() - 1 {
                let shape = self.layers[at].plan.shape();
                let mut output = self.run.memory.floats(Use::Features, shape.output_len());
                self.convolve(at, prepared, &mut output, None);
                if !keep {
                    self.inner.clear();
                }
                self.inner.push(Arc::new(output));
            }
            let last = self.layers.len() - 1;
            let shape = self.layers[last].plan.shape();
            let mut pooled = vec![0.0; shape.pooled_len()];
            let mut choice = vec![0; if keep { shape.pooled_len() } else { 0 }];
            let wanted = keep.then_some(choice.as_mut_slice());
            self.convolve(last, prepared, &mut pooled, Some(wanted));
            self.choice = choice;
            picture_tensor(
                pooled,
                [
                    shape.batch,
                    shape.height / 2,
                    shape.width / 2,
                    shape.outputs,
                ],
            )
        })
    }

    /// One convolution with bias and ReLU, and with pooling where `pooled` is given.
    fn convolve(
        &self,
        at: usize,
        prepared: Option<&Prepared>,
        output: &mut [f32],
        pooled: Option<Option<&mut [u8]>>,
    ) {
        let Layer { plan, bias, .. } = &self.layers[at];
        let bias = Some(floats(bias));
        let input = self.input_of(at);
        self.with_weights(at, false, prepared, |weights| {
            self.run.memory.with_scratch(|scratch| match pooled {
                None => plan.forward(input, weights, bias, Activation::Relu, output, scratch),
                Some(choice) => plan.forward_pooled(input, weights, bias, output, choice, scratch),
            })
        });
    }

    /// The last features that are kept are always those that the convolution at hand read or will read.
    fn input_of(&self, at: usize) -> &[f32] {
        match self.inner.last() {
            Some(inner) if at > 0 => inner,
            _ => floats(&self.input),
        }
    }

    fn with_weights(
        &self,
        at: usize,
        backward: bool,
        prepared: Option<&Prepared>,
        work: impl FnOnce(&PreparedWeights) -> Result<(), Error>,
    ) {
        let Layer { plan, weight, .. } = &self.layers[at];
        self.run
            .with_weights(plan, weight, backward, prepared, work);
    }

    /// Gradients of the wanted tensors, each with its place among them: input, then weight and bias of each convolution.
    fn backward(mut self, gradient: FlexTensor, wanted: &[bool]) -> Vec<(usize, FlexTensor)> {
        let gradient = ordered(gradient, PICTURES[0]);
        let pooled = OutputGradient::Pooled {
            values: floats(&gradient),
            choice: &std::mem::take(&mut self.choice),
        };
        rayon::scope(|_| {
            let mut found = Vec::new();
            let mut behind: Option<Floats> = None;
            for at in (0..self.layers.len()).rev() {
                let shape = self.layers[at].plan.shape();
                let gradient = behind.as_deref().map_or(pooled, OutputGradient::Plain);
                if wanted[2 * at + 1] || wanted[2 * at + 2] {
                    let [weight, bias] = self.parameter_gradients(at, gradient);
                    found.push((2 * at + 1, weight));
                    found.push((2 * at + 2, bias));
                }
                if at > 0 {
                    let mut input = self.run.memory.floats(Use::Gradients, shape.input_len());
                    self.input_gradient(at, gradient, &mut input);
                    self.inner.pop();
                    behind = Some(input);
                } else if wanted[0] {
                    let mut input = vec![0.0; shape.input_len()];
                    self.input_gradient(at, gradient, &mut input);
                    let dims = [shape.batch, shape.height, shape.width, shape.inputs];
                    found.push((0, picture_tensor(input, dims)));
                }
            }
            found
        })
    }

    fn parameter_gradients(&self, at: usize, gradient: OutputGradient<'_>) -> [FlexTensor; 2] {
        let plan = &self.layers[at].plan;
        let shape = plan.shape();
        let mut weight = vec![0.0; shape.weight_len()];
        let mut bias = vec![0.0; shape.outputs];
        let input = self.input_of(at);
        self.run.memory.with_scratch(|scratch| {
            let bias = Some(bias.as_mut_slice());
            fits(plan.weight_gradient(input, gradient, &mut weight, bias, scratch));
        });
        let weight = TensorData::new(weight, [3, 3, shape.inputs, shape.outputs]);
        [
            permuted(FlexTensor::from_data(weight), WEIGHTS[1]),
            FlexTensor::from_data(TensorData::new(bias, [shape.outputs])),
        ]
    }

    /// Inner inputs are outputs of a ReLU, whose mask is applied; the block's own input is as it is.
    fn input_gradient(&self, at: usize, gradient: OutputGradient<'_>, to: &mut [f32]) {
        let mask = (at > 0).then(|| self.input_of(at));
        self.with_weights(at, true, None, |weights| {
            self.run.memory.with_scratch(|scratch| {
                let plan = &self.layers[at].plan;
                plan.data_gradient(gradient, weights, mask, to, scratch)
            })
        });
    }
}

/// All lengths follow from the shape of a plan, so that the kernels have nothing to refuse.
pub(super) fn fits(outcome: Result<(), Error>) {
    if let Err(error) = outcome {
        unreachable!("{error}");
    }
}

pub(super) fn permuted(tensor: FlexTensor, axes: [usize; 4]) -> FlexTensor {
    Flex::float_permute(tensor, &axes)
}

/// Permuted, and copied unless its memory is in that order already.
pub(super) fn ordered(tensor: FlexTensor, axes: [usize; 4]) -> FlexTensor {
    permuted(tensor, axes).to_contiguous()
}

pub(super) fn floats(tensor: &FlexTensor) -> &[f32] {
    tensor.as_slice().unwrap_or_default()
}

pub(super) fn dims(tensor: &FlexTensor) -> [usize; 4] {
    let dims = tensor.layout().shape();
    [dims[0], dims[1], dims[2], dims[3]]
}

/// Values `[batch, row, column, channel]` as a tensor `[batch, channel, row, column]`.
pub(super) fn picture_tensor(values: Vec<f32>, dims: [usize; 4]) -> FlexTensor {
    permuted(
        FlexTensor::from_data(TensorData::new(values, dims)),
        PICTURES[1],
    )
}
