//! `cordsight deidentify`: DICOM pictures without what says whose they are.
//!
//! A file that cannot be done does not stop the others: it gets its own line, and the exit code is 1. The paths of such files are
//! shown here alone; nothing in the output folder names an input file.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;

use clap::ValueEnum;
use cordsight::cohort::Cohort;
use cordsight::deidentify::{
    Input, KeyFile, Outcome, cohort_csv, cohort_inputs, deidentify_files, inputs, keep_apart,
    key_for_one_run, known_areas, make_folder,
};
use cordsight::run_folder::write_whole;
use radiograph::deidentify::{Area, Blank, Dates, Profile};

use super::{Failure, print};

/// Write DICOM pictures anew without what says whose they are
///
/// Basic Profile of DICOM PS3.15 over every attribute, in sequences as well: names, dates, places and private attributes
/// go, identifiers become pseudonyms that depend on the key alone. Text burned into the pixels is not looked for.
#[derive(clap::Args)]
pub struct Deidentify {
    /// DICOM files, or folders with all below
    #[arg(required_unless_present = "cohort", value_name = "IN")]
    paths: Vec<PathBuf>,
    /// The pictures of this cohort instead; DIR/cohort.csv then has pseudonyms, new paths and labels, no other column
    #[arg(long, value_name = "COHORT", conflicts_with = "paths")]
    cohort: Option<PathBuf>,
    /// A new folder: PSEUDONYM/INSTANCE.dcm and report.json
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The secret that pseudonyms depend on; drawn and written where the file is not there [default: a key for this run alone]
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Keep dates, moved back by the same 1 to 3650 days for all pictures of a patient
    #[arg(long, value_name = "HOW")]
    keep_dates: Option<KeepDates>,
    /// Keep serial number, station name and the like
    #[arg(long)]
    keep_device: bool,
    /// Keep the patient's sex, age, size, weight and the like
    #[arg(long)]
    keep_characteristics: bool,
    /// Set this area of every picture to black, in pixels from the top left; with it you say that no text is left elsewhere
    #[arg(long, value_name = "X,Y,W,H")]
    blank: Vec<Rectangle>,
    /// The same for areas of devices: a CSV of x,y,width,height and, where wanted, manufacturer,model,columns,rows
    #[arg(long, value_name = "FILE")]
    blank_known: Option<PathBuf>,
    /// Write which pseudonym stands for whom, a CSV for nobody but you
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum KeepDates {
    Shifted,
}

#[derive(Clone, Copy)]
struct Rectangle(Area);

impl FromStr for Rectangle {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers: Result<Vec<usize>, _> = text
            .split(',')
            .map(|number| number.trim().parse())
            .collect();
        match numbers.as_deref() {
            Ok(&[x, y, width, height]) if width > 0 && height > 0 => Ok(Rectangle(Area {
                x,
                y,
                width,
                height,
            })),
            _ => Err(
                "expected column, row, width and height as whole numbers, such as 0,0,400,60"
                    .into(),
            ),
        }
    }
}

impl Deidentify {
    pub fn run(self) -> Result<(), Failure> {
        let cohort = self
            .cohort
            .as_deref()
            .map(|path| Cohort::read(path, None))
            .transpose()?;
        let inputs = match &cohort {
            Some(cohort) => cohort_inputs(cohort),
            None => inputs(&self.paths)?,
        };
        let folders: Vec<PathBuf> = self.paths.iter().chain(&self.cohort).cloned().collect();
        make_folder(&self.out, &folders)?;
        for secret in [&self.key_file, &self.mapping].into_iter().flatten() {
            keep_apart(secret, &self.out)?;
        }
        let key = match &self.key_file {
            Some(path) => {
                let file = KeyFile::open(path)?;
                if file.is_new {
                    eprintln!(
                        "{}: a new key; keep it, and keep it secret: with it the next export gets the same pseudonyms",
                        path.display()
                    );
                }
                file.key
            }
            None => {
                eprintln!(
                    "warning: no --key-file: pseudonyms hold for this run alone, the next export gets other ones"
                );
                key_for_one_run()?
            }
        };
        let everywhere = self.blank.iter();
        let mut blank: Vec<Blank> = everywhere.map(|one| Blank::everywhere(one.0)).collect();
        if let Some(path) = &self.blank_known {
            blank.extend(known_areas(path)?);
        }
        let profile = Profile {
            dates: self
                .keep_dates
                .map_or(Dates::Removed, |KeepDates::Shifted| Dates::Moved),
            keep_device: self.keep_device,
            keep_characteristics: self.keep_characteristics,
            blank,
        };
        let mut mapping = Mapping::new();
        let mut outputs = BTreeMap::new();
        let mut done = |input: &Input, outcome: &Outcome| {
            if let Outcome::Refused(reason) = outcome {
                eprintln!("error: {}: {reason}", input.path.display());
            }
            if let Outcome::Written { output, .. } | Outcome::Duplicate { output } = outcome {
                outputs.insert(input.path.clone(), output.clone());
            }
            mapping.add(input, outcome);
        };
        let report = deidentify_files(&inputs, &self.out, &key, &profile, &mut done)?;
        if let Some(cohort) = &cohort {
            let csv = cohort_csv(cohort, &key, &outputs);
            write_whole(&self.out.join("cohort.csv"), csv.as_bytes())?;
        }
        if let Some(path) = &self.mapping {
            write_whole(path, &mapping.bytes()?)?;
            eprintln!(
                "warning: {}: says whose the pictures are; never give it away with them",
                path.display()
            );
        }
        print(&if self.json {
            report.json()
        } else {
            report.text()
        })?;
        let files = report.files();
        if files.written == 0 && files.refused == 0 {
            return Err(Failure::Failed(format!(
                "{}: found no DICOM picture, expected at least one",
                folders[0].display()
            )));
        }
        if files.refused > 0 {
            Err(Failure::Said)
        } else {
            Ok(())
        }
    }
}

/// Which pseudonym stands for whom.
struct Mapping(csv::Writer<Vec<u8>>);

impl Mapping {
    fn new() -> Mapping {
        let mut rows = csv::Writer::from_writer(Vec::new());
        // Writing into memory does not fail.
        let _ = rows.write_record(["input", "patient_id", "study_uid", "instance_uid", "output"]);
        Mapping(rows)
    }

    fn add(&mut self, input: &Input, outcome: &Outcome) {
        if let Outcome::Written { output, original } = outcome {
            let path = input.path.display().to_string();
            let row = [
                &path,
                &original.patient_id,
                &original.study_uid,
                &original.instance_uid,
                output,
            ];
            let _ = self.0.write_record(row);
        }
    }

    fn bytes(self) -> Result<Vec<u8>, Failure> {
        self.0
            .into_inner()
            .map_err(|error| Failure::Failed(error.to_string()))
    }
}
