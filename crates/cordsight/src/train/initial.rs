//! The weights before the first step, and the settings that they decide.
//!
//! In: settings. Out: the resolved settings, with the preprocessing that belongs to the weights; and those weights: a
//! body from elsewhere with a head of our own, or all of them drawn. The file is opened before anything is written or
//! deleted: it may be missing or damaged, or lie in the folder that is replaced.

use super::TrainError;
use crate::config::{Settings, TrainConfig};
use crate::weights::Weights;
use crate::weights_source::Source;

/// The setting that asks for random weights.
const NONE: &str = "none";

/// Settings with their gaps filled, and the weights to start from, if they come from elsewhere.
pub(crate) fn resolve(settings: &Settings) -> Result<(TrainConfig, Option<Source>), TrainError> {
    let mut settings = settings.clone();
    settings.clone().resolve()?;
    let source = source(settings.weights.as_deref().unwrap_or(NONE))?;
    if let Some(source) = &source {
        settings.preprocessing = Some(source.preprocessing(settings.preprocessing)?);
    }
    let config = settings.resolve()?;
    if let Some(source) = &source {
        source.fits(&config.architecture())?;
    }
    Ok((config, source))
}

/// What the setting names, or nothing for random weights.
pub(crate) fn source(setting: &str) -> Result<Option<Source>, TrainError> {
    match setting {
        NONE => Ok(None),
        named => Ok(Some(Source::open(named)?)),
    }
}

/// Random weights, with the body of the source where there is one.
pub(crate) fn weights(
    config: &TrainConfig,
    source: Option<&Source>,
) -> Result<Weights, TrainError> {
    let fresh = Weights::random(&config.architecture(), config.init, config.seed);
    match source {
        None => Ok(fresh),
        Some(source) => Ok(fresh.with_body(&source.named())?),
    }
}

/// What the weights are, for the report and the model file.
pub(crate) fn described(config: &TrainConfig, source: Option<&Source>) -> String {
    let random = format!("random ({}, zero biases)", config.init);
    match source {
        None => random,
        Some(source) => format!(
            "body of {} ({}, SHA-256 {}), preprocessing {}, head {random}",
            source.origin.file, source.origin.format, source.origin.sha256, config.preprocessing
        ),
    }
}
