//! Landmarks lie on edges of the finished picture, found in its pixels alone.

use phantom::{Drawing, Phantom, Posture, draw_patient_as};

type Place = [f64; 2];

/// Grey at a place, linear between pixels; the centre of the first pixel is at 0.5.
fn grey(phantom: &Phantom, place: Place) -> f64 {
    let picture = &phantom.picture;
    let (x, y) = (place[0] - 0.5, place[1] - 0.5);
    let (i, j) = (x.floor(), y.floor());
    let (u, v) = (x - i, y - j);
    let at = |i: f64, j: f64| {
        let column = (i.max(0.0) as usize).min(picture.width - 1);
        let row = (j.max(0.0) as usize).min(picture.height - 1);
        f64::from(picture.pixels[row * picture.width + column])
    };
    (1.0 - v) * ((1.0 - u) * at(i, j) + u * at(i + 1.0, j))
        + v * ((1.0 - u) * at(i, j + 1.0) + u * at(i + 1.0, j + 1.0))
}

/// Steepest fall from bone to what lies outside, pixels along the outward normal from `place`, in a profile averaged over
/// `along` pixels on both sides.
fn steepest(phantom: &Phantom, place: Place, outward: Place, along: usize) -> f64 {
    const STEP: f64 = 0.125;
    const REACH: f64 = 3.5;
    let span = along as i32;
    let size = outward[0].hypot(outward[1]);
    let n = [outward[0] / size, outward[1] / size];
    let mean = |far: f64| {
        let mut sum = 0.0;
        for k in -span..=span {
            let t = f64::from(k);
            sum += grey(
                phantom,
                [
                    place[0] + far * n[0] - t * n[1],
                    place[1] + far * n[1] + t * n[0],
                ],
            );
        }
        sum
    };
    let steps = (2.0 * REACH / STEP) as i32;
    (0..=steps)
        .map(|i| f64::from(i) * STEP - REACH)
        .map(|far| (far, mean(far - 0.5) - mean(far + 0.5)))
        .fold((0.0, f64::NEG_INFINITY), |best, next| {
            if next.1 > best.1 { next } else { best }
        })
        .0
}

fn between(a: Place, b: Place, t: f64) -> Place {
    [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])]
}

/// Errors in pixels, sorted by size, of all edges of a kind on C3 to C6 of some patients.
fn errors(edge: impl Fn(&phantom::landmarks::VertebraMarks) -> (Place, Place, usize)) -> Vec<f64> {
    let mut found = Vec::new();
    for posture in [Posture::Neutral, Posture::Flexion, Posture::Extension] {
        for index in 0..12 {
            let drawing = Drawing {
                posture,
                ..Drawing::default()
            };
            let phantom = draw_patient_as(21, index, 600, 750, &drawing);
            for marks in &phantom.landmarks.vertebrae[1..5] {
                let (place, outward, along) = edge(marks);
                found.push(steepest(&phantom, place, outward, along).abs());
            }
        }
    }
    found.sort_by(f64::total_cmp);
    assert_eq!(found.len(), 144);
    found
}

fn check(what: &str, errors: &[f64]) {
    let (median, ninth) = (errors[errors.len() / 2], errors[errors.len() * 9 / 10]);
    println!("{what}: median {median:.2}, nine in ten within {ninth:.2} pixels");
    assert!(
        median <= 0.5 && ninth <= 1.0,
        "{what}: median {median:.2}, nine in ten within {ninth:.2} pixels"
    );
}

#[test]
fn corners_lie_on_an_edge_of_the_picture_within_a_pixel() {
    let corner = |which: usize| {
        errors(move |marks| {
            let place = marks.corners()[which].1;
            let centre = marks.centre;
            (place, [place[0] - centre[0], place[1] - centre[1]], 0)
        })
    };
    for (which, name) in ["front top", "back top", "back bottom", "front bottom"]
        .iter()
        .enumerate()
    {
        check(name, &corner(which));
    }
}

#[test]
fn the_back_wall_is_an_edge_of_the_picture_within_a_pixel() {
    let walls = errors(|marks| {
        let front = between(marks.front_top, marks.front_bottom, 0.5);
        let place = marks.back_wall;
        (place, [place[0] - front[0], place[1] - front[1]], 3)
    });
    check("back wall", &walls);
}
