//! Table 1: patients of a run by class and by part, with tests and standardised differences.
//!
//! In: `split.csv` and `covariates.csv` of a run. Out: the report's [`Patients`]. Numbers of little skew are summed up as mean and standard
//! deviation and compared by Welch's test, others as median and quartiles and by Mann and Whitney's; categories by
//! Pearson's test, or Fisher's where two categories have an expected count below 5. The rule is fixed and stated in the
//! table, so that nobody chooses the test by its result.

use std::collections::{BTreeMap, BTreeSet};

use diagstat::two_groups::{
    chi_squared, fisher_exact, least_expected, mann_whitney, standardised_difference,
    standardised_difference_of_shares, welch,
};
use diagstat::{HypothesisTest, Undefined};

use super::{ResultsError, RunFacts};
use crate::covariates::{Covariates, NUMBERS_MIN, number};
use crate::report::{PatientComparison, PatientGroup, PatientRow, Patients};
use crate::run_folder::RunFolder;
use crate::statistics::layout::p_value;

/// The run's covariates.
pub(crate) const FILE: &str = "covariates.csv";
/// Skew beyond which numbers are summed up by their quartiles.
const SKEW_MAX: f64 = 1.0;
/// Expected count below which Pearson's test is rough.
const EXPECTED_MIN: f64 = 5.0;

/// A patient of the run.
#[derive(serde::Deserialize)]
pub(super) struct Patient {
    pub patient: String,
    /// Of two classes; several findings have columns of other names.
    #[serde(default)]
    label: u8,
    pub split: String,
}

/// The members of a column of the table.
struct Group {
    name: String,
    members: BTreeSet<String>,
    is_class: bool,
}

/// The table of a run; nothing where the cohort says nothing of its patients but their label.
pub(super) fn table(run: &RunFolder, facts: &RunFacts) -> Result<Option<Patients>, ResultsError> {
    of_run(run, Some(&facts.classes))
}

/// The table of a run on several findings or classes, by part alone: these are rows of it, as the cohort's columns.
pub(crate) fn by_part(run: &RunFolder) -> Result<Option<Patients>, ResultsError> {
    of_run(run, None)
}

/// The patients with their parts, from `split.csv`.
pub(super) fn parts(run: &RunFolder) -> Result<Vec<Patient>, ResultsError> {
    let split = std::fs::read(run.file("split.csv")).map_err(|error| ResultsError::File {
        path: run.file("split.csv").display().to_string(),
        problem: crate::cohort::plain_reason(&error),
    })?;
    let rows = csv::Reader::from_reader(split.as_slice()).into_deserialize();
    Ok(rows.collect::<Result<_, _>>()?)
}

fn of_run(
    run: &RunFolder,
    classes: Option<&[String; 2]>,
) -> Result<Option<Patients>, ResultsError> {
    let path = run.file(FILE);
    if !path.is_file() {
        return Ok(None);
    }
    let covariates = Covariates::read(&path)?;
    if covariates.columns.is_empty() {
        return Ok(None);
    }
    let patients = parts(run)?;
    let groups = groups(&patients, classes);
    let of_label = |classes| of_label(&patients, &groups, classes);
    let mut rows: Vec<PatientRow> = classes.map(of_label).into_iter().collect();
    for (place, name) in covariates.columns.iter().enumerate() {
        let cells: BTreeMap<&str, &str> = covariates
            .rows
            .iter()
            .map(|(patient, cells)| {
                let cell = cells.get(place).map_or("", String::as_str);
                (patient.as_str(), cell)
            })
            .collect();
        rows.extend(of_column(name, &cells, &groups));
    }
    Ok(Some(Patients {
        groups: groups
            .iter()
            .map(|group| PatientGroup {
                name: group.name.clone(),
                patients: group.members.len(),
            })
            .collect(),
        has_classes: classes.is_some(),
        rows,
        notes: vec![
            format!(
                "Numbers whose skew over all patients is at most {SKEW_MAX} are given as mean (standard deviation) and compared by Welch's t \
                 test, others as median [quartiles] and by Mann and Whitney's test; categories by Pearson's chi-squared test, two categories \
                 by Fisher's exact test where a count below {EXPECTED_MIN} is expected. P values are two-sided and not corrected for their number."
            ),
            "Difference: standardised difference, in standard deviations (Austin 2009; of several categories Yang and Dalton 2012). Beyond 0.1 it \
             is often called an imbalance; it does not grow with the number of patients, as a P value shrinks with it."
                .to_string(),
        ],
    }))
}

/// All, both classes where there are two, then the parts that have patients.
fn groups(patients: &[Patient], classes: Option<&[String; 2]>) -> Vec<Group> {
    let of = |name: &str, is: &dyn Fn(&Patient) -> bool| Group {
        name: name.to_string(),
        members: patients
            .iter()
            .filter(|patient| is(patient))
            .map(|patient| patient.patient.clone())
            .collect(),
        is_class: false,
    };
    let mut all = vec![of("All", &|_| true)];
    if let Some([negative, positive]) = classes {
        for (name, label) in [(positive, 1), (negative, 0)] {
            all.push(Group {
                is_class: true,
                ..of(name, &|p| p.label == label)
            });
        }
    }
    for (name, part) in PARTS {
        all.push(of(name, &|p| p.split == part));
    }
    all.retain(|group| !group.members.is_empty());
    all
}

const PARTS: [(&str, &str); 3] = [
    ("Training", "train"),
    ("Validation", "validation"),
    ("Test", "test"),
];

/// Both classes, and training and test part, as places of their groups.
fn pairs(groups: &[Group]) -> [Option<[usize; 2]>; 2] {
    let place = |name: &str| groups.iter().rposition(|group| group.name == name);
    let parts = place(PARTS[0].0).zip(place(PARTS[2].0));
    [
        matches!(groups, [_, one, other, ..] if one.is_class && other.is_class).then_some([1, 2]),
        parts.map(|(train, test)| [train, test]),
    ]
}

/// How many of each part have the disorder.
fn of_label(patients: &[Patient], groups: &[Group], classes: &[String; 2]) -> PatientRow {
    let cells: BTreeMap<&str, &str> = patients
        .iter()
        .map(|p| {
            (
                p.patient.as_str(),
                classes[usize::from(p.label.min(1))].as_str(),
            )
        })
        .collect();
    let counts = |group: &Group| {
        let with = |member: &&String| cells.get(member.as_str()) == Some(&classes[1].as_str());
        let positives = group.members.iter().filter(with).count();
        share(positives, group.members.len())
    };
    let [_, parts] = pairs(groups);
    PatientRow {
        name: format!("{}, n (%)", classes[1]),
        is_category: false,
        cells: groups.iter().map(counts).collect(),
        by_class: None,
        by_part: parts.map(|[a, b]| {
            let words: BTreeSet<&str> = classes.iter().map(String::as_str).collect();
            of_categories(&words, &cells, [&groups[a], &groups[b]])
        }),
    }
}

fn of_column(name: &str, cells: &BTreeMap<&str, &str>, groups: &[Group]) -> Vec<PatientRow> {
    let words: BTreeSet<&str> = cells
        .values()
        .copied()
        .filter(|cell| !cell.is_empty())
        .collect();
    let are_numbers = words.len() >= NUMBERS_MIN && words.iter().all(|word| number(word).is_some());
    let mut rows = match are_numbers {
        true => vec![of_numbers(name, cells, groups)],
        false => of_words(name, &words, cells, groups),
    };
    let missing = |group: &Group| {
        let is_missing = |member: &&String| cells.get(member.as_str()).is_none_or(|c| c.is_empty());
        group.members.iter().filter(is_missing).count()
    };
    if groups.iter().any(|group| missing(group) > 0) {
        rows.push(PatientRow {
            name: "missing".to_string(),
            is_category: true,
            cells: groups
                .iter()
                .map(|group| share(missing(group), group.members.len()))
                .collect(),
            by_class: None,
            by_part: None,
        });
    }
    rows
}

fn of_numbers(name: &str, cells: &BTreeMap<&str, &str>, groups: &[Group]) -> PatientRow {
    let values = |group: &Group| -> Vec<f64> {
        let of = |member: &String| cells.get(member.as_str()).and_then(|cell| number(cell));
        group.members.iter().filter_map(of).collect()
    };
    let is_skewed = skew(&values(&groups[0])).abs() > SKEW_MAX;
    let decimals = decimals(&values(&groups[0]));
    let cell = |group: &Group| match is_skewed {
        true => quartiles(values(group), decimals),
        false => mean_and_deviation(&values(group), decimals),
    };
    let compared = |pair: Option<[usize; 2]>| {
        let [a, b] = pair?.map(|place| values(&groups[place]));
        let test = match is_skewed {
            true => mann_whitney(&a, &b),
            false => welch(&a, &b),
        };
        Some(comparison(test, standardised_difference(&a, &b)))
    };
    let [by_class, by_part] = pairs(groups).map(compared);
    let how = if is_skewed {
        "median [quartiles]"
    } else {
        "mean (SD)"
    };
    PatientRow {
        name: format!("{name}, {how}"),
        is_category: false,
        cells: groups.iter().map(cell).collect(),
        by_class,
        by_part,
    }
}

fn of_words(
    name: &str,
    words: &BTreeSet<&str>,
    cells: &BTreeMap<&str, &str>,
    groups: &[Group],
) -> Vec<PatientRow> {
    let compared = |pair: Option<[usize; 2]>| {
        pair.map(|[a, b]| of_categories(words, cells, [&groups[a], &groups[b]]))
    };
    let [by_class, by_part] = pairs(groups).map(compared);
    let mut rows = vec![PatientRow {
        name: format!("{name}, n (%)"),
        is_category: false,
        cells: vec![String::new(); groups.len()],
        by_class,
        by_part,
    }];
    for word in words {
        let cell = |group: &Group| {
            let known = count(group, cells, |cell| !cell.is_empty());
            share(count(group, cells, |cell| cell == *word), known)
        };
        rows.push(PatientRow {
            name: (*word).to_string(),
            is_category: true,
            cells: groups.iter().map(cell).collect(),
            by_class: None,
            by_part: None,
        });
    }
    rows
}

fn count(group: &Group, cells: &BTreeMap<&str, &str>, is: impl Fn(&str) -> bool) -> usize {
    let of = |member: &&String| cells.get(member.as_str()).is_some_and(|cell| is(cell));
    group.members.iter().filter(of).count()
}

fn of_categories(
    words: &BTreeSet<&str>,
    cells: &BTreeMap<&str, &str>,
    groups: [&Group; 2],
) -> PatientComparison {
    let of = |word: &&str| groups.map(|group| count(group, cells, |cell| cell == *word) as u32);
    let counts: Vec<[u32; 2]> = words.iter().map(of).collect();
    let is_rough = least_expected(&counts).is_ok_and(|least| least < EXPECTED_MIN);
    let test = match counts[..] {
        [first, second] if is_rough => fisher_exact([first, second]),
        _ => chi_squared(&counts),
    };
    comparison(test, standardised_difference_of_shares(&counts))
}

fn comparison(
    test: Result<HypothesisTest, Undefined>,
    difference: Result<f64, Undefined>,
) -> PatientComparison {
    PatientComparison {
        p: match &test {
            Ok(test) => p_value(test.p_value)
                .trim_start_matches("P ")
                .trim_start_matches("= ")
                .to_string(),
            Err(_) => "–".to_string(),
        },
        test: match &test {
            Ok(test) => test.method.to_string(),
            Err(reason) => format!("no test: {reason}"),
        },
        difference: difference.map_or_else(|_| "–".to_string(), |value| format!("{value:.2}")),
    }
}

fn share(count: usize, of: usize) -> String {
    if of == 0 {
        return "–".to_string();
    }
    format!("{count} ({:.0} %)", 100.0 * count as f64 / of as f64)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn deviation(values: &[f64]) -> f64 {
    let mean = mean(values);
    let squares: f64 = values.iter().map(|x| (x - mean) * (x - mean)).sum();
    (squares / (values.len() as f64 - 1.0)).sqrt()
}

/// Third standardised moment; 0 where nothing varies.
fn skew(values: &[f64]) -> f64 {
    let (count, mean) = (values.len() as f64, mean(values));
    let moment = |power: i32| values.iter().map(|x| (x - mean).powi(power)).sum::<f64>() / count;
    let spread = moment(2);
    if spread > 0.0 {
        moment(3) / spread.powf(1.5)
    } else {
        0.0
    }
}

/// One more than the numbers are written with, so that a mean shows what it has.
fn decimals(values: &[f64]) -> usize {
    let are_whole = values.iter().all(|value| value.fract() == 0.0);
    let largest = values
        .iter()
        .fold(0.0_f64, |most, value| most.max(value.abs()));
    match (are_whole, largest) {
        (true, _) => 1,
        (false, largest) if largest < 10.0 => 2,
        _ => 1,
    }
}

fn mean_and_deviation(values: &[f64], decimals: usize) -> String {
    match values.len() {
        0 => "–".to_string(),
        1 => format!("{:.decimals$}", values[0]),
        _ => format!(
            "{:.decimals$} ({:.decimals$})",
            mean(values),
            deviation(values)
        ),
    }
}

/// By linear interpolation between the two nearest, as R and NumPy do by default.
fn quartiles(mut values: Vec<f64>, decimals: usize) -> String {
    if values.is_empty() {
        return "–".to_string();
    }
    values.sort_by(f64::total_cmp);
    let at = |part: f64| {
        let place = part * (values.len() - 1) as f64;
        let (low, high) = (place.floor() as usize, place.ceil() as usize);
        values[low] + (place - place.floor()) * (values[high] - values[low])
    };
    format!(
        "{:.decimals$} [{:.decimals$}, {:.decimals$}]",
        at(0.5),
        at(0.25),
        at(0.75)
    )
}
