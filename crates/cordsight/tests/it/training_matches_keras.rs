//! Two narrow networks against Keras: logits, loss, every gradient, and ten steps of Adam. One pass of the paper's network.
//!
//! Expected values: `golden/keras_network.json`, from tools/golden/keras_network.py, in single precision as ours.
//! Weights and pictures come from the formula [`signed`](crate::compared::signed), the same bits on both sides.

use burn::tensor::{Device, Tensor, TensorData};
use cordsight::adam::Adam;
use cordsight::block::Conv;
use cordsight::network::{Architecture, Body, Network};
use cordsight::prepare::{Fit, Grey, Preparation};
use cordsight::train::step::{Batch, step};
use cordsight::weights::Weights;
use serde::Deserialize;

use crate::compared::{
    apart_by_each, apart_by_largest, assert_within, every_gradient, host, largest, norm, pictures,
    planes, weights,
};

/// Rounding of one pass, relative; the two were apart by up to 2e-6.
const PASS: f64 = 1e-5;
/// The same for the gradients of the paper's network, where a ReLU or a maximum among 15 million switches; the two were apart
/// by up to 6.2e-4.
const GRADIENTS_OF_FULL: f64 = 1e-3;
/// The same over ten steps, which let rounding grow, of losses, changes of the weights and logits; the two were apart by up
/// to 1.4e-5.
const TEN_STEPS: [f64; 3] = [1e-4; 3];
/// The same by Winograd's method, the losses relative to the largest. It rounds twice as much, and one ReLU or maximum that
/// switches is seen from then on; where Burn's own convolution starts from weights changed by up to 3e-6 of themselves,
/// it ends as far from Keras: 2.2e-4, 2.6e-2 and 6e-3. The method was apart by 1.9e-4, 1.1e-2 and 4.8e-3.
const TEN_STEPS_WINOGRAD: [f64; 3] = [1e-3, 4e-2, 1e-2];

#[derive(Deserialize)]
struct Golden {
    body_parameters: BodyParameters,
    networks: Vec<Expected>,
    full: Pass,
}

#[derive(Deserialize)]
struct BodyParameters {
    vgg16: usize,
    vgg19: usize,
}

#[derive(Deserialize)]
struct Expected {
    #[serde(flatten)]
    pass: Pass,
    grey: GreySteps,
}

#[derive(Deserialize)]
struct Pass {
    body: Body,
    width: f64,
    image_size: usize,
    labels: Vec<f32>,
    colour: Colour,
}

/// One pass over pictures of three unlike channels.
#[derive(Deserialize)]
struct Colour {
    logits: Vec<f64>,
    loss: f64,
    gradients: Vec<Gradient>,
}

#[derive(Deserialize)]
struct Gradient {
    norm: f64,
    at: Vec<usize>,
    values: Vec<f64>,
}

/// Ten steps on grey pictures.
#[derive(Deserialize)]
struct GreySteps {
    mean: [f32; 3],
    std: [f32; 3],
    rate: f64,
    losses: Vec<f64>,
    /// Norm of the change of each parameter over all steps.
    changes: Vec<f64>,
    logits_after: Vec<f64>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("golden/keras_network.json")).unwrap()
}

impl Pass {
    fn architecture(&self) -> Architecture {
        Architecture {
            body: self.body,
            width: self.width,
            image_size: self.image_size,
            outputs: 1,
            covariates: 0,
        }
    }
}

/// Both narrow networks.
fn networks() -> Vec<Expected> {
    let networks = golden().networks;
    assert_eq!(networks.len(), 2);
    networks
}

#[test]
fn logits_and_every_gradient_are_those_of_keras() {
    for network in networks() {
        gradients_are_those_of_keras(&network.pass, Conv::Direct, PASS);
    }
}

#[test]
fn logits_and_every_gradient_are_those_of_keras_by_winograds_method() {
    for network in networks() {
        gradients_are_those_of_keras(&network.pass, Conv::Winograd, PASS);
    }
}

#[test]
#[ignore = "slow: the paper's network, twice"]
fn logits_and_every_gradient_of_the_papers_network_are_those_of_keras() {
    let full = golden().full;
    assert_eq!(
        (full.body, full.width, full.image_size),
        (Body::Vgg16, 1.0, 224)
    );
    gradients_are_those_of_keras(&full, Conv::Winograd, GRADIENTS_OF_FULL);
    gradients_are_those_of_keras(&full, Conv::Direct, GRADIENTS_OF_FULL);
}

fn gradients_are_those_of_keras(expected: &Pass, conv: Conv, gradients_within: f64) {
    let architecture = expected.architecture();
    let weights = weights(&architecture);
    let device = Device::flex().autodiff();
    let (side, count) = (expected.image_size, expected.labels.len());
    let network = Network::new(&architecture, &weights, conv, &device).unwrap();
    let pictures = planes(12, side, 1000).concat();
    let pictures = TensorData::new(pictures, [count, 3, side, side]);
    let labels = TensorData::new(expected.labels.clone(), [count]);
    let labels = Tensor::<1>::from_data(labels, &device);

    let logits = network.forward(Tensor::from_data(pictures, &device));
    let what = |quantity: &str| format!("{} {conv} {quantity}", expected.body);
    let logits_apart = apart_by_largest(&host(&logits), &expected.colour.logits);
    assert_within(&what("logits"), logits_apart, PASS);
    // ln(1 + exp(z)) - z y: nothing overflows at these logits.
    let loss = ((logits.clone().exp() + 1.0).log() - logits * labels).mean();
    let loss_apart = apart_by_each(&host(&loss), &[expected.colour.loss]);
    assert_within(&what("loss"), loss_apart, PASS);

    let gradients = every_gradient(&network, &loss.backward());
    let parameters = architecture.parameters();
    assert_eq!(gradients.len(), parameters.len());
    assert_eq!(expected.colour.gradients.len(), parameters.len());
    let (mut norms, mut elements) = (0.0_f64, 0.0_f64);
    for (found, expected) in gradients.iter().zip(&expected.colour.gradients) {
        assert!(!expected.at.is_empty() && expected.norm > 0.0);
        norms = largest([norms, (norm(found) - expected.norm).abs() / expected.norm]);
        for (&at, value) in expected.at.iter().zip(&expected.values) {
            elements = largest([elements, (found[at] - value).abs() / expected.norm]);
        }
    }
    assert_within(&what("norms of gradients"), norms, gradients_within);
    assert_within(&what("elements of gradients"), elements, gradients_within);
}

#[test]
fn ten_steps_give_the_losses_the_weights_and_the_logits_of_keras() {
    ten_steps_are_those_of_keras(Conv::Direct);
}

#[test]
fn ten_steps_give_the_losses_the_weights_and_the_logits_of_keras_by_winograds_method() {
    ten_steps_are_those_of_keras(Conv::Winograd);
}

fn ten_steps_are_those_of_keras(conv: Conv) {
    let [losses_within, changes_within, logits_within] = match conv {
        Conv::Direct => TEN_STEPS,
        Conv::Winograd => TEN_STEPS_WINOGRAD,
    };
    for Expected {
        pass,
        grey: expected,
    } in networks()
    {
        let architecture = pass.architecture();
        let weights = weights(&architecture);
        let plain = Device::flex();
        let device = plain.clone().autodiff();
        let side = pass.image_size;
        let preparation = Preparation {
            mean: expected.mean,
            std: expected.std,
            ..Preparation::plain(side, Fit::Squash, Grey::Stored)
        };
        let pictures = pictures(pass.labels.len() as u32, side, 2000);
        let batch = Batch {
            pictures: &pictures,
            labels: pass.labels.clone(),
            weights: vec![1.0; pictures.len()],
            dropout: None,
        };
        let zeros = Weights::zeros(&architecture);
        let mut adam = Adam::new(0, &zeros, &zeros, &plain);
        let mut network = Network::new(&architecture, &weights, conv, &device).unwrap();
        let mut losses = Vec::new();
        for _ in 0..10 {
            let outcome;
            (network, outcome) = step(
                network,
                &batch,
                &preparation,
                &mut adam,
                expected.rate,
                &device,
            );
            losses.push(f64::from(outcome.loss));
        }
        let what = |quantity: &str| format!("{} {conv} {quantity}", pass.body);
        let losses_apart = match conv {
            Conv::Direct => apart_by_each(&losses, &expected.losses),
            Conv::Winograd => apart_by_largest(&losses, &expected.losses),
        };
        assert_within(&what("losses"), losses_apart, losses_within);

        let after = Weights::from_network(&architecture, &network);
        let changes: Vec<f64> = after
            .tensors()
            .iter()
            .zip(weights.tensors())
            .map(|(after, before)| {
                let pairs = after.values.iter().zip(&before.values);
                let change: Vec<f64> = pairs.map(|(a, b)| f64::from(*a) - f64::from(*b)).collect();
                norm(&change)
            })
            .collect();
        let changes_apart = apart_by_each(&changes, &expected.changes);
        assert_within(
            &what("changes of the weights"),
            changes_apart,
            changes_within,
        );

        let network = Network::new(&architecture, &after, conv, &plain).unwrap();
        let logits = cordsight::score::logits(&network, &preparation, &pictures, &plain);
        let logits_apart = apart_by_largest(&logits, &expected.logits_after);
        assert_within(&what("logits after"), logits_apart, logits_within);
    }
}

#[test]
fn the_body_has_as_many_parameters_as_that_of_keras() {
    let expected = golden().body_parameters;
    assert_eq!(expected.vgg16, 14_714_688);
    for (body, parameters) in [(Body::Vgg16, expected.vgg16), (Body::Vgg19, expected.vgg19)] {
        let architecture = Architecture {
            body,
            width: 1.0,
            image_size: 224,
            outputs: 1,
            covariates: 0,
        };
        assert_eq!(architecture.body_parameter_count(), parameters, "{body}");
    }
}
