//! `config.toml` of a run: every setting, then the table of the study.
//!
//! In: a run's file. Out: [`TrainConfig`], checked; and the way back.

use std::path::Path;

use super::{ConfigError, TrainConfig};
use crate::cohort::plain_reason;

impl TrainConfig {
    /// Reads the `config.toml` of a run.
    ///
    /// # Errors
    ///
    /// As [`Settings::read`]; a missing key is an error here, unless runs from before it was a setting lack it.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let wrong = |problem: String| ConfigError::File {
            path: path.display().to_string(),
            problem,
        };
        let text = std::fs::read_to_string(path).map_err(|error| wrong(plain_reason(&error)))?;
        let config: TrainConfig =
            toml::from_str(&text).map_err(|error| wrong(one_line(&text, &error)))?;
        config.check()?;
        Ok(config)
    }

    /// The same settings with other values for some keys.
    ///
    /// # Errors
    ///
    /// A key that there is not, a value of another type, or one that is out of range.
    pub fn with(&self, values: &[(String, toml::Value)]) -> Result<Self, ConfigError> {
        let named: Vec<String> = (values.iter())
            .map(|(key, value)| format!("{key} = {value}"))
            .collect();
        let wrong = |problem: String| ConfigError::File {
            path: named.join(", "),
            problem,
        };
        let mut table = toml::Table::try_from(self).map_err(|error| wrong(error.to_string()))?;
        for (key, value) in values {
            table.insert(key.clone(), value.clone());
        }
        let changed: TrainConfig = table
            .try_into()
            .map_err(|error: toml::de::Error| wrong(error.message().to_string()))?;
        let changed = TrainConfig {
            study: self.study.clone(),
            ..changed
        };
        changed.check()?;
        Ok(changed)
    }

    /// The text of `config.toml`: every setting, then the table of the study.
    ///
    /// # Errors
    ///
    /// None in practice: all values are plain.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        let mut text = toml::to_string(self)?;
        text += &self.study.to_toml();
        Ok(text)
    }
}

/// A TOML error as one line: where, and what.
pub(super) fn one_line(text: &str, error: &toml::de::Error) -> String {
    let line = error.span().map_or(1, |span| {
        text[..span.start.min(text.len())].matches('\n').count() + 1
    });
    format!("line {line}: {}", error.message().replace('\n', " "))
}
