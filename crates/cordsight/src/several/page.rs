//! The report of a run on several findings or classes: one self-contained page.
//!
//! In: settings, facts and what was judged. Out: HTML. All findings stand in one table first, then each has its figures;
//! classes have the table of truth and call. Nothing is computed here; texts from the cohort are escaped by the template
//! engine, the figures have done it themselves.

use diagstat::Measured;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment as Engine, UndefinedBehavior};
use serde::Serialize;

use super::results::{Facts, Judged, JudgedName, PartFacts, folder_of};
use crate::config::{ThresholdRule, TrainConfig};
use crate::environment::Environment;
use crate::figure::{self, NamedCurve, RocComparison};
use crate::report::{Caution, Estimate, Fact, ReportError, Setting};
use crate::results::Exclusion;
use crate::results::tables::{estimate, machine, settings};
use crate::statistics::judgement;
use crate::statistics::layout::short;
use crate::task::Task;
use crate::train::log::Epoch;

/// Test parts below this many patients carry a caution.
const SMALL_TEST_SET: usize = 100;
/// Findings with fewer test patients, or fewer without, carry a caution.
const FEW_CASES: usize = 20;
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
}

#[derive(Serialize)]
struct Drawn {
    svg: String,
    caption: &'static str,
}

/// Figures of all classes together.
#[derive(Serialize)]
struct All {
    classes: Vec<String>,
    rows: Vec<Vec<Cell>>,
    why_not: String,
    figures: Vec<Named>,
}

#[derive(Serialize)]
struct Cell {
    count: u32,
    percent: String,
    right: bool,
}

#[derive(Serialize)]
struct Named {
    name: &'static str,
    meaning: &'static str,
    estimate: Estimate,
}

/// The page.
///
/// # Errors
///
/// None that content leads to: see [`ReportError`].
pub fn render(
    config: &TrainConfig,
    facts: &Facts,
    judged: &Judged,
    learning: &str,
    sealed: Vec<Fact>,
    environment: Environment,
) -> Result<String, ReportError> {
    let mut engine = Engine::new();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_syntax(
        SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()?,
    );
    engine.add_template("style.css", include_str!("../report/style.css"))?;
    engine.add_template("several.html", include_str!("several.html"))?;
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
        excluded_patients: facts.found_patients - analysed(facts),
        found: format!(
            "{} patients with {} radiographs were found, {} patients were analysed",
            facts.found_patients,
            facts.found_pictures,
            analysed(facts)
        ),
        network: network(config, facts),
        settings: settings(config),
        environment: machine(environment),
    };
    let template = engine.get_template("several.html")?;
    Ok(template.render(Serde(page))?)
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

fn test_patients(facts: &Facts) -> usize {
    let test = facts
        .parts
        .iter()
        .filter(|p| p.part == crate::split::Part::Test);
    test.map(|part| part.patients).sum()
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
    }
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

fn all(judged: &Judged) -> Option<All> {
    let all = judged.all_classes.as_ref()?;
    let classes = judged.task.names().to_vec();
    let named = |name, meaning, measured: &Measured| Named {
        name,
        meaning,
        estimate: estimate(measured),
    };
    let mut figures = vec![
        named(
            "Macro AUC",
            "mean of the AUC of each class against the rest; bootstrap interval",
            &all.macro_auc,
        ),
        named(
            "AUC over pairs of classes",
            "Hand and Till's mean over all pairs; bootstrap interval",
            &all.hand_till_auc,
        ),
    ];
    let (rows, why_not) = match &all.calls {
        Err(reason) => (Vec::new(), reason.to_string()),
        Ok(of) => {
            let averages = &of.averages.macro_average;
            figures.extend([
                named("Accuracy", "patients called rightly", &of.accuracy),
                named(
                    "Balanced accuracy",
                    "mean of the classes' sensitivities (macro recall)",
                    &averages.recall,
                ),
                named("Macro F1", "mean of the classes' F1", &averages.f1),
                named(
                    "Cohen's kappa",
                    "agreement of call and truth beyond chance, unweighted",
                    &of.kappa,
                ),
            ]);
            (cells(of.counts.rows()), String::new())
        }
    };
    Some(All {
        classes,
        rows,
        why_not,
        figures,
    })
}

fn cells(rows: &[Vec<u32>]) -> Vec<Vec<Cell>> {
    let row = |(truth, counts): (usize, &Vec<u32>)| {
        let patients: u32 = counts.iter().sum();
        let cell = |(call, &count): (usize, &u32)| Cell {
            count,
            percent: match patients {
                0 => String::new(),
                _ => format!("{:.0} %", 100.0 * f64::from(count) / f64::from(patients)),
            },
            right: truth == call,
        };
        counts.iter().enumerate().map(cell).collect()
    };
    rows.iter().enumerate().map(row).collect()
}

fn cautions(config: &TrainConfig, facts: &Facts, judged: &Judged) -> Vec<Fact> {
    let mut all = Vec::new();
    let mut add = |caution: Caution| all.push(Fact::new(caution.heading(), caution.text()));
    if facts.synthetic.is_some() {
        add(Caution::SyntheticData { ceiling_auc: None });
    }
    let patients = test_patients(facts);
    if patients < SMALL_TEST_SET {
        add(Caution::SmallTestSet { n: patients as u64 });
    }
    for each in &judged.each {
        for (class, n) in [
            (each.name.clone(), each.evaluation.positives),
            (format!("no {}", each.name), each.evaluation.negatives),
        ] {
            if n < FEW_CASES {
                add(Caution::FewCases { class, n: n as u64 });
            }
        }
    }
    add(Caution::OneSplit);
    if config.weights == "none" {
        add(Caution::NoPretrainedWeights);
    }
    let youden = config.threshold.0 == ThresholdRule::Youden;
    if youden && config.validation == 0.0 && !matches!(facts.task, Task::Classes(_)) {
        add(Caution::ThresholdChosenOnTraining {
            threshold: "of each finding".to_string(),
        });
    }
    let noun = match facts.task {
        Task::Classes(_) => "classes",
        _ => "findings",
    };
    all.push(Fact::new(
        "Several results",
        format!(
            "{} {noun} are judged on the same patients. Each interval covers its own figure 19 times in 20; that all of them do at once is less likely, and the best of several looks better than it is. State beforehand which one the study is about.",
            judged.each.len()
        ),
    ));
    all
}

fn network(config: &TrainConfig, facts: &Facts) -> Vec<Fact> {
    let outputs = facts.task.outputs();
    let last = match facts.task {
        Task::Classes(_) => "one softmax",
        _ => "a sigmoid each",
    };
    let [all, body] = facts.parameters;
    vec![
        Fact::new(
            "body",
            format!("{}, width {}", config.network, config.width),
        ),
        Fact::new(
            "head",
            format!("global average pooling, fully connected 128, 64, {outputs}, {last}"),
        ),
        Fact::new("parameters", format!("{all} ({body} in the body)")),
        Fact::new("initial weights", &facts.initial_weights),
        Fact::new("epochs", facts.epochs.to_string()),
    ]
}
