//! How the AUC grows with the number of training patients: the table of docs/benchmarks.md.
//!
//! `cargo run --release -p cordsight --example learning_curve -- [WEIGHTS|none] [SEEDS] [MOST]`. In: start weights of the
//! body (none unless told), how many seeds, and the largest number of training patients. Out: a row of Markdown for each number
//! of patients, as soon as it is known. Phantoms only.
//!
//! The network is the demo's, at its width, size and settings; it sees 8,700 pictures, or twelve passes where that is
//! more. Smaller training sets are part of the larger ones. All are tested on the same 600 phantoms of another seed, beside the
//! regression on measurements fitted on the same training patients, and the best possible reader.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::error::Error;

use burn::tensor::Device;
use cordsight::config::{Settings, TrainConfig};
use cordsight::evaluate::{AUC, LEVEL};
use cordsight::network::{Body, Network};
use cordsight::prepare::{Preparation, Prepared};
use cordsight::score::logits;
use cordsight::train::fit::{Examples, State, fit};
use cordsight::train::labels::Labels;
use cordsight::train::{Event, TrainError, Watch};
use cordsight::weights::{Init, Weights};
use cordsight::weights_source::Source;
use diagstat::{Features, Measured, Scores, auc_with_interval};
use phantom::{Phantom, Sex, draw_patient};
use radiograph::GreyImage;
use rayon::prelude::*;

const SIZES: [usize; 6] = [50, 100, 200, 400, 800, 1600];
const TEST: usize = 600;
/// Seed of the test patients; the training patients have 9,001 and on.
const TEST_SEED: u64 = 9_000;
const PICTURES_SEEN: usize = 8_700;
const PASSES_MIN: usize = 12;

/// Patients with pictures and measurements.
#[derive(Default)]
struct Patients {
    pictures: Vec<Prepared>,
    labels: Vec<u8>,
    measures: Vec<Vec<f64>>,
    visible: Vec<f64>,
}

struct Quiet;

impl Watch for Quiet {
    fn event(&mut self, _: Event<'_>) {}

    fn stop_asked(&self) -> bool {
        false
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let weights = arguments.first().map_or("none", String::as_str);
    let number =
        |at: usize, default: usize| arguments.get(at).map_or(Ok(default), |text| text.parse());
    let (seeds, most) = (number(1, 1)?, number(2, 1600)?);
    let source = match weights {
        "none" => None,
        named => Some(Source::open(named)?),
    };
    let preparation = config(0, 1)?.preparation();
    let test = draw(TEST_SEED, TEST, &preparation)?;
    let best = measured(&test.labels, &test.visible)?;
    println!("best possible reader on the {TEST} test patients: AUC {best:.3}\n");
    println!(
        "| training patients | seed | network | regression on measurements |\n|---|---|---|---|"
    );
    for seed in 1..=seeds as u64 {
        let all = draw(TEST_SEED + seed, most, &preparation)?;
        for size in SIZES.into_iter().filter(|size| *size <= most) {
            let train = all.first(size);
            let network = trained(&train, &test, seed, source.as_ref())?;
            let regression = train.features()?.scores_of(&test.features()?, 1.0)?;
            println!(
                "| {size} | {seed} | {:.3} | {:.3} |",
                measured(&test.labels, &network)?,
                measured(&test.labels, &regression)?
            );
        }
    }
    Ok(())
}

/// The settings of a narrow network from random weights, with so many passes.
fn config(seed: u64, passes: usize) -> Result<TrainConfig, Box<dyn Error>> {
    let settings = Settings {
        network: Some(Body::Vgg16),
        width: Some(0.125),
        image_size: Some(160),
        init: Some(Init::He),
        epochs: Some(passes as u32),
        learning_rate: Some(3e-4),
        shear_deg: Some(3.0),
        zoom: Some(0.05),
        width_shift: Some(0.05),
        seed: Some(seed),
        ..Settings::default()
    };
    Ok(settings.resolve()?)
}

/// Logits of the test patients by a network trained on the others.
fn trained(
    train: &Patients,
    test: &Patients,
    seed: u64,
    source: Option<&Source>,
) -> Result<Vec<f64>, Box<dyn Error>> {
    let size = train.labels.len();
    let config = config(seed, (PICTURES_SEEN / size).max(PASSES_MIN))?;
    let architecture = config.architecture();
    let fresh = Weights::random(&architecture, config.init, seed);
    let start = match source {
        None => fresh,
        Some(source) => fresh.with_body(&source.named())?,
    };
    let examples = Examples {
        pictures: train.pictures.clone(),
        labels: Labels::binary(&train.labels),
    };
    let mut keep = |_: &State| -> Result<(), TrainError> { Ok(()) };
    let begun = State::new(&architecture, start);
    let state = fit(
        &config,
        &examples,
        &Examples::default(),
        begun,
        &mut keep,
        &mut Quiet,
    )?;
    let device = Device::flex();
    let network = Network::new(&architecture, state.chosen(), config.conv, &device)?;
    Ok(logits(
        &network,
        &config.preparation(),
        &test.pictures,
        &device,
    ))
}

impl Patients {
    fn first(&self, count: usize) -> Self {
        Patients {
            pictures: self.pictures[..count].to_vec(),
            labels: self.labels[..count].to_vec(),
            measures: self.measures[..count].to_vec(),
            visible: self.visible[..count].to_vec(),
        }
    }

    fn features(&self) -> Result<Features, Box<dyn Error>> {
        let labels: Vec<bool> = self.labels.iter().map(|label| *label == 1).collect();
        let columns =
            (0..self.measures[0].len()).map(|at| self.measures.iter().map(|row| row[at]).collect());
        Ok(Features::new(&labels, &columns.collect::<Vec<Vec<f64>>>())?)
    }
}

fn measured(labels: &[u8], scores: &[f64]) -> Result<Measured, Box<dyn Error>> {
    Ok(auc_with_interval(&Scores::new(labels, scores)?, AUC, LEVEL))
}

/// The first phantoms of a seed, in the classes' natural share.
fn draw(seed: u64, count: usize, preparation: &Preparation) -> Result<Patients, Box<dyn Error>> {
    let one = |index: usize| -> Result<(Prepared, Phantom), String> {
        let mut phantom = draw_patient(seed, index as u64, 600, 750);
        let white = f32::from((1u16 << phantom.picture.bits) - 1);
        let image = GreyImage {
            width: phantom.picture.width,
            height: phantom.picture.height,
            pixels: phantom
                .picture
                .pixels
                .iter()
                .map(|&v| f32::from(v) / white)
                .collect(),
        };
        phantom.picture.pixels = Vec::new();
        Ok((
            preparation
                .prepare(&image)
                .map_err(|error| error.to_string())?,
            phantom,
        ))
    };
    let drawn: Vec<(Prepared, Phantom)> = (0..count)
        .into_par_iter()
        .map(one)
        .collect::<Result<_, _>>()?;
    eprintln!("drew {count} phantoms of seed {seed}");
    let mut patients = Patients::default();
    for (picture, phantom) in drawn {
        let truth = &phantom.truth;
        let ratios = &truth.torg_pavlov()[1..6];
        let mut row = ratios.to_vec();
        row.push(ratios.iter().copied().fold(f64::INFINITY, f64::min));
        row.push(
            truth
                .slip_by_disc_mm
                .iter()
                .fold(0.0, |most: f64, slip| most.max(slip.abs())),
        );
        row.extend([
            truth.c2_c7_deg,
            f64::from(phantom.age),
            f64::from(u8::from(phantom.sex == Sex::Male)),
        ]);
        patients.pictures.push(picture);
        patients.labels.push(phantom.label);
        patients.measures.push(row);
        patients.visible.push(truth.visible_probability);
    }
    Ok(patients)
}
