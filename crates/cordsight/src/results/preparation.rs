//! `preparation.csv`: what was done to each picture of a run, so that a place in the network's square can be found again
//! in the radiograph.
//!
//! In: the cohort and a record for each of its pictures. Out: a table; `crate::prepare::Geometry` has the arithmetic back.

use super::ResultsError;
use crate::cohort::Cohort;
use crate::prepare::Record;
use crate::run_folder::RunFolder;

const HEADER: [&str; 14] = [
    "patient",
    "image",
    "width",
    "height",
    "crop_left",
    "crop_top",
    "crop_width",
    "crop_height",
    "mirrored",
    "facing_by",
    "columns",
    "rows",
    "left",
    "top",
];

/// Writes the table, a row a picture in the cohort's order.
///
/// # Errors
///
/// A full or read-only disk.
pub fn write_records(
    run: &RunFolder,
    cohort: &Cohort,
    records: &[Record],
) -> Result<(), ResultsError> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(HEADER)?;
    for (picture, record) in cohort.pictures.iter().zip(records) {
        let done = &record.geometry;
        table.write_record([
            picture.patient.clone(),
            picture.name.clone(),
            done.width.to_string(),
            done.height.to_string(),
            done.crop.left.to_string(),
            done.crop.top.to_string(),
            done.crop.width.to_string(),
            done.crop.height.to_string(),
            done.mirrored.to_string(),
            record.facing.name().to_string(),
            done.columns.to_string(),
            done.rows.to_string(),
            done.left.to_string(),
            done.top.to_string(),
        ])?;
    }
    let table = table
        .into_inner()
        .map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(run.write("preparation.csv", &table)?)
}
