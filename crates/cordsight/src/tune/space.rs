//! The settings that are searched, and trials drawn from them.
//!
//! In: `learning_rate=1e-5..1e-3` (a range) or `dropout=0,0.3` (values). Out: [`Trial`]s: a value for each key. A range whose ends are
//! above 0 and a factor of 10 or more apart is drawn evenly on the logarithm, another one evenly; numbers keep three
//! significant digits, so that a person can read and repeat them. Where all keys have values, and there are no more
//! combinations than trials, each combination is a trial.

use std::str::FromStr;

use rand::{Rng, RngExt};
use toml::Value;

use crate::random::{Purpose, generator};

/// Keys that can be searched: those that change how the network learns. Others change the question (the pictures, the
/// patients, the threshold), and figures under different questions cannot be compared.
pub const KEYS: [&str; 17] = [
    "network",
    "width",
    "init",
    "train",
    "batch_size",
    "learning_rate",
    "schedule",
    "warmup_epochs",
    "layer_decay",
    "weight_decay",
    "dropout",
    "label_smoothing",
    "mixup",
    "shear_deg",
    "zoom",
    "width_shift",
    "class_weights",
];
/// Those of them that are whole numbers.
const WHOLE: [&str; 2] = ["batch_size", "warmup_epochs"];
/// Draws until another trial is found, before a trial may come twice.
const TRIES: usize = 100;

/// A key with what it may be.
#[derive(Clone, Debug, PartialEq)]
pub struct Over {
    /// The key of the settings.
    pub key: String,
    /// Its values.
    pub values: Values,
}

/// What a key may be.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// One of these.
    Each(Vec<Value>),
    /// A number within these.
    Range {
        /// The least.
        low: f64,
        /// The largest.
        high: f64,
    },
}

/// A value for each key, in the order of the keys.
pub type Trial = Vec<(String, Value)>;

impl FromStr for Over {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form =
            "expected KEY=LOW..HIGH or KEY=VALUE,VALUE,..., such as learning_rate=1e-5..1e-3";
        let (key, values) = text
            .split_once('=')
            .ok_or_else(|| format!("found \"{text}\", {form}"))?;
        let key = key.trim().replace('-', "_");
        if !KEYS.contains(&key.as_str()) {
            return Err(format!(
                "found the key \"{key}\", expected one of {}",
                KEYS.join(", ")
            ));
        }
        let values = match values.split_once("..") {
            Some((low, high)) => range(low, high).ok_or_else(|| {
                format!("found \"{values}\", expected two numbers, the lower first; {form}")
            })?,
            None => {
                let all: Vec<Value> = values
                    .split(',')
                    .map(|value| value_of(value.trim()))
                    .collect();
                let differ = (1..all.len()).all(|at| !all[..at].contains(&all[at]));
                if values.trim().is_empty() || !differ {
                    return Err(format!(
                        "found \"{values}\", expected values, each once; {form}"
                    ));
                }
                Values::Each(all)
            }
        };
        Ok(Over { key, values })
    }
}

impl std::fmt::Display for Over {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.values {
            Values::Each(all) => {
                let all: Vec<String> = all.iter().map(shown).collect();
                write!(f, "{}={}", self.key, all.join(","))
            }
            Values::Range { low, high } => write!(f, "{}={low:?}..{high:?}", self.key),
        }
    }
}

impl Over {
    /// Every value, or both ends of the range: where these can be used, all between can.
    pub(super) fn ends(&self) -> Vec<Value> {
        match &self.values {
            Values::Each(all) => all.clone(),
            Values::Range { low, high } => [low, high].map(|end| self.number(*end)).to_vec(),
        }
    }

    fn draw(&self, random: &mut impl Rng) -> Value {
        match &self.values {
            Values::Each(all) => all[random.random_range(0..all.len())].clone(),
            Values::Range { low, high } => {
                let part: f64 = random.random();
                let is_wide = *low > 0.0 && high / low >= 10.0;
                let number = match is_wide {
                    true => (low.ln() + part * (high.ln() - low.ln())).exp(),
                    false => low + part * (high - low),
                };
                self.number(rounded(number).clamp(*low, *high))
            }
        }
    }

    fn number(&self, number: f64) -> Value {
        match WHOLE.contains(&self.key.as_str()) {
            true => Value::Integer(number.round() as i64),
            false => Value::Float(number),
        }
    }
}

/// Three significant digits.
fn rounded(number: f64) -> f64 {
    format!("{number:.2e}").parse().unwrap_or(number)
}

fn range(low: &str, high: &str) -> Option<Values> {
    let [low, high] = [low, high].map(|end| end.trim().parse::<f64>().ok());
    let (low, high) = (low?, high?);
    (low.is_finite() && high.is_finite() && low < high).then_some(Values::Range { low, high })
}

/// As TOML reads it; a bare word is a text.
fn value_of(text: &str) -> Value {
    let number = text.parse::<i64>().map(Value::Integer);
    let number = number.or_else(|_| text.parse::<f64>().map(Value::Float));
    number.unwrap_or_else(|_| Value::String(text.to_string()))
}

/// A value as a person types it.
pub fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Float(number) if *number != 0.0 && number.abs() < 1e-3 => format!("{number:e}"),
        other => other.to_string(),
    }
}

/// So many different trials, or fewer where there are no more combinations.
pub fn trials(over: &[Over], count: usize, seed: u64) -> Vec<Trial> {
    if let Some(all) = combinations(over, count) {
        return all;
    }
    let mut trials: Vec<Trial> = Vec::with_capacity(count);
    for number in 0..count {
        let mut random = generator(seed, Purpose::Tuning, number as u64);
        let mut draw = || -> Trial {
            let values = over.iter();
            values
                .map(|of| (of.key.clone(), of.draw(&mut random)))
                .collect()
        };
        let mut trial = draw();
        for _ in 0..TRIES {
            if !trials.contains(&trial) {
                break;
            }
            trial = draw();
        }
        trials.push(trial);
    }
    trials
}

/// Every combination, where there are no more than `most`.
fn combinations(over: &[Over], most: usize) -> Option<Vec<Trial>> {
    let mut all: Vec<Trial> = vec![Vec::new()];
    for of in over {
        let Values::Each(values) = &of.values else {
            return None;
        };
        let longer = |trial: &Trial| {
            let trial = trial.clone();
            values.iter().map(move |value| {
                let mut trial = trial.clone();
                trial.push((of.key.clone(), value.clone()));
                trial
            })
        };
        all = all.iter().flat_map(longer).collect();
        if all.len() > most {
            return None;
        }
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use toml::Value;

    use super::{Over, Values, shown, trials};

    fn over(text: &str) -> Over {
        text.parse().unwrap()
    }

    #[test]
    fn ranges_and_values_are_told_apart_and_what_is_neither_is_refused() {
        let rate = over("learning-rate=1e-5..1e-3");
        assert_eq!(
            rate.values,
            Values::Range {
                low: 1e-5,
                high: 1e-3
            }
        );
        assert_eq!(rate.to_string(), "learning_rate=1e-5..0.001");
        let bodies = over("network=vgg11, vgg16");
        let names = ["vgg11", "vgg16"].map(|name| Value::String(name.to_string()));
        assert_eq!(bodies.values, Values::Each(names.to_vec()));
        assert_eq!(over("batch_size=4,8").to_string(), "batch_size=4,8");
        for (text, said) in [
            (
                "learning_rate",
                "found \"learning_rate\", expected KEY=LOW..HIGH",
            ),
            (
                "learnrate=1..2",
                "found the key \"learnrate\", expected one of network,",
            ),
            ("seed=1,2", "found the key \"seed\""),
            (
                "dropout=0.5..0.1",
                "found \"0.5..0.1\", expected two numbers, the lower first",
            ),
            ("dropout=a..b", "found \"a..b\""),
            ("dropout=", "found \"\", expected values"),
            (
                "dropout=0.1,0.1",
                "found \"0.1,0.1\", expected values, each once",
            ),
        ] {
            let error = text.parse::<Over>().unwrap_err();
            assert!(error.starts_with(said), "{error}");
        }
    }

    #[test]
    fn a_wide_range_is_drawn_evenly_on_the_logarithm_and_within_its_ends() {
        let over = [over("learning_rate=1e-5..1e-3"), over("dropout=0..0.5")];
        let drawn = trials(&over, 400, 3);
        assert_eq!(drawn, trials(&over, 400, 3));
        assert_ne!(drawn, trials(&over, 400, 4));
        let numbers = |key: usize| -> Vec<f64> {
            let all = drawn.iter().map(|trial| trial[key].1.as_float().unwrap());
            all.collect()
        };
        let rates = numbers(0);
        assert!(rates.iter().all(|rate| (1e-5..=1e-3).contains(rate)));
        let low = rates.iter().filter(|rate| **rate < 1e-4).count();
        assert!(
            (160..240).contains(&low),
            "{low} of 400 below the middle of the logarithm"
        );
        let shares = numbers(1);
        let low = shares.iter().filter(|share| **share < 0.25).count();
        assert!((160..240).contains(&low), "{low} of 400 below the middle");
        assert_eq!(shown(&Value::Float(1.23e-5)), "1.23e-5");
    }

    #[test]
    fn few_combinations_are_all_tried_and_whole_numbers_stay_whole() {
        let all = trials(&[over("dropout=0,0.3"), over("network=vgg11,vgg13")], 9, 1);
        assert_eq!(all.len(), 4);
        let mut different = all.clone();
        different.dedup();
        assert_eq!(different.len(), 4);
        let some = trials(&[over("batch_size=2..64")], 20, 1);
        assert_eq!(some.len(), 20);
        let whole = some.iter().filter_map(|trial| trial[0].1.as_integer());
        assert!(whole.filter(|size| (2..=64).contains(size)).count() == 20);
    }
}
