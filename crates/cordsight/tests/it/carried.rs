//! Probabilities and conformal sets: fitted on validation patients alone, carried in the model file, shown by `predict`, judged on
//! other patients, and used as they are on another cohort.

use std::collections::BTreeMap;

use diagstat::{Conformal, Level, Platt, Scores};
use phantom::Format;
use serde_json::Value;

use crate::program::{Place, SMALL, json, near, rows, tree};

/// Seed and rate at which positive validation patients score higher, so that a map exists.
const FLAGS: [&str; 14] = [
    "--epochs",
    "4",
    "--seed",
    "3",
    "--init",
    "he",
    "--learning-rate",
    "1e-2",
    "--validation",
    "0.4",
    "--coverage",
    "0.7",
    "--calibration",
    "platt",
];

fn trained(patients: usize) -> Place {
    let place = Place::new();
    place.draw_cohort(patients, 1, Format::Png);
    let train = ["train", "cohort/cohort.csv", "--out", "run"];
    place.output(&[&train[..], &SMALL[..6], &FLAGS].concat());
    place
}

/// Label and score of each row; a phantom has one picture a patient.
fn scores(place: &Place, file: &str) -> Vec<(u8, f64)> {
    let rows = rows(&place.read(file));
    let of = |row: &BTreeMap<String, String>| {
        (row["label"].parse().unwrap(), row["score"].parse().unwrap())
    };
    rows.iter().map(of).collect()
}

fn as_scores(rows: &[(u8, f64)]) -> Scores {
    let (labels, values): (Vec<u8>, Vec<f64>) = rows.iter().copied().unzip();
    Scores::new(&labels, &values).unwrap()
}

/// Share of positive patients among those who fitted a map.
fn share_positive(calibration: &Value) -> f64 {
    let [negatives, positives] = [0, 1].map(|at| calibration["patients"][at].as_f64().unwrap());
    positives / (negatives + positives)
}

/// The odds times the ratio of the prevalences' odds.
fn shifted(probability: f64, from: f64, to: f64) -> f64 {
    let odds = |p: f64| p / (1.0 - p);
    let odds = odds(probability) * odds(to) / odds(from);
    odds / (1.0 + odds)
}

#[test]
fn map_and_sets_come_from_the_validation_patients_and_are_judged_on_the_test_patients() {
    let place = trained(48);
    let fitted = as_scores(&scores(&place, "run/predictions_validation.csv"));
    let platt = Platt::fit(&fitted).unwrap();
    let sets = Conformal::fit(&fitted, Level::new(0.7).unwrap()).unwrap();
    assert!(sets.positive_from().is_some() && sets.negative_to().is_some());
    let carried = &place.json("run/run.json")["carried"];
    near(&carried["calibration"]["map"]["slope"], platt.slope());
    near(
        &carried["calibration"]["map"]["intercept"],
        platt.intercept(),
    );
    near(
        &carried["sets"]["positive_from"],
        sets.positive_from().unwrap(),
    );
    near(&carried["sets"]["negative_to"], sets.negative_to().unwrap());

    let test = scores(&place, "run/predictions.csv");
    let metrics = place.json("run/metrics.json");
    let squares = test.iter().map(|(label, score)| {
        let probability = 1.0 / (1.0 + (-platt.intercept() - platt.slope() * score).exp());
        (probability - f64::from(*label)).powi(2)
    });
    let brier = squares.sum::<f64>() / test.len() as f64;
    near(
        &metrics["recalibrated"]["calibration"]["brier"]["value"],
        brier,
    );
    let holds = |label: u8, score: f64| match label {
        1 => score >= sets.positive_from().unwrap(),
        _ => score <= sets.negative_to().unwrap(),
    };
    let covered = test
        .iter()
        .filter(|(label, score)| holds(*label, *score))
        .count();
    near(
        &metrics["sets"]["coverage"]["value"],
        covered as f64 / test.len() as f64,
    );
    let both = test
        .iter()
        .filter(|(_, score)| holds(0, *score) && holds(1, *score))
        .count();
    assert_eq!(metrics["sets"]["both"], both);
    let share = covered as f64 / test.len() as f64;
    let methods = place.read("run/methods.md");
    for words in [
        "Scores were mapped to probabilities by Platt's map".to_string(),
        "to hold the right class in 70 % of new patients".to_string(),
        format!("The sets, asked to hold the right class in 70 %, did so in {share:.3} ("),
    ] {
        assert!(methods.contains(&words), "{words}: {methods}");
    }
    let points = metrics["risk_coverage"]["points"].as_array().unwrap();
    let threshold = metrics["threshold"]["value"].as_f64().unwrap();
    let wrong = test
        .iter()
        .filter(|(label, score)| u8::from(*score >= threshold) != *label);
    near(
        &points.last().unwrap()["risk"],
        wrong.count() as f64 / test.len() as f64,
    );
    for name in ["risk_coverage.svg", "risk_coverage.png"] {
        assert!(place.path("run/figures").join(name).is_file());
    }
    let report = place.read("run/report.html");
    assert!(report.contains("Brier score of the probabilities"));
    assert!(report.contains("sets that should hold each class in 70 %"));
}

#[test]
fn predict_shows_probability_and_set_and_moves_probabilities_to_another_prevalence() {
    let place = trained(48);
    let manifest = place.json("run/run.json")["carried"].clone();
    let number = |path: [&str; 3]| manifest[path[0]][path[1]][path[2]].as_f64().unwrap();
    let (slope, intercept) = (
        number(["calibration", "map", "slope"]),
        number(["calibration", "map", "intercept"]),
    );
    let images: Vec<String> = rows(&place.read("cohort/cohort.csv"))
        .iter()
        .map(|row| format!("cohort/{}", row["image"]))
        .collect();
    let files: Vec<&str> = images.iter().map(String::as_str).collect();
    let plain = json(&place.output(&[&["predict", "run", "--json"][..], &files].concat()));
    let moved = json(
        &place.output(
            &[
                &["predict", "run", "--json", "--prevalence", "0.1"][..],
                &files,
            ]
            .concat(),
        ),
    );
    let from = share_positive(&manifest["calibration"]);
    let [no, yes] = [0, 1].map(|class| plain["classes"][class].as_str().unwrap());
    let mut words = std::collections::BTreeSet::new();
    for (row, moved) in plain["predictions"]
        .as_array()
        .unwrap()
        .iter()
        .zip(moved["predictions"].as_array().unwrap())
    {
        let score = row["score"].as_f64().unwrap();
        let probability = 1.0 / (1.0 + (-intercept - slope * score).exp());
        near(&row["probability"], probability);
        near(&moved["probability"], shifted(probability, from, 0.1));
        let negative = score <= manifest["sets"]["negative_to"].as_f64().unwrap();
        let positive = score >= manifest["sets"]["positive_from"].as_f64().unwrap();
        let expected = match (negative, positive) {
            (true, false) => no.to_string(),
            (false, true) => yes.to_string(),
            (true, true) => format!("I don't know ({no} or {yes})"),
            (false, false) => format!("I don't know (neither {no} nor {yes})"),
        };
        assert_eq!(row["set"], expected.as_str());
        words.insert(expected);
    }
    assert!(words.len() >= 2, "{words:?}");

    let table = place.output(&["predict", "run", files[0]]);
    assert!(
        table.lines().next().unwrap().ends_with("probability  set"),
        "{table}"
    );
    assert!(
        table.contains("set: holds the right class in 70 % of new patients"),
        "{table}"
    );
    let csv = place.output(&["predict", "run", files[0], "--csv"]);
    assert!(
        csv.starts_with("file,score,positive,class,probability,set,error\n"),
        "{csv}"
    );

    let train = ["train", "cohort/cohort.csv", "--out", "bare"];
    place.output(&[&train[..], &SMALL].concat());
    let bare = place.run(&["predict", "bare", files[0], "--prevalence", "0.1"]);
    assert_eq!(
        (bare.code, bare.stderr.lines().last().unwrap_or_default()),
        (
            Some(2),
            "error: --prevalence: found a model without calibration, expected one trained with --calibration; its scores are no probabilities"
        )
    );
}

#[test]
fn another_cohort_is_judged_with_what_training_left() {
    let place = trained(48);
    place.draw_cohort_in("other", 30, 77, Format::Png);
    let before = tree(&place.path("run"));
    let test = [
        "evaluate",
        "run",
        "--external",
        "other/cohort.csv",
        "--out",
        "external",
    ];
    let refused = place.run(&test);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    let line = refused.stderr.lines().last().unwrap_or_default();
    assert!(
        line.starts_with("error: other/cohort.csv: found 30 patient names (\"")
            && line.contains(" and 25 more) that the model's own cohort has too")
            && line.ends_with("pass --other-patients"),
        "{line}"
    );
    assert!(!place.path("external").exists());

    let test = [
        &test[..],
        &["--other-patients", "--prevalence", "0.2", "--by", "sex"],
    ]
    .concat();
    let said = place.output(&test);
    assert!(
        said.contains("Research use only, not a medical device"),
        "{said}"
    );
    assert!(said.contains("external    no picture in common"), "{said}");
    assert!(tree(&place.path("run")) == before, "the run changed");

    let metrics = place.json("external/metrics.json");
    assert_eq!(metrics["overlap"], "same_names_other_patients");
    assert_eq!(metrics["patients"], 30);
    let facts = place.json("run/run.json");
    assert!(facts["threshold"]["value"].is_number() && facts["fingerprint"].is_string());
    assert_eq!(metrics["threshold"], facts["threshold"]);
    assert_eq!(metrics["trained_on"], facts["fingerprint"]);
    assert_eq!(metrics["subgroups"][0]["column"], "sex");

    // The same figures from the file alone, by the way that knows no model.
    let threshold = metrics["threshold"]["value"].to_string();
    let again = json(&place.output(&[
        "evaluate",
        "--predictions",
        "external/predictions.csv",
        "--threshold",
        &threshold,
        "--prevalence",
        "0.2",
        "--json",
    ]));
    for key in [
        "auc",
        "at_threshold",
        "brier",
        "at_prevalence",
        "calibration",
        "decision_curve",
    ] {
        assert!(!metrics[key].is_null(), "{key}");
        assert_eq!(metrics[key], again[key], "{key}");
    }
    let map = &facts["carried"]["calibration"]["map"];
    let (slope, intercept) = (
        map["slope"].as_f64().unwrap(),
        map["intercept"].as_f64().unwrap(),
    );
    let predictions = rows(&place.read("external/predictions.csv"));
    let from = share_positive(&facts["carried"]["calibration"]);
    let images: Vec<String> = predictions
        .iter()
        .map(|row| format!("other/{}", row["image"]))
        .collect();
    let files: Vec<&str> = images.iter().map(String::as_str).collect();
    let predicted = json(&place.output(&[&["predict", "run", "--json"][..], &files].concat()));
    let mut squares = 0.0;
    let predicted = predicted["predictions"].as_array().unwrap();
    assert_eq!((predictions.len(), predicted.len()), (30, 30));
    for (row, predicted) in predictions.iter().zip(predicted) {
        let number = |key: &str| row[key].parse::<f64>().unwrap();
        assert_eq!(predicted["score"], number("score"));
        assert_eq!(predicted["set"], row["set"].as_str());
        let probability = 1.0 / (1.0 + (-intercept - slope * number("score")).exp());
        near(&Value::from(number("probability")), probability);
        near(
            &Value::from(number("probability_at_prevalence")),
            shifted(probability, from, 0.2),
        );
        squares += (probability - number("label")).powi(2);
    }
    near(
        &metrics["recalibrated"]["calibration"]["brier"]["value"],
        squares / 30.0,
    );
    for name in [
        "tables.md",
        "tables.csv",
        "figures/roc.svg",
        "figures/calibration.png",
        "figures/risk_coverage.png",
    ] {
        assert!(place.path("external").join(name).is_file(), "{name}");
    }
    assert!(
        place
            .read("external/tables.md")
            .contains("Calibration of the probabilities (Platt's map, fitted on ")
    );

    // A model file on its own cannot tell whose cohort it is.
    std::fs::create_dir(place.path("alone")).unwrap();
    std::fs::copy(
        place.path("run/model.safetensors"),
        place.path("alone/model.safetensors"),
    )
    .unwrap();
    place.output(&[
        "evaluate",
        "alone/model.safetensors",
        "--external",
        "other/cohort.csv",
        "--out",
        "unchecked",
    ]);
    assert_eq!(
        place.json("unchecked/metrics.json")["overlap"],
        "not_checked"
    );
}

#[test]
fn a_cohort_with_a_picture_of_the_models_own_is_refused_by_name() {
    let place = trained(24);
    place.draw_cohort_in("other", 12, 77, Format::Png);
    let own = rows(&place.read("cohort/cohort.csv"))[3]["image"].clone();
    let theirs = rows(&place.read("other/cohort.csv"))[7]["image"].clone();
    std::fs::copy(
        place.path("cohort").join(own),
        place.path("other").join(&theirs),
    )
    .unwrap();
    let outcome = place.run(&[
        "evaluate",
        "run",
        "--external",
        "other/cohort.csv",
        "--out",
        "external",
        "--other-patients",
    ]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert_eq!(
        outcome.stderr.trim_end(),
        format!(
            "error: other/cohort.csv: found 1 picture (\"{theirs}\"); expected a cohort that shares none with training, validation or test: leave these rows out"
        )
    );
    assert!(!place.path("external").exists());
}
