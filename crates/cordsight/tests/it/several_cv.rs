//! `cordsight cv` and the seal for several findings and for three classes: figures follow from the predictions, each patient is
//! tested once a repeat, and what was broken off goes on to the same bytes.

use std::collections::BTreeMap;

use phantom::Format;
use serde_json::Value;

use crate::program::{Place, SMALL, json, near, pairwise_auc, rows, tree};

const FINDINGS: &str = "csm,narrow_canal";
const CLASSES: &str = "healthy,spondylosis,CSM";

fn cv<'a>(out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [
        &["cv", "cohort/findings.csv", "--out", out],
        &SMALL[..],
        more,
    ]
    .concat()
}

/// A run on two findings of 24 patients, and what training said.
fn trained() -> (Place, String) {
    let place = Place::new();
    place.draw_cohort(24, 1, Format::Png);
    let train = ["train", "cohort/findings.csv", "--out", "run"];
    let findings = ["--findings", FINDINGS];
    let said = place.output(&[&train[..], &findings, &SMALL].concat());
    (place, said)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Nadeau and Bengio's interval of a mean over splits of `folds` folds, with Student's quantile for six splits.
fn interval_of_six(values: &[f64], folds: f64) -> [f64; 2] {
    const QUANTILE: f64 = 2.570_581_835_636_314;
    let centre = mean(values);
    let variance = values.iter().map(|v| (v - centre).powi(2)).sum::<f64>() / 5.0;
    let reach = QUANTILE * ((1.0 / 6.0 + 1.0 / (folds - 1.0)) * variance).sqrt();
    [(centre - reach).max(0.0), (centre + reach).min(1.0)]
}

#[test]
fn findings_are_pooled_out_of_fold_each_on_the_patients_of_whom_it_is_known() {
    let place = Place::new();
    place.draw_cohort(36, 3, Format::Png);
    // Every sixth narrow canal is not known.
    let text = place.read("cohort/findings.csv");
    let at = text
        .lines()
        .next()
        .unwrap()
        .split(',')
        .position(|name| name == "narrow_canal");
    let gaps: Vec<String> = text
        .lines()
        .enumerate()
        .map(|(line, text)| {
            let mut cells: Vec<&str> = text.split(',').collect();
            if line > 0 && line % 6 == 0 {
                cells[at.unwrap()] = "";
            }
            cells.join(",")
        })
        .collect();
    place.write("cohort/findings.csv", gaps.join("\n") + "\n");
    let flags = ["--findings", FINDINGS, "--folds", "3", "--repeats", "2"];
    let said = place.output(&cv("cv", &flags));
    for words in [
        "Research use only",
        "synthetic",
        "narrow_canal",
        "(6 not known)",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let metrics = place.json("cv/metrics.json");
    assert_eq!(metrics["patients"], 36);
    let predictions = rows(&place.read("cv/predictions.csv"));
    assert_eq!(predictions.len(), 72);
    let mut means = vec![Vec::new(); 6];
    for (place_of, name) in FINDINGS.split(',').enumerate() {
        let mut heard: BTreeMap<&str, (bool, Vec<f64>, usize)> = BTreeMap::new();
        let mut aucs = Vec::new();
        for repeat in ["1", "2"] {
            for fold in ["1", "2", "3"] {
                let of_fold = predictions
                    .iter()
                    .filter(|row| row["repeat"] == repeat && row["fold"] == fold);
                let mut pairs = Vec::new();
                for row in of_fold.filter(|row| !row[name].is_empty()) {
                    let score: f64 = row[&format!("{name}_score")].parse().unwrap();
                    let threshold: f64 = row[&format!("{name}_threshold")].parse().unwrap();
                    let heard = heard.entry(&row["patient"]).or_default();
                    heard.0 = row[name] == "1";
                    heard.1.push(score);
                    heard.2 += usize::from(score >= threshold);
                    pairs.push((row[name] == "1", score));
                }
                means[aucs.len()].push(pairwise_auc(&pairs));
                aucs.push(pairwise_auc(&pairs));
            }
        }
        let found = &metrics["each"][place_of];
        assert_eq!(found["name"], name);
        assert_eq!(found["unknown"], if name == "csm" { 0 } else { 6 });
        let over = &found["over_splits"]["auc"]["mean"];
        near(&over["value"], mean(&aucs));
        let [low, high] = interval_of_six(&aucs, 3.0);
        assert!((over["interval"]["low"].as_f64().unwrap() - low).abs() < 1e-9);
        assert!((over["interval"]["high"].as_f64().unwrap() - high).abs() < 1e-9);
        assert!(heard.values().all(|(_, scores, _)| scores.len() == 2));
        let pooled: Vec<(bool, f64)> = heard.values().map(|of| (of.0, mean(&of.1))).collect();
        near(&found["pooled_auc"]["value"], pairwise_auc(&pooled));
        let called = heard.values().filter(|of| of.0 && of.2 >= 1).count();
        assert_eq!(found["pooled_calls"]["counts"]["true_positives"], called);
        // What other commands take says the same.
        let file = format!("cv/findings/{name}/predictions.csv");
        let again = json(&place.output(&["evaluate", "--predictions", &file, "--json"]));
        assert_eq!(again["auc"], found["pooled_auc"]);
        assert!(
            place
                .path(&format!("cv/figures/splits_{name}.png"))
                .is_file()
        );
    }
    let means: Vec<f64> = means.iter().map(|aucs| mean(aucs)).collect();
    near(&metrics["mean_auc"]["mean"]["value"], mean(&means));
    let report = place.read("cv/report.md");
    for words in [
        "Research use only, not a medical device",
        "Nadeau",
        "iteratively stratified",
    ] {
        assert!(report.contains(words), "{words}");
    }
    let folds = rows(&place.read("cv/folds.csv"));
    assert_eq!(folds.len(), 72);
    assert!(folds.iter().all(|row| row.contains_key("narrow_canal")));
}

#[test]
fn classes_are_pooled_by_their_mean_scores() {
    let place = Place::new();
    place.draw_cohort(40, 2, Format::Png);
    let flags = [
        "--classes",
        CLASSES,
        "--class-column",
        "class",
        "--folds",
        "2",
    ];
    let said = place.output(&cv("cv", &flags));
    assert!(
        said.contains("macro AUC") && said.contains("spondylosis"),
        "{said}"
    );
    let metrics = place.json("cv/metrics.json");
    let pooled = rows(&place.read("cv/predictions_pooled.csv"));
    assert_eq!(pooled.len(), 40);
    let names: Vec<&str> = CLASSES.split(',').collect();
    let score = |row: &BTreeMap<String, String>, name: &str| -> f64 {
        row[&format!("{name}_score")].parse().unwrap()
    };
    let mut aucs = Vec::new();
    for name in &names {
        let pairs: Vec<(bool, f64)> = pooled
            .iter()
            .map(|row| (row["class"] == *name, score(row, name)))
            .collect();
        aucs.push(pairwise_auc(&pairs));
    }
    near(&metrics["all_classes"]["macro_auc"]["value"], mean(&aucs));
    assert!(metrics["all_classes"]["macro_auc"]["interval"].is_object());
    let right = pooled.iter().filter(|row| {
        let best = names
            .iter()
            .max_by(|a, b| score(row, a).total_cmp(&score(row, b)));
        best.is_some_and(|name| row["class"] == **name)
    });
    let found = &metrics["all_classes"]["calls"]["accuracy"]["value"];
    near(found, right.count() as f64 / 40.0);
    assert!(
        place
            .read("cv/report.md")
            .contains("| reference | called healthy |")
    );
}

#[test]
fn a_broken_off_cross_validation_of_findings_goes_on_to_the_same_bytes() {
    let place = Place::new();
    place.draw_cohort(24, 5, Format::Png);
    let once = ["--findings", FINDINGS, "--folds", "2"];
    let twice = [&once[..], &["--repeats", "2"]].concat();
    place.output(&cv("whole", &twice));
    place.output(&cv("parts", &once));
    std::fs::remove_dir_all(place.path("parts/repeat-1-fold-1")).unwrap();
    std::fs::remove_file(place.path("parts/repeat-1-fold-2/report.html")).unwrap();
    let outcome = place.run(&cv("parts", &twice));
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let files = [
        "metrics.json",
        "predictions.csv",
        "predictions_pooled.csv",
        "folds.csv",
        "report.md",
    ];
    place.assert_same("whole", "parts", &files);
    let before = tree(&place.path("parts"));
    let again = place.run(&cv("parts", &twice));
    assert_eq!(
        again.stderr.matches("finished before").count(),
        4,
        "{again:?}"
    );
    assert!(tree(&place.path("parts")) == before);
    let other = [&["--findings", "csm,slip"], &twice[2..]].concat();
    let outcome = place.run(&cv("parts", &other));
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(
        outcome.stderr.contains("the folds there are of the cohort"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_site_is_left_out_and_rates_are_chosen_for_findings_too() {
    let place = Place::new();
    place.draw_cohort(40, 4, Format::Png);
    let text = place.read("cohort/findings.csv");
    let lines = text.lines().enumerate().map(|(line, text)| match line {
        0 => format!("{text},clinic"),
        _ => format!("{text},{}", ["north", "south"][line % 4 / 2]),
    });
    let lines: Vec<String> = lines.collect();
    place.write("cohort/findings.csv", lines.join("\n") + "\n");
    let flags = [
        "--findings",
        FINDINGS,
        "--by-site",
        "clinic",
        "--validation",
        "0.3",
        "--learning-rates",
        "1e-4,1e-3",
    ];
    place.output(&cv("cv", &flags));
    let metrics = place.json("cv/metrics.json");
    for (place_of, site) in ["north", "south"].into_iter().enumerate() {
        let split = &metrics["splits"][place_of];
        assert_eq!(
            (&split["site"], &split["patients"]),
            (&Value::from(site), &Value::from(20))
        );
        let choice = place.json(&format!("cv/choices/repeat-1-fold-{}.json", place_of + 1));
        assert_eq!(choice["learning_rate"], split["learning_rate"]);
        assert_eq!(choice["tried"].as_array().unwrap().len(), 2);
    }
}

#[test]
fn what_several_findings_do_not_have_is_refused_in_one_line() {
    let place = Place::new();
    place.draw_cohort(24, 5, Format::Png);
    for (flags, code, says) in [
        (
            vec!["--published-auc", "0.8"],
            2,
            "--published-auc: found several findings or classes",
        ),
        (
            vec!["--baseline", "age"],
            1,
            "--baseline: found several findings",
        ),
        (vec!["--folds", "20"], 1, "the test part has no patient"),
    ] {
        let flags = [&["--findings", FINDINGS], &flags[..]].concat();
        place.assert_refused(&cv("cv", &flags), code, says);
        assert!(!place.path("cv").exists());
    }
}

#[test]
fn the_test_set_of_findings_is_sealed_and_every_look_is_counted() {
    let (place, said) = trained();
    assert!(
        said.contains("sealed before training, looked at once (train 1)"),
        "{said}"
    );
    let report = place.read("run/report.html");
    assert!(report.contains("The test set under seal") && report.contains("looked at once"));
    let said = place.output(&["evaluate", "run"]);
    assert!(
        said.contains("looked at twice (train 1, evaluate 1)"),
        "{said}"
    );
    let split = rows(&place.read("run/split.csv"));
    let test = split.iter().find(|row| row["split"] == "test").unwrap();
    let cohort = rows(&place.read("cohort/findings.csv"));
    let picture = cohort
        .iter()
        .find(|row| row["patient"] == test["patient"])
        .unwrap();
    let file = format!("cohort/{}", picture["image"]);
    let outcome = place.run(&["predict", "run", &file]);
    assert!(
        outcome
            .stderr
            .contains("1 picture of this model's test set"),
        "{outcome:?}"
    );
    place.output(&["explain", "run", &file, "--finding", "csm", "--out", "heat"]);
    assert_eq!(place.read("run/looks.jsonl").lines().count(), 4);
    // A split that was changed afterwards is refused.
    let text = place.read("run/split.csv");
    place.write("run/split.csv", text.replacen(",train", ",test", 1));
    let outcome = place.run(&["evaluate", "run"]);
    assert_eq!(outcome.code, Some(1));
    assert!(
        outcome.stderr.contains("run/split.csv: SHA-256 is"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn another_cohort_is_tested_with_what_training_left_and_no_picture_of_its_own() {
    let (place, _) = trained();
    place.draw_cohort_in("other", 30, 9, Format::Png);
    // Patients of whom nothing is known, and of whom one finding is not.
    let text = place.read("other/findings.csv");
    let places: Vec<usize> = FINDINGS
        .split(',')
        .map(|name| {
            text.lines()
                .next()
                .unwrap()
                .split(',')
                .position(|own| own == name)
                .unwrap()
        })
        .collect();
    let lines = text.lines().enumerate().map(|(line, text)| {
        let mut cells: Vec<&str> = text.split(',').collect();
        if line == 3 {
            places.iter().for_each(|at| cells[*at] = "");
        }
        if line == 5 {
            cells[places[1]] = "";
        }
        format!(
            "{},{}",
            cells.join(","),
            if line == 0 {
                "hall"
            } else {
                ["a", "b"][line % 2]
            }
        )
    });
    let lines: Vec<String> = lines.collect();
    place.write("other/findings.csv", lines.join("\n") + "\n");

    let flags = [
        "evaluate",
        "run",
        "--external",
        "other/findings.csv",
        "--out",
        "ext",
    ];
    let refused = place.run(&flags);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(
        refused.stderr.contains("pass --other-patients"),
        "{}",
        refused.stderr
    );
    let own = [
        "evaluate",
        "run",
        "--external",
        "cohort/findings.csv",
        "--out",
        "ext",
        "--other-patients",
    ];
    let refused = place.run(&own);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(
        refused.stderr.contains("found 24 pictures"),
        "{}",
        refused.stderr
    );
    let with = [&flags[..], &["--other-patients", "--by", "hall"]].concat();
    let said = place.output(&with);
    for words in [
        "left out    1 radiographs",
        "narrow_canal",
        "(1 not known)",
        "as --other-patients says",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let metrics = place.json("ext/metrics.json");
    assert_eq!(metrics["overlap"], "same_names_other_patients");
    let own = place.json("run/metrics.json");
    let scores = rows(&place.read("ext/predictions.csv"));
    assert_eq!(scores.len(), 29);
    for (at, name) in FINDINGS.split(',').enumerate() {
        let found = &metrics["each"][at];
        // Nothing is fitted there.
        assert_eq!(found["threshold"], own["each"][at]["threshold"]);
        let pairs: Vec<(bool, f64)> = scores
            .iter()
            .filter(|row| !row[name].is_empty())
            .map(|row| {
                (
                    row[name] == "1",
                    row[&format!("{name}_score")].parse().unwrap(),
                )
            })
            .collect();
        assert_eq!(pairs.len(), 29 - at);
        near(&found["auc"]["value"], pairwise_auc(&pairs));
        let folder = place.json(&format!("ext/findings/{name}/metrics.json"));
        assert_eq!(folder["auc"], found["auc"]);
        assert_eq!(folder["subgroups"].as_array().unwrap().len(), 1);
        assert!(
            place
                .path(&format!("ext/findings/{name}/figures/roc.png"))
                .is_file()
        );
    }
    // A score is that of `predict`.
    let file = format!("other/{}", scores[0]["image"]);
    let again = json(&place.output(&["predict", "run", &file, "--json"]));
    let score = again["predictions"][0]["answers"][0]["score"]
        .as_f64()
        .unwrap();
    assert!((score - scores[0]["csm_score"].parse::<f64>().unwrap()).abs() < 1e-6);
}
