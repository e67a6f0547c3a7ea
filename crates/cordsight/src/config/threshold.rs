//! The setting `threshold`: a number fixed beforehand, or the word `youden`.

use serde::{Deserialize, Serialize};

/// How the threshold that calls a score positive is found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ThresholdRule {
    /// A number fixed beforehand.
    Fixed(f64),
    /// The largest sensitivity + specificity on the validation part or, where there is none, on the training part.
    Youden,
}

/// A threshold setting: a TOML number or the word "youden".
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Threshold(pub ThresholdRule);

impl std::str::FromStr for Threshold {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match (text, text.parse()) {
            ("youden", _) => Ok(Threshold(ThresholdRule::Youden)),
            (_, Ok(number)) => Ok(Threshold(ThresholdRule::Fixed(number))),
            _ => Err("expected a number between 0 and 1, or youden".to_string()),
        }
    }
}

impl Serialize for Threshold {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            ThresholdRule::Fixed(number) => serializer.serialize_f64(number),
            ThresholdRule::Youden => serializer.serialize_str("youden"),
        }
    }
}

impl<'de> Deserialize<'de> for Threshold {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(
            untagged,
            expecting = "expected a number between 0 and 1, or \"youden\""
        )]
        enum Form {
            Number(f64),
            Word(String),
        }
        match Form::deserialize(deserializer)? {
            Form::Number(number) => Ok(Threshold(ThresholdRule::Fixed(number))),
            Form::Word(word) => word.parse().map_err(serde::de::Error::custom),
        }
    }
}
