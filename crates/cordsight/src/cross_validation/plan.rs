//! Which patients each fold tests, fixed before training.
//!
//! In: the request and the loaded cohort. Out: [`Plan`], written as `cv.json`, `config.toml` and `folds.csv`. A folder
//! that holds the plan of another cohort, other settings or other folds is refused: its finished folds would be mixed with
//! new ones.

use serde::{Deserialize, Serialize};

use super::outcome::Overlap;
use super::study::Study;
use super::{CrossValidationError, Place, Request};
use crate::cohort::{Columns, plain_reason};
use crate::config::TrainConfig;
use crate::run_folder::RunFolder;

const FILE: &str = "cv.json";

/// All splits, repeat after repeat.
pub(crate) struct Plan<S> {
    facts: Facts,
    splits: Vec<Vec<S>>,
    sites: Vec<String>,
}

/// `cv.json`.
#[derive(Debug, Serialize, Deserialize)]
struct Facts {
    cordsight: String,
    cohort: String,
    /// SHA-256 of the cohort.
    fingerprint: String,
    folds: u32,
    repeats: u32,
    /// The column of sites, where those are left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by_site: Option<String>,
    /// Learning rates to choose from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    learning_rates: Vec<f64>,
}

/// Makes sure that the folder is new, empty, or a cross-validation.
pub(crate) fn claim(folder: &RunFolder) -> Result<(), CrossValidationError> {
    let entries = std::fs::read_dir(folder.path());
    let is_used = entries.is_ok_and(|mut entries| entries.next().is_some());
    if is_used && !folder.file(FILE).is_file() {
        return Err(CrossValidationError::NotEmpty {
            path: folder.path().display().to_string(),
        });
    }
    Ok(())
}

impl<S> Plan<S> {
    pub fn draw<T: Study<Split = S>>(
        request: &Request,
        config: &TrainConfig,
        study: &T,
    ) -> Result<Self, CrossValidationError> {
        let (sites, splits) = match &request.by_site {
            None => (Vec::new(), dealt(request, config, study)?),
            Some(column) => left_out(column, request, config, study)?,
        };
        Ok(Plan {
            facts: Facts {
                cordsight: env!("CARGO_PKG_VERSION").to_string(),
                cohort: request.training.cohort.display().to_string(),
                fingerprint: study.fingerprint().to_string(),
                folds: splits.first().map_or(0, Vec::len) as u32,
                repeats: request.repeats,
                by_site: request.by_site.clone(),
                learning_rates: request.learning_rates.clone(),
            },
            splits,
            sites,
        })
    }

    /// Writes the plan, unless it is there already; more repeats than there are added.
    pub fn write<T: Study<Split = S>>(
        &self,
        folder: &RunFolder,
        config: &TrainConfig,
        study: &T,
    ) -> Result<(), CrossValidationError> {
        if folder.file(FILE).is_file() {
            self.check(folder, config)?;
        }
        let choices = (!self.facts.learning_rates.is_empty()).then_some("choices");
        for name in ["splits", "figures"].into_iter().chain(choices) {
            let path = folder.file(name);
            std::fs::create_dir_all(&path).map_err(|error| file(&path, plain_reason(&error)))?;
        }
        folder.write("config.toml", config.to_toml()?.as_bytes())?;
        folder.write("folds.csv", &self.to_csv(study)?)?;
        folder.write(FILE, &serde_json::to_vec_pretty(&self.facts)?)?;
        Ok(())
    }

    fn check(&self, folder: &RunFolder, config: &TrainConfig) -> Result<(), CrossValidationError> {
        let path = folder.file(FILE);
        let text = std::fs::read(&path).map_err(|error| file(&path, plain_reason(&error)))?;
        let old: Facts =
            serde_json::from_slice(&text).map_err(|error| file(&path, error.to_string()))?;
        let new = &self.facts;
        let other = |what: &str, found: String, expected: String| {
            Err(CrossValidationError::Other {
                path: folder.path().display().to_string(),
                what: what.to_string(),
                found,
                expected,
            })
        };
        if old.fingerprint != new.fingerprint {
            return other("the cohort", old.fingerprint, new.fingerprint.clone());
        }
        if old.by_site != new.by_site {
            let shown = |by: &Option<String>| by.clone().unwrap_or_else(|| "no column".to_string());
            return other("--by-site", shown(&old.by_site), shown(&new.by_site));
        }
        if old.learning_rates != new.learning_rates {
            let [old, new] = [&old.learning_rates, &new.learning_rates].map(|rates| shown(rates));
            return other("--learning-rates", old, new);
        }
        if old.folds != new.folds {
            return other("--folds", old.folds.to_string(), new.folds.to_string());
        }
        if old.repeats > new.repeats {
            return other(
                "--repeats",
                old.repeats.to_string(),
                new.repeats.to_string(),
            );
        }
        let own = TrainConfig::read(&folder.config())?;
        match own.first_difference(config) {
            Some(key) => other("another setting", key.clone(), format!("that {key}")),
            None => Ok(()),
        }
    }

    /// Every fold with its split, in the order in which they are trained.
    pub fn places(&self) -> impl Iterator<Item = (Place, &S)> {
        (1..).zip(&self.splits).flat_map(|(repeat, splits)| {
            (1..)
                .zip(splits)
                .map(move |(fold, split)| (Place { repeat, fold }, split))
        })
    }

    pub fn folds(&self) -> u32 {
        self.facts.folds
    }

    /// What the interval of a mean over the splits depends on.
    pub fn overlap(&self) -> Overlap {
        Overlap {
            share: 1.0 / (f64::from(self.folds()) - 1.0),
            sites: self.by_site().map(|_| self.folds()),
        }
    }

    pub fn repeats(&self) -> u32 {
        self.facts.repeats
    }

    /// The column of sites, where those are left out.
    pub fn by_site(&self) -> Option<&str> {
        self.facts.by_site.as_deref()
    }

    /// The site that a fold tests, where sites are left out.
    pub fn site(&self, place: Place) -> Option<&str> {
        self.sites.get(place.fold as usize - 1).map(String::as_str)
    }

    /// `repeat,fold,patient,label` (or a column for each finding): the fold that tests each patient; with the site where one is
    /// left out.
    fn to_csv<T: Study<Split = S>>(&self, study: &T) -> Result<Vec<u8>, CrossValidationError> {
        let mut table = csv::Writer::from_writer(Vec::new());
        let has_sites = !self.sites.is_empty();
        let site_column = has_sites.then_some("site");
        let labels = study.label_columns();
        let fixed = ["repeat", "fold", "patient"].into_iter();
        let header = fixed.chain(labels.iter().map(String::as_str));
        table.write_record(header.chain(site_column))?;
        for (place, split) in self.places() {
            for row in study.tested(split) {
                let place_of = [place.repeat, place.fold].map(|number| number.to_string());
                let row = place_of.iter().chain(&row).map(String::as_str);
                table.write_record(row.chain(self.site(place)))?;
            }
        }
        table
            .into_inner()
            .map_err(|error| CrossValidationError::Csv(error.into_error().into()))
    }
}

fn dealt<T: Study>(
    request: &Request,
    config: &TrainConfig,
    study: &T,
) -> Result<Vec<Vec<T::Split>>, CrossValidationError> {
    let splits = (0..request.repeats).map(|repeat| study.folds(request.folds, config, repeat));
    Ok(splits.collect::<Result<_, _>>()?)
}

/// The sites in their order, and for each repeat a split a site.
#[allow(clippy::type_complexity)]
fn left_out<T: Study>(
    column: &str,
    request: &Request,
    config: &TrainConfig,
    study: &T,
) -> Result<(Vec<String>, Vec<Vec<T::Split>>), CrossValidationError> {
    let columns = Columns::read(&request.training.cohort)?;
    let columns = columns.ok_or_else(|| {
        file(
            &request.training.cohort,
            "found a folder of classes, expected a CSV with a column of sites for --by-site"
                .to_string(),
        )
    })?;
    let of_patients = columns.of_patients(column)?;
    let (mut sites, mut splits) = (Vec::new(), Vec::new());
    for repeat in 0..request.repeats {
        let of_repeat = study.by_site(&of_patients, config, repeat)?;
        let (names, of_sites) = of_repeat.into_iter().unzip();
        sites = names;
        splits.push(of_sites);
    }
    Ok((sites, splits))
}

fn shown(rates: &[f64]) -> String {
    match rates {
        [] => "none".to_string(),
        rates => rates
            .iter()
            .map(f64::to_string)
            .collect::<Vec<_>>()
            .join(","),
    }
}

fn file(path: &std::path::Path, problem: String) -> CrossValidationError {
    CrossValidationError::File {
        path: path.display().to_string(),
        problem,
    }
}
