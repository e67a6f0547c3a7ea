//! Bodies with batch normalisation and residual bodies against torchvision: logits in evaluation and in training, loss, every
//! gradient, running statistics, and steps with and without frozen stages.
//!
//! Expected values: `golden/torch_bodies.json`, from tools/golden/torch_bodies.py. Weights and pictures come from the formula
//! of `training_matches_keras`.

use burn::tensor::{Device, Gradients, Tensor, TensorData};
use cordsight::adam::Adam;
use cordsight::block::Conv;
use cordsight::network::{Architecture, Body, Network, Role, joined};
use cordsight::train::step::{Loss, mean_loss};
use cordsight::train::target::Targets;
use cordsight::weights::{NamedTensor, Weights};
use serde::Deserialize;

use crate::compared::{
    apart_by_largest, assert_within, gradients_of, host, largest, norm, planes, signed,
};

/// Rounding of one pass relative to the largest value; the two were apart by up to 5.1e-6.
const PASS: f64 = 2e-5;
/// The same of gradients, relative to the norm of each; they were apart by up to 3.2e-6.
const GRADIENTS: f64 = 2e-5;
/// The same of losses, statistics and logits over three steps. A bias before a normalisation has a gradient of rounding alone,
/// which Adam makes a step of, and the running mean follows the bias: VGG's were apart by 1.2e-3 there, ResNet's, which
/// has no such bias, by 3.4e-7.
const STEPS: [f64; 3] = [1e-5, 5e-3, 5e-3];

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
    covariates: Covariates,
}

#[derive(Deserialize)]
struct Case {
    body: Body,
    width: f64,
    image_size: usize,
    labels: Vec<f32>,
    rate: f64,
    evaluation: Evaluation,
    training: Training,
    steps: Vec<Steps>,
}

#[derive(Deserialize)]
struct Evaluation {
    logits: Vec<f64>,
    picture_gradient: Some,
}

#[derive(Deserialize)]
struct Training {
    logits: Vec<f64>,
    loss: f64,
    /// Of all parameters but running statistics.
    gradients: Vec<Some>,
    statistics: Vec<Some>,
}

#[derive(Deserialize)]
struct Steps {
    frozen_stages: usize,
    losses: Vec<f64>,
    statistics: Vec<Some>,
    logits_after: Vec<f64>,
}

/// A tensor by its norm and a few of its values.
#[derive(Deserialize)]
struct Some {
    norm: f64,
    at: Vec<usize>,
    values: Vec<f64>,
}

impl Some {
    /// Largest difference of norm and values, relative to `scale` or the norm, whichever is larger.
    fn apart(&self, found: &[f64], scale: f64) -> f64 {
        assert!(!self.at.is_empty());
        let scale = scale.max(self.norm);
        let values = self.at.iter().zip(&self.values);
        let apart = values.map(|(&at, value)| (found[at] - value).abs() / scale);
        largest(apart.chain([(norm(found) - self.norm).abs() / scale]))
    }
}

/// One pass in training with four numbers of each patient beside the features of the first case's body.
#[derive(Deserialize)]
struct Covariates {
    logits: Vec<f64>,
    loss: f64,
    gradients: Vec<Some>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("golden/torch_bodies.json")).unwrap()
}

fn cases() -> Vec<Case> {
    let golden = golden();
    assert!(golden.cases.len() >= 2);
    golden.cases
}

impl Case {
    fn architecture(&self) -> Architecture {
        Architecture {
            body: self.body,
            width: self.width,
            image_size: self.image_size,
            outputs: 1,
            covariates: 0,
        }
    }

    fn pictures(&self, device: &Device) -> Tensor<4> {
        let side = self.image_size;
        let pictures = planes(12, side, 1000).concat();
        Tensor::from_data(TensorData::new(pictures, [4, 3, side, side]), device)
    }

    fn targets(&self) -> Targets {
        Targets {
            labels: self.labels.clone(),
            weights: vec![1.0; self.labels.len()],
        }
    }
}

/// As the script fills them.
pub fn filled(architecture: &Architecture) -> Vec<NamedTensor> {
    let parameters = architecture.parameters().into_iter().enumerate();
    let tensors = parameters.map(|(stream, parameter)| {
        let (start, by) = match parameter.role {
            Role::Weight => {
                let fan_in = match parameter.shape.as_slice() {
                    [_, inputs, rows, columns] => inputs * rows * columns,
                    shape => shape[0],
                };
                (0.0, (6.0 / fan_in as f64).sqrt())
            }
            Role::Factor => (1.0, 0.25),
            Role::RunningVariance => (1.0, 0.5),
            Role::Bias | Role::RunningMean => (0.0, 0.1),
        };
        let values = signed(stream as u32, parameter.shape.iter().product());
        let values = values
            .into_iter()
            .map(|value| start as f32 + by as f32 * value);
        NamedTensor {
            name: parameter.name,
            shape: parameter.shape,
            values: values.collect(),
        }
    });
    tensors.collect()
}

fn weights(architecture: &Architecture) -> Weights {
    Weights::for_architecture(architecture, filled(architecture)).unwrap()
}

/// Values of the running statistics.
fn statistics(architecture: &Architecture, weights: &Weights) -> Vec<Vec<f64>> {
    let all = architecture.parameters().into_iter().zip(weights.tensors());
    let running = all.filter(|(parameter, _)| !parameter.role.is_trained());
    let values = running.map(|(_, t)| t.values.iter().map(|v| f64::from(*v)).collect());
    values.collect()
}

fn furthest(found: &[Vec<f64>], expected: &[Some]) -> f64 {
    assert_eq!(found.len(), expected.len());
    assert!(!found.is_empty());
    let pairs = found.iter().zip(expected);
    largest(pairs.map(|(f, e)| e.apart(f, 0.0)))
}

/// Largest difference of all gradients, those of biases relative to their layer's weights.
fn apart_from(
    network: &Network,
    architecture: &Architecture,
    gradients: &Gradients,
    expected: &[Some],
) -> f64 {
    let found = gradients_of(network, gradients);
    let parameters = architecture.parameters();
    assert_eq!(found.len(), parameters.len());
    let mut expected = expected.iter();
    let (mut furthest, mut weight) = (0.0_f64, 0.0);
    for (found, parameter) in found.iter().zip(&parameters) {
        assert_eq!(
            found.is_some(),
            parameter.role.is_trained(),
            "{parameter:?}"
        );
        let Option::Some(found) = found else { continue };
        let expected = expected.next().unwrap();
        if parameter.role == Role::Weight {
            weight = expected.norm;
        }
        // A bias before a normalisation has no effect: its gradient is 0, and rounding of others.
        furthest = largest([furthest, expected.apart(found, weight)]);
    }
    assert!(expected.next().is_none());
    furthest
}

#[test]
fn with_covariates_beside_the_features_logits_loss_and_gradients_are_those_of_torch() {
    let Golden { cases, covariates } = golden();
    let case = &cases[0];
    let architecture = Architecture {
        covariates: 4,
        ..case.architecture()
    };
    let device = Device::flex().autodiff();
    let weights = weights(&architecture);
    let network = Network::new(&architecture, &weights, Conv::Winograd, &device).unwrap();
    let known = TensorData::new(signed(3000, 16), [4, 4]);
    let known = Tensor::<2>::from_data(known, &device);
    let (features, _) = network.observe(case.pictures(&device));
    let logits = network.head(joined(features, Option::Some(known)));
    let logits_apart = apart_by_largest(&host(&logits), &covariates.logits);
    assert_within("logits", logits_apart, PASS);
    let loss = mean_loss(logits, &case.targets(), Loss::Sigmoid);
    let loss_apart = apart_by_largest(&host(&loss), &[covariates.loss]);
    assert_within("loss", loss_apart, PASS);
    let gradients = loss.backward();
    let gradients = apart_from(&network, &architecture, &gradients, &covariates.gradients);
    assert_within("gradients", gradients, GRADIENTS);
}

#[test]
fn in_evaluation_logits_and_the_gradient_of_the_picture_are_those_of_torch() {
    for case in cases() {
        let architecture = case.architecture();
        let weights = weights(&architecture);
        for conv in [Conv::Direct, Conv::Winograd] {
            let what = |quantity: &str| format!("{} {conv} {quantity}", case.body);
            let device = Device::flex();
            let network = Network::new(&architecture, &weights, conv, &device).unwrap();
            let logits = host(&network.forward(case.pictures(&device)));
            let logits_apart = apart_by_largest(&logits, &case.evaluation.logits);
            assert_within(&what("logits"), logits_apart, PASS);

            let device = device.autodiff();
            let network = Network::new(&architecture, &weights, conv, &device).unwrap();
            let network = network.freeze(usize::MAX);
            let pictures = case.pictures(&device).require_grad();
            let logits = network.forward(pictures.clone());
            let logits_apart = apart_by_largest(&host(&logits), &case.evaluation.logits);
            assert_within(&what("logits with autodiff"), logits_apart, PASS);
            let gradients = logits.sum().backward();
            let gradient = host(&pictures.grad(&gradients).expect("a gradient"));
            let gradient_apart = case.evaluation.picture_gradient.apart(&gradient, 0.0);
            assert_within(&what("gradient of the pictures"), gradient_apart, GRADIENTS);
        }
    }
}

#[test]
fn in_training_logits_loss_gradients_and_running_statistics_are_those_of_torch() {
    for case in cases() {
        let architecture = case.architecture();
        let weights = weights(&architecture);
        let device = Device::flex().autodiff();
        for conv in [Conv::Direct, Conv::Winograd] {
            let what = |quantity: &str| format!("{} {conv} training {quantity}", case.body);
            let network = Network::new(&architecture, &weights, conv, &device).unwrap();
            let (features, observed) = network.observe(case.pictures(&device));
            let logits = network.head(features);
            let logits_apart = apart_by_largest(&host(&logits), &case.training.logits);
            assert_within(&what("logits"), logits_apart, PASS);
            let loss = mean_loss(logits, &case.targets(), Loss::Sigmoid);
            let loss_apart = apart_by_largest(&host(&loss), &[case.training.loss]);
            assert_within(&what("loss"), loss_apart, PASS);

            let furthest_of_all = apart_from(
                &network,
                &architecture,
                &loss.backward(),
                &case.training.gradients,
            );
            assert_within(&what("gradients"), furthest_of_all, GRADIENTS);

            let network = network.follow(observed);
            let after = Weights::from_network(&architecture, &network);
            let found = statistics(&architecture, &after);
            let statistics_apart = furthest(&found, &case.training.statistics);
            assert_within(&what("running statistics"), statistics_apart, PASS);
        }
    }
}

#[test]
fn steps_with_and_without_frozen_stages_are_those_of_torch() {
    let plain = Device::flex();
    let device = plain.clone().autodiff();
    for case in cases() {
        let architecture = case.architecture();
        assert_eq!(case.steps.len(), 2);
        for expected in &case.steps {
            let start = weights(&architecture);
            let parameters = architecture.parameters().into_iter();
            let frozen = parameters
                .take_while(|p| p.block.is_some_and(|block| block < expected.frozen_stages))
                .count();
            let zeros = Weights::zeros(&architecture);
            let mut adam = Adam::new(0, &zeros, &zeros, &plain);
            let mut network = Network::new(&architecture, &start, Conv::Winograd, &device)
                .unwrap()
                .freeze(frozen);
            let mut losses = Vec::new();
            for _ in &expected.losses {
                let (features, observed) = network.observe(case.pictures(&device));
                let loss = mean_loss(network.head(features), &case.targets(), Loss::Sigmoid);
                losses.push(host(&loss)[0]);
                network = adam.step(network.follow(observed), &mut loss.backward(), case.rate);
            }
            let what = |quantity: &str| {
                let frozen = expected.frozen_stages;
                format!("{} {frozen} frozen, {quantity}", case.body)
            };
            let losses_apart = apart_by_largest(&losses, &expected.losses);
            assert_within(&what("losses"), losses_apart, STEPS[0]);
            let after = Weights::from_network(&architecture, &network);
            for (after, start) in after.tensors().iter().zip(start.tensors()).take(frozen) {
                assert_eq!(after, start, "frozen");
            }
            let found = statistics(&architecture, &after);
            assert_within(
                &what("statistics"),
                furthest(&found, &expected.statistics),
                STEPS[1],
            );
            let network = Network::new(&architecture, &after, Conv::Winograd, &plain).unwrap();
            let logits = host(&network.forward(case.pictures(&plain)));
            let logits_apart = apart_by_largest(&logits, &expected.logits_after);
            assert_within(&what("logits after"), logits_apart, STEPS[2]);
        }
    }
}
