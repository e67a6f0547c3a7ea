//! What members and views were worth: the combined score beside those that it is the mean of, on the same test patients.
//!
//! In: `predictions_members.csv` of a run: `patient,image,label`, then for each member `as_is_N`, its score of the picture as it is,
//! and `member_N`, its mean over the views. Out: [`Combined`], with paired differences. Members are no further patients: the
//! intervals are those of the test patients.

use std::path::Path;

use diagstat::{Measured, Scores, Undefined, auc_with_interval};
use serde::Serialize;

use super::{ResultsError, read_facts};
use crate::baseline::compared;
use crate::cohort::plain_reason;
use crate::ensemble::PictureScore;
use crate::evaluate::{AUC, EvaluateError, LEVEL, scores};
use crate::predictions::{Prediction, by_patient};
use crate::run_folder::RunFolder;

const FILE: &str = "predictions_members.csv";

/// The combined score and its parts.
#[derive(Clone, Debug, Serialize)]
pub struct Combined {
    /// Networks.
    pub members: usize,
    /// AUC of each member alone, with the views that the model takes.
    pub member_aucs: Vec<Measured>,
    /// AUC of the mean.
    pub auc: Measured,
    /// AUC of the mean less that of the first member, which one seed alone would have given; where there are several.
    pub ensemble_minus_first: Option<Difference>,
    /// AUC with the views less that of the pictures as they are, by the same members; where there are several.
    pub views_minus_as_is: Option<Difference>,
}

/// A paired difference of AUCs.
#[derive(Clone, Debug, Serialize)]
pub struct Difference {
    /// The difference, with DeLong's interval.
    pub difference: Measured,
    /// P of DeLong's paired test, or why there is none.
    #[serde(serialize_with = "crate::statistics::value_or_reason")]
    pub p_value: Result<f64, Undefined>,
}

/// Writes the table.
pub(crate) fn write(
    run: &RunFolder,
    test: &[(Prediction, PictureScore)],
) -> Result<(), ResultsError> {
    let mut table = csv::Writer::from_writer(Vec::new());
    let members = test.first().map_or(0, |(_, of)| of.members.len());
    let columns = (1..=members).flat_map(|n| [format!("as_is_{n}"), format!("member_{n}")]);
    let header = ["patient", "image", "label"].map(String::from).into_iter();
    table.write_record(header.chain(columns))?;
    for (row, of) in test {
        let names = [
            row.patient.clone(),
            row.image.clone(),
            row.label.to_string(),
        ];
        let scores = of.as_is.iter().zip(&of.members);
        let scores = scores.flat_map(|(as_is, member)| [as_is.to_string(), member.to_string()]);
        table.write_record(names.into_iter().chain(scores))?;
    }
    let table = table
        .into_inner()
        .map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(run.write(FILE, &table)?)
}

/// Judges the table of a run; nothing where it has one network and one view.
///
/// # Errors
///
/// A damaged table.
pub fn combined(run: &RunFolder) -> Result<Option<Combined>, ResultsError> {
    let path = run.file(FILE);
    if !path.is_file() {
        return Ok(None);
    }
    let rows = read(&path)?;
    let pool = read_facts(run)?.pool;
    let members = rows.first().map_or(0, |row| row.1.len());
    let of = |score: &dyn Fn(&[[f64; 2]]) -> f64| -> Result<Scores, ResultsError> {
        let rows: Vec<Prediction> = rows
            .iter()
            .map(|(row, scores)| Prediction {
                score: score(scores),
                ..row.clone()
            })
            .collect();
        Ok(scores(&by_patient(&rows, pool)).map_err(EvaluateError::from)?)
    };
    let mean = |scores: &[[f64; 2]], which: usize| {
        scores.iter().map(|of| of[which]).sum::<f64>() / scores.len() as f64
    };
    let own: Vec<Scores> = (0..members)
        .map(|member| of(&|scores| scores[member][1]))
        .collect::<Result<_, _>>()?;
    let together = of(&|scores| mean(scores, 1))?;
    let as_is = of(&|scores| mean(scores, 0))?;
    let has_views = together != as_is;
    Ok(Some(Combined {
        members,
        member_aucs: own
            .iter()
            .map(|scores| auc_with_interval(scores, AUC, LEVEL))
            .collect(),
        auc: auc_with_interval(&together, AUC, LEVEL),
        ensemble_minus_first: (members > 1)
            .then(|| Difference::of(together.clone(), own[0].clone())),
        views_minus_as_is: has_views.then(|| Difference::of(together, as_is)),
    }))
}

impl Difference {
    fn of(one: Scores, other: Scores) -> Self {
        match compared(one, other) {
            Ok(of) => Difference {
                difference: of.difference,
                p_value: of.test.map(|test| test.p_value),
            },
            Err(reason) => Difference {
                difference: Measured::undefined(reason),
                p_value: Err(reason),
            },
        }
    }
}

impl Combined {
    /// In a line or two, for a terminal.
    pub fn text(&self) -> String {
        let mut text = String::new();
        if let Some(of) = &self.ensemble_minus_first {
            let aucs = self.member_aucs.iter().filter_map(Measured::value);
            let (low, high) = aucs.fold((1.0_f64, 0.0_f64), |(low, high), auc| {
                (low.min(auc), high.max(auc))
            });
            text += &format!(
                "members     {}, AUC {low:.3} to {high:.3} each; together less the first {:.3}\n",
                self.members, of.difference
            );
        }
        if let Some(of) = &self.views_minus_as_is {
            text += &format!("views       with less without {:.3}\n", of.difference);
        }
        text
    }

    /// Figures with their names, for tables.
    pub fn rows(&self) -> Vec<(&'static str, &Measured)> {
        let mut rows = Vec::new();
        if let Some(of) = &self.ensemble_minus_first {
            rows.push(("AUC of all members less that of the first", &of.difference));
        }
        if let Some(of) = &self.views_minus_as_is {
            rows.push(("AUC with views less that without", &of.difference));
        }
        rows
    }
}

/// A picture with, for each member, its score as it is and its mean over the views.
type OfMembers = (Prediction, Vec<[f64; 2]>);

/// The rows, each with the scores as they are and over the views of each member.
fn read(path: &Path) -> Result<Vec<OfMembers>, ResultsError> {
    let wrong = |problem: String| ResultsError::File {
        path: path.display().to_string(),
        problem,
    };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(plain_reason(&error)))?;
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for (at, record) in reader.records().enumerate() {
        let line = at + 2;
        let record = record.map_err(|error| wrong(error.to_string()))?;
        let cells: Vec<&str> = record.iter().collect();
        let [patient, image, label, scores @ ..] = cells.as_slice() else {
            return Err(wrong(format!(
                "line {line}: found {} cells, expected patient, image, label and scores",
                cells.len()
            )));
        };
        let number = |cell: &&str| match cell.parse::<f64>() {
            Ok(score) if (0.0..=1.0).contains(&score) => Ok(score),
            _ => Err(wrong(format!(
                "line {line}: found \"{cell}\", expected a score from 0 to 1"
            ))),
        };
        let scores = scores.iter().map(number).collect::<Result<Vec<f64>, _>>()?;
        if scores.is_empty() || scores.len() % 2 == 1 {
            return Err(wrong(format!(
                "line {line}: found {} scores, expected two for each member",
                scores.len()
            )));
        }
        let row = Prediction {
            patient: (*patient).to_string(),
            image: (*image).to_string(),
            label: label
                .parse()
                .ok()
                .filter(|label| *label < 2)
                .ok_or_else(|| {
                    wrong(format!(
                        "line {line}: found the label \"{label}\", expected 0 or 1"
                    ))
                })?,
            score: 0.0,
            view: None,
        };
        rows.push((row, scores.chunks(2).map(|of| [of[0], of[1]]).collect()));
    }
    let members = rows
        .first()
        .map_or(0, |row: &(Prediction, Vec<[f64; 2]>)| row.1.len());
    if members == 0 || rows.iter().any(|row| row.1.len() != members) {
        return Err(wrong(
            "found no row, or rows of different length, expected one a test picture".to_string(),
        ));
    }
    Ok(rows)
}
