//! The same picture twice: the same file, the same pixels in another file, or nearly the same picture.
//!
//! In: [`Image`]s. Out: findings by who is affected: across labels (fatal: one of the labels is wrong), across patients (a
//! warning: test patients may have been learnt), within a patient (a note).

use std::collections::{BTreeMap, BTreeSet, HashSet};

use radiograph::IdentifierHash;
use radiograph::near_duplicate::{Fingerprint, NearPair, near_pairs};

use super::Image;
use super::finding::{Finding, Item, Severity};
use super::people::Ties;

/// Who is affected by a group of duplicates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    Labels,
    Patients,
    Patient,
}

/// Findings on exact duplicates.
pub fn exact(images: &[Image]) -> Vec<Finding> {
    let mut groups: BTreeMap<[u8; 32], Vec<usize>> = BTreeMap::new();
    for (at, image) in images.iter().enumerate() {
        // Blank pictures are alike without being of one patient; the gates name them.
        if image.look.traits.grey.contrast > 0.0 {
            groups.entry(image.look.pixels).or_default().push(at);
        }
    }
    groups.retain(|_, group| group.len() > 1);
    let mut cases: BTreeMap<Reach, Vec<Item>> = BTreeMap::new();
    for group in groups.values() {
        let files: BTreeSet<[u8; 32]> = group.iter().map(|&at| images[at].look.file).collect();
        let words = if files.len() == 1 {
            "the same file"
        } else {
            "the same pixels in different files"
        };
        let item = item(images, group, words);
        cases.entry(reach(images, group)).or_default().push(item);
    }
    let found = cases.into_iter().map(|(reach, items)| match reach {
        Reach::Labels => Finding::counted(
            Severity::Fatal,
            "duplicate-across-labels",
            ["picture with both labels", "pictures with both labels"],
            "find out which label is right, and keep one copy",
            items,
        ),
        Reach::Patients => Finding::counted(
            Severity::Warning,
            "duplicate-across-patients",
            [
                "picture of several patients",
                "pictures of several patients",
            ],
            "find out whose it is, and keep one copy: a test patient must not be learnt",
            items,
        ),
        Reach::Patient => Finding::counted(
            Severity::Note,
            "duplicate",
            ["picture twice", "pictures twice"],
            "keep one copy: the others add no information",
            items,
        ),
    });
    found.flatten().collect()
}

fn item(images: &[Image], group: &[usize], words: &str) -> Item {
    let patients: BTreeSet<&str> = group
        .iter()
        .filter_map(|&at| images[at].entry.patient.as_deref())
        .collect();
    let detail = if patients.len() > 1 {
        let shown: Vec<&str> = patients.into_iter().take(5).collect();
        format!("{words}; patients {}", shown.join(", "))
    } else {
        words.to_string()
    };
    Item {
        files: group
            .iter()
            .map(|&at| images[at].entry.name.clone())
            .collect(),
        detail,
    }
}

fn reach(images: &[Image], group: &[usize]) -> Reach {
    let labels: BTreeSet<u8> = group
        .iter()
        .filter_map(|&at| images[at].entry.label)
        .collect();
    if labels.len() > 1 {
        return Reach::Labels;
    }
    let patient = |&at: &usize| -> Option<Result<&str, IdentifierHash>> {
        let image = &images[at];
        match &image.entry.patient {
            Some(patient) => Some(Ok(patient.as_str())),
            None => image.facts().patient_id.map(Err),
        }
    };
    let patients: HashSet<Result<&str, IdentifierHash>> =
        group.iter().filter_map(patient).collect();
    if patients.len() > 1 {
        Reach::Patients
    } else {
        Reach::Patient
    }
}

/// Similarity from which on two pictures are hardly ever two people's; below it, in a large cohort, they may be
/// (`docs/audit.md`, Copies).
const SURE: f32 = 0.95;

/// Findings on pictures that are nearly the same.
pub fn near(images: &[Image]) -> Vec<Finding> {
    // Of pictures with equal pixels the first one stands for all, and blank ones are like nothing.
    let mut seen = BTreeSet::new();
    let places: Vec<usize> = (0..images.len())
        .filter(|&at| {
            let look = &images[at].look;
            look.traits.grey.contrast > 0.0 && seen.insert(look.pixels)
        })
        .collect();
    let prints: Vec<Fingerprint> = places
        .iter()
        .map(|&at| images[at].look.fingerprint.clone())
        .collect();
    let mut pairs: BTreeMap<(Reach, bool), Vec<NearPair>> = BTreeMap::new();
    for pair in near_pairs(&prints).pairs {
        let pair = NearPair {
            first: places[pair.first],
            second: places[pair.second],
            ..pair
        };
        let reach = reach(images, &[pair.first, pair.second]);
        let is_chance = reach == Reach::Labels && pair.similarity < SURE;
        pairs.entry((reach, is_chance)).or_default().push(pair);
    }
    let found = pairs.into_iter().map(|((reach, is_chance), pairs)| {
        let items = connected(images, &pairs);
        match reach {
            Reach::Labels => Finding::counted(
                if is_chance {
                    Severity::Warning
                } else {
                    Severity::Fatal
                },
                "near-duplicate-across-labels",
                [
                    "group of nearly equal pictures with both labels",
                    "groups of nearly equal pictures with both labels",
                ],
                "look at them: if they are copies, one label is wrong, and one copy must go",
                items,
            ),
            Reach::Patients => Finding::counted(
                Severity::Warning,
                "near-duplicate-across-patients",
                [
                    "group of nearly equal pictures of several patients",
                    "groups of nearly equal pictures of several patients",
                ],
                "look at them: if they are copies, keep one; a test patient must not be learnt",
                items,
            ),
            Reach::Patient => Finding::counted(
                Severity::Note,
                "near-duplicate",
                [
                    "group of nearly equal pictures",
                    "groups of nearly equal pictures",
                ],
                "look at them: copies of a patient's picture add no information",
                items,
            ),
        }
    });
    found.flatten().collect()
}

/// Pictures that pairs connect, each group with its least similarity.
fn connected(images: &[Image], pairs: &[NearPair]) -> Vec<Item> {
    let mut ties = Ties::new(images.len());
    for pair in pairs {
        ties.tie(&[pair.first, pair.second]);
    }
    let numbers = ties.numbers();
    let mut groups: BTreeMap<usize, (BTreeSet<usize>, f32, bool)> = BTreeMap::new();
    for pair in pairs {
        let group = groups
            .entry(numbers[pair.first])
            .or_insert((BTreeSet::new(), 1.0, false));
        group.0.extend([pair.first, pair.second]);
        group.1 = group.1.min(pair.similarity);
        group.2 |= pair.mirrored;
    }
    let as_item = |(members, similarity, mirrored): (BTreeSet<usize>, f32, bool)| {
        let members: Vec<usize> = members.into_iter().collect();
        let mirror = if mirrored { ", mirrored" } else { "" };
        item(
            images,
            &members,
            &format!("similarity {similarity:.2}{mirror}"),
        )
    };
    groups.into_values().map(as_item).collect()
}
