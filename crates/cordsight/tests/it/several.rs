//! Several findings with gaps, and three classes: from a drawn cohort through training, results, scores, heatmaps and another
//! cohort; one finding alone is the same as two classes; bad input says what is wrong.

use cordsight::config::Settings;
use cordsight::train::Request;
use diagstat::{Scores, auc};
use phantom::Format;

use crate::program::{Place, SMALL, json, rows, small_settings, tree};
use crate::resume::{finish, request, resumed, stop};

const FINDINGS: &str = "csm,narrow_canal,slip";
const CLASSES: &str = "healthy,spondylosis,CSM";

fn train<'a>(cohort: &'a str, out: &'a str, flags: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["train", cohort, "--out", out];
    arguments.extend(&SMALL[..6]);
    arguments.extend(["--epochs", "2", "--init", "he", "--learning-rate", "1e-3"]);
    arguments.extend(flags);
    arguments
}

/// The drawn findings with a gap in every fifth `slip`, and one patient of whom nothing is known.
fn with_gaps(place: &Place) -> usize {
    let text = place.read("cohort/findings.csv");
    let mut lines = text.lines();
    let header = lines.next().unwrap().to_string();
    let at = header.split(',').position(|name| name == "slip").unwrap();
    let mut gaps = 0;
    let changed = lines.enumerate().map(|(row, line)| {
        let mut cells: Vec<&str> = line.split(',').collect();
        if row % 5 == 0 {
            cells[at] = "";
            gaps += 1;
        }
        if row == 7 {
            cells[2..].fill("");
        }
        cells.join(",")
    });
    let changed: Vec<String> = std::iter::once(header).chain(changed).collect();
    place.write("cohort/gaps.csv", changed.join("\n") + "\n");
    gaps
}

#[test]
fn findings_with_gaps_go_from_a_cohort_to_scores_and_heatmaps() {
    let place = Place::new();
    place.draw_cohort(60, 1, Format::Png);
    let gaps = with_gaps(&place);
    assert_eq!(gaps, 12);
    let flags = [
        "--findings",
        FINDINGS,
        "--validation",
        "0.3",
        "--threshold",
        "youden",
    ];
    let said = place.output(&train("cohort/gaps.csv", "run", &flags));
    assert!(said.contains("Research use only"), "{said}");
    assert!(said.contains("synthetic radiographs"), "{said}");

    // Who was left out, and the split.
    let excluded = rows(&place.read("run/excluded.csv"));
    assert_eq!(excluded.len(), 1);
    assert_eq!(excluded[0]["reason"], "no finding is known");
    let split = rows(&place.read("run/split.csv"));
    assert_eq!(split.len(), 59);
    for name in FINDINGS.split(',') {
        for part in ["train", "validation", "test"] {
            for label in ["0", "1"] {
                let there = split
                    .iter()
                    .any(|row| row["split"] == part && row[name] == label);
                assert!(there, "{part} lacks {name} {label}");
            }
        }
    }

    // Figures are those of the predictions, over the patients of whom the finding is known.
    let predictions = rows(&place.read("run/predictions.csv"));
    let metrics = place.json("run/metrics.json");
    let each = metrics["each"].as_array().unwrap();
    assert_eq!(each.len(), 3);
    let mut unknown = 0;
    for (name, found) in FINDINGS.split(',').zip(each) {
        assert_eq!(found["name"], name);
        let known: Vec<_> = predictions
            .iter()
            .filter(|row| !row[name].is_empty())
            .collect();
        unknown += predictions.len() - known.len();
        assert_eq!(found["unknown"], predictions.len() - known.len());
        assert_eq!(found["patients"], known.len());
        let labels: Vec<u8> = known.iter().map(|row| row[name].parse().unwrap()).collect();
        let column = format!("{name}_score");
        let scores: Vec<f64> = known
            .iter()
            .map(|row| row[&column].parse().unwrap())
            .collect();
        let expected = auc(&Scores::new(&labels, &scores).unwrap()).unwrap();
        let found = found["auc"]["value"].as_f64().unwrap();
        assert!(
            (found - expected).abs() < 1e-12,
            "{name}: {found} {expected}"
        );
        let own = rows(&place.read(&format!("run/findings/{name}/predictions.csv")));
        assert_eq!(own.len(), known.len());
        let heat = rows(&place.read(&format!("run/findings/{name}/heatmaps/heatmaps.csv")));
        assert_eq!(heat.len(), known.len());
        let drawn = place.path(&format!("run/findings/{name}/heatmaps/{}", heat[0]["file"]));
        assert!(drawn.is_file());
    }
    assert!(unknown > 0);
    let report = place.read("run/report.html");
    for text in [
        "Research use only",
        "narrow_canal",
        "Several results",
        "<svg",
    ] {
        assert!(report.contains(text), "{text}");
    }
    // The findings' own files are what `evaluate --predictions` takes.
    let again = place.output(&[
        "evaluate",
        "--predictions",
        "run/findings/csm/predictions.csv",
        "--json",
    ]);
    let again = json(&again);
    assert!(again["auc"]["value"].is_number());
    assert_eq!(again["auc"], each[0]["auc"]);
    let looked = |text: &str| text.replace("twice (train 1, evaluate 1)", "once (train 1)");
    assert_eq!(looked(&place.output(&["evaluate", "run"])), said);

    // Scores of a file are those of the run.
    let first = &predictions[0];
    let file = format!("cohort/{}", first["image"]);
    let scored = place.output(&["predict", "run", &file, "--json"]);
    let scored = json(&scored);
    let answers = scored["predictions"][0]["answers"].as_array().unwrap();
    assert_eq!(answers.len(), 3);
    for answer in answers {
        let column = format!("{}_score", answer["name"].as_str().unwrap());
        let (found, expected) = (answer["score"].as_f64().unwrap(), &first[&column]);
        assert!((found - expected.parse::<f64>().unwrap()).abs() < 1e-6);
        let called = found >= answer["threshold"].as_f64().unwrap();
        assert_eq!(answer["called"], called);
    }
    let table = place.output(&["predict", "run", &file]);
    assert!(
        table.contains("narrow_canal") && table.contains("Research use only"),
        "{table}"
    );
    let csv = rows(&place.output(&["predict", "run", &file, "--csv"]));
    assert_eq!(csv.len(), 1);

    // Heatmaps are of one finding, which must be named.
    let outcome = place.run(&["explain", "run", &file]);
    assert_eq!(outcome.code, Some(2));
    assert!(
        outcome
            .stderr
            .contains("expected one of csm, narrow_canal, slip"),
        "{}",
        outcome.stderr
    );
    for (finding, out) in [("slip", "slip"), ("csm", "csm")] {
        place.output(&["explain", "run", &file, "--finding", finding, "--out", out]);
        let name = first["image"]
            .trim_start_matches("images/")
            .replace(".png", ".json");
        let about = place.json(&format!("{out}/{name}"));
        let expected: f64 = first[&format!("{finding}_score")].parse().unwrap();
        assert_eq!(about["target"], finding);
        assert!((about["score"].as_f64().unwrap() - expected).abs() < 1e-6);
    }

    // The report has what that of two classes has: words, patients, statements, checklists, as page and as texts.
    for text in [
        "Methods and results in words",
        "the mean binary cross-entropy of all findings that are known",
        "Reference standard: NOT STATED",
        "CLAIM 2024",
        "Patients by part.",
        "slip, n (%)",
    ] {
        assert!(report.contains(text), "{text}");
    }
    let found = metrics["each"][2]["at_threshold"]["counts"]["true_positives"]
        .as_u64()
        .unwrap();
    let with = metrics["each"][2]["positives"].as_u64().unwrap();
    let sentence = format!("{found} of {with} patients with it were found");
    let methods = place.read("run/methods.md");
    assert!(methods.contains(&sentence), "{sentence}: {methods}");
    let markdown = place.read("run/report.md");
    for text in [
        "## Patients",
        "| finding | with | without",
        "findings/slip/figures/roc.png",
    ] {
        assert!(markdown.contains(text), "{text}");
    }
    assert!(place.path("run/report.docx").is_file());
    let checklist = rows(&place.read("run/checklist.csv"));
    assert!(checklist.iter().any(|row| row["status"] == "reported"));
    // What is stated later stands in the report that is written again.
    let config = place.read("run/config.toml");
    assert!(config.contains("[study]"));
    let stated = config.replace("reference_standard = \"\"", "reference_standard = \"MRI\"");
    assert_ne!(stated, config);
    place.write("run/config.toml", stated);
    place.output(&["report", "run"]);
    let report = place.read("run/report.html");
    assert!(report.contains("Reference standard: MRI"));
    assert!(report.contains("class=\"stated\">MRI"));

    // For other programs: a score for each finding, named in the file.
    place.output(&["export", "run", "--to", "model.onnx"]);
    let model = std::fs::read(place.path("model.onnx")).unwrap();
    let read = pretrained::read(&model).unwrap();
    let last = read.tensors.iter().find(|tensor| tensor.shape == [3, 64]);
    assert!(last.is_some(), "three outputs of 64 inputs");
    assert!(String::from_utf8_lossy(&model).contains(FINDINGS));
    // A file whose findings do not fit its network is refused.
    let bytes = std::fs::read(place.path("run/model.safetensors")).unwrap();
    let mut changed = bytes.clone();
    let at = bytes
        .windows(9)
        .position(|window| window == b"outputs\\\"")
        .unwrap();
    assert_eq!(changed[at + 10], b'3');
    changed[at + 10] = b'2';
    place.write("changed.safetensors", changed);
    let outcome = place.run(&["predict", "changed.safetensors", &file]);
    assert_eq!(outcome.code, Some(1));
    assert!(
        outcome.stderr.contains("the file was changed"),
        "{}",
        outcome.stderr
    );

    // Another cohort.
    place.draw_cohort_in("other", 24, 9, Format::Png);
    let other = place.output(&[
        "evaluate",
        "other/findings.csv",
        "--model",
        "run/model.safetensors",
    ]);
    assert!(other.contains("narrow_canal"), "{other}");
}

#[test]
fn three_classes_go_from_a_cohort_to_the_table_of_truth_and_call() {
    let place = Place::new();
    place.draw_cohort(60, 2, Format::Png);
    let flags = ["--classes", CLASSES, "--class-column", "class"];
    let said = place.output(&train("cohort/findings.csv", "run", &flags));
    for text in ["macro AUC", "spondylosis", "accuracy", "Research use only"] {
        assert!(said.contains(text), "{text}: {said}");
    }
    let predictions = rows(&place.read("run/predictions.csv"));
    let names: Vec<&str> = CLASSES.split(',').collect();
    let mut counts = vec![vec![0; 3]; 3];
    for row in &predictions {
        let scores: Vec<f64> = names
            .iter()
            .map(|name| row[&format!("{name}_score")].parse().unwrap())
            .collect();
        assert!((scores.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        let best = (0..3)
            .max_by(|a, b| scores[*a].total_cmp(&scores[*b]))
            .unwrap();
        let truth = names.iter().position(|name| *name == row["class"]).unwrap();
        counts[truth][best] += 1;
    }
    let metrics = place.json("run/metrics.json");
    let calls = &metrics["all_classes"]["calls"];
    assert_eq!(calls["counts"], serde_json::json!(counts));
    let each = metrics["each"].as_array().unwrap();
    let mean = each
        .iter()
        .map(|of| of["auc"]["value"].as_f64().unwrap())
        .sum::<f64>()
        / 3.0;
    let found = metrics["all_classes"]["macro_auc"]["value"]
        .as_f64()
        .unwrap();
    assert!((found - mean).abs() < 1e-12);
    assert!(metrics["all_classes"]["macro_auc"]["interval"].is_object());

    let file = format!("cohort/{}", predictions[0]["image"]);
    let csv = rows(&place.output(&["predict", "run", &file, "--csv"]));
    assert!(names.contains(&csv[0]["class"].as_str()));
    place.output(&["explain", "run", &file, "--finding", "csm", "--out", "heat"]);
    assert!(place.read("run/report.html").contains("called spondylosis"));
}

#[test]
fn one_finding_without_gaps_is_trained_as_two_classes_are() {
    let place = Place::new();
    place.draw_cohort(24, 3, Format::Png);
    place.output(&train(
        "cohort/cohort.csv",
        "two",
        &["--mixup", "0.2", "--dropout", "0.3"],
    ));
    let split = ["--findings", "csm", "--split", "two/split.csv"];
    let flags = [&split[..], &["--mixup", "0.2", "--dropout", "0.3"]].concat();
    place.output(&train("cohort/findings.csv", "one", &flags));
    assert_eq!(
        place.read("one/metrics.jsonl"),
        place.read("two/metrics.jsonl")
    );
    let two = rows(&place.read("two/predictions.csv"));
    let one = rows(&place.read("one/predictions.csv"));
    assert_eq!((one.len(), two.len()), (8, 8));
    for (one, two) in one.iter().zip(&two) {
        assert_eq!(one["image"], two["image"]);
        assert_eq!(one["csm"], two["label"]);
        assert_eq!(one["csm_score"], two["score"]);
    }
    // A run for two classes says nothing of findings.
    for file in ["two/config.toml", "two/run.json"] {
        let text = place.read(file);
        for word in ["findings", "class_column", "outputs"] {
            assert!(!text.contains(word), "{file}: {word}");
        }
    }
    let model = std::fs::read(place.path("two/model.safetensors")).unwrap();
    let text = String::from_utf8_lossy(&model);
    assert!(!text.contains("outputs") && !text.contains("answers"));
}

#[test]
fn a_run_that_goes_on_has_the_same_bytes() {
    let place = Place::new();
    place.draw_cohort(30, 4, Format::Png);
    let settings = Settings {
        findings: Some(["csm", "narrow_canal"].map(String::from).to_vec()),
        ..small_settings(2)
    };
    let run = |out: &str| Request {
        cohort: place.path("cohort/findings.csv"),
        ..request(&place, out, settings.clone())
    };
    finish(&run("whole"));
    stop(&run("parts"), 1);
    assert!(place.path("parts/seal.json").is_file());
    finish(&resumed(&run("parts")));
    let files = |run: &str| {
        let mut files = tree(&place.path(run));
        files.retain(|name, _| {
            let name = name.to_string_lossy();
            !name.starts_with("checkpoints") && name != "environment.json"
        });
        files
    };
    let (one, other) = (files("whole"), files("parts"));
    assert!(one.len() > 20);
    assert_eq!(
        one.keys().collect::<Vec<_>>(),
        other.keys().collect::<Vec<_>>()
    );
    for (name, bytes) in &one {
        assert!(other.get(name) == Some(bytes), "{}", name.display());
    }
}

#[test]
fn bad_findings_say_what_is_wrong() {
    let place = Place::new();
    place.draw_cohort(12, 1, Format::Png);
    let text = place.read("cohort/findings.csv");
    place.write("cohort/word.csv", text.replacen(",0,", ",maybe,", 1));
    place.write("cohort/none.csv", text.replace(",1,", ",0,"));
    // A row of another patient with another label, under the first patient's name.
    let mut lines: Vec<String> = text.lines().map(str::to_string).collect();
    let csm = |line: &str| line.split(',').nth(2).unwrap().to_string();
    let first = csm(&lines[1]);
    let other = lines
        .iter()
        .skip(1)
        .position(|line| csm(line) != first)
        .unwrap()
        + 1;
    lines[other] = lines[other].replacen(&format!("P{other:03},"), "P001,", 1);
    place.write("cohort/twice.csv", lines.join("\n"));
    let mut tried = 0;
    for (cohort, flags, code, words) in [
        (
            "findings",
            vec!["--findings", "csm,gout"],
            1,
            "found no column \"gout\"",
        ),
        (
            "word",
            vec!["--findings", "csm,opll,oyl,narrow_canal,slip"],
            1,
            "found \"maybe\", expected 0, 1, or an empty cell",
        ),
        ("none", vec!["--findings", "csm"], 1, "0 patients with it"),
        (
            "findings",
            vec!["--findings", "csm", "--baseline", "slip"],
            1,
            "--baseline: found several findings or more than two classes",
        ),
        (
            "findings",
            vec!["--findings", "csm", "--coverage", "0.9"],
            2,
            "setting \"coverage\": found a value, expected two classes",
        ),
        (
            "findings",
            vec!["--findings", "csm,csm"],
            2,
            "setting \"findings\": found \"csm\" and \"csm\"",
        ),
        (
            "findings",
            vec!["--findings", "csm", "--classes", CLASSES],
            2,
            "either --findings or three or more --classes",
        ),
        (
            "findings",
            vec!["--classes", CLASSES],
            1,
            "found no column \"label\"",
        ),
        (
            "findings",
            vec!["--classes", "a,b,c", "--class-column", "class"],
            1,
            "expected a, b, c, or a number from 0 to 2",
        ),
        (
            "twice",
            vec!["--findings", "csm"],
            1,
            "patient \"P001\" has two entries in column \"csm\"",
        ),
        (
            "findings",
            vec!["--findings", "csm", "--class-column", "class"],
            2,
            "setting \"class_column\"",
        ),
    ] {
        let cohort = format!("cohort/{cohort}.csv");
        let outcome = place.run(&train(&cohort, "run", &flags));
        assert_eq!(outcome.code, Some(code), "{flags:?}: {outcome:?}");
        assert!(
            outcome.stderr.contains(words),
            "{flags:?}: {}",
            outcome.stderr
        );
        assert_eq!(
            outcome.stderr.trim_end().lines().count(),
            1,
            "{}",
            outcome.stderr
        );
        tried += 1;
    }
    assert_eq!(tried, 11);
}
