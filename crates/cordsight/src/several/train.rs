//! Training on several findings or classes, from a cohort on the disk to a finished run folder.
//!
//! In: the same [`Request`] as for two classes, whose settings name findings or classes. Out: a run folder. The order is that
//! of [`crate::train`]: what can be wrong with the input is found before the first step, the split is written before any
//! weight moves, and the test part is opened by the network once, at the end.

use burn::tensor::Device;

use super::cohort::Subjects;
use super::loaded::Loaded;
use super::predictions::{self, Row, of_name};
use super::results::{self, Facts, PartFacts};
use super::split::Parts;
use crate::cohort::Counts;
use crate::config::TrainConfig;
use crate::covariates::Covariates;
use crate::explain::{Explainer, run};
use crate::model_file::{self, Answers, CohortFacts, Manifest, ThresholdOrigin};
use crate::network::Network;
use crate::results::ResultsError;
use crate::run_folder::RunFolder;
use crate::running::Running;
use crate::score::outputs;
use crate::seal;
use crate::split::Part;
use crate::task::Task;
use crate::tensorboard;
use crate::train::fit::State;
use crate::train::threshold::choose_threshold;
use crate::train::{
    Event, Request, Start, TrainError, Watch, fitted, initial, log, resolved, start,
};

/// True where the settings of a request, or of the run that it goes on with, name findings or more than two classes.
///
/// # Errors
///
/// Settings that cannot be used.
pub fn is_asked(request: &Request) -> Result<bool, TrainError> {
    let run = RunFolder::open(&request.out);
    if request.resume && run.config().is_file() {
        return Ok(!TrainConfig::read(&run.config())?.task().is_binary());
    }
    let Some(names) = (request.settings.findings.as_ref()).or(request.settings.classes.as_ref())
    else {
        return Ok(false);
    };
    Ok(!names.is_empty() && !resolved(&request.settings)?.task().is_binary())
}

/// Trains, scores, judges and reports.
///
/// # Errors
///
/// See [`TrainError`]; [`TrainError::Stopped`] leaves a run that `resume` completes.
pub fn train(request: &Request, watch: &mut dyn Watch) -> Result<RunFolder, TrainError> {
    if !request.baseline.is_empty() {
        return Err(TrainError::SeveralBaseline);
    }
    let start = start(request)?;
    let loaded = Loaded::read(request, &start.config, watch)?;
    train_from(request, start, &loaded, watch)
}

/// As [`train`], on radiographs that are loaded already, with the preparation that the request's settings ask for.
///
/// # Errors
///
/// As [`train`].
pub(crate) fn train_loaded(
    request: &Request,
    loaded: &Loaded,
    watch: &mut dyn Watch,
) -> Result<RunFolder, TrainError> {
    train_from(request, start(request)?, loaded, watch)
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
    let (facts, parts, begun) = if request.resume {
        let facts = results::read_facts(&run)?;
        if facts.fingerprint != loaded.fingerprint {
            return Err(TrainError::OtherCohort {
                path: request.cohort.display().to_string(),
                found: loaded.fingerprint.clone(),
                expected: facts.fingerprint,
            });
        }
        seal::check(&run)?;
        let parts = Parts::read(&run.file("split.csv"), &loaded.subjects)?;
        crate::results::write_config(&run, &config)?;
        (facts, parts, None)
    } else {
        let (parts, origin) = split(request, &config, &loaded.subjects)?;
        let weights = initial::described(&config, source.as_ref());
        let facts = facts(request, &config, loaded, &parts, origin, weights);
        let weights = initial::weights(&config, source.as_ref())?;
        let cohort = &loaded.subjects.cohort;
        let table = parts.to_csv().map_err(ResultsError::from)?;
        let part = |patient: &str| parts.part(patient);
        let seal = seal::prepare(&run, cohort, &loaded.digests, &table, part)?;
        run.clear()?;
        seal.set(&run)?;
        results::begin(&run, &config, &facts, &parts)?;
        crate::results::write_records(&run, cohort, &loaded.records)?;
        let covariates = Covariates::of_cohort(&request.cohort, cohort)?;
        if !covariates.columns.is_empty() {
            let table = covariates.to_csv().map_err(ResultsError::from)?;
            run.write(crate::results::patients::FILE, &table)?;
        }
        (facts, parts, Some(weights))
    };
    let _running = Running::begin(&run)?;
    if request.tensorboard {
        tensorboard::enable(&run)?;
    }
    watch.event(Event::Parts {
        lines: &facts.lines(),
    });

    let state = fitted(&run, &config, &loaded.examples(&parts), begun, watch)?;
    watch.event(Event::Scoring);
    let (test, facts) = finish(&run, &config, loaded, &parts, &state, facts)?;
    heatmaps(&run, &config, loaded, &state, &facts, &test, watch)?;
    results::write(&run)?;
    Ok(run)
}

/// Heatmaps of the test part for each finding, or each class against the rest, in its folder.
fn heatmaps(
    run: &RunFolder,
    config: &TrainConfig,
    loaded: &Loaded,
    state: &State,
    facts: &Facts,
    test: &[Row],
    watch: &mut dyn Watch,
) -> Result<(), TrainError> {
    let mut single = config.architecture();
    single.outputs = 1;
    let task = &loaded.subjects.task;
    let names = task.names();
    for (place, name) in names.iter().enumerate() {
        let weights = state.chosen().of_output(&single, place);
        let explainer = Explainer::new(&single, &config.preparation(), &weights, config.conv)?;
        let threshold = facts.thresholds.get(place).cloned();
        let rows = of_name(task, test, place);
        let subject = run::Subject {
            cohort: &loaded.subjects.cohort,
            prepared: &loaded.prepared,
            records: &loaded.records,
            test: &rows,
            threshold: &threshold.unwrap_or_else(results::one_half),
        };
        let folder = RunFolder::open(&run.file(&results::folder_of(task, name)));
        let all = names.len();
        run::write(&folder, &explainer, &subject, |done, of| {
            let done = place * of + done;
            watch.event(Event::Explained { done, of: all * of });
        })?;
    }
    Ok(())
}

/// What the results need to know beside settings and predictions, before the first step.
fn facts(
    request: &Request,
    config: &TrainConfig,
    loaded: &Loaded,
    parts: &Parts,
    split_origin: String,
    initial_weights: String,
) -> Facts {
    let subjects = &loaded.subjects;
    let architecture = config.architecture();
    let part = |part: Part| {
        let of_part = |patient: &str| parts.part(patient) == Some(part);
        let pictures = subjects.cohort.pictures.iter();
        PartFacts {
            part,
            patients: subjects.labels.keys().filter(|name| of_part(name)).count(),
            pictures: pictures.filter(|p| of_part(&p.patient)).count(),
            names: subjects.counts(of_part),
        }
    };
    Facts {
        cordsight: env!("CARGO_PKG_VERSION").to_string(),
        task: subjects.task.clone(),
        cohort: request.cohort.display().to_string(),
        fingerprint: loaded.fingerprint.clone(),
        found_patients: loaded.found_patients,
        found_pictures: loaded.found_pictures,
        excluded: loaded.excluded.clone(),
        split_origin,
        parts: [Part::Train, Part::Validation, Part::Test]
            .map(part)
            .to_vec(),
        initial_weights,
        parameters: [
            architecture.parameter_count(),
            architecture.body_parameter_count(),
        ],
        synthetic: subjects.cohort.synthetic.clone(),
        epochs: 0,
        chosen_epoch: None,
        thresholds: Vec::new(),
        pool: config.pool,
        finished: false,
    }
}

pub(super) fn split(
    request: &Request,
    config: &TrainConfig,
    subjects: &Subjects,
) -> Result<(Parts, String), TrainError> {
    if let Some(path) = &request.split {
        let origin = format!("read from {}", path.display());
        return Ok((Parts::read(path, subjects)?, origin));
    }
    if let Some(parts) = Parts::from_column(subjects) {
        return Ok((parts?, "fixed by the cohort's column \"split\"".to_string()));
    }
    let parts = Parts::draw(subjects, config.test, config.validation, config.seed)?;
    let by = match subjects.task {
        Task::Classes(_) => "stratified by class",
        _ => "iteratively stratified by findings, the rarest first",
    };
    let origin = format!("drawn at random by patient, {by}, seed {}", config.seed);
    Ok((parts, origin))
}

/// Scores every part with the chosen weights, fixes the thresholds, and writes the model and what its results are made from;
/// the test part's scores, and the facts with the thresholds.
fn finish(
    run: &RunFolder,
    config: &TrainConfig,
    loaded: &Loaded,
    parts: &Parts,
    state: &State,
    mut facts: Facts,
) -> Result<(Vec<Row>, Facts), TrainError> {
    let device = Device::flex();
    let (architecture, preparation) = (config.architecture(), config.preparation());
    let network = Network::new(&architecture, state.chosen(), config.conv, &device)?;
    let logits = outputs(&network, &preparation, &loaded.prepared, &device);
    let task = &loaded.subjects.task;
    let scored: Vec<(Part, Row)> = loaded
        .subjects
        .cohort
        .pictures
        .iter()
        .zip(logits)
        .filter_map(|(picture, logits)| {
            let row = Row {
                patient: picture.patient.clone(),
                image: picture.name.clone(),
                view: picture.view.clone(),
                known: loaded.subjects.of(picture),
                scores: task.scores(&logits),
            };
            let part = parts.part(&picture.patient);
            part.map(|part| (part, row))
        })
        .collect();
    let of = |part: Part| -> Vec<Row> {
        let rows = scored.iter().filter(|(of, _)| *of == part);
        rows.map(|(_, row)| row.clone()).collect()
    };
    let (training, validation, test) = (of(Part::Train), of(Part::Validation), of(Part::Test));

    facts.thresholds = thresholds(config, task, &training, &validation);
    facts.chosen_epoch = state.best.as_ref().map(|(epoch, _)| *epoch);
    facts.epochs = state.history.len() as u32;
    facts.finished = true;
    let part = |of: Part| facts.parts.iter().find(|facts| facts.part == of);
    let (patients, pictures) = part(Part::Train).map_or((0, 0), |p| (p.patients, p.pictures));
    let first = part(Part::Train).and_then(|part| part.names.first());
    let with_first = first.map_or(0, |counts| counts.with);
    let mut manifest = Manifest::new(
        architecture,
        preparation,
        ["other".to_string(), task.names()[0].clone()],
        facts
            .thresholds
            .first()
            .cloned()
            .unwrap_or(ThresholdOrigin {
                value: 0.5,
                origin: "the class with the highest score is called".to_string(),
            }),
        CohortFacts {
            fingerprint: facts.fingerprint.clone(),
            synthetic: facts.synthetic.is_some(),
            train: Counts {
                negative_patients: patients - with_first,
                positive_patients: with_first,
                pictures,
            },
        },
        facts.initial_weights.clone(),
    );
    manifest.pool = config.pool;
    manifest.answers = Some(Answers {
        task: task.clone(),
        thresholds: facts.thresholds.clone(),
    });
    run.write("metrics.jsonl", log::to_jsonl(&state.history).as_bytes())?;
    let model = model_file::encode(manifest, &[state.chosen()], config.conv, &run.model())?;
    run.write("model.safetensors", &model)?;
    seal::look(run, seal::By::Train)?;
    for (name, rows) in [
        ("predictions.csv", &test),
        ("predictions_train.csv", &training),
        ("predictions_validation.csv", &validation),
    ] {
        if !rows.is_empty() {
            let csv = predictions::to_csv(task, rows).map_err(ResultsError::from)?;
            run.write(name, &csv)?;
        }
    }
    results::write_facts(run, &facts)?;
    Ok((test, facts))
}

/// One threshold a finding; none for classes.
fn thresholds(
    config: &TrainConfig,
    task: &Task,
    training: &[Row],
    validation: &[Row],
) -> Vec<ThresholdOrigin> {
    if matches!(task, Task::Classes(_)) {
        return Vec::new();
    }
    let one = |place: usize| {
        let [training, validation] = [training, validation].map(|rows| of_name(task, rows, place));
        choose_threshold(config.threshold.0, config.pool, &training, &validation)
    };
    (0..task.outputs()).map(one).collect()
}
