//! `cordsight cv`: each patient is tested once a repeat, figures follow from the predictions, and a broken-off
//! cross-validation goes on to the bytes of one that was not.

use std::collections::{BTreeMap, BTreeSet};

use cordsight::cohort::Cohort;
use cordsight::split::{Part, Split};
use phantom::Format;
use proptest::prelude::*;
use serde_json::Value;

use crate::program::{Place, SMALL, cv, pairwise_auc, rows, tree};

#[test]
fn every_patient_is_tested_once_a_repeat_and_the_figures_follow_from_the_predictions() {
    let place = Place::new();
    place.draw_cohort(24, 3, Format::Png);
    let flags = ["--folds", "3", "--repeats", "2", "--published-auc", "0.5"];
    let said = place.output(&cv("cv", &flags));
    assert!(
        said.contains("Research use only, not a medical device"),
        "{said}"
    );
    assert!(said.contains("synthetic"), "{said}");
    let metrics = place.json("cv/metrics.json");
    let predictions = rows(&place.read("cv/predictions.csv"));
    assert_eq!(predictions.len(), 48);

    let mut fold_aucs = Vec::new();
    let mut scores: BTreeMap<&str, (String, Vec<f64>, usize)> = BTreeMap::new();
    for repeat in ["1", "2"] {
        let of_repeat = predictions.iter().filter(|row| row["repeat"] == repeat);
        let tested: BTreeSet<&String> = of_repeat.clone().map(|row| &row["patient"]).collect();
        assert_eq!(tested.len(), 24);
        for fold in ["1", "2", "3"] {
            let of_fold = of_repeat.clone().filter(|row| row["fold"] == fold);
            let pairs: Vec<(bool, f64)> = of_fold
                .clone()
                .map(|row| (row["label"] == "1", row["score"].parse().unwrap()))
                .collect();
            fold_aucs.push(pairwise_auc(&pairs));
            let run = rows(&place.read(&format!("cv/repeat-{repeat}-fold-{fold}/split.csv")));
            for row in of_fold {
                let patient = run.iter().find(|found| found["patient"] == row["patient"]);
                assert_eq!(patient.unwrap()["split"], "test");
                let heard = scores.entry(&row["patient"]).or_default();
                let score: f64 = row["score"].parse().unwrap();
                heard.0.clone_from(&row["label"]);
                heard.1.push(score);
                heard.2 += usize::from(score >= row["threshold"].parse().unwrap());
            }
        }
    }
    let near = |found: &Value, expected: f64| {
        assert!(
            (found.as_f64().unwrap() - expected).abs() < 1e-12,
            "{found} and {expected}"
        );
    };
    for (found, expected) in metrics["splits"].as_array().unwrap().iter().zip(&fold_aucs) {
        near(&found["auc"]["value"], *expected);
    }
    let over = &metrics["over_splits"]["auc"];
    near(&over["mean"]["value"], fold_aucs.iter().sum::<f64>() / 6.0);
    near(
        &over["lowest"],
        fold_aucs.iter().copied().fold(1.0, f64::min),
    );
    near(
        &over["highest"],
        fold_aucs.iter().copied().fold(0.0, f64::max),
    );
    let reached = fold_aucs.iter().filter(|auc| **auc >= 0.5).count();
    assert_eq!(metrics["published"]["splits_at_least"], reached);

    let means: Vec<(bool, f64)> = scores
        .values()
        .map(|(label, scores, _)| (label == "1", scores.iter().sum::<f64>() / 2.0))
        .collect();
    near(&metrics["pooled_auc"]["value"], pairwise_auc(&means));
    let called = |label: &str| {
        let of_class = scores.values().filter(|of| of.0 == label);
        of_class.filter(|of| of.2 >= 1).count()
    };
    let counts = &metrics["pooled_calls"]["counts"];
    assert_eq!(counts["true_positives"], called("1"));
    assert_eq!(counts["false_positives"], called("0"));

    let evaluated = place.output(&[
        "evaluate",
        "--predictions",
        "cv/predictions_pooled.csv",
        "--json",
    ]);
    let evaluated: Value = serde_json::from_str(&evaluated).unwrap();
    assert_eq!(evaluated["auc"], metrics["pooled_auc"]);
    assert!(
        place
            .read("cv/report.md")
            .contains("Research use only, not a medical device")
    );
}

#[test]
fn a_broken_off_cross_validation_goes_on_to_the_same_bytes() {
    let place = Place::new();
    place.draw_cohort(16, 5, Format::Png);
    place.output(&cv("whole", &["--folds", "2", "--repeats", "2"]));

    // One repeat first; then a fold as a kill leaves it before its first checkpoint, and one without its report.
    place.output(&cv("parts", &["--folds", "2"]));
    std::fs::remove_dir_all(place.path("parts/repeat-1-fold-1")).unwrap();
    place.write("parts/repeat-1-fold-1/config.toml.partial", "epo");
    std::fs::remove_file(place.path("parts/repeat-1-fold-2/report.html")).unwrap();
    let outcome = place.run(&cv("parts", &["--folds", "2", "--repeats", "2"]));
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let files = [
        "metrics.json",
        "predictions.csv",
        "predictions_pooled.csv",
        "folds.csv",
        "report.md",
        "figures/splits.png",
    ];
    place.assert_same("whole", "parts", &files);

    let before = tree(&place.path("parts"));
    let again = place.run(&cv("parts", &["--folds", "2", "--repeats", "2"]));
    assert_eq!(
        again.stderr.matches("finished before").count(),
        4,
        "{again:?}"
    );
    assert!(
        tree(&place.path("parts")) == before,
        "a finished cross-validation changed"
    );
}

#[test]
fn a_folder_of_other_folds_settings_or_cohort_is_refused_in_one_line() {
    let place = Place::new();
    place.draw_cohort(16, 5, Format::Png);
    place.output(&cv("cv", &["--folds", "2"]));
    place.draw_cohort_in("other", 16, 6, Format::Png);
    place.write("taken/notes.txt", "mine");
    let other = ["cv", "other/cohort.csv", "--out", "cv", "--folds", "2"];
    let other = [&other[..], &SMALL].concat();
    for (arguments, code, says) in [
        (
            cv("cv", &["--folds", "3"]),
            1,
            "cv: the folds there are of --folds 2, not 3; choose another --out",
        ),
        (
            cv("cv", &["--folds", "2", "--seed", "9"]),
            1,
            "cv: the folds there are of another setting seed, not that seed",
        ),
        (other, 1, "cv: the folds there are of the cohort "),
        (
            cv("taken", &[]),
            1,
            "taken: holds files but no cross-validation (no cv.json); choose another --out",
        ),
        (
            cv("new", &["--folds", "1"]),
            2,
            "--folds: found 1, expected 2 to 100",
        ),
        (
            cv("new", &["--published-auc", "86.4"]),
            2,
            "--published-auc: found 86.4, expected 0 to 1",
        ),
        (
            cv("new", &["--folds", "12"]),
            1,
            "the test part has no patient with label",
        ),
    ] {
        place.assert_refused(&arguments, code, says);
    }
    assert!(!place.path("new").exists());
    assert_eq!(place.read("taken/notes.txt"), "mine");
}

proptest! {
    #[test]
    fn folds_deal_each_patient_to_one_test_part_and_differ_by_one_patient_of_a_class(
        classes in (12..60_usize, 12..60_usize), folds in 2..7_u32, seed: u64, validation in prop::sample::select(vec![0.0, 0.2]),
    ) {
        let cohort = cohort(classes);
        let splits = Split::fold(&cohort, folds, validation, seed, 0).unwrap();
        prop_assert_eq!(splits.len(), folds as usize);
        for label in [0, 1] {
            let sizes: Vec<usize> = splits
                .iter()
                .map(|split| split.patients(Part::Test).filter(|(_, found)| *found == label).count())
                .collect();
            let (least, most) = (sizes.iter().min().unwrap(), sizes.iter().max().unwrap());
            prop_assert!(most - least <= 1, "{sizes:?}");
        }
        let whole: Vec<usize> = splits.iter().map(|split| split.patients(Part::Test).count()).collect();
        prop_assert!(whole.iter().max().unwrap() - whole.iter().min().unwrap() <= 1, "{whole:?}");
        let mut tested = BTreeSet::new();
        for split in &splits {
            for (patient, _) in split.patients(Part::Test) {
                prop_assert!(tested.insert(patient.to_string()), "{patient} twice");
            }
            let of = |part| split.patients(part).count();
            prop_assert_eq!(of(Part::Train) + of(Part::Validation) + of(Part::Test), classes.0 + classes.1);
        }
        prop_assert_eq!(tested.len(), classes.0 + classes.1);
        prop_assert_eq!(&Split::fold(&cohort, folds, validation, seed, 0).unwrap(), &splits);
        prop_assert_ne!(&Split::fold(&cohort, folds, validation, seed, 1).unwrap(), &splits);
    }
}

fn cohort((negatives, positives): (usize, usize)) -> Cohort {
    let folder = tempfile::tempdir().unwrap();
    let labels = std::iter::repeat_n(0, negatives).chain(std::iter::repeat_n(1, positives));
    let lines = labels
        .enumerate()
        .map(|(at, label)| format!("p{at},i{at}.png,{label}\n"));
    let text: String = std::iter::once("patient,image,label\n".to_string())
        .chain(lines)
        .collect();
    let path = folder.path().join("cohort.csv");
    std::fs::write(&path, text).unwrap();
    for at in 0..negatives + positives {
        std::fs::write(folder.path().join(format!("i{at}.png")), "").unwrap();
    }
    Cohort::read(&path, None).unwrap()
}
