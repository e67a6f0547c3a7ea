//! Parts of the report of several findings or classes: all classes together, cautions, the network.
//!
//! In: facts and figures. Out: what the templates show. Nothing is computed here.

use diagstat::Measured;
use serde::Serialize;

use super::results::{Facts, Judged};
use crate::config::{ThresholdRule, TrainConfig};
use crate::report::{Caution, Estimate, Fact};
use crate::results::tables::estimate;
use crate::task::Task;

/// Test parts below this many patients carry a caution.
const SMALL_TEST_SET: usize = 100;
/// Findings with fewer test patients, or fewer without, carry a caution.
const FEW_CASES: usize = 20;

/// Figures of all classes together.
#[derive(Serialize)]
pub(super) struct All {
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

/// Patients of the test part.
pub(super) fn test_patients(facts: &Facts) -> usize {
    let test = facts
        .parts
        .iter()
        .filter(|p| p.part == crate::split::Part::Test);
    test.map(|part| part.patients).sum()
}

/// Figures of all classes together; nothing for findings.
pub(super) fn all(judged: &Judged) -> Option<All> {
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

/// What the reader must know before believing it.
pub(super) fn cautions(config: &TrainConfig, facts: &Facts, judged: &Judged) -> Vec<Fact> {
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

/// The network and its initial weights.
pub(super) fn network(config: &TrainConfig, facts: &Facts) -> Vec<Fact> {
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
