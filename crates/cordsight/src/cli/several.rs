//! Several findings or classes on the command line: the result in a few lines, scores of files, a model on another cohort.

use std::path::Path;

use cordsight::cohort::CohortError;
use cordsight::model_file::{Answers, INTENDED_USE, Model};
use cordsight::run_folder::RunFolder;
use cordsight::seal;
use cordsight::several::cohort::Subjects;
use cordsight::several::external;
use cordsight::several::predictions::Row;
use cordsight::several::results::{self, AllClasses, Judged};
use cordsight::task::Task;
use diagstat::Measured;
use serde::Serialize;

use super::Failure;
use super::predict::Subject;

/// What a finished run found, and where to look.
pub fn of_run(run: &RunFolder) -> Result<String, Failure> {
    let (_, judged) = results::evaluation(run)?;
    let looks = seal::looks(run)?.map_or_else(String::new, |looks| {
        format!("test set    sealed before training, {looks}\n")
    });
    Ok(format!(
        "\n{}{looks}report      {}\n",
        of(&judged),
        run.file("report.html").display()
    ))
}

/// Figures of each finding or class with their intervals.
pub fn of(judged: &Judged) -> String {
    let mut text = format!("{INTENDED_USE}\n");
    if let Some(all) = &judged.all_classes {
        text.push_str(&of_classes(all, judged.task.names()));
    }
    let width = judged.each.iter().map(|each| each.name.chars().count());
    let width = width.max().unwrap_or(0).max("finding".len());
    let is_classes = judged.all_classes.is_some();
    let heading = match is_classes {
        true => "class",
        false => "finding",
    };
    text.push_str(&format!(
        "{heading:<width$}   with without  AUC (95 % interval)"
    ));
    text.push_str(match is_classes {
        true => ", against the rest\n",
        false => "        sensitivity          specificity          threshold\n",
    });
    for each in &judged.each {
        let of = &each.evaluation;
        let line = format!(
            "{:<width$}  {:>5} {:>7}  {:<26}",
            each.name,
            of.positives,
            of.negatives,
            short(&of.auc)
        );
        text.push_str(&match is_classes {
            true => line,
            false => format!(
                "{line} {:<20} {:<20} {:.3}",
                short(&of.at_threshold.sensitivity),
                short(&of.at_threshold.specificity),
                of.threshold.value
            ),
        });
        if each.unknown > 0 {
            text.push_str(&format!("  ({} not known)", each.unknown));
        }
        text.push('\n');
    }
    if let Some(first) = judged.each.first().filter(|_| !is_classes) {
        text.push_str(&format!(
            "thresholds  {}\n",
            first.evaluation.threshold.origin
        ));
    }
    if judged.synthetic {
        text.push_str("synthetic radiographs: no result here is evidence about patients\n");
    }
    text
}

fn of_classes(all: &AllClasses, names: &[String]) -> String {
    let mut text = format!("macro AUC   {:.3}\n", all.macro_auc);
    let of = match &all.calls {
        Ok(of) => of,
        Err(reason) => return format!("{text}no table of truth and call: {reason}\n"),
    };
    text.push_str(&format!("accuracy    {:.3}\n\n", of.accuracy));
    let width = names.iter().map(|name| name.chars().count());
    let width = width.max().unwrap_or(0).max("reference".len());
    text.push_str(&format!("{:<width$}  called", "reference"));
    for name in names {
        text.push_str(&format!(" {name:>width$}"));
    }
    text.push('\n');
    for (name, row) in names.iter().zip(of.counts.rows()) {
        text.push_str(&format!("{name:<width$}        "));
        for count in row {
            text.push_str(&format!(" {count:>width$}"));
        }
        text.push('\n');
    }
    text.push('\n');
    text
}

/// `0.868 (0.783-0.954)`, or why there is no value.
fn short(measured: &Measured) -> String {
    match (measured.value(), measured.interval()) {
        (Some(value), Some(interval)) => {
            format!("{value:.3} ({:.3}-{:.3})", interval.low, interval.high)
        }
        (Some(value), None) => format!("{value:.3} (no interval)"),
        (None, _) => "none".to_string(),
    }
}

/// Scores of another cohort, judged; its labels stand in columns of the same names.
pub fn judged_on(
    model: &Model,
    answers: &Answers,
    cohort: &Path,
    class_column: Option<&str>,
) -> Result<(Vec<Row>, Judged), Failure> {
    let subjects = Subjects::read(cohort, &answers.task, class_column)
        .map_err(|error: CohortError| Failure::Failed(error.to_string()))?;
    let rows = external::score(model, &subjects)?;
    let synthetic = subjects.cohort.synthetic.is_some();
    let judged = results::judge_rows(
        &answers.task,
        &answers.thresholds,
        synthetic,
        &rows,
        None,
        model.manifest.pool,
        1,
    )?;
    Ok((rows, judged))
}

/// The outcome for one file or patient.
#[derive(Serialize)]
pub struct Line {
    #[serde(flatten)]
    pub of: Subject,
    answers: Vec<Answer>,
    class: Option<String>,
    pub error: Option<String>,
}

/// A score, and whether it is called.
#[derive(Serialize)]
struct Answer {
    name: String,
    score: f64,
    threshold: Option<f64>,
    called: bool,
}

#[derive(Serialize)]
struct Document<'a> {
    intended_use: &'a str,
    synthetic_training_data: bool,
    answers: &'a Answers,
    predictions: &'a [Line],
}

/// Outcomes of files or patients.
pub fn lines(answers: &Answers, outcomes: Vec<(Subject, Result<Vec<f64>, String>)>) -> Vec<Line> {
    let outcomes = outcomes.into_iter();
    outcomes
        .map(|(of, outcome)| line(answers, of, outcome))
        .collect()
}

fn line(answers: &Answers, of: Subject, outcome: Result<Vec<f64>, String>) -> Line {
    let scores = match outcome {
        Ok(scores) => scores,
        Err(error) => {
            return Line {
                of,
                answers: Vec::new(),
                class: None,
                error: Some(error),
            };
        }
    };
    let names = answers.task.names();
    let called = answers.called(&scores);
    let named = names.iter().zip(&scores).enumerate();
    let each: Vec<Answer> = named
        .map(|(place, (name, &score))| Answer {
            name: name.clone(),
            score,
            threshold: answers.thresholds.get(place).map(|t| t.value),
            called: called.get(place).copied().unwrap_or_default(),
        })
        .collect();
    let class = match answers.task {
        Task::Classes(_) => each.iter().find(|answer| answer.called),
        _ => None,
    };
    Line {
        class: class.map(|answer| answer.name.clone()),
        of,
        answers: each,
        error: None,
    }
}

/// JSON of all outcomes.
pub fn json(model: &Model, answers: &Answers, lines: &[Line]) -> Result<(), Failure> {
    super::print_json(&Document {
        intended_use: INTENDED_USE,
        synthetic_training_data: model.manifest.cohort.synthetic,
        answers,
        predictions: lines,
    })
}

/// CSV of all outcomes: for findings a score and a call each, for classes the call and a score each.
pub fn csv(answers: &Answers, lines: &[Line], of_patients: bool) -> Result<String, Failure> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let names = answers.task.names();
    let is_classes = matches!(answers.task, Task::Classes(_));
    let calls: Vec<String> = match is_classes {
        true => vec!["class".to_string()],
        false => names.to_vec(),
    };
    let columns = Subject::columns(of_patients).iter();
    let mut header: Vec<String> = columns.map(ToString::to_string).collect();
    header.extend(calls.iter().cloned());
    header.extend(names.iter().map(|name| format!("{name}_score")));
    header.push("error".to_string());
    writer.write_record(&header)?;
    for line in lines {
        let mut row = line.of.cells();
        if line.error.is_some() {
            row.resize(header.len() - 1, String::new());
        } else if is_classes {
            row.push(line.class.clone().unwrap_or_default());
        } else {
            let called = line.answers.iter().map(|answer| u8::from(answer.called));
            row.extend(called.map(|called| called.to_string()));
        }
        if line.error.is_none() {
            row.extend(line.answers.iter().map(|answer| answer.score.to_string()));
        }
        row.push(line.error.clone().unwrap_or_default());
        writer.write_record(&row)?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| Failure::Failed(error.to_string()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A table of all outcomes, and what it means.
pub fn table(model: &Model, answers: &Answers, lines: &[Line]) -> String {
    let of_patients = matches!(
        lines,
        [
            Line {
                of: Subject::Patient { .. },
                ..
            },
            ..
        ]
    );
    let first = if of_patients { "patient" } else { "file" };
    let file = lines.iter().map(|line| line.of.name().chars().count());
    let file = file.max().unwrap_or(0).max(first.len());
    let columns: Vec<(&String, usize)> = (answers.task.names().iter())
        .map(|name| (name, name.chars().count().max("0.0000 *".len())))
        .collect();
    let mut text = format!("{first:<file$}");
    for (name, width) in &columns {
        text.push_str(&format!("  {name:<width$}"));
    }
    text.push('\n');
    for line in lines {
        text.push_str(&format!("{:<file$}", line.of.name()));
        if line.error.is_some() {
            text.push_str("  not scored");
        }
        for (answer, (_, width)) in line.answers.iter().zip(&columns) {
            let mark = if answer.called { " *" } else { "" };
            let cell = format!("{:.4}{mark}", answer.score);
            text.push_str(&format!("  {cell:<width$}"));
        }
        let kept = text.trim_end().len();
        text.truncate(kept);
        text.push('\n');
    }
    match answers.task {
        Task::Classes(_) => text.push_str(
            "\nscores: the network's outputs, which add up to 1; * the class with the highest is called\n",
        ),
        _ => {
            text.push_str("\nscores: the network's outputs, 0 to 1; * called, from these thresholds on\n");
            for (name, threshold) in answers.task.names().iter().zip(&answers.thresholds) {
                text.push_str(&format!(
                    "  {name} {:.4} ({})\n",
                    threshold.value, threshold.origin
                ));
            }
        }
    }
    if of_patients {
        let pool = model.manifest.pool.described();
        text.push_str(&format!("a patient's score: {pool}\n"));
    }
    text.push_str(&format!("{INTENDED_USE}\n"));
    if model.manifest.cohort.synthetic {
        text.push_str("The model was trained on synthetic radiographs: its scores say nothing about patients\n");
    }
    text
}
