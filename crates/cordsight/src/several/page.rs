//! The report of a run on several findings or classes: one self-contained page.
//!
//! In: settings, facts and what was judged. Out: HTML. All findings stand in one table first, then each has its figures;
//! classes have the table of truth and call. Nothing is computed here; texts from the cohort are escaped by the template
//! engine, the figures have done it themselves.

use diagstat::Measured;
use minijinja::value::Serde;
use serde::Serialize;

use super::results::{Facts, Judged, JudgedName, PartFacts, folder_of};
use super::sections::{All, all, cautions, network, test_patients};
use super::words::words;
use crate::config::TrainConfig;
use crate::environment::Environment;
use crate::figure::{self, NamedCurve, RocComparison};
use crate::report::checklist::{Checklist, Section, checklists};
use crate::report::{
    Classes, Estimate, Fact, Patients, ReportError, SECTIONS, Setting, StudyRow, Words, engine,
    study_rows,
};
use crate::results::Exclusion;
use crate::results::tables::{estimate, machine, settings};
use crate::statistics::judgement;
use crate::statistics::layout::short;
use crate::task::Task;
use crate::train::log::Epoch;

/// Curves that one plot can tell apart.
const CURVES_MAX: usize = 4;

/// What the template sees.
#[derive(Serialize)]
struct Page<'a> {
    title: String,
    subtitle: String,
    is_synthetic: bool,
    is_classes: bool,
    noun: &'static str,
    patients: usize,
    each: Vec<Each>,
    all: Option<All>,
    cautions: Vec<Fact>,
    roc: Option<String>,
    learning: &'a str,
    parts: Vec<&'a PartFacts>,
    split_origin: &'a str,
    sealed: Vec<Fact>,
    excluded: &'a [Exclusion],
    excluded_patients: usize,
    found: String,
    network: Vec<Fact>,
    settings: Vec<Setting>,
    environment: Vec<Fact>,
    study: Vec<StudyRow<'a>>,
    stated: usize,
    checklists: Vec<Fact>,
    classes: Classes,
    report: Shared,
}

/// What the parts of the report that runs on two classes have as well know under this name.
#[derive(Serialize)]
struct Shared {
    words: Words,
    patients: Option<Patients>,
    checklists: Vec<Checklist>,
    limits: Vec<String>,
}

/// What the page is made from.
pub struct Known<'a> {
    /// Settings.
    pub config: &'a TrainConfig,
    /// Facts of the run.
    pub facts: &'a Facts,
    /// Figures of the test part.
    pub judged: &'a Judged,
    /// The learning curves, drawn.
    pub learning: &'a str,
    /// What was sealed, and how often it was looked at.
    pub sealed: Vec<Fact>,
    /// Who the patients are, where the cohort says it.
    pub patients: Option<Patients>,
    /// Program and machine.
    pub environment: Environment,
}

/// The report in every form that it is written in.
pub struct Pages {
    /// One self-contained page.
    pub html: String,
    /// The same as Markdown.
    pub markdown: String,
    /// Methods and results alone.
    pub methods: String,
    /// The checklists' answers.
    pub checklists: Vec<Checklist>,
}

/// One finding, or one class against the rest.
#[derive(Serialize)]
struct Each {
    name: String,
    folder: String,
    positives: usize,
    negatives: usize,
    unknown: usize,
    auc: Estimate,
    sensitivity: Estimate,
    specificity: Estimate,
    threshold: String,
    origin: String,
    figures: Vec<Drawn>,
    /// Names of the files in the folder.
    drawn: Vec<&'static str>,
}

#[derive(Serialize)]
struct Drawn {
    svg: String,
    caption: &'static str,
}

/// The page.
///
/// # Errors
///
/// None that content leads to: see [`ReportError`].
pub fn render(known: Known<'_>) -> Result<Pages, ReportError> {
    let Known {
        config,
        facts,
        judged,
        learning,
        sealed,
        patients: table,
        environment,
    } = known;
    let engine = engine(&[&SECTIONS[..], &TEMPLATES].concat())?;
    let words = words(config, facts, judged, &environment);
    let checklists = checklists(&config.study, |section| has(section, table.is_some()));
    let is_classes = matches!(facts.task, Task::Classes(_));
    let names = facts.task.names().join(", ");
    let patients = test_patients(facts);
    let page = Page {
        title: match is_classes {
            true => format!("One of several classes on one radiograph: {names}"),
            false => format!("Several findings on one radiograph: {names}"),
        },
        subtitle: format!(
            "{} at width {}, cohort {}: training and internal testing",
            config.network, config.width, facts.cohort
        ),
        is_synthetic: facts.synthetic.is_some(),
        is_classes,
        noun: facts.task.noun(),
        patients,
        each: judged
            .each
            .iter()
            .map(|each| of_name(each, facts))
            .collect(),
        all: all(judged),
        cautions: cautions(config, facts, judged),
        roc: roc(judged),
        learning,
        parts: facts.parts.iter().filter(|p| p.pictures > 0).collect(),
        split_origin: &facts.split_origin,
        sealed,
        excluded: &facts.excluded,
        excluded_patients: facts.found_patients.saturating_sub(analysed(facts)),
        found: format!(
            "{} patients with {} radiographs were found, {} patients were analysed",
            facts.found_patients,
            facts.found_pictures,
            analysed(facts)
        ),
        network: network(config, facts),
        settings: settings(config),
        environment: machine(environment),
        study: study_rows(&config.study),
        stated: config.study.count(),
        checklists: checklists
            .iter()
            .map(|list| Fact::new(list.name, list.summary()))
            .collect(),
        classes: Classes {
            positive: names.clone(),
            negative: "none of them".to_string(),
        },
        report: Shared {
            words,
            patients: table,
            checklists: checklists.clone(),
            limits: limits(config, facts),
        },
    };
    let rendered = |name: &str| engine.get_template(name)?.render(Serde(&page));
    Ok(Pages {
        html: rendered("several.html")?,
        markdown: rendered("several.md")?,
        methods: rendered("methods.md")?,
        checklists,
    })
}

const TEMPLATES: [(&str, &str); 2] = [
    ("several.html", include_str!("several.html")),
    ("several.md", include_str!("report.md")),
];

/// Whether the page has a section that can answer an item of a checklist.
fn has(section: Section, has_patients: bool) -> bool {
    match section {
        Section::Patients => has_patients,
        Section::Result
        | Section::Words
        | Section::Figures
        | Section::Flow
        | Section::Measures
        | Section::Study
        | Section::Settings => true,
        _ => false,
    }
}

fn limits(config: &TrainConfig, facts: &Facts) -> Vec<String> {
    let mut list = vec![
        "One network was trained once; another seed or another split would give other figures.".to_string(),
        "Calibration was not adjusted: a score is not a probability of disease in another population.".to_string(),
        format!(
            "Whether a label is missing by chance is not known to the program; {} answers were judged on the same patients.",
            facts.task.names().len()
        ),
    ];
    if config.validation == 0.0 {
        list.push(
            "No patients were set aside to choose the epoch: the last one was kept.".to_string(),
        );
    }
    list
}

/// Learning curves of a run.
pub fn learning(history: &[Epoch], facts: &Facts) -> figure::Learning {
    let epochs = history.iter().map(|epoch| figure::Epoch {
        number: epoch.epoch,
        training_loss: Some(epoch.train_loss),
        validation_loss: epoch.validation_loss,
        training_auc: epoch.train_auc,
        validation_auc: epoch.validation_auc,
    });
    figure::Learning {
        epochs: epochs.collect(),
        best_epoch: facts.chosen_epoch,
    }
}

fn analysed(facts: &Facts) -> usize {
    facts.parts.iter().map(|part| part.patients).sum()
}

fn of_name(each: &JudgedName, facts: &Facts) -> Each {
    let of = &each.evaluation;
    let judgement = &each.judgement;
    let mut figures = Vec::new();
    let mut add = |svg: String, caption| figures.push(Drawn { svg, caption });
    if judgement.roc.curve.is_ok() {
        let mut roc = judgement::figures::roc(judgement);
        roc.auc = in_figure(&of.auc);
        if let Some(point) = &mut roc.operating {
            point.threshold = format!("{:.3}", of.threshold.value);
        }
        add(
            figure::roc(&roc),
            "ROC curve of the test patients' scores, with a bootstrap band; the dot is the threshold in use.",
        );
    }
    let scores = figure::Scores {
        positive: each.name.clone(),
        negative: format!("no {}", each.name),
        ..judgement::figures::scores(judgement)
    };
    add(
        figure::scores(&scores),
        "Scores of the test patients. A score is the network's output between 0 and 1; it is not a probability of disease in another population.",
    );
    if judgement.calibration.reliability.is_ok() {
        add(
            figure::calibration(&judgement::figures::calibration(judgement)),
            "Calibration in these test patients. In few patients it shows little.",
        );
    }
    let counts = figure::Confusion {
        positive: each.name.clone(),
        negative: format!("no {}", each.name),
        ..judgement::figures::confusion(judgement)
    };
    add(
        figure::confusion(&counts),
        "Test patients at the threshold. Percentages are of the row.",
    );
    Each {
        name: each.name.clone(),
        folder: folder_of(&facts.task, &each.name),
        positives: of.positives,
        negatives: of.negatives,
        unknown: each.unknown,
        auc: estimate(&of.auc),
        sensitivity: estimate(&of.at_threshold.sensitivity),
        specificity: estimate(&of.at_threshold.specificity),
        threshold: format!("{:.3}", of.threshold.value),
        origin: of.threshold.origin.clone(),
        figures,
        drawn: drawn(judgement),
    }
}

/// Drawings in the folder of a finding that the text document shows.
fn drawn(judgement: &judgement::Judgement) -> Vec<&'static str> {
    let all = judgement::drawings(judgement);
    let wanted = ["roc", "scores", "calibration", "confusion"];
    let is_there = |name: &&str| all.iter().any(|(drawn, _)| drawn == name);
    wanted.into_iter().filter(is_there).collect()
}

/// Value and interval, short enough for a figure.
fn in_figure(measured: &Measured) -> String {
    match (measured.value(), measured.interval()) {
        (Some(value), Some(interval)) => format!(
            "{value:.3} (95 % CI {:.3} to {:.3})",
            interval.low, interval.high
        ),
        _ => measured.to_string(),
    }
}

/// All curves in one plot, where it can tell them apart.
fn roc(judged: &Judged) -> Option<String> {
    let curves: Vec<NamedCurve> = judged
        .each
        .iter()
        .filter_map(|each| {
            let curve = each.judgement.roc.curve.as_ref().ok()?;
            let points = curve.points.iter();
            Some(NamedCurve {
                name: each.name.clone(),
                points: points
                    .map(|p| (1.0 - p.specificity, p.sensitivity))
                    .collect(),
                auc: short(&each.evaluation.auc),
            })
        })
        .collect();
    let drawable = (2..=CURVES_MAX).contains(&curves.len());
    drawable.then(|| figure::roc_comparison(&RocComparison { curves }))
}
