//! Several pictures of a patient: the view is kept, every statistic has one row a patient, and the rule that pools the scores is
//! the same in training, prediction, cross-validation and on another cohort.

use std::collections::BTreeMap;

use crate::program::{Place, SMALL, json, pairwise_auc, rows};

/// Patients with three views of 96 × 120 pixels each.
fn three_views(name: &str, patients: &str, seed: &str) -> Place {
    let place = Place::new();
    draw(&place, name, patients, seed);
    place
}

fn draw(place: &Place, name: &str, patients: &str, seed: &str) {
    let flags = [
        "--size",
        "96x120",
        "--format",
        "png",
        "--views",
        "neutral,flexion,extension",
    ];
    let drawn = ["phantom", name, "--patients", patients, "--seed", seed];
    place.output(&[&drawn[..], &flags].concat());
}

fn number(row: &BTreeMap<String, String>, column: &str) -> f64 {
    row[column].parse().unwrap()
}

/// Label and highest score of each patient.
fn highest(
    rows: &[BTreeMap<String, String>],
    label: &str,
    score: &str,
) -> BTreeMap<String, (bool, f64)> {
    let mut patients: BTreeMap<String, (bool, f64)> = BTreeMap::new();
    for row in rows {
        let of = patients
            .entry(row["patient"].clone())
            .or_insert((false, 0.0));
        *of = (row[label] == "1", of.1.max(number(row, score)));
    }
    patients
}

fn auc(patients: &BTreeMap<String, (bool, f64)>) -> f64 {
    pairwise_auc(&patients.values().copied().collect::<Vec<_>>())
}

#[test]
fn the_highest_score_of_three_views_is_the_patients_everywhere() {
    let place = three_views("cohort", "24", "1");
    assert!(
        place
            .read("cohort/cohort.csv")
            .starts_with("patient,image,view,label,")
    );
    let train = [
        "train",
        "cohort/cohort.csv",
        "--out",
        "run",
        "--pool",
        "max",
        "--threshold",
        "youden",
    ];
    let said = place.output(&[&train[..], &["--no-robustness"], &SMALL].concat());
    assert!(
        said.contains("test        7 patients") && said.contains("21 radiographs"),
        "{said}"
    );
    let predictions = rows(&place.read("run/predictions.csv"));
    assert_eq!(predictions.len(), 21);
    let of_view = |view: &str| predictions.iter().filter(|row| row["view"] == view).count();
    assert_eq!(
        (of_view("neutral"), of_view("flexion"), of_view("extension")),
        (7, 7, 7)
    );
    let patients = highest(&predictions, "label", "score");
    let metrics = place.json("run/metrics.json");
    assert_eq!(metrics["patients"], 7);
    assert_eq!(
        metrics["patient_score"],
        "highest score of the patient's pictures"
    );
    let found = metrics["auc"]["value"].as_f64().unwrap();
    assert!((found - auc(&patients)).abs() < 1e-12);
    // The threshold was chosen on the training patients' highest scores: none is better on them.
    let training = highest(
        &rows(&place.read("run/predictions_train.csv")),
        "label",
        "score",
    );
    let threshold = metrics["threshold"]["value"].as_f64().unwrap();
    let right = |label: bool, from: f64| {
        let of_class = training.values().filter(|of| of.0 == label);
        let (right, all): (Vec<bool>, usize) = (
            of_class.clone().map(|of| (of.1 >= from) == label).collect(),
            of_class.count(),
        );
        right.iter().filter(|right| **right).count() as f64 / all as f64
    };
    let youden = |from: f64| right(true, from) + right(false, from);
    let best = training.values().map(|of| youden(of.1)).fold(0.0, f64::max);
    assert!((youden(threshold) - best).abs() < 1e-12);
    let mean_rule =
        json(&place.output(&["evaluate", "--predictions", "run/predictions.csv", "--json"]));
    assert_eq!(
        mean_rule["patient_score"],
        "mean of the scores of the patient's pictures"
    );
    let called = patients
        .values()
        .filter(|(label, score)| *label && *score >= threshold)
        .count();
    assert_eq!(
        metrics["counts"]["true_positives"]
            .as_u64()
            .or(metrics["at_threshold"]["counts"]["true_positives"].as_u64()),
        Some(called as u64)
    );

    // The file says the same to whoever knows the rule.
    let evaluate = ["evaluate", "--predictions", "run/predictions.csv", "--json"];
    let with_rule = json(&place.output(&[&evaluate[..], &["--pool", "max"]].concat()));
    assert_eq!(with_rule["auc"], metrics["auc"]);

    // Patients are scored from all of their pictures.
    let said = place.output(&["predict", "run", "--by-patient", "cohort/cohort.csv"]);
    assert!(
        said.starts_with("patient") && said.contains("highest score of the patient's pictures"),
        "{said}"
    );
    let scored = rows(&place.output(&[
        "predict",
        "run",
        "--by-patient",
        "cohort/cohort.csv",
        "--csv",
    ]));
    assert_eq!(scored.len(), 24);
    let mut compared = 0;
    for row in &scored {
        assert_eq!(row["pictures"], "3");
        if let Some((_, score)) = patients.get(&row["patient"]) {
            assert!((number(row, "score") - score).abs() < 1e-6);
            assert_eq!(row["positive"], (*score >= threshold).to_string());
            compared += 1;
        }
    }
    assert_eq!(compared, 7);
    // A picture that cannot be used takes the patient's score away, and only that patient's.
    let table = place.read("cohort/cohort.csv");
    let first = table.lines().nth(2).unwrap().split(',').nth(1).unwrap();
    place.write("cohort/images/broken.png", "no picture");
    place.write(
        "cohort/broken.csv",
        table.replace(first, "images/broken.png"),
    );
    let outcome = place.run(&[
        "predict",
        "run",
        "--by-patient",
        "cohort/broken.csv",
        "--csv",
    ]);
    assert_eq!(outcome.code, Some(1));
    let scored = rows(&outcome.stdout);
    let without: Vec<_> = scored
        .iter()
        .filter(|row| row["score"].is_empty())
        .collect();
    assert_eq!((scored.len(), without.len()), (24, 1));
    assert!(
        without[0]["error"].starts_with("images/broken.png: "),
        "{without:?}"
    );

    // Another cohort is pooled by the model's rule.
    draw(&place, "other", "20", "7");
    let external = [
        "evaluate",
        "run",
        "--external",
        "other/cohort.csv",
        "--out",
        "ext",
        "--other-patients",
    ];
    place.output(&external);
    let metrics = place.json("ext/metrics.json");
    let patients = highest(&rows(&place.read("ext/predictions.csv")), "label", "score");
    assert_eq!(patients.len(), 20);
    assert!((metrics["auc"]["value"].as_f64().unwrap() - auc(&patients)).abs() < 1e-12);
}

#[test]
fn folds_have_one_row_a_patient_and_findings_are_pooled_alike() {
    let place = three_views("cohort", "24", "2");
    let cv = [
        "cv",
        "cohort/findings.csv",
        "--out",
        "cv",
        "--findings",
        "csm",
        "--folds",
        "2",
        "--pool",
        "max",
    ];
    place.output(&[&cv[..], &SMALL].concat());
    let metrics = place.json("cv/metrics.json");
    assert_eq!(metrics["patients"], 24);
    let all = rows(&place.read("cv/predictions.csv"));
    assert_eq!(all.len(), 72);
    assert_eq!(
        all.iter().filter(|row| row["view"] == "flexion").count(),
        24
    );
    let patients = highest(&all, "csm", "csm_score");
    let pooled = rows(&place.read("cv/predictions_pooled.csv"));
    assert_eq!(pooled.len(), 24);
    for row in &pooled {
        assert!((number(row, "csm_score") - patients[&row["patient"]].1).abs() < 1e-12);
    }
    let found = metrics["each"][0]["pooled_auc"]["value"].as_f64().unwrap();
    assert!((found - auc(&patients)).abs() < 1e-12);
    let scored = place.output(&[
        "predict",
        "cv/repeat-1-fold-1",
        "--by-patient",
        "cohort/findings.csv",
        "--csv",
    ]);
    assert_eq!(rows(&scored).len(), 24);

    let classes = [
        "train",
        "cohort/findings.csv",
        "--out",
        "run",
        "--classes",
        "healthy,spondylosis,CSM",
    ];
    let outcome = place.run(
        &[
            &classes[..],
            &["--class-column", "class", "--pool", "max"],
            &SMALL,
        ]
        .concat(),
    );
    assert_eq!(outcome.code, Some(2));
    assert!(
        outcome
            .stderr
            .contains("setting \"pool\": found max, expected mean"),
        "{}",
        outcome.stderr
    );
}
