//! What an audit finds, as plain data: how grave, what, in which files, and what to do.
//!
//! In: nothing. Out: [`Finding`], which the table, the page and the JSON show alike.

use std::collections::BTreeSet;

use serde::Serialize;

/// How grave a finding is; the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Training would stop, or its result would be wrong.
    Fatal,
    /// The result may mislead.
    Warning,
    /// Worth knowing.
    Note,
}

impl Severity {
    /// Lower-case word.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Fatal => "fatal",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }
}

/// One thing found, with all its cases.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// How grave.
    pub severity: Severity,
    /// A name that scripts can rely on, such as `unreadable`.
    pub kind: &'static str,
    /// What was found, in one line.
    pub title: String,
    /// What to do about it.
    pub advice: String,
    /// The cases, sorted; may be none.
    pub items: Vec<Item>,
}

/// One case of a finding.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Item {
    /// Files by the names that the cohort gives them; one, or those that belong together.
    pub files: Vec<String>,
    /// What is the matter with them; may be empty.
    pub detail: String,
}

impl Item {
    /// One file and what is the matter with it.
    pub fn file(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Item {
            files: vec![name.into()],
            detail: detail.into(),
        }
    }
}

impl Finding {
    /// A finding whose title begins with the number of its cases; `None` without any. Cases are sorted here.
    pub fn counted(
        severity: Severity,
        kind: &'static str,
        [one, many]: [&str; 2],
        advice: &str,
        mut items: Vec<Item>,
    ) -> Option<Self> {
        items.sort();
        let title = match items.len() {
            0 => return None,
            1 => format!("1 {one}"),
            count => format!("{count} {many}"),
        };
        Some(Finding {
            severity,
            kind,
            title,
            advice: advice.to_string(),
            items,
        })
    }

    /// A finding about the cohort as a whole.
    pub fn whole(
        severity: Severity,
        kind: &'static str,
        title: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Finding {
            severity,
            kind,
            title: title.into(),
            advice: advice.into(),
            items: Vec::new(),
        }
    }

    /// Names of all files of the finding.
    pub fn files(&self) -> BTreeSet<&str> {
        let names = self.items.iter().flat_map(|item| &item.files);
        names.map(String::as_str).collect()
    }
}
