//! Settings of a training run: from a TOML file, then from flags, resolved once into a checked [`TrainConfig`].
//!
//! In: [`Settings`], every key optional; a key's name is the flag's with underscores. Out: [`TrainConfig`], every key
//! known and in range, written to the run folder as `config.toml`, which is itself a valid settings file. The defaults
//! are the paper's protocol; where the paper is silent, the help text says so.

mod check;
mod file;
mod threshold;
mod uses;

use std::path::Path;

use serde::{Deserialize, Serialize};

use file::one_line;
pub use threshold::{Threshold, ThresholdRule};

use crate::block::Conv;
use crate::carried::CalibrationRule;
use crate::cohort::plain_reason;
use crate::network::{Body, Trained};
use crate::pool::Pool;
use crate::prepare::{CropRule, FacingRule, Fit, Grey};
use crate::preprocessing::Preprocessing;
use crate::resize::Resize;
use crate::study::Study;
use crate::train::rate::Schedule;
use crate::weights::Init;

/// How the loss weighs the two classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum ClassWeights {
    /// Every picture counts alike (the paper's way).
    None,
    /// Each class counts alike: n / (2 · pictures of the class).
    Balanced,
}

/// Settings as a user gives them: any of them, from a file or from flags.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, clap::Args)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    #[allow(missing_docs)]
    #[arg(long, value_name = "BODY", help = format!("Body of the network: {} [default: vgg16, the paper's]", Body::names()))]
    pub network: Option<Body>,
    /// Factor on the body's channels, 0.01 to 2 [default: 1, the paper's; 0.125 learns in minutes]
    #[arg(long, value_name = "FACTOR")]
    pub width: Option<f64>,
    /// Rows and columns of the network's input in pixels, 32 to 1024 [default: 224, the paper's]
    #[arg(long, value_name = "PIXELS")]
    pub image_size: Option<usize>,
    /// How a picture becomes square [default: squash, as Keras loads pictures]
    #[arg(long)]
    pub fit: Option<Fit>,
    /// How a picture is scaled, each as Pillow and Keras's load_img name it [default: bilinear; load_img's is nearest]
    #[arg(long, value_name = "FILTER")]
    pub resize: Option<Resize>,
    /// What grey values mean [default: stretch, so that exports of one radiograph look alike]
    #[arg(long)]
    pub grey: Option<Grey>,
    /// Side that patients are made to face, by header or pixels [default: as-is, the paper's]
    #[arg(long, value_name = "SIDE")]
    pub facing: Option<FacingRule>,
    /// Part of a picture that is kept: none cuts nothing, field cuts even borders [default: none, the paper's]
    #[arg(long, value_name = "PART")]
    pub crop: Option<CropRule>,
    /// Scale in mm a pixel of the network's input, 0.1 to 10, in place of --fit; needs pixel spacing [default: 0, off]
    #[arg(long, value_name = "MM")]
    pub mm_per_pixel: Option<f64>,
    /// Adaptive histogram equalisation, limit 1 to 40 (OpenCV's clipLimit, 8 by 8 tiles) [default: 0, off]
    #[arg(long, value_name = "LIMIT")]
    pub clahe: Option<f64>,
    /// Start from the body in this file of any kind, of a fetched name, or the built-in "phantom"; "none" draws all
    /// [default: none]
    #[arg(long, value_name = "FILE|NAME|none")]
    pub weights: Option<String>,
    /// How grey values are standardised [default: what belongs to the weights; plain without]
    #[arg(long)]
    pub preprocessing: Option<Preprocessing>,
    /// How weights without a file are drawn [default: glorot, Keras's]
    #[arg(long)]
    pub init: Option<Init>,
    /// Which layers are trained; all before them stay as they are [default: all, the paper's]
    #[arg(long, value_name = "LAYERS")]
    pub train: Option<Trained>,
    /// Passes over the training part, 1 to 100000 [default: 30; the paper does not say]
    #[arg(long, value_name = "N")]
    pub epochs: Option<u32>,
    /// Pictures a step, 1 to 512 [default: 8, the paper's]
    #[arg(long, value_name = "N")]
    pub batch_size: Option<usize>,
    /// Adam's learning rate, above 0, at most 1 [default: 1e-5, the paper's; random weights need about 1e-3]
    #[arg(long, value_name = "RATE")]
    pub learning_rate: Option<f64>,
    /// Learning rate over the steps of the run [default: constant, the paper's]
    #[arg(long)]
    pub schedule: Option<Schedule>,
    /// Epochs at the start over which the learning rate rises from 0, fewer than all [default: 0]
    #[arg(long, value_name = "N")]
    pub warmup_epochs: Option<u32>,
    /// Learning rate of a block as a factor of that of the block (or head) after it, 0.01 to 1 [default: 1, all alike]
    #[arg(long, value_name = "FACTOR")]
    pub layer_decay: Option<f64>,
    /// Decoupled weight decay of every trained parameter, 0 to 1, as Keras's AdamW [default: 0, the paper's Adam]
    #[arg(long, value_name = "FACTOR")]
    pub weight_decay: Option<f64>,
    /// Share of the outputs of both hidden layers of the head that each training step leaves out, 0 to 0.9, as Keras's
    /// Dropout [default: 0, the paper's]
    #[arg(long, value_name = "SHARE")]
    pub dropout: Option<f64>,
    /// Labels move from 0 and 1 towards 0.5 by half of this, 0 to 0.9 [default: 0]
    #[arg(long, value_name = "FRACTION")]
    pub label_smoothing: Option<f64>,
    /// Mix pairs of pictures and their labels, with a share from Beta(ALPHA, ALPHA), 0 (never) to 1 [default: 0]
    #[arg(long, value_name = "ALPHA")]
    pub mixup: Option<f64>,
    /// Random shear within ± degrees, 0 to 45 [default: 10; the paper does not say]
    #[arg(long, value_name = "DEGREES")]
    pub shear_deg: Option<f64>,
    /// Random zoom within 1 ± this, 0 to 0.9 [default: 0.1; the paper does not say]
    #[arg(long, value_name = "FRACTION")]
    pub zoom: Option<f64>,
    /// Random shift to the side within ± this fraction of the width, 0 to 0.9 [default: 0.1; the paper does not say]
    #[arg(long, value_name = "FRACTION")]
    pub width_shift: Option<f64>,
    /// How the loss weighs the classes [default: none, the paper's]
    #[arg(long, value_name = "RULE")]
    pub class_weights: Option<ClassWeights>,
    /// Share of the patients of each class set aside for testing, 0.05 to 0.95 [default: 0.3, the paper's]
    #[arg(long, value_name = "FRACTION")]
    pub test: Option<f64>,
    /// Share of the training patients set aside to choose epoch and threshold, 0 to 0.9 [default: 0, the paper's]
    #[arg(long, value_name = "FRACTION")]
    pub validation: Option<f64>,
    /// Stop after this many epochs without a lower validation loss; 0 never stops early [default: 0]
    #[arg(long, value_name = "EPOCHS")]
    pub patience: Option<u32>,
    /// Score from which a patient is called positive: a number between 0 and 1 fixed beforehand, or "youden" to
    /// choose it on the validation part (the training part where there is none) [default: 0.5]
    #[arg(long, value_name = "NUMBER|youden")]
    pub threshold: Option<Threshold>,
    /// Map from scores to probabilities, fitted on the validation part: none, platt, temperature or isotonic [default: none]
    #[arg(long, value_name = "MAP", hide_possible_values = true)]
    pub calibration: Option<CalibrationRule>,
    /// Sets of classes that hold the right one this often, such as 0.9, fitted on the validation part; 0, or 0.5 to 0.99
    /// [default: 0, none]
    #[arg(long, value_name = "SHARE")]
    pub coverage: Option<f64>,
    /// Networks that are trained, each with another seed, and score together, 1 to 20 [default: 1, the paper's]
    #[arg(long, value_name = "N")]
    pub members: Option<u32>,
    /// Views of a picture that are scored together: itself, and others warped as in training, 1 to 32 [default: 1]
    #[arg(long, value_name = "N")]
    pub views: Option<u32>,
    /// How a patient's score comes from the scores of several pictures: "mean", or "max", the highest [default: mean]
    #[arg(long, value_name = "RULE", hide_possible_values = true)]
    pub pool: Option<Pool>,
    /// Seed of split, start weights, order and augmentation [default: 1]
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// How convolutions are computed: "winograd" is faster, "direct" is Burn's own; results differ by rounding
    /// [default: winograd]
    #[arg(long, value_name = "WAY", hide_possible_values = true)]
    pub conv: Option<Conv>,
    /// Columns of the CSV that are findings, several at once: 1, 0, or empty where it is not known [default: none]
    #[arg(long, value_name = "NAME,...", value_delimiter = ',', num_args = 1)]
    pub findings: Option<Vec<String>>,
    /// Three or more classes that exclude each other; the flag --classes, which names two as well, sets it.
    #[arg(skip)]
    pub classes: Option<Vec<String>>,
    /// Column of the CSV that names the class, where --classes has three or more names [default: label]
    #[arg(long, value_name = "COLUMN")]
    pub class_column: Option<String>,
    /// Columns of the CSV that the head takes beside the picture: a number or one of two words a patient [default: none]
    #[arg(long, value_name = "NAME,...", value_delimiter = ',', num_args = 1)]
    pub head_covariates: Option<Vec<String>>,
    /// What only the investigators know; of the file alone
    #[arg(skip)]
    pub study: Study,
}

/// The resolved settings of a run: what `config.toml` holds. The keys mean what [`Settings`] says; one with a default here
/// is missing in runs from before it was a setting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct TrainConfig {
    pub network: Body,
    pub width: f64,
    pub image_size: usize,
    pub fit: Fit,
    #[serde(default)]
    pub resize: Resize,
    pub grey: Grey,
    #[serde(default)]
    pub facing: FacingRule,
    #[serde(default)]
    pub crop: CropRule,
    #[serde(default)]
    pub mm_per_pixel: f64,
    #[serde(default)]
    pub clahe: f64,
    pub weights: String,
    pub preprocessing: Preprocessing,
    pub init: Init,
    pub train: Trained,
    pub epochs: u32,
    pub batch_size: usize,
    pub learning_rate: f64,
    pub schedule: Schedule,
    pub warmup_epochs: u32,
    pub layer_decay: f64,
    pub weight_decay: f64,
    #[serde(default)]
    pub dropout: f64,
    pub label_smoothing: f64,
    pub mixup: f64,
    pub shear_deg: f64,
    pub zoom: f64,
    pub width_shift: f64,
    pub class_weights: ClassWeights,
    pub test: f64,
    pub validation: f64,
    pub patience: u32,
    pub threshold: Threshold,
    #[serde(default)]
    pub calibration: CalibrationRule,
    #[serde(default)]
    pub coverage: f64,
    #[serde(default = "one")]
    pub members: u32,
    #[serde(default = "one")]
    pub views: u32,
    #[serde(default)]
    pub pool: Pool,
    pub seed: u64,
    pub conv: Conv,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class_column: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub head_covariates: Vec<String>,
    /// No setting: it changes no result and may be changed later, see [`to_toml`](TrainConfig::to_toml).
    #[serde(default, skip_serializing)]
    pub study: Study,
}

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The settings file cannot be read or understood.
    #[error("{path}: {problem}")]
    File {
        /// The file.
        path: String,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// A value is out of range.
    #[error("setting \"{key}\": found {found}, expected {expected}")]
    Range {
        /// The key.
        key: &'static str,
        /// The value.
        found: String,
        /// The range.
        expected: &'static str,
    },
}

impl Settings {
    /// Reads a TOML file.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, an unknown key, a value of another type.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let wrong = |problem: String| ConfigError::File {
            path: path.display().to_string(),
            problem,
        };
        let text = std::fs::read_to_string(path).map_err(|error| wrong(plain_reason(&error)))?;
        Settings::parse(&text).map_err(wrong)
    }

    /// The settings in a TOML text.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read), in words and without the file's name.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| one_line(text, &error))
    }

    /// These settings, with the gaps filled from `others`.
    pub fn or(self, others: Settings) -> Settings {
        Settings {
            network: self.network.or(others.network),
            width: self.width.or(others.width),
            image_size: self.image_size.or(others.image_size),
            fit: self.fit.or(others.fit),
            resize: self.resize.or(others.resize),
            grey: self.grey.or(others.grey),
            facing: self.facing.or(others.facing),
            crop: self.crop.or(others.crop),
            mm_per_pixel: self.mm_per_pixel.or(others.mm_per_pixel),
            clahe: self.clahe.or(others.clahe),
            weights: self.weights.or(others.weights),
            preprocessing: self.preprocessing.or(others.preprocessing),
            init: self.init.or(others.init),
            train: self.train.or(others.train),
            epochs: self.epochs.or(others.epochs),
            batch_size: self.batch_size.or(others.batch_size),
            learning_rate: self.learning_rate.or(others.learning_rate),
            schedule: self.schedule.or(others.schedule),
            warmup_epochs: self.warmup_epochs.or(others.warmup_epochs),
            layer_decay: self.layer_decay.or(others.layer_decay),
            weight_decay: self.weight_decay.or(others.weight_decay),
            dropout: self.dropout.or(others.dropout),
            label_smoothing: self.label_smoothing.or(others.label_smoothing),
            mixup: self.mixup.or(others.mixup),
            shear_deg: self.shear_deg.or(others.shear_deg),
            zoom: self.zoom.or(others.zoom),
            width_shift: self.width_shift.or(others.width_shift),
            class_weights: self.class_weights.or(others.class_weights),
            test: self.test.or(others.test),
            validation: self.validation.or(others.validation),
            patience: self.patience.or(others.patience),
            threshold: self.threshold.or(others.threshold),
            calibration: self.calibration.or(others.calibration),
            coverage: self.coverage.or(others.coverage),
            members: self.members.or(others.members),
            views: self.views.or(others.views),
            pool: self.pool.or(others.pool),
            seed: self.seed.or(others.seed),
            conv: self.conv.or(others.conv),
            findings: self.findings.or(others.findings),
            classes: self.classes.or(others.classes),
            class_column: self.class_column.or(others.class_column),
            head_covariates: self.head_covariates.or(others.head_covariates),
            study: self.study.or(others.study),
        }
    }

    /// Fills the gaps with the paper's protocol and checks every range.
    ///
    /// # Errors
    ///
    /// The first key whose value is out of range, or that contradicts another.
    pub fn resolve(self) -> Result<TrainConfig, ConfigError> {
        let config = TrainConfig {
            network: self.network.unwrap_or(Body::Vgg16),
            width: self.width.unwrap_or(1.0),
            image_size: self.image_size.unwrap_or(224),
            fit: self.fit.unwrap_or(Fit::Squash),
            resize: self.resize.unwrap_or_default(),
            grey: self.grey.unwrap_or(Grey::Stretch),
            facing: self.facing.unwrap_or_default(),
            crop: self.crop.unwrap_or_default(),
            mm_per_pixel: self.mm_per_pixel.unwrap_or(0.0),
            clahe: self.clahe.unwrap_or(0.0),
            weights: self.weights.unwrap_or_else(|| "none".to_string()),
            preprocessing: self.preprocessing.unwrap_or(Preprocessing::Plain),
            init: self.init.unwrap_or(Init::Glorot),
            train: self.train.unwrap_or_default(),
            epochs: self.epochs.unwrap_or(30),
            batch_size: self.batch_size.unwrap_or(8),
            learning_rate: self.learning_rate.unwrap_or(1e-5),
            schedule: self.schedule.unwrap_or_default(),
            warmup_epochs: self.warmup_epochs.unwrap_or(0),
            layer_decay: self.layer_decay.unwrap_or(1.0),
            weight_decay: self.weight_decay.unwrap_or(0.0),
            dropout: self.dropout.unwrap_or(0.0),
            label_smoothing: self.label_smoothing.unwrap_or(0.0),
            mixup: self.mixup.unwrap_or(0.0),
            shear_deg: self.shear_deg.unwrap_or(10.0),
            zoom: self.zoom.unwrap_or(0.1),
            width_shift: self.width_shift.unwrap_or(0.1),
            class_weights: self.class_weights.unwrap_or(ClassWeights::None),
            test: self.test.unwrap_or(0.3),
            validation: self.validation.unwrap_or(0.0),
            patience: self.patience.unwrap_or(0),
            threshold: self
                .threshold
                .unwrap_or(Threshold(ThresholdRule::Fixed(0.5))),
            calibration: self.calibration.unwrap_or_default(),
            coverage: self.coverage.unwrap_or(0.0),
            members: self.members.unwrap_or(1),
            views: self.views.unwrap_or(1),
            pool: self.pool.unwrap_or_default(),
            seed: self.seed.unwrap_or(1),
            conv: self.conv.unwrap_or_default(),
            findings: self.findings.unwrap_or_default(),
            classes: self.classes.unwrap_or_default(),
            class_column: self.class_column,
            head_covariates: self.head_covariates.unwrap_or_default(),
            study: self.study,
        };
        config.check()?;
        Ok(config)
    }
}

impl TrainConfig {
    /// Keys and values of the settings, in the order of the file.
    pub fn entries(&self) -> Vec<(String, String)> {
        let table = toml::Table::try_from(self).unwrap_or_default();
        table
            .into_iter()
            .map(|(key, value)| (key, value.to_string().trim_matches('"').to_string()))
            .collect()
    }

    /// The first key whose value differs.
    pub fn first_difference(&self, other: &TrainConfig) -> Option<String> {
        let pairs = self.entries().into_iter().zip(other.entries());
        pairs
            .into_iter()
            .find(|(own, other)| own != other)
            .map(|(own, _)| own.0)
    }
}

fn one() -> u32 {
    1
}
