//! Trains the body of a narrow VGG16 to measure phantoms: how the embedded start weights of `cordsight demo` are made.
//!
//! In: a folder, the width, the side of the pictures, the number of phantoms and of epochs. Out: `body.safetensors` in
//! half precision (written after every epoch, the last is the result) and `log.csv`.
//! The network never sees a label of myelopathy: it learns where the corners of the vertebrae lie (from the last
//! block's whole output), and canal, bodies, their ratios, slips, ossified ligaments, spurs and the space left for the
//! cord (from the pooled features, linearly). Both are on every radiograph of a spine, so that the body knows vertebrae
//! before it meets a cohort, and a cohort of 145 patients has only to learn what decides about myelopathy.
//! Phantoms come from one reserved seed, [`phantom::PRETRAINING_SEED`], which `cordsight phantom` and `demo` refuse.
//!
//! Run: `cargo run --release -p cordsight --example pretrain -- OUT [WIDTH] [SIDE] [PHANTOMS] [EPOCHS]`

#![allow(clippy::print_stderr, clippy::print_stdout)]

use std::error::Error;
use std::io::Write;
use std::path::Path;

use burn::tensor::{Device, Tensor, TensorData};
use cordsight::adam::Adam;
use cordsight::augment::{Position, Ranges, Warp};
use cordsight::block::Conv;
use cordsight::body_file::{self, About, Origin};
use cordsight::network::{Architecture, Body, Network};
use cordsight::prepare::{Fit, Grey, Preparation, Prepared};
use cordsight::preprocessing::Preprocessing;
use cordsight::random::{Purpose, generator};
use cordsight::weights::{Init, Weights};
use phantom::{PRETRAINING_SEED, Phantom, draw_patient};
use radiograph::GreyImage;
use rand::RngExt;
use rand::seq::SliceRandom;
use rayon::prelude::*;

const BATCH: usize = 16;
const RATE: f64 = 8e-4;
const WARMUP_STEPS: f64 = 200.0;
/// Phantoms that no step is taken on.
const HELD_OUT: usize = 300;
/// Corners and the two ends of the canal's diameter, column and row, of seven vertebrae.
const PLACES: usize = 7 * 6 * 2;
const RANGES: Ranges = Ranges {
    shear_deg: 3.0,
    zoom: 0.05,
    width_shift: 0.05,
};

/// One phantom: its picture, where its points lie (-1 to 1 over the picture), and what was measured, in standard units.
struct Example {
    picture: Prepared,
    places: Vec<f32>,
    measures: Vec<f32>,
    label: u8,
    visible_probability: f64,
}

/// A linear layer with Adam of its own.
struct Readout {
    weight: Moving<2>,
    bias: Moving<1>,
}

struct Moving<const D: usize> {
    value: Tensor<D>,
    first: Tensor<D>,
    second: Tensor<D>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(out) = arguments.first() else {
        return Err("give OUT [WIDTH] [SIDE] [PHANTOMS] [EPOCHS]".into());
    };
    let number = |at: usize, default: f64| -> Result<f64, Box<dyn Error>> {
        Ok(arguments.get(at).map_or(Ok(default), |text| text.parse())?)
    };
    let architecture = Architecture {
        body: Body::Vgg16,
        width: number(1, 0.125)?,
        image_size: number(2, 160.0)? as usize,
        outputs: 1,
        covariates: 0,
    };
    let (phantoms, epochs) = (number(3, 12000.0)? as usize, number(4, 12.0)? as u32);
    let out = Path::new(out);
    std::fs::create_dir_all(out)?;

    let preparation = Preparation::plain(architecture.image_size, Fit::Squash, Grey::Stretch);
    let mut examples = draw(phantoms + HELD_OUT, &preparation)?;
    standardise(&mut examples);
    let held_out = examples.split_off(phantoms);
    train(
        &architecture,
        &preparation,
        &examples,
        &held_out,
        epochs,
        out,
    )
}

/// Draws phantoms at the demo's size and prepares them as the demo does.
fn draw(count: usize, preparation: &Preparation) -> Result<Vec<Example>, Box<dyn Error>> {
    let (width, height) = (600, 750);
    let one = |index: usize| -> Result<Example, String> {
        let phantom = draw_patient(PRETRAINING_SEED, index as u64, width, height);
        let white = f32::from((1u16 << phantom.picture.bits) - 1);
        let image = GreyImage {
            width,
            height,
            pixels: phantom
                .picture
                .pixels
                .iter()
                .map(|&v| f32::from(v) / white)
                .collect(),
        };
        let points = phantom.landmarks.vertebrae.iter().flat_map(|v| {
            [
                v.front_top,
                v.back_top,
                v.back_bottom,
                v.front_bottom,
                v.back_wall,
                v.spinolaminar,
            ]
        });
        let places = points.flat_map(|[column, row]| {
            [
                2.0 * column / width as f64 - 1.0,
                2.0 * row / height as f64 - 1.0,
            ]
        });
        Ok(Example {
            picture: preparation
                .prepare(&image)
                .map_err(|error| error.to_string())?,
            places: places.map(|place| place as f32).collect(),
            measures: measures(&phantom),
            label: phantom.label,
            visible_probability: phantom.truth.visible_probability,
        })
    };
    let mut examples = Vec::with_capacity(count);
    for from in (0..count).step_by(500) {
        let part: Result<Vec<Example>, String> = (from..(from + 500).min(count))
            .into_par_iter()
            .map(one)
            .collect();
        examples.extend(part?);
        eprintln!("drew {} of {count}", examples.len());
    }
    Ok(examples)
}

/// What a reader could measure; the least space comes first.
fn measures(phantom: &Phantom) -> Vec<f32> {
    let truth = &phantom.truth;
    let least = truth
        .visible_space_mm
        .iter()
        .copied()
        .fold(f64::INFINITY, f64::min);
    let mut list = vec![least];
    list.extend(truth.visible_space_mm);
    list.extend(truth.canal_mm);
    list.extend(truth.body_depth_mm);
    list.extend(truth.torg_pavlov());
    list.extend(truth.slip_by_disc_mm);
    list.extend(truth.opll_by_disc_mm);
    list.extend(truth.yellow_by_disc_mm);
    list.extend(truth.disc_height_mm);
    list.extend([truth.back_spur_mm, truth.c2_c7_deg, truth.degeneration]);
    list.into_iter().map(|value| value as f32).collect()
}

/// Each measure less its mean, over its standard deviation.
fn standardise(examples: &mut [Example]) {
    let count = examples.len() as f32;
    for at in 0..examples.first().map_or(0, |example| example.measures.len()) {
        let mean = examples.iter().map(|e| e.measures[at]).sum::<f32>() / count;
        let square = examples
            .iter()
            .map(|e| (e.measures[at] - mean).powi(2))
            .sum::<f32>()
            / count;
        for example in examples.iter_mut() {
            example.measures[at] = (example.measures[at] - mean) / square.sqrt().max(1e-6);
        }
    }
}

fn train(
    architecture: &Architecture,
    preparation: &Preparation,
    examples: &[Example],
    held_out: &[Example],
    epochs: u32,
    out: &Path,
) -> Result<(), Box<dyn Error>> {
    let plain = Device::flex();
    let device = plain.clone().autodiff();
    let mut weights = Weights::random(architecture, Init::He, PRETRAINING_SEED);
    let zeros = Weights::zeros(architecture);
    let mut network = Network::new(architecture, &weights, Conv::default(), &device)?;
    let mut adam = Adam::new(0, &zeros, &zeros, &plain);
    let channels = architecture.features();
    let cells = (architecture.image_size / 32).pow(2);
    let count = examples[0].measures.len();
    let mut places = Readout::new(channels * cells, PLACES, 1, &device);
    let mut measured = Readout::new(channels, count, 2, &device);
    let steps_all = f64::from(epochs) * examples.len().div_ceil(BATCH) as f64;
    let mut log = std::fs::File::create(out.join("log.csv"))?;
    writeln!(
        log,
        "epoch,loss_places,loss_measures,held_out_error_px,held_out_r2_space,held_out_r2_all,auc_space,auc_ceiling"
    )?;

    for epoch in 1..=epochs {
        let mut order: Vec<usize> = (0..examples.len()).collect();
        order.shuffle(&mut generator(
            PRETRAINING_SEED,
            Purpose::Order,
            epoch.into(),
        ));
        let (mut lost_places, mut lost_measures) = (0.0, 0.0);
        for (batch, chosen) in order.chunks(BATCH).enumerate() {
            let warped: Vec<(Prepared, Vec<f32>)> = chosen
                .par_iter()
                .enumerate()
                .map(|(at, &index)| {
                    let place = batch * BATCH + at;
                    let position = Position {
                        seed: PRETRAINING_SEED,
                        epoch,
                        place,
                    };
                    warped(&examples[index], position, architecture.image_size)
                })
                .collect();
            let (pictures, points): (Vec<Prepared>, Vec<Vec<f32>>) = warped.into_iter().unzip();
            let truth = matrix(points.iter().map(Vec::as_slice), &device);
            let values = matrix(
                chosen.iter().map(|&at| examples[at].measures.as_slice()),
                &device,
            );

            let (flat, pooled) = features(&network, preparation, &pictures, &device);
            let loss_places = (places.forward(flat) - truth).square().mean();
            let loss_measures = (measured.forward(pooled) - values).square().mean();
            lost_places +=
                f64::from(loss_places.clone().into_scalar::<f32>()) * chosen.len() as f64;
            lost_measures +=
                f64::from(loss_measures.clone().into_scalar::<f32>()) * chosen.len() as f64;
            // Places lie within a tenth of the picture: ten times makes both losses start near 1.
            let loss = loss_places * 10.0 + loss_measures;
            let done = f64::from(adam.steps());
            let rate = RATE
                * ((done + 1.0) / WARMUP_STEPS).min(1.0)
                * (0.01 + 0.99 * 0.5 * (1.0 + (std::f64::consts::PI * done / steps_all).cos()));
            let mut gradients = loss.backward();
            places.step(&mut gradients, rate, done + 1.0);
            measured.step(&mut gradients, rate, done + 1.0);
            network = adam.step(network, &mut gradients, rate);
        }
        weights.refresh(&network, 0);
        let judged = judge(
            architecture,
            &weights,
            preparation,
            [&places, &measured],
            held_out,
            &device,
        )?;
        let count = examples.len() as f64;
        let line = format!(
            "{epoch},{:.5},{:.4},{judged}",
            lost_places / count,
            lost_measures / count
        );
        eprintln!("{line}");
        writeln!(log, "{line}")?;
        let made_by = format!(
            "trained by cordsight to measure {} phantoms at {} pixels, epoch {epoch} of {epochs}",
            examples.len(),
            architecture.image_size
        );
        let about = about(architecture, made_by);
        std::fs::write(
            out.join("body.safetensors"),
            body_file::encode_half(&about, &weights)?,
        )?;
    }
    Ok(())
}

fn about(architecture: &Architecture, made_by: String) -> About {
    About {
        kind: body_file::KIND.to_string(),
        format: body_file::FORMAT,
        cordsight: env!("CARGO_PKG_VERSION").to_string(),
        body: architecture.body,
        width: architecture.width,
        head: false,
        preprocessing: Preprocessing::Plain,
        preprocessing_reason: "the body was trained with it".to_string(),
        source: Origin {
            file: "examples/pretrain.rs".to_string(),
            sha256: String::new(),
            format: made_by,
        },
    }
}

/// A picture as the demo's augmentation would show it, with its points where they then lie.
fn warped(example: &Example, position: Position, side: usize) -> (Prepared, Vec<f32>) {
    let mut random = generator(
        PRETRAINING_SEED,
        Purpose::Mixup,
        u64::from(position.epoch) << 32 | position.place as u64,
    );
    let gamma: f32 = random.random_range(0.8..1.25);
    let warp = Warp::draw(&RANGES, position, side);
    let mut picture = warp.apply(&example.picture, side);
    for pixel in &mut picture.0 {
        *pixel = pixel.powf(gamma);
    }
    let ([[a, b], [c, d]], [down, right]) = warp.matrix(side);
    let determinant = a * d - b * c;
    let half = side as f64 / 2.0;
    let points = example.places.chunks_exact(2).flat_map(|point| {
        let column = (f64::from(point[0]) + 1.0) * half - 0.5 - right;
        let row = (f64::from(point[1]) + 1.0) * half - 0.5 - down;
        let (row, column) = (
            (d * row - b * column) / determinant,
            (a * column - c * row) / determinant,
        );
        [(column + 0.5) / half - 1.0, (row + 0.5) / half - 1.0]
    });
    let points = points.map(|place| place as f32).collect();
    (picture, points)
}

/// The last block's output, whole and pooled.
fn features(
    network: &Network,
    preparation: &Preparation,
    pictures: &[Prepared],
    device: &Device,
) -> (Tensor<2>, Tensor<2>) {
    let side = preparation.image_size;
    let shape = [pictures.len(), preparation.channels(), side, side];
    let data = TensorData::new(preparation.batch(pictures), shape);
    let mut outputs = network.block_outputs(Tensor::from_data(data, device));
    let last = outputs.swap_remove(4);
    (
        last.clone().flatten(1, 3),
        last.mean_dims(&[2, 3]).flatten(1, 3),
    )
}

/// What held-out phantoms say: pixels of the picture by which points are off, share of variance explained, and the AUC
/// of the measured least space beside the ceiling's.
fn judge(
    architecture: &Architecture,
    weights: &Weights,
    preparation: &Preparation,
    [places, measured]: [&Readout; 2],
    held_out: &[Example],
    device: &Device,
) -> Result<String, Box<dyn Error>> {
    let network = Network::new(architecture, weights, Conv::default(), device)?;
    let (mut off, mut spaces) = (0.0, Vec::new());
    let count = held_out[0].measures.len();
    let mut squares = vec![0.0; count];
    for batch in held_out.chunks(BATCH) {
        let pictures: Vec<Prepared> = batch.iter().map(|e| e.picture.clone()).collect();
        let (flat, pooled) = features(&network, preparation, &pictures, device);
        let found: Vec<f32> = places.forward(flat).into_data().iter().collect();
        let values: Vec<f32> = measured.forward(pooled).into_data().iter().collect();
        for (at, example) in batch.iter().enumerate() {
            let errors = found[at * PLACES..].iter().zip(&example.places);
            off += errors.map(|(f, t)| f64::from((f - t).abs())).sum::<f64>() / PLACES as f64;
            let row = &values[at * count..(at + 1) * count];
            for (square, (f, t)) in squares.iter_mut().zip(row.iter().zip(&example.measures)) {
                *square += f64::from((f - t).powi(2));
            }
            spaces.push(-f64::from(row[0]));
        }
    }
    let of = held_out.len() as f64;
    let explained = |square: &f64| 1.0 - square / of;
    let labels: Vec<u8> = held_out.iter().map(|e| e.label).collect();
    let ceiling: Vec<f64> = held_out.iter().map(|e| e.visible_probability).collect();
    let auc = |scores: &[f64]| cordsight::evaluate::auc(&labels, scores).unwrap_or(f64::NAN);
    Ok(format!(
        "{:.2},{:.3},{:.3},{:.3},{:.3}",
        off / of * architecture.image_size as f64 / 2.0,
        explained(&squares[0]),
        squares.iter().map(explained).sum::<f64>() / count as f64,
        auc(&spaces),
        auc(&ceiling),
    ))
}

fn matrix<'a>(rows: impl Iterator<Item = &'a [f32]>, device: &Device) -> Tensor<2> {
    let (mut values, mut count) = (Vec::new(), 0);
    for row in rows {
        values.extend_from_slice(row);
        count += 1;
    }
    let width = values.len() / count;
    Tensor::from_data(TensorData::new(values, [count, width]), device)
}

impl Readout {
    fn new(inputs: usize, outputs: usize, stream: u64, device: &Device) -> Self {
        let mut random = generator(PRETRAINING_SEED, Purpose::Dropout, stream);
        let limit = (3.0 / inputs as f32).sqrt();
        let values: Vec<f32> = (0..inputs * outputs)
            .map(|_| random.random_range(-limit..limit))
            .collect();
        Readout {
            weight: Moving::new(Tensor::from_data(
                TensorData::new(values, [inputs, outputs]),
                device,
            )),
            bias: Moving::new(Tensor::zeros([outputs], device)),
        }
    }

    fn forward(&self, features: Tensor<2>) -> Tensor<2> {
        features.matmul(self.weight.value.clone()) + self.bias.value.clone().unsqueeze()
    }

    fn step(&mut self, gradients: &mut burn::tensor::Gradients, rate: f64, step: f64) {
        self.weight.step(gradients, rate, step);
        self.bias.step(gradients, rate, step);
    }
}

impl<const D: usize> Moving<D> {
    fn new(value: Tensor<D>) -> Self {
        let zeros = value.clone().inner().zeros_like();
        Moving {
            value: value.require_grad(),
            first: zeros.clone(),
            second: zeros,
        }
    }

    fn step(&mut self, gradients: &mut burn::tensor::Gradients, rate: f64, step: f64) {
        let Some(gradient) = self.value.grad_remove(gradients) else {
            return;
        };
        self.first = self.first.clone() * 0.9 + gradient.clone() * 0.1;
        self.second = self.second.clone() * 0.999 + gradient.square() * 0.001;
        let rate = rate * (1.0 - 0.999f64.powf(step)).sqrt() / (1.0 - 0.9f64.powf(step));
        let change = self.first.clone() * rate / (self.second.clone().sqrt() + 1e-7);
        self.value = Tensor::from_inner(self.value.clone().inner() - change).require_grad();
    }
}
