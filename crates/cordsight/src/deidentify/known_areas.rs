//! A list of the areas where devices burn text into pictures, for `--blank-known`.
//!
//! In: a CSV with the columns `x,y,width,height` and any of `manufacturer,model,columns,rows`; an empty cell means any.
//! Out: areas with their conditions.

use std::path::Path;

use radiograph::deidentify::{Area, Blank};
use serde::Deserialize;

use super::{FolderError, io};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    x: usize,
    y: usize,
    width: usize,
    height: usize,
    manufacturer: Option<String>,
    model: Option<String>,
    columns: Option<usize>,
    rows: Option<usize>,
}

/// The areas of the list.
///
/// # Errors
/// A file that cannot be read, and a row that is no area.
pub fn known_areas(path: &Path) -> Result<Vec<Blank>, FolderError> {
    let text = std::fs::read(path).map_err(|error| io(path, &error))?;
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(&*text);
    let mut areas = Vec::new();
    for (index, row) in reader.deserialize::<Row>().enumerate() {
        let row = row.map_err(|error| FolderError::Areas {
            path: path.display().to_string(),
            row: index + 1,
            reason: reason(&error),
        })?;
        areas.push(Blank {
            area: Area {
                x: row.x,
                y: row.y,
                width: row.width,
                height: row.height,
            },
            manufacturer: row.manufacturer,
            model: row.model,
            columns: row.columns,
            rows: row.rows,
        });
    }
    Ok(areas)
}

fn reason(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Deserialize { err, .. } => err.kind().to_string(),
        _ => "found another number of cells than in the first line".into(),
    }
}
