//! `cordsight cv` beyond random folds: one site after another left out, measurements beside the networks, and learning rates
//! chosen inside the folds, where no test patient is seen.

use std::collections::{BTreeMap, BTreeSet};

use phantom::Format;
use serde_json::Value;

use crate::program::{Place, SMALL, cv, json, pairwise_auc, rows, tree};

/// A cohort whose column "clinic" says what `clinic` makes of a patient's number and label.
fn with_clinics(patients: usize, clinic: impl Fn(usize, &str) -> &'static str) -> Place {
    let place = Place::new();
    place.draw_cohort(patients, 3, Format::Png);
    let text = place.read("cohort/cohort.csv");
    let mut lines = text.lines();
    let header = format!("{},clinic", lines.next().unwrap());
    let rows = lines.enumerate().map(|(at, line)| {
        let label = line.split(',').nth(2).unwrap();
        format!("{line},{}", clinic(at, label))
    });
    let all: Vec<String> = std::iter::once(header).chain(rows).collect();
    place.write("cohort/cohort.csv", all.join("\n") + "\n");
    place
}

#[test]
fn each_site_is_tested_once_by_a_network_of_the_others() {
    let place = with_clinics(24, |at, _| ["north", "east", "south"][at % 3]);
    let flags = [
        "--by-site",
        "clinic",
        "--validation",
        "0.25",
        "--baseline",
        "age",
    ];
    let said = place.output(&cv("cv", &flags));
    let clinics: BTreeMap<String, String> = rows(&place.read("cohort/cohort.csv"))
        .into_iter()
        .map(|mut row| {
            (
                row.remove("patient").unwrap(),
                row.remove("clinic").unwrap(),
            )
        })
        .collect();
    let metrics = place.json("cv/metrics.json");
    assert_eq!(metrics["by_site"], "clinic");
    // Three sites are too few for an interval, and both terminal and report say so.
    let mean = &metrics["over_splits"]["auc"]["mean"];
    assert!(
        mean["value"].is_number() && mean["interval"].is_null(),
        "{mean}"
    );
    assert_eq!(mean["reason"], "3 sites, at least 5 needed");
    assert!(
        said.contains("no interval: 3 sites, at least 5 needed"),
        "{said}"
    );
    assert!(place.read("cv/report.md").contains("3 sites are too few"));
    let mut tested = BTreeSet::new();
    for (fold, site) in [(1, "east"), (2, "north"), (3, "south")] {
        assert_eq!(metrics["splits"][fold - 1]["site"], site);
        let split = rows(&place.read(&format!("cv/repeat-1-fold-{fold}/split.csv")));
        let mut parts = BTreeSet::new();
        for row in split {
            let is_test = clinics[&row["patient"]] == site;
            assert_eq!(row["split"] == "test", is_test, "{row:?}");
            parts.insert((row["split"].clone(), row["label"].clone()));
            if is_test {
                tested.insert(row["patient"].clone());
            }
        }
        assert_eq!(parts.len(), 6, "{parts:?}");
    }
    assert_eq!(tested.len(), 24);
    let folds = rows(&place.read("cv/folds.csv"));
    assert_eq!(folds.len(), 24);
    for row in folds {
        assert_eq!(clinics[&row["patient"]], row["site"]);
    }
    let report = place.read("cv/report.md");
    assert!(
        report.contains("One of 3 sites (column \"clinic\")"),
        "{report}"
    );
    assert!(
        report.contains("| 1 | [east](repeat-1-fold-1/report.html) |"),
        "{report}"
    );

    // The regression's pooled scores are those of the folds.
    let beside = &metrics["measurements"];
    assert_eq!(beside["measures"], serde_json::json!(["age"]));
    let mut scores: BTreeMap<String, (bool, f64)> = BTreeMap::new();
    for fold in 1..=3 {
        for row in rows(&place.read(&format!("cv/repeat-1-fold-{fold}/baseline.csv"))) {
            let of = (row["label"] == "1", row["score"].parse().unwrap());
            scores.insert(row["patient"].clone(), of);
        }
    }
    assert_eq!(scores.len(), 24);
    let expected = pairwise_auc(&scores.into_values().collect::<Vec<_>>());
    let found = beside["pooled_auc"]["value"].as_f64().unwrap();
    assert!((found - expected).abs() < 1e-12, "{found} and {expected}");
    let network = metrics["pooled_auc"]["value"].as_f64().unwrap();
    let difference = beside["network_minus_baseline"]["value"].as_f64().unwrap();
    assert!((difference - (network - found)).abs() < 1e-12);
    assert!(
        said.contains("logistic regression on 1 measurements"),
        "{said}"
    );

    let before = tree(&place.path("cv"));
    place.output(&cv("cv", &flags));
    assert!(
        tree(&place.path("cv")) == before,
        "a finished cross-validation changed"
    );
    let other = place.run(&cv("cv", &["--folds", "3", "--validation", "0.25"]));
    assert_eq!(other.code, Some(1), "{other:?}");
    assert!(
        other
            .stderr
            .contains("error: cv: the folds there are of --by-site clinic, not no column;"),
        "{other:?}"
    );
}

#[test]
fn a_site_that_looks_like_markup_stays_a_name_in_report_and_text_document() {
    // A cell with a line of its own that would be a picture.
    let hostile = "\"n*|o\n![x](gone.png)\"";
    let place = with_clinics(16, |at, _| if at % 2 == 0 { hostile } else { "south" });
    place.output(&cv("cv", &["--by-site", "clinic"]));
    let report = place.read("cv/report.md");
    let expected = r"[n\*\|o !\[x\](gone.png)](repeat-1-fold-1/report.html)";
    assert!(report.contains(expected), "{report}");
    assert!(place.path("cv/report.docx").is_file());
}

#[test]
fn sites_that_cannot_be_left_out_are_refused_in_one_line() {
    let one = with_clinics(12, |_, _| "north");
    let of_one_class = with_clinics(12, |at, label| match (label, at % 2) {
        ("1", _) => "north",
        (_, 0) => "north",
        _ => "east",
    });
    let empty = with_clinics(12, |at, _| if at == 3 { "" } else { "north" });
    for (place, flags, code, says) in [
        (
            &one,
            ["--by-site", "clinic"],
            1,
            "--by-site: found 1 site, expected at least 2; without --by-site the patients are dealt into folds",
        ),
        (
            &of_one_class,
            ["--by-site", "clinic"],
            1,
            "--by-site: site \"east\" has no patient with label 1, expected both; merge it with another site, or leave its rows out",
        ),
        (
            &empty,
            ["--by-site", "clinic"],
            1,
            "cohort/cohort.csv, line 5, column \"clinic\": found \"\", expected a value for every patient; fill the cell or delete the row",
        ),
        (
            &one,
            ["--by-site", "ward"],
            1,
            "cohort/cohort.csv: found no column \"ward\" (found ",
        ),
    ] {
        place.assert_refused(&cv("cv", &flags), code, says);
        assert!(!place.path("cv").exists());
    }
}

#[test]
fn learning_rates_are_chosen_on_validation_patients_and_never_on_those_who_test() {
    let place = Place::new();
    place.draw_cohort(24, 3, Format::Png);
    let flags = [
        "--folds",
        "2",
        "--validation",
        "0.34",
        "--learning-rates",
        "1e-5,1e-2,1e-3",
        "--init",
        "he",
        "--epochs",
        "3",
    ];
    // The last flag of a kind counts, so the epochs of SMALL are left out.
    let arguments = [
        &["cv", "cohort/cohort.csv", "--out", "cv"],
        &SMALL[..6],
        &flags,
    ]
    .concat();
    place.output(&arguments);
    let metrics = place.json("cv/metrics.json");
    let mut chosen = BTreeSet::new();
    for fold in 1..=2 {
        let choice = place.json(&format!("cv/choices/repeat-1-fold-{fold}.json"));
        let tried = choice["tried"].as_array().unwrap();
        assert_eq!(tried.len(), 3);
        let loss = |of: &Value| of["validation_loss"].as_f64().unwrap();
        let best = tried
            .iter()
            .min_by(|a, b| loss(a).total_cmp(&loss(b)))
            .unwrap();
        assert_eq!(choice["learning_rate"], best["learning_rate"]);
        assert_eq!(
            metrics["splits"][fold - 1]["learning_rate"],
            best["learning_rate"]
        );
        // The run that followed is the trial that won: same losses, same epoch.
        let lines = place.read(&format!("cv/repeat-1-fold-{fold}/metrics.jsonl"));
        let losses = lines
            .lines()
            .map(|line| json(line)["validation_loss"].as_f64().unwrap());
        assert_eq!(losses.fold(f64::INFINITY, f64::min), loss(best));
        let facts = place.json(&format!("cv/repeat-1-fold-{fold}/run.json"));
        assert_eq!(facts["chosen_epoch"], best["epoch"]);
        chosen.insert(choice["learning_rate"].to_string());
    }
    assert!(
        !chosen.contains("1e-5"),
        "three epochs at 1e-5 move nothing: {chosen:?}"
    );

    // What was lost is made again alike.
    let fold = "cv/repeat-1-fold-1";
    let kept = place.json("cv/choices/repeat-1-fold-1.json");
    std::fs::remove_dir_all(place.path(fold)).unwrap();
    std::fs::remove_file(place.path("cv/choices/repeat-1-fold-1.json")).unwrap();
    let before = place.read("cv/metrics.json");
    place.output(&arguments);
    assert_eq!(place.json("cv/choices/repeat-1-fold-1.json"), kept);
    assert_eq!(place.read("cv/metrics.json"), before);

    // Other pictures of the patients who test a fold change its scores and nothing of its choice.
    let split = rows(&place.read("cv/repeat-1-fold-1/split.csv"));
    let image = rows(&place.read("cohort/cohort.csv"))[0]["image"].clone();
    let picture = std::fs::read(place.path("cohort").join(image)).unwrap();
    let (mut changed, kept) = (0, place.read("cv/choices/repeat-1-fold-1.json"));
    for row in rows(&place.read("cohort/cohort.csv")) {
        let part = split.iter().find(|of| of["patient"] == row["patient"]);
        if part.unwrap()["split"] == "test" {
            std::fs::write(place.path("cohort").join(&row["image"]), &picture).unwrap();
            changed += 1;
        }
    }
    assert_eq!(changed, 12);
    let mut elsewhere = arguments.clone();
    elsewhere[3] = "elsewhere";
    place.output(&elsewhere);
    assert_eq!(place.read("elsewhere/choices/repeat-1-fold-1.json"), kept);
    assert_ne!(
        place.read("elsewhere/repeat-1-fold-1/predictions.csv"),
        place.read("cv/repeat-1-fold-1/predictions.csv")
    );

    // Other rates are another study.
    let mut other = elsewhere.clone();
    let rates = other.iter().position(|word| *word == "1e-5,1e-2,1e-3");
    other[rates.unwrap()] = "1e-5,1e-2";
    let other = place.run(&other);
    assert_eq!(other.code, Some(1), "{other:?}");
    assert!(
        other
            .stderr
            .contains("are of --learning-rates 0.00001,0.01,0.001, not 0.00001,0.01;"),
        "{other:?}"
    );
}

#[test]
fn a_choice_without_patients_to_choose_on_is_refused() {
    let place = Place::new();
    place.draw_cohort(12, 3, Format::Png);
    for (flags, says) in [
        (
            &["--learning-rates", "1e-3,1e-4"][..],
            "--learning-rates: found no patients to choose on, expected a validation part in each fold; add --validation 0.2",
        ),
        (
            &["--threshold", "youden"],
            "--threshold youden: found no patients to choose on, expected a validation part in each fold; add --validation 0.2",
        ),
        (
            &["--learning-rates", "1e-3,2", "--validation", "0.3"],
            "--learning-rates: found 2, expected numbers above 0, at most 1",
        ),
        (
            &["--learning-rates", "1e-3,1e-3", "--validation", "0.3"],
            "--learning-rates: found 1 different of 2, expected at least 2, each once; one alone is --learning-rate",
        ),
    ] {
        let outcome = place.run(&cv("cv", flags));
        assert_eq!(
            (outcome.code, outcome.stderr.trim_end()),
            (Some(2), format!("error: {says}").as_str())
        );
    }
    assert!(!place.path("cv").exists());
}

#[test]
fn probabilities_and_sets_are_judged_out_of_fold_by_each_folds_own_map() {
    let place = Place::new();
    place.draw_cohort(48, 3, Format::Png);
    let flags = [
        "--folds",
        "2",
        "--validation",
        "0.4",
        "--calibration",
        "temperature",
        "--coverage",
        "0.6",
    ];
    let said = place.output(&cv("cv", &flags));
    assert!(said.contains("sets        60 % asked"), "{said}");
    let further = &place.json("cv/metrics.json")["further"];
    let (mut squares, mut covered, mut patients) = (0.0, Vec::new(), 0.0);
    for fold in 1..=2 {
        let metrics = place.json(&format!("cv/repeat-1-fold-{fold}/metrics.json"));
        let of_fold = metrics["patients"].as_f64().unwrap();
        let brier = &metrics["recalibrated"]["calibration"]["brier"]["value"];
        squares += of_fold * brier.as_f64().unwrap();
        patients += of_fold;
        covered.push(metrics["sets"]["coverage"]["value"].as_f64().unwrap());
    }
    let brier = further["calibration"]["brier"]["value"].as_f64().unwrap();
    assert_eq!(patients, 48.0);
    assert!((brier - squares / patients).abs() < 1e-12, "{further}");
    let coverage = further["sets"]["coverage"]["mean"]["value"]
        .as_f64()
        .unwrap();
    assert!((coverage - (covered[0] + covered[1]) / 2.0).abs() < 1e-12);
    let report = place.read("cv/report.md");
    for words in [
        "## Probabilities and sets, out of fold",
        "set holds the right class",
    ] {
        assert!(report.contains(words), "{words}");
    }
}
