//! Methods and results of a run on several findings or classes as paragraphs, with the numbers in.
//!
//! In: settings, facts and figures. Out: the report's [`Words`]. What every run does alike is told by the same code as for two classes; what
//! the investigators must state reads NOT STATED.

use super::results::{Facts, Judged};
use crate::config::TrainConfig;
use crate::environment::Environment;
use crate::report::Words;
use crate::results::methods::{self, inside, said, stated};
use crate::split::Part;
use crate::statistics::layout::three;
use crate::task::Task;

pub(super) fn words(
    config: &TrainConfig,
    facts: &Facts,
    judged: &Judged,
    environment: &Environment,
) -> Words {
    let outputs = facts.task.outputs();
    let (loss, last) = match facts.task {
        Task::Classes(_) => (
            "the cross-entropy of a softmax over the classes",
            format!("{outputs} units, softmax"),
        ),
        _ => (
            "the mean binary cross-entropy of all findings that are known",
            format!("{outputs} units, a sigmoid each"),
        ),
    };
    let mut training = methods::training(config, loss, facts.epochs, facts.chosen_epoch);
    training += &thresholds(facts);
    Words {
        methods: vec![
            patients(config, facts),
            methods::preparation(config),
            methods::network(config, facts.parameters[0], &facts.initial_weights, &last),
            training,
            statistics(facts, environment),
        ],
        results: results(facts, judged),
    }
}

fn patients(config: &TrainConfig, facts: &Facts) -> String {
    let stated = |key: &str| stated(&config.study, key);
    let drawn = match facts.synthetic {
        Some(_) => {
            "All radiographs were drawn by a program; no result is evidence about patients. "
        }
        None => "",
    };
    let noun = match facts.task {
        Task::Classes(_) => "classes that exclude each other",
        _ => "findings, of which a patient may have any number",
    };
    let mut text = format!(
        "{drawn}The cohort held {} patients with {} lateral cervical radiographs; asked were the {noun}: {}. Design: {}. Setting: {}. \
         Dates: {}. Reference standard: {}; assessed by: {}. ",
        facts.found_patients,
        facts.found_pictures,
        facts.task.names().join(", "),
        stated("design"),
        stated("setting"),
        stated("dates"),
        stated("reference_standard"),
        stated("assessor"),
    );
    text += &match facts.excluded.len() {
        0 => "No radiograph was left out by the program. ".to_string(),
        1 => "One radiograph was left out, since it could not be used or nothing was known of its patient. ".to_string(),
        n => format!(
            "{n} radiographs were left out, since they could not be used or nothing was known of their patients. "
        ),
    };
    let purposes = [
        (Part::Train, "for training"),
        (Part::Validation, "for validation"),
        (Part::Test, "for internal testing"),
    ];
    let parts = purposes.into_iter().filter_map(|(part, purpose)| {
        let found = facts
            .parts
            .iter()
            .find(|of| of.part == part && of.patients > 0)?;
        let names = found.names.iter().map(|counts| match counts.unknown {
            0 => format!("{} {}", counts.with, counts.name),
            unknown => format!("{} {} ({unknown} not known)", counts.with, counts.name),
        });
        let names: Vec<String> = names.collect();
        Some(format!(
            "{} {purpose} ({})",
            found.patients,
            names.join(", ")
        ))
    });
    text += &format!(
        "The patients' parts were {}: {}. All radiographs of a patient were in one part.",
        facts.split_origin,
        parts.collect::<Vec<_>>().join("; "),
    );
    text
}

fn thresholds(facts: &Facts) -> String {
    match facts.thresholds.first() {
        None => " The class with the highest score was called.".to_string(),
        Some(first) => {
            let names = facts.task.names().iter().zip(&facts.thresholds);
            let each = names.map(|(name, of)| format!("{name} {}", three(of.value)));
            format!(
                " Thresholds were {}: {}.",
                first.origin,
                each.collect::<Vec<_>>().join(", ")
            )
        }
    }
}

fn statistics(facts: &Facts, environment: &Environment) -> String {
    let averages = match facts.task {
        Task::Classes(_) => {
            " Each class was judged against the rest; the macro AUC is the mean of these, with a stratified bootstrap interval."
        }
        _ => {
            " Each finding was judged on the patients of whom it is known. Intervals are each for its own figure and not corrected for their number."
        }
    };
    format!(
        "The unit of analysis is the patient; the score of a patient with several radiographs is the {}. The area under the ROC curve (AUC) has \
         DeLong's 95 % interval on the logit, proportions have Clopper-Pearson's.{averages} Heatmaps are class activation maps of the last \
         convolution. Software: cordsight {} ({}), {}.",
        facts.pool.described(),
        environment.cordsight,
        environment.framework,
        environment.platform,
    )
}

fn results(facts: &Facts, judged: &Judged) -> Vec<String> {
    let mut all = Vec::new();
    if let Some(classes) = &judged.all_classes {
        all.push(format!(
            "In internal testing the macro AUC was {} and the AUC over pairs of classes {}; {} of the patients were called rightly.",
            said(&classes.macro_auc),
            said(&classes.hand_till_auc),
            said(&classes.accuracy()),
        ));
    }
    let is_classes = matches!(facts.task, Task::Classes(_));
    for each in &judged.each {
        let of = &each.evaluation;
        let mut text = format!(
            "{}: in internal testing on {} patients ({} with it, {} without) the AUC was {}.",
            each.name,
            of.patients,
            of.positives,
            of.negatives,
            said(&of.auc),
        );
        if each.unknown > 0 {
            text += &format!(
                " It was not known of {} further test patients.",
                each.unknown
            );
        }
        if !is_classes {
            let (at, counts) = (&of.at_threshold, of.at_threshold.counts);
            text += &format!(
                " At the threshold {}, {} of {} patients with it were found (sensitivity {}) and {} of {} without it were called so (specificity {}).",
                three(of.threshold.value),
                counts.true_positives,
                counts.true_positives + counts.false_negatives,
                inside(&at.sensitivity),
                counts.true_negatives,
                counts.true_negatives + counts.false_positives,
                inside(&at.specificity),
            );
        }
        all.push(text);
    }
    all
}
