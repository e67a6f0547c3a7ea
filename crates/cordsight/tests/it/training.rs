//! A training run leaves every file that the documentation names, the same bytes for the same seed, and figures that
//! can be computed again from its predictions.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use phantom::Format;

use crate::program::{Place, SMALL, json, tree};

/// Files that must be the same for the same seed.
const RESULTS: [&str; 6] = [
    "model.safetensors",
    "predictions.csv",
    "predictions_train.csv",
    "metrics.jsonl",
    "metrics.json",
    "split.csv",
];

/// `train cohort/cohort.csv` with flags at which two epochs change something.
fn train<'a>(out: &'a str, flags: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["train", "cohort/cohort.csv", "--out", out];
    arguments.extend(&SMALL[..6]);
    arguments.extend(["--epochs", "2", "--init", "he", "--learning-rate", "1e-3"]);
    arguments.extend(flags);
    arguments
}

fn same(place: &Place, one: &str, other: &str) -> Vec<&'static str> {
    let bytes = |run: &str, file: &str| std::fs::read(place.path(run).join(file)).expect(file);
    let same = RESULTS
        .into_iter()
        .filter(|file| bytes(one, file) == bytes(other, file));
    same.collect()
}

#[test]
fn a_run_holds_the_files_that_the_documentation_names_and_no_others() {
    let place = Place::new();
    place.draw_cohort(16, 1, Format::Png);
    place.output(&train("run", &["--validation", "0.3"]));

    let documentation = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/files.md");
    let text = std::fs::read_to_string(documentation).expect("docs/reference/files.md");
    let table = text.split("\n## ").next().unwrap_or_default();
    let named: BTreeSet<String> = table
        .lines()
        .filter(|line| line.starts_with("| `"))
        .flat_map(|line| {
            let files = line.split('|').nth(1).unwrap_or_default();
            let names = files.split('`').skip(1).step_by(2);
            names.map(str::to_string).collect::<Vec<_>>()
        })
        .collect();
    assert!(named.len() > 10, "{named:?}");
    // Those are there only while a program is at work, and where they were asked for.
    let mut named = named;
    for absent in [
        "running",
        "audited.json",
        "tensorboard/train/",
        "tensorboard/validation/",
    ] {
        assert!(named.remove(absent), "{absent}");
    }

    let written: BTreeSet<String> = tree(&place.path("run"))
        .into_iter()
        .filter(|(_, content)| content.is_some())
        .map(|(path, content)| {
            assert_ne!(content, Some(Vec::new()), "{} is empty", path.display());
            let path = path.to_string_lossy().into_owned();
            match path.strip_prefix("figures/").zip(path.rsplit_once('.')) {
                Some((_, (_, kind @ ("svg" | "png")))) => format!("figures/*.{kind}"),
                None if path.starts_with("heatmaps/") && path.ends_with(".jpg") => {
                    "heatmaps/*.jpg".to_string()
                }
                _ => path,
            }
        })
        .collect();
    assert_eq!(written, named);

    let figures: Vec<String> = tree(&place.path("run/figures"))
        .into_keys()
        .map(|path| path.to_string_lossy().into_owned())
        .collect();
    let names = [
        "calibration",
        "confusion",
        "decision",
        "flow",
        "learning",
        "precision_recall",
        "robustness",
        "roc",
        "roc_readers",
        "scores",
        "subgroups",
    ];
    let both = names.map(|name| [format!("{name}.png"), format!("{name}.svg")]);
    let mut expected = both.concat();
    expected.push("gallery.png".to_string());
    expected.sort();
    assert_eq!(figures, expected);
}

#[test]
fn the_same_seed_gives_the_same_bytes_whatever_the_number_of_threads() {
    let place = Place::new();
    place.draw_cohort(16, 1, Format::Png);
    place.output(&train("first", &[]));
    place.output(&train("second", &[]));
    assert_eq!(same(&place, "first", "second"), RESULTS);

    for threads in ["1", "2", "3"] {
        let out = format!("threads_{threads}");
        let status = place
            .command(&train(&out, &[]))
            .env("RAYON_NUM_THREADS", threads)
            .output()
            .expect("the program");
        assert!(status.status.success(), "{status:?}");
        assert_eq!(same(&place, "first", &out), RESULTS, "{threads} threads");
    }
}

#[test]
fn another_seed_gives_another_model() {
    let place = Place::new();
    place.draw_cohort(16, 1, Format::Png);
    place.output(&train("first", &["--seed", "1"]));
    place.output(&train("second", &["--seed", "2"]));
    assert_eq!(same(&place, "first", "second"), Vec::<&str>::new());
}

#[test]
fn the_settings_of_a_run_give_the_same_run_again() {
    let place = Place::new();
    place.draw_cohort(16, 1, Format::Png);
    let flags = ["--zoom", "0.05", "--threshold", "youden", "--seed", "7"];
    place.output(&train("first", &flags));
    place.output(&[
        "train",
        "cohort/cohort.csv",
        "--out",
        "second",
        "--config",
        "first/config.toml",
    ]);
    assert_eq!(same(&place, "first", "second"), RESULTS);
    assert_eq!(
        place.read("first/config.toml"),
        place.read("second/config.toml")
    );
}

/// Rows of a predictions file: patient, label, score.
fn scores(place: &Place, file: &str) -> Vec<(String, u8, f64)> {
    let text = place.read(file);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows = reader.records().map(|row| {
        let row = row.expect("a row");
        (
            row[0].to_string(),
            row[2].parse().expect("a label"),
            row[3].parse().expect("a score"),
        )
    });
    rows.collect()
}

#[test]
fn a_patient_with_several_pictures_has_one_score_the_mean_of_theirs() {
    let place = Place::new();
    place.draw_cohort(32, 1, Format::Png);
    let text = place.read("cohort/cohort.csv");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let mut images = [Vec::new(), Vec::new()];
    for row in reader.records() {
        let row = row.expect("a row");
        images[usize::from(&row[2] == "1")].push(row[1].to_string());
    }
    let mut cohort = "patient,image,label\n".to_string();
    for (label, images) in images.iter().enumerate() {
        for (number, pair) in images.chunks_exact(2).enumerate() {
            for image in pair {
                cohort += &format!("class{label}-{number},{image},{label}\n");
            }
        }
    }
    place.write("cohort/cohort.csv", cohort);
    place.output(&train("run", &[]));

    let mut patients: BTreeMap<String, (u8, Vec<f64>)> = BTreeMap::new();
    for (patient, label, score) in scores(&place, "run/predictions.csv") {
        patients
            .entry(patient)
            .or_insert((label, Vec::new()))
            .1
            .push(score);
    }
    let mean = |scores: &[f64]| scores.iter().sum::<f64>() / scores.len() as f64;
    let of_class = |wanted: u8| -> Vec<f64> {
        let class = patients.values().filter(|(label, _)| *label == wanted);
        class.map(|(_, scores)| mean(scores)).collect()
    };
    assert!(patients.values().all(|(_, scores)| scores.len() == 2));
    assert!(patients.values().any(|(_, scores)| scores[0] != scores[1]));

    let (ill, well) = (of_class(1), of_class(0));
    let mut won = 0.0;
    for i in &ill {
        for w in &well {
            won += if i > w {
                1.0
            } else {
                f64::from(u8::from(i == w)) / 2.0
            };
        }
    }
    let metrics = json(&place.read("run/metrics.json"));
    assert_eq!(metrics["patients"], patients.len());
    assert_eq!(metrics["pictures"], 2 * patients.len());
    let auc = won / (ill.len() * well.len()) as f64;
    let found = metrics["auc"]["value"].as_f64().expect("an AUC");
    assert!((found - auc).abs() < 1e-12, "{found} against {auc}");
    let called = of_class(1).iter().filter(|score| **score >= 0.5).count();
    assert_eq!(metrics["at_threshold"]["counts"]["true_positives"], called);
}

#[test]
fn radiographs_that_were_skipped_are_listed_in_the_run_and_in_the_report() {
    let place = Place::new();
    place.draw_cohort(16, 1, Format::Png);
    place.write("cohort/images/P003.png", "");
    place.write("cohort/images/P008.png", "no picture, <b>none</b>");
    let refused = place.run(&train("run", &[]));
    assert_eq!(refused.code, Some(1), "{refused:?}");

    place.output(&train("run", &["--skip-unreadable"]));
    let excluded = place.read("run/excluded.csv");
    let mut reader = csv::Reader::from_reader(excluded.as_bytes());
    let rows: Vec<Vec<String>> = reader
        .records()
        .map(|row| row.expect("a row").iter().map(str::to_string).collect())
        .collect();
    assert_eq!(
        rows,
        [
            [
                "P003",
                "images/P003.png",
                "found an empty file, expected a PNG, JPEG, TIFF or DICOM picture"
            ],
            [
                "P008",
                "images/P008.png",
                "found a text file that starts with \"no picture, <b>none<\", expected a PNG, JPEG, TIFF or DICOM picture"
            ],
        ]
    );
    let report = place.read("run/report.html");
    let words: Vec<&str> = report
        .split('<')
        .filter_map(|piece| piece.split_once('>'))
        .flat_map(|(_, text)| text.split_whitespace())
        .collect();
    let words = words.join(" ");
    for reason in [
        "1 patient (1 image): found an empty file, expected a PNG, JPEG, TIFF or DICOM picture",
        "1 patient (1 image): found a text file that starts with &quot;no picture, &lt;b&gt;none&lt;&quot;",
    ] {
        assert!(words.contains(reason), "{reason} is not in the report");
    }
    assert!(!report.contains("<b>none"));
    let used: BTreeSet<String> = place
        .read("run/split.csv")
        .lines()
        .skip(1)
        .filter_map(|line| line.split(',').next().map(str::to_string))
        .collect();
    assert_eq!(used.len(), 14);
    assert!(!used.contains("P003") && !used.contains("P008"));
}

#[test]
fn evaluate_gives_the_runs_figures_again_byte_for_byte() {
    let place = Place::new();
    place.draw_cohort(16, 1, Format::Png);
    place.output(&train("run", &["--threshold", "youden"]));
    let before = place.tree();
    let files =
        |place: &Place| -> BTreeSet<std::path::PathBuf> { place.tree().into_keys().collect() };
    let named = files(&place);
    std::fs::remove_file(place.path("run/metrics.json")).expect("metrics.json");
    std::fs::remove_file(place.path("run/report.html")).expect("report.html");
    std::fs::remove_file(place.path("run/figures/decision.png")).expect("decision.png");
    std::fs::remove_file(place.path("run/figures/roc.svg")).expect("roc.svg");

    let printed = place.output(&["evaluate", "run", "--json"]);
    let changed: Vec<String> = place
        .tree()
        .into_iter()
        .filter(|(path, content)| before.get(path) != Some(content))
        .map(|(path, _)| path.display().to_string())
        .collect();
    assert_eq!(changed, ["run/looks.jsonl", "run/report.html"]);
    assert_eq!(files(&place), named);
    let count = |report: &str| {
        report.replace(
            "looked at twice (train 1, evaluate 1)",
            "looked at once (train 1)",
        )
    };
    let report = before[Path::new("run/report.html")]
        .clone()
        .expect("a report");
    assert_eq!(
        count(&place.read("run/report.html")),
        String::from_utf8(report).expect("a text")
    );
    assert_eq!(printed, place.read("run/metrics.json"));
}

#[test]
fn predictions_alone_give_the_same_area_and_counts_as_the_run() {
    let place = Place::new();
    place.draw_cohort(16, 1, Format::Png);
    place.output(&train("run", &["--threshold", "0.45"]));
    let run = json(&place.read("run/metrics.json"));
    let alone = json(&place.output(&[
        "evaluate",
        "--predictions",
        "run/predictions.csv",
        "--threshold",
        "0.45",
        "--json",
    ]));
    assert!(run["auc"]["value"].is_f64(), "{run}");
    for key in [
        "auc",
        "at_threshold",
        "brier",
        "patients",
        "average_precision",
        "partial_auc_specificity_above_80",
        "calibration",
        "decision_curve",
        "bootstrap",
    ] {
        assert!(!run[key].is_null(), "{key}");
        assert_eq!(run[key], alone[key], "{key}");
    }
    assert!(run["roc_band"].is_array(), "{run}");
    assert_eq!(run["roc_band"], alone["roc"]["band"]);
    assert!(run.get("chosen_on_these_patients").is_none(), "{run}");
}

#[test]
fn a_model_scores_its_own_cohort_as_the_run_did() {
    let place = Place::new();
    place.draw_cohort(16, 1, Format::Png);
    place.output(&train("run", &[]));
    place.output(&[
        "evaluate",
        "cohort/cohort.csv",
        "--model",
        "run/model.safetensors",
        "--out",
        "again.csv",
        "--json",
    ]);
    let mut own = scores(&place, "run/predictions.csv");
    own.extend(scores(&place, "run/predictions_train.csv"));
    own.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(own.len(), 16);
    assert_eq!(own, scores(&place, "again.csv"));
}

/// 22 true positives, 7 false negatives, 1 false positive and 32 true negatives are the only counts that give the
/// figures of the paper's Table 2.
#[test]
fn the_papers_matrix_gives_the_papers_table() {
    let place = Place::new();
    let mut text = "patient,image,label,score\n".to_string();
    let mut number = 0;
    for (patients, label, score) in [(22, 1, "1.0"), (7, 1, "0.0"), (1, 0, "1.0"), (32, 0, "0.0")] {
        for _ in 0..patients {
            number += 1;
            text += &format!("P{number:02},P{number:02}.png,{label},{score}\n");
        }
    }
    place.write("paper.csv", text);
    let figures = json(&place.output(&["evaluate", "--predictions", "paper.csv", "--json"]));
    let paper = &figures["paper_style"];
    let value = |name: &str| paper[name]["value"].as_f64().expect(name);
    assert_eq!(format!("{:.1}", 100.0 * value("accuracy")), "87.1");
    assert_eq!(format!("{:.4}", value("macro_recall")), "0.8642");
    assert_eq!(format!("{:.4}", value("macro_precision")), "0.8885");
    assert_eq!(format!("{:.3}", value("auc_of_calls")), "0.864");
    let interval = &paper["auc_of_calls"]["interval"];
    let bound = |name: &str| interval[name].as_f64().expect(name);
    assert_eq!(
        format!("{:.4}-{:.4}", bound("low"), bound("high")),
        "0.7795-0.9488"
    );

    let printed = place.output(&["evaluate", "--predictions", "paper.csv"]);
    for line in [
        "AUC         0.864 (95 % CI 0.756 to 0.929, DeLong on the logit)",
        "accuracy    0.871 (",
    ] {
        assert!(printed.contains(line), "no {line:?} in {printed}");
    }
}
