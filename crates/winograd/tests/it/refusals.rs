//! What a caller gets wrong is an error that names it, never a panic and never a written output.

use winograd::{
    Activation, Error, Form, OutputGradient, Plan, PreparedWeights, Scratch, Shape, pool_backward,
};

const SHAPE: Shape = Shape {
    batch: 2,
    height: 5,
    width: 6,
    inputs: 7,
    outputs: 8,
};

#[test]
fn a_dimension_of_0_is_refused_by_its_name() {
    let mut tried = 0;
    for (what, shape) in [
        ("batch", Shape { batch: 0, ..SHAPE }),
        ("height", Shape { height: 0, ..SHAPE }),
        ("width", Shape { width: 0, ..SHAPE }),
        ("inputs", Shape { inputs: 0, ..SHAPE }),
        (
            "outputs",
            Shape {
                outputs: 0,
                ..SHAPE
            },
        ),
    ] {
        assert_eq!(Plan::new(shape), Err(Error::Zero { what }));
        assert_eq!(
            pool_backward(shape, &[], &[], &mut []),
            Err(Error::Zero { what })
        );
        tried += 1;
    }
    assert_eq!(tried, 5);
    assert_eq!(
        Plan::with(SHAPE, Form::Portable, 0),
        Err(Error::Zero { what: "threads" })
    );
    let error = PreparedWeights::forward(&[], 0, 3).err();
    assert_eq!(error, Some(Error::Zero { what: "inputs" }));
}

#[test]
fn a_shape_that_cannot_be_addressed_is_refused() {
    let mut tried = 0;
    for shape in [
        Shape {
            batch: usize::MAX,
            ..SHAPE
        },
        Shape {
            height: usize::MAX / 2,
            width: 3,
            ..SHAPE
        },
        Shape {
            inputs: 1 << 40,
            outputs: 1 << 40,
            ..SHAPE
        },
        Shape {
            batch: 1 << 30,
            height: 1 << 30,
            ..SHAPE
        },
    ] {
        assert_eq!(Plan::new(shape), Err(Error::TooLarge));
        assert_eq!(
            pool_backward(shape, &[], &[], &mut []),
            Err(Error::TooLarge)
        );
        tried += 1;
    }
    assert_eq!(tried, 4);
    let error = PreparedWeights::forward(&[], usize::MAX, usize::MAX).err();
    assert_eq!(error, Some(Error::TooLarge));
}

#[test]
fn a_form_that_the_processor_lacks_is_refused() {
    let lacking: Vec<Form> = Form::ALL
        .into_iter()
        .filter(|form| !form.is_available())
        .collect();
    assert!(!lacking.is_empty(), "no processor has NEON and AVX2");
    for form in lacking {
        assert_eq!(Plan::with(SHAPE, form, 1), Err(Error::Unavailable { form }));
        let weights = vec![0.0; SHAPE.weight_len()];
        let error = PreparedWeights::new(&weights, SHAPE.inputs, SHAPE.outputs, form, false).err();
        assert_eq!(error, Some(Error::Unavailable { form }));
    }
}

/// A length that is one short or one over is refused with both numbers.
fn assert_lengths(
    what: &'static str,
    right: usize,
    mut call: impl FnMut(usize) -> Result<(), Error>,
) {
    assert_eq!(call(right), Ok(()), "{what}");
    for found in [0, right - 1, right + 1] {
        let expected = right;
        assert_eq!(
            call(found),
            Err(Error::Length {
                what,
                found,
                expected
            })
        );
    }
}

#[test]
fn every_slice_of_another_length_is_refused_by_its_name() {
    let plan = Plan::new(SHAPE).expect("a plan");
    let mut scratch = Scratch::new();
    let zeros = |len: usize| vec![0.0; len];
    let input = zeros(SHAPE.input_len());
    let gradient = zeros(SHAPE.output_len());
    let weights = zeros(SHAPE.weight_len());
    let there = PreparedWeights::forward(&weights, 7, 8).expect("weights");
    let back = PreparedWeights::backward(&weights, 7, 8).expect("weights");
    let mut forward = |input: &[f32], bias: &[f32], output: &mut [f32]| {
        plan.forward(
            input,
            &there,
            Some(bias),
            Activation::Identity,
            output,
            &mut scratch,
        )
    };
    assert_lengths("input", input.len(), |len| {
        forward(&zeros(len), &zeros(8), &mut zeros(gradient.len()))
    });
    assert_lengths("bias", 8, |len| {
        forward(&input, &zeros(len), &mut zeros(gradient.len()))
    });
    assert_lengths("output", gradient.len(), |len| {
        forward(&input, &zeros(8), &mut zeros(len))
    });
    let pooled = 2 * 2 * 3 * 8;
    assert_eq!(SHAPE.pooled_len(), pooled);
    let mut forward_pooled = |output: &mut [f32], choice: &mut [u8]| {
        plan.forward_pooled(&input, &there, None, output, Some(choice), &mut scratch)
    };
    assert_lengths("pooled output", pooled, |len| {
        forward_pooled(&mut zeros(len), &mut vec![0; pooled])
    });
    assert_lengths("choice", pooled, |len| {
        forward_pooled(&mut zeros(pooled), &mut vec![0; len])
    });
    let mut data = |gradient: &[f32], mask: &[f32], output: &mut [f32]| {
        plan.data_gradient(
            OutputGradient::Plain(gradient),
            &back,
            Some(mask),
            output,
            &mut scratch,
        )
    };
    assert_lengths("output gradient", gradient.len(), |len| {
        data(&zeros(len), &input, &mut zeros(input.len()))
    });
    assert_lengths("pooled gradient", pooled, |len| {
        let (values, choice) = (&zeros(len)[..], &vec![0; pooled][..]);
        let gradient = OutputGradient::Pooled { values, choice };
        plan.data_gradient(
            gradient,
            &back,
            None,
            &mut zeros(input.len()),
            &mut Scratch::new(),
        )
    });
    assert_lengths("choice", pooled, |len| {
        let (values, choice) = (&zeros(pooled)[..], &vec![0; len][..]);
        let gradient = OutputGradient::Pooled { values, choice };
        plan.weight_gradient(&input, gradient, &mut zeros(504), None, &mut Scratch::new())
    });
    assert_lengths("mask", input.len(), |len| {
        data(&gradient, &zeros(len), &mut zeros(input.len()))
    });
    assert_lengths("input gradient", input.len(), |len| {
        data(&gradient, &input, &mut zeros(len))
    });
    let mut weight = |input: &[f32], gradient: &[f32], output: &mut [f32], bias: &mut [f32]| {
        plan.weight_gradient(
            input,
            OutputGradient::Plain(gradient),
            output,
            Some(bias),
            &mut scratch,
        )
    };
    assert_lengths("input", input.len(), |len| {
        weight(&zeros(len), &gradient, &mut zeros(504), &mut zeros(8))
    });
    assert_lengths("output gradient", gradient.len(), |len| {
        weight(&input, &zeros(len), &mut zeros(504), &mut zeros(8))
    });
    assert_lengths("weight gradient", 504, |len| {
        weight(&input, &gradient, &mut zeros(len), &mut zeros(8))
    });
    assert_lengths("bias gradient", 8, |len| {
        weight(&input, &gradient, &mut zeros(504), &mut zeros(len))
    });
    assert_lengths("pooled gradient", pooled, |len| {
        pool_backward(
            SHAPE,
            &zeros(len),
            &vec![0; pooled],
            &mut zeros(gradient.len()),
        )
    });
    assert_lengths("choice", pooled, |len| {
        pool_backward(
            SHAPE,
            &zeros(pooled),
            &vec![0; len],
            &mut zeros(gradient.len()),
        )
    });
    assert_lengths("output gradient", gradient.len(), |len| {
        pool_backward(SHAPE, &zeros(pooled), &vec![0; pooled], &mut zeros(len))
    });
    assert_lengths("weights", 504, |len| {
        PreparedWeights::forward(&zeros(len), 7, 8).map(|_| ())
    });
}

#[test]
fn weights_of_another_convolution_or_direction_or_form_are_refused() {
    let plan = Plan::new(SHAPE).expect("a plan");
    let weights = vec![0.0; SHAPE.weight_len()];
    let there = PreparedWeights::forward(&weights, 7, 8).expect("weights");
    let back = PreparedWeights::backward(&weights, 7, 8).expect("weights");
    let exchanged = PreparedWeights::forward(&weights, 8, 7).expect("weights");
    let portable = PreparedWeights::new(&weights, 7, 8, Form::Portable, false).expect("weights");
    let mut output = vec![f32::NAN; SHAPE.output_len()];
    let input = vec![0.0; SHAPE.input_len()];
    let mut refused = 0;
    for weights in [&back, &exchanged, &portable] {
        let found = plan.forward(
            &input,
            weights,
            None,
            Activation::Relu,
            &mut output,
            &mut Scratch::new(),
        );
        if Form::detect() == Form::Portable && std::ptr::eq(weights, &portable) {
            continue;
        }
        assert!(
            matches!(found, Err(Error::OtherWeights { .. })),
            "{found:?}"
        );
        refused += 1;
    }
    assert!(refused >= 2);
    assert!(
        output.iter().all(|value| value.is_nan()),
        "a refused call wrote"
    );
    let mut data = vec![f32::NAN; SHAPE.input_len()];
    for weights in [&there, &exchanged] {
        let found = plan.data_gradient(
            OutputGradient::Plain(&output),
            weights,
            None,
            &mut data,
            &mut Scratch::new(),
        );
        assert!(
            matches!(found, Err(Error::OtherWeights { .. })),
            "{found:?}"
        );
    }
}

#[test]
fn every_error_says_what_was_found_and_what_was_expected() {
    let error = Error::Length {
        what: "bias",
        found: 3,
        expected: 8,
    };
    assert_eq!(error.to_string(), "bias has 3 values, expected 8");
    assert_eq!(
        Error::Zero { what: "width" }.to_string(),
        "width is 0, expected at least 1"
    );
    let error = Error::Unavailable { form: Form::Neon };
    assert_eq!(
        error.to_string(),
        "this processor cannot run the form \"neon\""
    );
}
