//! `cordsight runs`: every run below a folder is listed with its state and its figures, results stand side by side with the
//! difference that `compare` gives, and what differs between two runs is said.

use std::path::Path;

use cordsight::run_folder::RunFolder;
use cordsight::running::Running;
use phantom::Format;
use serde_json::Value;

use crate::program::{Place, SMALL, cv, json, pairwise_auc, rows, small_settings};
use crate::resume::{request, stop};

fn train<'a>(out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let command = ["train", "cohort/cohort.csv", "--out", out];
    [&command, &SMALL[..], &["--no-robustness"], more].concat()
}

/// The AUC of a run's test patients, from its predictions alone; each has one picture.
fn auc_of(place: &Place, predictions: &str) -> f64 {
    let rows = rows(&place.read(predictions));
    let score = |score: &String| score.parse().unwrap();
    let pairs: Vec<(bool, f64)> = rows
        .iter()
        .map(|row| (row["label"] == "1", score(&row["score"])))
        .collect();
    pairwise_auc(&pairs)
}

fn find<'a>(list: &'a Value, path: &str) -> &'a Value {
    let all = list.as_array().expect("a list");
    let found = all.iter().find(|one| one["path"] == path);
    found.unwrap_or_else(|| panic!("{path} is not in {list}"))
}

#[test]
fn every_run_is_listed_with_state_and_figures_and_a_broken_one_stops_nothing() {
    let place = Place::new();
    place.draw_cohort(20, 2, Format::Png);
    let rate = ["--learning-rate", "1e-3"];
    place.output(&train("runs/a", &rate));
    place.output(&train("runs/deeper/b", &["--seed", "2"]));
    place.output(&cv("runs/cv", &["--folds", "2"]));
    let findings = place.path("cohort/findings.csv");
    assert!(findings.is_file());
    let several = [
        &["train", "cohort/findings.csv", "--out", "runs/findings"],
        &SMALL[..],
        &["--findings", "csm,narrow_canal", "--test", "0.5"],
    ];
    place.output(&several.concat());
    let folds = ["--folds", "2", "--findings", "csm,narrow_canal"];
    let mut several_cv = cv("runs/several-cv", &folds);
    several_cv[1] = "cohort/findings.csv";
    place.output(&several_cv);
    stop(&request(&place, "runs/stopped", small_settings(3)), 1);
    place.output(&train("runs/broken", &[]));
    place.write("runs/broken/run.json", "{");
    place.write("runs/no-run/notes.txt", "nothing");

    let list = json(&place.output(&["runs", "--json"]));
    assert_eq!(list.as_array().unwrap().len(), 7, "{list}");
    let a = find(&list, "runs/a");
    assert_eq!(
        (&a["kind"], &a["state"]),
        (&"run".into(), &"finished".into())
    );
    assert_eq!(a["epochs"], serde_json::json!({"done": 1, "of": 1}));
    assert_eq!(a["patients"], serde_json::json!({"all": 20, "test": 6}));
    assert_eq!(a["network"]["body"], "vgg11");
    assert_eq!(a["synthetic"], true);
    let near = |found: &Value, expected: f64| {
        assert!(
            (found.as_f64().unwrap() - expected).abs() < 1e-12,
            "{found} {expected}"
        );
    };
    near(
        &a["figures"][0]["auc"]["value"],
        auc_of(&place, "runs/a/predictions.csv"),
    );
    let metrics = place.json("runs/a/metrics.json");
    assert_eq!(a["figures"][0]["auc"], metrics["auc"]);

    let cv = find(&list, "runs/cv");
    let kind = serde_json::json!({"cross-validation": {"folds": 2, "repeats": 1}});
    assert_eq!((&cv["kind"], &cv["state"]), (&kind, &"finished".into()));
    assert_eq!(
        cv["figures"][0]["auc"],
        place.json("runs/cv/metrics.json")["pooled_auc"]
    );

    let findings = find(&list, "runs/findings");
    assert_eq!(findings["kind"], serde_json::json!({"findings": 2}));
    let metrics = place.json("runs/findings/metrics.json");
    for at in 0..2 {
        assert_eq!(findings["figures"][at]["name"], metrics["each"][at]["name"]);
        assert_eq!(findings["figures"][at]["auc"], metrics["each"][at]["auc"]);
    }

    let several = find(&list, "runs/several-cv");
    assert_eq!(
        (&several["kind"], &several["patients"]["all"]),
        (&kind, &20.into())
    );
    let compared = json(&place.output(&[
        "runs",
        "compare",
        "runs/several-cv",
        "runs/findings",
        "--json",
    ]));
    let metrics = place.json("runs/several-cv/metrics.json");
    for at in 0..2 {
        let pooled = &metrics["each"][at];
        assert_eq!(several["figures"][at]["auc"], pooled["pooled_auc"]);
        let entry = &compared["entries"][at];
        assert_eq!(entry["auc"], pooled["pooled_auc"]);
        assert_eq!(entry["sensitivity"], pooled["pooled_calls"]["sensitivity"]);
    }
    assert_eq!(compared["pairs"].as_array().unwrap().len(), 2);

    let stopped = find(&list, "runs/stopped");
    assert_eq!(stopped["state"], "stopped");
    assert_eq!(stopped["epochs"], serde_json::json!({"done": 1, "of": 3}));
    let broken = find(&list, "runs/broken");
    assert!(
        broken["error"].as_str().unwrap().contains("run.json"),
        "{broken}"
    );

    let text = place.output(&["runs"]);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("run "), "{text}");
    assert!(
        lines[1].starts_with("runs/a* ") && lines[1].contains("  finished  "),
        "{text}"
    );
    assert!(text.contains("cross-validation 2 x 1"), "{text}");
    assert!(text.contains("\nbroken: runs/broken/run.json: "), "{text}");
    assert!(
        text.contains("Research use only, not a medical device"),
        "{text}"
    );

    let table = rows(&place.output(&["runs", "runs", "--csv"]));
    assert_eq!(table.len(), 9, "one row a figure");
    near(
        &Value::from(table[0]["auc"].parse::<f64>().unwrap()),
        auc_of(&place, "runs/a/predictions.csv"),
    );

    let by_auc = json(&place.output(&["runs", "--json", "--sort", "auc"]));
    let of = |one: &Value| {
        let figures = one["figures"].as_array().cloned().unwrap_or_default();
        let values: Vec<f64> = figures
            .iter()
            .filter_map(|f| f["auc"]["value"].as_f64())
            .collect();
        match values.len() {
            0 => -1.0,
            count => values.iter().sum::<f64>() / count as f64,
        }
    };
    let order: Vec<f64> = by_auc.as_array().unwrap().iter().map(of).collect();
    assert!(order.is_sorted_by(|a, b| a >= b), "{order:?}");
    let by_date = json(&place.output(&["runs", "--json", "--sort", "date"]));
    let dates: Vec<String> = by_date.as_array().unwrap()[..6]
        .iter()
        .map(|one| one["changed"].as_str().unwrap().to_string())
        .collect();
    assert!(dates.is_sorted_by(|a, b| a >= b), "{dates:?}");
}

#[test]
fn edited_counts_of_a_search_or_of_folds_are_a_broken_line_and_no_endless_search() {
    let place = Place::new();
    place.draw_cohort(16, 1, Format::Png);
    stop(&request(&place, "one", small_settings(3)), 1);
    let config = place.read("one/config.toml");
    let cases = [
        (
            "tune.json",
            r#"{"trials": 18446744073709551615}"#,
            "found 18446744073709551615 trials, expected at most 1000",
        ),
        (
            "cv.json",
            r#"{"folds": 65536, "repeats": 65537}"#,
            "found 65537 repeats of 65536 folds, expected at most 100000",
        ),
    ];
    for (file, text, _) in cases {
        place.write(&format!("runs/of-{file}/config.toml"), &config);
        place.write(&format!("runs/of-{file}/{file}"), text);
    }
    let text = place.output(&["runs"]);
    for (file, _, said) in cases {
        let line = format!("broken: runs/of-{file}/{file}: {said}");
        assert!(text.contains(&line), "{text}");
    }
    assert_eq!(text.lines().count(), 2, "{text}");

    let mut run = place.json("one/run.json");
    run["parts"][2]["counts"]["pictures"] = serde_json::json!(u64::MAX);
    place.write("one/run.json", run.to_string());
    let text = place.output(&["runs", "one"]);
    let said =
        "broken: one/run.json: found 18446744073709551615 patients or pictures, expected at most";
    assert!(text.starts_with(said), "{text}");
}

#[test]
fn runs_on_the_same_test_patients_have_the_difference_that_compare_gives_and_others_a_reason() {
    let place = Place::new();
    place.draw_cohort(40, 4, Format::Png);
    let rates = ["1e-3", "1e-2"];
    place.output(&train("a", &["--learning-rate", rates[0], "--init", "he"]));
    place.output(&train("b", &["--learning-rate", rates[1], "--init", "he"]));
    place.output(&train("other", &["--seed", "9"]));

    let compared = json(&place.output(&["runs", "compare", "a", "b", "other", "--json"]));
    let expected = place.output(&[
        "compare",
        "a/predictions.csv",
        "b/predictions.csv",
        "--json",
    ]);
    let expected = &json(&expected)["pairs"][0];
    let pairs = compared["pairs"].as_array().unwrap();
    assert_eq!(pairs.len(), 3);
    assert_eq!(pairs[0]["auc_difference"], expected["auc_difference"]);
    assert_eq!(pairs[0]["auc_test"], expected["auc_test"]);
    assert!(
        expected["auc_test"]["p_value"].as_f64().is_some(),
        "{expected}"
    );
    for pair in &pairs[1..] {
        assert_eq!(pair["auc_difference"], Value::Null);
        let reason = pair["not_paired"].as_str().unwrap();
        assert!(
            reason.starts_with("not the same test patients (12 and 12, "),
            "{reason}"
        );
    }
    let metrics = place.json("a/metrics.json");
    let a = &compared["entries"][0];
    assert_eq!(a["auc"], metrics["auc"]);
    assert_eq!(a["sensitivity"], metrics["at_threshold"]["sensitivity"]);
    assert_eq!(a["specificity"], metrics["at_threshold"]["specificity"]);
    assert_eq!(a["brier"], metrics["calibration"]["brier"]);

    let text = place.output(&["runs", "compare", "a", "b", "other"]);
    assert!(
        text.contains("a less b") && text.contains("not paired"),
        "{text}"
    );
    assert!(text.contains("choose by validation"), "{text}");
    for (runs, said) in [
        (["a", "cohort"], "error: cohort: holds no run"),
        (["a", "nowhere"], "error: nowhere: holds no run"),
    ] {
        let outcome = place.run(&[&["runs", "compare"], &runs[..]].concat());
        assert_eq!(outcome.code, Some(1));
        assert!(outcome.stderr.starts_with(said), "{outcome:?}");
    }
}

#[test]
fn a_diff_names_the_settings_that_differ_and_says_whether_the_split_is_the_same() {
    let place = Place::new();
    place.draw_cohort(20, 2, Format::Png);
    place.output(&train("a", &[]));
    place.output(&train(
        "b",
        &["--learning-rate", "1e-3", "--dropout", "0.5"],
    ));
    let environment = place.json("a/environment.json");
    let mut changed = environment.clone();
    changed["threads"] = 99.into();
    place.write("b/environment.json", changed.to_string());

    let diff = json(&place.output(&["runs", "diff", "a", "b", "--json"]));
    let change = |key: &str, first: &str, second: &str| serde_json::json!({"key": key, "first": first, "second": second});
    assert_eq!(
        diff["settings"],
        serde_json::json!([
            change("dropout", "0.0", "0.5"),
            change("learning_rate", "0.00001", "0.001")
        ])
    );
    let threads = environment["threads"].to_string();
    assert_eq!(
        diff["environment"],
        serde_json::json!([change("threads", &threads, "99")])
    );
    let split = place.json("a/seal.json")["split_sha256"].clone();
    let data = diff["data"].as_array().unwrap();
    let of = |key: &str| data.iter().find(|change| change["key"] == key).unwrap();
    assert_eq!(of("split.csv SHA-256")["first"], split);
    assert_eq!(of("split.csv SHA-256")["second"], split);
    assert_eq!(of("seed")["first"], "1");
    let text = place.output(&["runs", "diff", "a", "b"]);
    assert!(text.contains("learning_rate  0.00001 -> 0.001"), "{text}");
    assert!(text.contains("the same: "), "{text}");

    place.output(&train("c", &["--seed", "2"]));
    let diff = json(&place.output(&["runs", "diff", "a", "c", "--json"]));
    let data = diff["data"].as_array().unwrap().clone();
    let split = data
        .iter()
        .find(|of| of["key"] == "split.csv SHA-256")
        .unwrap();
    assert_ne!(split["first"], split["second"]);
}

#[test]
fn a_run_at_work_is_listed_as_running_and_nobody_else_trains_in_it() {
    let place = Place::new();
    place.draw_cohort(16, 1, Format::Png);
    stop(&request(&place, "runs/one", small_settings(3)), 1);
    assert!(!place.path("runs/one/running").exists());
    let run = RunFolder::open(&place.path("runs/one"));
    let working = Running::begin(&run).unwrap();
    let list = json(&place.output(&["runs", "--json"]));
    assert_eq!(find(&list, "runs/one")["state"], "running");
    let before = crate::program::tree(Path::new(run.path()));
    for flag in ["--resume", "--overwrite"] {
        let command = ["train", "cohort/cohort.csv", "--out", "runs/one", flag];
        let outcome = place.run(&command);
        assert_eq!(outcome.code, Some(1));
        let said = "error: runs/one: another cordsight is at work in it; wait for its end";
        assert!(outcome.stderr.starts_with(said), "{outcome:?}");
    }
    assert!(crate::program::tree(run.path()) == before);
    drop(working);
    let list = json(&place.output(&["runs", "--json"]));
    assert_eq!(find(&list, "runs/one")["state"], "stopped");
}

#[test]
fn folders_that_are_not_there_or_hold_no_run_are_said() {
    let place = Place::new();
    let outcome = place.run(&["runs"]);
    assert_eq!(outcome.code, Some(1));
    assert_eq!(
        outcome.stderr,
        "error: runs: no such file or folder; give the folder that holds the runs\n"
    );
    place.write("empty/notes.txt", "nothing");
    assert_eq!(place.output(&["runs", "empty"]), "no run in empty\n");
    assert_eq!(place.output(&["runs", "empty", "--json"]), "[]\n");
}
