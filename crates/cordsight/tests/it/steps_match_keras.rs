//! Gradients and ten steps with learning rates by block, mixed pictures and dropout against Keras, for the same mix and
//! the same outputs left out.
//!
//! Expected values: `golden/keras_settings.json`, from tools/golden/keras_settings.py; network, weights and pictures are
//! those of `training_matches_keras`.

use burn::tensor::Device;
use cordsight::adam::Adam;
use cordsight::augment::Position;
use cordsight::block::Conv;
use cordsight::network::{Architecture, Body, HIDDEN, Network};
use cordsight::prepare::{Fit, Grey, Preparation};
use cordsight::train::dropout::Dropout;
use cordsight::train::rate::factors;
use cordsight::train::step::{Batch, step};
use cordsight::train::target::{Mix, Targets};
use cordsight::weights::Weights;
use serde::Deserialize;

use crate::compared::{apart_by_each, assert_within, largest, norm, pictures, signed, weights};

/// Allowed of losses, of norms of changes, of norms of gradients, and of their elements over the norm.
const WITHIN: [f64; 4] = [1e-4, 1e-3, 1e-5, 1e-5];
const SIDE: usize = 48;
const LABELS: [u8; 4] = [1, 0, 1, 1];
const STEPS: usize = 10;

#[derive(Deserialize)]
struct Golden {
    settings: Settings,
    kept: Vec<Kept>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Settings {
    rate: f64,
    layer_decay: f64,
    share: f64,
    partners: Vec<usize>,
    dropout: f64,
    stream: u32,
}

/// What Keras's `Dropout` makes of 1.
#[derive(Deserialize)]
struct Kept {
    share: f64,
    kept: f32,
    left_out: f64,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    losses: Vec<f64>,
    changes: Vec<f64>,
    gradients: Vec<Gradient>,
}

#[derive(Deserialize)]
struct Gradient {
    norm: f64,
    at: Vec<usize>,
    values: Vec<f64>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("golden/keras_settings.json")).unwrap()
}

/// What the script leaves out in a step.
fn given(settings: &Settings, step: usize) -> Dropout {
    let kept = (1.0 / (1.0 - settings.dropout)) as f32;
    let limit = (2.0 * settings.dropout - 1.0) as f32;
    let layer = |layer: usize| {
        let stream = settings.stream + (2 * step + layer) as u32;
        let numbers = signed(stream, LABELS.len() * HIDDEN[layer]).into_iter();
        numbers
            .map(|number| if number >= limit { kept } else { 0.0 })
            .collect()
    };
    Dropout {
        factors: [layer(0), layer(1)],
    }
}

#[test]
fn what_is_kept_is_scaled_as_keras_scales_it() {
    let first = Position {
        seed: 1,
        epoch: 1,
        place: 0,
    };
    let golden = golden();
    assert_eq!(golden.kept.len(), 4);
    for expected in golden.kept {
        let drawn = Dropout::draw(expected.share, first, 100).expect("factors");
        let drawn = drawn.factors.concat();
        let largest = drawn.iter().fold(0.0, |a: f32, b| a.max(*b));
        assert_eq!(largest.to_bits(), expected.kept.to_bits());
        let left_out = drawn.iter().filter(|factor| **factor == 0.0).count() as f64;
        let share = left_out / drawn.len() as f64;
        assert!((share - expected.left_out).abs() < 0.03, "{share}");
    }
}

#[test]
fn gradients_and_ten_steps_are_those_of_keras_for_the_same_mix_and_the_same_dropout() {
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
        let found = ten_steps(&case.name, &golden.settings, &architecture, &start);
        let what = |quantity: &str| format!("{} {quantity}", case.name);
        let losses = apart_by_each(&found.losses, &case.losses);
        assert_within(&what("losses"), losses, WITHIN[0]);
        let changes = apart_by_each(&found.changes, &case.changes);
        assert_within(&what("changes of the weights"), changes, WITHIN[1]);

        assert_eq!(found.gradients.len(), case.gradients.len());
        let (mut norms, mut elements) = (0.0_f64, 0.0_f64);
        for (found, expected) in found.gradients.iter().zip(&case.gradients) {
            assert!(!expected.at.is_empty() && expected.norm > 0.0);
            norms = largest([norms, (norm(found) - expected.norm).abs() / expected.norm]);
            for (&at, value) in expected.at.iter().zip(&expected.values) {
                elements = largest([elements, (found[at] - value).abs() / expected.norm]);
            }
        }
        assert_within(&what("norms of gradients"), norms, WITHIN[2]);
        assert_within(&what("elements of gradients"), elements, WITHIN[3]);
        tried.push(case.name.as_str());
    }
    assert_eq!(tried, ["layer_decay", "mixup", "dropout"]);
}

struct Found {
    losses: Vec<f64>,
    /// Norm of the change of each parameter over all steps.
    changes: Vec<f64>,
    /// Of each parameter, before the first step.
    gradients: Vec<Vec<f64>>,
}

fn ten_steps(
    name: &str,
    settings: &Settings,
    architecture: &Architecture,
    start: &Weights,
) -> Found {
    let plain = Device::flex();
    let device = plain.clone().autodiff();
    let preparation = Preparation {
        mean: [0.25, 0.5, 0.375],
        std: [0.25, 0.5, 0.125],
        ..Preparation::plain(SIDE, Fit::Squash, Grey::Stored)
    };
    let mut pictures = pictures(4, SIDE, 2000);
    let mix = (name == "mixup").then(|| Mix {
        share: settings.share,
        partners: settings.partners.clone(),
    });
    if let Some(mix) = &mix {
        pictures = mix.pictures(&pictures);
    }
    let layer_decay = match name {
        "layer_decay" => settings.layer_decay,
        _ => 1.0,
    };
    let targets = Targets::new(&LABELS, [1.0, 1.0], 0.0, mix.as_ref());
    let zeros = Weights::zeros(architecture);
    let (mut first, mut second) = (zeros.clone(), zeros.clone());
    let mut adam =
        Adam::new(0, &zeros, &zeros, &plain).with_factors(factors(architecture, layer_decay));
    let mut network = Network::new(architecture, start, Conv::Direct, &device).unwrap();
    let (mut losses, mut gradients) = (Vec::new(), Vec::new());
    for number in 0..STEPS {
        let batch = Batch {
            pictures: &pictures,
            labels: targets.labels.clone(),
            weights: targets.weights.clone(),
            dropout: (name == "dropout").then(|| given(settings, number)),
        };
        let outcome;
        (network, outcome) = step(
            network,
            &batch,
            &preparation,
            &mut adam,
            settings.rate,
            &device,
        );
        losses.push(f64::from(outcome.loss));
        if number == 0 {
            // Adam's first moment is then a tenth of the gradient.
            adam.store(0, &mut first, &mut second);
            let tensors = first.tensors().iter();
            let tenfold = |values: &[f32]| values.iter().map(|v| f64::from(*v) / 0.1).collect();
            gradients = tensors.map(|tensor| tenfold(&tensor.values)).collect();
        }
    }
    let end = Weights::from_network(architecture, &network);
    let pairs = end.tensors().iter().zip(start.tensors());
    let changes = pairs.map(|(end, start)| {
        let pairs = end.values.iter().zip(&start.values);
        norm(
            &pairs
                .map(|(a, b)| f64::from(*a) - f64::from(*b))
                .collect::<Vec<_>>(),
        )
    });
    Found {
        losses,
        changes: changes.collect(),
        gradients,
    }
}
