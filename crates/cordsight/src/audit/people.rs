//! Who is who: images that must be of one person, whatever the cohort calls them, and ids that cover several persons.
//!
//! In: [`Image`]s. Out: [`People`]: a number for each image, the same for images that the cohort, the header or equal
//! pixels tie together; and findings. A person on both sides of a split makes the test a test of memory.
//! An identifier that very many patients share is no identifier but what an anonymiser writes: it is named and then
//! not used.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use radiograph::{Facts, IdentifierHash};

use super::Image;
use super::finding::{Finding, Item, Severity};

/// An identifier of more patients than this, and of more than a tenth of all, is a placeholder.
const SHARED_MAX: usize = 3;

/// Images tied together.
pub struct People {
    /// For each image the number of its person, counted from 0 in the order of the images.
    pub of: Vec<usize>,
    /// What was found on the way.
    pub findings: Vec<Finding>,
}

/// Ties images together.
pub fn people(images: &[Image]) -> People {
    let (patients, patient_placeholders) = shared(images, |image| image.facts().patient_id);
    let (persons, person_placeholders) = shared(images, |image| image.facts().person);
    let mut ties = Ties::new(images.len());
    for groups in [&patients, &persons] {
        groups.iter().for_each(|group| ties.tie(group));
    }
    let mut named: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut pixels: BTreeMap<[u8; 32], Vec<usize>> = BTreeMap::new();
    for (at, image) in images.iter().enumerate() {
        if let Some(patient) = &image.entry.patient {
            named.entry(patient).or_default().push(at);
        }
        if image.look.traits.grey.contrast > 0.0 {
            pixels.entry(image.look.pixels).or_default().push(at);
        }
    }
    named.values().for_each(|group| ties.tie(group));
    pixels.values().for_each(|group| ties.tie(group));

    let mut findings = one_person_several_ids(images, [&patients, &persons]);
    findings.extend(several_persons_one_id(images, &named, &patients));
    findings.extend(several_studies(images, &named));
    if patient_placeholders + person_placeholders > 0 {
        findings.push(Finding::whole(
            Severity::Note,
            "placeholder-id",
            "identifiers in the headers are placeholders: very many patients share one",
            "nothing; one person under two ids can then be seen by equal pictures only",
        ));
    }
    People {
        of: ties.numbers(),
        findings,
    }
}

/// Images by a header identifier, in the order of their first images; placeholders are left out and counted.
fn shared(
    images: &[Image],
    of: impl Fn(&Image) -> Option<IdentifierHash>,
) -> (Vec<Vec<usize>>, usize) {
    let mut place: HashMap<IdentifierHash, usize> = HashMap::new();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (at, image) in images.iter().enumerate() {
        if let Some(identifier) = of(image) {
            let group = *place.entry(identifier).or_insert(groups.len());
            if group == groups.len() {
                groups.push(Vec::new());
            }
            groups[group].push(at);
        }
    }
    let all = names(images, 0..images.len()).len();
    let before = groups.len();
    groups.retain(|group| {
        let sharing = names(images, group.iter().copied()).len();
        sharing <= SHARED_MAX || sharing * 10 <= all
    });
    let placeholders = before - groups.len();
    (groups, placeholders)
}

/// The cohort's patients among these images.
fn names(images: &[Image], of: impl Iterator<Item = usize>) -> BTreeSet<&str> {
    of.filter_map(|at| images[at].entry.patient.as_deref())
        .collect()
}

/// Persons whom the cohort has under several ids; fatal where these have both labels.
fn one_person_several_ids(images: &[Image], headers: [&Vec<Vec<usize>>; 2]) -> Vec<Finding> {
    let mut items: BTreeMap<Vec<String>, (bool, String)> = BTreeMap::new();
    for (groups, what) in headers
        .into_iter()
        .zip(["Patient ID", "name and birth date"])
    {
        for group in groups {
            let ids = names(images, group.iter().copied());
            if ids.len() < 2 {
                continue;
            }
            let labels: BTreeSet<u8> = group
                .iter()
                .filter_map(|&at| images[at].entry.label)
                .collect();
            let files: Vec<String> = group
                .iter()
                .map(|&at| images[at].entry.name.clone())
                .collect();
            let shown: Vec<&str> = ids.into_iter().take(5).collect();
            let detail = format!("patients {}: one {what} in the headers", shown.join(", "));
            items.entry(files).or_insert((labels.len() > 1, detail));
        }
    }
    let item = |(files, (_, detail)): (Vec<String>, (bool, String))| Item { files, detail };
    let (both, one): (Vec<_>, Vec<_>) = items.into_iter().partition(|(_, (both, _))| *both);
    let advice = "give the images one patient id, so that they stay on one side of the split";
    let fatal = Finding::counted(
        Severity::Fatal,
        "several-ids-and-labels",
        [
            "person under several ids with both labels",
            "persons under several ids with both labels",
        ],
        "find out who it is and which label is right; then give the images one patient id",
        both.into_iter().map(item).collect(),
    );
    let warning = Finding::counted(
        Severity::Warning,
        "several-ids",
        ["person under several ids", "persons under several ids"],
        advice,
        one.into_iter().map(item).collect(),
    );
    fatal.into_iter().chain(warning).collect()
}

/// Ids of the cohort whose files name several persons; `known` are images by Patient ID.
fn several_persons_one_id(
    images: &[Image],
    named: &BTreeMap<&str, Vec<usize>>,
    known: &[Vec<usize>],
) -> Option<Finding> {
    let known: HashSet<usize> = known.iter().flatten().copied().collect();
    let item = |(patient, group): (&&str, &Vec<usize>)| {
        let patients = distinct(images, group, |facts| facts.patient_id);
        let persons = distinct(images, group, |facts| facts.person);
        // Two hospital numbers of one name and birth date are one person.
        let several = patients > 1 && persons != 1;
        (several && group.iter().any(|at| known.contains(at))).then(|| Item {
            files: group
                .iter()
                .map(|&at| images[at].entry.name.clone())
                .collect(),
            detail: format!("patient {patient}: {patients} Patient IDs in the headers"),
        })
    };
    Finding::counted(
        Severity::Warning,
        "several-patients",
        [
            "patient id for several persons",
            "patient ids for several persons",
        ],
        "check the column \"patient\": two persons under one id may carry one wrong label",
        named.iter().filter_map(item).collect(),
    )
}

fn several_studies(images: &[Image], named: &BTreeMap<&str, Vec<usize>>) -> Option<Finding> {
    let several = |group: &&Vec<usize>| distinct(images, group, |facts| facts.study) > 1;
    let count = named.values().filter(several).count();
    let title = match count {
        0 => return None,
        1 => "1 patient has several studies".to_string(),
        _ => format!("{count} patients have several studies"),
    };
    Some(Finding::whole(
        Severity::Note,
        "several-studies",
        title,
        "check that the label holds for each of them, such as before and after an operation",
    ))
}

/// Number of different identifiers among these images.
fn distinct(
    images: &[Image],
    group: &[usize],
    of: impl Fn(&Facts) -> Option<IdentifierHash>,
) -> usize {
    let found = group.iter().filter_map(|&at| of(images[at].facts()));
    found.collect::<HashSet<IdentifierHash>>().len()
}

/// Sets that grow together.
pub(super) struct Ties(Vec<usize>);

impl Ties {
    pub(super) fn new(count: usize) -> Self {
        Ties((0..count).collect())
    }

    fn root(&mut self, mut at: usize) -> usize {
        while self.0[at] != at {
            self.0[at] = self.0[self.0[at]];
            at = self.0[at];
        }
        at
    }

    pub(super) fn tie(&mut self, group: &[usize]) {
        for pair in group.windows(2) {
            let (a, b) = (self.root(pair[0]), self.root(pair[1]));
            let (low, high) = (a.min(b), a.max(b));
            self.0[high] = low;
        }
    }

    /// A number for each, the same where they are tied, counted from 0 in the order of the first ones.
    pub(super) fn numbers(mut self) -> Vec<usize> {
        let roots: Vec<usize> = (0..self.0.len()).map(|at| self.root(at)).collect();
        let mut numbers = BTreeMap::new();
        roots
            .into_iter()
            .map(|root| {
                let next = numbers.len();
                *numbers.entry(root).or_insert(next)
            })
            .collect()
    }
}
