//! `cordsight predict`: scores radiographs with a trained model.
//!
//! A file that cannot be used does not stop the others: it gets its own line, and the exit code is 1.

use std::path::{Path, PathBuf};

use cordsight::block::Conv;
use cordsight::carried::Calibrated;
use cordsight::ensemble::PictureScore;
use cordsight::model_file::{Answers, INTENDED_USE, Model};
use cordsight::pool::Pool;
use cordsight::seal;
use diagstat::{Conformal, Prevalence, PrevalenceError};
use serde::Serialize;

use super::by_patient::{self, Patients};
use super::predict_text::{csv, table};
use super::{Failure, looked, print, print_json, several, tell};

/// Score radiographs with a trained model
#[derive(clap::Args)]
pub struct Predict {
    /// model.safetensors, or the folder of a finished run
    model: PathBuf,
    /// Radiographs: PNG, JPEG, TIFF or DICOM
    #[arg(required_unless_present = "by_patient", conflicts_with = "by_patient")]
    files: Vec<PathBuf>,
    /// Score the patients of this CSV (columns patient, image), one score each from all of their radiographs
    #[arg(long, value_name = "CSV")]
    by_patient: Option<PathBuf>,
    /// Millimetres between pixels of files that do not say, for models trained with --mm-per-pixel
    #[arg(long, value_name = "MM")]
    spacing: Option<f64>,
    /// Give the probabilities of a calibrated model at this prevalence of the place of use
    #[arg(long, value_name = "NUMBER")]
    prevalence: Option<f64>,
    /// What a model with --head-covariates takes besides: columns image (a path relative to this CSV) and those covariates
    #[arg(long, value_name = "CSV")]
    covariates: Option<PathBuf>,
    /// How convolutions are computed: winograd, or direct, which is Burn's own
    #[arg(long, value_name = "WAY", default_value_t, hide_possible_values = true)]
    conv: Conv,
    /// Print JSON
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print CSV
    #[arg(long)]
    csv: bool,
}

/// What is scored.
#[derive(Clone, Serialize)]
#[serde(untagged)]
pub enum Subject {
    /// A radiograph.
    File { file: String },
    /// A patient with so many.
    Patient { patient: String, pictures: usize },
}

impl Subject {
    pub fn file(path: &Path) -> Self {
        let file = path.display().to_string();
        Subject::File { file }
    }

    pub fn name(&self) -> &str {
        match self {
            Subject::File { file } => file,
            Subject::Patient { patient, .. } => patient,
        }
    }

    /// Names of the columns.
    pub fn columns(of_patients: bool) -> &'static [&'static str] {
        match of_patients {
            true => &["patient", "pictures"],
            false => &["file"],
        }
    }

    /// The cells of those columns.
    pub fn cells(&self) -> Vec<String> {
        match self {
            Subject::File { file } => vec![file.clone()],
            Subject::Patient { patient, pictures } => vec![patient.clone(), pictures.to_string()],
        }
    }
}

/// The outcome for one file or patient.
#[derive(Serialize)]
pub(super) struct Row {
    #[serde(flatten)]
    pub of: Subject,
    pub score: Option<f64>,
    /// Lowest and highest score of the members, where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub members: Option<[f64; 2]>,
    pub positive: Option<bool>,
    pub class: Option<String>,
    /// Where the model carries a calibration; at the prevalence asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// Where the model carries sets: the class, or that it does not know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set: Option<String>,
    pub error: Option<String>,
}

#[derive(Serialize)]
struct Document<'a> {
    intended_use: &'a str,
    synthetic_training_data: bool,
    classes: &'a [String; 2],
    threshold: &'a cordsight::model_file::ThresholdOrigin,
    #[serde(skip_serializing_if = "Option::is_none")]
    probability: Option<&'a Calibrated>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sets: Option<&'a Conformal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prevalence: Option<Prevalence>,
    /// How a patient's score comes from the pictures' scores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pool: Option<Pool>,
    predictions: &'a [Row],
}

impl Predict {
    pub fn run(self) -> Result<(), Failure> {
        let mut model = Model::load(&self.model, self.conv)?;
        let is_told = !model.manifest.head_covariates.is_empty();
        let by_patient = self.by_patient.as_deref().filter(|_| is_told);
        let covariates = self.covariates.as_deref().or(by_patient);
        tell(&mut model, &self.model, covariates)?;
        if let Some(mm) = self.spacing.filter(|mm| !(0.01..=5.0).contains(mm)) {
            return Err(Failure::WrongUse(format!(
                "--spacing: found {mm}, expected millimetres between pixels, 0.01 to 5"
            )));
        }
        let at = self.prevalence(&model)?;
        let patients = self.by_patient.as_deref().map(Patients::read).transpose()?;
        let files: Vec<(&Path, Option<f64>)> = match &patients {
            Some(patients) => patients.files(self.spacing),
            None => {
                let files = self.files.iter();
                files.map(|file| (file.as_path(), self.spacing)).collect()
            }
        };
        let paths: Vec<&Path> = files.iter().map(|(file, _)| *file).collect();
        looked(&self.model, seal::By::Predict, &paths)?;
        if let Some(answers) = &model.manifest.answers {
            return self.several(&model, answers, patients.as_ref(), &files);
        }
        let pool = model.manifest.pool;
        let outcomes = model.member_files(&files);
        let pooled = |scores: &[PictureScore]| by_patient::with_members(pool, scores);
        let outcomes = subjects(&files, patients.as_ref(), outcomes, pooled);
        let rows: Vec<Row> = outcomes
            .into_iter()
            .map(|(of, outcome)| row(&model, at, of, outcome))
            .collect();
        let text = if self.csv {
            csv(&model, &rows, patients.is_some())?
        } else if self.json {
            String::new()
        } else {
            table(&model, at, &rows)
        };
        for row in &rows {
            if let Some(error) = &row.error {
                eprintln!("error: {}: {error}", row.of.name());
            }
        }
        if self.json {
            print_json(&Document {
                intended_use: INTENDED_USE,
                synthetic_training_data: model.manifest.cohort.synthetic,
                classes: &model.manifest.classes,
                threshold: &model.manifest.threshold,
                probability: model.manifest.carried.calibration.as_ref(),
                sets: model.manifest.carried.sets.as_ref(),
                prevalence: at,
                pool: patients.is_some().then_some(pool),
                predictions: &rows,
            })?;
        } else {
            print(&text)?;
        }
        if rows.iter().any(|row| row.error.is_some()) {
            Err(Failure::Said)
        } else {
            Ok(())
        }
    }
}

impl Predict {
    /// The same for a model of several findings or classes.
    fn several(
        &self,
        model: &Model,
        answers: &Answers,
        patients: Option<&Patients>,
        files: &[(&Path, Option<f64>)],
    ) -> Result<(), Failure> {
        let pool = model.manifest.pool;
        let outcomes = model.answer_files(files);
        let pooled = |scores: &[Vec<f64>]| by_patient::answers(pool, scores);
        let outcomes = subjects(files, patients, outcomes, pooled);
        let lines = several::lines(answers, outcomes);
        for line in &lines {
            if let Some(error) = &line.error {
                eprintln!("error: {}: {error}", line.of.name());
            }
        }
        match (self.json, self.csv) {
            (true, _) => several::json(model, answers, &lines)?,
            (_, true) => print(&several::csv(answers, &lines, patients.is_some())?)?,
            _ => print(&several::table(model, answers, &lines))?,
        }
        match lines.iter().any(|line| line.error.is_some()) {
            true => Err(Failure::Said),
            false => Ok(()),
        }
    }

    /// The prevalence asked for, of a model that can answer.
    fn prevalence(&self, model: &Model) -> Result<Option<Prevalence>, Failure> {
        let wrong = |error: PrevalenceError| Failure::WrongUse(format!("--prevalence: {error}"));
        let at = self
            .prevalence
            .map(Prevalence::new)
            .transpose()
            .map_err(wrong)?;
        if at.is_some() && model.manifest.answers.is_some() {
            return Err(Failure::WrongUse(
                "--prevalence: found a model of several findings or classes, expected one of two classes with a calibration; leave the flag out".into(),
            ));
        }
        if at.is_some() && model.manifest.carried.calibration.is_none() {
            return Err(Failure::WrongUse(
                "--prevalence: found a model without calibration, expected one trained with --calibration; its scores are no probabilities".into(),
            ));
        }
        Ok(at)
    }
}

/// Outcomes of the files, or of the patients where those are asked for.
fn subjects<T>(
    files: &[(&Path, Option<f64>)],
    patients: Option<&Patients>,
    outcomes: Vec<Result<T, String>>,
    pool: impl Fn(&[T]) -> T,
) -> Vec<(Subject, Result<T, String>)> {
    match patients {
        None => {
            let files = files.iter().map(|(file, _)| Subject::file(file));
            files.zip(outcomes).collect()
        }
        Some(patients) => {
            let pooled = patients.pooled(outcomes, pool).into_iter();
            let named = pooled.map(|(patient, pictures, outcome)| {
                (Subject::Patient { patient, pictures }, outcome)
            });
            named.collect()
        }
    }
}

fn row(
    model: &Model,
    at: Option<Prevalence>,
    of: Subject,
    outcome: Result<PictureScore, String>,
) -> Row {
    let carried = &model.manifest.carried;
    match outcome {
        Err(error) => Row {
            of,
            score: None,
            members: None,
            positive: None,
            class: None,
            probability: None,
            set: None,
            error: Some(error),
        },
        Ok(PictureScore { score, members, .. }) => {
            let least = members.iter().copied().fold(f64::INFINITY, f64::min);
            let most = members.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let positive = model.is_positive(score);
            let class = model.manifest.classes[usize::from(positive)].clone();
            Row {
                of,
                score: Some(score),
                members: (members.len() > 1).then_some([least, most]),
                positive: Some(positive),
                class: Some(class),
                probability: carried.probability(score, at),
                set: carried.set(score, &model.manifest.classes),
                error: None,
            }
        }
    }
}
