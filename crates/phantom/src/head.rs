//! Skull base, jaw and teeth: what the upper third of every lateral view shows.
//!
//! In: a frame at the tip of the dens, tilted as the head. Out: parts. Shapes are ours, after the usual look of the view.

use crate::outline::{Frame, Outline, Point};
use crate::profile::Profile;
use crate::skeleton::{block, ridge};
use crate::xray::{Part, Tissue};

/// Both sides of a paired bone, `times` as far apart as in the spine: the head is wider.
fn sides(skew_mm: [f32; 2], times: f32) -> [Point; 2] {
    [-1.0, 1.0].map(|side| [times * side * skew_mm[0], times * side * skew_mm[1]])
}

fn at(head: Frame, by: Point) -> Frame {
    Frame {
        origin: [head.origin[0] + by[0], head.origin[1] + by[1]],
        ..head
    }
}

fn hollow(outline: Outline, thickness_mm: f32, radius_mm: f32) -> Part {
    Part {
        outline,
        tissue: Tissue::Hollow,
        profile: Profile::Round {
            thickness_mm,
            radius_mm,
        },
    }
}

/// Occiput with its two tables, clivus, petrous bones with mastoids, face with the hard palate.
pub(crate) fn skull(head: Frame, skew_mm: [f32; 2], parts: &mut Vec<Part>) {
    let occiput = [
        [33.0, -7.5],
        [38.0, -3.6],
        [50.0, 0.5],
        [63.0, -1.5],
        [74.0, -8.0],
        [84.0, -19.0],
        [92.0, -34.0],
        [97.0, -60.0],
        [98.0, -100.0],
        [91.0, -100.0],
        [89.0, -60.0],
        [84.0, -38.0],
        [75.0, -25.0],
        [70.0, -17.0],
        [62.0, -11.5],
        [50.0, -8.0],
        [40.0, -9.5],
    ];
    let tables = Outline::through(&head.all(&occiput));
    parts.push(block(tables, 10.0, 16.0, 1.1, 0.8));
    let vault = [
        [-6.0, -9.0],
        [-12.0, -26.0],
        [-18.0, -100.0],
        [94.0, -100.0],
        [93.0, -52.0],
        [80.0, -26.0],
        [60.0, -9.0],
        [40.0, -7.5],
        [18.0, -11.0],
    ];
    let vault = Outline::closed(head.all(&vault)).smoothed(2);
    parts.push(block(vault, 12.0, 0.0, 1.0, 6.0));
    let clivus = [
        [-1.5, -7.5],
        [1.5, -9.5],
        [-6.0, -25.0],
        [-14.0, -41.0],
        [-26.0, -44.0],
        [-24.0, -30.0],
        [-13.0, -17.0],
        [-6.0, -9.0],
    ];
    parts.push(block(
        Outline::through(&head.all(&clivus)),
        14.0,
        6.0,
        0.9,
        1.5,
    ));
    for by in sides(skew_mm, 2.5) {
        petrous(at(head, by), parts);
    }
    face(head, skew_mm, parts);
}

/// The dense petrous bone, the ear canal in it, and the mastoid's cells below.
fn petrous(head: Frame, parts: &mut Vec<Part>) {
    let bone = [
        [0.0, -20.0],
        [6.0, -31.0],
        [20.0, -36.0],
        [36.0, -31.0],
        [40.0, -20.0],
        [33.0, -11.0],
        [26.0, -4.0],
        [21.0, 4.5],
        [16.5, 4.0],
        [13.0, -6.0],
        [6.0, -13.0],
    ];
    parts.push(block(
        Outline::through(&head.all(&bone)),
        13.0,
        4.0,
        1.2,
        3.0,
    ));
    let canal = Frame {
        origin: head.at(9.0, -19.0),
        tilt: 0.4,
    };
    parts.push(hollow(Outline::ellipse(canal, 3.6, 4.4), 10.0, 2.0));
    for row in 0..6 {
        for column in 0..4 {
            let x = 14.0 + 5.2 * column as f32 + 1.7 * (row % 2) as f32 - 0.5 * row as f32;
            let y = -27.0 + 4.8 * row as f32 + 0.9 * (column % 3) as f32;
            let cell = Frame {
                origin: head.at(x, y),
                tilt: 0.3 * column as f32,
            };
            let size = 1.5 + 0.28 * ((3 * row + 5 * column) % 4) as f32;
            parts.push(hollow(Outline::ellipse(cell, size, 0.85 * size), 4.5, 1.2));
        }
    }
}

fn face(head: Frame, skew_mm: [f32; 2], parts: &mut Vec<Part>) {
    let maxilla = [
        [-34.0, -12.0],
        [-40.0, -40.0],
        [-60.0, -70.0],
        [-130.0, -70.0],
        [-130.0, 2.0],
        [-70.0, 0.0],
        [-46.0, 0.0],
    ];
    let maxilla = Outline::closed(head.all(&maxilla)).smoothed(2);
    parts.push(block(maxilla, 6.0, 4.0, 1.0, 2.0));
    let palate = [[-120.0, -9.0], [-80.0, -8.5], [-52.0, -9.5], [-37.0, -8.0]];
    parts.push(ridge(head.all(&palate), 15.0, 1.1));
    let floor = [
        [-120.0, -12.5],
        [-80.0, -12.5],
        [-52.0, -12.5],
        [-37.0, -8.0],
    ];
    parts.push(ridge(head.all(&floor), 9.0, 0.7));
    for by in sides(skew_mm, 2.0) {
        let pterygoid = [
            [-34.0, -38.0],
            [-29.0, -36.0],
            [-31.0, -18.0],
            [-33.0, -6.0],
            [-36.0, -4.0],
            [-37.0, -20.0],
        ];
        let outline = Outline::closed(at(head, by).all(&pterygoid)).smoothed(2);
        parts.push(block(outline, 5.0, 5.0, 0.8, 0.8));
    }
}

/// Both halves of the lower jaw, each with the dark canal of its nerve.
pub(crate) fn jaw(head: Frame, drop_mm: f32, skew_mm: [f32; 2], parts: &mut Vec<Part>) {
    for by in sides(skew_mm, 3.0) {
        let side = at(head, [by[0], by[1] + drop_mm]);
        let half = [
            [-9.0, -27.0],
            [-5.5, -23.0],
            [-7.0, -17.0],
            [-13.0, -4.0],
            [-16.0, 8.0],
            [-18.5, 20.0],
            [-25.0, 27.5],
            [-36.0, 31.0],
            [-58.0, 37.0],
            [-90.0, 46.0],
            [-125.0, 54.0],
            [-128.0, 24.0],
            [-92.0, 18.0],
            [-62.0, 13.5],
            [-50.0, 11.0],
            [-45.0, 2.0],
            [-42.5, -12.0],
            [-40.0, -22.0],
            [-36.0, -22.0],
            [-29.0, -13.0],
            [-21.0, -15.0],
            [-15.0, -24.0],
        ];
        parts.push(block(
            Outline::through(&side.all(&half)),
            6.0,
            8.0,
            1.0,
            0.9,
        ));
        let nerve = [
            [-25.0, -2.0],
            [-28.0, 10.0],
            [-36.0, 20.0],
            [-60.0, 28.0],
            [-90.0, 36.0],
            [-90.0, 39.0],
            [-60.0, 31.0],
            [-34.0, 22.5],
            [-25.5, 11.0],
            [-22.5, -2.0],
        ];
        parts.push(hollow(
            Outline::closed(side.all(&nerve)).smoothed(1),
            2.6,
            1.0,
        ));
    }
}

/// Upper and lower molars and premolars: roots in the jaw, a white crown, at times a filling.
pub(crate) fn dentition(
    head: Frame,
    drop_mm: f32,
    teeth: usize,
    fillings: [bool; 8],
    parts: &mut Vec<Part>,
) {
    for i in 0..teeth {
        let x = -53.0 - 9.4 * i as f32;
        for (lower, metal) in [(false, fillings[i]), (true, fillings[(i + 3) % 8])] {
            let (bite, down) = if lower {
                (7.2 + drop_mm - 0.12 * (x + 50.0), 1.0)
            } else {
                (5.6 - 0.02 * (x + 50.0), -1.0)
            };
            let tooth = Frame {
                origin: head.at(x, bite),
                tilt: head.tilt + if lower { 0.12 } else { -0.05 },
            };
            tooth_at(tooth, down, metal, parts);
        }
    }
}

/// A tooth whose biting face is at the frame's origin; its roots point down (1) or up (-1).
fn tooth_at(tooth: Frame, down: f32, metal: bool, parts: &mut Vec<Part>) {
    let whole = [
        [-4.2, 0.6],
        [-1.5, 1.3],
        [0.5, 0.7],
        [2.0, 1.3],
        [4.2, 0.6],
        [4.3, 5.0],
        [3.4, 9.0],
        [3.0, 15.0],
        [2.2, 18.0],
        [1.1, 14.0],
        [0.1, 10.5],
        [-1.0, 14.0],
        [-2.2, 18.0],
        [-3.1, 15.0],
        [-3.4, 9.0],
        [-4.3, 5.0],
    ]
    .map(|p: Point| [p[0], down * p[1]]);
    parts.push(block(
        Outline::closed(tooth.all(&whole)).smoothed(2),
        9.0,
        4.0,
        0.8,
        0.7,
    ));
    let crown = [
        [-4.0, 0.8],
        [4.0, 0.8],
        [4.2, 5.0],
        [2.4, 7.0],
        [-2.4, 7.0],
        [-4.2, 5.0],
    ]
    .map(|p: Point| [p[0], down * p[1]]);
    parts.push(block(
        Outline::closed(tooth.all(&crown)).smoothed(2),
        4.0,
        14.0,
        0.9,
        0.6,
    ));
    let pulp = [
        [-1.8, 6.0],
        [1.8, 6.0],
        [2.2, 13.0],
        [1.5, 13.0],
        [0.2, 9.0],
        [-1.5, 13.0],
        [-2.2, 13.0],
    ]
    .map(|p: Point| [p[0], down * p[1]]);
    parts.push(hollow(
        Outline::closed(tooth.all(&pulp)).smoothed(1),
        4.0,
        0.8,
    ));
    if metal {
        let filling = [
            [-2.6, 0.9],
            [2.4, 0.9],
            [2.0, 3.4],
            [-0.5, 2.6],
            [-2.2, 3.6],
        ]
        .map(|p: Point| [p[0], down * p[1]]);
        parts.push(block(
            Outline::closed(tooth.all(&filling)).smoothed(2),
            90.0,
            0.0,
            1.0,
            0.3,
        ));
    }
}
