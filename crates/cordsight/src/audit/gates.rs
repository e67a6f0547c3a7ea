//! What is conspicuous about single pictures, put together for a cohort.
//!
//! In: the findings of [`radiograph::quality`] on each image. Out: one [`Finding`] for each of its codes.

use std::collections::BTreeMap;

use radiograph::quality::{Code, Severity as Grade};

use super::Image;
use super::finding::{Finding, Item, Severity};

/// One finding a code, with all pictures that have it.
pub fn findings(images: &[Image]) -> Vec<Finding> {
    let mut items: BTreeMap<Code, Vec<Item>> = BTreeMap::new();
    for image in images {
        for gate in &image.look.gates {
            let item = Item::file(&image.entry.name, &gate.message);
            items.entry(gate.code).or_default().push(item);
        }
    }
    let of_code = |(code, mut items): (Code, Vec<Item>)| {
        items.sort();
        let (severity, advice) = match code.severity() {
            Grade::Fatal => (Severity::Fatal, "export the picture again, or take it out"),
            Grade::Warning => (
                Severity::Warning,
                "look at the pictures; correct or take out what does not belong",
            ),
            Grade::Note => (Severity::Note, "nothing, if both classes are alike in it"),
        };
        let pictures = if items.len() == 1 {
            "picture"
        } else {
            "pictures"
        };
        Finding {
            severity,
            kind: code.name(),
            title: format!("{} {pictures}: {}", items.len(), sentence(code.meaning())),
            advice: advice.to_string(),
            items,
        }
    };
    items.into_iter().map(of_code).collect()
}

/// Without the full stop, and in lower case at the start.
fn sentence(meaning: &str) -> String {
    let mut letters = meaning.trim_end_matches('.').chars();
    let first = letters
        .next()
        .map(|letter| letter.to_lowercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}
