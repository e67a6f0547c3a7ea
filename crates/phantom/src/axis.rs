//! The two upper vertebrae, which look like no other: atlas (C1) and axis (C2).
//!
//! In: anatomy, spine, the offset between left and right. Out: parts. Shapes are ours, after the usual look of the view.

use crate::anatomy::Anatomy;
use crate::outline::{Frame, Outline, Point};
use crate::skeleton::{Spine, block, halves, ridge};
use crate::xray::Part;

/// Outline of the body of C2 with its dens.
pub(crate) fn axis_outline(anatomy: &Anatomy, spine: &Spine) -> Outline {
    let (d, h) = halves(anatomy, 0);
    let top = -h - spine.dens_mm;
    let front = anatomy.discs[0].front_spur_mm as f32;
    let back = anatomy.discs[0].back_spur_mm as f32;
    let base = |spur: f32| 1.8 + 0.8 * spur;
    let points = [
        [-3.4, top + 1.4],
        [-0.2, top],
        [3.2, top + 1.0],
        [4.8, top + 4.6],
        [4.5, -h - 3.0],
        [d - 1.6, -h + 2.0],
        [d, 0.0],
        [d + 0.15 + 0.15 * back, h - base(back)],
        [d + back, h - 0.5 + 0.12 * back],
        [d - 1.0 + 0.8 * back, h - 0.15 + 0.18 * back],
        [d * 0.4, h - 0.9],
        [-d * 0.4, h - 0.5],
        [-d + 0.9 - 0.8 * front, h + 1.2 + 0.25 * front],
        [-d - 0.4 - front, h + 0.8 + 0.20 * front],
        [-d + 0.15 - 0.15 * front, h - base(front)],
        [-d + 1.8, 0.0],
        [-d + 1.4, -h + 4.0],
        [-5.4, -h - 1.0],
        [-5.0, top + 6.0],
    ];
    Outline::through(&spine.bodies[0].all(&points))
}

/// The axis, with the ring that its upper joints make on the lateral view.
pub(crate) fn axis(anatomy: &Anatomy, spine: &Spine, parts: &mut Vec<Part>) {
    let h = halves(anatomy, 0).1;
    let frame = spine.bodies[0];
    parts.push(block(axis_outline(anatomy, spine), 14.0, 10.0, 0.6, 0.6));
    let ring: Vec<Point> = (1..16)
        .map(|i| (i as f32 * std::f32::consts::TAU / 16.0).sin_cos())
        .map(|(sin, cos)| frame.at(0.8 - 5.0 * sin, -h + 3.2 + 5.4 * cos))
        .collect();
    parts.push(ridge(ring, 7.0, 0.55));
}

/// The front tubercle, the lateral masses and the back arch of C1.
pub(crate) fn atlas(anatomy: &Anatomy, spine: &Spine, skew_mm: [f32; 2], parts: &mut Vec<Part>) {
    let tip = spine.dens_tip(anatomy);
    let button = [
        [-7.4, 2.0],
        [-7.0, 7.0],
        [-7.4, 11.6],
        [-9.6, 12.4],
        [-12.6, 9.4],
        [-12.8, 6.2],
        [-10.2, 2.6],
    ];
    parts.push(block(
        Outline::closed(tip.all(&button)).smoothed(2),
        9.0,
        9.0,
        0.7,
        0.7,
    ));
    let canal = 4.8 + anatomy.vertebrae[0].canal_mm as f32 + 2.6;
    for side in [-1.0, 1.0] {
        let frame = Frame {
            origin: [
                tip.origin[0] + 1.4 * side * skew_mm[0],
                tip.origin[1] + 1.4 * side * skew_mm[1],
            ],
            ..tip
        };
        let mass = [
            [-7.0, 3.4],
            [1.0, 6.0],
            [9.0, 2.4],
            [9.8, 8.0],
            [7.4, 14.4],
            [0.0, 15.4],
            [-6.5, 13.0],
        ];
        let arch = [
            [6.0, 6.4],
            [11.0, 7.4],
            [15.0, 7.0],
            [canal + 1.0, 4.8],
            [canal + 5.6, 3.6],
            [canal + 8.6, 6.0],
            [canal + 7.8, 9.6],
            [canal + 1.0, 11.8],
            [15.0, 11.6],
            [6.0, 11.2],
        ];
        parts.push(block(
            Outline::closed(frame.all(&mass)).smoothed(2),
            6.0,
            3.0,
            0.7,
            1.0,
        ));
        parts.push(block(
            Outline::closed(frame.all(&arch)).smoothed(2),
            3.6,
            3.6,
            0.6,
            0.8,
        ));
    }
    let line = [[canal + 0.2, 5.6], [canal, 8.0], [canal + 0.3, 11.0]];
    parts.push(ridge(tip.all(&line), 8.0, 0.6));
}
