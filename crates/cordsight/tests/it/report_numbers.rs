//! The numbers of a run's report are those that R and pROC compute from the run's files (`tools/golden/report_numbers.R`).

use std::path::Path;

use cordsight::robustness::{CHANGES, Change};

use crate::program::rows;
use crate::report_files::{cells, trained_on};

/// A number, or the two of an interval, as a cell has them; "< 0.001" is 0.
fn numbers(cell: &str) -> Vec<f64> {
    if cell.contains("&lt;") {
        return vec![0.0];
    }
    cell.trim_end_matches(" %")
        .split(" to ")
        .map(|number| number.parse().unwrap_or_else(|_| panic!("{cell}")))
        .collect()
}

/// `tools/golden/report_numbers.R` has scored the patients of this run anew, and computed what the report must say of them.
#[test]
fn the_numbers_of_a_report_are_those_of_r() {
    let place = trained_on(80);
    for file in ["predictions.csv", "robustness.csv"] {
        let golden = format!("tests/it/golden/report/{file}");
        let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join(golden);
        place.write(&format!("run/{file}"), std::fs::read(golden).unwrap());
    }
    place.output(&["evaluate", "run"]);
    let report = place.read("run/report.md");
    let golden = include_str!("golden/report/numbers.csv");
    let (_, golden) = golden.split_once('\n').unwrap();
    let mut compared = 0;
    for row in rows(golden) {
        let name = row["name"].as_str();
        let expected: Vec<f64> = ["value", "low", "high"]
            .iter()
            .filter_map(|column| row[*column].parse().ok())
            .collect();
        let found = printed(&report, name);
        assert_eq!(found.len(), expected.len(), "{name}: {found:?}");
        let tolerance = match name {
            name if name.ends_with("itivity") && name.starts_with("rob") => 0.051,
            name if name.starts_with("age mean") || name.starts_with("women") => 0.51,
            name if name.starts_with("age") || name.starts_with("sex") => 0.0051,
            _ => 0.000_51,
        };
        for (found, expected) in found.iter().zip(&expected) {
            let is_near = (found - expected).abs() < tolerance;
            assert!(is_near, "{name}: {found} in the report, {expected} by R");
            compared += 1;
        }
    }
    assert_eq!(compared, 17 * 3 + 13 * 9 + 10 + 8 + 4 * 9);
}

/// What a report says under the name that the script has for it.
fn printed(report: &str, name: &str) -> Vec<f64> {
    let all = |cells: &[&str]| cells.iter().flat_map(|cell| numbers(cell)).collect();
    let words: Vec<&str> = name.split(' ').collect();
    match words[..] {
        ["robustness", kind, strength, ..] => {
            let is_it = |change: &&Change| {
                let name = change.kind.name().replace(' ', "-");
                name.eq_ignore_ascii_case(kind)
                    && change.strength == strength.parse::<f64>().unwrap()
            };
            let change = CHANGES.iter().find(is_it).expect(name);
            let row = cells(report, &format!("| {} | {change} |", change.kind.name()));
            match words[3..] {
                [] => all(&row[2..4]),
                ["difference"] => all(&row[4..6]),
                ["sensitivity"] => all(&row[6..7]),
                ["specificity"] => all(&row[7..8]),
                _ => all(&row[8..9]),
            }
        }
        ["subgroup", column, group, ..] => {
            let row = cells(
                report,
                &format!("| {column} | {} |", group.replace('_', " ")),
            );
            match words[3..] {
                [] => all(&row[4..6]),
                ["sensitivity"] => all(&row[6..8]),
                _ => all(&row[8..10]),
            }
        }
        ["age", "mean", "class", class] => {
            let cell = cells(report, "| age, ")[if class == "1" { 2 } else { 3 }];
            let (mean, deviation) = cell.split_once(" (").unwrap();
            all(&[mean, deviation.trim_end_matches(')')])
        }
        ["women", "class", class] => {
            let cell = cells(report, "| – F ")[if class == "1" { 2 } else { 3 }];
            let (count, share) = cell.split_once(" (").unwrap();
            all(&[count, share.trim_end_matches(')')])
        }
        [what, groups @ ("classes" | "parts"), kind] => {
            let start = if what == "label" {
                "| CSM, n"
            } else {
                &format!("| {what}, ")
            };
            let row = cells(report, start);
            let at = if groups == "classes" { 6 } else { 8 };
            let found = numbers(row[at + usize::from(kind == "difference")])[0];
            match what {
                // The difference of categories has no sign, however many there are.
                "sex" if kind == "difference" => vec![-found],
                _ => vec![found],
            }
        }
        _ => all(&cells(report, &format!("| {name} |"))[1..3]),
    }
}
