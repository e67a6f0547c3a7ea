//! Age and sex beside the picture: carried in the model file, asked for wherever a radiograph is scored, and they matter.

use cordsight::config::Settings;
use phantom::Format;

use crate::program::{Place, cv, json, rows, small_settings};
use crate::resume::{a_stopped_run_ends_as_if_it_had_not_been, finish, request};

/// `cohort/told.csv`: the cohort with ages that follow the label, and a sex that is missing for one patient in five.
fn told(place: &Place) -> Vec<String> {
    let cohort = place.read("cohort/cohort.csv");
    let mut text = "patient,image,label,years,gender\n".to_string();
    let mut images = Vec::new();
    for (at, row) in rows(&cohort).iter().enumerate() {
        let years = 40 + 30 * usize::from(row["label"] == "1") + at % 7;
        let gender = ["m", "f", "m", "f", ""][at % 5];
        let (patient, image, label) = (&row["patient"], &row["image"], &row["label"]);
        text += &format!("{patient},{image},{label},{years},{gender}\n");
        images.push(format!("cohort/{image}"));
    }
    place.write("cohort/told.csv", text);
    images
}

fn settings(epochs: u32) -> Settings {
    Settings {
        head_covariates: Some(vec!["years".to_string(), "gender".to_string()]),
        ..small_settings(epochs)
    }
}

fn trained(place: &Place, epochs: u32) {
    let run = cordsight::train::Request {
        cohort: place.path("cohort/told.csv"),
        ..request(
            place,
            "run",
            Settings {
                train: Some(cordsight::network::Trained::Head),
                learning_rate: Some(1e-2),
                ..settings(epochs)
            },
        )
    };
    finish(&run);
}

fn scores(place: &Place, csv: &str, images: &[String]) -> Vec<f64> {
    let files: Vec<&str> = images.iter().map(String::as_str).collect();
    let arguments = [
        &["predict", "run", "--json", "--covariates", csv],
        &files[..],
    ]
    .concat();
    let document = json(&place.output(&arguments));
    let predictions = document["predictions"].as_array().expect("rows").iter();
    predictions
        .map(|row| row["score"].as_f64().expect("a score"))
        .collect()
}

#[test]
fn the_head_learns_from_covariates_and_shuffled_ones_change_the_scores() {
    let place = Place::new();
    place.draw_cohort(24, 1, Format::Png);
    let images = told(&place);
    trained(&place, 20);
    let own = scores(&place, "cohort/told.csv", &images);
    let cohort = rows(&place.read("cohort/told.csv"));
    let labelled: Vec<(bool, f64)> = cohort
        .iter()
        .map(|row| row["label"] == "1")
        .zip(own.iter().copied())
        .collect();
    // Age tells the label of these patients; a network of this width tells little from so small a picture.
    let auc = crate::program::pairwise_auc(&labelled);
    assert!(auc > 0.95, "{auc}");

    // The same pictures with the values of the next patient.
    let mut text = "image,years,gender\n".to_string();
    for (at, image) in images.iter().enumerate() {
        let next = &cohort[(at + 12) % cohort.len()];
        let image = image.trim_start_matches("cohort/");
        text += &format!("{image},{},{}\n", next["years"], next["gender"]);
    }
    place.write("cohort/shuffled.csv", text);
    let shuffled = scores(&place, "cohort/shuffled.csv", &images);
    let changed = own.iter().zip(&shuffled).filter(|(a, b)| a != b).count();
    assert!(changed > own.len() / 2, "{changed} of {}", own.len());

    let methods = place.read("run/methods.md");
    assert!(
        methods.contains("years, gender of each patient"),
        "{methods}"
    );
    let run = rows(&place.read("run/predictions.csv"));
    for row in &run {
        let at = images
            .iter()
            .position(|image| image.ends_with(&row["image"]));
        let score: f64 = row["score"].parse().expect("a number");
        assert!((score - own[at.expect("a picture")]).abs() < 1e-12);
    }
    assert!(!run.is_empty());
}

#[test]
fn a_model_with_covariates_asks_for_them_in_one_line() {
    let place = Place::new();
    place.draw_cohort(24, 1, Format::Png);
    let images = told(&place);
    trained(&place, 1);
    let first = images[0].as_str();
    place.write("lacks.csv", "image,years\ncohort/x.png,50\n");
    place.write("word.csv", format!("image,years,gender\n{first},old,m\n"));
    place.write("third.csv", format!("image,years,gender\n{first},50,x\n"));
    place.write("other.csv", "image,years,gender\nelse.png,50,m\n");
    let twice = format!("image,years,gender\n{first},50,m\n{first},50,m\n{first},60,m\n");
    place.write("twice.csv", twice);
    place.write("far.csv", format!("image,years,gender\n{first},1e300,m\n"));
    let mut tried = 0;
    for (arguments, expected) in [
        (
            vec!["predict", "run", first],
            "run: the network takes years, gender of each patient as well, found nothing of that; pass --covariates CSV",
        ),
        (
            vec!["explain", "run", first, "--out", "maps"],
            "run: the network takes years, gender of each patient as well",
        ),
        (
            vec!["predict", "run", first, "--covariates", "lacks.csv"],
            "lacks.csv: found no column \"gender\", expected image and years, gender",
        ),
        (
            vec!["predict", "run", first, "--covariates", "word.csv"],
            "word.csv, line 2, column \"years\": found \"old\", expected a number",
        ),
        (
            vec!["predict", "run", first, "--covariates", "third.csv"],
            "third.csv, line 2, column \"gender\": found \"x\", expected f or m",
        ),
        (
            vec!["predict", "run", first, "--covariates", "twice.csv"],
            "again with other values, expected one row a picture",
        ),
        (
            vec!["predict", "run", first, "--covariates", "far.csv"],
            "far.csv, line 2, column \"years\": found \"1e300\", expected a number such as",
        ),
        (
            vec!["predict", "run", first, "--covariates", "other.csv"],
            "found no row of this picture in other.csv",
        ),
        (
            vec!["export", "run", "--to", "model.onnx"],
            "the network takes years, gender beside the picture",
        ),
    ] {
        let outcome = place.run(&arguments);
        assert_ne!(outcome.code, Some(0), "{arguments:?}");
        assert!(outcome.stderr.contains(expected), "{}", outcome.stderr);
        assert_eq!(outcome.stderr.lines().count(), 1, "{}", outcome.stderr);
        tried += 1;
    }
    assert_eq!(tried, 9);
    let explain = ["explain", "run", first, "--out", "maps"];
    place.output(&[&explain[..], &["--covariates", "cohort/told.csv"]].concat());

    let by_patient = ["predict", "run", "--by-patient", "cohort/told.csv", "--csv"];
    assert!(place.output(&by_patient).lines().count() > 24);

    // Another cohort brings the columns with it.
    place.draw_cohort_in("other", 16, 9, Format::Png);
    let mut text = "patient,image,label,years,gender\n".to_string();
    for row in rows(&place.read("other/cohort.csv")) {
        let (patient, image, label) = (&row["patient"], &row["image"], &row["label"]);
        text += &format!("{patient},{image},{label},55,f\n");
    }
    place.write("other/told.csv", text);
    let external = ["evaluate", "run", "--external", "other/told.csv"];
    let more = [
        "--other-patients",
        "--replicates",
        "50",
        "--out",
        "external",
    ];
    place.output(&[&external[..], &more].concat());
    let external = ["evaluate", "run", "--external", "other/cohort.csv"];
    let more = ["--other-patients", "--replicates", "50", "--out", "no"];
    let outcome = place.run(&[&external[..], &more].concat());
    assert!(
        outcome.stderr.contains("found no column \"years\""),
        "{}",
        outcome.stderr
    );
}

#[test]
fn columns_that_cannot_be_told_are_refused_before_the_first_step() {
    let place = Place::new();
    place.draw_cohort(16, 1, Format::Png);
    told(&place);
    let mut tried = 0;
    for (names, expected) in [
        (
            "height",
            "head covariate \"height\": is no column of the cohort",
        ),
        (
            "years,years",
            "setting \"head_covariates\": found \"years\" and \"years\"",
        ),
        ("label", "head covariate \"label\": is no column"),
    ] {
        let train = ["train", "cohort/told.csv", "--out", "no", "--epochs", "1"];
        let more = [
            "--image-size",
            "32",
            "--width",
            "0.02",
            "--head-covariates",
            names,
        ];
        let outcome = place.run(&[&train[..], &more].concat());
        assert_ne!(outcome.code, Some(0), "{names}");
        assert!(outcome.stderr.contains(expected), "{}", outcome.stderr);
        tried += 1;
    }
    assert_eq!(tried, 3);
}

#[test]
fn a_stopped_run_with_covariates_ends_with_the_bytes_of_a_run_that_was_not() {
    // The drawn cohort has age and sex of its own.
    a_stopped_run_ends_as_if_it_had_not_been(Settings {
        head_covariates: Some(vec!["age".to_string(), "sex".to_string()]),
        mixup: Some(0.3),
        ..small_settings(4)
    });
}

#[test]
fn each_fold_of_a_cross_validation_tells_its_head_and_so_does_the_choice_of_a_rate() {
    let place = Place::new();
    place.draw_cohort(24, 1, Format::Png);
    let rates = ["--validation", "0.3", "--learning-rates", "1e-3,3e-3"];
    let folds = [
        "--folds",
        "2",
        "--repeats",
        "1",
        "--head-covariates",
        "age,sex",
    ];
    place.output(&cv("cv", &[&folds[..], &rates].concat()));
    let folders = std::fs::read_dir(place.path("cv"))
        .expect("a folder")
        .flatten();
    let configs =
        folders.filter_map(|entry| std::fs::read_to_string(entry.path().join("config.toml")).ok());
    let told = configs.filter(|text| text.contains("head_covariates"));
    assert!(told.count() >= 2);
}
