//! The films of NHANES II: `.nh2` pictures, coordinates in text files, and a table of the user's own.
//!
//! In: a folder with `.nh2` files, of which those of the neck count. Out: [`Imported`]. Survey answers (age, sex, complaints)
//! come from the survey's own files, which the user joins into a CSV with the column `image`.
//!
//! Source: National Library of Medicine, "NHANES II digitised x-rays". Our reading: film `C00123` shows the person 00123.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::film_marks::film_marks;
use super::table::{Table, label_column};
use super::tree::{by_stem, ending, files, stem};
use super::{Film, ImportError, Imported, LabelRule, place};
use crate::cohort::plain_reason;

/// Reads the collection.
///
/// # Errors
///
/// A folder without films, a film of another size, a table without the column `image` or with a film twice.
pub fn nhanes(
    folder: &Path,
    table: Option<&Path>,
    label: Option<&LabelRule>,
) -> Result<Imported, ImportError> {
    let found = files(folder, &["nh2", "txt"])?;
    let (pictures, texts): (Vec<PathBuf>, Vec<PathBuf>) =
        found.into_iter().partition(|path| ending(path) == "nh2");
    if pictures.is_empty() {
        return Err(place(
            folder,
            "found no .nh2 file, expected the films of NHANES II at full resolution",
        ));
    }
    let table = table.map(Table::read).transpose()?;
    let label = label_column(table.as_ref(), label, folder)?;
    let rows = table
        .as_ref()
        .map(rows_by_film)
        .transpose()?
        .unwrap_or_default();
    let mut imported = Imported::default();
    let columns: Vec<usize> = match &table {
        None => Vec::new(),
        Some(table) => {
            let key = table.column("image")?;
            let own = ["image", "patient", "label"];
            (0..table.header.len())
                .filter(|at| *at != key && !own.contains(&table.header[*at].as_str()))
                .collect()
        }
    };
    if let Some(table) = &table {
        imported.covariates = columns.iter().map(|&at| table.header[at].clone()).collect();
    }
    let (mut lumbar, mut without_row, mut without_label) = (0, 0, 0);
    let mut sides = Vec::new();
    for (name, path) in by_stem(pictures)? {
        let Some(size) = neck_size(&path)? else {
            lumbar += 1;
            continue;
        };
        let row = table.as_ref().and_then(|table| {
            let row = rows.get(&name.to_uppercase())?;
            Some(&table.rows[*row].1)
        });
        without_row += usize::from(table.is_some() && row.is_none());
        let cell = |column: usize| {
            row.and_then(|cells| cells.get(column))
                .cloned()
                .unwrap_or_default()
        };
        let own = label.and_then(|(column, rule)| rule.label(&cell(column)));
        if label.is_some() && own.is_none() {
            without_label += 1;
            continue;
        }
        sides.push(size);
        imported.films.push(Film {
            patient: person(&name),
            path,
            spacing_mm: None,
            label: own,
            cells: columns.iter().map(|&column| cell(column)).collect(),
        });
    }
    let counts = [
        (lumbar, "films of the lumbar spine were left out"),
        (without_row, "films have no row in the table"),
        (
            without_label,
            "films were left out: no value in the column of --label",
        ),
    ];
    for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
        imported.notes.push(format!("{count} {what}"));
    }
    let texts: BTreeMap<String, PathBuf> = by_stem(texts)?
        .into_iter()
        .map(|(name, path)| (name.to_uppercase(), path))
        .collect();
    for (at, size) in sides.into_iter().enumerate() {
        let name = stem(&imported.films[at].path).to_uppercase();
        if let Some(path) = texts.get(&name) {
            let text = std::fs::read(path).map_err(|error| place(path, plain_reason(&error)))?;
            imported.marks.extend(film_marks(path, &text, at, size)?);
        }
    }
    Ok(imported)
}

/// Columns and rows of a film of the neck, nothing for one of the lumbar spine; only the file's length is looked at.
fn neck_size(path: &Path) -> Result<Option<(usize, usize)>, ImportError> {
    let length = std::fs::metadata(path)
        .map_err(|error| place(path, plain_reason(&error)))?
        .len();
    match radiograph::film_size(length) {
        Ok((width, _)) if width > 1500 => Ok(None),
        Ok(size) => Ok(Some(size)),
        Err(error) => Err(place(path, error.to_string())),
    }
}

/// The person of a film.
fn person(name: &str) -> String {
    let digits = name.trim_start_matches(['C', 'c']);
    let all_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if all_digits { digits } else { name }.to_string()
}

/// Index of the row of each film, by its name in capitals and without ending.
fn rows_by_film(table: &Table) -> Result<BTreeMap<String, usize>, ImportError> {
    let column = table.column("image")?;
    let mut rows = BTreeMap::new();
    for (at, (_, cells)) in table.rows.iter().enumerate() {
        let name = cells.get(column).cloned().unwrap_or_default();
        let name = stem(Path::new(&name)).to_uppercase();
        if name.is_empty() {
            return Err(table.wrong(
                at,
                column,
                "the name of a film; fill the cell or delete the row",
            ));
        }
        if rows.insert(name, at).is_some() {
            return Err(table.wrong(at, column, "each film once; delete one of the rows"));
        }
    }
    Ok(rows)
}

/// Replaces each film by a copy with black and white exchanged, `images/NAME.png` in the output folder, 16 bits.
///
/// # Errors
///
/// A film that cannot be read, a copy that cannot be written.
pub fn invert(imported: &mut Imported, out: &Path) -> Result<(), ImportError> {
    let images = out.join("images");
    std::fs::create_dir_all(&images).map_err(|error| place(&images, plain_reason(&error)))?;
    for film in &mut imported.films {
        let unreadable = |error: radiograph::ReadError| place(out, error.to_string());
        let radiograph = radiograph::read(&film.path).map_err(unreadable)?;
        let image = &radiograph.image;
        let grey = |value: &f32| ((1.0 - value) * 65535.0).round() as u16;
        let pixels: Vec<u16> = image.pixels.iter().map(grey).collect();
        let copy = images.join(format!("{}.png", stem(&film.path)));
        let png = radiograph::encode_png16(image.width, image.height, &pixels)
            .map_err(|error| place(&copy, error.to_string()))?;
        crate::run_folder::write_whole(&copy, &png)?;
        film.spacing_mm = radiograph.spacing.map(|spacing| spacing.row_mm);
        film.path = copy;
    }
    Ok(())
}
