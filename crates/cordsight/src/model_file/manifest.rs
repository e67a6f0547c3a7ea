//! What a model file says of its network: all that is needed to use it, in words and numbers.
//!
//! In: what a run knows at its end. Out: [`Manifest`], the JSON of the file's metadata. A field that older files lack has a
//! default, and one at its default is not written, so that plain models stay as they were.

use serde::{Deserialize, Serialize};

use super::{Answers, FORMAT, INTENDED_USE};
use crate::carried::Carried;
use crate::cohort::Counts;
use crate::ensemble::Views;
use crate::head_covariates::HeadCovariate;
use crate::network::Architecture;
use crate::pool::Pool;
use crate::prepare::Preparation;
use crate::task::Task;

/// Score from which a patient is called positive, and where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ThresholdOrigin {
    /// The threshold: positive means `score >= value`.
    pub value: f64,
    /// In words, for example "fixed beforehand".
    pub origin: String,
}

/// The patients a model was made from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CohortFacts {
    /// SHA-256 of the cohort.
    pub fingerprint: String,
    /// True when the radiographs were drawn by a program.
    pub synthetic: bool,
    /// Patients and pictures of the training part.
    pub train: Counts,
}

/// All that `predict` needs beside the weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the file's layout.
    pub format: u32,
    /// Version of the program that wrote it.
    pub cordsight: String,
    /// The network's shape.
    pub architecture: Architecture,
    /// How a radiograph becomes its input.
    pub preparation: Preparation,
    /// What picture it expects, in words.
    pub expects: String,
    /// Names of class 0 and of class 1, whose probability the score is.
    pub classes: [String; 2],
    /// Score from which a patient is called positive; with several findings, that of the first.
    pub threshold: ThresholdOrigin,
    /// Several findings or more than two classes, where the network answers those.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<Answers>,
    /// The patients it was made from.
    pub cohort: CohortFacts,
    /// What the weights were before training.
    pub initial_weights: String,
    /// What it may be used for.
    pub intended_use: String,
    /// Networks that score together.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub members: usize,
    /// Views of a picture that are scored together.
    #[serde(default, skip_serializing_if = "Views::is_plain")]
    pub views: Views,
    /// How a patient's score comes from the scores of several pictures.
    #[serde(default, skip_serializing_if = "Pool::is_mean")]
    pub pool: Pool,
    /// Probabilities and sets, where they were asked for.
    #[serde(default, skip_serializing_if = "Carried::is_empty")]
    pub carried: Carried,
    /// What the head takes beside the picture, where it was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub head_covariates: Vec<HeadCovariate>,
    /// Logit of the self-test picture (of several, each times its number from 1, summed); set when the file is written.
    pub self_test_logit: f64,
}

impl Manifest {
    /// What the network is asked.
    pub fn task(&self) -> Task {
        let answers = self.answers.as_ref();
        answers.map_or(Task::Binary, |answers| answers.task.clone())
    }

    /// A manifest of this program's version and layout.
    pub fn new(
        architecture: Architecture,
        preparation: Preparation,
        classes: [String; 2],
        threshold: ThresholdOrigin,
        cohort: CohortFacts,
        initial_weights: String,
    ) -> Self {
        Manifest {
            format: FORMAT,
            cordsight: env!("CARGO_PKG_VERSION").to_string(),
            architecture,
            preparation,
            expects: "one lateral cervical radiograph, grey".to_string(),
            classes,
            threshold,
            answers: None,
            cohort,
            initial_weights,
            intended_use: INTENDED_USE.to_string(),
            members: 1,
            views: Views::default(),
            pool: Pool::default(),
            carried: Carried::default(),
            head_covariates: Vec::new(),
            self_test_logit: f64::NAN,
        }
    }
}

fn one() -> usize {
    1
}

fn is_one(members: &usize) -> bool {
    *members == 1
}
