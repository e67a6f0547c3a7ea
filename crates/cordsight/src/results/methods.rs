//! What the methods of every run say alike: preparation, network, training; and how a figure stands in a sentence.
//!
//! In: settings and a few facts. Out: sentences, for runs on two classes and on several findings.

use diagstat::Measured;

use crate::config::{ClassWeights, TrainConfig};
use crate::network::Trained;
use crate::prepare::{CropRule, FacingRule, Fit, Grey};
use crate::statistics::layout::three;
use crate::study::Study;
use crate::train::rate::Schedule;

/// A statement of the investigators as part of a sentence.
pub(crate) fn stated(study: &Study, key: &str) -> String {
    let text = study.stated(key).unwrap_or("NOT STATED");
    text.trim_end_matches('.').replace('\n', " ")
}

/// What was done to each radiograph.
pub(crate) fn preparation(config: &TrainConfig) -> String {
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

/// The network; `last` says what its last layer has.
pub(crate) fn network(
    config: &TrainConfig,
    parameters: usize,
    initial_weights: &str,
    last: &str,
) -> String {
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
        "A convolutional neural network was used ({}{width}; global average pooling, fully connected layers of 128, 64 and {last}; {parameters} parameters). \
         Its weights before training: {initial_weights}. {trained}{told}",
        config.network,
    )
}

/// How it was trained: the loss in words, epochs that ran, and the epoch that validation chose.
pub(crate) fn training(
    config: &TrainConfig,
    loss: &str,
    epochs: u32,
    chosen_epoch: Option<u32>,
) -> String {
    let optimiser = match config.weight_decay {
        0.0 => "Adam".to_string(),
        decay => format!("AdamW (weight decay {decay})"),
    };
    let schedule = match config.schedule {
        Schedule::Constant => "constant",
        Schedule::Cosine => "falling along half a cosine",
    };
    let weights = match config.class_weights {
        ClassWeights::None => "all as they came",
        ClassWeights::Balanced => "weighted so that each class counts alike",
    };
    let selected = match chosen_epoch {
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
        "Training minimised {loss} with {optimiser} (learning rate {}, {schedule}; batches of {}; {} epochs; {weights}{more}; seed {}). Pictures were \
         sheared within ±{}°, zoomed within 1 ± {} and shifted sideways within ±{} of their width at random. {selected}; {combined}.",
        config.learning_rate,
        config.batch_size,
        epochs,
        config.seed,
        config.shear_deg,
        config.zoom,
        config.width_shift,
    )
}

/// `0.868 (95 % interval 0.783 to 0.954)`, or why a part of it is missing.
pub(crate) fn said(measured: &Measured) -> String {
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
pub(crate) fn inside(measured: &Measured) -> String {
    said(measured).replacen(" (", "; ", 1).replace(')', "")
}

/// As the settings file writes it.
fn named(value: &impl serde::Serialize) -> String {
    toml::Value::try_from(value).map_or_else(
        |_| String::new(),
        |value| value.to_string().replace('"', ""),
    )
}
