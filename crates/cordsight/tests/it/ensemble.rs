//! Several members and several views: the run's scores are their mean, what they were worth is told beside one network alone, and
//! a stopped run goes on to the same bytes.

use std::collections::BTreeMap;

use cordsight::config::Settings;
use phantom::Format;
use serde_json::Value;

use crate::program::{Place, json, pairwise_auc, rows, small_settings, tree};
use crate::resume::{finish, request, resumed, stop};

fn settings(members: u32, views: u32) -> Settings {
    Settings {
        members: Some(members),
        views: Some(views),
        ..small_settings(2)
    }
}

#[test]
fn scores_are_the_mean_of_members_and_views_and_their_worth_is_told() {
    let place = Place::new();
    place.draw_cohort(40, 1, Format::Png);
    finish(&request(&place, "one", settings(1, 1)));
    finish(&request(&place, "many", settings(3, 4)));
    let one = rows(&place.read("one/predictions.csv"));
    let many = rows(&place.read("many/predictions.csv"));
    let parts = rows(&place.read("many/predictions_members.csv"));
    assert_eq!((one.len(), many.len(), parts.len()), (12, 12, 12));
    let number = |row: &BTreeMap<String, String>, key: &str| row[key].parse::<f64>().unwrap();
    for ((one, many), parts) in one.iter().zip(&many).zip(&parts) {
        // The first member is the network that the same settings give alone.
        assert_eq!(one["score"], parts["as_is_1"]);
        let mean =
            (number(parts, "member_1") + number(parts, "member_2") + number(parts, "member_3"))
                / 3.0;
        assert!((number(many, "score") - mean).abs() < 1e-15);
        assert_ne!(parts["as_is_1"], parts["as_is_2"]);
        assert_ne!(parts["as_is_1"], parts["member_1"]);
    }
    let area = |score: &dyn Fn(&BTreeMap<String, String>) -> f64| {
        let scores = parts.iter().map(|row| (row["label"] == "1", score(row)));
        pairwise_auc(&scores.collect::<Vec<_>>())
    };
    let mean = |row: &BTreeMap<String, String>, kind: &str| {
        (1..=3)
            .map(|n| number(row, &format!("{kind}_{n}")))
            .sum::<f64>()
            / 3.0
    };
    let (together, as_is) = (
        area(&|row| mean(row, "member")),
        area(&|row| mean(row, "as_is")),
    );
    let first = area(&|row| number(row, "member_1"));
    let combined = &place.json("many/metrics.json")["combined"];
    let near = |found: &Value, expected: f64| {
        assert!(
            (found.as_f64().unwrap() - expected).abs() < 1e-12,
            "{found} and {expected}"
        );
    };
    near(&combined["auc"]["value"], together);
    near(&combined["member_aucs"][0]["value"], first);
    near(
        &combined["ensemble_minus_first"]["difference"]["value"],
        together - first,
    );
    near(
        &combined["views_minus_as_is"]["difference"]["value"],
        together - as_is,
    );
    assert!(place.json("one/metrics.json").get("combined").is_none());
    assert!(
        place
            .read("many/report.html")
            .contains("AUC of all members less that of the first")
    );

    // The model file alone scores as the run did.
    let images = rows(&place.read("cohort/cohort.csv"));
    let path = |patient: &str| {
        let row = images.iter().find(|row| row["patient"] == patient).unwrap();
        format!("cohort/{}", row["image"])
    };
    let files: Vec<String> = many.iter().map(|row| path(&row["patient"])).collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let predicted = json(&place.output(&[&["predict", "many", "--json"][..], &files].concat()));
    let predicted = predicted["predictions"].as_array().unwrap();
    assert_eq!(predicted.len(), 12);
    for ((row, parts), predicted) in many.iter().zip(&parts).zip(predicted) {
        near(&predicted["score"], number(row, "score"));
        // The spread of the members stands beside it.
        let members = (1..=3).map(|n| number(parts, &format!("member_{n}")));
        near(
            &predicted["members"][0],
            members.clone().fold(1.0, f64::min),
        );
        near(&predicted["members"][1], members.fold(0.0, f64::max));
    }
    let said = place.output(&["predict", "many", files[0]]);
    assert!(
        said.contains("lowest and highest score of the 3 networks"),
        "{said}"
    );
    let csv = rows(&place.output(&["predict", "many", files[0], "--csv"]));
    assert!(number(&csv[0], "member_low") <= number(&csv[0], "score"));
    let csv = place.output(&["predict", "one", files[0], "--csv"]);
    assert!(csv.starts_with("file,score,positive,class,error"), "{csv}");
    // The heatmap is that of all members, and says so.
    let said = place.output(&["explain", "many", files[0], "--out", "heat"]);
    assert!(said.contains("mean of 3 networks"), "{said}");
    let heat = rows(&place.read("many/heatmaps/heatmaps.csv"));
    assert!(heat[0]["method"].ends_with("mean of 3 networks"));
    assert!(
        place
            .read("many/report.html")
            .contains("mean of 3 networks")
    );
    let said = place.output(&["evaluate", "many"]);
    assert!(
        said.contains("members     3, AUC ") && said.contains("views       with less without "),
        "{said}"
    );
    for name in ["many.onnx", "many.safetensors", "many.weights.h5"] {
        let refused = place.run(&["export", "many", "--to", name]);
        assert_eq!(refused.code, Some(1), "{name}: {refused:?}");
        assert!(
            refused
                .stderr
                .contains("holds 3 networks and 4 views of a picture, expected one of each"),
            "{name}: {refused:?}"
        );
    }
}

#[test]
fn a_stopped_ensemble_ends_with_the_bytes_of_one_that_was_not() {
    let place = Place::new();
    place.draw_cohort(16, 1, Format::Png);
    let whole = request(&place, "whole", settings(2, 2));
    finish(&whole);
    let halved = request(&place, "halved", settings(2, 2));
    stop(&halved, 1);
    finish(&resumed(&halved));
    // As a kill leaves a run whose second member has one epoch to go.
    let often = request(&place, "often", settings(2, 2));
    finish(&often);
    std::fs::remove_file(place.path("often/model.safetensors")).unwrap();
    std::fs::remove_dir_all(place.path("often/members/2")).unwrap();
    finish(&resumed(&often));
    let files = [
        "model.safetensors",
        "predictions.csv",
        "predictions_members.csv",
        "metrics.json",
        "members/2/metrics.jsonl",
        "members/2/checkpoints/last.safetensors",
        "run.json",
    ];
    place.assert_same("whole", "halved", &files);
    place.assert_same("whole", "often", &files);
    let before = tree(&place.path("whole"));
    finish(&resumed(&whole));
    assert!(tree(&place.path("whole")) == before, "files changed");
}
