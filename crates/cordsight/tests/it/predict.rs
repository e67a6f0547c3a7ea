//! A radiograph gets one probability, whichever container it came in, and every form of the output says so in a way
//! that a program can read and that no one can mistake for a diagnosis.

use phantom::Format;
use radiograph::{DicomImage, Facing, View, encode_dicom, encode_png16};
use serde_json::Value;

use crate::png::{Colour, png8};
use crate::program::{Place, small_model};

/// Largest difference of probabilities between 12 bits and the same picture stretched to 16: the stretch rounds by half
/// a step of 1 / 65535, which grows through the layers of the network.
const STRETCHED: f64 = 1e-4;

fn place() -> Place {
    let place = Place::new();
    place.write("model.safetensors", small_model());
    place
}

fn dicom(width: usize, pixels: &[u16], bits_stored: u16) -> Vec<u8> {
    encode_dicom(&DicomImage {
        width,
        height: pixels.len() / width,
        pixels,
        bits_stored,
        spacing_mm: (0.15, 0.15),
        window: None,
        patient_id: "P1",
        view: View::LeftLateral,
        facing: Facing::Left,
        manufacturer: "test",
        uid_seed: "predict",
    })
    .expect("a DICOM file")
}

/// 100 × 120 pixels of all values from 0 to `maximum`.
fn pixels(maximum: u32) -> Vec<u16> {
    let value = |at: u32| {
        let (row, column) = (at / 100, at % 100);
        let wave = f64::from(row * row + 3 * column).sin().abs();
        (wave * f64::from(maximum)).round() as u16
    };
    (0..100 * 120).map(value).collect()
}

fn document(place: &Place, files: &[&str]) -> Value {
    let mut arguments = vec!["predict", "model.safetensors", "--json"];
    arguments.extend(files);
    serde_json::from_str(&place.output(&arguments)).expect("a JSON document")
}

fn scores(place: &Place, files: &[&str]) -> Vec<f64> {
    let document = document(place, files);
    let predictions = document["predictions"].as_array().expect("predictions");
    let scores = predictions.iter().map(|row| row["score"].as_f64());
    scores.map(|score| score.expect("a score")).collect()
}

#[test]
fn dicom_and_png_of_the_same_16_bit_pixels_have_the_same_probability() {
    let place = place();
    let pixels = pixels(65_535);
    place.write("a.dcm", dicom(100, &pixels, 16));
    place.write("a.png", encode_png16(100, 120, &pixels).expect("a PNG"));
    let scores = scores(&place, &["a.dcm", "a.png"]);
    assert_eq!(scores[0], scores[1]);
}

#[test]
fn dicom_and_png_of_the_same_8_bit_pixels_have_the_same_probability() {
    let place = place();
    let pixels = pixels(255);
    let bytes: Vec<u8> = pixels.iter().map(|&value| value as u8).collect();
    place.write("a.dcm", dicom(100, &pixels, 8));
    place.write("a.png", png8(100, Colour::Grey, &bytes));
    let scores = scores(&place, &["a.dcm", "a.png"]);
    assert_eq!(scores[0], scores[1]);
}

#[test]
fn dicom_and_png_of_the_same_patient_have_nearly_the_same_probability() {
    let place = place();
    place.draw_cohort_in("dicom", 8, 5, Format::Dicom);
    place.draw_cohort_in("png", 8, 5, Format::Png);
    let names = |format: &str, ending: &str| -> Vec<String> {
        let numbers = 1..=8;
        numbers
            .map(|n| format!("{format}/images/P{n:03}.{ending}"))
            .collect()
    };
    let of = |files: Vec<String>| {
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        scores(&place, &files)
    };
    let (dicom, png) = (of(names("dicom", "dcm")), of(names("png", "png")));
    assert_eq!(dicom.len(), 8);
    assert!(dicom.windows(2).any(|pair| pair[0] != pair[1]));
    let apart = dicom.iter().zip(&png).map(|(a, b)| (a - b).abs());
    let apart = crate::compared::largest(apart);
    assert!(apart < STRETCHED, "apart by {apart:e}");
}

#[test]
fn a_probability_does_not_depend_on_the_other_files() {
    let place = place();
    place.draw_cohort(4, 1, Format::Png);
    let files = ["P001", "P002", "P003", "P004"].map(|p| format!("cohort/images/{p}.png"));
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let together = scores(&place, &files);
    let mut alone = Vec::new();
    for file in &files {
        alone.extend(scores(&place, &[file]));
    }
    assert_eq!(together.len(), 4);
    assert_eq!(together, alone);
}

#[test]
fn json_holds_the_score_the_call_and_how_both_are_meant() {
    let place = place();
    place.draw_cohort(2, 1, Format::Png);
    let document = document(&place, &["cohort/images/P001.png"]);
    assert_eq!(
        document["intended_use"],
        "Research use only, not a medical device"
    );
    assert_eq!(document["synthetic_training_data"], true);
    assert_eq!(document["classes"][1], "CSM");
    assert_eq!(document["threshold"]["value"], 0.5);
    let row = &document["predictions"][0];
    assert_eq!(row["file"], "cohort/images/P001.png");
    assert_eq!(row["error"], Value::Null);
    let positive = row["score"].as_f64().expect("a score") >= 0.5;
    assert_eq!(row["positive"], positive);
    assert_eq!(row["class"], ["non-CSM", "CSM"][usize::from(positive)]);
}

#[test]
fn csv_holds_the_same_numbers_and_file_names_with_commas_and_spaces() {
    let place = place();
    place.draw_cohort(2, 1, Format::Png);
    let names = ["neck, lateral.png", "a b.png", "say \"ah\".png"];
    for name in names {
        std::fs::copy(place.path("cohort/images/P001.png"), place.path(name)).expect("a copy");
    }
    let mut arguments = vec!["predict", "model.safetensors", "--csv"];
    arguments.extend(names);
    let text = place.output(&arguments);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    assert_eq!(
        reader.headers().expect("a header"),
        vec!["file", "score", "positive", "class", "error"]
    );
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
    let files: Vec<&str> = rows.iter().map(|row| &row[0]).collect();
    assert_eq!(files, names);
    let expected = scores(&place, &names);
    let found: Vec<f64> = rows
        .iter()
        .map(|row| row[1].parse().expect("a score"))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn the_table_says_research_use_only_and_what_the_score_is() {
    let place = place();
    place.draw_cohort(2, 1, Format::Png);
    let file = "cohort/images/P001.png";
    let table = place.output(&["predict", "model.safetensors", file]);
    let score = scores(&place, &[file])[0];
    let class = if score >= 0.5 { "CSM" } else { "non-CSM" };
    assert_eq!(
        table,
        format!(
            "file                    score   call\n\
             {file}  {score:.4}  {class}\n\
             \n\
             score: the network's output for \"CSM\", 0 to 1; called so from 0.5000 on (fixed before training)\n\
             Research use only, not a medical device\n\
             The model was trained on synthetic radiographs: its scores say nothing about patients\n"
        )
    );
}

#[test]
fn the_folder_of_a_run_stands_for_its_model() {
    let place = place();
    place.draw_cohort(2, 1, Format::Png);
    place.write("run/model.safetensors", small_model());
    let file = "cohort/images/P001.png";
    assert_eq!(
        place.output(&["predict", "run", file]),
        place.output(&["predict", "model.safetensors", file])
    );
}
