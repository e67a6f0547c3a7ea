//! Scaled pictures against Keras's `load_img` (`golden/keras_resize.json`).

use cordsight::prepare::{Fit, Grey, Preparation};
use cordsight::resize::Resize;
use radiograph::GreyImage;
use serde::Deserialize;

use crate::compared::largest;

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    kind: String,
    columns: usize,
    rows: usize,
    side: usize,
    filter: Resize,
    pixels: String,
}

impl Case {
    /// The picture that the script makes, 8 bits as 0 to 1.
    fn picture(&self) -> GreyImage {
        let value = |row: usize, column: usize| match self.kind.as_str() {
            "hard" => 255 * usize::from((row / 5 + column / 7).is_multiple_of(2)),
            _ => (7 * row * row + 13 * row * column + 5 * column * column + 29 * column) % 113 + 70,
        };
        let pixels = (0..self.rows * self.columns)
            .map(|at| value(at / self.columns, at % self.columns) as f32 / 255.0);
        GreyImage {
            width: self.columns,
            height: self.rows,
            pixels: pixels.collect(),
        }
    }

    /// Bicubic and Lanczos overshoot at black and white edges. Pillow cuts off between its two directions, and takes the
    /// rows first for some sides; there the two differ by more than rounding.
    fn is_cut_off_elsewhere(&self) -> bool {
        let overshoots = matches!(self.filter, Resize::Bicubic | Resize::Lanczos);
        overshoots && self.kind == "hard" && self.rows > self.columns
    }

    /// In grey levels. Pillow rounds twice to whole ones.
    fn allowed(&self) -> f64 {
        match self.filter {
            Resize::Nearest => 1e-4,
            Resize::Bicubic | Resize::Lanczos => 1.1,
            _ => 1.001,
        }
    }

    fn expected(&self) -> Vec<f32> {
        let digits = self.pixels.as_bytes().chunks_exact(2);
        let byte = |pair: &[u8]| {
            u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).expect("two digits")
        };
        digits.map(|pair| f32::from(byte(pair))).collect()
    }
}

fn cases() -> Vec<Case> {
    let golden: Golden = serde_json::from_str(include_str!("golden/keras_resize.json")).unwrap();
    assert_eq!(golden.cases.len(), 36);
    let cases: Vec<Case> = golden
        .cases
        .into_iter()
        .filter(|case| !case.is_cut_off_elsewhere())
        .collect();
    assert_eq!(cases.len(), 32);
    cases
}

#[test]
fn a_picture_is_scaled_as_load_img_does_it() {
    for case in cases() {
        let found = case
            .filter
            .apply(&case.picture(), case.side, case.side)
            .expect("a picture");
        let expected = case.expected();
        assert_eq!(found.len(), expected.len());
        let apart = |(a, b): (&f32, &f32)| f64::from((a.clamp(0.0, 1.0) * 255.0 - b).abs());
        let apart = largest(found.iter().zip(&expected).map(apart));
        let name = format!("{:?} {} {}", case.filter, case.kind, case.columns);
        println!("{name}: grey levels are apart by {apart}");
        assert!(apart <= case.allowed(), "{name}: apart by {apart}");
    }
}

#[test]
fn a_preparation_scales_as_its_filter_does() {
    let mut tried = 0;
    for case in cases() {
        if case.columns < 64 {
            continue;
        }
        let preparation = Preparation {
            resize: case.filter,
            ..Preparation::plain(case.side, Fit::Squash, Grey::Stored)
        };
        let found = preparation.prepare(&case.picture()).expect("a picture");
        let expected = case.expected();
        let apart = |(a, b): (&f32, &f32)| f64::from((a * 255.0 - b).abs());
        let apart = largest(found.0.iter().zip(&expected).map(apart));
        assert!(
            apart <= case.allowed(),
            "{:?}: apart by {apart}",
            case.filter
        );
        tried += 1;
    }
    assert_eq!(tried, 22);
}
