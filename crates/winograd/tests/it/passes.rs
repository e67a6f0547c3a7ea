//! Every pass over random shapes, on every form: outputs hold NaN and scratch garbage beforehand.
//!
//! Under Miri run `every_pass` and `a_pooled_gradient` alone; the others count on many shapes.

use crate::reference::{self, Material, bits, forms, relative_error};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use winograd::OutputGradient::{Plain, Pooled};
use winograd::{Activation, Form, Plan, PreparedWeights, Scratch, Shape, pool_backward};

/// Random shapes, besides the named ones; few and small where an interpreter checks the memory.
const SHAPES: usize = if cfg!(miri) { 12 } else { 500 };
/// Products of a random case, so that the test ends in time.
const PRODUCTS_MAX: usize = if cfg!(miri) { 20_000 } else { 12_000_000 };
/// Float32 rounding through the transforms: measured at most 2.4e-6 over VGG16's layers.
const DATA_LIMIT: f64 = 4e-6;
/// The sum runs over every tile of the batch, so its chains are longer.
const WEIGHT_LIMIT: f64 = 2e-5;

/// Shapes of all sizes up to 9 × 67 × 131 × 513 × 513: a dimension that makes a case too large is drawn again.
fn shapes() -> Vec<Shape> {
    let named = [
        [1, 1, 1, 1, 1],
        [1, 1, 1, 513, 513],
        [9, 1, 1, 17, 33],
        [1, 67, 131, 5, 7],
        [1, 67, 131, 1, 31],
        [2, 67, 131, 3, 6],
        [1, 4, 4, 16, 32],
        [1, 5, 5, 129, 257],
        [1, 3, 2, 512, 34],
        [1, 2, 3, 6, 513],
        [9, 16, 16, 16, 8],
        [1, 1, 131, 31, 63],
        [1, 67, 1, 48, 64],
        [3, 6, 10, 4, 64],
    ];
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let largest = if cfg!(miri) {
        [2, 9, 9, 20, 20]
    } else {
        [9, 67, 131, 513, 513]
    };
    let mut shapes: Vec<[usize; 5]> = if cfg!(miri) {
        Vec::new()
    } else {
        named.to_vec()
    };
    let count = shapes.len() + SHAPES;
    while shapes.len() < count {
        // Spread evenly over orders of magnitude; one in three kept as large as it may be.
        let mut draw = |largest: usize| -> usize {
            if random.random_range(0..3) == 0 {
                random.random_range(1..=largest)
            } else {
                f64::from(largest as u32 + 1).powf(random.random_range(0.0..1.0)) as usize
            }
        };
        let mut sizes = largest.map(&mut draw);
        while sizes.iter().product::<usize>() * 9 > PRODUCTS_MAX {
            let index = random.random_range(0..5);
            sizes[index] = random.random_range(1..=sizes[index]);
        }
        shapes.push(sizes);
    }
    let shape = |[batch, height, width, inputs, outputs]: [usize; 5]| Shape {
        batch,
        height,
        width,
        inputs,
        outputs,
    };
    shapes.into_iter().map(shape).collect()
}

/// The largest errors of a form.
#[derive(Default)]
struct Worst {
    forward: f64,
    data: f64,
    weight: f64,
    bias: f64,
}

/// Runs a pass on an output of NaN until scratch, then full of NaN, no longer grows; the result must stay the same.
fn poisoned(
    len: usize,
    scratch: &mut Scratch,
    mut pass: impl FnMut(&mut [f32], &mut Scratch),
) -> Vec<f32> {
    let mut first = vec![f32::NAN; len];
    scratch.fill(f32::NAN);
    pass(&mut first, scratch);
    let mut again = vec![f32::NAN; len];
    scratch.fill(f32::NAN);
    pass(&mut again, scratch);
    assert_eq!(bits(&first), bits(&again));
    again
}

#[test]
fn every_pass_agrees_with_the_plain_sums_on_random_shapes() {
    let shapes = shapes();
    assert!(shapes.len() >= SHAPES);
    let mut worst: Vec<(Form, Worst)> = forms()
        .into_iter()
        .map(|form| (form, Worst::default()))
        .collect();
    let mut scratch = Scratch::new();
    let mut tried = 0;
    for (seed, &shape) in shapes.iter().enumerate() {
        let material = Material::draw(shape, seed as u64);
        let forward = reference::forward(shape, &material);
        let data = reference::data_gradient(shape, &material);
        let (weight, bias) = reference::weight_gradient(shape, &material);
        for (form, worst) in &mut worst {
            let plan = Plan::with(shape, *form, 2).expect("a plan");
            let prepare = |backward| {
                PreparedWeights::new(
                    &material.weights,
                    shape.inputs,
                    shape.outputs,
                    *form,
                    backward,
                )
                .expect("weights")
            };
            let (there, back) = (prepare(false), prepare(true));
            let found = poisoned(shape.output_len(), &mut scratch, |output, scratch| {
                let bias = Some(&material.bias[..]);
                plan.forward(
                    &material.input,
                    &there,
                    bias,
                    Activation::Identity,
                    output,
                    scratch,
                )
                .expect("forward");
            });
            let error = relative_error(&found, &forward);
            assert!(error <= DATA_LIMIT, "{form} forward {shape:?}: {error:e}");
            worst.forward = worst.forward.max(error);
            let found = poisoned(shape.input_len(), &mut scratch, |output, scratch| {
                plan.data_gradient(Plain(&material.gradient), &back, None, output, scratch)
                    .expect("data gradient");
            });
            let error = relative_error(&found, &data);
            assert!(
                error <= DATA_LIMIT,
                "{form} data gradient {shape:?}: {error:e}"
            );
            worst.data = worst.data.max(error);
            let mut found_bias = vec![f32::NAN; shape.outputs];
            let found = poisoned(shape.weight_len(), &mut scratch, |output, scratch| {
                found_bias.fill(f32::NAN);
                plan.weight_gradient(
                    &material.input,
                    Plain(&material.gradient),
                    output,
                    Some(&mut found_bias),
                    scratch,
                )
                .expect("weight gradient");
            });
            let error = relative_error(&found, &weight);
            assert!(
                error <= WEIGHT_LIMIT,
                "{form} weight gradient {shape:?}: {error:e}"
            );
            worst.weight = worst.weight.max(error);
            let error = relative_error(&found_bias, &bias);
            assert!(
                error <= WEIGHT_LIMIT,
                "{form} bias gradient {shape:?}: {error:e}"
            );
            worst.bias = worst.bias.max(error);
            tried += 1;
        }
    }
    assert_eq!(tried, shapes.len() * forms().len());
    for (
        form,
        Worst {
            forward,
            data,
            weight,
            bias,
        },
    ) in worst
    {
        println!(
            "{form:8} forward {forward:.1e} data {data:.1e} weight {weight:.1e} bias {bias:.1e}"
        );
    }
}

/// ReLU and 2 × 2 max-pooling of stored outputs: values and choices.
fn pooled(shape: Shape, outputs: &[f32]) -> (Vec<f32>, Vec<u8>) {
    let (mut values, mut choices) = (Vec::new(), Vec::new());
    let at = |image, y, x, channel| {
        outputs[((image * shape.height + y) * shape.width + x) * shape.outputs + channel]
    };
    for image in 0..shape.batch {
        for y in 0..shape.height / 2 {
            for x in 0..shape.width / 2 {
                for channel in 0..shape.outputs {
                    let (mut largest, mut choice) = (0.0, winograd::INACTIVE);
                    for place in 0..4_u8 {
                        let value = at(
                            image,
                            2 * y + usize::from(place / 2),
                            2 * x + usize::from(place % 2),
                            channel,
                        );
                        if value > largest {
                            (largest, choice) = (value, place);
                        }
                    }
                    values.push(largest);
                    choices.push(choice);
                }
            }
        }
    }
    (values, choices)
}

#[test]
fn relu_mask_and_pooling_are_what_they_are_on_stored_outputs() {
    let mut scratch = Scratch::new();
    let (mut tried, mut choices_seen) = (0, [0; 5]);
    for (seed, &shape) in shapes().iter().enumerate().step_by(2) {
        let material = Material::draw(shape, 1000 + seed as u64);
        for form in forms() {
            let plan = Plan::with(shape, form, 2).expect("a plan");
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
            let weights = prepare(false);
            let bias = Some(&material.bias[..]);
            let mut run = |activation| {
                poisoned(shape.output_len(), &mut scratch, |output, scratch| {
                    plan.forward(&material.input, &weights, bias, activation, output, scratch)
                        .expect("forward");
                })
            };
            let plain = run(Activation::Identity);
            let relu: Vec<f32> = plain.iter().map(|&value| value.max(0.0)).collect();
            assert!(run(Activation::Relu) == relu, "{form} {shape:?}");

            let (values, choices) = pooled(shape, &plain);
            let mut found_choices = vec![u8::MAX; shape.pooled_len()];
            let found = poisoned(shape.pooled_len(), &mut scratch, |output, scratch| {
                found_choices.fill(u8::MAX);
                plan.forward_pooled(
                    &material.input,
                    &weights,
                    bias,
                    output,
                    Some(&mut found_choices),
                    scratch,
                )
                .expect("forward");
            });
            assert!(found == values, "{form} {shape:?}");
            assert!(found_choices == choices, "{form} {shape:?}");
            let found = poisoned(shape.pooled_len(), &mut scratch, |output, scratch| {
                plan.forward_pooled(&material.input, &weights, bias, output, None, scratch)
                    .expect("forward");
            });
            assert!(found == values, "{form} {shape:?}");
            for &choice in &choices {
                choices_seen[usize::from(choice)] += 1;
            }

            let back = prepare(true);
            let mut run = |mask| {
                poisoned(shape.input_len(), &mut scratch, |output, scratch| {
                    plan.data_gradient(Plain(&material.gradient), &back, mask, output, scratch)
                        .expect("data gradient");
                })
            };
            let plain = run(None);
            let masked = plain.iter().zip(&material.input);
            let masked: Vec<f32> = masked
                .map(|(&value, &mask)| if mask > 0.0 { value } else { 0.0 })
                .collect();
            assert!(run(Some(&material.input)) == masked, "{form} {shape:?}");
            tried += 1;
        }
    }
    assert!(
        tried >= 250 && choices_seen.iter().all(|&count| count > 1000),
        "{choices_seen:?}"
    );
}

#[test]
fn the_gradient_of_a_pooled_value_goes_to_the_place_it_came_from() {
    let mut tried = 0;
    for (seed, &shape) in shapes().iter().enumerate().step_by(5) {
        let mut random = ChaCha8Rng::seed_from_u64(seed as u64);
        let gradient: Vec<f32> = (0..shape.pooled_len())
            .map(|_| random.random_range(-1.0..1.0))
            .collect();
        let choice: Vec<u8> = (0..shape.pooled_len())
            .map(|_| random.random_range(0..5))
            .collect();
        let mut expected = vec![0.0; shape.output_len()];
        let (rows, columns) = (shape.height / 2, shape.width / 2);
        for (index, (&gradient, &choice)) in gradient.iter().zip(&choice).enumerate() {
            let (pixel, channel) = (index / shape.outputs, index % shape.outputs);
            let (image, y, x) = (
                pixel / columns / rows,
                pixel / columns % rows,
                pixel % columns,
            );
            if choice < 4 {
                let (y, x) = (
                    2 * y + usize::from(choice / 2),
                    2 * x + usize::from(choice % 2),
                );
                expected
                    [((image * shape.height + y) * shape.width + x) * shape.outputs + channel] =
                    gradient;
                tried += 1;
            }
        }
        let mut found = vec![f32::NAN; shape.output_len()];
        pool_backward(shape, &gradient, &choice, &mut found).expect("a gradient");
        assert!(found == expected, "{shape:?}");
    }
    assert!(tried > 10_000);
}

#[test]
fn a_pooled_gradient_gives_the_bits_of_the_gradient_that_it_spreads_to() {
    let mut scratch = Scratch::new();
    let mut tried = 0;
    for (seed, &shape) in shapes().iter().enumerate().step_by(3) {
        let material = Material::draw(shape, 2000 + seed as u64);
        let mut random = ChaCha8Rng::seed_from_u64(seed as u64);
        let choice: Vec<u8> = (0..shape.pooled_len())
            .map(|_| random.random_range(0..5))
            .collect();
        let values = &material.gradient[..shape.pooled_len()];
        let mut spread = vec![f32::NAN; shape.output_len()];
        pool_backward(shape, values, &choice, &mut spread).expect("a gradient");
        let pooled = Pooled {
            values,
            choice: &choice,
        };
        for form in forms() {
            let plan = Plan::with(shape, form, 2).expect("a plan");
            let (inputs, outputs) = (shape.inputs, shape.outputs);
            let back = PreparedWeights::new(&material.weights, inputs, outputs, form, true);
            let back = back.expect("weights");
            let mut data = |gradient| {
                poisoned(shape.input_len(), &mut scratch, |output, scratch| {
                    let mask = Some(&material.input[..]);
                    plan.data_gradient(gradient, &back, mask, output, scratch)
                        .expect("data gradient");
                })
            };
            assert!(
                bits(&data(pooled)) == bits(&data(Plain(&spread))),
                "{form} {shape:?}"
            );
            let mut weight = |gradient| {
                let mut bias = vec![f32::NAN; shape.outputs];
                let weight = poisoned(shape.weight_len(), &mut scratch, |output, scratch| {
                    plan.weight_gradient(
                        &material.input,
                        gradient,
                        output,
                        Some(&mut bias),
                        scratch,
                    )
                    .expect("weight gradient");
                });
                (bits(&weight), bits(&bias))
            };
            assert!(weight(pooled) == weight(Plain(&spread)), "{form} {shape:?}");
            tried += 1;
        }
    }
    assert!(tried >= shapes().len() / 3);
}
