//! Every number of a run's report can be computed again from the files beside it, and the report can be written again.

use std::collections::BTreeMap;

use cordsight::robustness::{CHANGES, Change, Kind};
use phantom::Format;

use crate::program::{Place, SMALL, pairwise_auc, rows};

/// A small run on a drawn cohort.
fn trained() -> Place {
    trained_on(40)
}

pub fn trained_on(patients: usize) -> Place {
    let place = Place::new();
    place.draw_cohort(patients, 3, Format::Png);
    let mut arguments = vec!["train", "cohort/cohort.csv", "--out", "run"];
    arguments.extend(&SMALL[..6]);
    arguments.extend(["--epochs", "2", "--init", "he", "--learning-rate", "1e-3"]);
    arguments.extend(["--classes", "non-CSM,CSM", "--test", "0.5"]);
    place.output(&arguments);
    place
}

/// Label and score of each row; one picture a patient in the drawn cohort.
fn scored(rows: &[BTreeMap<String, String>]) -> Vec<(bool, f64)> {
    let of = |row: &BTreeMap<String, String>| {
        (row["label"] == "1", row["score"].parse().expect("a score"))
    };
    rows.iter().map(of).collect()
}

/// Cells of the first table row of a Markdown text that begins so.
pub fn cells<'a>(markdown: &'a str, start: &str) -> Vec<&'a str> {
    let line = markdown
        .lines()
        .find(|line| line.starts_with(start))
        .unwrap_or_else(|| panic!("no row {start}"));
    let line = line.trim_matches('|');
    line.split(" |")
        .map(|cell| cell.trim_matches([' ', '|']))
        .collect()
}

#[test]
fn every_number_of_the_report_follows_from_the_files_beside_it() {
    let place = trained();
    let report = place.read("run/report.md");
    let predictions = rows(&place.read("run/predictions.csv"));
    let scored = scored(&predictions);
    assert_eq!(scored.len(), 20);

    // Measures.
    let (mut tp, mut fp, mut tn, mut fn_) = (0, 0, 0, 0);
    for (label, score) in &scored {
        match (label, *score >= 0.5) {
            (true, true) => tp += 1,
            (true, false) => fn_ += 1,
            (false, true) => fp += 1,
            (false, false) => tn += 1,
        }
    }
    let share = |hits: i32, of: i32| f64::from(hits) / f64::from(of);
    let brier = scored
        .iter()
        .map(|(label, score)| (f64::from(u8::from(*label)) - score).powi(2))
        .sum::<f64>()
        / scored.len() as f64;
    for (name, value) in [
        ("AUC", pairwise_auc(&scored)),
        ("Sensitivity", share(tp, tp + fn_)),
        ("Specificity", share(tn, tn + fp)),
        ("Accuracy", share(tp + tn, 20)),
        ("Brier score", brier),
    ] {
        let row = cells(&report, &format!("| {name} |"));
        assert_eq!(row[1], format!("{value:.3}"), "{name}: {row:?}");
    }
    let wrong = fn_ + fp;
    let said = match wrong {
        0 => "None of the 20 test patients".to_string(),
        n => format!("{n} of 20 test patients are on the wrong side"),
    };
    assert!(report.contains(&said), "{said}");
    let html = place.read("run/report.html");
    assert_eq!(
        html.matches("over the misclassified radiograph of").count() as i32,
        wrong
    );
    assert!(html.len() < 5_000_000, "{} bytes", html.len());

    // Robustness.
    let changed = rows(&place.read("run/robustness.csv"));
    assert_eq!(changed.len(), 20 * CHANGES.len());
    let mut tried = 0;
    for change in CHANGES {
        let strength = change.strength.to_string();
        let of: Vec<_> = changed
            .iter()
            .filter(|row| {
                row["change"]
                    .replace('-', " ")
                    .eq_ignore_ascii_case(change.kind.name())
                    && row["strength"].parse::<f64>().ok() == Some(change.strength)
            })
            .cloned()
            .collect();
        assert_eq!(of.len(), 20, "{change} {strength}");
        let scores = self::scored(&of);
        let row = cells(&report, &format!("| {} | {change} |", change.kind.name()));
        assert_eq!(row[2], format!("{:.3}", pairwise_auc(&scores)), "{row:?}");
        let others = scores.iter().zip(&scored);
        let others = others.filter(|(a, b)| (a.1 >= 0.5) != (b.1 >= 0.5)).count();
        assert_eq!(row[8], others.to_string(), "{row:?}");
        let difference = pairwise_auc(&scores) - pairwise_auc(&scored);
        let printed: f64 = row[4].parse().expect("a number");
        assert!(
            (printed - difference).abs() < 0.00051,
            "{row:?} {difference}"
        );
        tried += 1;
    }
    assert_eq!(tried, 13);

    // Table of patients, from the cohort's own file.
    let cohort = rows(&place.read("cohort/cohort.csv"));
    let ages = |class: &str| -> Vec<f64> {
        let of = cohort.iter().filter(|row| class.contains(&row["label"]));
        of.map(|row| row["age"].parse().expect("an age")).collect()
    };
    let row = cells(&report, "| age, ");
    for (place, class) in [(1, "01"), (2, "1"), (3, "0")] {
        let ages = ages(class);
        let count = ages.len() as f64;
        let mean = ages.iter().sum::<f64>() / count;
        let deviation =
            (ages.iter().map(|age| (age - mean).powi(2)).sum::<f64>() / (count - 1.0)).sqrt();
        let expected = format!("{mean:.1} ({deviation:.1})");
        assert_eq!(row[place], expected, "{row:?}");
    }

    // Words repeat the tables.
    let methods = place.read("run/methods.md");
    for words in [
        format!("the AUC was {:.3} (", pairwise_auc(&scored)),
        format!("{tp} of {} CSM patients were found", tp + fn_),
        "Reference standard: NOT STATED".to_string(),
        "All radiographs were drawn by a program".to_string(),
    ] {
        assert!(methods.contains(&words), "{words}: {methods}");
    }
    assert!(
        place
            .read("run/model_card.md")
            .contains("Research use only, not a medical device")
    );
}

#[test]
fn a_report_is_written_again_with_what_was_stated_since_and_nothing_else_changes() {
    let place = trained();
    let (metrics, model) = (
        place.read("run/metrics.json"),
        std::fs::read(place.path("run/model.safetensors")).expect("a model"),
    );
    let config = place.read("run/config.toml");
    assert!(config.contains("\n[study]\n") && config.contains("\nreference_standard = \"\"\n"));
    let before = place.read("run/report.html");
    place.output(&["report", "run"]);
    assert!(
        place.read("run/report.html") == before,
        "the same files give the same page"
    );

    let stated = config.replace(
        "\nreference_standard = \"\"\n",
        "\nreference_standard = \"MRI <3 T>\"\n",
    );
    place.write("run/config.toml", &stated);
    place.output(&["report", "run"]);
    let page = place.read("run/report.html");
    assert!(page.contains("<span class=\"stated\">MRI &lt;3 T&gt;</span>"));
    let claim = |place: &Place| {
        let rows = rows(&place.read("run/checklist.csv"));
        rows[13]["status"].clone()
    };
    assert_eq!(claim(&place), "reported");
    assert!(
        place
            .read("run/methods.md")
            .contains("Reference standard: MRI &lt;3 T&gt;;")
    );

    place.write("facts.toml", "[study]\nfunding = \"none\"\n");
    place.output(&["report", "run", "--config", "facts.toml"]);
    let config = place.read("run/config.toml");
    assert!(config.contains("\nfunding = \"none\"\n"));
    assert!(config.contains("\nreference_standard = \"MRI <3 T>\"\n"));
    assert_eq!(place.read("run/metrics.json"), metrics);
    let now = std::fs::read(place.path("run/model.safetensors")).expect("a model");
    assert!(now == model);
}

#[test]
fn what_an_audit_found_goes_into_the_report_without_names_of_files() {
    let place = trained();
    // A picture twice, under two labels.
    let cohort = place.read("cohort/cohort.csv");
    let picture = std::fs::read(place.path("cohort/images/P001.png")).unwrap();
    place.write("cohort/images/secret.png", picture);
    let label = usize::from(!cohort.contains("P001,images/P001.png,1"));
    place.write(
        "cohort/again.csv",
        cohort + &format!("P900,images/secret.png,{label},50,F\n"),
    );
    let audit = place.run(&["audit", "cohort/again.csv"]);
    assert_eq!(audit.code, Some(1), "{audit:?}");
    place.output(&["report", "run", "--audit", "audit/audit.json"]);
    let found = place.json("audit/audit.json");
    let (report, page) = (place.read("run/report.md"), place.read("run/report.html"));
    let findings = found["findings"].as_array().unwrap();
    assert!(!findings.is_empty());
    for finding in findings {
        let title = finding["title"].as_str().unwrap();
        let row = cells(
            &report,
            &format!("| {} |", finding["severity"].as_str().unwrap()),
        );
        assert!(report.contains(title) && row.len() == 3, "{title}: {row:?}");
    }
    for shortcut in found["shortcuts"].as_array().unwrap() {
        let row = cells(
            &report,
            &format!("| {} |", shortcut["name"].as_str().unwrap()),
        );
        if let Some(auc) = shortcut["told"]["auc"]["value"].as_f64() {
            assert_eq!(row[1], format!("{auc:.3}"), "{row:?}");
        }
    }
    assert!(page.contains("<section id=\"audit\">"));
    for text in [&report, &page, &place.read("run/audited.json")] {
        assert!(!text.contains("secret"));
    }
    let outcome = place.run(&["report", "run", "--audit", "run/run.json"]);
    assert_eq!(outcome.code, Some(1));
    assert!(
        outcome
            .stderr
            .contains("expected the audit.json that \"cordsight audit\" writes"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn names_and_record_numbers_of_a_cohort_stay_where_they_are() {
    let place = Place::new();
    place.draw_cohort(24, 5, Format::Png);
    let cohort = place.read("cohort/cohort.csv");
    let with_more = cohort.lines().enumerate().map(|(at, line)| match at {
        0 => format!("{line},record,surname,site,torg\n"),
        at => format!(
            "{line},{},Surname{at},{},0.{}\n",
            70_000 + 13 * at,
            at % 3,
            60 + at
        ),
    });
    place.write("cohort/cohort.csv", with_more.collect::<String>());
    let mut arguments = vec![
        "train",
        "cohort/cohort.csv",
        "--out",
        "run",
        "--no-robustness",
    ];
    arguments.extend(SMALL);
    place.output(&arguments);
    let covariates = place.read("run/covariates.csv");
    assert_eq!(covariates.lines().next(), Some("patient,age,sex,site,torg"));
    assert_eq!(covariates.lines().count(), 25);
    let report = place.read("run/report.md");
    for (there, text) in [
        (true, "| site, n (%) |"),
        (true, "| torg, mean (SD) |"),
        (false, "Surname"),
        (false, "record,"),
        (false, "## Robustness"),
    ] {
        assert_eq!(report.contains(text), there, "{text}");
    }
    assert!(!place.path("run/robustness.csv").exists());
    let claim = rows(&place.read("run/checklist.csv"));
    assert_eq!(claim[29]["status"], "not reported");
}

#[test]
fn a_report_of_no_run_says_so() {
    let place = Place::new();
    place.write("empty/note.txt", "nothing");
    let outcome = place.run(&["report", "empty"]);
    assert_eq!(outcome.code, Some(1));
    assert_eq!(
        outcome.stderr,
        "error: empty/run.json: no such file or folder; give the folder of a run\n"
    );
}

fn gradient(side: usize) -> cordsight::prepare::Prepared {
    let grey =
        |at: usize| (at % side) as f32 / (2 * side) as f32 + (at / side) as f32 / (4 * side) as f32;
    cordsight::prepare::Prepared::of((0..side * side).map(grey).collect())
}

fn change(kind: Kind, strength: f64) -> Change {
    Change { kind, strength }
}

#[test]
fn noise_has_the_stated_deviation_and_depends_on_seed_and_picture_alone() {
    let side = 96;
    let flat = cordsight::prepare::Prepared::of(vec![0.5; side * side]);
    let noisy = |seed, place| change(Kind::Noise, 0.05).apply(&flat, side, seed, place).0;
    let one = noisy(1, 0);
    let count = one.len() as f64;
    let mean = one.iter().map(|grey| f64::from(*grey)).sum::<f64>() / count;
    let variance = one
        .iter()
        .map(|grey| (f64::from(*grey) - mean).powi(2))
        .sum::<f64>()
        / count;
    assert!((mean - 0.5).abs() < 0.002, "{mean}");
    assert!(
        (variance.sqrt() - 0.05).abs() < 0.002,
        "{}",
        variance.sqrt()
    );
    assert_eq!(one, noisy(1, 0));
    assert_ne!(one, noisy(2, 0));
    assert_ne!(one, noisy(1, 1));
}

#[test]
fn crop_magnifies_the_middle_and_blur_leaves_a_slope_alone() {
    let side = 64;
    let picture = gradient(side);
    let slope = |grey: &[f32]| f64::from(grey[32 * side + 40] - grey[32 * side + 24]) / 16.0;
    let cropped = change(Kind::Crop, 0.1).apply(&picture, side, 1, 0);
    let ratio = slope(&cropped.0) / slope(&picture.0);
    assert!((ratio - 0.8).abs() < 1e-4, "{ratio}");
    let middle = |grey: &[f32]| f64::from(grey[31 * side + 31] + grey[32 * side + 32]);
    assert!((middle(&cropped.0) - middle(&picture.0)).abs() < 1e-5);
    let blurred = change(Kind::Blur, 2.0).apply(&picture, side, 1, 0);
    assert!((middle(&blurred.0) - middle(&picture.0)).abs() < 1e-5);
    let corner = (blurred.0[0], picture.0[0]);
    assert!(corner.0 > corner.1, "{corner:?}");
}

#[test]
fn exposure_and_grey_levels_do_what_they_say() {
    let side = 32;
    let picture = gradient(side);
    let powers = change(Kind::Exposure, 1.4).apply(&picture, side, 1, 0);
    for (grey, changed) in picture.0.iter().zip(&powers.0) {
        assert!((f64::from(*grey).powf(1.4) - f64::from(*changed)).abs() < 1e-6);
    }
    let few = change(Kind::GreyLevels, 16.0).apply(&picture, side, 1, 0);
    for (grey, changed) in picture.0.iter().zip(&few.0) {
        assert!(
            (grey - changed).abs() <= 1.0 / 30.0 + 1e-6,
            "{grey} {changed}"
        );
    }
    let mut levels: Vec<i64> = few
        .0
        .iter()
        .map(|grey| (f64::from(*grey) * 15.0 * 1e4).round() as i64)
        .collect();
    levels.sort_unstable();
    levels.dedup();
    assert!(
        levels.len() <= 16 && levels.iter().all(|level| level % 10_000 == 0),
        "{levels:?}"
    );
}

#[test]
fn blur_and_crop_are_those_of_scipy() {
    let golden: serde_json::Value =
        serde_json::from_str(include_str!("golden/scipy_pictures.json")).expect("golden");
    let numbers = |value: &serde_json::Value| -> Vec<f64> {
        let array = value.as_array().expect("an array").iter();
        array
            .map(|number| number.as_f64().expect("a number"))
            .collect()
    };
    let side = golden["side"].as_u64().expect("a side") as usize;
    let picture = numbers(&golden["picture"])
        .iter()
        .map(|v| *v as f32)
        .collect();
    let picture = cordsight::prepare::Prepared::of(picture);
    let mut tried = 0;
    for (kind, name) in [(Kind::Blur, "blur"), (Kind::Crop, "crop")] {
        for case in golden[name].as_array().expect("cases") {
            let strength = case["strength"].as_f64().expect("a strength");
            let found = change(kind, strength).apply(&picture, side, 1, 0).0;
            for (found, expected) in found.iter().zip(numbers(&case["values"])) {
                let apart = (f64::from(*found) - expected).abs();
                assert!(apart < 3e-7, "{name} {strength}: {found} and {expected}");
                tried += 1;
            }
        }
    }
    assert_eq!(tried, 5 * side * side);
}
