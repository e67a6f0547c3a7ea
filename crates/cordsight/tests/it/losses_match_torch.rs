//! Losses of several findings and of classes, with their gradients, against PyTorch: of given logits, and through a network
//! with three outputs.
//!
//! Expected values: `golden/torch_losses.json`, from tools/golden/torch_losses.py; network and pictures are those of
//! `training_matches_keras`.

use burn::tensor::{Device, Tensor, TensorData};
use cordsight::block::Conv;
use cordsight::config::ClassWeights;
use cordsight::network::{Architecture, Body, Network};
use cordsight::prepare::{Fit, Grey, Preparation};
use cordsight::task::Task;
use cordsight::train::labels::Labels;
use cordsight::train::step::{Loss, mean_loss};
use cordsight::train::target::Targets;
use serde::Deserialize;

use crate::compared::{
    apart_by_each, apart_by_largest, assert_within, every_gradient, host, norm, pictures, signed,
    weights,
};

/// Allowed of a loss in single precision, of gradients as a share of the largest, and of norms through the network.
const WITHIN: [f64; 3] = [1e-6, 2e-6, 2e-5];
const SIDE: usize = 48;

#[derive(Deserialize)]
struct Golden {
    findings: Vec<Vec<Option<u8>>>,
    classes: Vec<u8>,
    positive_weights: Vec<[f32; 2]>,
    class_weights: Vec<f32>,
    smoothing: f64,
    of_logits: Vec<OfLogits>,
    of_network: Vec<OfNetwork>,
}

#[derive(Deserialize)]
struct OfLogits {
    name: String,
    scale: f32,
    loss: f64,
    gradient: Vec<f64>,
}

#[derive(Deserialize)]
struct OfNetwork {
    name: String,
    logits: Vec<f64>,
    loss: f64,
    norms: Vec<f64>,
    last: Vec<f64>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("golden/torch_losses.json")).unwrap()
}

impl Golden {
    /// Targets and loss of a case.
    fn case(&self, name: &str) -> (Targets, Loss) {
        let (kind, variant) = name.split_once('_').unwrap_or((name, ""));
        let smoothing = if variant == "smoothed" {
            self.smoothing
        } else {
            0.0
        };
        let weighted = variant == "weighted";
        if kind == "findings" {
            let weights = match weighted {
                true => self.positive_weights.clone(),
                false => vec![[1.0, 1.0]; 3],
            };
            let labels = self.findings.concat();
            let targets = Targets::of_findings(&labels, &weights, smoothing, None);
            return (targets, Loss::Sigmoid);
        }
        let weights = match weighted {
            true => self.class_weights.clone(),
            false => vec![1.0; 3],
        };
        let labels: Vec<Option<u8>> = self.classes.iter().copied().map(Some).collect();
        let targets = Targets::of_classes(&labels, &weights, smoothing, None);
        (targets, Loss::Softmax(3))
    }

    fn labels(&self, name: &str) -> Labels {
        let names = ["a", "b", "c"].map(String::from).to_vec();
        if name.starts_with("findings") {
            let mut labels = Labels::new(Task::Findings(names));
            self.findings.iter().for_each(|row| labels.push(row));
            return labels;
        }
        let mut labels = Labels::new(Task::Classes(names));
        self.classes
            .iter()
            .for_each(|class| labels.push(&[Some(*class)]));
        labels
    }
}

#[test]
fn losses_and_gradients_of_logits_are_those_of_pytorch() {
    let golden = golden();
    let device = Device::flex().autodiff();
    let mut tried = 0;
    for case in &golden.of_logits {
        let logits: Vec<f32> = signed(4000, 12).iter().map(|z| z * case.scale).collect();
        let data = TensorData::new(logits, [12]);
        let output = Tensor::<1>::from_data(data, &device).require_grad();
        let (targets, loss) = golden.case(&case.name);
        let found = mean_loss(output.clone(), &targets, loss);
        let what = |quantity: &str| format!("{} times {}: {quantity}", case.name, case.scale);
        assert_within(
            &what("loss"),
            apart_by_each(&host(&found), &[case.loss]),
            WITHIN[0],
        );
        let gradients = found.backward();
        let gradient = host(&output.grad(&gradients).unwrap());
        let apart = apart_by_largest(&gradient, &case.gradient);
        assert_within(&what("gradient"), apart, WITHIN[1]);

        if !case.name.ends_with("weighted") {
            let scale = f64::from(case.scale);
            let logits: Vec<f64> = signed(4000, 12)
                .iter()
                .map(|z| f64::from(*z) * scale)
                .collect();
            let smoothing = if case.name.ends_with("smoothed") {
                golden.smoothing
            } else {
                0.0
            };
            let on_host = golden.labels(&case.name).mean_loss(&logits, smoothing);
            assert_within(
                &what("loss on the host"),
                apart_by_each(&[on_host], &[case.loss]),
                1e-12,
            );
        }
        tried += 1;
    }
    assert_eq!(tried, 12);
}

/// What is not known moves nothing: its gradient is 0 to the bit.
#[test]
fn an_unknown_finding_has_no_gradient() {
    let golden = golden();
    let device = Device::flex().autodiff();
    let data = TensorData::new(signed(4000, 12), [12]);
    let output = Tensor::<1>::from_data(data, &device).require_grad();
    let (targets, loss) = golden.case("findings");
    let gradients = mean_loss(output.clone(), &targets, loss).backward();
    let gradient = host(&output.grad(&gradients).unwrap());
    let labels = golden.findings.concat();
    let unknown = labels.iter().filter(|label| label.is_none()).count();
    assert_eq!(unknown, 5);
    for (label, gradient) in labels.iter().zip(gradient) {
        assert_eq!(label.is_none(), gradient == 0.0);
    }
}

#[test]
fn logits_loss_and_gradients_of_a_network_with_three_outputs_are_those_of_pytorch() {
    let golden = golden();
    let architecture = Architecture {
        body: Body::Vgg11,
        width: 0.0625,
        image_size: SIDE,
        outputs: 3,
        covariates: 0,
    };
    let device = Device::flex().autodiff();
    let network = Network::new(
        &architecture,
        &weights(&architecture),
        Conv::Direct,
        &device,
    );
    let network = network.unwrap();
    let preparation = Preparation {
        mean: [0.25, 0.5, 0.375],
        std: [0.25, 0.5, 0.125],
        ..Preparation::plain(SIDE, Fit::Squash, Grey::Stored)
    };
    let pictures = pictures(4, SIDE, 2000);
    let shape = [4, preparation.channels(), SIDE, SIDE];
    let batch = TensorData::new(preparation.batch(&pictures), shape);
    let mut tried = 0;
    for case in &golden.of_network {
        let output = network.forward(Tensor::from_data(batch.clone(), &device));
        let apart = apart_by_largest(&host(&output), &case.logits);
        assert_within(&format!("{}: logits", case.name), apart, WITHIN[2]);
        let (targets, loss) = golden.case(&case.name);
        let found = mean_loss(output, &targets, loss);
        let apart = apart_by_each(&host(&found), &[case.loss]);
        assert_within(&format!("{}: loss", case.name), apart, WITHIN[2]);
        let gradients = every_gradient(&network, &found.backward());
        let norms: Vec<f64> = gradients.iter().map(|g| norm(g)).collect();
        let apart = apart_by_each(&norms, &case.norms);
        assert_within(
            &format!("{}: norms of gradients", case.name),
            apart,
            WITHIN[2],
        );
        let last = &gradients[gradients.len() - 2];
        let apart = apart_by_largest(last, &case.last);
        assert_within(
            &format!("{}: gradient of the last layer", case.name),
            apart,
            WITHIN[2],
        );
        tried += 1;
    }
    assert_eq!(tried, 2);
}

#[test]
fn one_finding_without_gaps_has_the_targets_of_two_classes_to_the_bit() {
    let mut tried = 0;
    for rule in [ClassWeights::None, ClassWeights::Balanced] {
        for smoothing in [0.0, 0.1] {
            let values = [1, 0, 0, 1, 1, 0, 0];
            let binary = Labels::binary(&values);
            let mut one = Labels::new(Task::Findings(vec!["csm".to_string()]));
            values.iter().for_each(|label| one.push(&[Some(*label)]));
            let places = [3, 0, 5, 2];
            let expected = binary.targets(&places, rule, smoothing, None);
            assert_eq!(one.targets(&places, rule, smoothing, None), expected);
            let logits = [0.3, -1.0, 2.0, 0.1, 4.0, -3.0, 0.2];
            let bits = |labels: &Labels| labels.mean_loss(&logits, smoothing).to_bits();
            assert_eq!(bits(&one), bits(&binary));
            assert_eq!(one.auc(&logits), binary.auc(&logits));
            tried += 1;
        }
    }
    assert_eq!(tried, 4);
}
