//! The same bits from any number of threads.

use crate::reference::{Material, bits, forms};
use winograd::{
    Activation, Form, OutputGradient, Plan, PreparedWeights, Scratch, Shape, pool_backward,
};

/// Shapes whose work is cut in each of the ways there are: few tiles, some, many; few and many channels; direct.
const SHAPES: [[usize; 5]; 9] = [
    [1, 14, 14, 96, 160],
    [1, 28, 28, 64, 70],
    [2, 30, 41, 33, 65],
    [5, 56, 56, 16, 32],
    [1, 13, 9, 300, 520],
    [3, 7, 7, 140, 270],
    [2, 61, 47, 3, 40],
    [1, 1, 1, 40, 40],
    [1, 3, 5, 8, 1],
];

/// Bits of every result of every pass.
fn run(shape: Shape, form: Form, threads: usize) -> Vec<Vec<u32>> {
    let material = Material::draw(shape, 7);
    let plan = Plan::with(shape, form, threads).expect("a plan");
    let prepare = |backward| {
        PreparedWeights::new(
            &material.weights,
            shape.inputs,
            shape.outputs,
            form,
            backward,
        )
        .expect("weights")
    };
    let mut scratch = Scratch::new();
    let mut output = vec![f32::NAN; shape.output_len()];
    let weights = prepare(false);
    let bias = Some(&material.bias[..]);
    plan.forward(
        &material.input,
        &weights,
        bias,
        Activation::Relu,
        &mut output,
        &mut scratch,
    )
    .expect("forward");
    let mut pooled = vec![f32::NAN; shape.pooled_len()];
    let mut choice = vec![u8::MAX; shape.pooled_len()];
    plan.forward_pooled(
        &material.input,
        &weights,
        bias,
        &mut pooled,
        Some(&mut choice),
        &mut scratch,
    )
    .expect("forward");
    let mut unpooled = vec![f32::NAN; shape.output_len()];
    pool_backward(shape, &pooled, &choice, &mut unpooled).expect("a gradient");
    let mut data = vec![f32::NAN; shape.input_len()];
    plan.data_gradient(
        OutputGradient::Plain(&material.gradient),
        &prepare(true),
        None,
        &mut data,
        &mut scratch,
    )
    .expect("data gradient");
    let mut weight = vec![f32::NAN; shape.weight_len()];
    let mut bias = vec![f32::NAN; shape.outputs];
    plan.weight_gradient(
        &material.input,
        OutputGradient::Plain(&material.gradient),
        &mut weight,
        Some(&mut bias),
        &mut scratch,
    )
    .expect("weight gradient");
    [output, pooled, unpooled, data, weight, bias]
        .iter()
        .map(|values| bits(values))
        .collect()
}

#[test]
fn results_have_the_same_bits_on_one_two_and_three_threads_and_when_repeated() {
    let (mut compared, mut not_zero) = (0, 0);
    for form in forms() {
        for [batch, height, width, inputs, outputs] in SHAPES {
            let shape = Shape {
                batch,
                height,
                width,
                inputs,
                outputs,
            };
            let expected = run(shape, form, 1);
            for threads in [1, 2, 3, 3] {
                let pool = rayon::ThreadPoolBuilder::new()
                    .num_threads(threads)
                    .build()
                    .expect("a pool");
                let found = pool.install(|| run(shape, form, threads));
                assert!(found == expected, "{form} {shape:?} on {threads} threads");
                compared += 1;
            }
            let values = expected.iter().flatten();
            assert!(
                values
                    .clone()
                    .all(|&value| f32::from_bits(value).is_finite())
            );
            not_zero += values
                .filter(|&&value| f32::from_bits(value) != 0.0)
                .count();
        }
    }
    assert_eq!(compared, forms().len() * SHAPES.len() * 4);
    assert!(not_zero > 1_000_000, "{not_zero}");
}

#[test]
fn a_plan_for_more_threads_takes_more_scratch() {
    let shape = Shape {
        batch: 2,
        height: 28,
        width: 28,
        inputs: 64,
        outputs: 64,
    };
    let bytes = |threads| {
        Plan::with(shape, Form::detect(), threads)
            .expect("a plan")
            .scratch_bytes()
    };
    assert!(bytes(1) < bytes(2) && bytes(2) < bytes(3));
}
