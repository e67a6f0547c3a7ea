//! Methods and results as paragraphs in plain words, with the numbers in.
//!
//! In: settings, facts and figures of a run. Out: the report's [`Words`], which an article can start from. A sentence is there
//! only where the run knows what it says; what the investigators must state reads NOT STATED.

use diagstat::{CalibrationRegression, Measured};

use super::{Judged, RunFacts};
use crate::cohort::Counts;
use crate::config::{ClassWeights, TrainConfig};
use crate::environment::Environment;
use crate::network::Trained;
use crate::prepare::{CropRule, FacingRule, Fit, Grey};
use crate::report::{Report, Words};
use crate::split::Part;
use crate::statistics::layout::{p_value, three};
use crate::train::rate::Schedule;

/// All that the paragraphs are made from.
pub(super) struct Known<'a> {
    pub config: &'a TrainConfig,
    pub facts: &'a RunFacts,
    pub judged: &'a Judged,
    pub environment: &'a Environment,
    pub report: &'a Report,
}

pub(super) fn words(known: &Known<'_>) -> Words {
    Words {
        methods: vec![
            patients(known),
            preparation(known.config),
            network(known),
            training(known),
            statistics(known),
        ],
        results: results(known),
    }
}

fn patients(known: &Known<'_>) -> String {
    let (facts, study) = (known.facts, &known.config.study);
    let [negative, positive] = &facts.classes;
    let stated = |key: &str| {
        let text = study.stated(key).unwrap_or("NOT STATED");
        text.trim_end_matches('.').replace('\n', " ")
    };
    let drawn = match facts.synthetic {
        Some(_) => {
            "All radiographs were drawn by a program; no result is evidence about patients. "
        }
        None => "",
    };
    let mut text = format!(
        "{drawn}The cohort held {} patients ({} {positive}, {} {negative}) with {} lateral cervical radiographs. Design: {}. Setting: {}. \
         Dates: {}. Reference standard: {}; assessed by: {}. ",
        facts.found.patients(),
        facts.found.positive_patients,
        facts.found.negative_patients,
        facts.found.pictures,
        stated("design"),
        stated("setting"),
        stated("dates"),
        stated("reference_standard"),
        stated("assessor"),
    );
    text += &match facts.excluded.len() {
        0 => "No radiograph was left out by the program. ".to_string(),
        1 => "One radiograph that could not be used was left out. ".to_string(),
        n => format!("{n} radiographs that could not be used were left out. "),
    };
    let part = |part: Part| {
        let found = facts.parts.iter().find(|counts| counts.part == part);
        found
            .map(|counts| counts.counts)
            .filter(|counts| counts.pictures > 0)
    };
    let said = |counts: Counts| {
        format!(
            "{} ({} {positive}, {} {negative})",
            counts.patients(),
            counts.positive_patients,
            counts.negative_patients
        )
    };
    let parts: Vec<String> = [
        (Part::Train, "for training"),
        (Part::Validation, "for validation"),
        (Part::Test, "for internal testing"),
    ]
    .into_iter()
    .filter_map(|(name, purpose)| Some(format!("{} {purpose}", said(part(name)?))))
    .collect();
    text += &format!(
        "The patients' parts were {}: {}. All radiographs of a patient were in one part.",
        facts.split_origin,
        parts.join(", "),
    );
    text
}

fn preparation(config: &TrainConfig) -> String {
    let mut steps = Vec::new();
    if config.crop == CropRule::Field {
        steps.push("cut to the exposed field".to_string());
    }
    match config.facing {
        FacingRule::AsIs => {}
        FacingRule::Left => {
            steps.push("mirrored where needed, so that patients face left".to_string())
        }
        FacingRule::Right => {
            steps.push("mirrored where needed, so that patients face right".to_string())
        }
    }
    let side = config.image_size;
    let filter = format!("{:?}", config.resize).to_lowercase();
    steps.push(match (config.mm_per_pixel, config.fit) {
        (mm, _) if mm > 0.0 => {
            format!("scaled to {mm} mm a pixel and centred in {side} × {side} pixels ({filter} interpolation)")
        }
        (_, Fit::Squash) => {
            format!("scaled to {side} × {side} pixels, each side on its own ({filter} interpolation)")
        }
        (_, Fit::Pad) => {
            format!("scaled to fit {side} × {side} pixels with its proportions kept ({filter} interpolation)")
        }
    });
    if config.grey == Grey::Stretch {
        steps.push(
            "stretched so that its own 0.5th and 99.5th percentiles of grey became 0 and 1"
                .to_string(),
        );
    }
    if config.clahe > 0.0 {
        steps.push(format!(
            "equalised by contrast-limited adaptive histogram equalisation (limit {}, 8 × 8 tiles)",
            config.clahe
        ));
    }
    format!(
        "Each radiograph was {}; the grey value was repeated in three channels and standardised ({}). No other measurement was given to the network.",
        steps.join(", "),
        named(&config.preprocessing),
    )
}

fn network(known: &Known<'_>) -> String {
    let (config, facts) = (known.config, known.facts);
    let width = match config.width {
        1.0 => String::new(),
        width => format!(" with {width} times the published channels"),
    };
    let trained = match config.train {
        Trained::All => "All layers were trained.".to_string(),
        Trained::Head => "Only the fully connected layers were trained.".to_string(),
        from => format!(
            "Layers from {} on were trained.",
            format!("{from:?}").to_lowercase()
        ),
    };
    let told = match config.head_covariates.join(", ") {
        names if names.is_empty() => String::new(),
        names => format!(
            " Beside the pooled features the first fully connected layer took {names} of each patient, standardised on the training patients; \
             a missing value became their mean, with an indicator of its own."
        ),
    };
    format!(
        "A convolutional neural network was used ({}{width}; global average pooling, fully connected layers of 128, 64 and 1 units, sigmoid; {} parameters). \
         Its weights before training: {}. {trained}{told}",
        config.network, facts.parameters[0], facts.initial_weights,
    )
}

fn training(known: &Known<'_>) -> String {
    let (config, facts) = (known.config, known.facts);
    let optimiser = match config.weight_decay {
        0.0 => "Adam".to_string(),
        decay => format!("AdamW (weight decay {decay})"),
    };
    let schedule = match config.schedule {
        Schedule::Constant => "constant",
        Schedule::Cosine => "falling along half a cosine",
    };
    let weights = match config.class_weights {
        ClassWeights::None => "both classes as they came",
        ClassWeights::Balanced => "classes weighted to count alike",
    };
    let selected = match facts.chosen_epoch {
        Some(epoch) => format!(
            "The weights of epoch {epoch} were kept, that of the lowest loss on the validation patients"
        ),
        None => "The weights after the last epoch were kept".to_string(),
    };
    let mut more = Vec::new();
    for (name, value) in [
        ("dropout", config.dropout),
        ("label smoothing", config.label_smoothing),
        ("mixup", config.mixup),
    ] {
        if value > 0.0 {
            more.push(format!("{name} {value}"));
        }
    }
    let more = match more.is_empty() {
        true => String::new(),
        false => format!(", {}", more.join(", ")),
    };
    let members = match config.members {
        0 | 1 => "one network was trained, without an ensemble".to_string(),
        n => format!(
            "{n} networks were trained with different seeds, and the score is the mean of theirs"
        ),
    };
    let combined = members
        + &match config.views {
            0 | 1 => {
                ", and scored each picture as it is, without test-time augmentation".to_string()
            }
            n => format!(", each over {n} views of a picture (test-time augmentation)"),
        };
    format!(
        "Training minimised binary cross-entropy with {optimiser} (learning rate {}, {schedule}; batches of {}; {} epochs; {weights}{more}; seed {}). Pictures were \
         sheared within ±{}°, zoomed within 1 ± {} and shifted sideways within ±{} of their width at random. {selected}; {combined}. The threshold {} was {}.",
        config.learning_rate,
        config.batch_size,
        facts.epochs,
        config.seed,
        config.shear_deg,
        config.zoom,
        config.width_shift,
        three(known.judged.judgement.evaluation.threshold.value),
        known.judged.judgement.evaluation.threshold.origin,
    )
}

fn statistics(known: &Known<'_>) -> String {
    let bootstrap = &known.judged.judgement.bootstrap;
    let mut text = format!(
        "The unit of analysis is the patient; the score of a patient with several radiographs is their mean. Every patient of the test part got a score, so that \
         no result is indeterminate. The area under the ROC curve (AUC) has DeLong's 95 % interval on the logit, proportions have Clopper-Pearson's, the band of the ROC curve is by bootstrap \
         ({} samples, seed {}). Calibration is told by the logistic calibration intercept and slope and the Brier score, clinical use by net benefit. P values are two-sided.",
        bootstrap.replicates, bootstrap.seed,
    );
    if known.report.heatmaps.is_some() {
        text += " Heatmaps are class activation maps of the last convolution.";
    }
    if known.report.robustness.is_some() {
        text += " The test patients were scored again with pictures under noise, blur, other exposure, crop and fewer grey levels.";
    }
    text += &format!(
        " Software: cordsight {} ({}), {}.",
        known.environment.cordsight, known.environment.framework, known.environment.platform
    );
    text
}

fn results(known: &Known<'_>) -> Vec<String> {
    let judgement = &known.judged.judgement;
    let evaluation = &judgement.evaluation;
    let at = &evaluation.at_threshold;
    let [negative, positive] = &known.facts.classes;
    let counts = at.counts;
    let mut first = format!(
        "In internal testing on {} patients ({} {positive}, {} {negative}) the AUC was {}. At the threshold {}, {} of {} {positive} patients were found (sensitivity {}) and {} of {} \
         {negative} patients were called so (specificity {}); {} were missed and {} called {positive} wrongly. The positive predictive value was {} and the negative {}, at \
         this test part's share of {positive} patients.",
        evaluation.patients,
        evaluation.positives,
        evaluation.negatives,
        said(&evaluation.auc),
        three(evaluation.threshold.value),
        counts.true_positives,
        counts.true_positives + counts.false_negatives,
        inside(&at.sensitivity),
        counts.true_negatives,
        counts.true_negatives + counts.false_positives,
        inside(&at.specificity),
        counts.false_negatives,
        counts.false_positives,
        said(&at.ppv),
        said(&at.npv),
    );
    if let Some(best) = known.facts.synthetic.as_ref().and_then(|s| s.ceiling_auc) {
        first += &format!(
            " No reader of these synthetic radiographs can be expected to exceed an AUC of {}.",
            three(best)
        );
    }
    let line =
        |figure: fn(&CalibrationRegression) -> Measured| match &judgement.calibration.regression {
            Ok(regression) => said(&figure(regression)),
            Err(reason) => format!("not given ({reason})"),
        };
    let mut second = format!(
        "The calibration intercept was {}, the slope {} and the Brier score {}.",
        line(|regression| regression.intercept),
        line(|regression| regression.slope),
        said(&judgement.calibration.brier),
    );
    if let Some(beside) = &known.judged.beside {
        let p = match beside.p_value {
            Ok(p) => p_value(p),
            Err(reason) => format!("no P value: {reason}"),
        };
        second += &format!(
            " A logistic regression on {} measurements reached an AUC of {} on the same patients; the network's less that was {} ({p}).",
            beside.measures.len(),
            said(&beside.auc),
            said(&beside.network_minus_baseline),
        );
    }
    if let Some(robustness) = &known.report.robustness {
        let worst = robustness
            .rows
            .iter()
            .filter_map(|row| Some((row, row.auc.value()?)));
        let worst = worst.min_by(|a, b| {
            let number = |text: &str| text.parse::<f64>().unwrap_or(f64::INFINITY);
            number(a.1).total_cmp(&number(b.1))
        });
        if let Some((row, auc)) = worst {
            second += &format!(
                " Of {} changes of the pictures the AUC was lowest, {auc}, under {} ({}).",
                robustness.rows.len(),
                row.change.to_lowercase(),
                row.strength,
            );
        }
    }
    vec![first, second]
}

/// `0.868 (95 % interval 0.783 to 0.954)`, or why a part of it is missing.
fn said(measured: &Measured) -> String {
    match (measured.value(), measured.interval(), measured.reason()) {
        (Some(value), Some(interval), _) => format!(
            "{} (95 % interval {} to {})",
            three(value),
            three(interval.low),
            three(interval.high)
        ),
        (Some(value), None, Some(reason)) => format!("{} (no interval: {reason})", three(value)),
        (Some(value), None, None) => three(value),
        (None, _, Some(reason)) => format!("not given ({reason})"),
        (None, _, None) => "not given".to_string(),
    }
}

/// The same within parentheses: `0.862; 95 % interval 0.683 to 0.961`.
fn inside(measured: &Measured) -> String {
    said(measured).replacen(" (", "; ", 1).replace(')', "")
}

/// As the settings file writes it.
fn named(value: &impl serde::Serialize) -> String {
    toml::Value::try_from(value).map_or_else(
        |_| String::new(),
        |value| value.to_string().replace('"', ""),
    )
}
