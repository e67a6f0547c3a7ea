//! `cordsight phantom`: what its flags draw, and what it answers to flags that cannot be met.

use crate::program::Place;

#[test]
fn size_bits_views_and_confounders_are_drawn_as_asked() {
    let place = Place::new();
    let said = place.output(
        &"phantom out --patients 4 --positives 2 --size 60x75 --bits 8 --format png \
          --views neutral,flexion,extension --confound age,marker"
            .split_whitespace()
            .collect::<Vec<_>>(),
    );
    assert!(
        said.starts_with(
            "drew 4 synthetic patients, 2 with myelopathy, 3 radiographs each, in out\n"
        ),
        "{said}"
    );
    assert!(said.contains("follows the label: age, marker"), "{said}");
    let cohort = place.read("out/cohort.csv");
    assert_eq!(cohort.lines().count(), 13);
    let mut opened = 0;
    for row in cohort.lines().skip(1) {
        let image = row.split(',').nth(1).unwrap();
        let file = std::fs::read(place.path(&format!("out/{image}"))).unwrap();
        let picture = radiograph::decode(&file).unwrap();
        assert_eq!((picture.image.width, picture.image.height), (60, 75));
        assert_eq!(picture.facts.bits_stored, 8);
        opened += 1;
    }
    assert_eq!(opened, 12);
    assert!(cohort.contains("images/P002_flexion.png"));
    let notice: serde_json::Value =
        serde_json::from_str(&place.read("out/synthetic.json")).unwrap();
    assert_eq!(notice["confounders"], serde_json::json!(["age", "marker"]));
}

#[test]
fn flags_that_cannot_be_met_are_named_and_nothing_is_written() {
    let place = Place::new();
    let cases = [
        ("--size 600", 2, "expected columns x rows, such as 600x750"),
        (
            "--size 600x5000",
            1,
            "600 x 5000 pixels, expected 32 to 4096",
        ),
        ("--bits 7", 2, "7 is not in 8..=16"),
        ("--views upright", 2, "invalid value 'upright'"),
        (
            "--views neutral,neutral",
            1,
            "found 2 views, 1 of them different",
        ),
        ("--confound scaner", 2, "scanner"),
    ];
    for (flags, code, reason) in cases {
        let mut arguments = vec!["phantom", "out", "--patients", "2"];
        arguments.extend(flags.split(' '));
        let outcome = place.run(&arguments);
        assert_eq!(outcome.code, Some(code), "{flags}: {outcome:?}");
        assert!(outcome.stderr.contains(reason), "{flags}: {outcome:?}");
    }
    assert!(!place.path("out").exists());
}
