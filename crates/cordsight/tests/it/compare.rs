//! `cordsight compare`: files on the same patients, a human measure, and readers.

use crate::evaluate_file::scores;
use crate::program::{Outcome, Place, json};

/// Readers whose calls follow the label except where `wrong` says so.
fn readers(with_modes: bool, as_scores: bool) -> String {
    let value = if as_scores { "score" } else { "call" };
    let mode = if with_modes { ",aided" } else { "" };
    let mut text = format!("patient,reader,{value}{mode}\n");
    for (number, reader) in (0u32..).zip(["anna", "ben", "chen"]) {
        for (aided, every) in [("no", 4 + number), ("yes", 6 + number)] {
            if !with_modes && aided == "yes" {
                continue;
            }
            for patient in 0..30u32 {
                let right = (patient * 7 + number) % every != 0;
                let call = u32::from((patient % 2 == 1) == right);
                let value = match as_scores {
                    true => (10 * call + patient * 3 % 7).to_string(),
                    false => call.to_string(),
                };
                let mode = if with_modes {
                    format!(",{aided}")
                } else {
                    String::new()
                };
                text += &format!("P{patient:02},{reader},{value}{mode}\n");
            }
        }
    }
    text
}

fn place() -> Place {
    let place = Place::new();
    place.write("one.csv", scores(0));
    place.write("two.csv", scores(3));
    place
}

#[test]
fn two_files_are_compared_by_areas_calls_agreement_and_reclassification() {
    let place = place();
    let arguments = ["compare", "one.csv", "two.csv", "--out", "out"];
    let text = place.output(&arguments);
    for wanted in [
        "one minus two",
        "AUC: DeLong",
        "AUC, bootstrap",
        "sensitivity: McNemar",
        "kappa of the calls",
        "upper limit of agreement",
        "NRI at the threshold, sum",
        "IDI",
        "rise where a model only exaggerates",
    ] {
        assert!(text.contains(wanted), "{wanted} is not in\n{text}");
    }
    for figure in ["roc", "bland_altman_1_one_two"] {
        let svg = place.read(&format!("out/figures/{figure}.svg"));
        roxmltree::Document::parse(&svg).expect(figure);
        assert!(place.path(&format!("out/figures/{figure}.png")).is_file());
    }
    let printed = place.output(&["compare", "one.csv", "two.csv", "--json"]);
    assert_eq!(printed, place.read("out/metrics.json"));
    let metrics = json(&printed);
    assert_eq!(metrics["pairs"].as_array().map(Vec::len), Some(1));
}

#[test]
fn turning_the_files_round_turns_every_difference() {
    let place = place();
    let pair = |files: [&str; 2]| {
        let [first, second] = files;
        let printed = place.output(&["compare", first, second, "--json"]);
        json(&printed)["pairs"][0].take()
    };
    let (there, back) = (pair(["one.csv", "two.csv"]), pair(["two.csv", "one.csv"]));
    let mut compared = 0;
    for path in [
        "/auc_difference",
        "/calls/sensitivity_difference",
        "/calls/specificity_difference",
        "/calls/accuracy_difference",
        "/bland_altman/mean_difference",
        "/reclassification/discrimination/total/improvement",
    ] {
        let value = |pair: &serde_json::Value, end: &str| {
            let value = pair.pointer(&format!("{path}{end}"));
            value.and_then(serde_json::Value::as_f64).expect(path)
        };
        let turned = |one: &str, other: &str| {
            let sum = value(&there, one) + value(&back, other);
            assert!(sum.abs() < 1e-12, "{path}: {sum}");
        };
        turned("/value", "/value");
        turned("/interval/low", "/interval/high");
        compared += 1;
    }
    assert_eq!(compared, 6);
    for path in ["/auc_test/p_value", "/calls/kappa/kappa/value"] {
        assert!(
            there.pointer(path).is_some_and(serde_json::Value::is_f64),
            "{path}"
        );
        assert_eq!(there.pointer(path), back.pointer(path), "{path}");
    }
}

#[test]
fn a_measure_where_low_is_worse_is_turned() {
    let place = place();
    let arguments = [
        "compare",
        "one.csv",
        "--measure",
        "ratio",
        "--lower-is-worse",
        "--measure-threshold",
        "1.05",
        "--json",
    ];
    let metrics = json(&place.output(&arguments));
    let measure = &metrics["tests"][1];
    let auc = measure["auc"]["value"].as_f64().expect("an area");
    assert!(auc > 0.5, "{measure}");
    assert_eq!(measure["threshold"], 1.05);
    assert!(metrics["pairs"][0]["calls"].is_object(), "{metrics}");
    assert!(metrics["pairs"][0]["bland_altman"].is_null());

    let higher = json(&place.output(&["compare", "one.csv", "--measure", "ratio", "--json"]));
    let turned = higher["tests"][1]["auc"]["value"]
        .as_f64()
        .expect("an area");
    assert!((auc + turned - 1.0).abs() < 1e-12);
    assert!(higher["pairs"][0]["calls"].is_null());

    // A patient at the threshold is called positive: the same counts as by hand.
    let (mut sensitive, mut positives) = (0, 0);
    for line in scores(0).lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        if cells[1] == "1" {
            positives += 1;
            sensitive += u32::from(cells[4].parse::<f64>().expect("a ratio") <= 1.05);
        }
    }
    assert_eq!(positives, 15);
    assert_eq!(measure["counts"]["true_positives"], sensitive);
}

#[test]
fn three_tests_have_a_test_of_all_and_every_pair() {
    let place = place();
    place.write("three.csv", scores(5));
    let files = ["compare", "one.csv", "two.csv", "three.csv", "--json"];
    let metrics = json(&place.output(&files));
    assert_eq!(metrics["pairs"].as_array().map(Vec::len), Some(3));
    assert_eq!(
        metrics["same_auc"]["degrees_of_freedom"][0], 2.0,
        "{}",
        metrics["same_auc"]
    );
}

#[test]
fn readers_are_compared_with_the_model_and_with_its_help() {
    for as_scores in [false, true] {
        let place = place();
        place.write("readers.csv", readers(true, as_scores));
        let arguments = ["compare", "one.csv", "--readers", "readers.csv", "--json"];
        let reading = json(&place.output(&arguments))["readers"].take();
        assert_eq!(reading["readers"].as_array().map(Vec::len), Some(6));
        let figures = if as_scores { 1 } else { 2 };
        let tests = reading["tests"].as_array().expect("tests");
        assert_eq!(tests.len(), 3 * figures, "{reading}");
        for test in tests {
            for inference in ["random_readers", "fixed_readers"] {
                let difference = &test[inference]["difference"];
                assert!(difference["value"].is_f64(), "{test}");
            }
        }
        let kappas = reading["kappas"].as_array().map(Vec::len);
        assert_eq!(kappas, Some(if as_scores { 0 } else { 6 }));
    }
}

#[test]
fn a_reader_who_makes_the_models_calls_does_not_differ_from_it() {
    let place = place();
    let mut copy = "patient,reader,call\n".to_string();
    for line in scores(0).lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let call = u8::from(cells[2].parse::<f64>().expect("a score") >= 0.5);
        copy += &format!("{},copy,{call}\n", cells[0]);
    }
    place.write("readers.csv", copy);
    let arguments = ["compare", "one.csv", "--readers", "readers.csv", "--json"];
    let reading = json(&place.output(&arguments))["readers"].take();
    let calls = &reading["readers"][0]["against_model"];
    assert_eq!(calls["accuracy_difference"]["value"], 0.0);
    assert_eq!(calls["kappa"]["kappa"]["value"], 1.0, "{calls}");
}

#[test]
fn what_cannot_be_compared_is_refused_in_one_line() {
    let refused = |prepare: fn(&Place), arguments: &[&str]| -> Outcome {
        let place = place();
        prepare(&place);
        let before = place.tree();
        let outcome = place.run(arguments);
        assert!(place.tree() == before, "{arguments:?}: files changed");
        assert_eq!(outcome.stderr.lines().count(), 1, "{outcome:?}");
        assert_eq!(outcome.stdout, "");
        outcome
    };
    type Case = (fn(&Place), &'static [&'static str], i32, &'static str);
    let cases: [Case; 8] = [
        (
            |_| {},
            &["compare", "one.csv"],
            2,
            "found one file, expected at least two, or --measure, or --readers",
        ),
        (
            |place| place.write("two.csv", "patient,label,score\nP00,0,0.5\n"),
            &["compare", "one.csv", "two.csv"],
            1,
            "two.csv: found no patient \"P01\", who stands in one.csv, line 3 (missing in all: 29); expected the same patients in every file, add them or delete them there",
        ),
        (
            |place| place.write("two.csv", scores(3).replace("P02,0,", "P02,1,")),
            &["compare", "one.csv", "two.csv"],
            1,
            "two.csv, line 4, column \"label\": found 1 for patient \"P02\", expected 0 as in one.csv, line 4; correct one of them",
        ),
        (
            |place| place.write("two.csv", scores(3) + "P02,0,0.5,f,1\n"),
            &["compare", "one.csv", "two.csv"],
            1,
            "two.csv, lines 4 and 32: both name the patient \"P02\", expected each once; delete one row, or add a column \"image\" where a patient has several pictures",
        ),
        (
            |place| place.write("one.csv", "patient,label,score,x\na,1,0.5,1\nb,1,0.6,2\n"),
            &["compare", "one.csv", "--measure", "x"],
            1,
            "one.csv: found 2 patients with label 1 and 0 with label 0, expected at least one of each; add the missing class",
        ),
        (
            |_| {},
            &["compare", "one.csv", "--measure", "sex"],
            1,
            "one.csv, line 2, column \"sex\": found \"f\", expected a finite number for every patient; fill or correct the cell, or delete the patient",
        ),
        (
            |_| {},
            &["compare", "one.csv", "two.csv", "--threshold", "inf"],
            2,
            "found a threshold that is not finite, expected a number",
        ),
        (
            |place| place.write("readers.csv", "patient,reader,call\nP00,a,1\n"),
            &["compare", "one.csv", "--readers", "readers.csv"],
            1,
            "readers.csv: reader \"a\" has 1 of 30 patients, expected all; add patient \"P01\" (one.csv, line 3)",
        ),
    ];
    let mut tried = 0;
    for (prepare, arguments, code, expected) in cases {
        let outcome = refused(prepare, arguments);
        assert_eq!(outcome.code, Some(code), "{outcome:?}");
        assert_eq!(outcome.stderr, format!("error: {expected}\n"));
        tried += 1;
    }
    assert_eq!(tried, 8);
}
