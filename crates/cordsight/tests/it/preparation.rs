//! From radiograph to square and back: what was done to a picture is known, and a place in the square is found again.

use cordsight::prepare::{
    Crop, CropRule, FacingOrigin, FacingRule, Fit, Geometry, Grey, Preparation, PrepareError,
    Source,
};
use phantom::Format;
use proptest::prelude::*;
use radiograph::{Facing, GreyImage};
use serde::Deserialize;

use crate::program::{Place, SMALL};

const WIDTH: usize = 200;
const HEIGHT: usize = 260;

/// Texture inside an even dark frame (left 20, top 30, right 12, bottom 16), with a bright spot at column, row.
fn framed(column: usize, row: usize) -> GreyImage {
    let pixel = |at: usize| {
        let (x, y) = (at % WIDTH, at / WIDTH);
        let near = x.abs_diff(column).max(y.abs_diff(row)) <= 6;
        match (x, y) {
            _ if !(20..WIDTH - 12).contains(&x) || !(30..HEIGHT - 16).contains(&y) => 0.02,
            _ if near => 1.0,
            _ => 0.3 + 0.2 * ((x * 7 + y * 13) % 11) as f32 / 11.0,
        }
    };
    GreyImage {
        width: WIDTH,
        height: HEIGHT,
        pixels: (0..WIDTH * HEIGHT).map(pixel).collect(),
    }
}

/// Weighted middle of what is brighter than 0.5, as column and row.
fn bright_spot(values: &[f32], width: usize) -> [f64; 2] {
    let (mut sum, mut place) = (0.0, [0.0, 0.0]);
    for (at, value) in values.iter().enumerate().filter(|(_, value)| **value > 0.5) {
        let weight = f64::from(*value) - 0.5;
        sum += weight;
        place[0] += weight * ((at % width) as f64 + 0.5);
        place[1] += weight * ((at / width) as f64 + 0.5);
    }
    assert!(sum > 0.0, "no bright spot");
    place.map(|coordinate| coordinate / sum)
}

#[test]
fn a_spot_is_found_again_whatever_was_cut_mirrored_scaled_and_padded() {
    let image = framed(60, 100);
    let mut checked = 0;
    for fit in [Fit::Squash, Fit::Pad] {
        for crop in [CropRule::None, CropRule::Field] {
            for facing in [FacingRule::AsIs, FacingRule::Left, FacingRule::Right] {
                for mm_per_pixel in [0.0, 0.5, 1.0] {
                    let preparation = Preparation {
                        crop,
                        facing,
                        mm_per_pixel,
                        ..Preparation::plain(128, fit, Grey::Stored)
                    };
                    let source = Source {
                        spacing_mm: Some([0.3, 0.4]),
                        facing: Some(Facing::Left),
                        ..Source::from(&image)
                    };
                    let (square, record) = preparation.prepare_from(source).expect("a picture");
                    let geometry = record.geometry;
                    assert_eq!(geometry.mirrored, facing == FacingRule::Right);
                    let cut = crop == CropRule::Field;
                    assert_eq!(
                        geometry.crop
                            == Crop {
                                left: 20,
                                top: 30,
                                width: 168,
                                height: 214
                            },
                        cut
                    );
                    let found = geometry.to_original(bright_spot(&square.0, 128));
                    let context = format!("{preparation:?}: {found:?}");
                    assert!((found[0] - 60.5).abs() < 1.0, "{context}");
                    assert!((found[1] - 100.5).abs() < 1.0, "{context}");
                    let back = geometry.heatmap_to_original(&square.0).expect("a map");
                    assert_eq!(back.len(), WIDTH * HEIGHT);
                    let found = bright_spot(&back, WIDTH);
                    assert!(
                        (found[0] - 60.5).abs() < 1.0 && (found[1] - 100.5).abs() < 1.0,
                        "{context}"
                    );
                    checked += 1;
                }
            }
        }
    }
    assert_eq!(checked, 36);
}

#[test]
fn a_map_is_empty_where_the_network_saw_nothing() {
    let preparation = Preparation {
        crop: CropRule::Field,
        ..Preparation::plain(64, Fit::Pad, Grey::Stored)
    };
    let image = framed(60, 100);
    let (_, record) = preparation
        .prepare_from(Source::from(&image))
        .expect("a picture");
    let back = record
        .geometry
        .heatmap_to_original(&[1.0; 64 * 64])
        .expect("a map");
    let seen = back.iter().filter(|value| **value == 1.0).count();
    let unseen = back.iter().filter(|value| **value == 0.0).count();
    assert_eq!((seen, unseen), (168 * 214, WIDTH * HEIGHT - 168 * 214));
    assert_eq!(record.geometry.heatmap_to_original(&[1.0; 64]), None);
}

proptest! {
    #[test]
    fn a_point_survives_the_way_there_and_back(
        (width, height, side) in (64_usize..3000, 64_usize..3000, 32_usize..512),
        (left, top) in (0_usize..1000, 0_usize..1000),
        (columns, rows) in (1_usize..1500, 1_usize..1500),
        mirrored: bool,
        (x, y) in (0.0_f64..1.0, 0.0_f64..1.0),
    ) {
        let (left, top) = (left % (width - 32), top % (height - 32));
        let geometry = Geometry {
            width,
            height,
            crop: Crop { left, top, width: width - left - 7, height: height - top - 9 },
            mirrored,
            columns,
            rows,
            left: (side as i64 - columns as i64).div_euclid(2),
            top: (side as i64 - rows as i64).div_euclid(2),
            side,
        };
        let point = [x * width as f64, y * height as f64];
        let back = geometry.to_original(geometry.to_prepared(point));
        prop_assert!((back[0] - point[0]).abs() < 1e-6 && (back[1] - point[1]).abs() < 1e-6);
    }
}

#[test]
fn a_fixed_scale_keeps_millimetres_and_needs_the_spacing() {
    let preparation = Preparation {
        mm_per_pixel: 0.5,
        ..Preparation::plain(160, Fit::Squash, Grey::Stored)
    };
    let middle = |column: usize, row: usize| {
        let image = framed(column, row);
        let source = Source {
            spacing_mm: Some([0.3, 0.4]),
            ..Source::from(&image)
        };
        let (square, record) = preparation.prepare_from(source).expect("a picture");
        let size = (record.geometry.columns, record.geometry.rows);
        (bright_spot(&square.0, 160), size)
    };
    let ([x, y], size) = middle(60, 100);
    let ([right, _], _) = middle(110, 100);
    let ([_, below], _) = middle(60, 180);
    assert_eq!(size, (160, 156));
    assert!((right - x - 50.0 * 0.4 / 0.5).abs() < 0.1, "{}", right - x);
    assert!((below - y - 80.0 * 0.3 / 0.5).abs() < 0.1, "{}", below - y);
    let image = framed(60, 100);
    assert_eq!(
        preparation.prepare(&image),
        Err(PrepareError::NoSpacing { mm_per_pixel: 0.5 })
    );
    let far = Source {
        spacing_mm: Some([0.3, 400.0]),
        ..Source::from(&image)
    };
    let error = preparation.prepare_from(far).unwrap_err().to_string();
    assert!(
        error.contains("found 160000×156 pixels at 0.5 mm a pixel"),
        "{error}"
    );
}

/// A drawn neck, its left and right exchanged on request.
fn neck(index: u64, mirrored: bool) -> GreyImage {
    let picture = phantom::draw_patient(17, index, 150, 188).picture;
    let white = ((1_u32 << picture.bits) - 1) as f32;
    let mut pixels: Vec<f32> = picture
        .pixels
        .iter()
        .map(|v| f32::from(*v) / white)
        .collect();
    for line in pixels.chunks_exact_mut(picture.width).filter(|_| mirrored) {
        line.reverse();
    }
    GreyImage {
        width: picture.width,
        height: picture.height,
        pixels,
    }
}

#[test]
fn necks_without_a_header_are_turned_to_one_side_by_their_pixels() {
    let preparation = Preparation {
        facing: FacingRule::Left,
        ..Preparation::plain(64, Fit::Pad, Grey::Stretch)
    };
    let (mut right, mut wrong, mut unclear) = (0, 0, 0);
    for index in 0..60 {
        for mirrored in [false, true] {
            let image = neck(index, mirrored);
            let (_, record) = preparation
                .prepare_from(Source::from(&image))
                .expect("a picture");
            match record.facing {
                FacingOrigin::Pixels if record.geometry.mirrored == mirrored => right += 1,
                FacingOrigin::Pixels => wrong += 1,
                _ => {
                    assert!(!record.geometry.mirrored);
                    unclear += 1;
                }
            }
        }
    }
    println!("facing by pixels: {right} right, {wrong} wrong, {unclear} unclear of 120");
    assert!(
        right >= 114 && wrong <= 1,
        "{right} right, {wrong} wrong, {unclear} unclear"
    );
}

#[test]
fn mirrored_necks_give_the_same_square_once_both_face_one_side() {
    let preparation = Preparation {
        facing: FacingRule::Right,
        ..Preparation::plain(64, Fit::Squash, Grey::Stretch)
    };
    let square = |mirrored: bool, facing: Facing| {
        let image = neck(3, mirrored);
        let source = Source {
            facing: Some(facing),
            ..Source::from(&image)
        };
        let (square, record) = preparation.prepare_from(source).expect("a picture");
        assert_eq!(record.facing, FacingOrigin::Header);
        square.0
    };
    let (left, right) = (square(false, Facing::Left), square(true, Facing::Right));
    let differ = left
        .iter()
        .zip(&right)
        .map(|(a, b)| f64::from((a - b).abs()));
    assert!(crate::compared::largest(differ) < 1e-5);
}

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    width: usize,
    height: usize,
    limit: f64,
    result: Vec<u8>,
}

#[test]
fn equalisation_is_opencvs() {
    let golden: Golden = serde_json::from_str(include_str!("golden/opencv_clahe.json")).unwrap();
    let mut checked = 0;
    for case in &golden.cases {
        let (width, height) = (case.width, case.height);
        let value = |at: usize| {
            let (x, y) = (at % width, at / width);
            ((x * x / 40 + 3 * y + 60 * ((x / 9 + y / 11) % 3)) % 256) as f32 / 255.0
        };
        let image = GreyImage {
            width,
            height,
            pixels: (0..width * height).map(value).collect(),
        };
        let side = width.max(height);
        let preparation = Preparation {
            clahe: case.limit,
            ..Preparation::plain(side, Fit::Pad, Grey::Stored)
        };
        let (square, record) = preparation
            .prepare_from(Source::from(&image))
            .expect("a picture");
        let (left, top) = (record.geometry.left as usize, record.geometry.top as usize);
        for (at, expected) in case.result.iter().enumerate() {
            let (row, column) = (top + at / width, left + at % width);
            let found = f64::from(square.0[row * side + column]) * 255.0;
            assert!(
                (found - f64::from(*expected)).abs() < 0.51,
                "{width}×{height}, {at}: {found}, {expected}"
            );
            checked += 1;
        }
    }
    assert_eq!(checked, 64 * 64 + 68 * 68 + 64 * 100 + 92 * 72);
}

#[test]
fn a_preparation_of_an_older_file_has_the_new_steps_off() {
    let old = r#"{"image_size":224,"fit":"squash","grey":"stretch","mean":[0.5,0.5,0.5],"std":[0.5,0.5,0.5]}"#;
    let read: Preparation = serde_json::from_str(old).expect("an older preparation");
    assert_eq!(read.facing, FacingRule::AsIs);
    assert_eq!(read.crop, CropRule::None);
    assert_eq!((read.mm_per_pixel, read.clahe), (0.0, 0.0));
}

#[test]
fn a_run_records_what_was_done_and_its_model_does_it_again() {
    let place = Place::new();
    place.draw_cohort(8, 3, Format::Png);
    let options = [
        "--facing",
        "left",
        "--crop",
        "field",
        "--mm-per-pixel",
        "6",
        "--clahe",
        "2",
    ];
    let mut arguments = vec![
        "train",
        "cohort/spaced.csv",
        "--out",
        "run",
        "--test",
        "0.5",
    ];
    arguments.extend(SMALL);
    arguments.extend(options);
    let rows = place.read("cohort/cohort.csv");
    place.write("cohort/spaced.csv", &rows);
    let refused = place.run(&arguments);
    assert_eq!(refused.code, Some(1));
    assert!(
        refused
            .stderr
            .contains("found no pixel spacing, expected one for a scale of 6 mm a pixel"),
        "{refused:?}"
    );

    let mut lines = rows.lines();
    let mut spaced = format!("{},spacing_mm\n", lines.next().expect("a header"));
    for line in lines {
        spaced += &format!("{line},1.8\n");
    }
    place.write("cohort/spaced.csv", spaced);
    place.output(&arguments);
    let record = place.read("run/preparation.csv");
    assert_eq!(record.lines().count(), 9);
    assert!(record.starts_with("patient,image,width,height,crop_left,crop_top,crop_width,crop_height,mirrored,facing_by,columns,rows,left,top\n"));
    let config = place.read("run/config.toml");
    for line in [
        "facing = \"left\"",
        "crop = \"field\"",
        "mm_per_pixel = 6.0",
        "clahe = 2.0",
    ] {
        assert!(config.contains(line), "{config}");
    }
    let predictions = place.read("run/predictions.csv");
    let first: Vec<&str> = predictions
        .lines()
        .nth(1)
        .expect("a row")
        .split(',')
        .collect();
    let file = format!("cohort/{}", first[1]);
    let scored = place.output(&["predict", "run", &file, "--spacing", "1.8", "--csv"]);
    let score = |row: &str, at: usize| {
        row.split(',')
            .nth(at)
            .expect("a score")
            .parse::<f64>()
            .expect("a number")
    };
    let again = score(scored.lines().nth(1).expect("a row"), 1);
    let once = first[3].parse::<f64>().expect("a number");
    assert!((again - once).abs() < 1e-6, "{again} and {once}");
    let without = place.run(&["predict", "run", &file]);
    assert_eq!(without.code, Some(1));
    assert!(without.stderr.contains("pass --spacing MM"), "{without:?}");
}
