//! Human readers of the same patients: each alone, against the model, and with its help.
//!
//! In: a table of readers and the model's scores. Out: [`Reading`]. Two questions are kept apart: do *these* readers differ
//! (fixed readers), and do readers *like these* (random readers, after Obuchowski and Rockette with Hillis's degrees of
//! freedom)? The second is the one that a paper's conclusion usually speaks of.

use diagstat::{
    Confusion, CovarianceMethod, Crossed, FigureOfMerit, Inference, Kappa, Measured, Paired,
    ReaderFigures, Scores, TreatmentDifference, Undefined, auc_with_interval, delong_paired,
};
use serde::Serialize;

use super::pairs::{Calls, calls};
use super::{Column, no_threshold};
use crate::evaluate::{AUC, LEVEL, PROPORTION};
use crate::statistics::{StatisticsError, value_or_reason};
use crate::tables::{ReaderRow, ReaderTable, Reading as Kind};

/// Calls of readers are 0 and 1.
const OF_CALLS: f64 = 0.5;

/// All about the readers.
#[derive(Debug, Clone, Serialize)]
pub struct Reading {
    /// The file.
    pub file: String,
    /// The model that the readers are compared with.
    pub model: String,
    /// Each reader in each mode.
    pub readers: Vec<ReaderLine>,
    /// Agreement of every two readers' calls, mode by mode.
    pub kappas: Vec<ReaderKappa>,
    /// Readers as a whole against the model, and aided against unaided.
    pub tests: Vec<ReadingTest>,
}

/// One reader in one mode.
#[derive(Debug, Clone, Serialize)]
pub struct ReaderLine {
    /// The reader.
    pub reader: String,
    /// Whether the model's answer was shown, where the file says so.
    pub aided: Option<bool>,
    /// Counts, where readers made calls.
    pub counts: Option<Confusion>,
    /// Sensitivity, where readers made calls.
    pub sensitivity: Option<Measured>,
    /// Specificity, where readers made calls.
    pub specificity: Option<Measured>,
    /// Area, where readers gave scores.
    pub auc: Option<Measured>,
    /// Calls of reader and model, reader first.
    pub against_model: Option<Calls>,
    /// Difference of the areas of reader and model, reader first.
    pub auc_difference: Option<Measured>,
}

/// Agreement of two readers.
#[derive(Debug, Clone, Serialize)]
pub struct ReaderKappa {
    /// One reader.
    pub first: String,
    /// The other.
    pub second: String,
    /// The mode.
    pub aided: Option<bool>,
    /// Cohen's kappa.
    #[serde(serialize_with = "value_or_reason")]
    pub kappa: Result<Kappa, Undefined>,
}

/// What readers are judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// Area under the curve of scores.
    Auc,
    /// Sensitivity of calls.
    Sensitivity,
    /// Specificity of calls.
    Specificity,
}

/// A difference over all readers.
#[derive(Debug, Clone, Serialize)]
pub struct ReadingTest {
    /// What is compared, such as "readers minus model, sensitivity".
    pub name: String,
    /// The figure.
    pub figure: Figure,
    /// For readers like these.
    #[serde(serialize_with = "value_or_reason")]
    pub random_readers: Result<TreatmentDifference, Undefined>,
    /// For these readers alone.
    #[serde(serialize_with = "value_or_reason")]
    pub fixed_readers: Result<TreatmentDifference, Undefined>,
}

/// Readers against the model and against themselves.
pub(super) fn reading(table: &ReaderTable, model: &Column) -> Result<Reading, StatisticsError> {
    let threshold = model.threshold.ok_or_else(|| no_threshold(&model.name))?;
    let mut readers = Vec::new();
    for row in &table.rows {
        readers.push(line(table.reading, row, model, threshold)?);
    }
    let mut kappas = Vec::new();
    let mut tests = Vec::new();
    let mut treatments: Vec<Vec<Scores>> = Vec::new();
    for mode in table.modes() {
        let rows = table.of_mode(mode);
        let mut scores = Vec::new();
        for row in &rows {
            scores.push(of_row(row, model)?);
        }
        if table.reading == Kind::Calls {
            kappas.extend(kappas_of(&rows, &scores, mode)?);
        }
        tests.extend(against_model(
            table.reading,
            &scores,
            model,
            threshold,
            mode,
        )?);
        treatments.push(scores);
    }
    if let [without, with] = treatments.as_slice() {
        tests.extend(with_help(table.reading, without, with)?);
    }
    Ok(Reading {
        file: table.path.clone(),
        model: model.name.clone(),
        readers,
        kappas,
        tests,
    })
}

fn of_row(row: &ReaderRow, model: &Column) -> Result<Scores, StatisticsError> {
    let labels: Vec<bool> = model.scores.iter().map(|(positive, _)| positive).collect();
    Ok(Scores::from_bools(&labels, &row.values)?)
}

fn line(
    kind: Kind,
    row: &ReaderRow,
    model: &Column,
    threshold: f64,
) -> Result<ReaderLine, StatisticsError> {
    let scores = of_row(row, model)?;
    let two = Paired::new(vec![scores.clone(), model.scores.clone()])?;
    let mut line = ReaderLine {
        reader: row.reader.clone(),
        aided: row.aided,
        counts: None,
        sensitivity: None,
        specificity: None,
        auc: None,
        against_model: None,
        auc_difference: None,
    };
    match kind {
        Kind::Calls => {
            let counts = Confusion::at(&scores, OF_CALLS)?;
            let rate = |of| Measured::proportion(of, PROPORTION, LEVEL);
            line.counts = Some(counts);
            line.sensitivity = Some(rate(counts.sensitivity()));
            line.specificity = Some(rate(counts.specificity()));
            line.against_model = Some(calls(&two, OF_CALLS, threshold)?);
        }
        Kind::Scores => {
            line.auc = Some(auc_with_interval(&scores, AUC, LEVEL));
            line.auc_difference = Some(match delong_paired(&two) {
                Ok(areas) => areas.differences(LEVEL)[0].difference,
                Err(reason) => Measured::undefined(reason),
            });
        }
    }
    Ok(line)
}

fn kappas_of(
    rows: &[&ReaderRow],
    scores: &[Scores],
    aided: Option<bool>,
) -> Result<Vec<ReaderKappa>, StatisticsError> {
    let crossed = Crossed::new(vec![scores.to_vec()])?;
    let mut kappas = Vec::new();
    for (first, one) in rows.iter().enumerate() {
        for (second, other) in rows.iter().enumerate().skip(first + 1) {
            kappas.push(ReaderKappa {
                first: one.reader.clone(),
                second: other.reader.clone(),
                aided,
                kappa: crossed.kappa_of_calls((0, first), (0, second), OF_CALLS, LEVEL),
            });
        }
    }
    Ok(kappas)
}

/// The readers of one mode against the model. The model's calls stand as 0 and 1 beside the readers'.
fn against_model(
    kind: Kind,
    readers: &[Scores],
    model: &Column,
    threshold: f64,
    aided: Option<bool>,
) -> Result<Vec<ReadingTest>, StatisticsError> {
    let model = match kind {
        Kind::Scores => model.scores.clone(),
        Kind::Calls => called(&model.scores, threshold)?,
    };
    let place = readers.len();
    let crossed = Crossed::new(vec![[readers, &[model]].concat()])?;
    let mode = match aided {
        None => "readers minus model",
        Some(false) => "unaided readers minus model",
        Some(true) => "aided readers minus model",
    };
    let test = |&(figure, of): &(Figure, FigureOfMerit)| {
        let compared = ReaderFigures::from_readings(&crossed, of, CovarianceMethod::Delong)
            .and_then(|figures| figures.against_model(0, place, LEVEL));
        ReadingTest {
            name: format!("{mode}, {}", name_of(figure)),
            figure,
            random_readers: compared
                .as_ref()
                .map_err(|reason| *reason)
                .map(|of| of.random_readers),
            fixed_readers: compared
                .as_ref()
                .map_err(|reason| *reason)
                .map(|of| of.fixed_readers),
        }
    };
    Ok(figures_of(kind).iter().map(test).collect())
}

/// The same readers with the model's help and without.
fn with_help(
    kind: Kind,
    without: &[Scores],
    with: &[Scores],
) -> Result<Vec<ReadingTest>, StatisticsError> {
    let crossed = Crossed::new(vec![with.to_vec(), without.to_vec()])?;
    let test = |&(figure, of): &(Figure, FigureOfMerit)| {
        let figures = ReaderFigures::from_readings(&crossed, of, CovarianceMethod::Delong);
        let by = |inference| {
            let compared = figures.as_ref().map_err(|reason| *reason)?;
            Ok(compared.compare(inference, LEVEL)?.differences[0])
        };
        ReadingTest {
            name: format!("aided minus unaided readers, {}", name_of(figure)),
            figure,
            random_readers: by(Inference::RandomReadersRandomCases),
            fixed_readers: by(Inference::FixedReaders),
        }
    };
    Ok(figures_of(kind).iter().map(test).collect())
}

fn figures_of(kind: Kind) -> Vec<(Figure, FigureOfMerit)> {
    match kind {
        Kind::Scores => vec![(Figure::Auc, FigureOfMerit::Area)],
        Kind::Calls => vec![
            (Figure::Sensitivity, FigureOfMerit::Sensitivity(OF_CALLS)),
            (Figure::Specificity, FigureOfMerit::Specificity(OF_CALLS)),
        ],
    }
}

fn name_of(figure: Figure) -> &'static str {
    match figure {
        Figure::Auc => "AUC",
        Figure::Sensitivity => "sensitivity",
        Figure::Specificity => "specificity",
    }
}

fn called(scores: &Scores, threshold: f64) -> Result<Scores, StatisticsError> {
    let labels: Vec<bool> = scores.iter().map(|(positive, _)| positive).collect();
    let calls: Vec<f64> = scores
        .iter()
        .map(|(_, score)| f64::from(u8::from(score >= threshold)))
        .collect();
    Ok(Scores::from_bools(&labels, &calls)?)
}
