//! The statements of a study come back as they were written, and the checklists say who answers which item.

use std::collections::BTreeSet;

use cordsight::report::checklist::{Checklist, Section, Status, checklists, to_csv};
use cordsight::study::{ITEMS, Study};

#[derive(serde::Deserialize)]
struct File {
    study: Study,
}

fn read(text: &str) -> Study {
    let file: File = toml::from_str(text).expect("valid TOML");
    file.study
}

/// A study in which everything is stated.
fn full() -> Study {
    read(
        &Study::default()
            .to_toml()
            .replace(" = \"\"", " = \"stated\""),
    )
}

fn numbers(list: &Checklist) -> Vec<&str> {
    list.rows.iter().map(|row| row.number).collect()
}

fn numbered(last: u32, parts: &[(u32, &str)]) -> Vec<String> {
    let of = |n: u32| match parts.iter().find(|(with, _)| *with == n) {
        Some((_, letters)) => letters.chars().map(|l| format!("{n}{l}")).collect(),
        None => vec![n.to_string()],
    };
    (1..=last).flat_map(of).collect()
}

#[test]
fn what_is_stated_is_read_again_whatever_it_holds() {
    let study = Study {
        aim: "a \"quoted\" aim\nof two lines, # and = too \\ é".to_string(),
        funding: "'none'''".to_string(),
        ..Study::default()
    };
    assert_eq!(read(&study.to_toml()), study);
    assert_eq!(read(&Study::default().to_toml()).count(), 0);
    assert_eq!(full().count(), ITEMS.len());
}

#[test]
fn blanks_state_nothing_and_gaps_are_filled() {
    let given = Study {
        aim: "  ".to_string(),
        title: "new".to_string(),
        ..Study::default()
    };
    let known = Study {
        aim: "to know".to_string(),
        title: "old".to_string(),
        ..Study::default()
    };
    assert_eq!(given.stated("aim"), None);
    let both = given.or(known);
    assert_eq!(both.stated("aim"), Some("to know"));
    assert_eq!(both.stated("title"), Some("new"));
    assert_eq!(both.stated("no such key"), None);
    assert_eq!(both.count(), 2);
}

#[test]
fn each_list_has_the_numbers_of_the_published_one() {
    let lists = checklists(&Study::default(), |_| true);
    let names: Vec<&str> = lists.iter().map(|list| list.name).collect();
    assert_eq!(names, ["CLAIM 2024", "STARD-AI 2025", "TRIPOD+AI 2024"]);
    assert_eq!(numbers(&lists[0]), numbered(44, &[]));
    let parts = [
        (15, "abcd"),
        (16, "abc"),
        (17, "ab"),
        (26, "ab"),
        (40, "ab"),
    ];
    assert_eq!(numbers(&lists[1]), numbered(40, &parts));
    let parts = [
        (3, "abc"),
        (5, "ab"),
        (6, "abc"),
        (8, "abc"),
        (9, "abc"),
        (12, "abcdefg"),
        (18, "abcdef"),
        (20, "abc"),
        (23, "ab"),
        (27, "abc"),
    ];
    assert_eq!(numbers(&lists[2]), numbered(27, &parts));
    assert_eq!((lists[1].rows.len(), lists[2].rows.len()), (48, 52));
}

#[test]
fn the_lists_ask_for_what_can_be_stated_and_for_nothing_else() {
    let lists = checklists(&Study::default(), |_| true);
    let rows = lists.iter().flat_map(|list| &list.rows);
    let asked: BTreeSet<&str> = rows
        .filter_map(|row| {
            let keys = row.remark.strip_prefix("state ")?;
            keys.strip_suffix(" in [study]")
        })
        .flat_map(|keys| keys.split(", "))
        .collect();
    let keys: BTreeSet<&str> = ITEMS.iter().map(|item| item.key).collect();
    let mut wanted = keys;
    // Who wrote the article stands in it.
    assert!(wanted.remove("authors"));
    assert_eq!(asked, wanted);
}

#[test]
fn an_empty_study_is_not_stated_and_a_full_one_is_reported() {
    let (empty, full) = (
        checklists(&Study::default(), |_| true),
        checklists(&full(), |_| true),
    );
    for (empty, full) in empty.iter().zip(&full) {
        assert!(empty.count(Status::NotStated) > 5, "{}", empty.summary());
        for status in [Status::NotStated, Status::Partly, Status::NotReported] {
            assert_eq!(full.count(status), 0, "{}", full.summary());
        }
        for status in [Status::Authors, Status::NotApplicable] {
            assert_eq!(empty.count(status), full.count(status));
        }
    }
}

#[test]
fn a_section_that_the_run_lacks_reports_nothing() {
    let lists = checklists(&full(), |section| section != Section::Heatmaps);
    let row = &lists[0].rows[30];
    assert_eq!((row.number, row.status), ("31", Status::NotReported));
    assert_eq!(row.remark, "this run has no section \"Heatmaps\"");
    assert_eq!(row.anchor, "");
}

#[test]
fn the_csv_has_a_line_an_item() {
    let lists = checklists(&Study::default(), |_| true);
    let csv = String::from_utf8(to_csv(&lists).expect("a CSV")).expect("text");
    assert_eq!(csv.lines().count(), 1 + 44 + 48 + 52);
    assert!(csv.starts_with("list,item,topic,status,section,remark\nCLAIM 2024,1,"));
}
