//! The groups of features that a label might be told from, and their numbers for each patient.
//!
//! In: [`Traits`] of images, and which images are of one patient. Out: for each [`Group`] its columns, one value a
//! patient: the mean over the patient's images. A text becomes one column for each value that at least two images have
//! (the twelve most frequent); a number that some files lack gets a column that says which.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use radiograph::{IdentifierHash, SpacingSource};

use super::Sample;
use super::calendar::day;
use crate::audit::traits::{THUMBNAIL, Traits, marker_tiles, ring};

/// Values of a text that get a column of their own.
const VALUES_MAX: usize = 12;

/// Features that belong together and are tested together.
pub(super) struct Group {
    pub key: String,
    pub name: String,
    pub columns: Vec<Column>,
}

/// One feature, a value for each image.
pub(super) struct Column {
    pub name: String,
    pub values: Vec<f64>,
}

/// All groups of a cohort; those that its CSV's further columns give come last.
pub(super) fn groups(samples: &[Sample], columns: &[String]) -> Vec<Group> {
    let table = Table(samples);
    let mut groups = vec![
        table.group("scanner", "scanner", |t| {
            let mut found = t.texts("manufacturer", |x| x.facts.manufacturer.clone());
            found.extend(t.texts("model", |x| x.facts.model.clone()));
            found.extend(t.hidden("institution", |x| x.facts.institution));
            found.extend(t.hidden("station", |x| x.facts.station));
            found
        }),
        table.group("date", "study date", |t| {
            let date = |x: &Traits| {
                let facts = &x.facts;
                let dates = [&facts.study_date, &facts.acquisition_date];
                dates
                    .into_iter()
                    .flatten()
                    .find_map(|text| day(text))
                    .map(f64::from)
            };
            t.numbers("day", date)
        }),
        table.group("size", "picture size", |t| {
            let mut found = t.numbers("columns", |x| Some(x.width as f64));
            found.extend(t.numbers("rows", |x| Some(x.height as f64)));
            found.extend(t.numbers("columns / rows", |x| {
                Some(x.width as f64 / x.height.max(1) as f64)
            }));
            found.extend(t.texts("size", |x| Some(format!("{} × {}", x.width, x.height))));
            found
        }),
        table.group("spacing", "pixel spacing", |t| {
            let mut found = t.numbers("row mm", |x| x.spacing.map(|of| of.row_mm));
            found.extend(t.numbers("column mm", |x| x.spacing.map(|of| of.column_mm)));
            found.extend(t.texts("origin", |x| {
                x.spacing.map(|of| match of.source {
                    SpacingSource::PixelSpacing => "Pixel Spacing".to_string(),
                    _ => "Imager Pixel Spacing".to_string(),
                })
            }));
            found
        }),
        table.group("view", "view and side in the header", |t| {
            let mut found = t.texts("view position", |x| x.facts.view_position.clone());
            found.extend(t.texts("laterality", |x| x.facts.laterality.clone()));
            found.extend(t.texts("body part", |x| x.facts.body_part.clone()));
            found
        }),
        table.group("bits", "bit depth", |t| {
            let mut found = t.texts("bits", |x| Some(x.facts.bits_stored.to_string()));
            found.extend(t.texts("photometric", |x| x.facts.photometric.clone()));
            found
        }),
        table.group("format", "file format", |t| {
            let mut found = t.texts("format", |x| Some(x.facts.format.to_string()));
            found.extend(t.texts("transfer syntax", |x| x.facts.transfer_syntax_uid.clone()));
            found.extend(t.texts("modality", |x| x.facts.modality.clone()));
            found
        }),
        table.group("brightness", "brightness and contrast", |t| {
            let mut found = t.numbers("mean grey", |x| Some(x.grey.mean));
            found.extend(t.numbers("contrast", |x| Some(x.grey.contrast)));
            found.extend(t.numbers("share of black", |x| Some(x.grey.black)));
            found.extend(t.numbers("share of white", |x| Some(x.grey.white)));
            found
        }),
        table.group("border", "border of a 16 × 16 thumbnail", |t| {
            t.places(ring(THUMBNAIL), "row", |x| x.border().collect())
        }),
        table.group("markers", "bright marks along the edge", |t| {
            t.places(marker_tiles(), "tile", |x| {
                x.markers.iter().map(|value| f64::from(*value)).collect()
            })
        }),
        Group {
            key: "images".into(),
            name: "number of images".into(),
            columns: vec![table.images_of_patient()],
        },
    ];
    for (place, name) in columns.iter().enumerate() {
        groups.push(Group {
            key: format!("column {name}"),
            name: format!("column \"{name}\""),
            columns: table.cells(place),
        });
    }
    groups
}

/// The samples, to be read feature by feature.
struct Table<'a>(&'a [Sample<'a>]);

impl Table<'_> {
    fn group(&self, key: &str, name: &str, of: impl Fn(&Self) -> Vec<Column>) -> Group {
        Group {
            key: key.to_string(),
            name: name.to_string(),
            columns: of(self),
        }
    }

    fn numbers(&self, name: &str, of: impl Fn(&Traits) -> Option<f64>) -> Vec<Column> {
        number_columns(
            name,
            self.0.iter().map(|sample| of(sample.traits)).collect(),
        )
    }

    fn texts(&self, name: &str, of: impl Fn(&Traits) -> Option<String>) -> Vec<Column> {
        text_columns(
            name,
            self.0.iter().map(|sample| of(sample.traits)).collect(),
        )
    }

    /// An identifier that must not be shown: its values are numbered by their frequency.
    fn hidden(&self, name: &str, of: impl Fn(&Traits) -> Option<IdentifierHash>) -> Vec<Column> {
        let values: Vec<Option<IdentifierHash>> =
            self.0.iter().map(|sample| of(sample.traits)).collect();
        // How often, and where first: an order that the hashes, which differ from run to run, have no part in.
        let mut counts: HashMap<IdentifierHash, (Reverse<usize>, usize)> = HashMap::new();
        for (at, value) in values.iter().enumerate() {
            if let Some(value) = value {
                counts.entry(*value).or_insert((Reverse(0), at)).0.0 += 1;
            }
        }
        let mut order: Vec<_> = counts.values().copied().collect();
        order.sort_unstable();
        let number = |value: IdentifierHash| order.binary_search(counts.get(&value)?).ok();
        let numbered = values
            .into_iter()
            .map(|value| Some(format!("no. {}", number(value?)? + 1)));
        text_columns(name, numbered.collect())
    }

    fn places(
        &self,
        places: impl Iterator<Item = (usize, usize)>,
        what: &str,
        of: impl Fn(&Traits) -> Vec<f64>,
    ) -> Vec<Column> {
        let values: Vec<Vec<f64>> = self.0.iter().map(|sample| of(sample.traits)).collect();
        let column = |(at, (row, column)): (usize, (usize, usize))| Column {
            name: format!("{what} {}, column {}", row + 1, column + 1),
            values: values
                .iter()
                .map(|of| of.get(at).copied().unwrap_or(0.0))
                .collect(),
        };
        places.enumerate().map(column).collect()
    }

    fn images_of_patient(&self) -> Column {
        let mut counts: BTreeMap<usize, f64> = BTreeMap::new();
        for sample in self.0 {
            *counts.entry(sample.patient).or_default() += 1.0;
        }
        Column {
            name: "images of the patient".into(),
            values: self
                .0
                .iter()
                .map(|sample| counts[&sample.patient])
                .collect(),
        }
    }

    /// A column of the CSV: numbers where every filled cell is one, otherwise texts.
    fn cells(&self, place: usize) -> Vec<Column> {
        let cell = |sample: &Sample| {
            let text = sample.cells.get(place)?.trim();
            (!text.is_empty()).then(|| text.to_string())
        };
        let cells: Vec<Option<String>> = self.0.iter().map(cell).collect();
        let number = |text: &String| text.parse::<f64>().ok().filter(|x| x.is_finite());
        if cells.iter().flatten().all(|text| number(text).is_some()) {
            let numbers = cells.iter().map(|text| text.as_ref().and_then(number));
            number_columns("value", numbers.collect())
        } else {
            text_columns("is", cells)
        }
    }
}

fn number_columns(name: &str, values: Vec<Option<f64>>) -> Vec<Column> {
    let known: Vec<f64> = values.iter().flatten().copied().collect();
    if known.is_empty() {
        return Vec::new();
    }
    let mean = known.iter().sum::<f64>() / known.len() as f64;
    let mut columns = vec![Column {
        name: name.to_string(),
        values: values.iter().map(|value| value.unwrap_or(mean)).collect(),
    }];
    if known.len() < values.len() {
        columns.push(Column {
            name: format!("{name} is missing"),
            values: values
                .iter()
                .map(|value| f64::from(u8::from(value.is_none())))
                .collect(),
        });
    }
    columns
}

fn text_columns(name: &str, values: Vec<Option<String>>) -> Vec<Column> {
    let mut counts: BTreeMap<&Option<String>, usize> = BTreeMap::new();
    for value in &values {
        *counts.entry(value).or_default() += 1;
    }
    if counts.len() < 2 {
        return Vec::new();
    }
    let mut frequent: Vec<(&Option<String>, usize)> = counts
        .into_iter()
        .filter(|(_, count)| *count >= 2)
        .collect();
    frequent.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    frequent.truncate(VALUES_MAX);
    let column = |(value, _): (&Option<String>, usize)| Column {
        name: match value {
            Some(text) => format!("{name} {text}"),
            None => format!("{name} is missing"),
        },
        values: values
            .iter()
            .map(|other| f64::from(u8::from(other == value)))
            .collect(),
    };
    frequent.into_iter().map(column).collect()
}
