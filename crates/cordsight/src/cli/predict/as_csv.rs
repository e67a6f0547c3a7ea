//! Outcomes of `predict` as CSV.
//!
//! In: a model and a row for each file or patient. Out: the text; columns that the model has nothing for are not there.

use cordsight::model_file::Model;

use super::super::Failure;
use super::{Row, Subject};

pub(super) fn csv(model: &Model, rows: &[Row], of_patients: bool) -> Result<String, Failure> {
    let carried = &model.manifest.carried;
    let has = [carried.calibration.is_some(), carried.sets.is_some()];
    let mut writer = csv::Writer::from_writer(Vec::new());
    let has_members = model.manifest.members > 1;
    let members = ["member_low", "member_high"]
        .into_iter()
        .filter(|_| has_members);
    let own = ["probability", "set"].into_iter().zip(has);
    let header = Subject::columns(of_patients).iter().copied();
    let header = header.chain(["score", "positive", "class"]).chain(members);
    let header = header.chain(own.filter(|of| of.1).map(|of| of.0));
    writer.write_record(header.chain(["error"]))?;
    for row in rows {
        let text = |value: &Option<f64>| value.map_or_else(String::new, |value| value.to_string());
        let own = [text(&row.probability), row.set.clone().unwrap_or_default()];
        let mut cells = row.of.cells();
        cells.extend([
            text(&row.score),
            row.positive.map_or_else(String::new, |of| of.to_string()),
            row.class.clone().unwrap_or_default(),
        ]);
        if has_members {
            let [low, high] = [0, 1].map(|at| row.members.map(|members| members[at]));
            cells.extend([text(&low), text(&high)]);
        }
        let own = own.into_iter().zip(has).filter(|of| of.1).map(|of| of.0);
        let error = row.error.clone().unwrap_or_default();
        writer.write_record(cells.into_iter().chain(own).chain([error]))?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| Failure::Failed(error.to_string()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
