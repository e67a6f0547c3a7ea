//! Ten steps under each setting of training against Keras: AdamW, a cosine learning rate with warm-up, label smoothing, and
//! frozen layers.
//!
//! Expected values: `golden/keras_training.json`, from tools/golden/keras_training.py; network, weights and pictures are
//! those of `training_matches_keras`.

use burn::tensor::Device;
use cordsight::adam::Adam;
use cordsight::block::Conv;
use cordsight::network::{Architecture, Body, Network, Trained};
use cordsight::prepare::{Fit, Grey, Preparation};
use cordsight::train::rate::Rates;
use cordsight::train::step::{Batch, step};
use cordsight::train::target::Targets;
use cordsight::weights::Weights;
use serde::Deserialize;

use crate::compared::{apart_by_each, assert_within, norm, pictures, weights};

/// Allowed of losses, of norms of the changed weights, and of norms of their changes.
const WITHIN: [f64; 3] = [1e-4, 1e-5, 1e-3];
const SIDE: usize = 48;
const LABELS: [u8; 4] = [1, 0, 1, 1];

#[derive(Deserialize)]
struct Golden {
    settings: Settings,
    rates: Vec<f64>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Settings {
    rate: f64,
    decay: f64,
    smoothing: f64,
    warmup: u32,
    fall: u32,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    losses: Vec<f64>,
    changes: Vec<f64>,
    norms: Vec<f64>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("golden/keras_training.json")).unwrap()
}

fn rates(settings: &Settings, cosine: bool) -> Rates {
    Rates {
        rate: settings.rate,
        warmup: if cosine { settings.warmup } else { 0 },
        decay: cosine.then_some(settings.fall),
    }
}

#[test]
fn the_learning_rate_of_every_step_is_that_of_keras() {
    let golden = golden();
    let rates = rates(&golden.settings, true);
    assert_eq!(golden.rates.len(), 12);
    for (step, expected) in golden.rates.iter().enumerate() {
        let found = rates.after(step as u32);
        assert!(
            (found - expected).abs() < 1e-9,
            "{step}: {found} against {expected}"
        );
    }
}

#[test]
fn ten_steps_under_each_setting_give_the_losses_and_weights_of_keras() {
    let golden = golden();
    let architecture = Architecture {
        body: Body::Vgg11,
        width: 0.0625,
        image_size: SIDE,
        outputs: 1,
        covariates: 0,
    };
    let start = weights(&architecture);
    let mut tried = Vec::new();
    for case in &golden.cases {
        let (cosine, decay, smoothing, trained) = match case.name.as_str() {
            "adamw" => (false, golden.settings.decay, 0.0, Trained::All),
            "cosine" => (true, 0.0, 0.0, Trained::All),
            "adamw_cosine" => (true, golden.settings.decay, 0.0, Trained::All),
            "label_smoothing" => (false, 0.0, golden.settings.smoothing, Trained::All),
            "block5" => (false, 0.0, 0.0, Trained::Block5),
            "head" => (false, 0.0, 0.0, Trained::Head),
            other => panic!("{other}"),
        };
        let frozen = trained.frozen(&architecture);
        let rates = rates(&golden.settings, cosine);
        let (losses, after) = ten_steps(&architecture, &start, frozen, &rates, decay, smoothing);
        let what = |quantity: &str| format!("{} {quantity}", case.name);
        assert_within(
            &what("losses"),
            apart_by_each(&losses, &case.losses),
            WITHIN[0],
        );

        let pairs = after.tensors().iter().zip(start.tensors());
        let (mut changes, mut norms) = (Vec::new(), Vec::new());
        for (number, (after, before)) in pairs.enumerate() {
            if number < frozen {
                let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
                assert_eq!(bits(&after.values), bits(&before.values), "{}", after.name);
                assert_eq!(case.changes[number], 0.0);
                continue;
            }
            let change = after.values.iter().zip(&before.values);
            let change: Vec<f64> = change.map(|(a, b)| f64::from(*a) - f64::from(*b)).collect();
            changes.push(norm(&change));
            norms.push(norm(
                &after
                    .values
                    .iter()
                    .map(|v| f64::from(*v))
                    .collect::<Vec<_>>(),
            ));
        }
        assert!(changes.len() >= 6 && changes.iter().all(|change| *change > 0.0));
        let norms_apart = apart_by_each(&norms, &case.norms[frozen..]);
        assert_within(&what("weights"), norms_apart, WITHIN[1]);
        let changes_apart = apart_by_each(&changes, &case.changes[frozen..]);
        assert_within(&what("changes of the weights"), changes_apart, WITHIN[2]);
        tried.push(frozen);
    }
    assert_eq!(tried, [0, 0, 0, 0, 12, 16]);
}

fn ten_steps(
    architecture: &Architecture,
    start: &Weights,
    frozen: usize,
    rates: &Rates,
    decay: f64,
    smoothing: f64,
) -> (Vec<f64>, Weights) {
    let plain = Device::flex();
    let device = plain.clone().autodiff();
    let preparation = Preparation {
        mean: [0.25, 0.5, 0.375],
        std: [0.25, 0.5, 0.125],
        ..Preparation::plain(SIDE, Fit::Squash, Grey::Stored)
    };
    let pictures = pictures(4, SIDE, 2000);
    let targets = Targets::new(&LABELS, [1.0, 1.0], smoothing, None);
    let batch = Batch {
        pictures: &pictures,
        labels: targets.labels,
        weights: targets.weights,
        dropout: None,
    };
    let zeros = Weights::zeros(architecture);
    let mut adam = Adam::new(0, &zeros, &zeros, &plain).with_weight_decay(decay);
    let network = Network::new(architecture, start, Conv::Direct, &device).unwrap();
    let mut network = network.freeze(frozen);
    let mut losses = Vec::new();
    for _ in 0..10 {
        let rate = rates.after(adam.steps());
        let outcome;
        (network, outcome) = step(network, &batch, &preparation, &mut adam, rate, &device);
        losses.push(f64::from(outcome.loss));
    }
    (losses, Weights::from_network(architecture, &network))
}
