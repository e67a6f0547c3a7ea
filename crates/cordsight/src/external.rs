//! A trained model on another cohort: external testing, with nothing fitted there.
//!
//! In: a model (with its run folder, where it lies in one) and a cohort. Out: [`External`]: scores, threshold, probabilities and sets
//! of the model as training left them, and every figure that they give. A cohort that shares a picture or a patient's
//! name with the one that the model comes from is refused: it would be no other cohort. Only a model file without its run
//! folder cannot be checked, and the outcome says so.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::path::Path;

use diagstat::Prevalence;
use serde::Serialize;

use crate::carried::Further;
use crate::cohort::{Cohort, CohortError, Columns, plain_reason};
use crate::evaluate::EvaluateError;
use crate::model_file::{INTENDED_USE, Manifest, Model};
use crate::predictions::Prediction;
use crate::run_folder::RunFolder;
use crate::seal::{self, SealError, SealedPicture};
use crate::statistics::StatisticsError;
use crate::statistics::judgement::{self, Judgement, judgement};
use crate::tables::{ScoreTable, TableError};

/// Names shown in an error before "and N more".
const NAMES_MAX: usize = 5;

/// What is asked of an external test.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The model file, or the folder of its run.
    pub model: &'a Path,
    /// The other cohort.
    pub cohort: &'a Path,
    /// The sub-folder that is class 1, for a folder of classes.
    pub positive: Option<&'a str>,
    /// Patients with a name of the training cohort are others.
    pub other_patients: bool,
    /// Prevalence of the place of use.
    pub prevalence: Option<Prevalence>,
    /// Columns that make subgroups.
    pub by: Vec<String>,
    /// Bootstrap replicates of the band of the ROC curve.
    pub replicates: NonZeroU32,
    /// Seed of the bootstrap.
    pub seed: u64,
}

/// `metrics.json` of an external test.
#[derive(Debug, Serialize)]
pub struct External {
    /// The program's version.
    pub cordsight: String,
    /// What the model may be used for.
    pub intended_use: &'static str,
    /// The model file, or the folder of its run.
    pub model: String,
    /// Fingerprint of the cohort that trained it.
    pub trained_on: String,
    /// The other cohort, as it was given.
    pub cohort: String,
    /// Its fingerprint.
    pub fingerprint: String,
    /// How the two cohorts were told apart.
    pub overlap: Overlap,
    /// Whether radiographs of either cohort are synthetic.
    pub synthetic: bool,
    /// Names of class 0 and class 1.
    pub classes: [String; 2],
    /// All figures of the scores.
    #[serde(flatten)]
    pub judgement: Judgement,
    /// What the model's probabilities and sets were worth here.
    #[serde(flatten)]
    pub further: Option<Further>,
    /// `predictions.csv`.
    #[serde(skip)]
    pub predictions: Vec<u8>,
}

/// Whether the cohorts may share patients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Overlap {
    /// No picture and no patient's name in common.
    None,
    /// No picture in common; the user says that patients of the same name are others.
    SameNamesOtherPatients,
    /// The model's run folder is not there, so nothing was compared.
    NotChecked,
}

/// Why there is no external test.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum ExternalError {
    #[error(
        "{cohort}: {}; expected a cohort that shares none with training, validation or test: leave these rows out",
        shared("picture", names)
    )]
    SharedPictures { cohort: String, names: Vec<String> },
    #[error(
        "{cohort}: {} that the model's own cohort has too; leave these rows out or, if they are other people, pass --other-patients",
        shared("patient name", names)
    )]
    SharedPatients { cohort: String, names: Vec<String> },
    #[error("{path}: {reason}")]
    Picture { path: String, reason: String },
    #[error(transparent)]
    Cohort(#[from] CohortError),
    #[error(transparent)]
    Seal(#[from] SealError),
    #[error(transparent)]
    Table(#[from] TableError),
    #[error(transparent)]
    Evaluate(#[from] EvaluateError),
    #[error(transparent)]
    Statistics(#[from] StatisticsError),
    #[error(transparent)]
    Results(#[from] crate::results::ResultsError),
    #[error("cannot be written as CSV: {0}")]
    Csv(#[from] csv::Error),
}

/// Scores the cohort and judges the scores.
///
/// # Errors
///
/// See [`ExternalError`].
pub fn external(request: &Request<'_>, model: &Model) -> Result<External, ExternalError> {
    let cohort = Cohort::read(request.cohort, request.positive)?;
    let (fingerprint, digests) =
        cohort
            .fingerprint_and_digests()
            .map_err(|error| ExternalError::Picture {
                path: request.cohort.display().to_string(),
                reason: plain_reason(&error),
            })?;
    let overlap = overlap(request, &cohort, &digests)?;
    let scored = score(model, &cohort)?;
    let manifest = &model.manifest;
    let predictions = table(request, manifest, &scored)?;
    let judged = judgement(
        &ScoreTable::parse_pooled("predictions.csv", &predictions, manifest.pool)?,
        &judgement::Request {
            threshold: manifest.threshold.clone(),
            prevalence: request.prevalence,
            by: request.by.clone(),
            replicates: request.replicates,
            seed: request.seed,
        },
    )?;
    let patients = crate::predictions::by_patient(&scored, manifest.pool);
    let scores = crate::evaluate::scores(&patients).map_err(EvaluateError::from)?;
    Ok(External {
        cordsight: env!("CARGO_PKG_VERSION").to_string(),
        intended_use: INTENDED_USE,
        model: request.model.display().to_string(),
        trained_on: manifest.cohort.fingerprint.clone(),
        cohort: request.cohort.display().to_string(),
        fingerprint,
        overlap,
        synthetic: manifest.cohort.synthetic || cohort.synthetic.is_some(),
        classes: manifest.classes.clone(),
        further: manifest.carried.judge(&scores, manifest.threshold.value),
        judgement: judged,
        predictions,
    })
}

/// The pictures of a cohort scored, in its order.
///
/// # Errors
///
/// A radiograph that cannot be used.
pub fn score(model: &Model, cohort: &Cohort) -> Result<Vec<Prediction>, ExternalError> {
    let pictures = cohort.pictures.iter();
    let files: Vec<(&Path, Option<f64>)> =
        pictures.map(|p| (p.path.as_path(), p.spacing_mm)).collect();
    let outcomes = cohort.pictures.iter().zip(model.score_files(&files));
    let scored = outcomes.map(|(picture, score)| {
        Ok(Prediction {
            patient: picture.patient.clone(),
            image: picture.name.clone(),
            label: picture.label,
            score: score.map_err(|reason| ExternalError::Picture {
                path: picture.path.display().to_string(),
                reason,
            })?,
            view: picture.view.clone(),
        })
    });
    scored.collect()
}

/// Refuses a cohort that is partly the model's own.
pub(crate) fn overlap(
    request: &Request<'_>,
    cohort: &Cohort,
    digests: &[String],
) -> Result<Overlap, ExternalError> {
    let folder = match request.model.is_dir() {
        true => request.model,
        false => request.model.parent().unwrap_or_else(|| Path::new("")),
    };
    let Some(own) = seal::pictures(&RunFolder::open(folder))? else {
        return Ok(Overlap::NotChecked);
    };
    let of = |key: fn(&SealedPicture) -> &str| -> BTreeSet<&str> { own.iter().map(key).collect() };
    let (contents, patients) = (of(|own| &own.sha256), of(|own| &own.patient));
    let shown = request.cohort.display().to_string();
    let pictures = cohort.pictures.iter().zip(digests);
    let same = pictures.filter(|(_, digest)| contents.contains(digest.as_str()));
    let names: Vec<String> = same.map(|(picture, _)| picture.name.clone()).collect();
    if !names.is_empty() {
        return Err(ExternalError::SharedPictures {
            cohort: shown,
            names,
        });
    }
    let theirs = cohort.patients();
    let same = theirs.keys().filter(|name| patients.contains(*name));
    let names: Vec<String> = same.map(|name| (*name).to_string()).collect();
    match (names.is_empty(), request.other_patients) {
        (true, _) => Ok(Overlap::None),
        (false, true) => Ok(Overlap::SameNamesOtherPatients),
        (false, false) => Err(ExternalError::SharedPatients {
            cohort: shown,
            names,
        }),
    }
}

/// `patient,image,label,score`, the model's probability and set where it carries them, and the cohort's further columns.
fn table(
    request: &Request<'_>,
    manifest: &Manifest,
    scored: &[Prediction],
) -> Result<Vec<u8>, ExternalError> {
    let columns = Columns::read(request.cohort)?;
    let names = columns.as_ref().map(Columns::names).unwrap_or_default();
    let cells = columns.as_ref().map(Columns::of_images);
    let (carried, classes) = (&manifest.carried, &manifest.classes);
    let has = [
        carried.calibration.is_some(),
        carried.calibration.is_some() && request.prevalence.is_some(),
        carried.sets.is_some(),
    ];
    let own = ["probability", "probability_at_prevalence", "set"];
    let kept: Vec<usize> = (0..names.len())
        .filter(|at| !own.contains(&names[*at]) && names[*at] != "score")
        .collect();
    let mut table = csv::Writer::from_writer(Vec::new());
    let mut header = vec!["patient", "image", "label", "score"];
    header.extend(own.iter().zip(has).filter(|of| of.1).map(|of| of.0));
    header.extend(kept.iter().map(|at| names[*at]));
    table.write_record(&header)?;
    let none: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for row in scored {
        let mut record = vec![
            row.patient.clone(),
            row.image.clone(),
            row.label.to_string(),
            row.score.to_string(),
        ];
        let probability = |at| carried.probability(row.score, at).map(|p| p.to_string());
        let further = [
            probability(None),
            probability(request.prevalence),
            carried.set(row.score, classes),
        ];
        let further = further.into_iter().zip(has).filter(|of| of.1);
        record.extend(further.map(|of| of.0.unwrap_or_default()));
        let row = cells.as_ref().unwrap_or(&none).get(row.image.as_str());
        let cell = |at: &usize| row.and_then(|row| row.get(*at)).copied();
        record.extend(
            kept.iter()
                .map(|at| cell(at).unwrap_or_default().to_string()),
        );
        table.write_record(&record)?;
    }
    Ok(table
        .into_inner()
        .map_err(|error| csv::Error::from(error.into_error()))?)
}

fn shared(what: &str, names: &[String]) -> String {
    let shown: Vec<String> = names
        .iter()
        .take(NAMES_MAX)
        .map(|name| format!("\"{name}\""))
        .collect();
    let more = names.len().saturating_sub(NAMES_MAX);
    let more = match more {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let plural = if names.len() == 1 { "" } else { "s" };
    format!(
        "found {} {what}{plural} ({}{more})",
        names.len(),
        shown.join(", ")
    )
}
