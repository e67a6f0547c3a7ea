//! `cordsight tune`: test patients stay sealed, the budget is the one that was announced, what was stopped goes on to the same
//! bytes, and the best settings are those of the lowest inner loss.

use std::collections::{BTreeMap, BTreeSet};

use cordsight::config::Settings;
use cordsight::train::{Event, Request, TrainError, Watch};
use cordsight::tune::halving::Rung;
use cordsight::tune::{By, Follow, Reached, TuneError, tune};
use phantom::Format;

use crate::program::{Place, SMALL, json, rows, small_settings, tree};

fn command<'a>(out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let over = [
        "--over",
        "learning_rate=1e-5..1e-2",
        "--over",
        "dropout=0,0.3",
    ];
    let command = ["tune", "cohort/cohort.csv", "--out", out];
    let small = ["--trials", "4", "--eta", "2", "--splits", "2"];
    [
        &command,
        &SMALL[..6],
        &["--epochs", "4"],
        &over[..],
        &small[..],
        more,
    ]
    .concat()
}

#[test]
fn test_pictures_are_never_opened_and_the_same_seed_gives_the_same_bytes() {
    let place = Place::new();
    place.draw_cohort(30, 4, Format::Png);
    let said = place.output(&command("first", &[]));
    assert!(
        said.contains("4 trials in 2 splits of 22 patients who learn"),
        "{said}"
    );
    // Two splits of 4 trials until epoch 1, 2 until 2, 1 until 4.
    assert!(
        said.contains("trials x epochs: 4 x 1, 2 x 2, 1 x 4; 16 epochs in all"),
        "{said}"
    );
    assert!(
        said.contains("Research use only, not a medical device"),
        "{said}"
    );

    let pictures: BTreeMap<String, String> = rows(&place.read("cohort/cohort.csv"))
        .iter()
        .map(|row| (row["patient"].clone(), row["image"].clone()))
        .collect();
    let split = rows(&place.read("first/split.csv"));
    let mut deleted = 0;
    for row in split.iter().filter(|row| row["split"] == "test") {
        std::fs::remove_file(place.path("cohort").join(&pictures[&row["patient"]])).unwrap();
        deleted += 1;
    }
    assert_eq!(deleted, 8);
    place.output(&command("second", &[]));
    let [first, second] = ["first", "second"].map(|out| tree(&place.path(out)));
    assert!(
        first.keys().eq(second.keys()),
        "{:?} {:?}",
        first.keys(),
        second.keys()
    );
    let mut compared = 0;
    for (name, bytes) in &first {
        // These two say the folder's own name, in what to type next.
        if ["report.md", "outcome.json"]
            .iter()
            .any(|own| name.ends_with(own))
        {
            let text = |bytes: &Option<Vec<u8>>| String::from_utf8(bytes.clone().unwrap()).unwrap();
            assert_eq!(text(bytes), text(&second[name]).replace("second", "first"));
        } else {
            assert!(*bytes == second[name], "{} differs", name.display());
            compared += 1;
        }
    }
    assert!(compared > 8);
    // No checkpoint is left.
    assert!(first.keys().all(|name| !name.ends_with("last.safetensors")));

    // Those who judge inside are learners.
    let learners: BTreeSet<&String> = (split.iter())
        .filter(|row| row["split"] != "test")
        .map(|row| &row["patient"])
        .collect();
    for inner in ["first/splits/1.csv", "first/splits/2.csv"] {
        let inner = rows(&place.read(inner));
        let names: BTreeSet<&String> = inner.iter().map(|row| &row["patient"]).collect();
        assert_eq!(names, learners);
        assert!(inner.iter().any(|row| row["split"] == "validation"));
    }
    assert_ne!(
        place.read("first/splits/1.csv"),
        place.read("first/splits/2.csv")
    );

    // Without the pictures no run can be trained; a picture of a learner is needed here too.
    let learner = split.iter().find(|row| row["split"] == "train").unwrap();
    std::fs::remove_file(place.path("cohort").join(&pictures[&learner["patient"]])).unwrap();
    let outcome = place.run(&command("third", &[]));
    assert_eq!(outcome.code, Some(1));
    assert!(
        outcome.stderr.contains(&pictures[&learner["patient"]]),
        "{outcome:?}"
    );
}

#[test]
fn the_best_is_the_lowest_inner_loss_and_its_file_trains_on_the_same_split() {
    let place = Place::new();
    place.draw_cohort(30, 4, Format::Png);
    place.output(&command("tune", &[]));
    let trials = rows(&place.read("tune/trials.csv"));
    assert_eq!(trials.len(), 4);
    let number = |row: &BTreeMap<String, String>, key: &str| row[key].parse::<f64>().unwrap();
    let first: Vec<f64> = ["loss_split_1", "loss_split_2"]
        .map(|key| number(&trials[0], key))
        .to_vec();
    assert!((number(&trials[0], "loss") - (first[0] + first[1]) / 2.0).abs() < 1e-12);
    let of_rung = |rungs: &str| -> Vec<f64> {
        let of = trials.iter().filter(|row| row["rungs"] == rungs);
        of.map(|row| number(row, "loss")).collect()
    };
    assert_eq!(
        (of_rung("3").len(), of_rung("2").len(), of_rung("1").len()),
        (1, 1, 2)
    );
    // On the first rung, those that went on had the lowest losses.
    let kept: Vec<serde_json::Value> = (1..=4)
        .map(|trial| place.json(&format!("tune/trials/00{trial}.json")))
        .collect();
    let loss = |of: &serde_json::Value| -> f64 {
        let splits = of["reached"][0]["splits"].as_array().unwrap();
        splits
            .iter()
            .map(|split| split["loss"].as_f64().unwrap())
            .sum()
    };
    let on = |of: &&serde_json::Value| of["reached"].as_array().unwrap().len() > 1;
    let worst = kept.iter().filter(on).map(loss).fold(f64::MIN, f64::max);
    let left = kept
        .iter()
        .filter(|of| !on(of))
        .map(loss)
        .fold(f64::MAX, f64::min);
    assert!(worst <= left, "{kept:?}");

    let best: toml::Table = place.read("tune/best.toml").parse().unwrap();
    let rate: f64 = trials[0]["learning_rate"].parse().unwrap();
    assert_eq!(best["learning_rate"].as_float(), Some(rate));
    assert_eq!(best["epochs"].as_integer(), Some(4));
    let train = [
        "train",
        "cohort/cohort.csv",
        "--config",
        "tune/best.toml",
        "--split",
        "tune/split.csv",
        "--out",
        "best",
        "--no-robustness",
    ];
    place.output(&train);
    assert_eq!(place.read("best/split.csv"), place.read("tune/split.csv"));
    let list = json(&place.output(&["runs", "tune", "--json"]));
    assert_eq!(list[0]["kind"], serde_json::json!({"search": 4}));
    assert_eq!(
        (
            &list[0]["state"],
            list[0]["figures"].as_array().unwrap().len()
        ),
        (&"finished".into(), 0)
    );
    let report = place.read("tune/report.md");
    assert!(report.contains("chosen by the other splits"), "{report}");
    assert!(report.contains(
        "cordsight train cohort/cohort.csv --config tune/best.toml --split tune/split.csv"
    ));
}

/// Stops after so many epochs of all trainings together.
struct Stopping {
    left: u32,
}

impl Watch for Stopping {
    fn event(&mut self, event: Event<'_>) {
        if let Event::Epoch { .. } = event {
            self.left = self.left.saturating_sub(1);
        }
    }

    fn stop_asked(&self) -> bool {
        self.left == 0
    }
}

impl Follow for Stopping {
    fn search(&mut self, _: &[Rung], _: u64) {}
    fn trial(&mut self, _: usize, _: u32, _: &str) {}
    fn judged(&mut self, _: usize, _: &Reached) {}
}

#[test]
fn a_search_stopped_again_and_again_ends_with_the_bytes_of_one_that_was_not() {
    let place = Place::new();
    place.draw_cohort(24, 6, Format::Png);
    let request = |out: &str| cordsight::tune::Request {
        training: Request {
            cohort: place.path("cohort/cohort.csv"),
            out: place.path(out),
            settings: Settings {
                schedule: Some(cordsight::train::rate::Schedule::Cosine),
                validation: Some(0.3),
                ..small_settings(4)
            },
            ..Request::default()
        },
        over: vec!["learning_rate=1e-4..1e-2".parse().unwrap()],
        trials: 4,
        eta: 2,
        splits: 2,
        by: By::Auc,
    };
    tune(&request("whole"), &mut Stopping { left: u32::MAX }).unwrap();
    let mut stops = 0;
    loop {
        match tune(&request("parts"), &mut Stopping { left: 3 }) {
            Ok(_) => break,
            Err(TuneError::Trial { source, .. }) => {
                assert!(matches!(*source, TrainError::Stopped { .. }), "{source}");
            }
            Err(error) => panic!("{error}"),
        }
        stops += 1;
        assert!(stops < 20);
    }
    assert!(stops >= 4, "stopped {stops} times");
    for name in [
        "trials.csv",
        "best.toml",
        "tune.json",
        "trials/001.json",
        "trials/004.json",
    ] {
        assert_eq!(
            place.read(&format!("whole/{name}")),
            place.read(&format!("parts/{name}")),
            "{name}"
        );
    }
}

#[test]
fn what_cannot_be_searched_is_refused_in_a_line() {
    let place = Place::new();
    place.draw_cohort(16, 2, Format::Png);
    place.write("other/notes.txt", "mine");
    let over = |over: &'static str| ["--over", over];
    for (flags, code, said) in [
        (
            over("learnrate=1,2"),
            2,
            "found the key \"learnrate\", expected one of network, width",
        ),
        (
            over("weight_decay=0..2"),
            2,
            "setting \"weight_decay\": found 2, expected 0 to 1",
        ),
        (
            over("dropout=0.1,0.2"),
            2,
            "--over: found \"dropout\" twice, expected each key once",
        ),
        (over("label_smoothing=0,0.1"), 2, "--by auc"),
    ] {
        let outcome = place.run(&command("tune", &flags));
        assert_eq!(outcome.code, Some(code), "{outcome:?}");
        assert!(outcome.stderr.contains(said), "{outcome:?}");
        assert!(!place.path("tune").exists());
    }
    for (flag, said) in [
        ("--trials", "--trials: found 0, expected 2 to 1000"),
        ("--eta", "--eta: found 0, expected 2 to 10"),
        ("--splits", "--splits: found 0, expected 1 to 20"),
    ] {
        let mut flags = command("tune", &[]);
        let at = flags.iter().position(|of| *of == flag).unwrap();
        flags[at + 1] = "0";
        let outcome = place.run(&flags);
        assert_eq!(outcome.code, Some(2), "{outcome:?}");
        assert!(outcome.stderr.contains(said), "{outcome:?}");
    }
    let outcome = place.run(&command("other", &[]));
    assert_eq!(outcome.code, Some(1));
    assert!(
        outcome
            .stderr
            .contains("other: holds files but no search (no tune.json)"),
        "{outcome:?}"
    );

    place.output(&command("tune", &[]));
    let outcome = place.run(&command("tune", &["--seed", "5"]));
    assert_eq!(outcome.code, Some(1));
    assert!(
        outcome
            .stderr
            .contains("tune: the search there is of another seed; choose another --out"),
        "{outcome:?}"
    );
}

#[test]
fn an_edited_trial_is_refused_in_a_line() {
    let place = Place::new();
    place.draw_cohort(24, 6, Format::Png);
    place.output(&command("tune", &[]));
    let own = place.json("tune/trials/001.json");
    let mut tried = 0;
    let edits: [fn(&mut serde_json::Value); 4] = [
        |of| of["reached"][0]["splits"] = serde_json::json!([]),
        |of| of["reached"][0]["epochs"] = 3.into(),
        |of| of["trial"] = 2.into(),
        |of| of["reached"] = serde_json::json!(vec![of["reached"][0].clone(); 9]),
    ];
    for edit in edits {
        let mut edited = own.clone();
        edit(&mut edited);
        place.write("tune/trials/001.json", edited.to_string());
        let outcome = place.run(&command("tune", &[]));
        assert_eq!(outcome.code, Some(1), "{outcome:?}");
        let said = "error: tune/trials/001.json: found another trial, or other rungs or splits";
        assert!(outcome.stderr.contains(said), "{outcome:?}");
        tried += 1;
    }
    assert_eq!(tried, 4);
    place.write("tune/trials/001.json", own.to_string());
    place.output(&command("tune", &[]));
}

#[test]
fn several_findings_are_searched_among_their_learners_alone() {
    let place = Place::new();
    place.draw_cohort(40, 4, Format::Png);
    let mut flags = command("tune", &["--findings", "csm,narrow_canal"]);
    flags[1] = "cohort/findings.csv";
    // The split first, so that the pictures of those who test can be taken away.
    place.output(&flags);
    let split = rows(&place.read("tune/split.csv"));
    let testing: BTreeSet<&String> = (split.iter())
        .filter(|row| row["split"] == "test")
        .map(|row| &row["patient"])
        .collect();
    assert_eq!(testing.len(), 12);
    for row in rows(&place.read("cohort/findings.csv")) {
        if testing.contains(&row["patient"]) {
            std::fs::remove_file(place.path("cohort").join(&row["image"])).unwrap();
        }
    }
    let trials = place.read("tune/trials.csv");
    std::fs::remove_dir_all(place.path("tune")).unwrap();
    place.output(&flags);
    assert_eq!(place.read("tune/trials.csv"), trials);
    for inner in ["tune/splits/1.csv", "tune/splits/2.csv"] {
        let inner = rows(&place.read(inner));
        assert_eq!(inner.len(), 28);
        assert!(inner.iter().all(|row| !testing.contains(&row["patient"])));
        let judging = inner.iter().filter(|row| row["split"] == "validation");
        let with: BTreeSet<&String> = judging.map(|row| &row["narrow_canal"]).collect();
        assert_eq!(with.len(), 2, "both answers judge");
    }
    let best: toml::Table = place.read("tune/best.toml").parse().unwrap();
    assert_eq!(best["findings"].as_array().map(Vec::len), Some(2));
}
