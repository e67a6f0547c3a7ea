//! `cordsight evaluate --predictions`: every figure with interval or reason, as text, JSON, tables and figures.

use crate::program::{Place, json};

/// Thirty patients whose scores overlap, with a sex and an age group.
pub fn scores(shift: u32) -> String {
    let mut text = "patient,label,score,sex,ratio\n".to_string();
    for patient in 0..30u32 {
        let label = patient % 2;
        let noise = (patient * 37 + shift * 11) % 50;
        let score = f64::from(20 + 30 * label + noise) / 100.0;
        let sex = ["f", "m"][(patient / 2 % 2) as usize];
        let ratio = 1.1 - 0.2 * f64::from(label) + f64::from(patient * 13 % 30) / 100.0;
        text += &format!("P{patient:02},{label},{score},{sex},{ratio:.2}\n");
    }
    text
}

#[test]
fn a_file_of_scores_becomes_tables_figures_and_json() {
    let place = Place::new();
    place.write("scores.csv", scores(0));
    let arguments = [
        "evaluate",
        "--predictions",
        "scores.csv",
        "--by",
        "sex",
        "--prevalence",
        "0.1",
        "--out",
        "out",
    ];
    let text = place.output(&arguments);
    for heading in [
        "Discrimination",
        "Calls at the threshold 0.5",
        "Per class and averaged",
        "Calibration",
        "Net benefit at a prevalence of 0.1",
        "Thresholds chosen on these patients",
        "Subgroups by sex",
    ] {
        assert!(text.contains(heading), "{heading} is not in\n{text}");
        assert!(
            place
                .read("out/tables.md")
                .contains(&format!("## {heading}")),
            "{heading}"
        );
    }
    let mut figures = 0;
    for name in [
        "roc",
        "precision_recall",
        "calibration",
        "decision",
        "scores",
        "confusion",
        "forest_sex",
    ] {
        let svg = place.read(&format!("out/figures/{name}.svg"));
        roxmltree::Document::parse(&svg).expect(name);
        let png = std::fs::read(place.path(&format!("out/figures/{name}.png"))).expect(name);
        assert!(png.starts_with(b"\x89PNG"), "{name}");
        figures += 1;
    }
    assert_eq!(figures, 7);

    let printed = place.output(&[&arguments[..7], &["--json"]].concat());
    assert_eq!(printed, place.read("out/metrics.json"));
    let metrics = json(&printed);
    assert_eq!(metrics["patients"], 30);
    for key in ["auc", "average_precision"] {
        assert!(metrics[key]["interval"]["low"].is_f64(), "{key}: {metrics}");
    }
    assert_eq!(metrics["subgroups"][0]["column"], "sex");
    assert_eq!(metrics["decision_curve"]["prevalence"], 0.1);

    let table = place.read("out/tables.csv");
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let rows = reader.records().map(|row| row.expect("a row"));
    let auc = rows.filter(|row| &row[1] == "AUC").count();
    assert_eq!(auc, 1);
}

#[test]
fn the_order_of_rows_and_a_column_of_images_change_no_figure() {
    let place = Place::new();
    let plain = scores(0);
    let mut lines: Vec<&str> = plain.lines().collect();
    lines[1..].reverse();
    place.write("a.csv", &plain);
    place.write("b.csv", lines.join("\n"));
    let images: Vec<String> = plain
        .lines()
        .enumerate()
        .map(|(at, line)| match at {
            0 => format!("{line},image"),
            _ => format!("{line},{at}.png"),
        })
        .collect();
    place.write("c.csv", images.join("\n"));
    let figures = |file: &str| {
        let mut metrics = json(&place.output(&["evaluate", "--predictions", file, "--json"]));
        metrics["file"].take();
        metrics
    };
    let expected = figures("a.csv");
    assert_eq!(figures("b.csv"), expected);
    assert_eq!(figures("c.csv"), expected);
}

#[test]
fn what_has_no_value_has_its_reason_in_every_output() {
    let files = [
        (
            "one class",
            "patient,label,score\na,1,0.5\nb,1,0.7\n",
            "0 negative patients, at least 1 needed",
        ),
        (
            "separated",
            "patient,label,score\na,1,0.9\nb,1,0.8\nc,0,0.1\nd,0,0.2\n",
            "the scores separate the classes completely",
        ),
        (
            "tied",
            "patient,label,score\na,1,0.5\nb,1,0.5\nc,0,0.5\nd,0,0.5\n",
            "all scores are equal",
        ),
        (
            "one patient",
            "patient,label,score\na,1,1\n",
            "0 negative patients, at least 1 needed",
        ),
    ];
    for (name, file, reason) in files {
        let place = Place::new();
        place.write("scores.csv", file);
        let arguments = ["evaluate", "--predictions", "scores.csv", "--out", "out"];
        let text = place.output(&arguments);
        assert!(text.contains(reason), "{name}: {text}");
        let metrics = place.read("out/metrics.json");
        assert!(metrics.contains(reason), "{name}: {metrics}");
        for output in [&text, &metrics, &place.read("out/tables.md")] {
            assert!(!output.contains("NaN"), "{name}: {output}");
        }
        for figure in ["roc", "precision_recall", "calibration", "decision"] {
            let svg = place.read(&format!("out/figures/{figure}.svg"));
            roxmltree::Document::parse(&svg).expect(figure);
        }
    }
}

#[test]
fn results_are_replaced_only_on_request_and_other_files_stay() {
    let place = Place::new();
    place.write("scores.csv", scores(0));
    place.write("out/notes.txt", "mine");
    place.write("out/tables.md", "old");
    let arguments = ["evaluate", "--predictions", "scores.csv", "--out", "out"];
    assert_eq!(place.run(&arguments).code, Some(1));
    assert_eq!(place.read("out/tables.md"), "old");
    place.output(&[&arguments[..], &["--overwrite"]].concat());
    assert!(place.read("out/tables.md").starts_with("## Discrimination"));
    assert_eq!(place.read("out/notes.txt"), "mine");
}

#[test]
fn the_band_depends_on_the_seed_alone() {
    let place = Place::new();
    place.write("scores.csv", scores(0));
    let run = |seed: &str, threads: &str| {
        let arguments = [
            "evaluate",
            "--predictions",
            "scores.csv",
            "--json",
            "--seed",
            seed,
        ];
        let mut command = place.command(&arguments);
        let output = command.env("RAYON_NUM_THREADS", threads).output();
        json(&String::from_utf8(output.expect("the program").stdout).expect("UTF-8"))["roc"].take()
    };
    let one = run("1", "1");
    assert_eq!(one, run("1", "3"));
    assert_ne!(one, run("2", "1"));
}
