//! `cordsight predict`: scores radiographs with a trained model.
//!
//! A file that cannot be used does not stop the others: it gets its own line, and the exit code is 1.

use std::path::{Path, PathBuf};

use cordsight::block::Conv;
use cordsight::model_file::{Answers, INTENDED_USE, Model};
use serde::Serialize;

use super::{Failure, print, print_json, several};

/// Score radiographs with a trained model
#[derive(clap::Args)]
pub struct Predict {
    /// model.safetensors, or the folder of a finished run
    model: PathBuf,
    /// Radiographs: PNG, JPEG, TIFF or DICOM
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Millimetres between pixels of files that do not say, for models trained with --mm-per-pixel
    #[arg(long, value_name = "MM")]
    spacing: Option<f64>,
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

/// The outcome for one file.
#[derive(Serialize)]
struct Row {
    file: String,
    score: Option<f64>,
    positive: Option<bool>,
    class: Option<String>,
    error: Option<String>,
}

#[derive(Serialize)]
struct Document<'a> {
    intended_use: &'a str,
    synthetic_training_data: bool,
    classes: &'a [String; 2],
    threshold: &'a cordsight::model_file::ThresholdOrigin,
    predictions: &'a [Row],
}

impl Predict {
    pub fn run(self) -> Result<(), Failure> {
        let model = Model::load(&self.model, self.conv)?;
        if let Some(mm) = self.spacing.filter(|mm| !(0.01..=5.0).contains(mm)) {
            return Err(Failure::WrongUse(format!(
                "--spacing: found {mm}, expected millimetres between pixels, 0.01 to 5"
            )));
        }
        let files: Vec<(&Path, Option<f64>)> = self
            .files
            .iter()
            .map(|file| (file.as_path(), self.spacing))
            .collect();
        if let Some(answers) = &model.manifest.answers {
            return self.several(&model, answers, &files);
        }
        let outcomes = files.iter().zip(model.score_files(&files));
        let rows: Vec<Row> = outcomes
            .map(|((file, _), outcome)| row(&model, file, outcome))
            .collect();
        let text = if self.csv {
            csv(&rows)?
        } else if self.json {
            String::new()
        } else {
            table(&model, &rows)
        };
        for row in &rows {
            if let Some(error) = &row.error {
                eprintln!("error: {}: {error}", row.file);
            }
        }
        if self.json {
            print_json(&Document {
                intended_use: INTENDED_USE,
                synthetic_training_data: model.manifest.cohort.synthetic,
                classes: &model.manifest.classes,
                threshold: &model.manifest.threshold,
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
        files: &[(&Path, Option<f64>)],
    ) -> Result<(), Failure> {
        let lines = several::lines(model, answers, files);
        for (line, (file, _)) in lines.iter().zip(files) {
            if let Some(error) = &line.error {
                eprintln!("error: {}: {error}", file.display());
            }
        }
        match (self.json, self.csv) {
            (true, _) => several::json(model, answers, &lines)?,
            (_, true) => print(&several::csv(answers, &lines)?)?,
            _ => print(&several::table(model, answers, &lines))?,
        }
        match lines.iter().any(|line| line.error.is_some()) {
            true => Err(Failure::Said),
            false => Ok(()),
        }
    }
}

fn row(model: &Model, file: &Path, outcome: Result<f64, String>) -> Row {
    let shown = file.display().to_string();
    match outcome {
        Err(error) => Row {
            file: shown,
            score: None,
            positive: None,
            class: None,
            error: Some(error),
        },
        Ok(score) => {
            let positive = model.is_positive(score);
            let class = model.manifest.classes[usize::from(positive)].clone();
            Row {
                file: shown,
                score: Some(score),
                positive: Some(positive),
                class: Some(class),
                error: None,
            }
        }
    }
}

fn table(model: &Model, rows: &[Row]) -> String {
    let manifest = &model.manifest;
    let width = rows
        .iter()
        .map(|row| row.file.chars().count())
        .max()
        .unwrap_or(0)
        .max("file".len());
    let mut text = format!("{:<width$}  score   call\n", "file");
    for row in rows {
        let line = match (row.score, &row.class) {
            (Some(score), Some(class)) => format!("{:<width$}  {score:.4}  {class}\n", row.file),
            _ => format!("{:<width$}  -       not scored\n", row.file),
        };
        text.push_str(&line);
    }
    let origin = &manifest.threshold.origin;
    text.push_str(&format!(
        "\nscore: the network's output for \"{}\", 0 to 1; called so from {:.4} on ({origin})\n{INTENDED_USE}\n",
        manifest.classes[1], manifest.threshold.value
    ));
    if manifest.cohort.synthetic {
        text.push_str("The model was trained on synthetic radiographs: its scores say nothing about patients\n");
    }
    text
}

fn csv(rows: &[Row]) -> Result<String, Failure> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.serialize(row)?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| Failure::Failed(error.to_string()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
