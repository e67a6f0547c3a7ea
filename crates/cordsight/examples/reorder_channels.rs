//! Start weights that are the same network with its channels in another order.
//!
//! `cargo run --release -p cordsight --example reorder_channels -- RUN/config.toml OUT.safetensors`
//!
//! In: the settings of a run that starts from random weights. Out: a model file for `train --weights` with the body that
//! the run starts from, the channels between its layers shuffled. Every picture gets the same score from both but for
//! rounding, because each sum over channels is taken in another order. How far two such runs part while they train
//! is the scale for any other change of arithmetic (`--conv direct` beside `--conv winograd`).

use std::error::Error;
use std::path::Path;

use cordsight::block::Conv;
use cordsight::cohort::Counts;
use cordsight::config::TrainConfig;
use cordsight::model_file::{CohortFacts, Manifest, ThresholdOrigin, encode};
use cordsight::weights::{NamedTensor, Weights};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [config, out] = arguments.as_slice() else {
        return Err("expected RUN/config.toml and OUT.safetensors".into());
    };
    let config: TrainConfig = toml::from_str(&std::fs::read_to_string(config)?)?;
    let architecture = config.architecture();
    let weights = Weights::random(&architecture, config.init, config.seed);
    let shuffled = Weights::for_architecture(&architecture, shuffled(weights.tensors()))?;
    let manifest = Manifest::new(
        architecture,
        config.preparation(),
        ["0".to_string(), "1".to_string()],
        ThresholdOrigin {
            value: 0.5,
            origin: "none: not trained".to_string(),
        },
        CohortFacts {
            fingerprint: String::new(),
            synthetic: true,
            train: Counts::default(),
        },
        "random, channels reordered".to_string(),
    );
    let bytes = encode(manifest, &[&shuffled], Conv::Direct, Path::new(out))?;
    Ok(std::fs::write(out, bytes)?)
}

/// Outputs of every convolution but the last in another order, and the inputs of the next alike.
fn shuffled(tensors: &[NamedTensor]) -> Vec<NamedTensor> {
    let mut generator = ChaCha8Rng::seed_from_u64(1);
    let convolutions = tensors.iter().filter(|t| t.shape.len() == 4).count();
    let (mut seen, mut inputs, mut outputs) = (0, Vec::new(), Vec::new());
    let one = |tensor: &NamedTensor| {
        let mut tensor = tensor.clone();
        if let [rows, columns, height, width] = tensor.shape[..] {
            seen += 1;
            inputs = std::mem::take(&mut outputs);
            outputs = (0..rows).collect::<Vec<usize>>();
            if seen < convolutions {
                outputs.shuffle(&mut generator);
            }
            let kernel = height * width;
            let from = |row: usize, column: usize| {
                let column = inputs.get(column).copied().unwrap_or(column);
                let start = (row * columns + column) * kernel;
                start..start + kernel
            };
            let pairs = outputs
                .iter()
                .flat_map(|&row| (0..columns).map(move |c| (row, c)));
            let values = pairs.flat_map(|(row, column)| tensor.values[from(row, column)].to_vec());
            tensor.values = values.collect();
        } else if tensor.name.starts_with("block") {
            tensor.values = outputs.iter().map(|&row| tensor.values[row]).collect();
        }
        tensor
    };
    tensors.iter().map(one).collect()
}
