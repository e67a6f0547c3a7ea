//! Public collections: files in their form, drawn by the phantom, become a cohort with labels only on request.

use cordsight::cohort::Cohort;
use phantom::Format;

use crate::program::{Place, SMALL, small_model};

/// The columns of the atlas's table.
const ATLAS: &str = "Number,\"Gender:female-1,male-0\",Age,Disease classification: 1. Cervical spondylosis; 2. Healthy,Curvature,Pixel size\n";

/// Six drawn patients as the atlas has them: number, sex and age in the name, pictures and points in folders of their own.
fn atlas(place: &Place) {
    place.draw_cohort(6, 3, Format::Png);
    let mut table = ATLAS.to_string();
    for number in 1..=6 {
        let (sex, age) = (number % 2, 30 + number);
        let name = format!("{number:04}{sex}{age}");
        let copy = |from: String, to: String| {
            let content = std::fs::read(place.path(&from)).expect("a drawn file");
            place.write(&to, content);
        };
        copy(
            format!("cohort/images/P{number:03}.png"),
            format!("atlas/raw/{name}.png"),
        );
        copy(
            format!("cohort/csxa/P{number:03}.json"),
            format!("atlas/json/{name}.json"),
        );
        let curvature = if number <= 2 { 5 } else { 1 };
        let (illness, pixel) = (1 + number / 4, "0.14");
        table += &format!("{number}.0,{sex}.0,{age}.0,{illness}.0,{curvature}.0,{pixel}\n");
    }
    place.write("atlas/dataset.csv", table);
}

#[test]
fn the_atlas_becomes_a_cohort_with_covariates_points_and_the_label_that_was_named() {
    let place = Place::new();
    atlas(&place);
    let said = place.output(&[
        "import",
        "csxa",
        "atlas",
        "--out",
        "mine",
        "--label",
        "Curvature=5",
    ]);
    assert!(said.contains("6 radiographs in mine/cohort.csv"), "{said}");
    assert!(said.contains("138 marked points"), "{said}");
    assert!(
        said.contains("2 of 6 radiographs; not myelopathy"),
        "{said}"
    );
    assert!(!said.contains("note:"), "{said}");
    let csv = place.read("mine/cohort.csv");
    let mut lines = csv.lines();
    assert_eq!(
        lines.next(),
        Some("patient,image,label,spacing_mm,sex,age,symptomatic,curvature,Pixel size")
    );
    assert_eq!(
        lines.next(),
        Some("0001131,../atlas/raw/0001131.png,1,0.14,F,31.0,1,5.0,0.14")
    );
    let cohort = Cohort::read(&place.path("mine/cohort.csv"), None).expect("a cohort");
    assert_eq!(
        (
            cohort.counts().positive_patients,
            cohort.counts().negative_patients
        ),
        (2, 4)
    );

    let points = |file: &str, patient: &str| -> Vec<(String, f64, f64)> {
        let text = place.read(file);
        let rows = text.lines().filter(|line| line.starts_with(patient));
        let mut points: Vec<_> = rows
            .map(|row| {
                let cells: Vec<&str> = row.split(',').collect();
                let number = |at: usize| cells[at].parse::<f64>().expect("a number");
                (format!("{} {}", cells[2], cells[3]), number(4), number(5))
            })
            .collect();
        points.sort_by(|a, b| a.0.cmp(&b.0));
        points
    };
    let drawn = points("cohort/landmarks.csv", "P004");
    let imported = points("mine/landmarks.csv", "0004034");
    assert_eq!(imported.len(), 23);
    for point in &imported {
        assert!(drawn.contains(point), "{point:?} was not drawn");
    }
}

#[test]
fn a_cohort_without_a_label_is_written_and_training_on_it_is_refused_in_one_line() {
    let place = Place::new();
    atlas(&place);
    let said = place.output(&["import", "csxa", "atlas", "--out", "mine"]);
    assert!(
        said.contains("no label: the collection does not say"),
        "{said}"
    );
    let mut arguments = vec!["train", "mine/cohort.csv", "--out", "run"];
    arguments.extend(SMALL);
    let outcome = place.run(&arguments);
    assert_eq!(outcome.code, Some(1));
    assert_eq!(
        outcome.stderr,
        "error: mine/cohort.csv: found no column \"label\" (found \"patient\", \"image\", \"spacing_mm\", \"sex\", \"age\", \
         \"symptomatic\", \"curvature\", \"Pixel size\"), expected the columns patient, image, label; add it to the first line\n"
    );
    let again = place.run(&["import", "csxa", "atlas", "--out", "mine"]);
    assert_eq!(again.code, Some(1));
    assert!(
        again.stderr.contains("found an earlier file of this name"),
        "{}",
        again.stderr
    );
}

#[test]
fn what_is_wrong_in_the_atlas_is_named_with_file_line_and_remedy() {
    let spoilt: [(&str, &str, &str, &str); 5] = [
        (
            "atlas/dataset.csv",
            "2.0,0.0,",
            "1.0,0.0,",
            "atlas/dataset.csv, line 3, column \"Number\": found \"1.0\", expected each number once",
        ),
        (
            "atlas/dataset.csv",
            "2.0,0.0,",
            "2.0,7,",
            "line 3, column \"Gender:female-1,male-0\": found \"7\", expected 0 (male) or 1 (female)",
        ),
        (
            "atlas/json/0002032.json",
            "C2 centroid",
            "C2 middle",
            "atlas/json/0002032.json: found the label \"C2 middle\"",
        ),
        (
            "atlas/json/0002032.json",
            "C3 top left",
            "C3 top right",
            "C3 back_top is marked twice",
        ),
        (
            "atlas/json/0002032.json",
            "\"shapes\"",
            "\"forms\"",
            "missing field `shapes`",
        ),
    ];
    let mut checked = 0;
    for (file, from, to, error) in spoilt {
        let place = Place::new();
        atlas(&place);
        let text = place.read(file);
        assert!(text.contains(from), "{file}: {from}");
        place.write(file, text.replacen(from, to, 1));
        let outcome = place.run(&["import", "csxa", "atlas", "--out", "mine"]);
        assert_eq!(outcome.code, Some(1), "{outcome:?}");
        assert!(outcome.stderr.contains(error), "{outcome:?}");
        assert_eq!(outcome.stderr.lines().count(), 1, "{outcome:?}");
        assert!(!place.path("mine").exists());
        checked += 1;
    }
    assert_eq!(checked, 5);
    let place = Place::new();
    atlas(&place);
    std::fs::rename(
        place.path("atlas/dataset.csv"),
        place.path("atlas/dataset.xlsx"),
    )
    .expect("renamed");
    let outcome = place.run(&["import", "csxa", "atlas", "--out", "mine"]);
    assert!(
        outcome.stderr.contains("save it as \"CSV UTF-8\""),
        "{outcome:?}"
    );
}

/// A film of the neck: a slope with a bright bar, big-endian or little-endian.
fn film(big: bool, width: usize, height: usize) -> Vec<u8> {
    let value = |at: usize| (at % width + 1500 * usize::from(at / width > 900)) as u16;
    let order = if big {
        u16::to_be_bytes
    } else {
        u16::to_le_bytes
    };
    (0..width * height)
        .flat_map(|at| order(value(at)))
        .collect()
}

#[test]
fn films_of_nhanes_are_imported_where_they_lie_with_table_and_coordinates() {
    let place = Place::new();
    place.write("films/C00001.nh2", film(true, 1463, 1755));
    place.write("films/more/c00002.NH2", film(false, 1462, 1755));
    place.write("films/L00001.nh2", film(true, 2048, 2487));
    place.write(
        "films/marks/C00001.txt",
        "C3\n700 800, 720 801\nC4: (705, 900)\n",
    );
    place.write(
        "survey.csv",
        "image,age,pain\nC00001,44,1\nC00002.nh2,51,2\n",
    );
    let said = place.output(&[
        "import",
        "nhanes",
        "films",
        "--out",
        "mine",
        "--table",
        "survey.csv",
        "--label",
        "pain=1",
    ]);
    assert!(
        said.contains("2 radiographs") && said.contains("3 marked points"),
        "{said}"
    );
    assert!(
        said.contains("note: 1 films of the lumbar spine were left out"),
        "{said}"
    );
    assert_eq!(
        place.read("mine/cohort.csv"),
        "patient,image,label,age,pain\n00001,../films/C00001.nh2,1,44,1\n00002,../films/more/c00002.NH2,0,51,2\n"
    );
    assert_eq!(
        place.read("mine/landmarks.csv"),
        "patient,image,vertebra,point,column,row\n\
         00001,../films/C00001.nh2,C3,1,700,800\n\
         00001,../films/C00001.nh2,C3,2,720,801\n\
         00001,../films/C00001.nh2,C4,1,705,900\n"
    );
    Cohort::read(&place.path("mine/cohort.csv"), None).expect("a cohort");
    place.write("model.safetensors", small_model());
    let scored = place.output(&["predict", "model.safetensors", "films/C00001.nh2", "--csv"]);
    assert_eq!(scored.lines().count(), 2, "{scored}");
}

#[test]
fn inverted_films_are_copies_with_black_and_white_exchanged() {
    let place = Place::new();
    place.write("films/C00001.nh2", film(true, 1463, 1755));
    place.output(&["import", "nhanes", "films", "--out", "mine", "--invert"]);
    assert!(
        place
            .read("mine/cohort.csv")
            .contains("00001,images/C00001.png,0.1739")
    );
    let before = radiograph::read(&place.path("films/C00001.nh2"))
        .expect("a film")
        .image;
    let after = radiograph::read(&place.path("mine/images/C00001.png"))
        .expect("a copy")
        .image;
    let mut compared = 0;
    for (a, b) in before.pixels.iter().zip(&after.pixels) {
        assert!((a + b - 1.0).abs() < 1e-5, "{a} and {b}");
        compared += 1;
    }
    assert_eq!(compared, 1463 * 1755);
}

#[test]
fn broken_films_and_coordinates_are_named() {
    let place = Place::new();
    place.write("films/C00001.nh2", [0; 10]);
    let outcome = place.run(&["import", "nhanes", "films", "--out", "mine"]);
    assert!(
        outcome.stderr.contains("films/C00001.nh2: found 10 bytes"),
        "{outcome:?}"
    );
    place.write("films/C00001.nh2", film(true, 1463, 1755));
    let wrong = [
        ("700 800\n", "line 1: found numbers before any vertebra"),
        ("C3 700 800 2\n", "line 1: found 3 numbers, expected pairs"),
        ("C3\n2700 800\n", "line 2: found the point 2700, 800"),
    ];
    let mut checked = 0;
    for (text, error) in wrong {
        place.write("films/C00001.txt", text);
        let outcome = place.run(&["import", "nhanes", "films", "--out", "mine"]);
        assert_eq!(outcome.code, Some(1));
        assert!(outcome.stderr.contains(error), "{outcome:?}");
        checked += 1;
    }
    assert_eq!(checked, 3);
}

#[test]
fn a_table_of_gandlf_is_read_as_a_cohort() {
    let place = Place::new();
    place.draw_cohort(6, 3, Format::Png);
    let mut rows = "SubjectID,Channel_0,Label,ValueToPredict,site\n".to_string();
    for patient in 1..=6 {
        rows += &format!(
            "{patient:03},images/P{patient:03}.png,mask.png,{}.0,here\n",
            patient % 2
        );
    }
    place.write("cohort/gandlf.csv", &rows);
    let cohort = Cohort::read(&place.path("cohort/gandlf.csv"), None).expect("a cohort");
    let labels: Vec<(&str, u8)> = cohort.patients().into_iter().collect();
    assert_eq!(labels[..2], [("001", 1), ("002", 0)]);
    assert_eq!(cohort.covariates, ["Label", "site"]);
    let wrong = [
        (
            "Label",
            "Channel_1",
            "found a table of GaNDLF with the pictures \"Channel_0\", \"Channel_1\", expected one picture a row",
        ),
        (
            "ValueToPredict",
            "Grade",
            "found a table of GaNDLF without the column \"ValueToPredict\"",
        ),
        (
            "1.0",
            "2.0",
            "line 2, column \"ValueToPredict\": found \"2.0\", expected 0 or 1",
        ),
    ];
    let mut checked = 0;
    for (from, to, error) in wrong {
        place.write("cohort/wrong.csv", rows.replacen(from, to, 1));
        let found = Cohort::read(&place.path("cohort/wrong.csv"), None).unwrap_err();
        assert!(found.to_string().contains(error), "{found}");
        checked += 1;
    }
    assert_eq!(checked, 3);
}
