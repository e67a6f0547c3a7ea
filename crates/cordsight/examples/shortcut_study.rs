//! What a shortcut does to a study, and that the audit had warned: the table of docs/shortcuts.md.
//!
//! `cargo run --release -p cordsight --example shortcut_study -- WORK [SEEDS]`. In: a folder to work in (new or empty), and how many seeds
//! (3 unless told). Out: the table in Markdown on stdout.
//!
//! For each seed three cohorts of 207 phantoms have the same anatomies: nothing follows the label; the lead letter does in
//! nine of ten; the machine does. On each the demo's network is trained at 96 pixels, and tested twice: on the cohort's own test
//! patients, as a study would, and on 200 other phantoms in which nothing follows the label, as the next hospital would.
//! The audit of each cohort is asked first.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::error::Error;
use std::path::Path;

use cordsight::audit::source::Classes;
use cordsight::audit::{self, audit};
use cordsight::cohort::Cohort;
use cordsight::config::Settings;
use cordsight::evaluate::{AUC, LEVEL};
use cordsight::model_file::Model;
use cordsight::network::Body;
use cordsight::pool::Pool;
use cordsight::predictions::{self, by_patient};
use cordsight::train::{Event, Request, Watch, train};
use cordsight::weights::Init;
use diagstat::{Measured, Scores, auc_with_interval};
use phantom::{CohortPlan, Confounders, Drawing, Format, Posture, write_cohort_as};

/// Patients of the cohort in which nothing follows the label, and how many of them are positive.
const ELSEWHERE: [usize; 2] = [200, 100];

struct Quiet;

impl Watch for Quiet {
    fn event(&mut self, _: Event<'_>) {}

    fn stop_asked(&self) -> bool {
        false
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let work = arguments.next().ok_or("give WORK [SEEDS]")?;
    let work = Path::new(&work);
    let seeds: u64 = arguments.next().map_or(Ok(3), |text| text.parse())?;
    let none = Confounders::default();
    let kinds = [
        ("nothing", none),
        (
            "lead letter",
            Confounders {
                marker: true,
                ..none
            },
        ),
        (
            "machine",
            Confounders {
                scanner: true,
                ..none
            },
        ),
    ];
    println!(
        "| follows the label | seed | audit | AUC on the cohort's own test patients | AUC on phantoms without a shortcut |\n|---|---|---|---|---|"
    );
    for seed in 1..=seeds {
        let elsewhere = work.join(format!("elsewhere-{seed}"));
        draw(&elsewhere, none, 5000 + seed, ELSEWHERE)?;
        for (name, confounders) in kinds {
            let folder = work.join(format!("{}-{seed}", name.replace(' ', "-")));
            let plan = CohortPlan::default();
            draw(
                &folder,
                confounders,
                4000 + seed,
                [plan.patients, plan.positives],
            )?;
            let warned = warnings(&folder)?;
            let run = folder.join("run");
            train(
                &Request {
                    cohort: folder.join("cohort.csv"),
                    out: run.clone(),
                    settings: settings(seed),
                    ..Request::default()
                },
                &mut Quiet,
            )?;
            let own = by_patient(
                &predictions::read(&run.join("predictions.csv"))?,
                Pool::Mean,
            );
            let own = measured(own.iter().map(|patient| (patient.label, patient.score)))?;
            let away = scored(&run.join("model.safetensors"), &elsewhere)?;
            println!("| {name} | {seed} | {warned} | {own:.3} | {away:.3} |");
        }
    }
    Ok(())
}

fn draw(
    folder: &Path,
    confounders: Confounders,
    seed: u64,
    [patients, positives]: [usize; 2],
) -> Result<(), Box<dyn Error>> {
    let plan = CohortPlan {
        patients,
        positives,
        seed,
        ..CohortPlan::default()
    };
    let drawing = Drawing {
        confounders,
        ..Drawing::default()
    };
    write_cohort_as(
        &plan,
        &drawing,
        &[Posture::Neutral],
        folder,
        Format::Dicom,
        &|_| {},
    )?;
    Ok(())
}

/// What the audit says of shortcuts.
fn warnings(folder: &Path) -> Result<String, Box<dyn Error>> {
    let request = audit::Request {
        cohort: folder.join("cohort.csv"),
        classes: Classes {
            both: None,
            positive: None,
        },
        out: folder.join("audit"),
    };
    let found = audit(&request, &|_, _| {})?;
    let of_shortcuts = found
        .findings
        .iter()
        .filter(|finding| finding.kind == "shortcut");
    let titles: Vec<&str> = of_shortcuts.map(|finding| finding.title.as_str()).collect();
    Ok(match titles.is_empty() {
        true => "no shortcut".to_string(),
        false => titles.join("; "),
    })
}

fn settings(seed: u64) -> Settings {
    Settings {
        network: Some(Body::Vgg16),
        width: Some(0.125),
        image_size: Some(96),
        init: Some(Init::He),
        epochs: Some(40),
        learning_rate: Some(3e-4),
        shear_deg: Some(3.0),
        zoom: Some(0.05),
        width_shift: Some(0.05),
        seed: Some(seed),
        ..Settings::default()
    }
}

fn scored(model: &Path, folder: &Path) -> Result<Measured, Box<dyn Error>> {
    let model = Model::load(model, Default::default())?;
    let cohort = Cohort::read(&folder.join("cohort.csv"), None)?;
    let files: Vec<(&Path, Option<f64>)> = cohort
        .pictures
        .iter()
        .map(|p| (p.path.as_path(), p.spacing_mm))
        .collect();
    let scores: Vec<f64> = model
        .score_files(&files)
        .into_iter()
        .collect::<Result<_, _>>()?;
    measured(
        cohort
            .pictures
            .iter()
            .map(|picture| picture.label)
            .zip(scores),
    )
}

fn measured(patients: impl Iterator<Item = (u8, f64)>) -> Result<Measured, Box<dyn Error>> {
    let (labels, scores): (Vec<u8>, Vec<f64>) = patients.unzip();
    Ok(auc_with_interval(
        &Scores::new(&labels, &scores)?,
        AUC,
        LEVEL,
    ))
}
