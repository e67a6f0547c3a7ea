//! The Cervical Spine X-ray Atlas: PNG pictures, 23 key points a picture in JSON, and a table.
//!
//! In: the folder of the download, the table saved as CSV. Out: [`Imported`]; every picture is a patient of its own, as
//! the atlas names no patients.
//!
//! Source: Ran et al. 2024, Sci Data 11:625 (10.1038/s41597-024-03383-0): 4963 PNG and JSON files, sex, age, pixel
//! equivalent, symptoms, curvature. The authors' program (github.com/yran888/CSXA-dataset): LabelMe's JSON, the 23 labels,
//! left is in front. A notebook that uses the set (098765d/Huawei-ICT-Teaching-Competition-2025-26): the table's columns
//! `Number`, `Gender:female-1,male-0`, `Age`, `Disease classification: 1. Cervical spondylosis; 2. Healthy`, `Curvature`,
//! and files called `0001035.png` whose first four digits are the number. Our reading: a column with "pixel" in its name
//! is millimetres a pixel where its values can be that.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::table::{Table, label_column};
use super::tree::{by_stem, ending, files, stem};
use super::{Film, ImportError, Imported, LabelRule, Mark, place};
use crate::cohort::plain_reason;

/// Larger JSON files are refused; LabelMe may store the picture in them.
const JSON_BYTES_MAX: u64 = 64 << 20;

/// Millimetres between pixels that a radiograph of the neck can have.
const SPACING_MM: std::ops::RangeInclusive<f64> = 0.02..=1.0;

/// Names of the points of a vertebra: the atlas's, and ours.
const POINTS: [(&str, &str); 5] = [
    ("centroid", "centre"),
    ("top left", "front_top"),
    ("top right", "back_top"),
    ("bottom left", "front_bottom"),
    ("bottom right", "back_bottom"),
];

/// The part of a LabelMe file that matters.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LabelMe {
    shapes: Vec<Shape>,
    image_width: Option<f64>,
    image_height: Option<f64>,
}

#[derive(Deserialize)]
struct Shape {
    label: String,
    points: Vec<[f64; 2]>,
}

/// Reads the atlas; the table is the only CSV in the folder where none is named.
///
/// # Errors
///
/// A folder without pictures, a table or JSON file that is not as described above, always with the file and what to do.
pub fn csxa(
    folder: &Path,
    table: Option<&Path>,
    label: Option<&LabelRule>,
) -> Result<Imported, ImportError> {
    let found = files(folder, &["png", "json", "csv", "xlsx", "xls"])?;
    let of = |name: &str| -> Vec<PathBuf> {
        let right = found.iter().filter(|path| ending(path) == name);
        right.cloned().collect()
    };
    let pictures = by_stem(of("png"))?;
    if pictures.is_empty() {
        return Err(place(
            folder,
            "found no .png file, expected the pictures of CSXA; unpack the download first",
        ));
    }
    let table = match table {
        Some(path) => Some(Table::read(path)?),
        None => only_table(folder, &of("csv"), &found)?,
    };
    let label = label_column(table.as_ref(), label, folder)?;
    let mut imported = Imported::default();
    let rows = match &table {
        None => {
            let note = "no table: neither age, sex, symptoms nor pixel size; save the atlas's spreadsheet as CSV and pass --table";
            imported.notes.push(note.to_string());
            BTreeMap::new()
        }
        Some(table) => rows_by_number(table)?,
    };
    let reading = table.as_ref().map(|table| Reading::of(table, label));
    if let Some(reading) = &reading {
        imported.covariates = reading.names.clone();
    }
    let (mut without_row, mut without_label) = (0, 0);
    for (name, path) in &pictures {
        let row = leading_number(name).and_then(|number| rows.get(&number));
        without_row += usize::from(table.is_some() && row.is_none());
        let mut film = Film {
            patient: name.clone(),
            path: path.clone(),
            spacing_mm: None,
            label: None,
            cells: vec![String::new(); imported.covariates.len()],
        };
        if let (Some(&row), Some(reading)) = (row, &reading) {
            reading.fill(&mut film, row)?;
        }
        if label.is_some() && film.label.is_none() {
            without_label += 1;
            continue;
        }
        imported.films.push(film);
    }
    let counts = [
        (without_row, "pictures have no row in the table"),
        (
            without_label,
            "pictures were left out: no value in the column of --label",
        ),
    ];
    for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
        imported.notes.push(format!("{count} {what}"));
    }
    if let Some(note) = reading.and_then(|reading| reading.spacing_note(&imported)) {
        imported.notes.push(note);
    }
    read_marks(&mut imported, &by_stem(of("json"))?)?;
    Ok(imported)
}

/// The table, if exactly one CSV lies in the folder.
fn only_table(
    folder: &Path,
    tables: &[PathBuf],
    found: &[PathBuf],
) -> Result<Option<Table>, ImportError> {
    match tables {
        [table] => Ok(Some(Table::read(table)?)),
        [] => match found.iter().find(|path| ending(path).starts_with("xls")) {
            None => Ok(None),
            Some(spreadsheet) => Err(place(
                spreadsheet,
                "found a spreadsheet, expected a CSV beside it; open it and save it as \"CSV UTF-8\"",
            )),
        },
        _ => Err(place(
            folder,
            format!(
                "found {} CSV files, expected one; pass --table FILE.csv",
                tables.len()
            ),
        )),
    }
}

/// The number that a file's name begins with: its first four digits.
fn leading_number(name: &str) -> Option<u32> {
    name.get(..4)
        .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?
        .parse()
        .ok()
}

/// Index of the row of each number.
fn rows_by_number(table: &Table) -> Result<BTreeMap<u32, usize>, ImportError> {
    let column = table.column("Number")?;
    let mut rows = BTreeMap::new();
    for (at, (_, cells)) in table.rows.iter().enumerate() {
        let cell = cells.get(column).map(String::as_str).unwrap_or_default();
        if cells.iter().all(String::is_empty) {
            continue;
        }
        let number = cell
            .parse::<f64>()
            .ok()
            .filter(|number| number.fract() == 0.0 && (0.0..10_000.0).contains(number))
            .ok_or_else(|| {
                table.wrong(
                    at,
                    column,
                    "a whole number below 10000; correct the cell or delete the row",
                )
            })? as u32;
        if rows.insert(number, at).is_some() {
            return Err(table.wrong(at, column, "each number once; delete one of the rows"));
        }
    }
    Ok(rows)
}

/// How the table's columns become ours.
struct Reading<'a> {
    table: &'a Table,
    label: Option<(usize, &'a LabelRule)>,
    spacing: Option<usize>,
    columns: Vec<usize>,
    names: Vec<String>,
}

impl<'a> Reading<'a> {
    fn of(table: &'a Table, label: Option<(usize, &'a LabelRule)>) -> Self {
        let number = table.find(|name| name == "Number");
        let columns: Vec<usize> = (0..table.header.len())
            .filter(|at| Some(*at) != number)
            .collect();
        let mut names: Vec<String> = Vec::new();
        for &at in &columns {
            let name = covariate_name(&table.header[at]);
            let taken =
                names.contains(&name) || ["patient", "image", "label"].contains(&name.as_str());
            names.push(if taken { format!("{name}_{at}") } else { name });
        }
        Reading {
            table,
            label,
            spacing: table.find(|name| name.to_lowercase().contains("pixel")),
            columns,
            names,
        }
    }

    fn fill(&self, film: &mut Film, row: usize) -> Result<(), ImportError> {
        let cells = &self.table.rows[row].1;
        let cell = |column: usize| cells.get(column).map(String::as_str).unwrap_or_default();
        film.cells.clear();
        for (&column, name) in self.columns.iter().zip(&self.names) {
            let text = match (name.as_str(), cell(column)) {
                (_, "") => "",
                ("sex", "0" | "0.0") => "M",
                ("sex", "1" | "1.0") => "F",
                ("sex", _) => return Err(self.table.wrong(row, column, "0 (male) or 1 (female)")),
                ("symptomatic", "1" | "1.0") => "1",
                ("symptomatic", "2" | "2.0") => "0",
                ("symptomatic", _) => {
                    let expected = "1 (cervical spondylosis) or 2 (healthy)";
                    return Err(self.table.wrong(row, column, expected));
                }
                (_, text) => text,
            };
            film.cells.push(text.to_string());
        }
        film.spacing_mm = self
            .spacing
            .and_then(|column| cell(column).parse().ok())
            .filter(|mm| SPACING_MM.contains(mm));
        film.label = self
            .label
            .and_then(|(column, rule)| rule.label(cell(column)));
        Ok(())
    }

    /// A note where a column of pixel sizes gave none.
    fn spacing_note(&self, imported: &Imported) -> Option<String> {
        let column = &self.table.header[self.spacing?];
        let without = imported
            .films
            .iter()
            .filter(|film| film.spacing_mm.is_none());
        let without = without.count();
        (without > 0).then(|| {
            format!(
                "{without} pictures have no pixel size: column \"{column}\" is not {} to {} mm there",
                SPACING_MM.start(),
                SPACING_MM.end()
            )
        })
    }
}

/// Short names for the atlas's own columns; others stay as they are.
fn covariate_name(name: &str) -> String {
    let lower = name.to_lowercase();
    let known = [
        ("gender", "sex"),
        ("age", "age"),
        ("disease classification", "symptomatic"),
        ("curvature", "curvature"),
    ];
    let own = known.iter().find(|(start, _)| match *start {
        "age" => lower == "age",
        start => lower.starts_with(start),
    });
    own.map_or_else(|| name.to_string(), |(_, own)| (*own).to_string())
}

fn read_marks(
    imported: &mut Imported,
    files: &BTreeMap<String, PathBuf>,
) -> Result<(), ImportError> {
    let mut marks = Vec::new();
    let mut without = 0;
    for (at, film) in imported.films.iter().enumerate() {
        match files.get(&stem(&film.path)) {
            None => without += 1,
            Some(path) => marks.extend(key_points(path, at)?),
        }
    }
    if without > 0 {
        imported
            .notes
            .push(format!("{without} pictures have no key points"));
    }
    imported.marks = marks;
    Ok(())
}

/// The points in one file, by vertebra and in a fixed order.
fn key_points(path: &Path, film: usize) -> Result<Vec<Mark>, ImportError> {
    let unreadable = |error: std::io::Error| place(path, plain_reason(&error));
    let length = std::fs::metadata(path).map_err(unreadable)?.len();
    if length > JSON_BYTES_MAX {
        let problem = format!("found {length} bytes, expected at most {JSON_BYTES_MAX}");
        return Err(place(path, problem));
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    let file: LabelMe = serde_json::from_slice(&bytes).map_err(|error| {
        let problem = format!("{error}; expected key points as the program LabelMe stores them");
        place(path, problem)
    })?;
    let mut marks = Vec::new();
    for shape in &file.shapes {
        let (vertebra, point) = named(&shape.label).ok_or_else(|| {
            let problem = format!(
                "found the label \"{}\", expected \"C2 centroid\", \"C3 top left\" and the like, C2 to C7",
                shape.label.chars().take(40).collect::<String>()
            );
            place(path, problem)
        })?;
        let [[column, row]] = shape.points[..] else {
            let problem = format!(
                "label \"{}\" has {} points, expected one",
                shape.label,
                shape.points.len()
            );
            return Err(place(path, problem));
        };
        let inside =
            |value: f64, side: Option<f64>| value >= 0.0 && side.is_none_or(|s| value <= s);
        if !inside(column, file.image_width) || !inside(row, file.image_height) {
            let problem = format!(
                "\"{}\" lies at column {column}, row {row}, expected a place in the picture",
                shape.label
            );
            return Err(place(path, problem));
        }
        marks.push(Mark {
            film,
            vertebra,
            point: point.to_string(),
            column,
            row,
        });
    }
    let order = |mark: &Mark| POINTS.iter().position(|(_, own)| *own == mark.point);
    marks.sort_by(|a, b| (&a.vertebra, order(a)).cmp(&(&b.vertebra, order(b))));
    let twice = marks
        .windows(2)
        .find(|pair| pair[0].vertebra == pair[1].vertebra && pair[0].point == pair[1].point);
    match twice {
        None => Ok(marks),
        Some(pair) => Err(place(
            path,
            format!(
                "{} {} is marked twice, expected once",
                pair[0].vertebra, pair[0].point
            ),
        )),
    }
}

/// Vertebra and our name of a point by the atlas's label.
fn named(label: &str) -> Option<(String, &'static str)> {
    let words: Vec<String> = label.split_whitespace().map(str::to_lowercase).collect();
    let (vertebra, rest) = words.split_first()?;
    let known = ["c2", "c3", "c4", "c5", "c6", "c7"].contains(&vertebra.as_str());
    let rest = rest.join(" ");
    let (_, own) = POINTS.iter().find(|(theirs, _)| *theirs == rest)?;
    known.then(|| (vertebra.to_uppercase(), *own))
}
