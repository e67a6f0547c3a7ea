//! One 3×3 convolution by Winograd's method, for bodies whose convolutions are no block: a normalisation or a sum follows.
//!
//! In: features, a weight `[out, in, 3, 3]` and perhaps a bias, on Burn's "flex". Out: the convolution, without ReLU where a
//! backward pass will follow. Kept for the way back: the input.

use ::winograd::{Activation, OutputGradient, Plan, Shape};
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::{Autodiff, Flex};
use burn::tensor::activation::relu;
use burn::tensor::{Tensor, TensorData};

use super::winograd::{
    PICTURES, Prepared, Run, WEIGHTS, dims, fits, floats, ordered, permuted, picture_tensor,
};

/// The convolution and, where `activated`, ReLU; nothing where the tensors live elsewhere.
pub(super) fn convolution(
    run: Run,
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    activated: bool,
    prepared: &Prepared,
) -> Option<Tensor<4>> {
    if !x.device().is_autodiff() {
        let x = x.try_into_primitive::<Flex>().ok()?;
        let weight = weight.try_into_primitive::<Flex>().ok()?;
        let bias = bias.map(|bias| bias.try_into_primitive::<Flex>());
        let pass = Pass::new(run, x, weight, bias.transpose().ok()?)?;
        let activation = match activated {
            true => Activation::Relu,
            false => Activation::Identity,
        };
        let output = pass.forward(activation, Some(prepared));
        return Some(Tensor::from_primitive::<Flex>(output));
    }
    let mut tensors = vec![
        x.try_into_primitive::<Autodiff<Flex>>().ok()?,
        weight.try_into_primitive::<Autodiff<Flex>>().ok()?,
    ];
    if let Some(bias) = bias {
        tensors.push(bias.try_into_primitive::<Autodiff<Flex>>().ok()?);
    }
    let output = match tensors.len() {
        2 => tracked::<2>(run, tensors),
        _ => tracked::<3>(run, tensors),
    }?;
    let output = Tensor::from_primitive::<Autodiff<Flex>>(output);
    Some(if activated { relu(output) } else { output })
}

type Tracked = burn::backend::tensor::FloatTensor<Autodiff<Flex>>;

fn tracked<const N: usize>(run: Run, tensors: Vec<Tracked>) -> Option<Tracked> {
    let tensors = <[Tracked; N]>::try_from(tensors).ok()?;
    let nodes = tensors.each_ref().map(|tensor| tensor.node());
    let mut primitives = tensors.map(|tensor| tensor.into_primitive()).into_iter();
    let (x, weight) = (primitives.next()?, primitives.next()?);
    let pass = Pass::new(run, x, weight, primitives.next())?;
    let output = pass.forward(Activation::Identity, None);
    let step = ConvolutionBackward.prepare::<NoCheckpointing>(nodes);
    Some(match step.compute_bound().stateful() {
        OpsKind::Tracked(step) => step.finish(pass, output),
        OpsKind::UnTracked(step) => step.finish(output),
    })
}

/// The backward pass; parents are the input, the weight, and the bias where there is one.
#[derive(Debug)]
struct ConvolutionBackward;

impl<const N: usize> Backward<Flex, N> for ConvolutionBackward {
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
            if let Some(Some(node)) = ops.parents.get(parent) {
                gradients.register::<Flex>(node.id, gradient);
            }
        }
    }
}

#[derive(Clone, Debug)]
struct Pass {
    run: Run,
    plan: Plan,
    x: FlexTensor,
    weight: FlexTensor,
    bias: Option<FlexTensor>,
}

impl Pass {
    /// `None` where the tensors are none that the kernels take: of other numbers than f32, or empty.
    fn new(run: Run, x: FlexTensor, weight: FlexTensor, bias: Option<FlexTensor>) -> Option<Self> {
        let x = ordered(x, PICTURES[0]);
        x.as_slice::<f32>()?;
        let weight = ordered(weight, WEIGHTS[0]);
        let [batch, height, width, _] = dims(&x);
        let [_, _, inputs, outputs] = dims(&weight);
        let shape = Shape {
            batch,
            height,
            width,
            inputs,
            outputs,
        };
        Some(Pass {
            plan: Plan::with(shape, run.form, run.threads).ok()?,
            run,
            x,
            weight,
            bias: bias.map(|bias| bias.to_contiguous()),
        })
    }

    fn forward(&self, activation: Activation, prepared: Option<&Prepared>) -> FlexTensor {
        let shape = self.plan.shape();
        let mut output = vec![0.0; shape.output_len()];
        let (input, bias) = (floats(&self.x), self.bias.as_ref().map(floats));
        let (run, plan) = (&self.run, &self.plan);
        run.with_weights(plan, &self.weight, false, prepared, |weights| {
            run.memory.with_scratch(|scratch| {
                plan.forward(input, weights, bias, activation, &mut output, scratch)
            })
        });
        picture_tensor(
            output,
            [shape.batch, shape.height, shape.width, shape.outputs],
        )
    }

    /// Gradients of the wanted tensors, each with its place among them.
    fn backward(&self, gradient: FlexTensor, wanted: &[bool]) -> Vec<(usize, FlexTensor)> {
        let gradient = ordered(gradient, PICTURES[0]);
        let gradient = OutputGradient::Plain(floats(&gradient));
        let shape = self.plan.shape();
        let (run, plan) = (&self.run, &self.plan);
        let mut found = Vec::new();
        if wanted.iter().skip(1).any(|wanted| *wanted) {
            let mut weight = vec![0.0; shape.weight_len()];
            let mut bias = vec![0.0; shape.outputs];
            run.memory.with_scratch(|scratch| {
                let bias = Some(bias.as_mut_slice());
                fits(plan.weight_gradient(floats(&self.x), gradient, &mut weight, bias, scratch));
            });
            let weight = TensorData::new(weight, [3, 3, shape.inputs, shape.outputs]);
            found.push((1, permuted(FlexTensor::from_data(weight), WEIGHTS[1])));
            let bias = TensorData::new(bias, [shape.outputs]);
            found.push((2, FlexTensor::from_data(bias)));
        }
        if wanted.first() == Some(&true) {
            let mut input = vec![0.0; shape.input_len()];
            run.with_weights(plan, &self.weight, true, None, |weights| {
                run.memory.with_scratch(|scratch| {
                    plan.data_gradient(gradient, weights, None, &mut input, scratch)
                })
            });
            let dims = [shape.batch, shape.height, shape.width, shape.inputs];
            found.push((0, picture_tensor(input, dims)));
        }
        found
    }
}
