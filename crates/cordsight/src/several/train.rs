//! Training on several findings or classes, from a cohort on the disk to a finished run folder.
//!
//! In: the same [`Request`] as for two classes, whose settings name findings or classes. Out: a run folder. The order is that
//! of [`crate::train`]: what can be wrong with the input is found before the first step, the split is written before any
//! weight moves, and the test part is opened by the network once, at the end.

use std::collections::BTreeSet;

use burn::tensor::Device;

use super::cohort::Subjects;
use super::predictions::{self, Row, of_name};
use super::results::{self, Facts, PartFacts};
use super::split::Parts;
use crate::cohort::{Counts, plain_reason};
use crate::config::TrainConfig;
use crate::explain::{Explainer, run};
use crate::model_file::{self, Answers, CohortFacts, Manifest, ThresholdOrigin};
use crate::network::Network;
use crate::prepare::{Prepared, Record};
use crate::results::ResultsError;
use crate::run_folder::RunFolder;
use crate::running::Running;
use crate::score::outputs;
use crate::split::Part;
use crate::task::Task;
use crate::tensorboard;
use crate::train::fit::{Examples, State};
use crate::train::labels::Labels;
use crate::train::threshold::choose_threshold;
use crate::train::{
    Event, Request, Start, TrainError, Watch, fitted, initial, load, log, resolved, start,
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

/// Everything read from the disk.
struct Loaded {
    subjects: Subjects,
    prepared: Vec<Prepared>,
    records: Vec<Record>,
    facts: Facts,
    parts: Parts,
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
    let Start {
        run,
        config,
        source,
    } = start(request)?;
    let loaded = read(request, &run, &config, watch)?;
    let mut facts = loaded.facts.clone();
    let begun = if request.resume {
        crate::results::write_config(&run, &config)?;
        None
    } else {
        facts.initial_weights = initial::described(&config, source.as_ref());
        let weights = initial::weights(&config, source.as_ref())?;
        run.clear()?;
        results::begin(&run, &config, &facts, &loaded.parts)?;
        crate::results::write_records(&run, &loaded.subjects.cohort, &loaded.records)?;
        Some(weights)
    };
    let _running = Running::begin(&run)?;
    if request.tensorboard {
        tensorboard::enable(&run)?;
    }
    watch.event(Event::Parts {
        lines: &facts.lines(),
    });

    let parts = [Part::Train, Part::Validation].map(|part| examples(&loaded, part));
    let state = fitted(&run, &config, &parts, begun, watch)?;
    watch.event(Event::Scoring);
    let (test, facts) = finish(&run, &config, &loaded, &state, facts)?;
    heatmaps(&run, &config, &loaded, &state, &facts, &test, watch)?;
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

/// Reads cohort and radiographs, and draws the split, or reads that of the run that goes on.
fn read(
    request: &Request,
    run: &RunFolder,
    config: &TrainConfig,
    watch: &mut dyn Watch,
) -> Result<Loaded, TrainError> {
    let task = config.task();
    let mut subjects = Subjects::read(&request.cohort, &task, config.class_column.as_deref())?;
    let found = Counts::of(subjects.cohort.pictures.iter());
    let (prepared, records, excluded) = load::load(&subjects.cohort, &config.preparation(), watch);
    if !excluded.is_empty() && !request.skip_unreadable {
        return Err(TrainError::Unreadable { failures: excluded });
    }
    let names: BTreeSet<String> = excluded.iter().map(|e| e.image.clone()).collect();
    let unknown = std::mem::take(&mut subjects.unknown);
    let subjects = subjects.without(&names, &request.cohort)?;
    let fingerprint = subjects
        .fingerprint()
        .map_err(|error| TrainError::Vanished {
            path: request.cohort.display().to_string(),
            reason: plain_reason(&error),
        })?;
    if request.resume {
        let facts = results::read_facts(run)?;
        if facts.fingerprint != fingerprint {
            return Err(TrainError::OtherCohort {
                path: request.cohort.display().to_string(),
                found: fingerprint,
                expected: facts.fingerprint,
            });
        }
        let parts = Parts::read(&run.file("split.csv"), &subjects)?;
        return Ok(Loaded {
            subjects,
            prepared,
            records,
            facts,
            parts,
        });
    }
    let (parts, split_origin) = split(request, config, &subjects)?;
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
    let facts = Facts {
        cordsight: env!("CARGO_PKG_VERSION").to_string(),
        task,
        cohort: request.cohort.display().to_string(),
        fingerprint,
        found_patients: found.patients() + patients_of(&unknown),
        found_pictures: found.pictures + unknown.len(),
        excluded: unknown.into_iter().chain(excluded).collect(),
        split_origin,
        parts: [Part::Train, Part::Validation, Part::Test]
            .map(part)
            .to_vec(),
        initial_weights: String::new(),
        parameters: [
            architecture.parameter_count(),
            architecture.body_parameter_count(),
        ],
        synthetic: subjects.cohort.synthetic.clone(),
        epochs: 0,
        chosen_epoch: None,
        thresholds: Vec::new(),
        finished: false,
    };
    Ok(Loaded {
        subjects,
        prepared,
        records,
        facts,
        parts,
    })
}

fn patients_of(exclusions: &[crate::results::Exclusion]) -> usize {
    let names: BTreeSet<&str> = exclusions.iter().map(|e| e.patient.as_str()).collect();
    names.len()
}

fn split(
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

fn examples(loaded: &Loaded, part: Part) -> Examples {
    let mut examples = Examples {
        pictures: Vec::new(),
        labels: Labels::new(loaded.subjects.task.clone()),
    };
    let pictures = loaded.subjects.cohort.pictures.iter();
    for (picture, prepared) in pictures.zip(&loaded.prepared) {
        if loaded.parts.part(&picture.patient) == Some(part) {
            examples.pictures.push(prepared.clone());
            examples.labels.push(&loaded.subjects.of(picture));
        }
    }
    examples
}

/// Scores every part with the chosen weights, fixes the thresholds, and writes the model and what its results are made from;
/// the test part's scores, and the facts with the thresholds.
fn finish(
    run: &RunFolder,
    config: &TrainConfig,
    loaded: &Loaded,
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
                known: loaded.subjects.of(picture),
                scores: task.scores(&logits),
            };
            let part = loaded.parts.part(&picture.patient);
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
    manifest.answers = Some(Answers {
        task: task.clone(),
        thresholds: facts.thresholds.clone(),
    });
    run.write("metrics.jsonl", log::to_jsonl(&state.history).as_bytes())?;
    let model = model_file::encode(manifest, &[state.chosen()], config.conv, &run.model())?;
    run.write("model.safetensors", &model)?;
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
        choose_threshold(config.threshold.0, &training, &validation)
    };
    (0..task.outputs()).map(one).collect()
}
