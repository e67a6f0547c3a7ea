//! Training, from a cohort on the disk to a finished run folder.
//!
//! In: a [`Request`]. Out: a run folder with the model, the test part's predictions and the report. The order is fixed:
//! everything that can be wrong with the input is found before the first step, the split is written before any weight
//! moves and sealed, and the test part is opened by the network once, at the end: the first look that is counted.

pub mod checkpoint;
pub mod dropout;
mod error;
mod features;
pub mod fit;
pub(crate) mod initial;
pub mod labels;
pub(crate) mod load;
pub mod log;
mod members;
mod pass;
mod patients;
pub mod rate;
mod resumable;
pub mod step;
pub mod target;
pub(crate) mod threshold;
pub(crate) mod until;
mod watch;

use std::path::PathBuf;

use burn::tensor::Device;

use crate::carried::{CalibrationRule, Carried};
use crate::cohort::Cohort;
use crate::config::{Settings, TrainConfig};
use crate::ensemble::PictureScore;
use crate::explain::{Explainer, run as heatmaps};
use crate::head_covariates::HeadCovariate;
use crate::model_file::{self, CohortFacts, Manifest, ThresholdOrigin};
use crate::predictions::{self, Prediction};
use crate::results::{self, ResultsError, RunFacts};
use crate::robustness;
use crate::run_folder::RunFolder;
use crate::running::{self, Running};
use crate::seal;
use crate::several;
use crate::split::{Part, Split};
use crate::tensorboard;
use crate::weights::Weights;
use crate::weights_source::Source;
pub use error::TrainError;
use fit::State;
pub use load::Loaded;
use patients::Patients;
pub(crate) use patients::examples;
pub(crate) use resumable::fitted;
use resumable::resumed_config;
use threshold::choose_threshold;
pub(crate) use until::validated;
pub use watch::{Event, Watch};

/// What to train, and where to.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Cohort CSV or folder.
    pub cohort: PathBuf,
    /// Run folder.
    pub out: PathBuf,
    /// Sub-folder that is class 1, for a folder of classes.
    pub positive: Option<String>,
    /// Names of class 0 and class 1, where the cohort gives none or others are wanted.
    pub classes: Option<[String; 2]>,
    /// A split made before.
    pub split: Option<PathBuf>,
    /// Columns of the cohort's CSV that are measures: a regression on them stands beside the network.
    pub baseline: Vec<String>,
    /// Leave out radiographs that cannot be read instead of stopping.
    pub skip_unreadable: bool,
    /// Score the test part with worse pictures too.
    pub robustness: bool,
    /// Write event files for TensorBoard; a run that goes on does so if it did before.
    pub tensorboard: bool,
    /// Replace a run that is there.
    pub overwrite: bool,
    /// Go on with a run that was stopped.
    pub resume: bool,
    /// Settings from file and flags.
    pub settings: Settings,
}

/// Settings with their gaps filled, by the weights to start from too.
///
/// # Errors
///
/// A setting out of range, or weights that cannot be opened.
pub fn resolved(settings: &Settings) -> Result<TrainConfig, TrainError> {
    Ok(initial::resolve(settings)?.0)
}

/// Trains, scores, judges and reports.
///
/// # Errors
///
/// See [`TrainError`]; [`TrainError::Stopped`] leaves a run that `resume` completes.
pub fn train(request: &Request, watch: &mut dyn Watch) -> Result<RunFolder, TrainError> {
    if several::train::is_asked(request)? {
        return several::train::train(request, watch);
    }
    let start = start(request)?;
    let loaded = Loaded::read(request, &start.config, watch)?;
    train_from(request, start, &loaded, watch)
}

/// As [`train`] for two classes, on radiographs that are loaded already, with the preparation that the request's settings ask for.
///
/// # Errors
///
/// As [`train`].
pub fn train_loaded(
    request: &Request,
    loaded: &Loaded,
    watch: &mut dyn Watch,
) -> Result<RunFolder, TrainError> {
    train_from(request, start(request)?, loaded, watch)
}

/// The folder, the settings, and weights from elsewhere, where a run begins with those.
pub(crate) struct Start {
    pub run: RunFolder,
    pub config: TrainConfig,
    pub source: Option<Source>,
}

pub(crate) fn start(request: &Request) -> Result<Start, TrainError> {
    running::demand_free(&RunFolder::open(&request.out))?;
    if request.resume {
        let run = RunFolder::open(&request.out);
        let config = resumed_config(&run, &request.settings)?;
        return Ok(Start {
            run,
            config,
            source: None,
        });
    }
    let (config, source) = initial::resolve(&request.settings)?;
    let run = RunFolder::claim(&request.out, request.overwrite)?;
    Ok(Start {
        run,
        config,
        source,
    })
}

fn train_from(
    request: &Request,
    start: Start,
    loaded: &Loaded,
    watch: &mut dyn Watch,
) -> Result<RunFolder, TrainError> {
    let Start {
        run,
        config,
        source,
    } = start;
    let mut cohort = loaded.cohort.clone();
    let (facts, split, start, (told, prepared)) = if request.resume {
        let facts = results::read_facts(&run)?;
        if facts.fingerprint != loaded.fingerprint {
            return Err(TrainError::OtherCohort {
                path: request.cohort.display().to_string(),
                found: loaded.fingerprint.clone(),
                expected: facts.fingerprint,
            });
        }
        cohort.classes.clone_from(&facts.classes);
        seal::check(&run)?;
        let split = Split::read(&run.file("split.csv"), &cohort)?;
        results::write_config(&run, &config)?;
        let told = loaded.told(&config, &split)?;
        (facts, split, None, told)
    } else {
        let (split, origin) = make_split(request, &config, &cohort)?;
        let facts = RunFacts::new(
            request,
            &config,
            &cohort,
            loaded.found,
            loaded.excluded.clone(),
            loaded.fingerprint.clone(),
            &split,
            origin,
            initial::described(&config, source.as_ref()),
        );
        let start = initial::weights(&config, source.as_ref())?;
        let told = loaded.told(&config, &split)?;
        let table = split.to_csv();
        let part = |patient: &str| split.part(patient);
        let seal = seal::prepare(&run, &cohort, &loaded.digests, table.as_bytes(), part)?;
        run.clear()?;
        seal.set(&run)?;
        results::begin(&run, &config, &facts, &split)?;
        results::write_records(&run, &cohort, &loaded.records)?;
        results::write_beside(&run, &cohort, loaded.measures.as_ref(), &loaded.covariates)?;
        (facts, split, Some(start), told)
    };
    let _running = Running::begin(&run)?;
    if request.tensorboard {
        tensorboard::enable(&run)?;
    }
    watch.event(Event::Split {
        parts: &facts.parts,
    });

    let patients = Patients {
        cohort: &cohort,
        split: &split,
        prepared: &prepared,
    };
    let examples = patients.examples();
    let state = fitted(&run, &config, &examples, start, watch)?;
    let others = members::others(&run, &config, &examples, watch)?;
    watch.event(Event::Scoring);
    let (test, threshold) = finish(&run, &config, patients, told, &state, &others, facts)?;
    let (architecture, preparation) = (config.architecture(), config.preparation());
    let explainer =
        |weights: &Weights| Explainer::new(&architecture, &preparation, weights, config.conv);
    let further = others.iter().map(explainer).collect::<Result<_, _>>()?;
    let explainer = explainer(state.chosen())?.with_members(further);
    let subject = heatmaps::Subject {
        cohort: &cohort,
        prepared: patients.prepared,
        records: &loaded.records,
        test: &test,
        threshold: &threshold,
    };
    heatmaps::write(&run, &explainer, &subject, |done, of| {
        watch.event(Event::Explained { done, of });
    })?;
    if request.robustness {
        let ensemble = members::ensemble(&config, state.chosen(), &others)?;
        let subject = robustness::Subject {
            cohort: &cohort,
            prepared: patients.prepared,
            test: &test,
            seed: config.seed,
        };
        robustness::write(&run, &ensemble, &preparation, &subject, |done, of| {
            watch.event(Event::Changed { done, of });
        })?;
    } else {
        // Those of an earlier end of this run say nothing of its new weights.
        for name in [
            robustness::FILE,
            "figures/robustness.svg",
            "figures/robustness.png",
        ] {
            run.remove(name)?;
        }
    }
    results::write(&run)?;
    Ok(run)
}

pub(crate) fn make_split(
    request: &Request,
    config: &TrainConfig,
    cohort: &Cohort,
) -> Result<(Split, String), TrainError> {
    if let Some(path) = &request.split {
        return Ok((
            Split::read(path, cohort)?,
            format!("read from {}", path.display()),
        ));
    }
    if let Some(split) = Split::from_column(cohort) {
        return Ok((split?, "fixed by the cohort's column \"split\"".to_string()));
    }
    let split = Split::draw(cohort, config.test, config.validation, config.seed)?;
    Ok((
        split,
        format!(
            "drawn at random by patient, stratified by label, seed {}",
            config.seed
        ),
    ))
}

/// Scores every part with the chosen weights, fixes the threshold, and writes the model and what its results are made from;
/// the test part's scores and the threshold.
fn finish(
    run: &RunFolder,
    config: &TrainConfig,
    patients: Patients<'_>,
    told: Vec<HeadCovariate>,
    state: &State,
    others: &[Weights],
    mut facts: RunFacts,
) -> Result<(Vec<Prediction>, ThresholdOrigin), TrainError> {
    let Patients {
        cohort,
        split,
        prepared,
    } = patients;
    let device = Device::flex();
    let members: Vec<&Weights> = std::iter::once(state.chosen()).chain(others).collect();
    let ensemble = members::ensemble(config, state.chosen(), others)?;
    let scores = ensemble.scores(&config.preparation(), prepared, &device);
    let all: Vec<(Part, (Prediction, PictureScore))> = cohort
        .pictures
        .iter()
        .zip(scores)
        .filter_map(|(picture, of)| {
            let prediction = Prediction {
                patient: picture.patient.clone(),
                image: picture.name.clone(),
                label: picture.label,
                score: of.score,
                view: picture.view.clone(),
            };
            split
                .part(&picture.patient)
                .map(|part| (part, (prediction, of)))
        })
        .collect();
    let with_parts = |part: Part| -> Vec<(Prediction, PictureScore)> {
        let of_part = all.iter().filter(|(p, _)| *p == part);
        of_part.map(|(_, scored)| scored.clone()).collect()
    };
    let of = |part: Part| -> Vec<Prediction> {
        let all = with_parts(part).into_iter();
        all.map(|(prediction, _)| prediction).collect()
    };
    let (train, validation, test) = (of(Part::Train), of(Part::Validation), of(Part::Test));

    let threshold = choose_threshold(config.threshold.0, config.pool, &train, &validation);
    facts.chosen_epoch = state.best.as_ref().map(|(epoch, _)| *epoch);
    facts.epochs = state.history.len() as u32;
    facts.threshold = Some(threshold.clone());
    if config.calibration != CalibrationRule::None || config.coverage > 0.0 {
        facts.carried = Carried::fit(
            config.calibration,
            config.coverage,
            &validation,
            config.pool,
        );
    }
    let mut manifest = Manifest::new(
        config.architecture(),
        config.preparation(),
        cohort.classes.clone(),
        threshold.clone(),
        CohortFacts {
            fingerprint: facts.fingerprint.clone(),
            synthetic: facts.synthetic.is_some(),
            train: split.counts(cohort, Part::Train),
        },
        facts.initial_weights.clone(),
    );
    manifest.carried.clone_from(&facts.carried);
    manifest.head_covariates = told;
    manifest.views = members::views(config);
    manifest.pool = config.pool;
    run.write("metrics.jsonl", log::to_jsonl(&state.history).as_bytes())?;
    run.write(
        "model.safetensors",
        &model_file::encode(manifest, &members, config.conv, &run.model())?,
    )?;
    seal::look(run, seal::By::Train)?;
    if members.len() > 1 || config.views > 1 {
        results::write_members(run, &with_parts(Part::Test))?;
    }
    for (name, rows) in [
        ("predictions.csv", &test),
        ("predictions_train.csv", &train),
        ("predictions_validation.csv", &validation),
    ] {
        if !rows.is_empty() {
            run.write(
                name,
                &predictions::to_csv(rows).map_err(ResultsError::from)?,
            )?;
        }
    }
    results::write_facts(run, &facts)?;
    Ok((test, threshold))
}
