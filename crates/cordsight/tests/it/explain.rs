//! Heatmaps are those of grad-cam and captum on the same weights; the program lays them over the radiograph, says what they
//! are not, and knows where on a synthetic neck they lie.
//!
//! Expected values: `golden/torch_gradcam.json`, from tools/golden/torch_gradcam.py; weights and pictures are those of
//! `training_matches_keras`.

use std::path::Path;

use cordsight::block::Conv;
use cordsight::explain::check::spearman;
use cordsight::explain::regions::{Anatomy, Region, Share};
use cordsight::explain::{Explainer, Layer, Method, Request, Target};
use cordsight::network::{Architecture, Body};
use cordsight::prepare::{Fit, Grey, Preparation, Prepared, Source};
use phantom::Format;
use serde::Deserialize;
use serde_json::Value;

use crate::compared::{planes, weights};
use crate::program::{Place, SMALL, small_architecture, small_model};

/// Allowed of a map, as a share of its largest value; they were apart by up to 5e-5.
const WITHIN: f64 = 2e-4;
/// Scaled maps are stored at every fifth row and column.
const GRID: usize = 5;

#[derive(Deserialize)]
struct Golden {
    networks: Vec<Expected>,
    ranks: Vec<Ranks>,
}

#[derive(Deserialize)]
struct Expected {
    body: Body,
    width: f64,
    image_size: usize,
    mean: [f32; 3],
    std: [f32; 3],
    maps: Vec<ExpectedMap>,
    pixels: Vec<Pixels>,
}

#[derive(Deserialize)]
struct ExpectedMap {
    picture: usize,
    layer: String,
    method: Method,
    sign: i32,
    raw: Vec<f64>,
    scaled: Vec<f64>,
}

#[derive(Deserialize)]
struct Pixels {
    picture: usize,
    logit: f64,
    integrated_gradients: Vec<f64>,
    occlusion: Vec<f64>,
}

#[derive(Deserialize)]
struct Ranks {
    a: Vec<f32>,
    b: Vec<f32>,
    rho: f64,
}

fn golden() -> Golden {
    let golden: Golden = serde_json::from_str(include_str!("golden/torch_gradcam.json")).unwrap();
    assert_eq!(golden.networks.len(), 2);
    golden
}

impl Expected {
    fn explainer(&self, conv: Conv) -> Explainer {
        let architecture = Architecture {
            body: self.body,
            width: self.width,
            image_size: self.image_size,
            outputs: 1,
            covariates: 0,
        };
        let preparation = Preparation {
            mean: self.mean,
            std: self.std,
            ..Preparation::plain(self.image_size, Fit::Squash, Grey::Stored)
        };
        Explainer::new(&architecture, &preparation, &weights(&architecture), conv).unwrap()
    }

    fn pictures(&self) -> Vec<Prepared> {
        let planes = planes(4, self.image_size, 2000).into_iter();
        let grey = |plane: Vec<f32>| plane.into_iter().map(|v| v * 0.25 + 0.5).collect();
        planes.map(|plane| Prepared::of(grey(plane))).collect()
    }
}

fn sampled(square: &[f32], side: usize) -> Vec<f32> {
    let rows = square.chunks_exact(side).step_by(GRID);
    rows.flat_map(|row| row.iter().step_by(GRID).copied())
        .collect()
}

fn assert_near(found: &[f32], expected: &[f64], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let largest = expected.iter().fold(0.0f64, |a, b| a.max(b.abs()));
    for (found, expected) in found.iter().zip(expected) {
        let apart = (f64::from(*found) - expected).abs();
        assert!(
            apart <= WITHIN * largest + 1e-9,
            "{what}: {found} against {expected} of {largest}"
        );
    }
}

#[test]
fn class_activation_maps_are_those_of_grad_cam_before_and_after_its_scaling() {
    let mut with_heat = 0;
    for expected in golden().networks {
        let (explainer, pictures) = (expected.explainer(Conv::Winograd), expected.pictures());
        assert!(expected.maps.len() > 60);
        for case in &expected.maps {
            let request = Request {
                method: case.method,
                layer: Layer::named(&case.layer, &explainer.architecture).unwrap(),
                target: if case.sign > 0 {
                    Target::Positive
                } else {
                    Target::Negative
                },
            };
            let heatmap = explainer.explain(&pictures[case.picture], &request);
            let what = format!("{request:?}, picture {}", case.picture);
            assert_near(&heatmap.map.values, &case.raw, &what);
            let shown = heatmap.shown(expected.image_size);
            let found = sampled(&shown, expected.image_size);
            assert_near(&found, &case.scaled, &format!("{what}, scaled"));
            with_heat += usize::from(!heatmap.is_empty());
        }
    }
    assert!(with_heat > 60, "{with_heat} maps with heat");
}

#[test]
fn integrated_gradients_and_occlusion_are_those_of_captum() {
    for expected in golden().networks {
        let (explainer, pictures) = (expected.explainer(Conv::Winograd), expected.pictures());
        assert_eq!(expected.pixels.len(), 2);
        for case in &expected.pixels {
            let picture = &pictures[case.picture];
            let logit = explainer.logits(std::slice::from_ref(picture))[0];
            assert!((logit - case.logit).abs() < 1e-4 * case.logit.abs().max(1.0));
            for (method, values) in [
                (Method::IntegratedGradients, &case.integrated_gradients),
                (Method::Occlusion, &case.occlusion),
            ] {
                let request = Request {
                    method,
                    layer: Layer::last(&explainer.architecture),
                    target: Target::Positive,
                };
                let found = explainer.explain(picture, &request).map.values;
                let found = sampled(&found, expected.image_size);
                assert_near(
                    &found,
                    values,
                    &format!("{method}, picture {}", case.picture),
                );
            }
            // Random weights bend the way from black in many places; a steady 32 steps miss some of it.
            let (_, missed) = explainer.integrated_gradients(picture, Target::Negative);
            assert!(
                missed < 0.2,
                "the sum misses the difference of logits by {missed}"
            );
        }
    }
}

#[test]
fn rank_correlations_are_those_of_scipy() {
    let ranks = golden().ranks;
    assert_eq!(ranks.len(), 2);
    for case in ranks {
        let found = spearman(&case.a, &case.b).unwrap();
        assert!(
            (found - case.rho).abs() < 1e-12,
            "{found} against {}",
            case.rho
        );
    }
}

#[test]
fn a_name_of_a_layer_finds_it_and_no_other_does() {
    let architecture = small_architecture();
    for name in [
        "block1",
        "block1.conv1",
        "block3.conv2",
        "block5.conv2",
        "block5",
    ] {
        assert_eq!(Layer::named(name, &architecture).unwrap().to_string(), name);
    }
    assert_eq!(Layer::last(&architecture).to_string(), "block5.conv2");
    for name in [
        "",
        "block0",
        "block6",
        "block1.conv2",
        "block5.conv3",
        "conv1",
        "Block5",
    ] {
        assert!(Layer::named(name, &architecture).is_err(), "{name}");
    }
}

fn place() -> Place {
    let place = Place::new();
    place.write("model.safetensors", small_model());
    place.draw_cohort(4, 1, Format::Png);
    place
}

fn size(png: &Path) -> [u32; 2] {
    let file = std::io::BufReader::new(std::fs::File::open(png).unwrap());
    let reader = png::Decoder::new(file).read_info().unwrap();
    [reader.info().width, reader.info().height]
}

#[test]
fn explain_writes_picture_and_numbers_and_says_what_heat_is_not() {
    let place = place();
    let files = ["cohort/images/P001.png", "cohort/images/P002.png"];
    let predicted = place.output(&["predict", "model.safetensors", files[0], files[1]]);
    let output = place.output(&[
        "explain",
        "model.safetensors",
        files[0],
        files[1],
        "--out",
        "maps",
    ]);
    assert!(
        output.contains("Research use only, not a medical device"),
        "{output}"
    );
    assert!(
        output.contains("it does not show why, nor where disease is"),
        "{output}"
    );
    for (file, name) in files.iter().zip(["P001", "P002"]) {
        let score = |text: &str| {
            let line = text.lines().find(|line| line.starts_with(file)).unwrap();
            line.split_whitespace().nth(1).unwrap().to_string()
        };
        assert_eq!(score(&output), score(&predicted));
        let document: Value =
            serde_json::from_str(&place.read(&format!("maps/{name}.json"))).unwrap();
        assert_eq!(document["layer"], "block5.conv2");
        assert_eq!(document["grid"], serde_json::json!([2, 2]));
        let table = place.read(&format!("maps/{name}.csv"));
        let cells = table.lines().flat_map(|line| line.split(','));
        let values: Vec<f64> = cells.map(|cell| cell.parse().unwrap()).collect();
        assert_eq!(values.len(), 4);
        // The cohort's pictures are 96 × 120; a picture is no narrower than its text needs.
        let [width, height] = size(&place.path(&format!("maps/{name}.png")));
        assert!(width == 480 && height > 120, "{width} × {height}");
    }
}

#[test]
fn every_method_explains_and_the_same_twice() {
    let place = place();
    for method in [
        "grad-cam",
        "grad-cam++",
        "hirescam",
        "integrated-gradients",
        "occlusion",
    ] {
        for out in ["one", "two"] {
            let arguments = ["explain", "model.safetensors", "cohort/images/P001.png"];
            let more = ["--method", method, "--target", "negative", "--out", out];
            place.output(&[arguments.as_slice(), more.as_slice()].concat());
        }
        for ending in ["png", "csv", "json"] {
            let read =
                |out: &str| std::fs::read(place.path(&format!("{out}/P001.{ending}"))).unwrap();
            assert!(read("one") == read("two"), "{method} {ending}");
        }
        let document: Value = serde_json::from_str(&place.read("one/P001.json")).unwrap();
        assert_eq!(document["method"], method);
    }
}

#[test]
fn what_cannot_be_explained_gets_one_clear_line() {
    let place = place();
    place.write("broken.png", b"\x89PNG\r\n\x1a\nnothing");
    let file = "cohort/images/P001.png";
    for (arguments, code, expected) in [
        (
            vec!["model.safetensors", file, "--layer", "block9"],
            2,
            "error: --layer: found no layer \"block9\" in this network, expected block1.conv1, block1, block2.conv1",
        ),
        (
            vec![
                "model.safetensors",
                file,
                "--method",
                "occlusion",
                "--layer",
                "block5",
            ],
            2,
            "error: --layer: Occlusion looks at the picture, not at a layer; leave --layer out",
        ),
        (
            vec!["nothing.safetensors", file],
            1,
            "error: nothing.safetensors: ",
        ),
        (vec![file, file], 1, "error: cohort/images/P001.png: "),
        (
            vec!["model.safetensors", "nobody.png"],
            1,
            "error: nobody.png: ",
        ),
        (
            vec!["model.safetensors", file, "--spacing", "0"],
            2,
            "error: --spacing: found 0, expected",
        ),
    ] {
        let outcome = place.run(&[vec!["explain"], arguments.clone()].concat());
        assert_eq!(outcome.code, Some(code), "{arguments:?}: {outcome:?}");
        assert!(
            outcome.stderr.starts_with(expected),
            "{arguments:?}: {}",
            outcome.stderr
        );
        assert_eq!(outcome.stderr.lines().count(), 1, "{}", outcome.stderr);
    }

    // A file that cannot be used does not stop the next, and two of one name stay apart.
    place.write("other/P001.png", std::fs::read(place.path(file)).unwrap());
    let outcome = place.run(&[
        "explain",
        "model.safetensors",
        "broken.png",
        file,
        "other/P001.png",
    ]);
    assert_eq!(outcome.code, Some(1));
    assert!(
        outcome.stderr.starts_with("error: broken.png: "),
        "{}",
        outcome.stderr
    );
    for name in ["P001.png", "P001_2.png"] {
        assert!(place.path(&format!("explained/{name}")).is_file(), "{name}");
    }
    assert!(!place.path("explained/broken.png").exists());
}

#[test]
fn checks_are_printed_and_written_and_know_the_regions_of_a_phantom() {
    let place = place();
    let arguments = [
        "explain",
        "model.safetensors",
        "cohort/images/P001.png",
        "cohort/images/P002.png",
    ];
    let output =
        place.output(&[arguments.as_slice(), &["--check", "--method", "occlusion"]].concat());
    for expected in [
        "dense3",
        "block1.conv1",
        "deletion",
        "insertion",
        "spine",
        "canal",
        "bootstrap interval",
    ] {
        assert!(output.contains(expected), "no {expected} in\n{output}");
    }
    let document: Value = serde_json::from_str(&place.read("explained/P001.json")).unwrap();
    // Eight convolutions and three dense layers.
    assert_eq!(document["check"]["cascade"].as_array().unwrap().len(), 11);
    for curve in ["deletion", "insertion"] {
        let scores = document["check"][curve]["scores"].as_array().unwrap();
        assert_eq!(scores.len(), 21);
    }
    let figure = place.read("explained/deletion-insertion.svg");
    for (curve, order, area) in [
        ("deletion", "hottest first", "area"),
        ("deletion", "random order", "random_area"),
        ("insertion", "hottest first", "area"),
        ("insertion", "random order", "random_area"),
    ] {
        let of = |file: &str| {
            let document: Value = serde_json::from_str(&place.read(file)).unwrap();
            document["check"][curve][area].as_f64().unwrap()
        };
        let mean = 0.5 * (of("explained/P001.json") + of("explained/P002.json"));
        let entry = format!("{curve}, {order}: area {mean:.3}");
        assert!(figure.contains(&entry), "no {entry} in\n{figure}");
    }
    let ends = |curve: &str, at: usize| document["check"][curve]["scores"][at].as_f64().unwrap();
    let score = document["score"].as_f64().unwrap();
    assert!((ends("deletion", 0) - score).abs() < 1e-6);
    assert!((ends("insertion", 20) - score).abs() < 1e-6);
}

#[test]
fn an_even_map_has_a_share_of_heat_in_each_region_that_is_its_share_of_area() {
    let place = Place::new();
    place.draw_cohort(2, 3, Format::Png);
    let file = place.path("cohort/images/P001.png");
    let anatomy = Anatomy::beside(&file)
        .unwrap()
        .expect("the phantom's truth");
    let radiograph = radiograph::read(&file).unwrap();
    let preparation = Preparation::plain(64, Fit::Pad, Grey::Stretch);
    let (_, record) = preparation
        .prepare_from(Source::from(&radiograph.image))
        .unwrap();
    let shares = |map: &[f32]| anatomy.shares(&record.geometry, map);

    let even = shares(&vec![0.5; 64 * 64]).unwrap();
    assert_eq!(even.len(), Region::ALL.len());
    for Share { region, area, heat } in &even {
        assert!((area - heat).abs() < 1e-6, "{region:?}: {heat} of {area}");
        assert!((0.005..0.6).contains(area), "{region:?}: {area}");
    }
    assert!(shares(&vec![0.0; 64 * 64]).is_none());

    // A hot column down the middle of the marked bodies lies in the spine.
    let truth: Value = serde_json::from_str(&place.read("cohort/truth.json")).unwrap();
    let centre = |name: &str, at: usize| {
        truth[0]["vertebrae"][name]["points"]["centre"][at]
            .as_f64()
            .unwrap()
    };
    let mut hot = vec![0.0; 64 * 64];
    for name in ["C3", "C4", "C5", "C6"] {
        let [column, row] = record
            .geometry
            .to_prepared([centre(name, 0), centre(name, 1)]);
        hot[row as usize * 64 + column as usize] = 1.0;
    }
    let inside = shares(&hot).unwrap();
    assert!(inside[0].heat > 0.8, "{inside:?}");
    assert!(Anatomy::beside(Path::new("Cargo.toml")).unwrap().is_none());
}

#[test]
fn a_run_draws_every_test_patient_errors_first_and_the_report_holds_them() {
    let place = Place::new();
    place.draw_cohort(24, 1, Format::Png);
    let arguments = [
        "train",
        "cohort/cohort.csv",
        "--out",
        "run",
        "--threshold",
        "0.5",
    ];
    place.output(&[arguments.as_slice(), SMALL.as_slice()].concat());
    let table = place.read("run/heatmaps/heatmaps.csv");
    let mut rows = csv::Reader::from_reader(table.as_bytes());
    let rows: Vec<cordsight::explain::run::Row> = rows.deserialize().map(Result::unwrap).collect();
    let predictions = place.read("run/predictions.csv");
    assert_eq!(rows.len(), predictions.lines().count() - 1);
    assert!(rows.len() > 4);
    let first_right = rows.iter().position(|row| !row.wrong).unwrap_or(rows.len());
    assert!(
        first_right > 0 && rows[first_right..].iter().all(|row| !row.wrong),
        "{table}"
    );
    let report = place.read("run/report.html");
    assert_eq!(
        report.matches("data:image/jpeg;base64,").count(),
        rows.len()
    );
    let mut refused = 0;
    for row in &rows {
        assert_eq!(row.wrong, u8::from(row.score >= 0.5) != row.label);
        let path = place.path("run/heatmaps").join(&row.file);
        assert!(std::fs::read(&path).unwrap().starts_with(&[0xff, 0xd8]));
        if let Err(error) = radiograph::read(&path) {
            assert!(error.to_string().contains("colour"), "{error}");
            refused += 1;
        }
        assert!(report.contains(&format!("radiograph of {}\"", row.patient)));
    }
    // Heat is in colour, which is refused: nobody trains on a heatmap by mistake. A map without heat is the grey picture.
    assert!(refused > 0);
}
