//! Lead letters on the cassette: the side, and at times the view.
//!
//! In: a seeded choice of letters and place. Out: lead added to the path lengths, in the plane of the detector, so that the
//! letters neither turn with the patient nor are magnified.

use crate::outline::{Outline, Point};
use crate::xray::Paths;

/// Bone that stops as much as the lead of a letter, mm.
const LEAD_AS_BONE_MM: f32 = 170.0;
/// Half width of a stroke as a share of the height.
const STROKE: f32 = 0.075;

/// A word in lead.
#[derive(Clone, Debug)]
pub(crate) struct Marker {
    /// Top left corner as a share of width and height of the picture.
    pub place: [f64; 2],
    pub height_mm: f64,
    pub right: bool,
    /// Whether the view (`lat`) stands beside the side.
    pub named_view: bool,
}

/// Strokes of a letter in a cell one high, and its width.
fn letter(name: char) -> (Vec<Vec<Point>>, f32) {
    let bowl = |x: f32, y: f32, r: f32| -> Vec<Point> {
        (0..=16)
            .map(|i| (i as f32 * std::f32::consts::TAU / 16.0).sin_cos())
            .map(|(sin, cos)| [x + r * cos, y + r * sin])
            .collect()
    };
    match name {
        'L' => (vec![vec![[0.0, 0.0], [0.0, 1.0], [0.55, 1.0]]], 0.55),
        'R' => (
            vec![
                vec![
                    [0.0, 1.0],
                    [0.0, 0.0],
                    [0.35, 0.0],
                    [0.52, 0.1],
                    [0.55, 0.26],
                    [0.5, 0.42],
                    [0.35, 0.52],
                    [0.0, 0.52],
                ],
                vec![[0.3, 0.52], [0.58, 1.0]],
            ],
            0.58,
        ),
        'l' => (vec![vec![[0.0, 0.0], [0.0, 1.0]]], 0.0),
        'a' => (
            vec![bowl(0.26, 0.72, 0.26), vec![[0.52, 0.44], [0.52, 1.0]]],
            0.52,
        ),
        't' => (
            vec![
                vec![[0.16, 0.1], [0.16, 0.86], [0.26, 1.0], [0.4, 0.98]],
                vec![[0.0, 0.42], [0.4, 0.42]],
            ],
            0.4,
        ),
        _ => (Vec::new(), 0.0),
    }
}

/// Puts the letters on the cassette.
pub(crate) fn stamp(paths: &mut Paths, marker: &Marker) {
    let view = paths.view;
    let spacing = view.spacing_mm as f32;
    let corner = [
        (marker.place[0] * view.width as f64 * view.spacing_mm) as f32,
        (marker.place[1] * view.height as f64 * view.spacing_mm) as f32,
    ];
    let tall = marker.height_mm as f32;
    let side = if marker.right { "R" } else { "L" };
    write(paths, side, corner, tall, spacing);
    if marker.named_view {
        let below = [corner[0], corner[1] + 1.35 * tall];
        write(paths, "lat", below, 0.6 * tall, spacing);
    }
}

fn write(paths: &mut Paths, word: &str, corner: Point, tall: f32, spacing: f32) {
    let mut x = corner[0];
    for name in word.chars() {
        let (strokes, width) = letter(name);
        for stroke in strokes {
            let points = stroke
                .iter()
                .map(|p| [x + tall * p[0], corner[1] + tall * p[1]])
                .collect();
            draw(paths, &Outline::line(points), STROKE * tall, spacing);
        }
        x += tall * (width + 0.24);
    }
}

fn draw(paths: &mut Paths, line: &Outline, half_width: f32, spacing: f32) {
    let (width, height) = (paths.view.width, paths.view.height);
    let bounds = line.bounds();
    let pixel = |mm: f32, size: usize| (mm / spacing).clamp(0.0, size as f32) as usize;
    let margin = half_width + 2.0 * spacing;
    let columns = pixel(bounds.low[0] - margin, width)..pixel(bounds.high[0] + margin, width);
    for row in pixel(bounds.low[1] - margin, height)..pixel(bounds.high[1] + margin, height) {
        for column in columns.clone() {
            let place = [
                (column as f32 + 0.5) * spacing,
                (row as f32 + 0.5) * spacing,
            ];
            let away = line.signed_distance_mm(place);
            let cover = (0.5 + (half_width - away) / spacing).clamp(0.0, 1.0);
            let bone = &mut paths.bone_mm[row * width + column];
            *bone = bone.max(cover * LEAD_AS_BONE_MM);
        }
    }
}
