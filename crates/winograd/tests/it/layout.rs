//! Examples small enough to check by hand.

use winograd::{Activation, Plan, PreparedWeights, Scratch, Shape};

/// One image of 3 × 4 pixels, one input, one output; the values that a single tap gives.
fn shifted(tap: usize, inputs: usize) -> Vec<f32> {
    let shape = Shape {
        batch: 1,
        height: 3,
        width: 4,
        inputs,
        outputs: 1,
    };
    let plan = Plan::new(shape).expect("a plan");
    let mut weights = vec![0.0; shape.weight_len()];
    weights[tap * inputs] = 1.0;
    let weights = PreparedWeights::forward(&weights, inputs, 1).expect("weights");
    let mut image = vec![0.0; shape.input_len()];
    for (pixel, values) in image.chunks_exact_mut(inputs).enumerate() {
        values[0] = (pixel + 1) as f32;
    }
    let mut output = vec![f32::NAN; 12];
    plan.forward(
        &image,
        &weights,
        None,
        Activation::Identity,
        &mut output,
        &mut Scratch::new(),
    )
    .expect("forward");
    output
}

#[test]
fn a_tap_above_and_left_moves_the_image_down_and_right() {
    let expected = [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 3.0, 0.0, 5.0, 6.0, 7.0];
    let mut tried = 0;
    // The plain method, and Winograd's.
    for inputs in [1, 5] {
        for (found, expected) in shifted(0, inputs).into_iter().zip(expected) {
            assert!((found - expected).abs() < 1e-5, "{found} {expected}");
            tried += 1;
        }
    }
    assert_eq!(tried, 24);
}

#[test]
fn a_tap_to_the_right_moves_the_image_to_the_left() {
    let expected = [
        2.0, 3.0, 4.0, 0.0, 6.0, 7.0, 8.0, 0.0, 10.0, 11.0, 12.0, 0.0,
    ];
    let mut tried = 0;
    for inputs in [1, 5] {
        for (found, expected) in shifted(5, inputs).into_iter().zip(expected) {
            assert!((found - expected).abs() < 1e-5, "{found} {expected}");
            tried += 1;
        }
    }
    assert_eq!(tried, 24);
}
