//! The back half of each vertebra: pedicles, articular pillars, laminae, spinous process, and the yellow ligament.
//!
//! In: anatomy, spine, the offset between left and right. Out: parts. The joint between two vertebrae is one oblique line,
//! worked out from both of them, and the pillars stop on either side of it: so they lie like shingles however the neck
//! bends and however far a disc has sunk.

use crate::anatomy::{Anatomy, DISCS, VERTEBRAE};
use crate::outline::{Outline, Point};
use crate::skeleton::{Spine, block, halves, ridge};
use crate::xray::Part;

/// Half of the space between two joint surfaces, mm.
const HALF_JOINT_MM: f32 = 0.5;

/// The front and back end of the facet joint below vertebra `i`.
fn joint(anatomy: &Anatomy, spine: &Spine, i: usize) -> [Point; 2] {
    let above = |i: usize| {
        let (d, h) = halves(anatomy, i);
        let back = pillar_back(anatomy, i);
        let frame = spine.bodies[i];
        [frame.at(d + 2.0, h + 1.0), frame.at(back, h + 9.0)]
    };
    if i + 1 >= VERTEBRAE {
        return above(i);
    }
    let (d, h) = halves(anatomy, i + 1);
    let frame = spine.bodies[i + 1];
    let below = [
        frame.at(d + 2.0, -h - 4.2),
        frame.at(pillar_back(anatomy, i + 1), -h + 3.8),
    ];
    let above = above(i);
    std::array::from_fn(|end| {
        std::array::from_fn(|axis| 0.5 * (above[end][axis] + below[end][axis]))
    })
}

/// How far behind the middle of the body the pillar reaches; the spinolaminar line stays clear of it.
fn pillar_back(anatomy: &Anatomy, i: usize) -> f32 {
    let d = halves(anatomy, i).0;
    (d + 11.2).min(d + anatomy.vertebrae[i].canal_mm as f32 - 2.2)
}

/// Distance of the spinolaminar line behind the middle of the body.
pub(crate) fn spinolaminar_mm(anatomy: &Anatomy, i: usize) -> f32 {
    halves(anatomy, i).0 + anatomy.vertebrae[i].canal_mm as f32
}

fn moved(p: Point, by: Point, times: f32) -> Point {
    [p[0] + times * by[0], p[1] + times * by[1]]
}

/// Pillars, pedicles, laminae and spinous process of a vertebra.
pub(crate) fn arch(
    anatomy: &Anatomy,
    spine: &Spine,
    i: usize,
    skew_mm: [f32; 2],
    parts: &mut Vec<Part>,
) {
    let (d, h) = halves(anatomy, i);
    let frame = spine.bodies[i];
    for side in [-1.0, 1.0] {
        let pillar = pillar(anatomy, spine, i).map(|p| moved(p, skew_mm, side));
        parts.push(block(
            Outline::closed(pillar.to_vec()).smoothed(2),
            6.5,
            4.0,
            0.6,
            0.8,
        ));
        let pedicle = [
            [d - 3.0, -h + 2.2],
            [d + 2.8, -h + 1.2],
            [d + 3.4, -h + 7.2],
            [d - 3.0, -h + 7.8],
        ];
        let pedicle = frame
            .all(&pedicle)
            .into_iter()
            .map(|p| moved(p, skew_mm, side));
        let outline = Outline::closed(pedicle.collect()).smoothed(2);
        parts.push(block(outline, 3.0, 2.2, 0.6, 0.8));
    }
    lamina(anatomy, spine, i, parts);
    spinous(anatomy, spine, i, parts);
}

fn pillar(anatomy: &Anatomy, spine: &Spine, i: usize) -> [Point; 9] {
    let (d, h) = halves(anatomy, i);
    let frame = spine.bodies[i];
    let back = pillar_back(anatomy, i);
    let [below_front, below_back] = joint(anatomy, spine, i);
    let up = frame.at(0.5, -1.0);
    let up = [up[0] - frame.origin[0], up[1] - frame.origin[1]];
    let (top_front, top_back) = match i.checked_sub(1) {
        Some(above) => {
            let [front, rear] = joint(anatomy, spine, above);
            (
                moved(front, up, -HALF_JOINT_MM),
                moved(rear, up, -HALF_JOINT_MM),
            )
        }
        None => (frame.at(0.5, -h + 0.5), frame.at(d + 4.0, -h + 3.0)),
    };
    let waist = if i == 0 { h * 0.45 } else { h * 0.25 };
    [
        top_front,
        moved(top_front, [1.2, 0.2], 1.0),
        top_back,
        frame.at(back + 0.9, waist),
        moved(moved(below_back, up, HALF_JOINT_MM), [0.8, 0.6], 1.0),
        moved(below_back, up, HALF_JOINT_MM),
        moved(below_front, up, HALF_JOINT_MM),
        frame.at(d + 1.0, h - 3.2),
        frame.at(d + 0.2, -h + 3.0),
    ]
}

fn lamina(anatomy: &Anatomy, spine: &Spine, i: usize, parts: &mut Vec<Part>) {
    let h = halves(anatomy, i).1;
    let frame = spine.bodies[i];
    let (back, line) = (pillar_back(anatomy, i), spinolaminar_mm(anatomy, i));
    let plate = [
        [back - 3.5, -0.25 * h],
        [line - 0.3, -0.15 * h],
        [line + 1.6, 0.6 * h],
        [line + 1.2, h + 4.8],
        [line - 1.2, h + 5.2],
        [back - 3.0, h + 3.6],
    ];
    let outline = Outline::closed(frame.all(&plate)).smoothed(2);
    parts.push(block(outline, 5.0, 2.0, 0.7, 1.4));
    let edge = [
        [line + 0.2, -0.15 * h],
        [line, 0.3 * h],
        [line + 0.1, 0.75 * h],
        [line - 0.5, h + 4.6],
    ];
    parts.push(ridge(frame.all(&edge), 8.5, 0.55));
}

fn spinous(anatomy: &Anatomy, spine: &Spine, i: usize, parts: &mut Vec<Part>) {
    const DOWN_DEG: [f32; VERTEBRAE] = [20.0, 26.0, 26.0, 24.0, 20.0, 18.0, 26.0];
    const TIP_MM: [f32; VERTEBRAE] = [6.4, 3.4, 3.2, 3.4, 3.8, 4.6, 4.8];
    const NECK_MM: [f32; VERTEBRAE] = [5.0, 2.7, 2.6, 2.7, 2.9, 3.2, 3.4];
    let h = halves(anatomy, i).1;
    let length = anatomy.vertebrae[i].spinous_mm as f32;
    let line = spinolaminar_mm(anatomy, i);
    let (sin, cos) = DOWN_DEG[i].to_radians().sin_cos();
    let root = [line + 0.3, 0.5 * h + 1.4];
    let along = |share: f32, across: f32| {
        let far = share * length;
        [
            root[0] + far * cos - across * sin,
            root[1] + far * sin + across * cos,
        ]
    };
    let (tip, neck) = (TIP_MM[i], NECK_MM[i]);
    let points = [
        [line + 0.2, -0.15 * h],
        along(0.28, -neck - 0.6),
        along(0.6, -neck),
        along(0.85, -0.85 * tip),
        along(0.99, -0.6 * tip),
        along(1.0, 0.35 * tip),
        along(0.9, tip),
        along(0.6, neck + 0.3),
        along(0.28, neck + 0.9),
        [line + 0.3, h + 4.4],
        [line - 0.2, 0.8 * h],
    ];
    let outline = Outline::closed(spine.bodies[i].all(&points)).smoothed(2);
    parts.push(block(outline, 5.5, 5.5, 0.7, 1.0));
}

/// Ossified yellow ligament: a wedge between two laminae that points into the canal.
pub(crate) fn yellow_ligament(anatomy: &Anatomy, spine: &Spine, parts: &mut Vec<Part>) {
    for i in 0..DISCS {
        let thick = anatomy.discs[i].yellow_mm as f32;
        if thick <= 0.0 {
            continue;
        }
        let h = halves(anatomy, i).1;
        let (line, frame) = (spinolaminar_mm(anatomy, i), spine.bodies[i]);
        let next = spine.bodies[i + 1];
        let below = spinolaminar_mm(anatomy, i + 1);
        let points = [
            frame.at(line - 0.2, h - 1.0),
            frame.at(line - 0.8 * thick, h + 1.6),
            frame.at(line - thick, h + 3.6),
            next.at(below - 0.7 * thick, -0.55 * halves(anatomy, i + 1).1),
            next.at(below, -0.1 * halves(anatomy, i + 1).1),
            frame.at(line + 0.8, h + 3.0),
        ];
        parts.push(block(
            Outline::closed(points.to_vec()).smoothed(2),
            10.0,
            6.0,
            0.6,
            0.8,
        ));
    }
}
