//! How a network's scores hold when its pictures get worse: noise, blur, exposure, crop, fewer grey levels.
//!
//! In: the trained network, or all members, and the test part's prepared pictures. Out: `robustness.csv`, a score for each picture under
//! each [`Change`], from which the report's figures are computed. Pictures are changed as the network sees them, after
//! preparation, so that a strength means the same for radiographs of any size: noise in parts of the grey range, blur in
//! pixels of the network's square. Nothing is chosen by these scores; threshold and weights stay as they are.

use std::fmt;

use rand::RngExt;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::cohort::Cohort;
use crate::ensemble::Ensemble;
use crate::predictions::Prediction;
use crate::prepare::{Preparation, Prepared};
use crate::random::{Purpose, generator};
use crate::run_folder::{RunFolder, RunFolderError};

/// File of a run.
pub const FILE: &str = "robustness.csv";

/// What is done to a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Gaussian noise; the strength is its standard deviation as a part of the grey range.
    Noise,
    /// Gaussian blur; the strength is its standard deviation in pixels of the network's square.
    Blur,
    /// Grey values to the power of the strength: below 1 brighter, above 1 darker.
    Exposure,
    /// The strength, a part of the side, is cut off at each side, and the rest scaled up.
    Crop,
    /// So many grey levels.
    GreyLevels,
}

/// A change of a stated strength.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// What is done.
    pub kind: Kind,
    /// How much of it.
    pub strength: f64,
}

/// All that are tried, the weaker first.
pub const CHANGES: [Change; 13] = [
    Change::new(Kind::Noise, 0.02),
    Change::new(Kind::Noise, 0.05),
    Change::new(Kind::Noise, 0.1),
    Change::new(Kind::Blur, 0.5),
    Change::new(Kind::Blur, 1.0),
    Change::new(Kind::Blur, 2.0),
    Change::new(Kind::Exposure, 0.7),
    Change::new(Kind::Exposure, 1.4),
    Change::new(Kind::Crop, 0.05),
    Change::new(Kind::Crop, 0.1),
    Change::new(Kind::GreyLevels, 256.0),
    Change::new(Kind::GreyLevels, 64.0),
    Change::new(Kind::GreyLevels, 16.0),
];

/// The score of one picture under one change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// What was done.
    pub change: Kind,
    /// How much of it.
    pub strength: f64,
    /// The patient.
    pub patient: String,
    /// The picture, by its name in the cohort.
    pub image: String,
    /// What the reference standard says: 0 or 1.
    pub label: u8,
    /// The network's output in 0..1.
    pub score: f64,
}

/// The test part of a run.
pub struct Subject<'a> {
    /// The cohort without those left out.
    pub cohort: &'a Cohort,
    /// Its pictures in the cohort's order.
    pub prepared: &'a [Prepared],
    /// Scores of the test part, in the cohort's order.
    pub test: &'a [Prediction],
    /// The run's seed.
    pub seed: u64,
}

/// Scores that cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum RobustnessError {
    /// The file could not be written.
    #[error(transparent)]
    Folder(#[from] RunFolderError),
    /// The table could not be made.
    #[error("robustness.csv: {0}")]
    Csv(#[from] csv::Error),
}

impl Kind {
    /// The word for it in a table.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Noise => "Noise",
            Kind::Blur => "Blur",
            Kind::Exposure => "Exposure",
            Kind::Crop => "Crop",
            Kind::GreyLevels => "Grey levels",
        }
    }
}

/// The strength in words, such as "SD 5 % of the grey range".
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let strength = self.strength;
        match self.kind {
            Kind::Noise => write!(f, "SD {:.0} % of the grey range", 100.0 * strength),
            Kind::Blur => write!(f, "SD {strength} pixels"),
            Kind::Exposure if strength < 1.0 => write!(f, "brighter, gamma {strength}"),
            Kind::Exposure => write!(f, "darker, gamma {strength}"),
            Kind::Crop => write!(f, "{:.0} % off each side", 100.0 * strength),
            Kind::GreyLevels => write!(f, "{:.0} bit, {strength} levels", strength.log2()),
        }
    }
}

impl Change {
    const fn new(kind: Kind, strength: f64) -> Self {
        Change { kind, strength }
    }

    /// The picture after the change: `side`² grey values in 0..1 as before. `seed` and `place` decide the noise.
    pub fn apply(&self, picture: &Prepared, side: usize, seed: u64, place: usize) -> Prepared {
        let strength = self.strength;
        let each = |change: &dyn Fn(f64) -> f64| {
            let changed = picture.0.iter().map(|grey| change(f64::from(*grey)) as f32);
            changed.collect()
        };
        picture.with_pixels(match self.kind {
            Kind::Noise => noisy(&picture.0, strength, seed, place),
            Kind::Blur => blurred(&picture.0, side, strength),
            Kind::Exposure => each(&|grey| grey.max(0.0).powf(strength)),
            Kind::Crop => cropped(&picture.0, side, strength),
            Kind::GreyLevels => each(&|grey| (grey * (strength - 1.0)).round() / (strength - 1.0)),
        })
    }
}

/// Scores the test part under every change; `done` hears how many changes are.
///
/// # Errors
///
/// A full or read-only disk.
pub fn write(
    run: &RunFolder,
    ensemble: &Ensemble,
    preparation: &Preparation,
    subject: &Subject<'_>,
    mut done: impl FnMut(usize, usize),
) -> Result<(), RobustnessError> {
    let device = burn::tensor::Device::flex();
    let side = preparation.image_size;
    let pictures = pictures(subject);
    let mut table = csv::Writer::from_writer(Vec::new());
    for (at, change) in CHANGES.iter().enumerate() {
        let changed: Vec<Prepared> = pictures
            .par_iter()
            .enumerate()
            .map(|(place, picture)| change.apply(picture, side, subject.seed, place))
            .collect();
        let scores = ensemble.scores(preparation, &changed, &device);
        for (prediction, of) in subject.test.iter().zip(scores) {
            table.serialize(Row {
                change: change.kind,
                strength: change.strength,
                patient: prediction.patient.clone(),
                image: prediction.image.clone(),
                label: prediction.label,
                score: of.score,
            })?;
        }
        done(at + 1, CHANGES.len());
    }
    let table = table
        .into_inner()
        .map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(run.write(FILE, &table)?)
}

/// The rows of a file's text.
///
/// # Errors
///
/// A column that is missing, a cell that is no number.
pub fn read(text: &[u8]) -> Result<Vec<Row>, csv::Error> {
    csv::Reader::from_reader(text).deserialize().collect()
}

/// The pictures of the test part, in its order.
fn pictures<'a>(subject: &Subject<'a>) -> Vec<&'a Prepared> {
    let mut predictions = subject.test.iter().peekable();
    let all = subject.cohort.pictures.iter().zip(subject.prepared);
    all.filter_map(|(picture, prepared)| {
        let same = |p: &&Prediction| p.patient == picture.patient && p.image == picture.name;
        predictions.next_if(same).map(|_| prepared)
    })
    .collect()
}

/// Normal numbers by Box and Muller's formula, one stream a picture.
fn noisy(grey: &[f32], deviation: f64, seed: u64, place: usize) -> Vec<f32> {
    let mut generator = generator(seed, Purpose::Robustness, place as u64);
    let mut normal = move || {
        let radius = (-2.0 * (1.0 - generator.random::<f64>()).ln()).sqrt();
        radius * (std::f64::consts::TAU * generator.random::<f64>()).cos()
    };
    grey.iter()
        .map(|value| (f64::from(*value) + deviation * normal()).clamp(0.0, 1.0) as f32)
        .collect()
}

/// Rows, then columns, with the edge repeated beyond it.
fn blurred(grey: &[f32], side: usize, deviation: f64) -> Vec<f32> {
    let reach = (4.0 * deviation).ceil() as i64;
    let weight = |at: i64| (-0.5 * (at as f64 / deviation).powi(2)).exp();
    let sum: f64 = (-reach..=reach).map(weight).sum();
    let weights: Vec<f64> = (-reach..=reach).map(|at| weight(at) / sum).collect();
    let last = side as i64 - 1;
    let along = |grey: &[f32], step: usize, line: usize| -> Vec<f32> {
        (0..side)
            .flat_map(|row| (0..side).map(move |column| (row, column)))
            .map(|(row, column)| {
                let (start, at) = if step == 1 {
                    (row * line, column)
                } else {
                    (column, row)
                };
                let value: f64 = weights
                    .iter()
                    .zip(-reach..=reach)
                    .map(|(weight, offset)| {
                        let place = (at as i64 + offset).clamp(0, last) as usize;
                        weight * f64::from(grey[start + place * step])
                    })
                    .sum();
                value as f32
            })
            .collect()
    };
    along(&along(grey, 1, side), side, side)
}

/// The middle, scaled up to the square again by bilinear interpolation between the centres of pixels.
fn cropped(grey: &[f32], side: usize, part: f64) -> Vec<f32> {
    let (from, scale) = (part * side as f64, 1.0 - 2.0 * part);
    let last = side as f64 - 1.0;
    let place = |at: usize| (from + (at as f64 + 0.5) * scale - 0.5).clamp(0.0, last);
    let mut out = Vec::with_capacity(grey.len());
    for row in 0..side {
        let y = place(row);
        let (top, below) = (y.floor() as usize, y.ceil() as usize);
        for column in 0..side {
            let x = place(column);
            let (left, right) = (x.floor() as usize, x.ceil() as usize);
            let at = |row: usize, column: usize| f64::from(grey[row * side + column]);
            let mix = |a: f64, b: f64, part: f64| a + part * (b - a);
            let upper = mix(at(top, left), at(top, right), x.fract());
            let lower = mix(at(below, left), at(below, right), x.fract());
            out.push(mix(upper, lower, y.fract()) as f32);
        }
    }
    out
}
