//! What a network is asked: one question with two answers, several findings at once, or one of several classes.
//!
//! In: names. Out: [`Task`]: how many logits a picture has, and how scores come from them. A finding is answered by a
//! sigmoid of its own, so that a patient may have several or none; classes exclude each other and share a softmax.

use serde::{Deserialize, Serialize};

use crate::score::sigmoid;

/// Most findings or classes that one network answers.
pub const NAMES_MAX: usize = 20;
/// Longest name of a finding or class, in characters.
const NAME_LENGTH_MAX: usize = 40;
/// Columns of the tables that a finding's name would be taken for.
const RESERVED: [&str; 6] = ["patient", "image", "view", "site", "split", "spacing_mm"];

/// What a network is asked of each radiograph.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Task {
    /// One of two classes: one logit, its sigmoid is the score.
    #[default]
    Binary,
    /// Findings of which a patient may have any number: a logit and a sigmoid each.
    Findings(Vec<String>),
    /// Three or more classes that exclude each other: a logit each, one softmax over all.
    Classes(Vec<String>),
}

impl Task {
    /// Logits a picture.
    pub fn outputs(&self) -> usize {
        match self {
            Task::Binary => 1,
            Task::Findings(names) | Task::Classes(names) => names.len(),
        }
    }

    /// Labels a picture: one a finding, or the class.
    pub fn labels(&self) -> usize {
        match self {
            Task::Binary | Task::Classes(_) => 1,
            Task::Findings(names) => names.len(),
        }
    }

    /// Names of the findings or classes in the order of the logits; none where there are two classes only.
    pub fn names(&self) -> &[String] {
        match self {
            Task::Binary => &[],
            Task::Findings(names) | Task::Classes(names) => names,
        }
    }

    /// True for the one question with two answers.
    pub fn is_binary(&self) -> bool {
        *self == Task::Binary
    }

    /// `finding` or `class`, for messages and tables.
    pub fn noun(&self) -> &'static str {
        match self {
            Task::Binary | Task::Findings(_) => "finding",
            Task::Classes(_) => "class",
        }
    }

    /// Scores of one picture, each in 0..1, from its logits: those of classes add up to 1.
    pub fn scores(&self, logits: &[f64]) -> Vec<f64> {
        match self {
            Task::Binary | Task::Findings(_) => logits.iter().copied().map(sigmoid).collect(),
            Task::Classes(_) => softmax(logits),
        }
    }

    /// The place of a name, whatever its capitals.
    pub fn place(&self, name: &str) -> Option<usize> {
        let names = self.names().iter();
        let mut same = names.enumerate().filter(|(_, own)| same_name(own, name));
        same.next().map(|(place, _)| place)
    }
}

/// The softmax of logits.
pub fn softmax(logits: &[f64]) -> Vec<f64> {
    let most = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let parts: Vec<f64> = logits.iter().map(|logit| (logit - most).exp()).collect();
    let sum: f64 = parts.iter().sum();
    parts.into_iter().map(|part| part / sum).collect()
}

/// The first name that cannot be used, or the number of names, as an error shows it; `least` names are needed.
pub(crate) fn fault(names: &[String], least: usize) -> Option<String> {
    if !(least..=NAMES_MAX).contains(&names.len()) {
        return Some(format!("{} names", names.len()));
    }
    for (place, name) in names.iter().enumerate() {
        let plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '+');
        let length = name.chars().count();
        let usable = (1..=NAME_LENGTH_MAX).contains(&length)
            && name.trim() == name
            && name.chars().all(plain)
            && !RESERVED.iter().any(|reserved| same_name(reserved, name));
        if !usable {
            return Some(format!("\"{name}\""));
        }
        if let Some(other) = names[..place].iter().find(|other| same_file(other, name)) {
            return Some(format!("\"{other}\" and \"{name}\""));
        }
    }
    None
}

fn same_name(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

fn same_file(one: &str, other: &str) -> bool {
    same_name(&file_name(one), &file_name(other))
}

/// A finding's or class's name as the name of a file or folder.
pub fn file_name(name: &str) -> String {
    crate::statistics::folder::file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(of: &[&str]) -> Vec<String> {
        of.iter().map(|name| name.to_string()).collect()
    }

    #[test]
    fn scores_of_classes_add_up_to_one_and_do_not_depend_on_a_common_shift() {
        let task = Task::Classes(names(&["healthy", "CSR", "CSM"]));
        let scores = task.scores(&[1.0, -2.0, 0.5]);
        assert!((scores.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        let moved = task.scores(&[901.0, 898.0, 900.5]);
        for (one, other) in scores.iter().zip(moved) {
            assert!((one - other).abs() < 1e-12);
        }
        assert!((scores[0] / scores[2] - 0.5_f64.exp()).abs() < 1e-12);
    }

    #[test]
    fn scores_of_findings_are_sigmoids_each() {
        let task = Task::Findings(names(&["csm", "opll"]));
        assert_eq!(task.scores(&[0.0, 2.0]), [0.5, sigmoid(2.0)]);
        assert_eq!((task.outputs(), task.labels()), (2, 2));
        assert_eq!(task.place("OPLL"), Some(1));
    }

    #[test]
    fn names_that_files_or_tables_would_confuse_are_refused() {
        assert_eq!(fault(&names(&["csm", "opll"]), 1), None);
        let mut tried = 0;
        for (wrong, words) in [
            (vec!["csm", "CSM"], "\"csm\" and \"CSM\""),
            (vec!["a b", "a_b"], "\"a b\" and \"a_b\""),
            (vec!["csm", "patient"], "\"patient\""),
            (vec!["a/b"], "\"a/b\""),
            (vec!["csm", ""], "\"\""),
            (vec![], "0 names"),
        ] {
            let found = fault(&names(&wrong), 1).expect("a fault");
            assert_eq!(found, words);
            tried += 1;
        }
        assert_eq!(tried, 6);
    }
}
