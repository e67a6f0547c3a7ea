//! `cordsight import`: a public collection of lateral cervical radiographs as a cohort.

use std::path::PathBuf;

use cordsight::import::{self, Imported, LabelRule};

use super::{Failure, print};

/// Make a cohort of a public collection: the NHANES II films or the Cervical Spine X-ray Atlas
///
/// Neither says who had myelopathy: name a column that is your label, or the cohort has none and cannot be trained on.
#[derive(clap::Args)]
pub struct Import {
    #[command(subcommand)]
    collection: Collection,
}

#[derive(clap::Subcommand)]
enum Collection {
    /// The National Library of Medicine's films of NHANES II (.nh2, full resolution)
    Nhanes {
        #[command(flatten)]
        place: Place,
        /// Write copies with black and white exchanged, where the films look like negatives
        #[arg(long)]
        invert: bool,
    },
    /// The Cervical Spine X-ray Atlas (PNG, key points in JSON, its table as CSV)
    Csxa {
        #[command(flatten)]
        place: Place,
    },
}

#[derive(clap::Args)]
struct Place {
    /// The collection's folder
    folder: PathBuf,
    /// Folder for cohort.csv and landmarks.csv
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// CSV with a row a radiograph: by the column "image" (NHANES II) or "Number" (CSXA)
    #[arg(long, value_name = "FILE")]
    table: Option<PathBuf>,
    /// Column of the table and the value in it that counts as positive; others are negative
    #[arg(long, value_name = "COLUMN=VALUE")]
    label: Option<LabelRule>,
}

impl Import {
    pub fn run(self) -> Result<(), Failure> {
        let (place, imported) = match self.collection {
            Collection::Csxa { place } => {
                let table = place.table.as_deref();
                let imported = import::csxa(&place.folder, table, place.label.as_ref())?;
                (place, imported)
            }
            Collection::Nhanes { place, invert } => {
                let table = place.table.as_deref();
                let mut imported = import::nhanes(&place.folder, table, place.label.as_ref())?;
                if invert {
                    import::free(&place.out)?;
                    import::invert(&mut imported, &place.out)?;
                }
                (place, imported)
            }
        };
        import::write(&imported, &place.out)?;
        print(&summary(&imported, &place))
    }
}

fn summary(imported: &Imported, place: &Place) -> String {
    let out = place.out.display();
    let films = imported.films.len();
    let mut text = format!("{films} radiographs in {out}/cohort.csv\n");
    if !imported.marks.is_empty() {
        let marks = imported.marks.len();
        text += &format!("{marks} marked points in {out}/landmarks.csv\n");
    }
    for note in &imported.notes {
        text += &format!("note: {note}\n");
    }
    match &place.label {
        None => {
            text += "no label: the collection does not say who had myelopathy; pass --label COLUMN=VALUE, or add a column \"label\"\n";
        }
        Some(rule) => {
            let positive = imported
                .films
                .iter()
                .filter(|film| film.label == Some(1))
                .count();
            let (column, value) = (&rule.column, &rule.value);
            text += &format!(
                "label: \"{column}\" = {value}, {positive} of {films} radiographs; not myelopathy unless that column is\nnext: cordsight train {out}/cohort.csv --out runs/imported\n"
            );
        }
    }
    text
}
